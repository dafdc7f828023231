"""conv: convolution and transposed convolution over 1, 2 or 3 axes, and the layers that keep their weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..axes import each_axis
from ..devices import dtype_on
from ..errors import OptionError, ShapeError
from ..gates import window
from ..gates.pad import pad as pad_with
from ..gates.window import Sliding
from ..tensor import Tensor, as_tensor
from . import init
from .module import Module
from .parameter import Parameter

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "Fold",
    "Unfold",
]

_FORMULA = "(size + padding - dilation * (kernel - 1) - 1) // stride + 1"
_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


# Arguments, checked.


def _pairs(padding: Any, kernel: tuple[int, ...], stride: Any, dilation: Any) -> tuple[tuple[int, int], ...]:
    """The border (before, after) each axis, from a number, numbers, "valid" or "same"."""
    if not isinstance(padding, str):
        return tuple((p, p) for p in each_axis(padding, len(kernel), "padding"))
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding != "same":
        raise OptionError(f"padding is a number, numbers, 'same' or 'valid'; got {padding!r}")
    if set(stride) != {1}:
        raise OptionError(f"padding='same' needs a stride of 1; got {stride}")
    whole = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    return tuple((w // 2, w - w // 2) for w in whole)  # an odd one out goes after, as in PyTorch


def _batch(who: Any, n: int, x: Tensor, channels: int) -> tuple[Tensor, bool]:
    """The input with a batch axis, and whether it had none."""
    axes = ("length", "height, width", "depth, height, width")[n - 1]
    if x.ndim not in (n + 1, n + 2) or x.shape[-n - 1] != channels:
        raise ShapeError(
            f"{_said(who)} was given an input that it does not fit.",
            expected=f"(N, {channels}, {axes}) or ({channels}, {axes})",
            got=str(tuple(x.shape)),
            mend=f"x.unsqueeze({-n - 1}) adds the axis of one channel" if channels == 1 and x.ndim == n + 1 else "",
        )
    return (x[None], True) if x.ndim == n + 1 else (x, False)


def _said(who: Any) -> str:
    return f"{type(who).__name__}({who.extra_repr()})" if isinstance(who, Module) else who


def _check_places(who: Any, x: Tensor, kernel: Any, how: Sliding) -> tuple[int, ...]:
    """The output's size; an error with the formula in numbers if a window does not fit."""
    size = how.places(x.shape[2:], kernel)
    if min(size) < 1:
        rows = zip(x.shape[2:], how.padding, how.dilation, kernel, how.stride, size, strict=True)
        raise ShapeError(
            f"{_said(who)}: the window does not fit into the input.",
            expected=f"an output of at least 1 along each axis: {_FORMULA}",
            got="\n".join(
                f"axis {i + 2}: ({n} + {sum(p)} - {d} * ({k} - 1) - 1) // {s} + 1 = {z}"
                for i, (n, p, d, k, s, z) in enumerate(rows)
            ),
            mend="a smaller kernel_size or dilation, more padding, or a larger input",
        )
    return size


def _check_weight(who: Any, n: int, weight: Tensor, bias: Any, groups: int, outs: int, form: str) -> None:
    if weight.ndim != n + 2 or groups < 1 or weight.shape[0] % groups:
        raise ShapeError(
            f"{_said(who)}: the weight does not fit.",
            expected=f"{form} with {n} axes for the window, the first a multiple of groups={groups}",
            got=str(tuple(weight.shape)),
        )
    if bias is not None and tuple(np.shape(bias)) != (outs,):
        raise ShapeError(f"{_said(who)}: one bias an output channel.", expected=f"({outs},)", got=str(np.shape(bias)))


# The functions.


def _conv(
    who: Any, n: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int,
    algorithm: str,
) -> Tensor:  # fmt: skip
    input, weight = as_tensor(input), as_tensor(weight)
    _check_weight(who, n, weight, bias, groups, weight.shape[0], "(out, in / groups, *kernel_size)")
    kernel = tuple(weight.shape[2:])
    stride, dilation = each_axis(stride, n, "stride", 1), each_axis(dilation, n, "dilation", 1)
    x, alone = _batch(who, n, input, weight.shape[1] * groups)
    how = Sliding(stride, _pairs(padding, kernel, stride, dilation), dilation, groups, _known(algorithm))
    z = window.conv(x, weight, bias, size=_check_places(who, x, kernel, how), how=how)
    return z[0] if alone else z


def _known(algorithm: str) -> str:
    if algorithm not in ("auto", "direct"):
        raise OptionError(f"algorithm is 'auto' or 'direct'; got {algorithm!r}")
    return algorithm


def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
    *, algorithm: str = "auto",
) -> Tensor:  # fmt: skip
    """`conv2d` along one axis: (N, in, length) and (out, in / groups, k) -> (N, out, positions).

    >>> import tinygrad_edu as tg
    >>> conv1d(tg.tensor([[1.0, 2.0, 4.0]]), tg.tensor([[[-1.0, 1.0]]]))
    tensor([[1., 2.]])
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups, algorithm)


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
    *, algorithm: str = "auto",
) -> Tensor:  # fmt: skip
    """Weighted sums under a window that slides over images (cross-correlation, as everywhere in this field).

    z[n, o, i, j] = bias[o] + Σ_c Σ_a Σ_b weight[o, c, a, b] x[n, c, i·stride + a·dilation, j·stride + b·dilation]

    Args:
        input: images (N, in, height, width), or one without N.
        weight: (out, in / groups, kernel height, kernel width).
        bias: (out,), or None.
        stride: how far the window moves; a number, or one for each axis, as the next two.
        padding: zeros around the image; "same" for as many as keep its size, "valid" for none.
        dilation: how far apart the window's elements lie.
        groups: the channels in so many groups, each with its own weights; `in` of them: depthwise.
        algorithm: "direct" for sums in the order of the formula; "auto" may take fewer multiplications,
            where that is faster, and rounds float32 a little more: see `gates/winograd.py`.

    Raises:
        ShapeError: if these do not fit; with the formula of the output's size, in numbers, if the window does not.

    >>> import tinygrad_edu as tg
    >>> conv2d(tg.ones(1, 1, 3, 3), tg.ones(1, 1, 2, 2), padding=1)[0, 0]
    tensor([[1., 2., 2., 1.],
            [2., 4., 4., 2.],
            [2., 4., 4., 2.],
            [1., 2., 2., 1.]])
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups, algorithm)


def conv3d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
    *, algorithm: str = "auto",
) -> Tensor:  # fmt: skip
    """`conv2d` over three axes: (N, in, depth, height, width) and (out, in / groups, *kernel).

    >>> import tinygrad_edu as tg
    >>> conv3d(tg.ones(1, 2, 3, 3, 3), tg.ones(4, 2, 2, 2, 2)).shape
    (1, 4, 2, 2, 2)
    """
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups, algorithm)


def _conv_transpose(
    who: Any, n: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, output_padding: Any, groups: int,
    dilation: Any,
) -> Tensor:  # fmt: skip
    input, weight = as_tensor(input), as_tensor(weight)
    outs = weight.shape[1] * groups if weight.ndim > 1 else 0
    _check_weight(who, n, weight, bias, groups, outs, "(in, out / groups, *kernel_size)")
    stride, dilation = each_axis(stride, n, "stride", 1), each_axis(dilation, n, "dilation", 1)
    padding, more = each_axis(padding, n, "padding"), each_axis(output_padding, n, "output_padding")
    if any(m >= max(s, d) for m, s, d in zip(more, stride, dilation, strict=True)):
        raise ShapeError(
            f"{_said(who)}: output_padding is smaller than stride or dilation.",
            got=f"output_padding={more}, stride={stride}, dilation={dilation}",
        )
    x, alone = _batch(who, n, input, weight.shape[0])
    rows = list(zip(x.shape[2:], stride, padding, dilation, weight.shape[2:], more, strict=True))
    size = tuple((m - 1) * s - 2 * p + d * (k - 1) + o + 1 for m, s, p, d, k, o in rows)
    if min(size) < 1:
        raise ShapeError(
            f"{_said(who)}: nothing would be left of the output.",
            expected="at least 1: (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1",
            got="\n".join(
                f"axis {i + 2}: ({m} - 1) * {s} - 2 * {p} + {d} * ({k} - 1) + {o} + 1 = {z}"
                for i, ((m, s, p, d, k, o), z) in enumerate(zip(rows, size, strict=True))
            ),
        )
    how = Sliding(stride, tuple((p, p) for p in padding), dilation, groups)
    z = window.conv_input(x, weight, bias, size=size, how=how)
    return z[0] if alone else z


def conv_transpose1d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Tensor:  # fmt: skip
    """`conv_transpose2d` along one axis.

    >>> import tinygrad_edu as tg
    >>> conv_transpose1d(tg.tensor([[1.0, 2.0]]), tg.tensor([[[1.0, 10.0]]]))
    tensor([[ 1., 12., 20.]])
    """
    who = "conv_transpose1d"
    return _conv_transpose(who, 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Tensor:  # fmt: skip
    """Every element lays a window of weights, times itself; where windows overlap they add.

    It is the gradient of `conv2d` for its input, so it leads from that one's output size to its input size.

    Args:
        input: (N, in, height, width), or one without N.
        weight: (in, out / groups, kernel height, kernel width).
        bias: (out,), or None.
        stride: how far apart the windows are laid.
        padding: how much to cut off all around.
        output_padding: how much larger the output is at its ends: with a stride, several sizes lead to one.
        dilation: how far apart a window's elements lie.

    Raises:
        ShapeError: if these do not fit.

    >>> import tinygrad_edu as tg
    >>> conv_transpose2d(tg.ones(1, 8, 5, 5), tg.ones(8, 3, 3, 3), stride=2, padding=1, output_padding=1).shape
    (1, 3, 10, 10)
    """
    who = "conv_transpose2d"
    return _conv_transpose(who, 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Tensor:  # fmt: skip
    """`conv_transpose2d` over three axes.

    >>> import tinygrad_edu as tg
    >>> conv_transpose3d(tg.ones(1, 2, 3, 3, 3), tg.ones(2, 4, 2, 2, 2), stride=2).shape
    (1, 4, 6, 6, 6)
    """
    who = "conv_transpose3d"
    return _conv_transpose(who, 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """What lies under each position of a window, as columns: (N, C, H, W) -> (N, C·kernel elements, positions).

    Raises:
        ShapeError: if the window does not fit; with the formula of the output's size, in numbers.

    >>> import tinygrad_edu as tg
    >>> unfold(tg.arange(9.0).reshape(1, 1, 3, 3), 2)[0, :, 0]
    tensor([0., 1., 3., 4.])
    """
    x = as_tensor(input)
    kernel = each_axis(kernel_size, 2, "kernel_size", 1)
    how = _sliding(dilation, padding, stride)
    x, alone = _batch("unfold", 2, x, x.shape[-3] if x.ndim > 2 else 0)
    z = window.unfold(x, size=_check_places("unfold", x, kernel, how), window=kernel, how=how)
    return z[0] if alone else z


def fold(
    input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Columns laid back where `unfold` takes them from, and summed: (N, C·kernel elements, positions) -> (N, C, H, W).

    Raises:
        ShapeError: if there are not as many columns as positions, or as rows as channels times kernel elements.

    >>> import tinygrad_edu as tg
    >>> fold(unfold(tg.ones(1, 1, 3, 3), 2), 3, 2)[0, 0]
    tensor([[1., 2., 1.],
            [2., 4., 2.],
            [1., 2., 1.]])
    """
    y = as_tensor(input)
    size, kernel = each_axis(output_size, 2, "output_size", 1), each_axis(kernel_size, 2, "kernel_size", 1)
    how = _sliding(dilation, padding, stride)
    places = how.places(size, kernel)
    fits = y.ndim in (2, 3) and y.shape[-2] % math.prod(kernel) == 0
    if not fits or min(places) < 1 or y.shape[-1] != math.prod(places):
        raise ShapeError(
            "fold: there is one column for each position of the window.",
            expected=f"(N, C·{math.prod(kernel)}, {places[0]}·{places[1]}); positions: {_FORMULA}",
            got=str(tuple(y.shape)),
        )
    z = window.fold(y if y.ndim == 3 else y[None], size=size, window=kernel, how=how)
    return z if y.ndim == 3 else z[0]


def _sliding(dilation: Any, padding: Any, stride: Any) -> Sliding:
    before = each_axis(padding, 2, "padding")
    return Sliding(
        each_axis(stride, 2, "stride", 1), tuple((p, p) for p in before), each_axis(dilation, 2, "dilation", 1)
    )


# The layers.


class _Sliding(Module):
    """What all convolutions keep: how the window slides, the weight and the bias."""

    n: int
    transposed = False

    def _keep(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
        groups: int, bias: bool, padding_mode: str, device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise OptionError(f"groups must divide both channels; got {in_channels}, {out_channels} and {groups}")
        if padding_mode not in _MODES or (self.transposed and padding_mode != "zeros"):
            allowed = ["zeros"] if self.transposed else _MODES
            raise OptionError(f"padding_mode must be one of {', '.join(allowed)}; got {padding_mode!r}")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = each_axis(kernel_size, self.n, "kernel_size", 1)
        self.stride, self.dilation = each_axis(stride, self.n, "stride", 1), each_axis(dilation, self.n, "dilation", 1)
        self.padding = padding if isinstance(padding, str) else each_axis(padding, self.n, "padding")
        self.padding_mode = padding_mode
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        dtype = dtype_on(device, dtype)
        self.weight = Parameter(np.empty((first, second // groups, *self.kernel_size), dtype))
        self.bias = Parameter(np.empty(out_channels, dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weight and the bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        said = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        more = getattr(self, "output_padding", (0,))
        for name, value, shown in (
            ("padding", self.padding, isinstance(self.padding, str) or any(self.padding)),
            ("dilation", self.dilation, set(self.dilation) != {1}),
            ("output_padding", more, any(more)),
            ("groups", self.groups, self.groups != 1),
            ("bias", False, self.bias is None),
            ("padding_mode", self.padding_mode, self.padding_mode != "zeros"),
        ):
            said += f", {name}={value}" if shown else ""
        return said


class _Conv(_Sliding):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", *,
        algorithm: str = "auto", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        self._keep(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype
        )
        self.algorithm = _known(algorithm)
        self._pairs = _pairs(self.padding, self.kernel_size, self.stride, self.dilation)

    def forward(self, input: Any) -> Tensor:
        x = as_tensor(input)
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            _batch(self, self.n, x, self.in_channels)  # says what is wrong before the border does
            x = pad_with(x, [width for pair in reversed(self._pairs) for width in pair], _MODES[self.padding_mode])
            padding = 0
        return _conv(
            self, self.n, x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups, self.algorithm
        )


class _ConvTranspose(_Sliding):
    transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros",
        *, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        self.output_padding = each_axis(output_padding, self.n, "output_padding")
        self._keep(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype
        )

    def forward(self, input: Any, output_size: Any = None) -> Tensor:
        """The output; `output_size` picks one of the sizes that the stride allows (else `output_padding` does)."""
        more = self.output_padding if output_size is None else self._missing(np.shape(input), output_size)
        return _conv_transpose(
            self, self.n, input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )

    def _missing(self, shape: tuple[int, ...], wished: Any) -> tuple[int, ...]:
        """The output_padding that makes the output of the size wished for."""
        wished = tuple(wished)[-self.n :]
        axes: Any = zip(shape[-self.n :], self.stride, self.padding, self.dilation, self.kernel_size, strict=True)
        least = tuple((m - 1) * s - 2 * p + d * (k - 1) + 1 for m, s, p, d, k in axes)
        most = tuple(low + s - 1 for low, s in zip(least, self.stride, strict=True))
        if len(wished) != self.n or not all(a <= w <= b for a, w, b in zip(least, wished, most, strict=True)):
            raise ShapeError(
                f"{_said(self)} cannot make an output of that size.",
                expected=f"from {least} to {most}, for an input of {tuple(shape)}",
                got=str(wished),
            )
        return tuple(w - low for w, low in zip(wished, least, strict=True))


class Conv1d(_Conv):
    """`Conv2d` along one axis: (N, in_channels, length) -> (N, out_channels, positions).

    >>> import tinygrad_edu as tg
    >>> Conv1d(3, 8, 5, padding="same")(tg.ones(2, 3, 20)).shape
    (2, 8, 20)
    """

    n = 1


class Conv2d(_Conv):
    """Images under a sliding window: (N, in_channels, H, W) -> (N, out_channels, H', W').

    H' = (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1. As in PyTorch, weight and bias are drawn
    uniformly within ±1/sqrt(fan_in), fan_in = in_channels / groups · kernel elements.

    Args:
        kernel_size, stride, padding, dilation: a number, or one for each axis; padding also "same" or "valid".
        groups: the channels in so many groups, each with its own weights.
        bias: False for a layer without one.
        padding_mode: zeros, reflect, replicate or circular.
        algorithm: "auto" or "direct", see `functional.conv2d`.
        device: None or "cpu".
        dtype: of the parameters; default: `get_default_dtype()`.

    Attributes:
        weight: a Parameter of shape (out_channels, in_channels / groups, *kernel_size).
        bias: a Parameter of shape (out_channels,), or None.

    Raises:
        ShapeError: when called on an input of other channels, or smaller than the window.

    >>> import tinygrad_edu as tg
    >>> Conv2d(1, 16, 5)(tg.ones(64, 1, 28, 28)).shape
    (64, 16, 24, 24)
    """

    n = 2


class Conv3d(_Conv):
    """`Conv2d` over three axes: (N, in_channels, D, H, W) -> (N, out_channels, D', H', W').

    >>> import tinygrad_edu as tg
    >>> Conv3d(1, 2, 3)(tg.ones(1, 1, 4, 5, 6)).shape
    (1, 2, 2, 3, 4)
    """

    n = 3


class ConvTranspose1d(_ConvTranspose):
    """`ConvTranspose2d` along one axis.

    >>> import tinygrad_edu as tg
    >>> ConvTranspose1d(3, 8, 4, stride=2, padding=1)(tg.ones(2, 3, 20)).shape
    (2, 8, 40)
    """

    n = 1


class ConvTranspose2d(_ConvTranspose):
    """Every element lays a window: (N, in_channels, H, W) -> (N, out_channels, H', W').

    H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1.

    Args:
        kernel_size, stride, padding, output_padding, dilation: a number, or one for each axis; see
            `functional.conv_transpose2d`.
        groups, bias, device, dtype: as for `Conv2d`.
        padding_mode: zeros.

    Attributes:
        weight: a Parameter of shape (in_channels, out_channels / groups, *kernel_size).
        bias: a Parameter of shape (out_channels,), or None.

    Raises:
        ShapeError: when called on an input of other channels.

    >>> import tinygrad_edu as tg
    >>> ConvTranspose2d(8, 3, 3, stride=2, padding=1)(tg.ones(1, 8, 5, 5), output_size=(10, 10)).shape
    (1, 3, 10, 10)
    """

    n = 2


class ConvTranspose3d(_ConvTranspose):
    """`ConvTranspose2d` over three axes.

    >>> import tinygrad_edu as tg
    >>> ConvTranspose3d(2, 4, 2, stride=2)(tg.ones(1, 2, 3, 3, 3)).shape
    (1, 4, 6, 6, 6)
    """

    n = 3


class Unfold(Module):
    """`functional.unfold` as a module.

    >>> import tinygrad_edu as tg
    >>> Unfold(2)(tg.ones(5, 3, 4, 4)).shape
    (5, 12, 9)
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Any) -> Tensor:
        return unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """`functional.fold` as a module.

    >>> import tinygrad_edu as tg
    >>> Fold(4, 2)(tg.ones(5, 12, 9)).shape
    (5, 3, 4, 4)
    """

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input: Any) -> Tensor:
        return fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
