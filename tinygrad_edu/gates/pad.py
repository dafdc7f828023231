"""pad: a border around a Tensor: of one value, or of its own elements mirrored, repeated or wrapped around."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import record
from ..axes import either_name, on_axis, sizes_of
from ..errors import NotCoveredError, OptionError, ShapeError
from ..tensor import Tensor, as_tensor
from .distribute import broadcast_to
from .join import cat
from .reshape import flip

__all__ = [
    "numpy_pad",
    "pad",
]

gate = partial(record.gate, kind="reshape")


_pad = gate(
    "pad",
    lambda x, widths, value: _padded(x, widths, value),
    lambda g, z, x, widths, value: g[tuple(slice(b, b + n) for (b, _), n in zip(widths, x.shape, strict=True))],
    local=("1, in place",),
)


def _padded(x: np.ndarray, widths: Any, value: Any) -> np.ndarray:
    out = np.full([b + n + a for (b, a), n in zip(widths, x.shape, strict=True)], value, x.dtype)
    out[tuple(slice(b, b + n) for (b, _), n in zip(widths, x.shape, strict=True))] = x
    return out


_PAD_MODES = ("constant", "reflect", "replicate", "circular")


@either_name
def pad(x: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """`x` with a border: `torch.nn.functional.pad`.

    Args:
        pad: (before, after) of the last axis, then of the one before it, and so on; negative numbers crop.
        mode: constant (`value`, 0 by default), reflect (mirrored, without the edge), replicate (the
            edge, repeated) or circular (as if `x` repeated). A border element's upstream goes to its source.

    Raises:
        ShapeError: for an odd number of widths, more than two an axis, or a border that reflect or
            circular cannot fill from `x`.
        OptionError: for another mode, or a value with a mode that takes none.

    >>> import tinygrad_edu as tg
    >>> pad(tg.tensor([1.0, 2.0, 3.0]), (1, 1), mode="reflect")
    tensor([2., 1., 2., 3., 2.])
    """
    x = as_tensor(x)
    flat = sizes_of((pad,))
    if len(flat) % 2 or len(flat) > 2 * x.ndim:
        raise ShapeError(
            "pad takes (before, after) for at most every axis, from the last.", got=f"{flat} for {x.shape}"
        )
    if mode not in _PAD_MODES:
        raise OptionError(f"pad has no mode {mode!r}.", expected=", ".join(_PAD_MODES))
    if mode != "constant" and value is not None:
        raise OptionError(f"pad: mode {mode!r} takes no value.", got=str(value))
    pairs = [(0, 0)] * (x.ndim - len(flat) // 2) + list(zip(flat[::2], flat[1::2], strict=True))[::-1]
    return _bordered(x, pairs, mode, 0 if value is None else value)


def numpy_pad(x: Any, pad_width: Any, mode: str, value: Any) -> Tensor:
    """NumPy's `pad`: widths from the first axis, or one pair or number for all; NumPy's names of the modes.

    >>> import tinygrad_edu as tg
    >>> np.pad(tg.tensor([1.0, 2.0]), (2, 1))
    tensor([0., 0., 1., 2., 0.])
    """
    named = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    if mode not in named or np.ndim(value):
        raise NotCoveredError(
            f"np.pad with mode {mode!r}, or several constants, is not covered for Tensors.",
            expected="constant (one value), reflect, edge or wrap",
        )
    pairs = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
    return _bordered(x, pairs, named[mode], value)


def _bordered(x: Tensor, pairs: Any, mode: str, value: Any) -> Tensor:
    """`pad` with a (before, after) for each axis. Reflect and replicate look at what is cropped, too."""
    if any(min(pair) < 0 for pair in pairs):
        grown = [(max(b, 0), max(a, 0)) for b, a in pairs]
        if mode in ("constant", "circular"):
            return _bordered(_cropped(x, pairs), grown, mode, value)
        return _cropped(_bordered(x, grown, mode, value), pairs)
    if mode == "constant":
        return _pad(x, widths=tuple(pairs), value=value)
    for axis, (before, after) in enumerate(pairs):
        if before or after:
            x = cat(_with_borders(x, axis, before, after, mode), axis)
    return x


def _cropped(x: Tensor, pairs: Any) -> Tensor:
    return x[tuple(slice(max(-b, 0), n + min(a, 0)) for (b, a), n in zip(pairs, x.shape, strict=True))]


def _with_borders(x: Tensor, axis: int, before: int, after: int, mode: str) -> list[Tensor]:
    """What to join along `axis`: the border before, `x`, the border after."""
    n = x.shape[axis]
    if before + after and (n == 0 or (mode != "replicate" and max(before, after) > n - (mode == "reflect"))):
        raise ShapeError(
            f"pad: mode {mode!r} cannot fill a border of {max(before, after)} from axis {axis}.",
            expected=f"at most {n - 1 if mode == 'reflect' else n}",
            got=f"({before}, {after}) for shape {x.shape}",
        )
    if mode == "replicate":
        shape = list(x.shape)
        ends = []
        for edge, width in ((slice(0, 1), before), (slice(n - 1, n), after)):
            shape[axis] = width
            ends.append(broadcast_to(x[on_axis(axis, edge)], shape))
        return [ends[0], x, ends[1]]
    if mode == "reflect":
        return [
            flip(x[on_axis(axis, slice(1, before + 1))], axis),
            x,
            flip(x[on_axis(axis, slice(n - 1 - after, n - 1))], axis),
        ]
    return [x[on_axis(axis, slice(n - before, n))], x, x[on_axis(axis, slice(0, after))]]
