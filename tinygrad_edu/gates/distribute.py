"""distribute: gates that hand the upstream gradient on, whatever the values were."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import engine
from ..axes import axes_of, either_name
from ..engine import cast, clone, sum_to
from ..errors import DtypeError
from ..tensor import Tensor, as_tensor
from .binding import methods, methods_in_place

__all__ = ["add", "broadcast_to", "clone", "mean", "neg", "sub", "sum"]

gate = partial(engine.gate, kind="distribute")


# Elementwise.

_add = gate(
    "add",
    np.add,
    lambda g, z, x, y: g,
    lambda g, z, x, y: g,
    local=("1", "1"),
    says="x + y, elementwise, with broadcasting.",
)
_sub = gate(
    "sub",
    np.subtract,
    lambda g, z, x, y: g,
    lambda g, z, x, y: -g,
    local=("1", "-1"),
    says="x - y, elementwise, with broadcasting.",
)
neg = gate("neg", np.negative, lambda g, z, x: -g, local=("-1",), says="-x, elementwise.")


def add(x: Any, y: Any, *, alpha: float = 1) -> Tensor:
    """x + alpha y, elementwise, with broadcasting: a distributor.

    >>> import tinygrad_edu as tg
    >>> tg.add(tg.tensor([1.0, 2.0]), tg.tensor([10.0, 20.0]), alpha=2)
    tensor([21., 42.])
    """
    return _add(x, y if alpha == 1 else as_tensor(y) * alpha)


def sub(x: Any, y: Any, *, alpha: float = 1) -> Tensor:
    """x - alpha y, elementwise, with broadcasting: a distributor, the second input's with its sign turned.

    >>> import tinygrad_edu as tg
    >>> tg.sub(tg.tensor([5.0]), 3)
    tensor([2.])
    """
    return _sub(x, y if alpha == 1 else as_tensor(y) * alpha)


# Along axes.


def _spread(g: Any, shape: tuple[int, ...], axis: tuple[int, ...], keepdims: bool) -> Any:
    """A reduction's upstream, back over the axes that were reduced."""
    return np.broadcast_to(g if keepdims else np.expand_dims(g, axis), shape)


_sum = gate(
    "sum",
    lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype if x.dtype.kind == "f" else None),
    lambda g, z, x, axis, keepdims: _spread(g, x.shape, axis, keepdims),
    local=("1",),
)


@either_name
def sum(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The sum over `axis` (an int, a tuple, or None for all): every summand gets the upstream.

    Integers and bools sum to int64.

    Args:
        axis: also `dim`; negative ones count from the end.
        keepdims: also `keepdim`; keep the summed axes with size 1.
        dtype: cast to it before summing.

    >>> import tinygrad_edu as tg
    >>> tg.sum(tg.ones(2, 3), dim=1)
    tensor([3., 3.])
    """
    x = as_tensor(x) if dtype is None else cast(as_tensor(x), dtype=np.dtype(dtype))
    return _sum(x, axis=axes_of(axis, x.ndim, "sum"), keepdims=keepdims)


_mean = gate(
    "mean",
    lambda x, axis, keepdims: np.mean(x, axis=axis, keepdims=keepdims, dtype=x.dtype),
    lambda g, z, x, axis, keepdims: _spread(g / _count(x, axis), x.shape, axis, keepdims),
    local=("1/n",),
)


def _count(x: Any, axis: tuple[int, ...]) -> int:
    return int(np.prod([x.shape[a] for a in axis]))


@either_name
def mean(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The mean over `axis` (an int, a tuple, or None for all): every element gets upstream / n.

    Raises:
        DtypeError: for integers, as PyTorch does; pass `dtype=`.

    >>> import tinygrad_edu as tg
    >>> tg.mean(tg.tensor([1.0, 2.0, 6.0]))
    tensor(3.)
    """
    x = as_tensor(x) if dtype is None else cast(as_tensor(x), dtype=np.dtype(dtype))
    if x.dtype.kind != "f":
        raise DtypeError("mean of integers: which dtype should the result have?", mend="pass dtype=tg.float32")
    return _mean(x, axis=axes_of(axis, x.ndim, "mean"), keepdims=keepdims)


_broadcast_to = gate(
    "broadcast_to",
    lambda x, shape: np.broadcast_to(x, shape),
    lambda g, z, x, shape: sum_to(g, x.shape),
    local=("1",),
    view=True,
)


def broadcast_to(x: Any, shape: Any) -> Tensor:
    """`x` stretched to `shape` without a copy; every copy's upstream adds up at its source.

    >>> import tinygrad_edu as tg
    >>> tg.broadcast_to(tg.tensor([1.0, 2.0]), (2, 2)).tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    return _broadcast_to(as_tensor(x), shape=tuple(shape))


methods(clone, neg, add, sub, sum, mean, broadcast_to)
methods(__add__=_add, __radd__=lambda y, x: _add(x, y), __sub__=_sub, __rsub__=lambda y, x: _sub(x, y), __neg__=neg)
methods_in_place(add, sub, neg, __iadd__=_add, __isub__=_sub)
