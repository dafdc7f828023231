"""winograd: convolution with a third to a sixth of the multiplications (Winograd 1980; Lavin and Gray 2015).

Along one axis, m neighbouring outputs of a window of r elements see n = m + r - 1 inputs. Directly they
take m·r multiplications. But a polynomial of degree n - 1 is known from its values at n points: evaluate
both factors there, multiply the n values, and interpolate. Toom and Cook's product of two polynomials,
read backwards (transposed), is such a row of outputs:

    y = Aᵀ [(G w) ∘ (Bᵀ x)]        A: m columns, G: r columns, Bᵀ: n x n, ∘: element by element

In two axes the same matrices act from both sides. Bᵀ x costs additions for every image, but the ∘, a sum
over channels for each of the n² points, is a matrix product, and there all the time goes: for 3x3 windows
and 4x4 outputs, 36 multiplications instead of 144; for 5x5 windows, 64 instead of 400.

The price is rounding: interpolation adds and subtracts large numbers. In float32, relative to the largest
output, it is off by about 6e-6 at 64 channels and 1.5e-5 at 512 (the gradient of the weights by up to
3e-5), where the direct sum is off by 5e-7; in float64 by 2e-14. And a nan or an infinity spreads over its
tile. `algorithm="direct"` does without.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..threads import shared, work_space

__all__ = ["conv", "conv_input", "conv_weight", "serves", "transforms"]

_M = 4  # outputs of a tile along an axis
_POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)  # and infinity: small numbers, so that powers stay small
_CHUNK = 2**20  # bytes of transformed tiles at a time: they stay in the cache
_LEAST = 16  # channels, below which transforming tiles costs more than it saves
_ENOUGH = 128  # tiles, below which transforming the weights does


def serves(count: int, dtype: Any, w_shape: Any, size: Any, how: Any) -> bool:
    """Whether this algorithm applies and is the faster one: 3x3 or 5x5, one step at a time, enough channels and tiles.

    >>> from tinygrad_edu.gates.window import Sliding
    >>> serves(32, np.dtype("float32"), (64, 64, 3, 3), (32, 32), Sliding((1, 1), ((1, 1), (1, 1)), (1, 1)))
    True
    """
    return (
        how.algorithm == "auto"
        and dtype in (np.float32, np.float64)  # G has fractions, and a half too few digits
        and w_shape[2:] in ((3, 3), (5, 5))
        and min(w_shape[:2]) >= _LEAST
        and min(size) >= _M
        and count * math.prod(size) >= _ENOUGH * _M**2
        and how.groups == 1
        and {*how.stride, *how.dilation} == {1}
        and max(map(max, how.padding)) < w_shape[2]  # else the way back would have to crop
    )


@cache
def transforms(m: int, r: int, dtype: Any) -> tuple[Any, Any, Any]:
    """Aᵀ (m, n), G (n, r) and Bᵀ (n, n) for m outputs of a window of r.

    >>> a, g, b = transforms(2, 3, np.dtype(float))
    >>> w, x = np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 2.0, 5.0])
    >>> a @ ((g @ w) * (b @ x)), np.correlate(x, w)
    (array([ 9., 20.]), array([ 9., 20.]))
    """
    n = m + r - 1
    points = np.array(_POINTS[: n - 1])

    def values(width: int) -> Any:
        """A polynomial's coefficients -> its values at the points; at infinity, its last coefficient."""
        return np.vstack([np.vander(points, width, increasing=True), np.eye(1, width, width - 1)])

    # Where Bᵀ takes whole numbers it rounds least: what they are too large by goes into G.
    scale = np.array([*(math.prod(p - q for q in points if q != p) for p in points), 1.0])[:, None]
    found = values(m).T, values(r) / scale, np.linalg.inv(values(n)).T * scale
    return tuple(np.ascontiguousarray(a, dtype) for a in found)  # type: ignore[return-value]


# One chunk of images after another takes the same steps through the same work space. All views are made
# beforehand, for chunks of one size: while a thread is in Python, the others may have to wait for it.


def _both(t: Any, rest: tuple[int, ...], here: Any, there: Any) -> tuple[list[Any], Any]:
    """t a tᵀ over the first two axes of the tiles a (p, p, *rest) that lie `here`: the steps, and (q, q, *rest).

    The result lies `here` again; `there` is overwritten. The first step is p products, not a wide one: OpenBLAS
    is three times as quick at products small enough to take as they are.
    """
    (q, p), wide = t.shape, math.prod(rest)
    a, half, whole = (space[: m * n * wide].reshape(m, n, wide)
                      for space, m, n in ((here, p, p), (there, q, p), (here, q, q)))  # fmt: skip
    return [(t, a.swapaxes(0, 1), half.swapaxes(0, 1)), (t, half, whole)], whole.reshape(q, q, *rest)


def _through(
    first: Any, rest: tuple[int, ...], weights: Any, last: Any, here: Any, there: Any
) -> tuple[list[Any], Any]:
    """The steps from tiles that lie `here`, (p, p, *rest), through `first`, the weights and `last`; and the result."""
    (*places, channels), (points, _, outs) = rest, weights.shape
    steps, a = _both(first, rest, here, there)
    products = there[: points * math.prod(places) * outs].reshape(points, -1, outs)
    more, z = _both(last, (*places, outs), there, here)
    return [*steps, (a.reshape(points, -1, channels), weights, products), *more], z


def _go(steps: list[Any]) -> None:
    for a, b, out in steps:
        np.matmul(a, b, out)


class _Tiles:
    """Tiles of n x n, `_M` apart, of images (N, C, H, W), zeros around: (n, n, count, rows, columns, C) at a time.

    Args:
        corner: where in x the tile of row 0 and column 0 begins.
        space: the memory to put them in.
        border: the name of the work space for images with their border.
    """

    def __init__(
        self, x: Any, corner: tuple[int, int], n: int, count: int, rows: int, columns: int, space: Any, border: str
    ) -> None:
        channels, shape = x.shape[1], (n, n, count, rows, columns, x.shape[1])
        self.x, self.corner, self.tall, self.wide = x, corner, (rows - 1) * _M + n, (columns - 1) * _M + n
        self.image = work_space(border, (count, self.tall, self.wide, channels), x.dtype)
        step = self.image.strides
        strides = (step[1], step[2], step[0], _M * step[1], _M * step[2], step[3])
        self.under = as_strided(self.image, shape, strides, writeable=False)
        self.tiles = space[: math.prod(shape)].reshape(shape)
        self.at: Any = None  # the rows whose border is in place

    def load(self, images: slice, some: range) -> None:
        """Put in the tiles of these images, in these rows of tiles."""
        top, left, (height, width) = self.corner[0] + some.start * _M, self.corner[1], self.x.shape[2:]
        y = slice(max(top, 0), min(top + self.tall, height))
        x = slice(max(left, 0), min(left + self.wide, width))
        if some != self.at:
            self.image[...] = 0
            self.at = some
        inside = self.image[:, y.start - top : y.stop - top, x.start - left : x.stop - left]
        inside[...] = channels_last(self.x[images, :, y, x])
        self.tiles[...] = self.under


def _lay(z: Any, out: Any) -> None:
    """Tiles (a, b, N, rows, columns, O) side by side as (N, rows·a, columns·b, O), cut to what `out` holds."""
    _, _, count, rows, columns, channels = z.shape
    fits = out.shape[1:3] == (rows * _M, columns * _M)
    whole = out if fits else work_space("whole", (count, rows * _M, columns * _M, channels), out.dtype)
    whole.reshape(count, rows, _M, columns, _M, channels)[...] = z.transpose(2, 3, 0, 4, 1, 5)
    if not fits:
        out[...] = whole[:, : out.shape[1], : out.shape[2]]


def _spaces(number: int, size: int, dtype: Any) -> list[Any]:
    """Some of this thread's work spaces, for `size` elements each."""
    return [work_space(f"space {i}", (size,), dtype) for i in range(number)]


def new_images(shape: tuple[int, ...], order: tuple[int, ...], dtype: Any) -> Any:
    """New images of this shape whose axes lie in memory in this order.

    Not a view, as a transpose would be: the walk back copies a view before a leaf may keep it.
    """
    strides, step = [0] * len(shape), np.dtype(dtype).itemsize
    for axis in reversed(order):
        strides[axis] = step
        step *= max(1, shape[axis])
    return np.empty_like(as_strided(np.empty(0, dtype), shape, strides))


def channels_last(x: Any) -> Any:
    """Images (N, C, H, W) as (N, H, W, C), ready to be copied in that order.

    If rows of channels lie 4096 bytes apart, as in 32 x 32 images, they all claim the same few lines of
    the cache, and reading across them takes six times as long. So they are spread first.
    """
    n, c, h, w = x.shape
    if x.strides[1] != x.itemsize and h * w * x.itemsize % 1024 == 0:
        spread = work_space("spread", (n, c, h * w + 16), x.dtype)[:, :, : h * w]
        spread.reshape(n, c, h, w)[...] = x
        x = spread.reshape(n, c, h, w)
    return x.transpose(0, 2, 3, 1)


def _chunks(start: int, stop: int, rows: int, row_bytes: int, weights: int) -> Any:
    """Images and rows of their tiles to take at a time: more where all the weights, in bytes, are read for each."""
    chunk = max(_CHUNK, min(weights, 8 * _CHUNK))
    images = max(1, chunk // max(1, rows * row_bytes))
    at_once = max(1, min(rows, chunk // max(1, row_bytes)))
    for a in range(start, stop, images):
        for r in range(0, rows, at_once):
            yield slice(a, min(a + images, stop)), range(r, min(r + at_once, rows))


def _each(start: int, stop: int, rows: int, row_bytes: int, weights: int, plan: Any) -> None:
    """Take every chunk through what `plan(images, rows)` made for its size."""
    plans: dict[tuple[int, int], Any] = {}
    for images, some in _chunks(start, stop, rows, row_bytes, weights):
        size = images.stop - images.start, len(some)
        if size not in plans:
            plans = {size: plan(*size)}  # the others' work space is overwritten
        plans[size](images, some)


def _once(t: Any, a: Any) -> Any:
    """t a tᵀ for what is done once, not for every chunk: (p, p, C, O) -> (q·q, C, O)."""
    return np.matmul(t, np.matmul(t, a.reshape(len(a), -1)).reshape(len(t), len(a), -1)).reshape(-1, *a.shape[2:])


def conv(x: Any, w: Any, b: Any, size: Any, how: Any) -> Any:
    """The forward of `window.conv`: images (N, C, H, W) and weights (O, C, k, k) -> (N, O, *size)."""
    outs, channels, k, _ = w.shape
    at, g, bt = transforms(_M, k, x.dtype)
    n = len(bt)
    weights = _once(g, w.transpose(2, 3, 1, 0))
    rows, columns = (-(-s // _M) for s in size)
    found = new_images((len(x), outs, *size), (0, 2, 3, 1), x.dtype)
    out = found.transpose(0, 2, 3, 1)
    corner = (-how.padding[0][0], -how.padding[1][0])
    most = n * n * columns * max(channels, outs)  # elements of a row of tiles

    def plan(count: int, rows: int) -> Any:
        here, there = _spaces(2, most * count * rows, x.dtype)
        tiles = _Tiles(x, corner, n, count, rows, columns, here, "bordered")
        steps, z = _through(bt, (count, rows, columns, channels), weights, at, here, there)

        def go(images: slice, some: range) -> None:
            tiles.load(images, some)
            _go(steps)
            if b is not None:
                np.add(z, b, z)
            _lay(z, out[images, some.start * _M : some.stop * _M])

        return go

    def part(start: int, stop: int) -> None:
        _each(start, stop, rows, most * x.itemsize, weights.nbytes, plan)

    shared(part, len(x), out.size * channels * k * k)
    return found


def conv_input(g: Any, w: Any, b: Any, size: Any, how: Any) -> Any:
    """The forward of `window.conv_input`: the same with each window turned round, and as much border as it needs."""
    k = w.shape[2]
    if not any(map(any, how.padding)) and 2 * _count(size) > 3 * _count(g.shape[2:]):
        return _spread(g, w, b, size)
    turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    return conv(g, turned, b, size, how._replace(padding=tuple((k - 1 - p, k - 1 - q) for p, q in how.padding)))


def _count(size: Any) -> int:
    """How many tiles cover an image."""
    return math.prod(-(-s // _M) for s in size)


def _spread(g: Any, w: Any, b: Any, size: Any) -> Any:
    """`conv_input` where the border would make many tiles of few: the steps of `conv` transposed, last one first.

    From each tile of g comes one of n x n, B [(G w) ∘ (A g)], and where those overlap they add up.
    """
    outs, channels, k, _ = w.shape
    at, gt, bt = transforms(_M, k, g.dtype)
    n = len(bt)
    weights = _once(gt, w.transpose(2, 3, 0, 1))
    rows, columns = (-(-s // _M) for s in g.shape[2:])
    more = -(-n // _M) - 1  # how many tiles further a tile reaches
    found = new_images((len(g), channels, *size), (0, 2, 3, 1), g.dtype)
    out = found.transpose(0, 2, 3, 1)
    most = n * n * columns * max(channels, outs)

    def plan(count: int, _: int) -> Any:
        here, there = _spaces(2, most * count * rows, g.dtype)
        tiles = _Tiles(g, (0, 0), _M, count, rows, columns, here, "bordered")
        steps, z = _through(at.T, (count, rows, columns, outs), weights, bt.T, here, there)
        whole = work_space("overlapping", (_M, _M, count, rows + more, columns + more, channels), g.dtype)

        def go(images: slice, some: range) -> None:
            tiles.load(images, some)
            _go(steps)
            whole[...] = 0
            for i in range(more + 1):
                for j in range(more + 1):
                    piece = z[i * _M : (i + 1) * _M, j * _M : (j + 1) * _M]
                    into = whole[: len(piece), : piece.shape[1], :, i : i + rows, j : j + columns]
                    np.add(into, piece, into)
            if b is not None:
                np.add(whole, b, whole)
            _lay(whole, out[images])

        return go

    def part(start: int, stop: int) -> None:
        _each(start, stop, 1, rows * most * g.itemsize, weights.nbytes, plan)  # whole images, for tiles overlap

    shared(part, len(g), g.size * channels * k * k)
    return found


def conv_weight(g: Any, x: Any, size: Any, how: Any) -> Any:
    """The forward of `window.conv_weight`: a tile of g is the window here, and k x k are the outputs."""
    outs, channels, k = g.shape[1], x.shape[1], size[0]
    at, gt, bt = transforms(k, _M, x.dtype)
    n = len(bt)
    rows, columns = (-(-s // _M) for s in g.shape[2:])
    corner = (-how.padding[0][0], -how.padding[1][0])
    most = n * n * columns * max(channels, outs)

    def part(start: int, stop: int) -> Any:
        total = np.zeros((n * n, channels, outs), x.dtype)
        one = np.empty_like(total)

        def plan(count: int, rows: int) -> Any:
            here, there, other = _spaces(3, most * count * rows, x.dtype)
            tiles = _Tiles(x, corner, n, count, rows, columns, here, "bordered")
            upstream = _Tiles(g, (0, 0), _M, count, rows, columns, other, "upstream")
            steps, points = _both(bt, (count, rows, columns, channels), here, there)
            more, sent = _both(gt, (count, rows, columns, outs), other, there)
            left = points.reshape(n * n, -1, channels).swapaxes(1, 2)
            steps = [*steps, *more, (left, sent.reshape(n * n, -1, outs), one)]

            def go(images: slice, some: range) -> None:
                tiles.load(images, some)
                upstream.load(images, some)
                _go(steps)
                np.add(total, one, total)

            return go

        _each(start, stop, rows, most * x.itemsize, total.nbytes, plan)
        return total

    total, *rest = shared(part, len(x), g.size * channels * k * k)
    for each in rest:
        total += each
    found = _once(at, total.reshape(n, n, channels, outs)).reshape(k, k, channels, outs)
    return np.ascontiguousarray(found.transpose(3, 2, 0, 1))
