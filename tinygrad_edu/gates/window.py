"""window: convolution and its two adjoints, unfold and fold: a small window slides over an image.

One output element is the sum of a window's elements, each times a weight. So z is linear in x and in
w, and there are three gates, z from (x, w), x's gradient from (g, w), w's gradient from (g, x). The
rules of each are the other two; that is why the second derivative, and the transposed convolution,
cost no further rule. All three are for any number of axes.

Each is one matrix product of the weights with the *columns*: a matrix with a column for each position
of the window, that holds what lies under it. A whole one would be K times as large as the image (K:
the elements of a window), so it is built, used and overwritten a tile of some megabytes at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .. import record
from ..record import run
from ..threads import shared, work_space
from . import winograd

__all__ = ["Sliding", "conv", "conv_input", "conv_weight", "fold", "unfold"]

_TILE = 2**22  # bytes of columns at a time; in smaller tiles two threads wait for each other's Python
_FEW = 9  # channels, below which their innermost runs are too short to copy quickly
_SHORT = 32  # positions in a row of all images, below which a product for each row is not worth its call


class Sliding(NamedTuple):
    """How a window slides: for each axis its stride, the zeros (before, after), its dilation; and the groups."""

    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    groups: int = 1
    algorithm: str = "auto"

    def padded(self, size: Any) -> tuple[int, ...]:
        """The size of an image with its border."""
        return tuple(n + before + after for n, (before, after) in zip(size, self.padding, strict=True))

    def places(self, size: Any, window: Any) -> tuple[int, ...]:
        """How many positions a window has along each axis: the output's size (less than 1: it does not fit)."""
        axes = zip(self.padded(size), window, self.dilation, self.stride, strict=True)
        return tuple((n - d * (k - 1) - 1) // s + 1 for n, k, d, s in axes)

    def inside(self, size: Any) -> Any:
        """Where in the padded image the image is."""
        return tuple(slice(before, before + n) for n, (before, _) in zip(size, self.padding, strict=True))


# Memory. Images are (n, groups, channels, *size) here, as a view of memory in one of two orders:
# channels last (n, *size, groups, channels), where a window's row is one long run; or, for few
# channels, images last (groups, channels, *size, n), where a row of positions is one long run.
# Elementwise gates keep the order of memory, so the next layer finds what this one left.


def _last(channels: int) -> bool:
    return channels >= _FEW


def _images(make: Any, shape: tuple[int, ...], last: bool) -> Any:
    """New images (n, groups, channels, *size) in one of the two orders, made by `make(shape)`."""
    n, groups, channels, *size = shape
    if last:
        a = make((n, *size, groups, channels))
        return a.transpose(0, a.ndim - 2, a.ndim - 1, *range(1, a.ndim - 2))
    a = make((groups, channels, *size, n))
    return a.transpose(a.ndim - 1, *range(a.ndim - 1))


def _grouped(x: Any, groups: int) -> Any:
    """(N, C, *S) as (N, groups, C / groups, *S), a view."""
    n, c, *size = x.shape
    step = x.strides
    return as_strided(x, (n, groups, c // groups, *size), (step[0], step[1] * (c // groups), *step[1:]))


def _rows(rows: int, width: int) -> tuple[int, int]:
    """How many matrices there are for so many rows of positions, and how wide each is."""
    return (rows, width) if width >= _SHORT else (1, rows * width)


def _matrix(images: Any, last: bool) -> Any:
    """Images (n, groups, channels, *size) as (groups, some, channels, positions): a view if their order is this one.

    Where images lie last there is a matrix for each row that is not short: OpenBLAS takes small ones as they are,
    and rearranges large.
    """
    n, groups, channels, rows, *size = images.shape
    axes, width = range(3, images.ndim), math.prod(size) * n
    if last:
        matrix = images.transpose(1, 0, *axes, 2).reshape(groups, 1, rows * width, channels)
        return matrix.swapaxes(2, 3)
    return images.transpose(1, 2, *axes, 0).reshape(groups, channels, *_rows(rows, width)).swapaxes(1, 2)


def _weights(w: Any, groups: int, last: bool) -> Any:
    """(O, c, *K) as (groups, 1, O / groups, c·K), the columns' order."""
    if last and w.ndim > 2:
        w = np.moveaxis(w, 1, -1)
    return w.reshape(groups, 1, w.shape[0] // groups, math.prod(w.shape[1:]))


def _product(a: Any, b: Any, out: Any) -> None:
    """out = a @ b; NumPy is slow where `out` is a transpose, and where there is nothing to sum (depthwise)."""
    if a.shape[3] == 1:
        np.multiply(a, b, out=out)
    elif out.strides[-1] == out.itemsize:
        np.matmul(a, b, out=out)
    else:
        np.matmul(b.swapaxes(2, 3), a.swapaxes(2, 3), out=out.swapaxes(2, 3))


# Columns.


class _Columns:
    """The matrices of columns of `x`'s windows, a tile at a time."""

    def __init__(self, x_shape: Any, window: Any, size: Any, how: Sliding, dtype: Any, last: bool) -> None:
        self.shape, self.window, self.size, self.how, self.dtype, self.last = x_shape, window, size, how, dtype, last
        self.channels = x_shape[1] // how.groups
        # A window of one element that takes each in turn: the columns are the image itself.
        self.plain = math.prod(window) == 1 and x_shape[2:] == size and not any(map(any, how.padding))
        self.bytes = x_shape[1] * math.prod(window) * math.prod(size) * dtype.itemsize  # of one image

    def share(self, work: Any, n: int, size: int) -> list[Any]:
        """What `work(images, rows)` returns for each thread's part: of n images, or where these lie last, of rows.

        Args:
            size: how much there is to do in all: products taken.
        """
        rows = self.size[0]
        if self.last:
            return shared(lambda start, stop: work(slice(start, stop), slice(0, rows)), n, size)
        return shared(lambda start, stop: work(slice(0, n), slice(start, stop)), rows, size)

    def tiles(self, images: slice, rows: slice) -> Iterator[tuple[slice, list[slice]]]:
        """Images, and for each the rows of their outputs to take at a time."""
        several = max(1, _TILE // max(1, self.bytes)) if self.last else max(1, images.stop - images.start)
        of_row = several * self.bytes / max(1, self.size[0])
        at_once = max(1, int(_TILE // max(1, of_row)))
        for a in range(images.start, images.stop, several):
            yield (
                slice(a, min(a + several, images.stop)),
                [slice(r, min(r + at_once, rows.stop)) for r in range(rows.start, rows.stop, at_once)],
            )

    def empty(self, n: int, rows: slice) -> tuple[Any, Any]:
        """Work space for a tile, as matrices (groups, some, c·K, positions) and as (n, groups, c, *K, *size)."""
        groups, nd = self.how.groups, len(self.window)
        size = (rows.stop - rows.start, *self.size[1:])
        width, height = n * math.prod(size[1:]), self.channels * math.prod(self.window)
        if self.last:
            a = work_space("columns", (groups, n, *size, *self.window, self.channels), self.dtype)
            view = a.transpose(1, 0, a.ndim - 1, *range(2 + nd, 2 + 2 * nd), *range(2, 2 + nd))
            return a.reshape(groups, 1, size[0] * width, height).swapaxes(2, 3), view
        a = work_space("columns", (groups, self.channels, *self.window, *size, n), self.dtype)
        view = a.transpose(a.ndim - 1, *range(a.ndim - 1))
        return a.reshape(groups, height, *_rows(size[0], width)).swapaxes(1, 2), view

    def bordered(self, x: Any) -> Any:
        """Images with their border of zeros, in this order of memory."""
        x = _grouped(x, self.how.groups)
        if not any(map(any, self.how.padding)) and (self.last or x.strides[0] == x.itemsize):
            return x
        n, groups, channels, *size = x.shape
        shape = (n, groups, channels, *self.how.padded(size))
        out = _images(lambda s: work_space("bordered", s, self.dtype), shape, self.last)
        out[...] = 0
        out[(..., *self.how.inside(size))] = x
        return out

    def of(self, x: Any, rows: slice) -> Any:
        """The columns (groups, some, c·K, positions) of images with their border."""
        if self.plain:
            return _matrix(x[:, :, :, rows], self.last)
        matrix, view = self.empty(x.shape[0], rows)
        view[...] = self.under(x, rows)
        return matrix

    def under(self, x: Any, rows: slice) -> Any:
        """What lies under the windows, without a copy: (n, groups, c, *K, *size)."""
        how, steps = self.how, x.strides[3:]
        x = x[:, :, :, rows.start * how.stride[0] :]
        shape = (*x.shape[:3], *self.window, rows.stop - rows.start, *self.size[1:])
        within = (d * step for d, step in zip(how.dilation, steps, strict=True))
        between = (s * step for s, step in zip(how.stride, steps, strict=True))
        return as_strided(x, shape, (*x.strides[:3], *within, *between), writeable=False)

    def add(self, view: Any, x: Any, rows: slice) -> None:
        """The adjoint of `of`: add a tile's columns to where they came from. `view` is (n, groups, c, *K, *size)."""
        how, size = self.how, (rows.stop - rows.start, *self.size[1:])
        first = (rows.start * how.stride[0], *[0] * (len(size) - 1))
        for k in product(*map(range, self.window)):
            where: Any = [
                slice(f + i * d, f + i * d + s * (n - 1) + 1, s)
                for f, i, d, s, n in zip(first, k, how.dilation, how.stride, size, strict=True)
            ]
            x[(..., *where)] += view[(slice(None), slice(None), slice(None), *k)]


def _new(shape: tuple[int, ...], last: bool, dtype: Any) -> Any:
    """New images (N, C, *S) in one of the two orders."""
    axes = range(2, len(shape))
    return winograd.new_images(shape, (0, *axes, 1) if last else (1, *axes, 0), dtype)


# The three gates' forwards.


def _conv(x: Any, w: Any, b: Any, size: Any, how: Sliding) -> Any:
    if winograd.serves(len(x), x.dtype, w.shape, size, how):
        return winograd.conv(x, w, b, size, how)
    last = _last(w.shape[1])
    columns = _Columns(x.shape, w.shape[2:], size, how, x.dtype, last)
    weights = _weights(w, how.groups, last)
    found = _new((len(x), w.shape[0], *size), last, x.dtype)
    out = _grouped(found, how.groups)
    bias = None if b is None else b.reshape(how.groups, 1, -1, 1)

    def part(images: slice, rows: slice) -> None:
        for some, tiles in columns.tiles(images, rows):
            bordered = columns.bordered(x[some])
            for tile in tiles:
                z = _matrix(out[some, :, :, tile], last)
                _product(weights, columns.of(bordered, tile), z)
                if bias is not None:
                    z += bias

    columns.share(part, len(x), out.size * weights.shape[3])
    return found


def _conv_input(g: Any, w: Any, b: Any, size: Any, how: Sliding) -> Any:
    if winograd.serves(len(g), g.dtype, w.shape, size, how):
        return winograd.conv_input(g, w, b, size, how)
    n, groups, window = len(g), how.groups, w.shape[2:]
    last = _last(w.shape[1])
    columns = _Columns((n, groups * w.shape[1], *size), window, g.shape[2:], how, g.dtype, last)
    weights = _weights(w, groups, last).swapaxes(2, 3)
    found = _new((n, groups * w.shape[1], *size), last, g.dtype)
    out = _grouped(found, groups)
    g = _grouped(g, groups)
    inside, padded, plain = how.inside(size), how.padded(size), columns.plain

    def part(start: int, stop: int) -> None:
        for images, tiles in columns.tiles(slice(start, stop), slice(0, columns.size[0])):
            whole = out[images]
            if padded != size:
                whole = _images(lambda s: work_space("bordered", s, g.dtype), (*whole.shape[:3], *padded), last)
            whole[...] = 0
            for rows in tiles:
                matrix, view = (_matrix(whole[:, :, :, rows], last), None) if plain else columns.empty(len(whole), rows)
                _product(weights, _matrix(g[images, :, :, rows], last), matrix)
                if not plain:
                    columns.add(view, whole, rows)
            if padded != size:
                out[images] = whole[(..., *inside)]
            if b is not None:
                out[images] += b.reshape(groups, -1, *[1] * len(size))

    if last:
        shared(part, n, g.size * weights.shape[2])
    else:  # some of the images that lie last are short pieces of memory: two threads take longer than one
        part(0, n)
    return found


def _conv_weight(g: Any, x: Any, size: Any, how: Sliding) -> Any:
    if winograd.serves(len(x), x.dtype, (g.shape[1], x.shape[1], *size), g.shape[2:], how):
        return winograd.conv_weight(g, x, size, how)
    n, groups = len(x), how.groups
    channels, outs = x.shape[1] // groups, g.shape[1] // groups
    last = _last(channels)
    columns = _Columns(x.shape, size, g.shape[2:], how, x.dtype, last)
    g = _grouped(g, groups)

    def part(images: slice, rows: slice) -> Any:
        total = np.zeros((groups, outs, channels * math.prod(size)), x.dtype)
        for some, tiles in columns.tiles(images, rows):
            bordered = columns.bordered(x[some])
            for tile in tiles:
                upstream = _matrix(g[some, :, :, tile], last)
                total += np.add.reduce(np.matmul(upstream, columns.of(bordered, tile).swapaxes(2, 3)), axis=1)
        return total

    total, *rest = columns.share(part, n, g.size * channels * math.prod(size))
    for each in rest:
        total += each
    if last:
        return np.ascontiguousarray(np.moveaxis(total.reshape(groups * outs, *size, channels), -1, 1))
    return total.reshape(groups * outs, channels, *size)


def _for_bias(g: Any) -> Any:
    return np.sum(g, axis=(0, *range(2, g.ndim)))


conv: Any = record.gate(
    "conv",
    _conv,
    lambda g, z, x, w, b, size, how: run(conv_input, g, w, None, size=x.shape[2:], how=how),
    lambda g, z, x, w, b, size, how: run(conv_weight, g, x, size=w.shape[2:], how=how),
    lambda g, z, x, w, b, size, how: _for_bias(g),
    kind="switch",
    local=("w, wherever a window covers it", "x under the windows", "1 for every output of its channel"),
    says="""Weighted sums under a sliding window: images (N, C, *S), weights (O, C / groups, *K) -> (N, O, *size).

    >>> import numpy as np
    >>> x, w = np.arange(5.0).reshape(1, 1, 5), np.array([[[1.0, 10.0]]])
    >>> conv(x, w, None, size=(4,), how=Sliding((1,), ((0, 0),), (1,))).tolist()
    [[[10.0, 21.0, 32.0, 43.0]]]
    """,
)
conv_input: Any = record.gate(
    "conv_input",
    _conv_input,
    lambda g, z, y, w, b, size, how: run(conv, g, w, None, size=y.shape[2:], how=how),
    lambda g, z, y, w, b, size, how: run(conv_weight, y, g, size=w.shape[2:], how=how),
    lambda g, z, y, w, b, size, how: _for_bias(g),
    kind="switch",
    local=("w, under its window", "x where its window lies", "1 for every output of its channel"),
    says="""Each element of x lays a window of weights: conv's gradient for x, and the transposed convolution.

    From (N, O, *), weights (O, C / groups, *K) and a bias (C,) or None to (N, C, *size).

    >>> import numpy as np
    >>> x, w = np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]])
    >>> conv_input(x, w, None, size=(3,), how=Sliding((1,), ((0, 0),), (1,))).tolist()
    [[[1.0, 12.0, 20.0]]]
    """,
)
conv_weight: Any = record.gate(
    "conv_weight",
    _conv_weight,
    lambda g, z, y, x, size, how: run(conv, x, g, None, size=y.shape[2:], how=how),
    lambda g, z, y, x, size, how: run(conv_input, y, g, None, size=x.shape[2:], how=how),
    kind="switch",
    local=("y under its window", "x wherever a window covers it"),
    says="""What each weight was multiplied by, times x, summed: conv's gradient for w.

    From x (N, O, *) and images y (N, C, *S) to (O, C / groups, *size).
    """,
)


# The columns themselves.


def _unfold(x: Any, size: Any, window: Any, how: Sliding) -> Any:
    columns = _Columns(x.shape, window, size, how, x.dtype, False)
    under = columns.under(columns.bordered(x), slice(0, size[0]))
    return np.array(under).reshape(len(x), x.shape[1] * math.prod(window), math.prod(size))


def _fold(y: Any, size: Any, window: Any, how: Sliding) -> Any:
    n, channels = len(y), y.shape[1] // math.prod(window)
    places = how.places(size, window)
    columns = _Columns((n, channels, *size), window, places, how, y.dtype, False)
    whole = np.zeros((n, 1, channels, *how.padded(size)), y.dtype)
    columns.add(y.reshape(n, 1, channels, *window, *places), whole, slice(0, places[0]))
    return np.ascontiguousarray(whole[(..., *how.inside(size))]).reshape(n, channels, *size)


unfold: Any = record.gate(
    "im2col",
    _unfold,
    lambda g, z, x, size, window, how: run(fold, g, size=x.shape[2:], window=window, how=how),
    kind="reshape",
    local=("1, once for each window that covers it",),
    says="What lies under each position of a window, as a column: (N, C, *S) -> (N, C·K, positions).",
)
fold: Any = record.gate(
    "col2im",
    _fold,
    lambda g, z, y, size, window, how: run(unfold, g, size=how.places(size, window), window=window, how=how),
    kind="reshape",
    local=("1, in place",),
    says="Columns laid back where they came from and summed: (N, C·K, positions) -> (N, C, *size).",
)
