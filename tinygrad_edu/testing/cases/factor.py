"""factor: the cases of `gates/factor.py`. No program depends on the sign of a vector, which a library may choose."""

from __future__ import annotations

from typing import Any

from .case import case, real, spd, values
from .linalg import SINGULAR, regular


def mT(T: Any, x: Any) -> Any:
    return T.transpose(x, -1, -2)


def function_of_symmetric(T: Any, x: Any) -> Any:
    w, v = T.linalg.eigh(x + mT(T, x))
    return (v * T.tanh(w)[..., None, :]) @ mT(T, v)


def function_of_singular_values(T: Any, x: Any, full: bool = False) -> Any:
    u, s, vh = T.linalg.svd(x, full_matrices=full)
    k = s.shape[-1]
    return (u[..., :k] * T.tanh(s)[..., None, :]) @ vh[..., :k, :]


def squares(T: Any, x: Any, full: bool = False) -> Any:
    u, s, vh = T.linalg.svd(x, full_matrices=full)
    k = s.shape[-1]
    return u[..., :k] * u[..., :k], s, vh[..., :k, :] * vh[..., :k, :]


NORMS = ("fro", 1, -1, float("inf"), float("-inf"))
BROKEN = "PyTorch 2.13 writes in place to what its own gradient needs, and raises; values are compared below"

CASES = [
    case("cholesky", lambda T, x: T.linalg.cholesky(x @ mT(T, x) + T.eye(3, dtype=x.dtype)), real(3, 3)),
    case("cholesky: batch", lambda T, x: T.cholesky((x + mT(T, x)) / 2), spd(3, 2, 1)),
    case("cholesky: upper", lambda T, x: T.linalg.cholesky((x + mT(T, x)) / 2, upper=True), spd(3, 2)),
    case("cholesky: one triangle", lambda T, x: T.linalg.cholesky(x), values([[2.0, 5.0], [0.5, 3.0]]), numeric=False,
         why="a function of one triangle; its gradient is symmetric by convention"),
    case("cholesky: upper triangle", lambda T, x: T.linalg.cholesky(x, upper=True),
         values([[2.0, 0.5], [5.0, 3.0]]), numeric=False, why="the same"),
    case("cholesky: empty", lambda T, x: x.cholesky(), real(2, 0, 0)),
    case("cholesky: 1x1", lambda T, x: T.linalg.cholesky(x), spd(1)),
    case("cholesky_ex", lambda T, x: T.linalg.cholesky_ex((x + mT(T, x)) / 2), spd(3, 2)),
    case("cholesky_ex: no factor", lambda T, x: T.linalg.cholesky_ex(x)[1], values([[[1.0, 2.0], [2.0, 1.0]],
         [[-1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]]), order=0, numeric=False),
    case("cholesky_solve", lambda T, b, x: T.cholesky_solve(b, T.linalg.cholesky((x + mT(T, x)) / 2)), real(2, 3, 2),
         spd(3, 2)),
    case("cholesky_solve: upper", lambda T, b, x: b.cholesky_solve(T.linalg.cholesky((x + mT(T, x)) / 2, upper=True),
         upper=True), real(3, 2), spd(3)),
    case("cholesky_inverse", lambda T, x: T.cholesky_inverse(T.linalg.cholesky((x + mT(T, x)) / 2)), spd(3, 2)),
    case("cholesky_inverse: upper", lambda T, x: T.cholesky_inverse(T.linalg.cholesky((x + mT(T, x)) / 2, upper=True),
         upper=True), spd(3)),
    case("eigh", function_of_symmetric, real(3, 3)),
    case("eigh: batch", function_of_symmetric, real(2, 1, 3, 3)),
    case("eigh: vectors", lambda T, x: T.linalg.eigh((x + mT(T, x)) / 2)[1] ** 2, real(3, 3)),
    case("eigh: one triangle", lambda T, x: T.linalg.eigh(x)[0], real(3, 3), numeric=False,
         why="a function of one triangle; its gradient is symmetric by convention"),
    case("eigh: UPLO", lambda T, x: T.linalg.eigh(x, UPLO="U")[0], real(3, 3), numeric=False, why="the same"),
    case("eigh: empty", lambda T, x: T.linalg.eigh(x), real(0, 0)),
    case("eigvalsh", lambda T, x: T.linalg.eigvalsh((x + mT(T, x)) / 2), real(2, 3, 3)),
    case("eigvalsh: equal ones", lambda T, x: T.linalg.eigvalsh(x).sum(), values([[2.0, 0.0], [0.0, 2.0]]),
         numeric=False, why="one triangle"),
    case("svd", lambda T, x: function_of_singular_values(T, x), real(3, 3)),
    case("svd: tall", lambda T, x: function_of_singular_values(T, x), real(2, 4, 2)),
    case("svd: wide", lambda T, x: function_of_singular_values(T, x), real(2, 1, 2, 4)),
    case("svd: tall, full", lambda T, x: function_of_singular_values(T, x, True), real(4, 2)),
    case("svd: wide, full", lambda T, x: function_of_singular_values(T, x, True), real(2, 4)),
    case("svd: vectors", squares, real(4, 2)),
    case("svd: vectors, wide", lambda T, x: squares(T, x, True), real(2, 4)),
    case("svd: U alone", lambda T, x: T.linalg.svd(x, full_matrices=False)[0] ** 2, real(3, 2)),
    case("svd: 1x1", lambda T, x: squares(T, x), real(1, 1)),
    case("svd: empty", lambda T, x: T.linalg.svd(x, full_matrices=False), real(2, 0, 3)),
    case("svd: older form", lambda T, x: T.svd(x)[2] ** 2, real(4, 2)),
    case("svd: older form, all", lambda T, x: T.svd(x, some=False)[1], real(4, 2)),
    case("svd: older form, values", lambda T, x: T.svd(x, compute_uv=False), real(4, 2)),
    case("svdvals", lambda T, x: T.linalg.svdvals(x), real(2, 3, 4)),
    case("svdvals: zeros", lambda T, x: T.linalg.svdvals(x).sum(), values([[0.0, 0.0], [0.0, 0.0]]), numeric=False),
    case("pinv", lambda T, x: T.linalg.pinv(x), real(4, 2)),
    case("pinv: wide batch", lambda T, x: T.linalg.pinv(x), real(2, 2, 4)),
    case("pinv: rank", lambda T, x, y: T.linalg.pinv(x @ y), real(3, 1), real(1, 4), why="less than full rank"),
    case("pinv: rtol", lambda T, x: T.linalg.pinv(x, rtol=0.5), values([[3.0, 0.1], [0.2, 0.4]]), numeric=False,
         order=1, why="cutting a singular value off is a step"),
    case("pinv: atol", lambda T, x: T.linalg.pinv(x, atol=0.01), real(3, 2)),
    case("pinv: hermitian", lambda T, x: T.linalg.pinv((x + mT(T, x)) / 2, hermitian=True), regular(3)),
    case("pinv: empty", lambda T, x: T.linalg.pinv(x), real(0, 3)),
    case("pinverse", lambda T, x: x.pinverse(), real(3, 2)),
    case("matrix_rank", lambda T, x: T.linalg.matrix_rank(x), SINGULAR, order=0, numeric=False),
    case("matrix_rank: tolerances", lambda T, x: (T.linalg.matrix_rank(x, atol=0.5), T.linalg.matrix_rank(x, rtol=0.6),
         T.linalg.matrix_rank(x, hermitian=True)), values([[[1.0, 0.0], [0.0, 0.4]], [[9.0, 0.0], [0.0, 1.0]]]),
         order=0, numeric=False),
    case("cond", lambda T, x: T.linalg.cond(x), real(2, 4, 3)),
    case("cond: -2", lambda T, x: T.linalg.cond(x, -2), real(3, 3)),
    case("cond: nuc", lambda T, x: T.linalg.cond(x, "nuc"), regular(3)),
    case("cond: fro", lambda T, x: T.linalg.cond(x, "fro"), regular(3, 2), oracle=False, why=BROKEN),
    case("cond: 1", lambda T, x: T.linalg.cond(x, 1), regular(3, 2), oracle=False, why=BROKEN),
    case("cond: -1", lambda T, x: T.linalg.cond(x, -1), regular(3), oracle=False, why=BROKEN),
    case("cond: inf", lambda T, x: T.linalg.cond(x, float("inf")), regular(3), oracle=False, why=BROKEN),
    case("cond: -inf", lambda T, x: T.linalg.cond(x, float("-inf")), regular(3), oracle=False, why=BROKEN),
    case("cond: values", lambda T, x: tuple(T.linalg.cond(x.detach(), p) for p in NORMS), regular(3, 2), order=0,
         numeric=False),
    case("cond: singular", lambda T, x: T.linalg.cond(x.detach(), 1), values([[1.0, 2.0], [2.0, 4.0]]), order=0,
         numeric=False),
    case("cond: empty", lambda T, x: T.linalg.cond(x.detach()), real(2, 0, 0), order=0, numeric=False),
    case("lstsq", lambda T, a, b: T.linalg.lstsq(a, b)[0], real(4, 2), real(4, 3)),
    case("lstsq: wide", lambda T, a, b: T.linalg.lstsq(a, b)[0], real(2, 2, 4), real(2, 2, 1)),
    case("lstsq: vectors", lambda T, a, b: T.linalg.lstsq(a, b)[0], real(2, 4, 3), real(2, 4)),
    case("lstsq: extras", lambda T, a, b: T.linalg.lstsq(a, b, driver="gelsd"), real(2, 4, 2), real(2, 4, 1)),
    case("lstsq: gels", lambda T, a, b: T.linalg.lstsq(a, b, driver="gels")[1:], real(4, 2), real(4, 1)),
    case("qr", lambda T, x: T.linalg.qr(x), real(3, 3)),
    case("qr: tall", lambda T, x: T.linalg.qr(x), real(2, 4, 2)),
    case("qr: wide", lambda T, x: T.linalg.qr(x), real(2, 1, 2, 4)),
    case("qr: complete", lambda T, x: T.linalg.qr(x, mode="complete"), real(2, 3)),
    case("qr: complete, tall", lambda T, x: T.linalg.qr(x.detach(), mode="complete"), real(4, 2), order=0,
         numeric=False),
    case("qr: Q alone", lambda T, x: T.linalg.qr(x)[0], real(3, 2)),
    case("qr: R alone", lambda T, x: T.linalg.qr(x, mode="r")[1], real(3, 2), oracle=False, why="PyTorch refuses"),
    case("qr: empty", lambda T, x: T.linalg.qr(x), real(3, 0)),
    case("qr: empty rows", lambda T, x: T.linalg.qr(x), real(0, 3)),
    case("qr: older form", lambda T, x: x.qr(), real(3, 2)),
    case("householder_product", lambda T, x, t: T.linalg.householder_product(x, t), real(4, 3), real(2)),
    case("householder_product: batch", lambda T, x, t: T.orgqr(x, t), real(2, 4, 2), real(2, 2)),
    case("ormqr", lambda T, x, t, y: T.ormqr(x, t, y), real(4, 2), real(2), real(4, 3)),
    case("ormqr: right", lambda T, x, t, y: T.ormqr(x, t, y, left=False), real(4, 2), real(2), real(3, 4)),
    case("ormqr: transposed", lambda T, x, t, y: x.ormqr(t, y, True, True), real(2, 4, 2), real(2, 2), real(2, 4, 3)),
    case("lu", lambda T, x: T.linalg.lu(x), real(3, 3)),
    case("lu: tall", lambda T, x: T.linalg.lu(x)[1:], real(2, 4, 2)),
    case("lu: wide", lambda T, x: T.linalg.lu(x)[1:], real(2, 1, 2, 4)),
    case("lu: without swaps", lambda T, x: T.linalg.lu(x, pivot=False)[1:], spd(3), oracle=False,
         why="PyTorch has it on other devices only"),
    case("lu: empty", lambda T, x: T.linalg.lu(x), real(2, 0, 0)),
    case("lu: empty columns", lambda T, x: T.linalg.lu(x), real(2, 3, 0)),
    case("lu_factor", lambda T, x: T.linalg.lu_factor(x), real(2, 3, 3)),
    case("lu_factor_ex", lambda T, x: T.linalg.lu_factor_ex(x.detach()), SINGULAR, order=0, numeric=False),
    case("lu_factor: older form", lambda T, x: x.lu(), real(3, 4)),
    case("lu_unpack", lambda T, x: T.lu_unpack(*T.linalg.lu_factor(x)), real(2, 3, 4)),
    case("lu_solve", lambda T, a, b: T.linalg.lu_solve(*T.linalg.lu_factor(a), b), regular(3, 2), real(2, 3, 2)),
    case("lu_solve: left", lambda T, a, b: T.linalg.lu_solve(*T.linalg.lu_factor(a), b, left=False), regular(3),
         real(2, 3)),
    case("lu_solve: adjoint", lambda T, a, b: T.linalg.lu_solve(*T.linalg.lu_factor(a), b, adjoint=True), regular(3),
         real(3, 2)),
    case("lu_solve: both", lambda T, a, b: T.linalg.lu_solve(*T.linalg.lu_factor(a), b, left=False, adjoint=True),
         regular(3), real(2, 3)),
    case("lu_solve: older form", lambda T, a, b: b.lu_solve(*T.linalg.lu_factor(a)), regular(3), real(3, 2)),
]  # fmt: skip
