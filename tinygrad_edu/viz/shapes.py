"""shapes: what a gate, a leaf, a module and a wire look like in DOT."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape

import graphviz

from ..messages import WORDS
from . import wording
from .folding import Box, Frame
from .records import ModuleCall, Node, Record

__all__ = ["BORDER", "FILL", "GREEN", "INK", "PALE", "RED", "plain"]

# Dark enough on white: values, gradients, lines and text, what needs no gradient, modules.
GREEN, RED, INK, PALE, FILL, BORDER = "#116329", "#b42318", "#24292f", "#6e7781", "#f6f8fa", "#afb8c1"
CLOSED = "#dfe5ec"
_MARKED = {"style": "filled,bold", "fillcolor": "#ffe08a", "penwidth": "4"}


def draw_gate(graph: graphviz.Digraph, seen: Record, node: Node) -> None:
    """A gate as a small shape with its sign."""
    text = wording.sign(seen, node)
    _, color, shape, _ = wording.MARKS[str(node.kind)]
    look = {"shape": shape, "fontsize": "15" if len(text) < 3 else "13"}
    if shape in ("circle", "doublecircle") and len(text) > 3:  # a circle around a long word is a large one
        look |= {"shape": "ellipse", "peripheries": "1" if shape == "circle" else "2"}
    told = [f"{node.formula or node.gate}", WORDS[str(node.kind)], f"{node.line}: {node.code}" if node.line else ""]
    look |= {"color": color, "fontcolor": color, "penwidth": "1.6", "class": f"gate {node.kind}"}
    look["margin"] = "0.08" if shape == "box" else "0.01"  # the others leave room at their sides
    look |= _MARKED if node.mark else {}
    graph.node(f"n{node.id}", plain(text), tooltip=plain("; ".join(filter(None, told))), id=f"n{node.id}", **look)


def draw_leaf(graph: graphviz.Digraph, key: str, node: Node, frames: Sequence[Frame]) -> None:
    """A leaf or a constant as a box with its name, shortened by what a frame says; dashed without a gradient."""
    name = node.name or ("constant" if node.role == "constant" else "leaf")
    paths = [f"{frame.call.path}." for frame in frames if frame.call]
    name = wording.plain(name.removeprefix(next((path for path in reversed(paths) if name.startswith(path)), "")))
    style = {"style": "rounded"} if node.requires_grad else {"style": "rounded,dashed", "color": PALE}
    style |= _MARKED if node.mark else {}
    graph.node(key, plain(name), shape="box", margin="0.12,0.04", **{"class": "leaf"}, **style)


def draw_result(graph: graphviz.Digraph, seen: Record) -> None:
    """The end of the picture as a box with the output's name."""
    node = seen.nodes[seen.output]
    name = wording.plain(node.name) if node.gate and node.name else "result"
    look = {"shape": "box", "style": "rounded", "margin": "0.12,0.04", "penwidth": "1.8", "class": "result"}
    graph.node("result", plain(name), **look)


def draw_module(graph: graphviz.Digraph, box: Box, tables: bool) -> None:
    """A closed module as a filled box: its path, its class and what that says, its size."""
    call = box.call
    assert call is not None
    name, *rest = module_lines(call, box.times, box.until)
    if tables:
        small = "".join(f'<BR/><FONT POINT-SIZE="11">{html(line)}</FONT>' for line in rest)
        label = f"<<B>{html(name)}</B>{small}>"
    else:
        label = "\\n".join(map(plain, (name, *rest)))
    look = {"shape": "box", "style": "filled", "fillcolor": CLOSED, "margin": "0.15,0.07" if tables else "0.3,0.07"}
    graph.node(box.key, label, peripheries="2" if box.times > 1 else "1", **look, **{"class": "module"})


def module_lines(call: ModuleCall, times: int, until: str) -> list[str]:
    """What stands in the box of a closed module, or on its frame."""
    says = textwrap.wrap(wording.plain(call.says, 200), 40)
    shape = f"→ {'×'.join(map(str, call.shape))}" if call.shape else ""
    last = "  ".join(filter(None, (_size(call, times), shape)))
    return [_title(call, times, until), *says, *filter(None, [last])]


def _title(call: ModuleCall, times: int, until: str) -> str:
    path = wording.plain(call.path)
    if times > 1:
        path = f"{times:,} × the same: {path} … {wording.plain(until)}"
    return ": ".join(filter(None, (path, wording.plain(call.kind))))


def _size(call: ModuleCall, times: int) -> str:
    return f"{call.parameters:,} parameters{' each' if times > 1 else ''}" if call.parameters else ""


def draw_earlier(graph: graphviz.Digraph, gates: Sequence[int]) -> None:
    """What came before the part that is drawn."""
    look = {"shape": "box", "style": "filled,dashed", "fillcolor": FILL, "color": PALE, "class": "earlier"}
    graph.node("earlier", f"{len(gates):,} gates before", **look)


def frame(frame: Frame, down: bool) -> graphviz.Digraph:
    """The frame of an open module, or of a part that is repeated, still empty.

    Its name stands where wires seldom pass.
    """
    end = "\\r" if down else "\\l"
    label = end.join(map(plain, _frame_lines(frame))) + end
    look = {
        "label": label,
        "labelloc": "t",
        "labeljust": "r" if down else "l",
        "fontsize": "12",
        "margin": "10",
    }
    look |= {"style": "rounded,filled", "fillcolor": FILL, "color": BORDER, "class": "frame"}
    return graphviz.Digraph(frame.key, graph_attr=look)


def _frame_lines(frame: Frame) -> list[str]:
    if frame.call is None:
        return [f"{frame.times:,} × the same,", "the first drawn"]
    return [_title(frame.call, frame.times, frame.until), *filter(None, [_size(frame.call, frame.times)])]


def numbers(seen: Record, node: Node) -> tuple[str, str]:
    """What stands at the wire of a value: itself, with its name where no box says it, and its gradient."""
    value = wording.values(node.value)
    if node.gate and node.name and value and node.id != seen.output:
        value = f"{wording.plain(node.name)} = {value}"
    return value, wording.span(node.gradient)


def wire_label(value: str, gradient: str, down: bool, tables: bool) -> str:
    """The value above the wire and the gradient below; of a wire that goes down both at its right.

    The wire itself is a rule in the table (port `p`), or a line that `svg` draws through the middle of bare text.
    """
    if not tables:
        room = "\N{NO-BREAK SPACE}" * (2 * max(len(value), len(gradient)) + 4) if down else ""  # as wide as the text
        end = "\\l" if down else "\\n"
        return "".join(f"{room}{plain(text) or ' '}{end}" for text in (value, gradient)).removesuffix("\\n")
    first, second = (
        f'<FONT COLOR="{color}">{html(text) or "&#160;"}</FONT></TD></TR>'
        for text, color in ((value, GREEN), (gradient, RED))
    )
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1"'
    if not down:
        return f'<{table} COLOR="{INK}"><TR><TD>{first}<HR/><TR><TD>{second}</TABLE>>'
    rule = f'<TD PORT="p" ROWSPAN="2" WIDTH="1" CELLPADDING="0" BGCOLOR="{INK}"></TD>'
    cell = '<TD ALIGN="LEFT">&#160;'
    return f"<{table}><TR>{rule}{cell}{first}<TR>{cell}{second}</TABLE>>"


def plain(text: str) -> str:
    """Any text as a plain label: no escape, entity or HTML of DOT's in it."""
    return graphviz.escape(text.replace("&", "&amp;"))


def html(text: str) -> str:
    """Any text inside an HTML-like label; a backslash is doubled, as DOT reads its escapes there, too."""
    return escape(text.replace("\\", "\\\\"))
