"""report: what gradcheck says of a gradient that is wrong: where, by how much, and why perhaps."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import TinygradError
from ..tensor import Tensor
from .numeric import Program

__all__ = ["GradcheckError", "KinkWarning", "Names", "Worst", "kink_at", "report"]


class GradcheckError(TinygradError, AssertionError):
    """The gradient of a function is not what moving its inputs shows.

    Attributes:
        worst: the element that disagrees most (None if the function itself is at fault).
        kink: whether a kink nearby may be to blame, not a rule.
    """

    def __init__(self, what: str, *, worst: Worst | None = None, kink: bool = False, **more: str) -> None:
        super().__init__(what, **more)
        lines = str(self).split("\n")  # the function's own place is named; who called it may be hypothesis
        self.args = ("\n".join(line for line in lines if not line.startswith("  at  ")),)
        self.worst, self.kink = worst, kink


class KinkWarning(UserWarning):
    """The gradient agrees, but left and right slopes do not: a kink is near, where it means little."""


@dataclass(frozen=True)
class Worst:
    """The element whose gradient disagrees most.

    Attributes:
        leaf, element, output: positions: of the input, in it, and in all outputs, counted flat.
        analytic, numeric: d output / d element by the rules, and by central differences.
        exact: by the complex step, where the function allows it.
    """

    leaf: int
    element: int
    output: int
    analytic: float
    numeric: float
    exact: float | None


class Names:
    """What the report calls the function and its inputs."""

    def __init__(self, function: Callable[..., Any], inputs: Sequence[Any]) -> None:
        self.function = getattr(function, "__name__", type(function).__name__)
        code = None if hasattr(function, "gate") else getattr(function, "__code__", None)
        owner = getattr(function, "__self__", None)
        if isinstance(owner, type):  # a Function's own apply
            self.function, code = f"{owner.__name__}.{self.function}", None
        self.where = f" ({os.path.basename(code.co_filename)}:{code.co_firstlineno})" if code else ""
        try:
            parameters = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            parameters = []
        plain = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        self.inputs = {
            id(x): x.name or (plain[i] if i < len(plain) else f"input {i}")
            for i, x in enumerate(inputs)
            if isinstance(x, Tensor)
        }

    def element(self, program: Program, leaf: int, element: int) -> str:
        """`x[0, 2]`; an upstream of a second-order check is called so."""
        x = program.leaves[leaf]
        return self.inputs.get(id(x), "upstream") + _at(x.shape, element)

    def output(self, program: Program, output: int, level: int) -> str:
        """`f[1]`, or the gradient that is being differentiated again."""
        position = 0
        while output >= program.outputs[position].numel():
            output -= program.outputs[position].numel()
            position += 1
        if level > 1:
            name = f"(the gradient in {self.inputs.get(id(program.leaves[position]), f'input {position}')})"
        else:
            name = self.function if len(program.outputs) == 1 else f"{self.function}, output {position}"
        return name + _at(program.outputs[position].shape, output)

    def kink(self, program: Program, leaf: int, element: int, output: int) -> str:
        """The text of a KinkWarning."""
        return (
            f"{self.function} has a kink near {self.element(program, leaf, element)} = "
            f"{program.leaves[leaf]._data.flat[element]:.6g}: the slopes left and right disagree in output {output}. "
            "The gradient is a choice there; check it away from the kink."
        )


def _at(shape: tuple[int, ...], element: int) -> str:
    return f"[{', '.join(str(int(i)) for i in np.unravel_index(element, shape))}]" if shape else ""


def kink_at(
    program: Program, leaf: int, element: int, eps: float, here: np.ndarray, slope: np.ndarray, gap: np.ndarray
) -> int | None:
    """The output that has a kink within `eps` of the element, if one has.

    On a smooth function the disagreement of the slopes, `gap`, shrinks with the step; at a kink it
    stays, and at a kink a little aside it goes at once, or within two steps if one ends near the kink.
    """
    wide = np.abs(gap) > 1e-2 * (1 + np.abs(slope)) + 1e-14 * np.abs(here) / eps  # beyond rounding
    if not wide.any():
        return None
    closer, closest = (np.abs(program.slopes(leaf, element, eps / by, here)[1]) for by in (10, 100))
    for j in np.flatnonzero(wide):
        whole = abs(gap[j])
        if np.isfinite(whole) and (not 0.03 < closer[j] / whole < 0.3 or closest[j] / whole < 1e-3):
            return int(j)
    return None


def report(
    program: Program,
    names: Names,
    level: int,
    eps: float,
    tolerance: tuple[float, float],
    worst: Worst,
    wrong: int,
    total: int,
) -> GradcheckError:
    """The error for gradients that disagree."""
    rows = _shrinking(program, worst)
    kink = _kink(rows, worst, float(abs(program.value()[worst.output])))
    x = names.element(program, worst.leaf, worst.element)
    order = {1: "gradient", 2: "second-order gradient"}.get(level, f"gradient of order {level}")
    y = names.output(program, worst.output, level)
    value = program.leaves[worst.leaf]._data.flat[worst.element]
    numeric = f"numeric {worst.numeric:.10g}, by central differences with eps={eps:g}"
    if worst.exact is not None:
        numeric += f"\nnumeric {worst.exact:.10g}, by the complex step"
    return GradcheckError(
        f"the {order} of {names.function}{names.where} disagrees with its numeric one "
        f"at {wrong} of {total} elements, most in d {y} / d {x}, at {x} = {value:.6g}.",
        expected=f"{numeric}\nwithin {tolerance[0]:g} + {tolerance[1]:g} |numeric|",
        got=f"analytic {worst.analytic:.10g}{_hint(worst)}\n\n{_table(rows, worst)}\n",
        mend=_verdict(rows, worst, kink, tolerance, eps),
        worst=worst,
        kink=kink is not None,
    )


def _shrinking(program: Program, worst: Worst) -> list[tuple[float, float, float]]:
    """For each step: h, the central difference, and by how much left and right disagree."""
    here = program.value()
    rows = []
    with program.movable():
        for exponent in range(1, 10):
            h = 10.0**-exponent
            slope, gap = program.slopes(worst.leaf, worst.element, h, here)
            rows.append((h, float(slope[worst.output]), float(gap[worst.output])))
    return rows


def _table(rows: list[tuple[float, float, float]], worst: Worst) -> str:
    lines = [f"{'step h':>8}  {'numeric':>16}  {'error':>9}  {'right - left slope':>18}"]
    lines += [f"{h:8.0e}  {n:16.9g}  {abs(n - worst.analytic):9.1e}  {gap:18.1e}" for h, n, gap in rows]
    return "\n".join(lines)


def _kink(rows: list[tuple[float, float, float]], worst: Worst, size: float) -> str | None:
    """Where a kink is, told from how the slopes left and right disagree as the step shrinks.

    Steps so small that rounding of an output of this `size` could be the disagreement don't count.
    """
    scale = 1e-3 * (1 + min(abs(worst.numeric), abs(worst.analytic)))
    near = [(h, abs(gap)) for h, _, gap in rows if 1e-7 <= h <= 1e-2 and 1e-15 * size / h < scale]
    if len(near) > 1 and all(gap > scale for _, gap in near) and near[-1][1] > 0.3 * near[0][1]:
        return "exactly here"
    for (h, wide), (closer, narrow) in pairwise(near):
        if wide > scale and narrow < wide / 50:
            return f"between {closer:g} and {h:g} away"
    for (h, _, wide), (closer, _, narrow) in zip(rows, rows[2:], strict=False):  # where the step between ends near it
        if h <= 1e-2 and 1e-15 * size / closer < scale < abs(wide) and abs(narrow) < abs(wide) / 500:
            return f"between {closer:g} and {h:g} away"
    return None


def _hint(worst: Worst) -> str:
    """What the analytic value is compared with the numeric one, where that is simple."""
    numeric = worst.numeric if worst.exact is None else worst.exact
    if not np.isfinite(worst.analytic):
        return ": not finite"
    if worst.analytic == 0:
        return ": no gradient arrives"
    if not np.isfinite(numeric) or abs(numeric) < 1e-12:
        return ""
    ratio = worst.analytic / numeric
    if abs(ratio + 1) < 1e-4:
        return ": the sign is turned"
    return f": {ratio:.6g} times the numeric one"


def _verdict(
    rows: list[tuple[float, float, float]],
    worst: Worst,
    kink: str | None,
    tolerance: tuple[float, float],
    eps: float,
) -> str:
    """What is to blame: a kink, the numeric derivative, or a rule."""
    if kink is not None:
        return (
            f"a kink or a jump is {kink}: the slopes left and right disagree, any gradient between them is a choice. "
            "Check at inputs away from it (testing.away_from)"
        )
    if not all(np.isfinite(n) for h, n, _ in rows if h <= eps):
        return "the function is not finite around this input: check it inside its domain"
    good = [h for h, n, _ in rows if abs(n - worst.analytic) <= tolerance[0] + tolerance[1] * abs(n)]
    if worst.exact is None and good:
        return (
            f"the error does shrink, to what is tolerated at h = {min(good, key=lambda h: abs(np.log(h / eps))):g}: "
            f"not a wrong rule, but rounding or curvature in the numeric derivative; pass another eps"
        )
    if worst.analytic == 0:
        return "nothing arrives here: the graph was left on the way (detach, numpy), or a rule is wrong"
    return "the error does not shrink with the step: a rule is wrong"
