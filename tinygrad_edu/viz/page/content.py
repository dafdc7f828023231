"""content: what the page shows, as JSON: the steps, and the words, arrays and places of each node and edge."""

from __future__ import annotations

import math
from typing import Any

from ...messages import WORDS
from .. import wording
from ..records import Edge, Node, Record, Values
from .layout import Drawing, layout

__all__ = ["content"]

LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"  # of a heat map, lowest first
MANY = 120_000  # squares of heat maps; where a page has more, they are drawn coarser, and it stays small
GLYPH = 34.0  # the height of a gate
# Of these the local gradient is no slope but the other factor of a matrix product: of each the operands
# of the forward pass and of each input's gradient; a T after one means that it is transposed.
_PRODUCTS = {
    "matmul": ("0 1", ("g 1T", "0T g")),
    "linear": ("0 1T", ("g 1", "gT 0")),
}


def content(seen: Record, notes: list[str]) -> dict[str, Any]:
    """Everything the page's script reads, in types that JSON has.

    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.viz import record
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> [step["phase"] for step in content(record(x * x), [])["steps"]]
    ['inputs', 'forward', 'start', 'backward', 'gradients']
    """
    return _Content(seen, notes).whole()


class _Content:
    """Collects the arrays of a record once each, and refers to them by number."""

    def __init__(self, seen: Record, notes: list[str]) -> None:
        self.seen, self.notes = seen, notes
        self.called = wording.labels(seen)
        self.drawn = [node for node in seen.nodes if not wording.folded(seen, node)]
        self.place = {node.id: i for i, node in enumerate(self.drawn)}
        self.edges = [edge for edge in seen.edges if edge.source in self.place]
        self.numbers: dict[str, int] = {}
        self.known: dict[int, int] = {}
        self.arrays: list[dict[str, Any]] = []

    def whole(self) -> dict[str, Any]:
        seen = self.seen
        sizes = [self._size(node) for node in self.drawn]
        groups = _groups(seen)
        drawing = layout(
            sizes,
            [(self.place[edge.source], self.place[edge.target]) for edge in self.edges],
            [groups[node.id] for node in self.drawn],
        )
        nodes = [
            self._node(node) | {"x": x, "y": y, "w": glyph, "end": end}
            for node, (glyph, _, _), (x, y), end in zip(self.drawn, sizes, drawing.nodes, drawing.ends, strict=True)
        ]
        edges = [self._edge(edge) | {"d": d} for edge, d in zip(self.edges, drawing.wires, strict=True)]
        kinds = {node.kind for node in seen.nodes}
        return {
            "width": drawing.width,
            "height": drawing.height,
            "output": self.place[seen.output],
            "backward": seen.backward,
            "notes": self.notes,
            "flows": WORDS,
            "legend": [[kind, says] for kind, (_, _, _, says) in wording.MARKS.items() if kind in kinds],
            "nodes": nodes,
            "edges": edges,
            "modules": self._modules(drawing),
            "steps": self._steps(),
            "arrays": _small(self.arrays),
        }

    def _steps(self) -> list[dict[str, Any]]:
        """Forward in the order of birth, then back in the reverse."""
        gates = [node for node in self.drawn if node.gate]
        steps: list[dict[str, Any]] = [{"phase": "inputs", "node": None}]
        steps += [{"phase": "forward", "node": self.place[node.id]} for node in gates]
        if self.seen.backward:
            sends = {edge.target for edge in self.edges if edge.contribution}
            steps += [{"phase": "start", "node": self.place[self.seen.output]}]
            steps += [{"phase": "backward", "node": self.place[n.id]} for n in reversed(gates) if n.id in sends]
            steps += [{"phase": "gradients", "node": None}]
        return steps

    def _size(self, node: Node) -> tuple[float, float, float]:
        """Width of the glyph, width of the label beside it, height of both, in pixels."""
        text = _sign(self.seen, node, self.called)
        padding = {"route": 44, "slope": 32, "reshape": 34}.get(str(node.kind), 22)
        texts = (_brief(node.value), _brief_gradient(node.gradient), self._wire_name(node), self._terms(node))
        label = max(map(len, texts))
        return max(GLYPH, 8.2 * len(text) + padding if len(text) > 1 else 0.0), 6.8 * label + 14, GLYPH + 8

    def _terms(self, node: Node) -> str:
        """The longest text beside a wire while what comes back along its branches is being added up."""
        sums = self.seen.sums.get(node.id, [])
        return max((f"{_brief_gradient(edge.contribution)} + …" for edge in sums), key=len, default="")

    def _wire_name(self, node: Node) -> str:
        """What the wire out of a gate is called, if its user called it something."""
        return wording.plain(node.name) if node.gate and node.name else ""

    def _node(self, node: Node) -> dict[str, Any]:
        told = {
            "name": self.called[node.id],
            "sign": _sign(self.seen, node, self.called),
            "role": node.role,
            "gate": node.gate,
            "kind": node.kind,
            "formula": _cut(node.formula or wording.expression(self.seen, node, self.called)) if node.gate else "",
            "keywords": [f"{key} = {_cut(word)}" for key, word in node.keywords.items()],
            "line": node.line,
            "code": node.code,
            "module": node.module,
            "mark": node.mark,
            "wire": self._wire_name(node),
            "value": self._array(node.value),
            "gradient": self._array(node.gradient),
            "held": self._array(node.held),
            "valueText": _brief(node.value),
            "gradientText": _brief_gradient(node.gradient),
            "product": self._product(node),
            "infix": _infix(node.formula, [self.called[edge.source] for edge in self._into(node)]),
            "inputs": [[self.called[e.source], self._array(self.seen.nodes[e.source].value)] for e in self._into(node)],
        }
        return {key: value for key, value in told.items() if value not in (None, "", [])}

    def _into(self, node: Node) -> list[Edge]:
        return self.seen.into.get(node.id, [])

    def _edge(self, edge: Edge) -> dict[str, Any]:
        names = [self.called[other.source] for other in self.seen.into[edge.target]]
        told = {
            "from": self.place[edge.source],
            "to": self.place[edge.target],
            "local": wording.with_names(edge.local, names),
            "within": wording.holds_upstream(edge.local) or None,  # the upstream stands in the formula itself
            "localValue": self._array(edge.local_value),
            "upstream": self._array(edge.upstream),
            "contribution": self._array(edge.contribution),
            "text": _brief_gradient(edge.contribution),
            "diagonal": edge.diagonal or None,
            "product": self._product(self.seen.nodes[edge.target], edge),
        }
        return {key: value for key, value in told.items() if value not in (None, "")}

    def _product(self, node: Node, edge: Edge | None = None) -> list[list[Any]] | None:
        """The two factors of a matrix product, or of one of its gradients: name, array, whether transposed."""
        inputs = [self.seen.nodes[e.source] for e in self._into(node)]
        matrices = all(x.value is not None and len(x.value.shape) == 2 for x in inputs[:2])
        if node.gate not in _PRODUCTS or not matrices:
            return None
        forward, back = _PRODUCTS[node.gate]
        if edge is not None and (edge.contribution is None or edge.position >= len(back)):
            return None
        factors = []
        for factor in (forward if edge is None else back[edge.position]).split():
            x = None if factor[0] == "g" else inputs[int(factor[0])]
            name = "upstream" if x is None else self.called[x.id]
            factors.append([name, self._array(node.gradient if x is None else x.value), factor.endswith("T")])
        return factors

    def _modules(self, drawing: Drawing) -> list[dict[str, Any]]:
        """The boxes around the calls of modules, outer ones first."""
        found = []
        for i, call in enumerate(self.seen.modules):
            if i in drawing.hulls:
                d, x, y = drawing.hulls[i]
                title = f"{call.path}: {call.kind}({call.says}), {call.parameters:,} parameters"
                found.append({"name": f"{call.path} · {call.kind}", "title": title, "d": d, "x": x, "y": y})
        return found

    def _array(self, values: Values | None) -> int | None:
        """The number under which the page keeps an array."""
        if values is None:
            return None
        if id(values) not in self.known:
            told = _told(values)
            key = repr(told)
            if key not in self.numbers:
                self.numbers[key] = len(self.arrays)
                self.arrays.append(told)
            self.known[id(values)] = self.numbers[key]
        return self.known[id(values)]


def _told(values: Values) -> dict[str, Any]:
    """An array as the page keeps it: its elements, or its range, norm and heat map."""
    told: dict[str, Any] = {"shape": list(values.shape), "dtype": values.dtype}
    if values.full is not None:
        return told | {"full": _rounded(values.full)}
    told |= {"low": _rounded(values.low), "high": _rounded(values.high), "norm": _rounded(values.norm)}
    return told | ({"map": values.map} if values.map else {})


def _small(arrays: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The arrays, their heat maps as letters, from -most to most."""
    coarse = sum(len(rows) * len(rows[0]) for rows in (a["map"] for a in arrays if "map" in a)) > MANY
    for array in arrays:
        if "map" in array:
            rows = _halved(array["map"]) if coarse else array["map"]
            most = max((abs(v) for row in rows for v in row if math.isfinite(v)), default=0.0)
            array |= {"map": ["".join(_level(v, most) for v in row) for row in rows], "most": _rounded(most)}
    return arrays


def _level(value: float, most: float) -> str:
    """A value from -most to most as a letter; what is no number as a "!"."""
    if not math.isfinite(value):
        return "!"
    return LEVELS[round((value / most + 1) / 2 * (len(LEVELS) - 2))] if most else LEVELS[31]


def _halved(rows: list[list[float]]) -> list[list[float]]:
    """A heat map of half the height and width; an odd last row or column stays as it is."""
    pairs = [rows[i : i + 2] for i in range(0, len(rows), 2)]
    means = [[sum(column) / len(column) for column in zip(*pair, strict=True)] for pair in pairs]
    return [[sum(row[j : j + 2]) / len(row[j : j + 2]) for j in range(0, len(row), 2)] for row in means]


def _rounded(value: Any) -> Any:
    """Numbers with seven digits, as many as a float32 has; inf and nan, which JSON lacks, as text."""
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    if isinstance(value, float):
        return float(f"{value:.7g}") if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def _sign(seen: Record, node: Node, called: list[str]) -> str:
    return wording.sign(seen, node) if node.gate else called[node.id]


def _infix(formula: str, inputs: list[str]) -> str:
    """The sign between two inputs, where the formula is written so."""
    if len(inputs) != 2 or not (formula.startswith(inputs[0]) and formula.endswith(inputs[1])):
        return ""
    between = formula[len(inputs[0]) : len(formula) - len(inputs[1])]
    return between.strip() if len(between) == 3 else ""


def _brief(values: Values | None) -> str:
    """An array beside a wire: a few numbers, or its shape."""
    if values is None:
        return ""
    if values.full is not None and math.prod(values.shape) <= 2:
        return wording.values(values)
    return _shape(values.shape)


def _brief_gradient(values: Values | None) -> str:
    """A gradient beside a wire: a few numbers, or how large it is."""
    if values is None:
        return ""
    if values.full is not None and math.prod(values.shape) <= 2:
        return wording.values(values)
    return f"‖{wording.number(values.norm)}‖"


def _shape(shape: tuple[int, ...] | None) -> str:
    return "×".join(map(str, shape)) if shape else "a number"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else line[:89] + "…"


def _groups(seen: Record) -> dict[int, tuple[int, ...]]:
    """For each node the calls of modules it belongs to, outermost first; a leaf belongs where all its uses do."""
    chains = {n.id: tuple(i for i in seen.around.get(n.id, []) if seen.modules[i].path) for n in seen.nodes}
    for node in seen.nodes:
        if node.gate is None and (uses := seen.out_of.get(node.id)):
            chain = chains[uses[0].target]
            while chain and any(chains[edge.target][: len(chain)] != chain for edge in uses):
                chain = chain[:-1]
            chains[node.id] = chain if node.requires_grad or node.role == "constant" else ()
    return chains
