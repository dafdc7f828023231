"""recurrent: layers that read a sequence step by step, each direction of each layer one gate.

Inside, a sequence is rows in packed order: those of all samples at step 0, then of the samples that
still run at step 1, …; `sizes` says how many there are at each step, never more than at the one
before. A state has a row for each sample; one whose sequence has ended keeps its row.

What does not wait for the step before is done for all steps at once: the product with the inputs, and
on the way back the gradients of the weights and of the inputs, one matrix product each. In plain
gates an LSTM of 50 steps takes five times as long; that version is the `meaning` of each gate, and
what a gradient of a gradient goes through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..engine import grad
from ..errors import ShapeError, TinygradError
from ..modes import recording
from ..record import clone, gate, run
from ..tensor import Tensor, as_tensor
from .join import cat, stack
from .reshape import transpose
from .route import relu
from .slope import sigmoid, tanh

__all__ = [
    "gru",
    "gru_cell",
    "lstm",
    "lstm_cell",
    "rnn_relu",
    "rnn_relu_cell",
    "rnn_tanh",
    "rnn_tanh_cell",
]


# What the three have in common.


def _steps(sizes: Sequence[int], reverse: bool) -> list[tuple[slice, int]]:
    """The rows of each step and their number, in the order in which they are read."""
    stops = np.cumsum(sizes).tolist()
    steps = [(slice(stop - n, stop), n) for stop, n in zip(stops, sizes, strict=True)]
    return steps[::-1] if reverse else steps


def _from_inputs(x: Any, w_ih: Any, bias: Any) -> Any:
    """x Wᵀ + b for all steps at once."""
    a = np.matmul(x, w_ih.transpose(1, 0))
    if bias is not None:
        a += bias
    return a


def _turned(w: Any) -> Any:
    """wᵀ, copied: a product for each step takes a quarter less time than with a view."""
    return np.ascontiguousarray(w.transpose(1, 0))


def _states_before(out: Any, h: Any, steps: Any) -> Any:
    """The state that each row started from."""
    before, state = np.empty((len(out), h.shape[1]), out.dtype), h.copy()
    for rows, n in steps:
        before[rows] = state[:n]
        state[:n] = out[rows]
    return before


def _of_weights(x: Any, before: Any, d: Any, e: Any, w_ih: Any, needs: Sequence[bool]) -> Any:
    """The gradients of x and of w_ih, w_hh, b_ih, b_hh; `d` came back to x Wᵀ + b and `e` to h Wᵀ + b."""
    of_x, *_, of_w, of_u, of_b, of_c = needs
    return (
        np.matmul(d, w_ih) if of_x else None,
        np.matmul(d.transpose(1, 0), x) if of_w else None,
        np.matmul(e.transpose(1, 0), before) if of_u else None,
        np.add.reduce(d, axis=0) if of_b else None,
        np.add.reduce(e, axis=0) if of_c else None,
    )


def _arrived(g: Any, h: Any) -> Any:
    """What came back to a last state, in memory to work in."""
    return np.zeros(h.shape, h.dtype) if g is None else np.array(g)


def _unrolled(step: Callable[..., Any], a: Any, states: Any, sizes: Any, reverse: bool) -> Any:
    """In plain gates: `step` from the rows of each step and the states of its samples to their next states."""
    outs = []
    for rows, n in _steps(sizes, reverse):
        after = step(a[rows], *(s[:n] for s in states))
        outs.append(after[0])
        states = [new if n == len(s) else cat([new, s[n:]]) for new, s in zip(after, states, strict=True)]
    return cat(outs[::-1] if reverse else outs), *states


def _plain_linear(x: Any, w: Any, b: Any) -> Any:
    z = np.matmul(x, np.swapaxes(w, 0, 1))
    return z if b is None else z + b


def _parts(a: Any, parts: int) -> Iterator[Any]:
    width = a.shape[1] // parts
    return (a[:, i * width : (i + 1) * width] for i in range(parts))


def through_meaning(meaning: Any, g: Any, inputs: Any, needs: Sequence[bool], **keywords: Any) -> Any:
    """The gradients, recorded: those of the same function in plain gates."""
    own = [run(clone, x) if isinstance(x, Tensor) else x for x in inputs]  # where the walk back ends
    outputs = meaning(*own, **keywords)
    came = [i for i in range(len(outputs)) if g[i] is not None]
    wished = [x for x, need in zip(own, needs, strict=True) if need]
    upstreams = [g[i] for i in came]
    found = iter(grad([outputs[i] for i in came], wished, upstreams, create_graph=True, allow_unused=True, stop=True))
    return [next(found) if need else None for need in needs]


# The plain recurrent layer: h = tanh(W x + b + U h + c), or relu.


def _rnn(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, sizes: Any, reverse: bool, slope: str) -> Any:
    out = _from_inputs(x, w_ih, None if b_ih is None else b_ih + b_hh)
    h, u = h.copy(), _turned(w_hh)
    for rows, n in _steps(sizes, reverse):
        s = out[rows]
        s += h[:n] @ u
        h[:n] = np.tanh(s, out=s) if slope == "tanh" else np.maximum(s, 0, out=s)
    return out, h


def _plain_rnn(
    x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, sizes: Any, reverse: bool, slope: str
) -> Any:
    def step(a: Any, h: Any) -> Any:
        return ((tanh if slope == "tanh" else relu)(a + _plain_linear(h, w_hh, b_hh)),)

    return _unrolled(step, _plain_linear(x, w_ih, b_ih), [h], sizes, reverse)


def _back_rnn(g: Any, z: Any, *inputs: Any, needs: Any, sizes: Any, reverse: bool, slope: str) -> Any:
    x, h, w_ih, w_hh, _, _ = inputs
    if isinstance(x, Tensor):
        return through_meaning(_plain_rnn, g, inputs, needs, sizes=sizes, reverse=reverse, slope=slope)
    steps, out, dh = _steps(sizes, reverse), z[0], _arrived(g[1], h)
    d = 1 - out * out if slope == "tanh" else (out > 0).astype(out.dtype)
    for rows, n in reversed(steps):
        if g[0] is not None:
            dh[:n] += g[0][rows]
        d[rows] *= dh[:n]
        np.matmul(d[rows], w_hh, out=dh[:n])
    of_x, *of_weights = _of_weights(x, _states_before(out, h, steps), d, d, w_ih, needs)
    return of_x, dh, *of_weights


_rnn_gate = gate(
    "rnn",
    _rnn,
    kind="slope",
    jointly=_back_rnn,
    outputs=2,
    meaning=_plain_rnn,
    says="A whole sequence through one plain recurrent layer, one way: h = tanh(W x + b + U h + c), or relu.",
)


# LSTM: i, f, o = sigmoid(…), g = tanh(…), c = f c + i g, h = o tanh(c). Of all four at once, because
# sigmoid(a) = tanh(a / 2) / 2 + 1 / 2.


def _halves(width: int, dtype: Any) -> tuple[Any, Any]:
    """By what to multiply before and after the tanh, and what to add, for i, f, g and o."""
    scale, shift = np.full(4 * width, 0.5, dtype), np.full(4 * width, 0.5, dtype)
    scale[2 * width : 3 * width], shift[2 * width : 3 * width] = 1, 0
    return scale, shift


def _lstm(
    x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, sizes: Any, reverse: bool, kept: Any
) -> Any:
    scale, shift = _halves(c.shape[1], x.dtype)
    a = _from_inputs(x, w_ih * scale[:, None], None if b_ih is None else (b_ih + b_hh) * scale)
    u = _turned(w_hh * scale[:, None])
    h, c = h.copy(), c.copy()
    out = np.empty((len(x), h.shape[1]), x.dtype)
    cells, tanhs = (np.empty((len(x), c.shape[1]), x.dtype) for _ in range(2))
    whole = out if w_hr is None else np.empty_like(cells)  # the state before its projection
    for rows, n in _steps(sizes, reverse):
        s = a[rows]
        s += h[:n] @ u
        np.tanh(s, out=s)
        s *= scale
        s += shift
        i, f, candidate, o = _parts(s, 4)
        cells[rows] = c[:n]
        c[:n] *= f
        c[:n] += i * candidate
        np.multiply(np.tanh(c[:n], out=tanhs[rows]), o, out=whole[rows])
        if w_hr is not None:
            np.matmul(whole[rows], w_hr.transpose(1, 0), out=out[rows])
        h[:n] = out[rows]
    if kept is not None:
        kept.append((a, cells, tanhs, whole))
    return out, h, c


def _plain_lstm(
    x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, sizes: Any, reverse: bool,
    kept: Any = None,
) -> Any:  # fmt: skip
    def step(a: Any, h: Any, c: Any) -> Any:
        i, f, candidate, o = _parts(a + _plain_linear(h, w_hh, b_hh), 4)
        c = sigmoid(f) * c + sigmoid(i) * tanh(candidate)
        h = sigmoid(o) * tanh(c)
        return h if w_hr is None else _plain_linear(h, w_hr, None), c

    return _unrolled(step, _plain_linear(x, w_ih, b_ih), [h, c], sizes, reverse)


def _back_lstm(g: Any, z: Any, *inputs: Any, needs: Any, sizes: Any, reverse: bool, kept: Any) -> Any:
    x, h, c, w_ih, w_hh, _, _, w_hr = inputs
    if isinstance(x, Tensor):
        return through_meaning(_plain_lstm, g, inputs, needs, sizes=sizes, reverse=reverse)
    if not kept:  # an earlier walk has used them up
        _lstm_gate.gate.forward(*inputs, sizes=sizes, reverse=reverse, kept=kept)
    a, cells, tanhs, whole = kept.pop()
    steps, dh, dc = _steps(sizes, reverse), _arrived(g[1], h), _arrived(g[2], c)
    projected = None if w_hr is None else np.empty_like(z[0])  # what came back to each projection
    for rows, n in reversed(steps):
        if g[0] is not None:
            dh[:n] += g[0][rows]
        dm = dh[:n]
        if w_hr is not None:
            projected[rows] = dm  # type: ignore[index]
            dm = dm @ w_hr
        _back_lstm_step(a[rows], dm, dc[:n], cells[rows], tanhs[rows])
        np.matmul(a[rows], w_hh, out=dh[:n])
    of_x, *of_weights = _of_weights(x, _states_before(z[0], h, steps), a, a, w_ih, needs[:-1])
    of_projection = np.matmul(projected.transpose(1, 0), whole) if needs[-1] else None  # type: ignore[union-attr]
    return of_x, dh, dc, *of_weights, of_projection


def _back_lstm_step(s: Any, dm: Any, dc: Any, cell: Any, t: Any) -> None:
    """From the gradients of o tanh(c) and of c: `s` becomes that of the sums, `dc` that of the cell before."""
    i, f, candidate, o = _parts(s, 4)
    slope = t * t
    np.subtract(1, slope, out=slope)
    slope *= o
    slope *= dm
    dc += slope
    d = np.empty_like(s)
    of_i, of_f, of_candidate, of_o = _parts(d, 4)
    np.multiply(dc, candidate, out=of_i)
    np.multiply(dc, cell, out=of_f)
    np.multiply(dc, i, out=of_candidate)
    np.multiply(dm, t, out=of_o)
    dc *= f
    candidate_slope = candidate * candidate
    s -= s * s  # the slope of a sigmoid, s (1 - s)
    np.subtract(1, candidate_slope, out=candidate)
    s *= d


_lstm_gate = gate(
    "lstm",
    _lstm,
    kind="slope",
    jointly=_back_lstm,
    outputs=3,
    meaning=_plain_lstm,
    says="A whole sequence through one LSTM layer, one way: c = f c + i g, h = o tanh(c).",
)


# GRU: r, z = sigmoid(…), n = tanh(W x + b + r (U h + c)), h = (1 - z) n + z h.


def _gru(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, sizes: Any, reverse: bool, kept: Any) -> Any:
    a, u, h, width = _from_inputs(x, w_ih, b_ih), _turned(w_hh), h.copy(), h.shape[1]
    out, candidates = (np.empty((len(x), width), x.dtype) for _ in range(2))
    for rows, n in _steps(sizes, reverse):
        m = h[:n] @ u
        if b_hh is not None:
            m += b_hh
        s = a[rows][:, : 2 * width]
        s += m[:, : 2 * width]
        s *= 0.5  # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2
        np.tanh(s, out=s)
        s *= 0.5
        s += 0.5
        candidates[rows] = m[:, 2 * width :]
        r, keep, new = _parts(a[rows], 3)
        new += r * m[:, 2 * width :]
        np.tanh(new, out=new)
        h[:n] -= new
        h[:n] *= keep
        h[:n] += new
        out[rows] = h[:n]
    if kept is not None:
        kept.append((a, candidates))
    return out, h


def _plain_gru(
    x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, sizes: Any, reverse: bool, kept: Any = None
) -> Any:
    def step(a: Any, h: Any) -> Any:
        (ar, az, an), (mr, mz, mn) = _parts(a, 3), _parts(_plain_linear(h, w_hh, b_hh), 3)
        new = tanh(an + sigmoid(ar + mr) * mn)
        return (new + sigmoid(az + mz) * (h - new),)

    return _unrolled(step, _plain_linear(x, w_ih, b_ih), [h], sizes, reverse)


def _back_gru(g: Any, z: Any, *inputs: Any, needs: Any, sizes: Any, reverse: bool, kept: Any) -> Any:
    x, h, w_ih, w_hh, _, _ = inputs
    if isinstance(x, Tensor):
        return through_meaning(_plain_gru, g, inputs, needs, sizes=sizes, reverse=reverse)
    if not kept:  # an earlier walk has used them up
        _gru_gate.gate.forward(*inputs, sizes=sizes, reverse=reverse, kept=kept)
    a, candidates = kept.pop()
    steps, dh = _steps(sizes, reverse), _arrived(g[1], h)
    before, e = _states_before(z[0], h, steps), np.empty_like(a)
    for rows, n in reversed(steps):
        if g[0] is not None:
            dh[:n] += g[0][rows]
        r, keep, new = _parts(a[rows], 3)
        of_r, of_keep, of_new = _parts(e[rows], 3)
        came = dh[:n] * keep  # what reaches the state before directly
        np.multiply(dh[:n], before[rows] - new, out=of_keep)
        of_keep *= keep - keep * keep
        d = dh[:n] - came
        d *= 1 - new * new
        np.multiply(d, candidates[rows], out=of_r)
        of_r *= r - r * r
        np.multiply(d, r, out=of_new)
        r[...], keep[...], new[...] = of_r, of_keep, d
        np.matmul(e[rows], w_hh, out=dh[:n])
        dh[:n] += came
    of_x, *of_weights = _of_weights(x, before, a, e, w_ih, needs)
    return of_x, dh, *of_weights


_gru_gate = gate(
    "gru",
    _gru,
    kind="slope",
    jointly=_back_gru,
    outputs=2,
    meaning=_plain_gru,
    says="A whole sequence through one GRU layer, one way: n = tanh(W x + b + r (U h + c)), h = (1 - z) n + z h.",
)


# Layers upon layers.


def _rnn_with(slope: str) -> Callable[..., Any]:
    return lambda x, states, weights, **how: _rnn_gate(x, *states, *weights[:4], slope=slope, **how)


def _keeping(function: Any, weights_taken: int) -> Callable[..., Any]:
    """The gate, with a place for what its forward keeps, if anything will walk back through it."""

    def called(x: Any, states: Any, weights: Any, **how: Any) -> Any:
        inputs = (x, *states, *weights[:weights_taken])
        needed = recording.get() and any(isinstance(t, Tensor) and t.requires_grad for t in inputs)
        return function(*inputs, kept=[] if needed else None, **how)

    return called


_ONE = {
    "rnn_tanh": _rnn_with("tanh"),
    "rnn_relu": _rnn_with("relu"),
    "lstm": _keeping(_lstm_gate, 5),
    "gru": _keeping(_gru_gate, 4),
}


def _padded(name: str, input: Any, states: Any, params: Any, *how: Any) -> Any:
    """Sequences of one length, (steps, batch, features), or with batch_first (batch, steps, features)."""
    *how, batch_first = how  # type: ignore[assignment]
    x = as_tensor(input)
    if x.ndim != 3:
        raise ShapeError(
            f"{name} takes sequences of one length.", expected="(steps, batch, features)", got=str(x.shape)
        )
    x = transpose(x, 0, 1) if batch_first else x
    steps, batch, _ = x.shape
    rows, *last = _packed(name, x.reshape(steps * batch, x.shape[2]), (batch,) * steps, states, params, *how)
    out = rows.reshape(steps, batch, rows.shape[1])
    return transpose(out, 0, 1) if batch_first else out, *last


def _packed(
    name: str, x: Any, sizes: Any, states: Any, params: Any, has_biases: bool, num_layers: int, dropout: float,
    train: bool, bidirectional: bool,
) -> Any:  # fmt: skip
    """Rows in packed order through every layer, both ways if `bidirectional`; and the last states."""
    from ..nn.dropout import dropout as dropped  # which imports the gates

    if not len(sizes):
        raise ShapeError(f"{name}: a sequence has at least one step.", got="no steps")
    directions = 2 if bidirectional else 1
    each = len(params) // (num_layers * directions)
    if each * num_layers * directions != len(params) or each < (4 if has_biases else 2):
        raise TinygradError(
            f"{name}: the weights are not as many for each layer and direction.",
            expected="w_ih, w_hh, b_ih, b_hh (without biases, w_ih, w_hh) for each, and w_hr last if there is one",
            got=f"{len(params)} for {num_layers} layers, {directions} ways",
        )
    finals = []
    for layer in range(num_layers):
        outs = []
        for way in range(directions):
            k = layer * directions + way
            w = list(params[k * each : (k + 1) * each])
            w = w if has_biases else [*w[:2], None, None, *w[2:]]
            w += [None] * (5 - len(w))
            out, *last = _ONE[name](x, [s[k] for s in states], w, sizes=tuple(sizes), reverse=way == 1)
            outs.append(out)
            finals.append(last)
        x = cat(outs, 1) if bidirectional else outs[0]
        if layer + 1 < num_layers:
            x = dropped(x, dropout, train)
    return x, *(stack(part) for part in zip(*finals, strict=True))


def _call(name: str, input: Any, rest: tuple[Any, ...]) -> Any:
    """PyTorch's two forms: (input, hx, params, …, batch_first), and packed (data, batch_sizes, hx, params, …)."""
    if isinstance(rest[0], Tensor) and rest[0].dtype.kind in "iu":
        sizes, states, *more = rest
        return _packed(name, as_tensor(input), sizes.tolist(), _several(states), *more)
    states, *more = rest
    return _padded(name, input, _several(states), *more)


def _several(states: Any) -> list[Tensor]:
    return [as_tensor(s) for s in (states if isinstance(states, (tuple, list)) else [states])]


def rnn_tanh(input: Any, *rest: Any) -> tuple[Tensor, Tensor]:
    """Layers of h = tanh(W x + b + U h + c) over sequences: what `nn.RNN` calls.

    Called in one of PyTorch's two forms, as `lstm` is, but with one state, (layers · ways, batch, hidden).

    Returns:
        The output of the last layer, (steps, batch, hidden · ways), and the last states, shaped as the first.

    Raises:
        ShapeError, TinygradError: as `lstm`.

    >>> import tinygrad_edu as tg
    >>> one, none = tg.ones(1, 1), tg.zeros(1, 1, 1)
    >>> rnn_tanh(tg.ones(3, 1, 1), none, [one, one], False, 1, 0.0, False, False, False)[1]
    tensor([[[0.9597]]])
    """
    return _call("rnn_tanh", input, rest)


def rnn_relu(input: Any, *rest: Any) -> tuple[Tensor, Tensor]:
    """As `rnn_tanh`, with relu.

    >>> import tinygrad_edu as tg
    >>> one, none = tg.ones(1, 1), tg.zeros(1, 1, 1)
    >>> rnn_relu(tg.ones(3, 1, 1), none, [one, one], False, 1, 0.0, False, False, False)[1]
    tensor([[[3.]]])
    """
    return _call("rnn_relu", input, rest)


def lstm(input: Any, *rest: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Layers of long short-term memory over sequences: what `nn.LSTM` calls.

    i, f, o = sigmoid(W x + b + U h + c) and g = tanh(…), each with its own rows of W, b, U and c (in the
    order i, f, g, o); the cell c = f c + i g; the state h = o tanh(c), or if there is a w_hr, w_hr times that.

    Called in one of PyTorch's two forms:
    `(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)`, or packed
    `(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)`.

    Args:
        input: (steps, batch, features), with `batch_first` (batch, steps, features); packed, (rows, features)
            and how many rows each step has, integers that do not grow.
        rest: in the order above. `hx` is the first h, (layers · ways, batch, hidden), and c. `params` lists
            w_ih, w_hh, b_ih, b_hh, w_hr (those there are) for each way of each layer. `dropout` is between layers.

    Returns:
        The output of the last layer, (steps, batch, hidden · ways) or (rows, hidden · ways); the last h and c.

    Raises:
        ShapeError: for shapes that do not fit, or no steps.
        TinygradError: if `params` are too few or too many.

    >>> import tinygrad_edu as tg
    >>> w, none = tg.zeros(4, 1), tg.zeros(1, 2, 1)
    >>> out, h, c = lstm(tg.ones(3, 2, 1), (none, none + 8), [w, w], False, 1, 0.0, False, False, False)
    >>> out.shape, c.tolist()
    ((3, 2, 1), [[[1.0], [1.0]]])
    """
    return _call("lstm", input, rest)


def gru(input: Any, *rest: Any) -> tuple[Tensor, Tensor]:
    """Layers of gated recurrent units over sequences: what `nn.GRU` calls.

    r, z = sigmoid(W x + b + U h + c), n = tanh(W x + b + r (U h + c)), each with its own rows of W, b, U and
    c (in the order r, z, n); the state h = (1 - z) n + z h. Called and returning as `rnn_tanh`.

    >>> import tinygrad_edu as tg
    >>> w, state = tg.zeros(3, 1), tg.ones(1, 1, 1)
    >>> gru(tg.ones(2, 1, 1), state, [w, w], False, 1, 0.0, False, False, False)[0].reshape(-1)
    tensor([0.5000, 0.2500])
    """
    return _call("gru", input, rest)


# One step alone: a sequence of one step, through the same gates.


def _cell(name: str, input: Any, hx: Any, *weights: Any) -> Any:
    x, weights = as_tensor(input), (*weights, None)
    _, *last = _ONE[name](x, _several(hx), weights, sizes=(x.shape[0],), reverse=False)
    return tuple(last) if len(last) > 1 else last[0]


def rnn_tanh_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """One step of `rnn_tanh`: (batch, features) and the state (batch, hidden) to the next state.

    >>> import tinygrad_edu as tg
    >>> rnn_tanh_cell(tg.ones(1, 1), tg.zeros(1, 1), tg.ones(1, 1), tg.ones(1, 1))
    tensor([[0.7616]])
    """
    return _cell("rnn_tanh", input, hx, w_ih, w_hh, b_ih, b_hh)


def rnn_relu_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """One step of `rnn_relu`: (batch, features) and the state (batch, hidden) to the next state.

    >>> import tinygrad_edu as tg
    >>> rnn_relu_cell(tg.ones(1, 1), tg.ones(1, 1), tg.ones(1, 1), tg.ones(1, 1))
    tensor([[2.]])
    """
    return _cell("rnn_relu", input, hx, w_ih, w_hh, b_ih, b_hh)


def lstm_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> tuple[Tensor, Tensor]:
    """One step of `lstm`: (batch, features) and the pair h, c, each (batch, hidden), to the next h and c.

    >>> import tinygrad_edu as tg
    >>> w, none = tg.zeros(4, 1), tg.zeros(1, 1)
    >>> lstm_cell(tg.ones(1, 1), (none, none + 8), w, w)[1]
    tensor([[4.]])
    """
    return _cell("lstm", input, hx, w_ih, w_hh, b_ih, b_hh)


def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """One step of `gru`: (batch, features) and the state (batch, hidden) to the next state.

    >>> import tinygrad_edu as tg
    >>> w = tg.zeros(3, 1)
    >>> gru_cell(tg.ones(1, 1), tg.ones(1, 1), w, w)
    tensor([[0.5000]])
    """
    return _cell("gru", input, hx, w_ih, w_hh, b_ih, b_hh)
