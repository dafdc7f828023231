"""creation: new Tensors from a shape, a range or a random draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from .tensor import Tensor, as_array

__all__ = [
    "arange",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "zeros",
    "zeros_like",
]


def _shape(shape: tuple[Any, ...]) -> tuple[int, ...]:
    """Sizes one by one, or as one tuple."""
    if len(shape) == 1 and not hasattr(shape[0], "__index__"):
        shape = tuple(shape[0])
    return tuple(int(n) for n in shape)


def _dtype(dtype: Any) -> np.dtype:
    return dtypes.get_default_dtype() if dtype is None else dtypes.check_dtype(dtype)


def zeros(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of a shape.

    >>> zeros(2, 3).shape, zeros((2,)).dtype
    ((2, 3), dtype('float32'))
    """
    return Tensor(np.zeros(_shape(shape), _dtype(dtype)), requires_grad=requires_grad)


def ones(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of a shape.

    >>> ones(2)
    tensor([1., 1.])
    """
    return Tensor(np.ones(_shape(shape), _dtype(dtype)), requires_grad=requires_grad)


def empty(*shape: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of a shape whose values are whatever was in memory.

    >>> empty(2, 3).shape
    (2, 3)
    """
    return Tensor(np.empty(_shape(shape), _dtype(dtype)), requires_grad=requires_grad)


def full(shape: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of `shape` filled with one value, at the dtype of that value.

    >>> full((2,), 7.0), full((2,), 7)
    (tensor([7., 7.]), tensor([7, 7]))
    """
    value = as_array(fill_value, dtype)
    shape = (shape,) if hasattr(shape, "__index__") else shape
    return Tensor(np.full(tuple(shape), value, value.dtype), requires_grad=requires_grad)


def eye(n: int, m: int | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones on the diagonal, zeros elsewhere: shape (n, m), (n, n) without `m`.

    >>> eye(2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return Tensor(np.eye(n, m, dtype=_dtype(dtype)), requires_grad=requires_grad)


def arange(start: Any, end: Any = None, step: Any = 1, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """From `start` up to, not including, `end` in steps of `step`: int64, or a float if any is one.

    >>> arange(3), arange(0.0, 1.0, 0.5)
    (tensor([0, 1, 2]), tensor([0.0000, 0.5000]))
    """
    if end is None:
        start, end = 0, start
    start, end, step = (v.item() if isinstance(v, Tensor) else v for v in (start, end, step))
    if dtype is None:
        dtype = dtypes.get_default_dtype() if any(isinstance(v, float) for v in (start, end, step)) else np.int64
    return Tensor(np.arange(start, end, step).astype(dtypes.check_dtype(dtype)), requires_grad=requires_grad)


def linspace(start: float, end: float, steps: int, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """`steps` numbers from `start` to `end`, both included.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    return Tensor(np.linspace(start, end, steps).astype(_dtype(dtype)), requires_grad=requires_grad)


def _like(x: Any, dtype: Any) -> tuple[tuple[int, ...], np.dtype]:
    return x.shape, x.dtype if dtype is None else dtypes.check_dtype(dtype)


def zeros_like(x: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros of the shape and dtype of `x`.

    >>> zeros_like(ones(2))
    tensor([0., 0.])
    """
    return Tensor(np.zeros(*_like(x, dtype)), requires_grad=requires_grad)


def ones_like(x: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones of the shape and dtype of `x`.

    >>> ones_like(zeros(2))
    tensor([1., 1.])
    """
    return Tensor(np.ones(*_like(x, dtype)), requires_grad=requires_grad)


def empty_like(x: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of the shape and dtype of `x` whose values are whatever was in memory.

    >>> empty_like(ones(2)).shape
    (2,)
    """
    return Tensor(np.empty(*_like(x, dtype)), requires_grad=requires_grad)


def full_like(x: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """One value in the shape and dtype of `x`.

    >>> full_like(zeros(2), 3)
    tensor([3., 3.])
    """
    return Tensor(np.full(x.shape, fill_value, _like(x, dtype)[1]), requires_grad=requires_grad)
