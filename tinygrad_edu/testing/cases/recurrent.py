"""recurrent: the cases of sequences through RNN, LSTM and GRU layers, and of their cells.

Features 3, hidden 4, batch 2 and 5 steps, unless a case says otherwise.
"""

from collections.abc import Callable
from typing import Any

from .case import Case, apart, case, real, values

_PARTS = {"rnn_tanh": 1, "rnn_relu": 1, "lstm": 4, "gru": 3}


def _weights(kind: str, bias: bool = True, layers: int = 1, ways: int = 1, projected: int = 0) -> list[Any]:
    rows, out = 4 * _PARTS[kind], projected or 4
    shapes: list[tuple[int, ...]] = []
    for layer in range(layers):
        for _ in range(ways):
            shapes += [(rows, ways * out if layer else 3), (rows, out)] + [(rows,)] * (2 * bias)
            shapes += [(projected, 4)] if projected else []
    return [real(*shape) for shape in shapes]


def _states(kind: str, batch: int = 2, deep: int = 1, projected: int = 0) -> list[Any]:
    h = real(deep, batch, projected or 4)
    return [h, real(deep, batch, 4)] if kind == "lstm" else [h]


def _layers(kind: str, first: bool = False, **how: Any) -> tuple[Callable[..., Any], list[Any]]:
    """The program of a padded call, and its states and weights."""
    bias, layers, ways = how.get("bias", True), how.get("layers", 1), how.get("ways", 1)
    n = 2 if kind == "lstm" else 1
    states = _states(kind, deep=layers * ways, projected=how.get("projected", 0))

    def call(T: Any, x: Any, *rest: Any) -> Any:
        hx = rest[:n] if n > 1 else rest[0]
        return getattr(T, kind)(x, hx, rest[n:], bias, layers, 0.0, True, ways == 2, first)

    return call, states + _weights(kind, **how)


def _through(kind: str, what: str, x: Any, first: bool = False, **how: Any) -> Case:
    call, rest = _layers(kind, first, **how)
    return case(f"{kind}{what}", call, x, *rest)


def _packed(kind: str, ways: int) -> Case:
    """Three samples, of 4, 2 and 2 steps, as rows."""
    n = 2 if kind == "lstm" else 1

    def call(T: Any, x: Any, sizes: Any, *rest: Any) -> Any:
        hx = rest[:n] if n > 1 else rest[0]
        return getattr(T, kind)(x, sizes, hx, rest[n:], True, 1, 0.0, False, ways == 2)

    what = "packed, both ways" if ways == 2 else "packed"
    rest = _states(kind, batch=3, deep=ways) + _weights(kind, ways=ways)
    return case(f"{kind}: {what}", call, real(8, 3), values([3, 3, 1, 1]), *rest)


def _cell(kind: str, bias: bool) -> Case:
    n = 2 if kind == "lstm" else 1

    def call(T: Any, x: Any, *rest: Any) -> Any:
        hx = rest[:n] if n > 1 else rest[0]
        return getattr(T, f"{kind}_cell")(x, hx, *rest[n:])

    states = [real(2, 4)] * n
    return case(f"{kind}_cell{'' if bias else ': no bias'}", call, real(2, 3), *states, *_weights(kind, bias))


def _last_state(T: Any, x: Any, h: Any, c: Any, *weights: Any) -> Any:
    return T.lstm(x, (h, c), weights, True, 1, 0.0, False, False, False)[2]


def _of_constants(T: Any, x: Any, w: Any, u: Any) -> Any:
    """Only the weights and x need gradients."""
    none = T.zeros(1, 2, 4, dtype=x.dtype)
    return T.lstm(x, (none, none), (w, u), False, 1, 0.0, False, False, False)[0]


def _saturated(T: Any, x: Any, h: Any, c: Any, *weights: Any) -> Any:
    return T.lstm(x * 100, (h, c), weights, True, 1, 0.0, False, False, False)


def _stepwise(T: Any, x: Any, h: Any, *weights: Any) -> Any:
    """What came before goes on: a sequence in two halves."""
    first, h = T.gru(x[:2], h, weights, True, 1, 0.0, False, False, False)
    rest, h = T.gru(x[2:], h, weights, True, 1, 0.0, False, False, False)
    return T.cat([first, rest]), h


CASES = [
    *(_through(kind, "", real(5, 2, 3)) for kind in _PARTS),
    *(_through(kind, ": no bias", real(5, 2, 3), bias=False) for kind in _PARTS),
    *(_through(kind, ": both ways, two layers, batch first", real(2, 3, 3), True, ways=2, layers=2) for kind in _PARTS),
    *(_through(kind, ": one step", real(1, 2, 3)) for kind in _PARTS),
    *(_packed(kind, ways) for kind in _PARTS for ways in (1, 2)),
    *(_cell(kind, bias) for kind in _PARTS for bias in (True, False)),
    _through("lstm", ": projected", real(5, 2, 3), projected=2),
    _through("lstm", ": projected, both ways, two layers", real(3, 2, 3), projected=2, ways=2, layers=2),
    case("lstm: the last cell alone", _last_state, real(5, 2, 3), *_states("lstm"), *_weights("lstm")),
    case("lstm: constant states", _of_constants, real(5, 2, 3), real(16, 3), real(16, 4)),
    case("gru: in two halves", _stepwise, real(5, 2, 3), *_states("gru"), *_weights("gru")),
    case("lstm: saturated", _saturated, apart(5, 2, 3), *_states("lstm"), *_weights("lstm"), numeric=False,
         why="sigmoid and tanh at their ends"),
]  # fmt: skip
