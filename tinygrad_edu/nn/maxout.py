"""maxout: a unit that learns its own activation: the maximum of several linear functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import gates
from ..axes import axis_of, either_name
from ..errors import ShapeError
from ..tensor import Tensor, as_tensor
from .linear import Linear
from .module import Module

__all__ = ["Maxout"]


@either_name
def maxout(input: Any, pieces: int, dim: int = -1) -> Tensor:
    """The maximum of every `pieces` neighbours along `dim` (Goodfellow et al. 2013).

    Args:
        input: of any shape; along `dim` a multiple of `pieces`. `dim=1` for the channels of images.

    Raises:
        ShapeError: if it is no multiple.

    >>> import tinygrad_edu as tg
    >>> maxout(tg.tensor([1.0, 2.0, 4.0, 3.0]), 2)
    tensor([2., 4.])
    """
    x = as_tensor(input)
    axis = axis_of(dim, x.ndim, "maxout")
    n = x.shape[axis]
    if pieces < 1 or n % pieces:
        raise ShapeError(
            f"maxout of {pieces} pieces.", expected=f"a multiple of {pieces} along {dim}", got=str(x.shape)
        )
    grouped = np.reshape(x, (*x.shape[:axis], n // pieces, pieces, *x.shape[axis + 1 :]))
    return gates.amax(grouped, axis + 1)  # type: ignore[no-any-return]


class Maxout(Module):
    """max over `pieces` of x Wᵀ + b: (…, in_features) -> (…, out_features).

    Attributes:
        linear: the Linear(in_features, out_features * pieces) whose neighbours compete.

    >>> import tinygrad_edu as tg
    >>> Maxout(3, 2)(tg.ones(5, 3)).shape
    (5, 2)
    """

    def __init__(self, in_features: int, out_features: int, pieces: int = 2, bias: bool = True) -> None:
        super().__init__()
        self.pieces = pieces
        self.linear = Linear(in_features, out_features * pieces, bias)

    def forward(self, input: Any) -> Tensor:
        return maxout(self.linear(input), self.pieces)

    def extra_repr(self) -> str:
        return f"pieces={self.pieces}"
