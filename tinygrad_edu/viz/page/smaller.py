"""smaller: a record that one page can show: deep modules as one gate each, and at most so many gates."""

from __future__ import annotations

from dataclasses import replace

from .. import wording
from ..records import Edge, ModuleCall, Node, Record

__all__ = ["MOST", "collapsed", "smaller"]

MOST = 1000  # gates on a page


def smaller(seen: Record, depth: int | None = None) -> tuple[Record, list[str]]:
    """The record as the page draws it, and in words what it does not draw.

    Args:
        seen: the whole.
        depth: modules within so many others are drawn as one gate; 0: the outermost are. Default: as deep as fits.
    """
    notes = []
    gates = _gates(seen)
    drawn = seen if depth is None else collapsed(seen, depth)
    deepest = max(map(len, seen.around.values()), default=0) - 1
    for level in range(deepest, 0, -1) if depth is None else ():
        if _gates(drawn) <= MOST:
            break
        drawn = collapsed(seen, level)
    if drawn is not seen and _gates(drawn) < gates:
        notes.append(
            f"{gates:,} gates are drawn as {_gates(drawn):,}: a module that is one box stands for all of its own."
        )
    if _gates(drawn) > MOST:
        notes.append(f"Of {_gates(drawn):,} gates the last {MOST:,} are drawn; what was made before stands as given.")
        drawn = _last(drawn)
    return drawn, notes


def collapsed(seen: Record, depth: int) -> Record:
    """The record with each call of a module within `depth` others as one gate, its parameters within.

    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.viz import record
    >>> model = tg.nn.Sequential(tg.nn.Linear(2, 2), tg.nn.Softplus())
    >>> seen = collapsed(record(model(tg.ones(1, 2)).sum()), 1)
    >>> [node.gate for node in seen.nodes]
    [None, 'Linear', 'Softplus', 'sum']
    """
    home = _homes(seen, depth)
    last = {call: node for node, call in sorted(home.items()) if seen.nodes[node].gate}
    kept = [node.id for node in seen.nodes if home.get(node.id) is None or last[home[node.id]] == node.id]
    number = {old: new for new, old in enumerate(kept)}
    number |= {node: number[last[call]] for node, call in home.items()}
    nodes = [_box(seen, node, home[old]) if old in home else node for old in kept for node in [seen.nodes[old]]]
    edges = []
    for edge in seen.edges:
        inside = home.get(edge.target)
        if inside is None or home.get(edge.source) != inside:
            edges.append(edge if inside is None else _into_box(seen, edge, last[inside]))
    edges = [replace(e, source=number[e.source], target=number[e.target]) for e in edges]
    edges.sort(key=lambda e: e.target)
    calls = [replace(c, nodes=tuple(sorted({number[n] for n in c.nodes}))) for c in _above(seen, depth)]
    nodes = [replace(node, id=i) for i, node in enumerate(nodes)]
    return Record(tuple(nodes), tuple(edges), number[seen.output], seen.backward, tuple(calls))


def _box(seen: Record, node: Node, call: int) -> Node:
    """A call as one gate, with the value and gradient of what it returned."""
    made = seen.modules[call]
    several = sum(any(e.target not in made.nodes for e in seen.out_of.get(n, ())) for n in made.nodes) > 1
    formula = ", ".join(filter(None, (f"{made.kind}({made.says})", wording.plain(made.path))))
    box = replace(node, gate=made.kind, kind=None, keywords={}, formula=formula, module=made.path, line=None, code=None)
    return replace(box, value=None, gradient=None) if several else box


def _into_box(seen: Record, edge: Edge, last: int) -> Edge:
    words = "what its gates do, one after the other"
    return replace(edge, local=words, local_value=None, diagonal=False, upstream=seen.nodes[last].gradient)


def _homes(seen: Record, depth: int) -> dict[int, int]:
    """For each node within a call at `depth`, or a leaf that such a call alone uses and owns, that call."""
    home = {gate: calls[depth] for gate, calls in seen.around.items() if len(calls) > depth}
    for node in seen.nodes:
        uses = {home.get(edge.target) for edge in seen.out_of.get(node.id, ())} if node.gate is None else set()
        call = uses.pop() if len(uses) == 1 else None
        if call is not None and (node.role == "constant" or seen.modules[call].owns(node)):
            home[node.id] = call
    return home


def _above(seen: Record, depth: int) -> list[ModuleCall]:
    """The calls less deep than `depth`, their parents by their new numbers."""
    kept = [i for i, call in enumerate(seen.modules) if i in seen.around[call.nodes[0]][:depth]]
    number = {old: new for new, old in enumerate(kept)}
    return [replace(c, parent=None if c.parent is None else number[c.parent]) for c in (seen.modules[i] for i in kept)]


def _gates(seen: Record) -> int:
    return sum(node.gate is not None for node in seen.nodes)


def _last(seen: Record) -> Record:
    """The newest gates; the inputs they have from older ones stand as leaves."""
    called = wording.labels(seen)
    newest = {node.id for node in [n for n in seen.nodes if n.gate][-MOST:]}
    edges = [edge for edge in seen.edges if edge.target in newest]
    kept = sorted(newest | {edge.source for edge in edges} | {seen.output})
    number = {old: new for new, old in enumerate(kept)}
    nodes = []
    for new, old in enumerate(kept):
        node = replace(seen.nodes[old], id=new)
        if node.gate and old not in newest:
            node = replace(node, name=called[old], role="leaf", gate=None, kind=None, keywords={}, formula="")
        nodes.append(node)
    found = tuple(replace(e, source=number[e.source], target=number[e.target]) for e in edges)
    calls = tuple(replace(c, nodes=tuple(number[n] for n in c.nodes if n in number)) for c in seen.modules)
    return Record(tuple(nodes), found, number[seen.output], seen.backward, calls)
