"""upsampling: images at another size, and channels as pixels: interpolate, Upsample, PixelShuffle."""

from __future__ import annotations

from math import floor
from typing import Any

import numpy as np

from .. import gates
from ..errors import OptionError, ShapeError
from ..gates import pool
from ..tensor import Tensor, as_tensor
from . import pooling
from .module import Module

__all__ = [
    "ChannelShuffle",
    "PixelShuffle",
    "PixelUnshuffle",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]

_LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}  # and the number of axes of each


# The elements that each output along one axis is made of, and their weights: (taps, outputs) each.


def _nearest(n: int, size: int, scale: float, exact: bool) -> tuple[np.ndarray, np.ndarray]:
    """Outputs are as far apart as `scale`; at float32, as PyTorch computes them."""
    at = np.arange(size, dtype=np.float32) + np.float32(0.5 if exact else 0)
    index = np.minimum(np.floor(at * np.float32(scale)).astype(np.int64), n - 1)
    return index[None], np.ones((1, size))


def _centers(n: int, size: int, scale: float, align_corners: bool) -> np.ndarray:
    """Where the outputs lie on the input's axis: corner on corner, or edge on edge."""
    if align_corners:
        return np.arange(size) * _apart(n, size)
    return (np.arange(size) + 0.5) * scale - 0.5


def _apart(n: int, size: int) -> float:
    """The distance between outputs if corner lies on corner."""
    return (n - 1) / (size - 1) if size > 1 else 0.0


def _linear(n: int, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    at = np.maximum(at, 0)
    low = np.minimum(at.astype(np.int64), n - 1)
    share = np.clip(at - low, 0, 1)
    return np.stack([low, np.minimum(low + 1, n - 1)]), np.stack([1 - share, share])


# Keys' cubic convolution (1981): the weight of a pixel at distance d, up to 1, and from 1 to 2.


def cubic_near(d: Any, a: float) -> Any:
    """((a + 2) d - (a + 3)) d^2 + 1."""
    return ((a + 2) * d - (a + 3)) * d * d + 1


def cubic_far(d: Any, a: float) -> Any:
    """a (d^3 - 5 d^2 + 8 d - 4)."""
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a


def _keys(d: np.ndarray, a: float) -> np.ndarray:
    d = np.abs(d)
    return np.where(d <= 1, cubic_near(d, a), np.where(d < 2, cubic_far(d, a), 0.0))


def _cubic(n: int, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Beyond the edge the edge is repeated."""
    around = np.floor(at).astype(np.int64) + np.array([[-1], [0], [1], [2]])
    return np.clip(around, 0, n - 1), _keys(at - around, a=-0.75)


def _antialiased(n: int, m: int, scale: float, mode: str) -> tuple[np.ndarray, np.ndarray]:
    """A filter as wide as what one output pixel covers, so that none between is skipped; cut at the edge."""
    wide = max(scale, 1.0)
    reach = wide * (2 if mode == "bicubic" else 1)
    center = (np.arange(m) + 0.5) * scale
    low = np.maximum((center - reach + 0.5).astype(np.int64), 0)
    high = np.minimum((center + reach + 0.5).astype(np.int64), n)
    index = low + np.arange((high - low).max(initial=1))[:, None]
    distance = (index - center + 0.5) / wide
    weight = _keys(distance, a=-0.5) if mode == "bicubic" else np.maximum(1 - np.abs(distance), 0)
    weight = np.where(index < high, weight, 0.0)
    return np.minimum(index, n - 1), weight / weight.sum(0)


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """The input at another size: (N, C, …) -> (N, C, …), one axis after another.

    Args:
        size: the output's, one for all axes or one for each; or instead
        scale_factor: of the output to the input; the output's size is rounded down.
        mode: nearest, nearest-exact (at the centers of pixels), linear (N, C, L), bilinear and bicubic
            (N, C, H, W), trilinear (N, C, D, H, W), or area (`adaptive_avg_pool`).
        align_corners: for linear modes and bicubic, whether the corner pixels' centers stay in place;
            else their outer edges do.
        recompute_scale_factor: whether the scale is that of the rounded sizes.
        antialias: for bilinear and bicubic, made smaller: every input pixel counts, as in Pillow.

    Raises:
        ShapeError: for a number of axes that `mode` is not for, or an output without a pixel.
        OptionError: for both or neither of size and scale_factor, an unknown mode, or align_corners
            or antialias where it has no meaning.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[[1.0, 2.0]]])
    >>> interpolate(x, scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    >>> interpolate(x, size=3, mode="linear", align_corners=True)
    tensor([[[1.0000, 1.5000, 2.0000]]])
    """
    x = as_tensor(input)
    _check_mode(x, mode, align_corners, antialias)
    plane = x.shape[2:]
    sizes, scales = _sizes(plane, size, scale_factor, recompute_scale_factor)
    if mode == "area":
        return getattr(pooling, f"adaptive_avg_pool{len(plane)}d")(x, sizes)  # type: ignore[no-any-return]
    for i, (n, m, scale) in enumerate(zip(plane, sizes, scales, strict=True)):
        if mode.startswith("nearest"):
            index, weight = _nearest(n, m, scale, mode == "nearest-exact")
        elif antialias:
            index, weight = _antialiased(n, m, _apart(n, m) if align_corners else scale, mode)
        else:
            at = _centers(n, m, scale, bool(align_corners))
            index, weight = (_cubic if mode == "bicubic" else _linear)(n, at)
        x = pool.resample(x, axis=2 + i, index=index, weight=weight)
    return x


def _check_mode(x: Tensor, mode: str, align_corners: bool | None, antialias: bool) -> None:
    if mode not in _LINEAR and mode not in ("nearest", "nearest-exact", "area"):
        raise OptionError(
            f"interpolate has no mode {mode!r}.", expected=", ".join(("nearest, nearest-exact, area", *_LINEAR))
        )
    if align_corners is not None and mode not in _LINEAR:
        raise OptionError(f"interpolate: align_corners has no meaning for mode {mode!r}.", expected="None")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise OptionError(
            f"interpolate: antialias has no meaning for mode {mode!r}.", expected="mode bilinear or bicubic"
        )
    axes = (_LINEAR[mode],) if mode in _LINEAR else (1, 2, 3)
    if x.ndim - 2 not in axes or 0 in x.shape[1:]:
        raise ShapeError(
            f"interpolate: mode {mode!r} is not for an input of this shape.",
            expected=" or ".join(f"(N, C, {('L', 'H, W', 'D, H, W')[n - 1]})" for n in axes) + ", no size 0 but N",
            got=str(x.shape),
        )


def _sizes(plane: tuple[int, ...], size: Any, factor: Any, recompute: bool | None) -> tuple[list[int], list[float]]:
    """The output's sizes, and how far apart its pixels are on the input's axes."""
    if (size is None) == (factor is None):
        raise OptionError("interpolate takes either size or scale_factor.", got=f"{size} and {factor}")
    n = len(plane)
    given = size if factor is None else factor
    each = (given,) * n if np.ndim(given) == 0 else tuple(given)
    if len(each) != n:
        raise ShapeError(f"interpolate takes one size or scale_factor, or one for each of {n} axes.", got=repr(given))
    sizes = [int(m) if factor is None else floor(a * m) for a, m in zip(plane, each, strict=True)]
    if min(sizes) < 1:
        raise ShapeError("interpolate: the output would have no pixel.", got=f"size {tuple(sizes)} from {plane}")
    if factor is None or recompute:
        return sizes, [a / m for a, m in zip(plane, sizes, strict=True)]
    return sizes, [1 / f for f in each]


class Upsample(Module):
    """`interpolate` as a layer.

    >>> import tinygrad_edu as tg
    >>> Upsample(scale_factor=2, mode="bilinear")(tg.ones(1, 1, 2, 3)).shape
    (1, 1, 4, 6)
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size, self.scale_factor, self.mode = size, scale_factor, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, input: Any) -> Tensor:
        return interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        how = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{how}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Images at another size, each pixel the nearest: `Upsample` with mode nearest.

    >>> import tinygrad_edu as tg
    >>> UpsamplingNearest2d(scale_factor=2)(tg.tensor([[[[1.0, 2.0]]]])).tolist()
    [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]]
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor)


class UpsamplingBilinear2d(Upsample):
    """Images at another size: `Upsample` with mode bilinear and align_corners.

    >>> import tinygrad_edu as tg
    >>> UpsamplingBilinear2d(size=(1, 3))(tg.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1.0000, 1.5000, 2.0000]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)


# Channels as pixels.


def _image(input: Any, name: str, fits: Any, what: str) -> Tensor:
    x = as_tensor(input)
    if x.ndim < 3 or not fits(*x.shape[-3:]):
        raise ShapeError(f"{name}: the input does not fit.", expected=f"(…, C, H, W), {what}", got=str(x.shape))
    return x


def pixel_shuffle(input: Any, upscale_factor: int) -> Tensor:
    """Each group of r² channels as one of r times the height and width: (…, C·r², H, W) -> (…, C, H·r, W·r).

    Raises:
        ShapeError: if r² does not divide the number of channels.

    >>> import tinygrad_edu as tg
    >>> pixel_shuffle(tg.arange(4.0).reshape(4, 1, 1), 2).tolist()
    [[[0.0, 1.0], [2.0, 3.0]]]
    """
    r = upscale_factor
    fits = lambda c, h, w: r > 0 and c % (r * r) == 0  # noqa: E731
    x = _image(input, "pixel_shuffle", fits, f"C divisible by {r}² = {r * r}")
    *lead, c, h, w = x.shape
    k = len(lead)
    x = gates.reshape(x, (*lead, c // (r * r), r, r, h, w))
    x = gates.permute(x, (*range(k), k, k + 3, k + 1, k + 4, k + 2))
    return gates.reshape(x, (*lead, c // (r * r), h * r, w * r))


def pixel_unshuffle(input: Any, downscale_factor: int) -> Tensor:
    """The way back from `pixel_shuffle`: (…, C, H·r, W·r) -> (…, C·r², H, W).

    Raises:
        ShapeError: if r does not divide the height and the width.

    >>> import tinygrad_edu as tg
    >>> pixel_unshuffle(tg.arange(4.0).reshape(1, 2, 2), 2).shape
    (4, 1, 1)
    """
    r = downscale_factor
    fits = lambda c, h, w: r > 0 and h % r == 0 and w % r == 0  # noqa: E731
    x = _image(input, "pixel_unshuffle", fits, f"H and W divisible by {r}")
    *lead, c, h, w = x.shape
    k = len(lead)
    x = gates.reshape(x, (*lead, c, h // r, r, w // r, r))
    x = gates.permute(x, (*range(k), k, k + 2, k + 4, k + 1, k + 3))
    return gates.reshape(x, (*lead, c * r * r, h // r, w // r))


def channel_shuffle(input: Any, groups: int) -> Tensor:
    """The channels in `groups`, one of each group in turn: (N, C, …) -> (N, C, …).

    Raises:
        ShapeError: if `groups` does not divide the number of channels.

    >>> import tinygrad_edu as tg
    >>> channel_shuffle(tg.arange(4.0).reshape(1, 4, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    x = as_tensor(input)
    if x.ndim < 3 or groups < 1 or x.shape[1] % groups:
        raise ShapeError(
            "channel_shuffle: the input does not fit.", expected=f"(N, C, …), C divisible by {groups}", got=str(x.shape)
        )
    n, c, *rest = x.shape
    return gates.reshape(gates.transpose(gates.reshape(x, (n, groups, c // groups, *rest)), 1, 2), x.shape)


class PixelShuffle(Module):
    """`pixel_shuffle` as a layer: (…, C·r², H, W) -> (…, C, H·r, W·r).

    >>> import tinygrad_edu as tg
    >>> PixelShuffle(2)(tg.arange(4.0).reshape(4, 1, 1)).tolist()
    [[[0.0, 1.0], [2.0, 3.0]]]
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Any) -> Tensor:
        return pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """`pixel_unshuffle` as a layer: (…, C, H·r, W·r) -> (…, C·r², H, W).

    >>> import tinygrad_edu as tg
    >>> PixelUnshuffle(2)(tg.ones(1, 3, 8, 8)).shape
    (1, 12, 4, 4)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Any) -> Tensor:
        return pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """`channel_shuffle` as a layer.

    >>> import tinygrad_edu as tg
    >>> ChannelShuffle(2)(tg.arange(4.0).reshape(1, 4, 1)).flatten()
    tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Any) -> Tensor:
        return channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
