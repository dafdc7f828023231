"""creation: new Tensors from a shape, a value or a range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtypes
from .axes import sizes_of
from .devices import check_device, dtype_on
from .errors import DtypeError, ShapeError, TinygradError
from .tensor import Tensor, as_array, tensor

__all__ = [
    "arange",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "scalar_tensor",
    "tril_indices",
    "triu_indices",
    "zeros",
    "zeros_like",
]


def shape_of(given: tuple[Any, ...], name: str, size: Any = None) -> tuple[int, ...]:
    """A shape given as sizes one by one, as one tuple, or as `size=`: none of them negative."""
    if size is not None and given:
        raise TypeError(f"{name}() got its shape twice: {given} and size={size}")
    shape = sizes_of(given if size is None else (size,))
    if min(shape, default=0) < 0:
        raise ShapeError(f"{name} cannot make a Tensor with a negative size.", got=str(shape))
    return shape


def _number(value: Any) -> Any:
    """A Python number, of a 0-d Tensor or a NumPy scalar too."""
    return value.item() if hasattr(value, "item") else value


def _numbers(dtype: Any, *values: Any) -> list[Any]:
    """What a range is made of: for an integer dtype each number without its fraction, as in PyTorch."""
    whole = dtype is not None and dtypes.check_dtype(dtype).kind in "iu"
    return [int(v) if whole and math.isfinite(v) else v for v in map(_number, values)]


def _fitting(value: Any, dtype: Any) -> Any:
    """The number, which an integer dtype must be able to hold."""
    value = _number(value) if math.prod(np.shape(value)) == 1 else value
    if not isinstance(value, (bool, int, float)):
        raise DtypeError("a Tensor is filled with one number.", got=f"{value!r:.60}")
    if dtype is not None and np.dtype(dtype).kind in "iu":
        limits = np.iinfo(dtype)
        if not limits.min <= value <= limits.max:
            raise DtypeError(
                f"{value} is no number of {np.dtype(dtype)}.", expected=f"{limits.min} to {limits.max}", got=str(value)
            )
    return value


# From a shape.


def zeros(*sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of a shape, given as sizes, as one tuple or as `size=`.

    Args:
        dtype: the default float if not given.
        device: None or "cpu".

    >>> zeros(2, 3).shape, zeros((2,)).dtype
    ((2, 3), dtype('float32'))
    """
    return Tensor(np.zeros(shape_of(sizes, "zeros", size), dtype_on(device, dtype)), requires_grad=requires_grad)


def ones(*sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of a shape, with the arguments of `zeros`.

    >>> ones(2)
    tensor([1., 1.])
    """
    return Tensor(np.ones(shape_of(sizes, "ones", size), dtype_on(device, dtype)), requires_grad=requires_grad)


def empty(*sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of a shape whose values are whatever was in memory, with the arguments of `zeros`.

    >>> empty(2, 3).shape
    (2, 3)
    """
    return Tensor(np.empty(shape_of(sizes, "empty", size), dtype_on(device, dtype)), requires_grad=requires_grad)


def full(size: Any, fill_value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of shape `size` filled with one number, at the dtype of that number if none is given.

    Raises:
        DtypeError: for another value, or a number that an integer dtype does not have.

    >>> full((2,), 7.0), full((2,), 7)
    (tensor([7., 7.]), tensor([7, 7]))
    """
    check_device(device)
    value = as_array(_fitting(fill_value, dtype), dtype)
    return Tensor(np.full(shape_of((size,), "full"), value, value.dtype), requires_grad=requires_grad)


def eye(n: int, m: int | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones on the diagonal, zeros elsewhere: shape (n, m), (n, n) without `m`.

    >>> eye(2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    shape = shape_of((n, n if m is None else m), "eye")
    return Tensor(np.eye(*shape, dtype=dtype_on(device, dtype)), requires_grad=requires_grad)


def tril_indices(row: int, col: int, offset: int = 0, dtype: Any = np.int64, device: Any = None) -> Tensor:
    """The indices of the lower triangle of a (row, col) matrix, up to the diagonal `offset`: rows and columns, (2, n).

    >>> tril_indices(2, 2).tolist()
    [[0, 1, 1], [0, 0, 1]]
    """
    row, col = shape_of((row, col), "tril_indices")
    return Tensor(np.stack(np.tril_indices(row, offset, col)), dtype_on(device, dtype))


def triu_indices(row: int, col: int, offset: int = 0, dtype: Any = np.int64, device: Any = None) -> Tensor:
    """The indices of the upper triangle of a (row, col) matrix, from the diagonal `offset` on, as `tril_indices`.

    >>> triu_indices(2, 2).tolist()
    [[0, 0, 1], [0, 1, 1]]
    """
    row, col = shape_of((row, col), "triu_indices")
    return Tensor(np.stack(np.triu_indices(row, offset, col)), dtype_on(device, dtype))


# From a number, or a range.


def scalar_tensor(value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A 0-d Tensor: of the default float for an integer too, unlike `tensor`.

    >>> scalar_tensor(3)
    tensor(3.)
    """
    return Tensor(_number(value), dtype_on(device, dtype), requires_grad)


def arange(
    start: Any, end: Any = None, step: Any = 1, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """From `start` (0) up to, not including, `end` in steps of `step`: int64, or the default float if any is one.

    Raises:
        TinygradError: if `step` is 0, or leads away from `end`.

    >>> arange(3), arange(0.0, 1.0, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    check_device(device)
    if end is None:
        start, end = 0, start
    start, end, step = _numbers(dtype, start, end, step)
    if not math.isfinite(start) or not math.isfinite(end):
        raise TinygradError("arange needs finite ends.", got=f"{start} to {end}")
    if step == 0 or (end - start) / step < 0:
        raise TinygradError("arange cannot get from start to end by step.", got=f"{start}, {end}, {step}")
    if dtype is None:
        dtype = dtypes.get_default_dtype() if any(isinstance(v, float) for v in (start, end, step)) else np.int64
    # each number from the start, not from the one before: rounding does not add up
    numbers = start + np.arange(math.ceil((end - start) / step)) * step
    return Tensor(numbers.astype(dtypes.check_dtype(dtype)), requires_grad=requires_grad)


def linspace(
    start: Any, end: Any, steps: int, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, evenly apart.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    (steps,) = shape_of((steps,), "linspace")
    start, end = _numbers(dtype, start, end)
    found = np.linspace(start, end, steps)
    return Tensor(found.astype(dtype_on(device, dtype)), requires_grad=requires_grad)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from base^start to base^end, both included, evenly apart on a logarithmic scale.

    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    (steps,) = shape_of((steps,), "logspace")
    start, end = _numbers(dtype, start, end)
    powers = float(base) ** np.linspace(start, end, steps)
    return Tensor(powers.astype(dtype_on(device, dtype)), requires_grad=requires_grad)


# Like another.


def like(x: Any, dtype: Any, device: Any = None) -> tuple[tuple[int, ...], np.dtype]:
    """The shape of `x`, and its dtype unless another is given."""
    check_device(device)
    return x.shape, x.dtype if dtype is None else dtypes.check_dtype(dtype)


def zeros_like(x: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the shape and dtype of `x`.

    >>> zeros_like(ones(2))
    tensor([0., 0.])
    """
    return Tensor(np.zeros(*like(x, dtype, device)), requires_grad=requires_grad)


def ones_like(x: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the shape and dtype of `x`.

    >>> ones_like(zeros(2))
    tensor([1., 1.])
    """
    return Tensor(np.ones(*like(x, dtype, device)), requires_grad=requires_grad)


def empty_like(x: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of the shape and dtype of `x` whose values are whatever was in memory.

    >>> empty_like(ones(2)).shape
    (2,)
    """
    return Tensor(np.empty(*like(x, dtype, device)), requires_grad=requires_grad)


def full_like(x: Any, fill_value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """One number in the shape and dtype of `x`.

    >>> full_like(zeros(2), 3)
    tensor([3., 3.])
    """
    shape, dtype = like(x, dtype, device)
    return Tensor(np.full(shape, _fitting(fill_value, dtype), dtype), requires_grad=requires_grad)


# Methods: of another shape, but the same dtype.


def new_zeros(
    self: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros of a shape, with the arguments of `zeros`; at this Tensor's dtype if none is given.

    >>> ones(1, dtype="float64").new_zeros(2)
    tensor([0., 0.], dtype=float64)
    """
    return zeros(*sizes, size=size, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


def new_ones(
    self: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones of a shape, with the arguments of `zeros`; at this Tensor's dtype if none is given."""
    return ones(*sizes, size=size, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


def new_empty(
    self: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A Tensor of a shape whose values are whatever was in memory; at this Tensor's dtype if none is given."""
    return empty(*sizes, size=size, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


def new_full(
    self: Tensor, size: Any, fill_value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A Tensor of shape `size` filled with one number, at this Tensor's dtype if none is given."""
    return full(size, fill_value, dtype or self.dtype, device, requires_grad)


def new_tensor(self: Tensor, data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A new leaf holding a copy of `data`, at this Tensor's dtype if none is given.

    >>> zeros(1, dtype="float64").new_tensor([1, 2])
    tensor([1., 2.], dtype=float64)
    """
    check_device(device)
    return tensor(data, dtype or self.dtype, requires_grad)


for _method in (new_zeros, new_ones, new_empty, new_full, new_tensor):
    setattr(Tensor, _method.__name__, _method)
