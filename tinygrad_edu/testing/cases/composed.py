"""composed: the cases of `gates/composed.py`."""

from math import inf, nan

from ...gates import composed
from .case import apart, case, integers, nonzero, positive, real, values


def vector_norm(T, *args, **keywords):  # type: ignore[no-untyped-def]
    """`linalg.vector_norm` of either library."""
    return T.linalg.vector_norm(*args, **keywords)


def functional(T, name):  # type: ignore[no-untyped-def]
    """A function of `nn.functional` of either library."""
    return getattr(T.nn.functional if T.__name__ == "torch" else composed, name)


ALL_P = (2, 1, 0.5, 1.5, 2.5, 3, inf, -inf, -1, -1.5)

CASES = [
    # spread
    case("var", lambda T, x: (T.var(x), x.var(unbiased=False), T.var(x, False), x.var(correction=0)), real(3, 4)),
    case("var: axes", lambda T, x: (T.var(x, 1), x.var((0, -1), keepdim=True), x.var(dim=-2, correction=2)),
         real(2, 3, 4)),
    case("var: no axes are all", lambda T, x: T.var(x, dim=[]), real(2, 3), oracle=False,
         why="PyTorch's gradient is wrong here"),
    case("var: old spelling", lambda T, x: (T.var(x, 1, False, True), x.var(0, unbiased=True)), real(3, 4)),
    case("var: far from 0", lambda T, x: T.var(x + 1e6), real(50), numeric=False, tolerance=1e-8,
         why="the mean of squares less the square of the mean would have no digit left"),
    case("var: one element", lambda T, x: (x.var(), x.var(1), x.var(correction=0)), real(1, 1), numeric=False),
    case("var: 0-d and empty", lambda T, x, y: (x.var(), y.var(), y.var(0), y.var(1)), real(), real(0, 2),
         numeric=False),
    case("std", lambda T, x: (T.std(x), x.std(unbiased=False), T.std(x, True), x.std(correction=0)), real(3, 4)),
    case("std: axes", lambda T, x: (T.std(x, 1), x.std((0, -1), keepdim=True), T.std(x, dim=1, correction=1.5)),
         real(2, 3, 4)),
    case("std: of equal elements", lambda T, x: (T.std(x, 1), x.std(1, correction=0)), values([[1.0, 1.0], [1.0, 3.0]]),
         numeric=False),
    case("std: one element", lambda T, x: (x.std(), x.std(1)), real(1, 1), numeric=False),
    case("std: special", lambda T, x: T.std(x, 1), values([[inf, 1.0], [nan, 3.0]]), numeric=False),
    case("var_mean", lambda T,
         x: (*T.var_mean(x), *T.var_mean(x, 1, keepdim=True), *T.var_mean(x, dim=0, correction=0)),
         real(3, 4)),
    case("std_mean", lambda T, x: (*T.std_mean(x), *T.std_mean(x, (0, 1), keepdim=True), *T.std_mean(x, 1)),
         real(3, 4)),
    case("cov", lambda T, x: (T.cov(x), x.cov(correction=0)), real(3, 5)),
    case("cov: vector and number", lambda T, x, y: (T.cov(x), T.cov(y, correction=0)), real(5), real()),
    case("cov: weights", lambda T, x, f,
         a: (T.cov(x, fweights=f), T.cov(x, aweights=a), T.cov(x, fweights=f, aweights=a)),
         real(3, 4), integers(1, 4)(4), positive(4)),
    case("cov: integers", lambda T, x: T.cov(x), integers(0, 9)(3, 4), order=0),
    case("corrcoef", lambda T, x: T.corrcoef(x), real(3, 5)),
    case("corrcoef: vector", lambda T, x: T.corrcoef(x), real(5)),
    # norms
    *(case(f"vector_norm: {p}", lambda T, x, p=p: (vector_norm(T, x, p), vector_norm(T, x, p, -1), T.norm(x, p, dim=0)),
           apart(3, 4)) for p in ALL_P),
    case("vector_norm: 0", lambda T, x: vector_norm(T, x, 0, 1), values([[1.0, 0.0], [2.0, 3.0]]), numeric=False),
    *(case(f"vector_norm: {p} at 0", lambda T, x, p=p: vector_norm(T, x, p, 1),
           values([[0.0, 0.0], [0.0, 2.0], [-3.0, 1.0]]), numeric=False) for p in ALL_P),
    case("vector_norm: ties", lambda T, x: (vector_norm(T, x, inf), vector_norm(T, x, -inf, dim=1)),
         values([[3.0, -3.0], [1.0, 3.0]]), numeric=False),
    *(case(f"vector_norm: {p}, special", lambda T, x, p=p: vector_norm(T, x, p, 1),
           values([[inf, 1.0], [nan, 2.0], [-inf, inf]]), numeric=False) for p in (1, 2, inf)),
    case("vector_norm: axes", lambda T, x: (vector_norm(T, x, 2, (0, 2), keepdim=True), vector_norm(T, x, dim=1)),
         real(2, 3, 4)),
    case("vector_norm: 0-d and empty", lambda T, x, y: (vector_norm(T, x), vector_norm(T, y), vector_norm(T, y, 2, 1)),
         nonzero(), real(2, 0)),
    case("norm", lambda T, x: (T.norm(x), x.norm(), T.norm(x, "fro", dim=(0, 1)), x.norm(p=3), x.norm(1, 1, True)),
         nonzero(2, 3)),
    case("norm: nuc", lambda T, x: T.norm(x, "nuc"), real(3, 4)),
    case("norm: at 0", lambda T, x: x.norm() + x.norm(dim=1).sum(), values([[0.0, 0.0]]), numeric=False),
    case("linalg.norm", lambda T, x: (T.linalg.norm(x), T.linalg.norm(x, dim=1), T.linalg.norm(x, 3, -1, True),
                                      T.linalg.norm(x[0], 1), T.linalg.norm(x, "fro"), T.linalg.norm(x, 1, (1, 0))),
         nonzero(3, 4)),
    *(case(f"matrix_norm: {ord}", lambda T, x, ord=ord: (T.linalg.matrix_norm(x, ord), T.linalg.norm(x[0], ord),
                                                         T.linalg.matrix_norm(x, ord, (0, -1), keepdim=True)),
           apart(2, 3, 3)) for ord in ("fro", "nuc", 1, -1, 2, -2, inf, -inf)),
    case("matrix_norm: ties", lambda T, x: (T.linalg.matrix_norm(x, 1), T.linalg.matrix_norm(x, -inf)),
         values([[1.0, -1.0], [0.0, 0.0]]), numeric=False),
    # distances
    *(case(f"dist: {p}", lambda T, x, y, p=p: (T.dist(x, y, p), x.dist(y[0])), apart(3, 4), real(3, 4)) for p in (2,
           1, inf)),
    *(case(f"cdist: {p}", lambda T, x, y, p=p: T.cdist(x, y, p), real(2, 3, 4), real(5, 4)) for p in (2.0, 1.0, inf,
           2.5, 1.5)),
    case("cdist: 0", lambda T, x, y: T.cdist(x, y, 0), real(3, 4), real(5, 4)),
    *(case(f"cdist: {p}, rows that coincide", lambda T, x, y, p=p: T.cdist(x, y, p),
           values([[0.0, 1.0], [2.0, 5.0]]), values([[0.0, 1.0], [2.0, 2.0]]), numeric=False) for p in (2.0, 1.0, inf,
           3.0, 1.5, 0.5)),
    *(case(f"pdist: {p}", lambda T, x, p=p: T.pdist(x, p), real(4, 3)) for p in (2.0, 1.0, inf, 3.0)),
    case("pdist: rows that coincide", lambda T, x: T.pdist(x), values([[0.0, 1.0], [2.0, 5.0], [0.0, 1.0]]),
         numeric=False),
    case("pdist: one row", lambda T, x: T.pdist(x), real(1, 3)),
    case("pairwise_distance", lambda T, x, y: (T.pairwise_distance(x, y), T.pairwise_distance(x, y[0], 1.0, 0.5, True)),
         real(3, 4), real(3, 4)),
    case("cosine_similarity", lambda T, x, y: (T.cosine_similarity(x, y), T.cosine_similarity(x, y[0], dim=-1)),
         real(3, 4), real(3, 4)),
    case("cosine_similarity: broadcasting", lambda T, x, y: T.cosine_similarity(x, y, dim=2), real(3, 1, 4),
         real(5, 4)),
    case("cosine_similarity: of 0", lambda T, x, y: T.cosine_similarity(x, y), values([[0.0, 0.0], [1.0, 2.0]]),
         values([[1.0, 2.0], [0.0, 0.0]]), numeric=False),
    case("normalize", lambda T, x: (functional(T, "normalize")(x), functional(T, "normalize")(x, 1.0, 0, 2.5)),
         real(3, 4)),
    case("normalize: of 0", lambda T, x: functional(T, "normalize")(x, eps=0.5),
         values([[0.0, 0.0], [0.1, 0.2], [3.0, 4.0]]),
         numeric=False),
    # softmax
    case("softmax", lambda T, x: (T.softmax(x, 1), x.softmax(dim=0), x.softmax(-1, dtype=T.float64)), real(3, 4)),
    case("softmax: large", lambda T, x: T.softmax(x, 0), values([1000.0, 999.0, -1000.0]), numeric=False),
    case("softmax: special", lambda T, x: T.softmax(x, 1), values([[inf, 1.0], [-inf, 1.0], [-inf, -inf], [nan, 0.0]]),
         numeric=False),
    case("softmax: 0-d and empty", lambda T, x, y: (x.softmax(0), y.softmax(1), y.softmax(0)), real(), real(2, 0)),
    case("log_softmax", lambda T, x: (T.log_softmax(x, 1), x.log_softmax(dim=0)), real(3, 4)),
    case("log_softmax: large", lambda T, x: T.log_softmax(x, 0), values([1000.0, 999.0, -1000.0]), numeric=False),
    case("log_softmax: special", lambda T, x: T.log_softmax(x, 1),
         values([[inf, 1.0], [-inf, 1.0], [-inf, -inf], [nan, 0.0]]), numeric=False),
    case("log_softmax: 0-d and empty", lambda T, x, y: (x.log_softmax(-1), y.log_softmax(1)), real(), real(2, 0)),
    # powers
    case("vander", lambda T, x: (T.vander(x), T.vander(x, 2), T.vander(x, 4, increasing=True)), real(3), oracle=False,
         why="PyTorch writes in place what its own gradient needs, and raises"),
    case("vander: integers", lambda T, x: (T.vander(x), T.vander(x, 2), T.vander(x, 4, increasing=True)),
         integers(0, 5)(3),
         order=0),
    case("vander: none", lambda T, x: (T.vander(x, 0), T.vander(x[:0])), real(3), order=0, numeric=False),
]  # fmt: skip
