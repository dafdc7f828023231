"""adam: momentum, divided by the root of the mean square of the gradients, both without their early bias."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..tensor import Tensor
from .optimizer import BETAS, NOT_NEGATIVE, Hints, Optimizer, Range, average, average_square, descend

__all__ = ["Adam"]


class Adam(Optimizer):
    """Adam: p <- p - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps), at step t.

    m <- beta1 m + (1 - beta1) g, and v <- beta2 v + (1 - beta2) g^2. Kingma and Ba, "Adam: a method
    for stochastic optimization" (2015). With `amsgrad`, v is the largest so far in the division:
    Reddi, Kale and Kumar, "On the convergence of Adam and beyond" (2018).

    Args:
        params: Tensors, or parameter groups.
        lr: the learning rate: about how far an element moves in a step.
        betas: how much of m and of v stays.
        eps: keeps the division from zero.
        weight_decay: this times p is added to g.
        amsgrad: divide by the largest v so far.
        maximize: go up instead of down.
        decoupled_weight_decay: decay the weights by themselves, as AdamW does.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative option, or a beta that is not below 1.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0, 100.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.5)
    >>> (w * w).sum().backward(); optimizer.step(); w  # the first step is lr along the sign
    tensor([ 0.5000, 99.5000], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {"betas": BETAS, "eps": NOT_NEGATIVE}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults, **hints)

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data = p._data
        beta1, beta2 = group["betas"]
        one, two, _ = self._scratch(p)
        step, m, v = self._remembered(p, "exp_avg", "exp_avg_sq")
        g = self._gradient(data, g, group, one)
        average(m, g, 1 - beta1, two)
        average_square(v, g, 1 - beta2, two)
        if group["amsgrad"]:
            largest = self._kept(p, "max_exp_avg_sq")
            v = np.maximum(largest, v, out=largest)
        # the correction of v divides the rate and eps, which saves a pass over the parameter
        root = float(1 - beta2**step) ** 0.5
        np.add(np.sqrt(v, out=two), group["eps"] * root, out=two)
        np.divide(m, two, out=two)
        descend(data, two, float(group["lr"]) * root / float(1 - beta1**step), two)
