"""case: one program that runs in tinygrad_edu and in PyTorch, and the inputs to prove it on."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domains import Input, apart, away_from, between, integers, nonzero, positive, real, spd, unit, values

__all__ = [
    "Case",
    "Input",
    "apart",
    "away_from",
    "between",
    "case",
    "integers",
    "nonzero",
    "positive",
    "real",
    "spd",
    "unit",
    "values",
]


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

    >>> made = Case("exp", lambda T, x: T.exp(x), (real(3, 4),), elementwise=True)
    >>> made.order, made.dtypes, made.oracle
    (2, ('float32',), True)
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

    def arrays(self) -> list[np.ndarray]:
        """The inputs, the same at every call."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        return [np.asarray(i.draw(rng, i.shape)) for i in self.inputs]


def case(name: str, call: Callable[..., Any], *inputs: Input, **more: Any) -> Case:
    """A Case in one line: `case("exp", lambda T, x: T.exp(x), real(3, 4), elementwise=True)`.

    >>> [x.shape for x in case("mul", lambda T, x, y: x * y, real(3, 4), real(4)).arrays()]
    [(3, 4), (4,)]
    """
    return Case(name, call, inputs, **more)
