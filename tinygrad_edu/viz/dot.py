"""dot: a record as DOT text: the circuit as CS231n draws it, by kind of gate, modules as frames or boxes.

From left to right a wire passes through a small node of its own, a table of two rows: the value, a rule
that continues the wire, the gradient. That way the layout keeps room for both and they stay on their
wire. A picture that would be too wide goes downwards instead, with both beside the wire.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import graphviz

from ..errors import TinygradError
from ..tensor import Tensor
from . import shapes, wording
from .folding import Frame, plan
from .legend import legend as legend_of
from .records import Node, Record, Values, record

__all__ = ["Picture", "recorded", "to_dot"]

FONT = "Helvetica,Arial,sans-serif"
WIDEST = 1000  # points; a wider picture goes downwards
FORKED = 3  # uses of a leaf that a fork still shows well; with more the leaf is drawn at each


def to_dot(output: Tensor | Record, depth: int | None = None, expand: bool = False, legend: bool = True) -> str:
    """The graph as DOT text: values above each wire, gradients below.

    A wire that branches shows, before the fork, the sum of what came back along the branches.

    Args:
        output: where the graph ends, or its record.
        depth: so many levels of modules are open, those below are one box each, and what is repeated
            three times and more is drawn once: 1 shows a network as its layers, 0 as one box. None:
            everything, or of a large graph as much as can still be read.
        expand: take gates apart that are made of others: sigmoid into its four.
        legend: explain marks and colours below the picture.

    Raises:
        TinygradError: for `expand` of a record, which is taken apart when it is made.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> print(to_dot(x * 2).splitlines()[0])
    digraph {
    """
    return Picture(recorded(output, expand), depth).dot(legend)


def recorded(output: Tensor | Record, expand: bool) -> Record:
    """The record of `output`, if it is not one."""
    if not isinstance(output, Record):
        return record(output, expand=expand)
    if expand:
        raise TinygradError("a finished record cannot be taken apart.", mend="pass viz.record(output, expand=True)")
    return output


class Use(NamedTuple):
    """Where a wire ends: the key of a box, what comes back from there, and whether it is the way to the output."""

    end: str
    contribution: Values | None
    main: bool


class Picture:
    """One picture of a record.

    Attributes:
        plan: its boxes and frames.
        uses: for each value that leaves its box where it goes.
        copied: the leaves that are drawn at each of their uses.
        forked: the values whose wire branches.
        down: whether wires run downwards rather than from left to right.
        entries: for a frame's key that of the box whose value comes in, on the longest way.
    """

    def __init__(self, seen: Record, depth: int | None = None) -> None:
        self.seen, self.plan = seen, plan(seen, depth)
        self._way = _longest(seen)
        self.uses = self._uses()
        self.copied = [n for n in self.uses if not seen.nodes[n].gate and len(self.uses[n]) > FORKED]
        self.forked = [n for n in self.uses if len(self.uses[n]) > 1 and n not in self.copied]
        self.down = self._width() > WIDEST
        self.entries = self._entries()

    def dot(self, legend: bool = True, tables: bool = True) -> str:
        """The picture as DOT text; without `tables` for a Graphviz that cannot read HTML-like labels."""
        self.tables = tables
        whole, self.edges = self._whole(), graphviz.Digraph()
        self.graphs: dict[tuple[str, ...], graphviz.Digraph] = defaultdict(graphviz.Digraph)
        for box, frames in self.plan.boxes.values():
            if box.call:
                shapes.draw_module(self._graph(frames), box, tables)
            else:
                shapes.draw_gate(self._graph(frames), self.seen, self.seen.nodes[box.ids[0]])
        if self.plan.earlier:
            shapes.draw_earlier(self._graph(()), self.plan.earlier)
        for source in self.uses:
            self._draw_wires(self.seen.nodes[source])
        shapes.draw_result(self._graph(()), self.seen)
        self._fill(whole, (), self.plan.tree)
        whole.body += self.edges.body
        if legend:
            whole.attr(label=self._legend())
        return str(whole.source)

    def _whole(self) -> graphviz.Digraph:
        gaps = {"nodesep": "0.3" if self.down else "0.2", "ranksep": "0.2", "newrank": "true"}
        return graphviz.Digraph(
            graph_attr={"rankdir": "TB" if self.down else "LR", "ordering": "in", "bgcolor": "white", "pad": "0.25"}
            | gaps
            | {"fontname": FONT, "fontsize": "12", "labelloc": "b", "labeljust": "l", "fontcolor": shapes.INK},
            node_attr={"fontname": FONT, "fontsize": "13", "color": shapes.INK, "fontcolor": shapes.INK}
            | {"width": "0.4", "height": "0.4"},
            edge_attr={"color": shapes.INK, "arrowsize": "0.6", "penwidth": "1.1", "fontname": FONT, "fontsize": "11"},
        )

    def _graph(self, frames: Sequence[Frame]) -> graphviz.Digraph:
        return self.graphs[tuple(frame.key for frame in frames)]

    def _fill(self, graph: graphviz.Digraph, path: tuple[str, ...], items: Sequence[object]) -> None:
        """Put what was drawn within the frames `path` into `graph`, and the frames within as its subgraphs."""
        graph.body += self.graphs[path].body
        for item in items:
            if isinstance(item, Frame):
                inner = shapes.frame(item, self.down)
                self._fill(inner, (*path, item.key), item.inside)
                graph.subgraph(inner)

    def _uses(self) -> dict[int, list[Use]]:
        seen, home = self.seen, self.plan.home
        found: dict[int, dict[object, Use]] = defaultdict(dict)
        for node in seen.nodes:
            if node.gate is None and self._within(node):
                continue
            for edge in seen.out_of.get(node.id, ()):
                end = home.get(edge.target)
                if end is None or (node.gate and self.plan.start(node.id) == end):
                    continue
                main = (edge.source, edge.target) in self._way
                if self.plan.single(end):
                    found[node.id][edge.target, edge.position] = Use(end, edge.contribution, main)
                elif before := found[node.id].get(end):  # several inputs of what one closed box holds
                    found[node.id][end] = Use(end, None, before.main or main)
                else:
                    found[node.id][end] = Use(end, edge.contribution, main)
        return {id: list(uses.values()) for id, uses in found.items()} | {seen.output: []}

    def _within(self, leaf: Node) -> bool:
        """Whether a leaf is not drawn: a number in a gate's sign, or what a closed box alone uses and owns."""
        if wording.folded(self.seen, leaf):
            return True
        ends = {self.plan.home.get(edge.target) for edge in self.seen.out_of.get(leaf.id, ())} - {None}
        if not ends:
            return leaf.id != self.seen.output
        end = str(ends.pop())
        if ends or self.plan.single(end):
            return False
        if end == "earlier" or leaf.role == "constant":
            return True
        call = self.plan.boxes[end][0].call
        return call is not None and call.owns(leaf)

    def _width(self) -> float:
        """Roughly how wide, in points, the longest way would be from left to right."""
        gates = [target for _, target in self._way if target in self.plan.home]
        boxes = {self.plan.home[gate]: gate for gate in gates}  # each with the last gate: its value goes on
        wide = 0.0
        for key, gate in boxes.items():
            node, call = self.seen.nodes[gate], self.plan.boxes[key][0].call if key in self.plan.boxes else None
            text = max(shapes.module_lines(call, 1, ""), key=len) if call else wording.sign(self.seen, node)
            wide += 7 * len(text) + 6 * max(map(len, shapes.numbers(self.seen, node))) + 50
        return wide

    def _entries(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for source, target in self._way:
            if target in self.plan.home and source in self.uses and source not in self.copied:
                start = self._start(source)
                before = {frame.key for frame in self._frames(start)}
                for frame in self._frames(self.plan.home[target]):
                    if frame.key not in before:
                        found.setdefault(frame.key, start)
        return found

    def _start(self, node: int) -> str:
        """The key of the box from which the wire of a value starts."""
        return self.plan.start(node) if self.seen.nodes[node].gate else f"n{node}"

    def _frames(self, key: str) -> tuple[Frame, ...]:
        return self.plan.boxes[key][1] if key in self.plan.boxes else ()

    def _draw_wires(self, node: Node) -> None:
        """The wires from a value to its uses: one, or through a fork, or from a leaf drawn at each."""
        uses = self.uses[node.id] or [Use("result", None, True)]
        value, gradient = shapes.numbers(self.seen, node)
        ends = [self._frames(use.end) for use in uses]
        if node.id in self.copied:
            for k, use in enumerate(uses):
                key = f"n{node.id}_{k}"
                self._draw_leaf(node, key, _owners(node, ends[k]))
                self._draw_wire(key, use, (value, wording.span(use.contribution)), f"w{key}", ends[k])
            return
        start = self._start(node.id)
        if not node.gate:
            self._draw_leaf(node, start, _owners(node, _common(ends)))
        if node.id in self.forked:
            self._draw_fork(node, start, _common(ends))
        else:
            self._draw_wire(start, uses[0], (value, gradient), f"wire{node.id}", ends[0])

    def _draw_leaf(self, node: Node, key: str, frames: tuple[Frame, ...]) -> None:
        """A leaf in its frame; and below what comes into the frame, so that frames stand below one another."""
        shapes.draw_leaf(self._graph(frames), key, node, frames)
        if frames and self.down and frames[-1].key in self.entries:
            self.edges.edge(self.entries[frames[-1].key], key, style="invis", weight="0")

    def _draw_fork(self, node: Node, start: str, frames: tuple[Frame, ...]) -> None:
        """A wire to a point, and one from there to each use."""
        fork, uses = f"fork{node.id}", self.uses[node.id]
        self._graph(frames).node(fork, "", shape="point", width="0.06", height="0.06", **{"class": "fork"})
        whole = Use(fork, node.gradient, any(use.main for use in uses))
        self._draw_wire(start, whole, shapes.numbers(self.seen, node), f"wire{node.id}", frames)
        for i, use in enumerate(uses):
            numbers = ("", wording.span(use.contribution))
            self._draw_wire(fork, use, numbers, f"wire{node.id}_{i}", self._frames(use.end))

    def _draw_wire(self, start: str, use: Use, numbers: tuple[str, str], key: str, frames: Sequence[Frame]) -> None:
        """A wire with its numbers: two pieces, with a node between, named `key`, that holds them."""
        straight = {"weight": "500"} if self.down else {}
        look = straight if use.main else {}
        last = look | ({"arrowhead": "none"} if use.end.startswith("fork") else {})
        if not any(numbers):
            self.edges.edge(start, use.end, **last)
            return
        label = shapes.wire_label(*numbers, self.down, self.tables)
        shape, margin = ("plain", "0") if self.tables else ("box", "0.02,0")
        self._graph(frames).node(key, label, shape=shape, width="0", height="0", margin=margin, fontsize="11",
                                 **{"class": "wire"})  # fmt: skip
        port = "p:" if self.tables else ""
        entry, exit = (f"{port}n", f"{port}s") if self.down else ("w", "e")
        self.edges.edge(start, f"{key}:{entry}", arrowhead="none", **(straight if start[0] == "n" else look))
        self.edges.edge(f"{key}:{exit}", use.end, **last)

    def _legend(self) -> str:
        rows = [(" ", shapes.INK), *legend_of(self)]
        if not self.tables:
            return "".join(f"{shapes.plain(text)}\\l" for text, _ in rows)
        lines = (f'<FONT COLOR="{color}">{shapes.html(text)}</FONT><BR ALIGN="LEFT"/>' for text, color in rows)
        return f"<{''.join(lines)}>"


def _longest(seen: Record) -> dict[tuple[int, int], None]:
    """The edges of the longest way to the output, as (source, target), from its beginning."""
    length = [0] * len(seen.nodes)
    before: dict[int, int] = {}
    for edge in seen.edges:  # by target, so that a source's own length is known
        if length[edge.source] + 1 > length[edge.target]:
            length[edge.target], before[edge.target] = length[edge.source] + 1, edge.source
    way, node = [], seen.output
    while node in before:
        way.append((before[node], node))
        node = before[node]
    return dict.fromkeys(reversed(way))


def _owners(leaf: Node, frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Of the frames around a leaf's uses those that it stands in: as a parameter in its modules, as data in none."""
    if leaf.role == "constant":
        return frames
    for i, frame in enumerate(frames):
        if frame.call and not frame.call.owns(leaf):
            return frames[:i]
    return frames


def _common(paths: Sequence[tuple[Frame, ...]]) -> tuple[Frame, ...]:
    """The frames that are around all of them."""
    found = []
    for frames in zip(*paths, strict=False):
        if any(frame.key != frames[0].key for frame in frames):
            break
        found.append(frames[0])
    return tuple(found)
