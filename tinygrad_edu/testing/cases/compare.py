"""compare: the cases of `gates/compare.py`: values only."""

import numpy as np

from .case import apart, case, integers, real, values

nan, inf = float("nan"), float("inf")
_SPECIAL = [0.0, -0.0, 1.0, nan, inf, -inf]
_LEFT, _RIGHT = (values(a.ravel()) for a in np.meshgrid(_SPECIAL, _SPECIAL))
_INTS = integers(0, 4)
_BOOLS = values([True, False, True, False]), values([True, True, False, False])
_NANS = values(np.array([[2.0, nan, 1.0, nan, 3.0], [0.0, 5.0, inf, -inf, 4.0]]))
_COMPARED = ("eq", "ne", "lt", "le", "gt", "ge", "not_equal", "less", "less_equal", "greater", "greater_equal")
_LOGIC = ("logical_and", "logical_or", "logical_xor")
_BITS = ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift")
_ASKED = ("isnan", "isinf", "isfinite", "logical_not")


def plain(name, call, *inputs, **more):  # type: ignore[no-untyped-def]
    return case(name, call, *inputs, order=0, **more)


CASES = [
    *(plain(f, lambda T, x, y, f=f: (getattr(T, f)(x, y), getattr(x, f)(y), getattr(x, f)(1)), _LEFT, _RIGHT)
      for f in (*_COMPARED, *_LOGIC) if f not in _LOGIC),
    *(plain(f, lambda T, x, y, f=f: (getattr(T, f)(x, y), getattr(x, f)(y)), _LEFT, _RIGHT) for f in _LOGIC),
    *(plain(f"{f}: bools", lambda T, x, y, f=f: getattr(T, f)(x, y), *_BOOLS) for f in (*_LOGIC, *_BITS[:3])),
    *(plain(f, lambda T, x, y, f=f: (getattr(T, f)(x, y), getattr(x, f)(y)), _INTS(3, 4), _INTS(4)) for f in _BITS),
    *(plain(f, lambda T, x, f=f: (getattr(T, f)(x), getattr(x, f)()), values(_SPECIAL)) for f in _ASKED),
    plain("bitwise_not", lambda T, x: (T.bitwise_not(x), x.bitwise_not(), ~x, ~(x > 1)), _INTS(3)),
    plain("compare: operators", lambda T, x, y: (x == y, x != y, x < y, x <= 1, x > 1, x >= 2, y == x[0]), _INTS(3),
          _INTS(3)),
    plain("compare: logic operators", lambda T, x, y: (x & y, x | y, x ^ 1, 2 | x, x << 1, x >> y), _INTS(3), _INTS(3)),
    plain("compare: mixed dtypes", lambda T, x, i: (T.lt(x, i), i >= x, i.eq(2), x.to(T.float32) == 0.1), real(3),
          _INTS(3)),
    plain("compare: 0-d of another dtype", lambda T, x: x == T.tensor(0.1, dtype=T.float64),
          values(np.array([0.1, 0.25]))),
    plain("compare: in", lambda T, x: T.tensor([3 in x, 9 in x]), values([[1, 3], [2, 4]])),
    plain("isposinf", lambda T, x: (T.isposinf(x), T.isneginf(x), T.signbit(x), x.signbit()), values(_SPECIAL)),
    plain("heaviside", lambda T, x, y: T.heaviside(x.detach(), y.detach()), values(_SPECIAL), real(6)),
    plain("isclose", lambda T, x: (T.isclose(x, x + 1e-9), x.isclose(x * 1.1, rtol=0.2),
                                  T.isclose(x, x, equal_nan=True)), values(_SPECIAL)),
    plain("allclose", lambda T, x: T.tensor([T.allclose(x, x + 1e-9), x.allclose(x + 1),
                                            T.equal(x, x), x.equal(x + 1)]), real(3)),
    plain("isin", lambda T, x, y: (T.isin(x, y), T.isin(x, y, invert=True)), _INTS(3, 4), _INTS(2)),
    plain("any", lambda T, x: (T.any(x), x.any(1), x.any(dim=(0, 1)), T.any(x, 0, keepdim=True)), _INTS(3, 4)),
    plain("all", lambda T, x: (T.all(x), x.all(1), x.all(dim=(0, 1)), T.all(x, -1, True)), _INTS(3, 4)),
    plain("any: empty", lambda T, x: (T.any(x), T.all(x), T.any(x, 1), T.all(x, 0)), real(0, 3)),
    plain("any: uint8", lambda T, x: x.to(T.uint8).any(0), _INTS(3, 4)),
    plain("count_nonzero", lambda T, x: (T.count_nonzero(x), x.count_nonzero(0), T.count_nonzero(x, (0, 1))),
          _INTS(3, 4)),
    plain("argmax", lambda T, x: (T.argmax(x), x.argmax(1), T.argmax(x, -2, keepdim=True)), apart(3, 4)),
    plain("argmax: nan and ties", lambda T, x: (x.argmax(1), x.argmin(1), (x * 0 + 1).argmax(1)), _NANS),
    plain("argmax: 0-d", lambda T, x: (T.argmax(x), x.argmin(0)), real()),
    plain("argmin", lambda T, x: (T.argmin(x), x.argmin(1), x.argmin(dim=0, keepdim=True)), apart(3, 4)),
    plain("argmax: all, kept", lambda T, x: x.argmax(keepdim=True), apart(3, 4)),
    plain("nonzero", lambda T, x: (T.nonzero(x), x.nonzero(), T.argwhere(x), x.argwhere()), _INTS(3, 4)),
    plain("nonzero: 0-d", lambda T, x: (T.nonzero(x), *x.nonzero(as_tuple=True)), real()),
    plain("nonzero: tuple", lambda T, x: T.nonzero(x, as_tuple=True), _INTS(3, 4)),
    plain("unique", lambda T, x: (T.unique(x), *x.unique(return_inverse=True, return_counts=True)), _INTS(3, 4)),
    plain("unique: counts", lambda T, x: T.unique(x.detach(), return_counts=True), values([1.0, nan, 1.0, nan, -inf])),
    plain("unique: rows", lambda T, x: x.unique(return_inverse=True, return_counts=True, dim=0),
          values([[1, 2], [0, 1], [1, 2]])),
    plain("unique_consecutive", lambda T, x: (T.unique_consecutive(x),
                                             *x.unique_consecutive(return_inverse=True, return_counts=True)),
          values([[1, 1, 2], [2, 1, 1]])),
    plain("unique_consecutive: empty rows", lambda T, x: x.unique_consecutive(True, True, dim=1),
          integers(0, 3)(2, 0, 3)),
    plain("unique_consecutive: rows", lambda T, x: x.unique_consecutive(return_inverse=True, return_counts=True, dim=0),
          values([[1, 1], [1, 1], [2, 1]])),
    plain("searchsorted", lambda T, x: (T.searchsorted(T.tensor([1, 3, 5]), x), T.searchsorted(T.tensor([1, 3, 5]), 3),
                                       T.searchsorted(T.tensor([1, 3, 5]), x, right=True)), values([[0, 1], [5, 6]])),
    plain("searchsorted: rows", lambda T, x, y: (T.searchsorted(x, y, side="right"),
                                                T.searchsorted(x, y, out_int32=True)),
          values([[1, 2, 3], [2, 4, 6]]), values([[2, 0], [5, 7]])),
    plain("searchsorted: sorter", lambda T, x: T.searchsorted(x, T.tensor([2, 3]), sorter=T.argsort(x)),
          values([3, 1, 2])),
    plain("bucketize", lambda T, x: (T.bucketize(x, T.tensor([1, 2])), T.bucketize(x, T.tensor([1, 2]), right=True)),
          _INTS(2, 3)),
    plain("bincount", lambda T, x: (T.bincount(x), x.bincount(minlength=9), T.bincount(x, T.ones(6, dtype=T.float32))),
          _INTS(6)),
    plain("histc", lambda T, x: (T.histc(x.detach(), 5), x.detach().histc(bins=4, min=-1, max=1)), real(9)),
    plain("tril_indices", lambda T, x: (T.tril_indices(3, 4), T.tril_indices(3, 2, 1), T.triu_indices(3, 4, -1)),
          real()),
]  # fmt: skip
