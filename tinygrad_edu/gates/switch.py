"""switch: gates that send back the upstream times the *other* input; matrix products are in `contract.py`."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .. import record
from ..axes import axes_of, axis_of, either_name, on_axis
from ..errors import OptionError, TinygradError
from ..record import run
from ..tensor import Tensor, as_tensor
from .binding import methods, methods_in_place
from .distribute import cast_to, cumsum_gate, running, spread_back, sum, sum_dtype
from .reshape import reshape

__all__ = [
    "addcdiv",
    "addcmul",
    "cumprod",
    "div",
    "divide",
    "floor_divide",
    "lerp",
    "mul",
    "multiply",
    "prod",
    "true_divide",
]

gate = partial(record.gate, kind="switch")


# Elementwise.

mul = gate(
    "mul",
    np.multiply,
    lambda g, z, x, y: g * y,
    lambda g, z, x, y: g * x,
    local=("y", "x"),
    says="""x * y, elementwise, with broadcasting.

    >>> import tinygrad_edu as tg
    >>> x, y = tg.tensor(3.0, requires_grad=True), tg.tensor(-4.0, requires_grad=True)
    >>> (x * y).backward(); x.grad, y.grad
    (tensor(-4.), tensor(3.))
    """,
)
_div = gate(
    "div",
    np.true_divide,
    lambda g, z, x, y: g / y,
    lambda g, z, x, y: -g * z / y,
    local=("1/y", "-x/y^2"),
    floats=True,
    says="x / y, elementwise, with broadcasting; integers divide to floats.",
)
floor_divide = gate(
    "floor_divide",
    lambda x, y: np.floor_divide(x, no_integer_zero(y)),
    lambda g, z, x, y: np.zeros_like(g),
    lambda g, z, x, y: np.zeros_like(g),
    local=("0", "0"),
    says="""x / y rounded down, elementwise: integers stay integers.

    A staircase: its gradient is 0, as PyTorch's div has it with rounding_mode="floor"; PyTorch's
    own floor_divide raises in the backward pass.

    >>> import tinygrad_edu as tg
    >>> tg.tensor([7, -7]) // 2
    tensor([ 3, -4])
    """,
)
_trunc_divide = gate(
    "trunc_divide",
    lambda x, y: _toward_zero(x, no_integer_zero(y)),
    lambda g, z, x, y: np.zeros_like(g),
    lambda g, z, x, y: np.zeros_like(g),
    local=("0", "0"),
    says="x / y rounded toward 0.",
)


def no_integer_zero(y: Any) -> Any:
    """The divisor, unless it holds an integer 0: NumPy would warn, and go on with 0."""
    if y.dtype.kind != "f" and not y.all():
        raise TinygradError("an integer was divided by zero.", mend="divide floats, where the quotient is inf or nan")
    return y


def _toward_zero(x: Any, y: Any) -> Any:
    if x.dtype.kind == "f":
        return np.trunc(x / y)
    down = np.floor_divide(x, y)
    return down + ((down < 0) & (down * y != x)).astype(down.dtype)


def div(x: Any, y: Any, *, rounding_mode: str | None = None) -> Tensor:
    """x / y, elementwise, with broadcasting; integers divide to floats.

    Args:
        rounding_mode: "floor" rounds down, "trunc" toward 0: integers then stay integers, and the
            gradient is 0, as in PyTorch.

    >>> import tinygrad_edu as tg
    >>> tg.div(tg.tensor([-7]), 2), tg.div(tg.tensor([-7]), 2, rounding_mode="trunc")
    (tensor([-3.5000]), tensor([-3]))
    """
    if rounding_mode is None:
        return _div(x, y)
    if rounding_mode not in ("floor", "trunc"):
        raise OptionError("div rounds in two ways.", expected='"floor", "trunc" or None', got=repr(rounding_mode))
    return floor_divide(x, y) if rounding_mode == "floor" else _trunc_divide(x, y)


multiply, divide, true_divide = mul, div, div


def addcmul(x: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Tensor:
    """x + value tensor1 tensor2, elementwise, with broadcasting.

    >>> import tinygrad_edu as tg
    >>> tg.addcmul(tg.ones(2), tg.tensor([1.0, 2.0]), tg.ones(2), value=2)
    tensor([3., 5.])
    """
    product = as_tensor(tensor1) * tensor2
    return x + (product if value == 1 else product * value)


def addcdiv(x: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Tensor:
    """x + value tensor1 / tensor2, elementwise, with broadcasting.

    >>> import tinygrad_edu as tg
    >>> tg.addcdiv(tg.ones(2), tg.tensor([1.0, 2.0]), tg.tensor([2.0, 4.0]))
    tensor([1.5000, 1.5000])
    """
    quotient = as_tensor(tensor1) / tensor2
    return x + (quotient if value == 1 else quotient * value)


def _between(x: Any, end: Any, weight: Any) -> Any:
    """x + w (end - x), from the nearer end, so that weight 1 gives exactly `end`."""
    way = end - x
    return np.where(np.abs(weight) < 0.5, x + weight * way, end - way * (1 - weight))


lerp = gate(
    "lerp",
    _between,
    lambda g, z, x, end, weight: g * (1 - weight),
    lambda g, z, x, end, weight: g * weight,
    lambda g, z, x, end, weight: g * (end - x),
    local=("1 - weight", "weight", "y - x"),
    floats=True,
    says="""x + weight (end - x), elementwise: the way from x to `end`; `weight` is a number or a Tensor.

    >>> import tinygrad_edu as tg
    >>> tg.lerp(tg.tensor([0.0, 1.0]), tg.tensor([1.0, 2.0]), 0.25)
    tensor([0.2500, 1.2500])
    """,
)


# Products along an axis. A zero is divided out nowhere: the others are multiplied instead.

_prod = gate(
    "prod",
    lambda x, axis, keepdims: np.prod(x, axis=axis, keepdims=keepdims, dtype=sum_dtype(x.dtype)),
    lambda g, z, x, axis, keepdims: product_of_others(
        spread_back(g, x.shape, axis, keepdims), z if keepdims else np.expand_dims(z, axis), x, axis
    ),
    local=("the product of the others",),
)
_cumprod = gate(
    "cumprod",
    lambda x, axis: running(np.multiply, x, axis, False),
    lambda g, z, x, axis: _summed_products(g, z, x, axis),
    local=("the product of the other factors, for every product that it is in",),
)


def _has_zero(x: Any) -> bool:
    return not np.asarray(x).all()


def _products_before(x: Any, axis: int) -> Any:
    """For each factor along `axis` the product of those before it."""
    one = np.ones((*x.shape[:axis], 1, *x.shape[axis + 1 :]), x.dtype)
    return np.concatenate([one, np.cumprod(x, axis=axis)[on_axis(axis, slice(None, -1))]], axis=axis)


def product_of_others(g: Any, z: Any, x: Any, axis: int) -> Any:
    """g times the product along an axis of all but each; `z`, the whole product, is read if there is no zero."""
    if not _has_zero(x):
        return g * z / x
    turned = on_axis(axis, slice(None, None, -1))
    return g * _products_before(x, axis) * _products_before(x[turned], axis)[turned]


def _summed_products(g: Any, z: Any, x: Any, axis: int) -> Any:
    """Over k >= i, the sum of g[k] times all x[j <= k] but x[i]."""
    if not _has_zero(x):
        return run(cumsum_gate, g * z, axis=axis, reverse=True) / x
    n = x.shape[axis]
    later = g[on_axis(axis, slice(n - 1, n))]  # over k >= i, g[k] times the x[j] in between
    found = [later]
    for i in range(n - 2, -1, -1):
        later = g[on_axis(axis, slice(i, i + 1))] + later * x[on_axis(axis, slice(i + 1, i + 2))]
        found.append(later)
    return _products_before(x, axis) * np.concatenate(found[::-1], axis=axis)


@either_name
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Tensor:
    """The product over `axis` (None for all): every factor gets the upstream times the product of the others.

    Integers and bools multiply to int64. Zeros among the factors are no exception: one zero gets a
    gradient, two leave none, to any order.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> tg.prod(x).backward(); x.grad
    tensor([0., 6., 0.])
    """
    x = cast_to(x, dtype)
    axes = axes_of(axis, x.ndim, "prod")
    if not axes:
        return sum(x, axis, keepdims)  # nothing to multiply: a copy, integers as int64
    if len(axes) == x.ndim > 1 and not keepdims:
        x, axes = reshape(x, (math.prod(x.shape),)), (0,)
    for a in sorted(axes, reverse=True):
        x = _prod(x, axis=a, keepdims=keepdims)
    return x


@either_name
def cumprod(x: Any, axis: int, dtype: Any = None) -> Tensor:
    """The running product along `axis`; exact with zeros among the factors, to any order.

    Integers and bools multiply to int64.

    >>> import tinygrad_edu as tg
    >>> tg.cumprod(tg.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    x = cast_to(x, dtype)
    axis = axis_of(axis, x.ndim, "cumprod")
    return _cumprod(x, axis=axis) if x.ndim else sum(x)


methods(mul, div, floor_divide, prod, cumprod, lerp, addcmul, addcdiv, multiply=mul, divide=div, true_divide=div)
methods(__mul__=mul, __truediv__=_div, __floordiv__=floor_divide)
methods(__rmul__=mul, __rtruediv__=lambda y, x: _div(x, y), __rfloordiv__=lambda y, x: floor_divide(x, y))
methods_in_place(mul, div, floor_divide, cumprod, lerp, addcmul, addcdiv)
methods_in_place(multiply_=mul, divide_=div, true_divide_=div)
methods_in_place(__imul__=mul, __itruediv__=_div, __ifloordiv__=floor_divide)
