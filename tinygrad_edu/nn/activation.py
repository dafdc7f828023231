"""activation: the functions between layers, as functions and as modules.

Each that is one formula is one gate, of `gates/activation.py`. `inplace=True` writes the result into the
input, as `relu_` does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .. import gates
from ..axes import axis_of, either_name
from ..devices import dtype_on
from ..errors import OptionError, ShapeError, TinygradError
from ..gates import activation
from ..gates.softmax import softmin
from ..inplace import write
from ..random import get_generator
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


def _applied(name: str, function: Callable[[Any], Tensor], input: Any, inplace: bool) -> Tensor:
    return write(as_tensor(input), name, function) if inplace else function(input)


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
    return _applied("leaky_relu", partial(activation.leaky_relu, negative=float(negative_slope)), input, inplace)


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
    return activation.prelu(input, weight)


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
        raise OptionError("rrelu needs a lower that is not above upper.", got=f"{lower} and {upper}")
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
        raise OptionError("hardtanh needs a min_val that is not above max_val.", got=f"{min_val} and {max_val}")
    return _applied("hardtanh", partial(activation.hardtanh, low=float(min_val), high=float(max_val)), input, inplace)


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
    return _applied(
        "threshold", partial(activation.threshold, above=float(threshold), value=float(value)), input, inplace
    )


def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """x where |x| > lambd, else 0.

    >>> import tinygrad_edu as tg
    >>> hardshrink(tg.tensor([-1.0, 0.5]))
    tensor([-1.,  0.])
    """
    return activation.hardshrink(input, by=float(lambd))


def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """x moved towards 0 by lambd, and 0 where it would cross.

    >>> import tinygrad_edu as tg
    >>> softshrink(tg.tensor([-1.0, 0.5]))
    tensor([-0.5000,  0.0000])
    """
    if lambd < 0:
        raise OptionError("softshrink needs a lambd that is not negative.", got=str(lambd))
    return activation.softshrink(input, by=float(lambd))


def hardsigmoid(input: Any, inplace: bool = False) -> Tensor:
    """relu6(x + 3) / 6: a sigmoid of straight pieces.

    >>> import tinygrad_edu as tg
    >>> hardsigmoid(tg.tensor([-4.0, 0.0, 4.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return _applied("hardsigmoid", activation.hardsigmoid, input, inplace)


def hardswish(input: Any, inplace: bool = False) -> Tensor:
    """x relu6(x + 3) / 6 (Howard and others, 2019).

    >>> import tinygrad_edu as tg
    >>> hardswish(tg.tensor([-4.0, 0.0, 4.0]))
    tensor([-0., 0., 4.])
    """
    return _applied("hardswish", activation.hardswish, input, inplace)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha (e^x - 1) (Clevert and others, 2015).

    >>> import tinygrad_edu as tg
    >>> elu(tg.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    return _applied("elu", partial(activation.elu, alpha=float(alpha), scale=1.0, steep=1.0), input, inplace)


def selu(input: Any, inplace: bool = False) -> Tensor:
    """`elu` scaled so that mean 0 and variance 1 reproduce themselves (Klambauer and others, 2017).

    1.0507… x where x > 0, else 1.0507… 1.6733… (e^x - 1).

    >>> import tinygrad_edu as tg
    >>> selu(tg.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return _applied("selu", partial(activation.elu, alpha=alpha, scale=scale, steep=1.0), input, inplace)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha (e^(x / alpha) - 1): `elu` whose slope has no jump (Barron, 2017).

    >>> import tinygrad_edu as tg
    >>> celu(tg.tensor([-1.0, 2.0]), 2)
    tensor([-0.7869,  2.0000])
    """
    if not alpha:
        raise OptionError("celu needs an alpha other than 0.", got=str(alpha))
    return _applied("celu", partial(activation.elu, alpha=float(alpha), scale=1.0, steep=1.0 / alpha), input, inplace)


def _in_place(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def written(input: Any, *args: Any, **keywords: Any) -> Tensor:
        return function(input, *args, inplace=True, **keywords)

    written.__name__ = written.__qualname__ = f"{function.__name__}_"
    written.__doc__ = f"In place: `{function.__name__}` with `inplace=True`; returns the input."
    return written


relu_ = _in_place(relu)
leaky_relu_ = _in_place(leaky_relu)
rrelu_ = _in_place(rrelu)
hardtanh_ = _in_place(hardtanh)
threshold_ = _in_place(threshold)
elu_ = _in_place(elu)
selu_ = _in_place(selu)
celu_ = _in_place(celu)


def gelu(input: Any, approximate: str = "none") -> Tensor:
    """x times the area left of x under the normal curve (Hendrycks and Gimpel, 2016).

    Args:
        approximate: "tanh" for x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2. The exact one of float64
            and float16 is computed a number at a time where SciPy is not installed, which is slow.

    >>> import tinygrad_edu as tg
    >>> gelu(tg.tensor([-1.0, 2.0])), gelu(tg.tensor([-1.0, 2.0]), "tanh")
    (tensor([-0.1587,  1.9545]), tensor([-0.1588,  1.9546]))
    """
    if approximate not in ("none", "tanh"):
        raise OptionError("gelu: how to approximate.", expected="none or tanh", got=repr(approximate))
    return activation.gelu(input) if approximate == "none" else activation.gelu_tanh(input)


def silu(input: Any, inplace: bool = False) -> Tensor:
    """x sigmoid(x), also called swish.

    >>> import tinygrad_edu as tg
    >>> silu(tg.tensor([-1.0, 2.0]))
    tensor([-0.2689,  1.7616])
    """
    return _applied("silu", activation.silu, input, inplace)


def mish(input: Any, inplace: bool = False) -> Tensor:
    """x tanh(softplus(x)) (Misra, 2019).

    >>> import tinygrad_edu as tg
    >>> mish(tg.tensor([-1.0, 2.0]))
    tensor([-0.3034,  1.9440])
    """
    return _applied("mish", activation.mish, input, inplace)


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
    axis = axis_of(dim, input.ndim, "glu")
    if not input.ndim or input.shape[axis] % 2:
        raise ShapeError("glu halves an axis.", expected=f"an even size of axis {dim}", got=str(input.shape))
    half = input.shape[axis] // 2
    return gates.narrow(input, axis, 0, half) * gates.sigmoid(gates.narrow(input, axis, half, half))


def logsigmoid(input: Any) -> Tensor:
    """log(sigmoid(x)), elementwise, exact on both far sides.

    >>> import tinygrad_edu as tg
    >>> logsigmoid(tg.tensor([-100.0, 0.0]))
    tensor([-100.0000,   -0.6931])
    """
    return activation.logsigmoid(input)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^(beta x)) / beta: a smooth relu; x itself where beta x > threshold.

    >>> import tinygrad_edu as tg
    >>> softplus(tg.tensor([0.0, 100.0]))
    tensor([  0.6931, 100.0000])
    """
    return activation.softplus(input, beta=float(beta), threshold=float(threshold))


def softsign(input: Any) -> Tensor:
    """x / (1 + |x|), elementwise.

    >>> import tinygrad_edu as tg
    >>> softsign(tg.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return activation.softsign(input)


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
    """The hyperbolic tangent, elementwise.

    >>> import tinygrad_edu as tg
    >>> Tanh()(tg.tensor([-100.0, 0.0, 100.0]))
    tensor([-1.,  0.,  1.])
    """

    def forward(self, input: Any) -> Tensor:
        return gates.tanh(input)


class Sigmoid(Module):
    """1 / (1 + exp(-x)), elementwise.

    >>> import tinygrad_edu as tg
    >>> Sigmoid()(tg.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0.0000, 0.5000, 1.0000])
    """

    def forward(self, input: Any) -> Tensor:
        return gates.sigmoid(input)


class ReLU6(_Activation):
    """`relu6` as a module.

    >>> import tinygrad_edu as tg
    >>> ReLU6()(tg.tensor([-3.0, 3.0, 9.0]))
    tensor([0., 3., 6.])
    """

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

    >>> import tinygrad_edu as tg
    >>> slope = PReLU()
    >>> slope(tg.tensor([-2.0, 2.0])).sum().backward(); slope.weight.grad
    tensor([-2.])
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        dtype = dtype_on(device, dtype)
        self.weight = Parameter(np.full(num_parameters, init, dtype))

    def forward(self, input: Any) -> Tensor:
        return prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(_Activation):
    """`rrelu` as a module: random in training mode only.

    >>> import tinygrad_edu as tg
    >>> RReLU(0.25, 0.75).eval()(tg.tensor([-1.0, 2.0]))
    tensor([-0.5000,  2.0000])
    """

    lower: float
    upper: float
    inplace: bool

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__(lower=lower, upper=upper, inplace=inplace)

    def forward(self, input: Any) -> Tensor:
        return rrelu(input, self.lower, self.upper, self.training, self.inplace)


class Hardtanh(_Activation):
    """`hardtanh` as a module.

    >>> import tinygrad_edu as tg
    >>> Hardtanh(-2, 2)(tg.tensor([-3.0, 0.5, 3.0]))
    tensor([-2.0000,  0.5000,  2.0000])
    """

    _function = staticmethod(hardtanh)

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        if min_val >= max_val:
            raise OptionError("Hardtanh needs a min_val below max_val.", got=f"{min_val} and {max_val}")
        super().__init__(min_val=min_val, max_val=max_val, inplace=inplace)


class Threshold(_Activation):
    """`threshold` as a module.

    >>> import tinygrad_edu as tg
    >>> Threshold(1, -7)(tg.tensor([1.0, 2.0]))
    tensor([-7.,  2.])
    """

    _function = staticmethod(threshold)

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(threshold=threshold, value=value, inplace=inplace)


class Hardshrink(_Activation):
    """`hardshrink` as a module.

    >>> import tinygrad_edu as tg
    >>> Hardshrink(2)(tg.tensor([-3.0, 2.0, 3.0]))
    tensor([-3.,  0.,  3.])
    """

    _function = staticmethod(hardshrink)
    _bare = True

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)


class Softshrink(_Activation):
    """`softshrink` as a module.

    >>> import tinygrad_edu as tg
    >>> Softshrink(2)(tg.tensor([-3.0, 2.0, 3.0]))
    tensor([-1.,  0.,  1.])
    """

    _function = staticmethod(softshrink)
    _bare = True

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)


class Hardsigmoid(_Activation):
    """`hardsigmoid` as a module.

    >>> import tinygrad_edu as tg
    >>> Hardsigmoid()(tg.tensor([-4.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """

    _function = staticmethod(hardsigmoid)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Hardswish(_Activation):
    """`hardswish` as a module.

    >>> import tinygrad_edu as tg
    >>> Hardswish()(tg.tensor([0.0, 1.5, 4.0]))
    tensor([0.0000, 1.1250, 4.0000])
    """

    _function = staticmethod(hardswish)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class ELU(_Activation):
    """`elu` as a module.

    >>> import tinygrad_edu as tg
    >>> ELU(alpha=2)(tg.tensor([-100.0, 0.0, 3.0]))
    tensor([-2.,  0.,  3.])
    """

    _function = staticmethod(elu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class SELU(_Activation):
    """`selu` as a module.

    >>> import tinygrad_edu as tg
    >>> x = SELU()(tg.randn(10000, generator=np.random.default_rng(0)))
    >>> round(abs(x.mean().item()), 1), round(x.std().item(), 1)
    (0.0, 1.0)
    """

    _function = staticmethod(selu)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class CELU(_Activation):
    """`celu` as a module.

    >>> import tinygrad_edu as tg
    >>> CELU(alpha=2)(tg.tensor([-100.0, 0.0, 3.0]))
    tensor([-2.,  0.,  3.])
    """

    _function = staticmethod(celu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class GELU(_Activation):
    """`gelu` as a module.

    >>> import tinygrad_edu as tg
    >>> GELU()(tg.tensor([-1.0, 0.0, 10.0]))
    tensor([-0.1587,  0.0000, 10.0000])
    """

    _function = staticmethod(gelu)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)


class SiLU(_Activation):
    """`silu` as a module.

    >>> import tinygrad_edu as tg
    >>> SiLU()(tg.tensor([-1.0, 0.0, 10.0]))
    tensor([-0.2689,  0.0000,  9.9995])
    """

    _function = staticmethod(silu)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Mish(_Activation):
    """`mish` as a module.

    >>> import tinygrad_edu as tg
    >>> Mish()(tg.tensor([-1.0, 0.0, 10.0]))
    tensor([-0.3034,  0.0000, 10.0000])
    """

    _function = staticmethod(mish)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class GLU(_Activation):
    """`glu` as a module.

    >>> import tinygrad_edu as tg
    >>> GLU()(tg.tensor([3.0, 4.0, 0.0, 100.0]))
    tensor([1.5000, 4.0000])
    """

    _function = staticmethod(glu)

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim=dim)


class LogSigmoid(_Activation):
    """`logsigmoid` as a module.

    >>> import tinygrad_edu as tg
    >>> LogSigmoid()(tg.tensor([-50.0, 0.0]))  # -log 2 at 0
    tensor([-50.0000,  -0.6931])
    """

    _function = staticmethod(logsigmoid)


class Softplus(_Activation):
    """`softplus` as a module.

    >>> import tinygrad_edu as tg
    >>> Softplus()(tg.tensor([-1000.0, 0.0, 100.0]))
    tensor([  0.0000,   0.6931, 100.0000])
    """

    _function = staticmethod(softplus)

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta=beta, threshold=threshold)


class Softsign(_Activation):
    """`softsign` as a module.

    >>> import tinygrad_edu as tg
    >>> Softsign()(tg.tensor([-1.0, 0.0, 3.0]))
    tensor([-0.5000,  0.0000,  0.7500])
    """

    _function = staticmethod(softsign)


class Tanhshrink(_Activation):
    """`tanhshrink` as a module.

    >>> import tinygrad_edu as tg
    >>> Tanhshrink()(tg.tensor([-10.0, 0.0, 10.0]))
    tensor([-9.,  0.,  9.])
    """

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
    """`log_softmax` as a module; `dim` as for Softmax.

    >>> import tinygrad_edu as tg
    >>> LogSoftmax(dim=0)(tg.tensor([0.0, 0.0]))
    tensor([-0.6931, -0.6931])
    """

    _function = staticmethod(gates.log_softmax)


class Softmin(Softmax):
    """`softmin` as a module; `dim` as for Softmax.

    >>> import tinygrad_edu as tg
    >>> Softmin(dim=0)(tg.tensor([0.0, 1000.0]))
    tensor([1., 0.])
    """

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
