"""The interface of tensor.py with the methods that other modules bind; made by tools/make_stub.py."""

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

class Clock:
    """When anything was last written in place; a gate born later need not look closer."""

    last_write: int
    def __init__(self) -> None: ...
    def note(self, write: builtins.int) -> None:
        """Remember a write at this tick, unless another thread has noted a later one."""

class Memory:
    """The stamps of one piece of memory, shared by every Tensor that looks at it."""

    moved: Any
    replaced: Any
    stamp: int
    where: Any
    def __init__(self) -> None: ...

class Tensor:
    """An array that remembers how it was made, so that gradients can walk back through it."""

    _data: Any
    _grad: Any
    _memory: Any
    _name: Any
    _needs: Any
    _of: Any
    _past: Any
    _taps: Any
    _turned: Any
    _view: Any
    _where: Any
    born: builtins.int
    gate: Any
    inputs: Any
    keywords: dict[str, Any]
    @property
    def H(self) -> Tensor:
        """A matrix transposed; a vector or a number as it is."""
    @property
    def T(self) -> Tensor:
        """`x` with its axes in reverse order, NumPy's `.T`."""
    def __abs__(self) -> Tensor: ...
    def __add__(self, y: Any) -> Tensor: ...
    def __and__(self, y: Any) -> Any: ...
    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> np.ndarray: ...
    def __array_function__(self, function: Any, types: Any, args: Any, keywords: Any) -> Any: ...
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any: ...
    def __bool__(self) -> builtins.bool: ...
    def __contains__(self, item: Any) -> builtins.bool: ...
    def __copy__(self) -> Tensor: ...
    def __deepcopy__(self, memo: dict[builtins.int, Any]) -> Tensor: ...
    def __eq__(self, y: Any) -> Any: ...  # type: ignore[override]
    def __float__(self) -> builtins.float: ...
    def __floordiv__(self, y: Any) -> Tensor: ...
    def __format__(self, spec: str) -> str: ...
    def __ge__(self, y: Any) -> Any: ...
    def __getitem__(self, index: Any) -> Tensor: ...
    def __gt__(self, y: Any) -> Any: ...
    def __hash__(self) -> builtins.int: ...
    def __iadd__(self, v: Any) -> Tensor: ...
    def __ifloordiv__(self, y: Any) -> Tensor: ...
    def __imod__(self, y: Any) -> Tensor: ...
    def __imul__(self, v: Any) -> Tensor: ...
    def __index__(self) -> builtins.int: ...
    def __init__(
        self,
        data: Any,
        dtype: Any = None,
        requires_grad: builtins.bool = False,
        name: str | None = None,
    ) -> None: ...
    def __int__(self) -> builtins.int: ...
    def __invert__(self) -> Tensor: ...
    def __ipow__(self, exponent: Any) -> Tensor: ...
    def __isub__(self, v: Any) -> Tensor: ...
    def __iter__(self) -> Any: ...
    def __itruediv__(self, v: Any) -> Tensor: ...
    def __le__(self, y: Any) -> Any: ...
    def __len__(self) -> builtins.int: ...
    def __lshift__(self, y: Any) -> Any: ...
    def __lt__(self, y: Any) -> Any: ...
    def __matmul__(self, y: Any) -> Tensor: ...
    def __mod__(self, y: Any) -> Tensor: ...
    def __mul__(self, y: Any) -> Tensor: ...
    def __ne__(self, y: Any) -> Any: ...  # type: ignore[override]
    def __neg__(self) -> Tensor: ...
    def __or__(self, y: Any) -> Any: ...
    def __pos__(self) -> Tensor: ...
    def __pow__(self, exponent: Any) -> Tensor: ...
    def __radd__(self, x: Any) -> Tensor: ...
    def __rand__(self, y: Any) -> Any: ...
    def __reduce__(self) -> Any: ...
    def __repr__(self) -> str: ...
    def __rfloordiv__(self, x: Any) -> Tensor: ...
    def __rlshift__(self, y: Any) -> Any: ...
    def __rmatmul__(self, x: Any) -> Tensor: ...
    def __rmod__(self, x: Any) -> Tensor: ...
    def __rmul__(self, y: Any) -> Tensor: ...
    def __ror__(self, y: Any) -> Any: ...
    def __rpow__(self, x: Any) -> Tensor: ...
    def __rrshift__(self, y: Any) -> Any: ...
    def __rshift__(self, y: Any) -> Any: ...
    def __rsub__(self, x: Any) -> Tensor: ...
    def __rtruediv__(self, x: Any) -> Tensor: ...
    def __rxor__(self, y: Any) -> Any: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def __sub__(self, y: Any) -> Tensor: ...
    def __truediv__(self, y: Any) -> Tensor: ...
    def __xor__(self, y: Any) -> Any: ...
    def _may_require_grad(self) -> None: ...
    def abs(self) -> Tensor:
        """The distance from 0, elementwise; the gradient at 0 is 0."""
    def abs_(self) -> Tensor:
        """In place: write `abs(self, …)` into this Tensor; returns it."""
    def absolute(self) -> Tensor:
        """The distance from 0, elementwise; the gradient at 0 is 0."""
    def absolute_(self) -> Tensor:
        """In place: write `abs(self, …)` into this Tensor; returns it."""
    def acos(self) -> Tensor:
        """The angle from 0 to pi whose cosine is x, elementwise; nan outside [-1, 1]."""
    def acos_(self) -> Tensor:
        """In place: write `acos(self, …)` into this Tensor; returns it."""
    def acosh(self) -> Tensor:
        """The number from 0 up whose cosh is x, elementwise; nan below 1."""
    def acosh_(self) -> Tensor:
        """In place: write `acosh(self, …)` into this Tensor; returns it."""
    def add(self, y: Any, *, alpha: builtins.float = 1) -> Tensor:
        """x + alpha y, elementwise, with broadcasting: a distributor."""
    def add_(self, y: Any, *, alpha: builtins.float = 1) -> Tensor:
        """In place: write `add(self, …)` into this Tensor; returns it."""
    def addbmm(self, batch1: Any, batch2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta x + alpha times the sum over b of batch1[b] @ batch2[b]; x broadcasts to (n, m)."""
    def addbmm_(self, batch1: Any, batch2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """In place: write `addbmm(self, …)` into this Tensor; returns it."""
    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: builtins.float = 1) -> Tensor:
        """x + value tensor1 / tensor2, elementwise, with broadcasting."""
    def addcdiv_(self, tensor1: Any, tensor2: Any, *, value: builtins.float = 1) -> Tensor:
        """In place: write `addcdiv(self, …)` into this Tensor; returns it."""
    def addcmul(self, tensor1: Any, tensor2: Any, *, value: builtins.float = 1) -> Tensor:
        """x + value tensor1 tensor2, elementwise, with broadcasting."""
    def addcmul_(self, tensor1: Any, tensor2: Any, *, value: builtins.float = 1) -> Tensor:
        """In place: write `addcmul(self, …)` into this Tensor; returns it."""
    def addmm(self, mat1: Any, mat2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta x + alpha mat1 @ mat2: (n, k) @ (k, m), and x broadcasts to (n, m)."""
    def addmm_(self, mat1: Any, mat2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """In place: write `addmm(self, …)` into this Tensor; returns it."""
    def addmv(self, mat: Any, vec: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta x + alpha mat @ vec: (n, k) @ (k,), and x broadcasts to (n,)."""
    def addmv_(self, mat: Any, vec: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """In place: write `addmv(self, …)` into this Tensor; returns it."""
    def addr(self, vec1: Any, vec2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta x + alpha outer(vec1, vec2): (n,) and (m,), and x broadcasts to (n, m)."""
    def addr_(self, vec1: Any, vec2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """In place: write `addr(self, …)` into this Tensor; returns it."""
    def adjoint(self) -> Tensor:
        """`x` with its last two axes swapped (`.mT`): for real numbers the adjoint is the transpose."""
    def all(self, axis: Any = None, keepdims: builtins.bool = False, *, dim: Any = ..., keepdim: Any = ...) -> Tensor:
        """Whether all elements are other than 0, over `axis` or all."""
    def allclose(
        self,
        y: Any,
        rtol: builtins.float = 1e-05,
        atol: builtins.float = 1e-08,
        equal_nan: builtins.bool = False,
    ) -> builtins.bool:
        """Whether `isclose` holds for all elements: a Python bool."""
    def amax(self, axis: Any = None, keepdims: builtins.bool = False, *, dim: Any = ..., keepdim: Any = ...) -> Tensor:
        """The largest element over `axis` (an int, a tuple, None for all); ties share the upstream equally."""
    def amin(self, axis: Any = None, keepdims: builtins.bool = False, *, dim: Any = ..., keepdim: Any = ...) -> Tensor:
        """The smallest element over `axis` (an int, a tuple, None for all); ties share the upstream equally."""
    def aminmax(self, *, axis: Any = None, keepdims: builtins.bool = False, dim: Any = ..., keepdim: Any = ...) -> Any:
        """The smallest and the largest element, over `axis` or all: `amin` and `amax` together."""
    def any(self, axis: Any = None, keepdims: builtins.bool = False, *, dim: Any = ..., keepdim: Any = ...) -> Tensor:
        """Whether any element is other than 0, over `axis` or all."""
    def arccos(self) -> Tensor:
        """The angle from 0 to pi whose cosine is x, elementwise; nan outside [-1, 1]."""
    def arccos_(self) -> Tensor:
        """In place: write `acos(self, …)` into this Tensor; returns it."""
    def arccosh(self) -> Tensor:
        """The number from 0 up whose cosh is x, elementwise; nan below 1."""
    def arccosh_(self) -> Tensor:
        """In place: write `acosh(self, …)` into this Tensor; returns it."""
    def arcsin(self) -> Tensor:
        """The angle from -pi/2 to pi/2 whose sine is x, elementwise; nan outside [-1, 1]."""
    def arcsin_(self) -> Tensor:
        """In place: write `asin(self, …)` into this Tensor; returns it."""
    def arcsinh(self) -> Tensor:
        """The number whose sinh is x, elementwise."""
    def arcsinh_(self) -> Tensor:
        """In place: write `asinh(self, …)` into this Tensor; returns it."""
    def arctan(self) -> Tensor:
        """The angle from -pi/2 to pi/2 whose tangent is x, elementwise."""
    def arctan2(self, y: Any) -> Tensor:
        """The angle from -pi to pi of the point (y, x): its height comes first; the gradient at (0, 0) is 0."""
    def arctan2_(self, y: Any) -> Tensor:
        """In place: write `atan2(self, …)` into this Tensor; returns it."""
    def arctan_(self) -> Tensor:
        """In place: write `atan(self, …)` into this Tensor; returns it."""
    def arctanh(self) -> Tensor:
        """The number whose tanh is x, elementwise; nan outside [-1, 1]."""
    def arctanh_(self) -> Tensor:
        """In place: write `atanh(self, …)` into this Tensor; returns it."""
    def argmax(
        self,
        axis: builtins.int | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """Where the largest element is, the first of several: along `axis`, or in the flattened x."""
    def argmin(
        self,
        axis: builtins.int | None = None,
        keepdims: builtins.bool = False,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """Where the smallest element is, the first of several: along `axis`, or in the flattened x."""
    def argsort(
        self,
        axis: builtins.int = -1,
        descending: builtins.bool = False,
        stable: builtins.bool = False,
        *,
        dim: Any = ...,
    ) -> Tensor:
        """The indices that sort x along `axis`: integers, through which no gradient flows."""
    def argwhere(self) -> Tensor:
        """The indices of the elements other than 0, a row for each."""
    def as_strided(self, size: Any, stride: Any, storage_offset: builtins.int | None = None) -> Tensor:
        """A view of `x` whose element (i, j, …) is number `storage_offset + i stride[0] + j stride[1] + …` of…"""
    def as_strided_scatter(
        self,
        src: Any,
        size: Any,
        stride: Any,
        storage_offset: builtins.int | None = None,
    ) -> Tensor:
        """A copy of `x` with `src` written where `as_strided` of it would look."""
    def asin(self) -> Tensor:
        """The angle from -pi/2 to pi/2 whose sine is x, elementwise; nan outside [-1, 1]."""
    def asin_(self) -> Tensor:
        """In place: write `asin(self, …)` into this Tensor; returns it."""
    def asinh(self) -> Tensor:
        """The number whose sinh is x, elementwise."""
    def asinh_(self) -> Tensor:
        """In place: write `asinh(self, …)` into this Tensor; returns it."""
    def atan(self) -> Tensor:
        """The angle from -pi/2 to pi/2 whose tangent is x, elementwise."""
    def atan2(self, y: Any) -> Tensor:
        """The angle from -pi to pi of the point (y, x): its height comes first; the gradient at (0, 0) is 0."""
    def atan2_(self, y: Any) -> Tensor:
        """In place: write `atan2(self, …)` into this Tensor; returns it."""
    def atan_(self) -> Tensor:
        """In place: write `atan(self, …)` into this Tensor; returns it."""
    def atanh(self) -> Tensor:
        """The number whose tanh is x, elementwise; nan outside [-1, 1]."""
    def atanh_(self) -> Tensor:
        """In place: write `atanh(self, …)` into this Tensor; returns it."""
    def backward(
        self,
        gradient: Any = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Walk back from `t` and add to `.grad` of every leaf that required a gradient."""
    def baddbmm(self, batch1: Any, batch2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta x + alpha batch1 @ batch2, matrix by matrix; x broadcasts to (b, n, m)."""
    def baddbmm_(self, batch1: Any, batch2: Any, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """In place: write `baddbmm(self, …)` into this Tensor; returns it."""
    def bernoulli(self, p: builtins.float | None = None, *, generator: Any = None) -> Tensor:
        """1 with the probability that each element of `x` says (or `p` for all), else 0, at the dtype of `x`."""
    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Tensor:
        """In place: 1 with probability `p` (a number, or a Tensor of them), else 0."""
    def bincount(self, weights: Any = None, minlength: builtins.int = 0) -> Tensor:
        """How often each number from 0 comes in a vector of integers, or the sum of the `weights` that come w…"""
    def bitwise_and(self, y: Any) -> Tensor:
        """x & y, bit by bit, of integers or bools."""
    def bitwise_left_shift(self, y: Any) -> Tensor:
        """x << y: the bits of integers moved up."""
    def bitwise_not(self) -> Tensor:
        """~x, bit by bit, of integers or bools."""
    def bitwise_or(self, y: Any) -> Tensor:
        """x | y, bit by bit, of integers or bools."""
    def bitwise_right_shift(self, y: Any) -> Tensor:
        """x >> y: the bits of integers moved down."""
    def bitwise_xor(self, y: Any) -> Tensor:
        """x ^ y, bit by bit, of integers or bools."""
    def bmm(self, y: Any) -> Tensor:
        """The products of two batches of matrices: (b, n, k) @ (b, k, m) -> (b, n, m)."""
    def bool(self) -> Tensor:
        """This Tensor at bool: `to(bool)`."""
    def broadcast_to(self, shape: Any) -> Tensor:
        """`x` stretched to `shape` without a copy; every copy's upstream adds up at its source."""
    def byte(self) -> Tensor:
        """This Tensor at uint8: `to(uint8)`."""
    def cauchy_(self, median: builtins.float = 0.0, sigma: builtins.float = 1.0, *, generator: Any = None) -> Tensor:
        """In place: Cauchy."""
    def ceil(self) -> Tensor:
        """The smallest integer not below x, elementwise. Its gradient is 0."""
    def ceil_(self) -> Tensor:
        """In place: write `ceil(self, …)` into this Tensor; returns it."""
    def char(self) -> Tensor:
        """This Tensor at int8: `to(int8)`."""
    def cholesky(self, *, upper: builtins.bool = False) -> Tensor:
        """The lower triangle L of A = L Lᵀ, (…, n, n) -> (…, n, n); with `upper` the U of A = Uᵀ U."""
    def cholesky_inverse(self, upper: builtins.bool = False) -> Tensor:
        """The inverse of A, given L = cholesky(A); (…, n, n) -> (…, n, n). Its gradient is as in `cholesky_so…"""
    def cholesky_solve(self, L: Any, upper: builtins.bool = False) -> Tensor:
        """The X of A X = B, given L = cholesky(A): two triangles, one after the other."""
    def chunk(self, chunks: builtins.int, dim: builtins.int = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """`x` cut along `dim` into at most `chunks` views of one size (the last may be smaller)."""
    def clamp(self, min: Any = None, max: Any = None) -> Tensor:
        """x held between `min` and `max`: numbers or Tensors, either may be None; where min > max, max wins."""
    def clamp_(self, min: Any = None, max: Any = None) -> Tensor:
        """In place: write `clamp(self, …)` into this Tensor; returns it."""
    def clamp_max(self, max: Any) -> Tensor:
        """x, but not above `max` (a number or a Tensor)."""
    def clamp_max_(self, max: Any) -> Tensor:
        """In place: write `clamp_max(self, …)` into this Tensor; returns it."""
    def clamp_min(self, min: Any) -> Tensor:
        """x, but not below `min` (a number or a Tensor)."""
    def clamp_min_(self, min: Any) -> Tensor:
        """In place: write `clamp_min(self, …)` into this Tensor; returns it."""
    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        """x held between `min` and `max`: numbers or Tensors, either may be None; where min > max, max wins."""
    def clip_(self, min: Any = None, max: Any = None) -> Tensor:
        """In place: write `clamp(self, …)` into this Tensor; returns it."""
    def clone(self) -> Tensor:
        """A copy, on the graph."""
    def contiguous(self) -> Tensor:
        """`x` itself if its elements lie in memory in order, else a copy whose elements do."""
    def copy_(self, src: Any, non_blocking: builtins.bool = False) -> Tensor:
        """In place: write `src`, broadcast and at this Tensor's dtype; the upstream goes to `src`."""
    def copysign(self, y: Any) -> Tensor:
        """The size of x with the sign of y, elementwise, with broadcasting."""
    def copysign_(self, y: Any) -> Tensor:
        """In place: write `copysign(self, …)` into this Tensor; returns it."""
    def corrcoef(self) -> Tensor:
        """The correlation matrix of variables (rows) from observations (columns), within [-1, 1]; of a vector…"""
    def cos(self) -> Tensor:
        """The cosine, elementwise."""
    def cos_(self) -> Tensor:
        """In place: write `cos(self, …)` into this Tensor; returns it."""
    def cosh(self) -> Tensor:
        """(e^x + e^-x) / 2, elementwise."""
    def cosh_(self) -> Tensor:
        """In place: write `cosh(self, …)` into this Tensor; returns it."""
    def count_nonzero(self, axis: Any = None, *, dim: Any = ...) -> Tensor:
        """How many elements are other than 0, over `axis` or all."""
    def cov(self, *, correction: builtins.int = 1, fweights: Any = None, aweights: Any = None) -> Tensor:
        """The covariance matrix of variables (rows) from observations (columns); of a vector, its variance."""
    def cpu(self) -> Tensor:
        """This Tensor: it is on the CPU already."""
    def cross(self, y: Any, dim: builtins.int | None = None, *, axis: Any = ...) -> Tensor:
        """The cross products of the vectors of 3 along `dim`; default: the first axis of size 3, as in PyTorc…"""
    def cuda(self, device: Any = None) -> Tensor:
        """Raises DeviceError: there is no GPU here to move to."""
    def cummax(self, axis: builtins.int = ..., *, dim: Any = ...) -> Any:
        """The largest element so far along `axis`, as (values, indices); of ties the latest, and a nan stays."""
    def cummin(self, axis: builtins.int = ..., *, dim: Any = ...) -> Any:
        """The smallest element so far along `axis`, as (values, indices); of ties the latest, and a nan stays."""
    def cumprod(self, axis: builtins.int = ..., dtype: Any = None, *, dim: Any = ...) -> Tensor:
        """The running product along `axis`; exact with zeros among the factors, to any order."""
    def cumprod_(self, axis: builtins.int = ..., dtype: Any = None, *, dim: Any = ...) -> Tensor:
        """In place: write `cumprod(self, …)` into this Tensor; returns it."""
    def cumsum(self, axis: builtins.int = ..., dtype: Any = None, *, dim: Any = ...) -> Tensor:
        """The running sum along `axis`; each summand gets the upstreams of all sums that it is in."""
    def cumsum_(self, axis: builtins.int = ..., dtype: Any = None, *, dim: Any = ...) -> Tensor:
        """In place: write `cumsum(self, …)` into this Tensor; returns it."""
    @property
    def data(self) -> Tensor:
        """The same memory outside the graph; a write to it is noticed by `backward()`."""
    @data.setter
    def data(self, value: Any) -> None: ...
    def deg2rad(self) -> Tensor:
        """Degrees to radians: x pi / 180."""
    def deg2rad_(self) -> Tensor:
        """In place: write `deg2rad(self, …)` into this Tensor; returns it."""
    def det(self) -> Tensor:
        """The determinant of square matrices, (…, n, n) -> (…)."""
    def detach(self) -> Tensor:
        """The same memory outside the graph: a leaf that requires no gradient."""
    def detach_(self) -> Tensor:
        """In place: `t` leaves the graph, which is freed if nobody else holds it."""
    @property
    def device(self) -> Any:
        """Where the values are: always the CPU."""
    def diag(self, diagonal: builtins.int = 0) -> Tensor:
        """The diagonal of a matrix; or of a vector, the matrix that has it on its diagonal."""
    def diag_embed(
        self,
        offset: builtins.int = 0,
        dim1: builtins.int = -2,
        dim2: builtins.int = -1,
        *,
        axis1: Any = ...,
        axis2: Any = ...,
    ) -> Tensor:
        """Matrices in two new axes with the vectors in the last axis of x on their diagonals, else 0."""
    def diagflat(self, offset: builtins.int = 0) -> Tensor:
        """The matrix with all elements of x on its diagonal."""
    def diagonal(
        self,
        offset: builtins.int = 0,
        dim1: builtins.int = 0,
        dim2: builtins.int = 1,
        *,
        axis1: Any = ...,
        axis2: Any = ...,
    ) -> Tensor:
        """The diagonals of the matrices in two axes, as a view: they become the last axis."""
    def diagonal_scatter(
        self,
        src: Any,
        offset: builtins.int = 0,
        dim1: builtins.int = 0,
        dim2: builtins.int = 1,
        *,
        axis1: Any = ...,
        axis2: Any = ...,
    ) -> Tensor:
        """A copy of x with `src` in place of `diagonal(x, offset, dim1, dim2)`."""
    def diff(
        self,
        n: builtins.int = 1,
        axis: builtins.int = -1,
        prepend: Any = None,
        append: Any = None,
        *,
        dim: Any = ...,
    ) -> Tensor:
        """The differences of neighbours along `axis`, x[i + 1] - x[i], taken `n` times."""
    def digamma(self) -> Tensor:
        """The derivative of lgamma, elementwise. Needs SciPy."""
    def digamma_(self) -> Tensor:
        """In place: write `digamma(self, …)` into this Tensor; returns it."""
    def dim(self) -> builtins.int:
        """The number of axes."""
    def dist(self, y: Any, p: builtins.float = 2) -> Tensor:
        """The p-norm of x - y, of all elements."""
    def div(self, y: Any, *, rounding_mode: str | None = None) -> Tensor:
        """x / y, elementwise, with broadcasting; integers divide to floats."""
    def div_(self, y: Any, *, rounding_mode: str | None = None) -> Tensor:
        """In place: write `div(self, …)` into this Tensor; returns it."""
    def divide(self, y: Any, *, rounding_mode: str | None = None) -> Tensor:
        """x / y, elementwise, with broadcasting; integers divide to floats."""
    def divide_(self, y: Any, *, rounding_mode: str | None = None) -> Tensor:
        """In place: write `div(self, …)` into this Tensor; returns it."""
    def dot(self, y: Any) -> Tensor:
        """The inner product of two vectors: (k,) and (k,) -> ()."""
    def double(self) -> Tensor:
        """This Tensor at float64: `to(float64)`."""
    def dsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """`x` cut along axis 2."""
    @property
    def dtype(self) -> np.dtype:
        """The element type, a NumPy dtype."""
    def element_size(self) -> builtins.int:
        """Bytes of one element."""
    def eq(self, y: Any) -> Tensor:
        """Whether x equals y, elementwise."""
    def equal(self, y: Any) -> builtins.bool:
        """Whether shapes and all elements are equal: a Python bool (nan equals nothing)."""
    def erf(self) -> Tensor:
        """The error function, elementwise."""
    def erf_(self) -> Tensor:
        """In place: write `erf(self, …)` into this Tensor; returns it."""
    def erfc(self) -> Tensor:
        """1 - erf(x), elementwise, exact where erf(x) is near 1."""
    def erfc_(self) -> Tensor:
        """In place: write `erfc(self, …)` into this Tensor; returns it."""
    def erfinv(self) -> Tensor:
        """The number whose erf is x, elementwise; nan outside [-1, 1]. Needs SciPy."""
    def erfinv_(self) -> Tensor:
        """In place: write `erfinv(self, …)` into this Tensor; returns it."""
    def exp(self) -> Tensor:
        """e to the x, elementwise."""
    def exp2(self) -> Tensor:
        """2 to the x, elementwise."""
    def exp2_(self) -> Tensor:
        """In place: write `exp2(self, …)` into this Tensor; returns it."""
    def exp_(self) -> Tensor:
        """In place: write `exp(self, …)` into this Tensor; returns it."""
    def expand(self, *sizes: Any) -> Tensor:
        """`x` stretched to `sizes` without a copy: `broadcast_to`, with the sizes one by one or as one tuple."""
    def expand_as(self, other: Tensor) -> Tensor:
        """`x` stretched to the shape of `other`."""
    def expm1(self) -> Tensor:
        """e to the x, less 1, elementwise; exact for small x too."""
    def expm1_(self) -> Tensor:
        """In place: write `expm1(self, …)` into this Tensor; returns it."""
    def exponential_(self, lambd: builtins.float = 1.0, *, generator: Any = None) -> Tensor:
        """In place: exponential, with mean 1 / lambd."""
    def fill_(self, value: Any) -> Tensor:
        """In place: write one value, or a 0-d Tensor's, into every element; returns the Tensor."""
    def fill_diagonal_(self, value: Any, wrap: builtins.bool = False) -> Tensor:
        """In place: write one number on the main diagonal; with `wrap` again and again down a tall matrix."""
    def fix(self) -> Tensor:
        """The integer next to x towards 0, elementwise. Its gradient is 0."""
    def fix_(self) -> Tensor:
        """In place: write `trunc(self, …)` into this Tensor; returns it."""
    def flatten(self, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
        """The axes from `start_dim` to `end_dim`, both included, as one; a 0-d Tensor becomes 1-d."""
    def flip(self, *dims: Any, axes: Any = ...) -> Tensor:
        """A copy of `x` in reverse order along the axes `dims`."""
    def fliplr(self) -> Tensor:
        """A copy of `x` in reverse order along axis 1."""
    def flipud(self) -> Tensor:
        """A copy of `x` in reverse order along axis 0."""
    def float(self) -> Tensor:
        """This Tensor at float32: `to(float32)`."""
    def float_power(self, exponent: Any) -> Tensor:
        """x to the power of the exponent, computed and returned at float64."""
    def float_power_(self, exponent: Any) -> Tensor:
        """In place: write `float_power(self, …)` into this Tensor; returns it."""
    def floor(self) -> Tensor:
        """The largest integer not above x, elementwise. Its gradient is 0."""
    def floor_(self) -> Tensor:
        """In place: write `floor(self, …)` into this Tensor; returns it."""
    def floor_divide(self, y: Any) -> Tensor:
        """x / y rounded down, elementwise: integers stay integers."""
    def floor_divide_(self, y: Any) -> Tensor:
        """In place: write `floor_divide(self, …)` into this Tensor; returns it."""
    def fmax(self, y: Any) -> Tensor:
        """The larger of x and y, elementwise; the other where one is nan. A tie goes to x, as in PyTorch."""
    def fmin(self, y: Any) -> Tensor:
        """The smaller of x and y, elementwise; the other where one is nan. A tie goes to x, as in PyTorch."""
    def fmod(self, y: Any) -> Tensor:
        """x less the multiple of y next to it towards 0, elementwise: with the sign of x."""
    def fmod_(self, y: Any) -> Tensor:
        """In place: write `fmod(self, …)` into this Tensor; returns it."""
    def frac(self) -> Tensor:
        """x less its integer part, with the sign of x, elementwise."""
    def frac_(self) -> Tensor:
        """In place: write `frac(self, …)` into this Tensor; returns it."""
    def gather(self, dim: builtins.int, index: Any, *, sparse_grad: builtins.bool = False, axis: Any = ...) -> Tensor:
        """Along `dim` the elements that `index` names, elsewhere in place: z[i, j] = x[i, index[i, j]] for di…"""
    def ge(self, y: Any) -> Tensor:
        """Whether x >= y, elementwise."""
    def geometric_(self, p: builtins.float, *, generator: Any = None) -> Tensor:
        """In place: how many trials the first success takes, each with probability `p`."""
    def ger(self, vec2: Any) -> Tensor:
        """All products of the elements of two vectors: (n,) and (m,) -> (n, m)."""
    @property
    def grad(self) -> Any:
        """The gradient of the walks so far (a Tensor of the same shape and dtype), or None."""
    @grad.setter
    def grad(self, value: Any) -> None: ...
    @property
    def grad_fn(self) -> Any:
        """The gate that made it (PyTorch's name for `gate`), or None for a leaf."""
    def greater(self, y: Any) -> Tensor:
        """Whether x > y, elementwise."""
    def greater_equal(self, y: Any) -> Tensor:
        """Whether x >= y, elementwise."""
    def gt(self, y: Any) -> Tensor:
        """Whether x > y, elementwise."""
    def half(self) -> Tensor:
        """This Tensor at float16: `to(float16)`."""
    def heaviside(self, y: Any) -> Tensor:
        """0 where x < 0, 1 where x > 0, y where x is 0."""
    def histc(self, bins: builtins.int = 100, min: builtins.float = 0, max: builtins.float = 0) -> Tensor:
        """How many elements fall into each of `bins` equal intervals from `min` to `max` (from x's own, if bo…"""
    def hsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """`x` cut along axis 1 (a vector along axis 0)."""
    def hypot(self, y: Any) -> Tensor:
        """sqrt(x^2 + y^2), elementwise, with broadcasting; the gradient at (0, 0) is nan."""
    def hypot_(self, y: Any) -> Tensor:
        """In place: write `hypot(self, …)` into this Tensor; returns it."""
    def i0(self) -> Tensor:
        """The modified Bessel function of order 0, elementwise. Needs SciPy."""
    def i0_(self) -> Tensor:
        """In place: write `i0(self, …)` into this Tensor; returns it."""
    def index_add(
        self,
        dim: builtins.int,
        index: Any,
        source: Any,
        *,
        alpha: builtins.float = 1,
        axis: Any = ...,
    ) -> Tensor:
        """A copy of x with alpha times the slices of `source` added to those of x that `index` names."""
    def index_add_(
        self,
        dim: builtins.int,
        index: Any,
        source: Any,
        *,
        alpha: builtins.float = 1,
        axis: Any = ...,
    ) -> Tensor:
        """In place: write `index_add(self, …)` into this Tensor; returns it."""
    def index_copy(self, dim: builtins.int, index: Any, source: Any, *, axis: Any = ...) -> Tensor:
        """A copy of x with the slices of `source` in place of those that `index` names."""
    def index_copy_(self, dim: builtins.int, index: Any, source: Any, *, axis: Any = ...) -> Tensor:
        """In place: write `index_copy(self, …)` into this Tensor; returns it."""
    def index_fill(self, dim: builtins.int, index: Any, value: Any, *, axis: Any = ...) -> Tensor:
        """A copy of x with one value in the slices that `index` names."""
    def index_fill_(self, dim: builtins.int, index: Any, value: Any, *, axis: Any = ...) -> Tensor:
        """In place: write `index_fill(self, …)` into this Tensor; returns it."""
    def index_put(self, indices: Any, values: Any, accumulate: builtins.bool = False) -> Tensor:
        """A copy of x with `values` written at, or with `accumulate` added to, x[indices]."""
    def index_put_(self, indices: Any, values: Any, accumulate: builtins.bool = False) -> Tensor:
        """In place: write `index_put(self, …)` into this Tensor; returns it."""
    def index_reduce(
        self,
        dim: builtins.int,
        index: Any,
        source: Any,
        reduce: str,
        *,
        include_self: builtins.bool = True,
        axis: Any = ...,
    ) -> Tensor:
        """As `scatter_reduce` (prod, mean, amax or amin), whole slices at a time: `index` is a vector."""
    def index_reduce_(
        self,
        dim: builtins.int,
        index: Any,
        source: Any,
        reduce: str,
        *,
        include_self: builtins.bool = True,
        axis: Any = ...,
    ) -> Tensor:
        """In place: write `index_reduce(self, …)` into this Tensor; returns it."""
    def index_select(self, dim: builtins.int, index: Any, *, axis: Any = ...) -> Tensor:
        """The slices of x along `dim` that the vector `index` names."""
    def inner(self, y: Any) -> Tensor:
        """The inner products over the last axes: (…, k) and (…, k) -> (…, …); with a 0-d operand, x * y."""
    def int(self) -> Tensor:
        """This Tensor at int32: `to(int32)`."""
    def inverse(self) -> Tensor:
        """The inverse of square matrices, (…, n, n) -> (…, n, n). To solve a system, `linalg.solve` is better."""
    def is_contiguous(self) -> builtins.bool:
        """Whether the elements lie in memory in the order in which they print."""
    @property
    def is_cuda(self) -> builtins.bool:
        """Whether a GPU holds the values: it never does."""
    def is_floating_point(self) -> builtins.bool:
        """Whether the dtype is a floating-point one."""
    @property
    def is_leaf(self) -> builtins.bool:
        """Whether no recorded gate made it: a parameter, an input, or the result of a detach."""
    def isclose(
        self,
        y: Any,
        rtol: builtins.float = 1e-05,
        atol: builtins.float = 1e-08,
        equal_nan: builtins.bool = False,
    ) -> Tensor:
        """Whether |x - y| <= atol + rtol |y|, elementwise."""
    def isfinite(self) -> Tensor:
        """Whether x is neither inf, -inf nor nan, elementwise."""
    def isinf(self) -> Tensor:
        """Whether x is inf or -inf, elementwise."""
    def isnan(self) -> Tensor:
        """Whether x is nan, elementwise."""
    def isneginf(self) -> Tensor:
        """Whether x is -inf, elementwise."""
    def isposinf(self) -> Tensor:
        """Whether x is inf, elementwise."""
    def item(self) -> Any:
        """The one element as a Python number."""
    @property
    def itemsize(self) -> builtins.int:
        """Bytes of one element."""
    def kron(self, y: Any) -> Tensor:
        """Kronecker's product: each element of x times the whole of y, (n, m) and (k, l) -> (n k, m l)."""
    def kthvalue(
        self,
        k: builtins.int,
        axis: builtins.int = -1,
        keepdims: builtins.bool = False,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Any:
        """The k-th smallest element along `axis`, counted from 1, as (values, indices)."""
    def ldexp(self, other: Any) -> Tensor:
        """x * 2^other, elementwise, with broadcasting; with integers for `other` at the dtype of x."""
    def ldexp_(self, other: Any) -> Tensor:
        """In place: write `ldexp(self, …)` into this Tensor; returns it."""
    def le(self, y: Any) -> Tensor:
        """Whether x <= y, elementwise."""
    def lerp(self, *inputs: Any, **keywords: Any) -> Any:
        """x + weight (end - x), elementwise: the way from x to `end`; `weight` is a number or a Tensor."""
    def lerp_(self, *inputs: Any, **keywords: Any) -> Any:
        """In place: write `lerp(self, …)` into this Tensor; returns it."""
    def less(self, y: Any) -> Tensor:
        """Whether x < y, elementwise."""
    def less_equal(self, y: Any) -> Tensor:
        """Whether x <= y, elementwise."""
    def lgamma(self) -> Tensor:
        """The logarithm of the size of the gamma function, elementwise; inf at 0, -1, -2 … Its gradient needs…"""
    def lgamma_(self) -> Tensor:
        """In place: write `lgamma(self, …)` into this Tensor; returns it."""
    def log(self) -> Tensor:
        """The natural logarithm, elementwise; -inf at 0, where the slope is inf."""
    def log10(self) -> Tensor:
        """The logarithm to base 10, elementwise."""
    def log10_(self) -> Tensor:
        """In place: write `log10(self, …)` into this Tensor; returns it."""
    def log1p(self) -> Tensor:
        """The natural logarithm of 1 + x, elementwise; exact for small x too."""
    def log1p_(self) -> Tensor:
        """In place: write `log1p(self, …)` into this Tensor; returns it."""
    def log2(self) -> Tensor:
        """The logarithm to base 2, elementwise."""
    def log2_(self) -> Tensor:
        """In place: write `log2(self, …)` into this Tensor; returns it."""
    def log_(self) -> Tensor:
        """In place: write `log(self, …)` into this Tensor; returns it."""
    def log_normal_(self, mean: builtins.float = 1.0, std: builtins.float = 2.0, *, generator: Any = None) -> Tensor:
        """In place: exp of normal draws."""
    def log_softmax(self, axis: builtins.int = ..., dtype: Any = None, *, dim: Any = ...) -> Tensor:
        """x - log sum exp(x) along `axis` (also `dim`), without overflow; `dtype` is cast to first."""
    def logaddexp(self, y: Any) -> Tensor:
        """log(e^x + e^y), elementwise, with broadcasting, without overflow; the gradient of two infs is nan."""
    def logaddexp2(self, y: Any) -> Tensor:
        """log2(2^x + 2^y), elementwise, with broadcasting, without overflow; the gradient of two infs is nan."""
    def logcumsumexp(self, axis: builtins.int = ..., *, dim: Any = ...) -> Tensor:
        """log of the running sum of e^x along `axis`, without overflow."""
    def logdet(self) -> Tensor:
        """The logarithm of the determinant, (…, n, n) -> (…): -inf where it is 0, nan where it is negative."""
    def logical_and(self, y: Any) -> Tensor:
        """Whether x and y are both other than 0, elementwise."""
    def logical_not(self) -> Tensor:
        """Whether x is 0, elementwise."""
    def logical_or(self, y: Any) -> Tensor:
        """Whether x or y is other than 0, elementwise."""
    def logical_xor(self, y: Any) -> Tensor:
        """Whether just one of x and y is other than 0, elementwise."""
    def logit(self, eps: builtins.float | None = None) -> Tensor:
        """log(x / (1 - x)), elementwise: what sigmoid undoes."""
    def logit_(self, eps: builtins.float | None = None) -> Tensor:
        """In place: write `logit(self, …)` into this Tensor; returns it."""
    def logsumexp(
        self,
        axis: Any = None,
        keepdims: builtins.bool = False,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """log of the sum of e^x over `axis` (an int, a tuple, or None for all), without overflow."""
    def long(self) -> Tensor:
        """This Tensor at int64: `to(int64)`."""
    def lt(self, y: Any) -> Tensor:
        """Whether x < y, elementwise."""
    def lu(self, pivot: builtins.bool = True, get_infos: builtins.bool = False) -> Any:
        """(LU, pivots), with `get_infos` also info: PyTorch's older form of `linalg.lu_factor`."""
    def lu_solve(self, LU_data: Any, LU_pivots: Any) -> Tensor:
        """The X of A X = b, given `lu_factor(A)`: PyTorch's older form of `linalg.lu_solve`."""
    @property
    def mH(self) -> Tensor:
        """`x` with its last two axes swapped (`.mT`): for real numbers the adjoint is the transpose."""
    @property
    def mT(self) -> Tensor:
        """`x` with its last two axes swapped (`.mT`): for real numbers the adjoint is the transpose."""
    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """x, but `value` where the mask holds."""
    def masked_fill_(self, mask: Any, value: Any) -> Tensor:
        """In place: write `masked_fill(self, …)` into this Tensor; returns it."""
    def masked_scatter(self, mask: Any, source: Any) -> Tensor:
        """x, but where the mask holds the elements of `source`, one after the other."""
    def masked_scatter_(self, mask: Any, source: Any) -> Tensor:
        """In place: write `masked_scatter(self, …)` into this Tensor; returns it."""
    def masked_select(self, mask: Any) -> Tensor:
        """The elements of x where the mask holds, in a row; x and the mask broadcast."""
    def matmul(self, y: Any) -> Tensor:
        """The matrix product x @ y, of vectors, matrices and batches: (…, n, k) @ (…, k, m) -> (…, n, m)."""
    def matrix_exp(self) -> Tensor:
        """The matrix exponential I + A + A²/2 + …, (…, n, n) -> (…, n, n)."""
    def matrix_power(self, n: builtins.int) -> Tensor:
        """The n-th power of a square matrix, or of each of a batch: (…, m, m), by repeated squaring."""
    def max(
        self,
        axis: Any = None,
        keepdims: builtins.bool = False,
        *,
        other: Any = None,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Any:
        """The largest element: of all, along `axis` as (values, indices), or of two Tensors elementwise."""
    def maximum(self, y: Any) -> Tensor:
        """The larger of x and y, elementwise; a tie shares the upstream in halves, as in PyTorch; nan wins."""
    def mean(
        self,
        axis: Any = None,
        keepdims: builtins.bool = False,
        dtype: Any = None,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """The mean over `axis` (an int, a tuple, or None for all): every element gets upstream / n."""
    def median(self, axis: Any = None, keepdims: builtins.bool = False, *, dim: Any = ..., keepdim: Any = ...) -> Any:
        """The median: of all elements, or along `axis` as (values, indices); of an even number the lower one."""
    def min(
        self,
        axis: Any = None,
        keepdims: builtins.bool = False,
        *,
        other: Any = None,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Any:
        """The smallest element: of all, along `axis` as (values, indices), or of two Tensors elementwise."""
    def minimum(self, y: Any) -> Tensor:
        """The smaller of x and y, elementwise; a tie shares the upstream in halves, as in PyTorch; nan wins."""
    def mm(self, y: Any) -> Tensor:
        """The product of two matrices: (n, k) @ (k, m) -> (n, m)."""
    def mode(
        self,
        axis: builtins.int = -1,
        keepdims: builtins.bool = False,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Any:
        """The most frequent element along `axis` (of several the smallest), as (values, indices)."""
    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """The axes `source` moved to the places `destination`; the others keep their order."""
    def movedim(self, source: Any, destination: Any) -> Tensor:
        """The axes `source` moved to the places `destination`; the others keep their order."""
    def msort(self) -> Tensor:
        """The elements in ascending order along the first axis."""
    def mul(self, y: Any) -> Tensor:
        """x * y, elementwise, with broadcasting."""
    def mul_(self, y: Any) -> Tensor:
        """In place: write `mul(self, …)` into this Tensor; returns it."""
    def multinomial(
        self,
        num_samples: builtins.int,
        replacement: builtins.bool = False,
        *,
        generator: Any = None,
    ) -> Tensor:
        """`num_samples` indices drawn by the weights in the last axis of `x`, a vector or a matrix: int64."""
    def multiply(self, y: Any) -> Tensor:
        """x * y, elementwise, with broadcasting."""
    def multiply_(self, y: Any) -> Tensor:
        """In place: write `mul(self, …)` into this Tensor; returns it."""
    def mv(self, vec: Any) -> Tensor:
        """The product of a matrix and a vector: (n, k) @ (k,) -> (n,)."""
    def mvlgamma(self, p: builtins.int) -> Tensor:
        """The logarithm of the p-variate gamma function, elementwise. Its gradient needs SciPy."""
    def mvlgamma_(self, p: builtins.int) -> Tensor:
        """In place: write `mvlgamma(self, …)` into this Tensor; returns it."""
    @property
    def name(self) -> str | None:
        """What pictures call it; any string, or None."""
    @name.setter
    def name(self, name: str | None) -> None: ...
    def nan_to_num(
        self,
        nan: builtins.float | None = 0.0,
        posinf: builtins.float | None = None,
        neginf: builtins.float | None = None,
    ) -> Tensor:
        """Numbers in place of nan, inf and -inf (None: the dtype's largest and smallest); those get no gradie…"""
    def nan_to_num_(
        self,
        nan: builtins.float | None = 0.0,
        posinf: builtins.float | None = None,
        neginf: builtins.float | None = None,
    ) -> Tensor:
        """In place: write `nan_to_num(self, …)` into this Tensor; returns it."""
    def nanmean(
        self,
        axis: Any = None,
        keepdims: builtins.bool = False,
        dtype: Any = None,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """The mean over `axis` of what is not nan; nan where nothing else is there."""
    def nanmedian(
        self,
        axis: Any = None,
        keepdims: builtins.bool = False,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Any:
        """As `median`, of the elements that are not nan; nan if all are."""
    def nanquantile(
        self,
        q: Any,
        axis: Any = None,
        keepdims: builtins.bool = False,
        *,
        interpolation: str = "linear",
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """As `quantile`, of the elements that are not nan; nan if all are."""
    def nansum(
        self,
        axis: Any = None,
        keepdims: builtins.bool = False,
        dtype: Any = None,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """The sum over `axis` of what is not nan: nan counts as 0, and gets no gradient."""
    def narrow(self, dim: builtins.int, start: Any, length: builtins.int, *, axis: Any = ...) -> Tensor:
        """The `length` elements from `start` along `dim`, as a view."""
    @property
    def nbytes(self) -> builtins.int:
        """Bytes of all elements."""
    @property
    def ndim(self) -> builtins.int:
        """The number of axes."""
    def ne(self, y: Any) -> Tensor:
        """Whether x differs from y, elementwise."""
    def neg(self) -> Tensor:
        """-x, elementwise."""
    def neg_(self) -> Tensor:
        """In place: write `neg(self, …)` into this Tensor; returns it."""
    def negative(self) -> Tensor:
        """-x, elementwise."""
    def negative_(self) -> Tensor:
        """In place: write `neg(self, …)` into this Tensor; returns it."""
    def nelement(self) -> builtins.int:
        """The number of elements."""
    def new_empty(
        self,
        *sizes: Any,
        size: Any = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """A Tensor of a shape whose values are whatever was in memory; at this Tensor's dtype if none is give…"""
    def new_full(
        self,
        size: Any,
        fill_value: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """A Tensor of shape `size` filled with one number, at this Tensor's dtype if none is given."""
    def new_ones(
        self,
        *sizes: Any,
        size: Any = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Ones of a shape, with the arguments of `zeros`; at this Tensor's dtype if none is given."""
    def new_tensor(
        self,
        data: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """A new leaf holding a copy of `data`, at this Tensor's dtype if none is given."""
    def new_zeros(
        self,
        *sizes: Any,
        size: Any = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: builtins.bool = False,
    ) -> Tensor:
        """Zeros of a shape, with the arguments of `zeros`; at this Tensor's dtype if none is given."""
    def nonzero(self, *, as_tuple: builtins.bool = False) -> Any:
        """The indices of the elements other than 0: a row for each, or with `as_tuple` a Tensor for each axis."""
    def norm(
        self,
        p: Any = "fro",
        axis: Any = None,
        keepdims: builtins.bool = False,
        dtype: Any = None,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """The p-norm over `axis`, of all elements by default: `torch.norm`."""
    def normal_(self, mean: builtins.float = 0.0, std: builtins.float = 1.0, *, generator: Any = None) -> Tensor:
        """In place: normal."""
    def not_equal(self, y: Any) -> Tensor:
        """Whether x differs from y, elementwise."""
    def numel(self) -> builtins.int:
        """The number of elements."""
    def numpy(self) -> np.ndarray:
        """The values as a read-only NumPy view; `np.array(t)` makes a copy to write to."""
    def orgqr(self, tau: Any) -> Tensor:
        """The first n columns of the Q that is given as reflections, as LAPACK's QR leaves them."""
    def ormqr(self, tau: Any, other: Any, left: builtins.bool = True, transpose: builtins.bool = False) -> Tensor:
        """`other` times the Q that is given as k reflections I - tau v vᵀ: Q @ other, or other @ Q."""
    def outer(self, vec2: Any) -> Tensor:
        """All products of the elements of two vectors: (n,) and (m,) -> (n, m)."""
    def permute(self, *dims: Any, axes: Any = ...) -> Tensor:
        """The axes of `x` in another order, as a view."""
    def pinverse(self, rcond: Any = 1e-15) -> Tensor:
        """The pseudo-inverse, by PyTorch's older name and with its older threshold."""
    def polygamma(self, n: builtins.int) -> Tensor:
        """`polygamma(n, self)`: the n-th derivative of digamma, elementwise."""
    def polygamma_(self, n: builtins.int) -> Tensor:
        """In place: write `_polygamma_of(self, …)` into this Tensor; returns it."""
    def positive(self) -> Tensor:
        """`x` itself, as it is."""
    def pow(self, exponent: Any) -> Tensor:
        """x to the power of the exponent, elementwise, with broadcasting; each a Tensor or a number."""
    def pow_(self, exponent: Any) -> Tensor:
        """In place: write `pow(self, …)` into this Tensor; returns it."""
    def prod(
        self,
        axis: Any = None,
        keepdims: builtins.bool = False,
        dtype: Any = None,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """The product over `axis` (None for all): every factor gets the upstream times the product of the oth…"""
    def put(self, index: Any, source: Any, accumulate: builtins.bool = False) -> Tensor:
        """A copy of x with the elements of `source` written at, or added to, positions in the flattened x."""
    def put_(self, index: Any, source: Any, accumulate: builtins.bool = False) -> Tensor:
        """In place: write `put(self, …)` into this Tensor; returns it."""
    def qr(self, some: builtins.bool = True) -> Any:
        """(Q, R) with A = Q R: PyTorch's older form of `linalg.qr`."""
    def quantile(
        self,
        q: Any,
        axis: Any = None,
        keepdims: builtins.bool = False,
        *,
        interpolation: str = "linear",
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """The q-th quantiles along `axis`, or of all elements; a vector `q` becomes the first axis."""
    def rad2deg(self) -> Tensor:
        """Radians to degrees: x 180 / pi."""
    def rad2deg_(self) -> Tensor:
        """In place: write `rad2deg(self, …)` into this Tensor; returns it."""
    def random_(self, low: Any = None, high: Any = None, *, generator: Any = None) -> Tensor:
        """In place: integers from `low` up to, not including, `high`; one bound alone is `high`."""
    def ravel(self) -> Tensor:
        """`x` as one axis, contiguous: a view if `x` is."""
    def reciprocal(self) -> Tensor:
        """1 / x, elementwise."""
    def reciprocal_(self) -> Tensor:
        """In place: write `reciprocal(self, …)` into this Tensor; returns it."""
    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Any:
        """Call `hook(gradient)` when the whole gradient of `t` has arrived; it may return another."""
    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Any:
        """Call `hook(t)` at the end of every `backward()` that added to the `.grad` of the leaf `t`."""
    def relu(self) -> Tensor:
        """max(x, 0), elementwise; the gradient at 0 is 0."""
    def relu_(self) -> Tensor:
        """In place: write `relu(self, …)` into this Tensor; returns it."""
    def remainder(self, y: Any) -> Tensor:
        """x less the multiple of y not above it, elementwise: x % y, with the sign of y."""
    def remainder_(self, y: Any) -> Tensor:
        """In place: write `remainder(self, …)` into this Tensor; returns it."""
    def renorm(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float, *, axis: Any = ...) -> Tensor:
        """Each slice along `dim` whose p-norm exceeds `maxnorm`, scaled down to it; the others as they are."""
    def renorm_(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float, *, axis: Any = ...) -> Tensor:
        """In place: write `renorm(self, …)` into this Tensor; returns it."""
    def repeat(self, *sizes: Any) -> Tensor:
        """`x` repeated `sizes` times along each axis; more sizes than axes add axes in front (PyTorch's metho…"""
    def repeat_interleave(
        self,
        repeats: Any = None,
        dim: builtins.int | None = None,
        *,
        output_size: builtins.int | None = None,
        axis: Any = ...,
    ) -> Tensor:
        """Each element along `dim` repeated, by one number or by one each; without `dim`, of `x` as one axis."""
    @property
    def requires_grad(self) -> builtins.bool:
        """Whether gradients are wanted here; assigning is `requires_grad_()`."""
    @requires_grad.setter
    def requires_grad(self, value: builtins.bool) -> None: ...
    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """Ask for gradients here (or no longer); returns the Tensor itself."""
    def reshape(self, *shape: Any) -> Tensor:
        """The same elements in another `shape`; one size may be -1. A view where the strides allow it."""
    def reshape_as(self, other: Tensor) -> Tensor:
        """`x.reshape(other.shape)`."""
    def retain_grad(self) -> None:
        """Keep the gradient of a Tensor that is not a leaf in its `.grad`, too."""
    @property
    def retains_grad(self) -> builtins.bool:
        """Whether `retain_grad()` was called on a Tensor that a gate made."""
    def roll(self, shifts: Any, dims: Any = None, *, axes: Any = ...) -> Tensor:
        """`x` with its elements moved on by `shifts` along `dims`; what falls off the end comes in at the sta…"""
    def rot90(self, k: builtins.int = 1, dims: Any = ..., *, axes: Any = ...) -> Tensor:
        """`x` turned by k quarters in the plane of two axes, from the first of `dims` towards the second."""
    def round(self, *, decimals: builtins.int = 0) -> Tensor:
        """x to so many decimals, elementwise; a half goes to the even neighbour. Its gradient is 0."""
    def round_(self, *, decimals: builtins.int = 0) -> Tensor:
        """In place: write `round(self, …)` into this Tensor; returns it."""
    def rsqrt(self) -> Tensor:
        """1 / sqrt(x), elementwise."""
    def rsqrt_(self) -> Tensor:
        """In place: write `rsqrt(self, …)` into this Tensor; returns it."""
    def scatter(
        self,
        dim: builtins.int,
        index: Any,
        src: Any = None,
        *,
        value: Any = None,
        reduce: str | None = None,
        axis: Any = ...,
    ) -> Tensor:
        """A copy of x with `src` written along `dim` where `index` says: z[i, index[i, j]] = src[i, j] for di…"""
    def scatter_(
        self,
        dim: builtins.int,
        index: Any,
        src: Any = None,
        *,
        value: Any = None,
        reduce: str | None = None,
        axis: Any = ...,
    ) -> Tensor:
        """In place: write `scatter(self, …)` into this Tensor; returns it."""
    def scatter_add(self, dim: builtins.int, index: Any, src: Any, *, axis: Any = ...) -> Tensor:
        """A copy of x with `src` added along `dim` where `index` says: z[i, index[i, j]] += src[i, j] for dim…"""
    def scatter_add_(self, dim: builtins.int, index: Any, src: Any, *, axis: Any = ...) -> Tensor:
        """In place: write `scatter_add(self, …)` into this Tensor; returns it."""
    def scatter_reduce(
        self,
        dim: builtins.int,
        index: Any,
        src: Any,
        reduce: str,
        *,
        include_self: builtins.bool = True,
        axis: Any = ...,
    ) -> Tensor:
        """A copy of x where each place takes the reduction of all of `src` that `index` sends there along `di…"""
    def scatter_reduce_(
        self,
        dim: builtins.int,
        index: Any,
        src: Any,
        reduce: str,
        *,
        include_self: builtins.bool = True,
        axis: Any = ...,
    ) -> Tensor:
        """In place: write `scatter_reduce(self, …)` into this Tensor; returns it."""
    def select(self, dim: builtins.int, index: builtins.int, *, axis: Any = ...) -> Tensor:
        """The slice at `index` along `dim`, as a view without that axis."""
    def select_scatter(self, src: Any, dim: builtins.int, index: builtins.int, *, axis: Any = ...) -> Tensor:
        """A copy of x with `src` in place of the slice at `index` along `dim`."""
    def sgn(self) -> Tensor:
        """-1, 0 or 1, elementwise; 0 of a nan, as in PyTorch. Its gradient is 0."""
    def sgn_(self) -> Tensor:
        """In place: write `sign(self, …)` into this Tensor; returns it."""
    @property
    def shape(self) -> tuple[builtins.int, ...]:
        """The size along each axis, as a tuple."""
    def short(self) -> Tensor:
        """This Tensor at int16: `to(int16)`."""
    def sigmoid(self) -> Tensor:
        """1 / (1 + e^-x), elementwise, exact on both far sides and without overflow."""
    def sigmoid_(self) -> Tensor:
        """In place: write `sigmoid(self, …)` into this Tensor; returns it."""
    def sign(self) -> Tensor:
        """-1, 0 or 1, elementwise; 0 of a nan, as in PyTorch. Its gradient is 0."""
    def sign_(self) -> Tensor:
        """In place: write `sign(self, …)` into this Tensor; returns it."""
    def signbit(self) -> Tensor:
        """Whether x is negative, -0.0 too, elementwise."""
    def sin(self) -> Tensor:
        """The sine, elementwise."""
    def sin_(self) -> Tensor:
        """In place: write `sin(self, …)` into this Tensor; returns it."""
    def sinc(self) -> Tensor:
        """sin(pi x) / (pi x), elementwise; 1 at 0."""
    def sinc_(self) -> Tensor:
        """In place: write `sinc(self, …)` into this Tensor; returns it."""
    def sinh(self) -> Tensor:
        """(e^x - e^-x) / 2, elementwise."""
    def sinh_(self) -> Tensor:
        """In place: write `sinh(self, …)` into this Tensor; returns it."""
    def size(self, dim: builtins.int | None = None, *, axis: builtins.int | None = None) -> Any:
        """The shape, or the size along `dim` (PyTorch's method; NumPy's `size` is `numel()`)."""
    def slice_scatter(
        self,
        src: Any,
        dim: builtins.int = 0,
        start: builtins.int | None = None,
        end: builtins.int | None = None,
        step: builtins.int = 1,
        *,
        axis: Any = ...,
    ) -> Tensor:
        """A copy of x with `src` in place of the slice start:end:step along `dim`."""
    def slogdet(self) -> Any:
        """(sign, logabsdet) of the determinant, each of shape (…): where `det` would overflow."""
    def softmax(self, axis: builtins.int = ..., dtype: Any = None, *, dim: Any = ...) -> Tensor:
        """exp(x) / sum exp(x) along `axis` (also `dim`), without overflow; `dtype` is cast to first."""
    def sort(
        self,
        axis: builtins.int = -1,
        descending: builtins.bool = False,
        stable: builtins.bool = False,
        *,
        dim: Any = ...,
    ) -> Any:
        """The elements in ascending order along `axis`, as (values, indices); always stable."""
    def split(self, split_size_or_sections: Any, dim: builtins.int = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """`x` cut along `dim` into views: each of one size (the last may be smaller), or of the sizes listed."""
    def split_with_sizes(
        self,
        split_size_or_sections: Any,
        dim: builtins.int = 0,
        *,
        axis: Any = ...,
    ) -> tuple[Tensor, ...]:
        """`x` cut along `dim` into views: each of one size (the last may be smaller), or of the sizes listed."""
    def sqrt(self) -> Tensor:
        """The square root, elementwise; at 0 the slope is inf."""
    def sqrt_(self) -> Tensor:
        """In place: write `sqrt(self, …)` into this Tensor; returns it."""
    def square(self) -> Tensor:
        """x * x, elementwise."""
    def square_(self) -> Tensor:
        """In place: write `square(self, …)` into this Tensor; returns it."""
    def squeeze(self, dim: Any = None, *, axis: Any = ...) -> Tensor:
        """`x` without its axes of size 1, or without those of `dim` (one or several) that have size 1."""
    def squeeze_(self, *args: Any, **keywords: Any) -> Tensor:
        """In place: this Tensor takes the shape of `squeeze(self, …)`; returns it."""
    def std(
        self,
        axis: Any = None,
        unbiased: builtins.bool | None = None,
        keepdims: builtins.bool = False,
        *,
        correction: builtins.float | None = None,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """The standard deviation over `axis`: the root of `var`, with the same arguments."""
    def stride(self, dim: builtins.int | None = None, *, axis: Any = ...) -> Any:
        """How many elements apart neighbours lie in memory, along each axis or along `dim`."""
    def sub(self, y: Any, *, alpha: builtins.float = 1) -> Tensor:
        """x - alpha y, elementwise, with broadcasting: a distributor, the second input's with its sign turned."""
    def sub_(self, y: Any, *, alpha: builtins.float = 1) -> Tensor:
        """In place: write `sub(self, …)` into this Tensor; returns it."""
    def subtract(self, y: Any, *, alpha: builtins.float = 1) -> Tensor:
        """x - alpha y, elementwise, with broadcasting: a distributor, the second input's with its sign turned."""
    def subtract_(self, y: Any, *, alpha: builtins.float = 1) -> Tensor:
        """In place: write `sub(self, …)` into this Tensor; returns it."""
    def sum(
        self,
        axis: Any = None,
        keepdims: builtins.bool = False,
        dtype: Any = None,
        *,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """The sum over `axis` (an int, a tuple, or None for all): every summand gets the upstream."""
    def sum_to_size(self, *sizes: Any) -> Tensor:
        """`x` summed to a shape that broadcasts to its own: what undoes a stretch."""
    def svd(self, some: builtins.bool = True, compute_uv: builtins.bool = True) -> Any:
        """(U, S, V) with A = U diag(S) V.mT: PyTorch's older form of `linalg.svd`, which returns Vh."""
    def swapaxes(
        self,
        dim0: builtins.int = ...,
        dim1: builtins.int = ...,
        *,
        axis0: Any = ...,
        axis1: Any = ...,
    ) -> Tensor:
        """`x` with two axes swapped (PyTorch's meaning), as a view."""
    def swapaxes_(self, *args: Any, **keywords: Any) -> Tensor:
        """In place: this Tensor takes the shape of `transpose(self, …)`; returns it."""
    def swapdims(
        self,
        dim0: builtins.int = ...,
        dim1: builtins.int = ...,
        *,
        axis0: Any = ...,
        axis1: Any = ...,
    ) -> Tensor:
        """`x` with two axes swapped (PyTorch's meaning), as a view."""
    def swapdims_(self, *args: Any, **keywords: Any) -> Tensor:
        """In place: this Tensor takes the shape of `transpose(self, …)`; returns it."""
    def t(self) -> Tensor:
        """A matrix transposed; a vector or a number as it is."""
    def t_(self, *args: Any, **keywords: Any) -> Tensor:
        """In place: this Tensor takes the shape of `t(self, …)`; returns it."""
    def take(self, index: Any) -> Tensor:
        """The elements of x at positions in the flattened x; the result has the shape of `index`."""
    def take_along_dim(self, indices: Any, dim: builtins.int | None = None, *, axis: Any = ...) -> Tensor:
        """As `gather`, but x and `indices` broadcast along the axes other than `dim`; without `dim`, among al…"""
    def tan(self) -> Tensor:
        """The tangent, elementwise."""
    def tan_(self) -> Tensor:
        """In place: write `tan(self, …)` into this Tensor; returns it."""
    def tanh(self) -> Tensor:
        """The hyperbolic tangent, elementwise."""
    def tanh_(self) -> Tensor:
        """In place: write `tanh(self, …)` into this Tensor; returns it."""
    def tensor_split(self, indices_or_sections: Any, dim: builtins.int = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """`x` cut along `dim` into that many views of sizes that differ by at most 1, or at the indices liste…"""
    def tile(self, *dims: Any) -> Tensor:
        """`x` repeated `dims` times along each axis; missing ones are 1, in front."""
    def to(
        self,
        *where: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
    ) -> Tensor:
        """`x` at another dtype: `to(dtype)`, `to(other)` for the dtype of another Tensor, `to(device, dtype)`."""
    def tolist(self) -> Any:
        """The values as nested Python lists (a number for a 0-d Tensor)."""
    def topk(
        self,
        k: builtins.int,
        axis: builtins.int = -1,
        largest: builtins.bool = True,
        sorted: builtins.bool = True,
        *,
        dim: Any = ...,
    ) -> Any:
        """The k largest (or smallest) elements along `axis`, the best first, as (values, indices)."""
    def trace(self) -> Tensor:
        """The sum of the diagonal of a matrix, shape (n, m) -> (); integers sum to int64."""
    def transpose(
        self,
        dim0: builtins.int = ...,
        dim1: builtins.int = ...,
        *,
        axis0: Any = ...,
        axis1: Any = ...,
    ) -> Tensor:
        """`x` with two axes swapped (PyTorch's meaning), as a view."""
    def transpose_(self, *args: Any, **keywords: Any) -> Tensor:
        """In place: this Tensor takes the shape of `transpose(self, …)`; returns it."""
    def triangular_solve(
        self,
        A: Any,
        upper: builtins.bool = True,
        transpose: builtins.bool = False,
        unitriangular: builtins.bool = False,
    ) -> Any:
        """(X, a copy of A) for A X = b, or with `transpose` A.mT X = b: an older form of `linalg.solve_triang…"""
    def tril(self, diagonal: builtins.int = 0) -> Tensor:
        """The lower triangles of the matrices in the last two axes: zeros above the `diagonal`."""
    def tril_(self, diagonal: builtins.int = 0) -> Tensor:
        """In place: write `tril(self, …)` into this Tensor; returns it."""
    def triu(self, diagonal: builtins.int = 0) -> Tensor:
        """The upper triangles of the matrices in the last two axes: zeros below the `diagonal`."""
    def triu_(self, diagonal: builtins.int = 0) -> Tensor:
        """In place: write `triu(self, …)` into this Tensor; returns it."""
    def true_divide(self, y: Any, *, rounding_mode: str | None = None) -> Tensor:
        """x / y, elementwise, with broadcasting; integers divide to floats."""
    def true_divide_(self, y: Any, *, rounding_mode: str | None = None) -> Tensor:
        """In place: write `div(self, …)` into this Tensor; returns it."""
    def trunc(self) -> Tensor:
        """The integer next to x towards 0, elementwise. Its gradient is 0."""
    def trunc_(self) -> Tensor:
        """In place: write `trunc(self, …)` into this Tensor; returns it."""
    def type(self, dtype: Any = None) -> Any:
        """`x.type(dtype)`: `x` at another dtype; `x.type()`: the name of the dtype it has."""
    def type_as(self, other: Tensor) -> Tensor:
        """`x` at the dtype of `other`."""
    def unbind(self, dim: builtins.int = 0, *, axis: Any = ...) -> tuple[Tensor, ...]:
        """The slices of `x` along `dim`, as views without that axis."""
    def unflatten(self, dim: builtins.int, sizes: Any, *, axis: Any = ...) -> Tensor:
        """One axis as several, of `sizes` (one may be -1)."""
    def unfold(self, dimension: builtins.int, size: builtins.int, step: builtins.int) -> Tensor:
        """The windows of `size` elements, `step` apart, along an axis; each window is a new last axis."""
    def uniform_(self, a: builtins.float = 0.0, b: builtins.float = 1.0, *, generator: Any = None) -> Tensor:
        """In place: uniform in [a, b)."""
    def unique(
        self,
        sorted: builtins.bool = True,
        return_inverse: builtins.bool = False,
        return_counts: builtins.bool = False,
        dim: builtins.int | None = None,
        *,
        axis: Any = ...,
    ) -> Any:
        """The different elements, or with `dim` the different slices, in ascending order."""
    def unique_consecutive(
        self,
        return_inverse: builtins.bool = False,
        return_counts: builtins.bool = False,
        dim: builtins.int | None = None,
        *,
        axis: Any = ...,
    ) -> Any:
        """The elements, or with `dim` the slices, without those equal to the one before."""
    def unsqueeze(self, dim: builtins.int = ..., *, axis: Any = ...) -> Tensor:
        """`x` with a new axis of size 1 at `dim`."""
    def unsqueeze_(self, *args: Any, **keywords: Any) -> Tensor:
        """In place: this Tensor takes the shape of `unsqueeze(self, …)`; returns it."""
    def var(
        self,
        axis: Any = None,
        unbiased: builtins.bool | None = None,
        keepdims: builtins.bool = False,
        *,
        correction: builtins.float | None = None,
        dim: Any = ...,
        keepdim: Any = ...,
    ) -> Tensor:
        """The variance over `axis`: the sum of (x - mean)^2, divided by n - correction."""
    def vdot(self, y: Any) -> Tensor:
        """The inner product of two vectors: (k,) and (k,) -> ()."""
    def view(self, *shape: Any) -> Tensor:
        """`reshape`: a view of the same memory where the strides allow it."""
    def view_as(self, other: Tensor) -> Tensor:
        """`x.view(other.shape)`."""
    def vsplit(self, indices_or_sections: Any) -> tuple[Tensor, ...]:
        """`x` cut along axis 0."""
    def where(self, condition: Any, y: Any) -> Tensor:
        """x.where(condition, y): x where the condition holds, y elsewhere."""
    def xlogy(self, y: Any) -> Tensor:
        """x log(y), elementwise, with broadcasting; 0 where x is 0, unless y is nan."""
    def xlogy_(self, y: Any) -> Tensor:
        """In place: write `xlogy(self, …)` into this Tensor; returns it."""
    def zero_(self) -> Tensor:
        """In place: write 0 into every element; returns the Tensor."""

def leaf(array: np.ndarray) -> Tensor:
    """A Tensor around an array that is known to be one: `Tensor(array)` without its questions."""

def memory(t: Tensor) -> Memory:
    """The Memory that `t` looks at, made on first asking."""

def written(t: Tensor) -> None:
    """Note that the memory of `t` was written just now."""

def _turn(t: Tensor) -> None:
    """Note that `requires_grad` changed just now: a walk looks closer at the gates recorded before."""

def required_grad(t: Tensor, when: builtins.int) -> builtins.bool:
    """Whether the leaf `t` required a gradient at that tick: now, unless it was turned an odd number of t…"""

def as_array(data: Any, dtype: Any = None) -> np.ndarray:
    """`data` as an ndarray that a Tensor can hold, sharing memory where it already is one."""

def _unwrapped(data: Any) -> Any:
    """Nested lists with their Tensors as arrays, which NumPy stacks at once."""

def _float_dtypes(data: Any) -> set[np.dtype]:
    """The dtypes of the floats in nested lists: the default for Python's, their own for NumPy's and Tenso…"""

def tensor(
    data: Any,
    dtype: Any = None,
    requires_grad: builtins.bool = False,
    name: str | None = None,
    *,
    device: Any = None,
) -> Tensor:
    """A new leaf Tensor holding a copy of `data`."""

def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a Tensor: itself if it is one already, on the same memory if it is an ndarray."""

def from_numpy(array: np.ndarray) -> Tensor:
    """A Tensor on the memory of `array`. The engine cannot see writes through that array."""

def numel(input: Tensor) -> builtins.int:
    """How many elements there are."""

def is_floating_point(input: Tensor) -> builtins.bool:
    """Whether the dtype is a floating-point one."""

def is_tensor(thing: Any) -> builtins.bool:
    """Whether `thing` is a Tensor."""

tick: Any
clock: Clock
NO_KEYWORDS: Any
__all__ = ["Tensor", "as_tensor", "from_numpy", "is_floating_point", "is_tensor", "numel", "tensor"]
