"""folding: the boxes and frames of a picture: modules open to a depth, what is repeated drawn once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from .records import ModuleCall, Node, Record

__all__ = ["FULL", "MOST", "Box", "Frame", "Plan", "plan"]

FULL = 60  # gates that are all drawn without being asked
MOST = 150  # boxes that are drawn in any case
_LONGEST = 64  # boxes in a part that is repeated
_FEWEST = 3  # times that it is


@dataclass(frozen=True)
class Box:
    """One box of the picture.

    Attributes:
        key: its name in the picture.
        ids: the gates that it stands for, oldest first.
        call: the call of a module that stays closed; None for a single gate.
        times: so many alike follow one another, of which this is the first.
        until: the path of the last of them.
    """

    key: str
    ids: tuple[int, ...]
    call: ModuleCall | None = None
    times: int = 1
    until: str = ""


@dataclass(frozen=True)
class Frame:
    """A frame around boxes: an open module (`call`), or a part that is repeated; the rest as in Box."""

    key: str
    ids: tuple[int, ...]
    inside: tuple[Box | Frame, ...]
    call: ModuleCall | None = None
    times: int = 1
    until: str = ""


@dataclass(frozen=True)
class Plan:
    """What is drawn, and where each node of the record is found in it.

    Attributes:
        tree: the boxes and frames, oldest first.
        earlier: gates that came before all of these, and are drawn as one box.
        counterparts: for a gate in a repetition that is not drawn, the gate drawn in its place.
    """

    tree: tuple[Box | Frame, ...]
    earlier: tuple[int, ...] = ()
    counterparts: dict[int, int] | None = None

    @cached_property
    def boxes(self) -> dict[str, tuple[Box, tuple[Frame, ...]]]:
        """Every box by its key, with the frames around it, outermost first."""
        return {box.key: (box, frames) for box, frames in _walk(self.tree, ())}

    @cached_property
    def home(self) -> dict[int, str]:
        """For each gate that is drawn the key of its box."""
        found = {id: box.key for box, _ in self.boxes.values() for id in box.ids}
        return found | dict.fromkeys(self.earlier, "earlier")

    def single(self, key: str) -> bool:
        """Whether a box stands for a gate alone."""
        return key in self.boxes and self.boxes[key][0].call is None

    def start(self, gate: int) -> str:
        """The key of the box from which the wire of this gate's value starts."""
        return self.home[(self.counterparts or {}).get(gate, gate)]


def plan(seen: Record, depth: int | None = None) -> Plan:
    """The boxes of a picture of `seen`.

    Args:
        depth: so many levels of modules are open, those below are closed, and what is repeated three
            times and more is drawn once. None: everything is open, if that makes no more than `MOST`
            boxes; else as deep as it does.
    """
    gates = tuple(node.id for node in seen.nodes if node.gate)
    if depth is not None:
        return _cut(_folded(seen, gates, depth))
    deepest = max(map(len, seen.around.values()), default=0)
    if len(gates) <= FULL:
        return Plan(_items(seen, gates, 0, deepest))
    for depth in range(deepest, 0, -1):
        found = _folded(seen, gates, depth)
        if len(found.boxes) <= FULL:
            return found
    return _cut(_folded(seen, gates, min(1, deepest)))


def _folded(seen: Record, gates: tuple[int, ...], depth: int) -> Plan:
    counterparts: dict[int, int] = {}
    return Plan(_items(seen, gates, 0, depth, counterparts), (), counterparts)


def _walk(items: Sequence[Box | Frame], frames: tuple[Frame, ...]) -> Iterator[tuple[Box, tuple[Frame, ...]]]:
    for item in items:
        if isinstance(item, Frame):
            yield from _walk(item.inside, (*frames, item))
        else:
            yield item, frames


def _items(
    seen: Record, gates: tuple[int, ...], level: int, depth: int, counterparts: dict[int, int] | None = None
) -> tuple[Box | Frame, ...]:
    """The boxes and frames of `gates`, whose first `level` calls are the same; repetitions go to `counterparts`."""
    items: list[Box | Frame] = []
    for calls, group in groupby(gates, lambda id: seen.around.get(id, [])[level : level + 1]):
        ids = tuple(group)
        if not calls:
            items += [Box(f"n{id}", (id,)) for id in ids]
        elif level >= depth:
            items.append(Box(f"m{ids[0]}", ids, seen.modules[calls[0]]))
        else:
            inside = _items(seen, ids, level + 1, depth, counterparts)
            if len(ids) == 1 and not seen.modules[calls[0]].parameters:  # its sign says as much as a frame
                items += inside
                continue
            items.append(Frame(f"cluster{ids[0]}_{level}", ids, inside, seen.modules[calls[0]]))
    return tuple(items) if counterparts is None else tuple(_once(seen, items, counterparts))


def _once(seen: Record, items: list[Box | Frame], counterparts: dict[int, int]) -> Iterator[Box | Frame]:
    """The items; of a part that is repeated only the first, with how often."""
    looks = [_look(seen, item) for item in items]
    sources = _sources(seen, items)
    runs = _runs(looks, sources)
    i = 0
    while i < len(items):
        long, times = _best(i, looks, sources, runs)
        for first in range(i, i + long):
            for other in range(first + long, i + long * times, long):
                counterparts.update(zip(items[other].ids, items[first].ids, strict=True))
        last = items[i + long * times - 1].call
        if long == 1 and (times == 1 or last):
            yield replace(items[i], times=times, until=last.path if last and times > 1 else "")
        else:
            part = tuple(_once(seen, items[i : i + long], counterparts))
            yield Frame(f"cluster{part[0].ids[0]}_x{times}", tuple(id for p in part for id in p.ids), part, None, times)
        i += long * times


def _look(seen: Record, item: Box | Frame) -> Any:
    """What must be equal for two items to be alike, apart from where their inputs come from."""
    if isinstance(item, Frame):
        return _of(item.call), len(item.ids), item.times, tuple(_look(seen, part) for part in item.inside)
    if item.call:
        return _of(item.call), len(item.ids), item.times
    node = seen.nodes[item.ids[0]]
    return node.gate, tuple(node.keywords.items()), node.value and node.value.shape


def _of(call: ModuleCall | None) -> Any:
    return call and (call.kind, call.says, call.parameters, call.shape)


def _sources(seen: Record, items: list[Box | Frame]) -> list[list[Any]]:
    """For each item where its inputs come from: the index of another item, a gate elsewhere, or a leaf's look."""
    where = {id: i for i, item in enumerate(items) for id in item.ids}

    def source(node: Node) -> Any:
        if node.gate:
            return where.get(node.id, ("elsewhere", node.id))
        number = node.value.full if node.role == "constant" and node.value and not node.value.shape else None
        return node.role, node.requires_grad, node.value and node.value.shape, number

    found = ([source(seen.nodes[edge.source]) for id in item.ids for edge in seen.into.get(id, ())] for item in items)
    return [[s for s in each if s != i] for i, each in enumerate(found)]


def _alike(a: list[Any], b: list[Any], apart: int) -> bool:
    """Whether two lists of sources are: the same ones, or as far before each item."""
    return len(a) == len(b) and all(
        s == t or (isinstance(s, int) and t == s + apart) for s, t in zip(a, b, strict=True)
    )


def _runs(looks: list[Any], sources: list[list[Any]]) -> list[list[int]]:
    """runs[p - 1][i]: how many items from i on are alike the item p later."""
    numbers: dict[Any, int] = {}
    ids = [numbers.setdefault(look, len(numbers)) for look in looks]
    runs = []
    for p in range(1, min(_LONGEST, len(looks) // _FEWEST) + 1):
        run = [0] * (len(looks) + 1)
        for i in range(len(looks) - p - 1, -1, -1):
            run[i] = run[i + 1] + 1 if ids[i] == ids[i + p] and _alike(sources[i], sources[i + p], p) else 0
        runs.append(run)
    return runs


def _best(i: int, looks: list[Any], sources: list[list[Any]], runs: list[list[int]]) -> tuple[int, int]:
    """How long a part starts at item i, and how often it comes: where most are saved."""
    best = (1, 1)
    for p, run in enumerate(runs, 1):
        if i + p * _FEWEST > len(looks) or run[i + p] < p * (_FEWEST - 2):
            continue
        times = 2 + run[i + p] // p
        if (times - 1) * p > (best[1] - 1) * best[0] and _begins(i, p, looks, sources):
            best = p, times
    return best


def _begins(i: int, p: int, looks: list[Any], sources: list[list[Any]]) -> bool:
    """Whether the p items at i are alike the next p, but that these get from before what the next get from these."""
    for k in range(i, i + p):
        a, b = sources[k], sources[k + p]
        if looks[k] != looks[k + p] or len(a) != len(b):
            return False
        for s, t in zip(a, b, strict=True):
            inner = isinstance(s, int) and s >= i
            carried = not inner and isinstance(t, int) and i <= t < i + p
            if not (s == t or carried or (isinstance(s, int) and t == s + p)):
                return False
    return True


def _cut(found: Plan) -> Plan:
    """If that is too many boxes: the newest of them; the gates before these become one box."""
    if len(found.boxes) <= MOST:
        return found
    kept = set(list(found.boxes)[-MOST:])
    earlier = tuple(id for key, (box, _) in found.boxes.items() if key not in kept for id in box.ids)

    def newest(items: Sequence[Box | Frame]) -> Iterator[Box | Frame]:
        for item in items:
            if isinstance(item, Frame):
                inside = tuple(newest(item.inside))
                if inside:
                    yield replace(item, inside=inside)
            elif item.key in kept:
                yield item

    return Plan(tuple(newest(found.tree)), earlier, found.counterparts)
