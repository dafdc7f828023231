"""hulls: the outline around each group of a drawing, column by column, so that nothing else is within."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["LOW", "OVER", "SIDE", "TOP", "hulls"]

SIDE, TOP, LOW = 9.0, 20.0, 8.0  # around the members of a group, once for each level of groups within it, in pixels
OVER = 15.0  # above a node: its name, and the mark of the step

Slice = tuple[float, float, float, float]  # left, right, top, low


def hulls(
    cells: Sequence[tuple[int, float, float, float]],
    groups: Sequence[tuple[int, ...]],
    columns: Sequence[tuple[float, float]],
) -> dict[int, tuple[str, float, float]]:
    """The closed path around each group, as the `d` of an SVG path, and the corner where its label stands.

    Args:
        cells: of each cell its column, left end, top and low end.
        groups: for each cell the groups that it is in, outermost first.
        columns: left and right end of each column.
    """
    members: dict[int, list[int]] = {}
    levels: dict[int, int] = {}
    for cell, chain in enumerate(groups):
        for depth, group in enumerate(chain):
            members.setdefault(group, []).append(cell)
            levels[group] = max(levels.get(group, 1), len(chain) - depth)
    deepest = max(levels.values(), default=0)
    found = {}
    for group, inside in members.items():
        pieces = _pieces([cells[c] for c in inside], levels[group], columns, SIDE * deepest)
        left, _, top, _ = min((one for slices in pieces for one in slices), key=lambda s: (s[2], s[0]))
        found[group] = "".join(map(_outline, pieces)), left, top
    return found


def _pieces(
    inside: list[tuple[int, float, float, float]], level: int, columns: Sequence[tuple[float, float]], reach: float
) -> list[list[Slice]]:
    """Runs of columns: a slice for each column, one for the gap before the next, over the height of both."""
    pieces: list[list[Slice]] = []
    slices: list[Slice] = []
    found = {cell[0] for cell in inside}
    for column in sorted(found):
        here = [cell for cell in inside if cell[0] == column]
        if column - 1 not in found:
            slices = []
            pieces.append(slices)
        top = min(cell[2] for cell in here) - OVER - TOP * level
        low = max(cell[3] for cell in here) + LOW * level
        left, right = columns[column]
        if slices:
            _, end, above, below = slices[-1]
            slices.append((end, left - reach, min(top, above), max(low, below)))
        start = slices[-1][1] if slices else min(cell[1] for cell in here) - SIDE * level
        slices.append((start, right + (reach if column + 1 in found else SIDE * level), top, low))
    return pieces


def _outline(slices: list[Slice]) -> str:
    """A closed path around slices that touch one another, its corners rounded."""
    points = [(x, top) for left, right, top, _ in slices for x in (left, right)]
    points += [(x, low) for left, right, _, low in reversed(slices) for x in (right, left)]
    points = [p for i, p in enumerate(points) if p != points[i - 1]]
    path = ""
    for i, (x, y) in enumerate(points):
        ends = []
        for px, py in (points[i - 1], points[(i + 1) % len(points)]):
            length = abs(px - x) + abs(py - y)
            share = min(9.0, length / 2) / length
            ends.append(f"{x + (px - x) * share:g} {y + (py - y) * share:g}")
        path += f"{'L' if path else 'M'}{ends[0]}Q{x:g} {y:g} {ends[1]}"
    return f"{path}Z"
