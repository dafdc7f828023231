"""reshape: gates that rearrange; the upstream gradient is put back in place."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import engine
from ..tensor import Tensor, as_tensor
from .binding import methods

__all__ = ["cat", "permute", "reshape", "transpose"]

gate = partial(engine.gate, kind="reshape")

_reshape = gate(
    "reshape",
    lambda x, shape: np.reshape(x, shape),
    lambda g, z, x, shape: np.reshape(g, x.shape),
    local=("1, in place",),
    view=True,
)


def reshape(x: Any, *shape: Any) -> Tensor:
    """The same elements in another `shape`; one size may be -1.

    Raises:
        ShapeError: if the sizes do not multiply to the number of elements.

    >>> import tinygrad_edu as tg
    >>> tg.arange(6).reshape(2, -1).shape
    (2, 3)
    """
    return _reshape(
        as_tensor(x), shape=tuple(shape[0]) if len(shape) == 1 and not hasattr(shape[0], "__index__") else shape
    )


_permute = gate(
    "permute",
    lambda x, axes: np.transpose(x, axes),
    lambda g, z, x, axes: np.transpose(g, tuple(int(i) for i in np.argsort(axes))),
    local=("1, in place",),
    view=True,
)


def permute(x: Any, *dims: Any) -> Tensor:
    """The axes of `x` in another order.

    >>> import tinygrad_edu as tg
    >>> tg.permute(tg.zeros(2, 3, 4), (2, 0, 1)).shape
    (4, 2, 3)
    """
    x = as_tensor(x)
    wished = tuple(dims[0]) if len(dims) == 1 and not hasattr(dims[0], "__index__") else dims
    return _permute(x, axes=tuple(d % x.ndim for d in wished))


def transpose(x: Any, dim0: int, dim1: int) -> Tensor:
    """`x` with two axes swapped (PyTorch's meaning).

    >>> import tinygrad_edu as tg
    >>> tg.zeros(2, 3, 4).transpose(0, -1).shape
    (4, 3, 2)
    """
    x = as_tensor(x)
    axes = list(range(x.ndim))
    axes[dim0], axes[dim1] = axes[dim1], axes[dim0]
    return _permute(x, axes=tuple(axes))


_concatenate = gate(
    "cat",
    lambda *xs, axis: np.concatenate(xs, axis=axis),
    each=lambda g, z, *xs, i, axis: g[_segment(xs, i, axis)],
    local=("1, in place",),
)


def _segment(xs: tuple[Any, ...], i: int, axis: int) -> tuple[slice, ...]:
    start = 0
    for x in xs[:i]:
        start += x.shape[axis]
    return (slice(None),) * axis + (slice(start, start + xs[i].shape[axis]),)


def cat(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors joined along the axis `dim`; each gets its own part of the upstream back.

    >>> import tinygrad_edu as tg
    >>> tg.cat([tg.ones(2), tg.zeros(1)])
    tensor([1., 1., 0.])
    """
    tensors = [as_tensor(t) for t in tensors]
    return _concatenate(*tensors, axis=dim % tensors[0].ndim)


methods(reshape, permute, transpose)
