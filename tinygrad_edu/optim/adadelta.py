"""adadelta: steps in the units of the parameter, with no rate to choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..tensor import Tensor
from .optimizer import FRACTION, NOT_NEGATIVE, Hints, Optimizer, Range, average_square, descend

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """Adadelta: p <- p - lr d, where d = g sqrt(u + eps) / sqrt(s + eps).

    s and u are moving averages of g^2 and of d^2: s <- rho s + (1 - rho) g^2. Zeiler, "ADADELTA: an
    adaptive learning rate method" (2012), which has no lr: that is 1.

    Args:
        params: Tensors, or parameter groups.
        lr: what the steps are multiplied with.
        rho: how much of the averages stays, from 0 to 1.
        eps: where the steps start from, and what keeps the division from zero.
        weight_decay: this times p is added to g.
        maximize: go up instead of down.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative option, or a rho above 1.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> (w * w).sum().backward(); Adadelta([w]).step(); w  # by sqrt(1e-6) / sqrt(0.1)
    tensor([0.9968], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {"rho": FRACTION, "eps": NOT_NEGATIVE}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        defaults = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, defaults, **hints)

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data, eps, weight = p._data, group["eps"], 1 - group["rho"]
        one, two, three = self._scratch(p)
        _, s, u = self._remembered(p, "square_avg", "acc_delta")
        g = self._gradient(data, g, group, one)
        average_square(s, g, weight, two)
        np.sqrt(np.add(s, eps, out=two), out=two)
        np.sqrt(np.add(u, eps, out=three), out=three)
        np.divide(three, two, out=three)
        np.multiply(three, g, out=three)
        average_square(u, three, weight, two)
        descend(data, three, float(group["lr"]), two)
