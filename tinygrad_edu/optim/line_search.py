"""line_search: how far to go along a direction, so that the strong Wolfe conditions hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__: list[str] = []

_DECREASE, _CURVATURE = 1e-4, 0.9  # c1 and c2 of Nocedal and Wright
_SMALLEST = 1e-9  # a bracket worth shrinking: PyTorch's, whatever tolerance_change is


class Point(NamedTuple):
    """The loss at a step length, its gradient there, and its slope along the direction."""

    t: float
    loss: float
    gradient: np.ndarray
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Point], start: Point, t: float, longest: float, most: int
) -> tuple[Point, int]:
    """A point with loss <= start.loss + c1 t start.slope and |slope| <= c2 |start.slope|, if it is found.

    Nocedal and Wright, "Numerical optimization" (2006), algorithms 3.5 and 3.6, with the safeguards
    of PyTorch's LBFGS (those of minFunc).

    Args:
        start: the point at t = 0, where the slope is negative.
        t: the first step length to try.
        longest: the largest element of the direction; a bracket that moves no element by 1e-9 is
            small enough.
        most: how many times the step length may be changed.

    Returns:
        The point, and how many were evaluated.
    """
    previous, new, used = start, evaluate(t), 1
    while used <= most:
        if _too_high(new, start) or (used > 2 and new.loss >= previous.loss):
            break
        if abs(new.slope) <= -_CURVATURE * start.slope:
            return new, used
        if new.slope >= 0:
            break
        t = cubic_minimum(previous, new, new.t + 0.01 * (new.t - previous.t), new.t * 10)
        previous, new, used = new, evaluate(t), used + 1
    else:
        previous = start
    return _zoom(evaluate, start, [previous, new], longest, most, used)


def _zoom(
    evaluate: Callable[[float], Point],
    start: Point,
    bracket: list[Point],
    longest: float,
    most: int,
    used: int,
) -> tuple[Point, int]:
    """Shrink a bracket around such a point until one is found."""
    low = _lower(bracket)
    slow = False  # whether the last point was close to an end of the bracket
    while used <= most and abs(bracket[1].t - bracket[0].t) * longest >= _SMALLEST:
        left, right = sorted(point.t for point in bracket)
        t = cubic_minimum(bracket[0], bracket[1], left, right)
        margin = 0.1 * (right - left)
        close = min(right - t, t - left) < margin
        if close and (slow or t >= right or t <= left):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            close = False
        slow = close
        new, used = evaluate(t), used + 1
        if _too_high(new, start) or new.loss >= bracket[low].loss:
            bracket[1 - low] = new
            low = _lower(bracket)
            continue
        if abs(new.slope) <= -_CURVATURE * start.slope:
            return new, used
        if new.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = new
    return bracket[low], used


def _lower(bracket: list[Point]) -> int:
    return 0 if bracket[0].loss <= bracket[1].loss else 1


def _too_high(new: Point, start: Point) -> bool:
    return new.loss > start.loss + _DECREASE * new.t * start.slope


def cubic_minimum(a: Point, b: Point, least: float, most: float) -> float:
    """Where the cubic through two points, with their slopes, is lowest, within bounds; the middle if nowhere.

    Nocedal and Wright, equation 3.59.
    """
    if a.t > b.t:
        a, b = b, a
    mean = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = mean**2 - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2
    root = math.sqrt(square)
    below = b.slope - a.slope + 2 * root
    if below == 0:
        return (least + most) / 2
    return min(max(b.t - (b.t - a.t) * ((b.slope + root - mean) / below), least), most)
