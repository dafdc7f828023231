"""normalize: one gate that brings its input to mean 0 and variance 1 over some axes, in any memory order.

The axes are taken in the order they have in memory. If samples (or channels) that need nothing of each
other lie one after the other, each thread takes some of them at a time from the first sum to the last
product. If not, as where channels are normalized over a batch, each step goes through everything, in
rows that are long enough for NumPy's inner loops.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..record import gate
from ..tensor import Tensor
from ..threads import PASS, shared, work_space

__all__: list[str] = []  # users call nn.functional's batch_norm, layer_norm, …

_PART = 2**20  # elements: in smaller parts, for a nearer cache, two threads would wait for each other's Python
_ROW = 2**13  # elements: a row that is cut anew has no more
_RUN = 128  # elements side by side that share a mean: with fewer, inner loops are too short
_LONG = 2**14  # elements whose sum einsum, which adds them up one by one, would round too often
_PASSES = 4  # over each element, at least, that all of the work takes


def _plain(x: Any, w: Any, b: Any, over: Any, eps: float, centre: bool = True, kept: Any = None) -> Any:
    """The same function in plain gates."""
    z = _centred(x, over, centre)
    z = z / np.sqrt(np.mean(z * z, axis=over, keepdims=True) + eps)
    z = z if w is None else z * w
    return z if b is None else z + b


def _centred(x: Any, over: Any, centre: bool) -> Any:
    return x - np.mean(x, axis=over, keepdims=True) if centre else x


def _is_constant(w: Any, over: Any) -> bool:
    """Whether `w` is the same for all that is normalized together, as one weight for a channel is."""
    return w is None or all(w.shape[i] == 1 for i in over)


def _count(x: Any, over: Any) -> int:
    return math.prod(x.shape[i] for i in over) or 1  # an empty batch


def _forward(x: Any, w: Any, b: Any, over: Any, eps: float, centre: bool, kept: Any) -> Any:
    n, x = _count(x, over), _samples_first(x, w, over)
    z = np.empty_like(x)
    stats = _stats_like(x, over, 3)  # mean, variance, r
    kept[:] = stats

    def work(over: Any, x: Any, z: Any, w: Any, b: Any, mean: Any, var: Any, r: Any) -> None:
        if centre:
            mean[...] = _sum(over, x) / n
            var[...] = _steps(over, x, (np.subtract, mean), out=z, dot=z) / n
        else:
            var[...] = _sum(over, x, x) / n
        r[...] = 1 / np.sqrt(var + eps)
        factors = [r, w] if not _is_constant(w, over) else [r if w is None else r * w]
        more = [] if b is None else [(np.add, b)]
        _steps(over, z if centre else x, *((np.multiply, f) for f in factors), *more, out=z)

    _in_parts(work, over, x, z, w, b, *stats)
    return z


def _back(g: Any, z: Any, x: Any, w: Any, b: Any, needs: Any, over: Any, eps: float, centre: bool, kept: Any) -> Any:
    """With y = (x - mean) r: dw = g y, db = g, dx = r (gw - mean(gw) - y mean(gw y)) (Ioffe and Szegedy 2015)."""
    if isinstance(g, Tensor):  # this walk is itself recorded
        y = _centred(x, over, centre)
        r = 1 / np.sqrt(np.mean(y * y, axis=over, keepdims=True) + eps)
        y, gw = y * r, g if w is None else g * w
        return r * (_centred(gw, over, centre) - y * np.mean(gw * y, axis=over, keepdims=True)), g * y, g
    if w is None and not _is_constant(b, over):
        w = np.ones_like(b)  # so that db is summed for each of its elements
    x = _samples_first(x, w, over)
    if g.strides != z.strides:  # inner loops are long where both go through memory alike
        upstream, g = g, np.empty_like(x)
        np.copyto(g, upstream)
    back = _back_constant if _is_constant(w, over) else _back_within
    return back(g, x, w, kept, needs, over, centre)


def _back_constant(g: Any, x: Any, w: Any, kept: Any, needs: Any, over: Any, centre: bool) -> Any:
    """Where w is outside of the sums: those for dw and db are what dx needs."""
    (mean, _, r), n = kept, _count(x, over)
    dx, (dw, db) = np.empty_like(x), _stats_like(x, over, 2)  # dx holds x - mean until that is not needed any more

    def work(over: Any, x: Any, g: Any, dx: Any, w: Any, mean: Any, r: Any, dw: Any, db: Any) -> None:
        if centre or needs[2]:
            db[...] = _sum(over, g)
        if centre:
            dw[...] = _steps(over, x, (np.subtract, mean), out=dx, dot=g)
            x = dx
        else:
            dw[...] = _sum(over, g, x)
        dw *= r
        if needs[0]:
            less = [(np.subtract, db / n)] if centre else []
            scale = (np.multiply, r if w is None else r * w)
            _steps(over, x, (np.multiply, -dw * r / n), (np.add, g), *less, scale, out=dx)

    _in_parts(work, over, x, g, dx, w, mean, r, dw, db)
    return dx, dw, db


def _back_within(g: Any, x: Any, w: Any, kept: Any, needs: Any, over: Any, centre: bool) -> Any:
    """Where w differs within what is normalized together. No sum but those for dw and db goes over samples."""
    (mean, _, r), n = kept, _count(x, over)
    dx = np.empty_like(x)  # it holds y until that is not needed any more

    def work(over: Any, x: Any, g: Any, dx: Any, mean: Any, r: Any, w: Any, dw: Any, db: Any) -> None:
        apart = tuple(i for i, size in enumerate(w.shape) if size == 1)
        less = [(np.subtract, mean)] if centre else []
        _steps(over, x, *less, (np.multiply, r), out=dx)
        if needs[1]:
            dw += _along(apart, g, dx)
        if needs[2]:
            db += _along(apart, g)
        if needs[0]:
            gw = work_space("normalize", g.shape, g.dtype)
            _steps(over, g, (np.multiply, w), out=gw)
            from_mean = [(np.subtract, _along(over, gw) / n)] if centre else []
            from_r = (np.multiply, -_along(over, gw, dx) / n)
            _steps(over, dx, from_r, (np.add, gw), *from_mean, (np.multiply, r), out=dx)

    dw, db = _in_parts(work, over, x, g, dx, mean, r, w, totals=2)
    return dx, dw, db


def _stats_like(x: Any, over: Any, how_many: int) -> list[Any]:
    """Arrays with one element for all that is normalized together."""
    shape = tuple(1 if i in over else n for i, n in enumerate(x.shape))
    return [np.zeros(shape, x.dtype) for _ in range(how_many)]


def _samples_first(x: Any, w: Any, over: Any) -> Any:
    """`x`, copied if w differs within what is normalized together and samples do not lie one after the other."""
    outermost = max(range(x.ndim), key=lambda i: abs(x.strides[i]))
    return x if _is_constant(w, over) or outermost not in over else np.ascontiguousarray(x)


# Parts.


def _in_parts(work: Callable[..., None], over: Any, *arrays: Any, totals: int = 0) -> list[Any]:
    """Call `work(over, *arrays)` part by part.

    The first of the arrays is the input; the others have its shape, or broadcast to it. `work` is
    handed `totals` more arrays of zeros, of the last array's shape, to add to; their sums over all
    parts are returned.
    """
    x = arrays[0]
    order = sorted(range(x.ndim), key=lambda i: (x.shape[i] != 1, -abs(x.strides[i])))
    ones = min(x.shape.count(1), x.ndim - 1)
    over = tuple(k - ones for k, i in enumerate(order) if k >= ones and i in over)
    ordered = [a if a is None else a.transpose(order)[(0,) * ones] for a in arrays]
    if 0 in over or not x.size:
        found = _zeros(totals, ordered[-1])
        work(*_rows(over, [*ordered, *found]))
    else:
        found = _few_at_a_time(work, over, ordered, totals)
    back = np.argsort(order)
    return [a[(None,) * ones].transpose(back) for a in found]


def _zeros(how_many: int, like: Any) -> list[Any]:
    return [np.zeros(like.shape, like.dtype) for _ in range(how_many)]


def _few_at_a_time(work: Callable[..., None], over: Any, arrays: list[Any], totals: int) -> list[Any]:
    """`work` on a few samples after the other, shared among threads; the sums of each thread's totals."""
    x = arrays[0]
    short = 1 < _run(over, x.shape) < _RUN or x.shape[-1] < _RUN // 8  # inner loops, unless rows are cut anew
    one_by_one = 1 in over and short and x[0].size >= 4 * _ROW  # a smaller sample is not worth its own calls
    step = 1 if one_by_one else max(1, _PART * len(x) // x.size)

    def loop(start: int, stop: int) -> list[Any]:
        own = _zeros(totals, arrays[-1])
        for i in range(start, stop, step):
            at = slice(i, min(i + step, stop))
            few = [a if a is None or len(a) == 1 else a[at] for a in (*arrays, *own)]
            if one_by_one:
                work(*_rows(tuple(k - 1 for k in over), [a if a is None else a[0] for a in few]))
            else:
                work(over, *few)
        return own

    small = one_by_one and x[0].size < _PART  # calls so small that threads would wait for each other's Python
    worth = 0 if small else x.size * PASS * _PASSES
    return [sum(each) for each in zip(*shared(loop, len(x), worth), strict=True)]


def _rows(over: Any, arrays: list[Any]) -> Any:
    """`over` and the arrays; axes in front that are summed over are cut anew, into rows of some thousand elements."""
    x = arrays[0]
    others = [a for a in arrays if a is not None]
    lead = 0
    while lead in over and all(a.shape[: lead + 1] in (x.shape[: lead + 1], (1,) * (lead + 1)) for a in others):
        lead += 1
    if not lead or x.size < 2 * _ROW or not all(a.flags.c_contiguous for a in others if a.shape == x.shape):
        return over, *arrays  # a copy would lose what is written to it
    n = math.prod(x.shape[:lead])
    most = max(1, _ROW * n // x.size)
    row = next(i for i in range(most, 0, -1) if n % i == 0)

    def cut(a: Any) -> Any:
        return a.reshape(*((n // row, row) if a.shape[:lead] == x.shape[:lead] else (1, 1)), *a.shape[lead:])

    return (0, 1, *(i - lead + 2 for i in over if i >= lead)), *(a if a is None else cut(a) for a in arrays)


# Steps of the work: sums are einsum's, which reads each array once; the rest happens in place, a block at a time.


def _along(over: Any, *arrays: Any) -> Any:
    """The sum of an array, or of the product of two, over some axes, which stay with size 1."""
    shape = arrays[0].shape
    axes, run = list(range(len(shape))), _run(over, shape)
    if len(arrays) == 1 and run >= _LONG:
        return np.add.reduce(arrays[0], axis=over, keepdims=True)
    first = over if 0 not in over or run >= _RUN else (0,)  # long rows first: one is left, or one a block
    operands = [part for a in arrays for part in (a, axes)]
    found = np.einsum(*operands, [i for i in axes if i not in first])
    found = found.reshape([1 if i in first else size for i, size in enumerate(shape)])
    return found if first is over else np.add.reduce(found, axis=over[1:], keepdims=True)


def _run(over: Any, shape: Any) -> int:
    """How many elements side by side have one sum over those axes."""
    run = 1
    for i in reversed(range(len(shape))):
        if i not in over:
            break
        run *= shape[i]
    return run


def _blocks(over: Any, x: Any, work: Callable[[slice], Any], passes: int) -> Any:
    """The sum of `work(rows)` over blocks of rows, shared among threads. Rows that are not summed are one block."""
    if 0 not in over:
        return work(slice(0, len(x)))
    block = max(1, _PART * len(x) // max(x.size, 1))

    def part(start: int, stop: int) -> Any:
        return sum(work(slice(i, min(i + block, stop))) for i in range(start, stop, block))

    return sum(shared(part, len(x), x.size * PASS * passes))


def _sum(over: Any, *arrays: Any) -> Any:
    """`_along`, block by block."""
    return _blocks(over, arrays[0], lambda rows: _along(over, *(a[rows] for a in arrays)), 1)


def _steps(over: Any, x: Any, *steps: Any, out: Any, dot: Any = None) -> Any:
    """`x` through one ufunc after the other, each with an operand that broadcasts to it, into `out`.

    Returns the sum of `out` times `dot`, taken while the cache holds them.
    """
    stretched = [(ufunc, _stretched(v, x)) for ufunc, v in steps]

    def through(rows: slice) -> Any:
        source, target = x[rows], out[rows]
        for ufunc, v in stretched:
            source = ufunc(source, v if len(v) == 1 else v[rows], out=target)
        return 0 if dot is None else _along(over, dot[rows], target)

    return _blocks(over, x, through, len(steps))


def _stretched(v: Any, x: Any) -> Any:
    """`v` stretched to a whole row of `x`: one long inner loop takes half the time of many short ones."""
    row = x.shape[1:]
    if len(v) != 1 or v.shape[1:] == row or len(x) < 4 or v.size == 1:
        return v
    return np.broadcast_to(v, (1, *row)).copy()


normalized = gate(
    "normalized",
    _forward,
    kind="slope",
    jointly=_back,
    local=(
        "w r (I - (1 + v vᵀ)/n) (v = (x - mean) r, r = 1/sqrt(variance + eps)); RMSNorm: I - v vᵀ/n, mean = 0",
        "v, the normalized x",
        "1",
    ),
    meaning=_plain,
)
