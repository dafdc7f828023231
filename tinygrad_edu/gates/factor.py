"""factor: matrices as products, by Cholesky, eigenvectors, singular values, QR and LU; leading axes are a batch.

None of the five ways fits these gates well: the upstream is turned into the basis of the factors,
weighted there, and turned back. That is a product with the other factors from both sides, so they
call themselves switchers. What is a question of basis (the sign of an eigenvector, the rotation
within a repeated eigenvalue) has no gradient: use such outputs in ways that do not depend on it.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .. import record
from ..errors import NoGradientError, NotPositiveDefiniteError, OptionError, ShapeError, SingularMatrixError
from ..record import run
from ..tensor import Tensor, as_tensor
from .binding import methods
from .composed import matrix_norm
from .contract import matmul
from .diagonals import tril, triu
from .distribute import sum as sum_
from .join import cat
from .linalg import (
    asked,
    column,
    factored,
    first_zero_pivot,
    inv_ex,
    is_vector,
    matrices,
    mT,
    solve_triangular,
    solve_triangular_gate,
)
from .reshape import transpose
from .route import where

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "lu",
    "lu_solve",
    "lu_unpack",
    "orgqr",
    "ormqr",
    "pinverse",
    "qr",
    "svd",
]

gate = partial(record.gate, kind="switch")


# What is returned, by PyTorch's names of the parts.


class CholeskyEx(NamedTuple):
    """What `cholesky_ex` returns."""

    L: Tensor
    info: Tensor


class Eigh(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class Svd(NamedTuple):
    """What `linalg.svd` returns: A = U diag(S) Vh."""

    U: Tensor
    S: Tensor
    Vh: Tensor


class OldSvd(NamedTuple):
    """What `svd` returns: A = U diag(S) V.mT."""

    U: Tensor
    S: Tensor
    V: Tensor


class Lstsq(NamedTuple):
    """What `lstsq` returns."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


class Qr(NamedTuple):
    """What `qr` returns: A = Q R."""

    Q: Tensor
    R: Tensor


class Lu(NamedTuple):
    """What `linalg.lu` returns: A = P L U."""

    P: Tensor
    L: Tensor
    U: Tensor


class LuFactor(NamedTuple):
    """What `lu_factor` returns."""

    LU: Tensor
    pivots: Tensor


class LuFactorEx(NamedTuple):
    """What `lu_factor_ex` returns."""

    LU: Tensor
    pivots: Tensor
    info: Tensor


def _diagonal_matrix(x: Any) -> Any:
    """Vectors as diagonal matrices, in a form that a recorded rule can use, too."""
    return np.expand_dims(x, -1) * np.eye(x.shape[-1], dtype=x.dtype)


def _identity(n: int, like: Any) -> np.ndarray:
    return np.eye(n, dtype=like.dtype)


# Cholesky.


def _for_cholesky(g: Any, z: Any, x: Any) -> Any:
    inner = np.tril(mT(z) @ g)
    inner = inner - _half_diagonal(inner)
    turned = run(solve_triangular_gate, mT(z), inner, upper=True, unit=False)  # L⁻ᵀ inner
    turned = run(solve_triangular_gate, mT(z), mT(turned), upper=True, unit=False)  # its transpose from the other side
    return (turned + mT(turned)) / 2


def _half_diagonal(x: Any) -> Any:
    return x * (_identity(x.shape[-1], x) / 2)


_cholesky = gate(
    "cholesky",
    lambda x: asked("cholesky", np.linalg.cholesky, x),
    _for_cholesky,
    local=("the symmetric half of L⁻ᵀ Φ(Lᵀ g) L⁻¹; Φ: the lower triangle, its diagonal halved",),
    says="The L of A = L Lᵀ; I. Murray, Differentiation of the Cholesky decomposition (2016).",
)


def cholesky(A: Any, *, upper: bool = False) -> Tensor:
    """The lower triangle L of A = L Lᵀ, (…, n, n) -> (…, n, n); with `upper` the U of A = Uᵀ U.

    Only one triangle of A is looked at; the gradient is symmetric, as in PyTorch.

    Raises:
        NotPositiveDefiniteError: if there is no such L.
        ShapeError, DtypeError: for what is not a square matrix of floats.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.cholesky(tg.tensor([[4.0, 2.0], [2.0, 2.0]])).tolist()
    [[2.0, 0.0], [1.0, 1.0]]
    """
    A = matrices(A, "cholesky", square=True)
    return transpose(_cholesky(transpose(A, -1, -2)), -1, -2) if upper else _cholesky(A)


def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False) -> CholeskyEx:
    """(L, info): `cholesky`, with nan where it does not exist, and there `info` > 0.

    `info` (int32) is the size of the first leading square that is not positive definite.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.cholesky_ex(-tg.eye(2)).info
    tensor(1, dtype=int32)
    """
    A = matrices(A, "cholesky_ex", square=True)
    info = np.zeros(A.shape[:-2], np.int32)
    try:
        return CholeskyEx(cholesky(A, upper=upper), Tensor(info))
    except NotPositiveDefiniteError:
        if check_errors:
            raise
    for at in np.ndindex(info.shape):
        info[at] = _first_failure(A._data[at].T if upper else A._data[at])
    ok = (info == 0)[..., None, None]
    L = cholesky(where(ok, A, _identity(A.shape[-1], A)), upper=upper)
    return CholeskyEx(where(ok, L, float("nan")), Tensor(info))


def _first_failure(x: np.ndarray) -> int:
    """The size of the first leading square of one matrix that is not positive definite, else 0."""
    for k in range(1, len(x) + 1):
        try:
            np.linalg.cholesky(x[:k, :k])
        except np.linalg.LinAlgError:
            return k
    return 0


def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Tensor:
    """The X of A X = B, given L = cholesky(A): two triangles, one after the other.

    Only L's own triangle is looked at, and only it gets a gradient (PyTorch sends one to the other, too).

    Args:
        B: (…, n, k).
        L: (…, n, n), lower triangular; upper with `upper=True`.

    Raises:
        SingularMatrixError: for a zero on L's diagonal.
        ShapeError, DtypeError: for shapes that do not fit, or integers.

    >>> import tinygrad_edu as tg
    >>> tg.cholesky_solve(tg.tensor([[8.0]]), tg.tensor([[2.0]]))
    tensor([[2.]])
    """
    L = matrices(L, "cholesky_solve", square=True)
    first = transpose(L, -1, -2) if upper else L
    second = L if upper else transpose(L, -1, -2)
    return solve_triangular(second, solve_triangular(first, B, upper=False), upper=True)


def cholesky_inverse(L: Any, upper: bool = False) -> Tensor:
    """The inverse of A, given L = cholesky(A); (…, n, n) -> (…, n, n). Its gradient is as in `cholesky_solve`.

    >>> import tinygrad_edu as tg
    >>> tg.cholesky_inverse(tg.tensor([[2.0]]))
    tensor([[0.2500]])
    """
    L = matrices(L, "cholesky_inverse", square=True)
    return cholesky_solve(_identity(L.shape[-1], L), L, upper)


# Eigenvectors of symmetric matrices.


def _for_eigh(g: Any, z: Any, x: Any, UPLO: str) -> Any:
    w, v = z[0], z[1]
    inner = 0 if g[0] is None else _diagonal_matrix(g[0])
    if g[1] is not None:
        turned = mT(v) @ g[1]
        eye = np.eye(x.shape[-1], dtype=bool)
        gaps = np.where(eye, 1, np.expand_dims(w, -2) - np.expand_dims(w, -1))
        inner = inner + (turned - mT(turned)) / 2 / gaps
    return v @ inner @ mT(v)


_eigh = gate(
    "eigh",
    lambda x, UPLO: asked("eigh", np.linalg.eigh, x, UPLO),
    _for_eigh,
    local=("V (diag(g_w) + skew(Vᵀ g_V)/(2 (w_j - w_i))) Vᵀ (skew(M) = M - Mᵀ)",),
    outputs=2,
    says="Eigenvalues and eigenvectors of a symmetric matrix; M. Giles (2008), 3.1.",
)


def eigh(A: Any, UPLO: str = "L") -> Eigh:
    """(eigenvalues, eigenvectors) of symmetric matrices: w (…, n), ascending, and V (…, n, n) in columns.

    Only the lower triangle is looked at, the upper with UPLO="U"; the gradient is symmetric, as in
    PyTorch. A gradient through V divides by the differences of eigenvalues: nan where two are equal.

    Raises:
        LinAlgError: if LAPACK does not converge (nan among the elements).
        ShapeError, DtypeError: for what is not a square matrix of floats.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.eigh(tg.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    return Eigh(*_eigh(matrices(A, "eigh", square=True), UPLO=UPLO.upper()))


def eigvalsh(A: Any, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric matrices, ascending: (…, n, n) -> (…, n); equal ones do no harm.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.eigvalsh(tg.eye(2))
    tensor([1., 1.])
    """
    return eigh(A, UPLO)[0]


# Singular values.


def _for_svd(g: Any, z: Any, x: Any, full_matrices: bool) -> Any:
    """Of U and Vᵀ only the first k = min(m, n) vectors count: the others are a free choice of basis."""
    m, n = x.shape[-2:]
    k = min(m, n)
    u, s, vh = z[0][..., :k], z[1], z[2][..., :k, :]
    down, along = np.expand_dims(s, -1), np.expand_dims(s, -2)
    gaps = np.where(np.eye(k, dtype=bool), 1, (along - down) * (along + down))
    inner, outer = np.zeros_like(x[..., :k, :k]) if g[1] is None else _diagonal_matrix(g[1]), 0
    if g[0] is not None:
        gu = g[0][..., :k]
        turned = mT(u) @ gu
        inner = inner + (turned - mT(turned)) / gaps * along
        if m > k:
            outer = outer + (gu - u @ turned) / along @ vh
    if g[2] is not None:
        gvh = g[2][..., :k, :]
        turned = vh @ mT(gvh)
        inner = inner + down * (turned - mT(turned)) / gaps
        if n > k:
            outer = outer + u @ ((gvh - mT(turned) @ vh) / down)
    return u @ inner @ vh + outer


_svd = gate(
    "svd",
    lambda x, full_matrices: asked("svd", np.linalg.svd, x, full_matrices=full_matrices),
    _for_svd,
    local=(
        "U (diag(g_s) + (skew(Uᵀ g_U) S + S skew(Vᵀ g_V))/(s_j² - s_i²)) Vᵀ (skew(M) = M - Mᵀ)"
        " + (I - U Uᵀ) g_U S⁻¹ Vᵀ + U S⁻¹ g_Vᵀ (I - V Vᵀ)",
    ),
    outputs=3,
    says="Singular values and vectors; J. Townsend, Differentiating the singular value decomposition (2016).",
)


def linalg_svd(A: Any, full_matrices: bool = True) -> Svd:
    """(U, S, Vh) with A = U diag(S) Vh, and S descending: `torch.linalg.svd`.

    A gradient through U or Vh divides by differences of singular values: nan where two are equal. Only the first
    k = min(m, n) vectors have a gradient; the others are a free choice.

    Args:
        A: (…, m, n).
        full_matrices: U (…, m, m) and Vh (…, n, n); else U (…, m, k) and Vh (…, k, n).

    Raises:
        LinAlgError: if LAPACK does not converge (nan among the elements).
        ShapeError, DtypeError: for what is not a matrix of floats.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.svd(tg.tensor([[0.0, 3.0], [1.0, 0.0]])).S
    tensor([3., 1.])
    """
    return Svd(*_svd(matrices(A, "svd"), full_matrices=bool(full_matrices)))


def svd(A: Any, some: bool = True, compute_uv: bool = True) -> OldSvd:
    """(U, S, V) with A = U diag(S) V.mT: PyTorch's older form of `linalg.svd`, which returns Vh.

    Args:
        some: the first min(m, n) vectors only.
        compute_uv: False puts zeros in the place of U and V.

    >>> import tinygrad_edu as tg
    >>> tg.svd(tg.ones(3, 2)).V.shape
    (2, 2)
    """
    A = matrices(A, "svd")
    u, s, vh = _svd(A, full_matrices=not some)
    if not compute_uv:
        (*batch, m, n) = A.shape
        return OldSvd(Tensor(np.zeros((*batch, m, m), A.dtype)), s, Tensor(np.zeros((*batch, n, n), A.dtype)))
    return OldSvd(u, s, transpose(vh, -1, -2))


def svdvals(A: Any) -> Tensor:
    """The singular values, descending: (…, m, n) -> (…, min(m, n)); equal ones do no harm.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.svdvals(tg.eye(2))
    tensor([1., 1.])
    """
    return linalg_svd(A, full_matrices=False)[1]


def _pseudo_inverse(x: np.ndarray, atol: Any, rtol: Any, hermitian: bool) -> np.ndarray:
    u, s, vh = asked("pinv", np.linalg.svd, x, full_matrices=False, hermitian=hermitian)
    keep = s > _threshold(s, x, atol, rtol)
    s = np.where(keep, 1 / np.where(keep, s, 1), 0)
    return np.swapaxes(vh, -1, -2) @ (s[..., None] * np.swapaxes(u, -1, -2))


def _threshold(s: np.ndarray, x: np.ndarray, atol: Any, rtol: Any) -> np.ndarray:
    """Below it a singular value counts as zero: the larger of `atol` and `rtol` times the largest one."""
    if rtol is None:
        rtol = 0 if np.any(atol) else max(x.shape[-2:]) * np.finfo(x.dtype).eps
    largest = np.max(np.abs(s), axis=-1, keepdims=True, initial=0)
    return np.maximum(_tolerance(0 if atol is None else atol), _tolerance(rtol) * largest).astype(x.dtype)


def _tolerance(value: Any) -> np.ndarray:
    value = np.asarray(value)
    return value[..., None] if value.ndim else value


def _for_pinv(g: Any, z: Any, x: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
    p, gt = mT(z), mT(g)
    m, n = x.shape[-2:]
    rows, columns = _identity(m, x) - x @ z, _identity(n, x) - z @ x
    return rows @ gt @ (z @ p) + (p @ z) @ gt @ columns - p @ g @ p


_pinv = gate(
    "pinv",
    _pseudo_inverse,
    _for_pinv,
    local=("-Pᵀ g Pᵀ + (I - A P) gᵀ P Pᵀ + Pᵀ P gᵀ (I - P A)",),
    says="The pseudo-inverse; G. Golub and V. Pereyra (1973), 4.12. Right where the rank does not change.",
)


def pinv(A: Any, rtol: Any = None, hermitian: bool = False, *, atol: Any = None) -> Tensor:
    """The pseudo-inverse (Moore and Penrose), (…, m, n) -> (…, n, m).

    Args:
        rtol: singular values below `rtol` times the largest count as zero;
            default: max(m, n) times the dtype's epsilon, or 0 if `atol` is given.
        atol: so do those below `atol`.
        hermitian: A is symmetric; only its lower triangle is looked at.

    Raises:
        ShapeError, DtypeError: for what is not a matrix of floats.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.pinv(tg.tensor([[2.0], [0.0]])).tolist()
    [[0.5, 0.0]]
    """
    A = matrices(A, "pinv", square=hermitian)
    return _pinv(A, atol=_as_array(atol), rtol=_as_array(rtol), hermitian=bool(hermitian))


def _as_array(value: Any) -> Any:
    return np.array(value._data) if isinstance(value, Tensor) else value


def pinverse(A: Any, rcond: Any = 1e-15) -> Tensor:
    """The pseudo-inverse, by PyTorch's older name and with its older threshold.

    >>> import tinygrad_edu as tg
    >>> tg.pinverse(tg.tensor([[4.0]]))
    tensor([[0.2500]])
    """
    return pinv(A, rtol=rcond)


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Tensor:
    """How many singular values are not (nearly) zero: (…, m, n) -> (…), int64, without a gradient.

    Args:
        tol: the same as `atol`, with `rtol` 0.
        atol, rtol: as in `pinv`.
        hermitian: A is symmetric; the eigenvalues are counted.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.matrix_rank(tg.ones(3, 3))
    tensor(1)
    """
    x = matrices(A, "matrix_rank", square=hermitian)._data
    if tol is not None:
        atol, rtol = tol, 0
    s = np.abs(np.linalg.eigvalsh(x)) if hermitian else np.linalg.svd(x, compute_uv=False)
    return Tensor(np.sum(s > _threshold(s, x, _as_array(atol), _as_array(rtol)), axis=-1, dtype=np.int64))


def cond(A: Any, p: Any = None) -> Tensor:
    """The condition number: how much a solution may feel an error of the right side; (…, m, n) -> (…).

    Args:
        p: None or 2 (the largest singular value by the smallest), -2 (the inverse of that), "nuc"; or
            "fro", 1, -1, inf, -inf: that norm of A times that norm of A's inverse.

    Returns:
        inf for a singular matrix.

    Raises:
        ShapeError, DtypeError: for what is not a matrix of floats, square with the norms of the inverse.
        OptionError: for another p.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.cond(tg.tensor([[2.0, 0.0], [0.0, 1.0]]))
    tensor(2.)
    """
    A = matrices(A, "cond", square=p not in (None, 2, -2))
    if A.shape[-1] == 0:
        return Tensor(np.zeros(A.shape[:-2], A.dtype))
    if p in (None, 2, -2, "nuc"):
        s = svdvals(A)
        if p == "nuc":
            return sum_(s, -1) * sum_(1 / s, -1)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    inverted, info = inv_ex(A)
    return where(info == 0, matrix_norm(A, p) * matrix_norm(inverted, p), float("inf"))


def lstsq(A: Any, B: Any, rcond: Any = None, *, driver: str | None = None) -> Lstsq:
    """The X that makes the squares of A X - B smallest (of several the shortest): pinv(A) @ B.

    Args:
        A: (…, m, n).
        B: (…, m, k), or one vector for each matrix: (m,) or A.shape[:-1].
        rcond: singular values below `rcond` times the largest count as zero; default as in `pinv`.
        driver: which extras PyTorch's LAPACK routine of that name returns (the solution is the same):
            None and "gelsy" the rank; "gelsd" and "gelss" the rank, the singular values and the
            residuals; "gels" the residuals.

    Returns:
        (solution, residuals, rank, singular_values). What is not returned is empty; residuals also
        unless m > n and A has full rank. The last two have no gradient.

    Raises:
        ShapeError, DtypeError: for shapes that do not fit, or integers.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.lstsq(tg.tensor([[1.0], [1.0]]), tg.tensor([[2.0], [4.0]])).solution.shape
    (1, 1)
    """
    A, B = matrices(A, "lstsq"), as_tensor(B)
    if driver not in (None, "gelsy", "gelsd", "gelss", "gels"):
        raise OptionError("lstsq: no such driver.", expected="None, gelsy, gelsd, gelss or gels", got=repr(driver))
    right = column(B) if is_vector(A, B) else B
    if right.ndim < 2 or right.shape[-2] != A.shape[-2]:
        raise ShapeError("lstsq: A and B must have equally many rows.", got=f"{A.shape} and {B.shape}")
    x = pinv(A, rtol=rcond) @ right
    empty = Tensor(np.zeros(0, A.dtype))
    rank = Tensor(np.zeros(0, np.int64)) if driver == "gels" else matrix_rank(A, rtol=rcond)
    s = Tensor(np.linalg.svd(A._data, compute_uv=False)) if driver in ("gelsd", "gelss") else empty
    (m, n), residuals = A.shape[-2:], empty
    if driver not in (None, "gelsy") and m > n and (rank._data == n).all():
        residuals = sum_((A @ x - right) * (A @ x - right), -2)
    return Lstsq(x[..., 0] if right is not B else x, residuals, rank, s)


# QR, and products of reflections.


def _back_through_qr(g: Any, z: Any, x: Any, needs: Any, mode: str) -> Any:
    if mode == "complete" and x.shape[-2] > x.shape[-1]:
        raise NoGradientError(
            "qr with mode='complete' of a tall matrix has no gradient: the last columns of Q are a free choice.",
            got=f"shape {x.shape}",
            mend="use mode='reduced'",
        )
    q, r = z[0], z[1]
    inner = 0
    if g[1] is not None:
        inner = inner + g[1] @ mT(r)
    if g[0] is not None:
        inner = inner - mT(q) @ g[0]
    out = q @ (np.triu(inner) + mT(np.triu(inner, 1)))
    if g[0] is not None:
        out = out + g[0]
    return (mT(run(solve_triangular_gate, r, mT(out), upper=True, unit=False)),)


_qr = gate(
    "qr",
    lambda x, mode: tuple(asked("qr", np.linalg.qr, x, mode=mode)),
    jointly=_back_through_qr,
    local=("(g_Q + Q sym(g_R Rᵀ - Qᵀ g_Q)) R⁻ᵀ (sym: the upper triangle, mirrored)",),
    outputs=2,
    says="Q with orthonormal columns, R triangular; S. Walter and L. Lehmann, Algorithmic differentiation of linear "
    "algebra functions (2010).",
)


def linalg_qr(A: Any, mode: str = "reduced") -> Qr:
    """(Q, R) with A = Q R, Q's columns orthonormal and R upper triangular: `torch.linalg.qr`.

    Args:
        A: (…, m, n); its first min(m, n) columns must be independent for a gradient.
        mode: "reduced": Q (…, m, k) and R (…, k, n), k = min(m, n); "complete": Q (…, m, m) and
            R (…, m, n), without a gradient if m > n; "r": R alone, Q is empty (R keeps its
            gradient, which PyTorch refuses).

    Raises:
        ShapeError, DtypeError: for what is not a matrix of floats.

    >>> import tinygrad_edu as tg
    >>> abs(tg.linalg.qr(tg.tensor([[3.0], [4.0]])).R.item())
    5.0
    """
    A = matrices(A, "qr")
    if mode not in ("reduced", "complete", "r"):
        raise OptionError("qr: no such mode.", expected="'reduced', 'complete' or 'r'", got=repr(mode))
    m, n = A.shape[-2:]
    if m >= n:
        q, r = _qr(A, mode="complete" if mode == "complete" else "reduced")
    else:  # the first columns decide Q, and Q turns the others
        q, r = _qr(A[..., :m], mode="reduced")
        r = cat([r, transpose(q, -1, -2) @ A[..., m:]], -1)
    return Qr(Tensor(np.zeros(0, A.dtype)) if mode == "r" else q, r)


def qr(A: Any, some: bool = True) -> Qr:
    """(Q, R) with A = Q R: PyTorch's older form of `linalg.qr`.

    >>> import tinygrad_edu as tg
    >>> tg.qr(tg.ones(3, 2), some=False).Q.shape
    (3, 3)
    """
    return linalg_qr(A, "reduced" if some else "complete")


def ormqr(input: Any, tau: Any, other: Any, left: bool = True, transpose: bool = False) -> Tensor:
    """`other` times the Q that is given as k reflections I - tau v vᵀ: Q @ other, or other @ Q.

    Args:
        input: (…, m, n); below the diagonal of column i stands the rest of v, which begins with a 1.
        tau: (…, k), k <= n.
        other: (…, m, p), or (…, p, m) with left=False.
        left: from which side.
        transpose: with Q transposed.

    Raises:
        ShapeError, DtypeError: for what are not matrices of floats.

    >>> import tinygrad_edu as tg
    >>> tg.ormqr(tg.zeros(2, 1), tg.tensor([2.0]), tg.eye(2)).tolist()
    [[-1.0, 0.0], [0.0, 1.0]]
    """
    input, tau, other = matrices(input, "ormqr"), as_tensor(tau), matrices(other, "ormqr")
    if not left:
        return mT(ormqr(input, tau, mT(other), True, not transpose))
    m, k = input.shape[-2], tau.shape[-1]
    v = tril(input[..., :k], -1) + np.eye(m, k, dtype=input.dtype)
    for i in range(k) if transpose else reversed(range(k)):
        one = v[..., i : i + 1]
        other = other - tau[..., i : i + 1, None] * one @ (mT(one) @ other)
    return other


def householder_product(A: Any, tau: Any) -> Tensor:
    """The first n columns of the Q that is given as reflections, as LAPACK's QR leaves them.

    Args:
        A: (…, m, n), m >= n; see `ormqr`.
        tau: (…, k), k <= n.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.householder_product(tg.zeros(2, 1), tg.tensor([2.0])).tolist()
    [[-1.0], [0.0]]
    """
    A = matrices(A, "householder_product")
    eye = np.broadcast_to(np.eye(*A.shape[-2:], dtype=A.dtype), A.shape)
    return ormqr(A, tau, eye)


orgqr = householder_product


# LU.


def _for_lu(g: Any, z: Any, x: Any, pivot: bool) -> Any:
    """L and U are made square with rows or columns of the identity, so that one formula serves every shape."""
    m, n = x.shape[-2:]
    size = max(m, n)
    packed, g = _squared(z[0], np.eye(size, dtype=x.dtype)), _squared(g[0], np.zeros((size, size), x.dtype))
    small, large = np.tril(packed, -1), np.triu(packed)
    inner = np.tril(mT(small + _identity(size, x)) @ np.tril(g, -1), -1) + np.triu(np.triu(g) @ mT(large))
    out = run(solve_triangular_gate, mT(small), inner, upper=True, unit=True)
    out = mT(run(solve_triangular_gate, large, mT(out), upper=True, unit=False))
    return _permutation(np.asarray(z[1]), m, x.dtype) @ out[..., :m, :n]


def _squared(x: Any, filling: np.ndarray) -> Any:
    """(…, m, n) as a square, the missing columns and rows taken from `filling`."""
    m, n = x.shape[-2:]
    right = np.broadcast_to(filling[:m, n:], (*x.shape[:-2], m, len(filling) - n))
    below = np.broadcast_to(filling[m:], (*x.shape[:-2], len(filling) - m, len(filling)))
    return np.concatenate([np.concatenate([x, right], axis=-1), below], axis=-2)


def _permutation(pivots: np.ndarray, m: int, dtype: Any) -> np.ndarray:
    """The P of A = P L U, from the swaps that LAPACK writes down."""
    (*batch, k) = pivots.shape
    swaps = pivots.reshape(math.prod(batch), k) - 1
    order = np.broadcast_to(np.arange(m), (len(swaps), m)).copy()
    rows = np.arange(len(swaps))
    for i in range(k):
        order[rows, i], order[rows, swaps[:, i]] = order[rows, swaps[:, i]], order[rows, i]
    return np.swapaxes(np.eye(m, dtype=dtype)[order.reshape(*batch, m)], -1, -2)


_lu = gate(
    "lu",
    factored,
    _for_lu,
    local=("P L⁻ᵀ (tril(Lᵀ g_L, -1) + triu(g_U Uᵀ)) U⁻ᵀ, L and U made square",),
    outputs=2,
    says="L and U in one matrix, and the swaps of rows; S. Walter, Structured higher-order algorithmic differentiation "
    "(2012), 4.3. The choice of the rows is an integer and has no gradient.",
)


def lu_factor_ex(A: Any, *, pivot: bool = True, check_errors: bool = False) -> LuFactorEx:
    """(LU, pivots, info): `lu_factor`, and the number, from 1, of U's first zero on the diagonal (else 0).

    >>> import tinygrad_edu as tg
    >>> tg.linalg.lu_factor_ex(tg.zeros(2, 2)).info
    tensor(1, dtype=int32)
    """
    packed, pivots = _lu(matrices(A, "lu_factor"), pivot=bool(pivot))
    info = first_zero_pivot(packed._data)
    if check_errors and info.any():
        raise SingularMatrixError(
            "lu_factor: the matrix is singular, so that its factors cannot solve anything.",
            got=f"a zero on U's diagonal at {info.max()}, counted from 1",
            mend="use linalg.lu, or linalg.lu_factor_ex and look at info",
        )
    return LuFactorEx(packed, pivots, Tensor(info))


def lu_factor(A: Any, *, pivot: bool = True) -> LuFactor:
    """(LU, pivots): both factors of A = P L U in one matrix, for `linalg.lu_solve` and `lu_unpack`.

    Args:
        A: (…, m, n).
        pivot: swap rows, so that the largest element divides; without, a zero may.

    Returns:
        LU, of A's shape, and pivots (…, min(m, n)), int32: row i was swapped with row pivots[i] - 1.

    Raises:
        SingularMatrixError: for a zero on U's diagonal.
        ShapeError, DtypeError: for what is not a matrix of floats.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.lu_factor(tg.tensor([[1.0, 2.0], [2.0, 2.0]])).LU.tolist()
    [[2.0, 2.0], [0.5, 1.0]]
    """
    return LuFactor(*lu_factor_ex(A, pivot=pivot, check_errors=True)[:2])


def lu(A: Any, pivot: bool = True, get_infos: bool = False) -> LuFactor | LuFactorEx:
    """(LU, pivots), with `get_infos` also info: PyTorch's older form of `linalg.lu_factor`.

    >>> import tinygrad_edu as tg
    >>> tg.lu(tg.eye(2))[1]
    tensor([1, 2], dtype=int32)
    """
    return lu_factor_ex(A, pivot=pivot) if get_infos else lu_factor(A, pivot=pivot)


def lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True) -> Lu:
    """(P, L, U) from what `lu_factor` returns; what is not unpacked is empty.

    >>> import tinygrad_edu as tg
    >>> tg.lu_unpack(*tg.linalg.lu_factor(tg.eye(2))).U.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    packed = matrices(LU_data, "lu_unpack")
    m, n = packed.shape[-2:]
    k = min(m, n)
    P = L = U = Tensor(np.zeros(0, packed.dtype))
    if unpack_pivots:
        P = Tensor(_permutation(np.asarray(LU_pivots), m, packed.dtype))
    if unpack_data:
        L = tril(packed[..., :k], -1) + np.eye(m, k, dtype=packed.dtype)
        U = triu(packed[..., :k, :])
    return Lu(P, L, U)


def linalg_lu(A: Any, *, pivot: bool = True) -> Lu:
    """(P, L, U) with A = P L U: `torch.linalg.lu`. A zero on U's diagonal is allowed, but has no gradient.

    Args:
        A: (…, m, n).
        pivot: swap rows, so that the largest element divides; without, P is empty.

    Returns:
        P (…, m, m), L (…, m, k) with ones on the diagonal, U (…, k, n); k = min(m, n).

    Raises:
        ShapeError, DtypeError: for what is not a matrix of floats.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.lu(tg.tensor([[1.0, 2.0], [2.0, 2.0]])).U.tolist()
    [[2.0, 2.0], [0.0, 1.0]]
    """
    packed, pivots = _lu(matrices(A, "lu"), pivot=bool(pivot))
    return lu_unpack(packed, pivots, unpack_pivots=pivot)


def linalg_lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """The X of A X = B, given `lu_factor(A)`: two triangles, one after the other.

    Args:
        LU: (…, n, n).
        pivots: (…, n), integers.
        B: (…, n, k); (…, k, n) with left=False.
        left: False solves X A = B.
        adjoint: with A transposed.

    Raises:
        SingularMatrixError: for a zero on U's diagonal.
        ShapeError, DtypeError: for shapes that do not fit, or integers.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.lu_solve(*tg.linalg.lu_factor(tg.eye(2)), tg.ones(2, 1)).tolist()
    [[1.0], [1.0]]
    """
    LU, B = matrices(LU, "lu_solve", square=True), matrices(B, "lu_solve")
    if not left:
        return mT(linalg_lu_solve(LU, pivots, mT(B), adjoint=not adjoint))
    P = _permutation(np.asarray(pivots), LU.shape[-1], LU.dtype)
    if adjoint:
        first = solve_triangular(mT(LU), B, upper=False)
        return matmul(P, solve_triangular(mT(LU), first, upper=True, unitriangular=True))
    first = solve_triangular(LU, matmul(np.swapaxes(P, -1, -2), B), upper=False, unitriangular=True)
    return solve_triangular(LU, first, upper=True)


def lu_solve(b: Any, LU_data: Any, LU_pivots: Any) -> Tensor:
    """The X of A X = b, given `lu_factor(A)`: PyTorch's older form of `linalg.lu_solve`.

    >>> import tinygrad_edu as tg
    >>> tg.lu_solve(tg.ones(2, 1), *tg.lu(tg.eye(2))).tolist()
    [[1.0], [1.0]]
    """
    return linalg_lu_solve(LU_data, LU_pivots, b)


methods(cholesky, cholesky_inverse, cholesky_solve, lu, lu_solve, orgqr=orgqr)
methods(ormqr, pinverse, qr, svd)
