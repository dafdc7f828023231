"""recording: from a Tensor to the record of its graph."""

from __future__ import annotations

import linecache
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ...engine import Freed, upstream_of
from ...inplace import settled
from ...messages import WORDS, freed
from ...modes import no_grad
from ...nn.calls import Calls
from ...record import Bundle, back_many
from ...tensor import Tensor, clock
from .calls import module_calls
from .expansion import expanded
from .plain import SMALL, Edge, Node, Record, Values

__all__ = ["record"]

Look = Callable[[Any], Values | None]  # from an array to its record
Graph = list[tuple[Tensor, tuple[Any, ...]]]  # what gates made, oldest first, each with the inputs it saw


def record(
    output: Tensor, gradient: Any = None, backward: bool | None = None, *, expand: bool = False, maps: bool = False
) -> Record:
    """The graph behind `output` as plain records, with or without its backward pass.

    No `.grad` is touched, no hook called, and the graph is not freed.

    Args:
        output: where the graph ends.
        gradient: dL/doutput, of output's shape, to start the backward pass with; default 1.
        backward: record the backward pass; default: if it can start, because `output` requires
            a gradient and is a single number, or `gradient` is given.
        expand: take gates apart that are made of others: sigmoid, softmax, and those fused for speed.
        maps: keep a heat map of each large array.

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
    return Kept(output, gradient, backward, expand=expand, maps=maps).record


def marked(output: Tensor, gradient: Any, at: Tensor, why: str) -> Record:
    """The record of a graph, with its backward pass if there is a `gradient`, and a mark on the node of `at`."""
    kept = Kept(output, gradient, gradient is not None, expand=False, maps=False)
    here = kept.ids.get(id(at), kept.record.output)
    nodes = tuple(replace(node, mark=why) if node.id == here else node for node in kept.record.nodes)
    return replace(kept.record, nodes=nodes)


class Kept:
    """A record with the graph that it was made of, for what must be computed again.

    Attributes:
        record: the record.
        output: where the graph ends.
        gates: what gates made, oldest first, each with the inputs it saw.
        ids: of a Tensor's id its node.
        upstream: what the backward pass began with; None without one.
    """

    def __init__(
        self, output: Tensor, gradient: Any = None, backward: bool | None = None, *, expand: bool, maps: bool
    ) -> None:
        if backward is None:
            backward = output.requires_grad and (gradient is not None or output.numel() == 1)
        gates = _gates(output)
        self.origin: dict[int, Tensor] = {}
        if expand:
            output, gates, self.origin = expanded(output, gates)
        self.output, self.gates, self.maps = output, gates, maps
        self.arrived: dict[int, Any] = {}
        self.sent: dict[tuple[int, int], Sent] = {}
        self.upstream = upstream_of(output, gradient, False) if backward else None
        if backward:
            with no_grad(), np.errstate(all="ignore"):
                self.arrived, self.sent = _walked(gates, output, self.upstream)
        self.ids: dict[int, int] = {}
        self._known: dict[int, tuple[Any, Values]] = {}
        self.record = self._recorded(output, backward)
        self._known.clear()

    def _recorded(self, output: Tensor, backward: bool) -> Record:
        from .. import wording

        births = [self._source(z).born for z, _ in self.gates]
        calls = Calls(births)
        nodes: list[Node] = []
        edges: list[Edge] = []

        def number(value: Any) -> int:
            if not isinstance(value, Tensor) or id(value) not in self.ids:
                self.ids[id(value)] = len(nodes)
                arrived = self.arrived.get(id(value))
                nodes.append(_node(len(nodes), value, self._source(value), arrived, calls, self._values))
            return self.ids[id(value)]

        for z, inputs in self.gates:
            sources = [(i, number(x)) for i, x in enumerate(inputs) if _is_value(x)]
            target, arrived = number(z), self.arrived.get(id(z))
            for i, source in sources:
                edges.append(_edge(z, i, source, target, arrived, self.sent.get((id(z), i)), self._values))
        end = number(output)
        born = [(self.ids[id(z)], birth) for (z, _), birth in zip(self.gates, births, strict=True)]
        seen = Record(tuple(nodes), tuple(edges), end, backward, module_calls(calls, born, nodes, edges, end))
        called = wording.labels(seen)
        told = [replace(n, formula=wording.expression(seen, n, called)) if n.gate else n for n in nodes]
        return replace(seen, nodes=tuple(told))

    def _values(self, array: Any) -> Values | None:
        """The record of an array; an upstream is often what another edge sent, and looked at once."""
        if array is None or isinstance(array, (Bundle, dict)):
            return None
        known = self._known.get(id(array))
        if known is None or known[0] is not array:
            known = self._known[id(array)] = (array, Values.of(array, self.maps))
        return known[1]

    def _source(self, value: Any) -> Any:
        """The Tensor of the user's that `value` stands for."""
        return self.origin.get(id(value), value)


def _gates(output: Tensor) -> Graph:
    """What gates made on the way to `output`, oldest first, each with the inputs it saw."""
    seen: dict[int, tuple[Tensor, tuple[Any, ...]]] = {}
    stack = [output]
    while stack:
        z = stack.pop()
        if z.gate is None or id(z) in seen:
            continue
        if isinstance(z.inputs, Freed):
            raise freed(z, z.inputs)
        inputs = settled(z) if z.born <= clock.last_write else z.inputs
        seen[id(z)] = z, inputs
        stack.extend(x for x in inputs if isinstance(x, Tensor))
    return sorted(seen.values(), key=lambda pair: pair[0].born)


class Sent:
    """What went along one edge: the local gradient where it can be shown, and the contribution."""

    __slots__ = ("contribution", "diagonal", "local")

    def __init__(self, contribution: Any, local: Any, diagonal: bool) -> None:
        self.contribution, self.local, self.diagonal = contribution, local, diagonal


def _walked(gates: Graph, output: Tensor, upstream: Any) -> tuple[dict[int, Any], dict[tuple[int, int], Sent]]:
    """The gradient that arrived at each Tensor, by id; what was sent along each edge."""
    arrived = {id(output): upstream}
    sent = {}
    for z, inputs in reversed(gates):
        if (g := arrived.get(id(z))) is None:
            continue
        found = locals_of(z, inputs)
        single = not isinstance(z._data, Bundle) and z._data.size == 1
        ones = dict(contributions(z, np.ones_like(z._data), inputs)) if single else {}
        for i, c in contributions(z, g, inputs):
            key = id(inputs[i])
            arrived[key] = arrived[key] + c if key in arrived else c
            sent[id(z), i] = Sent(c, ones.get(i, found.get(i)), i in found)
    return arrived, sent


def contributions(z: Tensor, g: Any, inputs: tuple[Any, ...]) -> Iterator[tuple[int, Any]]:
    """What the gate of `z` sends back for the upstream `g`: each with the input's position."""
    i = 0
    for x, c in back_many(z, g, inputs):
        while inputs[i] is not x:  # they come in the inputs' order; x * x sends to x twice
            i += 1
        yield i, c
        i += 1


def locals_of(z: Tensor, inputs: tuple[Any, ...]) -> dict[int, Any]:
    """By position, the local gradients of a gate that works element by element; empty for another.

    NumPy's ufuncs do. Of the rest, a rule is asked: if what it sends back for a random upstream is that
    upstream times what it sends back for ones, its Jacobian is diagonal here.
    """
    made, data = z.gate, z._data
    if made.jointly is not None or made.kind == "reshape" or isinstance(data, Bundle) or made.name == "pick":
        return {}
    ufunc = isinstance(made.forward, np.ufunc) and made.forward.signature is None
    if not ufunc and made.kind not in ("slope", "route"):
        return {}
    args = [x._data if isinstance(x, Tensor) else x for x in inputs]
    random = None if ufunc else np.random.default_rng(0).standard_normal(data.shape).astype(data.dtype)
    found = {}
    for i, x in enumerate(inputs):
        if not (isinstance(x, Tensor) and x._needs and made.rules[i] is not None):
            continue
        local = np.asarray(made.rules[i](np.ones_like(data), data, *args, **z.keywords))
        if local.shape != data.shape:
            continue
        if random is not None:
            sent = made.rules[i](random, data, *args, **z.keywords)
            if not np.allclose(sent, random * local, rtol=1e-4, atol=0, equal_nan=True):
                continue
        found[i] = local
    return found


def _is_value(x: Any) -> bool:
    """Whether an input is a node: a user's own gate may be handed anything, an option or a function too."""
    array = isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "biuf"
    return array or isinstance(x, (Tensor, bool, int, float))


def _node(number: int, value: Any, source: Any, gradient: Any, calls: Calls, values: Look) -> Node:
    """The node of `value`; `source`: the Tensor of the user's that it comes from, which has name and place."""
    if not isinstance(value, Tensor):
        return Node(number, None, "constant", None, None, {}, False, values(value), None)
    made = value.gate
    name = value.name if made is not None else calls.parameter(value) or value.name
    file, row, _ = getattr(source, "_where", ("", 0, ""))
    return Node(
        number,
        name,
        "leaf" if made is None else "gate",
        made and made.name,
        made and (made.kind if made.kind in WORDS else "custom"),
        _keywords(value.keywords) if made is not None else {},
        value.requires_grad,
        values(value._data),
        values(gradient),
        module=calls.path_at(source.born) if made else "",
        line=f"{os.path.basename(file)}:{row}" if file else None,
        held=values(value._grad._data) if made is None and value._grad is not None else None,
        code=linecache.getline(file, row).strip() or None if file else None,
    )


def _edge(z: Tensor, i: int, source: int, target: int, upstream: Any, sent: Sent | None, values: Look) -> Edge:
    formulas = z.gate.local
    formula = formulas[min(i, len(formulas) - 1)] if formulas else ""
    if sent is None:
        return Edge(source, target, i, formula, None, values(upstream), None)
    contribution = sent.contribution
    if isinstance(contribution, dict):  # one of several outputs: its own part
        contribution = contribution[z.keywords["i"]]
    local, both = values(sent.local), (values(upstream), values(contribution))
    return Edge(source, target, i, formula, local, *both, sent.diagonal)


def _keywords(keywords: dict[str, Any]) -> dict[str, str]:
    """What a gate was told, as people would write it: without what it was not, and what it keeps for itself."""
    told = {key: word for key, word in keywords.items() if word is not None and word is not False and key != "kept"}
    return {key: _short(word[0] if isinstance(word, tuple) and len(word) == 1 else word) for key, word in told.items()}


def _short(word: Any) -> str:
    if isinstance(word, np.dtype):
        return str(word)
    told = f"array of shape {word.shape}" if isinstance(word, np.ndarray) and word.size > SMALL else repr(word)
    return told if len(told) <= 60 else told[:59] + "…"
