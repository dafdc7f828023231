"""route: gates that send the upstream gradient to the winner: the larger, the chosen, the indexed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import engine
from ..axes import axes_of, either_name
from ..engine import run
from ..inplace import write
from ..tensor import Tensor, as_tensor
from .binding import methods

__all__ = ["amax", "maximum", "relu", "where"]

gate = partial(engine.gate, kind="route")


# Between two.

maximum = gate(
    "maximum",
    np.maximum,
    lambda g, z, x, y: _share(g, x, y),
    lambda g, z, x, y: _share(g, y, x),
    local=("1 where x > y, 1/2 at a tie", "1 where y > x, 1/2 at a tie"),
    says="The larger of x and y, elementwise; a tie shares the upstream in halves, as in PyTorch.",
)


def _share(g: Any, mine: Any, other: Any) -> Any:
    return np.where(mine > other, g, np.where(mine == other, g / 2, np.zeros_like(g)))


_where = gate(
    "where",
    np.where,
    None,
    lambda g, z, condition, x, y: np.where(condition, g, np.zeros_like(g)),
    lambda g, z, condition, x, y: np.where(condition, np.zeros_like(g), g),
    local=("", "1 where the condition holds, else 0", "0 where the condition holds, else 1"),
)


def where(condition: Any, x: Any, y: Any) -> Tensor:
    """x where the condition holds, y elsewhere, with broadcasting.

    >>> import tinygrad_edu as tg
    >>> tg.where(tg.tensor([True, False]), 1.0, tg.tensor([5.0, 6.0]))
    tensor([1., 6.])
    """
    return _where(as_tensor(condition), x, y)


relu = gate(
    "relu",
    lambda x: np.maximum(x, 0),
    lambda g, z, x: g * (z > 0),
    local=("1 where x > 0, else 0",),
    says="max(x, 0), elementwise; the gradient at 0 is 0.",
)


# Along axes.

_amax = gate(
    "amax",
    lambda x, axis, keepdims: np.max(x, axis=axis, keepdims=keepdims),
    lambda g, z, x, axis, keepdims: _to_winners(g, z, x, axis, keepdims),
    local=("1/n for the n tied largest, else 0",),
)


def _to_winners(g: Any, z: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    if not keepdims:
        g, z = np.expand_dims(g, axis), np.expand_dims(z, axis)
    won = np.equal(x, z) * np.ones_like(g)  # at g's dtype: a bool count would be an integer
    return g * won / np.sum(won, axis=axis, keepdims=True)


@either_name
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The largest element over `axis`; ties share the upstream equally, as in PyTorch.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 3.0, 3.0], requires_grad=True)
    >>> tg.amax(x).backward(); x.grad
    tensor([0.0000, 0.5000, 0.5000])
    """
    x = as_tensor(x)
    return _amax(x, axis=axes_of(axis, x.ndim, "amax"), keepdims=keepdims)


# By index.

_index = gate(
    "index",
    lambda x, index: x[index],
    lambda g, z, x, index: run(_unindex, g, shape=x.shape, index=index),
    local=("1 at the index, else 0",),
    view=True,
)
_unindex = gate(
    "unindex",
    lambda g, shape, index: _added_at(g, shape, index),
    lambda gg, z, g, shape, index: gg[index],
    local=("1",),
    says="Zeros of a shape with g added at the index: what indexing sends back.",
)


def _added_at(g: Any, shape: tuple[int, ...], index: Any) -> Any:
    out = np.zeros(shape, g.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(part, np.ndarray) and part.dtype.kind != "b" for part in parts):
        np.add.at(out, index, g)  # an index array may name an element twice
    else:
        out[index] = g
    return out


def _plain(index: Any) -> Any:
    """An index without Tensors and lists: arrays of its own, which nobody can write to later."""
    if isinstance(index, tuple):
        return tuple(_plain(part) for part in index)
    if isinstance(index, (list, np.ndarray)):
        return np.array(index) if np.size(index) else np.array(index, dtype=np.int64)
    return np.array(index._data) if isinstance(index, Tensor) else index


def getitem(x: Tensor, index: Any) -> Tensor:
    """x[index], with everything that NumPy accepts as an index."""
    return _index(x, index=_plain(index))


_index_put = gate(
    "index_put",
    lambda x, v, index: _put(x, v, index),
    lambda g, z, x, v, index: run(_masked_out, g, index=index),
    lambda g, z, x, v, index: g[index],
    local=("0 at the index, else 1", "1 at the index"),
    blind=True,
    says="A copy of x with v written at the index.",
)
_masked_out = gate(
    "masked_out",
    lambda g, index: _put(g, 0, index),
    lambda gg, z, g, index: run(_masked_out, gg, index=index),
    local=("0 at the index, else 1",),
    blind=True,
    says="A copy of g with zeros at the index.",
)


def _put(x: Any, v: Any, index: Any) -> Any:
    out = np.array(x)
    out[index] = v
    return out


def setitem(t: Tensor, index: Any, value: Any) -> None:
    """t[index] = value; while recording, `value` gets the upstream that arrives there."""
    index = _plain(index)
    write(t, "t[…] = v", lambda old, v: _index_put(old, v, index=index), value, where=index)


methods(relu, maximum, amax)
methods(__getitem__=getitem, __setitem__=setitem)
