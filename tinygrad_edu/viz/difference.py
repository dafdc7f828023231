"""difference: what changed from one run to the next, and whether a gradient was forgotten in between."""

from __future__ import annotations

import math

from .records import Node, Values
from .text import Told, amount

__all__ = ["Difference"]

_SHOWN = 40


class Difference:
    """The differences of two runs, a line each; false if there is none.

    Values are matched by what they are called and the gate that made them.

    Attributes:
        lines: one for each difference, in the order of the forward pass.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> tg.explain(x * x).diff(tg.explain(x * 2)).lines[0]
    'x: its gradient was 6.00, is 2.00'
    """

    def __init__(self, before: Told, after: Told) -> None:
        old, new = _by_name(before), _by_name(after)
        self.lines: list[str] = []
        for key, node in new.items():
            if key not in old:
                self.lines.append(f"{_head(after, node)} is new: {amount(node.value)}")
            else:
                self.lines += _between(_head(after, node), old[key], node)
        self.lines += [f"{_head(before, node)} is gone" for key, node in old.items() if key not in new]
        if after.seen.backward and any(_forgotten(old.get(key), node) for key, node in new.items()):
            self.lines.append("was zero_grad() forgotten between the runs? backward() adds to what .grad holds")

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __str__(self) -> str:
        more = [f"… and {len(self.lines) - _SHOWN} more"] if len(self.lines) > _SHOWN else []
        return "\n".join([*self.lines[:_SHOWN], *more]) or "nothing changed"

    __repr__ = __str__


def _by_name(told: Told) -> dict[tuple[str, str | None], Node]:
    return {(told.called[n.id], n.gate): n for n in told.seen.nodes if n.role != "constant" and n.value is not None}


def _head(told: Told, node: Node) -> str:
    return told.head(node) if node.gate else told.called[node.id]


def _between(name: str, old: Node, new: Node) -> list[str]:
    """What differs between two runs of one value."""
    lines = []
    if old.formula != new.formula:
        lines.append(f"{name} was {old.formula}")
    for what, a, b in (("value", old.value, new.value), ("gradient", old.gradient, new.gradient)):
        if _differ(a, b):
            lines.append(f"{name}: its {what} was {amount(a) or 'none'}, is {amount(b) or 'none'}")
    if _forgotten(old, new):
        lines.append(f"{name}.grad held {amount(old.held) or 'nothing'}, holds {amount(new.held)} from before")
    return lines


def _forgotten(old: Node | None, new: Node) -> bool:
    """Whether `.grad` was filled since the first run, and the second would add to it."""
    return old is not None and new.held is not None and new.gradient is not None and _differ(old.held, new.held)


def _differ(a: Values | None, b: Values | None) -> bool:
    if a is None or b is None:
        return a is not b
    if a.shape != b.shape:
        return True
    pairs = zip((a.low, a.high, a.norm), (b.low, b.high, b.norm), strict=True)
    same = all(x == y or (x is not None and y is not None and _close(x, y)) for x, y in pairs)
    return not same or (a.full != b.full and repr(a.full) != repr(b.full))


def _close(x: float, y: float) -> bool:
    return math.isclose(x, y, rel_tol=1e-9) or (math.isnan(x) and math.isnan(y))
