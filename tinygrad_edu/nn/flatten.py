"""flatten: images to rows and back, as modules."""

from __future__ import annotations

from typing import Any

from .. import gates
from ..tensor import Tensor
from .module import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """The axes from `start_dim` to `end_dim` as one: (N, 1, 28, 28) -> (N, 784).

    >>> import tinygrad_edu as tg
    >>> Flatten()(tg.zeros(5, 1, 28, 28)).shape
    (5, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Tensor:
        return gates.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One axis as several: (N, 784) -> (N, 1, 28, 28); a size may be -1.

    >>> import tinygrad_edu as tg
    >>> Unflatten(1, (1, 28, 28))(tg.zeros(5, 784)).shape
    (5, 1, 28, 28)
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Any) -> Tensor:
        return gates.unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
