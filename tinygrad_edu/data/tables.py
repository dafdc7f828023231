"""tables: your own numbers as a dataset: arrays in memory, or a CSV file."""

from __future__ import annotations

import csv as csv_format
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import dtypes
from ..errors import DataFileError, DtypeError
from ..tensor import Tensor
from .dataset import TensorDataset

__all__ = ["Table", "arrays", "csv"]


class Table(TensorDataset):
    """A TensorDataset that knows what its columns and labels are called.

    Attributes:
        columns: the names of the inputs' columns, or none.
        classes: the name of each label, or none.

    >>> import tinygrad_edu as tg
    >>> table = Table(tg.zeros(2, 1), tg.tensor([0, 1]), columns=["length"], classes=["cat", "dog"])
    >>> [table.classes[label.item()] for _, label in table]
    ['cat', 'dog']
    """

    def __init__(self, *tensors: Any, columns: Sequence[str] = (), classes: Sequence[str] = ()) -> None:
        super().__init__(*tensors)
        self.columns, self.classes = tuple(columns), tuple(classes)


def arrays(inputs: Any, labels: Any = None) -> Table:
    """Arrays (lists, data frames' values …) as a dataset that a network can take.

    Inputs become the default dtype. Labels that are integers or booleans become int64, floats the default
    dtype, and strings the number of their place in `classes`, which is sorted.

    Raises:
        DtypeError: for what is not numbers, and for NaN or infinity among the inputs.
        ShapeError: for unequal lengths.

    >>> flowers = arrays([[5.1, 3.5], [6.2, 2.9]], ["setosa", "virginica"])
    >>> flowers[1], flowers.classes
    ((tensor([6.2000, 2.9000]), tensor(1)), ('setosa', 'virginica'))
    """
    x = np.asarray(inputs)
    if x.dtype.kind not in "fiub":
        raise DtypeError("arrays: inputs must be numbers.", got=f"dtype {x.dtype}", mend="encode them as numbers first")
    x = x.astype(dtypes.get_default_dtype())
    if not np.isfinite(x).all():
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise DtypeError(
            "arrays: NaN or infinity among the inputs; training would turn all weights into NaN.",
            got=f"{x[first]} at {first}",
            mend="leave such samples out, or fill them in",
        )
    if labels is None:
        return Table(Tensor(x))
    y, classes = _encoded(np.asarray(labels))
    return Table(Tensor(x), Tensor(y), classes=classes)


def _encoded(labels: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Labels as numbers, and the names of the classes if they were strings."""
    if labels.dtype.kind in "iub":
        return labels.astype(np.int64), []
    if labels.dtype.kind == "f":
        return labels.astype(dtypes.get_default_dtype()), []
    classes, numbers = np.unique(labels.astype(str), return_inverse=True)
    return numbers.reshape(labels.shape).astype(np.int64), classes.tolist()


def csv(
    path: str | os.PathLike[str], label: str | int | None = -1, *, header: bool | None = None, delimiter: str = ","
) -> Table:
    """A CSV file as a dataset: a line for each sample, all columns but one its inputs.

    Args:
        label: the label's column, by name or number (from the end if negative); None: there is none.
            Labels that are all whole numbers become int64, other numbers floats, and texts the number
            of their place in `classes`, which is sorted.
        header: whether the first line names the columns; default: if none of its fields is a number.
        delimiter: what stands between fields.

    Raises:
        DataFileError: for a file that cannot be read, is empty or no text; for a line with too many or
            too few fields, a field that is not a number or is empty: it names the line and the column;
            for a label's column that does not exist.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (path := Path(folder, "tea.csv")).write_text("minutes,sugar,verdict\\n3,0,good\\n9,4,bad\\n")
    ...     tea = csv(path, label="verdict")
    >>> tea[0], tea.columns, tea.classes
    ((tensor([3., 0.]), tensor(1)), ('minutes', 'sugar'), ('bad', 'good'))
    """
    name = Path(path).name
    rows = _rows(Path(path), delimiter)
    first_line, first = next(rows, (0, []))
    if not first:
        raise DataFileError(f"{name} is empty.", expected="a line for each sample")
    if header is None:
        header = not any(_is_number(field) for field in first)
    names = [field.strip() for field in first] if header else [f"column {i}" for i in range(len(first))]
    place = _label_column(name, names if header else [], label, len(first))
    if place is not None and len(first) == 1:
        other = next((mark for mark in ";\t|," if mark in first[0]), "")
        raise DataFileError(
            f"{name} has one column, which is the label's.",
            expected="a column for each input",
            got=repr(first[0][:80]),
            mend=f"pass delimiter={other!r}, or save it with commas" if other else "pass label=None",
        )
    inputs, labels = [], []
    for line, row in rows if header else _chained((first_line, first), rows):
        if len(row) != len(names):
            raise DataFileError(
                f"{name}, line {line}: not as many fields as in line {first_line}.",
                expected=f"{len(names)}",
                got=f"{len(row)}: {delimiter.join(row)[:80]}",
            )
        if place is not None:
            labels.append(row.pop(place).strip())
            if labels[-1].lower() in ("", "nan"):
                raise DataFileError(f"{name}, line {line}: the label is missing.", expected=f"a {names[place]}")
        inputs.append(_numbers(row, name, line, names[:place] + names[place + 1 :] if place is not None else names))
    if not inputs:
        raise DataFileError(f"{name} has no samples.", expected="a line for each", got="only a header")
    columns = [n for i, n in enumerate(names) if i != place] if header else []
    x = Tensor(np.stack(inputs))
    if place is None:
        return Table(x, columns=columns)
    y, classes = _encoded(_typed(labels))
    return Table(x, Tensor(y), columns=columns, classes=classes)


def _rows(path: Path, delimiter: str) -> Any:
    """The lines of the file that are not blank: the number of each and its fields."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv_format.reader(file, delimiter=delimiter, strict=True)
            for row in reader:
                if row and (len(row) > 1 or row[0].strip()):
                    yield reader.line_num, row
    except OSError as error:
        raise DataFileError(
            f"{path} cannot be read: {error.strerror or error}.", mend="check the path and its permissions"
        ) from None
    except UnicodeDecodeError as error:
        raise DataFileError(
            f"{path.name} is not text in UTF-8: {error.reason}.", mend="save it as CSV, in UTF-8"
        ) from None
    except csv_format.Error as error:
        raise DataFileError(f"{path.name}, line {reader.line_num}: {error}.", mend="check the quotes there") from None


def _chained(first: Any, rest: Iterable[Any]) -> Any:
    yield first
    yield from rest


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _label_column(name: str, names: list[str], label: str | int | None, n: int) -> int | None:
    """The number of the label's column."""
    if label is None:
        return None
    if isinstance(label, str) and names.count(label) == 1:
        return names.index(label)
    if isinstance(label, int) and -n <= label < n:
        return label % n
    raise DataFileError(
        f"{name} has no column {label!r} for the label" + (", or several." if label in names else "."),
        expected=f"one of {', '.join(names)}" if names else f"a number from 0 to {n - 1}; the file has no header",
        got=repr(label),
    )


def _numbers(row: list[str], name: str, line: int, names: list[str]) -> np.ndarray:
    """A line's inputs."""
    try:
        with np.errstate(over="ignore"):
            found = np.array([float(field) for field in row], dtypes.get_default_dtype())
    except ValueError:
        found = None
    if found is None or not np.isfinite(found).all():
        with np.errstate(over="ignore"):
            held = [_is_number(field) and np.isfinite(dtypes.get_default_dtype().type(field)) for field in row]
        wrong = held.index(False)
        raise DataFileError(
            f"{name}, line {line}: {names[wrong]} is {_fault(row[wrong])}.",
            expected="a finite number",
            got=repr(row[wrong]),
            mend="fill it in, leave the line out, or encode texts as numbers",
        )
    return found


def _fault(field: str) -> str:
    if not field.strip():
        return "missing"
    return "too large for the dtype" if _is_number(field) and np.isfinite(float(field)) else "not a number"


def _typed(labels: list[str]) -> np.ndarray:
    """Labels as integers if they all are, else as floats if they all are, else as they stand."""
    if not all(_is_number(label) for label in labels):
        return np.array(labels)
    numbers = np.array([float(label) for label in labels])
    whole = (np.abs(numbers) < 2**53).all() and (numbers == np.trunc(numbers)).all()
    return numbers.astype(np.int64) if whole else numbers
