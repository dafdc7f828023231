"""padding: borders around the last axes, as layers."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from ..gates.pad import pad
from ..tensor import Tensor, as_tensor
from .module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """A border around the last `axes` axes, filled by `mode`.

    Args:
        padding: one width for all sides, or (before, after) of the last axis, then of the one before
            it, and so on; negative widths crop.

    Raises:
        ShapeError: for another number of widths; when called, for another number of axes than
            samples, channels and these, or a border that `mode` cannot fill.
    """

    axes: int
    mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        given = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,) * (2 * self.axes)
        if len(given) != 2 * self.axes:
            raise ShapeError(
                f"{type(self).__name__} takes one width, or one for each side of {self.axes} of the axes.",
                expected=f"{2 * self.axes} widths",
                got=repr(padding),
            )
        self.padding = given

    def forward(self, input: Any) -> Tensor:
        x = as_tensor(input)
        if self.mode != "constant" and x.ndim not in (self.axes + 1, self.axes + 2):
            raise ShapeError(
                f"{type(self).__name__}({self.extra_repr()}) was given an input that it does not fit.",
                expected=f"{self.axes + 1} or {self.axes + 2} axes: perhaps samples, channels, {self.axes} to pad",
                got=str(x.shape),
            )
        return pad(x, self.padding, self.mode, self._value())

    def _value(self) -> Any:
        return None

    def extra_repr(self) -> str:
        return str(self.padding)


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def _value(self) -> Any:
        return self.value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """A border of `value` around the last axis.

    >>> import tinygrad_edu as tg
    >>> ConstantPad1d((1, 0), 7.0)(tg.tensor([[1.0, 2.0]]))
    tensor([[7., 1., 2.]])
    """

    axes = 1


class ConstantPad2d(_ConstantPad):
    """A border of `value` around the last two axes.

    >>> import tinygrad_edu as tg
    >>> ConstantPad2d((1, 0, 0, 1), 7.0)(tg.tensor([[[1.0, 2.0]]])).tolist()  # left and below
    [[[7.0, 1.0, 2.0], [7.0, 7.0, 7.0]]]
    """

    axes = 2


class ConstantPad3d(_ConstantPad):
    """A border of `value` around the last three axes.

    >>> import tinygrad_edu as tg
    >>> ConstantPad3d(1, 7.0)(tg.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3


class _ZeroPad(_Pad):
    mode = "constant"


class ZeroPad1d(_ZeroPad):
    """A border of zeros around the last axis.

    >>> import tinygrad_edu as tg
    >>> ZeroPad1d(1)(tg.tensor([[1.0, 2.0]]))
    tensor([[0., 1., 2., 0.]])
    """

    axes = 1


class ZeroPad2d(_ZeroPad):
    """A border of zeros around the last two axes.

    >>> import tinygrad_edu as tg
    >>> ZeroPad2d((1, 0, 0, 1))(tg.tensor([[[1.0, 2.0]]])).tolist()  # left and below
    [[[0.0, 1.0, 2.0], [0.0, 0.0, 0.0]]]
    """

    axes = 2


class ZeroPad3d(_ZeroPad):
    """A border of zeros around the last three axes.

    >>> import tinygrad_edu as tg
    >>> ZeroPad3d(1)(tg.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3


class _ReflectionPad(_Pad):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPad):
    """A border that mirrors the last axis, without its edge.

    >>> import tinygrad_edu as tg
    >>> ReflectionPad1d(1)(tg.tensor([[1.0, 2.0, 3.0]]))
    tensor([[2., 1., 2., 3., 2.]])
    """

    axes = 1


class ReflectionPad2d(_ReflectionPad):
    """A border that mirrors the last two axes, without their edges.

    >>> import tinygrad_edu as tg
    >>> ReflectionPad2d((1, 0, 0, 1))(tg.tensor([[[1.0, 2.0], [3.0, 4.0]]])).tolist()  # left and below
    [[[2.0, 1.0, 2.0], [4.0, 3.0, 4.0], [2.0, 1.0, 2.0]]]
    """

    axes = 2


class ReflectionPad3d(_ReflectionPad):
    """A border that mirrors the last three axes, without their edges.

    >>> import tinygrad_edu as tg
    >>> ReflectionPad3d(1)(tg.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3


class _ReplicationPad(_Pad):
    mode = "replicate"


class ReplicationPad1d(_ReplicationPad):
    """A border that repeats the edge of the last axis.

    >>> import tinygrad_edu as tg
    >>> ReplicationPad1d(1)(tg.tensor([[1.0, 2.0]]))
    tensor([[1., 1., 2., 2.]])
    """

    axes = 1


class ReplicationPad2d(_ReplicationPad):
    """A border that repeats the edges of the last two axes.

    >>> import tinygrad_edu as tg
    >>> ReplicationPad2d((1, 0, 0, 1))(tg.tensor([[[1.0, 2.0], [3.0, 4.0]]])).tolist()  # left and below
    [[[1.0, 1.0, 2.0], [3.0, 3.0, 4.0], [3.0, 3.0, 4.0]]]
    """

    axes = 2


class ReplicationPad3d(_ReplicationPad):
    """A border that repeats the edges of the last three axes.

    >>> import tinygrad_edu as tg
    >>> ReplicationPad3d(1)(tg.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3


class _CircularPad(_Pad):
    mode = "circular"


class CircularPad1d(_CircularPad):
    """A border as if the last axis began anew where it ends.

    >>> import tinygrad_edu as tg
    >>> CircularPad1d(1)(tg.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1.]])
    """

    axes = 1


class CircularPad2d(_CircularPad):
    """A border as if the last two axes began anew where they end.

    >>> import tinygrad_edu as tg
    >>> CircularPad2d((1, 0, 1, 0))(tg.tensor([[[1.0, 2.0], [3.0, 4.0]]])).tolist()
    [[[4.0, 3.0, 4.0], [2.0, 1.0, 2.0], [4.0, 3.0, 4.0]]]
    """

    axes = 2


class CircularPad3d(_CircularPad):
    """A border as if the last three axes began anew where they end.

    >>> import tinygrad_edu as tg
    >>> CircularPad3d(1)(tg.ones(1, 2, 3, 4)).shape
    (1, 4, 5, 6)
    """

    axes = 3
