"""records: a graph and its backward pass as plain data; nothing else in viz looks at the engine."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..engine import Freed, upstream_of
from ..explaining import freed
from ..inplace import settled
from ..modes import no_grad
from ..record import Bundle, back_many
from ..tensor import Tensor, clock

__all__ = ["Edge", "Node", "Record", "Values", "record"]

SMALL = 16  # up to so many elements an array is kept in full


@dataclass(frozen=True)
class Values:
    """An array in a record: in full if it is small, and always its range and norm.

    Attributes:
        shape, dtype: the array's.
        full: nested lists (a number for a 0-d array); None for more than 16 elements.
        low, high: the smallest and largest element; None if there is none.
        norm: the Euclidean norm of all elements.
    """

    shape: tuple[int, ...]
    dtype: str
    full: Any
    low: float | None
    high: float | None
    norm: float

    @classmethod
    def of(cls, array: Any) -> Values:
        """The record of one array.

        >>> Values.of(np.array([3.0, 4.0])).norm
        5.0
        """
        a = np.asarray(array)
        low, high = (a.min().item(), a.max().item()) if a.size else (None, None)
        with np.errstate(over="ignore"):
            norm = float(np.linalg.norm(a.astype(np.float64).ravel()))
        return cls(a.shape, str(a.dtype), a.tolist() if a.size <= SMALL else None, low, high, norm)


@dataclass(frozen=True)
class Node:
    """One value of the graph: a leaf, a constant, or what a gate made.

    Attributes:
        id: its place in `Record.nodes`; inputs come before what is made from them.
        name: what the user called it, or None.
        role: leaf (a Tensor that no gate made), constant (a number or array among the inputs) or gate.
        gate, kind: of the gate that made it, as in `record.Gate`; None for the others.
        keywords: what the gate was told beside its inputs (axis …), each as text.
        value: None for the hidden bundle of a gate with several outputs.
        gradient: the upstream: what arrived here, summed over all uses; None if nothing did.
    """

    id: int
    name: str | None
    role: str
    gate: str | None
    kind: str | None
    keywords: dict[str, str]
    requires_grad: bool
    value: Values | None
    gradient: Values | None


@dataclass(frozen=True)
class Edge:
    """One input of one gate, and what the backward pass sent along it.

    Attributes:
        source, target: the ids of the input and of the gate's node.
        position: which input it is, from 0.
        local: the formula of the local gradient ("" if there is none).
        local_value: its value, where the gate's output is a single number; else None.
        upstream: the target's gradient; None without a backward pass.
        contribution: what this edge adds to the source's gradient: upstream times local.
    """

    source: int
    target: int
    position: int
    local: str
    local_value: Values | None
    upstream: Values | None
    contribution: Values | None


@dataclass(frozen=True)
class Record:
    """A graph as plain data.

    Attributes:
        nodes: in an order in which they can be computed.
        edges: by target, then position.
        output: the id of the node that was recorded.
        backward: whether the backward pass was recorded, too.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    output: int
    backward: bool

    @cached_property
    def into(self) -> dict[int, list[Edge]]:
        """For each node the edges of its inputs, in order."""
        return _grouped((edge.target, edge) for edge in self.edges)

    @cached_property
    def out_of(self) -> dict[int, list[Edge]]:
        """For each node the edges of its uses, in the order of birth."""
        return _grouped((edge.source, edge) for edge in self.edges)

    def to_json(self) -> str:
        """As JSON text; inf and nan, which JSON has no number for, become strings.

        >>> import tinygrad_edu as tg
        >>> json.loads(record(tg.tensor(2.0)).to_json())["nodes"][0]["value"]["full"]
        2.0
        """
        return json.dumps(_finite(asdict(self)), allow_nan=False)


def record(output: Tensor, gradient: Any = None, backward: bool | None = None) -> Record:
    """The graph behind `output` as plain records, with or without its backward pass.

    No `.grad` is touched, no hook called, and the graph is not freed.

    Args:
        output: where the graph ends.
        gradient: dL/doutput, of output's shape, to start the backward pass with; default 1.
        backward: record the backward pass; default: if it can start, because `output` requires
            a gradient and is a single number, or `gradient` is given.

    Raises:
        NoGradientError, NonScalarError, GradientShapeError: for `backward=True`, as `backward()`.
        FreedGraphError: if a walk has freed the graph.
        ChangedAfterUseError: if a value was written after a gate used it.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> seen = record(x * x)
    >>> [edge.contribution.full for edge in seen.edges], seen.nodes[0].gradient.full
    ([3.0, 3.0], 6.0)
    """
    if backward is None:
        backward = output.requires_grad and (gradient is not None or output.numel() == 1)
    gates = _gates(output)
    arrived: dict[int, Any] = {}
    sent: dict[tuple[int, int], tuple[Any, Any]] = {}
    if backward:
        with no_grad(), np.errstate(all="ignore"):
            arrived, sent = _walked(gates, output, upstream_of(output, gradient, False))
    nodes: list[Node] = []
    edges: list[Edge] = []
    ids: dict[int, int] = {}

    def number(value: Any) -> int:
        if not isinstance(value, Tensor) or id(value) not in ids:
            ids[id(value)] = len(nodes)
            nodes.append(_node(len(nodes), value, arrived.get(id(value))))
        return ids[id(value)]

    for z, inputs in gates:
        sources = [(i, number(x)) for i, x in enumerate(inputs) if x is not None]
        target = number(z)
        for i, source in sources:
            local, contribution = sent.get((id(z), i), (None, None))
            edges.append(_edge(z, i, source, target, local, arrived.get(id(z)), contribution))
    end = number(output)
    return Record(tuple(nodes), tuple(edges), end, backward)


def _gates(output: Tensor) -> list[tuple[Tensor, tuple[Any, ...]]]:
    """What gates made on the way to `output`, oldest first, each with the inputs it saw."""
    seen: dict[int, tuple[Tensor, tuple[Any, ...]]] = {}
    stack = [output]
    while stack:
        z = stack.pop()
        if z.gate is None or id(z) in seen:
            continue
        if isinstance(z.inputs, Freed):
            raise freed(z.gate, z.inputs)
        inputs = settled(z) if z.born < clock.last_write else z.inputs
        seen[id(z)] = z, inputs
        stack.extend(x for x in inputs if isinstance(x, Tensor))
    return sorted(seen.values(), key=lambda pair: pair[0].born)


def _walked(gates: list[tuple[Tensor, tuple[Any, ...]]], output: Tensor, upstream: Any) -> tuple[Any, Any]:
    """The gradient that arrived at each Tensor, by id; local and contribution of each edge sent along."""
    arrived = {id(output): upstream}
    sent = {}
    for z, inputs in reversed(gates):
        if (g := arrived.get(id(z))) is None:
            continue
        single = not isinstance(z._data, Bundle) and z._data.size == 1
        local = dict(_contributions(z, np.ones_like(z._data), inputs)) if single else {}
        for i, c in _contributions(z, g, inputs):
            key = id(inputs[i])
            arrived[key] = arrived[key] + c if key in arrived else c
            sent[id(z), i] = local.get(i), c
    return arrived, sent


def _contributions(z: Tensor, g: Any, inputs: tuple[Any, ...]) -> Iterator[tuple[int, Any]]:
    """What the gate of `z` sends back for the upstream `g`: each with the input's position."""
    i = 0
    for x, c in back_many(z, g, inputs):
        while inputs[i] is not x:  # they come in the inputs' order; x * x sends to x twice
            i += 1
        yield i, c
        i += 1


def _node(number: int, value: Any, gradient: Any) -> Node:
    if not isinstance(value, Tensor):
        return Node(number, None, "constant", None, None, {}, False, Values.of(value), None)
    made = value.gate
    return Node(
        number,
        value.name,
        "leaf" if made is None else "gate",
        made and made.name,
        made and made.kind,
        {key: _short(word) for key, word in value.keywords.items()} if made else {},
        value.requires_grad,
        _values(value._data),
        _values(gradient),
    )


def _edge(z: Tensor, i: int, source: int, target: int, local: Any, upstream: Any, contribution: Any) -> Edge:
    formulas = z.gate.local
    formula = formulas[min(i, len(formulas) - 1)] if formulas else ""
    if isinstance(contribution, dict):  # one of several outputs: its own part
        contribution = contribution[z.keywords["i"]]
    return Edge(source, target, i, formula, _values(local), _values(upstream), _values(contribution))


def _values(array: Any) -> Values | None:
    return None if array is None or isinstance(array, (Bundle, dict)) else Values.of(array)


def _short(word: Any) -> str:
    told = f"array of shape {word.shape}" if isinstance(word, np.ndarray) and word.size > SMALL else repr(word)
    return told if len(told) <= 60 else told[:59] + "…"


def _grouped(pairs: Iterator[tuple[int, Edge]]) -> dict[int, list[Edge]]:
    groups: dict[int, list[Edge]] = defaultdict(list)
    for key, edge in pairs:
        groups[key].append(edge)
    return groups


def _finite(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {key: _finite(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [_finite(value) for value in thing]
    return str(thing) if isinstance(thing, float) and not math.isfinite(thing) else thing
