"""distance: how far rows and vectors are apart, and which way they point.

One gate of its own: `cdist` between all pairs of rows at p=2, which forms some rows at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .. import record
from ..axes import axis_of, either_name
from ..errors import ShapeError
from ..tensor import Tensor, as_tensor
from .binding import methods
from .composed import as_floats, vector_norm
from .distribute import sum
from .reshape import broadcast_tensors, unsqueeze
from .route import where

__all__ = ["cdist", "cosine_similarity", "dist", "pairwise_distance", "pdist"]

gate = partial(record.gate, kind="slope")


def dist(x: Any, y: Any, p: float = 2) -> Tensor:
    """The p-norm of x - y, of all elements.

    >>> import tinygrad_edu as tg
    >>> tg.dist(tg.tensor([3.0, 0.0]), tg.tensor([0.0, 4.0]))
    tensor(5.)
    """
    return vector_norm(as_tensor(x) - as_tensor(y), p)


_BLOCK = 2**16  # elements of differences at a time: they stay in the cache


def _differences(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[Any, np.ndarray]]:
    """Some rows of `x` after others: their place in (…, n, k), and what they differ by from every row of `y`."""
    n, lead = x.shape[-2], np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    at_once = max(1, _BLOCK // max(1, math.prod((*lead, *y.shape[-2:]))))
    for start in range(0, n, at_once):
        rows = slice(start, start + at_once)
        yield (..., rows, slice(None)), x[..., rows, None, :] - y[..., None, :, :]


def _euclidean(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    z = np.empty((*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-2]), x.dtype)
    for rows, d in _differences(x, y):
        z[rows] = np.einsum("...i,...i->...", d, d)
    return np.sqrt(z, out=z)


def _for_euclidean(g: Any, z: Any, x: Any, y: Any, needs: Any) -> Any:
    """g (x - y)/z, and 0 where z is 0: the sums over the rows of y, and over those of x."""
    share = np.where(np.equal(z, 0), np.zeros_like(z), g / np.where(np.equal(z, 0), np.ones_like(z), z))
    if isinstance(share, Tensor):
        d = unsqueeze(as_tensor(x), -2) - unsqueeze(as_tensor(y), -3)
        return (share[..., None] * d).sum(-2), -(share[..., None] * d).sum(-3)
    lead = z.shape[:-2]
    for_x, for_y = np.empty((*lead, *x.shape[-2:]), x.dtype), np.zeros((*lead, *y.shape[-2:]), y.dtype)
    for rows, differ in _differences(x, y):
        for_x[rows] = np.einsum("...ij,...ijk->...ik", share[rows], differ)
        for_y -= np.einsum("...ij,...ijk->...jk", share[rows], differ)
    return for_x, for_y


_cdist = gate(
    "cdist",
    _euclidean,
    jointly=_for_euclidean,
    local=("(x - y)/z for each y; 0 where z is 0", "(y - x)/z for each x; 0 where z is 0"),
)


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str | None = None) -> Tensor:
    """The p-norm distance of every row of `x1` (…, n, m) to every row of `x2` (…, k, m): (…, n, k).

    Every difference is formed: PyTorch's shortcut through a matrix product for many rows (`compute_mode`,
    ignored) loses half the digits of small distances. With p=2 they are formed some rows at a time, else
    in n k m elements of memory. The gradient of two rows that coincide is 0; with p=inf, ties share it.

    >>> import tinygrad_edu as tg
    >>> tg.cdist(tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    x1, x2 = as_tensor(x1), as_tensor(x2)
    if min(x1.ndim, x2.ndim) < 2 or x1.shape[-1] != x2.shape[-1] or p < 0:
        raise ShapeError(
            "cdist takes rows of equal length, and p >= 0.",
            expected="(…, n, m) and (…, k, m)",
            got=f"{x1.shape} and {x2.shape}, p={p}",
        )
    if p == 2:
        return _cdist(as_floats(x1, "cdist", None), as_floats(x2, "cdist", None))  # type: ignore[no-any-return]
    return vector_norm(unsqueeze(x1, -2) - unsqueeze(x2, -3), p, -1)


@either_name
def pdist(x: Any, p: float = 2.0) -> Tensor:
    """The p-norm distances between the rows of a matrix: (0, 1), (0, 2) … (n-2, n-1), as a vector.

    >>> import tinygrad_edu as tg
    >>> tg.pdist(tg.tensor([[0.0, 0.0], [3.0, 4.0], [3.0, 0.0]]))
    tensor([5., 3., 4.])
    """
    x = as_tensor(x)
    if x.ndim != 2 or p < 0:
        raise ShapeError("pdist takes a matrix, and p >= 0.", got=f"shape {x.shape}, p={p}")
    one, other = np.triu_indices(x.shape[0], 1)
    return vector_norm(x[one] - x[other], p, -1)


@either_name
def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last axis.

    >>> import tinygrad_edu as tg
    >>> tg.pairwise_distance(tg.tensor([[3.0, 0.0]]), tg.tensor([[0.0, 4.0]]), eps=0.0)
    tensor([5.])
    """
    return vector_norm(as_tensor(x1) - as_tensor(x2) + eps, p, -1, keepdim)


def _at_least(x: Tensor, eps: float) -> Tensor:
    return where(x < eps, eps, x)


@either_name
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 · x2 / (max(|x1|, eps) max(|x2|, eps)) over `dim`, with broadcasting.

    Where 0 < |x| < eps the gradient is that of the formula; PyTorch's is that of |x|.

    >>> import tinygrad_edu as tg
    >>> tg.cosine_similarity(tg.tensor([1.0, 0.0]), tg.tensor([3.0, 4.0]), dim=0)
    tensor(0.6000)
    """
    one, other = broadcast_tensors(x1, x2)
    axis = axis_of(dim, one.ndim, "cosine_similarity")
    one, other = (x / _at_least(vector_norm(x, 2, axis, True), eps) for x in (one, other))
    return sum(one * other, axis)


@either_name
def normalize(x: Any, p: float = 2.0, axis: Any = 1, eps: float = 1e-12) -> Tensor:
    """x / max(|x|_p, eps) over `axis`: `torch.nn.functional.normalize`.

    >>> import tinygrad_edu as tg
    >>> normalize(tg.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    x = as_tensor(x)
    return x / _at_least(vector_norm(x, p, axis, True), eps)


methods(dist)
