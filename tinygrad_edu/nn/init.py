"""init: the values that parameters start from.

Each function writes the Tensor it is given and returns it; nothing is recorded.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import OptionError, ShapeError, TinygradError
from ..random import get_generator
from ..tensor import Tensor, written
from .parameter import UninitializedParameter

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "lecun_normal_",
    "lecun_uniform_",
    "nielsen_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
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
        raise OptionError(f"no gain for {nonlinearity!r}; known: leaky_relu, {', '.join(_GAINS)}")
    return _GAINS[nonlinearity]


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs one output sees, and how many outputs one input reaches (PyTorch's name: layers call it)."""
    if tensor.ndim < 2:
        raise ShapeError("fan-in and fan-out need a weight of 2 or more axes.", got=str(tensor.shape))
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def _write(tensor: Tensor, values: Any) -> Tensor:
    if isinstance(tensor, UninitializedParameter):
        raise TinygradError(
            "nn.init: a lazy layer's parameters are empty until its first call.",
            mend="call the network on one batch, then initialize it",
        )
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
    """Draw every element from the normal distribution of this mean and standard deviation.

    >>> import tinygrad_edu as tg
    >>> w = normal_(tg.zeros(10000), mean=3.0, std=2.0)
    >>> round(w.mean().item()), round(w.std().item())
    (3, 2)
    """
    return _write(tensor, (generator or get_generator()).normal(mean, std, tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Set every element to `val`.

    >>> import tinygrad_edu as tg
    >>> constant_(tg.zeros(2), 3)
    tensor([3., 3.])
    """
    return _write(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Set every element to 0.

    >>> import tinygrad_edu as tg
    >>> zeros_(tg.rand(2))
    tensor([0., 0.])
    """
    return _write(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """Set every element to 1.

    >>> import tinygrad_edu as tg
    >>> ones_(tg.rand(2))
    tensor([1., 1.])
    """
    return _write(tensor, 1)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform within ±gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Raises:
        ShapeError: for fewer than 2 axes.

    >>> import tinygrad_edu as tg
    >>> w = xavier_uniform_(tg.zeros(2, 4))  # within ±sqrt(6 / (4 + 2)) = ±1
    >>> bool((tg.abs(w) <= 1).all())
    True
    """
    bound = gain * math.sqrt(6 / max(sum(_calculate_fan_in_and_fan_out(tensor)), 1))
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

    >>> import tinygrad_edu as tg
    >>> w = kaiming_uniform_(tg.zeros(2, 6), nonlinearity="relu")  # within ±sqrt(2) sqrt(3 / 6) = ±1
    >>> bool((tg.abs(w) <= 1).all())
    True
    """
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise OptionError(f"mode must be fan_in or fan_out; got {mode!r}")
    return max(_calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"], 1)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Normal with standard deviation gain / sqrt(fan); the arguments of `kaiming_uniform_`.

    >>> import tinygrad_edu as tg
    >>> kaiming_normal_(tg.zeros(3, 5), nonlinearity="relu").shape
    (3, 5)
    """
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with standard deviation gain sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Raises:
        ShapeError: for fewer than 2 axes.

    >>> import tinygrad_edu as tg
    >>> w = xavier_normal_(tg.zeros(100, 100))  # sqrt(2 / 200)
    >>> round(w.std().item(), 2)
    0.1
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / max(sum(_calculate_fan_in_and_fan_out(tensor)), 1)), generator)


def lecun_uniform_(tensor: Tensor, generator: Any = None) -> Tensor:
    """Uniform within ±sqrt(3 / fan_in): variance 1 / fan_in (LeCun and others, 1998).

    Raises:
        ShapeError: for fewer than 2 axes.

    >>> import tinygrad_edu as tg
    >>> w = lecun_uniform_(tg.zeros(2, 3))  # within ±sqrt(3 / 3)
    >>> bool((tg.abs(w) <= 1).all())
    True
    """
    bound = math.sqrt(3 / _fan(tensor, "fan_in"))
    return uniform_(tensor, -bound, bound, generator)


def lecun_normal_(tensor: Tensor, generator: Any = None) -> Tensor:
    """Normal with standard deviation 1 / sqrt(fan_in) (LeCun and others, 1998): what SELU wants.

    Raises:
        ShapeError: for fewer than 2 axes.

    >>> import tinygrad_edu as tg
    >>> w = lecun_normal_(tg.zeros(100, 100))  # 1 / sqrt(100)
    >>> round(w.std().item(), 2)
    0.1
    """
    return normal_(tensor, 0.0, 1 / math.sqrt(_fan(tensor, "fan_in")), generator)


def nielsen_(tensor: Tensor, generator: Any = None) -> Tensor:
    """Normal with standard deviation 1 / sqrt(n_in): the weights of Nielsen's network2 ("Neural
    Networks and Deep Learning", chapter 3). The same as `lecun_normal_`; his biases are `normal_`.

    Raises:
        ShapeError: for fewer than 2 axes.

    >>> import tinygrad_edu as tg
    >>> w = nielsen_(tg.zeros(100, 784))  # 1 / sqrt(784) = 1 / 28
    >>> round(1 / w.std().item())
    28
    """
    return lecun_normal_(tensor, generator)


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """Normal, but drawn again wherever it is not within [a, b]. (Not so many deviations: a and b are values.)

    >>> import tinygrad_edu as tg
    >>> bool((abs(trunc_normal_(tg.zeros(1000)).numpy()) <= 2).all())
    True
    """
    if not a < b or std <= 0:
        raise OptionError(f"trunc_normal_: a is below b, and std is positive; got a={a}, b={b}, std={std}")
    rng, low, high = generator or get_generator(), (a - mean) / std, (b - mean) / std
    inside = (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2))) / 2
    # Far out in a tail normal draws would hardly ever be inside: there uniform ones are kept by their density.
    low, high = max(low, min(high, 0.0) - 10), min(high, max(low, 0.0) + 10)
    top = min(max(0.0, low), high)  # where the density is highest
    values = np.empty(tensor.numel())
    missing = np.arange(values.size)
    while missing.size:
        if inside > 0.1:
            drawn = rng.normal(size=missing.size)
            kept = (drawn >= low) & (drawn <= high)
        else:
            drawn = rng.uniform(low, high, missing.size)
            kept = rng.random(missing.size) < np.exp((top * top - drawn * drawn) / 2)
        values[missing[kept]] = drawn[kept]
        missing = missing[~kept]
    _write(tensor, np.clip(values * std + mean, a, b).reshape(tensor.shape))
    return tensor


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """A random matrix whose rows (or columns, whichever are fewer) are orthonormal, times `gain`.

    Axes after the first count as one (Saxe and others, 2013).

    Raises:
        ShapeError: for fewer than 2 axes.

    >>> import tinygrad_edu as tg
    >>> W = orthogonal_(tg.zeros(2, 3, dtype=tg.float64))
    >>> bool(abs((W @ W.T).numpy() - [[1, 0], [0, 1]]).max() < 1e-12)
    True
    """
    if tensor.ndim < 2:
        raise ShapeError("orthogonal_ needs a weight of 2 or more axes.", got=str(tensor.shape))
    if not tensor.numel():
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    drawn = (generator or get_generator()).normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)  # so that every orthogonal matrix is as likely
    return _write(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal, with a fraction `sparsity` of each column set to 0 (Martens, 2010).

    Raises:
        ShapeError: if it is not a matrix.

    >>> import tinygrad_edu as tg
    >>> (sparse_(tg.zeros(10, 3), 0.45) == 0).sum(0)
    tensor([5, 5, 5])
    """
    if tensor.ndim != 2:
        raise ShapeError("sparse_ fills a matrix.", got=str(tensor.shape))
    rng = generator or get_generator()
    values = rng.normal(0, std, tensor.shape)
    chosen = np.argsort(rng.random(tensor.shape), axis=0)[: math.ceil(sparsity * tensor.shape[0])]
    np.put_along_axis(values, chosen, 0, axis=0)
    return _write(tensor, values)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix, as far as it fits.

    Raises:
        ShapeError: if it is not a matrix.

    >>> import tinygrad_edu as tg
    >>> eye_(tg.zeros(2, 3)).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    if tensor.ndim != 2:
        raise ShapeError("eye_ fills a matrix.", got=str(tensor.shape))
    return _write(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The kernels of a convolution that hands its input on: a 1 in the middle, from each channel to itself.

    Args:
        tensor: of shape (out, in / groups, …), with 1 to 3 axes for the window.

    Raises:
        ShapeError: for other shapes, or if `groups` does not divide out.

    >>> import tinygrad_edu as tg
    >>> dirac_(tg.zeros(1, 1, 3)).tolist()
    [[[0.0, 1.0, 0.0]]]
    """
    if tensor.ndim not in (3, 4, 5) or tensor.shape[0] % groups:
        raise ShapeError(
            "dirac_ fills the kernels of a convolution.",
            expected="(out, in / groups, …) of 3 to 5 axes, out a multiple of groups",
            got=f"{tensor.shape}, groups={groups}",
        )
    out = tensor.shape[0] // groups
    values = np.zeros(tensor.shape)
    middle = tuple(size // 2 for size in tensor.shape[2:])
    for i in range(min(out, tensor.shape[1])):
        for group in range(groups):
            values[(group * out + i, i, *middle)] = 1
    return _write(tensor, values)
