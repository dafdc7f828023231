"""indexing: gates that send the upstream gradient to the elements that an index names.

Three rules do it all: what indexing sends back is `unindex`, what that sends back is indexing, and
`index_put` sends it either to the value written or to what was not overwritten. The rest is names.
"""

from __future__ import annotations

import math
from functools import partial
from types import EllipsisType
from typing import Any

import numpy as np

from .. import messages, record
from ..axes import axis_of, either_name, on_axis
from ..errors import OptionError, ShapeError, TinygradError
from ..inplace import write
from ..record import run
from ..tensor import Tensor, as_array, as_tensor
from .binding import methods, methods_in_place
from .distribute import add, broadcast_to
from .reshape import reshape
from .route import only, where
from .switch import div, mul, product_of_others

__all__ = [
    "fill",
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_reduce",
    "index_select",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "put",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "select_scatter",
    "slice_scatter",
    "take",
    "take_along_dim",
    "zero_",
]

gate = partial(record.gate, kind="route")


# The three rules. An index is what NumPy accepts, or with `flat` an array of positions among the
# elements in a row: one index array costs NumPy a fifth of the time of a tuple of them.


def _at(x: Any, index: Any, flat: bool = False, once: bool = False) -> Any:
    if flat:
        return x.reshape(-1)[index]
    z = x[index]
    return z if isinstance(z, np.ndarray) else x[(*index, ...) if isinstance(index, tuple) else (index, ...)]


def _from(g: Any, z: Any, x: Any, index: Any, **how: bool) -> Any:
    return run(unindex, g, shape=x.shape, index=index, **how)


def _added_at(g: Any, shape: tuple[int, ...], index: Any, flat: bool = False, once: bool = False) -> Any:
    out = np.zeros(shape, g.dtype)
    if not flat and _may_repeat(index):
        index, flat = positions(shape, index), True
    if not flat:
        out[index] = g
    elif once:
        out.reshape(-1)[index] = g
    elif g.dtype == np.float16:  # in which 2048 + 1 is 2048
        return _added_at(g.astype(np.float32), shape, index, flat).astype(np.float16)
    else:  # an element named twice gets both; add.at is quick only on rows of contiguous elements
        np.add.at(out.reshape(-1), np.ravel(index), np.ravel(g))
    return out


def indexing(name: str, **more: Any) -> Any:
    """The gate of indexing under a name of its own, for pictures: gather, sort, median …

    Its keywords: `index`; `flat` (positions among the elements in a row); `once` (no element is
    named twice, so the way back may write instead of add).
    """
    return gate(name, _at, _from, local=("1 at the index, else 0",), blind=True, **more)


_index = indexing("index", view=True)
unindex = gate(
    "unindex",
    _added_at,
    lambda gg, z, g, shape, index, **how: run(_index, gg, index=index, **how),
    local=("1, in place",),
    blind=True,
    says="Zeros of a shape with g added at the index: what indexing sends back.",
)
_index_put: Any = gate(
    "index_put",
    lambda x, v, index, flat=False: _put(x, v, index, flat),
    lambda g, z, x, v, index, flat=False: run(_index_put, g, np.zeros((), g.dtype), index=index, flat=flat),
    lambda g, z, x, v, index, flat=False: _for_value(g, v, index, flat),
    local=("0 at the index, else 1", "1 at the index; where one is named twice, only for the last value"),
    blind=True,
    says="A copy of x with v written at the index.",
)


def _put(x: Any, v: Any, index: Any, flat: bool) -> Any:
    out = np.array(x, order="C")
    (out.reshape(-1) if flat else out)[index] = v
    return out


def _for_value(g: Any, v: Any, index: Any, flat: bool) -> Any:
    g = only(run(_index, g, index=index, flat=True), _lasting(index)) if flat else run(_index, g, index=index)
    ndim = np.ndim(v)
    return np.reshape(g, (1,) * (ndim - g.ndim) + g.shape) if ndim > g.ndim else g


def _lasting(at: np.ndarray) -> np.ndarray:
    """Which of the values written at positions are still there afterwards: each position's last."""
    order = np.arange(at.size)
    last = np.zeros(at.max(initial=0) + 1, order.dtype)
    last[at.reshape(-1)] = order
    return (last[at.reshape(-1)] == order).reshape(at.shape)


def _may_repeat(index: Any) -> bool:
    """Whether there is an integer array in the index: the only way to name an element twice."""
    parts = index if type(index) is tuple else (index,)
    return any(isinstance(part, np.ndarray) and part.dtype.kind != "b" for part in parts)


def positions(shape: tuple[int, ...], index: Any) -> np.ndarray:
    """What a NumPy index names, as positions among the elements in a row."""
    if isinstance(index, np.ndarray) and index.dtype.kind != "b":  # whole rows: no need to number all elements
        row = math.prod(shape[1:])
        first = np.where(index < 0, index + shape[0], index) * row
        return first.reshape(index.shape + (1,) * (len(shape) - 1)) + np.arange(row).reshape(shape[1:])
    return np.arange(math.prod(shape)).reshape(shape)[index]


# Indexing and assignment, with everything that NumPy accepts.

_BASIC = (int, slice, type(None), EllipsisType, bool)


def _numpy_index(index: Any) -> Any:
    """An index without Tensors and lists: arrays of its own, which nobody can write to later."""
    if type(index) in _BASIC:
        return index
    if type(index) is tuple:
        for part in index:
            if type(part) not in _BASIC:
                return tuple(map(_numpy_part, index))
        return index
    return _numpy_part(index)


def _numpy_part(index: Any) -> Any:
    if type(index) in _BASIC:
        return index
    array = as_array(index)
    if array.size == 0 and not isinstance(index, (Tensor, np.ndarray)):
        array = array.astype(np.int64)  # x[[]] names nothing
    if array.dtype.kind == "f":
        got = f"{array.dtype} of shape {array.shape}" if array.ndim else repr(index)
        raise IndexError(f"an index is an integer or a mask; got {got}: x[int(i)], x[i.long()], or // for /")
    return array.item() if array.ndim == 0 and array.dtype.kind in "iub" else np.array(array, order="C")


def getitem(x: Tensor, index: Any) -> Tensor:
    """x[index], with everything that NumPy accepts as an index.

    Ints, slices, None and ... give a view, index arrays and masks (lists, arrays, Tensors) a copy.

    Raises:
        IndexError: if there is no such element.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x[[0, 0, 2]].sum().backward(); x.grad
    tensor([2., 0., 1.])
    """
    return _index(x, index=_numpy_index(index))


def setitem(t: Tensor, index: Any, value: Any) -> None:
    """t[index] = value; while recording, `value` gets the upstream that arrives there.

    Of several values for one element the last stays, and only that one gets a gradient.

    Raises:
        ShapeError: if `value` does not broadcast to what the index names.
        IndexError: if there is no such element.

    >>> import tinygrad_edu as tg
    >>> x, v = tg.zeros(3), tg.tensor(5.0, requires_grad=True)
    >>> x[1:] = v
    >>> x.sum().backward(); v.grad
    tensor(2.)
    """
    index = _numpy_index(index)
    try:
        write(t, "t[…] = v", lambda old, v: written_at(old, index, v), value, where=index)
    except ValueError as error:
        raise messages.not_written(t, index, value, error) from None


def written_at(x: Tensor, index: Any, value: Any) -> Tensor:
    """A copy of x with `value`, at x's dtype, written at a NumPy index."""
    if _may_repeat(index):
        return _index_put(x, of_dtype(value, x), index=positions(x.shape, index), flat=True)
    return _index_put(x, of_dtype(value, x), index=index)


def of_dtype(value: Any, x: Tensor) -> Any:
    """What is to be written into `x`, at its dtype: a Tensor, on the graph, or an array."""
    if isinstance(value, Tensor):
        return value if value.dtype == x.dtype else record.cast(value, dtype=x.dtype)
    return np.asarray(value, x.dtype)


def index_put(x: Any, indices: Any, values: Any, accumulate: bool = False) -> Tensor:
    """A copy of x with `values` written at, or with `accumulate` added to, x[indices].

    Where an element is named twice, adding adds both; of two written the last stays, and only it
    gets a gradient (PyTorch sends one to both).

    >>> import tinygrad_edu as tg
    >>> tg.index_put(tg.zeros(3), (tg.tensor([0, 0, 2]),), tg.tensor([1.0, 2.0, 3.0]), accumulate=True)
    tensor([3., 0., 3.])
    """
    x, index = as_tensor(x), _numpy_index(tuple(indices))
    if not accumulate:
        return written_at(x, index, values)
    return _added(x, values, index)


def _added(x: Tensor, values: Any, index: Any, **how: bool) -> Tensor:
    """x plus `values` at the index."""
    values = as_tensor(of_dtype(values, x))
    named = index.shape if how else np.broadcast_to(np.empty(()), x.shape)[index].shape
    if values.shape != named:
        values = broadcast_to(values, named)
    return add(x, unindex(values, shape=x.shape, index=index, **how))


# Along one axis: gather and scatter.


def along(shape: tuple[int, ...], dim: int, index: np.ndarray) -> np.ndarray:
    """The positions of `index` along `dim` of a shape; along the others, of each element itself."""
    at: Any = 0
    step, last = 1, len(shape) - 1
    for axis in range(last, -1, -1):
        if axis == dim:
            at = index + at if step == 1 else index * step + at
        elif step:
            row = np.arange(0, index.shape[axis] * step, step)
            at = at + (row if axis == last else row.reshape((-1,) + (1,) * (last - axis)))
        step *= shape[axis]
    return np.asarray(at)


def _checked(name: str, x: Tensor, dim: int, index: Any, src: Any = None) -> np.ndarray:
    """The positions that gather and scatter mean, after a look at the shapes and the range."""
    index = as_array(index)
    if not index.size:
        return np.zeros(index.shape, np.int64)
    shape = x.shape or (1,)
    if index.dtype.kind not in "iu" or not _within(index.shape or (1,), shape, dim):
        raise ShapeError(
            f"{name} needs integers, in a shape that fits into the Tensor's along every axis but {dim}.",
            expected=f"at most {x.shape}",
            got=f"{index.dtype}{list(index.shape)}",
        )
    if src is not None and not _within(index.shape, np.shape(src)):
        raise ShapeError(
            f"{name} needs an index no larger than src.", expected=f"at most {np.shape(src)}", got=str(index.shape)
        )
    index = index.astype(np.int64, copy=False)
    if np.count_nonzero(index.view(np.uint64) >= shape[dim]):  # a negative one is a huge unsigned one
        raise IndexError(f"{name}: an index is outside 0 to {shape[dim] - 1}, the size of axis {dim}")
    return along(shape, dim, index) if x.ndim else np.zeros(index.shape, np.int64)


def _within(small: tuple[int, ...], large: tuple[int, ...], but: int | None = None) -> bool:
    return len(small) == len(large) and all(n <= large[axis] or axis == but for axis, n in enumerate(small))


_gather = indexing("gather")


@either_name
def gather(x: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Tensor:
    """Along `dim` the elements that `index` names, elsewhere in place: z[i, j] = x[i, index[i, j]] for dim 1.

    Args:
        index: integers from 0; as many axes as x, and no larger than x along those other than `dim`.
        sparse_grad: accepted for PyTorch's sake; the gradient is dense.

    Raises:
        ShapeError: if the shape of `index` does not fit.
        IndexError: if an index is out of range.

    >>> import tinygrad_edu as tg
    >>> tg.gather(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, tg.tensor([[1], [0]])).tolist()
    [[2.0], [3.0]]
    """
    x = as_tensor(x)
    return _gather(x, index=_checked("gather", x, axis_of(dim, x.ndim, "gather"), index), flat=True)


@either_name
def take_along_dim(x: Any, indices: Any, dim: int | None = None) -> Tensor:
    """As `gather`, but x and `indices` broadcast along the axes other than `dim`; without `dim`, among all elements.

    A negative index counts from the end, as in NumPy.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[3.0, 1.0, 2.0]])
    >>> tg.take_along_dim(x, tg.argsort(x, 1), 1)
    tensor([[1., 2., 3.]])
    """
    x, indices = as_tensor(x), as_array(indices)
    if dim is None:
        return take_along_dim(reshape(x, -1), indices.reshape(-1), 0)
    dim = axis_of(dim, x.ndim, "take_along_dim")
    if x.ndim and indices.dtype.kind == "i":
        indices = np.where(indices < 0, indices + x.shape[dim], indices)
    both = [tuple(1 if a == dim else n for a, n in enumerate(shape)) for shape in (x.shape, indices.shape)]
    common = np.broadcast_shapes(*both)
    sizes = [tuple(s[dim] if a == dim else n for a, n in enumerate(common)) for s in (x.shape, indices.shape)]
    return gather(x if x.shape == sizes[0] else broadcast_to(x, sizes[0]), dim, np.broadcast_to(indices, sizes[1]))


def take(x: Any, index: Any) -> Tensor:
    """The elements of x at positions in the flattened x; the result has the shape of `index`.

    >>> import tinygrad_edu as tg
    >>> tg.take(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([0, -1]))
    tensor([1., 4.])
    """
    return _gather(as_tensor(x), index=_in_a_row("take", as_tensor(x), index), flat=True)


def _in_a_row(name: str, x: Tensor, index: Any) -> np.ndarray:
    at, n = as_array(index).astype(np.int64), x.numel()
    if np.any((at < -n) | (at >= n)):
        raise IndexError(f"{name}: a position is outside {-n} to {n - 1}")
    return np.where(at < 0, at + n, at)


def put(x: Any, index: Any, source: Any, accumulate: bool = False) -> Tensor:
    """A copy of x with the elements of `source` written at, or added to, positions in the flattened x.

    >>> import tinygrad_edu as tg
    >>> tg.put(tg.zeros(2, 2), tg.tensor([3]), tg.tensor([5.0])).tolist()
    [[0.0, 0.0], [0.0, 5.0]]
    """
    x = as_tensor(x)
    at = _in_a_row("put", x, index)
    source = reshape(as_tensor(of_dtype(source, x)), at.shape)
    return _added(x, source, at, flat=True) if accumulate else _index_put(x, source, index=at, flat=True)


def _source(x: Tensor, src: Any, index: Any) -> Any:
    """The part of src that `index` covers, at x's dtype."""
    src = of_dtype(src, x)
    shape = np.shape(index)
    return src if not src.ndim or src.shape == shape else src[tuple(map(slice, shape))]


@either_name
def scatter(x: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Tensor:
    """A copy of x with `src` written along `dim` where `index` says: z[i, index[i, j]] = src[i, j] for dim 1.

    Where an index comes twice the last value stays, and only it gets a gradient (PyTorch promises
    neither).

    Args:
        index: integers from 0, as for `gather`; no larger than `src` along any axis.
        src: a Tensor, or a number for all (also `value`).
        reduce: "add" or "multiply" instead of writing.

    >>> import tinygrad_edu as tg
    >>> tg.scatter(tg.zeros(2, 3), 1, tg.tensor([[2], [0]]), 1.0).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    x, src = as_tensor(x), value if src is None else src
    if src is None:
        raise TinygradError("scatter needs what to write.", expected="src or value", got="neither")
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise OptionError("scatter reduces by add or multiply.", got=reduce, mend="use scatter_reduce")
        src = src if np.ndim(src) else broadcast_to(as_tensor(of_dtype(src, x)), np.shape(index))
        return scatter_reduce(x, dim, index, src, "sum" if reduce == "add" else "prod")
    dim = axis_of(dim, x.ndim, "scatter")
    at = _checked("scatter", x, dim, index, src if np.ndim(src) else None)
    return _index_put(x, _source(x, src, index), index=at, flat=True)


@either_name
def scatter_add(x: Any, dim: int, index: Any, src: Any) -> Tensor:
    """A copy of x with `src` added along `dim` where `index` says: z[i, index[i, j]] += src[i, j] for dim 1.

    >>> import tinygrad_edu as tg
    >>> tg.scatter_add(tg.zeros(3), 0, tg.tensor([0, 0, 2]), tg.ones(3))
    tensor([2., 0., 1.])
    """
    x = as_tensor(x)
    at = _checked("scatter_add", x, axis_of(dim, x.ndim, "scatter_add"), index, src)
    return _added(x, _source(x, src, index), at, flat=True)


def _reduced_at(ufunc: np.ufunc) -> Any:
    def forward(x: Any, src: Any, index: Any) -> Any:
        out = np.array(x, order="C")
        ufunc.at(out.reshape(-1), np.ravel(index), np.ravel(src))
        return out

    return forward


def _winning(z: Any, x: Any, src: Any, index: Any) -> tuple[np.ndarray, np.ndarray]:
    """The share of each element of x and of src in the winner of its place: 1/n for n that are tied."""
    z, x, src = np.asarray(z), np.asarray(x), np.asarray(src)
    mine = (x == z).astype(z.dtype)
    theirs = (src == z.reshape(-1)[index]).astype(z.dtype)
    n = mine + _added_at(theirs, z.shape, index, flat=True)
    return mine / n, theirs / n.reshape(-1)[index]


_EXTREME = {
    name: gate(
        f"scatter_{name}",
        _reduced_at(ufunc),
        lambda g, z, x, src, index: g * _winning(z, x, src, index)[0],
        lambda g, z, x, src, index: run(_gather, g, index=index, flat=True) * _winning(z, x, src, index)[1],
        local=("1/n where x is one of the n tied winners", "1/n where src is one of the n tied winners"),
    )
    for name, ufunc in (("amax", np.maximum), ("amin", np.minimum))
}
_scatter_prod: Any = gate(
    "scatter_prod",
    _reduced_at(np.multiply),
    lambda g, z, x, src, index: g * run(_scatter_prod, np.ones_like(x), src, index=index),
    lambda g, z, x, src, index: _others(g, x, src, index),
    local=("the product of what is multiplied to x there", "the product of the other factors there"),
)


def _others(g: Any, x: Any, src: Any, index: Any) -> Any:
    """g times the product of the other factors at each place; a zero is divided out nowhere."""
    if np.asarray(src).all():
        return run(_gather, g * run(_scatter_prod, x, src, index=index), index=index, flat=True) / src
    places, row, counts = np.unique(index, return_inverse=True, return_counts=True)
    order = np.argsort(row, axis=None, kind="stable")
    slots = np.empty(index.size, np.int64)  # the factors of a place in one row, filled up with ones
    slots[order] = np.arange(index.size) - np.repeat(np.cumsum(counts) - counts, counts)
    slots = slots.reshape(index.shape) + row.reshape(index.shape) * counts.max()
    factors = run(_index_put, np.ones((len(places), counts.max()), src.dtype), src, index=slots, flat=True)
    upstream = np.reshape(run(_gather, g * x, index=places, flat=True), (-1, 1))
    return run(_gather, product_of_others(upstream, None, factors, 1), index=slots, flat=True)


def _neutral(reduce: str, dtype: np.dtype) -> Any:
    """What a reduction starts from when x itself takes no part."""
    if reduce in ("sum", "mean", "prod"):
        return dtype.type(reduce == "prod")
    low, high = (-np.inf, np.inf) if dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return dtype.type(low if reduce == "amax" else high)


@either_name
def scatter_reduce(x: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Tensor:
    """A copy of x where each place takes the reduction of all of `src` that `index` sends there along `dim`.

    Args:
        index: integers from 0, as for `gather`; no larger than `src` along any axis.
        reduce: sum, prod, mean, amax or amin; ties of the last two share the upstream equally.
        include_self: whether x takes part where something is sent; elsewhere x stays as it is. If
            not, an x that is equal gets no share (PyTorch counts it among the ties, and loses that).

    >>> import tinygrad_edu as tg
    >>> index, src = tg.tensor([0, 0, 2]), tg.tensor([4.0, 5.0, 6.0])
    >>> tg.scatter_reduce(tg.tensor([1.0, 2.0, 3.0]), 0, index, src, "mean", include_self=False)
    tensor([4.5000, 2.0000, 6.0000])
    """
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise OptionError("an unknown reduction.", expected="sum, prod, mean, amax or amin", got=repr(reduce))
    x = as_tensor(x)
    at = _checked("scatter_reduce", x, axis_of(dim, x.ndim, "scatter_reduce"), index, src)
    src = as_tensor(_source(x, src, index))
    base = x if include_self else _index_put(x, _neutral(reduce, x.dtype), index=at, flat=True)
    if reduce == "prod":
        return _scatter_prod(base, src, index=at)
    if reduce in _EXTREME:
        return _EXTREME[reduce](base, src, index=at)
    total = _added(base, src, at, flat=True)
    if reduce == "sum":
        return total
    counts = _added_at(np.ones(at.shape, np.int64), x.shape, at, flat=True) + bool(include_self)
    counts = np.where(counts == 0, 1, counts)
    return div(total, counts.astype(x.dtype)) if x.dtype.kind == "f" else Tensor(total._data // counts)


# A whole slice for each index along one axis.


def _slices(x: Tensor, dim: int, index: Any, name: str) -> tuple[Any, ...]:
    """The NumPy index of the slices `index` along `dim`."""
    index = as_array(index)
    if index.dtype.kind not in "iu" or index.ndim > 1:
        raise ShapeError(f"{name} needs a vector of integers.", got=f"{index.dtype}{list(index.shape)}")
    axis = axis_of(dim, x.ndim, name)
    if x.ndim == 0:  # a vector of one
        if index.size != 1 or index.any():
            raise IndexError(f"{name}: a 0-d Tensor has one slice, at index 0; got {index.tolist()}")
        return ()
    return on_axis(axis, np.array(index.reshape(-1)))


@either_name
def index_select(x: Any, dim: int, index: Any) -> Tensor:
    """The slices of x along `dim` that the vector `index` names.

    >>> import tinygrad_edu as tg
    >>> tg.index_select(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, tg.tensor([1, 1])).tolist()
    [[2.0, 2.0], [4.0, 4.0]]
    """
    x = as_tensor(x)
    return _index(x, index=_slices(x, dim, index, "index_select"))


@either_name
def index_add(x: Any, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Tensor:
    """A copy of x with alpha times the slices of `source` added to those of x that `index` names.

    >>> import tinygrad_edu as tg
    >>> tg.index_add(tg.zeros(3), 0, tg.tensor([0, 0]), tg.tensor([1.0, 2.0]))
    tensor([3., 0., 0.])
    """
    x = as_tensor(x)
    source = source if alpha == 1 else mul(as_tensor(source), alpha)
    return _added(x, source, _slices(x, dim, index, "index_add"))


@either_name
def index_copy(x: Any, dim: int, index: Any, source: Any) -> Tensor:
    """A copy of x with the slices of `source` in place of those that `index` names.

    >>> import tinygrad_edu as tg
    >>> tg.index_copy(tg.zeros(3), 0, tg.tensor([2, 0]), tg.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    x = as_tensor(x)
    return written_at(x, _slices(x, dim, index, "index_copy"), source)


@either_name
def index_fill(x: Any, dim: int, index: Any, value: Any) -> Tensor:
    """A copy of x with one value in the slices that `index` names.

    >>> import tinygrad_edu as tg
    >>> tg.index_fill(tg.zeros(3), 0, tg.tensor([0, 2]), 7.0)
    tensor([7., 0., 7.])
    """
    x = as_tensor(x)
    return written_at(x, _slices(x, dim, index, "index_fill"), value)


@either_name
def index_reduce(x: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Tensor:
    """As `scatter_reduce` (prod, mean, amax or amin), whole slices at a time: `index` is a vector.

    >>> import tinygrad_edu as tg
    >>> tg.index_reduce(tg.ones(2), 0, tg.tensor([0, 0]), tg.tensor([3.0, 4.0]), "prod")
    tensor([12.,  1.])
    """
    x, source = as_tensor(x), as_tensor(source)
    dim = axis_of(dim, x.ndim, "index_reduce")
    index = as_array(index).reshape(((-1,) + (1,) * (source.ndim - 1 - dim))[: source.ndim])
    index = np.broadcast_to(index, source.shape)
    return scatter_reduce(x, dim, index, source, reduce, include_self=include_self)


@either_name
def select_scatter(x: Any, src: Any, dim: int, index: int) -> Tensor:
    """A copy of x with `src` in place of the slice at `index` along `dim`.

    >>> import tinygrad_edu as tg
    >>> tg.select_scatter(tg.zeros(2, 2), tg.ones(2), 0, 1).tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    x = as_tensor(x)
    return written_at(x, on_axis(axis_of(dim, x.ndim, "select_scatter"), index), src)


@either_name
def slice_scatter(
    x: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """A copy of x with `src` in place of the slice start:end:step along `dim`.

    >>> import tinygrad_edu as tg
    >>> tg.slice_scatter(tg.zeros(4), tg.ones(2), 0, 0, 4, 2)
    tensor([1., 0., 1., 0.])
    """
    x = as_tensor(x)
    return written_at(x, on_axis(axis_of(dim, x.ndim, "slice_scatter"), slice(start, end, step)), src)


def fill(x: Any, value: Any) -> Tensor:
    """One value in the shape and dtype of x; the upstream goes to the value alone.

    >>> import tinygrad_edu as tg
    >>> tg.fill(tg.zeros(2), 7.0)
    tensor([7., 7.])
    """
    return written_at(as_tensor(x), ..., value)


# By a mask.


def masked_fill(x: Any, mask: Any, value: Any) -> Tensor:
    """x, but `value` where the mask holds.

    >>> import tinygrad_edu as tg
    >>> tg.masked_fill(tg.tensor([1.0, 2.0]), tg.tensor([True, False]), -9.0)
    tensor([-9.,  2.])
    """
    x = as_tensor(x)
    try:
        return where(mask, of_dtype(value, x), x)
    except ShapeError:
        raise ShapeError(
            "masked_fill takes a mask that broadcasts with the Tensor, and one value.",
            got=f"a mask {np.shape(mask)} for a Tensor {x.shape}, and a value {np.shape(value)}",
            mend="mask.unsqueeze(dim) puts in an axis that the mask lacks",
        ) from None


def masked_select(x: Any, mask: Any) -> Tensor:
    """The elements of x where the mask holds, in a row; x and the mask broadcast.

    >>> import tinygrad_edu as tg
    >>> tg.masked_select(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([True, False, True]))
    tensor([1., 3.])
    """
    x, mask = _together(x, mask)
    return _index(x, index=mask)


def masked_scatter(x: Any, mask: Any, source: Any) -> Tensor:
    """x, but where the mask holds the elements of `source`, one after the other.

    >>> import tinygrad_edu as tg
    >>> mask = tg.tensor([True, False, True])
    >>> tg.masked_scatter(tg.zeros(3), mask, tg.tensor([5.0, 6.0, 7.0]))
    tensor([5., 0., 6.])
    """
    x, mask = _together(x, mask)
    return written_at(x, mask, reshape(as_tensor(source), -1)[: np.count_nonzero(mask)])


def _together(x: Any, mask: Any) -> tuple[Tensor, np.ndarray]:
    x, mask = as_tensor(x), as_array(mask).astype(bool)
    shape = np.broadcast_shapes(x.shape, mask.shape)
    return x if x.shape == shape else broadcast_to(x, shape), np.broadcast_to(mask, shape)


# In place, of which PyTorch has no other form.


def _fill_in_place(t: Tensor, value: Any) -> Tensor:
    """In place: write one value, or a 0-d Tensor's, into every element; returns the Tensor."""
    return write(t, "fill_", fill, value, where=...)


def zero_(t: Tensor) -> Tensor:
    """In place: write 0 into every element; returns the Tensor.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0])
    >>> x.zero_() is x, x
    (True, tensor([0., 0.]))
    """
    return write(t, "zero_", fill, 0, where=...)


def _copy_in_place(t: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """In place: write `src`, broadcast and at this Tensor's dtype; the upstream goes to `src`."""
    return write(t, "copy_", fill, src, where=...)


methods(
    take, gather, take_along_dim, put, scatter, scatter_add, scatter_reduce, index_select, index_add, index_copy,
    index_fill, index_put, index_reduce, select_scatter, slice_scatter, masked_fill, masked_select, masked_scatter,
)  # fmt: skip
methods_in_place(
    put, scatter, scatter_add, scatter_reduce, index_add, index_copy, index_fill, index_put, index_reduce,
    masked_fill, masked_scatter,
)  # fmt: skip
methods(__getitem__=getitem, __setitem__=setitem, fill_=_fill_in_place, zero_=zero_, copy_=_copy_in_place)
