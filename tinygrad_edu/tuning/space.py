"""space: what is searched: for each hyperparameter a range, or a list of choices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import OptionError

__all__ = ["Range", "Space", "integers", "log", "uniform"]


@dataclass(frozen=True)
class Range:
    """All numbers from low to high, both included, each as likely as its neighbours; made by the functions below.

    Attributes:
        low, high: the ends.
        scale: "linear", or "log": then every factor is as likely as any other.
        whole: integers only.

    >>> rates = Range(1e-4, 1.0, "log")
    >>> rates.at(0), rates.at(0.5), rates.at(1)
    (0.0001, 0.01, 1.0)
    """

    low: float
    high: float
    scale: str = "linear"
    whole: bool = False

    def __post_init__(self) -> None:
        lowest = 0.0 if self.scale == "log" else -math.inf
        if not lowest < self.low < self.high < math.inf:
            raise OptionError(
                f"a {self.scale} range goes from a smaller number{' above 0' * (self.scale == 'log')} to a larger.",
                got=f"{self.low} to {self.high}",
            )

    def at(self, u: float) -> float:
        """The number at u, from 0 (low) to 1 (high), as the scale counts.

        >>> log(1e-4, 1).at(0.5)
        0.01
        """
        low, high = self._ends()
        x = low + u * (high - low)
        x = 10**x if self.scale == "log" else x
        x = float(round(x, 0)) if self.whole else float(f"{x:.6g}")  # what is printed is what was tried
        x = min(max(x, self.low), self.high)
        return int(x) if self.whole else x

    def where(self, x: float) -> float:
        """The inverse of `at`, up to rounding: how far x is from low to high.

        >>> log(1e-4, 1).where(0.1)
        0.75
        """
        low, high = self._ends()
        x = max(x, self.low / 2) if self.scale == "log" else x
        return ((math.log10(x) if self.scale == "log" else x) - low) / (high - low)

    def _ends(self) -> tuple[float, float]:
        """What 0 and 1 stand for on the scale; half an integer further out, so that the ends get their share."""
        low, high = (self.low - 0.499999, self.high + 0.499999) if self.whole else (self.low, self.high)
        return (math.log10(low), math.log10(high)) if self.scale == "log" else (low, high)


Space = Mapping[str, Range | Sequence[Any]]


def log(low: float, high: float) -> Range:
    """From low to high, every factor as likely as any other: learning rates, penalties (CS231n's notes).

    >>> [log(0.01, 1).at(u) for u in (0, 0.5, 1)]
    [0.01, 0.1, 1.0]
    """
    return Range(low, high, "log")


def uniform(low: float, high: float) -> Range:
    """From low to high, every number as likely as any other: momentum, dropout.

    >>> uniform(0, 0.8).at(0.25)
    0.2
    """
    return Range(low, high)


def integers(low: int, high: int, *, scale: str = "linear") -> Range:
    """The whole numbers from low to high, both included: layers, units, batch sizes.

    Args:
        scale: "log" for sizes: 16 to 32 is as likely as 256 to 512.

    >>> [integers(1, 3).at(u) for u in (0, 0.3, 0.5, 1)]
    [1, 1, 2, 3]
    """
    if scale not in ("linear", "log") or low != int(low) or high != int(high):
        raise OptionError("integers takes whole numbers, and linear or log.", got=f"{low}, {high}, {scale}")
    return Range(int(low), int(high), scale, whole=True)


def checked(space: Space) -> dict[str, Range | list[Any]]:
    """The space, if it is one: names, each with a Range or a list of different plain values."""
    found: dict[str, Range | list[Any]] = {}
    for name, where in space.items():
        plain = isinstance(where, (list, tuple)) and all(
            isinstance(value, (str, int, float, bool, type(None))) for value in where
        )
        if isinstance(where, Range):
            found[name] = where
        elif plain and where and len({repr(value) for value in where}) == len(where):
            found[name] = list(where)
        else:
            raise OptionError(
                f"{name!r} is not a range or a list of different numbers, texts, truths or Nones.",
                expected="log(1e-4, 1), uniform(0, 0.9), integers(1, 4) or [30, 100]",
                got=repr(where),
            )
    if not found:
        raise OptionError("there is nothing to search.", mend='pass a space, {"lr": log(1e-4, 1)}')
    return found
