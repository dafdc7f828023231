"""radam: Adam that begins as momentum alone, until v has seen enough gradients to divide by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..tensor import Tensor
from .optimizer import BETAS, NOT_NEGATIVE, Hints, Optimizer, Range, average, average_square, descend

__all__ = ["RAdam"]


class RAdam(Optimizer):
    """RAdam: p <- p - lr m' while rho_t <= 5, then p <- p - lr r_t m' sqrt(1 - beta2^t) / (sqrt(v) + eps).

    m and v are Adam's, m' = m / (1 - beta1^t). How many gradients v has effectively seen is
    rho_t = R - 2 t beta2^t / (1 - beta2^t), with R = 2 / (1 - beta2) - 1, and
    r_t = sqrt((rho_t - 4) (rho_t - 2) R / ((R - 4) (R - 2) rho_t)). Liu and others, "On the variance of
    the adaptive learning rate and beyond" (2020).

    Args:
        params: Tensors, or parameter groups.
        lr: the learning rate.
        betas: how much of m and of v stays.
        eps: keeps the division from zero.
        weight_decay: this times p is added to g.
        decoupled_weight_decay: decay the weights by themselves, as AdamW does.
        maximize: go up instead of down.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative option, or a beta that is not below 1.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward(); RAdam([w], lr=0.25).step(); w
    tensor([0.5000], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {"betas": BETAS, "eps": NOT_NEGATIVE}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
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
        rate, correction = group["lr"] / (1 - beta1**step), 1 - beta2**step
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * step * beta2**step / correction
        if length > 5:
            np.add(np.sqrt(v, out=two), group["eps"], out=two)
            m = np.divide(m, two, out=two)
            shrink = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            rate *= (correction * shrink) ** 0.5
        descend(data, m, float(rate), two)
