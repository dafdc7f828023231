"""plain: what a record holds: values, nodes, edges and module calls, and the same as JSON."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from ...errors import DataFileError

__all__ = ["Edge", "ModuleCall", "Node", "Record", "Values"]

SMALL = 16  # up to so many elements an array is kept in full
MAP = 24  # a heat map has at most so many rows, and columns


@dataclass(frozen=True)
class Values:
    """An array in a record: in full if it is small, and always its range and norm.

    Attributes:
        shape, dtype: the array's.
        full: nested lists (a number for a 0-d array); None for more than 16 elements.
        low, high: the smallest and largest element; None if there is none.
        norm: the Euclidean norm of all elements.
        map: for a large array, if asked for: at most 24 rows of at most 24 means, for a heat map;
            of more than two axes, the first ones are folded into the rows and the rest into the
            columns, so that it is as square as can be.

    >>> values = Values.of(np.array([[3.0, -4.0]]))
    >>> values.full, values.low, values.high, values.norm
    ([[3.0, -4.0]], -4.0, 3.0, 5.0)
    """

    shape: tuple[int, ...]
    dtype: str
    full: Any
    low: float | None
    high: float | None
    norm: float
    map: list[list[float]] | None = None

    @classmethod
    def of(cls, array: Any, maps: bool = False) -> Values:
        """The record of one array; with `maps`, a large one with its heat map.

        >>> Values.of(np.array([3.0, 4.0])).norm
        5.0
        """
        a = np.asarray(array)
        if a.size == 1:  # most of a graph of small gates
            only = a.item()
            return cls(a.shape, _named(a.dtype), a.tolist(), only, only, abs(float(only)))
        low, high = (a.min().item(), a.max().item()) if a.size else (None, None)
        with np.errstate(over="ignore", invalid="ignore"):
            norm = float(np.linalg.norm(a.astype(np.float64, copy=False).ravel()))
            seen = _map(a) if maps and a.size > SMALL else None
        return cls(a.shape, _named(a.dtype), a.tolist() if a.size <= SMALL else None, low, high, norm, seen)


_named = lru_cache(str)


def _map(a: np.ndarray) -> list[list[float]]:
    """The array as rows, and these averaged down to the size of a map; four digits of each mean."""
    sides = {k: (math.prod(a.shape[:k]), math.prod(a.shape[k:])) for k in range(1, a.ndim)} or {0: (1, a.size)}
    rows = a.astype(np.float64, copy=False).reshape(min(sides.values(), key=lambda side: max(side) / min(side)))
    for axis in (0, 1):
        n = rows.shape[axis]
        starts = np.arange(min(n, MAP)) * n // min(n, MAP)
        counts = np.diff(starts, append=n)
        rows = np.add.reduceat(rows, starts, axis=axis) / (counts[:, None] if axis == 0 else counts)
    return [[float(f"{mean:.4g}") for mean in row] for row in rows.tolist()]


@dataclass(frozen=True)
class Node:
    """One value of the graph: a leaf, a constant, or what a gate made.

    Attributes:
        id: its place in `Record.nodes`; inputs come before what is made from them.
        name: what the user called it, the path of a module's parameter ("layers.0.weight"), or None.
        role: leaf (a Tensor that no gate made), constant (a number or array among the inputs) or gate.
        gate, kind: of the gate that made it, as in `record.Gate`; None for the others.
        keywords: what the gate was told beside its inputs (axis …), each as text.
        value: None for the hidden bundle of a gate with several outputs.
        gradient: the upstream: what arrived here, summed over all uses; None if nothing did.
        formula: the gate applied to its inputs by name ("q × z"); "" for what no gate made.
        module: the path of the innermost module whose call made it ("layers.0"); "" for the root
            module itself, and outside of every module.
        line, code: the user's line that made it ("net.py:12") and its text; None if nobody
            watched (`tg.inspect()`).
        held: what the `.grad` of a leaf held already, to which a backward pass would add.
        mark: why to look here, in a sentence: what `tg.detect_anomaly()` found; else None.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> [(node.role, node.gate, node.formula, node.gradient.full) for node in tg.viz.record(x * x).nodes]
    [('leaf', None, '', 6.0), ('gate', 'mul', 'x × x', 1.0)]
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
    formula: str = ""
    module: str = ""
    line: str | None = None
    code: str | None = None
    held: Values | None = None
    mark: str | None = None


@dataclass(frozen=True)
class Edge:
    """One input of one gate, and what the backward pass sent along it.

    Attributes:
        source, target: the ids of the input and of the gate's node.
        position: which input it is, from 0.
        local: the formula of the local gradient ("" if there is none).
        local_value: its value, where it is one number for each element of the output or the output
            is a single number; else None.
        upstream: the target's gradient; None without a backward pass.
        contribution: what this edge adds to the source's gradient: upstream times local.
        diagonal: whether the gate works element by element: its Jacobian has `local_value` on the
            diagonal and nothing beside it.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> [(e.local, e.local_value.full, e.contribution.full) for e in tg.viz.record(x * x).edges]
    [('y', 3.0, 3.0), ('x', 3.0, 3.0)]
    """

    source: int
    target: int
    position: int
    local: str
    local_value: Values | None
    upstream: Values | None
    contribution: Values | None
    diagonal: bool = False


@dataclass(frozen=True)
class ModuleCall:
    """One call of a module: a module that was called twice has two.

    Attributes:
        path: "" for the root, the outermost module; its parts by their dotted names.
        kind: the name of its class.
        says: what its `extra_repr()` says.
        parameters: how many numbers it trains, with its parts.
        shape: of what it returned, as far as it is on the graph; None for several outputs.
        nodes: the ids of what its gates made, those of its parts included.
        parent: the index in `Record.modules` of the call that it was made in, or None.

    >>> import tinygrad_edu as tg
    >>> net = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.Tanh())
    >>> seen = tg.viz.record(net(tg.ones(4, 2)).sum())
    >>> [(call.path, call.kind, call.shape, call.parameters) for call in seen.modules]
    [('', 'Sequential', (4, 3), 9), ('0', 'Linear', (4, 3), 9), ('1', 'Tanh', (4, 3), 0)]
    """

    path: str
    kind: str
    says: str
    parameters: int
    shape: tuple[int, ...] | None
    nodes: tuple[int, ...]
    parent: int | None

    def owns(self, leaf: Node) -> bool:
        """Whether a leaf is a parameter of the module or its parts, by its name; of the root: whatever is trained."""
        return leaf.requires_grad and (leaf.name or "").startswith(self.path and f"{self.path}.")


@dataclass(frozen=True)
class Record:
    """A graph as plain data.

    Attributes:
        nodes: in an order in which they can be computed.
        edges: by target, then position.
        output: the id of the node that was recorded.
        backward: whether the backward pass was recorded, too.
        modules: the calls of modules, outer ones before those within; those that left gates here.

    >>> import tinygrad_edu as tg
    >>> seen = tg.viz.record(tg.tensor(3.0, requires_grad=True) ** 2)
    >>> seen.nodes[seen.output].value.full, len(seen.nodes), len(seen.edges)
    (9.0, 2, 1)
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    output: int
    backward: bool
    modules: tuple[ModuleCall, ...] = ()

    @property
    def name(self) -> str | None:
        """What the user called the output."""
        return self.nodes[self.output].name

    @cached_property
    def into(self) -> dict[int, list[Edge]]:
        """For each node the edges of its inputs, in order."""
        return _grouped((edge.target, edge) for edge in self.edges)

    @cached_property
    def out_of(self) -> dict[int, list[Edge]]:
        """For each node the edges of its uses, in the order of birth."""
        return _grouped((edge.source, edge) for edge in self.edges)

    @cached_property
    def around(self) -> dict[int, list[int]]:
        """For each gate that calls of modules made these calls, outermost first, as indices of `modules`."""
        return _grouped((node, i) for i, call in enumerate(self.modules) for node in call.nodes)

    @cached_property
    def sums(self) -> dict[int, list[Edge]]:
        """For each node that several gradients came back to, their edges: its gradient is the sum of these.

        >>> import tinygrad_edu as tg
        >>> from tinygrad_edu.viz import record
        >>> x = tg.tensor(3.0, requires_grad=True)
        >>> [[edge.contribution.full for edge in edges] for edges in record(x * x).sums.values()]
        [[3.0, 3.0]]
        """
        back = _grouped((edge.source, edge) for edge in self.edges if edge.contribution is not None)
        return {node: edges for node, edges in back.items() if len(edges) > 1}

    def to_json(self) -> str:
        """As JSON text; inf and nan, which JSON has no number for, become strings.

        >>> import tinygrad_edu as tg
        >>> from tinygrad_edu.viz import record
        >>> json.loads(record(tg.tensor(2.0)).to_json())["nodes"][0]["value"]["full"]
        2.0
        """
        return json.dumps(_finite(asdict(self)), allow_nan=False, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Record:
        """The record that `to_json` wrote.

        Raises:
            DataFileError: if the text is not one.

        >>> import tinygrad_edu as tg
        >>> from tinygrad_edu.viz import record
        >>> seen = record(tg.tensor(2.0, requires_grad=True) * 3)
        >>> Record.from_json(seen.to_json()) == seen
        True
        """
        try:
            held = json.loads(text)
            nodes = tuple(_made(Node, each, _VALUES) for each in held["nodes"])
            edges = tuple(_made(Edge, each, _VALUES) for each in held["edges"])
            calls = tuple(_made(ModuleCall, each, _TUPLES) for each in held["modules"])
            made = cls(nodes, edges, held["output"], held["backward"], calls)
            ends = [made.output, *(end for edge in edges for end in (edge.source, edge.target))]
            if not all(0 <= end < len(nodes) for end in ends):
                raise ValueError("it names a node that is not there")
            return made
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataFileError(f"this is not the JSON of a record: {error}.", mend="record.to_json()") from None


def _grouped(pairs: Iterator[tuple[int, Any]]) -> dict[int, list[Any]]:
    groups: dict[int, list[Any]] = defaultdict(list)
    for key, edge in pairs:
        groups[key].append(edge)
    return groups


def _finite(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {key: _finite(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [_finite(value) for value in thing]
    return str(thing) if isinstance(thing, float) and not math.isfinite(thing) else thing


def _number(thing: Any) -> Any:
    """inf and nan from their texts, in nested lists too."""
    if isinstance(thing, list):
        return [_number(value) for value in thing]
    return float(thing) if isinstance(thing, str) else thing


def _values(held: Any) -> Values | None:
    return None if held is None else _made(Values, held, _NUMBERS)


def _tuple(held: Any) -> Any:
    return None if held is None else tuple(held)


_NUMBERS = {"shape": _tuple, "full": _number, "low": _number, "high": _number, "norm": _number, "map": _number}
_VALUES = dict.fromkeys(("value", "gradient", "held", "local_value", "upstream", "contribution"), _values)
_TUPLES = {"shape": _tuple, "nodes": _tuple}


def _made(kind: Any, held: dict[str, Any], read: dict[str, Any]) -> Any:
    """A dataclass from what JSON holds of it; `read` says how to read the fields that JSON cannot hold as they are."""
    known = {field.name for field in fields(kind)}
    return kind(**{key: read[key](value) if key in read else value for key, value in held.items() if key in known})
