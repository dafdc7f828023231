"""compare: questions about values. The answer is a truth or an integer, and no gradient flows through it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from .. import messages
from ..axes import axes_of, axis_of, either_name
from ..dtypes import result_type
from ..errors import ShapeError
from ..tensor import Tensor, as_array
from .binding import methods

__all__ = [
    "all",
    "allclose",
    "any",
    "argmax",
    "argmin",
    "argwhere",
    "bincount",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bucketize",
    "count_nonzero",
    "eq",
    "equal",
    "ge",
    "greater",
    "greater_equal",
    "gt",
    "heaviside",
    "histc",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "le",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "ne",
    "nonzero",
    "not_equal",
    "searchsorted",
    "signbit",
    "unique",
    "unique_consecutive",
]


# Elementwise.

_OPERANDS = (np.ndarray, bool, int, float, np.generic)


def _of_one(name: str, ufunc: Any, says: str) -> Callable[[Any], Tensor]:
    this = SimpleNamespace(name=name)  # what the errors name

    def question(x: Any) -> Tensor:
        try:
            return Tensor(np.asarray(ufunc(as_array(x))))
        except TypeError as error:
            raise messages.failure(this, error, (x,), {}) from None

    return _named(question, name, says)


def _of_two(name: str, ufunc: Any, says: str) -> Callable[[Any, Any], Tensor]:
    this = SimpleNamespace(name=name)

    def question(x: Any, y: Any) -> Tensor:
        a = x._data if isinstance(x, Tensor) else x
        b = y._data if isinstance(y, Tensor) else y
        for operand in (a, b):
            if not isinstance(operand, _OPERANDS):
                raise messages.not_an_operand(this, operand)
        if type(a) is type(b) is np.ndarray and a.dtype is not b.dtype:
            dtype = result_type(a, b)
            a, b = a.astype(dtype), b.astype(dtype)
        try:
            return Tensor(np.asarray(ufunc(a, b)))
        except (TypeError, ValueError) as error:
            raise messages.failure(this, error, (x, y), {}) from None

    return _named(question, name, says)


def _named(question: Any, name: str, says: str) -> Any:
    question.__name__ = question.__qualname__ = name
    question.__doc__ = f"{says}\n\n    No gradient flows through the answer.\n    "
    return question


def _step(x: Any, y: Any) -> Any:
    return np.where(x == 0, y, np.greater(x, 0).astype(np.result_type(x, y)))  # a nan is not greater


eq = _of_two("eq", np.equal, "Whether x equals y, elementwise.")
ne = not_equal = _of_two("ne", np.not_equal, "Whether x differs from y, elementwise.")
lt = less = _of_two("lt", np.less, "Whether x < y, elementwise.")
le = less_equal = _of_two("le", np.less_equal, "Whether x <= y, elementwise.")
gt = greater = _of_two("gt", np.greater, "Whether x > y, elementwise.")
ge = greater_equal = _of_two("ge", np.greater_equal, "Whether x >= y, elementwise.")
logical_and = _of_two("logical_and", np.logical_and, "Whether x and y are both other than 0, elementwise.")
logical_or = _of_two("logical_or", np.logical_or, "Whether x or y is other than 0, elementwise.")
logical_xor = _of_two("logical_xor", np.logical_xor, "Whether just one of x and y is other than 0, elementwise.")
logical_not = _of_one("logical_not", np.logical_not, "Whether x is 0, elementwise.")
bitwise_and = _of_two("bitwise_and", np.bitwise_and, "x & y, bit by bit, of integers or bools.")
bitwise_or = _of_two("bitwise_or", np.bitwise_or, "x | y, bit by bit, of integers or bools.")
bitwise_xor = _of_two("bitwise_xor", np.bitwise_xor, "x ^ y, bit by bit, of integers or bools.")
bitwise_not = _of_one("bitwise_not", np.invert, "~x, bit by bit, of integers or bools.")
bitwise_left_shift = _of_two("bitwise_left_shift", np.left_shift, "x << y: the bits of integers moved up.")
bitwise_right_shift = _of_two("bitwise_right_shift", np.right_shift, "x >> y: the bits of integers moved down.")
isnan = _of_one("isnan", np.isnan, "Whether x is nan, elementwise.")
isinf = _of_one("isinf", np.isinf, "Whether x is inf or -inf, elementwise.")
isfinite = _of_one("isfinite", np.isfinite, "Whether x is neither inf, -inf nor nan, elementwise.")
isposinf = _of_one("isposinf", np.isposinf, "Whether x is inf, elementwise.")
isneginf = _of_one("isneginf", np.isneginf, "Whether x is -inf, elementwise.")
signbit = _of_one("signbit", np.signbit, "Whether x is negative, -0.0 too, elementwise.")
heaviside = _of_two("heaviside", _step, "0 where x < 0, 1 where x > 0, y where x is 0.")


def isclose(x: Any, y: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Whether |x - y| <= atol + rtol |y|, elementwise.

    >>> import tinygrad_edu as tg
    >>> tg.isclose(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    return Tensor(np.asarray(np.isclose(as_array(x), as_array(y), rtol, atol, equal_nan)))


def allclose(x: Any, y: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether `isclose` holds for all elements: a Python bool.

    >>> import tinygrad_edu as tg
    >>> tg.allclose(tg.ones(2), tg.tensor([1.0, 1.0000001]))
    True
    """
    return bool(np.allclose(as_array(x), as_array(y), rtol, atol, equal_nan))


def equal(x: Any, y: Any) -> bool:
    """Whether shapes and all elements are equal: a Python bool (nan equals nothing).

    >>> import tinygrad_edu as tg
    >>> tg.equal(tg.ones(2), tg.ones(2)), tg.equal(tg.ones(2), tg.ones(2, 1))
    (True, False)
    """
    return np.array_equal(as_array(x), as_array(y))


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element is among the `test_elements`.

    >>> import tinygrad_edu as tg
    >>> tg.isin(tg.tensor([1, 2, 3]), tg.tensor([2, 3]))
    tensor([False,  True,  True])
    """
    found = np.isin(as_array(elements), as_array(test_elements), assume_unique=assume_unique, invert=invert)
    return Tensor(np.asarray(found))


# Along axes.


@either_name
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether any element is other than 0, over `axis` or all.

    >>> import tinygrad_edu as tg
    >>> tg.any(tg.tensor([[True, False], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return _over(np.any, "any", x, axis, keepdims)


@either_name
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Whether all elements are other than 0, over `axis` or all.

    >>> import tinygrad_edu as tg
    >>> tg.all(tg.tensor([1.0, 2.0]))
    tensor(True)
    """
    return _over(np.all, "all", x, axis, keepdims)


def _over(function: Any, name: str, x: Any, axis: Any, keepdims: bool) -> Tensor:
    a = as_array(x)
    found = np.asarray(function(a, axis=axes_of(axis, a.ndim, name), keepdims=keepdims))
    return Tensor(found.astype(np.uint8) if a.dtype == np.uint8 else found)  # as PyTorch


@either_name
def count_nonzero(x: Any, axis: Any = None) -> Tensor:
    """How many elements are other than 0, over `axis` or all.

    >>> import tinygrad_edu as tg
    >>> tg.count_nonzero(tg.tensor([0.0, 2.0, 3.0]))
    tensor(2)
    """
    a = as_array(x)
    return Tensor(np.asarray(np.count_nonzero(a, axis=axes_of(axis, a.ndim, "count_nonzero"))))


@either_name
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Where the largest element is, the first of several: along `axis`, or in the flattened x.

    An integer, through which no gradient flows; `max` has one.

    >>> import tinygrad_edu as tg
    >>> tg.argmax(tg.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    return _found(np.argmax, "argmax", x, axis, keepdims)


@either_name
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Where the smallest element is, the first of several: along `axis`, or in the flattened x.

    An integer, through which no gradient flows; `min` has one.

    >>> import tinygrad_edu as tg
    >>> tg.argmin(tg.tensor([[1.0, 5.0], [7.0, 2.0]]))
    tensor(0)
    """
    return _found(np.argmin, "argmin", x, axis, keepdims)


def _found(function: Any, name: str, x: Any, axis: int | None, keepdims: bool) -> Tensor:
    a = as_array(x)
    if axis is not None:
        axis = axis_of(axis, a.ndim, name)
        axis = axis if a.ndim else None
    try:
        return Tensor(np.asarray(function(a, axis=axis, keepdims=keepdims)))
    except ValueError:
        raise ShapeError(f"{name}: there is no element to choose from.", got=f"shape {a.shape}") from None


# Where, which, how many.


def nonzero(x: Any, *, as_tuple: bool = False) -> Any:
    """The indices of the elements other than 0: a row for each, or with `as_tuple` a Tensor for each axis.

    >>> import tinygrad_edu as tg
    >>> tg.nonzero(tg.tensor([0.0, 2.0, 3.0])).tolist()
    [[1], [2]]
    """
    a = as_array(x)
    if as_tuple:
        return tuple(Tensor(i) for i in np.nonzero(np.atleast_1d(a)))
    return Tensor(np.argwhere(a))


def argwhere(x: Any) -> Tensor:
    """The indices of the elements other than 0, a row for each.

    >>> import tinygrad_edu as tg
    >>> tg.argwhere(tg.eye(2)).tolist()
    [[0, 0], [1, 1]]
    """
    return nonzero(x)


@either_name
def unique(
    x: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The different elements, or with `dim` the different slices, in ascending order.

    Args:
        return_inverse: also where each element of x is in the result.
        return_counts: also how often each comes.

    >>> import tinygrad_edu as tg
    >>> tg.unique(tg.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    a = as_array(x)
    dim = None if dim is None else axis_of(dim, a.ndim, "unique")
    found, inverse, counts = np.unique(a, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    inverse = inverse.reshape(a.shape if dim is None else -1)
    return _wished(found, (return_inverse, inverse), (return_counts, counts))


@either_name
def unique_consecutive(
    x: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements, or with `dim` the slices, without those equal to the one before.

    >>> import tinygrad_edu as tg
    >>> tg.unique_consecutive(tg.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    a = as_array(x)
    dim = None if dim is None else axis_of(dim, a.ndim, "unique_consecutive")
    rows = a.reshape(-1) if dim is None else np.moveaxis(a, dim, 0)
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]).any(tuple(range(1, rows.ndim)))
    found = a.reshape(-1)[new] if dim is None else np.compress(new, a, axis=dim)
    inverse = (np.cumsum(new) - 1).reshape(a.shape if dim is None else -1)
    counts = np.diff(np.append(np.flatnonzero(new), len(rows)))
    return _wished(found, (return_inverse, inverse), (return_counts, counts))


def _wished(found: np.ndarray, *more: tuple[bool, np.ndarray]) -> Any:
    every = (Tensor(found), *(Tensor(array) for wish, array in more if wish))
    return every if len(every) > 1 else every[0]


def searchsorted(
    sorted_sequence: Any,
    values: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Tensor:
    """Where in the ascending `sorted_sequence` each of the `values` would have to be put in.

    Args:
        sorted_sequence: a vector; or rows along the last axis, one for each row of `values`.
        right: after equal elements (also `side="right"`), else before them.
        sorter: the indices that sort `sorted_sequence`, if it is not.

    >>> import tinygrad_edu as tg
    >>> tg.searchsorted(tg.tensor([1.0, 3.0, 5.0]), tg.tensor([3.0, 6.0]))
    tensor([1, 3])
    """
    rows, wished = as_array(sorted_sequence), as_array(values)
    if sorter is not None:
        rows = np.take_along_axis(rows, as_array(sorter), -1)
    at: Any = side or ("right" if right else "left")
    if rows.ndim == 1:
        found = np.searchsorted(rows, wished, at)
    elif rows.shape[:-1] != wished.shape[:-1]:
        raise ShapeError(
            "searchsorted needs as many rows as values have.", expected=str(rows.shape[:-1]), got=str(wished.shape[:-1])
        )
    else:
        found = np.empty(wished.shape, np.int64)
        for row in np.ndindex(rows.shape[:-1]):
            found[row] = np.searchsorted(rows[row], wished[row], at)
    return Tensor(np.asarray(found, np.int32 if out_int32 else np.int64))


def bucketize(x: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Between which ascending `boundaries` each element is: `searchsorted(boundaries, x)`.

    >>> import tinygrad_edu as tg
    >>> tg.bucketize(tg.tensor([0.5, 3.5]), tg.tensor([1.0, 2.0, 3.0]))
    tensor([0, 3])
    """
    return searchsorted(boundaries, x, out_int32=out_int32, right=right)


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Tensor:
    """How often each number from 0 comes in a vector of integers, or the sum of the `weights` that come with it.

    >>> import tinygrad_edu as tg
    >>> tg.bincount(tg.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    a = as_array(x)
    if weights is None:
        return Tensor(np.bincount(a, minlength=minlength))
    weights = as_array(weights)
    return Tensor(np.bincount(a, weights, minlength).astype(np.float32 if weights.dtype == np.float32 else np.float64))


def histc(x: Any, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements fall into each of `bins` equal intervals from `min` to `max` (from x's own, if both are equal).

    >>> import tinygrad_edu as tg
    >>> tg.histc(tg.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    a = as_array(x)
    if min == max and a.size:
        min, max = a.min(), a.max()
    if min == max:
        min, max = min - 1, max + 1
    return Tensor(np.histogram(a, bins, (min, max))[0].astype(a.dtype))


# As operators: what is no number leaves the answer to the other side.


def _operator(question: Any, turned: bool = False) -> Any:
    def called(x: Tensor, y: Any) -> Any:
        if y is None or isinstance(y, str):
            return NotImplemented
        return question(y, x) if turned else question(x, y)

    called.__doc__ = question.__doc__
    return called


def _contains(x: Tensor, item: Any) -> bool:
    """item in x: whether any element equals it."""
    return bool(np.any(eq(x, item)._data))


for _question in (eq, ne, lt, le, gt, ge):
    setattr(Tensor, f"__{_question.__name__}__", _operator(_question))
for _name, _question in {
    "and": bitwise_and, "or": bitwise_or, "xor": bitwise_xor,
    "lshift": bitwise_left_shift, "rshift": bitwise_right_shift,
}.items():  # fmt: skip
    setattr(Tensor, f"__{_name}__", _operator(_question))
    setattr(Tensor, f"__r{_name}__", _operator(_question, turned=True))
methods(__invert__=bitwise_not, __contains__=_contains)
methods(
    eq, ne, lt, le, gt, ge, logical_and, logical_or, logical_xor, logical_not,
    bitwise_and, bitwise_or, bitwise_xor, bitwise_not, bitwise_left_shift, bitwise_right_shift,
    isnan, isinf, isfinite, isposinf, isneginf, signbit, heaviside, isclose, allclose, equal,
    any, all, count_nonzero, argmax, argmin, nonzero, argwhere, unique, unique_consecutive, bincount, histc,
    not_equal=ne, less=lt, less_equal=le, greater=gt, greater_equal=ge,
)  # fmt: skip
