"""init: the values that parameters start from.

Each function writes the Tensor it is given and returns it; nothing is recorded.
"""

from __future__ import annotations

import math
from typing import Any

from ..errors import ShapeError
from ..random import get_generator
from ..tensor import Tensor, written

__all__ = [
    "calculate_gain",
    "constant_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "uniform_",
    "xavier_uniform_",
    "zeros_",
]

_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4} | dict.fromkeys(
    (f"conv{transpose}{n}d" for transpose in ("", "_transpose") for n in (1, 2, 3)), 1.0
)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much to widen a layer's weights for the nonlinearity after it.

    Args:
        nonlinearity: linear, conv1d …, sigmoid, tanh, relu, leaky_relu or selu.
        param: the negative slope of leaky_relu (0.01).

    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"no gain for {nonlinearity!r}; known: leaky_relu, {', '.join(_GAINS)}")
    return _GAINS[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs one output sees, and how many outputs one input reaches."""
    if tensor.ndim < 2:
        raise ShapeError("fan-in and fan-out need a weight of 2 or more axes.", got=str(tensor.shape))
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _write(tensor: Tensor, values: Any) -> Tensor:
    tensor._data[...] = values
    written(tensor)
    return tensor


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Draw every element uniformly from [a, b).

    Args:
        generator: a NumPy Generator; default: the one that `manual_seed` seeds.

    >>> import tinygrad_edu as tg
    >>> t = uniform_(tg.zeros(1000), 2, 3); bool(t.numpy().min() >= 2), bool(t.numpy().max() <= 3)
    (True, True)
    """
    return _write(tensor, (generator or get_generator()).uniform(a, b, tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Draw every element from the normal distribution of this mean and standard deviation."""
    return _write(tensor, (generator or get_generator()).normal(mean, std, tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Set every element to `val`.

    >>> import tinygrad_edu as tg
    >>> constant_(tg.zeros(2), 3)
    tensor([3., 3.])
    """
    return _write(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Set every element to 0."""
    return _write(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """Set every element to 1."""
    return _write(tensor, 1)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform within ±gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Raises:
        ShapeError: for fewer than 2 axes.
    """
    bound = gain * math.sqrt(6 / max(sum(_fans(tensor)), 1))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Uniform within ±gain sqrt(3 / fan) (He and others, 2015).

    Args:
        a: the negative slope, for `nonlinearity="leaky_relu"`.
        mode: fan_in keeps the variance forward, fan_out on the way back.

    Raises:
        ShapeError: for fewer than 2 axes.
    """
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be fan_in or fan_out; got {mode!r}")
    fan = _fans(tensor)[mode == "fan_out"]
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / max(fan, 1))
    return uniform_(tensor, -bound, bound, generator)
