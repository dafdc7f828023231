"""paths: the gradient of one value as the sum over its paths, each the product of its local gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..modes import no_grad
from ..tensor import Tensor
from . import wording
from .records import Values
from .records.recording import Kept, contributions
from .text import amount

__all__ = ["Path", "Paths"]

_MOST = 256  # the partial paths kept at a node, the largest
_SHOWN = 12


@dataclass(frozen=True)
class Path:
    """One way back from the output to a value.

    Attributes:
        nodes: what is met, by name, the output first.
        gates: the gate that made each but the last.
        factors: at each of those gates the local gradient if it is a number; for arrays by how
            much the gradient grew (the quotient of the norms).
        contribution: what comes back along this path, an array.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> path = tg.explain((x * 2) ** 2).paths(x)[0]
    >>> path.nodes, path.gates, path.factors, path.norm
    (('t2', 't1', 'x'), ('square', 'mul'), (12.0, 2.0), 24.0)
    """

    nodes: tuple[str, ...]
    gates: tuple[str, ...]
    factors: tuple[float, ...]
    contribution: Any

    @property
    def norm(self) -> float:
        """The size of the contribution."""
        return float(np.linalg.norm(self.contribution))

    def weakest(self) -> str:
        """The factor that makes the path vanish (below a tenth in all) or explode (above ten); else ""."""
        whole = float(np.prod(np.abs(self.factors)))
        if not self.factors or 0.1 <= whole <= 10 or whole != whole:
            return ""
        at = int(np.argmin(np.abs(self.factors)) if whole < 1 else np.argmax(np.abs(self.factors)))
        verb = "vanishes" if whole < 1 else "explodes"
        return f"{verb} most at {self.nodes[at]} ({self.gates[at]}): × {wording.number(self.factors[at])}"


class Paths(tuple[Path, ...]):
    """The paths to one value, the largest contribution first; `print` shows them.

    Attributes:
        name: what the value is called.
        paths: how many there are; if they are too many, only the largest are held.
        gradient: the sum of all, an array.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> paths = tg.explain(x * x + 2 * x).paths(x)
    >>> paths.paths, [path.norm for path in paths], paths.gradient.item()
    (3, [3.0, 3.0, 2.0], 8.0)
    """

    name: str
    paths: int
    gradient: Any

    @classmethod
    def of(cls, kept: Kept, called: list[str], wanted: Tensor) -> Paths:
        """The paths from the output of `kept` to `wanted`."""
        count = {id(wanted): 1}
        for z, inputs in kept.gates:
            if id(z) not in count:
                count[id(z)] = sum(count.get(id(x), 0) for x in inputs if isinstance(x, Tensor) and x._needs)
        output = kept.output
        names = {key: called[node] for key, node in kept.ids.items()}
        waiting = {id(output): [Path((names[id(output)],), (), (), kept.upstream)]}
        with no_grad(), np.errstate(all="ignore"):
            for z, inputs in reversed(kept.gates):
                if z is wanted:
                    continue
                for path in _largest(waiting.pop(id(z), [])):
                    for x, longer in _sent(z, inputs, path, names):
                        if count.get(id(x)):
                            waiting.setdefault(id(x), []).append(longer)
        found = cls(_largest(waiting.get(id(wanted), [])))
        found.name, found.paths = names[id(wanted)], count.get(id(output), 0)
        found.gradient = kept.arrived.get(id(wanted))
        return found

    def __str__(self) -> str:
        told = Values.of(self.gradient) if self.gradient is not None else None
        noun = "path" if self.paths == 1 else "paths"
        lines = [f"the gradient of {self.name} is {amount(told) or 'nothing'}: the sum over {self.paths} {noun}"]
        for path in self[:_SHOWN]:
            lines += ["", f"  {amount(Values.of(path.contribution))}", f"    {' ← '.join(path.nodes)}"]
            lines.append(f"    {' × '.join(map(wording.number, path.factors))}")
            if path.weakest():
                lines.append(f"    {path.weakest()}")
        if self.paths > len(self[:_SHOWN]):
            rest = self.gradient - sum(path.contribution for path in self[:_SHOWN])
            lines += ["", f"  and {self.paths - len(self[:_SHOWN])} more, together {amount(Values.of(rest))}"]
        return "\n".join(lines)

    __repr__ = __str__


def _sent(z: Tensor, inputs: tuple[Any, ...], path: Path, names: dict[int, str]) -> Any:
    """What the gate of `z` sends on of one path's gradient: each input with the longer path."""
    single = getattr(z._data, "size", 0) == 1
    ones = dict(contributions(z, np.ones_like(z._data), inputs)) if single else {}
    for i, c in contributions(z, path.contribution, inputs):
        x = inputs[i]
        if single and getattr(x._data, "size", 0) == 1:
            factor = float(ones[i].item())
        else:
            before = _norm(path.contribution)
            factor = _norm(c) / before if before else 0.0
        more = (*path.nodes, names[id(x)]), (*path.gates, z.gate.name), (*path.factors, factor)
        yield x, Path(*more, c)


def _norm(g: Any) -> float:
    parts = g.values() if isinstance(g, dict) else (g,)
    return float(np.sqrt(sum(np.sum(np.square(part, dtype=np.float64)) for part in parts)))


def _largest(paths: list[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: -_norm(path.contribution))[:_MOST]
