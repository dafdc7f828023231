"""switch: gates that send back the upstream times the *other* input."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import engine
from .binding import methods, methods_in_place

__all__ = ["div", "matmul", "mul"]

gate = partial(engine.gate, kind="switch")

mul = gate(
    "mul",
    np.multiply,
    lambda g, z, x, y: g * y,
    lambda g, z, x, y: g * x,
    local=("y", "x"),
    says="""x * y, elementwise, with broadcasting.

    >>> import tinygrad_edu as tg
    >>> x, y = tg.tensor(3.0, requires_grad=True), tg.tensor(-4.0, requires_grad=True)
    >>> (x * y).backward(); x.grad, y.grad
    (tensor(-4.), tensor(3.))
    """,
)
div = gate(
    "div",
    np.true_divide,
    lambda g, z, x, y: g / y,
    lambda g, z, x, y: -g * z / y,
    local=("1/y", "-x/y^2"),
    floats=True,
    says="x / y, elementwise, with broadcasting; integers divide to floats.",
)


# Matrix products.


def _for_left(g: Any, z: Any, x: Any, y: Any) -> Any:
    """g yᵀ; a vector on either side has its missing axis put in and taken out again."""
    if y.ndim == 1:
        return g * y if x.ndim == 1 else np.expand_dims(g, -1) * y
    if x.ndim == 1:
        return _sum_batch(np.matmul(y, np.expand_dims(g, -1))[..., 0], x)
    return np.matmul(g, np.swapaxes(y, -1, -2))


def _for_right(g: Any, z: Any, x: Any, y: Any) -> Any:
    """xᵀ g."""
    if x.ndim == 1:
        return g * x if y.ndim == 1 else np.expand_dims(g, -2) * np.expand_dims(x, -1)
    if y.ndim == 1:
        return _sum_batch(np.matmul(np.swapaxes(x, -1, -2), np.expand_dims(g, -1))[..., 0], y)
    return np.matmul(np.swapaxes(x, -1, -2), g)


def _sum_batch(g: Any, vector: Any) -> Any:
    return np.sum(g, axis=tuple(range(g.ndim - 1))) if g.ndim > 1 else g


matmul = gate(
    "matmul",
    np.matmul,
    _for_left,
    _for_right,
    local=("yᵀ", "xᵀ"),
    says="""The matrix product x @ y, of vectors, matrices and batches: (…, n, k) @ (…, k, m) -> (…, n, m).

    >>> import tinygrad_edu as tg
    >>> tg.matmul(tg.ones(2, 3), tg.ones(3)).tolist()
    [3.0, 3.0]
    """,
)

methods(mul, div, matmul)
methods(__mul__=mul, __rmul__=lambda y, x: mul(x, y), __truediv__=div, __rtruediv__=lambda y, x: div(x, y))
methods(__matmul__=matmul, __rmatmul__=lambda y, x: matmul(x, y))
methods_in_place(mul, div, __imul__=mul, __itruediv__=div)
