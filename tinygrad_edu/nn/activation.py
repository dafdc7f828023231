"""activation: the functions between layers, as functions and as modules.

Each that is one formula is one gate. At a kink the gradient is PyTorch's. `inplace=True` writes the
result into the input, as `relu_` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import dtypes, gates, record
from ..axes import either_name
from ..errors import ShapeError, TinygradError
from ..gates.route import choose, only
from ..gates.softmax import softmin
from ..gates.special_functions import ndtr
from ..inplace import write
from ..random import get_generator
from ..record import run
from ..tensor import Tensor, as_tensor
from .module import Module
from .parameter import Parameter

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]

route = partial(record.gate, kind="route", floats=True)
slope = partial(record.gate, kind="slope")


def _applied(name: str, function: Callable[[Any], Tensor], input: Any, inplace: bool) -> Tensor:
    return write(as_tensor(input), name, function) if inplace else function(input)


# Of straight pieces.

_leaky_relu = slope(
    "leaky_relu",
    lambda x, negative: choose(x > 0, x, x * negative),
    lambda g, z, x, negative: choose(x > 0, g, g * negative),
    local=("1 where x > 0, else the negative slope",),
)
_hardtanh = route(
    "hardtanh",
    lambda x, low, high: np.minimum(np.maximum(x, low), high),
    lambda g, z, x, low, high: only(g, np.logical_and(x > low, x < high)),
    local=("1 where low < x < high, else 0",),
)
_threshold = route(
    "threshold",
    lambda x, above, value: np.where(x <= above, value, x),
    lambda g, z, x, above, value: only(g, np.logical_not(x <= above)),
    local=("1 where x > threshold, else 0",),
)
_hardshrink = route(
    "hardshrink",
    lambda x, by: np.where(np.logical_and(x >= -by, x <= by), 0.0, x),
    lambda g, z, x, by: only(g, np.logical_or(x > by, x < -by)),
    local=("1 where |x| > lambd, else 0",),
)
_softshrink = route(
    "softshrink",
    lambda x, by: np.where(x > by, x - by, np.where(x < -by, x + by, x * 0.0)),
    lambda g, z, x, by: only(g, np.logical_or(x > by, x < -by)),
    local=("1 where |x| > lambd, else 0",),
)
_hardsigmoid = slope(
    "hardsigmoid",
    lambda x: np.minimum(np.maximum(x + 3, 0), 6) / 6,
    lambda g, z, x: only(g / 6, np.logical_and(x > -3, x < 3)),
    local=("1/6 where -3 < x < 3, else 0",),
)
_hardswish = slope(
    "hardswish",
    lambda x: x * np.minimum(np.maximum(x + 3, 0), 6) / 6,
    lambda g, z, x: np.where(x <= -3, 0.0, np.where(x < 3, g * (x / 3 + 0.5), g)),
    local=("0 where x <= -3, 1 where x >= 3, else x/3 + 1/2",),
)
_prelu = slope(
    "prelu",
    lambda x, w: choose(x > 0, x, x * w),
    lambda g, z, x, w: choose(x > 0, g, g * w),
    lambda g, z, x, w: only(g * x, np.logical_not(x > 0)),
    local=("1 where x > 0, else w", "0 where x > 0, else x"),
)


def relu(input: Any, inplace: bool = False) -> Tensor:
    """max(x, 0), elementwise; the gradient at 0 is 0.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([-1.0, 2.0])
    >>> relu(x, inplace=True) is x, x
    (True, tensor([0., 2.]))
    """
    return _applied("relu", gates.relu, input, inplace)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope x (Maas and others, 2013).

    >>> import tinygrad_edu as tg
    >>> leaky_relu(tg.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5000,  2.0000])
    """
    return _applied("leaky_relu", partial(_leaky_relu, negative=float(negative_slope)), input, inplace)


def prelu(input: Any, weight: Any) -> Tensor:
    """`leaky_relu` whose slope is learned: one for all, or one for each channel, axis 1 (He and others, 2015).

    Args:
        input: of shape (N, C, …).
        weight: of shape (1,) or (C,), or a number.

    Raises:
        ShapeError: if `weight` does not have as many elements as there are channels.

    >>> import tinygrad_edu as tg
    >>> prelu(tg.tensor([[-1.0, -1.0]]), tg.tensor([0.5, 0.1]))
    tensor([[-0.5000, -0.1000]])
    """
    input, weight = as_tensor(input), as_tensor(weight)
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.numel() not in (1, channels):
        raise ShapeError(
            "prelu: a slope for all, or one for each channel.",
            expected=f"weight (1,) or ({channels},)",
            got=f"weight {weight.shape} and input {input.shape}",
        )
    if weight.numel() > 1 or input.ndim == 0:
        weight = weight.reshape((-1,) + (1,) * (input.ndim - 2) if input.ndim else ())
    return _prelu(input, weight)


def rrelu(
    input: Any,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
    generator: Any = None,
) -> Tensor:
    """`leaky_relu` with a slope drawn from [lower, upper) for each element; out of training, their mean.

    >>> import tinygrad_edu as tg
    >>> rrelu(tg.tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5000,  2.0000])
    """
    if lower > upper:
        raise ValueError(f"rrelu: lower is not above upper; got {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    input = as_tensor(input)
    drawn = (generator or get_generator()).uniform(lower, upper, input.shape)
    slopes = np.where(input._data > 0, 1.0, drawn).astype(input.dtype)
    return _applied("rrelu", lambda x: x * slopes, input, inplace)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x held between two values; unlike `clamp`, the gradient at these is 0.

    >>> import tinygrad_edu as tg
    >>> hardtanh(tg.tensor([-3.0, 0.5, 3.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val is not above max_val; got {min_val} and {max_val}")
    return _applied("hardtanh", partial(_hardtanh, low=float(min_val), high=float(max_val)), input, inplace)


def relu6(input: Any, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6), elementwise; the gradient at 0 and 6 is 0.

    >>> import tinygrad_edu as tg
    >>> relu6(tg.tensor([-3.0, 3.0, 9.0]))
    tensor([0., 3., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > threshold, else `value`.

    >>> import tinygrad_edu as tg
    >>> threshold(tg.tensor([1.0, 2.0]), 1, -7)
    tensor([-7.,  2.])
    """
    return _applied("threshold", partial(_threshold, above=float(threshold), value=float(value)), input, inplace)


def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """x where |x| > lambd, else 0.

    >>> import tinygrad_edu as tg
    >>> hardshrink(tg.tensor([-1.0, 0.5]))
    tensor([-1.,  0.])
    """
    return _hardshrink(input, by=float(lambd))


def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """x moved towards 0 by lambd, and 0 where it would cross.

    >>> import tinygrad_edu as tg
    >>> softshrink(tg.tensor([-1.0, 0.5]))
    tensor([-0.5000,  0.0000])
    """
    if lambd < 0:
        raise ValueError(f"softshrink: lambd is not negative; got {lambd}")
    return _softshrink(input, by=float(lambd))


def hardsigmoid(input: Any, inplace: bool = False) -> Tensor:
    """relu6(x + 3) / 6: a sigmoid of straight pieces.

    >>> import tinygrad_edu as tg
    >>> hardsigmoid(tg.tensor([-4.0, 0.0, 4.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return _applied("hardsigmoid", _hardsigmoid, input, inplace)


def hardswish(input: Any, inplace: bool = False) -> Tensor:
    """x relu6(x + 3) / 6 (Howard and others, 2019).

    >>> import tinygrad_edu as tg
    >>> hardswish(tg.tensor([-4.0, 0.0, 4.0]))
    tensor([-0., 0., 4.])
    """
    return _applied("hardswish", _hardswish, input, inplace)


# Of exponentials.


def _soft(x: Any) -> Any:
    """log(1 + e^x) without overflow; np.logaddexp takes ten times as long."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _for_mish(g: Any, z: Any, x: Any) -> Any:
    t = np.tanh(_soft(x))
    return g * (t + x * run(gates.sigmoid, x) * (1 - t * t))


def _for_gelu(g: Any, z: Any, x: Any) -> Any:
    """z / x is the area that the forward found, and asking SciPy for it again takes as long as the forward."""
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
    s = run(gates.sigmoid, x)
    return g * (s + z * (1 - s))  # z - z s would lose s where z is large


def _elu_forward(x: Any, alpha: float, scale: float, steep: float) -> Any:
    return choose(x <= 0, np.expm1(np.minimum(x, 0) * steep) * (alpha * scale), x * scale)


def _for_elu(g: Any, z: Any, x: Any, alpha: float, scale: float, steep: float) -> Any:
    return choose(x <= 0, g * np.exp(np.minimum(x, 0) * steep) * (alpha * scale * steep), g * scale)


def _softplus_forward(x: Any, beta: float, threshold: float) -> Any:
    return np.where(x * beta > threshold, x, _soft(x * beta) / beta)


_elu = slope("elu", _elu_forward, _for_elu, local=("1 where x > 0, else alpha exp(x)",))
_gelu = slope("gelu", lambda x: x * run(ndtr, x), _for_gelu, local=("P(x) + x p(x), the normal curve's",))
_gelu_tanh = slope(
    "gelu_tanh",
    lambda x: x * (_bent(x) + 1) * 0.5,
    _for_gelu_tanh,
    local=("(1 + t)/2 + x (1 - t^2) u'/2 (t = tanh(u(x)))",),
)
_silu = slope("silu", lambda x: x * run(gates.sigmoid, x), _for_silu, local=("s + z (1 - s) (s = sigmoid(x))",))
_mish = slope(
    "mish",
    lambda x: x * np.tanh(_soft(x)),
    _for_mish,
    local=("t + x sigmoid(x) (1 - t^2) (t = tanh(softplus(x)))",),
)
_logsigmoid = slope(
    "logsigmoid",
    lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
    lambda g, z, x: g * run(gates.sigmoid, -x),
    local=("sigmoid(-x)",),
)
_softplus = slope(
    "softplus",
    _softplus_forward,
    lambda g, z, x, beta, threshold: np.where(x * beta > threshold, g, g * run(gates.sigmoid, x * beta)),
    local=("sigmoid(beta x); 1 beyond the threshold",),
)
_softsign = slope(
    "softsign",
    lambda x: x / (np.abs(x) + 1),
    lambda g, z, x: g / np.square(np.abs(x) + 1),
    local=("1/(1 + |x|)^2",),
)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha (e^x - 1) (Clevert and others, 2015).

    >>> import tinygrad_edu as tg
    >>> elu(tg.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return _applied("elu", partial(_elu, alpha=float(alpha), scale=1.0, steep=1.0), input, inplace)


def selu(input: Any, inplace: bool = False) -> Tensor:
    """`elu` scaled so that mean 0 and variance 1 reproduce themselves (Klambauer and others, 2017).

    1.0507… x where x > 0, else 1.0507… 1.6733… (e^x - 1).

    >>> import tinygrad_edu as tg
    >>> selu(tg.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return _applied("selu", partial(_elu, alpha=alpha, scale=scale, steep=1.0), input, inplace)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha (e^(x / alpha) - 1): `elu` whose slope has no jump (Barron, 2017).

    >>> import tinygrad_edu as tg
    >>> celu(tg.tensor([-1.0, 2.0]), 2)
    tensor([-0.7869,  2.0000])
    """
    if not alpha:
        raise ValueError("celu: alpha is not 0")
    return _applied("celu", partial(_elu, alpha=float(alpha), scale=1.0, steep=1.0 / alpha), input, inplace)


def gelu(input: Any, approximate: str = "none") -> Tensor:
    """x times the area left of x under the normal curve (Hendrycks and Gimpel, 2016).

    Args:
        approximate: "tanh" for x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2. Without SciPy the
            exact one is computed a number at a time, which is slow.

    >>> import tinygrad_edu as tg
    >>> gelu(tg.tensor([-1.0, 2.0])), gelu(tg.tensor([-1.0, 2.0]), "tanh")
    (tensor([-0.1587,  1.9545]), tensor([-0.1588,  1.9546]))
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate must be none or tanh; got {approximate!r}")
    return _gelu(input) if approximate == "none" else _gelu_tanh(input)


def silu(input: Any, inplace: bool = False) -> Tensor:
    """x sigmoid(x), also called swish.

    >>> import tinygrad_edu as tg
    >>> silu(tg.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return _applied("silu", _silu, input, inplace)


def mish(input: Any, inplace: bool = False) -> Tensor:
    """x tanh(softplus(x)) (Misra, 2019).

    >>> import tinygrad_edu as tg
    >>> mish(tg.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """
    return _applied("mish", _mish, input, inplace)


@either_name
def glu(input: Any, dim: int = -1) -> Tensor:
    """The first half of an axis times the sigmoid of the second (Dauphin and others, 2016).

    Raises:
        ShapeError: if the axis has no two equal halves.

    >>> import tinygrad_edu as tg
    >>> glu(tg.tensor([3.0, 0.0]))
    tensor([1.5000])
    """
    input = as_tensor(input)
    if not input.ndim or input.shape[dim] % 2:
        raise ShapeError("glu halves an axis.", expected=f"an even size of axis {dim}", got=str(input.shape))
    half = input.shape[dim] // 2
    return gates.narrow(input, dim, 0, half) * gates.sigmoid(gates.narrow(input, dim, half, half))


def logsigmoid(input: Any) -> Tensor:
    """log(sigmoid(x)), elementwise, exact on both far sides.

    >>> import tinygrad_edu as tg
    >>> logsigmoid(tg.tensor([-100.0, 0.0]))
    tensor([-100.0000,   -0.6931])
    """
    return _logsigmoid(input)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^(beta x)) / beta: a smooth relu; x itself where beta x > threshold.

    >>> import tinygrad_edu as tg
    >>> softplus(tg.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    return _softplus(input, beta=float(beta), threshold=float(threshold))


def softsign(input: Any) -> Tensor:
    """x / (1 + |x|), elementwise.

    >>> import tinygrad_edu as tg
    >>> softsign(tg.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return _softsign(input)


def tanhshrink(input: Any) -> Tensor:
    """x - tanh(x), elementwise.

    >>> import tinygrad_edu as tg
    >>> tanhshrink(tg.tensor([-1.0, 2.0]))
    tensor([-0.2384,  1.0360])
    """
    input = as_tensor(input)
    return input - gates.tanh(input)


@either_name
def gumbel_softmax(
    logits: Any, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1, generator: Any = None
) -> Tensor:
    """softmax of (logits + Gumbel noise) / tau: draws a class in a way that gradients flow through.

    Args:
        hard: a row with a single 1, whose gradient is that of the soft one (Jang and others, 2016).
        eps: ignored, as in PyTorch.

    >>> import tinygrad_edu as tg
    >>> gumbel_softmax(tg.tensor([0.0, 1000.0]), hard=True)
    tensor([0., 1.])
    """
    logits = as_tensor(logits)
    noise = (generator or get_generator()).gumbel(size=logits.shape).astype(logits.dtype)
    soft = gates.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    won = np.zeros_like(soft._data)
    np.put_along_axis(won, np.expand_dims(soft._data.argmax(dim), dim), 1, dim)
    return soft + (won - soft._data)


# As modules.


class _Activation(Module):
    """A module that is one function: its settings are attributes, and the function's keywords."""

    _function: Callable[..., Tensor]
    _bare = False  # whether the repr leaves the names of settings out

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self._settings = tuple(settings)
        for name, value in settings.items():
            setattr(self, name, value)

    def forward(self, input: Any) -> Tensor:
        return type(self)._function(input, **{name: getattr(self, name) for name in self._settings})

    def extra_repr(self) -> str:
        shown = {name: getattr(self, name) for name in self._settings}
        if not shown.get("inplace", True):
            del shown["inplace"]
        return ", ".join(f"{value!r}" if self._bare else f"{name}={value!r}" for name, value in shown.items())


class ReLU(_Activation):
    """max(x, 0), elementwise.

    >>> import tinygrad_edu as tg
    >>> ReLU()(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)

    def forward(self, input: Any) -> Tensor:
        return relu(input, True) if self.inplace else gates.relu(input)


class Tanh(Module):
    """The hyperbolic tangent, elementwise."""

    def forward(self, input: Any) -> Tensor:
        return gates.tanh(input)


class Sigmoid(Module):
    """1 / (1 + exp(-x)), elementwise."""

    def forward(self, input: Any) -> Tensor:
        return gates.sigmoid(input)


class ReLU6(_Activation):
    """`relu6` as a module."""

    _function = staticmethod(relu6)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class LeakyReLU(_Activation):
    """`leaky_relu` as a module.

    >>> LeakyReLU(0.2)
    LeakyReLU(negative_slope=0.2)  # training mode
    """

    _function = staticmethod(leaky_relu)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(negative_slope=negative_slope, inplace=inplace)


class PReLU(Module):
    """`prelu` as a module.

    Args:
        num_parameters: 1, or the number of channels (axis 1).
        init: where the slopes start.

    Attributes:
        weight: a Parameter of shape (num_parameters,).
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        dtype = dtypes.get_default_dtype() if dtype is None else dtypes.check_dtype(dtype)
        self.weight = Parameter(np.full(num_parameters, init, dtype))

    def forward(self, input: Any) -> Tensor:
        return prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(_Activation):
    """`rrelu` as a module: random in training mode only."""

    lower: float
    upper: float
    inplace: bool

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__(lower=lower, upper=upper, inplace=inplace)

    def forward(self, input: Any) -> Tensor:
        return rrelu(input, self.lower, self.upper, self.training, self.inplace)


class Hardtanh(_Activation):
    """`hardtanh` as a module."""

    _function = staticmethod(hardtanh)

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        if min_val >= max_val:
            raise ValueError(f"Hardtanh: min_val is below max_val; got {min_val} and {max_val}")
        super().__init__(min_val=min_val, max_val=max_val, inplace=inplace)


class Threshold(_Activation):
    """`threshold` as a module."""

    _function = staticmethod(threshold)

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(threshold=threshold, value=value, inplace=inplace)


class Hardshrink(_Activation):
    """`hardshrink` as a module."""

    _function = staticmethod(hardshrink)
    _bare = True

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)


class Softshrink(_Activation):
    """`softshrink` as a module."""

    _function = staticmethod(softshrink)
    _bare = True

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)


class Hardsigmoid(_Activation):
    """`hardsigmoid` as a module."""

    _function = staticmethod(hardsigmoid)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Hardswish(_Activation):
    """`hardswish` as a module."""

    _function = staticmethod(hardswish)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class ELU(_Activation):
    """`elu` as a module."""

    _function = staticmethod(elu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class SELU(_Activation):
    """`selu` as a module."""

    _function = staticmethod(selu)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class CELU(_Activation):
    """`celu` as a module."""

    _function = staticmethod(celu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class GELU(_Activation):
    """`gelu` as a module."""

    _function = staticmethod(gelu)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)


class SiLU(_Activation):
    """`silu` as a module."""

    _function = staticmethod(silu)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Mish(_Activation):
    """`mish` as a module."""

    _function = staticmethod(mish)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class GLU(_Activation):
    """`glu` as a module."""

    _function = staticmethod(glu)

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim=dim)


class LogSigmoid(_Activation):
    """`logsigmoid` as a module."""

    _function = staticmethod(logsigmoid)


class Softplus(_Activation):
    """`softplus` as a module."""

    _function = staticmethod(softplus)

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta=beta, threshold=threshold)


class Softsign(_Activation):
    """`softsign` as a module."""

    _function = staticmethod(softsign)


class Tanhshrink(_Activation):
    """`tanhshrink` as a module."""

    _function = staticmethod(tanhshrink)


class Softmax(_Activation):
    """`softmax` as a module.

    Args:
        dim: the axis that sums to 1. PyTorch guesses it if it is None; here that raises at the call.

    >>> import tinygrad_edu as tg
    >>> Softmax(dim=1)(tg.zeros(1, 4))
    tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """

    _function = staticmethod(gates.softmax)
    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)

    def forward(self, input: Any) -> Tensor:
        if self.dim is None:
            name = type(self).__name__
            raise TinygradError(f"{name} was not told its axis.", mend=f"nn.{name}(dim=1) for rows of scores (N, C)")
        return super().forward(input)


class LogSoftmax(Softmax):
    """`log_softmax` as a module; `dim` as for Softmax."""

    _function = staticmethod(gates.log_softmax)


class Softmin(Softmax):
    """`softmin` as a module; `dim` as for Softmax."""

    _function = staticmethod(softmin)


class Softmax2d(Module):
    """Softmax over the channels of each pixel: (N, C, H, W) or (C, H, W).

    >>> import tinygrad_edu as tg
    >>> Softmax2d()(tg.zeros(1, 2, 1, 1)).tolist()
    [[[[0.5]], [[0.5]]]]
    """

    def forward(self, input: Any) -> Tensor:
        input = as_tensor(input)
        if input.ndim not in (3, 4):
            raise ShapeError("Softmax2d takes images.", expected="(N, C, H, W) or (C, H, W)", got=str(input.shape))
        return gates.softmax(input, -3)
