"""strategies: hypothesis strategies for Tensors; what a property-based test is fed with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..dtypes import check_dtype
from ..errors import DtypeError, MissingExtraError
from ..tensor import Tensor
from .domains import Domain, real

try:
    import hypothesis.strategies as st
    from hypothesis.extra import numpy as hnp
except ImportError:
    raise MissingExtraError(
        "the strategies and check_gradients need hypothesis.", mend='pip install "tinygrad_edu[testing]"'
    ) from None

__all__ = ["broadcastable_tensors", "matmul_pairs", "tensors"]


def tensors(
    shape: Any = None, dtype: Any = None, elements: Any = None, requires_grad: Any = False
) -> st.SearchStrategy[Tensor]:
    """Tensors. Every argument is a value, or a strategy to draw it from.

    Args:
        shape: a tuple or an int; default: 0 to 3 axes of 0 to 4 elements, so 0-d and empty too.
        dtype: default: float32 or float64.
        elements: a Domain (`positive`, `away_from([0], 0.1)` …) or a strategy of numbers; default:
            `real` for floats, -9 to 9 for integers.
        requires_grad: for floats only; integers never do.

    >>> from hypothesis import given
    >>> from tinygrad_edu.testing import positive
    >>> @given(tensors(shape=(2, 3), elements=positive, requires_grad=True))
    ... def test_log_grows_ever_slower(x):
    ...     x.log().sum().backward()
    ...     assert (x.grad > 0).all()
    >>> test_log_grows_ever_slower()
    """
    shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4) if shape is None else shape
    return several(st.tuples(_one_of(shapes, _shape)), [dtype], [elements], requires_grad).map(lambda made: made[0])


def broadcastable_tensors(
    n: int = 2,
    dtype: Any = None,
    elements: Any = None,
    requires_grad: Any = False,
    *,
    min_dims: int = 0,
    max_dims: int = 3,
    min_side: int = 0,
    max_side: int = 4,
) -> st.SearchStrategy[tuple[Tensor, ...]]:
    """Tuples of `n` Tensors whose shapes broadcast together, 0-d and empty ones among them.

    Args:
        n: how many.
        dtype, elements: as in `tensors`, or a list with one for each.
        requires_grad: as in `tensors`, for all.
        min_dims, max_dims, min_side, max_side: of each shape.

    >>> from hypothesis import given
    >>> @given(broadcastable_tensors(2))
    ... def test_the_sum_has_the_shape_of_both(pair):
    ...     x, y = pair
    ...     assert (x + y).shape == np.broadcast_shapes(x.shape, y.shape)
    >>> test_the_sum_has_the_shape_of_both()
    """
    shapes = hnp.mutually_broadcastable_shapes(
        num_shapes=n, min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side
    ).map(lambda found: found.input_shapes)
    return several(shapes, _each(dtype, n), _each(elements, n), requires_grad)


def matmul_pairs(
    dtype: Any = None, elements: Any = None, requires_grad: Any = False, *, min_side: int = 1, max_side: int = 4
) -> st.SearchStrategy[tuple[Tensor, Tensor]]:
    """Pairs (x, y) for which `x @ y` is defined: vectors, matrices, and batches that broadcast.

    Args:
        dtype, elements: as in `tensors`, or a list of two; by default both have one dtype.
        requires_grad: as in `tensors`, for both.
        min_side, max_side: of each axis; 0 draws empty ones too.

    >>> from hypothesis import given
    >>> @given(matmul_pairs(dtype="float64"))
    ... def test_a_sum_comes_out_of_products(pair):
    ...     x, y = pair
    ...     assert (x @ y).dtype == x.dtype
    >>> test_a_sum_comes_out_of_products()
    """
    shapes = hnp.mutually_broadcastable_shapes(
        signature=np.matmul.signature, max_dims=2, min_side=min_side, max_side=max_side
    ).map(lambda found: found.input_shapes)
    made: Any = several(shapes, _each(dtype, 2), _each(elements, 2), requires_grad)
    return made  # type: ignore[no-any-return]


# From shapes and domains to arrays.


@st.composite
def several(
    draw: Any, shapes: Any, dtypes: Sequence[Any], elements: Sequence[Any], requires_grad: Any
) -> tuple[Tensor, ...]:
    """One Tensor for each of the shapes drawn; dtypes that were left open are the same for all."""
    default = draw(st.sampled_from(["float32", "float64"])) if any(d is None for d in dtypes) else None
    wants = draw(_one_of(requires_grad, bool))
    made = []
    for shape, dtype, domain in zip(draw(shapes), dtypes, elements, strict=True):
        dtype = np.dtype(default) if dtype is None else draw(_one_of(dtype, check_dtype))
        array = draw(_arrays(tuple(shape), dtype, domain))
        made.append(Tensor(array, requires_grad=wants and dtype.kind == "f"))
    return tuple(made)


def _one_of(given: Any, convert: Callable[[Any], Any]) -> Any:
    """A strategy as it is, a value as the strategy that always draws it."""
    return given.map(convert) if isinstance(given, st.SearchStrategy) else st.just(convert(given))


def _each(given: Any, n: int) -> list[Any]:
    return list(given) if isinstance(given, (list, tuple)) else [given] * n


def _shape(given: Any) -> tuple[int, ...]:
    return (int(given),) if hasattr(given, "__index__") else tuple(given)


def _arrays(shape: tuple[int, ...], dtype: np.dtype, domain: Any) -> Any:
    """Arrays from a domain or a strategy of numbers; drawn in double precision, then rounded to `dtype`."""
    if dtype.kind == "b":
        return hnp.arrays(dtype, shape, elements=st.booleans() if domain is None else domain)
    if domain is None:
        domain = real if dtype.kind == "f" else Domain("small integers", 0 if dtype.kind == "u" else -9, 10, kind="i")
    if isinstance(domain, Domain):
        if domain.kind == "f" and dtype.kind != "f":
            raise DtypeError(f"the domain {domain} holds floats.", got=f"dtype {dtype}", mend="use integers(low, high)")
        if domain.gap:
            size = int(np.prod(shape))
            ranks = hnp.arrays(np.int64, shape, elements=st.integers(-size, size), unique=True)
            return ranks.map(lambda r: domain.spaced(r).astype(dtype))
        domain = _numbers(domain)
    return hnp.arrays(np.int64 if dtype.kind in "iu" else np.float64, shape, elements=domain).map(
        lambda a: a.astype(dtype)
    )


def _numbers(domain: Domain) -> Any:
    """The elements of a domain, as a strategy of numbers."""
    if domain.kind == "i":
        return st.integers(int(domain.low), int(domain.high) - 1)
    # a number like 1e-300 proves nothing and underflows in the next gate: between 0 and 1e-6 there is none
    pieces = [
        st.floats(a, b, allow_nan=False, allow_infinity=False, allow_subnormal=False).map(
            lambda v: 0.0 if abs(v) < 1e-6 else v
        )
        for a, b in domain.intervals()
    ]
    return st.one_of(pieces)
