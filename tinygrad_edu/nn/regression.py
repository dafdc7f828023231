"""regression: losses of numbers against numbers."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from ..tensor import Tensor, as_tensor
from .module import Module
from .reduction import check_reduction, reduced

__all__ = ["MSELoss"]


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """(input - target)², elementwise, then its mean or sum.

    Args:
        input, target: of one shape.
        reduction: mean, sum, or none (the shape of the input).

    Raises:
        ShapeError: for two shapes. PyTorch warns and broadcasts: (N, 1) against (N,) becomes N²
            differences, a loss that falls and learns nothing.

    >>> import tinygrad_edu as tg
    >>> mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]))
    tensor(2.)
    """
    input, target = as_tensor(input), as_tensor(target)
    if input.shape != target.shape:
        raise ShapeError(
            "mse_loss compares element with element, so input and target have one shape.",
            expected=f"target {input.shape}",
            got=f"target {target.shape}",
            mend="target.reshape(input.shape)" if input.numel() == target.numel() else "",
        )
    difference = input - target
    return reduced(difference * difference, reduction)


class MSELoss(Module):
    """`mse_loss` as a module.

    >>> import tinygrad_edu as tg
    >>> MSELoss()(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        check_reduction(reduction)
        self.reduction = reduction

    def forward(self, input: Any, target: Any) -> Tensor:
        return mse_loss(input, target, reduction=self.reduction)
