"""domains: where the elements of an input are drawn from, away from kinks and ties."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = [
    "Domain",
    "Input",
    "apart",
    "away_from",
    "between",
    "integers",
    "nonzero",
    "positive",
    "real",
    "spd",
    "unit",
    "values",
]

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


@dataclass(frozen=True)
class Input:
    """What one input is drawn from: a shape and a domain; integers get no gradient.

    Attributes:
        shape: of the array.
        draw: from a generator and the shape to a float64 (or integer, or bool) array.
        domain: to draw other shapes from; None where only this shape makes sense.

    >>> x = real(3, 4)
    >>> x.shape, x.draw(np.random.default_rng(0), x.shape).shape
    ((3, 4), (3, 4))
    """

    shape: tuple[int, ...]
    draw: Draw
    domain: Domain | None = None


@dataclass(frozen=True)
class Domain:
    """The numbers that an input may be made of. Call it with a shape to make an `Input`.

    `real`, `positive`, `nonzero`, `unit` and `apart` are Domains; `between`, `away_from` and
    `integers` make one. The same Domain serves a generator (`draw`), hypothesis (`elements=` of
    the strategies) and `check_gradients`.

    Attributes:
        name: how it prints.
        low, high: the bounds.
        points: numbers it keeps away from, and
        margin: by how much.
        gap: no two elements of one array are closer than this (0: they may be equal).
        kind: "f" for floats, "i" for integers (then `high` itself is left out).
        sample: how a generator draws it; default: uniformly.

    >>> positive
    positive
    >>> away_from([0, 1], 0.1).intervals()
    [(-3.0, -0.1), (0.1, 0.9), (1.1, 3.0)]
    >>> unit.draw(np.random.default_rng(0), (2,)).shape
    (2,)
    """

    name: str
    low: float = -3.0
    high: float = 3.0
    points: tuple[float, ...] = ()
    margin: float = 0.0
    gap: float = 0.0
    kind: str = "f"
    sample: Draw | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        return self.name

    def __call__(self, *shape: int) -> Input:
        """An Input of this shape."""
        return Input(shape, self.draw, self)

    def intervals(self) -> list[tuple[float, float]]:
        """What is left between `low` and `high`, without the surroundings of `points`."""
        ends, low = [], float(self.low)
        for point in sorted(self.points):
            ends.append((low, point - self.margin))
            low = point + self.margin
        return [(a, b) for a, b in [*ends, (low, float(self.high))] if a <= b]

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """An array of `shape` from a generator."""
        if self.sample is not None:
            return self.sample(rng, shape)
        if self.gap:
            ranks = rng.permutation(int(np.prod(shape))).reshape(shape) - np.prod(shape) / 2
            return self.spaced(ranks + rng.uniform(-0.14, 0.14, shape))  # sums of them do not tie either
        if self.kind == "i":
            return rng.integers(int(self.low), int(self.high), shape)
        intervals = np.array(self.intervals())
        lengths = intervals[:, 1] - intervals[:, 0]
        which = rng.choice(len(intervals), size=shape, p=lengths / lengths.sum())
        return intervals[which, 0] + rng.uniform(size=shape) * lengths[which]

    def spaced(self, ranks: np.ndarray) -> np.ndarray:
        """Different integers as elements of a domain with a `gap`."""
        return ranks * self.gap * 1.4 + 0.1


real = Domain("real", sample=lambda rng, shape: rng.normal(size=shape))
positive = Domain("positive", 0.5, 3.0)
nonzero = Domain(
    "nonzero",
    -2.0,
    2.0,
    (0.0,),
    0.5,
    sample=lambda rng, shape: rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape),
)
unit = Domain("unit", -0.9, 0.9)  # inside (-1, 1)
apart = Domain("apart", gap=0.5)  # no two closer than 0.5: away from the ties of max and sort


def between(low: float, high: float) -> Domain:
    """A domain of uniform draws from an interval: `between(0.1, 0.9)(3, 4)`.

    >>> draw = between(0.1, 0.9)(3, 4)
    >>> x = draw.draw(np.random.default_rng(0), draw.shape)
    >>> bool((x >= 0.1).all() and (x <= 0.9).all())
    True
    """
    return Domain(f"between({low}, {high})", low, high)


def away_from(points: Iterable[float], margin: float, low: float = -3.0, high: float = 3.0) -> Domain:
    """Numbers from `low` to `high` that are at least `margin` away from each of `points`.

    >>> away_from([0.0], 0.5)
    away_from([0.0], 0.5)
    """
    points = tuple(points)
    return Domain(f"away_from({list(points)}, {margin})", low, high, points, margin)


def integers(low: int, high: int) -> Domain:
    """Integers from `low` up to, not including, `high`: indices. They get no gradient.

    >>> ids = integers(0, 3)(100)
    >>> sorted(set(ids.draw(np.random.default_rng(0), ids.shape).tolist()))
    [0, 1, 2]
    """
    return Domain(f"integers({low}, {high})", low, high, kind="i")


def spd(n: int, *batch: int) -> Input:
    """Symmetric positive-definite matrices of shape (*batch, n, n), well conditioned.

    >>> a = spd(3)
    >>> bool((np.linalg.eigvalsh(a.draw(np.random.default_rng(0), a.shape)) > 0).all())
    True
    """

    def draw(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        a = rng.normal(size=shape)
        return a @ np.swapaxes(a, -1, -2) / shape[-1] + 2 * np.eye(shape[-1])

    return Input((*batch, n, n), draw)


def values(*rows: Any) -> Input:
    """Exactly these values: ties, kinks, special values.

    >>> tie = values(1.0, 2.0, 2.0)
    >>> tie.draw(np.random.default_rng(0), tie.shape)
    array([1., 2., 2.])
    """
    array = np.asarray(rows[0] if len(rows) == 1 else rows)
    array = array.astype(np.float64) if array.dtype.kind == "f" else array
    return Input(array.shape, lambda rng, shape: array.copy())
