"""pool: gates over windows: the largest of each, the average of each, and resampling along an axis.

One implementation serves any number of axes. A window is taken apart into taps: for each offset
inside it, which outputs have an element there (not in the padding), and which elements those are,
as two slices. The largest and the sum of a window are then a few NumPy calls on whole arrays, one
axis after another, and no matrix of windows is ever built.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ..axes import on_axis
from ..record import gate, run
from ..threads import PASS, shared
from .indexing import indexing
from .route import BITS

__all__: list[str] = []  # what users call is in nn/pooling.py and nn/upsampling.py


class Window(NamedTuple):
    """A window and its steps, a number for each of the last axes; `size` is the output's."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    size: tuple[int, ...]

    def along(self, i: int) -> tuple[int, int, int, int, int]:
        """The five numbers of one axis."""
        return self.kernel[i], self.stride[i], self.padding[i], self.dilation[i], self.size[i]

    def apart(self) -> bool:
        """Whether no two windows share an element."""
        return all(
            k == 1 or (d == 1 and s >= k) for k, s, d in zip(self.kernel, self.stride, self.dilation, strict=True)
        )

    def tiles(self, shape: tuple[int, ...]) -> bool:
        """Whether whole windows lie side by side, with nothing around them."""
        axes = zip(shape[len(shape) - len(self.size) :], self.kernel, self.stride, self.size, strict=True)
        inside = all(k <= s and (size - 1) * s + k <= n for n, k, s, size in axes)
        return inside and not any(self.padding) and set(self.dilation) <= {1}

    def covers(self, shape: tuple[int, ...]) -> bool:
        """Whether they do, without gaps: every element lies in one."""
        axes = zip(shape[len(shape) - len(self.size) :], self.kernel, self.stride, self.size, strict=True)
        return self.tiles(shape) and all(k == s and size * s == n for n, k, s, size in axes)


_LONG = 4  # from here on NumPy's own reduction over a window beats one call a tap


@lru_cache(maxsize=1024)
def _taps(n: int, k: int, s: int, p: int, d: int, size: int) -> tuple[tuple[slice, slice], ...]:
    """For each offset in a window along an axis of n: the outputs that see an element, and the elements."""
    taps = []
    for first in range(-p, k * d - p, d):
        low, high = max(0, -(first // s)), min(size, (n - 1 - first) // s + 1)
        if low < high:
            taps.append((slice(low, high), slice(first + low * s, first + (high - 1) * s + 1, s)))
    return tuple(taps)


def _reduced(x: np.ndarray, window: Window, ufunc: np.ufunc, start: Any) -> np.ndarray:
    """`ufunc` over the elements of each window, axis by axis, the last one last: rows first is fastest."""
    lead = x.ndim - len(window.size)
    for i in range(len(window.size)):
        x = _reduced_along(x, lead + i, ufunc, start, *window.along(i))
    return x


def _reduced_along(
    x: np.ndarray, axis: int, ufunc: np.ufunc, start: Any, k: int, s: int, p: int, d: int, size: int
) -> np.ndarray:
    n = x.shape[axis]
    if k > _LONG and k == s and d == 1 and p == 0 and size * k <= n:
        return np.asarray(ufunc.reduce(_in_windows(x, axis, k, size), axis=axis + 1))
    taps = [(on_axis(axis, to), on_axis(axis, at)) for to, at in _taps(n, k, s, p, d, size)]
    if len(taps) > 1 and all(x[at].shape[axis] == size for _, at in taps):
        out = ufunc(x[taps[0][1]], x[taps[1][1]])
        taps = taps[2:]
    else:
        out = np.full_like(x, start, shape=(*x.shape[:axis], size, *x.shape[axis + 1 :]))
    for to, at in taps:
        part = out[to]
        ufunc(part, x[at], out=part)
    return out


def _in_windows(x: np.ndarray, axis: int, k: int, size: int) -> np.ndarray:
    """A view of x in which `axis` is two: windows side by side, and the elements in one."""
    return x[on_axis(axis, slice(size * k))].reshape(*x.shape[:axis], size, k, *x.shape[axis + 1 :])


# The largest. Of equals the first gets the upstream, of nans the last, as in PyTorch.


def _largest(x: np.ndarray, window: Window) -> np.ndarray:
    start = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    axis = _outermost(x, window)

    def part(first: int, last: int) -> np.ndarray:
        return _reduced(x[on_axis(axis, slice(first, last))], window, np.maximum, start)

    parts = shared(part, x.shape[axis], PASS * x.size)
    if len(parts) == 1:
        return parts[0]  # type: ignore[no-any-return]
    z = np.empty_like(x, shape=(*x.shape[: x.ndim - len(window.size)], *window.size))  # in the memory order of x
    return np.concatenate(parts, axis, out=z)


def _outermost(x: np.ndarray, window: Window) -> int:
    """Of the axes that no window moves along the one whose parts are the longest pieces of memory."""
    return max(range(x.ndim - len(window.size)), key=lambda axis: (x.shape[axis] > 1, x.strides[axis]))


def places(z: np.ndarray, x: np.ndarray, window: Window, steps: Any) -> np.ndarray:
    """Where the winner of each window lies, if `steps` are those from one element of x to the next on each axis.

    Every output notes the number of the tap that won, in a byte: quicker than adding up masked gradients.
    """
    lead = x.ndim - len(window.size)
    taps = list(product(*(_taps(n, *window.along(i)) for i, n in enumerate(x.shape[lead:]))))
    strides = [s * step for s, step in zip(window.stride, steps[lead:], strict=True)]
    code: Any = np.zeros_like(z, dtype=np.uint8 if len(taps) < 256 else np.uint32)
    shift = np.zeros(len(taps) + 1, np.intp)  # from the first element of a window, for each number
    for number, tap in zip(range(len(taps), 0, -1), taps, strict=True):  # the first of equals has the highest
        to, at = _both(tap)
        for (out, into), step, stride in zip(tap, steps[lead:], strides, strict=True):
            shift[number] += into.start * step - out.start * stride
        noted = code[to]
        np.maximum(noted, (x[at] == z[to]).view(np.uint8) * code.dtype.type(number), out=noted)
    if not code.all():
        _note_nans(code, x, taps)
    found = np.take(shift, code)
    found += _origins(z.shape[lead:], strides)
    found += _origins(z.shape[:lead], steps[:lead]).reshape(*z.shape[:lead], *(1,) * len(strides))
    return found


def _origins(shape: tuple[int, ...], steps: Any) -> np.ndarray:
    """Where each element of a grid lies, if `steps` are those from one to the next on each axis."""
    grid: Any = np.zeros((), np.intp)
    for n, step in zip(shape, steps, strict=True):
        grid = np.add.outer(grid, np.arange(n) * step)
    return np.asarray(grid)


def _both(tap: Any) -> tuple[Any, Any]:
    """The slices of all axes as two indices: of the outputs, and of the elements."""
    return (..., *(part[0] for part in tap)), (..., *(part[1] for part in tap))


def _note_nans(code: np.ndarray, x: np.ndarray, taps: list[Any]) -> None:
    """The number of the last nan, where no element equals the largest."""
    open_ = code == 0
    for number, tap in zip(range(len(taps), 0, -1), taps, strict=True):
        to, at = _both(tap)
        code[to][open_[to] & np.isnan(x[at])] = number


def _sent(g: np.ndarray, z: np.ndarray, x: np.ndarray, window: Window) -> np.ndarray:
    """Each upstream at the element that won its window, added up where windows overlap."""
    if window.tiles(x.shape) and not np.isnan(z).any():
        return _routed(g, z, x, window)
    out = np.zeros_like(x, dtype=g.dtype)
    steps = [s // out.itemsize for s in out.strides]  # zeros_like keeps the order of the axes in memory
    at = places(z, x, window, steps)
    order = np.argsort([-s for s in steps], kind="stable")
    row = out.transpose(order).reshape(-1)
    if window.apart():
        row[at] = g
    else:
        np.add.at(row, at.ravel(), g.ravel())
    return out


def _routed(g: np.ndarray, z: np.ndarray, x: np.ndarray, window: Window) -> np.ndarray:
    """`_sent` for windows side by side, back through the axes as the largest was found: no table of places."""
    axes, outermost = range(x.ndim - len(window.size), x.ndim), _outermost(x, window)
    empty = np.empty_like if window.covers(x.shape) else np.zeros_like  # to the gaps nothing is sent
    out = empty(x, dtype=g.dtype)

    def part(start: int, stop: int) -> None:
        these = on_axis(outermost, slice(start, stop))
        below, upstream = [x[these]], g[these]
        if g.strides != z.strides:  # several passes over two orders of memory cost more than one copy
            upstream = np.empty_like(z[these], dtype=g.dtype)
            upstream[...] = g[these]
        for axis in axes[:0:-1]:  # the last one first, so that of equals the first in its row wins, then the first row
            below.append(_reduced_along(below[-1], axis, np.maximum, -np.inf, *window.along(axis - axes[0])))
        tops = [z[these], *below[:0:-1]]
        for axis, top, seen in zip(axes, tops, below[::-1], strict=True):
            to = out[these] if seen is below[0] else empty(seen, dtype=g.dtype)
            taps = [on_axis(axis, at) for _, at in _taps(seen.shape[axis], *window.along(axis - axes[0]))]
            _route_along(upstream, top, seen, to, taps)
            upstream = to

    shared(part, x.shape[outermost], 4 * PASS * x.size)
    return out


def _route_along(g: np.ndarray, top: np.ndarray, x: np.ndarray, out: np.ndarray, taps: list[Any]) -> None:
    """g at the first tap of x that equals the top; as bits, for an infinite g times 0 would be nan."""
    bits = BITS[g.dtype]
    left, out = g.view(bits), out.view(bits)
    for i, at in enumerate(taps[:-1]):
        np.multiply(left, x[at] == top, out=out[at])
        left = np.subtract(left, out[at], out=out[taps[-1]] if i == len(taps) - 2 else None)
    if len(taps) == 1:
        out[taps[0]] = left


def _steps(shape: tuple[int, ...]) -> list[int]:
    """From one element to the next on each axis, the last one fastest."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


def max_pool_places(x: np.ndarray, window: Window) -> np.ndarray:
    """Where in its plane the winner of each window lies."""
    lead = x.ndim - len(window.size)
    return places(_largest(x, window), x, window, [0] * lead + _steps(x.shape[lead:]))


# Where the user asks for the places of the winners, or windows differ in size, they are looked up
# outside the graph, and what remains is indexing.
max_pool_at = indexing("max_pool_with_indices")

max_pool: Any = gate(
    "max_pool",
    _largest,
    lambda g, z, x, window: run(_max_pool_sent, g, z, x, window=window),
    kind="route",
    local=("1 for the largest in the window (the first of equals), else 0",),
    says="The largest element of each window.",
)
_max_pool_sent: Any = gate(
    "max_pool_sent",
    _sent,
    lambda gg, _, g, z, x, window: run(
        max_pool_at, gg, index=places(z, x, window, _steps(x.shape)), flat=True, once=window.apart()
    ),
    None,
    None,
    kind="route",
    local=("1 for the largest in the window, else 0",),
    says="g at the element that was the largest of its window: what max_pool sends back.",
)


def winners(x: np.ndarray, seen_by: list[np.ndarray]) -> np.ndarray:
    """The largest element of each window, as its position in its plane.

    Args:
        x: the last axes are the plane.
        seen_by: for each axis of the plane (planes or 1, outputs, elements): what each window sees.
    """
    n = len(seen_by)
    lead, plane = x.shape[:-n], x.shape[-n:]
    at: Any = 0
    for i, (own, size) in enumerate(zip(seen_by, plane, strict=True)):
        spread = [1] * (2 * n)
        spread[i], spread[n + i] = own.shape[1:]
        at = at * size + own.reshape(len(own), *spread)
    outputs = at.shape[1 : n + 1]
    at = at.reshape(len(at), prod(outputs), prod(at.shape[n + 1 :]))
    flat = x.reshape(prod(lead), prod(plane))
    seen = flat[:, at[0]] if len(at) == 1 else flat[np.arange(len(flat))[:, None, None], at]
    won = seen.argmax(-1)
    bad = np.isnan(seen)
    if bad.any():  # of nans the last
        won = np.where(bad.any(-1), seen.shape[-1] - 1 - bad[..., ::-1].argmax(-1), won)
    chosen = at[0][np.arange(prod(outputs)), won] if len(at) == 1 else np.take_along_axis(at, won[..., None], -1)
    return np.asarray(chosen.reshape(*lead, *outputs))


# The average.


def _average(x: np.ndarray, window: Window, count: Any) -> np.ndarray:
    if x.dtype == np.float16:  # whose sums leave its range
        return _average(x.astype(np.float32), window, count).astype(np.float16)
    out = _reduced(x, window, np.add, 0)
    out /= np.asarray(count, x.dtype)
    return out


def _shared(g: np.ndarray, shape: tuple[int, ...], window: Window, count: Any) -> np.ndarray:
    """A share of each upstream for every element of its window."""
    g = g / np.asarray(count, g.dtype)
    lead = len(shape) - len(window.size)
    for i in reversed(range(len(window.size))):
        g = _shared_along(g, lead + i, shape[lead + i], *window.along(i))
    return g


def _shared_along(g: np.ndarray, axis: int, n: int, k: int, s: int, p: int, d: int, size: int) -> np.ndarray:
    out = np.zeros_like(g, shape=(*g.shape[:axis], n, *g.shape[axis + 1 :]))
    if k > _LONG and k == s and d == 1 and p == 0 and size * k <= n:
        _in_windows(out, axis, k, size)[...] = np.expand_dims(g, axis + 1)
        return out
    for to, at in _taps(n, k, s, p, d, size):
        if s >= k:
            out[on_axis(axis, at)] = g[on_axis(axis, to)]
        else:
            out[on_axis(axis, at)] += g[on_axis(axis, to)]
    return out


avg_pool: Any = gate(
    "avg_pool",
    _average,
    lambda g, z, x, window, count: run(_avg_pool_shared, g, shape=x.shape, window=window, count=count),
    kind="distribute",
    local=("1/count for each window that covers it",),
    floats=True,
    says="The sum of each window, divided by `count`: a number, or an array of the output's plane.",
)
_avg_pool_shared: Any = gate(
    "avg_pool_shared",
    _shared,
    lambda gg, z, g, shape, window, count: run(avg_pool, gg, window=window, count=count),
    kind="distribute",
    local=("1/count for each window that covers it",),
    says="An equal share of g for every element of its window: what avg_pool sends back.",
)


# Resampling: each output along an axis is a weighted sum of a few elements.


def _resampled(x: np.ndarray, axis: int, index: np.ndarray, weight: np.ndarray) -> np.ndarray:
    weight = weight.astype(x.dtype, copy=False).reshape(*weight.shape, *(1,) * (x.ndim - axis - 1))
    out = np.take(x, index[0], axis)
    if len(index) > 1:
        out *= weight[0]
        for at, w in zip(index[1:], weight[1:], strict=True):
            out += np.take(x, at, axis) * w
    return out


def _unresampled(g: np.ndarray, n: int, axis: int, index: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Each g times its weights, added at its elements."""
    weight = weight.astype(g.dtype, copy=False)
    if np.isfinite(np.sum(g)):  # one product with the matrix of weights: ten times as fast
        matrix = np.zeros((index.shape[1], n), g.dtype)
        np.add.at(matrix, (np.arange(index.shape[1]), index), weight)
        return np.asarray(np.moveaxis(np.matmul(np.moveaxis(g, axis, -1), matrix), -1, axis))
    out = np.zeros((*g.shape[:axis], n, *g.shape[axis + 1 :]), g.dtype)  # an inf times 0 would spoil the others
    for at, w in zip(index, weight.reshape(*weight.shape, *(1,) * (g.ndim - axis - 1)), strict=True):
        np.add.at(out, on_axis(axis, at), g if len(index) == 1 else g * w)
    return out


resample: Any = gate(
    "resample",
    _resampled,
    lambda g, z, x, axis, **by: run(_unresample, g, n=x.shape[axis], axis=axis, **by),
    kind="distribute",
    local=("the weight",),
    says="Along `axis`, the sum of the elements that `index[t]` names, times `weight[t]`; 1, if there is one t.",
)
_unresample: Any = gate(
    "unresample",
    _unresampled,
    lambda gg, z, g, n, **by: run(resample, gg, **by),
    kind="distribute",
    local=("the weight",),
    says="g times its weights, added at the elements it was made of: what resample sends back.",
)
