"""legend: what the marks and numbers of a picture mean, and what it leaves out: only what it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import wording
from .folding import Plan
from .records import Record
from .shapes import GREEN, INK, RED

if TYPE_CHECKING:
    from .dot import Picture

__all__ = ["legend", "summary"]


def legend(picture: Picture) -> list[tuple[str, str]]:
    """Lines of text, each with its colour."""
    seen, layout, down = picture.seen, picture.plan, picture.down
    rows = [("value: " + ("at the right of its wire" if down else "above its wire"), GREEN)]
    if seen.backward:
        rows.append(("gradient of the result: below " + ("the value" if down else "the wire"), RED))
    gates = [seen.nodes[box.ids[0]] for box, _ in layout.boxes.values() if not box.call]
    kinds = {node.kind for node in gates}
    rows += [
        (f"{mark} {kind}: {says}", color) for kind, (mark, color, _, says) in wording.MARKS.items() if kind in kinds
    ]
    if seen.backward and picture.forked:
        rows.append(("● fork: what comes back along its branches adds up", INK))
    rows += [(f"bold, filled: {wording.plain(node.mark, 200)}", RED) for node in seen.nodes if node.mark]
    return rows + [(text, INK) for text in _left_out(seen, layout, picture.copied)]


def _left_out(seen: Record, layout: Plan, copied: Sequence[int]) -> list[str]:
    """What is not drawn, or drawn several times."""
    told = [_copied(seen, id) for id in copied]
    gates, drawn = sum(node.gate is not None for node in seen.nodes), len(layout.boxes)
    if drawn < gates:
        told.append(f"{gates:,} gates, drawn as {drawn} {'box' if drawn == 1 else 'boxes'}")
    return told


def _copied(seen: Record, id: int) -> str:
    """That a leaf is drawn at each use, and how its gradient adds up."""
    node, uses = seen.nodes[id], seen.out_of[id]
    text = f"{wording.plain(node.name or 'a leaf')} is drawn at each of its {len(uses)} uses"
    terms = [wording.values(edge.contribution) for edge in uses if edge.contribution]
    if node.gradient is None or not terms:
        return text
    whole = wording.values(node.gradient)
    said = f"{' + '.join(terms)} = {whole}" if len(terms) <= 6 and not node.gradient.shape else f"to {whole}"
    return f"{text}; its gradients add up: {said}"


def summary(picture: Picture) -> str:
    """The picture in one sentence, for those who do not see it."""
    seen, layout = picture.seen, picture.plan
    gates = sum(node.gate is not None for node in seen.nodes)
    leaves = sum(node.role == "leaf" for node in seen.nodes)
    name, value = wording.plain(seen.name or "result"), wording.values(seen.nodes[seen.output].value)
    count = f"{gates:,} gate{'' if gates == 1 else 's'}, {leaves:,} {'leaf' if leaves == 1 else 'leaves'}"
    drawn = f", drawn as {len(layout.boxes)} boxes" if len(layout.boxes) < gates else ""
    return f"The graph of {name} = {value}: {count}{drawn}."
