"""np.f(t) is np.f(array), in values and dtypes, and stays on the graph."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.engine import grad
from tinygrad_edu.errors import DtypeError, NotCoveredError, ShapeError
from tinygrad_edu.numpy_protocol import FUNCTIONS, METHODS, UFUNCS, VALUES_ONLY

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4))
Y = RNG.normal(size=(3, 4)) + 3
BOX = RNG.normal(size=(2, 3, 4))
V = np.array([0.3, -1.2, 2.1, 0.7])
W = np.array([1.1, 0.4, -0.6, 2.5])
P = np.array([0.3, 1.2, 2.1, 0.7])  # positive
U = np.array([-0.7, -0.2, 0.3, 0.8])  # inside (-1, 1)
S = RNG.normal(size=(4, 4)) + 3 * np.eye(4)
SPD = S @ S.T
B = RNG.normal(size=(4, 2))
N = np.array([1.0, np.nan, 3.0, -2.0])
INDEX = np.array([2, 0, 0])
MASK = np.array([True, False, True, True])

# What is called, how, and on what: each array becomes a Tensor that requires a gradient.
ROWS = [
    (np.add, lambda x, y: np.add(x, y), V, X),
    (np.subtract, lambda x, y: np.subtract(x, y), V, X),
    (np.multiply, lambda x, y: np.multiply(x, y), V, X),
    (np.true_divide, lambda x, y: np.true_divide(x, y), X, P),
    (np.floor_divide, lambda x, y: np.floor_divide(x, y), X, P),
    (np.remainder, lambda x, y: np.remainder(x, y), X, P),
    (np.remainder, lambda x: np.mod(x, 2.0), X),
    (np.fmod, lambda x, y: np.fmod(x, y), X, P),
    (np.divmod, lambda x, y: np.divmod(x, y), X, P),
    (np.power, lambda x, y: np.power(x, y), P, V),
    (np.power, lambda x: np.power(x, 2) + np.power(2.0, x), V),
    (np.float_power, lambda x, y: np.float_power(x, y), P, V),
    (np.arctan2, lambda x, y: np.arctan2(x, y), V, W),
    (np.hypot, lambda x, y: np.hypot(x, y), V, W),
    (np.copysign, lambda x, y: np.copysign(x, y), V, W),
    (np.ldexp, lambda x: np.ldexp(x, np.array([1, 2, 0, -1])), V),
    (np.logaddexp, lambda x, y: np.logaddexp(x, y), V, W),
    (np.logaddexp2, lambda x, y: np.logaddexp2(x, y), V, W),
    (np.maximum, lambda x, y: np.maximum(x, y), V, W),
    (np.minimum, lambda x, y: np.minimum(x, y), V, W),
    (np.fmax, lambda x, y: np.fmax(x, y), V, W),
    (np.fmin, lambda x, y: np.fmin(x, y), V, W),
    (np.matmul, lambda x, y: np.matmul(x, y), X, S),
    (np.vecdot, lambda x, y: np.vecdot(x, y), X, V),
    *([(np.matvec, lambda x, y: np.matvec(x, y), S, X), (np.vecmat, lambda x, y: np.vecmat(x, y), X, S)]
      if hasattr(np, "matvec") else []),  # NumPy 2.2
    *((f, lambda x, f=f: f(x), V) for f in (
        np.negative, np.positive, np.conjugate, np.absolute, np.fabs, np.square, np.reciprocal, np.exp, np.exp2,
        np.expm1, np.sin, np.cos, np.tan, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh, np.deg2rad, np.radians,
        np.rad2deg, np.degrees, np.floor, np.ceil, np.trunc, np.rint, np.modf,
    )),
    *((f, lambda x, f=f: f(x), P) for f in (np.sqrt, np.log, np.log2, np.log10, np.log1p)),
    *((f, lambda x, f=f: f(x), U) for f in (np.arcsin, np.arccos, np.arctanh)),
    (np.arccosh, lambda x: np.arccosh(x), P + 1),
    ((np.add, "reduce"), lambda x: np.add.reduce(x), X),
    ((np.add, "reduce"), lambda x: np.add.reduce(x, axis=None), X),
    ((np.add, "reduce"), lambda x: np.add.reduce(x, axis=(0, 1), keepdims=True), X),
    ((np.multiply, "reduce"), lambda x: np.multiply.reduce(x, 1), X),
    ((np.maximum, "reduce"), lambda x: np.maximum.reduce(x), X),
    ((np.minimum, "reduce"), lambda x: np.minimum.reduce(x), X),
    ((np.logaddexp, "reduce"), lambda x: np.logaddexp.reduce(x), X),
    ((np.add, "accumulate"), lambda x: np.add.accumulate(x), X),
    ((np.multiply, "accumulate"), lambda x: np.multiply.accumulate(x, 1), X),
    ((np.maximum, "accumulate"), lambda x: np.maximum.accumulate(x), X),
    ((np.minimum, "accumulate"), lambda x: np.minimum.accumulate(x), X),
    ((np.logaddexp, "accumulate"), lambda x: np.logaddexp.accumulate(x), X),
    *((key, lambda x, y, f=key[0]: f.outer(x, y), P, X + 4)
      for key in METHODS if key[1] == "outer" and key[0] is not np.ldexp),
    ((np.ldexp, "outer"), lambda x: np.ldexp.outer(x, np.array([1, 2])), V),
    # reductions
    (np.sum, lambda x: np.sum(x), X),
    (np.sum, lambda x: np.sum(x, axis=(0, -1), keepdims=True), BOX),
    (np.sum, lambda x: np.sum(x, 1, dtype=np.float32), X),
    (np.prod, lambda x: np.prod(x, axis=1), X),
    (np.mean, lambda x: np.mean(x, axis=-1, keepdims=True), X),
    (np.nansum, lambda x: np.nansum(x), N),
    (np.nanmean, lambda x: np.nanmean(x, axis=0), N),
    (np.var, lambda x: np.var(x), X),
    (np.var, lambda x: np.var(x, axis=(0, 2), ddof=1, keepdims=True), BOX),
    (np.std, lambda x: np.std(x), X),
    (np.std, lambda x: np.std(x, axis=1, ddof=1), X),
    (np.max, lambda x: np.max(x), X),
    (np.amax, lambda x: np.amax(x, axis=(0, 1), keepdims=True), BOX),
    (np.min, lambda x: np.min(x), X),
    (np.amin, lambda x: np.amin(x, axis=1), X),
    (np.ptp, lambda x: np.ptp(x, axis=1), X),
    (np.median, lambda x: np.median(x), X),
    (np.median, lambda x: np.median(x, axis=1), X),
    (np.median, lambda x: np.median(x, axis=(0, 2), keepdims=True), BOX),
    (np.median, lambda x: np.median(x), N),
    (np.quantile, lambda x: np.quantile(x, 0.3), X),
    (np.quantile, lambda x: np.quantile(x, [0.3, 0.9], axis=1), X),
    (np.quantile, lambda x: np.quantile(x, [[0.1], [0.7]], axis=(0, 2), keepdims=True), BOX),
    *((np.quantile, lambda x, m=m: np.quantile(x, 0.4, axis=0, method=m), X)
      for m in ("linear", "lower", "higher", "midpoint", "nearest")),
    (np.percentile, lambda x: np.percentile(x, [10, 50], axis=-1), X),
    (np.cov, lambda x: np.cov(x), X),
    (np.corrcoef, lambda x: np.corrcoef(x), X),
    # along an axis
    (np.cumsum, lambda x: np.cumsum(x), X),
    (np.cumsum, lambda x: np.cumsum(x, axis=0), X),
    (np.cumprod, lambda x: np.cumprod(x), X),
    (np.cumprod, lambda x: np.cumprod(x, axis=1), X),
    (np.diff, lambda x: np.diff(x), X),
    (np.diff, lambda x: np.diff(x, n=2, axis=0, prepend=0.0), X),
    (np.diff, lambda x, y: np.diff(x, append=y), X, Y),
    (np.trapezoid, lambda y: np.trapezoid(y, dx=0.5, axis=0), X),
    (np.trapezoid, lambda y: np.trapezoid(y, np.array([0.0, 1.0, 3.0, 4.0])), X),
    (np.gradient, lambda f: np.gradient(f), V),
    (np.gradient, lambda f: np.gradient(f), X),
    (np.gradient, lambda f: np.gradient(f, 2.0, axis=1, edge_order=2), X),
    (np.gradient, lambda f: np.gradient(f, 2.0), X),
    (np.gradient, lambda f: np.gradient(f, np.array([0.0, 1.0, 3.0, 4.0])), V),
    (np.gradient, lambda f: np.gradient(f, np.array([0.0, 1.0, 3.0]), 0.5), X),
    (np.sort, lambda x: np.sort(x), X),
    (np.sort, lambda x: np.sort(x, axis=None), X),
    (np.sort, lambda x: np.sort(x, axis=0, kind="stable"), X),
    (np.unique, lambda x: np.unique(x), np.array([2.0, 1.0, 0.5])),
    # elementwise
    (np.where, lambda x, y: np.where(x > y, x, y), V, W),
    (np.where, lambda x: np.where(MASK, x, 0.0), X),
    (np.where, lambda x: np.where(x > 0), X),
    (np.clip, lambda x: np.clip(x, -0.5, 0.9), X),
    (np.clip, lambda x: np.clip(x, None, 0.9), X),
    *([(np.clip, lambda x: np.clip(x, min=-0.5), X)] if hasattr(np, "unstack") else []),  # NumPy 2.1
    (np.nan_to_num, lambda x: np.nan_to_num(x), N),
    (np.nan_to_num, lambda x: np.nan_to_num(x, nan=7.0), N),
    (np.round, lambda x: np.round(x, 1), X),
    (np.around, lambda x: np.around(x), X),
    *([(np.fix, lambda x: (np.trunc if isinstance(x, np.ndarray) else np.fix)(x), X)] if hasattr(np, "fix") else []),
    (np.sinc, lambda x: np.sinc(x), X),
    (np.i0, lambda x: np.i0(x), V),
    (np.real, lambda x: np.real(x), V),
    (np.copy, lambda x: np.copy(x), X),
    (np.astype, lambda x: np.astype(x, np.float32), X),
    # shapes
    (np.reshape, lambda x: np.reshape(x, (2, -1)), X),
    (np.reshape, lambda x: np.reshape(x, 12), X),
    (np.ravel, lambda x: np.ravel(x), X),
    (np.transpose, lambda x: np.transpose(x), BOX),
    (np.transpose, lambda x: np.transpose(x, (1, 0, 2)), BOX),
    (np.permute_dims, lambda x: np.permute_dims(x), BOX),
    (np.matrix_transpose, lambda x: np.matrix_transpose(x), BOX),
    (np.swapaxes, lambda x: np.swapaxes(x, 0, -1), BOX),
    (np.moveaxis, lambda x: np.moveaxis(x, (0, 1), (-1, 0)), BOX),
    (np.rollaxis, lambda x: np.rollaxis(x, 2), BOX),
    (np.expand_dims, lambda x: np.expand_dims(x, (0, -1)), X),
    (np.squeeze, lambda x: np.squeeze(x), X[:1]),
    (np.squeeze, lambda x: np.squeeze(x, axis=0), X[:1]),
    (np.broadcast_to, lambda x: np.broadcast_to(x, (2, 4)), V),
    (np.broadcast_to, lambda x: np.broadcast_to(x, 4), V),
    (np.broadcast_arrays, lambda x, y: np.broadcast_arrays(x, y), V, X),
    (np.atleast_1d, lambda x: np.atleast_1d(x), np.array(2.0)),
    (np.atleast_2d, lambda x: np.atleast_2d(x), V),
    (np.atleast_3d, lambda x: np.atleast_3d(x), X),
    (np.meshgrid, lambda x, y: np.meshgrid(x, y), V, P[:2]),
    (np.meshgrid, lambda x, y: np.meshgrid(x, y, indexing="ij"), V, P[:2]),
    # joined and parted
    (np.concatenate, lambda x, y: np.concatenate([x, y], axis=1), X, Y),
    (np.concatenate, lambda x, y: np.concatenate([x, y], axis=None), X, V),
    (np.stack, lambda x, y: np.stack([x, y], axis=-1), X, Y),
    (np.stack, lambda x, y: np.stack([x, y]), X, Y),
    (np.hstack, lambda x, y: np.hstack((x, y)), X, Y),
    (np.vstack, lambda x, y: np.vstack((x, y)), X, V),
    (np.dstack, lambda x, y: np.dstack((x, y)), X, Y),
    (np.column_stack, lambda x, y: np.column_stack((x, y)), V, S),
    (np.append, lambda x, y: np.append(x, y), X, V),
    (np.append, lambda x, y: np.append(x, y, axis=0), X, Y),
    (np.array_split, lambda x: np.array_split(x, 3), V),
    (np.split, lambda x: np.split(x, 2, axis=1), X),
    (np.split, lambda x: np.split(x, [1, 3]), V),
    (np.hsplit, lambda x: np.hsplit(x, 2), X),
    (np.hsplit, lambda x: np.hsplit(x, [1]), V),
    (np.vsplit, lambda x: np.vsplit(x, 3), X),
    (np.dsplit, lambda x: np.dsplit(x, [1]), BOX),
    *([(np.unstack, lambda x: np.unstack(x, axis=1), X)] if hasattr(np, "unstack") else []),  # NumPy 2.1
    # moved, repeated, picked
    (np.flip, lambda x: np.flip(x), X),
    (np.flip, lambda x: np.flip(x, 1), X),
    (np.fliplr, lambda x: np.fliplr(x), X),
    (np.flipud, lambda x: np.flipud(x), X),
    (np.roll, lambda x: np.roll(x, 2), X),
    (np.roll, lambda x: np.roll(x, (1, -1), axis=(0, 1)), X),
    (np.rot90, lambda x: np.rot90(x, 3), X),
    (np.tile, lambda x: np.tile(x, (2, 1, 2)), X),
    (np.tile, lambda x: np.tile(x, 2), X),
    (np.repeat, lambda x: np.repeat(x, 2), X),
    (np.repeat, lambda x: np.repeat(x, [1, 0, 2], axis=0), X),
    (np.resize, lambda x: np.resize(x, (5, 3)), X),
    (np.delete, lambda x: np.delete(x, 1, axis=0), X),
    (np.take, lambda x: np.take(x, INDEX), X),
    (np.take, lambda x: np.take(x, INDEX, axis=1), X),
    (np.take_along_axis, lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1), X),
    (np.take_along_axis, lambda x: np.take_along_axis(x, INDEX, axis=None), X),
    (np.compress, lambda x: np.compress(MASK, x, axis=1), X),
    (np.extract, lambda x: np.extract(x > 0, x), X),
    (np.diagonal, lambda x: np.diagonal(x, 1), X),
    (np.diagonal, lambda x: np.diagonal(x, axis1=0, axis2=2), BOX),
    (np.diag, lambda x: np.diag(x, 1), V),
    (np.diag, lambda x: np.diag(x), X),
    (np.diagflat, lambda x: np.diagflat(x, -1), X),
    (np.trace, lambda x: np.trace(x), X),
    (np.trace, lambda x: np.trace(x, offset=1, axis1=1, axis2=2), BOX),
    (np.tril, lambda x: np.tril(x, 1), X),
    (np.tril, lambda x: np.tril(x), X),
    (np.triu, lambda x: np.triu(x), BOX),
    (np.pad, lambda x: np.pad(x, 1), X),
    (np.pad, lambda x: np.pad(x, ((1, 0), (2, 1)), constant_values=5.0), X),
    *((np.pad, lambda x, m=m: np.pad(x, (1, 2), mode=m), X) for m in ("edge", "reflect", "wrap")),
    # products
    (np.dot, lambda x, y: np.dot(x, y), X, S),
    (np.dot, lambda x, y: np.dot(x, y), X, V),
    (np.dot, lambda x, y: np.dot(x, y), V, W),
    (np.dot, lambda x, y: np.dot(x, y), BOX, RNG.normal(size=(2, 4, 3))),
    (np.dot, lambda x: np.dot(x, 3.0), X),
    (np.vdot, lambda x, y: np.vdot(x, y), X, Y),
    (np.inner, lambda x, y: np.inner(x, y), X, S),
    (np.outer, lambda x, y: np.outer(x, y), X, V),
    (np.tensordot, lambda x, y: np.tensordot(x, y, axes=([2, 1], [1, 0])), BOX, RNG.normal(size=(3, 4))),
    (np.tensordot, lambda x, y: np.tensordot(x, y, 1), X, S),
    (np.einsum, lambda x, y: np.einsum("ij,jk->ki", x, y), X, S),
    (np.einsum, lambda x: np.einsum("ii", x), S),
    (np.kron, lambda x, y: np.kron(x, y), X, S[:2, :2]),
    (np.cross, lambda x, y: np.cross(x, y), X[:, :3], Y[:, 1:]),
    # linear algebra
    (np.linalg.norm, lambda x: np.linalg.norm(x), X),
    (np.linalg.norm, lambda x: np.linalg.norm(x, axis=1, keepdims=True), X),
    *((np.linalg.norm, lambda x, o=o: np.linalg.norm(x, o), X) for o in (1, 2, -2, np.inf, "fro", "nuc")),
    *((np.linalg.norm, lambda x, o=o: np.linalg.norm(x, o), V) for o in (1, 2, 3, np.inf, -np.inf)),
    (np.linalg.vector_norm, lambda x: np.linalg.vector_norm(x, axis=1, ord=3), X),
    (np.linalg.matrix_norm, lambda x: np.linalg.matrix_norm(x, ord=1), BOX),
    (np.linalg.inv, lambda x: np.linalg.inv(x), S),
    (np.linalg.pinv, lambda x: np.linalg.pinv(x), X),
    (np.linalg.det, lambda x: np.linalg.det(x), S),
    (np.linalg.slogdet, lambda x: np.linalg.slogdet(x), S),
    (np.linalg.solve, lambda x, y: np.linalg.solve(x, y), S, B),
    (np.linalg.solve, lambda x, y: np.linalg.solve(x, y), np.stack([S, SPD]), V),
    (np.linalg.solve, lambda x, y: np.linalg.solve(x, y), np.stack([S, SPD]), B),
    (np.linalg.tensorinv, lambda x: np.linalg.tensorinv(x), S.reshape(2, 2, 4)),
    (np.linalg.tensorsolve, lambda x, y: np.linalg.tensorsolve(x, y), S.reshape(2, 2, 4), S[:2, :2]),
    (np.linalg.cholesky, lambda x: np.linalg.cholesky(x @ x.T if x.ndim == 2 else x), S),
    (np.linalg.cholesky, lambda x: np.linalg.cholesky(x @ x.T, upper=True), S),
    (np.linalg.qr, lambda x: np.linalg.qr(x), S),
    (np.linalg.svd, lambda x: np.linalg.svd(x, full_matrices=False)[1], X),
    (np.linalg.svd, lambda x: np.linalg.svd(x, compute_uv=False), X),
    (np.linalg.svdvals, lambda x: np.linalg.svdvals(x), X),
    (np.linalg.eigh, lambda x: np.linalg.eigh(x @ x.T)[0], S),
    (np.linalg.eigvalsh, lambda x: np.linalg.eigvalsh(x @ x.T), S),
    (np.linalg.cond, lambda x: np.linalg.cond(x), S),
    (np.linalg.matrix_power, lambda x: np.linalg.matrix_power(x, 3), S),
    (np.linalg.matrix_power, lambda x: np.linalg.matrix_power(x, -2), S),
    (np.linalg.multi_dot, lambda x, y: np.linalg.multi_dot([x, y, B]), X, S),
    (np.linalg.cross, lambda x, y: np.linalg.cross(x, y), X[:, :3], Y[:, 1:]),
    (np.linalg.diagonal, lambda x: np.linalg.diagonal(x, offset=1), BOX),
    (np.linalg.trace, lambda x: np.linalg.trace(x), BOX),
    (np.linalg.outer, lambda x, y: np.linalg.outer(x, y), V, W),
    (np.linalg.tensordot, lambda x, y: np.linalg.tensordot(x, y, axes=1), X, S),
    (np.linalg.vecdot, lambda x, y: np.linalg.vecdot(x, y), X, Y),
    (np.linalg.matmul, lambda x, y: np.linalg.matmul(x, y), X, S),
    (np.linalg.matrix_transpose, lambda x: np.linalg.matrix_transpose(x), BOX),
    (np.full_like, lambda x, y: np.full_like(x, y), X, np.array(2.0)),
    (np.full_like, lambda x: np.full_like(x, 3, dtype=np.int32), X),
]  # fmt: skip
# Given float64 weights, numbers or nothing at all NumPy promotes float32 here; a Tensor's dtype stays, as in PyTorch.
STAY_FLOAT32 = {np.quantile, np.percentile, np.cov, np.corrcoef, np.diff, np.dot}
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: getattr(row[0], "__name__", str(row[0])))


def listed(result):
    return list(result) if isinstance(result, (list, tuple)) else [result]


def test_there_is_a_row_for_every_function_of_the_tables():
    keys = {row[0] for row in ROWS}
    missing = [key for key in (*UFUNCS, *METHODS, *FUNCTIONS) if key not in keys]
    assert not missing
    assert keys <= {*UFUNCS, *METHODS, *FUNCTIONS}


def test_no_function_is_in_two_tables():
    assert not (UFUNCS.keys() | FUNCTIONS.keys()) & VALUES_ONLY
    assert all(isinstance(key, np.ufunc) for key in UFUNCS)


@every_row
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_and_dtypes_are_numpys(row, dtype):
    _, call, *arrays = row
    arrays = [a.astype(dtype) for a in arrays]
    expected = listed(call(*arrays))
    found = listed(call(*map(tg.tensor, arrays)))
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        theirs = np.asarray(theirs)
        assert np.shape(ours) == theirs.shape
        assert ours.dtype == (np.float32 if row[0] in STAY_FLOAT32 and dtype == np.float32 else theirs.dtype)
        tolerance = 1e-12 if ours.dtype == np.float64 else 2e-5
        np.testing.assert_allclose(np.asarray(ours), theirs, rtol=tolerance, atol=tolerance)


@every_row
def test_the_gradient_is_that_of_central_differences(row):
    key, call, *arrays = row
    if key in (np.astype, np.sum) and any(t.dtype == np.float32 for t in listed(call(*arrays))):
        return  # float32 is too coarse for differences
    tensors = [tg.tensor(a, requires_grad=True) for a in arrays]
    found = listed(call(*tensors))
    flowing = [i for i, t in enumerate(found) if isinstance(t, tg.Tensor) and t.dtype.kind == "f"]
    assert all(found[i].requires_grad for i in flowing), "left the graph"
    if not flowing:
        return

    def total(*xs):
        results = listed(call(*xs))
        return sum((results[i] * np.cos(np.arange(results[i].size)).reshape(results[i].shape)).sum() for i in flowing)

    weights = [np.cos(np.arange(found[i].numel())).reshape(found[i].shape) for i in flowing]
    grads = grad([found[i] for i in flowing], tensors, [tg.tensor(w) for w in weights], allow_unused=True,
                 materialize_grads=True)  # fmt: skip
    for i, g in enumerate(grads):
        for at in np.ndindex(arrays[i].shape):
            if np.isnan(arrays[i][at]):
                continue
            moved = []
            for step in (1e-6, -1e-6):
                copies = [a.copy() for a in arrays]
                copies[i][at] += step
                moved.append(total(*copies))
            expected = (moved[0] - moved[1]) / 2e-6
            if np.isfinite(expected):
                np.testing.assert_allclose(g.numpy()[at], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("f", [np.exp, np.sqrt, np.sum, np.mean, np.prod, np.var, np.median, np.square, np.cumsum,
                               np.linalg.norm, np.round, np.abs, np.flip])  # fmt: skip
def test_integers_have_numpys_own_answer(f):
    a = np.array([[1, 2], [3, 5]])
    ours = f(tg.tensor(a))
    assert isinstance(ours, tg.Tensor)
    assert ours.dtype == f(a).dtype
    np.testing.assert_array_equal(ours.numpy(), f(a))


@pytest.mark.parametrize("call", [
    lambda x: np.greater(x, 0), lambda x: np.isnan(x), lambda x: np.argmax(x, axis=1), lambda x: np.argsort(x),
    lambda x: np.sign(x), lambda x: np.zeros_like(x), lambda x: np.ones_like(x, dtype=np.int8), lambda x: np.any(x > 0),
    lambda x: np.logical_or.reduce(x > 0), lambda x: np.count_nonzero(x > 0), lambda x: np.isclose(x, 0.0),
    lambda x: np.searchsorted(np.array([0.0, 1.0]), x), lambda x: np.size(x),
])  # fmt: skip
def test_what_is_flat_or_no_number_is_computed_on_the_values(call):
    ours, theirs = call(tg.tensor(X, requires_grad=True)), call(X)
    assert not getattr(ours, "requires_grad", False)
    np.testing.assert_array_equal(np.asarray(ours), theirs)
    assert np.asarray(ours).dtype == np.asarray(theirs).dtype


def test_answers_that_are_no_arrays_stay_what_they_are():
    t = tg.tensor(X, requires_grad=True)
    assert np.allclose(t, X) is True
    assert np.array_equal(t, X + 1) is False
    assert np.shape(t) == (3, 4)
    assert np.ndim(t) == 2
    assert np.result_type(t, np.float32) == np.float64
    assert np.array_str(tg.tensor([1, 2])) == "[1 2]"
    with np.printoptions(precision=1):
        assert np.array2string(tg.tensor([1.0])) == "[1.]"


UNCOVERED = [
    (lambda t: np.interp(t, [0.0, 1.0], [0.0, 1.0]), "np.interp"),
    (lambda t: np.convolve(t, t), "np.convolve"),
    (lambda t: np.fft.fft(t), "np.fft.fft"),
    (lambda t: np.linalg.eig(t), "np.linalg.eig"),
    (lambda t: np.cbrt(t), "np.cbrt"),
    (lambda t: np.add.reduceat(t, [0, 1]), "np.add.reduceat"),
    (lambda t: np.add.at(t, [0], 1.0), "np.add.at"),
    (lambda t: np.max(t, initial=0.0), "np.max"),
    (lambda t: np.sum(t, where=np.array([True, False])), "np.sum"),
    (lambda t: np.exp(t, where=np.array([True, False])), "np.exp"),
    (lambda t: np.mean(t, out=np.zeros(())), "np.mean"),
    (lambda t: np.reshape(t, (2, 1), order="F"), "np.reshape"),
    (lambda t: np.quantile(t, 0.5, method="hazen"), "hazen"),
    (lambda t: np.pad(t, 1, mode="linear_ramp", end_values=2), "np.pad"),
    (lambda t: np.copyto(np.zeros(2), t), "np.copyto"),
    (lambda t: np.cov(t, t), "np.cov"),
    (lambda t: np.ravel(t, order="F"), "np.ravel"),
    (lambda t: np.hstack([t, t], dtype=np.float32), "np.hstack"),
]


@pytest.mark.parametrize(("call", "name"), UNCOVERED, ids=[name for _, name in UNCOVERED])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_an_uncovered_function_raises_and_names_what_to_use(call, name, requires_grad):
    with pytest.raises((NotCoveredError, tg.errors.TinygradError)) as raised:
        call(tg.tensor([1.0, 2.0], requires_grad=requires_grad))
    assert name in str(raised.value)


def test_the_message_says_how_to_mend_it():
    with pytest.raises(NotCoveredError, match=r"(?s)np\.cbrt is not covered.*np\.cbrt\(t\.detach\(\)\.numpy\(\)\)"):
        np.cbrt(tg.tensor(8.0))
    with pytest.raises(NotCoveredError, match=r"(?s)np\.sum is not covered.*'initial'.*tg\.sum\(…\) has a gradient"):
        np.sum(tg.tensor([8.0]), initial=1.0)


def test_none_and_no_value_are_the_same_as_leaving_it_out():
    t = tg.tensor([1.0, 2.0], requires_grad=True)
    assert np.sum(t, None, None, keepdims=np._NoValue).requires_grad
    assert np.sum(t, axis=None, dtype=None, out=None).item() == 3


def test_an_errors_own_words_are_not_hidden():
    with pytest.raises(ShapeError, match="axis 3"):
        np.sum(tg.tensor([1.0]), axis=3)
    with pytest.raises(ValueError, match="equal division"):
        np.split(tg.tensor([1.0, 2.0, 3.0]), 2)


# Arrays beside Tensors.


def test_asarray_is_read_only_and_array_a_copy():
    t = tg.tensor([1.0, 2.0], requires_grad=True)
    view, copy = np.asarray(t), np.array(t)
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 5
    copy[0] = 5
    assert t.tolist() == [1, 2]
    assert np.shares_memory(view, t.detach().numpy())
    assert np.asarray(t, dtype=np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="without a copy"):
        np.array(t, dtype=np.float64, copy=False)


@pytest.mark.parametrize("call", [lambda a, t: a * t, lambda a, t: a + t, lambda a, t: a - t, lambda a, t: a / t,
                                  lambda a, t: a**t, lambda a, t: a @ t, lambda a, t: a % t, lambda a, t: a // t,
                                  lambda a, t: np.float64(2.0) * t, lambda a, t: 2 * t - a])  # fmt: skip
def test_an_array_on_the_left_gives_a_tensor_on_the_graph(call):
    a, b = np.abs(S), np.abs(SPD)
    t = tg.tensor(b, requires_grad=True)
    z = call(a, t)
    assert isinstance(z, tg.Tensor)
    assert z.requires_grad
    np.testing.assert_allclose(z.detach(), call(a, b))


def test_a_pseudoinverse_is_told_what_counts_as_zero_by_either_name():
    x = tg.tensor([[4.0, 0.0], [0.0, 1.0]])
    assert np.linalg.pinv(x, 0.5).tolist() == np.linalg.pinv(x, rtol=0.5).tolist() == [[0.25, 0.0], [0.0, 0.0]]


def test_a_numpy_scalar_does_not_promote():
    t = tg.tensor([1.0, 2.0], requires_grad=True)
    assert (np.sqrt(2) * t).dtype == np.float32
    assert (np.float64(2) ** t).dtype == np.float32


@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
def test_an_array_on_the_left_compares(name):
    t = tg.tensor([1.0, 2.0])
    left = getattr(np.array([2.0, 2.0]), f"__{name}__")(t)
    assert left.tolist() == getattr(np.array([2.0, 2.0]), f"__{name}__")(t.numpy()).tolist()


def test_array_plus_equals_tensor():
    a = np.zeros(2)
    a += tg.tensor([1.0, 2.0])
    assert a.tolist() == [1, 2]
    t = tg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(NotCoveredError, match="remembers no graph"):
        a += t
    with tg.no_grad():
        a += t
    assert a.tolist() == [2, 4]
    with pytest.raises(NotCoveredError, match="into a Tensor"):
        np.add(a, a, out=t)


def test_second_derivatives_through_numpy():
    x = tg.tensor(P, requires_grad=True)
    (first,) = grad(np.sum(np.log(x) * np.sqrt(x)), x, create_graph=True)
    (second,) = grad(np.sum(first), x)
    np.testing.assert_allclose(second, -np.log(P) / 4 * P**-1.5)


def test_matplotlib_plots_tensors():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    t = tg.tensor([1.0, 4.0, 9.0], requires_grad=True)
    figure, axes = plt.subplots()
    (line,) = axes.plot(t)
    assert line.get_ydata().tolist() == [1, 4, 9]
    (line,) = axes.plot(t, t * 2, "o")
    assert np.asarray(line.get_ydata()).tolist() == [2, 8, 18]
    axes.scatter(t, t)
    axes.bar(t, t)
    axes.hist(t)
    axes.fill_between(t, t, 0)
    axes.imshow(tg.tensor(X, requires_grad=True))
    figure.canvas.draw()
    plt.close(figure)


@pytest.mark.parametrize(
    "function",
    [f for f, g in FUNCTIONS.items() if {"axis", "keepdims"} <= {*g.__code__.co_varnames}],
    ids=lambda f: f.__name__,
)
def test_axes_are_kept_if_asked_for(function):
    more = (0.5,) if function in (np.quantile, np.percentile, np.nanquantile, np.nanpercentile) else ()
    for options in ({}, {"axis": 0}, {"axis": 0, "keepdims": True}, {"keepdims": True}):
        found = function(tg.from_numpy(X), *more, **options)
        np.testing.assert_allclose(found, function(X, *more, **options), rtol=1e-12)
        assert found.shape == function(X, *more, **options).shape


@pytest.mark.parametrize(("ufunc", "method"), METHODS, ids=str)
def test_a_ufunc_s_method_goes_along_the_first_axis(ufunc, method):
    if method != "outer":
        for options in ({}, {"axis": 1}) + (({"axis": 0, "keepdims": True},) if method == "reduce" else ()):
            found = getattr(ufunc, method)(tg.from_numpy(P[:, None] * P), **options)
            np.testing.assert_allclose(found, getattr(ufunc, method)(P[:, None] * P, **options), rtol=1e-12)
            assert found.shape == getattr(ufunc, method)(P[:, None] * P, **options).shape


def test_several_answers_about_integers_are_tensors():
    quotient, rest = np.divmod(tg.tensor([5, 7]), 3)
    assert isinstance(quotient, tg.Tensor) and isinstance(rest, tg.Tensor)
    assert (quotient.tolist(), rest.tolist()) == ([1, 2], [2, 1])


# Comparisons.


@pytest.mark.parametrize("compare", [lambda t, o: t < o, lambda t, o: t >= o, lambda t, o: t == o, lambda t, o: o > t,
                                     lambda t, o: t != o])  # fmt: skip
def test_a_list_cannot_be_compared(compare):
    with pytest.raises(DtypeError, match=r"(?s)takes Tensors, NumPy arrays and numbers.*list.*tg\.tensor"):
        compare(tg.tensor([1.0, 2.0]), [1.0, 2.0])


def test_shapes_that_cannot_be_compared():
    with pytest.raises(ShapeError, match=r"(?s)lt cannot broadcast these shapes: they disagree at axis -1.*2\n *3"):
        tg.tensor([1.0, 2.0]) < tg.tensor([1.0, 2.0, 3.0])  # noqa: B015


def test_comparing_with_nothing_and_words():
    t = tg.tensor([1.0])
    assert (t == None) is False  # noqa: E711
    assert (t != "one") is True
    with pytest.raises(TypeError, match="not supported between"):
        t < None  # noqa: B015


@pytest.mark.parametrize("number", [np.float64(0.5), np.float32(0.5), np.longdouble(0.5), np.int8(3), np.bool_(True)])
def test_numpys_numbers_are_numbers_on_either_side(number):
    x, i = tg.tensor([2.0, 3.0]), tg.tensor([2, 3])
    for z in (x * number, number * x, tg.mul(number, x)):
        assert z.dtype == tg.float32 and z.tolist() == [2.0 * number, 3.0 * number]
    assert (i + number).dtype == (tg.float32 if isinstance(number, np.floating) else tg.int64)


@pytest.mark.parametrize("scalar", [np.complex64(1), np.clongdouble(1), np.datetime64(5, "ns"), np.str_("a")])
def test_numpys_other_scalars_are_none(scalar):
    for function in (lambda x: x * scalar, lambda x: scalar * x, lambda x: tg.mul(scalar, x)):
        with pytest.raises(DtypeError):
            function(tg.tensor([2.0]))
