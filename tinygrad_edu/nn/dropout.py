"""dropout: noise while training, so that no unit relies on another; nothing at all when evaluating."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import record
from ..errors import OptionError, ShapeError, TinygradError
from ..inplace import write
from ..random import get_generator
from ..tensor import Tensor, as_tensor
from .module import Module

__all__ = [
    "AlphaDropout",
    "DropConnect",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "FeatureAlphaDropout",
    "StochasticDepth",
]

_dropped = record.gate(
    "dropout",
    lambda x, mask: x * mask,
    lambda g, z, x, mask: g * mask,
    None,
    kind="route",
    local=("the mask, 0 where dropped",),
    says="x times a mask of 0 where dropped, 1 / (1 - p) where kept.",
)


def check_probability(p: float) -> None:
    """Raise OptionError for a p that is no probability."""
    if not 0 <= p <= 1:
        raise OptionError(f"the probability p to drop must be between 0 and 1; got {p}")


def drop_mask(shape: tuple[int, ...], dtype: Any, p: float) -> np.ndarray:
    """0 with probability p, else 1 / (1 - p), so that the mean of what passes stays as it was."""
    draws = get_generator().random(shape, np.float32 if dtype != np.float64 else dtype)
    return (np.asarray(draws >= p) * (1 / (1 - p) if p < 1 else 0.0)).astype(dtype)


def _result(input: Tensor, inplace: bool, function: Any) -> Tensor:
    return write(input, "dropout", function) if inplace else function(input)


def _by_shape(input: Any, shape: Any, p: float, training: bool, inplace: bool = False) -> Tensor:
    """Dropout by one draw for each element of `shape`, which broadcasts to the input's."""
    check_probability(p)
    x = as_tensor(input)
    if not training or p == 0:
        return x
    mask = drop_mask(tuple(shape), x.dtype, p)
    return _result(x, inplace, lambda t: _dropped(t, mask))


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element becomes 0 with probability `p`, else itself times 1 / (1 - p) (Srivastava et al. 2014).

    "Inverted" dropout: scaled while training, so that there is nothing to do when evaluating.

    Args:
        training: False to return the input as it is.
        inplace: write to the input itself.

    Raises:
        OptionError: unless p is between 0 and 1.

    >>> import tinygrad_edu as tg
    >>> _ = tg.manual_seed(0)
    >>> dropout(tg.ones(6))
    tensor([2., 2., 2., 0., 0., 0.])
    """
    return _by_shape(input, np.shape(input), p, training, inplace)


def _channels(name: str, input: Any, ndims: tuple[int, ...], batched: tuple[int, ...]) -> tuple[int, ...]:
    """The input's shape with 1 for each axis behind the channels."""
    shape = np.shape(input)
    if len(shape) not in ndims:
        raise ShapeError(f"{name} drops whole channels.", expected=f"{' or '.join(map(str, ndims))} axes: a batch"
                         " (N, C, …), or one sample (C, …)", got=str(shape))  # fmt: skip
    lead = 2 if len(shape) in batched else 1
    return shape[:lead] + (1,) * (len(shape) - lead)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels: (N, C, L) or (C, L).

    >>> import tinygrad_edu as tg
    >>> x = dropout1d(tg.ones(2, 8, 4))
    >>> bool((x == x[..., :1]).all())  # a channel is 0, or 2, as a whole
    True
    """
    return _by_shape(input, _channels("dropout1d", input, (2, 3), (3,)), p, training, inplace)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels: (N, C, H, W); three axes are taken as (N, C, L), as in PyTorch.

    >>> import tinygrad_edu as tg
    >>> x = dropout2d(tg.ones(2, 8, 4, 4))
    >>> bool((x == x[..., :1, :1]).all())  # a channel is 0, or 2, as a whole
    True
    """
    return _by_shape(input, _channels("dropout2d", input, (3, 4), (3, 4)), p, training, inplace)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """`dropout` of whole channels: (N, C, D, H, W) or (C, D, H, W).

    >>> import tinygrad_edu as tg
    >>> x = dropout3d(tg.ones(2, 8, 4, 4, 4))
    >>> bool((x == x[..., :1, :1, :1]).all())  # a channel is 0, or 2, as a whole
    True
    """
    return _by_shape(input, _channels("dropout3d", input, (4, 5), (5,)), p, training, inplace)


_FLOOR = -1.7580993408473766  # what SELU tends to far below 0: minus its scale times its alpha


def _alpha(input: Any, shape: Any, p: float, training: bool, inplace: bool) -> Tensor:
    """Dropped elements become SELU's floor; then a x + b brings mean 0 and variance 1 back."""
    check_probability(p)
    x = as_tensor(input)
    if not training or p == 0:
        return x
    if p == 1:
        return _result(x, inplace, lambda t: t * 0.0)
    keep = drop_mask(tuple(shape), x.dtype, p) != 0
    a = 1 / math.sqrt((1 - p) * (1 + p * _FLOOR**2))
    factor = (keep * a).astype(x.dtype)
    shift = (np.where(keep, 0.0, _FLOOR * a) - _FLOOR * a * p).astype(x.dtype)
    return _result(x, inplace, lambda t: _dropped(t, factor) + shift)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout for networks of SELU: mean 0 and variance 1 stay as they were (Klambauer et al. 2017).

    Takes what `dropout` takes.

    >>> import tinygrad_edu as tg
    >>> alpha_dropout(tg.ones(3), training=False)
    tensor([1., 1., 1.])
    """
    return _alpha(input, np.shape(input), p, training, inplace)


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """`alpha_dropout` of whole channels: (N, C, …).

    >>> import tinygrad_edu as tg
    >>> x = feature_alpha_dropout(tg.ones(2, 8, 4, 4), training=True)
    >>> bool((x == x[..., :1, :1]).all())  # a channel is dropped whole
    True
    """
    shape = np.shape(input)
    return _alpha(input, shape[:2] + (1,) * (len(shape) - 2), p, training, inplace)


def stochastic_depth(input: Any, p: float, mode: str = "row", training: bool = True) -> Tensor:
    """Drop the whole input, or whole samples of it: what a residual branch computed (Huang et al. 2016).

    Args:
        p: the probability to drop; what stays is divided by 1 - p.
        mode: "row" draws for each sample ("drop path"), "batch" once for all.

    >>> import tinygrad_edu as tg
    >>> stochastic_depth(tg.ones(2, 1), 1.0).tolist()
    [[0.0], [0.0]]
    """
    if mode not in ("row", "batch"):
        raise OptionError(f"mode must be row or batch; got {mode!r}")
    shape = np.shape(input)
    return _by_shape(input, (shape[:1] if mode == "row" else (1,)) + (1,) * (len(shape) - 1), p, training)


class _Dropout(Module):
    function: Any

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        check_probability(p)
        self.p, self.inplace = p, inplace

    def forward(self, input: Any) -> Tensor:
        return type(self).function(input, self.p, self.training, self.inplace)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """`dropout` in training mode; in evaluation mode the input as it is.

    >>> import tinygrad_edu as tg
    >>> Dropout(0.9).eval()(tg.ones(3))
    tensor([1., 1., 1.])
    """

    function = staticmethod(dropout)


class Dropout1d(_Dropout):
    """`dropout1d` in training mode.

    >>> import tinygrad_edu as tg
    >>> x = Dropout1d(0.5)(tg.ones(2, 8, 4))
    >>> bool((x == x[..., :1]).all())  # a channel is dropped whole
    True
    """

    function = staticmethod(dropout1d)


class Dropout2d(_Dropout):
    """`dropout2d` in training mode.

    >>> import tinygrad_edu as tg
    >>> x = Dropout2d(0.5)(tg.ones(2, 8, 4, 4))
    >>> bool((x == x[..., :1, :1]).all())  # a channel is dropped whole
    True
    """

    function = staticmethod(dropout2d)


class Dropout3d(_Dropout):
    """`dropout3d` in training mode.

    >>> import tinygrad_edu as tg
    >>> x = Dropout3d(0.5)(tg.ones(2, 8, 4, 4, 4))
    >>> bool((x == x[..., :1, :1, :1]).all())  # a channel is dropped whole
    True
    """

    function = staticmethod(dropout3d)


class AlphaDropout(_Dropout):
    """`alpha_dropout` in training mode.

    >>> import tinygrad_edu as tg
    >>> _ = tg.manual_seed(0)
    >>> x = AlphaDropout(0.2)(tg.randn(10000))
    >>> round(abs(x.mean().item()), 1), round(x.std().item(), 1)  # mean and deviation stay
    (0.0, 1.0)
    """

    function = staticmethod(alpha_dropout)


class FeatureAlphaDropout(_Dropout):
    """`feature_alpha_dropout` in training mode.

    >>> import tinygrad_edu as tg
    >>> x = FeatureAlphaDropout(0.5)(tg.ones(2, 8, 4, 4))
    >>> bool((x == x[..., :1, :1]).all())  # a channel is dropped whole
    True
    """

    function = staticmethod(feature_alpha_dropout)


class StochasticDepth(Module):
    """`stochastic_depth` in training mode: `x + StochasticDepth(0.2)(branch(x))`.

    >>> import tinygrad_edu as tg
    >>> StochasticDepth(0.5).eval()(tg.ones(2, 1)).tolist()
    [[1.0], [1.0]]
    """

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        check_probability(p)
        self.p, self.mode = p, mode

    def forward(self, input: Any) -> Tensor:
        return stochastic_depth(input, self.p, self.mode, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}, mode={self.mode}"


class DropConnect(Module):
    """A layer whose weights, not its outputs, are dropped while training (Wan et al. 2013).

    Args:
        layer: any layer; its parameters stay its own.
        p: the probability that a weight becomes 0; the others are divided by 1 - p.
        names: of the layer's parameters to drop from.

    Raises:
        TinygradError: for a name that is no parameter of the layer.

    >>> import tinygrad_edu as tg
    >>> DropConnect(tg.nn.Linear(3, 2), p=0.5)(tg.ones(4, 3)).shape
    (4, 2)
    """

    def __init__(self, layer: Module, p: float = 0.5, names: tuple[str, ...] = ("weight",)) -> None:
        super().__init__()
        check_probability(p)
        missing = set(names) - {name for name, _ in layer.named_parameters(recurse=False)}
        if missing:
            raise TinygradError(f"{type(layer).__name__} has no such parameter.", got=", ".join(sorted(missing)))
        self.layer, self.p, self.names = layer, p, tuple(names)

    def forward(self, *args: Any, **keywords: Any) -> Any:
        if not self.training or not self.p:
            return self.layer(*args, **keywords)
        own = {name: vars(self.layer)[name] for name in self.names}
        try:
            vars(self.layer).update({name: dropout(w, self.p) for name, w in own.items()})
            return self.layer(*args, **keywords)
        finally:
            vars(self.layer).update(own)

    def extra_repr(self) -> str:
        return f"p={self.p}, names={self.names}"
