"""distribute: gates that hand the upstream gradient on, whatever the values were."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .. import record
from ..axes import axes_of, axis_of, broadcasts_to, either_name, on_axis, sizes_of
from ..devices import dtype_among
from ..dtypes import result_type
from ..errors import DtypeError, OptionError, ShapeError
from ..record import cast, clone, run, sum_to
from ..tensor import Tensor, as_tensor
from .binding import methods, methods_in_place

__all__ = [
    "add",
    "broadcast_to",
    "clone",
    "cumsum",
    "cumulative_trapezoid",
    "diff",
    "gradient",
    "mean",
    "nanmean",
    "nansum",
    "neg",
    "negative",
    "positive",
    "rsub",
    "sub",
    "subtract",
    "sum",
    "trace",
    "trapezoid",
    "trapz",
]

gate = partial(record.gate, kind="distribute")


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
    return _add(x, y if alpha == 1 else y * alpha)


def sub(x: Any, y: Any, *, alpha: float = 1) -> Tensor:
    """x - alpha y, elementwise, with broadcasting: a distributor, the second input's with its sign turned.

    >>> import tinygrad_edu as tg
    >>> tg.sub(tg.tensor([5.0]), 3)
    tensor([2.])
    """
    return _sub(x, y if alpha == 1 else y * alpha)


def rsub(x: Any, y: Any, *, alpha: float = 1) -> Tensor:
    """y - alpha x: subtraction with the operands swapped.

    >>> import tinygrad_edu as tg
    >>> tg.rsub(tg.tensor([5.0]), 3)
    tensor([-2.])
    """
    return sub(y, x, alpha=alpha)


def positive(x: Any) -> Tensor:
    """`x` itself, as it is.

    Raises:
        DtypeError: for bools, as PyTorch and NumPy do.

    >>> import tinygrad_edu as tg
    >>> +tg.tensor([5.0])
    tensor([5.])
    """
    x = as_tensor(x)
    if x.dtype.kind == "b":
        raise DtypeError("+ of a bool Tensor has no meaning.", mend="cast it first: x.int()")
    return x


subtract, negative = sub, neg


# Along axes.


def spread_back(g: Any, shape: tuple[int, ...], axis: tuple[int, ...], keepdims: bool) -> Any:
    """A reduction's upstream, back over the axes that were reduced."""
    if g.ndim == 0 and not isinstance(g, Tensor):  # one number, without strides: an eighth of broadcast_to's time
        return np.ndarray(shape, g.dtype, g, 0, (0,) * len(shape))
    return np.broadcast_to(g if keepdims else np.expand_dims(g, axis), shape)


_total: Any = np.add.reduce  # what np.sum calls, at a third of its time


def sum_dtype(dtype: np.dtype) -> Any:
    """What sums are held in: integers and bools in int64, as in PyTorch; None, their own, for the rest."""
    return np.int64 if dtype.kind in "iub" else None


def cast_to(x: Any, dtype: Any) -> Tensor:
    """`x` as a Tensor, at `dtype` if one was asked for."""
    return as_tensor(x) if dtype is None else to(as_tensor(x), dtype)


_sum = gate(
    "sum",
    lambda x, axis, keepdims: _total(x, axis, sum_dtype(x.dtype), None, keepdims),
    lambda g, z, x, axis, keepdims: spread_back(g, x.shape, axis, keepdims),
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
    x = cast_to(x, dtype)
    return _sum(x, axis=axes_of(axis, x.ndim, "sum"), keepdims=keepdims)


_mean = gate(
    "mean",
    lambda x, axis, keepdims: _average(x, axis, keepdims),
    lambda g, z, x, axis, keepdims: spread_back(g / _count(x, axis), x.shape, axis, keepdims),
    local=("1/n",),
)


def _average(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    wide = np.float32 if x.dtype == np.float16 else None  # a sum of halves soon overflows
    return (_total(x, axis, wide, None, keepdims) / _count(x, axis)).astype(x.dtype, copy=False)


def _count(x: Any, axis: tuple[int, ...]) -> int:
    return math.prod([x.shape[a] for a in axis])


@either_name
def mean(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The mean over `axis` (an int, a tuple, or None for all): every element gets upstream / n.

    Raises:
        DtypeError: for integers, as PyTorch does; pass `dtype=`.

    >>> import tinygrad_edu as tg
    >>> tg.mean(tg.tensor([1.0, 2.0, 6.0]))
    tensor(3.)
    """
    x = _of_floats(cast_to(x, dtype), "mean")
    return _mean(x, axis=axes_of(axis, x.ndim, "mean"), keepdims=keepdims)


def _of_floats(x: Tensor, name: str) -> Tensor:
    if x.dtype.kind != "f":
        raise DtypeError(
            f"{name} of integers: which dtype should the result have?", got=str(x.dtype), mend="pass dtype=tg.float32"
        )
    return x


_nansum = gate(
    "nansum",
    lambda x, axis, keepdims: np.nansum(x, axis=axis, keepdims=keepdims, dtype=x.dtype),
    lambda g, z, x, axis, keepdims: spread_back(g, x.shape, axis, keepdims) * (x == x),  # nan alone is not itself
    local=("1; 0 where x is nan",),
    blind=False,
)


@either_name
def nansum(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The sum over `axis` of what is not nan: nan counts as 0, and gets no gradient.

    Takes what `sum` takes.

    >>> import tinygrad_edu as tg
    >>> tg.nansum(tg.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    x = cast_to(x, dtype)
    if x.dtype.kind != "f":
        return sum(x, axis, keepdims)
    return _nansum(x, axis=axes_of(axis, x.ndim, "nansum"), keepdims=keepdims)


@either_name
def nanmean(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The mean over `axis` of what is not nan; nan where nothing else is there.

    Takes what `mean` takes, and raises what it raises.

    >>> import tinygrad_edu as tg
    >>> tg.nanmean(tg.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    x = _of_floats(cast_to(x, dtype), "nanmean")
    axes = axes_of(axis, x.ndim, "nanmean")
    there = sum(Tensor(x._data == x._data), axes, keepdims)
    return nansum(x, axes, keepdims) / Tensor(there._data, dtype=x.dtype)


cumsum_gate: Any = gate(
    "cumsum",
    lambda x, axis, reverse: running(np.add, x, axis, reverse),
    lambda g, z, x, axis, reverse: run(cumsum_gate, g, axis=axis, reverse=not reverse),
    local=("1 for every sum that it is in",),
)


def running(ufunc: np.ufunc, x: np.ndarray, axis: int, reverse: bool) -> np.ndarray:
    """The running sum or product along `axis`, from the far end if `reverse`; rounded once, at the end."""
    floats = x.dtype.kind == "f"
    x = np.flip(x, axis) if reverse else x
    z = ufunc.accumulate(x, axis=axis, dtype=np.float64 if floats else sum_dtype(x.dtype))
    z = z.astype(x.dtype, copy=False) if floats else z
    return np.flip(z, axis) if reverse else z


@either_name
def cumsum(x: Any, axis: int, dtype: Any = None) -> Tensor:
    """The running sum along `axis`; each summand gets the upstreams of all sums that it is in.

    Integers and bools sum to int64.

    >>> import tinygrad_edu as tg
    >>> tg.cumsum(tg.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 3., 6.])
    """
    x = cast_to(x, dtype)
    axis = axis_of(axis, x.ndim, "cumsum")
    return cumsum_gate(x, axis=axis, reverse=False) if x.ndim else sum(x)


_trace = gate(
    "trace",
    lambda x: np.trace(x, dtype=sum_dtype(x.dtype)),
    lambda g, z, x: g * np.eye(*x.shape, dtype=x.dtype),
    local=("1 on the diagonal, else 0",),
)


def trace(x: Any) -> Tensor:
    """The sum of the diagonal of a matrix, shape (n, m) -> (); integers sum to int64.

    Raises:
        ShapeError: if `x` is not a matrix.

    >>> import tinygrad_edu as tg
    >>> tg.trace(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    x = as_tensor(x)
    if x.ndim != 2:
        raise ShapeError("trace takes one matrix.", expected="(n, m)", got=str(x.shape))
    return _trace(x)


# Neighbours.

_diff = gate(
    "diff",
    lambda x, axis: np.diff(x, axis=axis),
    lambda g, z, x, axis: -np.diff(_between_zeros(g, axis), axis=axis),
    local=("1 for the difference before it, -1 for the one after it",),
)


def _between_zeros(g: Any, axis: int) -> Any:
    """`g` with one 0 put before and one after it along `axis`."""
    zeros = np.zeros((*g.shape[:axis], 1, *g.shape[axis + 1 :]), g.dtype)
    return np.concatenate([zeros, g, zeros], axis=axis)


@either_name
def diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """The differences of neighbours along `axis`, x[i + 1] - x[i], taken `n` times.

    Args:
        prepend, append: joined before and after `x` first, unless `n` is 0. Bools differ by exclusive or.

    >>> import tinygrad_edu as tg
    >>> tg.diff(tg.tensor([1.0, 4.0, 9.0])), tg.diff(tg.tensor([1, 4, 9]), n=2)
    (tensor([3., 5.]), tensor([2]))
    """
    x = as_tensor(x)
    if n < 0:
        raise OptionError("diff takes the differences n times.", expected="0 or more", got=str(n))
    if x.ndim == 0:
        raise ShapeError("diff takes the differences along an axis, and a 0-d Tensor has none.")
    axis = axis_of(axis, x.ndim, "diff")
    if n == 0:
        return clone(x)
    if prepend is not None or append is not None:
        x = np.concatenate([as_tensor(part) for part in (prepend, x, append) if part is not None], axis=axis)
    for _ in range(min(n, x.shape[axis])):
        x = _diff(x, axis=axis)
    return x


def _trapezoids(y: Any, x: Any, dx: Any, dim: int, name: str) -> tuple[Tensor, int]:
    """The areas of the trapezoids between neighbours, and the axis they lie along."""
    y = as_tensor(y)
    if y.ndim == 0:
        raise ShapeError(f"{name} integrates along an axis, and a 0-d Tensor has none.")
    axis = axis_of(dim, y.ndim, name)
    heights = y[on_axis(axis, slice(1, None))] + y[on_axis(axis, slice(None, -1))]
    if x is None:
        return heights * (dx / 2), axis
    x = as_tensor(x)
    if x.ndim == 1:
        if x.shape[0] != y.shape[axis]:
            raise ShapeError(
                f"{name} needs one x for each y along axis {axis}.", expected=f"x of {y.shape[axis]}", got=str(x.shape)
            )
        x = np.reshape(x, (-1,) + (1,) * (y.ndim - axis - 1))
    return heights * diff(x, dim=axis - y.ndim) / 2, axis


@either_name
def trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """The integral of `y` along `dim` by the trapezoid rule: the sum of (y[i] + y[i + 1]) / 2 times the spacing.

    Args:
        x: where y was sampled: of one axis, or of any shape that broadcasts with y; default: `dx` apart.

    >>> import tinygrad_edu as tg
    >>> tg.trapezoid(tg.tensor([0.0, 1.0, 4.0]), dx=2)
    tensor(6.)
    """
    areas, axis = _trapezoids(y, x, dx, dim, "trapezoid")
    return sum(areas, axis)


@either_name
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """The running integral of `y` along `dim` by the trapezoid rule: one element fewer than y has.

    Takes what `trapezoid` takes.

    >>> import tinygrad_edu as tg
    >>> tg.cumulative_trapezoid(tg.tensor([0.0, 1.0, 4.0]))
    tensor([0.5000, 3.0000])
    """
    areas, axis = _trapezoids(y, x, dx, dim, "cumulative_trapezoid")
    return cumsum(areas, axis)


trapz = trapezoid


@either_name
def gradient(x: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """The derivative of sampled values along each of `dim`, by differences of second order inside.

    An inner point takes the mean of the slopes on its two sides, each weighted with the *other*
    side's width (Fornberg 1988, doi:10.1090/S0025-5718-1988-0935077-0).

    Args:
        spacing: one number (None is 1), or for each dim a number or a 1-d Tensor of coordinates.
        dim: an int or several; default: all.
        edge_order: 1 takes the slope at an edge as it is, 2 follows its trend half a step further.

    Raises:
        ShapeError: if an axis has fewer than edge_order + 1 points.

    >>> import tinygrad_edu as tg
    >>> tg.gradient(tg.tensor([0.0, 1.0, 4.0, 9.0]))
    (tensor([1., 2., 4., 5.]),)
    """
    x = as_tensor(x)
    axes = axes_of(dim, x.ndim, "gradient")
    spacing = 1 if spacing is None else spacing
    spacings = spacing if isinstance(spacing, (list, tuple)) else [spacing] * len(axes)
    if len(spacings) != len(axes):
        raise ShapeError("gradient takes one spacing for each dim.", expected=str(len(axes)), got=str(len(spacings)))
    if edge_order not in (1, 2):
        raise OptionError("gradient knows edge_order 1 and 2.", got=str(edge_order))
    return tuple(_gradient(x, axis, step, edge_order) for axis, step in zip(axes, spacings, strict=True))


def _gradient(x: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    n = x.shape[axis]
    if n <= edge_order:
        raise ShapeError(f"gradient needs {edge_order + 1} points along axis {axis}.", got=str(x.shape))
    uneven = isinstance(spacing, (Tensor, np.ndarray)) and spacing.ndim
    if uneven:
        if spacing.shape != (n,):
            raise ShapeError(f"gradient needs a coordinate for each point along axis {axis}.", got=str(spacing.shape))
        width: Any = np.reshape(diff(spacing), (-1,) + (1,) * (x.ndim - axis - 1))
    else:
        width = Tensor(np.full((n - 1,) + (1,) * (x.ndim - axis - 1), float(spacing), result_type(x, 1.0)))
    slope = diff(x, dim=axis) / width
    left, right = slice(None, -1), slice(1, None)
    share = width[right] / (width[left] + width[right])  # of the left slope
    trend = slope[on_axis(axis, right)] - slope[on_axis(axis, left)]
    if uneven:
        inside = slope[on_axis(axis, right)] - trend * share
    else:  # in one difference, in which the point itself cannot drown its neighbours
        inside = (x[on_axis(axis, slice(2, None))] - x[on_axis(axis, slice(None, -2))]) / (width[left] + width[right])
    parts = [slope[on_axis(axis, slice(0, 1))], inside, slope[on_axis(axis, slice(-1, None))]]
    if edge_order == 2:
        before, after = trend[on_axis(axis, slice(0, 1))], trend[on_axis(axis, slice(-1, None))]
        parts[0] = parts[0] - before * (1 - share[:1])
        parts[2] = parts[2] + after * share[-1:]
    return np.concatenate(parts, axis=axis)


# To another shape.


_broadcast_to = gate(
    "broadcast_to",
    lambda x, shape: x[...] if x.shape == shape else np.broadcast_to(x, shape),
    lambda g, z, x, shape: sum_to(g, x.shape),
    local=("1",),
    view=True,
)


def broadcast_to(x: Any, shape: Any) -> Tensor:
    """`x` stretched to `shape` without a copy; every copy's upstream adds up at its source.

    Args:
        shape: an axis of size 1 stretches to any size, new axes come first; -1 keeps a size.

    Raises:
        ShapeError: if an axis of another size than 1 would have to stretch.

    >>> import tinygrad_edu as tg
    >>> tg.broadcast_to(tg.tensor([1.0, 2.0]), (2, 2)).tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    x = as_tensor(x)
    shape = sizes_of((shape,))
    new = len(shape) - x.ndim
    wished = shape[:new] + tuple(m if n == -1 else n for n, m in zip(shape[max(new, 0) :], x.shape, strict=False))
    if new < 0 or any(n < 0 or m not in (1, n) for n, m in zip(wished, (1,) * new + x.shape, strict=True)):
        raise ShapeError(
            "only an axis of size 1 can be stretched, and new axes can only come first.",
            expected=f"a shape that {x.shape} broadcasts to",
            got=str(shape),
        )
    return _broadcast_to(x, shape=wished)


def expand(x: Tensor, *sizes: Any) -> Tensor:
    """`x` stretched to `sizes` without a copy: `broadcast_to`, with the sizes one by one or as one tuple.

    >>> import tinygrad_edu as tg
    >>> tg.ones(3, 1).expand(-1, 4).shape
    (3, 4)
    """
    return broadcast_to(x, sizes_of(sizes))


def expand_as(x: Tensor, other: Tensor) -> Tensor:
    """`x` stretched to the shape of `other`.

    >>> import tinygrad_edu as tg
    >>> tg.ones(1).expand_as(tg.zeros(2, 3)).shape
    (2, 3)
    """
    return broadcast_to(x, other.shape)


def sum_to_size(x: Tensor, *sizes: Any) -> Tensor:
    """`x` summed to a shape that broadcasts to its own: what undoes a stretch.

    Raises:
        ShapeError: if `sizes` does not broadcast to the shape of `x`.

    >>> import tinygrad_edu as tg
    >>> tg.ones(2, 3).sum_to_size(2, 1).tolist()
    [[3.0], [3.0]]
    """
    shape = sizes_of(sizes)
    if shape == x.shape:
        return x
    if not broadcasts_to(shape, x.shape):
        raise ShapeError("sum_to_size undoes a stretch.", expected=f"sizes that broadcast to {x.shape}", got=str(shape))
    return sum_to(x, shape)


# The same values at another dtype.


def to(
    x: Tensor, *where: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False, copy: bool = False
) -> Tensor:
    """`x` at another dtype: `to(dtype)`, `to(other)` for the dtype of another Tensor, `to(device, dtype)`.

    The gradient comes back at the dtype of `x`. A cast to integers or bools leaves the graph: they
    cannot move by a little. A cast to the dtype that x has returns x itself, unless `copy`.

    Args:
        where: dtypes, a Tensor, or a device, which is "cpu" or None.
        non_blocking: for PyTorch's sake; nothing blocks.

    Raises:
        DeviceError: for another device.
        DtypeError: for a dtype that a Tensor cannot have.

    >>> import tinygrad_edu as tg
    >>> tg.tensor([1.5, -2.5]).to(tg.int64)
    tensor([ 1, -2])
    """
    asked = dtype_among((device, *where, dtype))
    dtype = x.dtype if asked is None else asked
    if dtype == x.dtype:
        return clone(x) if copy else x
    return cast(x, dtype=dtype) if dtype.kind == "f" else Tensor(x._data.astype(dtype))


def type_as(x: Tensor, other: Tensor) -> Tensor:
    """`x` at the dtype of `other`.

    >>> import tinygrad_edu as tg
    >>> tg.tensor([1, 2]).type_as(tg.tensor(0.5))
    tensor([1., 2.])
    """
    return to(x, other.dtype)


def as_type(x: Tensor, dtype: Any = None) -> Any:
    """`x.type(dtype)`: `x` at another dtype; `x.type()`: the name of the dtype it has.

    >>> import tinygrad_edu as tg
    >>> tg.tensor([1, 2]).type(tg.float32), tg.tensor(1.0).type()
    (tensor([1., 2.]), 'float32')
    """
    return str(x.dtype) if dtype is None else to(x, dtype)


def _caster(name: str, dtype: str) -> Any:
    def called(x: Tensor) -> Tensor:
        return to(x, dtype)

    called.__name__ = called.__qualname__ = name
    called.__doc__ = f"This Tensor at {dtype}: `to({dtype})`."
    return called


_CASTS = {
    "float": "float32", "double": "float64", "half": "float16", "bool": "bool", "int": "int32", "long": "int64",
    "short": "int16", "char": "int8", "byte": "uint8",
}  # fmt: skip

methods(clone, neg, negative=neg, positive=positive, __neg__=neg, __pos__=positive)
methods(add, sub, subtract=sub, __add__=_add, __sub__=_sub)
methods(__radd__=lambda y, x: _add(x, y), __rsub__=lambda y, x: _sub(x, y))
methods(sum, mean, nansum, nanmean, cumsum, trace, diff)
methods(broadcast_to, expand, expand_as, sum_to_size, to, type_as, type=as_type)
methods(**{name: _caster(name, dtype) for name, dtype in _CASTS.items()})
methods_in_place(add, sub, neg, cumsum, subtract_=sub, negative_=neg, __iadd__=_add, __isub__=_sub)
