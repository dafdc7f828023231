"""dot: a record as DOT text: the circuit as CS231n draws it, by kind of gate.

A wire passes through a small node of its own, a table of two rows: the value, a rule that continues
the wire, the gradient. That way the layout keeps room for both and they stay on their wire.
"""

from __future__ import annotations

from html import escape

import graphviz

from ..explaining import WORDS
from ..tensor import Tensor
from . import wording
from .records import Node, Record, record

__all__ = ["digraph", "to_dot"]

GREEN, RED, INK, PALE = "#116329", "#b42318", "#24292f", "#8c959f"
FONT = "Helvetica,Arial,sans-serif"


def to_dot(output: Tensor | Record) -> str:
    """The graph as DOT text: values above each wire, gradients below.

    A wire that branches shows, before the fork, the sum of what came back along the branches.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> print(to_dot(x * 2).splitlines()[0])
    digraph {
    """
    return str(digraph(output).source)


def digraph(output: Tensor | Record, tables: bool = True) -> graphviz.Digraph:
    """The same as a `graphviz.Digraph`; without `tables` for a Graphviz that cannot read HTML-like labels."""
    seen = output if isinstance(output, Record) else record(output)
    graph = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "ordering": "in", "bgcolor": "white", "pad": "0.25", "nodesep": "0.2"}
        | {"ranksep": "0.2", "fontname": FONT, "fontsize": "12", "labelloc": "b", "labeljust": "l"}
        | {"fontcolor": INK, "label": _legend(seen, tables)},
        node_attr={"fontname": FONT, "fontsize": "13", "color": INK, "fontcolor": INK, "width": "0.4", "height": "0.4"},
        edge_attr={"color": INK, "arrowsize": "0.6", "penwidth": "1.1"},
    )
    drawn = [node for node in seen.nodes if not wording.folded(seen, node)]
    for node in drawn:
        _draw_node(graph, seen, node)
    for node in drawn:
        _draw_uses(graph, seen, node, tables)
    return graph


def _draw_node(graph: graphviz.Digraph, seen: Record, node: Node) -> None:
    """A gate as a small shape with its sign; a leaf as a box with its name."""
    if node.gate is None:
        name = wording.plain(node.name) if node.name else ("constant" if node.role == "constant" else "leaf")
        style = {"style": "rounded"} if node.requires_grad else {"style": "rounded,dashed", "color": PALE}
        graph.node(f"n{node.id}", _plain(name), shape="box", margin="0.12,0.04", **style)
        return
    text = wording.sign(seen, node)
    _, color, shape, _ = wording.MARKS[str(node.kind)]
    look = {"shape": shape}
    if shape in ("circle", "doublecircle") and len(text) > 3:  # a circle around a long word is a large one
        look = {"shape": "ellipse", "peripheries": "1" if shape == "circle" else "2"}
    tip = _plain(f"{node.gate}. {WORDS[str(node.kind)]}")
    look |= {"color": color, "fontcolor": color, "fontsize": "15", "penwidth": "1.6", "margin": "0.01", "tooltip": tip}
    graph.node(f"n{node.id}", _plain(text), **look)


def _draw_uses(graph: graphviz.Digraph, seen: Record, node: Node, tables: bool) -> None:
    """The wire from a node to its use, to a fork and its branches, or to the box of the result."""
    uses = seen.out_of.get(node.id, [])
    value, wire = wording.values(node.value), f"wire{node.id}"
    if node.gate and node.name and node.id != seen.output:
        value = f"{wording.plain(node.name)} = {value}"
    _draw_wire(graph, wire, f"n{node.id}", value, wording.values(node.gradient), tables)
    if node.id == seen.output:
        name = wording.plain(node.name) if node.gate and node.name else "result"
        graph.node("result", _plain(name), shape="box", style="rounded", margin="0.12,0.04", penwidth="1.8")
        graph.edge(f"{wire}:e", "result")
    elif len(uses) == 1:
        graph.edge(f"{wire}:e", f"n{uses[0].target}")
    else:
        fork = f"fork{node.id}"
        graph.node(fork, "", shape="point", width="0.06", height="0.06")
        graph.edge(f"{wire}:e", fork, arrowhead="none")
        for i, edge in enumerate(uses):
            if edge.contribution is None:
                graph.edge(fork, f"n{edge.target}")
                continue
            _draw_wire(graph, f"{wire}_{i}", fork, "", wording.values(edge.contribution), tables)
            graph.edge(f"{wire}_{i}:e", f"n{edge.target}")


def _draw_wire(graph: graphviz.Digraph, wire: str, start: str, value: str, gradient: str, tables: bool) -> None:
    """A piece of wire from `start`, with the value above it and the gradient below."""
    if tables:
        cells = "<HR/>".join(
            f'<TR><TD><FONT COLOR="{color}">{_html(text) or "&#160;"}</FONT></TD></TR>'
            for text, color in ((value, GREEN), (gradient, RED))
        )
        label = f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1" COLOR="{INK}">{cells}</TABLE>>'
    else:
        label = f"{_plain(value) or ' '}\\n{_plain(gradient) or ' '}"
    graph.node(wire, label, shape="plain" if tables else "box", width="0", height="0", margin="0.02,0",
               fontsize="11", **{"class": "wire"})  # fmt: skip
    graph.edge(start, f"{wire}:w", arrowhead="none")


def _legend(seen: Record, tables: bool) -> str:
    """What the marks and numbers mean: only what this picture has."""
    kinds = {node.kind for node in seen.nodes}
    below = ";  below it: the gradient of the result" if seen.backward else ""
    rows = [(" ", INK), (f"above a wire: the value{below}", INK)]
    rows += [
        (f"{mark} {kind}: {says}", color) for kind, (mark, color, _, says) in wording.MARKS.items() if kind in kinds
    ]
    if seen.backward and any(len(uses) > 1 for uses in seen.out_of.values()):
        rows.append(("● fork: what comes back along its branches adds up", INK))
    if not tables:
        return "".join(f"{text}\\l" for text, _ in rows)
    lines = (f'<FONT COLOR="{color}">{text}</FONT><BR ALIGN="LEFT"/>' for text, color in rows)
    return f"<{''.join(lines)}>"


def _plain(text: str) -> str:
    """Any text as a plain label: no escape, entity or HTML of DOT's in it."""
    return graphviz.escape(text.replace("&", "&amp;"))


def _html(text: str) -> str:
    """Any text inside an HTML-like label; a backslash is doubled, as DOT reads its escapes there, too."""
    return escape(text.replace("\\", "\\\\"))
