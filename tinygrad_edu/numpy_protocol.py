"""numpy_protocol: NumPy's functions on Tensors. `np.f(t)` means NumPy's f and stays on the graph.

The rules of the gates are written in these functions, so the same rule computes on arrays and
records itself on Tensors. Where NumPy and PyTorch disagree, an adapter here speaks NumPy's way.
A function that is not in these tables raises: the graph is never dropped silently.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from . import gates
from .errors import NotCoveredError
from .gates.reshape import numpy_pad
from .tensor import Tensor, as_tensor

__all__ = ["FUNCTIONS", "UFUNCS"]

UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.matmul: operator.matmul,
    np.negative: gates.neg,
    np.exp: gates.exp,
    np.log: gates.log,
    np.tanh: gates.tanh,
    np.maximum: gates.maximum,
}
# Ufuncs whose result has no gradient: computed on the values.
NO_GRADIENT = {
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isinf, np.isfinite, np.sign, np.signbit, np.floor, np.ceil, np.rint, np.trunc,
    np.logical_and, np.logical_or, np.logical_xor, np.logical_not,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift,
}  # fmt: skip
REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {np.add: gates.sum, np.maximum: gates.amax}

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: lambda x, axis=None, dtype=None, keepdims=False: gates.sum(x, axis, keepdims, dtype=dtype),
    np.mean: lambda x, axis=None, dtype=None, keepdims=False: gates.mean(x, axis, keepdims, dtype=dtype),
    np.max: lambda x, axis=None, keepdims=False: gates.amax(x, axis, keepdims),
    np.reshape: lambda x, shape: gates.reshape(x, shape),
    np.transpose: lambda x, axes=None: gates.permute(x, tuple(range(x.ndim))[::-1] if axes is None else axes),
    np.where: lambda condition, x, y: gates.where(condition, x, y),
    np.swapaxes: lambda x, axis1, axis2: gates.transpose(x, axis1, axis2),
    np.expand_dims: lambda x, axis: gates.reshape(x, np.expand_dims(_shape_only(x), axis).shape),
    np.squeeze: lambda x, axis=None: gates.reshape(x, np.squeeze(_shape_only(x), axis).shape),
    np.ravel: lambda x: gates.reshape(x, -1),
    np.broadcast_to: lambda x, shape: gates.broadcast_to(x, shape),
    np.concatenate: lambda xs, axis=0: gates.cat([gates.ravel(x) for x in xs] if axis is None else xs, axis or 0),
    np.stack: lambda xs, axis=0: gates.stack(xs, axis),
    np.hstack: gates.hstack,
    np.vstack: gates.vstack,
    np.dstack: gates.dstack,
    np.column_stack: gates.column_stack,
    np.array_split: lambda x, indices, axis=0: list(gates.tensor_split(x, indices, axis)),
    np.split: lambda x, indices, axis=0: list(gates.tensor_split(x, _equal(x, indices, axis), axis)),
    np.hsplit: lambda x, indices: list(gates.hsplit(x, indices)),
    np.vsplit: lambda x, indices: list(gates.vsplit(x, indices)),
    np.dsplit: lambda x, indices: list(gates.dsplit(x, indices)),
    np.flip: lambda x, axis=None: gates.flip(x, tuple(range(x.ndim)) if axis is None else axis),
    np.fliplr: gates.fliplr,
    np.flipud: gates.flipud,
    np.roll: lambda x, shift, axis=None: gates.roll(x, shift, axis),
    np.rot90: lambda x, k=1, axes=(0, 1): gates.rot90(x, k, axes),
    np.moveaxis: lambda x, source, destination: gates.movedim(x, source, destination),
    np.tile: lambda x, reps: gates.tile(x, reps),
    np.repeat: lambda x, repeats, axis=None: gates.repeat_interleave(x, repeats, axis),
    np.pad: lambda x, pad_width, mode="constant", constant_values=0: numpy_pad(x, pad_width, mode, constant_values),
    np.atleast_1d: gates.atleast_1d,
    np.atleast_2d: gates.atleast_2d,
    np.atleast_3d: gates.atleast_3d,
    np.broadcast_arrays: gates.broadcast_tensors,
    np.meshgrid: lambda *xs, indexing="xy": gates.meshgrid(*map(as_tensor, xs), indexing=indexing),
    np.zeros_like: lambda x, dtype=None: np.zeros(x.shape, dtype or x.dtype),
    np.ones_like: lambda x, dtype=None: np.ones(x.shape, dtype or x.dtype),
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.size: lambda x, axis=None: x.numel() if axis is None else x.shape[axis],
}
# Functions whose result has no gradient: computed on the values.
VALUES_ONLY = {np.argmax, np.argmin, np.argsort, np.array_equal, np.allclose, np.isclose, np.array_repr, np.array_str,
               np.array2string, np.iscomplexobj, np.isrealobj, np.may_share_memory, np.shares_memory, np.result_type,
               np.can_cast, np.min_scalar_type, np.searchsorted, np.nonzero, np.flatnonzero, np.count_nonzero, np.any,
               np.all, np.unique, np.histogram, np.isin, np.save, np.savez, np.savetxt}  # fmt: skip


def _equal(x: Any, indices: Any, axis: int) -> Any:
    """NumPy's `split` parts into equal sections only."""
    if np.ndim(indices) == 0 and x.shape[axis] % indices:
        raise ValueError("array split does not result in an equal division")
    return indices


def _shape_only(x: Any) -> np.ndarray:
    """An array of x's shape that takes no memory, to ask NumPy for a new shape."""
    return np.broadcast_to(np.empty(()), x.shape)


def _values(thing: Any) -> Any:
    if isinstance(thing, Tensor):
        return thing.numpy()
    return type(thing)(map(_values, thing)) if type(thing) in (list, tuple) else thing


def _as_tensor_result(result: Any) -> Any:
    return Tensor(result) if isinstance(result, (np.ndarray, np.generic)) else result


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
    """NumPy's hook for ufuncs: `np.exp(t)`, `array * t`, `np.add.reduce(t)`."""
    if keywords.get("out") is None:
        if method == "__call__" and ufunc in UFUNCS and not keywords:
            return UFUNCS[ufunc](*(x if isinstance(x, Tensor) else _operand(x) for x in inputs))
        if method == "__call__" and ufunc in NO_GRADIENT:
            return _as_tensor_result(ufunc(*map(_values, inputs), **keywords))
        if method == "reduce" and ufunc in REDUCTIONS:
            return REDUCTIONS[ufunc](*inputs, **{"axis": 0, **keywords})
    name = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    raise _not_covered(name + (" with out=" if keywords.get("out") is not None else ""), ufunc.__name__)


def _operand(x: Any) -> Any:
    """A 0-d array or NumPy scalar keeps its dtype; lists become arrays, as NumPy takes them."""
    return x if isinstance(x, (bool, int, float)) else as_tensor(np.asarray(x))


def array_function(self: Tensor, function: Any, types: Any, args: Any, keywords: Any) -> Any:
    """NumPy's hook for its other functions: `np.sum(t, axis=0)`, `np.concatenate([t, u])`."""
    if function in FUNCTIONS:
        return FUNCTIONS[function](*args, **keywords)
    if function in VALUES_ONLY:
        result = function(*map(_values, args), **{k: _values(v) for k, v in keywords.items()})
        return _as_tensor_result(result)
    raise _not_covered(f"np.{function.__name__}", function.__name__)


def _not_covered(name: str, bare: str) -> NotCoveredError:
    import tinygrad_edu as tg

    ours = f"tg.{bare}(t) has a gradient; or use " if hasattr(tg, bare) else ""
    return NotCoveredError(
        f"{name} is not covered for Tensors, and would drop the graph.",
        mend=f"{ours}{name.split(' ')[0]}(t.detach().numpy()) for the values without a gradient",
    )


Tensor.__array_ufunc__ = array_ufunc  # type: ignore[attr-defined]
Tensor.__array_function__ = array_function  # type: ignore[attr-defined]


def _compare(ufunc: np.ufunc) -> Callable[[Tensor, Any], Any]:
    def called(self: Tensor, other: Any) -> Any:
        if other is None or isinstance(other, str):
            return NotImplemented
        return Tensor(ufunc(self._data, other._data if isinstance(other, Tensor) else other))

    called.__doc__ = f"np.{ufunc.__name__}, elementwise: a bool Tensor, without a gradient."
    return called


for _name, _ufunc in {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
}.items():  # fmt: skip
    setattr(Tensor, f"__{_name}__", _compare(_ufunc))
    setattr(Tensor, _name, _compare(_ufunc))
Tensor.__hash__ = object.__hash__  # type: ignore[method-assign]
