"""text: a record as a page of a book: the forward pass line by line, then the backward pass gate by gate."""

from __future__ import annotations

from collections.abc import Mapping

from ..messages import WORDS
from ..tensor import Tensor
from . import wording
from .records import Edge, Node, Record, Values, record

__all__ = ["Told", "text"]

_ROOM = 8  # up to so many elements are written out
_TERMS = 4  # up to so many terms of a sum are


def text(output: Tensor | Record, checked: Mapping[int, str] | None = None) -> str:
    """What was computed, and for each gate what came back: upstream × local = contribution.

    Args:
        output: where the graph ends, or its record.
        checked: by node, what another way to the same gradient says, as a column of its own.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> print(text(x * x))
    forward
      x  = 3.00
      t1 = 9.00    x × x
    <BLANKLINE>
    backward, from t1: 1.00
      1. t1 = x × x
         a switcher: upstream times the other input
         to x: 1.00 × 3.00 (x) = 3.00
         to x: 1.00 × 3.00 (x) = 3.00
    <BLANKLINE>
    gradients
      x: 3.00 + 3.00 = 6.00
    """
    told = Told(output if isinstance(output, Record) else record(output))
    lines = ["forward", *_table([(f"  {name} = {value}", how) for name, value, how in told.forward()])]
    if told.seen.backward:
        lines += ["", f"backward, from {told.called[told.seen.output]}: {told.gradient(told.seen.output)}"]
        lines += _backward(told)
        ends = told.ends(checked)
        width = max((len(told.called[i]) for i in ends), default=0)
        rows = [(f"  {told.called[i] + ':':<{width + 1}} {told.terms(i)}", (checked or {}).get(i, "")) for i in ends]
        lines += ["", "gradients", *_table(rows)]
        lines += [f"  {line}" if line else "" for line in told.held()]
    marked = [f"look at {told.called[node.id]}: {node.mark}" for node in told.seen.nodes if node.mark]
    lines += ["", *marked] if marked else []
    return "\n".join(lines)


def _backward(told: Told) -> list[str]:
    steps = told.steps()
    left = len(f"{len(steps)}. ")
    heads = [f"  {f'{i}.':<{left}}{told.head(node)}" for i, node in enumerate(steps, 1)]
    lines: list[str] = []
    for head, node in zip(_table([(h, told.place(n)) for h, n in zip(heads, steps, strict=True)]), steps, strict=True):
        lines += [head, *(" " * (left + 2) + line for line in told.step(node))]
    return lines


def _table(rows: list[tuple[str, str]]) -> list[str]:
    """Lines with a second column, where it is not empty, that starts at one place, but for a very long line."""
    widest = max((len(first) for first, second in rows if second and len(first) <= 72), default=0)
    return [f"{first:<{widest}}    {second}" if second else first for first, second in rows]


class Told:
    """The parts of a record in words; `called` holds what each node is called."""

    def __init__(self, seen: Record) -> None:
        self.seen, self.called = seen, wording.labels(seen)
        self._kinds = {call.path: call.kind for call in seen.modules}

    def forward(self) -> list[tuple[str, str, str]]:
        """Each value: what it is called, itself, and how it was made; names and values filled to one width."""
        nodes = [node for node in self.seen.nodes if node.role != "constant" and node.value is not None]
        width = max((len(self.called[node.id]) for node in nodes), default=0)
        values = [amount(node.value, norm=False) for node in nodes]
        widest = max((len(value) for value in values if len(value) <= 40), default=0)
        return [
            (
                f"{self.called[n.id]:<{width}}",
                f"{value:<{widest}}" if n.gate else value,
                (n.gate and self.formula(n)) or "",
            )
            for n, value in zip(nodes, values, strict=True)
        ]

    def formula(self, node: Node) -> str:
        """The gate applied to its inputs."""
        return wording.expression(self.seen, node, self.called)

    def steps(self) -> list[Node]:
        """The gates that sent something back, in the order in which the gradient meets them."""
        return [
            node
            for node in reversed(self.seen.nodes)
            if node.kind and any(edge.contribution for edge in self.seen.into[node.id])
        ]

    def head(self, node: Node) -> str:
        """The gate and what it made."""
        return f"{self.called[node.id]} = {self.formula(node)}"

    def place(self, node: Node) -> str:
        """The module and the line that made it, as far as they are known."""
        module = f"{node.module}: {self._kinds.get(node.module, '')}" if node.module else ""
        return ", ".join(filter(None, (module, node.line)))

    def step(self, node: Node) -> list[str]:
        """What a gate is, what arrived, and what it sends to each input."""
        words = WORDS[str(node.kind)]
        lines = [words[0].lower() + words[1:]]
        edges = self.seen.into[node.id]
        large = node.gradient is not None and not _small(node.gradient)
        if node.id in self.seen.sums or large:
            lines.append(f"upstream: {self.terms(node.id)}")
        names = [self.called[edge.source] for edge in edges]
        return lines + [self.sent(edge, names) for edge in edges if edge.contribution]

    def sent(self, edge: Edge, names: list[str]) -> str:
        """upstream × local = contribution, along one edge."""
        upstream = amount(edge.upstream) if edge.upstream and _small(edge.upstream) else "upstream"
        matrices = wording.matrices(self.seen, edge, names)
        if matrices:
            return f"to {names[edge.position]}: {matrices} = {amount(edge.contribution)}"
        formula = wording.with_names(edge.local, names)
        if wording.holds_upstream(edge.local):
            return f"to {names[edge.position]}: {formula} = {amount(edge.contribution)}, g = {upstream}"
        held = edge.local_value
        value = amount(held) if held and _small(held) else ""
        if formula in ("1", "-1") and (not value or held.shape):  # type: ignore[union-attr]
            value, formula = formula, ""
        local = value or (f"({formula})" if " " in formula else formula) or "local"
        if value and formula not in ("", "1", "-1", value):
            local = f"{value} ({formula})"
        stretched = edge.diagonal and edge.upstream and edge.upstream.shape != edge.contribution.shape  # type: ignore[union-attr]
        summed = ", summed where it was stretched," if stretched else ""
        return f"to {self.called[edge.source]}: {upstream} × {local}{summed} = {amount(edge.contribution)}"

    def gradient(self, node: int) -> str:
        """What arrived at a node."""
        return amount(self.seen.nodes[node].gradient)

    def terms(self, node: int) -> str:
        """A gradient, as the sum of what each use sent back where there are several; or one for each output."""
        edges = self.seen.sums.get(node, [])
        if not edges:
            return self.gradient(node)
        small = all(edge.contribution and _small(edge.contribution) for edge in edges)
        several = len({edge.target for edge in edges}) > 1
        sent = [
            (amount(e.contribution) if small else f"norm {wording.number(e.contribution.norm)}")  # type: ignore[union-attr]
            + (f" (from {self.called[e.target]})" if several else "")
            for e in edges[:_TERMS]
        ]
        more = [f"… {len(edges) - _TERMS} more"] if len(edges) > _TERMS else []
        if self.seen.nodes[node].gradient is None:
            return ", ".join(sent + more)
        return f"{' + '.join(sent + more)} = {self.gradient(node)}"

    def ends(self, more: Mapping[int, str] | None = None) -> list[int]:
        """The leaves that a gradient came to, and the nodes of `more`."""
        return [n.id for n in self.seen.nodes if n.gradient and (n.role == "leaf" or n.id in (more or ()))]

    def held(self) -> list[str]:
        """A warning for each leaf whose `.grad` holds something already, to which backward() would add."""
        found = [node for node in self.seen.nodes if node.held and node.gradient]
        lines = [f"{self.called[n.id]}.grad holds {amount(n.held)} already: backward() adds to it" for n in found[:4]]
        more = [f"… and {len(found) - 4} more hold one"] if len(found) > 4 else []
        return ["", *lines, *more, "zero_grad() forgets what an earlier backward() left"] if found else []


def _small(values: Values) -> bool:
    return values.full is not None and wording.count(values) <= _ROOM


def amount(values: Values | None, norm: bool = True) -> str:
    """An array: its elements, or its shape, range and norm."""
    if values is None:
        return ""
    said = wording.values(values, _ROOM)
    return said if _small(values) or not norm or values.low is None else f"{said}, norm {wording.number(values.norm)}"
