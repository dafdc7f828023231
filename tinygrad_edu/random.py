"""random: one NumPy Generator behind every random draw, and the draws.

A draw is not a function of its parameters that a gradient could flow through: nothing here records,
and a Tensor that is filled anew in place passes no gradient to what it was before. For a gradient
through a distribution draw from the standard one and shift it: `mean + std * randn_like(std)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes, gates
from .creation import like, shape_of
from .devices import check_device
from .errors import DtypeError, ShapeError, TinygradError
from .inplace import write
from .tensor import Tensor, as_tensor

if TYPE_CHECKING:
    from .generator import Generator

__all__ = [
    "bernoulli",
    "get_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]

_now: list[Generator] = []  # the one behind every draw, once there is one
_instead: ContextVar[Callable[[], np.random.Generator] | None] = ContextVar("generator", default=None)


def manual_seed(seed: int) -> Generator:
    """Start the one Generator anew, so that what follows can be repeated; returns it.

    The numbers are NumPy's, not PyTorch's for the same seed.

    >>> import tinygrad_edu as tg
    >>> _ = tg.manual_seed(0); first = tg.rand(3)
    >>> _ = tg.manual_seed(0); bool((tg.rand(3) == first).all())
    True
    """
    from .generator import Generator

    _now[:] = [Generator().manual_seed(seed)]
    return _now[0]


def seed() -> int:
    """Start the Generator anew from a seed that nobody chose; returns the seed.

    >>> seed() == initial_seed()
    True
    """
    return manual_seed(0).seed()


def initial_seed() -> int:
    """The seed that the Generator started from.

    >>> _ = manual_seed(7); initial_seed()
    7
    """
    return _now[0].initial_seed() if _now else seed()


def get_generator() -> np.random.Generator:
    """The one Generator behind every random draw; made at the first, since numpy.random is slow to import.

    >>> _ = manual_seed(0); a = rand(1).item()
    >>> _ = manual_seed(0); a == get_generator().random(1, np.float32).item()
    True
    """
    instead = _instead.get()
    if instead is not None:
        return instead()
    if not _now:
        seed()
    return _now[0]


@contextmanager
def drawing_from(source: Callable[[], np.random.Generator]) -> Iterator[None]:
    """Let every draw in this block, in this thread, come from the Generator that `source` gives."""
    token = _instead.set(source)
    try:
        yield
    finally:
        _instead.reset(token)


def as_generator(generator: np.random.Generator | int | None) -> np.random.Generator:
    """A Generator itself, one that starts from a seed, or the one that `manual_seed` seeds."""
    if generator is None:
        return get_generator()
    return np.random.default_rng(generator) if isinstance(generator, (int, np.integer)) else generator


def get_rng_state() -> dict[str, Any]:
    """Where the Generator is, for `set_rng_state`: a dict of plain numbers and strings.

    >>> get_rng_state()["bit_generator"]
    'PCG64'
    """
    return dict(get_generator().bit_generator.state)


def set_rng_state(state: dict[str, Any]) -> None:
    """Put the Generator where it was.

    >>> state = get_rng_state(); first = rand(3)
    >>> set_rng_state(state); bool((rand(3) == first).all())
    True
    """
    get_generator().bit_generator.state = state


# Arrays, at their dtype from the start: NumPy draws float32 and float64 itself.


def _float_dtype(dtype: Any, name: str) -> np.dtype:
    dtype = dtypes.get_default_dtype() if dtype is None else dtypes.check_dtype(dtype)
    if dtype.kind != "f":
        raise DtypeError(f"{name} draws floats.", got=f"dtype {dtype}", mend="use randint for integers")
    return dtype


def _uniform(shape: Any, dtype: np.dtype, rng: np.random.Generator | None) -> np.ndarray:
    """In [0, 1); of half precision in steps that cannot round up to 1."""
    rng = rng or get_generator()
    if dtype == np.float16:
        return (rng.integers(0, 2**11, shape) / 2**11).astype(dtype)
    return np.asarray(rng.random(shape, dtype))


def _standard_normal(shape: Any, dtype: np.dtype, rng: np.random.Generator | None) -> np.ndarray:
    direct = np.dtype(np.float32) if dtype == np.float16 else dtype
    return np.asarray((rng or get_generator()).standard_normal(shape, direct)).astype(dtype, copy=False)


# New Tensors.


def rand(
    *sizes: Any,
    size: Any = None,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Uniform in [0, 1), of a shape given as sizes, as one tuple or as `size=`.

    Args:
        generator: a NumPy Generator; default: the one that `manual_seed` seeds.
        dtype: a float, the default one if not given.
        device: None or "cpu".

    >>> rand(2, 3).shape
    (2, 3)
    """
    check_device(device)
    draw = _uniform(shape_of(sizes, "rand", size), _float_dtype(dtype, "rand"), generator)
    return Tensor(draw, requires_grad=requires_grad)


def randn(
    *sizes: Any,
    size: Any = None,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal with mean 0 and standard deviation 1, with the arguments of `rand`.

    >>> randn(2, 3).dtype
    dtype('float32')
    """
    check_device(device)
    draw = _standard_normal(shape_of(sizes, "randn", size), _float_dtype(dtype, "randn"), generator)
    return Tensor(draw, requires_grad=requires_grad)


def rand_like(
    x: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, generator: Any = None
) -> Tensor:
    """`rand` of the shape and dtype of `x`.

    >>> rand_like(randn(2)).shape
    (2,)
    """
    return rand(x.shape, generator=generator, dtype=like(x, dtype, device)[1], requires_grad=requires_grad)


def randn_like(
    x: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, generator: Any = None
) -> Tensor:
    """`randn` of the shape and dtype of `x`.

    >>> randn_like(rand(2)).shape
    (2,)
    """
    return randn(x.shape, generator=generator, dtype=like(x, dtype, device)[1], requires_grad=requires_grad)


def randint(
    low: Any = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`randint(high, size)` or `randint(low, high, size)`: integers from `low` (0) up to, not including, `high`.

    Args:
        dtype: int64 if not given; a float holds whole numbers.

    Raises:
        TinygradError: if there is no such integer.

    >>> randint(5, 6, (3,))
    tensor([5, 5, 5])
    """
    check_device(device)
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint() needs a size: randint(high, size) or randint(low, high, size)")
    draw = _integers(int(low), int(high), shape_of((size,), "randint"), dtype, generator)
    return Tensor(draw, requires_grad=requires_grad)


def _integers(low: int, high: int, shape: Any, dtype: Any, rng: np.random.Generator | None) -> np.ndarray:
    if low >= high:
        raise TinygradError("randint: there is no integer from low up to high.", got=f"low {low}, high {high}")
    dtype = np.dtype(np.int64) if dtype is None else dtypes.check_dtype(dtype)
    return np.asarray((rng or get_generator()).integers(low, high, shape)).astype(dtype, copy=False)


def randint_like(
    x: Any,
    low: Any = 0,
    high: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`randint_like(x, high)` or `randint_like(x, low, high)`: `randint` of the shape and dtype of `x`.

    >>> randint_like(rand(2), 5, 6)
    tensor([5., 5.])
    """
    shape, dtype = like(x, dtype, device)
    return randint(low, high, shape, generator=generator, dtype=dtype, requires_grad=requires_grad)


def randperm(
    n: int, *, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The numbers 0 to n - 1 in random order, int64 if no dtype is given.

    >>> sorted(randperm(3).tolist())
    [0, 1, 2]
    """
    check_device(device)
    (n,) = shape_of((n,), "randperm")
    order = (generator or get_generator()).permutation(n)
    return Tensor(order.astype(np.int64 if dtype is None else dtypes.check_dtype(dtype)), requires_grad=requires_grad)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal draws: of shape `size`, or one for each element of the Tensors `mean` and `std`, broadcast.

    No gradient flows to `mean` or `std`.

    Raises:
        TinygradError: if a standard deviation is negative.

    >>> normal(100.0, 0.0, (2,)), normal(Tensor([0.0, 1.0, 2.0])).shape
    (tensor([100., 100.]), (3,))
    """
    check_device(device)
    arrays = [x._data if isinstance(x, Tensor) else x for x in (mean, std)]
    if np.any(np.less(arrays[1], 0)):
        raise TinygradError("normal: a standard deviation is not negative.", got=str(std))
    if dtype is None and any(isinstance(x, Tensor) for x in (mean, std)):
        dtype = dtypes.result_type(*(a for a in arrays if isinstance(a, np.ndarray)))
    shape = gates.broadcast_shapes(*map(np.shape, arrays)) if size is None else shape_of((size,), "normal")
    dtype = _float_dtype(dtype, "normal")
    draw = _standard_normal(shape, dtype, generator)
    return Tensor((draw * arrays[1] + arrays[0]).astype(dtype, copy=False), requires_grad=requires_grad)


def bernoulli(x: Any, p: float | None = None, *, generator: Any = None) -> Tensor:
    """1 with the probability that each element of `x` says (or `p` for all), else 0, at the dtype of `x`.

    Raises:
        TinygradError: if a probability is not within [0, 1].

    >>> bernoulli(Tensor([1.0, 1.0])), bernoulli(Tensor([1.0, 1.0]), 0.0)
    (tensor([1., 1.]), tensor([0., 0.]))
    """
    x = as_tensor(x)
    if p is None and x.dtype.kind != "f":
        raise DtypeError("bernoulli takes probabilities, which are floats.", got=f"dtype {x.dtype}")
    return Tensor(_coins(x.shape, x._data if p is None else p, x.dtype, generator))


def _coins(shape: Any, p: Any, dtype: np.dtype, rng: np.random.Generator | None) -> np.ndarray:
    if not np.all((np.asarray(p) >= 0) & (np.asarray(p) <= 1)):
        raise TinygradError("a probability is within [0, 1].", got=str(p))
    return np.asarray((rng or get_generator()).random(shape) < p).astype(dtype)


def poisson(rate: Any, generator: Any = None) -> Tensor:
    """How many events happen where `rate` are expected, at the dtype of `rate`.

    >>> poisson(Tensor([0.0, 0.0]))
    tensor([0., 0.])
    """
    rate = as_tensor(rate)
    if np.any(rate._data < 0):
        raise TinygradError("poisson: a rate is not negative.", got=str(rate))
    return Tensor(np.asarray((generator or get_generator()).poisson(rate._data)).astype(rate.dtype))


def multinomial(x: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Tensor:
    """`num_samples` indices drawn by the weights in the last axis of `x`, a vector or a matrix: int64.

    Raises:
        ShapeError: if `x` is not a vector or a matrix.
        TinygradError: if weights are negative, not finite, or all 0, or without replacement too few.

    >>> sorted(multinomial(Tensor([1.0, 1.0, 1.0]), 3).tolist())
    [0, 1, 2]
    """
    x = as_tensor(x)
    weights = x._data.astype(np.float64)
    if x.ndim not in (1, 2):
        raise ShapeError("multinomial takes a vector or a matrix of weights.", got=f"shape {x.shape}")
    if not (np.isfinite(weights).all() and (weights >= 0).all() and (weights.sum(-1) > 0).all()):
        raise TinygradError("multinomial: weights are finite, not negative, and not all 0.", got=str(x))
    available = int(np.count_nonzero(weights, axis=-1).min(initial=x.shape[-1]))
    if num_samples < 1 or (not replacement and num_samples > available):
        raise TinygradError(
            f"multinomial cannot draw {num_samples} of {available} without replacement.", mend="pass replacement=True"
        )
    rng = generator or get_generator()
    if replacement:
        edges = np.cumsum(weights, axis=-1).reshape(-1, x.shape[-1])
        below = np.nextafter(edges[:, -1:], 0)  # a product that rounds up to the total is past the last edge
        at = np.minimum(rng.random((len(edges), num_samples)) * edges[:, -1:], below)
        found = [np.searchsorted(row, a, side="right") for row, a in zip(edges, at, strict=True)]
        return Tensor(np.array(found, dtype=np.int64).reshape(*x.shape[:-1], num_samples))
    with np.errstate(divide="ignore"):  # exponentials race, each at the rate of its weight: first come, first drawn
        times = rng.exponential(size=x.shape) / weights
    return Tensor(np.argsort(times, axis=-1)[..., :num_samples].copy())


# Into a Tensor that is there.


def _into(t: Tensor, name: str, draw: np.ndarray) -> Tensor:
    """Write a draw into `t`; what it was before gets a gradient of 0."""
    value = Tensor(np.asarray(draw).astype(t.dtype, copy=False))
    return write(t, name, lambda old, v: gates.where(np.ones((), bool), v, old), value, where=...)


def _float_draw(t: Tensor, name: str) -> np.dtype:
    if t.dtype.kind != "f":
        raise DtypeError(f"{name} draws floats.", got=f"a Tensor of dtype {t.dtype}")
    return t.dtype


def uniform_(self: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Any = None) -> Tensor:
    """In place: uniform in [a, b)."""
    if a > b:
        raise TinygradError("uniform_: a is not above b.", got=f"{a} and {b}")
    return _into(self, "uniform_", _uniform(self.shape, _float_draw(self, "uniform_"), generator) * (b - a) + a)


def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
    """In place: normal."""
    if std < 0:
        raise TinygradError("normal_: a standard deviation is not negative.", got=str(std))
    return _into(self, "normal_", _standard_normal(self.shape, _float_draw(self, "normal_"), generator) * std + mean)


def log_normal_(self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Any = None) -> Tensor:
    """In place: exp of normal draws."""
    draw = _standard_normal(self.shape, _float_draw(self, "log_normal_"), generator)
    return _into(self, "log_normal_", np.exp(draw * std + mean))


def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Any = None) -> Tensor:
    """In place: exponential, with mean 1 / lambd."""
    if lambd <= 0:
        raise TinygradError("exponential_: lambd is positive.", got=str(lambd))
    _float_draw(self, "exponential_")
    return _into(self, "exponential_", (generator or get_generator()).standard_exponential(self.shape) / lambd)


def cauchy_(self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None) -> Tensor:
    """In place: Cauchy."""
    _float_draw(self, "cauchy_")
    return _into(self, "cauchy_", (generator or get_generator()).standard_cauchy(self.shape) * sigma + median)


def geometric_(self: Tensor, p: float, *, generator: Any = None) -> Tensor:
    """In place: how many trials the first success takes, each with probability `p`."""
    if not 0 < p < 1:
        raise TinygradError("geometric_: p is between 0 and 1.", got=str(p))
    return _into(self, "geometric_", (generator or get_generator()).geometric(p, self.shape))


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
    """In place: 1 with probability `p` (a number, or a Tensor of them), else 0."""
    p = p._data if isinstance(p, Tensor) else p
    return _into(self, "bernoulli_", _coins(self.shape, p, self.dtype, generator))


def random_(self: Tensor, low: Any = None, high: Any = None, *, generator: Any = None) -> Tensor:
    """In place: integers from `low` up to, not including, `high`; one bound alone is `high`.

    Without bounds, from 0 to the largest that the dtype holds, as exactly as it holds each.
    """
    if high is None and low is not None:
        low, high = 0, low
    elif high is None and self.dtype.kind == "f":
        high = 2 ** (np.finfo(self.dtype).nmant + 1)
    elif high is None:
        high = 2 if self.dtype.kind == "b" else min(np.iinfo(self.dtype).max, 2**63 - 2) + 1
    return _into(self, "random_", _integers(low or 0, high, self.shape, self.dtype, generator))


for _method in (
    *(uniform_, normal_, log_normal_, exponential_, cauchy_, geometric_, bernoulli_, random_),
    *(bernoulli, multinomial),
):
    setattr(Tensor, _method.__name__, _method)
