"""numpy_protocol: NumPy's functions on Tensors. `np.f(t)` means NumPy's f and stays on the graph.

The rules of the gates are written in these functions, so the same rule computes on arrays and
records itself on Tensors. Where NumPy and PyTorch disagree, an adapter here speaks NumPy's way;
only the dtype of mixed operands stays PyTorch's, so that float32 stays float32. A function that is
not in these tables raises: the graph is never dropped silently.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from . import gates, linalg
from .axes import axes_of
from .dtypes import NUMBERS, python_number
from .errors import NotCoveredError
from .gates.pad import numpy_pad
from .modes import recording
from .record import cast
from .tensor import Tensor, as_tensor

__all__ = ["FUNCTIONS", "METHODS", "UFUNCS", "VALUES_ONLY"]


# Adapters: where NumPy's meaning is not that of the gate of the same name.


def _moved(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that only moves elements: NumPy moves their positions, and one indexing follows."""

    def called(a: Any, *args: Any, **keywords: Any) -> Any:
        a = as_tensor(a)
        positions = np.arange(a.numel()).reshape(a.shape)
        found = function(positions, *map(_values, args), **{k: _values(v) for k, v in keywords.items()})
        elements = gates.ravel(a)
        return [elements[part] for part in found] if isinstance(found, (list, tuple)) else elements[found]

    return called


def _shape_only(a: Any) -> np.ndarray:
    """An array of a's shape that takes no memory, to ask NumPy for a new shape."""
    return np.broadcast_to(np.empty(()), a.shape)


def _flat(a: Any, axis: Any) -> tuple[Tensor, Any]:
    """`a` and `axis`; without an axis NumPy goes along all elements."""
    return (gates.ravel(a), 0) if axis is None else (as_tensor(a), axis)


def _edge(a: Any, edge: Any, axis: int) -> Any:
    """What np.diff puts before or after `a`: a number stands for a whole edge."""
    if edge is None or np.ndim(edge):
        return edge
    shape = [*a.shape]
    shape[axis] = 1
    return gates.broadcast_to(edge, shape)


def _dot(a: Any, b: Any) -> Tensor:
    """np.dot: the last axis of a with the last but one of b, without batches."""
    a, b = as_tensor(a), as_tensor(b)
    if not (a.ndim and b.ndim):
        return a * b
    return gates.tensordot(a, b, ([-1], [-2])) if b.ndim > 2 else a @ b


def _gradient(f: Tensor, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """np.gradient: the spacings one by one; one derivative is not in a tuple."""
    given = [as_tensor(x, f.dtype) if np.ndim(x) else x for x in varargs]
    spacing = given[0] if len(given) == 1 and not np.ndim(given[0]) else given or 1
    found = gates.gradient(f, spacing=spacing, dim=axis, edge_order=edge_order)
    return found if len(found) > 1 else found[0]


def _quantile(a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Tensor:
    """np.quantile: over several axes at once; q of any shape, which comes first in the result."""
    a = as_tensor(a)
    axes = axes_of(axis, a.ndim, "quantile")
    rest = [i for i in range(a.ndim) if i not in axes]
    rows = gates.reshape(gates.permute(a, (*rest, *axes)), (*(a.shape[i] for i in rest), -1))
    q = np.asarray(_values(q), a.dtype if a.dtype.kind == "f" else None)
    found = gates.quantile(rows, Tensor(q.ravel()), -1, interpolation=method)
    kept = tuple(1 if i in axes else a.shape[i] for i in range(a.ndim))
    return gates.reshape(found, (*q.shape, *(kept if keepdims else (a.shape[i] for i in rest))))


def _broadcast_arrays(*args: Any) -> tuple[Any, ...]:
    """Tensors stretched; what is no Tensor stays an array, of strings or objects too (matplotlib's)."""
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple((gates if isinstance(x, Tensor) else np).broadcast_to(x, shape) for x in args)


def _unique(ar: Tensor) -> Tensor:
    return gates.ravel(ar)[np.unique(ar.numpy(), return_index=True)[1]]


def _full_like(a: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    shape, dtype = np.shape(a), np.dtype(dtype or a.dtype)
    return cast(gates.broadcast_to(as_tensor(fill_value), shape), dtype=dtype)


def _equal_parts(ary: Any, indices_or_sections: Any, axis: int) -> list[Tensor]:
    """NumPy's `split` parts into equal sections only."""
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return list(gates.tensor_split(ary, indices_or_sections, axis))


def _append(arr: Any, values: Any, axis: int | None = None) -> Tensor:
    parts = [as_tensor(arr), as_tensor(values)]
    return gates.cat([gates.ravel(part) for part in parts] if axis is None else parts, axis or 0)


def _concatenate(arrays: Any, axis: int | None = 0) -> Tensor:
    return gates.cat([gates.ravel(a) for a in arrays] if axis is None else arrays, axis or 0)


def _solve(a: Any, b: Any) -> Tensor:
    """np.linalg.solve: b is a vector only if it has one axis."""
    a, b = as_tensor(a), as_tensor(b)
    if b.ndim == a.ndim - 1 and b.ndim > 1:
        b = gates.broadcast_to(b, (*a.shape[:-2], *b.shape[-2:]))
    return linalg.solve(a, b)


# Ufuncs.

UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    # between two
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul, np.true_divide: operator.truediv,
    np.floor_divide: gates.floor_divide, np.remainder: gates.remainder, np.fmod: gates.fmod,
    np.divmod: lambda x, y: (gates.floor_divide(x, y), gates.remainder(x, y)),
    np.power: gates.pow, np.float_power: gates.float_power, np.arctan2: gates.atan2, np.hypot: gates.hypot,
    np.copysign: gates.copysign, np.ldexp: gates.ldexp, np.logaddexp: gates.logaddexp,
    np.logaddexp2: gates.logaddexp2, np.maximum: gates.maximum, np.minimum: gates.minimum, np.fmax: gates.fmax,
    np.fmin: gates.fmin,
    np.matmul: operator.matmul, np.vecdot: lambda x, y: gates.sum(x * y, -1),
    # of one
    np.negative: gates.neg, np.positive: gates.positive, np.conjugate: gates.positive,
    np.absolute: gates.abs, np.fabs: gates.abs, np.square: gates.square, np.sqrt: gates.sqrt,
    np.reciprocal: gates.reciprocal,
    np.exp: gates.exp, np.exp2: gates.exp2, np.expm1: gates.expm1,
    np.log: gates.log, np.log2: gates.log2, np.log10: gates.log10, np.log1p: gates.log1p,
    np.sin: gates.sin, np.cos: gates.cos, np.tan: gates.tan,
    np.arcsin: gates.asin, np.arccos: gates.acos, np.arctan: gates.atan,
    np.sinh: gates.sinh, np.cosh: gates.cosh, np.tanh: gates.tanh,
    np.arcsinh: gates.asinh, np.arccosh: gates.acosh, np.arctanh: gates.atanh,
    np.deg2rad: gates.deg2rad, np.radians: gates.deg2rad, np.rad2deg: gates.rad2deg, np.degrees: gates.rad2deg,
    np.floor: gates.floor, np.ceil: gates.ceil, np.trunc: gates.trunc, np.rint: gates.round,
    np.modf: lambda x: (gates.frac(x), gates.trunc(x)),
}  # fmt: skip
if hasattr(np, "matvec"):  # NumPy 2.2
    UFUNCS[np.matvec] = lambda x, y: (x @ y[..., None])[..., 0]
    UFUNCS[np.vecmat] = lambda x, y: (x[..., None, :] @ y)[..., 0, :]


def _outer(ufunc: np.ufunc) -> Callable[..., Any]:
    def called(a: Any, b: Any) -> Any:
        a, b = as_tensor(a), as_tensor(b)
        return UFUNCS[ufunc](gates.reshape(a, (*a.shape, *(1,) * b.ndim)), b)

    return called


# Their methods: np.add.reduce, np.multiply.accumulate …
METHODS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {
    (np.add, "reduce"): lambda array, axis=0, keepdims=False: gates.sum(array, axis, keepdims),
    (np.multiply, "reduce"): lambda array, axis=0, keepdims=False: gates.prod(array, axis, keepdims),
    (np.maximum, "reduce"): lambda array, axis=0, keepdims=False: gates.amax(array, axis, keepdims),
    (np.minimum, "reduce"): lambda array, axis=0, keepdims=False: gates.amin(array, axis, keepdims),
    (np.logaddexp, "reduce"): lambda array, axis=0, keepdims=False: gates.logsumexp(array, axis, keepdims),
    (np.add, "accumulate"): lambda array, axis=0: gates.cumsum(array, axis),
    (np.multiply, "accumulate"): lambda array, axis=0: gates.cumprod(array, axis),
    (np.maximum, "accumulate"): lambda array, axis=0: gates.cummax(array, axis)[0],
    (np.minimum, "accumulate"): lambda array, axis=0: gates.cummin(array, axis)[0],
    (np.logaddexp, "accumulate"): lambda array, axis=0: gates.logcumsumexp(array, axis),
}
METHODS |= {(ufunc, "outer"): _outer(ufunc) for ufunc in UFUNCS if ufunc.nin == 2 and ufunc.signature is None}

# Everything else.

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    # reductions
    np.sum: lambda a, axis=None, dtype=None, keepdims=False: (
        gates.clone(a) if axis == () else gates.sum(a, axis, keepdims, dtype=dtype)
    ),
    np.prod: lambda a, axis=None, dtype=None, keepdims=False: gates.prod(a, axis, keepdims, dtype=dtype),
    np.mean: lambda a, axis=None, dtype=None, keepdims=False: gates.mean(a, axis, keepdims, dtype=dtype),
    np.nansum: lambda a, axis=None, dtype=None, keepdims=False: gates.nansum(a, axis, keepdims, dtype=dtype),
    np.nanmean: lambda a, axis=None, dtype=None, keepdims=False: gates.nanmean(a, axis, keepdims, dtype=dtype),
    np.var: lambda a, axis=None, ddof=0, keepdims=False: gates.var(a, axis, correction=ddof, keepdim=keepdims),
    np.std: lambda a, axis=None, ddof=0, keepdims=False: gates.std(a, axis, correction=ddof, keepdim=keepdims),
    np.max: lambda a, axis=None, keepdims=False: gates.amax(a, axis, keepdims),
    np.min: lambda a, axis=None, keepdims=False: gates.amin(a, axis, keepdims),
    np.amax: lambda a, axis=None, keepdims=False: gates.amax(a, axis, keepdims),
    np.amin: lambda a, axis=None, keepdims=False: gates.amin(a, axis, keepdims),
    np.ptp: lambda a, axis=None, keepdims=False: gates.amax(a, axis, keepdims) - gates.amin(a, axis, keepdims),
    np.median: lambda a, axis=None, keepdims=False: _quantile(a, 0.5, axis, keepdims=keepdims),
    np.quantile: lambda a, q, axis=None, method="linear", keepdims=False: _quantile(a, q, axis, method, keepdims),
    np.percentile: lambda a, q, axis=None, method="linear", keepdims=False: _quantile(
        a, np.asarray(_values(q)) / 100, axis, method, keepdims
    ),
    np.cov: lambda m: gates.cov(m),
    np.corrcoef: gates.corrcoef,
    # along an axis
    np.cumsum: lambda a, axis=None, dtype=None: gates.cumsum(*_flat(a, axis), dtype=dtype),
    np.cumprod: lambda a, axis=None, dtype=None: gates.cumprod(*_flat(a, axis), dtype=dtype),
    np.diff: lambda a, n=1, axis=-1, prepend=None, append=None: gates.diff(
        a, n, axis, *(_edge(a, edge, axis) for edge in (prepend, append))
    ),
    np.trapezoid: lambda y, x=None, dx=1.0, axis=-1: gates.trapezoid(y, x, dx=dx, dim=axis),
    np.gradient: _gradient,
    np.sort: lambda a, axis=-1, kind=None, stable=None: gates.sort(*_flat(a, axis))[0],
    np.unique: _unique,
    # elementwise
    np.where: lambda condition, x=None, y=None: (
        np.nonzero(_values(condition)) if x is None else gates.where(condition, x, y)
    ),
    np.clip: lambda a, a_min=None, a_max=None, min=None, max=None: gates.clamp(
        a, a_min if min is None else min, a_max if max is None else max
    ),
    np.nan_to_num: lambda x, copy=True, nan=0.0, posinf=None, neginf=None: gates.nan_to_num(x, nan, posinf, neginf),
    np.round: lambda a, decimals=0: gates.round(a, decimals=decimals),
    np.around: lambda a, decimals=0: gates.round(a, decimals=decimals),
    np.sinc: gates.sinc,
    np.i0: gates.i0,
    np.real: gates.clone,
    np.copy: gates.clone,
    np.astype: lambda x, dtype: cast(x, dtype=np.dtype(dtype)),
    # shapes
    np.reshape: gates.reshape,
    np.ravel: gates.ravel,
    np.transpose: lambda a, axes=None: gates.permute(a, tuple(range(a.ndim))[::-1] if axes is None else axes),
    np.permute_dims: lambda a, axes=None: gates.permute(a, tuple(range(a.ndim))[::-1] if axes is None else axes),
    np.matrix_transpose: lambda x: gates.transpose(x, -1, -2),
    np.swapaxes: lambda a, axis1, axis2: gates.transpose(a, axis1, axis2),
    np.moveaxis: lambda a, source, destination: gates.movedim(a, source, destination),
    np.rollaxis: _moved(np.rollaxis),
    np.expand_dims: lambda a, axis: gates.reshape(a, np.expand_dims(_shape_only(a), axis).shape),
    np.squeeze: lambda a, axis=None: gates.reshape(a, np.squeeze(_shape_only(a), axis).shape),
    np.broadcast_to: lambda array, shape: gates.broadcast_to(array, (shape,) if np.ndim(shape) == 0 else shape),
    np.broadcast_arrays: _broadcast_arrays,
    np.atleast_1d: gates.atleast_1d,
    np.atleast_2d: gates.atleast_2d,
    np.atleast_3d: gates.atleast_3d,
    np.meshgrid: lambda *xi, indexing="xy": gates.meshgrid(*map(as_tensor, xi), indexing=indexing),
    # joined and parted
    np.concatenate: _concatenate,
    np.stack: lambda arrays, axis=0: gates.stack(arrays, axis),
    np.hstack: gates.hstack,
    np.vstack: gates.vstack,
    np.dstack: gates.dstack,
    np.column_stack: gates.column_stack,
    np.append: _append,
    np.array_split: lambda ary, indices_or_sections, axis=0: list(gates.tensor_split(ary, indices_or_sections, axis)),
    np.split: lambda ary, indices_or_sections, axis=0: _equal_parts(ary, indices_or_sections, axis),
    np.hsplit: lambda ary, indices_or_sections: _equal_parts(ary, indices_or_sections, 1 if ary.ndim > 1 else 0),
    np.vsplit: lambda ary, indices_or_sections: _equal_parts(ary, indices_or_sections, 0),
    np.dsplit: lambda ary, indices_or_sections: _equal_parts(ary, indices_or_sections, 2),
    # moved, repeated, picked
    np.flip: lambda m, axis=None: gates.flip(m, tuple(range(m.ndim)) if axis is None else axis),
    np.fliplr: gates.fliplr,
    np.flipud: gates.flipud,
    np.roll: lambda a, shift, axis=None: gates.roll(a, shift, axis),
    np.rot90: lambda m, k=1, axes=(0, 1): gates.rot90(m, k, axes),
    np.tile: gates.tile,
    np.repeat: lambda a, repeats, axis=None: gates.repeat_interleave(a, repeats, axis),
    np.resize: _moved(np.resize),
    np.delete: _moved(np.delete),
    np.take: _moved(np.take),
    np.take_along_axis: lambda arr, indices, axis=-1: _take_along(arr, indices, axis),
    np.compress: lambda condition, a, axis=None: _moved(lambda a: np.compress(_values(condition), a, axis))(a),
    np.extract: lambda condition, arr: _moved(lambda arr: np.extract(_values(condition), arr))(arr),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: gates.diagonal(a, offset, axis1, axis2),
    np.diag: lambda v, k=0: gates.diag(v, k),
    np.diagflat: lambda v, k=0: gates.diag(gates.ravel(v), k),
    np.trace: lambda a, offset=0, axis1=0, axis2=1: gates.sum(gates.diagonal(a, offset, axis1, axis2), -1),
    np.tril: lambda m, k=0: gates.tril(m, k),
    np.triu: lambda m, k=0: gates.triu(m, k),
    np.pad: lambda array, pad_width, mode="constant", constant_values=0: numpy_pad(
        array, pad_width, mode, constant_values
    ),
    # products
    np.dot: _dot,
    np.vdot: lambda a, b: gates.dot(gates.ravel(a), gates.ravel(b)),
    np.inner: gates.inner,
    np.outer: lambda a, b: gates.outer(gates.ravel(a), gates.ravel(b)),
    np.tensordot: lambda a, b, axes=2: gates.tensordot(a, b, axes),
    np.einsum: lambda subscripts, *operands, optimize=False: gates.einsum(subscripts, *operands),
    np.kron: gates.kron,
    np.cross: lambda a, b, axis=-1: linalg.cross(as_tensor(a), as_tensor(b), dim=axis),
    # linear algebra
    np.linalg.norm: lambda x, ord=None, axis=None, keepdims=False: linalg.norm(x, ord, axis, keepdims),
    np.linalg.vector_norm: lambda x, axis=None, keepdims=False, ord=2: linalg.vector_norm(x, ord, axis, keepdims),
    np.linalg.matrix_norm: lambda x, keepdims=False, ord="fro": linalg.matrix_norm(x, ord, keepdim=keepdims),
    np.linalg.inv: linalg.inv,
    np.linalg.pinv: lambda a, rcond=None, hermitian=False, rtol=None: linalg.pinv(
        a, rtol if rcond is None else rcond, hermitian
    ),
    np.linalg.det: linalg.det,
    np.linalg.slogdet: linalg.slogdet,
    np.linalg.solve: _solve,
    np.linalg.tensorinv: lambda a, ind=2: linalg.tensorinv(a, ind),
    np.linalg.tensorsolve: lambda a, b, axes=None: linalg.tensorsolve(a, b, axes),
    np.linalg.cholesky: lambda a, upper=False: linalg.cholesky(a, upper=upper),
    np.linalg.qr: lambda a, mode="reduced": linalg.qr(a, mode),
    np.linalg.svd: lambda a, full_matrices=True, compute_uv=True, hermitian=False: (
        linalg.svd(a, full_matrices) if compute_uv else linalg.svdvals(a)
    ),
    np.linalg.svdvals: linalg.svdvals,
    np.linalg.eigh: lambda a, UPLO="L": linalg.eigh(a, UPLO),
    np.linalg.eigvalsh: lambda a, UPLO="L": linalg.eigvalsh(a, UPLO),
    np.linalg.cond: lambda x, p=None: linalg.cond(x, p),
    np.linalg.matrix_power: linalg.matrix_power,
    np.linalg.multi_dot: lambda arrays: linalg.multi_dot([as_tensor(a) for a in arrays]),
    np.linalg.cross: lambda x1, x2, axis=-1: linalg.cross(as_tensor(x1), as_tensor(x2), dim=axis),
    np.linalg.diagonal: lambda x, offset=0: gates.diagonal(x, offset, -2, -1),
    np.linalg.trace: lambda x, offset=0: gates.sum(gates.diagonal(x, offset, -2, -1), -1),
    np.linalg.outer: gates.outer,
    np.linalg.tensordot: lambda x1, x2, axes=2: gates.tensordot(x1, x2, axes),
    np.linalg.vecdot: lambda x1, x2, axis=-1: gates.sum(as_tensor(x1) * x2, axis),
    np.linalg.matmul: gates.matmul,
    np.linalg.matrix_transpose: lambda x: gates.transpose(x, -1, -2),
    # new ones
    np.full_like: _full_like,
}
if hasattr(np, "fix"):  # deprecated since NumPy 2.5
    FUNCTIONS[np.fix] = gates.trunc
if hasattr(np, "unstack"):  # NumPy 2.1
    FUNCTIONS[np.unstack] = lambda x, axis=0: gates.unbind(x, axis)


def _take_along(arr: Any, indices: Any, axis: int | None) -> Tensor:
    arr, axis = _flat(arr, axis)
    return gates.take_along_dim(arr, as_tensor(np.asarray(_values(indices))), axis)


# What has no gradient, because it is an integer, a truth, a text or flat: computed on the values.
VALUES_ONLY = {
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.sign, np.signbit, np.heaviside,
    np.isnan, np.isinf, np.isfinite, np.logical_and, np.logical_or, np.logical_xor, np.logical_not,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.gcd, np.lcm,
    np.bitwise_count, np.spacing,
    np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.argwhere, np.lexsort,
    np.searchsorted, np.digitize, np.bincount, np.nonzero, np.flatnonzero, np.count_nonzero, np.any, np.all,
    np.histogram, np.isin, np.array_equal, np.array_equiv, np.allclose, np.isclose, np.isneginf, np.isposinf,
    np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj, np.linalg.matrix_rank,
    np.zeros_like, np.ones_like, np.empty_like, np.shape, np.ndim, np.size, np.ix_, np.unravel_index,
    np.ravel_multi_index, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
    np.may_share_memory, np.shares_memory, np.result_type, np.can_cast, np.min_scalar_type, np.common_type,
    np.array_repr, np.array_str, np.array2string, np.save, np.savez, np.savez_compressed, np.savetxt,
}  # fmt: skip


# NumPy's two hooks.


def array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
    """NumPy's hook for ufuncs: `np.exp(t)`, `array * t`, `np.add.reduce(t)`, `array += t`."""
    name = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    out = keywords.pop("out", None)
    if out is not None and any(part is not None for part in out):
        return _into(out, name, getattr(ufunc, method), inputs, keywords)
    adapter = UFUNCS.get(ufunc) if method == "__call__" else METHODS.get((ufunc, method))
    if ufunc in VALUES_ONLY or (adapter and _integers(inputs)):
        return _on_values(getattr(ufunc, method), inputs, keywords)
    return _adapted(name, adapter, tuple(map(_operand, inputs)), keywords)


def array_function(self: Tensor, function: Any, types: Any, args: Any, keywords: Any) -> Any:
    """NumPy's hook for its other functions: `np.sum(t, axis=0)`, `np.concatenate([t, u])`."""
    adapter = FUNCTIONS.get(function)
    if function in VALUES_ONLY or (adapter and _integers(args)):
        return _on_values(function, args, keywords)
    return _adapted(f"{function.__module__.replace('numpy', 'np')}.{function.__name__}", adapter, args, keywords)


def _adapted(name: str, adapter: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    if adapter is None:
        raise _not_covered(name)
    given = {k: v for k, v in keywords.items() if not (v is np._NoValue or (v is None and k in ("out", "dtype")))}
    try:
        return adapter(*args, **given)
    except TypeError:
        import inspect

        try:
            inspect.signature(adapter).bind(*args, **given)
        except TypeError as error:
            raise _not_covered(name, str(error)) from None
        raise


def _into(out: Any, name: str, function: Any, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """`array += t`: values into an array of NumPy's, which has no graph; so no graph may be behind them."""
    if any(isinstance(part, Tensor) for part in out):
        raise NotCoveredError(
            f"{name} cannot write out= into a Tensor.", mend="write `t[...] = value`, or `t += value`"
        )
    if recording.get() and any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        raise NotCoveredError(
            f"{name} would write into a NumPy array, which remembers no graph.",
            mend="write `array = array + t` for a new Tensor, or use t.detach()",
        )
    return function(*map(_values, inputs), out=out, **keywords)


def _on_values(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return _as_tensors(function(*map(_values, args), **{k: _values(v) for k, v in keywords.items()}))


def _integers(args: Any) -> bool:
    """Whether every Tensor among the arguments holds integers: then NumPy's own answer, at its dtype."""
    for x in args:
        if isinstance(x, (list, tuple)):
            if not _integers(x):
                return False
        elif isinstance(x, Tensor) and x._data.dtype.kind == "f":
            return False
    return True


def _values(thing: Any) -> Any:
    if isinstance(thing, Tensor):
        return thing.numpy()
    return type(thing)(map(_values, thing)) if type(thing) in (list, tuple) else thing


def _as_tensors(result: Any) -> Any:
    if isinstance(result, (list, tuple)):
        return type(result)(map(_as_tensors, result)) if type(result) in (list, tuple) else result
    return Tensor(result) if isinstance(result, (np.ndarray, np.generic)) and result.dtype.kind in "fiub" else result


def _operand(x: Any) -> Any:
    """A NumPy scalar is a number (it must not promote `np.sqrt(2) * t`); lists become arrays, as NumPy takes them."""
    if isinstance(x, NUMBERS):
        return python_number(x)
    return x if isinstance(x, (Tensor, bool, int, float)) else as_tensor(np.asarray(x))


def _not_covered(name: str, why: str = "") -> NotCoveredError:
    import tinygrad_edu as tg

    bare = name.partition(".")[2]
    ours = f"tg.{bare}(…) has a gradient; or use " if operator.contains(dir(tg), bare.partition(".")[0]) else ""
    return NotCoveredError(
        f"{name} is not covered for Tensors{' with these arguments' if why else ''}, and would drop the graph.",
        got=why,
        mend=f"{ours}{name}(t.detach().numpy()) for the values without a gradient",
    )


Tensor.__array_ufunc__ = array_ufunc  # type: ignore[method-assign]
Tensor.__array_function__ = array_function  # type: ignore[method-assign]
