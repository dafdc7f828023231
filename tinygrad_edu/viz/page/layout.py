"""layout: where the page draws each node: columns by longest path, few crossings, a straight main chain.

The method is Sugiyama's (Methods for visual understanding of hierarchical system structures, 1981). All uses
of one value share one wire up to where they part, so a value used often is a fork, not a bundle of lines.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from .hulls import LOW, OVER, SIDE, TOP, hulls

__all__ = ["Drawing", "layout"]

GAP = 32.0  # between two columns, in pixels
ROOM = 18.0  # between two nodes of a column
SWEEPS = 8


@dataclass(frozen=True)
class Drawing:
    """Places, in pixels from the top left.

    Attributes:
        nodes: (x, y) of each node: the left end, and half its height.
        wires: for each edge the `d` of an SVG path, from the source's body to the target's.
        ends: x of the right end of each node's column.
        hulls: for each group the `d` of a closed path around its members, and where its label stands.
        width, height: of everything.
    """

    nodes: list[tuple[float, float]]
    wires: list[str]
    ends: list[float]
    hulls: dict[int, tuple[str, float, float]]
    width: float
    height: float


def layout(
    sizes: Sequence[tuple[float, float, float]], edges: Sequence[tuple[int, int]], groups: Sequence[tuple[int, ...]]
) -> Drawing:
    """Place a graph from left to right.

    Args:
        sizes: of each node the width of its body, the width of the label on its wire, the height.
        edges: (source, target), the source's number below the target's; a pair may stand there twice.
        groups: for each node the groups that it is in, outermost first; members stay next to one another.

    >>> drawn = layout([(40, 20, 30)] * 3, [(0, 2), (1, 2)], [()] * 3)
    >>> [x for x, _ in drawn.nodes]
    [24.0, 24.0, 116.0]
    """
    return _Layout(sizes, edges, groups).drawing()


class _Layout:
    """The columns of cells: a cell is a node, or a place where a wire passes through a column."""

    def __init__(self, sizes, edges, groups) -> None:  # type: ignore[no-untyped-def]
        self.sizes, self.edges = sizes, edges
        self.count = len(sizes)
        self.column = self._columns()
        self.groups = list(groups)
        self.heights = [height for _, _, height in sizes]
        self.passing: dict[tuple[int, int], int] = {}  # (source, column): the cell of its wire there
        self.left: list[list[int]] = [[] for _ in sizes]
        self.right: list[list[int]] = [[] for _ in sizes]
        for source, target in edges:
            self._connect(self._along(source, self.column[target] - 1, target), target)
        self.cells: list[list[int]] = [[] for _ in range(1 + max(self.column, default=0))]
        for cell in self._first_order():
            self.cells[self.column[cell]].append(cell)

    def _columns(self) -> list[int]:
        """As far right as the uses allow: a weight stands next to its first use."""
        rank = [0] * self.count
        for source, target in sorted(self.edges, key=lambda edge: -edge[1]):
            rank[source] = max(rank[source], rank[target] + 1)
        last = max(rank, default=0)
        return [last - r for r in rank]

    def _along(self, source: int, column: int, target: int) -> int:
        """The cell in which the wire from `source` reaches `column`."""
        cell = source
        for c in range(self.column[source] + 1, column + 1):
            known = self.passing.get((source, c))
            if known is None:
                known = self.passing[source, c] = len(self.left)
                self.left.append([])
                self.right.append([])
                self.column.append(c)
                self.heights.append(0.0)
                self.groups.append(_common(self.groups[source], self.groups[target]))
                self._connect(cell, known)
            cell = known
        return cell

    def _connect(self, a: int, b: int) -> None:
        self.right[a].append(b)
        self.left[b].append(a)

    def _first_order(self) -> list[int]:
        """Depth first from the result, inputs in their order: a tree has no crossings so."""
        found: dict[int, None] = {}
        for end in range(self.count - 1, -1, -1):
            stack = [end]
            while stack:
                cell = stack.pop()
                if cell not in found:
                    found[cell] = None
                    stack.extend(reversed(self.left[cell]))
        return list(found)

    # The order within each column.

    def _order(self) -> None:
        """Sort each column by where the neighbours stand; keep what crosses least."""
        best, kept = self._crossings(), [list(cells) for cells in self.cells]
        for sweep in range(SWEEPS):
            if best == 0:
                break
            self._sweep(bool(sweep % 2))
            crossings = self._crossings()
            if crossings < best:
                best, kept = crossings, [list(cells) for cells in self.cells]
        self.cells = kept

    def _sweep(self, rightwards: bool) -> None:
        near = self.left if rightwards else self.right
        place = {cell: float(i) for cells in self.cells for i, cell in enumerate(cells)}
        for cells in self.cells if rightwards else reversed(self.cells):
            wish = {c: _mean([place[n] for n in near[c]], place[c]) for c in cells}
            cells[:] = self._grouped(cells, wish, 0)
            place.update((cell, float(i)) for i, cell in enumerate(cells))

    def _grouped(self, cells: list[int], wish: dict[int, float], depth: int) -> list[int]:
        """Sorted by wish, the members of each group next to one another."""
        parts: dict[tuple[int, int], list[int]] = {}
        for cell in cells:
            group = self.groups[cell]
            key = (0, group[depth]) if len(group) > depth else (1, cell)
            parts.setdefault(key, []).append(cell)
        ordered = sorted(parts.items(), key=lambda part: _mean([wish[c] for c in part[1]], 0.0))
        return [
            cell
            for (lone, _), members in ordered
            for cell in (members if lone else self._grouped(members, wish, depth + 1))
        ]

    def _crossings(self) -> int:
        count = 0
        for cells in self.cells[1:]:
            place = {cell: i for i, cell in enumerate(self.cells[self.column[cells[0]] - 1])}
            above: list[int] = []
            for cell in cells:
                found = [place[n] for n in self.left[cell]]
                count += sum(len(above) - bisect_left(above, p + 1) for p in found)
                for p in found:
                    insort(above, p)
        return count

    # Coordinates.

    @cached_property
    def _chain(self) -> set[int]:
        """The longest path to the result; it is drawn as a straight line."""
        chain = set()
        cell = max(range(self.count), key=lambda c: self.column[c], default=None)
        while cell is not None:
            chain.add(cell)
            before = [c for c in self.left[cell] if c < self.count and self._reach[c] == self.column[cell] - 1]
            cell = before[0] if before else None
        return chain

    @cached_property
    def _reach(self) -> list[int]:
        """How many columns lie before each node on its own longest path."""
        reach = [0] * self.count
        for source, target in sorted(self.edges, key=lambda edge: edge[1]):
            reach[target] = max(reach[target], reach[source] + 1)
        return reach

    def _heights(self) -> list[float]:
        """y of each cell: near its neighbours, in order, with room between; the main chain at 0."""
        y = [0.0] * len(self.left)
        apart = {id(cells): self._apart(cells) for cells in self.cells}
        for cells in self.cells:
            y_of = apart[id(cells)]
            for cell, offset in zip(cells, y_of, strict=True):
                y[cell] = offset - y_of[-1] / 2
        for sweep in range(2 * SWEEPS):
            for cells in self.cells if sweep % 2 else reversed(self.cells):
                wishes = [
                    0.0 if c in self._chain else _mean([y[n] for n in (*self.left[c], *self.right[c])], 0.0)
                    for c in cells
                ]
                weights = [1e4 if c in self._chain else 1.0 if c < self.count else 4.0 for c in cells]
                for cell, height in zip(cells, _spread(wishes, weights, apart[id(cells)]), strict=True):
                    y[cell] = height
        return y

    def _apart(self, cells: list[int]) -> list[float]:
        """The least y of each cell of a column, counted from its first."""
        offsets = [0.0] * len(cells)
        for i in range(1, len(cells)):
            a, b = cells[i - 1], cells[i]
            shared = len(_common(self.groups[a], self.groups[b]))
            borders = len(self.groups[a]) + len(self.groups[b]) - 2 * shared
            offsets[i] = offsets[i - 1] + (self.heights[a] + self.heights[b]) / 2 + ROOM + (TOP + LOW) * borders
        return offsets

    def drawing(self) -> Drawing:
        self._order()
        y = self._heights()
        deepest = max(map(len, self.groups), default=0)
        lefts, rights, x = [], [], 24.0 + SIDE * deepest
        for cells in self.cells:
            lefts.append(x)
            rights.append(x + max((sum(self.sizes[c][:2]) for c in cells if c < self.count), default=0.0))
            x = rights[-1] + GAP + 2 * SIDE * deepest
        top = min((y[c] - h / 2 for c, h in enumerate(self.heights)), default=0.0) - OVER - TOP * deepest - 10
        low = max((y[c] + h / 2 for c, h in enumerate(self.heights)), default=0.0) + LOW * deepest + 16
        y = [round(height - top, 1) for height in y]
        places = []
        for c in range(self.count):  # gates stand at the left of their column, leaves at the right, near their use
            left = lefts[self.column[c]] if self.left[c] else rights[self.column[c]] - sum(self.sizes[c][:2])
            places.append((round(left, 1), y[c]))
        ends = [rights[self.column[c]] for c in range(self.count)]
        wires = self._wires(y, places, lefts, rights)
        around = self._hulls(y, lefts, rights, places)
        return Drawing(places, wires, ends, around, x - GAP, low - top)

    def _hulls(self, y, lefts, rights, places) -> dict[int, tuple[str, float, float]]:  # type: ignore[no-untyped-def]
        cells = []
        for c, column in enumerate(self.column):
            left = places[c][0] if c < self.count else lefts[column]
            cells.append((column, left, y[c] - self.heights[c] / 2, y[c] + self.heights[c] / 2))
        return hulls(cells, self.groups, list(zip(lefts, rights, strict=True)))

    def _wires(self, y, places, lefts, rights) -> list[str]:  # type: ignore[no-untyped-def]
        """The path of each edge: level through a column, curved between two; it begins where it parts from others."""
        ports = self._ports(y)
        wires = [""] * len(self.edges)
        reached = list(self.column[: self.count])  # the last column to which a wire of each node is drawn
        for i in sorted(range(len(self.edges)), key=lambda i: self.column[self.edges[i][1]]):
            source, target = self.edges[i]
            column, end = reached[source], self.column[target]
            cell = self.passing.get((source, column), source)
            x = lefts[column] if cell != source else places[source][0] + self.sizes[source][0]
            path = f"M{x:g} {y[cell]:g}H{rights[column]:g}"
            for c in range(column + 1, end):
                cell, before = self.passing[source, c], cell
                path += _curve(rights[c - 1], y[before], lefts[c], y[cell]) + f"H{rights[c]:g}"
            wires[i] = path + _curve(rights[end - 1], y[cell], places[target][0], ports[i])
            reached[source] = max(column, end - 1)
        return wires

    def _ports(self, y: list[float]) -> list[float]:
        """Where each edge meets its target: a little apart, in the order in which they come."""
        into: dict[int, list[int]] = {}
        for i, (_, target) in enumerate(self.edges):
            into.setdefault(target, []).append(i)
        ports = [0.0] * len(self.edges)
        for target, found in into.items():
            before = {
                i: y[self.passing.get((self.edges[i][0], self.column[target] - 1), self.edges[i][0])] for i in found
            }
            step = min(9.0, self.heights[target] * 0.5 / len(found))
            for k, i in enumerate(sorted(found, key=lambda i: (before[i], i))):
                ports[i] = round(y[target] + (k - (len(found) - 1) / 2) * step, 1)
        return ports


def _curve(x: float, y: float, end: float, to: float) -> str:
    """From (x, y) to (end, to), level at both ends."""
    middle = (x + end) / 2
    return f"H{end:g}" if y == to else f"C{middle:g} {y:g} {middle:g} {to:g} {end:g} {to:g}"


def _spread(wishes: list[float], weights: list[float], offsets: list[float]) -> list[float]:
    """The places nearest to the wishes, in squares, that keep the offsets apart: isotonic regression."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, members
    for wish, weight, offset in zip(wishes, weights, offsets, strict=True):
        mean, total, members = wish - offset, weight, 1
        while blocks and blocks[-1][0] > mean:
            other, more, count = blocks.pop()
            mean = (mean * total + other * more) / (total + more)
            total, members = total + more, members + count
        blocks.append((mean, total, members))
    means = [mean for mean, _, members in blocks for _ in range(members)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _common(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The groups that both are in."""
    shared = 0
    while shared < min(len(a), len(b)) and a[shared] == b[shared]:
        shared += 1
    return a[:shared]
