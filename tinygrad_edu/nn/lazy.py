"""lazy: layers that read how many features or channels come in from the first input they see."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tensor import Tensor, written
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .module import Module
from .normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .parameter import Parameter, UninitializedParameter

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
]


class _Lazy(Module):
    """The layer that `becomes` names, without its first argument: that is 0 until the first call.

    Its parameters are there from the start, so an optimizer may have them, but they are empty. The first
    call draws them, in the same Parameters, and makes this object an ordinary layer of that class.
    """

    becomes: type[Any]
    axis: int  # of the input, along which the features or channels lie

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(0, *args, **keywords)  # type: ignore[call-arg]
        self._asked = args, keywords
        for name, p in self._own_parameters():
            setattr(self, name, UninitializedParameter(np.empty(0, p.dtype)))

    def forward(self, input: Any, *args: Any, **keywords: Any) -> Any:
        shape = np.shape(input)
        if not -len(shape) <= self.axis < len(shape):
            raise ShapeError(f"{type(self).__name__} cannot tell its width from such an input.", got=str(shape))
        self._become(shape[self.axis])
        return self.forward(input, *args, **keywords)

    def _become(self, width: int) -> None:
        args, keywords = self._asked
        for t in (*self.parameters(), *self.buffers()):
            if t.is_floating_point():
                keywords = {**keywords, "dtype": t.dtype}  # it may have been cast meanwhile
        layer = self.becomes(width, *args, **keywords)
        del self._asked
        for name, value in vars(layer).items():
            mine = vars(self).get(name)
            if isinstance(mine, Tensor):
                mine._data = value._data
                written(mine)
                if isinstance(mine, Parameter):
                    mine.__class__ = Parameter
            else:
                vars(self)[name] = value
        self.__class__ = self.becomes


class LazyLinear(_Lazy, Linear):
    """`Linear` whose `in_features` is the last axis of the first input; takes what `Linear` takes after it.

    Until then its parameters are empty: call the network once before you initialize or load them.

    Raises:
        TinygradError: from `nn.init`, before the first call.

    >>> import tinygrad_edu as tg
    >>> layer = LazyLinear(2)
    >>> layer(tg.ones(5, 3)).shape, layer
    ((5, 2), Linear(in_features=3, out_features=2, bias=True)  # training mode)
    """

    becomes, axis = Linear, -1


class LazyConv1d(_Lazy, Conv1d):
    """`Conv1d` whose `in_channels` are those of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> LazyConv1d(8, 3)(tg.ones(1, 4, 9)).shape
    (1, 8, 7)
    """

    becomes, axis = Conv1d, -2


class LazyConv2d(_Lazy, Conv2d):
    """`Conv2d` whose `in_channels` are those of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> LazyConv2d(8, 3, padding=1)(tg.ones(1, 4, 9, 9)).shape
    (1, 8, 9, 9)
    """

    becomes, axis = Conv2d, -3


class LazyConv3d(_Lazy, Conv3d):
    """`Conv3d` whose `in_channels` are those of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> LazyConv3d(8, 3)(tg.ones(1, 4, 9, 9, 9)).shape
    (1, 8, 7, 7, 7)
    """

    becomes, axis = Conv3d, -4


class LazyConvTranspose1d(_Lazy, ConvTranspose1d):
    """`ConvTranspose1d` whose `in_channels` are those of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> LazyConvTranspose1d(8, 3)(tg.ones(1, 4, 9)).shape
    (1, 8, 11)
    """

    becomes, axis = ConvTranspose1d, -2


class LazyConvTranspose2d(_Lazy, ConvTranspose2d):
    """`ConvTranspose2d` whose `in_channels` are those of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> LazyConvTranspose2d(8, 3)(tg.ones(1, 4, 9, 9)).shape
    (1, 8, 11, 11)
    """

    becomes, axis = ConvTranspose2d, -3


class LazyConvTranspose3d(_Lazy, ConvTranspose3d):
    """`ConvTranspose3d` whose `in_channels` are those of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> LazyConvTranspose3d(8, 3)(tg.ones(1, 4, 9, 9, 9)).shape
    (1, 8, 11, 11, 11)
    """

    becomes, axis = ConvTranspose3d, -4


class LazyBatchNorm1d(_Lazy, BatchNorm1d):
    """`BatchNorm1d` whose `num_features` are the channels of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> layer = LazyBatchNorm1d()
    >>> layer(tg.ones(2, 4)).shape, layer.num_features
    ((2, 4), 4)
    """

    becomes, axis = BatchNorm1d, 1


class LazyBatchNorm2d(_Lazy, BatchNorm2d):
    """`BatchNorm2d` whose `num_features` are the channels of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> layer = LazyBatchNorm2d()
    >>> layer(tg.ones(2, 4, 9, 9)).shape, layer.num_features
    ((2, 4, 9, 9), 4)
    """

    becomes, axis = BatchNorm2d, 1


class LazyBatchNorm3d(_Lazy, BatchNorm3d):
    """`BatchNorm3d` whose `num_features` are the channels of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> layer = LazyBatchNorm3d()
    >>> layer(tg.ones(2, 4, 9, 9, 9)).shape, layer.num_features
    ((2, 4, 9, 9, 9), 4)
    """

    becomes, axis = BatchNorm3d, 1


class _LazyInstanceNorm(_Lazy):
    def __init__(
        self, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True, track_running_stats: bool = True,
        **keywords: Any,
    ) -> None:  # fmt: skip
        super().__init__(eps, momentum, affine, track_running_stats, **keywords)


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """`InstanceNorm1d` whose `num_features` are the channels of the first input; see `LazyLinear`.

    As in PyTorch, by default it learns a weight and a bias and tracks statistics, which `InstanceNorm1d` does not.

    >>> import tinygrad_edu as tg
    >>> layer = LazyInstanceNorm1d()
    >>> layer(tg.ones(2, 4, 9)).shape, layer.num_features, layer.affine
    ((2, 4, 9), 4, True)
    """

    becomes, axis = InstanceNorm1d, -2


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """`InstanceNorm2d` whose `num_features` are the channels of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> layer = LazyInstanceNorm2d()
    >>> layer(tg.ones(2, 4, 9, 9)).shape, layer.num_features
    ((2, 4, 9, 9), 4)
    """

    becomes, axis = InstanceNorm2d, -3


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """`InstanceNorm3d` whose `num_features` are the channels of the first input; see `LazyLinear`.

    >>> import tinygrad_edu as tg
    >>> layer = LazyInstanceNorm3d()
    >>> layer(tg.ones(2, 4, 9, 9, 9)).shape, layer.num_features
    ((2, 4, 9, 9, 9), 4)
    """

    becomes, axis = InstanceNorm3d, -4
