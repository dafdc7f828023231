"""wording: numbers, signs, names and expressions, as text and pictures write them."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from .records import Edge, Node, Record, Values

__all__ = ["MARKS", "expression", "folded", "labels", "number", "sign", "span", "values", "with_names"]

# How each kind is told apart: its mark, its colour (dark enough on white), its shape in DOT, its meaning.
MARKS = {
    "distribute": ("○", "#0b62a8", "circle", "the upstream, handed on"),
    "switch": ("◎", "#b34700", "doublecircle", "upstream × the other input"),
    "route": ("◇", "#8a2f7c", "diamond", "the upstream, to the winner"),
    "slope": ("⬡", "#7a5b00", "hexagon", "upstream × the slope here"),
    "reshape": ("▱", "#4a4f57", "parallelogram", "the upstream, put back in place"),
    "custom": ("□", "#24292f", "box", "what its own backward makes of the upstream"),
}

_SIGNS = {
    "add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "×−1", "matmul": "@", "maximum": "max", "amax": "max",
    "minimum": "min", "amin": "min", "sum": "Σ", "reciprocal": "1/x", "sqrt": "√x", "square": "x²", "sigmoid": "σ",
    "index": "[ ]", "cat": "cat",
}  # fmt: skip
_INFIX = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "matmul": "@", "pow": "^"}


def number(value: Any) -> str:
    """Two decimals where they say enough, else two digits and a power of ten.

    >>> number(-0.1966), number(2.0), number(1.2e-5), number(3)
    ('-0.20', '2.00', '1.2e-05', '3')
    """
    if isinstance(value, (bool, int)):
        return str(value)
    size = abs(value)
    return f"{value:.2f}" if size == 0 or 0.01 <= size < 1e4 or size != size else f"{value:.1e}"


def count(array: Values) -> int:
    """How many elements an array has."""
    return math.prod(array.shape)


def values(array: Values | None, room: int = 4) -> str:
    """An array in a few characters: its elements, up to `room` of them, else its shape and range.

    >>> import numpy as np
    >>> values(Values.of(2.0)), values(Values.of([1.0, 2.0])), values(Values.of(np.ones((64, 100))))
    ('2.00', '[1.00 2.00]', '64×100: 1.00 to 1.00')
    """
    if array is None:
        return ""
    if array.full is not None and count(array) <= room:
        if len(array.shape) < 2 or count(array) != max(array.shape):
            return _nested(array.full)
        return f"{'×'.join(map(str, array.shape))}: {_nested(np.ravel(array.full).tolist())}"  # one row, or one column
    size = "×".join(map(str, array.shape)) + ("" if len(array.shape) > 1 else " long")
    return size if array.low is None else f"{size}: {number(array.low)} to {number(array.high)}"


def _nested(full: Any) -> str:
    return f"[{' '.join(map(_nested, full))}]" if isinstance(full, list) else number(full)


def span(array: Values | None) -> str:
    """As `values`, without the shape, where the array stands beside one that says it: a gradient below its value."""
    return values(array).rpartition(": ")[2]


def plain(name: str, room: int = 40) -> str:
    """A name on one line, without characters that cannot be printed, of at most `room`."""
    seen = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    return seen if len(seen) <= room else seen[: room - 1] + "…"


def labels(record: Record) -> list[str]:
    """What to call each node: its own name (again: h₂, h₃ …), a constant's value, else t1, t2 …"""
    taken = {node.name for node in record.nodes}
    found, count = [], 0
    again: dict[str, int] = {}
    for node in record.nodes:
        if node.name:
            name = plain(node.name)
            again[name] = again.get(name, 0) + 1
            found.append(name + str(again[name]).translate(_BELOW) if again[name] > 1 else name)
        elif node.role == "constant":
            found.append(short(node))
        else:
            count += 1
            while f"t{count}" in taken:
                count += 1
            found.append(f"t{count}")
    return found


_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def short(node: Node) -> str:
    """A constant as people write it: 1, not 1.00."""
    if node.value is None:
        return ""
    full = node.value.full
    if isinstance(full, (int, float)):
        return f"{full:g}"
    return values(node.value) if count(node.value) <= 4 else f"({'×'.join(map(str, node.value.shape))})"


def folded(record: Record, node: Node) -> bool:
    """Whether `node` is a plain number that can stand inside its gate's sign."""
    if node.role != "constant" or node.value is None or node.value.shape:
        return False
    (edge,) = record.out_of[node.id]
    return record.nodes[edge.target].gate in _INFIX and len(record.into[edge.target]) == 2


def sign(record: Record, node: Node) -> str:
    """A gate in a few characters: +, ×, exp; with a plain number inside: + 1, 1/x.

    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.viz import record
    >>> seen = record(1 / tg.tensor(2.0, requires_grad=True))
    >>> sign(seen, seen.nodes[-1])
    '1/x'
    """
    inputs = [record.nodes[edge.source] for edge in record.into[node.id]]
    fixed = [folded(record, x) for x in inputs]
    name = str(node.gate)
    if not any(fixed):
        return _SIGNS.get(name, name)
    c = short(inputs[fixed.index(True)])
    if name == "div":
        return f"{c}/x" if fixed[0] else f"÷{c}"
    if name == "pow":
        return f"{c}^x" if fixed[0] else f"x^{c}"
    return f"{c}−x" if name == "sub" and fixed[0] else f"{_SIGNS[name]}{c}"


def expression(record: Record, node: Node, called: list[str]) -> str:
    """A gate applied to its inputs by name: `w0 × x0`, `exp(t5)`, `sum(t3, axis=0)`, `x @ Wᵀ`."""
    inputs = [called[edge.source] for edge in record.into[node.id]]
    if node.gate in _INFIX and len(inputs) == 2:
        return f"{inputs[0]} {_INFIX[node.gate]} {inputs[1]}"
    if node.gate == "neg":
        return f"−{inputs[0]}"
    if node.gate == "linear":
        return f"{inputs[0]} @ {inputs[1]}ᵀ" + "".join(f" + {bias}" for bias in inputs[2:])
    if node.gate in ("index", "pick") and len(inputs) == 1:
        index = node.keywords.get("index", node.keywords.get("i", "…"))
        return f"{inputs[0]}[{index if len(index) <= 12 else '…'}]"
    told = (f"{key}={word}" for key, word in node.keywords.items() if len(word) <= 24 and "array" not in word)
    return f"{node.gate}({', '.join([*inputs, *told])})"


def matrices(record: Record, edge: Edge, names: list[str]) -> str:
    """The upstream times the other matrix of a product of matrices, with shapes that line up; else "".

    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.viz import record
    >>> seen = record((tg.ones(2, 3, requires_grad=True) @ tg.ones(3, 4)).sum())
    >>> matrices(seen, seen.edges[0], ["x", "y"])
    'upstream (2×4) @ yᵀ (4×3)'
    """
    node = record.nodes[edge.target]
    shapes = [v.shape for e in record.into[edge.target] if (v := record.nodes[e.source].value)]
    if node.gate not in ("matmul", "linear") or edge.position > 1 or [len(s) for s in shapes[:2]] != [2, 2]:
        return ""
    (n, k), m = shapes[0], shapes[1][0 if node.gate == "linear" else 1]
    x, y = names[:2]
    if edge.position == 0:
        return f"upstream ({n}×{m}) @ {y}{'' if node.gate == 'linear' else 'ᵀ'} ({m}×{k})"
    return f"upstreamᵀ ({m}×{n}) @ {x} ({n}×{k})" if node.gate == "linear" else f"{x}ᵀ ({k}×{n}) @ upstream ({n}×{m})"


def holds_upstream(formula: str) -> bool:
    """Whether a formula has the upstream in it, as g or as one of several: it is all that is sent back, not a factor.

    >>> holds_upstream("-A⁻ᵀ g A⁻ᵀ"), holds_upstream("1 where x > 0")
    (True, False)
    """
    return re.search(r"(?<![A-Za-z])g(?![A-Za-z(])", formula) is not None


def with_names(formula: str, names: list[str]) -> str:
    """A local gradient's formula, whose x and y are a gate's inputs, with the names of those inputs.

    >>> with_names("-x/y^2", ["1", "t7"])
    '-1/t7^2'
    """
    known = {x: name for x, name in zip("xy", names, strict=False) if f"{x} = " not in formula}
    return re.sub(r"(?<![A-Za-z_])[xy](?![A-Za-z_0-9])", lambda found: known.get(found[0], found[0]), formula)
