"""case: one program that runs in tinygrad_edu and in PyTorch, and the inputs to prove it on."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Case", "Input", "apart", "between", "integers", "nonzero", "positive", "real", "spd", "unit", "values"]


@dataclass(frozen=True)
class Input:
    """What one input is drawn from: a shape and a domain; integers get no gradient.

    Attributes:
        shape: of the array.
        draw: from a generator and the shape to a float64 (or integer, or bool) array.
        domain: the name of the domain, for strategies that draw other shapes from it.
    """

    shape: tuple[int, ...]
    draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
    domain: str


def _domain(name: str, draw: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]) -> Callable[..., Input]:
    def made(*shape: int) -> Input:
        return Input(shape, draw, name)

    made.__name__ = name
    return made


real = _domain("real", lambda rng, shape: rng.normal(size=shape))
positive = _domain("positive", lambda rng, shape: rng.uniform(0.5, 3.0, shape))
nonzero = _domain("nonzero", lambda rng, shape: rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape))
unit = _domain("unit", lambda rng, shape: rng.uniform(-0.9, 0.9, shape))  # inside (-1, 1)
apart = _domain(  # no two closer than 0.5: away from the ties of max and sort
    "apart",
    lambda rng, shape: (rng.permutation(int(np.prod(shape))).reshape(shape) - np.prod(shape) / 2) * 0.7 + 0.1,
)


def between(low: float, high: float) -> Callable[..., Input]:
    """A domain of uniform draws from an interval: `between(0.1, 0.9)(3, 4)`."""
    return _domain(f"between({low}, {high})", lambda rng, shape: rng.uniform(low, high, shape))


def integers(low: int, high: int) -> Callable[..., Input]:
    """Integers from `low` up to, not including, `high`: indices. They get no gradient."""
    return _domain(f"integers({low}, {high})", lambda rng, shape: rng.integers(low, high, shape))


def spd(n: int, *batch: int) -> Input:
    """Symmetric positive-definite matrices of shape (*batch, n, n), well conditioned."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        a = rng.normal(size=shape)
        return a @ np.swapaxes(a, -1, -2) / shape[-1] + 2 * np.eye(shape[-1])

    return Input((*batch, n, n), draw, "spd")


def values(*rows: Any) -> Input:
    """Exactly these values: ties, kinks, special values."""
    array = np.asarray(rows[0] if len(rows) == 1 else rows)
    array = array.astype(np.float64) if array.dtype.kind == "f" else array
    return Input(array.shape, lambda rng, shape: array.copy(), "values")


@dataclass(frozen=True)
class Case:
    """One row of the proof.

    Attributes:
        name: unique; `gate` or `gate: what is special here`.
        call: the program, from a library (tinygrad_edu or torch) and its tensors to a tensor or a
            tuple of them. Written once, run in both.
        inputs: what each tensor is drawn from.
        order: how many times it may be differentiated (0, 1 or 2); 0 for a step function.
        numeric: compare with central differences (False at kinks, ties and special values).
        oracle: compare with PyTorch (False where PyTorch lacks it, or where we decide otherwise).
        elementwise: the program broadcasts: hypothesis draws other shapes, empty and 0-d too.
        dtypes: the dtypes whose gradients are checked for dtype and shape.
        tolerance: of the comparison with PyTorch, absolute and relative.
        why: what the case is there for, or why it has no oracle.
    """

    name: str
    call: Callable[..., Any]
    inputs: tuple[Input, ...]
    order: int = 2
    numeric: bool = True
    oracle: bool = True
    elementwise: bool = False
    dtypes: tuple[str, ...] = ("float32",)
    tolerance: float = 1e-9
    why: str = ""
    tags: tuple[str, ...] = field(default=())

    def arrays(self) -> list[np.ndarray]:
        """The inputs, the same at every call."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        return [np.asarray(i.draw(rng, i.shape)) for i in self.inputs]


def case(name: str, call: Callable[..., Any], *inputs: Input, **more: Any) -> Case:
    """A Case in one line: `case("exp", lambda T, x: T.exp(x), real(3, 4), elementwise=True)`."""
    return Case(name, call, inputs, **more)
