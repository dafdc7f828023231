"""regression: losses of numbers against numbers: how far a prediction is off, squared, absolute or in between."""

from __future__ import annotations

from typing import Any

from .. import gates
from ..errors import OptionError, ShapeError
from ..tensor import Tensor, as_tensor
from .reduction import Loss, check_same_shape, reduced

__all__ = ["HuberLoss", "L1Loss", "MSELoss", "QuadraticCost", "SmoothL1Loss"]


def _difference(name: str, input: Any, target: Any) -> Tensor:
    """input - target, of one shape."""
    input, target = as_tensor(input), as_tensor(target)
    check_same_shape(name, input, target=target)
    return input - target


def _weighted(name: str, losses: Tensor, weight: Any, reduction: str) -> Tensor:
    """The losses, each by its weight; the mean is over the sum of the weights."""
    if weight is None:
        return reduced(losses, reduction)
    weight = as_tensor(weight)
    check_same_shape(name, losses, weight=weight)
    return (losses * weight).sum() / weight.sum() if reduction == "mean" else reduced(losses * weight, reduction)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Tensor:
    """(input - target)², elementwise, then its mean or sum.

    Args:
        input, target: of one shape.
        reduction: mean, sum, or none (the shape of the input).
        weight: of each element, of the same shape; the mean is then over the sum of the weights.

    Raises:
        ShapeError: for two shapes. PyTorch warns and broadcasts: (N, 1) against (N,) becomes N²
            differences, a loss that falls and learns nothing.

    >>> import tinygrad_edu as tg
    >>> mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]))
    tensor(2.)
    """
    difference = _difference("mse_loss", input, target)
    return _weighted("mse_loss", difference * difference, weight, reduction)


def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Tensor:
    """|input - target|, elementwise, then its mean or sum; where they are equal the gradient is 0.

    Args and errors: as for `mse_loss`.

    >>> import tinygrad_edu as tg
    >>> l1_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]))
    tensor(1.)
    """
    return _weighted("l1_loss", gates.abs(_difference("l1_loss", input, target)), weight, reduction)


def _bent(difference: Tensor, delta: float) -> Tensor:
    """d²/2 within ±delta, and beyond it the tangent there, delta (|d| - delta/2).

    Both at once: with c = d held within ±delta it is c (d - c/2), finite where d² would not be.
    """
    c = gates.clamp(difference, -delta, delta)
    return c * (difference - c * 0.5)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Tensor:
    """d²/2 where d = input - target is within ±delta, else delta (|d| - delta/2).

    So an outlier pulls no harder than delta. Huber, "Robust estimation of a location parameter", 1964.

    Args:
        input, target: of one shape.
        reduction: mean, sum, or none (the shape of the input).
        delta: where the parabola becomes a line; more than 0.
        weight: of each element, of the same shape; the mean stays over the number of elements, as in PyTorch.

    Raises:
        ShapeError: for two shapes.
        OptionError: for a delta of 0 or less.

    >>> import tinygrad_edu as tg
    >>> huber_loss(tg.tensor([1.0, 10.0]), tg.tensor([0.0, 0.0]), reduction="none", delta=2.0)
    tensor([ 0.5000, 18.0000])
    """
    if delta <= 0:
        raise OptionError(f"delta must be more than 0; got {delta}")
    losses = _bent(_difference("huber_loss", input, target), delta)
    if weight is not None:
        weight = as_tensor(weight)
        check_same_shape("huber_loss", losses, weight=weight)
        losses = losses * weight
    return reduced(losses, reduction)


def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """`huber_loss` over beta: |d| - beta/2 beyond ±beta, rounded off within by d²/(2 beta).

    Args:
        input, target: of one shape.
        reduction: mean, sum, or none (the shape of the input).
        beta: where the line becomes a parabola; with 0 it is `l1_loss`.

    Raises:
        ShapeError: for two shapes.
        OptionError: for a beta below 0.

    >>> import tinygrad_edu as tg
    >>> smooth_l1_loss(tg.tensor([1.0, 10.0]), tg.tensor([0.0, 0.0]), reduction="none", beta=2.0)
    tensor([0.2500, 9.0000])
    """
    if beta < 0:
        raise OptionError(f"beta must be 0 or more; got {beta}")
    difference = _difference("smooth_l1_loss", input, target)
    return reduced(_bent(difference, beta) / beta if beta else gates.abs(difference), reduction)


def quadratic_cost(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """½ ‖input - target‖² of each sample: Nielsen, "Neural Networks and Deep Learning", chapter 1, network2.py.

    Args:
        input, target: of one shape (…, features): one sample, or one a row.
        reduction: over the samples: mean, sum, or none (the shape without the features).

    Raises:
        ShapeError: for two shapes, or for numbers.

    >>> import tinygrad_edu as tg
    >>> quadratic_cost(tg.tensor([[1.0, 2.0], [0.0, 0.0]]), tg.tensor([[0.0, 0.0], [0.0, 2.0]]))
    tensor(2.2500)
    """
    difference = _difference("quadratic_cost", input, target)
    if not difference.ndim:
        raise ShapeError("quadratic_cost is of samples, rows of features.", expected="(…, features)", got="a number")
    return reduced((difference * difference).sum(-1) * 0.5, reduction)


class MSELoss(Loss):
    """`mse_loss` as a module.

    >>> import tinygrad_edu as tg
    >>> MSELoss()(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        return mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """`l1_loss` as a module.

    >>> import tinygrad_edu as tg
    >>> L1Loss()(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        return l1_loss(input, target, reduction=self.reduction)


class HuberLoss(Loss):
    """`huber_loss` as a module.

    Raises:
        OptionError: for a delta of 0 or less.

    >>> import tinygrad_edu as tg
    >>> HuberLoss(reduction="none")(tg.tensor([1.0, 10.0]), tg.zeros(2))
    tensor([0.5000, 9.5000])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Tensor:
        return huber_loss(input, target, self.reduction, self.delta)


class SmoothL1Loss(Loss):
    """`smooth_l1_loss` as a module.

    Raises:
        OptionError: for a beta below 0.

    >>> import tinygrad_edu as tg
    >>> SmoothL1Loss(reduction="none", beta=2.0)(tg.tensor([1.0, 10.0]), tg.zeros(2))
    tensor([0.2500, 9.0000])
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Tensor:
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class QuadraticCost(Loss):
    """`quadratic_cost` as a module: with a sigmoid before it, learning is slow where the neuron is badly wrong.

    >>> import tinygrad_edu as tg
    >>> z = tg.tensor([[-5.0]], requires_grad=True)  # a = 0.007 where 1 is wanted
    >>> QuadraticCost()(tg.sigmoid(z), tg.ones(1, 1)).backward(); round(z.grad.item(), 4)
    -0.0066
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        return quadratic_cost(input, target, reduction=self.reduction)
