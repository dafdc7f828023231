"""linalg: the cases of `gates/linalg.py`."""

from __future__ import annotations

import numpy as np

from .case import Input, case, real, spd, values


def regular(n: int, *batch: int) -> Input:
    """Square matrices of shape (*batch, n, n) that are far from singular, with either sign of determinant."""
    return Input((*batch, n, n), lambda rng, shape: rng.normal(size=shape) + 2.5 * np.eye(shape[-1])[::-1])


SINGULAR = values([[4.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]])  # exactly so, in any order of operations

CASES = [
    case("inverse", lambda T, x: T.inverse(x), regular(3)),
    case("inverse: batch", lambda T, x: T.linalg.inv(x), regular(3, 2, 1)),
    case("inverse: method, 1x1", lambda T, x: x.inverse(), regular(1, 2)),
    case("inverse: empty", lambda T, x: T.linalg.inv(x), regular(0, 2)),
    case("inv_ex", lambda T, x: T.linalg.inv_ex(x), regular(3, 2)),
    case("inv_ex: singular", lambda T, x: T.linalg.inv_ex(x)[1], SINGULAR, order=0, numeric=False),
    case("solve", lambda T, a, b: T.linalg.solve(a, b), regular(3), real(3, 2)),
    case("solve: vector", lambda T, a, b: T.linalg.solve(a, b), regular(3), real(3)),
    case("solve: batch of vectors", lambda T, a, b: T.linalg.solve(a, b), regular(3, 2), real(2, 3)),
    case("solve: one vector for a batch", lambda T, a, b: T.linalg.solve(a, b), regular(3, 2), real(3)),
    case("solve: broadcast", lambda T, a, b: T.linalg.solve(a, b), regular(3, 2, 1), real(4, 3, 2)),
    case("solve: one matrix for a batch", lambda T, a, b: T.linalg.solve(a, b), regular(3), real(2, 3, 1)),
    case("solve: left", lambda T, a, b: T.linalg.solve(a, b, left=False), regular(3, 2), real(2, 4, 3)),
    case("solve: empty", lambda T, a, b: T.linalg.solve(a, b), regular(0), real(0, 2)),
    case("solve: only one side", lambda T, b: T.linalg.solve(T.eye(2, dtype=b.dtype) * 2, b), real(2, 3)),
    case("solve_ex", lambda T, a, b: T.linalg.solve_ex(a, b), regular(3, 2), real(2, 3)),
    case("solve_triangular", lambda T, a, b: T.linalg.solve_triangular(a, b, upper=True), regular(3), real(3, 2)),
    case("solve_triangular: lower", lambda T, a, b: T.linalg.solve_triangular(a + 3 * T.eye(3, dtype=a.dtype), b,
         upper=False), regular(3, 2, 1), real(4, 3, 2)),
    case("solve_triangular: left", lambda T, a, b: T.linalg.solve_triangular(a, b, upper=True, left=False),
         spd(3, 2), real(4, 3)),
    case("solve_triangular: unitriangular", lambda T, a, b: T.linalg.solve_triangular(a, b, upper=False,
         unitriangular=True), real(3, 3), real(3, 2)),
    case("solve_triangular: in halves", lambda T, a, b: T.linalg.solve_triangular(a, b, upper=True), spd(37),
         real(37, 1), order=1, numeric=False, why="large enough to be halved"),
    case("solve_triangular: lower in halves", lambda T, a, b: T.linalg.solve_triangular(a, b, upper=False, left=False),
         spd(70), real(2, 70), order=1, numeric=False, why="halved twice"),
    case("solve_triangular: empty", lambda T, a, b: T.linalg.solve_triangular(a, b, upper=True), real(0, 0),
         real(0, 2)),
    case("det", lambda T, x: T.det(x), regular(3)),
    case("det: batch", lambda T, x: T.linalg.det(x), regular(4, 2, 1)),
    case("det: 1x1", lambda T, x: x.det(), real(2, 1, 1)),
    case("det: empty", lambda T, x: T.det(x), real(2, 0, 0)),
    case("det: singular", lambda T, x: T.det(x), SINGULAR, order=1, oracle=False,
         why="PyTorch answers 0; central differences say the cofactors"),
    case("det: twice singular", lambda T, x: T.det(x), values([[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]),
         order=1, oracle=False, why="PyTorch answers 0 for the first, too"),
    case("slogdet", lambda T, x: T.slogdet(x), regular(3, 2)),
    case("slogdet: the sign alone", lambda T, x: T.linalg.slogdet(x)[0] * x[0, 0], regular(3)),
    case("slogdet: empty", lambda T, x: T.slogdet(x), real(0, 0)),
    case("logdet", lambda T, x: T.logdet(x), spd(3, 2)),
    case("logdet: negative", lambda T, x: x.logdet(), values([[1.0, 2.0], [2.0, 1.0]]), numeric=False),
    case("logdet: singular", lambda T, x: T.logdet(x.detach()), SINGULAR, order=0, numeric=False),
    case("matrix_exp", lambda T, x: T.matrix_exp(x), real(3, 3)),
    case("matrix_exp: batch of sizes", lambda T, x: T.linalg.matrix_exp(x * T.arange(0, 9, 4, dtype=x.dtype)
         .reshape(3, 1, 1)), real(3, 2, 2), numeric=False, why="norms that are halved; too large for differences"),
    case("matrix_exp: 1x1", lambda T, x: x.matrix_exp(), real(2, 1, 1)),
    case("matrix_exp: empty", lambda T, x: T.matrix_exp(x), real(0, 0)),
    case("matrix_exp: nilpotent", lambda T, x: T.matrix_exp(x), values([[0.0, 1.0], [0.0, 0.0]])),
    case("tensorinv", lambda T, x: T.linalg.tensorinv(x.reshape(2, 3, 6), ind=2), regular(6)),
    case("tensorinv: ind", lambda T, x: T.linalg.tensorinv(x.reshape(4, 2, 2), ind=1), regular(4)),
    case("tensorsolve", lambda T, a, b: T.linalg.tensorsolve(a.reshape(2, 3, 6), b), regular(6), real(2, 3)),
    case("tensorsolve: dims", lambda T, a, b: T.linalg.tensorsolve(a.reshape(6, 2, 3), b, dims=(0,)), regular(6),
         real(2, 3)),
    case("triangular_solve", lambda T, b, a: T.triangular_solve(b, a), real(2, 3, 1), spd(3, 2)),
    case("triangular_solve: transposed", lambda T, b, a: b.triangular_solve(a, upper=False, transpose=True), real(3, 2),
         spd(3)),
    case("triangular_solve: unitriangular", lambda T, b, a: T.triangular_solve(b, a, True, True, True),
         real(3, 2), real(3, 3)),
    case("vander: of torch.linalg", lambda T, x: T.linalg.vander(x), real(2, 3)),
    case("vander: N, at 0", lambda T, x: T.linalg.vander(x, N=5), values([0.0, 1.0, -2.0])),
    case("diagonal: of torch.linalg", lambda T, x: T.linalg.diagonal(x, offset=1), real(2, 3, 4)),
]  # fmt: skip
