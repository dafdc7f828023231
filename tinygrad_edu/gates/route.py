"""route: gates that send the upstream gradient to the winner: the larger, the chosen, the unclipped.

Chosen by an index: `indexing.py`. Chosen by rank (sort, median): `ranking.py`.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .. import record
from ..axes import axes_of, axis_of, either_name
from ..errors import OptionError, TinygradError
from ..tensor import Tensor, as_tensor
from .binding import methods, methods_in_place
from .compare import nonzero

__all__ = [
    "abs",
    "absolute",
    "amax",
    "amin",
    "aminmax",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clip",
    "fmax",
    "fmin",
    "maximum",
    "minimum",
    "nan_to_num",
    "relu",
    "renorm",
    "where",
]

gate = partial(record.gate, kind="route")

# NumPy takes a 0-d array in half the time of a Python 0.
_ZERO = {np.dtype(c): np.zeros((), c) for c in "?bBhHiIlLqQefd"}
_MANY = 2**12  # elements, from which on bits are quicker than branches
BITS = {np.dtype(f"f{n}"): np.dtype(f"i{n}") for n in (2, 4, 8)}


def only(g: Any, mask: Any) -> Any:
    """g where the mask holds and exactly 0 elsewhere, even where g is inf or nan.

    A router must not multiply g by 0: sqrt(relu(x)) has an infinite upstream where x < 0. The bits
    of g as an integer times the mask take a fifth of the time of np.where.
    """
    if isinstance(g, Tensor):
        return _where(mask, g, np.zeros((), g.dtype))
    return (g.view(BITS[g.dtype]) * mask).view(g.dtype)


def choose(mask: Any, x: Any, y: Any) -> Any:
    """`np.where(mask, x, y)` for a mask of bools; of many floats by their bits.

    np.where branches at each element, and where signs are as random as a network's it takes three times as long.
    """
    if not (x.__class__ is y.__class__ is mask.__class__ is np.ndarray) or x.size < _MANY:
        return np.where(mask, x, y)
    if x.dtype is not y.dtype or x.dtype not in BITS or not x.shape == y.shape == mask.shape:
        return np.where(mask, x, y)
    bits = BITS[x.dtype]
    z = np.bitwise_xor(x.view(bits), y.view(bits))  # where they differ
    np.multiply(z, mask, out=z)
    return np.bitwise_xor(z, y.view(bits), out=z).view(x.dtype)


# Between two.


def _halved(g: Any, lost: Any, tied: Any) -> Any:
    """g but where this input lost; half of it at a tie. A nan neither loses nor ties."""
    g = only(g, np.logical_not(lost))
    return np.where(tied, g / 2, g) if np.any(tied) else g


maximum = gate(
    "maximum",
    np.maximum,
    lambda g, z, x, y: _halved(g, x < y, x == y),
    lambda g, z, x, y: _halved(g, x > y, x == y),
    local=("1 where x > y, 1/2 at a tie, else 0", "1 where y > x, 1/2 at a tie, else 0"),
    says="""The larger of x and y, elementwise; a tie shares the upstream in halves, as in PyTorch; nan wins.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 5.0, 2.0], requires_grad=True)
    >>> tg.maximum(x, tg.tensor([3.0, 3.0, 2.0])).sum().backward(); x.grad
    tensor([0.0000, 1.0000, 0.5000])
    """,
)
minimum = gate(
    "minimum",
    np.minimum,
    lambda g, z, x, y: _halved(g, x > y, x == y),
    lambda g, z, x, y: _halved(g, x < y, x == y),
    local=("1 where x < y, 1/2 at a tie, else 0", "1 where y < x, 1/2 at a tie, else 0"),
    says="The smaller of x and y, elementwise; a tie shares the upstream in halves, as in PyTorch; nan wins.",
)
fmax = gate(
    "fmax",
    np.fmax,
    lambda g, z, x, y: only(g, np.logical_or(x >= y, np.isnan(y))),
    lambda g, z, x, y: only(g, np.logical_not(np.logical_or(x >= y, np.isnan(y)))),
    local=("1 where x >= y or y is nan, else 0", "0 where x >= y or y is nan, else 1"),
    says="""The larger of x and y, elementwise; the other where one is nan. A tie goes to x, as in PyTorch.

    >>> import tinygrad_edu as tg
    >>> tg.fmax(tg.tensor([1.0, 5.0]), tg.tensor([3.0, float("nan")]))
    tensor([3., 5.])
    """,
)
fmin = gate(
    "fmin",
    np.fmin,
    lambda g, z, x, y: only(g, np.logical_or(x <= y, np.isnan(y))),
    lambda g, z, x, y: only(g, np.logical_not(np.logical_or(x <= y, np.isnan(y)))),
    local=("1 where x <= y or y is nan, else 0", "0 where x <= y or y is nan, else 1"),
    says="The smaller of x and y, elementwise; the other where one is nan. A tie goes to x, as in PyTorch.",
)

_where = gate(
    "where",
    choose,
    None,
    lambda g, z, condition, x, y: only(g, condition),
    lambda g, z, condition, x, y: only(g, np.logical_not(condition)),
    local=("", "1 where the condition holds, else 0", "0 where the condition holds, else 1"),
)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """x where the condition holds, y elsewhere, with broadcasting.

    With the condition alone: `nonzero(condition, as_tuple=True)`, the indices of its true elements.

    >>> import tinygrad_edu as tg
    >>> tg.where(tg.tensor([True, False]), 1.0, tg.tensor([5.0, 6.0]))
    tensor([1., 6.])
    """
    condition = as_tensor(condition)
    if x is None or y is None:
        if x is not y:
            raise TinygradError("where takes a condition alone, or with both x and y.")
        return nonzero(condition, as_tuple=True)
    if condition._data.dtype.kind != "b":
        condition = Tensor(condition._data != 0)
    return _where(condition, x, y)


def _method_where(x: Tensor, condition: Any, y: Any) -> Tensor:
    """x.where(condition, y): x where the condition holds, y elsewhere."""
    return where(condition, x, y)


# Of one.

relu = gate(
    "relu",
    lambda x: np.maximum(x, _ZERO[x.dtype]),
    lambda g, z, x: only(g, z != _ZERO[z.dtype]),
    local=("1 where x > 0, else 0",),
    says="""max(x, 0), elementwise; the gradient at 0 is 0.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    >>> tg.relu(x).sum().backward(); x.grad
    tensor([0., 0., 1.])
    """,
)

abs = absolute = gate(
    "abs",
    np.absolute,
    lambda g, z, x: g * sign_of(x),
    local=("sign(x)",),
    says="The distance from 0, elementwise; the gradient at 0 is 0.",
)


def sign_of(x: Any) -> np.ndarray:
    """-1, 0 or 1, and 0 for nan as in PyTorch; at int8, which promotes no float."""
    a = np.asarray(x)
    zero = _ZERO[a.dtype]
    return np.greater(a, zero).view(np.int8) - np.less(a, zero).view(np.int8)


_nan_to_num = gate(
    "nan_to_num",
    lambda x, nan, posinf, neginf: np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf),
    lambda g, z, x, nan, posinf, neginf: only(g, np.isfinite(x)),
    local=("1 where x is finite, else 0",),
)


def nan_to_num(x: Any, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Numbers in place of nan, inf and -inf (None: the dtype's largest and smallest); those get no gradient.

    >>> import tinygrad_edu as tg
    >>> tg.nan_to_num(tg.tensor([float("nan"), float("inf"), 2.0]), posinf=9.0)
    tensor([0., 9., 2.])
    """
    return _nan_to_num(as_tensor(x), nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


def _inside(x: Any, low: Any, high: Any) -> Any:
    if high is None:
        return x >= low
    return x <= high if low is None else np.logical_and(x >= low, x <= high)


def _clamped(x: Any, low: Any, high: Any) -> Any:
    z = x if low is None else np.maximum(x, low)
    return z if high is None else np.minimum(z, high)


_clamp = gate(
    "clamp",
    _clamped,
    lambda g, z, x, low, high: only(g, _inside(x, low, high)),
    lambda g, z, x, low, high: only(g, x < low if high is None else np.logical_and(x < low, low < high)),
    lambda g, z, x, low, high: only(g, x > high if low is None else np.logical_or(x > high, high < low)),
    local=(
        "1 where low <= x <= high, else 0",
        "1 where x < low < high, else 0",
        "1 where x > high or high < low, else 0",
    ),
)


def clamp(x: Any, min: Any = None, max: Any = None) -> Tensor:
    """x held between `min` and `max`: numbers or Tensors, either may be None; where min > max, max wins.

    At the bounds themselves the upstream goes to x, as in PyTorch.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([-1.0, 0.0, 0.5, 3.0], requires_grad=True)
    >>> tg.clamp(x, 0, 1).sum().backward(); x.grad
    tensor([0., 1., 1., 0.])
    """
    if min is None and max is None:
        raise TinygradError("clamp needs at least one of min and max.")
    return _clamp(as_tensor(x), min, max)


clip = clamp


def clamp_min(x: Any, min: Any) -> Tensor:
    """x, but not below `min` (a number or a Tensor).

    >>> import tinygrad_edu as tg
    >>> tg.clamp_min(tg.tensor([-1.0, 2.0]), 0.5)
    tensor([0.5000, 2.0000])
    """
    return clamp(x, min)


def clamp_max(x: Any, max: Any) -> Tensor:
    """x, but not above `max` (a number or a Tensor).

    >>> import tinygrad_edu as tg
    >>> tg.clamp_max(tg.tensor([-1.0, 2.0]), 0.5)
    tensor([-1.0000,  0.5000])
    """
    return clamp(x, None, max)


# Along axes.


def _to_winners(g: Any, z: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """An equal share to each of the tied winners."""
    if not keepdims:
        g, z = np.expand_dims(g, axis), np.expand_dims(z, axis)
    won = x == z
    return g * won / np.sum(won, axis=axis, keepdims=True, dtype=g.dtype)


_amax = gate(
    "amax",
    lambda x, axis, keepdims: np.max(x, axis=axis, keepdims=keepdims),
    _to_winners,
    local=("1/n for the n tied largest, else 0",),
)
_amin = gate(
    "amin",
    lambda x, axis, keepdims: np.min(x, axis=axis, keepdims=keepdims),
    _to_winners,
    local=("1/n for the n tied smallest, else 0",),
)


@either_name
def amax(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The largest element over `axis` (an int, a tuple, None for all); ties share the upstream equally.

    Raises:
        ShapeError: if there is no element to choose from.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 3.0, 3.0], requires_grad=True)
    >>> tg.amax(x).backward(); x.grad
    tensor([0.0000, 0.5000, 0.5000])
    """
    x = as_tensor(x)
    return _amax(x, axis=axes_of(axis, x.ndim, "amax"), keepdims=keepdims)


@either_name
def amin(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """The smallest element over `axis` (an int, a tuple, None for all); ties share the upstream equally.

    >>> import tinygrad_edu as tg
    >>> tg.amin(tg.tensor([[1.0, 3.0], [0.0, 4.0]]), dim=1)
    tensor([1., 0.])
    """
    x = as_tensor(x)
    return _amin(x, axis=axes_of(axis, x.ndim, "amin"), keepdims=keepdims)


class MinMax(NamedTuple):
    """What `aminmax` returns."""

    min: Tensor
    max: Tensor


@either_name
def aminmax(x: Any, *, axis: Any = None, keepdims: bool = False) -> MinMax:
    """The smallest and the largest element, over `axis` or all: `amin` and `amax` together.

    >>> import tinygrad_edu as tg
    >>> tg.aminmax(tg.tensor([2.0, 1.0, 5.0]))
    MinMax(min=tensor(1.), max=tensor(5.))
    """
    return MinMax(amin(x, axis, keepdims), amax(x, axis, keepdims))


@either_name
def renorm(x: Any, p: float, dim: int, maxnorm: float) -> Tensor:
    """Each slice along `dim` whose p-norm exceeds `maxnorm`, scaled down to it; the others as they are.

    Scaled by maxnorm / (norm + 1e-7), as in PyTorch.

    Raises:
        OptionError: for a p of 0 or less; math.inf is the largest absolute value.

    >>> import tinygrad_edu as tg
    >>> tg.renorm(tg.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    x = as_tensor(x)
    others = tuple(a for a in range(x.ndim) if a != axis_of(dim, x.ndim, "renorm"))
    if p <= 0:
        raise OptionError("renorm takes a positive p, or math.inf.", got=str(p))

    def norm(size: Any) -> Any:
        if p == math.inf:
            return amax(size, others, keepdims=True)
        return (size**p).sum(others, keepdims=True) ** (1 / p)

    size = abs(x)
    too_long = norm(size.detach()) > maxnorm
    total = norm(where(too_long, size, np.ones((), x.dtype)))  # the slope of a norm at 0 is no number
    return where(too_long, x * (maxnorm / (total + 1e-7)), x)


methods(relu, maximum, minimum, fmax, fmin, abs, clamp, clamp_min, clamp_max, nan_to_num, amax, amin, aminmax, renorm)
methods(absolute=abs, clip=clamp, __abs__=abs, where=_method_where)
methods_in_place(relu, abs, clamp, clamp_min, clamp_max, nan_to_num, renorm, absolute_=abs, clip_=clamp)
