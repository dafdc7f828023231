"""adamax: Adam with the largest recent gradient in place of the root of the mean square."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..tensor import Tensor
from .optimizer import BETAS, NOT_NEGATIVE, Hints, Optimizer, Range, average, descend

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Adamax: u <- max(beta2 u, |g| + eps), p <- p - lr / (1 - beta1^t) m / u, at step t.

    m <- beta1 m + (1 - beta1) g. Kingma and Ba, "Adam: a method for stochastic optimization" (2015),
    section 7.1; the eps is PyTorch's.

    Args:
        params: Tensors, or parameter groups.
        lr: the learning rate: about how far an element moves in a step.
        betas: how much of m and of u stays.
        eps: keeps the division from zero.
        weight_decay: this times p is added to g.
        maximize: go up instead of down.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative option, or a beta that is not below 1.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0, 100.0], requires_grad=True)
    >>> (w * w).sum().backward(); Adamax([w], lr=0.5).step(); w
    tensor([ 0.5000, 99.5000], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {"betas": BETAS, "eps": NOT_NEGATIVE}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults, **hints)

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data = p._data
        beta1, beta2 = group["betas"]
        one, two, _ = self._scratch(p)
        step, m, u = self._remembered(p, "exp_avg", "exp_inf")
        g = self._gradient(data, g, group, one)
        average(m, g, 1 - beta1, two)
        np.multiply(u, beta2, out=u)
        np.add(np.abs(g, out=two), group["eps"], out=two)
        np.maximum(u, two, out=u)
        np.divide(m, u, out=two)
        descend(data, two, float(group["lr"] / (1 - beta1**step)), two)
