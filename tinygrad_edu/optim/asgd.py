"""asgd: gradient descent whose rate falls, and the average of where it has been."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..tensor import Tensor
from .optimizer import NOT_NEGATIVE, Hints, Optimizer, Range, average, descend, scalar

__all__ = ["ASGD"]


class ASGD(Optimizer):
    """Averaged gradient descent: p <- (1 - lambd eta) p - eta g, and the average a <- a + mu (p - a).

    In step t + 1, eta is lr / (1 + lambd lr t)^alpha, and mu is 1 / max(1, t - t0), so that a is the mean
    of p from step t0 + 2 on, and p itself before. It is `state[p]["ax"]`; the parameter is not set to it,
    as in PyTorch. Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992);
    the rate is Bottou's, "Large-scale machine learning with stochastic gradient descent" (2010).

    Args:
        params: Tensors, or parameter groups.
        lr: the learning rate of the first step.
        lambd: how fast the weights decay, and the rate falls.
        alpha: the power of the fall.
        t0: how many steps are left out of the average, beside the first.
        weight_decay: this times p is added to g.
        maximize: go up instead of down.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative option.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0], requires_grad=True); w.grad = tg.tensor([1.0])
    >>> optimizer = ASGD([w], lr=0.25, lambd=0, t0=0)
    >>> for _ in range(3):
    ...     optimizer.step()
    >>> w, optimizer.state[w]["ax"]  # the mean of 0.5 and 0.25
    (tensor([0.2500], requires_grad=True), tensor([0.3750]))
    """

    _ranges: Mapping[str, Range] = {"lambd": NOT_NEGATIVE, "alpha": NOT_NEGATIVE, "t0": NOT_NEGATIVE}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults, **hints)

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data, lr, lambd = p._data, float(group["lr"]), group["lambd"]
        one, two, _ = self._scratch(p)
        state = self.state[p]
        if "eta" not in state:
            state["eta"], state["mu"] = scalar(lr), scalar(1)
        step, a = self._remembered(p, "ax")
        eta, mu = float(state["eta"]), float(state["mu"])
        g = self._gradient(data, g, group, one)
        np.multiply(data, 1 - lambd * eta, out=data)
        descend(data, g, eta, two)
        if mu == 1:
            np.copyto(a, data)
        else:
            average(a, data, mu, two)
        state["eta"] = scalar(lr / (1 + lambd * lr * step) ** group["alpha"])
        state["mu"] = scalar(1 / max(1, step - group["t0"]))
