"""sgd: stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..errors import OptionError
from ..tensor import Tensor
from .optimizer import NOT_NEGATIVE, Hints, Optimizer, Range, descend

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent: p <- p - lr v, where v <- momentum v + (1 - dampening) g.

    The first v is g itself, undampened, as in PyTorch. With `nesterov` the step is along
    g + momentum v (Sutskever and others, "On the importance of initialization and momentum in deep
    learning", 2013).

    Args:
        params: Tensors, or parameter groups.
        lr: the learning rate.
        momentum: how much of the last v stays.
        dampening: how much of g is left out of v.
        weight_decay: this times p is added to g.
        nesterov: look ahead along v; needs momentum and no dampening.
        maximize: go up instead of down.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative rate, momentum or decay, or nesterov without momentum.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward(); optimizer.step(); w
    tensor([0.8000], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {"momentum": NOT_NEGATIVE}

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
        **hints: Unpack[Hints],
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults, **hints)

    def _check(self, group: Mapping[str, Any]) -> None:
        super()._check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise OptionError("SGD: nesterov needs a momentum above 0 and a dampening of 0.")

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data, momentum = p._data, group["momentum"]
        one, two, _ = self._scratch(p)
        g = self._gradient(data, g, group, one)
        if momentum:
            v = self._velocity(p, g, group, two)
            g = np.add(g, np.multiply(v, momentum, out=two), out=two) if group["nesterov"] else v
        descend(data, g, float(group["lr"]), two)

    def _velocity(self, p: Tensor, g: np.ndarray, group: dict[str, Any], work: np.ndarray) -> np.ndarray:
        state = self.state[p]
        kept = state.get("momentum_buffer")
        if kept is None:
            state["momentum_buffer"] = Tensor(g.copy())
            return state["momentum_buffer"]._data
        v: np.ndarray = kept._data
        np.multiply(v, group["momentum"], out=v)
        if group["dampening"]:
            g = np.multiply(g, 1 - group["dampening"], out=work)
        return np.add(v, g, out=v)
