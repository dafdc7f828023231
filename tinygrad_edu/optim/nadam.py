"""nadam: Adam that looks ahead along its momentum, as Nesterov's does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..tensor import Tensor
from .optimizer import BETAS, NOT_NEGATIVE, Hints, Optimizer, Range, average, average_square, descend, scalar

__all__ = ["NAdam"]


class NAdam(Optimizer):
    """NAdam: p <- p - lr ((1 - mu_t) g / (1 - M_t) + mu_(t+1) m / (1 - M_(t+1))) / (sqrt(v') + eps).

    m and v are Adam's, v' = v / (1 - beta2^t); mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2), and
    M_t is the product of mu_1 to mu_t. Dozat, "Incorporating Nesterov momentum into Adam" (2016).

    Args:
        params: Tensors, or parameter groups.
        lr: the learning rate: about how far an element moves in a step.
        betas: how much of m and of v stays.
        eps: keeps the division from zero.
        weight_decay: this times p is added to g.
        momentum_decay: how fast mu_t rises to beta1.
        decoupled_weight_decay: decay the weights by themselves, as AdamW does.
        maximize: go up instead of down.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative option, or a beta that is not below 1.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward(); NAdam([w], lr=0.5).step(); w
    tensor([0.4718], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {"betas": BETAS, "eps": NOT_NEGATIVE, "momentum_decay": NOT_NEGATIVE}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults, **hints)

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data, lr, decay = p._data, group["lr"], group["momentum_decay"]
        beta1, beta2 = group["betas"]
        one, two, three = self._scratch(p)
        state = self.state[p]
        if "mu_product" not in state:
            state["mu_product"] = scalar(1)
        step, m, v = self._remembered(p, "exp_avg", "exp_avg_sq")
        g = self._gradient(data, g, group, one)
        average(m, g, 1 - beta1, two)
        average_square(v, g, 1 - beta2, two)
        np.sqrt(np.divide(v, float(1 - beta2**step), out=two), out=two)
        np.add(two, group["eps"], out=two)

        mu, following = (beta1 * (1 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
        product = state["mu_product"]._data
        np.multiply(product, mu, out=product)
        so_far = float(product)
        descend(data, np.divide(g, two, out=three), float(lr * (1 - mu) / (1 - so_far)), three)
        descend(data, np.divide(m, two, out=three), float(lr * following / (1 - so_far * following)), three)
