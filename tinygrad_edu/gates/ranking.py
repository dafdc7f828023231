"""ranking: gates that choose by rank: max and min along an axis, sort, median, quantile, cummax.

Each looks up, outside the graph, which elements win, and is then indexing under its own name: the
upstream goes to the elements it took. Only without an axis do max, min and median share among ties.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .. import record
from ..axes import axis_of, either_name, on_axis
from ..errors import DtypeError, OptionError, ShapeError
from ..tensor import Tensor, as_tensor
from .binding import methods
from .indexing import along, indexing
from .reshape import reshape
from .route import maximum, minimum, only
from .switch import lerp

__all__ = [
    "argsort",
    "cummax",
    "cummin",
    "kthvalue",
    "max",
    "median",
    "min",
    "mode",
    "msort",
    "nanmedian",
    "nanquantile",
    "quantile",
    "sort",
    "topk",
]

gate = partial(record.gate, kind="route")


class Ranked(NamedTuple):
    """Values, and where along the axis they were found: `values, indices = x.max(dim=1)`."""

    values: Tensor
    indices: Tensor


def _ranked(by: Any, x: Tensor, axis: int, index: np.ndarray, keepdims: bool, once: bool = True) -> Ranked:
    """The elements of x at `index` along `axis`, by the gate `by`; without `keepdims` the axis goes."""
    at = along(x.shape or (1,), axis, index)
    if x.ndim == 0:
        at, index = at.reshape(()), index.reshape(())
    elif not keepdims:
        at, index = np.squeeze(at, axis), np.squeeze(index, axis)
    return Ranked(by(x, index=at, flat=True, once=once), Tensor(index.astype(np.int64, copy=False)))


def _line(x: Tensor, axis: Any, name: str, empty: bool = False) -> tuple[np.ndarray, int]:
    """x's values with an axis at least, and the number of the axis; there must be something to choose."""
    axis = axis_of(axis, x.ndim, name)
    if not empty and x.ndim and x.shape[axis] == 0 and all(n for a, n in enumerate(x.shape) if a != axis):
        raise ShapeError(f"{name}: axis {axis} has no element to choose from.", got=f"shape {x.shape}")
    return np.atleast_1d(x._data), axis


# The largest and smallest.


def _evenly(g: Any, z: Any, x: Any) -> Any:
    """An equal share to each element that equals the result; to each nan if that is nan."""
    won = np.isnan(x) if np.any(np.isnan(z)) else x == z
    return only(g / np.sum(won, dtype=g.dtype), won)


def _of_all(name: str, forward: Any, what: str) -> Any:
    return gate(name, forward, _evenly, local=(f"1/n for the n elements equal to {what}, else 0",))


_max = _of_all("max", np.max, "the largest")
_min = _of_all("min", np.min, "the smallest")
_max_along = indexing("max along")
_min_along = indexing("min along")


@either_name
def max(x: Any, axis: Any = None, keepdims: bool = False, *, other: Any = None) -> Any:
    """The largest element: of all, along `axis` as (values, indices), or of two Tensors elementwise.

    `max(x)` shares the upstream equally among ties; `max(x, axis)` sends it to the returned index,
    the first; `max(x, y)` is `maximum(x, y)`. A nan wins.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1.0, 3.0], [4.0, 2.0]])
    >>> tg.max(x), tg.max(x, dim=1).indices
    (tensor(4.), tensor([1, 0]))
    """
    return _max_or_min(
        x, axis, keepdims, other, name="max", of_all=_max, by_index=_max_along, find=np.argmax, of_two=maximum
    )


@either_name
def min(x: Any, axis: Any = None, keepdims: bool = False, *, other: Any = None) -> Any:
    """The smallest element: of all, along `axis` as (values, indices), or of two Tensors elementwise.

    `min(x)` shares the upstream equally among ties; `min(x, axis)` sends it to the returned index,
    the first; `min(x, y)` is `minimum(x, y)`. A nan wins.

    >>> import tinygrad_edu as tg
    >>> values, indices = tg.min(tg.tensor([[1.0, 3.0], [4.0, 2.0]]), 0); values
    tensor([1., 2.])
    """
    return _max_or_min(
        x, axis, keepdims, other, name="min", of_all=_min, by_index=_min_along, find=np.argmin, of_two=minimum
    )


def _max_or_min(
    x: Any, axis: Any, keepdims: bool, other: Any, *, name: str, of_all: Any, by_index: Any, find: Any, of_two: Any
) -> Any:
    x = as_tensor(x)
    if other is not None or (axis is not None and not hasattr(axis, "__index__")) or isinstance(axis, Tensor):
        return of_two(x, axis if other is None else other)
    if axis is None:
        return of_all(x)
    a, axis = _line(x, axis, name)
    return _ranked(by_index, x, axis, find(a, axis=axis, keepdims=True), keepdims)


# By order. nan counts as the largest; equal elements stay in their order, so that the gradient is
# always the same one's. (PyTorch promises this of stable sorts only. topk may leave out any of equals.)

_sort, _topk, _kthvalue = indexing("sort"), indexing("topk"), indexing("kthvalue")


def _order(a: np.ndarray, axis: int, descending: bool = False) -> np.ndarray:
    if not descending:
        return np.argsort(a, axis=axis, kind="stable")
    backwards = np.argsort(np.flip(a, axis), axis=axis, kind="stable")
    return a.shape[axis] - 1 - np.flip(backwards, axis)


@either_name
def sort(x: Any, axis: int = -1, descending: bool = False, stable: bool = False) -> Ranked:
    """The elements in ascending order along `axis`, as (values, indices); always stable.

    >>> import tinygrad_edu as tg
    >>> tg.sort(tg.tensor([3.0, 1.0, 2.0]), descending=True)
    Ranked(values=tensor([3., 2., 1.]), indices=tensor([0, 2, 1]))
    """
    x = as_tensor(x)
    a, axis = _line(x, axis, "sort", empty=True)
    return _ranked(_sort, x, axis, _order(a, axis, descending), True)


@either_name
def argsort(x: Any, axis: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices that sort x along `axis`: integers, through which no gradient flows.

    >>> import tinygrad_edu as tg
    >>> tg.argsort(tg.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    x = as_tensor(x)
    a, axis = _line(x, axis, "argsort", empty=True)
    return Tensor(_order(a, axis, descending).reshape(x.shape))


def msort(x: Any) -> Tensor:
    """The elements in ascending order along the first axis.

    >>> import tinygrad_edu as tg
    >>> tg.msort(tg.tensor([3.0, 1.0, 2.0]))
    tensor([1., 2., 3.])
    """
    return sort(x, 0).values


@either_name
def topk(x: Any, k: int, axis: int = -1, largest: bool = True, sorted: bool = True) -> Ranked:
    """The k largest (or smallest) elements along `axis`, the best first, as (values, indices).

    Raises:
        ShapeError: if there are fewer than k.

    >>> import tinygrad_edu as tg
    >>> tg.topk(tg.tensor([3.0, 1.0, 2.0]), 2).indices
    tensor([0, 2])
    """
    x = as_tensor(x)
    a, axis = _line(x, axis, "topk", empty=True)
    if not 0 <= k <= a.shape[axis]:
        raise ShapeError(f"topk: axis {axis} has no {k} elements.", expected=f"0 to {a.shape[axis]}", got=str(k))
    n = a.shape[axis]
    if 0 < k < n // 4:  # then look among the k alone, in their order
        some = np.argpartition(a, n - k if largest else k - 1, axis)
        some = np.sort(some[on_axis(axis, slice(n - k, n))] if largest else some[on_axis(axis, slice(k))], axis)
        best = np.take_along_axis(some, _order(np.take_along_axis(a, some, axis), axis, largest), axis)
    else:
        best = _order(a, axis, largest)[on_axis(axis, slice(k))]
    return _ranked(_topk, x, axis, best, True)


@either_name
def kthvalue(x: Any, k: int, axis: int = -1, keepdims: bool = False) -> Ranked:
    """The k-th smallest element along `axis`, counted from 1, as (values, indices).

    >>> import tinygrad_edu as tg
    >>> tg.kthvalue(tg.tensor([3.0, 1.0, 2.0]), 2)
    Ranked(values=tensor(2.), indices=tensor(2))
    """
    x = as_tensor(x)
    a, axis = _line(x, axis, "kthvalue")
    if not 1 <= k <= a.shape[axis]:
        raise ShapeError(f"kthvalue: axis {axis} has no {k}-th element.", expected=f"1 to {a.shape[axis]}", got=str(k))
    return _ranked(_kthvalue, x, axis, _order(a, axis)[on_axis(axis, slice(k - 1, k))], keepdims)


# The median: of an even number of elements the lower of the two in the middle, as in PyTorch.


def _middle(x: np.ndarray, skip_nan: bool) -> Any:
    x = x.reshape(-1)
    bad = np.isnan(x)
    if skip_nan:
        x = x[~bad]
    if not x.size or (not skip_nan and bad.any()):
        return np.asarray(np.nan, x.dtype)
    k = (x.size - 1) // 2
    return np.partition(x, k)[k]


_median = _of_all("median", lambda x: _middle(x, False), "the median")
_nanmedian = _of_all("nanmedian", lambda x: _middle(x, True), "the median")
_median_along = indexing("median along")


@either_name
def median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The median: of all elements, or along `axis` as (values, indices); of an even number the lower one.

    `median(x)` shares the upstream among the elements equal to it, `median(x, axis)` sends it to the
    returned index. A nan wins; without elements the median is nan.

    >>> import tinygrad_edu as tg
    >>> tg.median(tg.tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    """
    x = as_tensor(x)
    return _median(x) if axis is None else _median_at(x, axis, keepdims, "median")


@either_name
def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """As `median`, of the elements that are not nan; nan if all are.

    >>> import tinygrad_edu as tg
    >>> tg.nanmedian(tg.tensor([4.0, float("nan"), 3.0]))
    tensor(3.)
    """
    x = as_tensor(x)
    return _nanmedian(x) if axis is None else _median_at(x, axis, keepdims, "nanmedian")


def _median_at(x: Tensor, axis: Any, keepdims: bool, name: str) -> Ranked:
    a, axis = _line(x, axis, name)
    bad = np.isnan(a)
    rank = np.maximum((a.shape[axis] - bad.sum(axis, keepdims=True) - 1) // 2, 0)
    index = np.take_along_axis(_order(a, axis), rank, axis)
    if name == "median":
        index = np.where(bad.any(axis, keepdims=True), bad.argmax(axis, keepdims=True), index)
    return _ranked(_median_along, x, axis, index, keepdims)


_mode = indexing("mode")


@either_name
def mode(x: Any, axis: int = -1, keepdims: bool = False) -> Ranked:
    """The most frequent element along `axis` (of several the smallest), as (values, indices).

    >>> import tinygrad_edu as tg
    >>> tg.mode(tg.tensor([2.0, 1.0, 2.0, 3.0])).values
    tensor(2.)
    """
    x = as_tensor(x)
    a, axis = _line(x, axis, "mode")
    order = _order(a, axis)
    ordered = np.moveaxis(np.take_along_axis(a, order, axis), axis, -1)
    number = np.arange(ordered.shape[-1])
    starts = np.zeros(ordered.shape, np.int64)
    starts[..., 1:] = np.where(ordered[..., 1:] == ordered[..., :-1], 0, number[1:])
    length = number - np.maximum.accumulate(starts, axis=-1)  # of the run of equals that ends here
    best = np.moveaxis(length.argmax(-1, keepdims=True), -1, axis)
    return _ranked(_mode, x, axis, np.take_along_axis(order, best, axis), keepdims)


# Quantiles.

_quantile = indexing("quantile")
_ROUND = {"lower": np.floor, "higher": np.ceil, "nearest": np.rint}


@either_name
def quantile(x: Any, q: Any, axis: Any = None, keepdims: bool = False, *, interpolation: str = "linear") -> Tensor:
    """The q-th quantiles along `axis`, or of all elements; a vector `q` becomes the first axis.

    Between two neighbours the upstream is shared as the interpolation weighs them. nan if any
    element is nan.

    Args:
        q: a number from 0 to 1 or a vector of them.
        interpolation: linear, lower, higher, nearest or midpoint.

    >>> import tinygrad_edu as tg
    >>> tg.quantile(tg.tensor([1.0, 2.0, 4.0]), 0.75)
    tensor(3.)
    """
    return _quantiles(x, q, axis, keepdims, interpolation, "quantile")


@either_name
def nanquantile(x: Any, q: Any, axis: Any = None, keepdims: bool = False, *, interpolation: str = "linear") -> Tensor:
    """As `quantile`, of the elements that are not nan; nan if all are.

    >>> import tinygrad_edu as tg
    >>> tg.nanquantile(tg.tensor([1.0, float("nan"), 4.0]), 0.5)
    tensor(2.5000)
    """
    return _quantiles(x, q, axis, keepdims, interpolation, "nanquantile")


def _quantiles(x: Any, q: Any, axis: Any, keepdims: bool, interpolation: str, name: str) -> Tensor:
    x = as_tensor(x)
    q = q if isinstance(q, Tensor) else Tensor(np.asarray(q, x.dtype))
    _check_quantile(x, q, interpolation, name)
    ndim = x.ndim
    if axis is None:
        x = reshape(x, -1)
    a, axis = _line(x, 0 if axis is None else axis, name)
    bad = np.isnan(a)
    some_nan = bad.any(axis, keepdims=True)
    n = a.shape[axis] - bad.sum(axis, keepdims=True)
    last = np.maximum(n - 1 if name == "nanquantile" else np.broadcast_to(a.shape[axis] - 1, n.shape), 0)
    share = reshape(q, (-1,) + (1,) * a.ndim)
    rank = share._data * last.astype(x.dtype)
    if name == "quantile":
        rank = np.where(some_nan, a.shape[axis] - 1, rank)  # nan is the last in order
    rank = _ROUND.get(interpolation, np.asarray)(rank)
    low, high = np.floor(rank), np.ceil(rank)
    order = _order(a, axis)
    at = [
        np.stack([along(a.shape, axis, np.take_along_axis(order, r, axis)) for r in ranks.astype(np.int64)])
        if len(ranks)
        else np.zeros(ranks.shape, np.int64)
        for ranks in (low, high)
    ]
    z = _quantile(x, index=at[0], flat=True)
    if interpolation in ("linear", "midpoint"):
        upper = _quantile(x, index=at[1], flat=True)
        weight: Any = np.asarray(rank - low, x.dtype)
        if interpolation == "midpoint":
            weight = np.asarray(0.5, x.dtype)
        elif q.requires_grad:
            weight = share * last.astype(x.dtype) - low.astype(x.dtype)
        z = lerp(z, upper, weight)
    shape = at[0].shape[1:] if keepdims else at[0].shape[1 : axis + 1] + at[0].shape[axis + 2 :]
    if keepdims and ndim != a.ndim:
        shape = (1,) * ndim
    return reshape(z, q.shape + (shape if ndim else ()))


def _check_quantile(x: Tensor, q: Tensor, interpolation: str, name: str) -> None:
    if x.dtype.kind != "f" or q.dtype != x.dtype:
        raise DtypeError(f"{name} needs floats, and q at the same dtype.", got=f"{x.dtype}, q {q.dtype}")
    if q.ndim > 1 or np.any((q._data < 0) | (q._data > 1)):
        raise OptionError(f"{name} needs q from 0 to 1: a number or a vector.", got=repr(q))
    if interpolation not in ("linear", "lower", "higher", "nearest", "midpoint"):
        raise OptionError(f"{name} does not know this interpolation.", got=interpolation)


# The best so far.

_cummax, _cummin = indexing("cummax"), indexing("cummin")


@either_name
def cummax(x: Any, axis: int) -> Ranked:
    """The largest element so far along `axis`, as (values, indices); of ties the latest, and a nan stays.

    >>> import tinygrad_edu as tg
    >>> tg.cummax(tg.tensor([1.0, 3.0, 2.0]), 0)
    Ranked(values=tensor([1., 3., 3.]), indices=tensor([0, 1, 1]))
    """
    return _so_far(as_tensor(x), axis, _cummax, np.maximum)


@either_name
def cummin(x: Any, axis: int) -> Ranked:
    """The smallest element so far along `axis`, as (values, indices); of ties the latest, and a nan stays.

    >>> import tinygrad_edu as tg
    >>> tg.cummin(tg.tensor([2.0, 3.0, 1.0]), 0).values
    tensor([2., 2., 1.])
    """
    return _so_far(as_tensor(x), axis, _cummin, np.minimum)


def _so_far(x: Tensor, axis: int, by: Any, ufunc: np.ufunc) -> Ranked:
    a, axis = _line(x, axis, by.__name__, empty=True)
    number = np.arange(a.shape[axis]).reshape((-1,) + (1,) * (a.ndim - 1 - axis))
    new = np.logical_or(a == ufunc.accumulate(a, axis=axis), np.isnan(a))
    index = np.maximum.accumulate(np.where(new, number, 0), axis=axis)
    return _ranked(by, x, axis, index, True, once=False)


methods(max, min, sort, argsort, msort, topk, kthvalue, median, nanmedian, mode, quantile, nanquantile, cummax, cummin)
