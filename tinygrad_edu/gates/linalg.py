"""linalg: matrices solved, inverted and exponentiated, and their determinants; leading axes are a batch.

A matrix gate is a switcher in matrix form: the upstream is multiplied, from the left and from the
right, by the other factors of the product that it stood in, transposed. The rules are those of
M. Giles, "An extended collection of matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008), unless a gate names another source.

Shapes are written (…, n, n): any number of leading axes, which broadcast. Integers are refused, as
in PyTorch: their inverse would not be integers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .. import record
from ..axes import axis_of, either_name
from ..errors import DtypeError, LinAlgError, NotPositiveDefiniteError, ShapeError, SingularMatrixError
from ..record import clone, run
from ..tensor import Tensor, as_tensor
from .binding import methods
from .diagonals import diagonal
from .reshape import permute, reshape, transpose
from .route import where

__all__ = ["det", "inverse", "logdet", "matrix_exp", "slogdet", "triangular_solve"]

gate = partial(record.gate, kind="switch")


class Slogdet(NamedTuple):
    """What `slogdet` returns: the sign, and the logarithm of the absolute value."""

    sign: Tensor
    logabsdet: Tensor


class InverseEx(NamedTuple):
    """What `inv_ex` returns."""

    inverse: Tensor
    info: Tensor


class SolveEx(NamedTuple):
    """What `solve_ex` returns."""

    result: Tensor
    info: Tensor


class TriangularSolve(NamedTuple):
    """What `triangular_solve` returns: the solution, and a copy of the matrix."""

    solution: Tensor
    cloned_coefficient: Tensor


# What every matrix gate asks and says.


def matrices(x: Any, name: str, square: bool = False) -> Tensor:
    """`x` as a Tensor, if it is a matrix of floats or a batch of them."""
    x = as_tensor(x)
    if x.dtype.kind != "f":
        raise DtypeError(
            f"{name} works on floats.", expected="float32 or float64", got=str(x.dtype), mend="call .float() first"
        )
    if x.ndim < 2 or (square and x.shape[-1] != x.shape[-2]):
        form = "(…, n, n): a square matrix" if square else "(…, m, n): a matrix"
        raise ShapeError(
            f"{name} needs {'square ' * square}matrices.", expected=f"{form}, or a batch", got=str(x.shape)
        )
    return x


def asked(name: str, routine: Callable[..., Any], x: Any, *others: Any, **keywords: Any) -> Any:
    """LAPACK's answer; where it gives up, an error that says why."""
    try:
        return routine(x, *others, **keywords)
    except np.linalg.LinAlgError as error:
        raise _explained(name, str(error), x) from None


def _explained(name: str, words: str, x: np.ndarray) -> LinAlgError:
    if "ingular" in words:
        return SingularMatrixError(
            f"{name}: the matrix is singular, its rows are linearly dependent, so it has no inverse.",
            expected=f"rank {x.shape[-1]}",
            got=_which(np.linalg.matrix_rank(x), "rank", x.shape[-1]),
            mend="add a little to the diagonal (A + 1e-6 * tg.eye(n)), or use linalg.lstsq or linalg.pinv",
        )
    if "positive" in words:
        return NotPositiveDefiniteError(
            f"{name}: the matrix is not positive definite, so it is no L @ L.mT.",
            expected="a symmetric matrix whose eigenvalues are all above 0",
            got=_which(np.linalg.eigvalsh(x).min(-1), "smallest eigenvalue", np.finfo(x.dtype).eps),
            mend="add a little to the diagonal: A + 1e-6 * tg.eye(n)",
        )
    return LinAlgError(f"{name}: {words}.", got="nan or inf" if not np.isfinite(x).all() else f"shape {x.shape}")


def _which(found: np.ndarray, what: str, enough: float) -> str:
    """The first matrix of a batch that falls short, and by how much."""
    at = tuple(int(i) for i in np.argwhere(found < enough)[0]) if (found < enough).any() else (0,) * found.ndim
    return f"{what} {found[at]:.6g}" + (f" at batch index {at}" if at else "")


def mT(x: Any) -> Any:
    """Each matrix transposed; with a name of its own, because every rule needs it."""
    return np.swapaxes(x, -1, -2)


def is_vector(A: Any, B: Any) -> bool:
    """Whether a right side is one vector for each matrix of a batch; PyTorch's rule."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])


def column(x: Any) -> Any:
    """A vector as a matrix of one column."""
    return reshape(x, (*x.shape, 1))


# Inverse and solutions.

_inverse = gate(
    "inverse",
    lambda x: asked("inverse", np.linalg.inv, x),
    lambda g, z, x: -(mT(z) @ g @ mT(z)),
    local=("-A⁻ᵀ g A⁻ᵀ",),
)


def inverse(A: Any) -> Tensor:
    """The inverse of square matrices, (…, n, n) -> (…, n, n). To solve a system, `linalg.solve` is better.

    Raises:
        SingularMatrixError: for a matrix without an inverse.
        ShapeError, DtypeError: for what is not a square matrix of floats.

    >>> import tinygrad_edu as tg
    >>> tg.inverse(tg.tensor([[2.0, 0.0], [0.0, 4.0]])).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    return _inverse(matrices(A, "inverse", square=True))


def _back_through_solve(g: Any, z: Any, a: Any, b: Any, needs: tuple[bool, ...]) -> tuple[Any, Any]:
    """A⁻ᵀ g serves both inputs."""
    for_b = run(_solve, mT(a), g)
    return -(for_b @ mT(z)) if needs[0] else None, for_b


_solve = gate(
    "solve",
    lambda a, b: asked("solve", np.linalg.solve, a, b),
    jointly=_back_through_solve,
    local=("-A⁻ᵀ g zᵀ", "A⁻ᵀ g"),
)


def solve(A: Any, B: Any, *, left: bool = True) -> Tensor:
    """The X of A X = B, or with left=False of X A = B; batches broadcast.

    Args:
        A: (…, n, n).
        B: (…, n, k); (…, k, n) with left=False; or one vector for each matrix: (n,) or A.shape[:-1].

    Returns:
        X, of B's shape (and A's batch).

    Raises:
        SingularMatrixError: for a matrix without an inverse.
        ShapeError, DtypeError: for shapes that do not fit, or integers.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.solve(tg.tensor([[2.0, 0.0], [0.0, 4.0]]), tg.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    A, B = matrices(A, "solve", square=True), as_tensor(B)
    if is_vector(A, B):
        if not left:
            raise ShapeError("solve with left=False needs matrices on the right side.", got=f"{B.shape}")
        return _solve(A, _fitting("solve", A, column(B)))[..., 0]
    if not left:
        return transpose(solve(transpose(A, -1, -2), transpose(B, -1, -2)), -1, -2)
    return _solve(A, _fitting("solve", A, B))


def _fitting(name: str, A: Tensor, B: Tensor) -> Tensor:
    """B, if it has as many rows as A."""
    if B.ndim < 2 or B.shape[-2] != A.shape[-2]:
        raise ShapeError(
            f"{name}: the right side must have as many rows as the matrix.",
            expected=f"(…, {A.shape[-2]}, k), for a matrix of shape {A.shape}",
            got=str(B.shape),
        )
    return B


def _back_through_triangle(g: Any, z: Any, a: Any, b: Any, needs: Any, upper: bool, unit: bool) -> tuple[Any, Any]:
    for_b = run(solve_triangular_gate, mT(a), g, upper=not upper, unit=unit)
    triangle = np.triu if upper else np.tril
    k = (1 if upper else -1) if unit else 0
    return triangle(-(for_b @ mT(z)), k) if needs[0] else None, for_b


def _substituted(a: np.ndarray, b: np.ndarray, upper: bool, unit: bool) -> np.ndarray:
    """Substitution in halves: most of the work becomes matrix products, which NumPy is fast at."""
    n = a.shape[-1]
    if n <= 32:
        a = np.triu(a) if upper else np.tril(a)
        return np.linalg.solve(np.where(np.eye(n, dtype=bool), 1, a) if unit else a, b)
    h = n // 2
    top, bottom = (a[..., :h, :h], b[..., :h, :]), (a[..., h:, h:], b[..., h:, :])
    if upper:
        second = _substituted(*bottom, upper, unit)
        first = _substituted(top[0], top[1] - a[..., :h, h:] @ second, upper, unit)
    else:
        first = _substituted(*top, upper, unit)
        second = _substituted(bottom[0], bottom[1] - a[..., h:, :h] @ first, upper, unit)
    return np.concatenate([first, second], axis=-2)


solve_triangular_gate = gate(
    "solve_triangular",
    lambda a, b, upper, unit: asked("solve_triangular", _substituted, a, b, upper, unit),
    jointly=_back_through_triangle,
    local=("-A⁻ᵀ g zᵀ, its triangle", "A⁻ᵀ g"),
)


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Tensor:
    """The X of A X = B (left=False: X A = B) where only one triangle of A is looked at.

    Args:
        A: (…, n, n).
        B: (…, n, k), or (…, k, n) with left=False.
        upper: whether the triangle is the upper one.
        unitriangular: take the diagonal as ones without looking.

    Raises:
        SingularMatrixError: for a zero on the diagonal, where PyTorch answers inf and nan.
        ShapeError, DtypeError: for shapes that do not fit, or integers.

    >>> import tinygrad_edu as tg
    >>> L = tg.tensor([[2.0, 9.0], [1.0, 4.0]])
    >>> tg.linalg.solve_triangular(L, tg.tensor([[2.0], [9.0]]), upper=False).tolist()
    [[1.0], [2.0]]
    """
    A, B = matrices(A, "solve_triangular", square=True), matrices(B, "solve_triangular")
    if not left:
        A, B = transpose(A, -1, -2), transpose(B, -1, -2)
        return transpose(solve_triangular(A, B, upper=not upper, unitriangular=unitriangular), -1, -2)
    return solve_triangular_gate(A, _fitting("solve_triangular", A, B), upper=bool(upper), unit=bool(unitriangular))


def triangular_solve(
    b: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> TriangularSolve:
    """(X, a copy of A) for A X = b, or with `transpose` A.mT X = b: an older form of `linalg.solve_triangular`.

    >>> import tinygrad_edu as tg
    >>> tg.triangular_solve(tg.tensor([[4.0]]), tg.tensor([[2.0]])).solution
    tensor([[2.]])
    """
    A = matrices(A, "triangular_solve", square=True)
    turned = mT(A) if transpose else A
    solution = solve_triangular(turned, b, upper=upper != transpose, unitriangular=unitriangular)
    return TriangularSolve(solution, clone(A))


def inv_ex(A: Any, *, check_errors: bool = False) -> InverseEx:
    """(inverse, info): the inverse, nan where a matrix is singular, and there info > 0.

    `info` (int32) is the number, from 1, of the first pivot that is zero. `check_errors=True` raises instead.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.inv_ex(tg.zeros(2, 2)).info
    tensor(1, dtype=int32)
    """
    A = matrices(A, "inv_ex", square=True)
    if check_errors:
        return InverseEx(_inverse(A), Tensor(np.zeros(A.shape[:-2], np.int32)))
    info, safe, shown = _survivors(A)
    return InverseEx(shown(_inverse(safe)), info)


def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> SolveEx:
    """(result, info): `solve`, with nan where a matrix is singular; `info` as in `inv_ex`.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.solve_ex(tg.eye(2), tg.ones(2)).result
    tensor([1., 1.])
    """
    A, B = matrices(A, "solve_ex", square=True), as_tensor(B)
    if check_errors:
        return SolveEx(solve(A, B, left=left), Tensor(np.zeros(A.shape[:-2], np.int32)))
    info, safe, shown = _survivors(A)
    return SolveEx(shown(solve(safe, B, left=left), vector=is_vector(A, B)), info)


def _survivors(A: Tensor) -> tuple[Tensor, Tensor, Callable[..., Tensor]]:
    """info; A with the identity where it is singular; and what then puts nan in its place."""
    singular = np.linalg.slogdet(A._data)[0] == 0  # of the same LAPACK factors that inv and solve use
    info = np.where(singular, first_zero_pivot(factored(A._data)[0]) if singular.any() else 0, 0).astype(np.int32)
    if not singular.any():
        return Tensor(info), A, lambda z, vector=False: z
    ok = singular[..., None, None] == 0
    safe = where(ok, A, np.eye(A.shape[-1], dtype=A.dtype))
    return Tensor(info), safe, lambda z, vector=False: where(ok[..., 0] if vector else ok, z, float("nan"))


def factored(x: np.ndarray, pivot: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """L and U of P L U in one array, and which row each row was swapped with (from 1, as in LAPACK).

    Gaussian elimination, the column's largest element up first, the whole batch at each step.
    """
    (*batch, m, n), k = x.shape, min(x.shape[-2:])
    a = np.array(x).reshape(math.prod(batch), m, n)
    pivots = np.broadcast_to(np.arange(k), (len(a), k)).copy()
    rows = np.arange(len(a))
    for i in range(k):
        if pivot and len(a):
            pivots[:, i] = p = i + np.argmax(np.abs(a[:, i:, i]), axis=1)
            a[rows, i], a[rows, p] = a[rows, p], a[rows, i]
        at = a[:, i, i, None]
        a[:, i + 1 :, i] /= np.where(at == 0, 1, at)
        a[:, i + 1 :, i + 1 :] -= a[:, i + 1 :, i, None] * a[:, i, None, i + 1 :]
    return a.reshape(x.shape), (pivots + 1).astype(np.int32).reshape(*batch, k)


def first_zero_pivot(lu: np.ndarray) -> np.ndarray:
    """For each matrix the number, from 1, of the first zero on U's diagonal; 0 if there is none."""
    zero = np.diagonal(lu, axis1=-2, axis2=-1) == 0
    return np.where(zero.any(-1), np.argmax(zero, axis=-1) + 1 if zero.size else 0, 0).astype(np.int32)


# Determinants.


def _cofactors(x: np.ndarray) -> np.ndarray:
    """det(A) A⁻ᵀ; near a singular matrix without dividing: from A = U S V, each s as the product of the *others*."""
    with suppress(np.linalg.LinAlgError):
        inverted = np.linalg.inv(x)
        condition = _largest_column(x) * _largest_column(inverted)
        if (condition < np.finfo(x.dtype).eps ** -0.5).all():  # the singular values take ten times as long
            return np.linalg.det(x)[..., None, None] * np.swapaxes(inverted, -1, -2)
    u, s, vh = asked("det", np.linalg.svd, x)
    ones = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([ones, s[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return u * (sign[..., None] * before * after)[..., None, :] @ vh


def _largest_column(x: np.ndarray) -> np.ndarray:
    """The 1-norm of each matrix."""
    return np.max(np.sum(np.abs(x), axis=-2), axis=-1, initial=0)


def _for_cofactors(g: Any, z: Any, x: Any) -> Any:
    inverted = mT(run(_inverse, x))
    return np.sum(g * z, axis=(-2, -1), keepdims=True) * inverted - z @ mT(g) @ inverted


_cofactor = gate(
    "cofactor",
    _cofactors,
    _for_cofactors,
    local=("<g, C> A⁻ᵀ - C gᵀ A⁻ᵀ",),
    says="The matrix of cofactors, the gradient of the determinant; its own gradient needs an inverse.",
)
_det = gate(
    "det",
    lambda x: np.linalg.det(x),
    lambda g, z, x: np.expand_dims(g, (-2, -1)) * run(_cofactor, x),
    local=("the cofactors of A (det(A) A⁻ᵀ)",),
)


def det(A: Any) -> Tensor:
    """The determinant of square matrices, (…, n, n) -> (…).

    The gradient of a matrix is the matrix of its cofactors, right for a singular one too (where
    PyTorch answers 0); a second derivative needs the inverse.

    Raises:
        ShapeError, DtypeError: for what is not a square matrix of floats.

    >>> import tinygrad_edu as tg
    >>> A = tg.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    >>> tg.det(A).backward(); A.grad.numpy().round(3).tolist()
    [[4.0, -2.0], [-2.0, 1.0]]
    """
    return _det(matrices(A, "det", square=True))


def _for_logarithm(g: Any, z: Any, x: Any) -> Any:
    if g[1] is None:  # only the sign was used, and it is a step
        return np.zeros_like(x)
    return np.expand_dims(g[1], (-2, -1)) * mT(run(_inverse, x))


_slogdet = gate(
    "slogdet",
    lambda x: tuple(np.linalg.slogdet(x)),
    _for_logarithm,
    kind="slope",
    local=("A⁻ᵀ for logabsdet, 0 for sign",),
    outputs=2,
)


def slogdet(A: Any) -> Slogdet:
    """(sign, logabsdet) of the determinant, each of shape (…): where `det` would overflow.

    A singular matrix has sign 0 and logabsdet -inf, and no gradient: `backward()` raises
    SingularMatrixError, where PyTorch answers inf.

    Raises:
        ShapeError, DtypeError: for what is not a square matrix of floats.

    >>> import tinygrad_edu as tg
    >>> tg.slogdet(-tg.eye(3)).sign
    tensor(-1.)
    """
    return Slogdet(*_slogdet(matrices(A, "slogdet", square=True)))


def logdet(A: Any) -> Tensor:
    """The logarithm of the determinant, (…, n, n) -> (…): -inf where it is 0, nan where it is negative.

    Raises:
        ShapeError, DtypeError: for what is not a square matrix of floats.

    >>> import tinygrad_edu as tg
    >>> tg.logdet(tg.eye(3))
    tensor(0.)
    """
    sign, logarithm = _slogdet(matrices(A, "logdet", square=True))
    return where(sign < 0, float("nan"), logarithm)


# The exponential.

_PADE = (64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
         670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1)  # fmt: skip


def _exponential(x: np.ndarray) -> np.ndarray:
    """Scaling and squaring with the [13/13] Padé approximant, N. Higham (2005); at float64 throughout."""
    a, eye = x.astype(np.float64), np.eye(x.shape[-1])
    size = _largest_column(a)[..., None, None]
    with np.errstate(all="ignore"):
        halvings = np.maximum(np.ceil(np.log2(size / 5.371920351148152)), 0)
        halvings = np.where(np.isfinite(halvings), halvings, 0)
        a = a / 2**halvings
        a2 = a @ a
        a4, b = a2 @ a2, _PADE
        a6 = a2 @ a4
        odd = a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2) + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * eye
        even = a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * eye
        z = np.linalg.solve(even - a @ odd, even + a @ odd)
        for i in range(int(np.max(halvings, initial=0))):
            z = np.where(halvings > i, z @ z, z)
        return z.astype(x.dtype)


def _for_exponential(g: Any, z: Any, x: Any) -> Any:
    a = mT(x)
    n = x.shape[-1]
    top = np.concatenate([a, g], axis=-1)
    bottom = np.concatenate([np.zeros_like(x), a], axis=-1)
    return run(_matrix_exp, np.concatenate([top, bottom], axis=-2))[..., :n, n:]


_matrix_exp = gate(
    "matrix_exp",
    _exponential,
    _for_exponential,
    kind="slope",
    local=("the upper right block of exp([[Aᵀ, g], [0, Aᵀ]])",),
)


def matrix_exp(A: Any) -> Tensor:
    """The matrix exponential I + A + A²/2 + …, (…, n, n) -> (…, n, n).

    Its slope in the direction g stands in the exponential of a block-triangular matrix (R. Mathias,
    "A chain rule for matrix functions", 1996).

    Raises:
        ShapeError, DtypeError: for what is not a square matrix of floats.

    >>> import tinygrad_edu as tg
    >>> tg.matrix_exp(tg.tensor([[0.0, 1.0], [0.0, 0.0]])).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    return _matrix_exp(matrices(A, "matrix_exp", square=True))


# Tensors as matrices, vectors as matrices, matrices as vectors.


def tensorinv(A: Any, ind: int = 2) -> Tensor:
    """The inverse of `A` as a map from its last axes to its first `ind` axes.

    Args:
        A: a Tensor where the sizes of the first `ind` axes multiply to those of the others.

    Raises:
        ShapeError: if they do not.
        SingularMatrixError: for a map without an inverse.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.tensorinv(tg.eye(6).reshape(6, 2, 3), ind=1).shape
    (2, 3, 6)
    """
    A = as_tensor(A)
    n = math.prod(A.shape[ind:])
    if ind < 1 or n * math.prod(A.shape[:ind]) != n * n:
        raise ShapeError("tensorinv: the first `ind` axes must hold as many elements as the others.",
                         got=f"{A.shape[:ind]} and {A.shape[ind:]}, with ind={ind}")  # fmt: skip
    return reshape(inverse(reshape(A, (n, n))), (*A.shape[ind:], *A.shape[:ind]))


@either_name
def tensorsolve(A: Any, B: Any, dims: Any = None) -> Tensor:
    """The X for which the sum of A X over X's axes is B: `solve`, with B's axes taken together.

    Args:
        A: of shape B.shape + X.shape.
        dims: axes of A to move to the end first.

    Raises:
        ShapeError: if A is not square when B's axes, and the rest, are taken together.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.tensorsolve(tg.eye(6).reshape(2, 3, 6), tg.ones(2, 3))
    tensor([1., 1., 1., 1., 1., 1.])
    """
    A, B = as_tensor(A), as_tensor(B)
    if dims is not None:
        last = [axis_of(d, A.ndim, "tensorsolve") for d in (dims if isinstance(dims, (tuple, list)) else (dims,))]
        A = permute(A, [d for d in range(A.ndim) if d not in last] + last)
    rest, n = A.shape[B.ndim :], B.numel()
    if A.numel() != n * n:
        raise ShapeError("tensorsolve: B and the solution must hold equally many elements.",
                         expected=f"{n} elements in A's axes {rest}", got=str(A.numel() // max(n, 1)))  # fmt: skip
    return reshape(solve(reshape(A, (n, n)), reshape(B, -1)), rest)


@either_name
def linalg_diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices, (…, n, n) -> (…, n): `diagonal` of the last two axes.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.diagonal(tg.eye(2))
    tensor([1., 1.])
    """
    return diagonal(A, offset, dim1, dim2)


methods(det, inverse, logdet, matrix_exp, slogdet, triangular_solve)
