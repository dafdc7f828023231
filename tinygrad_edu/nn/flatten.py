"""flatten: images to rows, as a module."""

from __future__ import annotations

from typing import Any

from .. import gates
from ..tensor import Tensor
from .module import Module

__all__ = ["Flatten"]


class Flatten(Module):
    """The axes from `start_dim` to `end_dim` as one: (N, 1, 28, 28) -> (N, 784).

    >>> import tinygrad_edu as tg
    >>> Flatten()(tg.zeros(5, 1, 28, 28)).shape
    (5, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Tensor:
        return gates.flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
