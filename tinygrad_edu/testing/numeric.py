"""numeric: derivatives without any rule, by moving the inputs a little; what gradients are checked against."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine import grad
from ..inplace import settled
from ..tensor import Tensor

__all__ = ["NotAnalyticError", "Program", "complex_jacobian"]


class Program:
    """A function at a point, as one vector of numbers that depends on another.

    Attributes:
        function: from `inputs` to a Tensor or a tuple of them.
        leaves: the inputs that require a gradient; what is moved.
        outputs: the differentiable outputs at the point, recorded.
        constants: whether outputs that left the graph count too, with a gradient of zero.
    """

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any], constants: bool = False) -> None:
        self.function, self.inputs = function, tuple(inputs)
        self.leaves = [x for x in self.inputs if isinstance(x, Tensor) and x.requires_grad]
        results = self._results()
        floats = [i for i, t in enumerate(results) if t.dtype.kind == "f"]
        recorded = [i for i in floats if results[i].requires_grad]
        self.positions = floats if constants or not recorded else recorded
        self.outputs = [results[i] for i in self.positions]

    def _results(self) -> list[Tensor]:
        with np.errstate(all="ignore"):
            result = self.function(*self.inputs)
        several = isinstance(result, (tuple, list))
        return [t for t in (result if several else (result,)) if isinstance(t, Tensor)]

    def value(self) -> np.ndarray:
        """All differentiable outputs, one after the other."""
        results = self._results()
        return _joined([results[i]._data for i in self.positions])

    def gradients(self, upstreams: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The gradient of each leaf, by the rules."""
        pairs = [(t, g) for t, g in zip(self.outputs, upstreams, strict=True) if t.requires_grad]
        if not pairs:
            return [np.zeros(x.shape) for x in self.leaves]
        outputs, seeds = zip(*pairs, strict=True)
        found = grad(outputs, self.leaves, seeds, retain_graph=True, allow_unused=True, materialize_grads=True)
        return [g._data for g in found]

    def jacobian(self) -> list[np.ndarray]:
        """By the rules: for each leaf, rows are its elements, columns those of all outputs."""
        sizes = [t.numel() for t in self.outputs]
        columns: list[list[np.ndarray]] = [[] for _ in self.leaves]
        for position, size in enumerate(sizes):
            for j in range(size):
                upstreams = [np.zeros(t.shape, t.dtype) for t in self.outputs]
                upstreams[position].flat[j] = 1
                for column, g in zip(columns, self.gradients(upstreams), strict=True):
                    column.append(g.ravel())
        return [np.array(c, float).reshape(sum(sizes), x.numel()).T for c, x in zip(columns, self.leaves, strict=True)]

    @contextmanager
    def movable(self) -> Iterator[list[np.ndarray]]:
        """The leaves on fresh memory that may be written; afterwards they are as they were."""
        before = [x._data for x in self.leaves]
        for x in self.leaves:
            x._data = x._data.copy(order="K")
        try:
            yield [x._data for x in self.leaves]
        finally:
            for x, data in zip(self.leaves, before, strict=True):
                x._data = data

    def moved(self, leaf: int, element: int, h: float) -> tuple[np.ndarray, float]:
        """The value with one element moved by `h`, and how far it moved after rounding."""
        data = self.leaves[leaf]._data.flat
        old = data[element]
        data[element] = old + h
        step = float(data[element] - old)
        try:
            return self.value(), step
        finally:
            data[element] = old

    def slopes(self, leaf: int, element: int, h: float, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The central difference in one element, and how much the one-sided ones disagree."""
        (up, right), (down, left) = self.moved(leaf, element, h), self.moved(leaf, element, -h)
        with np.errstate(all="ignore"):
            return (up - down) / (right - left), (up - here) / right - (down - here) / left

    def along(self, directions: Sequence[np.ndarray], h: float) -> np.ndarray:
        """The central difference with all leaves moved along `directions` at once."""
        ends = []
        for sign in (1, -1):
            with self.movable() as arrays:
                for array, direction in zip(arrays, directions, strict=True):
                    array += sign * h * direction
                ends.append(self.value())
        with np.errstate(all="ignore"):
            return (ends[0] - ends[1]) / (2 * h)


def _joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.asarray(a, float).ravel() for a in arrays]) if arrays else np.zeros(0)


class NotAnalyticError(Exception):
    """The complex step cannot go through this function."""


def complex_jacobian(program: Program, h: float = 1e-30) -> list[np.ndarray]:
    """The Jacobian by the complex step: imag f(x + ih) / h, exact to rounding, as nothing is subtracted.

    The gates' own forwards are run again, on complex arrays. A function that is not analytic
    (abs, a conjugate) cannot be told from here in every case: compare with a central difference.

    Source: Squire and Trapp, "Using complex variables to estimate derivatives of real functions", 1998.

    Raises:
        NotAnalyticError: a gate cannot compute on complex numbers, or leaves them.
    """
    nodes = _recorded(program.outputs)
    found = []
    for x in program.leaves:
        rows = np.zeros((x.numel(), sum(t.numel() for t in program.outputs)))
        for element in range(x.numel()):
            moved = x._data.astype(complex)
            moved.flat[element] += 1j * h
            rows[element] = _joined([np.imag(z) for z in _replayed(program.outputs, nodes, {id(x): moved})]) / h
        found.append(rows)
    return found


def _recorded(outputs: Sequence[Tensor]) -> list[tuple[Tensor, tuple[Any, ...]]]:
    """Every gate's output behind `outputs`, with its inputs as they were; oldest first."""
    seen: dict[int, tuple[Tensor, tuple[Any, ...]]] = {}
    stack = list(outputs)
    while stack:
        z = stack.pop()
        if z.gate is not None and id(z) not in seen:
            seen[id(z)] = (z, settled(z))
            stack.extend(x for x in seen[id(z)][1] if isinstance(x, Tensor))
    return sorted(seen.values(), key=lambda node: node[0].born)


def _replayed(outputs: Sequence[Tensor], nodes: Any, known: dict[int, Any]) -> list[np.ndarray]:
    """The outputs again, with the values in `known` instead of the recorded ones."""
    for z, inputs in nodes:
        if id(z) in known or not any(id(x) in known for x in inputs):
            continue
        args = [known.get(id(x), x._data) if isinstance(x, Tensor) else x for x in inputs]
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                result = z.gate.forward(*args, **z.keywords)
        except Exception as error:
            raise NotAnalyticError(f"{z.gate.name} does not compute on complex numbers ({error})") from None
        if not isinstance(result, tuple) and np.asarray(result).dtype.kind == "f":
            raise NotAnalyticError(f"{z.gate.name} makes real numbers of complex ones")
        known[id(z)] = result
    return [np.asarray(known.get(id(t), t._data)) for t in outputs]
