"""pooling: the largest, the average or the norm of each window, as functions and as layers, over 1 to 3 axes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import gates, random
from ..axes import each_axis
from ..errors import OptionError, ShapeError
from ..gates import pool
from ..gates.pool import Window
from ..tensor import Tensor, as_tensor
from .module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]

_FORMULA = {
    False: "floor((size + 2·padding - dilation·(kernel_size - 1) - 1) / stride) + 1",
    True: "ceil((size + 2·padding - dilation·(kernel_size - 1) - 1) / stride) + 1",
}
_AXES = ["", "L", "H, W", "D, H, W"]


# Arguments.


def checked(x: Any, n: int, name: str) -> Tensor:
    """x as a Tensor with n axes behind channels, and perhaps samples before them."""
    x = as_tensor(x)
    if x.ndim not in (n + 1, n + 2) or 0 in x.shape[x.ndim - n - 1 :]:
        raise ShapeError(
            f"{name} was given an input that it does not fit.",
            expected=f"(N, C, {_AXES[n]}) or (C, {_AXES[n]}), no size 0 but N",
            got=str(x.shape),
        )
    return x


def _window(
    x: Tensor, n: int, name: str, kernel: Any, stride: Any, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Window:
    """The arguments of a pooling as numbers for each axis, with the output's sizes; an error if it does not fit."""
    k = each_axis(kernel, n, f"{name}: kernel_size", 1)
    default = stride is None or (isinstance(stride, (tuple, list)) and not stride)
    s = k if default else each_axis(stride, n, f"{name}: stride", 1)
    p, d = each_axis(padding, n, f"{name}: padding"), each_axis(dilation, n, f"{name}: dilation", 1)
    if any(2 * b > c * (a - 1) + 1 for a, b, c in zip(k, p, d, strict=True)):
        raise ShapeError(
            f"{name}: padding is at most half of the kernel, or a window could see nothing but padding.",
            expected=f"at most {tuple((c * (a - 1) + 1) // 2 for a, c in zip(k, d, strict=True))}",
            got=f"padding={p}",
        )
    sizes = [_output_size(x, i - n, name, k[i], s[i], p[i], d[i], ceil_mode) for i in range(n)]
    return Window(k, s, p, d, tuple(sizes))


def _output_size(x: Tensor, axis: int, name: str, k: int, s: int, p: int, d: int, ceil_mode: bool) -> int:
    """The number of windows along an axis."""
    n = x.shape[axis]
    room = n + 2 * p - d * (k - 1) - 1
    size = (room + (s - 1 if ceil_mode else 0)) // s + 1
    if ceil_mode and (size - 1) * s >= n + p:  # the last window begins in the input or the padding before it
        size -= 1
    if size < 1:
        rounding = "ceil" if ceil_mode else "floor"
        raise ShapeError(
            f"{name}: the window does not fit into axis {axis} of the input; the output would have size {size}.",
            expected=f"{_FORMULA[ceil_mode]} >= 1",
            got=f"{rounding}(({n} + 2·{p} - {d}·({k} - 1) - 1) / {s}) + 1 = {size}, for input {x.shape}",
            mend="a smaller kernel_size, more padding, or one pooling less",
        )
    start = np.arange(size) * s - p
    first = np.maximum(-(start // d), 0)  # the first of each window's elements that is not before the input
    if ((first >= k) | (start + first * d >= n)).any():
        raise ShapeError(
            f"{name}: a window sees nothing but padding on axis {axis}.",
            got=f"size {n}, padding {p}, dilation {d}, kernel_size {k}",
            mend="less padding or dilation",
        )
    return size


# The largest.


def _max_pool(
    n: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool,
    return_indices: bool,
) -> Any:  # fmt: skip
    name = f"max_pool{n}d"
    x = checked(input, n, name)
    w = _window(x, n, name, kernel_size, stride, padding, dilation, ceil_mode)
    if not return_indices:
        return pool.max_pool(x, window=w)
    return _won(x, pool.max_pool_places(x._data, w), n, w.apart())


def _won(x: Tensor, index: np.ndarray, n: int, once: bool = False) -> tuple[Tensor, Tensor]:
    """The largest of each window, and where in its plane it is."""
    return pool.max_pool_at(x, index=_flat(index, x.shape[-n:]), flat=True, once=once), Tensor(index)


def _flat(index: np.ndarray, plane: tuple[int, ...]) -> np.ndarray:
    """Positions in planes as positions among all elements."""
    lead = index.shape[: index.ndim - len(plane)]
    first = np.arange(prod(lead)) * prod(plane)
    return index + first.reshape(*lead, *(1,) * len(plane))


def max_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """`max_pool2d` along one axis: (N, C, L) -> (N, C, L).

    >>> import tinygrad_edu as tg
    >>> max_pool1d(tg.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
    tensor([[3., 2.]])
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window: (N, C, H, W) -> (N, C, H, W); N may be missing.

    The upstream goes to the first of equals. A nan wins. Padding never wins.

    Args:
        kernel_size: of the window; a number, or one for each axis, as the next three.
        stride: from window to window; default: `kernel_size`.
        padding: how far windows reach over the border; at most half of the kernel.
        dilation: from element to element in a window.
        ceil_mode: whether a last window may hang over the end.
        return_indices: also the place of each winner in its plane, for `max_unpool2d`.

    Raises:
        ShapeError: if no window fits.
        OptionError: for a size or a step below 1.

    >>> import tinygrad_edu as tg
    >>> max_pool2d(tg.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """`max_pool2d` over three axes: (N, C, D, H, W) -> (N, C, D, H, W).

    >>> import tinygrad_edu as tg
    >>> max_pool3d(tg.ones(1, 3, 4, 4, 4), 2).shape
    (1, 3, 2, 2, 2)
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _adaptive(x: Any, n: int, name: str, output_size: Any) -> tuple[Tensor, list[np.ndarray]]:
    """The input, and what each window along each axis sees: the nth from floor(i·size/out) to ceil((i+1)·size/out)."""
    x = checked(x, n, name)
    given = [output_size] if np.ndim(output_size) == 0 else list(output_size)
    sizes = given * n if len(given) == 1 else given
    if len(sizes) != n or any(m is not None and m < 1 for m in sizes):
        raise ShapeError(f"{name}: output_size is a size (or None, to keep it) for each axis.", got=repr(output_size))
    return x, [_shares(size, size if m is None else int(m)) for size, m in zip(x.shape[-n:], sizes, strict=True)]


def _shares(n: int, size: int) -> np.ndarray:
    """The elements of n that each of `size` windows sees, (1, size, most); a shorter window repeats its last."""
    i = np.arange(size)[:, None]
    first, last = i * n // size, -(-(i + 1) * n // size) - 1
    return np.asarray(np.minimum(first + np.arange((last - first).max() + 1), last)[None])


def _regular(x: Tensor, places: list[np.ndarray]) -> Window | None:
    """The window of an adaptive pooling whose output sizes divide the input's."""
    n = len(places)
    plane, sizes = x.shape[-n:], tuple(own.shape[1] for own in places)
    if any(a % b for a, b in zip(plane, sizes, strict=True)):
        return None
    k = tuple(a // b for a, b in zip(plane, sizes, strict=True))
    return Window(k, k, (0,) * n, (1,) * n, sizes)


def _adaptive_max_pool(n: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    x, places = _adaptive(input, n, f"adaptive_max_pool{n}d", output_size)
    window = None if return_indices else _regular(x, places)
    if window is not None:
        return pool.max_pool(x, window=window)
    found = _won(x, pool.winners(x._data, places), n)
    return found if return_indices else found[0]


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool2d` along one axis: (N, C, L) -> (N, C, output_size).

    >>> import tinygrad_edu as tg
    >>> adaptive_max_pool1d(tg.arange(5.0).reshape(1, 5), 2)
    tensor([[2., 4.]])
    """
    return _adaptive_max_pool(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each of `output_size` windows that share the input among them.

    Args:
        input: (N, C, H, W); N may be missing.
        output_size: one for all axes or one for each; None keeps the input's.
        return_indices: also the place of each winner in its plane.

    Raises:
        ShapeError: for another number of sizes, or one below 1.

    >>> import tinygrad_edu as tg
    >>> adaptive_max_pool2d(tg.ones(1, 3, 4, 4), (2, None)).shape
    (1, 3, 2, 4)
    """
    return _adaptive_max_pool(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool2d` over three axes: (N, C, D, H, W).

    >>> import tinygrad_edu as tg
    >>> adaptive_max_pool3d(tg.ones(1, 3, 4, 4, 4), 2).shape
    (1, 3, 2, 2, 2)
    """
    return _adaptive_max_pool(3, input, output_size, return_indices)


def _fractional_max_pool(
    n: int, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any, return_indices: bool, samples: Any
) -> Any:
    name = f"fractional_max_pool{n}d"
    x = checked(input, n, name)
    k = each_axis(kernel_size, n, f"{name}: kernel_size", 1)
    sizes = _fractional_sizes(x.shape[-n:], output_size, output_ratio, name)
    for size, m, own in zip(x.shape[-n:], sizes, k, strict=True):
        if m < 1 or m + own - 1 > size:
            raise ShapeError(
                f"{name}: {m} windows of {own} do not fit.",
                expected=f"from 1 to size - kernel_size + 1 = {size} - {own} + 1 = {size - own + 1} windows",
                got=f"output_size {m}, for input {x.shape}",
            )
    planes = prod(x.shape[:-n])
    drawn = (random.rand(planes, n) if samples is None else as_tensor(samples))._data.reshape(planes, n)
    if n == 2:
        drawn = drawn[:, ::-1]  # PyTorch draws for the width first here, and last in 3d
    places = [_fraction(drawn[:, i], x.shape[i - n], sizes[i], k[i]) for i in range(n)]
    found = _won(x, pool.winners(x._data, places), n)
    return found if return_indices else found[0]


def _fractional_sizes(plane: tuple[int, ...], output_size: Any, output_ratio: Any, name: str) -> tuple[int, ...]:
    if (output_size is None) == (output_ratio is None):
        raise OptionError(f"{name} needs either output_size or output_ratio.")
    n = len(plane)
    if output_ratio is None:
        return each_axis(output_size, n, f"{name}: output_size")
    ratios = (output_ratio,) * n if np.ndim(output_ratio) == 0 else tuple(output_ratio)
    if len(ratios) != n or not all(0 < r < 1 for r in ratios):
        raise OptionError(f"{name}: output_ratio is between 0 and 1, one for each axis.", got=repr(output_ratio))
    return tuple(int(size * r) for size, r in zip(plane, ratios, strict=True))


def _fraction(sample: np.ndarray, n: int, size: int, k: int) -> np.ndarray:
    """What each window along an axis of n sees, (planes, size, k): steps of alpha from a random start."""
    first = np.full((len(sample), size), n - k)
    if size > 1:
        alpha = sample.dtype.type(n - k) / sample.dtype.type(size - 1)
        steps = ((np.arange(size - 1, dtype=sample.dtype) + sample[:, None]) * alpha).astype(np.int64)
        first[:, :-1] = steps - (sample * alpha).astype(np.int64)[:, None]
    return np.asarray(first[..., None] + np.arange(k))


def fractional_max_pool2d(
    input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """The largest element of windows at random steps, which shrink the input by any fraction.

    Each sample and channel draws its own steps. From Graham, "Fractional Max-Pooling" (2014).

    Args:
        input: (N, C, H, W); N may be missing.
        kernel_size: of the windows, which overlap; a number, or one for each axis, as the next two.
        output_size: how many windows; or instead
        output_ratio: of the output's size to the input's, from 0 to 1.
        return_indices: also the place of each winner in its plane.

    Raises:
        ShapeError: if so many windows do not fit.
        OptionError: for both of size and ratio, or neither, or a ratio out of its range.

    >>> import tinygrad_edu as tg
    >>> fractional_max_pool2d(tg.ones(1, 3, 4, 4), 2, output_ratio=0.5).shape
    (1, 3, 2, 2)
    """
    return _fractional_max_pool(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d(
    input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """`fractional_max_pool2d` over three axes: (N, C, D, H, W).

    >>> import tinygrad_edu as tg
    >>> fractional_max_pool3d(tg.ones(1, 3, 4, 4, 4), 2, output_size=3).shape
    (1, 3, 3, 3, 3)
    """
    return _fractional_max_pool(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


# And back.


def _max_unpool(
    n: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Tensor:
    name = f"max_unpool{n}d"
    x, index = checked(input, n, name), as_tensor(indices)._data
    if index.shape != x.shape or index.dtype.kind not in "iu":
        raise ShapeError(
            f"{name} needs an integer for each element.",
            expected=str(x.shape),
            got=f"{index.dtype}{list(index.shape)}",
        )
    k = each_axis(kernel_size, n, f"{name}: kernel_size", 1)
    s = k if stride is None else each_axis(stride, n, f"{name}: stride", 1)
    plane = _unpooled(x.shape[-n:], k, s, each_axis(padding, n, f"{name}: padding"), output_size, name)
    if index.size and (index.min() < 0 or index.max() >= prod(plane)):
        raise IndexError(f"{name}: an index is outside the output's plane {plane}")
    at = Tensor(_flat(index, plane).reshape(-1))
    lead = x.shape[:-n]
    empty = Tensor(np.zeros(prod(lead) * prod(plane), x.dtype))
    return gates.reshape(gates.index_put(empty, (at,), gates.reshape(x, -1)), (*lead, *plane))


def _unpooled(
    plane: tuple[int, ...], k: tuple[int, ...], s: tuple[int, ...], p: tuple[int, ...], output_size: Any, name: str
) -> tuple[int, ...]:
    default = tuple((m - 1) * b + a - 2 * c for m, a, b, c in zip(plane, k, s, p, strict=True))
    if output_size is None:
        return default
    n = len(plane)
    wished = tuple(int(m) for m in output_size)[-n:]
    if len(wished) != n or any(not m - b < w < m + b for w, m, b in zip(wished, default, s, strict=True)):
        raise ShapeError(
            f"{name} cannot give this output_size.",
            expected=f"from {tuple(m - b + 1 for m, b in zip(default, s, strict=True))} "
            f"to {tuple(m + b - 1 for m, b in zip(default, s, strict=True))}",
            got=repr(output_size),
        )
    return wished


def max_unpool1d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """`max_unpool2d` along one axis: (N, C, L) -> (N, C, L).

    >>> import tinygrad_edu as tg
    >>> x = tg.arange(4.0).reshape(1, 1, 4)
    >>> max_unpool1d(*max_pool1d(x, 2, return_indices=True), 2)
    tensor([[[0., 1., 0., 3.]]])
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """Zeros, with the winners of a max-pooling where they came from.

    Of two winners that came from one place the last stays, and only it gets a gradient (PyTorch
    sends one to both).

    Args:
        input: the winners, (N, C, H, W); N may be missing.
        indices: those that the pooling returned.
        kernel_size, stride, padding: those of the pooling.
        output_size: the input's of the pooling, where several sizes are possible.

    Raises:
        ShapeError: if `output_size` is impossible, or the shapes of input and indices differ.
        IndexError: if an index is outside the output.

    >>> import tinygrad_edu as tg
    >>> x = tg.arange(4.0).reshape(1, 2, 2)
    >>> max_unpool2d(*max_pool2d(x, 2, return_indices=True), 2)
    tensor([[[0., 0.],
             [0., 3.]]])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """`max_unpool2d` over three axes: (N, C, D, H, W) -> (N, C, D, H, W).

    >>> import tinygrad_edu as tg
    >>> x = tg.ones(1, 3, 4, 4, 4)
    >>> max_unpool3d(*max_pool3d(x, 2, return_indices=True), 2).shape
    (1, 3, 4, 4, 4)
    """
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


# The average.


def _avg_pool(
    n: int, name: str, input: Any, kernel_size: Any, stride: Any, padding: Any = 0, ceil_mode: bool = False,
    include_pad: bool = True, divisor: int | None = None,
) -> Tensor:  # fmt: skip
    x = checked(input, n, name)
    w = _window(x, n, name, kernel_size, stride, padding, 1, ceil_mode)
    if divisor == 0:
        raise OptionError(f"{name}: divisor_override must not be 0.")
    return pool.avg_pool(x, window=w, count=_counts(x.shape[-n:], w, include_pad) if divisor is None else divisor)


def _counts(plane: tuple[int, ...], w: Window, include_pad: bool) -> Any:
    """How many elements each window sees: a number if all see as many, else an array."""
    count: Any = 1
    for i, size in enumerate(plane):
        first = np.arange(w.size[i]) * w.stride[i] - w.padding[i]
        last = np.minimum(first + w.kernel[i], size + w.padding[i])
        seen = last - first if include_pad else np.minimum(last, size) - np.maximum(first, 0)
        seen = seen[0] if (seen == seen[0]).all() else seen.reshape(-1, *(1,) * (len(plane) - 1 - i))
        count = count * seen
    return count if np.ndim(count) else int(count)


def avg_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """`avg_pool2d` along one axis, but for `divisor_override`: (N, C, L) -> (N, C, L).

    >>> import tinygrad_edu as tg
    >>> avg_pool1d(tg.arange(4.0).reshape(1, 1, 4), 2)
    tensor([[[0.5000, 2.5000]]])
    """
    return _avg_pool(1, "avg_pool1d", input, kernel_size, stride, padding, ceil_mode, count_include_pad)


def avg_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The average of each window: (N, C, H, W) -> (N, C, H, W); N may be missing.

    Args:
        kernel_size: of the window; a number, or one for each axis, as the next two.
        stride: from window to window; default: `kernel_size`.
        padding: zeros around the input; at most half of the kernel.
        ceil_mode: whether a last window may hang over the end; what hangs over does not count.
        count_include_pad: whether the zeros of the padding count.
        divisor_override: divide the sums by this instead.

    Raises:
        ShapeError: if no window fits.
        OptionError: for a size or a step below 1, or a divisor of 0.

    >>> import tinygrad_edu as tg
    >>> avg_pool2d(tg.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    window = kernel_size, stride, padding, ceil_mode
    return _avg_pool(2, "avg_pool2d", input, *window, count_include_pad, divisor_override)


def avg_pool3d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """`avg_pool2d` over three axes: (N, C, D, H, W) -> (N, C, D, H, W).

    >>> import tinygrad_edu as tg
    >>> avg_pool3d(tg.ones(1, 3, 4, 4, 4), 2).shape
    (1, 3, 2, 2, 2)
    """
    window = kernel_size, stride, padding, ceil_mode
    return _avg_pool(3, "avg_pool3d", input, *window, count_include_pad, divisor_override)


def _adaptive_avg_pool(n: int, input: Any, output_size: Any) -> Tensor:
    x, places = _adaptive(input, n, f"adaptive_avg_pool{n}d", output_size)
    window = _regular(x, places)
    if window is not None:
        return pool.avg_pool(x, window=window, count=prod(window.kernel))
    for i, (own,) in enumerate(places):
        new = np.diff(own, axis=1, prepend=-1) != 0  # not a repetition of the last
        x = pool.resample(x, axis=x.ndim - n + i, index=own.T, weight=(new / new.sum(1, keepdims=True)).T)
    return x


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Tensor:
    """`adaptive_avg_pool2d` along one axis: (N, C, L) -> (N, C, output_size).

    >>> import tinygrad_edu as tg
    >>> adaptive_avg_pool1d(tg.arange(5.0).reshape(1, 5), 2)
    tensor([[1., 3.]])
    """
    return _adaptive_avg_pool(1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Tensor:
    """The averages of `output_size` windows that share the input among them.

    Args:
        input: (N, C, H, W); N may be missing.
        output_size: one for all axes or one for each; None keeps the input's.

    Raises:
        ShapeError: for another number of sizes, or one below 1.

    >>> import tinygrad_edu as tg
    >>> adaptive_avg_pool2d(tg.arange(16.0).reshape(1, 4, 4), 1)
    tensor([[[7.5000]]])
    """
    return _adaptive_avg_pool(2, input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Tensor:
    """`adaptive_avg_pool2d` over three axes: (N, C, D, H, W).

    >>> import tinygrad_edu as tg
    >>> adaptive_avg_pool3d(tg.ones(1, 3, 4, 4, 4), 2).shape
    (1, 3, 2, 2, 2)
    """
    return _adaptive_avg_pool(3, input, output_size)


# The norm.


def _lp_pool(n: int, input: Any, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Tensor:
    powers = gates.pow(as_tensor(input), norm_type)
    z = _avg_pool(n, f"lp_pool{n}d", powers, kernel_size, stride, ceil_mode=ceil_mode)
    z = gates.sign(z) * gates.relu(gates.abs(z))
    return gates.pow(z * prod(each_axis(kernel_size, n, "kernel_size")), 1.0 / norm_type)


def lp_pool1d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """`lp_pool2d` along one axis: (N, C, L) -> (N, C, L).

    >>> import tinygrad_edu as tg
    >>> lp_pool1d(tg.tensor([[3.0, 4.0]]), 2, 2)
    tensor([[5.]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The root of the sum of powers of each window: (Σ x^p)^(1/p), p being `norm_type`.

    As in PyTorch the sign of x counts where p is odd, a negative sum is nan, and a sum of 0 has the
    gradient nan.

    Args:
        input: (N, C, H, W); N may be missing.
        kernel_size, stride, ceil_mode: as for `avg_pool2d`.

    Raises:
        ShapeError, OptionError: as `avg_pool2d`.

    >>> import tinygrad_edu as tg
    >>> lp_pool2d(tg.ones(1, 4, 4), 2, 2)
    tensor([[[2., 2.],
             [2., 2.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """`lp_pool2d` over three axes: (N, C, D, H, W) -> (N, C, D, H, W).

    >>> import tinygrad_edu as tg
    >>> lp_pool3d(tg.ones(1, 3, 4, 4, 4), 2, 2).shape
    (1, 3, 2, 2, 2)
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


# The layers.


class _Pool(Module):
    """A layer that calls `function` on its input with its settings, which are named in its repr."""

    function: Any
    named: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()

    def forward(self, input: Any) -> Any:
        return type(self).function(input, **{name: getattr(self, name) for name in self.named + self.unnamed})

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.named)


class _MaxPool(_Pool):
    named = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    unnamed = ("return_indices",)

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode


class MaxPool1d(_MaxPool):
    """The largest element of each window over one axis: `max_pool1d` as a layer.

    >>> import tinygrad_edu as tg
    >>> MaxPool1d(2)(tg.tensor([[1.0, 5.0, 3.0, 2.0]]))
    tensor([[5., 3.]])
    """

    function = staticmethod(max_pool1d)


class MaxPool2d(_MaxPool):
    """The largest element of each window over two axes: `max_pool2d` as a layer.

    >>> import tinygrad_edu as tg
    >>> MaxPool2d(2)(tg.arange(16.0).reshape(1, 4, 4))
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """

    function = staticmethod(max_pool2d)


class MaxPool3d(_MaxPool):
    """The largest element of each window over three axes: `max_pool3d` as a layer.

    >>> import tinygrad_edu as tg
    >>> MaxPool3d(2)(tg.ones(1, 3, 8, 8, 8)).shape
    (1, 3, 4, 4, 4)
    """

    function = staticmethod(max_pool3d)


class _MaxUnpool(_Pool):
    named = ("kernel_size", "stride", "padding")

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, kernel_size if stride is None else stride, padding

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:  # type: ignore[override]
        settings = {name: getattr(self, name) for name in self.named}
        return type(self).function(input, indices, output_size=output_size, **settings)


class MaxUnpool1d(_MaxUnpool):
    """The winners of a max-pooling back in their places, over one axis: `max_unpool1d` as a layer.

    >>> import tinygrad_edu as tg
    >>> winners, places = max_pool1d(tg.tensor([[1.0, 5.0, 3.0, 2.0]]), 2, return_indices=True)
    >>> MaxUnpool1d(2)(winners, places)
    tensor([[0., 5., 3., 0.]])
    """

    function = staticmethod(max_unpool1d)


class MaxUnpool2d(_MaxUnpool):
    """The winners of a max-pooling back in their places, over two axes: `max_unpool2d` as a layer.

    >>> import tinygrad_edu as tg
    >>> x = tg.arange(4.0).reshape(1, 2, 2)
    >>> MaxUnpool2d(2)(*MaxPool2d(2, return_indices=True)(x))
    tensor([[[0., 0.],
             [0., 3.]]])
    """

    function = staticmethod(max_unpool2d)


class MaxUnpool3d(_MaxUnpool):
    """The winners of a max-pooling back in their places, over three axes: `max_unpool3d` as a layer.

    >>> import tinygrad_edu as tg
    >>> x = tg.ones(1, 3, 4, 4, 4)
    >>> MaxUnpool3d(2)(*MaxPool3d(2, return_indices=True)(x)).shape
    (1, 3, 4, 4, 4)
    """

    function = staticmethod(max_unpool3d)


class AvgPool1d(_Pool):
    """The average of each window over one axis: `avg_pool1d` as a layer.

    >>> import tinygrad_edu as tg
    >>> AvgPool1d(2)(tg.tensor([[1.0, 5.0, 3.0, 2.0]]))
    tensor([[3.0000, 2.5000]])
    """

    function = staticmethod(avg_pool1d)
    named = ("kernel_size", "stride", "padding")
    unnamed: tuple[str, ...] = ("ceil_mode", "count_include_pad")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, kernel_size if stride is None else stride, padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad


class _AvgPool(AvgPool1d):
    unnamed = ("ceil_mode", "count_include_pad", "divisor_override")

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.divisor_override = divisor_override


class AvgPool2d(_AvgPool):
    """The average of each window over two axes: `avg_pool2d` as a layer.

    >>> import tinygrad_edu as tg
    >>> AvgPool2d(2)(tg.arange(16.0).reshape(1, 4, 4))
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """

    function = staticmethod(avg_pool2d)


class AvgPool3d(_AvgPool):
    """The average of each window over three axes: `avg_pool3d` as a layer.

    >>> import tinygrad_edu as tg
    >>> AvgPool3d(2)(tg.ones(1, 3, 8, 8, 8)).shape
    (1, 3, 4, 4, 4)
    """

    function = staticmethod(avg_pool3d)


class _LPPool(_Pool):
    named = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode


class LPPool1d(_LPPool):
    """The p-norm of each window over one axis: `lp_pool1d` as a layer.

    >>> import tinygrad_edu as tg
    >>> LPPool1d(2, 2)(tg.tensor([[3.0, 4.0, 6.0, 8.0]]))
    tensor([[ 5., 10.]])
    """

    function = staticmethod(lp_pool1d)


class LPPool2d(_LPPool):
    """The p-norm of each window over two axes: `lp_pool2d` as a layer.

    >>> import tinygrad_edu as tg
    >>> LPPool2d(2, (1, 2))(tg.tensor([[[3.0, 4.0], [6.0, 8.0]]])).tolist()
    [[[5.0], [10.0]]]
    """

    function = staticmethod(lp_pool2d)


class LPPool3d(_LPPool):
    """The p-norm of each window over three axes: `lp_pool3d` as a layer.

    >>> import tinygrad_edu as tg
    >>> LPPool3d(2, 2)(tg.ones(1, 3, 8, 8, 8)).shape
    (1, 3, 4, 4, 4)
    """

    function = staticmethod(lp_pool3d)


class _AdaptiveAvgPool(_Pool):
    named = ("output_size",)

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The average of each of `output_size` windows over one axis: `adaptive_avg_pool1d` as a layer.

    >>> import tinygrad_edu as tg
    >>> AdaptiveAvgPool1d(2)(tg.arange(5.0).reshape(1, 5))  # of 0, 1, 2 and of 2, 3, 4
    tensor([[1., 3.]])
    """

    function = staticmethod(adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The average of each of `output_size` windows over two axes: `adaptive_avg_pool2d` as a layer.

    >>> import tinygrad_edu as tg
    >>> pool = AdaptiveAvgPool2d(1)
    >>> pool(tg.ones(1, 3, 7, 5)).shape, pool(tg.ones(1, 3, 32, 32)).shape
    ((1, 3, 1, 1), (1, 3, 1, 1))
    """

    function = staticmethod(adaptive_avg_pool2d)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The average of each of `output_size` windows over three axes: `adaptive_avg_pool3d` as a layer.

    >>> import tinygrad_edu as tg
    >>> AdaptiveAvgPool3d((None, 2, 1))(tg.ones(1, 3, 4, 5, 6)).shape
    (1, 3, 4, 2, 1)
    """

    function = staticmethod(adaptive_avg_pool3d)


class _AdaptiveMaxPool(_Pool):
    named = ("output_size",)
    unnamed = ("return_indices",)

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest of each of `output_size` windows over one axis: `adaptive_max_pool1d` as a layer.

    >>> import tinygrad_edu as tg
    >>> AdaptiveMaxPool1d(2)(tg.arange(5.0).reshape(1, 5))  # of 0, 1, 2 and of 2, 3, 4
    tensor([[2., 4.]])
    """

    function = staticmethod(adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest of each of `output_size` windows over two axes: `adaptive_max_pool2d` as a layer.

    >>> import tinygrad_edu as tg
    >>> AdaptiveMaxPool2d(1)(tg.arange(6.0).reshape(1, 2, 3))
    tensor([[[5.]]])
    """

    function = staticmethod(adaptive_max_pool2d)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest of each of `output_size` windows over three axes: `adaptive_max_pool3d` as a layer.

    >>> import tinygrad_edu as tg
    >>> AdaptiveMaxPool3d((None, 2, 1))(tg.ones(1, 3, 4, 5, 6)).shape
    (1, 3, 4, 2, 1)
    """

    function = staticmethod(adaptive_max_pool3d)


class _FractionalMaxPool(_Pool):
    named = ("kernel_size", "output_size", "output_ratio")
    unnamed = ("return_indices", "_random_samples")

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.output_size, self.output_ratio = kernel_size, output_size, output_ratio
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest element of windows at random steps over two axes: `fractional_max_pool2d` as a layer.

    >>> import tinygrad_edu as tg
    >>> FractionalMaxPool2d(2, output_ratio=0.7)(tg.ones(1, 3, 10, 20)).shape
    (1, 3, 7, 14)
    """

    function = staticmethod(fractional_max_pool2d)


class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest element of windows at random steps over three axes: `fractional_max_pool3d` as a layer.

    >>> import tinygrad_edu as tg
    >>> FractionalMaxPool3d(2, output_size=3)(tg.ones(1, 3, 8, 8, 8)).shape
    (1, 3, 3, 3, 3)
    """

    function = staticmethod(fractional_max_pool3d)
