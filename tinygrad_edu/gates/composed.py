"""composed: functions made of other gates: variance, norms, covariance, powers.

One gate of its own: `vector_norm`, because |x| and the root have no slope at 0 where the norm's is
chosen to be 0.
"""

from __future__ import annotations

from functools import partial
from math import inf
from typing import Any

import numpy as np

from .. import record
from ..axes import axes_of, either_name
from ..errors import DtypeError, OptionError, ShapeError
from ..record import cast
from ..tensor import Tensor, as_tensor
from .binding import methods
from .contract import matmul
from .distribute import mean, sum
from .join import stack
from .reshape import movedim, reshape, unsqueeze
from .route import amax, sign_of, where
from .slope import sqrt, square

__all__ = [
    "corrcoef",
    "cov",
    "norm",
    "std",
    "std_mean",
    "vander",
    "var",
    "var_mean",
]

gate = partial(record.gate, kind="slope")


def as_floats(x: Any, name: str, dtype: Any = None) -> Tensor:
    """`x` as floats, cast to `dtype` first; integers are refused, as in PyTorch."""
    x = as_tensor(x) if dtype is None else cast(as_tensor(x), dtype=np.dtype(dtype))
    if x.dtype.kind != "f":
        raise DtypeError(f"{name} needs floats.", got=f"dtype {x.dtype}", mend="call .float() first")
    return x


# Spread.


def _deviations(x: Any, axis: Any, name: str) -> tuple[Tensor, Tensor, tuple[int, ...], int]:
    """x - mean, the mean, the axes, and how many elements each mean is of.

    In two passes: the mean of squares less the square of the mean would cancel.
    """
    x = as_floats(x, name)
    axes = axes_of(axis, x.ndim, name)
    center = mean(x, axes, True)
    return x - center, center, axes, int(np.prod([x.shape[a] for a in axes]))


def _mean_square(apart: Tensor, axes: Any, keepdims: bool, n: float) -> Tensor:
    """The sum of the squares divided by n; at float32 for float16, whose range the sum leaves."""
    wide = apart.float() if apart.dtype == np.float16 else apart
    return (sum(square(wide), axes, keepdims) / float(max(n, 0))).to(apart.dtype)


def _arguments(axis: Any, unbiased: bool | None, correction: float | None) -> tuple[Any, float]:
    """The axis and the correction, from any of PyTorch's spellings; `var(x, False)` is `unbiased`."""
    if isinstance(axis, bool):
        axis, unbiased = None, axis
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    return axis, correction


@either_name
def var(
    x: Any, axis: Any = None, unbiased: bool | None = None, keepdims: bool = False, *, correction: float | None = None
) -> Tensor:
    """The variance over `axis`: the sum of (x - mean)^2, divided by n - correction.

    Args:
        axis: also `dim`; an int, a tuple, or None for all.
        unbiased: False for correction 0 (NumPy's default), True for 1.
        keepdims: also `keepdim`.
        correction: 1 by default. With n <= correction there is no variance: the result is nan or inf.

    >>> import tinygrad_edu as tg
    >>> tg.var(tg.tensor([1.0, 2.0, 3.0])), tg.var(tg.tensor([1.0, 3.0]), correction=0)
    (tensor(1.), tensor(1.))
    """
    axis, correction = _arguments(axis, unbiased, correction)
    apart, _, axes, n = _deviations(x, axis, "var")
    return _mean_square(apart, axes, keepdims, n - correction)


@either_name
def std(
    x: Any, axis: Any = None, unbiased: bool | None = None, keepdims: bool = False, *, correction: float | None = None
) -> Tensor:
    """The standard deviation over `axis`: the root of `var`, with the same arguments.

    Where all elements are equal the gradient is 0, as in PyTorch.

    >>> import tinygrad_edu as tg
    >>> tg.std(tg.tensor([1.0, 2.0, 3.0]))
    tensor(1.)
    """
    axis, correction = _arguments(axis, unbiased, correction)
    apart, _, axes, n = _deviations(x, axis, "std")
    return vector_norm(apart, 2, axes, keepdims) / float(np.sqrt(max(n - correction, 0)))


@either_name
def var_mean(
    x: Any, axis: Any = None, unbiased: bool | None = None, keepdims: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:
    """The variance and the mean over `axis`, with the arguments of `var`.

    >>> import tinygrad_edu as tg
    >>> tg.var_mean(tg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    axis, correction = _arguments(axis, unbiased, correction)
    apart, center, axes, n = _deviations(x, axis, "var_mean")
    found = _mean_square(apart, axes, keepdims, n - correction)
    return found, center if keepdims else reshape(center, found.shape)


@either_name
def std_mean(
    x: Any, axis: Any = None, unbiased: bool | None = None, keepdims: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean over `axis`, with the arguments of `var`.

    >>> import tinygrad_edu as tg
    >>> tg.std_mean(tg.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    axis, correction = _arguments(axis, unbiased, correction)
    apart, center, axes, n = _deviations(x, axis, "std_mean")
    found = vector_norm(apart, 2, axes, keepdims) / float(np.sqrt(max(n - correction, 0)))
    return found, center if keepdims else reshape(center, found.shape)


def cov(x: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
    """The covariance matrix of variables (rows) from observations (columns); of a vector, its variance.

    Args:
        correction: divide by n - correction.
        fweights: how often each observation was made (integers).
        aweights: how much each observation weighs.

    Raises:
        ShapeError, DtypeError: for weights that are not one for each observation, or fractions of an observation.

    >>> import tinygrad_edu as tg
    >>> tg.cov(tg.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    x = as_tensor(x)
    if x.ndim > 2:
        raise ShapeError("cov takes a matrix of variables by observations.", got=f"shape {x.shape}")
    x = reshape(x, 1, -1) if x.ndim < 2 else x
    given = [as_tensor(w) for w in (fweights, aweights) if w is not None]
    for w in given:
        if w.ndim > 1 or w.numel() != x.shape[1]:
            raise ShapeError("cov: one weight for each observation.", expected=f"({x.shape[1]},)", got=str(w.shape))
    if fweights is not None and given[0].dtype.kind not in "iu":
        raise DtypeError(
            "cov: fweights count how often an observation was made.",
            expected="integers",
            got=str(given[0].dtype),
            mend="aweights take fractions",
        )
    given = [w if w.dtype.kind == "f" or x.dtype.kind != "f" else cast(w, dtype=x.dtype) for w in given]
    weights = None if not given else given[0] if len(given) == 1 else given[0] * given[1]
    total: Any = x.shape[1] if weights is None else sum(weights)
    apart = x - sum(x if weights is None else x * weights, 1, True) / total
    if aweights is not None:
        scale = total - correction * sum(weights * given[-1]) / total
    else:
        scale = total - correction
    scale = where(scale > 0, scale, 0.0) if isinstance(scale, Tensor) else float(max(scale, 0))
    products = matmul(apart, (apart if weights is None else apart * weights).T)
    return (products / scale).squeeze()


def corrcoef(x: Any) -> Tensor:
    """The correlation matrix of variables (rows) from observations (columns), within [-1, 1]; of a vector, 1.

    >>> import tinygrad_edu as tg
    >>> tg.corrcoef(tg.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]])).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    c = cov(x)
    if c.ndim == 0:
        return c / c
    i = np.arange(c.shape[0])
    spread = sqrt(c[i, i])
    c = c / unsqueeze(spread, 1) / spread
    return where(c > 1, 1.0, where(c < -1, -1.0, c))  # rounding may step over the edge


# Norms.


def _norm(x: np.ndarray, ord: float, axis: tuple[int, ...], keepdims: Any) -> np.ndarray:
    if x.dtype == np.float16:  # whose squares leave its range
        return _norm(x.astype(np.float32), ord, axis, keepdims).astype(np.float16)
    if ord == 2:
        return np.sqrt(np.add.reduce(np.square(x), axis=axis, keepdims=keepdims))
    if ord == 0:
        return np.count_nonzero(x, axis=axis, keepdims=keepdims).astype(x.dtype)
    sizes = np.abs(x)
    if ord == 1:
        return np.sum(sizes, axis=axis, keepdims=keepdims)
    if ord in (inf, -inf):
        return (np.max if ord > 0 else np.min)(sizes, axis=axis, keepdims=keepdims)
    return np.sum(sizes**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def _for_norm(g: Any, z: Any, x: Any, ord: float, axis: tuple[int, ...], keepdims: bool) -> Any:
    """g sign(x) (|x| / norm)^(ord - 1), and 0 wherever that has no value."""
    if not keepdims:
        g, z = np.expand_dims(g, axis), np.expand_dims(z, axis)
    if ord == 0:
        return g * np.zeros_like(x)
    if ord == 1:
        return g * sign_of(x)
    if ord in (inf, -inf):
        won = np.where(np.isnan(z), np.isnan(x), np.equal(np.abs(x), z)) * np.ones_like(g)
        return g * sign_of(x) * won / np.sum(won, axis=axis, keepdims=True)
    divisor = np.where(np.equal(z, 0), np.ones_like(z), z)
    if ord == 2:
        return g * (x / divisor)
    back = g * sign_of(x) * (np.abs(x) / divisor) ** (ord - 1)
    return back if ord > 1 else np.where(np.logical_or(np.equal(x, 0), np.equal(z, 0)), np.zeros_like(back), back)


_vector_norm = gate(
    "vector_norm",
    _norm,
    _for_norm,
    local=("sign(x) (|x|/z)^(ord - 1); 0 at 0 and for ord 0; ties share at ord inf",),
)


@either_name
def vector_norm(x: Any, ord: float = 2, axis: Any = None, keepdims: bool = False, *, dtype: Any = None) -> Tensor:
    """(sum |x|^ord)^(1/ord) over `axis` (all by default): `torch.linalg.vector_norm`.

    ord 0 counts what is not 0, inf is the largest |x| and -inf the smallest, whose ties share the
    upstream equally. The gradient at 0 is 0, as in PyTorch.

    >>> import tinygrad_edu as tg
    >>> vector_norm(tg.tensor([3.0, -4.0])), vector_norm(tg.tensor([3.0, -4.0]), inf)
    (tensor(5.), tensor(4.))
    """
    x = as_floats(x, "vector_norm", dtype)
    return _vector_norm(x, ord=float(ord), axis=axes_of(axis, x.ndim, "vector_norm"), keepdims=keepdims)


@either_name
def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The norm of the matrices that lie along two axes: `torch.linalg.matrix_norm`.

    Args:
        ord: "fro" the root of the sum of squares; "nuc" the sum of the singular values; 2 and -2 the
            largest and smallest of them; 1 and -1 the largest and smallest sum of |A| down a column,
            inf and -inf along a row.

    Raises:
        ShapeError: if `dim` is not two different axes.
        OptionError: for another ord.

    >>> import tinygrad_edu as tg
    >>> matrix_norm(tg.tensor([[1.0, -2.0], [3.0, 4.0]]), 1), matrix_norm(tg.tensor([[3.0, 0.0], [0.0, 4.0]]))
    (tensor(6.), tensor(5.))
    """
    A = as_floats(A, "matrix_norm", dtype)
    axes = axes_of(tuple(dim), A.ndim, "matrix_norm")
    if len(axes) != 2 or A.ndim < 2:
        raise ShapeError("matrix_norm needs two axes.", got=f"dim={dim} of shape {A.shape}")
    if ord == "fro":
        return vector_norm(A, 2, axes, keepdim)
    kept = tuple(1 if a in axes else n for a, n in enumerate(A.shape))
    if ord in (1, -1, inf, -inf):
        summed, chosen = axes if abs(ord) == 1 else axes[::-1]
        found = _extreme(vector_norm(A, 1, summed, True), chosen, ord > 0)
    elif ord in ("nuc", 2, -2):
        from .factor import svdvals  # which needs norms itself

        values = svdvals(movedim(A, axes, (-2, -1)))
        found = sum(values, -1) if ord == "nuc" else _extreme(values, -1, ord > 0)
    else:
        raise OptionError(f"matrix_norm has no ord {ord!r}.", expected="fro, nuc, 1, -1, 2, -2, inf or -inf")
    return reshape(found, kept if keepdim else tuple(n for a, n in enumerate(A.shape) if a not in axes))


def _extreme(x: Tensor, axis: int, largest: bool) -> Tensor:
    return amax(x, axis) if largest else -amax(-x, axis)


@either_name
def linalg_norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """`torch.linalg.norm`: of all elements without `ord`; else of a vector or of a matrix, by how many axes.

    >>> import tinygrad_edu as tg
    >>> linalg_norm(tg.tensor([[3.0, 0.0], [0.0, 4.0]])), linalg_norm(tg.tensor([3.0, 4.0]), 1)
    (tensor(5.), tensor(7.))
    """
    A = as_tensor(A)
    if dim is None and ord is None:
        return vector_norm(A, 2, None, keepdim, dtype=dtype)
    if dim is None and A.ndim not in (1, 2):
        raise ShapeError("norm with an ord, and without dim, is of a vector or a matrix.", got=f"shape {A.shape}")
    axes = tuple(range(A.ndim)) if dim is None else ((dim,) if hasattr(dim, "__index__") else tuple(dim))
    if ord is None or (len(axes) == 1 and not isinstance(ord, str)):
        return vector_norm(A, 2 if ord is None else ord, axes, keepdim, dtype=dtype)
    return matrix_norm(A, ord, axes, keepdim, dtype=dtype)


@either_name
def norm(x: Any, p: Any = "fro", axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The p-norm over `axis`, of all elements by default: `torch.norm`.

    Args:
        p: a number, "fro" (as 2) or "nuc" (of a matrix, the sum of its singular values).
        axis: also `dim`; an int, a tuple, or None for all.
        keepdims: also `keepdim`.

    >>> import tinygrad_edu as tg
    >>> tg.norm(tg.tensor([3.0, 4.0])), tg.norm(tg.tensor([3.0, 4.0]), p=1)
    (tensor(5.), tensor(7.))
    """
    if p == "nuc":
        return matrix_norm(x, "nuc", (-2, -1) if axis is None else axis, keepdims, dtype=dtype)
    return vector_norm(x, 2 if p in ("fro", None) else p, axis, keepdims, dtype=dtype)


# Powers.


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of a vector as columns: x^(N-1) … x, 1, or in `increasing` order; N is len(x) by default.

    >>> import tinygrad_edu as tg
    >>> tg.vander(tg.tensor([2, 3])).tolist()
    [[2, 1], [3, 1]]
    """
    x = as_tensor(x)
    if x.ndim != 1:
        raise ShapeError("vander takes a vector.", got=f"shape {x.shape}")
    columns = _powers(x, x.numel() if N is None else N)
    return stack(columns if increasing else columns[::-1], 1) if columns else Tensor(np.empty((x.numel(), 0), x.dtype))


def linalg_vander(x: Any, *, N: int | None = None) -> Tensor:
    """The powers 1, x, x² … x^(N-1) of each element: (…, n) -> (…, n, N); N is n by default.

    Raises:
        ShapeError: for a number instead of a vector, or fewer than two powers.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.vander(tg.tensor([2, 3]), N=3).tolist()
    [[1, 2, 4], [1, 3, 9]]
    """
    x = as_tensor(x)
    n = x.shape[-1] if N is None and x.ndim else N
    if x.ndim < 1 or n is None or n < 2:
        raise ShapeError("vander needs vectors and two powers or more.", got=f"shape {x.shape}, N={N}")
    return stack(_powers(x, n), -1)


def _powers(x: Tensor, n: int) -> list[Tensor]:
    """1, x, x² …: n of them."""
    powers = [Tensor(np.ones_like(x._data))]
    while len(powers) < n:
        powers.append(powers[-1] * x)
    return powers[:n]


methods(var, std, norm, cov, corrcoef)
