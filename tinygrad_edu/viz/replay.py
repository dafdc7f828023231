"""replay: a recorded graph computed again with one value moved a little: gradients without any rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..record import Bundle
from ..tensor import Tensor
from .records.recording import Kept

__all__ = ["SMALL", "Replay"]

_STEP = 1e-6
SMALL = 16  # up to so many elements each is moved by itself; a larger array, along one direction


class Replay:
    """The graph in float64, whose values can be moved one at a time."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept
        self._base: dict[int, Any] = {}
        for z, inputs in kept.gates:
            for x in inputs:
                if isinstance(x, Tensor) and x.gate is None:
                    self._base[id(x)] = _exact(x._data)
            self._base[id(z)] = self._made(z, inputs, self._base)

    def _made(self, z: Tensor, inputs: tuple[Any, ...], values: dict[int, Any]) -> Any:
        """What the gate of `z` makes of other values of its inputs."""
        args = [values[id(x)] if isinstance(x, Tensor) else _exact(x) for x in inputs]
        keywords = {key: _exact_dtype(word) for key, word in z.keywords.items()}
        if isinstance(keywords.get("kept"), list):
            keywords["kept"] = []  # what a forward leaves there for its own way back
        made = z.gate.forward(*args, **keywords)
        return Bundle(made) if isinstance(made, tuple) else np.asarray(made)

    def moved(self, node: Tensor, value: np.ndarray) -> float:
        """The output, times the upstream that the walk began with and summed, if `node` had this value."""
        values, changed = dict(self._base), {id(node)}
        values[id(node)] = value
        for z, inputs in self.kept.gates:
            if id(z) not in changed and any(isinstance(x, Tensor) and id(x) in changed for x in inputs):
                values[id(z)] = self._made(z, inputs, values)
                changed.add(id(z))
        return float(np.sum(values[id(self.kept.output)] * self.kept.upstream))

    def slope(self, node: Tensor, direction: np.ndarray) -> float:
        """How fast the output changes as `node` moves along a direction: a central difference."""
        start = self._base.get(id(node), _exact(node._data))
        step = _STEP * max(1.0, float(np.max(np.abs(start), initial=0)))
        with np.errstate(all="ignore"):
            ahead, behind = (self.moved(node, start + sign * step * direction) for sign in (1, -1))
        return (ahead - behind) / (2 * step)

    def gradient(self, node: Tensor) -> np.ndarray | None:
        """The gradient of each element; None for an array too large to move each."""
        if node._data.size > SMALL:
            return None
        found = np.empty(node.shape)
        for i in np.ndindex(node.shape):
            direction = np.zeros(node.shape)
            direction[i] = 1
            found[i] = self.slope(node, direction)
        return found


def _exact(a: Any) -> Any:
    """Floats as float64; other things as they are."""
    return a.astype(np.float64) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a


def _exact_dtype(word: Any) -> Any:
    floats = isinstance(word, (np.dtype, type)) and np.issubdtype(word, np.floating)
    return np.float64 if floats else _exact(word)
