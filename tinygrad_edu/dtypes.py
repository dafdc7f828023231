"""dtypes: the names of the element types, the default one, and what two different ones become."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import DtypeError

__all__ = [
    "bool",
    "double",
    "float",
    "float16",
    "float32",
    "float64",
    "get_default_dtype",
    "half",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "long",
    "promote_types",
    "result_type",
    "set_default_dtype",
    "short",
    "uint8",
]

_bool, _int, _float = bool, int, float  # the builtins, before PyTorch's names cover them

float16 = half = np.dtype("float16")
float32 = float = np.dtype("float32")
float64 = double = np.dtype("float64")
uint8, int8 = np.dtype("uint8"), np.dtype("int8")
int16 = short = np.dtype("int16")
int32 = int = np.dtype("int32")
int64 = long = np.dtype("int64")
bool = np.dtype("bool")

CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}  # of NumPy's kinds PyTorch's category
_default = [float32]


def set_default_dtype(dtype: Any) -> None:
    """Set the dtype that Python floats become (float32 at the start).

    Raises:
        DtypeError: if `dtype` is not a floating-point dtype.

    >>> import tinygrad_edu as tg
    >>> tg.set_default_dtype(tg.float64); tg.tensor(1.5).dtype
    dtype('float64')
    >>> tg.set_default_dtype(tg.float32)
    """
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise DtypeError("set_default_dtype takes a floating-point dtype.", got=str(dtype))
    _default[0] = dtype


def get_default_dtype() -> np.dtype:
    """The dtype that Python floats become.

    >>> get_default_dtype()
    dtype('float32')
    """
    return _default[0]


def check_dtype(dtype: Any) -> np.dtype:
    """`dtype` as a NumPy dtype that a Tensor can hold: bool, integer or real floating point."""
    dtype = np.dtype(dtype)
    if dtype.kind not in CATEGORY or dtype.itemsize > 8:
        raise DtypeError(
            "a Tensor holds real numbers.", expected="float, integer or bool, of at most 8 bytes", got=str(dtype)
        )
    return dtype if dtype.isnative else dtype.newbyteorder("=")


NUMBERS = (np.floating, np.integer, np.bool_)  # of NumPy's scalars those that can meet a Tensor


def python_number(x: Any) -> Any:
    """One of `NUMBERS` as Python's, which has no dtype to insist on.

    >>> python_number(np.float32(0.5)), python_number(np.longdouble(2))
    (0.5, 2.0)
    """
    return (_float if isinstance(x, np.floating) else _int if isinstance(x, np.integer) else _bool)(x)


def promote_types(one: Any, two: Any) -> np.dtype:
    """The smallest dtype that holds both, as `torch.promote_types`: the higher category wins.

    >>> promote_types(float16, int64), promote_types(uint8, int8)
    (dtype('float16'), dtype('int16'))
    """
    one, two = np.dtype(one), np.dtype(two)
    if CATEGORY[one.kind] == CATEGORY[two.kind]:
        return np.promote_types(one, two)
    return max(one, two, key=lambda dtype: CATEGORY[dtype.kind])


def result_type(*operands: Any) -> np.dtype:
    """The dtype of a gate on mixed operands, as `torch.result_type`.

    Operands with dimensions decide; 0-d ones, then Python numbers, only raise the category
    (bool < integer < float).

    >>> import tinygrad_edu as tg
    >>> result_type(tg.ones(2), tg.tensor(1.0, dtype=tg.float64))
    dtype('float32')
    >>> result_type(tg.arange(3), 2.5)
    dtype('float32')
    """
    ranks: list[Any] = [None, None, None]  # with dimensions, 0-d, Python numbers
    for operand in operands:
        if hasattr(operand, "dtype") and not isinstance(operand, np.generic):
            rank, dtype = (0 if operand.ndim else 1), operand.dtype
        elif isinstance(operand, (_bool, np.bool_)):
            rank, dtype = 2, bool
        elif isinstance(operand, (_int, np.integer)):
            rank, dtype = 2, int64
        else:
            rank, dtype = 2, _default[0]
        ranks[rank] = dtype if ranks[rank] is None else promote_types(ranks[rank], dtype)
    result: Any = None
    for dtype in ranks:
        if dtype is None:
            continue
        if result is None or CATEGORY[dtype.kind] > CATEGORY[result.kind]:
            result = dtype
    return result
