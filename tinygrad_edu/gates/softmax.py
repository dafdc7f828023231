"""softmax: softmax and log_softmax, which every classifier calls, as gates that never form exp of a large number.

They are slopes, not switches: nothing but the output at this point decides.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import record
from ..axes import axes_of, axis_of, either_name
from ..tensor import Tensor, as_tensor
from .binding import methods
from .composed import as_floats

__all__ = [
    "log_softmax",
    "softmax",
]

gate = partial(record.gate, kind="slope")


def _soft(x: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    if not x.size:
        return x.copy()
    z = np.asarray(x - np.maximum.reduce(x, axis=axis, keepdims=True))  # so that no exponential overflows
    np.exp(z, out=z)
    z /= np.add.reduce(z, axis=axis, keepdims=True)
    return z


def _log_soft(x: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    if not x.size:
        return x.copy()
    z = np.asarray(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    z -= np.log(np.add.reduce(np.exp(z), axis=axis, keepdims=True))
    return z


def _for_soft(g: Any, z: Any, x: Any, axis: tuple[int, ...]) -> Any:
    weighted = g * z
    return weighted - z * np.sum(weighted, axis=axis, keepdims=True)


_softmax = gate("softmax", _soft, _for_soft, local=("z_i (1 if i = j else 0) - z_i z_j",))
_log_softmax = gate(
    "log_softmax",
    _log_soft,
    lambda g, z, x, axis: g - np.exp(z) * np.sum(g, axis=axis, keepdims=True),
    local=("(1 if i = j else 0) - exp(z_j)",),
)


@either_name
def softmax(x: Any, axis: int, dtype: Any = None) -> Tensor:
    """exp(x) / sum exp(x) along `axis` (also `dim`), without overflow; `dtype` is cast to first.

    >>> import tinygrad_edu as tg
    >>> tg.softmax(tg.tensor([1000.0, 1000.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    x = as_floats(x, "softmax", dtype)
    return _softmax(x, axis=axes_of(axis_of(axis, x.ndim, "softmax"), x.ndim))


@either_name
def log_softmax(x: Any, axis: int, dtype: Any = None) -> Tensor:
    """x - log sum exp(x) along `axis` (also `dim`), without overflow; `dtype` is cast to first.

    >>> import tinygrad_edu as tg
    >>> tg.log_softmax(tg.tensor([0.0, 0.0]), dim=0)
    tensor([-0.6931, -0.6931])
    """
    x = as_floats(x, "log_softmax", dtype)
    return _log_softmax(x, axis=axes_of(axis_of(axis, x.ndim, "log_softmax"), x.ndim))


@either_name
def softmin(x: Any, axis: int, dtype: Any = None) -> Tensor:
    """`softmax` of -x: `torch.nn.functional.softmin`.

    >>> import tinygrad_edu as tg
    >>> softmin(tg.tensor([0.0, 1000.0]), dim=0)
    tensor([1., 0.])
    """
    return softmax(-as_tensor(x), axis, dtype)


methods(softmax, log_softmax)
