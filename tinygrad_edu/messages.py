"""messages: what gates say: their docstrings, and their errors, forward and on the way back."""

from __future__ import annotations

import math
from typing import Any

from .axes import broadcasts_to
from .errors import DtypeError, FreedGraphError, ShapeError, TinygradError, caller, line_of
from .tensor import Tensor, as_array

WORDS = {
    "distribute": "A distributor: the upstream gradient is handed on",
    "switch": "A switcher: upstream times the other input",
    "route": "A router: the upstream gradient goes to the winner",
    "slope": "A slope: upstream times the slope at this point",
    "reshape": "A rearrangement: the upstream gradient, put back in place",
    "custom": "A gate of your own: what its backward makes of the upstream gradient",
}


def docstring(gate: Any, says: str) -> str:
    """One sentence, the kind in words, and the formula of each local gradient."""
    first, _, rest = (says or f"{gate.name}.").partition("\n")
    flow = WORDS[gate.kind]
    if gate.local:
        flow += "; local: " + ", ".join(gate.local)
    return f"{first}\n\n{flow}.\n" + (f"\n{rest.strip()}\n" if rest.strip() else "")


def failure(gate: Any, error: Exception, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Exception:
    """The error to raise for `error` in the forward of `gate`."""
    if isinstance(error, TinygradError):
        return error
    shapes = [x.shape for x in inputs if isinstance(x, Tensor) or hasattr(x, "shape")]
    if gate.name == "reshape" and (other := _other_number(shapes[0], keywords["shape"])):
        return other
    if isinstance(error, ValueError) and len(shapes) > 1:
        if gate.name == "matmul":
            return _matmul(gate, *shapes[:2])
        clash = _clash(shapes)
        if clash is not None and "broadcast" in str(error):
            return ShapeError(
                f"{gate.name} cannot broadcast these shapes: they disagree at axis {clash}.",
                expected="equal sizes, or 1, along every axis, counted from the last",
                got=_aligned(shapes),
                mend="reshape one of them, or keep the axis with keepdim=True",
            )
    told = ", ".join(f"{x.dtype}{list(x.shape)}" if hasattr(x, "dtype") else repr(x) for x in inputs)
    words = f"{gate.name}({told}{''.join(f', {k}={v!r}' for k, v in keywords.items())}) failed: {error}"
    if isinstance(error, ValueError):
        return ShapeError(words)
    if isinstance(error, TypeError):
        return DtypeError(words)
    error.add_note(f"in {words}")
    return error


def not_written(t: Tensor, index: Any, value: Any, error: Exception) -> Exception:
    """The error to raise for `error` in `t[index] = value`."""
    try:
        there, shape = t._data[index].shape, as_array(value).shape
    except TinygradError as no_array:
        return no_array
    if broadcasts_to(shape, there):
        return error if isinstance(error, TinygradError) else ShapeError(f"t[…] = v failed: {error}", got=told(t))
    return ShapeError(
        "t[…] = v: the value does not broadcast to what the index names.",
        expected=f"{there}, which the index names in {told(t)}",
        got=str(shape),
        mend="a number, or a value of that shape",
    )


def not_an_operand(gate: Any, x: Any) -> DtypeError:
    """The error for an operand that is neither a Tensor, an array nor a number."""
    return DtypeError(
        f"{gate.name} takes Tensors, NumPy arrays and numbers.",
        got=f"{type(x).__name__}: {x!r:.60}",
        mend="wrap it with tg.tensor(…)" if isinstance(x, (list, tuple)) else "",
    )


def freed(z: Tensor, inputs: Any) -> FreedGraphError:
    """The error for a second walk through the gate of `z`; it names the call that freed the graph."""
    return FreedGraphError(
        f"the graph behind {z.gate.name} was freed by an earlier walk.",
        got=f"freed by {line_of(inputs.where) or 'an earlier backward()'}\n{told(z)}",
        mend="pass retain_graph=True to the first backward(), or run the forward again",
    )


def told(t: Tensor) -> str:
    """A Tensor in an error: its name and shape, the gate that made it and, within `tg.inspect()`, the line."""
    where = line_of(getattr(t, "_where", ("", 0, "")))
    made = f", made by {t.gate.name}" + (f" at {where}" if where else "") if t.gate is not None else ""
    return f"{t.name or ('a Tensor' if made or not t._needs else 'a leaf')} of shape {t.shape}{made}"


def on_the_way_back(z: Tensor, error: Exception) -> None:
    """Add to an error out of a walk a note of the gate that the walk was at."""
    if z.gate is not None and z.gate.name not in str(error):
        error.add_note(f"in the walk back through {told(z)}, started at {line_of(caller())}")


def _clash(shapes: list[tuple[int, ...]]) -> int | None:
    """The last axis, counted from the end, along which the shapes cannot broadcast."""
    for axis in range(1, max(map(len, shapes), default=0) + 1):
        if len({shape[-axis] for shape in shapes if len(shape) >= axis} - {1}) > 1:
            return -axis
    return None


def _aligned(shapes: list[tuple[int, ...]]) -> str:
    """The shapes, one a line, last axes below one another."""
    width = max(len(str(n)) for shape in shapes for n in (*shape, 0))
    ndim = max(map(len, shapes))
    rows = [[""] * (ndim - len(shape)) + [str(n) for n in shape] for shape in shapes]
    return "\n".join(" ".join(cell.rjust(width) for cell in row) for row in rows)


def _other_number(shape: tuple[int, ...], wished: tuple[int, ...]) -> ShapeError | None:
    """The error for a view or reshape to another number of elements; None if they are as many."""
    n, known = math.prod(shape), math.prod(size for size in wished if size != -1)
    if wished.count(-1) > 1 or min(wished, default=0) < -1 or known == n:
        return None
    return ShapeError(
        f"reshape (or view) cannot turn {n} elements into {'groups of ' * (-1 in wished)}{known}.",
        expected=f"a shape of {n} elements, as {shape}",
        got=str(wished),
        mend="one size may be -1: it becomes what the others leave",
    )


def _matmul(gate: Any, x: tuple[int, ...], y: tuple[int, ...]) -> ShapeError:
    if not x or not y:
        return ShapeError(f"{gate.name} needs at least one axis on each side.", got=f"{x} @ {y}", mend="use *")
    inner = y[-2] if len(y) > 1 else y[-1]
    axis = "-2" if len(y) > 1 else "-1"
    if x[-1] != inner:
        flipped = len(y) > 1 and x[-1] == y[-1]
        return ShapeError(
            f"{gate.name}: axis -1 of the first is {x[-1]}, axis {axis} of the second is {inner}; they must be equal.",
            expected="(…, n, k) @ (…, k, m)",
            got=f"{x} @ {y}",
            mend="transpose the second: y.mT" if flipped else "",
        )
    return ShapeError(
        f"{gate.name} cannot broadcast the batch axes: they disagree at axis {(_clash([x[:-2], y[:-2]]) or 0) - 2}.",
        expected="equal sizes, or 1, along every axis before the last two",
        got=_aligned([x, y]),
    )
