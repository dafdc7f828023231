"""activation: the functions between layers that are one formula; at a kink the gradient is PyTorch's.

`relu` is a router like `maximum` and stands in `route.py`; `sigmoid` and `tanh` are slopes, in `slope.py`.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .. import record
from ..record import run
from ..tensor import Tensor
from ..threads import PASS, shared
from .route import choose, only
from .slope import sigmoid
from .special_functions import ndtr

__all__: list[str] = []  # users call nn.functional's leaky_relu, elu, gelu, …

route = partial(record.gate, kind="route", floats=True)
slope = partial(record.gate, kind="slope")


# Of straight pieces.

leaky_relu = slope(
    "leaky_relu",
    lambda x, negative: choose(x > 0, x, x * negative),
    lambda g, z, x, negative: choose(x > 0, g, g * negative),
    local=("1 where x > 0, else negative",),
)
hardtanh = route(
    "hardtanh",
    lambda x, low, high: np.minimum(np.maximum(x, low), high),
    lambda g, z, x, low, high: only(g, np.logical_and(x > low, x < high)),
    local=("1 where low < x < high, else 0",),
)
threshold = route(
    "threshold",
    lambda x, above, value: np.where(x <= above, value, x),
    lambda g, z, x, above, value: only(g, np.logical_not(x <= above)),
    local=("1 where x > above, else 0",),
)
hardshrink = route(
    "hardshrink",
    lambda x, by: np.where(np.logical_and(x >= -by, x <= by), 0.0, x),
    lambda g, z, x, by: only(g, np.logical_or(x > by, x < -by)),
    local=("1 where |x| > by, else 0",),
)
softshrink = route(
    "softshrink",
    lambda x, by: np.where(x > by, x - by, np.where(x < -by, x + by, x * 0.0)),
    lambda g, z, x, by: only(g, np.logical_or(x > by, x < -by)),
    local=("1 where |x| > by, else 0",),
)
hardsigmoid = slope(
    "hardsigmoid",
    lambda x: np.minimum(np.maximum(x + 3, 0), 6) / 6,
    lambda g, z, x: only(g / 6, np.logical_and(x > -3, x < 3)),
    local=("1/6 where -3 < x < 3, else 0",),
)
hardswish = slope(
    "hardswish",
    lambda x: x * np.minimum(np.maximum(x + 3, 0), 6) / 6,
    lambda g, z, x: np.where(x <= -3, 0.0, np.where(x < 3, g * (x / 3 + 0.5), g)),
    local=("0 where x <= -3, 1 where x >= 3, else x/3 + 1/2",),
)
prelu = slope(
    "prelu",
    lambda x, w: choose(x > 0, x, x * w),
    lambda g, z, x, w: choose(x > 0, g, g * w),
    lambda g, z, x, w: only(g * x, np.logical_not(x > 0)),
    local=("1 where x > 0, else y", "0 where x > 0, else x"),
)


# Of exponentials.


def _soft(x: Any) -> Any:
    """log(1 + e^x) without overflow; np.logaddexp takes ten times as long."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _for_mish(g: Any, z: Any, x: Any) -> Any:
    t = np.tanh(_soft(x))
    return g * (t + x * run(sigmoid, x) * (1 - t * t))


# For float32, where SciPy takes four times as long: what lies beyond t > 0 under the normal curve is
# exp(-t^2/2) times a quotient of polynomials (Cody, "Rational Chebyshev Approximations for the Error
# Function", 1969; this one, of 0.5 erfcx(t / sqrt 2), is within 2e-7 of it up to where exp is 0).

_OVER = np.array([2.0157372e-07, 0.014580337, 0.10864391, 0.34190552, 0.5], np.float32)
_UNDER = np.array([0.036572376, 0.27181495, 0.89956302, 1.48169, 1.0], np.float32)
_NOTHING_BEYOND = np.float32(14.4)
_BLOCK, _PASSES = 2**17, 25  # elements whose steps stay in the cache, and how many steps there are


def _polynomial(coefficients: np.ndarray, t: np.ndarray) -> np.ndarray:
    y = t * coefficients[0]
    for c in coefficients[1:-1]:
        y += c
        y *= t
    y += coefficients[-1]
    return y


def _area(x: np.ndarray) -> np.ndarray:
    """ndtr(x), the area to the left of x, in float32; relative to it exact to 1e-6 where x > -5."""
    t = np.minimum(np.abs(x), _NOTHING_BEYOND)
    beyond = t * t
    beyond *= np.float32(-0.5)
    np.exp(beyond, out=beyond)
    beyond *= _polynomial(_OVER, t)
    beyond /= _polynomial(_UNDER, t)
    np.subtract(x > 0, beyond, out=beyond)
    return np.abs(beyond, out=beyond)


def _gelu(x: np.ndarray) -> np.ndarray:
    if x.dtype != np.float32:
        return x * run(ndtr, x)  # type: ignore[no-any-return]
    z = np.empty_like(x)
    of, to = x.ravel(order="K"), z.ravel(order="K")

    def work(start: int, stop: int) -> None:
        for i in range(start, stop):
            block = slice(i * _BLOCK, (i + 1) * _BLOCK)
            np.multiply(of[block], _area(of[block]), out=to[block])

    shared(work, math.ceil(x.size / _BLOCK), x.size * PASS * _PASSES)
    return z


def _for_gelu(g: Any, z: Any, x: Any) -> Any:
    """z / x is the area that the forward found: to ask for it again would take as long as the forward."""
    area = run(ndtr, x) if isinstance(x, Tensor) else np.divide(z, x, out=np.full_like(x, 0.5), where=x != 0)
    return g * (area + x * np.exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi)))


_ROOT = math.sqrt(2 / math.pi)


def _bent(x: Any) -> Any:
    """tanh(sqrt(2/pi) (x + 0.044715 x^3))"""
    return np.tanh(x * (x * x * (0.044715 * _ROOT) + _ROOT))


def _for_gelu_tanh(g: Any, z: Any, x: Any) -> Any:
    t = _bent(x)
    return g * ((t + 1) * 0.5 + x * (1 - t * t) * (x * x * (3 * 0.044715) + 1) * (0.5 * _ROOT))


def _for_silu(g: Any, z: Any, x: Any) -> Any:
    s = run(sigmoid, x)
    return g * (s + z * (1 - s))  # z - z s would lose s where z is large


def _elu_forward(x: Any, alpha: float, scale: float, steep: float) -> Any:
    return choose(x <= 0, np.expm1(np.minimum(x, 0) * steep) * (alpha * scale), x * scale)


def _for_elu(g: Any, z: Any, x: Any, alpha: float, scale: float, steep: float) -> Any:
    return choose(x <= 0, g * np.exp(np.minimum(x, 0) * steep) * (alpha * scale * steep), g * scale)


def _softplus_forward(x: Any, beta: float, threshold: float) -> Any:
    return np.where(x * beta > threshold, x, _soft(x * beta) / beta)


elu = slope("elu", _elu_forward, _for_elu, local=("scale where x > 0, else alpha scale steep exp(steep x)",))
gelu = slope("gelu", _gelu, _for_gelu, local=("ndtr(x) + x exp(-x^2/2)/sqrt(2 pi)",))
gelu_tanh = slope(
    "gelu_tanh",
    lambda x: x * (_bent(x) + 1) * 0.5,
    _for_gelu_tanh,
    local=("(1 + t)/2 + x (1 - t^2) u'/2 (t = tanh(u), u = sqrt(2/pi) (x + 0.044715 x^3))",),
)
silu = slope("silu", lambda x: x * run(sigmoid, x), _for_silu, local=("s + z (1 - s) (s = sigmoid(x))",))
mish = slope(
    "mish",
    lambda x: x * np.tanh(_soft(x)),
    _for_mish,
    local=("t + x sigmoid(x) (1 - t^2) (t = tanh(softplus(x)))",),
)
logsigmoid = slope(
    "logsigmoid",
    lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
    lambda g, z, x: g * run(sigmoid, -x),
    local=("sigmoid(-x)",),
)
softplus = slope(
    "softplus",
    _softplus_forward,
    lambda g, z, x, beta, threshold: np.where(x * beta > threshold, g, g * run(sigmoid, x * beta)),
    local=("sigmoid(beta x); 1 where beta x > threshold",),
)
softsign = slope(
    "softsign",
    lambda x: x / (np.abs(x) + 1),
    lambda g, z, x: g / np.square(np.abs(x) + 1),
    local=("1/(1 + |x|)^2",),
)
