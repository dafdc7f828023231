"""attention: the cases of `nn/attention.py`."""

from collections.abc import Callable
from typing import Any

from .case import Case, case, real, values


def _attention(what: str, *shapes: tuple[int, ...], **how: Any) -> Case:
    """Query, key, value, and a mask of floats if there is a fourth shape."""

    def call(T: Any, q: Any, k: Any, v: Any, *more: Any) -> Any:
        return T.nn.functional.scaled_dot_product_attention(q, k, v, *more, **how)

    return case(f"attention{what}", call, *(real(*shape) for shape in shapes))


def _seeing(*rows: list[bool]) -> Callable[..., Any]:
    """A mask of bools."""

    def call(T: Any, q: Any, k: Any, v: Any) -> Any:
        return T.nn.functional.scaled_dot_product_attention(q, k, v, T.tensor(list(rows)))

    return call


def _dropped(T: Any, q: Any, k: Any, v: Any) -> Any:
    """The same draws every time: NumPy's, so that PyTorch cannot be asked."""
    T.manual_seed(3)
    return T.nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=0.4)


def _of_itself(T: Any, x: Any) -> Any:
    return T.nn.functional.scaled_dot_product_attention(x, x, x)


CASES = [
    _attention("", (2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 2)),
    _attention(": two axes", (4, 3), (5, 3), (5, 2)),
    _attention(": three axes", (2, 4, 3), (2, 5, 3), (2, 5, 2)),
    _attention(": one key", (2, 4, 3), (2, 1, 3), (2, 1, 2)),
    _attention(": scale", (2, 4, 3), (2, 5, 3), (2, 5, 2), scale=0.3),
    _attention(": causal", (1, 2, 4, 3), (1, 2, 4, 3), (1, 2, 4, 2), is_causal=True),
    _attention(": causal, fewer keys", (1, 2, 4, 3), (1, 2, 3, 3), (1, 2, 3, 3), is_causal=True),
    _attention(": fewer heads of keys", (2, 4, 3, 2), (2, 2, 5, 2), (2, 2, 5, 2), enable_gqa=True),
    _attention(": mask of floats", (2, 2, 4, 3), (2, 2, 5, 3), (2, 2, 5, 3), (4, 5)),
    _attention(": mask for each head", (2, 2, 4, 3), (2, 2, 5, 3), (2, 2, 5, 3), (1, 2, 4, 5)),
    _attention(": no queries", (2, 0, 3), (2, 5, 3), (2, 5, 2)),
    case("attention: mask of bools", _seeing([True, False], [True, True], [False, True]), real(2, 1, 3, 4),
         real(2, 1, 2, 4), real(2, 1, 2, 4)),
    case("attention: nothing to see", _seeing([True, False], [False, False]), real(1, 1, 2, 3), real(1, 1, 2, 3),
         real(1, 1, 2, 3), why="0, with a gradient of 0"),
    case("attention: of itself", _of_itself, real(2, 4, 3)),
    case("attention: large scores", _of_itself, values([[800.0, -3.0], [900.0, 2.0]]), numeric=False,
         why="no overflow: the largest score is taken off first"),
    case("attention: dropout", _dropped, real(2, 4, 3), real(2, 5, 3), real(2, 5, 2), oracle=False,
         why="the draws are NumPy's"),
]  # fmt: skip
