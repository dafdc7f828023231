"""adagrad: a rate for each element, which shrinks with the squares of all its gradients so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..tensor import Tensor
from .optimizer import NOT_NEGATIVE, Hints, Optimizer, Range

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Adagrad: s <- s + g^2, p <- p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps), at step t.

    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011).

    Args:
        params: Tensors, or parameter groups.
        lr: the learning rate.
        lr_decay: how fast the rate itself falls.
        weight_decay: this times p is added to g.
        initial_accumulator_value: where s starts.
        eps: keeps the division from zero.
        maximize: go up instead of down.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative option.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0, 100.0], requires_grad=True)
    >>> optimizer = Adagrad([w], lr=0.5)
    >>> (w * w).sum().backward(); optimizer.step(); w  # the first step is lr along the sign
    tensor([ 0.5000, 99.5000], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {
        "lr_decay": NOT_NEGATIVE,
        "initial_accumulator_value": NOT_NEGATIVE,
        "eps": NOT_NEGATIVE,
    }

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, defaults, **hints)

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data = p._data
        one, two, _ = self._scratch(p)
        first = "sum" not in self.state[p]
        step, s = self._remembered(p, "sum")
        if first:
            s += group["initial_accumulator_value"]
        g = self._gradient(data, g, group, one)
        np.add(s, np.multiply(g, g, out=two), out=s)
        np.sqrt(s, out=two)
        np.add(two, group["eps"], out=two)
        np.divide(g, two, out=two)
        np.multiply(two, float(group["lr"]) / (1 + (step - 1) * group["lr_decay"]), out=two)
        np.subtract(data, two, out=data)
