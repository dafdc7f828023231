"""together: what optimizers share that see all parameters as one vector, and ask for the loss themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import TinygradError
from ..tensor import Tensor, written
from .optimizer import Optimizer

__all__: list[str] = []


class Together(Optimizer):
    """The base of LBFGS, Newton and GaussNewton: one group of parameters, and a step that needs its closure."""

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """The one group; a second raises TinygradError."""
        if self.param_groups:
            raise TinygradError(
                f"{type(self).__name__} sees all parameters as one vector, and has one group of them.",
                got="a second group",
                mend="list(model.parameters())",
            )
        super().add_param_group(param_group)

    def _step(self, closure: Callable[[], Any] | None) -> Any:
        if closure is None:
            raise TinygradError(
                f"{type(self).__name__} needs a closure: it asks for the loss itself.",
                mend="optimizer.step(closure), with closure() computing what the class's documentation says",
            )
        return self._advance(closure, self.param_groups[0])

    def _advance(self, closure: Callable[[], Any], group: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _moved(self, params: list[Tensor], start: list[np.ndarray], direction: np.ndarray, length: float) -> None:
        """Write start + length direction into the parameters."""
        at = 0
        for p, x in zip(params, start, strict=True):
            p._data[...] = x + length * direction[at : at + x.size].reshape(x.shape)
            written(p)
            at += x.size


def flat(arrays: Iterable[np.ndarray]) -> np.ndarray:
    """All elements as one vector."""
    return np.concatenate([a.reshape(-1) for a in arrays])


def values(tensors: Iterable[Tensor]) -> list[np.ndarray]:
    """Copies of what they hold."""
    return [t._data.copy() for t in tensors]
