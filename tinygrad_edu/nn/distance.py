"""distance: how far apart two samples are, and how alike in direction, as modules."""

from __future__ import annotations

from typing import Any

from .. import gates
from ..tensor import Tensor
from .module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    """x1 · x2 / (max(|x1|, eps) max(|x2|, eps)) over `dim`: 1 for one direction, -1 for opposite ones.

    Two Tensors of shapes that broadcast; the result lacks `dim`.

    >>> import tinygrad_edu as tg
    >>> CosineSimilarity()(tg.tensor([[1.0, 0.0]]), tg.tensor([[3.0, 4.0]]))
    tensor([0.6000])
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Tensor:
        return gates.cosine_similarity(x1, x2, self.dim, self.eps)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, eps={self.eps}"


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps over the last axis: (N, D) and (N, D) -> (N,), or (N, 1) with `keepdim`.

    >>> import tinygrad_edu as tg
    >>> PairwiseDistance(eps=0.0)(tg.tensor([[3.0, 0.0]]), tg.tensor([[0.0, 4.0]]))
    tensor([5.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Tensor:
        return gates.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)

    def extra_repr(self) -> str:
        return f"p={self.norm}, eps={self.eps}, keepdim={self.keepdim}"
