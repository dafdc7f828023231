"""What pictures and explanations say of local gradients: each text computed, against what the rules send back.

A text that is a formula is read as one; what the others say stands in SAID, as NumPy. A text that is
neither fails, and so does one that no case has put to the proof.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from test_gates import HAS_GRADIENT

from tinygrad_edu.record import GATES, Gate, Parts, sum_to
from tinygrad_edu.testing.cases import CASES
from tinygrad_edu.testing.checks import gates_recorded, raw_gradients
from tinygrad_edu.viz.wording import with_names

special = pytest.importorskip("scipy.special", reason="SciPy is not installed")
linalg = pytest.importorskip("scipy.linalg", reason="SciPy is not installed")

WITHOUT = {"rnn", "lstm", "gru"}  # whole sequences, for which there is no one formula
UNKNOWN = "no closed form"  # the rule raises
MOST = 64  # elements of an input; a larger one proves nothing more
EACH = 3  # edges of a kind from each case


@dataclass
class Edge:
    """A gate at work, and one of its inputs: the upstream of its output, and what its rule sends back."""

    gate: Gate
    i: int
    g: Any
    z: Any
    inputs: list[Any]
    keywords: dict[str, Any]
    sent: Any

    @property
    def x(self) -> np.ndarray:
        return self.inputs[self.i]

    @property
    def said(self) -> str:
        return said_of(self.gate, self.i)

    @property
    def tells(self) -> bool:
        """Whether there is something to compare; what comes of nan and inf is told elsewhere, if not in the text."""
        if isinstance(self.sent, Parts):
            return True
        floats = [a for a in (*self.inputs, self.z) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
        finite = all(np.isfinite(a).all() for a in floats) or re.search("nan|finite", self.said)
        return bool(finite) and 0 < self.x.size <= MOST and 0 not in (self.z.shape or ())

    def over(self, *arrays: Any) -> list[Any]:
        """Arrays of a reduction's output, with the axes that were reduced put back."""
        if self.keywords.get("keepdims", True):
            return list(arrays)
        return [np.expand_dims(a, self.keywords["axis"]) for a in arrays]


def said_of(gate: Gate, i: int) -> str:
    return gate.local[min(i, len(gate.local) - 1)] if gate.local else ""


def _random(a: Any) -> Any:
    rng = np.random.default_rng(0)
    if isinstance(a, tuple):
        return Parts({i: rng.standard_normal(part.shape) for i, part in enumerate(a) if part.dtype.kind == "f"})
    return rng.standard_normal(a.shape)


@cache
def edges() -> dict[str, list[Edge]]:
    """By the gate's name, the edges of every case."""
    found = defaultdict(list)
    for case in CASES.values():
        kept: Counter[tuple[str, int]] = Counter()
        for z in gates_recorded(case):
            inputs = [getattr(x, "_data", x) for x in z.inputs]
            g = _random(z._data)
            for i, sent in raw_gradients(z, g):
                edge = Edge(z.gate, i, g, z._data, inputs, z.keywords, sent)
                if edge.tells and kept[z.gate.name, i] < EACH:
                    kept[z.gate.name, i] += 1
                    found[z.gate.name].append(edge)
    return found


# A formula: `2 x exp(-x^2)`; `A where C, B where D, else E`; `A; B where C`; `s (1 - s) (s = sigmoid(x))`.

_OF_NUMPY = """exp log sqrt sin cos tan sinh cosh tanh sign floor trunc abs"""
_OF_SCIPY = """ndtr digamma polygamma zeta gamma i0 i1 i0e i1e"""
FUNCTIONS = {
    **{name: getattr(np, name) for name in _OF_NUMPY.split()},
    **{name: getattr(special, name) for name in _OF_SCIPY.split()},
    "sigmoid": special.expit, "softplus": lambda x: np.logaddexp(x, 0), "max": np.maximum,
}  # fmt: skip


class NotAFormulaError(Exception):
    pass


def formula(text: str, names: dict[str, Any]) -> Any:
    """Side by side is multiplied, as in a book: `x (1 - x)`, `2 x`."""
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    read: list[str] = []
    for token in re.findall(r"\d+\.?\d*(?:e-?\d+)?|\w+|\S", text):
        known = token in names or token in FUNCTIONS or token[0].isdigit() or token in "+-*/^(),"
        if not known:
            raise NotAFormulaError(f"{token!r} in {text!r}")
        if read and (token == "(" or token[0].isalnum()) and (read[-1] == ")" or read[-1][-1].isalnum()):
            read += [] if read[-1] in FUNCTIONS else ["*"]
        read.append("**" if token == "^" else token)
    try:
        return eval(" ".join(read), {"__builtins__": {}}, {**FUNCTIONS, **names})
    except SyntaxError as error:
        raise NotAFormulaError(text) from error


def holds(text: str, names: dict[str, Any]) -> Any:
    """Where a condition does: `low <= x < high or y is nan`."""
    for word, joined in ((" or ", np.logical_or), (" and ", np.logical_and)):
        left, found, right = text.partition(word)
        if found:
            return joined(holds(left, names), holds(right, names))
    a, is_, what = text.partition(" is ")
    if what in ("nan", "finite"):
        return {"nan": np.isnan, "finite": np.isfinite}[what](formula(a, names))
    if is_:
        return np.equal(formula(a, names), formula(what, names))
    *parts, last = re.split(r" (<=|>=|<|>) ", text)
    if not parts:
        raise NotAFormulaError(text)
    compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
    values = [formula(part, names) for part in (*parts[::2], last)]
    found = [compare[sign](*pair) for sign, pair in zip(parts[1::2], pairwise(values), strict=True)]
    return np.logical_and.reduce(np.broadcast_arrays(*found))


def value(text: str, names: dict[str, Any]) -> Any:
    defined = re.fullmatch(r"(.*) \((\w) = (.*)\)", text)
    if defined:
        text = defined[1]
        names = {**names, defined[2]: formula(defined[3], names)}
    text, *exceptions = text.split("; ")
    if " where " in text:
        *branches, last = text.split(", ")
        if not last.startswith("else "):
            raise NotAFormulaError(f"{text!r} does not say what it is elsewhere")
        found, exceptions = formula(last[5:], names), [*exceptions, *reversed(branches)]
    else:
        found = formula(text, names)
    for exception in exceptions:
        there, _, condition = exception.partition(" where ")
        found = np.where(holds(condition, names), formula(there, names), found)
    return found


def read(e: Edge) -> Any:
    """What a formula says that is sent back: upstream times its value, its x and y named as a picture names them."""
    rule = e.gate.rules[e.i] if isinstance(e.gate.rules, tuple) and e.gate.rules else None
    own = rule.__code__.co_varnames[2 : 2 + len(e.inputs)] if rule else ()
    names = {**e.keywords, **dict(zip(own, e.inputs, strict=False))}
    if e.gate.name == "clamp":  # no bound is one that is never reached
        names |= {k: v for k, v in (("low", -np.inf), ("high", np.inf)) if names[k] is None}
    for name in "xy":
        names.pop(name, None)
    names |= dict(zip(("first", "second"), e.inputs, strict=False)) | {"pi": np.pi}
    g, names["z"] = e.over(e.g, e.z) if not isinstance(e.z, tuple) else (e.g, e.z)
    if not isinstance(e.z, tuple):
        names.setdefault("n", e.x.size / e.z.size)
    said = with_names(e.said.replace("at a tie", "where x is y"), ["first", "second"])
    local = value(said, names)
    if isinstance(g, Parts):
        raise NotAFormulaError(e.said)
    return np.broadcast_to(g * local, np.broadcast_shapes(np.shape(g * local), e.x.shape))


# What is no formula, by the text itself, so that whoever changes it has to say here what it means.


def linear(e: Edge, *entries: Any) -> np.ndarray:
    """By the Jacobian of a gate that is linear in an input: what its forward makes of each unit, 0 or of `entries`."""

    def made(x: np.ndarray) -> list[np.ndarray]:
        z = e.gate.forward(*[x if i == e.i else other for i, other in enumerate(e.inputs)], **e.keywords)
        return [np.array(part) for part in (z if isinstance(z, tuple) else (z,))]

    upstream = e.g if isinstance(e.g, Parts) else {0: e.g}
    allowed = np.concatenate([np.zeros(1), *(np.ravel(part) for part in entries)])
    nothing, out = made(np.zeros(e.x.shape)), np.zeros(e.x.size)
    for k in range(e.x.size):
        unit = np.zeros(e.x.size)
        unit[k] = 1
        for j, (z, zero) in enumerate(zip(made(unit.reshape(e.x.shape)), nothing, strict=True)):
            column = z - zero
            assert np.isclose(column[column != 0][:, None], allowed, atol=1e-9).any(1).all(), e.said
            out[k] += np.sum(column * upstream[j])
    return out.reshape(e.x.shape)


def ones(e: Edge) -> np.ndarray:
    return linear(e, 1)


def shared(e: Edge, won: np.ndarray, g: Any = None) -> np.ndarray:
    return (e.g if g is None else g) * won / np.sum(won, axis=e.keywords.get("axis"), keepdims=True)


def same(a: Any, b: Any) -> np.ndarray:
    return np.equal(a, b) | (np.isnan(a) & np.isnan(b))


def tied(e: Edge) -> np.ndarray:
    g, z = e.over(e.g, e.z) if "keepdims" in e.keywords else (e.g, e.z)
    return shared(e, same(e.x, z), g)


def others(e: Edge) -> np.ndarray:
    """The product of all but one along an axis, for each."""
    (g,), axis = e.over(e.g), e.keywords["axis"]
    rest = [np.prod(np.delete(e.x, k, axis), axis, keepdims=True) for k in range(e.x.shape[axis])]
    return g * np.concatenate(rest, axis)


def later_others(e: Edge) -> np.ndarray:
    x, g = (np.moveaxis(a, e.keywords["axis"], 0) for a in (e.x, e.g))
    out = np.zeros(x.shape)
    for i in range(len(x)):
        for k in range(i, len(x)):
            out[i] += g[k] * np.prod(np.delete(x[: k + 1], i, 0), 0)
    return np.moveaxis(out, 0, e.keywords["axis"])


def in_sums(e: Edge) -> np.ndarray:
    axis = e.keywords["axis"]
    if e.keywords["reverse"]:
        return np.cumsum(e.g, axis)
    return np.flip(np.cumsum(np.flip(e.g, axis), axis), axis)


def neighbours(e: Edge) -> np.ndarray:
    g = np.moveaxis(e.g, e.keywords["axis"], 0)
    zero = np.zeros((1, *g.shape[1:]))
    return np.moveaxis(np.concatenate([zero, g]) - np.concatenate([g, zero]), 0, e.keywords["axis"])


def unwritten(e: Edge) -> np.ndarray:
    out = e.g.copy()
    (out.reshape(-1) if e.keywords.get("flat") else out)[e.keywords["index"]] = 0
    return out


def written_last(e: Edge) -> np.ndarray:
    shape = np.shape(e.inputs[0])
    number = np.arange(np.prod(shape)).reshape(shape)
    at = (number.reshape(-1) if e.keywords.get("flat") else number)[e.keywords["index"]]
    last = {int(place): k for k, place in enumerate(at.reshape(-1))}
    out = np.zeros(at.size)
    for place, k in last.items():
        out[k] = e.g.reshape(-1)[place]
    return out.reshape((1,) * (e.x.ndim - at.ndim) + at.shape)


def scattered(e: Edge) -> list[list[tuple[Any, int]]]:
    """For each place of a scatter's result, x and what is sent there: the value, and its position (x: -1)."""
    x, src = e.inputs[:2]
    found: list[list[tuple[Any, int]]] = [[(v, -1)] for v in np.ravel(x)]
    for k, place in enumerate(np.ravel(e.keywords["index"])):
        found[place].append((np.ravel(src)[k], k))
    return found


def at_places(e: Edge, share: Any) -> np.ndarray:
    out = np.zeros(e.x.size)
    for place, all_there in enumerate(scattered(e)):
        for j, (_, k) in enumerate(all_there):
            if (k < 0) == (e.i == 0):
                local = share([v for v, _ in all_there], j, np.ravel(e.z)[place])
                out[place if k < 0 else k] = np.ravel(e.g)[place] * local
    return out.reshape(e.x.shape)


def of_winners(e: Edge) -> np.ndarray:
    return at_places(e, lambda there, j, z: (there[j] == z) / max(1, np.sum(np.equal(there, z))))


def of_factors(e: Edge) -> np.ndarray:
    return at_places(e, lambda there, j, z: np.prod(np.delete(there, j)))


def in_windows(e: Edge) -> np.ndarray | None:
    """None where two elements of a plane are equal: which of them came first only the window knows."""
    x, z = (e.inputs[2], e.inputs[1]) if e.gate.name == "max_pool_sent" else (e.x, e.z)
    lead = x.ndim - len(e.keywords["window"].size)
    x, z, g = (a.reshape(int(np.prod(a.shape[:lead])), -1) for a in (x, z, e.g))
    if any(np.unique(plane).size < plane.size for plane in x):
        return None
    won = x[:, :, None] == z[:, None, :]
    return np.einsum("pxz,px->pz" if e.gate.name == "max_pool_sent" else "pxz,pz->px", won, g).reshape(e.x.shape)


def averaged(e: Edge) -> np.ndarray:
    return linear(e, 1 / np.asarray(e.keywords["count"], float))


def resampled(e: Edge) -> np.ndarray:
    axis, by = e.keywords["axis"], (e.keywords["index"], e.keywords["weight"])
    back = e.gate.name == "resample"
    g = np.moveaxis(e.g, axis, -1)
    weights = np.zeros((by[0].shape[1], e.x.shape[axis] if back else e.keywords["n"]))
    for at, w in zip(by[0], np.broadcast_to(by[1], by[0].shape) if len(by[0]) > 1 else [np.ones(1)], strict=True):
        np.add.at(weights, (np.arange(len(at)), at), w)
    return np.moveaxis(g @ (weights if back else weights.T), -1, axis)


def norm(e: Edge) -> np.ndarray:
    g, z = e.over(e.g, e.z)
    p = e.keywords["ord"]
    if np.isinf(p):
        return np.sign(e.x) * shared(e, np.abs(e.x) == z, g)
    local = np.sign(e.x) * (np.abs(e.x) / z) ** (p - 1)
    return np.where((e.x == 0) | (p == 0), 0, g * local)


def softmaxes(e: Edge, matrix: Any) -> np.ndarray:
    """By the matrix of derivatives of z_i in x_j, along an axis."""
    axis = e.keywords["axis"]
    x, z, g = (np.moveaxis(a, axis, -1) if a.ndim else a.reshape(1) for a in (e.x, e.z, e.g))
    eye = np.eye(z.shape[-1])
    jacobian = matrix(eye, x[..., None, :], z[..., :, None], z[..., None, :])
    return np.moveaxis(np.einsum("...i,...ij->...j", g, jacobian), -1, axis if e.x.ndim else 0).reshape(e.x.shape)


def matrices(e: Edge, product: Any) -> np.ndarray | None:
    return product(e.g, *(a.mT for a in e.inputs)) if min(a.ndim for a in e.inputs) > 1 else None


def contracted(e: Edge) -> np.ndarray:
    labels = [e.keywords[of] for of in ("of_x", "of_y", "of_z")]
    number = {label: k for k, label in enumerate(dict.fromkeys(label for part in labels for label in part))}
    of_x, of_y, of_z = ([number[label] for label in part] for part in labels)
    mine, other, y = (of_x, of_y, e.inputs[1]) if e.i == 0 else (of_y, of_x, e.inputs[0])
    return np.einsum(e.g, of_z, y, other, mine)


def gelu_tanh(e: Edge) -> np.ndarray:
    x, c = e.x, np.sqrt(2 / np.pi)
    t = np.tanh(c * (x + 0.044715 * x**3))
    return e.g * ((1 + t) / 2 + x * (1 - t**2) * c * (1 + 3 * 0.044715 * x**2) / 2)


def attended(e: Edge) -> np.ndarray:
    """The derivative of the scores, (p (d v_j - z_i)), and the parts that the inputs have in them."""
    q, k, v, mask = e.inputs
    scale, drop = e.keywords["scale"], e.keywords["drop"]
    scores = q @ k.mT * scale + (0 if mask is None else mask)
    with np.errstate(all="ignore"):
        p = np.nan_to_num(special.softmax(scores, -1))
    d = np.ones(p.shape) if drop is None else drop
    if e.i == 2:
        return (p * d).mT @ e.g
    of_scores = np.einsum("...if,...ijf->...ij", e.g, p[..., None] * (d[..., None] * v[..., None, :, :]
                                                                     - e.z[..., :, None, :]))  # fmt: skip
    return [of_scores @ k * scale, of_scores.mT @ q * scale, None, of_scores][e.i]


def classes(e: Edge) -> np.ndarray:
    x, target, weights = e.inputs
    p = special.softmax(x, 1)
    p[np.arange(len(x)), target] -= 1
    g = np.broadcast_to(e.g, len(x)) / (e.keywords["over"] or 1)
    return p * (g if weights is None else g * weights)[:, None]


def spelled(e: Edge) -> np.ndarray:
    """P(symbol, target) is what is left of P(target) if no other symbol is possible at that step."""
    x, steps = e.x, e.keywords["steps"]
    possible = np.isfinite(e.z) & (e.z != 0)
    out = np.zeros(x.shape)
    for t, s in np.ndindex(len(x), x.shape[2]):
        alone = x.copy()
        alone[t, :, np.arange(x.shape[2]) != s] = -1e30
        with np.errstate(all="ignore"):
            loss = e.gate.forward(alone, *e.inputs[1:], **{**e.keywords, "zero_infinity": False})
        out[t, :, s] = np.where(possible & (t < steps), -e.g * np.exp(e.z - loss), 0)
    return out if possible.all() else None


def normal(e: Edge) -> Any:
    x, w, _ = e.inputs
    over, c = e.keywords["over"], float(e.keywords["centre"])
    v = x - c * np.mean(x, over, keepdims=True)
    v = v / np.sqrt(np.mean(v**2, over, keepdims=True) + e.keywords["eps"])
    r = 1 / np.sqrt(np.mean((x - c * np.mean(x, over, keepdims=True)) ** 2, over, keepdims=True) + e.keywords["eps"])
    gw = e.g if w is None else e.g * w
    n = np.prod([x.shape[a] for a in over])
    # g w r (I - (c + v vᵀ)/n)
    back = r * (gw - c * gw.sum(over, keepdims=True) / n - v * (gw * v).sum(over, keepdims=True) / n)
    return [back, e.g * v][e.i]


def log_odds(e: Edge) -> np.ndarray:
    eps = e.keywords["eps"]
    clamped = np.zeros(e.x.shape, bool) if eps is None else (e.x < eps) | (e.x > 1 - eps)
    return np.where(clamped, 0, e.g / (e.x * (1 - e.x)))


def inverted(e: Edge) -> np.ndarray:
    a = np.linalg.inv(e.inputs[0]).mT
    return -a @ e.g @ a


def triangle(e: Edge, a: np.ndarray) -> np.ndarray:
    """The part of a matrix that a triangular solve looks at."""
    upper, unit = e.keywords["upper"], e.keywords["unit"]
    return np.triu(a, 1 if unit else 0) if upper else np.tril(a, -1 if unit else 0)


def solved(e: Edge) -> np.ndarray:
    a = e.inputs[0]
    if "upper" in e.keywords:
        a = triangle(e, a) + (np.eye(a.shape[-1]) if e.keywords["unit"] else 0)
    back = np.linalg.inv(a).mT @ e.g
    if e.i == 1:
        return back
    return triangle(e, -back @ e.z.mT) if "upper" in e.keywords else -back @ e.z.mT


def exponential(e: Edge) -> np.ndarray:
    a, n = e.x.mT, e.x.shape[-1]
    whole = np.concatenate([np.concatenate([a, e.g], -1), np.concatenate([np.zeros(a.shape), a], -1)], -2)
    return linalg.expm(whole)[..., :n, n:]


def factored(e: Edge) -> np.ndarray:
    x = np.tril(e.z.mT @ e.g)
    i = np.arange(x.shape[-1])
    x[..., i, i] /= 2
    back = np.linalg.inv(e.z)
    found = back.mT @ x @ back
    return (found + found.mT) / 2


def skew(m: np.ndarray) -> np.ndarray:
    return m - m.mT


def part(e: Edge, i: int) -> Any:
    return np.zeros(e.z[i].shape) if e.g[i] is None else e.g[i]


def diagonal(s: np.ndarray) -> np.ndarray:
    return s[..., None] * np.eye(s.shape[-1])


def gaps(a: np.ndarray) -> np.ndarray:
    """a_j - a_i, and 1 where that is 0."""
    return a[..., None, :] - a[..., :, None] + np.eye(a.shape[-1])


def of_symmetric(e: Edge) -> np.ndarray:
    w, v = e.z
    return v @ (diagonal(part(e, 0)) + skew(v.mT @ part(e, 1)) / (2 * gaps(w))) @ v.mT


def of_singular(e: Edge) -> np.ndarray:
    k = min(e.x.shape[-2:])
    u, s, v = e.z[0][..., :k], diagonal(e.z[1]), e.z[2][..., :k, :].mT
    gu, gv = part(e, 0)[..., :k], part(e, 2)[..., :k, :].mT
    inner = diagonal(part(e, 1)) + (skew(u.mT @ gu) @ s + s @ skew(v.mT @ gv)) / gaps(e.z[1] ** 2)
    one, other, back = np.eye(u.shape[-2]), np.eye(v.shape[-2]), np.linalg.pinv(s)
    outside = (one - u @ u.mT) @ gu @ back @ v.mT + u @ back @ gv.mT @ (other - v @ v.mT)
    return u @ inner @ v.mT + outside


def of_pseudo(e: Edge) -> np.ndarray:
    a, p, g = e.x, e.z, e.g
    m, n = a.shape[-2:]
    return -p.mT @ g @ p.mT + (np.eye(m) - a @ p) @ g.mT @ p @ p.mT + p.mT @ p @ g.mT @ (np.eye(n) - p @ a)


def of_qr(e: Edge) -> np.ndarray:
    q, r = e.z
    m = np.triu(part(e, 1) @ r.mT - q.mT @ part(e, 0))
    return (part(e, 0) + q @ (m + np.triu(m, 1).mT)) @ np.linalg.inv(r).mT


def of_lu(e: Edge) -> np.ndarray | None:
    packed, pivots = e.z
    (g,) = e.g.values()
    if e.x.shape[-1] != e.x.shape[-2]:
        return None
    low, up = np.tril(packed, -1) + np.eye(packed.shape[-1]), np.triu(packed)
    order = np.broadcast_to(np.arange(packed.shape[-1]), pivots.shape).copy()
    for at in np.ndindex(pivots.shape[:-1]):
        for i, j in enumerate(pivots[at] - 1):
            order[at][[i, j]] = order[at][[j, i]]
    p = np.eye(packed.shape[-1])[order].mT
    inner = np.tril(low.mT @ np.tril(g, -1), -1) + np.triu(np.triu(g) @ up.mT)
    return p @ np.linalg.inv(low).mT @ inner @ np.linalg.inv(up).mT


def cofactors(e: Edge) -> np.ndarray:
    """By minors: a singular matrix has no inverse."""
    out = np.empty(e.x.shape)
    for i, j in np.ndindex(e.x.shape[-2:]):
        out[..., i, j] = (-1) ** (i + j) * np.linalg.det(np.delete(np.delete(e.x, i, -2), j, -1))
    return out


def of_cofactors(e: Edge) -> np.ndarray:
    a = np.linalg.inv(e.x).mT
    return np.sum(e.g * e.z, (-2, -1), keepdims=True) * a - e.z @ e.g.mT @ a


def between_rows(e: Edge) -> np.ndarray:
    x, y = e.inputs
    share = np.divide(e.g, e.z, out=np.zeros_like(e.z), where=e.z != 0)[..., None]
    terms = share * (x[..., :, None, :] - y[..., None, :, :])
    return terms.sum(-2) if e.i == 0 else -terms.sum(-3)


SAID: dict[str, Any] = {
    "(x - y)/z for each y; 0 where z is 0": between_rows,
    "(y - x)/z for each x; 0 where z is 0": between_rows,
    "1 for output i, else 0": lambda e: Parts({e.keywords["i"]: e.g}),
    "1, in place": ones,
    "1, once for each window that covers it": ones,
    "1, once for each place that shows it": ones,
    "1 for every output of its channel": ones,
    "1 at the index, else 0": ones,
    "1 in the triangle, else 0": ones,
    "1 on the diagonal, else 0": ones,
    "1 for every sum that it is in": in_sums,
    "1 for the difference before it, -1 for the one after it": neighbours,
    "1 where the condition holds, else 0": lambda e: np.where(e.inputs[0], e.g, 0),
    "0 where the condition holds, else 1": lambda e: np.where(e.inputs[0], 0, e.g),
    "0 at the index, else 1": unwritten,
    "1 at the index; where one is named twice, only for the last value": written_last,
    "1/n for the n tied largest, else 0": tied,
    "1/n for the n tied smallest, else 0": tied,
    "1/n for the n elements equal to the largest, else 0": tied,
    "1/n for the n elements equal to the smallest, else 0": tied,
    "1/n for the n elements equal to the median, else 0": tied,
    "1/n where x is one of the n tied winners": of_winners,
    "1/n where src is one of the n tied winners": of_winners,
    "the product of what is multiplied to x there": of_factors,
    "the product of the other factors there": of_factors,
    "1 for the largest in the window (the first of equals), else 0": in_windows,
    "1 for the largest in the window, else 0": in_windows,
    "1/count for each window that covers it": averaged,
    "the weight": resampled,
    "the mask, 0 where dropped": lambda e: e.g * e.inputs[1],
    "by, whatever the value does": lambda e: e.g * e.inputs[1],
    "the product of the others": others,
    "the product of the other factors, for every product that it is in": later_others,
    "yᵀ": lambda e: matrices(e, lambda g, x, y: g @ y),
    "xᵀ": lambda e: matrices(e, lambda g, x, y: x @ g),
    "W": lambda e: e.g @ e.inputs[1],
    "x of every row": lambda e: e.g.reshape(-1, e.g.shape[-1]).T @ e.inputs[0].reshape(-1, e.inputs[0].shape[-1]),
    "y, contracted with the upstream": contracted,
    "x, contracted with the upstream": contracted,
    "y × upstream": lambda e: np.cross(e.inputs[1], e.g, axis=e.keywords["axis"]),
    "upstream × x": lambda e: np.cross(e.g, e.inputs[0], axis=e.keywords["axis"]),
    "w, wherever a window covers it": lambda e: linear(e, e.inputs[1]),
    "x under the windows": lambda e: linear(e, e.inputs[0]),
    "w, under its window": lambda e: linear(e, e.inputs[1]),
    "x where its window lies": lambda e: linear(e, e.inputs[0]),
    "y under its window": lambda e: linear(e, e.inputs[1]),
    "x wherever a window covers it": lambda e: linear(e, e.inputs[0]),
    "exp(x - z), the softmax": lambda e: np.multiply(e.over(e.g)[0], np.exp(e.x - e.over(e.z)[0])),
    "exp(x_j - z_i) for i >= j": lambda e: softmaxes(e, lambda one, x, zi, zj: np.tril(np.exp(x - zi))),
    "z_i (1 if i = j else 0) - z_i z_j": lambda e: softmaxes(e, lambda one, x, zi, zj: one * zi - zi * zj),
    "(1 if i = j else 0) - exp(z_j)": lambda e: softmaxes(e, lambda one, x, zi, zj: one - np.exp(zj)),
    "sign(x) (|x|/z)^(ord - 1); 0 at 0 and for ord 0; ties share at ord inf": norm,
    "1/(x (1 - x)); 0 where eps clamps": log_odds,
    "(1 + t)/2 + x (1 - t^2) u'/2 (t = tanh(u), u = sqrt(2/pi) (x + 0.044715 x^3))": gelu_tanh,
    "p (d v - z) scale k (p = softmax(q kᵀ scale + mask), d: dropout's, else 1)": attended,
    "p (d v - z) scale q (p = softmax(q kᵀ scale + mask), d: dropout's, else 1)": attended,
    "p d (p = softmax(q kᵀ scale + mask), d: dropout's, else 1)": attended,
    "p (d v - z) (p = softmax(q kᵀ scale + mask), d: dropout's, else 1)": attended,
    "p - 1 at the class, p elsewhere (p = softmax(x)), times weight/over": classes,
    "-P(the symbol at the step, given the target)": spelled,
    "w r (I - (1 + v vᵀ)/n) (v = (x - mean) r, r = 1/sqrt(variance + eps)); RMSNorm: I - v vᵀ/n, mean = 0": normal,
    "v, the normalized x": normal,
    "-A⁻ᵀ g A⁻ᵀ": inverted,
    "-A⁻ᵀ g zᵀ": solved,
    "-A⁻ᵀ g zᵀ, its triangle": solved,
    "A⁻ᵀ g": solved,
    "<g, C> A⁻ᵀ - C gᵀ A⁻ᵀ": of_cofactors,
    "the cofactors of A (det(A) A⁻ᵀ)": lambda e: e.g[..., None, None] * cofactors(e),
    "A⁻ᵀ for logabsdet, 0 for sign": lambda e: part(e, 1)[..., None, None] * np.linalg.inv(e.x).mT,
    "the upper right block of exp([[Aᵀ, g], [0, Aᵀ]])": exponential,
    "the symmetric half of L⁻ᵀ Φ(Lᵀ g) L⁻¹; Φ: the lower triangle, its diagonal halved": factored,
    "V (diag(g_w) + skew(Vᵀ g_V)/(2 (w_j - w_i))) Vᵀ (skew(M) = M - Mᵀ)": of_symmetric,
    "U (diag(g_s) + (skew(Uᵀ g_U) S + S skew(Vᵀ g_V))/(s_j² - s_i²)) Vᵀ (skew(M) = M - Mᵀ)"
    " + (I - U Uᵀ) g_U S⁻¹ Vᵀ + U S⁻¹ g_Vᵀ (I - V Vᵀ)": of_singular,
    "-Pᵀ g Pᵀ + (I - A P) gᵀ P Pᵀ + Pᵀ P gᵀ (I - P A)": of_pseudo,
    "(g_Q + Q sym(g_R Rᵀ - Qᵀ g_Q)) R⁻ᵀ (sym: the upper triangle, mirrored)": of_qr,
    "P L⁻ᵀ (tril(Lᵀ g_L, -1) + triu(g_U Uᵀ)) U⁻ᵀ, L and U made square": of_lu,
}


def told(e: Edge) -> Any:
    """What the text says that is sent back; None if this case cannot tell."""
    try:
        return SAID[e.said](e) if e.said in SAID else read(e)
    except NotAFormulaError as error:
        raise AssertionError(
            f"{e.gate}: {e.said!r} is no formula that this file reads ({error}): SAID has to"
        ) from None


@pytest.mark.parametrize("name", sorted(HAS_GRADIENT))
def test_what_is_said_of_a_gate_is_what_its_rule_does(name):
    gate, proven = GATES[name], set()
    for e in edges()[name] if gate.local else []:
        with np.errstate(all="ignore"):
            expected = told(e)
        if isinstance(e.sent, Parts):
            assert expected == e.sent
        elif expected is not None:
            sent, expected = (sum_to(np.asarray(a), e.x.shape) for a in (e.sent, expected))
            np.testing.assert_allclose(sent, expected, rtol=1e-7, atol=1e-9, err_msg=f"{name}, input {e.i}: {e.said}")
        proven |= {e.i} if expected is not None else set()
    flows = range(len(gate.local)) if gate.flows is None else gate.flows
    owed = {i for i in flows if said_of(gate, i) != UNKNOWN}
    assert proven >= owed, f"no case proves what {name} says of its inputs {sorted(owed - proven)}"
    assert bool(gate.local) == (name not in WITHOUT), f"{name} does not say its local gradients"
