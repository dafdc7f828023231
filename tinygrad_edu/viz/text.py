"""text: a record as text: the forward pass line by line, then the backward pass gate by gate."""

from __future__ import annotations

from ..explaining import WORDS
from ..tensor import Tensor
from . import wording
from .records import Edge, Node, Record, record

__all__ = ["text"]


def text(output: Tensor | Record) -> str:
    """What was computed, and for each gate what came back: upstream × local = contribution.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> print(text(x * x))
    forward
      x  = 3.00
      t1 = 9.00    x × x
    <BLANKLINE>
    backward, from t1: 1.00
      t1 = x × x
        a switcher: upstream times the other input
        to x: 1.00 × 3.00 (x) = 3.00
        to x: 1.00 × 3.00 (x) = 3.00
    <BLANKLINE>
    gradients
      x: 3.00 + 3.00 = 6.00
    """
    seen = output if isinstance(output, Record) else record(output)
    called = wording.labels(seen)
    width = max(map(len, called))
    told = [node for node in seen.nodes if node.role != "constant"]
    results = {node.id: wording.values(node.value) for node in told}
    widest = max(map(len, results.values()))
    lines = ["forward"]
    for node in told:
        line = f"  {called[node.id]:<{width}} = {results[node.id]:<{widest}}"
        lines.append((line + (f"    {wording.expression(seen, node, called)}" if node.gate else "")).rstrip())
    if seen.backward:
        lines += ["", f"backward, from {called[seen.output]}: {_gradient(seen.nodes[seen.output])}"]
        for node in reversed(told):
            lines += _gate_lines(seen, node, called)
        lines += ["", "gradients"]
        lines += [f"  {called[n.id]}: {_terms(seen, n)}" for n in told if n.role == "leaf" and n.gradient]
    return "\n".join(lines)


def _gate_lines(seen: Record, node: Node, called: list[str]) -> list[str]:
    """One gate of the backward pass: what it is, and what it sends to each input."""
    back = [edge for edge in seen.into[node.id] if edge.contribution]
    if not back or not node.kind:
        return []
    words = WORDS[node.kind]
    lines = [f"  {called[node.id]} = {wording.expression(seen, node, called)}", f"    {words[0].lower()}{words[1:]}"]
    if node.gradient and len(seen.out_of[node.id]) > 1:
        lines.append(f"    upstream: {_terms(seen, node)}")
    names = [called[edge.source] for edge in seen.into[node.id]]
    return lines + [f"    to {called[edge.source]}: {_product(edge, names)}" for edge in back]


def _product(edge: Edge, names: list[str]) -> str:
    formula = wording.with_names(edge.local, names)
    value = wording.values(edge.local_value)
    if formula in ("1", "-1", value):
        local = value or formula
    else:
        local = f"{value} ({formula})".strip()
    return f"{wording.values(edge.upstream)} × {local} = {wording.values(edge.contribution)}"


def _terms(seen: Record, node: Node) -> str:
    """A gradient, as the sum of what each use sent back where there are several."""
    sent = [wording.values(edge.contribution) for edge in seen.out_of[node.id] if edge.contribution]
    return _gradient(node) if len(sent) < 2 else f"{' + '.join(sent)} = {_gradient(node)}"


def _gradient(node: Node) -> str:
    return wording.values(node.gradient)
