"""sgd: stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..tensor import Tensor, written
from .optimizer import Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent: p <- p - lr v, where v <- momentum v + (1 - dampening) g.

    The first v is g itself, undampened, as in PyTorch. With `nesterov` the step is along
    g + momentum v (Sutskever and others, 2013).

    Args:
        params: Tensors, or parameter groups.
        lr: the learning rate.
        momentum: how much of the last v stays.
        dampening: how much of g is left out of v.
        weight_decay: this times p is added to g.
        nesterov: look ahead along v; needs momentum and no dampening.
        maximize: go up instead of down.

    Raises:
        ValueError: for a negative rate, momentum or decay, or nesterov without momentum.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward(); optimizer.step(); w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        for name, value in (("lr", lr), ("momentum", momentum), ("weight_decay", weight_decay)):
            if value < 0:
                raise ValueError(f"SGD: {name} must not be negative; got {value}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("SGD: nesterov needs a momentum above 0 and a dampening of 0")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data, work, lr, momentum = p._data, self._scratch(p), group["lr"], group["momentum"]
        if group["weight_decay"]:
            np.multiply(data, group["weight_decay"], out=work)
            g = (np.subtract if group["maximize"] else np.add)(work, g, out=work)
        elif group["maximize"]:
            g = np.negative(g, out=work)
        if momentum:
            v = self._velocity(p, g, group)
            if group["nesterov"]:
                np.subtract(data, np.multiply(g, lr, out=work), out=data)
                g, lr = v, lr * momentum
            else:
                g = v
        np.multiply(g, lr, out=work)
        np.subtract(data, work, out=data)
        written(p)

    def _velocity(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> np.ndarray:
        """The new v; `g` stays as it is unless it is dampened."""
        state = self.state[p]
        kept = state.get("momentum_buffer")
        if kept is None:
            state["momentum_buffer"] = Tensor(g.copy())
            return state["momentum_buffer"]._data
        v: np.ndarray = kept._data
        np.multiply(v, group["momentum"], out=v)
        if group["dampening"]:
            g = np.multiply(g, 1 - group["dampening"], out=self._scratch(p))
        np.add(v, g, out=v)
        return v
