"""rmsprop: steps divided by the root of the mean square of the recent gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..tensor import Tensor
from .optimizer import NOT_NEGATIVE, Hints, Optimizer, Range, average, average_square, descend

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """RMSprop: s <- alpha s + (1 - alpha) g^2, p <- p - lr g / (sqrt(s) + eps).

    Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5 (2012). `centered`
    divides by the standard deviation instead: the average gradient's square is taken from s (Graves,
    "Generating sequences with recurrent neural networks", 2013). Where rounding makes that difference
    negative it is 0 here, and nan in PyTorch.

    Args:
        params: Tensors, or parameter groups.
        lr: the learning rate.
        alpha: how much of the averages stays.
        eps: keeps the division from zero.
        weight_decay: this times p is added to g.
        momentum: how much of the last step stays.
        centered: divide by the standard deviation.
        maximize: go up instead of down.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative option.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0, 100.0], requires_grad=True)
    >>> (w * w).sum().backward(); RMSprop([w], lr=0.5, alpha=0.75).step(); w  # by lr / sqrt(0.25)
    tensor([ 0., 99.], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {"alpha": NOT_NEGATIVE, "eps": NOT_NEGATIVE, "momentum": NOT_NEGATIVE}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults, **hints)

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data, weight = p._data, 1 - group["alpha"]
        one, two, three = self._scratch(p)
        _, s = self._remembered(p, "square_avg")
        g = self._gradient(data, g, group, one)
        average_square(s, g, weight, two)
        if group["centered"]:
            mean = self._kept(p, "grad_avg")
            average(mean, g, weight, two)
            s = np.subtract(s, np.multiply(mean, mean, out=two), out=two)
            s = np.maximum(s, 0, out=two)
        np.add(np.sqrt(s, out=two), group["eps"], out=two)
        direction = np.divide(g, two, out=two)
        if group["momentum"]:
            v = self._kept(p, "momentum_buffer")
            np.multiply(v, group["momentum"], out=v)
            direction = np.add(v, direction, out=v)
        descend(data, direction, float(group["lr"]), three)
