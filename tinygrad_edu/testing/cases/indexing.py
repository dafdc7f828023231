"""indexing: the cases of `gates/indexing.py` and `gates/diagonals.py`."""

import numpy as np

from .case import case, integers, nonzero, real, values

_I = values([0, 2, 0])
_TWICE = values([[0, 0, 2], [1, 1, 1]])  # along axis 1, some named twice
_ONCE = values([[2, 0], [1, 2]])
_SRC = real(2, 3)


def _written(index):  # type: ignore[no-untyped-def]
    """A program that assigns v at an index of a copy of x."""

    def program(T, x, v):  # type: ignore[no-untyped-def]
        y = x * 1
        y[index] = v
        return y * y

    return program


def _overlapping(T, x):  # type: ignore[no-untyped-def]
    y = x * 1
    y[1:] = y[:-1] + y[1:]
    y[0] = y[0] + y[-1]
    y[..., 1] = y[..., 1] * 2
    return y


def _by_tensor(T, x, i):  # type: ignore[no-untyped-def]
    y = x * 1
    y[i, T.tensor([1, 0, 1])] = x[0, 0]
    y[y > 1] = 0.5
    return y


def _assigned(y):  # type: ignore[no-untyped-def]
    y[1:] = y[0] * y[2]
    y[0] = y[1]
    return y * y


def _filled(y):  # type: ignore[no-untyped-def]
    y[0] = 2.5
    y[:, 1] = 1
    y[2, 2] = y[2, 2] - 1.0
    return y * y


# What NumPy accepts, and PyTorch too.
_INDICES = {
    "int": 1, "negative int": -1, "ints": (1, 0, -1), "slice": slice(1, None), "step": (slice(None), slice(0, 4, 2)),
    "ellipsis": (..., 0), "nothing": (), "None": (None, 1, ..., None), "bool": True, "false": False,
    "list": [2, 0], "list twice": [0, 0, 2], "list, slice, list": ([0, 2], slice(None), [1, 1]),
    "list after slice, twice": (slice(1, None), [1, 0, 1]), "array": np.array([[0, 1], [2, 2]]),
    "arrays": (np.array([[0], [2]]), slice(None), np.array([1, 1])), "array and int": (np.array([0, 2]), 1),
    "array and None": (None, np.array([0, 2]), ..., None), "negative array": np.array([-1, 0, -2]),
    "mask of rows": np.array([True, False, True]), "mask of all": np.arange(24).reshape(3, 4, 2) % 3 == 0,
    "mask and slice": (slice(None), np.array([True, False, True, True]), 1),
    "mask and array": (np.array([True, False, True]), np.array([1, 3])), "empty slice": slice(2, 1),
    "empty list": [], "no row": np.zeros(3, bool),
}  # fmt: skip

CASES = [
    *(case(f"index: {name}", lambda T, x, i=i: x[i], real(3, 4, 2)) for name, i in _INDICES.items()),
    *(case(f"index_put: {name}, a number", _written(i), real(3, 4, 2), real()) for name, i in _INDICES.items()
      if "twice" not in name and name not in ("array", "arrays")),
    case("index", lambda T, x: x[1:, None, ..., 0], real(3, 2, 4)),
    case("index: negative step", lambda T, x: x[::-1] if T.__name__ != "torch" else T.flip(x, (0,)), real(3, 2),
         why="as NumPy; PyTorch has no negative step"),
    case("index: Tensors", lambda T, x, i: x[i] * x[:, i[0]], real(3, 3), _I),
    case("index: a Tensor twice", lambda T, x, i: x[i, i] * x[T.tensor(1)][0], real(3, 3), _I),
    case("index: a mask Tensor", lambda T, x: x[x > 0], values([[1.0, -2.0], [-1.0, 3.0]])),
    case("index: nested lists", lambda T, x: x[[[0, 1], [1, 1]]], real(3, 2), oracle=False,
         why="one index array, as in NumPy; PyTorch takes the lists for two"),
    case("index: 0-d", lambda T, x: x[...] * x[None] * x[()], real()),
    case("index: iteration", lambda T, x: sum(row * i for i, row in enumerate(x)), real(3, 2)),
    case("unindex", lambda T, x: x[[0, 0, 2]], real(3, 2), why="an element named twice gets both upstreams"),
    # assignment
    case("index_put: slice", _written(slice(1, None)), real(3, 2), real(2)),
    case("index_put: broadcast", _written((slice(None), [0, 2])), real(3, 4), real(3, 1)),
    case("index_put: leading ones", _written((slice(None), 0)), real(3, 4), real(1, 3)),
    case("index_put: list", _written([2, 0]), real(3, 2), real(2, 2)),
    case("index_put: mask", _written(np.array([True, False, True])), real(3, 2), real(2, 2)),
    case("index_put: empty", _written(slice(2, 2)), real(3, 2), real(0, 2)),
    case("index_put: twice", _written([0, 0, 2]), real(3, 2), real(3, 2), oracle=False,
         why="the last value stays and only it has a gradient; PyTorch sends one to both"),
    case("index_put: twice, a number", _written(np.array([[0, 1], [1, 2]])), real(4), real(), oracle=False,
         why="the last value stays and only it has a gradient; PyTorch sends one to both"),
    case("index_put: overlapping", _overlapping, real(4, 3)),
    case("index_put: by Tensors", _by_tensor, real(3, 2), values([0, 2, 1])),
    case("index_put: itself", lambda T, x: _assigned(x * 1), real(3), oracle=False,
         why="each value used is the one that was there then; PyTorch refuses"),
    case("index_put: numbers", lambda T, x: _filled(x * 1), real(3, 3)),
    case("index_put: function", lambda T, x, v, i: T.index_put(x, (i,), v) * x.index_put((i,), v), real(3, 2),
         real(2, 2), values([2, 0])),
    case("index_put: two indices", lambda T, x, v, i: x.index_put((i, i), v), real(3, 3), real(2), values([2, 0])),
    case("index_put: accumulate", lambda T, x, v, i: T.index_put(x, (i,), v, accumulate=True), real(3, 2), real(3, 2),
         _I),
    case("index_put: accumulate one", lambda T, x, v, i: x.index_put((i,), v, True), real(3, 2), real(2), _I),
    case("index_put: in place", lambda T, x, v, i: (x * 1).index_put_((i,), v), real(3, 2), real(2), values([2, 0])),
    # along an axis
    case("gather", lambda T, x, i: T.gather(x, 1, i), real(2, 3), _TWICE),
    case("gather: part", lambda T, x, i: x.gather(0, i), real(3, 4), values([[2, 0, 2]])),
    case("gather: 3-d", lambda T, x, i: T.gather(x, -2, i), real(2, 3, 4), integers(0, 3)(2, 5, 3)),
    case("gather: 0-d", lambda T, x: T.gather(x, 0, T.tensor(0)), real()),
    case("gather: empty", lambda T, x: T.gather(x, 0, T.zeros(0, 2, dtype=T.int64)), real(3, 4)),
    case("take_along_dim", lambda T, x: T.take_along_dim(x, T.argsort(x, 1), 1), real(3, 4)),
    case("take_along_dim: broadcast", lambda T, x, i: x.take_along_dim(i, dim=-1), real(1, 4), integers(0, 4)(3, 2)),
    case("take_along_dim: from the end", lambda T, x, i: T.take_along_dim(x, i, 1), real(2, 3), values([[-1], [-3]])),
    case("take_along_dim: all", lambda T, x, i: T.take_along_dim(x, i), real(2, 3), values([5, 0, 0])),
    case("take", lambda T, x, i: T.take(x, i) * x.take(i), real(2, 3), values([[5, 0], [-1, 0]])),
    case("put", lambda T, x, v, i: T.put(x, i, v) * x.put(i, v), real(2, 3), real(2), values([-1, 0])),
    case("put: accumulate", lambda T, x, v, i: x.put(i, v, accumulate=True), real(2, 3), real(2), values([5, 5])),
    case("put: in place", lambda T, x, v, i: (x * 1).put_(i, v), real(2, 3), real(2), values([-1, 0])),
    case("scatter", lambda T, x, v, i: T.scatter(x, 1, i, v), real(2, 3), real(2, 2), _ONCE),
    case("scatter: part of src", lambda T, x, v, i: x.scatter(1, i, v), real(2, 3), real(2, 3), _ONCE, oracle=False,
         why="PyTorch has no gradient for a src larger than the index"),
    case("scatter: a number", lambda T, x, i: T.scatter(x, 1, i, 2.5) * x.scatter(1, i, value=2), real(2, 3), _ONCE),
    case("scatter: axis 0", lambda T, x, v, i: x.scatter(0, i, v), real(3, 3), real(1, 3), values([[2, 0, 2]])),
    case("scatter: twice", lambda T, x, v, i: T.scatter(x, 1, i, v), real(2, 3), _SRC, _TWICE, oracle=False,
         why="the last value stays and only it has a gradient; PyTorch sends one to both"),
    case("scatter: add", lambda T, x, i: x.scatter(1, i, 2.0, reduce="add"), real(2, 3), _TWICE, oracle=False,
         why="PyTorch has no gradient of it"),
    case("scatter: multiply", lambda T, x, v, i: T.scatter(x, 1, i, v, reduce="multiply"), real(2, 3), _SRC, _TWICE,
         oracle=False, why="PyTorch has no gradient of it"),
    case("scatter: in place", lambda T, x, v, i: (x * 1).scatter_(1, i, v), real(2, 3), real(2, 2), _ONCE),
    case("scatter: a number in place", lambda T, x, i: (x * 1).scatter_(1, i, 3.0), real(2, 3), _ONCE),
    case("scatter_add", lambda T, x, v, i: T.scatter_add(x, 1, i, v), real(2, 3), _SRC, _TWICE),
    case("scatter_add: method", lambda T, x, v, i: x.scatter_add(-1, i, v), real(2, 3), real(2, 3), _TWICE),
    case("scatter_add: part of src", lambda T, x, v, i: x.scatter_add(-1, i, v), real(2, 3), real(2, 4), _TWICE,
         oracle=False, why="PyTorch has no gradient for a src larger than the index"),
    case("scatter_add: in place", lambda T, x, v, i: (x * 1).scatter_add_(1, i, v), real(2, 3), _SRC, _TWICE),
    case("scatter_add: empty", lambda T, x, v: x.scatter_add(0, T.zeros(0, 2, dtype=T.int64), v), real(3, 2),
         real(0, 2)),
    *(case(f"scatter_reduce: {how}{', alone' * (not own)}",
           lambda T, x, v, i, how=how, own=own: T.scatter_reduce(x, 1, i, v, how, include_self=own),
           nonzero(2, 3), nonzero(2, 3), _TWICE) for how in ("sum", "prod", "mean", "amax", "amin")
      for own in (True, False)),
    *(case(f"scatter_reduce: {how}, ties{', alone' * (not own)}",
           lambda T, x, v, i, how=how, own=own: x.scatter_reduce(1, i, v, how, include_self=own),
           values([[1.0, 2.0, 0.0], [3.0, 3.0, 4.0]]), values([[1.0, 1.0, 0.0], [3.0, 5.0, 5.0]]), _TWICE,
           numeric=False, oracle=own, why="" if own else "PyTorch counts x among the ties though it takes no part")
      for how in ("amax", "amin") for own in (True, False)),
    case("scatter_prod", lambda T, x, v, i: T.scatter_reduce(x, 0, i, v, "prod"), nonzero(3), nonzero(3), _I),
    *(case(f"scatter_prod: zeros {n}", lambda T, x, v, i: T.scatter_reduce(x, 0, i, v, "prod"), values(x), values(v),
           values([0, 0, 0, 2])) for n, (x, v) in enumerate([
               ([0.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0]), ([1.0, 1.0, 0.0], [0.0, 2.0, 3.0, 0.0]),
               ([1.0, 1.0, 2.0], [0.0, 0.0, 3.0, 0.0]), ([0.0, 1.0, 0.0], [0.0, 2.0, 3.0, 0.0])])),
    case("scatter_prod: zeros, alone",
         lambda T, x, v, i: T.scatter_reduce(x, 1, i, v, "prod", include_self=False), real(2, 3),
         values([[0.0, 2.0, 3.0, 0.0], [5.0, 0.0, 0.0, -1.0]]), values([[0, 0, 0, 2], [1, 1, 1, 1]]), oracle=False,
         why="PyTorch has no second derivative with two zeros, and another value with one"),
    case("scatter_reduce: integers", lambda T, x, i: T.scatter_reduce(x, 0, i, x, "mean"), values([7, 2, 4]), _I,
         order=0),
    case("scatter_reduce: in place", lambda T, x, v, i: (x * 1).scatter_reduce_(1, i, v, "amax"), real(2, 3), _SRC,
         _TWICE),
    # whole slices
    case("index_select", lambda T, x, i: T.index_select(x, 1, i) * x.index_select(-1, i), real(2, 3), _I),
    case("index_select: 0-d", lambda T, x, i: T.index_select(x, 0, i), real(), values([0])),
    case("index_add: 0-d", lambda T, x, v, i: T.index_add(x, 0, i, v, alpha=2), real(), real(), values([0])),
    case("index_copy: 0-d", lambda T, x, v, i: T.index_copy(x, -1, i, v), real(), real(), values([0])),
    case("index_fill: 0-d", lambda T, x, i: T.index_fill(x, 0, i, 2.5) * x, real(), values(0)),
    case("index_reduce: 0-d", lambda T, x, v, i: T.index_reduce(x, 0, i, v, "mean"), real(), real(), values([0])),
    case("index_add", lambda T, x, v, i: T.index_add(x, 1, i, v), real(2, 3), real(2, 3), _I),
    case("index_add: alpha", lambda T, x, v, i: x.index_add(0, i, v, alpha=-2.5), real(3, 2), real(3, 2), _I),
    case("index_add: in place", lambda T, x, v, i: (x * 1).index_add_(0, i, v, alpha=2), real(3, 2), real(3, 2), _I),
    case("index_copy", lambda T, x, v, i: T.index_copy(x, 0, i, v) * x.index_copy(0, i, v), real(3, 2), real(2, 2),
         values([2, 0])),
    case("index_copy: in place", lambda T, x, v, i: (x * 1).index_copy_(1, i, v), real(2, 3), real(2, 2),
         values([2, 0])),
    case("index_fill", lambda T, x, i: T.index_fill(x, 1, i, 2.5) * x.index_fill(0, i[1:] * 0, 2), real(2, 3), _I),
    case("index_fill: a Tensor", lambda T, x, v, i: T.index_fill(x, 1, i, v), real(2, 3), real(), values([2, 0])),
    case("index_fill: in place", lambda T, x, i: (x * 1).index_fill_(1, i, 2.5), real(2, 3), _I),
    *(case(f"index_reduce: {how}{', alone' * (not own)}",
           lambda T, x, v, i, how=how, own=own: T.index_reduce(x, 0, i, v, how, include_self=own),
           nonzero(3, 2), nonzero(3, 2), _I) for how in ("prod", "mean", "amax", "amin") for own in (True, False)),
    case("index_reduce: method", lambda T, x, v, i: x.index_reduce(1, i, v, "mean"), real(2, 3), real(2, 3), _I),
    case("index_reduce: in place", lambda T, x, v, i: (x * 1).index_reduce_(1, i, v, "amax"), real(2, 3), real(2, 3),
         _I),
    case("select_scatter", lambda T, x, v: T.select_scatter(x, v, 1, -1) * x.select_scatter(v, 1, 0), real(2, 3),
         real(2)),
    case("slice_scatter", lambda T, x, v: T.slice_scatter(x, v, 1, 0, 4, 2) * x.slice_scatter(v, -1, start=1, end=3),
         real(2, 4), real(2, 2)),
    case("fill", lambda T, x, v: T.fill(x, v) + T.fill(x, 2.5), real(2, 3), real()),
    case("fill: in place", lambda T, x, v: (x * 1).fill_(v) + (x * 1).fill_(2) + (x * 1).zero_(), real(2, 3), real()),
    case("fill: copy_", lambda T, x, v: (x * 1).copy_(v), real(2, 3), real(3)),
    case("fill: zero_", lambda T, x: T.zero_(x * 1), real(2, 3)),
    case("fill: diagonal", lambda T, x: (x * 1).fill_diagonal_(2.5), real(2, 3)),
    case("fill: wrapped", lambda T, x: (x * 1).fill_diagonal_(2.5, wrap=True), real(7, 3)),
    # by a mask
    case("masked_fill", lambda T, x: T.masked_fill(x, x > 0, -2.5) * x.masked_fill(x < 0, 1), nonzero(3, 4)),
    case("masked_fill: a Tensor", lambda T, x, v: x.masked_fill(T.tensor([True, False, True]), v), real(2, 3), real()),
    case("masked_fill: in place", lambda T, x: (x * 1).masked_fill_(x > 0, float("-inf")).exp(), nonzero(3, 4)),
    case("masked_select", lambda T, x: T.masked_select(x, x > 0), nonzero(3, 4)),
    case("masked_select: broadcast", lambda T, x: x.masked_select(T.tensor([[True], [False]])), real(3)),
    case("masked_scatter", lambda T, x, v: T.masked_scatter(x, x > 0, v), nonzero(2, 3), real(2, 4)),
    case("masked_scatter: broadcast", lambda T, x, v: x.masked_scatter(T.tensor([True, False, True]), v), real(2, 3),
         real(7)),
    case("masked_scatter: in place", lambda T, x, v: (x * 1).masked_scatter_(x > 0, v), nonzero(2, 3), real(2, 4)),
    # triangles and diagonals
    case("tril", lambda T, x: T.tril(x), real(3, 4)),
    case("tril: above", lambda T, x: x.tril(1) * x.tril(diagonal=2), real(2, 3, 4)),
    case("tril: in place", lambda T, x: (x * 1).tril_(-1), real(3, 4)),
    case("triu", lambda T, x: T.triu(x, -1) * x.triu(), real(2, 3, 4)),
    case("triu: empty", lambda T, x: T.triu(x), real(0, 3)),
    case("triu: in place", lambda T, x: (x * 1).triu_(), real(3, 4)),
    case("diagonal", lambda T, x: T.diagonal(x), real(3, 4)),
    case("diagonal: others", lambda T, x: x.diagonal(-1, 2, 0), real(3, 2, 4)),
    case("diagonal: outside", lambda T, x: x.diagonal(7), real(3, 2)),
    case("diag_embed", lambda T, x: T.diag_embed(x), real(2, 3)),
    case("diag_embed: others", lambda T, x: x.diag_embed(1, 0, 2), real(2, 3)),
    case("diag_embed: turned", lambda T, x: T.diag_embed(x, offset=-1, dim1=2, dim2=0), real(2, 3)),
    case("diag", lambda T, x: T.diag(x, 1), real(3, 4)),
    case("diag: vector", lambda T, x: x.diag(-1), real(3)),
    case("diagflat", lambda T, x: T.diagflat(x, 1) + x.diagflat(-1), real(2, 2)),
    case("diagonal_scatter", lambda T, x, v: T.diagonal_scatter(x, v, 1) * x.diagonal_scatter(v, -1), real(3, 3),
         real(2)),
    case("diagonal_scatter: others", lambda T, x, v: x.diagonal_scatter(v, 0, -1, 0), real(3, 2, 4), real(2, 3)),
]  # fmt: skip
