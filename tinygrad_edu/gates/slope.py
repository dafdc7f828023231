"""slope: gates that send back the upstream times the slope at this point."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .. import record
from ..axes import axes_of, axis_of, either_name, on_axis
from ..errors import DtypeError
from ..record import cast, run
from ..tensor import Tensor, as_tensor
from .binding import methods, methods_in_place
from .switch import no_integer_zero

__all__ = [
    "acos",
    "acosh",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "ceil",
    "copysign",
    "cos",
    "cosh",
    "deg2rad",
    "exp",
    "exp2",
    "expm1",
    "fix",
    "float_power",
    "floor",
    "fmod",
    "frac",
    "hypot",
    "ldexp",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logcumsumexp",
    "logit",
    "logsumexp",
    "pow",
    "rad2deg",
    "reciprocal",
    "remainder",
    "round",
    "rsqrt",
    "sgn",
    "sigmoid",
    "sign",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "trunc",
    "xlogy",
]

gate = partial(record.gate, kind="slope")

_LN2, _LN10 = math.log(2), math.log(10)


# Exponentials and logarithms.

exp = gate("exp", np.exp, lambda g, z, x: g * z, local=("exp(x)",), says="e to the x, elementwise.")
exp2 = gate("exp2", np.exp2, lambda g, z, x: g * z * _LN2, local=("2^x log(2)",), says="2 to the x, elementwise.")
expm1 = gate(
    "expm1",
    np.expm1,
    lambda g, z, x: g * z + g,
    local=("exp(x)",),
    says="e to the x, less 1, elementwise; exact for small x too.",
)
log = gate(
    "log",
    np.log,
    lambda g, z, x: g / x,
    local=("1/x",),
    says="The natural logarithm, elementwise; -inf at 0, where the slope is inf.",
)
log2 = gate(
    "log2",
    np.log2,
    lambda g, z, x: g / (x * _LN2),
    local=("1/(x log(2))",),
    says="The logarithm to base 2, elementwise.",
)
log10 = gate(
    "log10",
    np.log10,
    lambda g, z, x: g / (x * _LN10),
    local=("1/(x log(10))",),
    says="The logarithm to base 10, elementwise.",
)
log1p = gate(
    "log1p",
    np.log1p,
    lambda g, z, x: g / (x + 1),
    local=("1/(1 + x)",),
    says="The natural logarithm of 1 + x, elementwise; exact for small x too.",
)
_logit = gate(
    "logit",
    lambda x, eps: _log_odds(x if eps is None else np.clip(x, eps, 1 - eps)),
    lambda g, z, x, eps: _for_logit(g, x, eps),
    local=("1/(x (1 - x)); 0 where eps clamps",),
)


def _log_odds(x: Any) -> Any:
    return np.log(x / (1 - x))


def _for_logit(g: Any, x: Any, eps: float | None) -> Any:
    low = 0.0 if eps is None else eps
    slope = 1 / (x * (1 - x) + 0.0)  # + 0.0 makes the -0.0 of x = -0.0 a 0.0
    return np.where(np.logical_or(x < low, x > 1 - low), math.nan if eps is None else 0.0, g * slope)


def logit(x: Any, eps: float | None = None) -> Tensor:
    """log(x / (1 - x)), elementwise: what sigmoid undoes.

    Args:
        eps: clamp x to [eps, 1 - eps] first; without it the result is nan outside [0, 1].

    >>> import tinygrad_edu as tg
    >>> tg.logit(tg.tensor([0.5, 0.0]), eps=0.1)
    tensor([ 0.0000, -2.1972])
    """
    return _logit(x, eps=eps)


# Powers and roots.

sqrt = gate(
    "sqrt",
    np.sqrt,
    lambda g, z, x: g / (z + z),
    local=("1/(2 sqrt(x))",),
    says="The square root, elementwise; at 0 the slope is inf.",
)
rsqrt = gate(
    "rsqrt",
    lambda x: np.reciprocal(np.sqrt(x)),
    lambda g, z, x: g * z * z * z * -0.5,
    local=("-1/(2 x sqrt(x))",),
    says="1 / sqrt(x), elementwise.",
)
reciprocal = gate(
    "reciprocal", np.reciprocal, lambda g, z, x: -g * z * z, local=("-1/x^2",), says="1 / x, elementwise."
)
_square = gate("square", np.square, lambda g, z, x: g * (x + x), local=("2 x",), floats=False)
_pow = gate(
    "pow",
    lambda x, y: _power(x, y),
    lambda g, z, x, y: _for_base(g, x, y),
    lambda g, z, x, y: np.where(np.logical_and(x == 0, y >= 0), 0.0, g * (z * np.log(x))),
    local=("y x^(y-1); 0 where y is 0", "x^y log(x); 0 where x is 0 and y >= 0"),
    floats=False,
)


def _power(x: Any, y: Any) -> Any:
    if y.ndim == 0 and y == 3 and y.dtype.kind == "f":
        return x * x * x  # forty times as quick as NumPy's power
    try:
        return np.power(x, y)
    except ValueError as error:
        if "negative integer" not in str(error):
            raise
        raise _no_negative_power() from None


def _no_negative_power() -> DtypeError:
    return DtypeError(
        "integers cannot be raised to negative integer powers.", mend="make one of them a float: x.float() ** y"
    )


def _for_base(g: Any, x: Any, y: Any) -> Any:
    if not isinstance(y, Tensor) and not np.ndim(y):
        p = float(y)  # a number: NumPy has quick ways for x ** 2.0, x ** -1.0 …
        return g * (x ** (p - 1) * p) if p else np.zeros_like(g)
    return np.where(y == 0, 0.0, g * (y * x ** (y - 1)))


def pow(x: Any, exponent: Any) -> Tensor:
    """x to the power of the exponent, elementwise, with broadcasting; each a Tensor or a number.

    The gradient of 0 ** y in y is 0 for y >= 0; that of x ** 0 in x is 0, at x = 0 too.

    Raises:
        DtypeError: for integers to negative integer powers.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([-1.0, 1.0], requires_grad=True)
    >>> (x**3).sum().backward(); x.grad
    tensor([3., 3.])
    """
    if (exponent.__class__ is int or exponent.__class__ is float) and exponent == 2:
        x = as_tensor(x)
        if x._data.dtype.kind == "f" or (x._data.dtype.kind != "b" and exponent.__class__ is int):
            return _square(x)
    if exponent.__class__ is int and exponent < 0 and as_tensor(x)._data.dtype.kind == "u":
        raise _no_negative_power()  # which a uint8 would wrap to a positive one
    return _pow(x, exponent)


def square(x: Any) -> Tensor:
    """x * x, elementwise.

    >>> import tinygrad_edu as tg
    >>> tg.square(tg.tensor([-3.0, 2.0]))
    tensor([9., 4.])
    """
    return pow(x, 2)


def float_power(x: Any, exponent: Any) -> Tensor:
    """x to the power of the exponent, computed and returned at float64.

    >>> import tinygrad_edu as tg
    >>> tg.float_power(tg.tensor([1, 2]), -1)
    tensor([1.0000, 0.5000], dtype=float64)
    """
    return pow(_as_double(x), _as_double(exponent))


def _as_double(x: Any) -> Any:
    return x if isinstance(x, (int, float)) else cast(as_tensor(x), dtype=np.dtype("float64"))


def _rpow(y: Tensor, x: Any) -> Tensor:
    return _pow(x, y)


# Circular and hyperbolic functions.

sin = gate("sin", np.sin, lambda g, z, x: g * np.cos(x), local=("cos(x)",), says="The sine, elementwise.")
cos = gate("cos", np.cos, lambda g, z, x: -g * np.sin(x), local=("-sin(x)",), says="The cosine, elementwise.")
tan = gate("tan", np.tan, lambda g, z, x: g + g * z * z, local=("1 + tan(x)^2",), says="The tangent, elementwise.")
asin = gate(
    "asin",
    np.arcsin,
    lambda g, z, x: g / np.sqrt(1 - x * x),
    local=("1/sqrt(1 - x^2)",),
    says="The angle from -pi/2 to pi/2 whose sine is x, elementwise; nan outside [-1, 1].",
)
acos = gate(
    "acos",
    np.arccos,
    lambda g, z, x: -g / np.sqrt(1 - x * x),
    local=("-1/sqrt(1 - x^2)",),
    says="The angle from 0 to pi whose cosine is x, elementwise; nan outside [-1, 1].",
)
atan = gate(
    "atan",
    np.arctan,
    lambda g, z, x: g / (x * x + 1),
    local=("1/(1 + x^2)",),
    says="The angle from -pi/2 to pi/2 whose tangent is x, elementwise.",
)


def _distance2(x: Any, y: Any) -> Any:
    """x² + y², with 1 for 0: at the origin 0 is divided by it."""
    d = x * x + y * y
    return np.where(d == 0, 1.0, d)


atan2 = gate(
    "atan2",
    np.arctan2,
    lambda g, z, y, x: g * (x / _distance2(x, y)),
    lambda g, z, y, x: g * (-y / _distance2(x, y)),
    local=("y/(x^2 + y^2); 0 where x is 0 and y is 0", "-x/(x^2 + y^2); 0 where x is 0 and y is 0"),
    says="""The angle from -pi to pi of the point (y, x): its height comes first; the gradient at (0, 0) is 0.

    >>> import tinygrad_edu as tg
    >>> tg.atan2(tg.tensor([1.0, 0.0]), tg.tensor([0.0, -1.0]))  # straight up, and to the left
    tensor([1.5708, 3.1416])
    """,
)
sinh = gate("sinh", np.sinh, lambda g, z, x: g * np.cosh(x), local=("cosh(x)",), says="(e^x - e^-x) / 2, elementwise.")
cosh = gate("cosh", np.cosh, lambda g, z, x: g * np.sinh(x), local=("sinh(x)",), says="(e^x + e^-x) / 2, elementwise.")
tanh = gate(
    "tanh",
    np.tanh,
    lambda g, z, x: g - g * z * z,  # g (1 - z²) in array operations only: a Python 1 costs NumPy twice as much
    local=("1 - tanh(x)^2",),
    says="The hyperbolic tangent, elementwise.",
)
asinh = gate(
    "asinh",
    np.arcsinh,
    lambda g, z, x: g / np.sqrt(x * x + 1),
    local=("1/sqrt(x^2 + 1)",),
    says="The number whose sinh is x, elementwise.",
)
acosh = gate(
    "acosh",
    np.arccosh,
    lambda g, z, x: g / np.sqrt(x * x - 1),
    local=("1/sqrt(x^2 - 1)",),
    says="The number from 0 up whose cosh is x, elementwise; nan below 1.",
)
atanh = gate(
    "atanh",
    np.arctanh,
    lambda g, z, x: g / (1 - x * x),
    local=("1/(1 - x^2)",),
    says="The number whose tanh is x, elementwise; nan outside [-1, 1].",
)
arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
arcsinh, arccosh, arctanh = asinh, acosh, atanh
hypot = gate(
    "hypot",
    np.hypot,
    lambda g, z, x, y: g * (x / z),
    lambda g, z, x, y: g * (y / z),
    local=("x/z", "y/z"),
    says="sqrt(x^2 + y^2), elementwise, with broadcasting; the gradient at (0, 0) is nan.",
)


def deg2rad(x: Any) -> Tensor:
    """Degrees to radians: x pi / 180.

    >>> import tinygrad_edu as tg
    >>> tg.deg2rad(tg.tensor([180.0, 90.0]))
    tensor([3.1416, 1.5708])
    """
    return as_tensor(x) * (math.pi / 180)


def rad2deg(x: Any) -> Tensor:
    """Radians to degrees: x 180 / pi.

    >>> import tinygrad_edu as tg
    >>> tg.rad2deg(tg.tensor([0.5]))
    tensor([28.6479])
    """
    return as_tensor(x) * (180 / math.pi)


sinc = gate(
    "sinc",
    lambda x: np.sinc(x) if x.dtype != np.float16 else np.sinc(x.astype(np.float32)).astype(x.dtype),
    lambda g, z, x: np.where(x == 0, 0.0, g * ((np.cos(x * math.pi) - z) / np.where(x == 0, 1.0, x))),
    local=("(cos(pi x) - z)/x; 0 where x is 0",),
    says="sin(pi x) / (pi x), elementwise; 1 at 0.",
)


# Sigmoid. Beyond the limit e^x / (e^x + 1) is 1 to the last bit, and e^x is still far from overflow.

_LIMITS = {np.dtype(kind): np.array(limit, kind) for kind, limit in (("f2", 11), ("f4", 40), ("f8", 40))}
_ONES = {dtype: np.ones((), dtype) for dtype in _LIMITS}  # 0-d arrays: NumPy is twice as slow on a Python 1


def _sigmoid(x: Any) -> Any:
    e = np.exp(np.minimum(x, _LIMITS[x.dtype]))
    return e / (e + _ONES[x.dtype])


def _for_sigmoid(g: Any, z: Any, x: Any) -> Any:
    gz = g * z
    return gz - gz * z


sigmoid = gate(
    "sigmoid",
    _sigmoid,
    _for_sigmoid,
    local=("z (1 - z)",),
    says="1 / (1 + e^-x), elementwise, exact on both far sides and without overflow.",
)


# Sums of exponentials, held as logarithms.

logaddexp = gate(
    "logaddexp",
    np.logaddexp,
    lambda g, z, x, y: g / (np.exp(y - x) + 1),
    lambda g, z, x, y: g / (np.exp(x - y) + 1),
    local=("1/(1 + exp(y - x))", "1/(1 + exp(x - y))"),
    says="""log(e^x + e^y), elementwise, with broadcasting, without overflow; the gradient of two infs is nan.

    >>> import tinygrad_edu as tg
    >>> tg.logaddexp(tg.tensor(200.0), tg.tensor(200.0))  # 200 + log 2
    tensor(200.6931)
    """,
)
logaddexp2 = gate(
    "logaddexp2",
    np.logaddexp2,
    lambda g, z, x, y: g / (np.exp2(y - x) + 1),
    lambda g, z, x, y: g / (np.exp2(x - y) + 1),
    local=("1/(1 + 2^(y - x))", "1/(1 + 2^(x - y))"),
    says="log2(2^x + 2^y), elementwise, with broadcasting, without overflow; the gradient of two infs is nan.",
)
_logsumexp = gate(
    "logsumexp",
    lambda x, axis, keepdims: _log_sum_exp(x, axis, keepdims),
    lambda g, z, x, axis, keepdims: _for_logsumexp(g, z, x, axis, keepdims),
    local=("exp(x - z), the softmax",),
)


def _log_sum_exp(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.sum(np.exp(x - top), axis=axis, keepdims=True)
    nothing = total == 0  # every x is -inf: log would warn
    z = np.where(nothing, -np.inf, np.log(np.where(nothing, 1.0, total)) + top)
    return z if keepdims else np.squeeze(z, axis)


def _for_logsumexp(g: Any, z: Any, x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    if not keepdims:
        g, z = np.expand_dims(g, axis), np.expand_dims(z, axis)
    return g * np.exp(x - z)


@either_name
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    """log of the sum of e^x over `axis` (an int, a tuple, or None for all), without overflow.

    Its gradient is the softmax; nan where every x is -inf.

    >>> import tinygrad_edu as tg
    >>> tg.logsumexp(tg.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    x = as_tensor(x)
    return _logsumexp(x, axis=axes_of(axis, x.ndim, "logsumexp"), keepdims=keepdims)


_logcumsumexp = gate(
    "logcumsumexp",
    lambda x, axis: np.logaddexp.accumulate(x, axis, np.float64).astype(x.dtype) if x.ndim else x.copy(),
    lambda g, z, x, axis: _for_logcumsumexp(g, z, x, axis) if x.ndim else g,
    local=("exp(x_j - z_i) for i >= j",),
)


def _for_logcumsumexp(g: Any, z: Any, x: Any, axis: int) -> Any:
    # e^x_j times the sum of g_i e^-z_i over i >= j, by logarithms, so for g above and below 0 apart.
    z = np.where(z == -np.inf, 0.0, z)  # a sum of nothing yet: e^(-inf - z) is then 0, not nan
    turned = on_axis(axis, slice(None, None, -1))

    def of(part: Any) -> Any:
        logs = np.where(part > 0, np.log(np.where(part > 0, part, 1.0)), -np.inf) - z
        return np.exp(x + run(_logcumsumexp, logs[turned], axis=axis)[turned])

    return of(g) - of(-g)


@either_name
def logcumsumexp(x: Any, axis: int) -> Tensor:
    """log of the running sum of e^x along `axis`, without overflow.

    The gradient of a leading -inf is 0, where PyTorch has nan: the second derivative needs it so.

    >>> import tinygrad_edu as tg
    >>> tg.logcumsumexp(tg.tensor([1000.0, 1000.0]), dim=0)
    tensor([1000.0000, 1000.6932])
    """
    x = as_tensor(x)
    return _logcumsumexp(x, axis=axis_of(axis, x.ndim, "logcumsumexp"))


# Products with a logarithm, 0 where the factor is 0.

xlogy: Any = gate(
    "xlogy",
    lambda x, y: x * np.log(np.where((x == 0) & (y == y), 1.0, y)),
    lambda g, z, x, y: np.where(np.logical_and(x == 0, y <= 0), 0.0, run(xlogy, g, y)),
    lambda g, z, x, y: g * x / y,
    local=("log(y); 0 where x is 0 and y <= 0", "x/y"),
    says="""x log(y), elementwise, with broadcasting; 0 where x is 0, unless y is nan.

    >>> import tinygrad_edu as tg
    >>> tg.xlogy(tg.tensor([0.0, 2.0]), tg.tensor([0.0, 2.0]))
    tensor([0.0000, 1.3863])
    """,
)
xlog1py: Any = gate(
    "xlog1py",
    lambda x, y: x * np.log1p(np.where((x == 0) & (y == y), 0.0, y)),
    lambda g, z, x, y: np.where(np.logical_and(x == 0, y <= -1), 0.0, run(xlog1py, g, y)),
    lambda g, z, x, y: g * x / (y + 1),
    local=("log(1 + y); 0 where x is 0 and y <= -1", "x/(1 + y)"),
    says="x log(1 + y), elementwise, with broadcasting; 0 where x is 0, unless y is nan.",
)
entr = gate(
    "entr",
    lambda x: np.where(x < 0, -np.inf, 0.0 - x * np.log(np.where(x <= 0, 1.0, x))),
    lambda g, z, x: -g * (np.log(x) + 1),
    local=("-(1 + log(x))",),
    says="-x log(x), elementwise, the entropy of one outcome: 0 at 0, -inf below.",
)


# Steps: flat wherever they have a slope, so the gradient is 0.


def _flat(g: Any, z: Any, x: Any) -> Any:
    return np.zeros_like(g)


step = partial(gate, local=("0",), floats=False)

sign = step(
    "sign",
    lambda x: np.subtract(x > 0, x < 0, dtype=x.dtype) if x.dtype.kind != "b" else x.copy(),
    _flat,
    says="-1, 0 or 1, elementwise; 0 of a nan, as in PyTorch. Its gradient is 0.",
)
sgn = sign


def _whole(ufunc: np.ufunc) -> Any:
    """Of integers themselves; NumPy 2.0 makes floats of them."""
    return lambda x: ufunc(x) if x.dtype.kind == "f" else x.copy()


floor = step("floor", _whole(np.floor), _flat, says="The largest integer not above x, elementwise. Its gradient is 0.")
ceil = step("ceil", _whole(np.ceil), _flat, says="The smallest integer not below x, elementwise. Its gradient is 0.")
trunc = step("trunc", _whole(np.trunc), _flat, says="The integer next to x towards 0, elementwise. Its gradient is 0.")
fix = trunc
_round = step("round", lambda x, decimals: np.round(x, decimals), lambda g, z, x, decimals: np.zeros_like(g))


def round(x: Any, *, decimals: int = 0) -> Tensor:
    """x to so many decimals, elementwise; a half goes to the even neighbour. Its gradient is 0.

    >>> import tinygrad_edu as tg
    >>> tg.round(tg.tensor([0.5, 1.5, 2.6]))
    tensor([0., 2., 3.])
    """
    return _round(as_tensor(x), decimals=decimals)


frac = gate(
    "frac",
    lambda x: x - np.trunc(x),
    lambda g, z, x: g,
    local=("1",),
    says="""x less its integer part, with the sign of x, elementwise.

    >>> import tinygrad_edu as tg
    >>> tg.frac(tg.tensor([2.5, -2.5]))
    tensor([ 0.5000, -0.5000])
    """,
)
remainder = gate(
    "remainder",
    lambda x, y: np.remainder(x, no_integer_zero(y)),
    lambda g, z, x, y: g,
    lambda g, z, x, y: -g * np.floor_divide(x, y),
    local=("1", "-floor(x/y)"),
    floats=False,
    says="""x less the multiple of y not above it, elementwise: x % y, with the sign of y.

    >>> import tinygrad_edu as tg
    >>> tg.remainder(tg.tensor([7, -7]), 3)
    tensor([1, 2])
    """,
)
fmod = gate(
    "fmod",
    lambda x, y: np.fmod(x, no_integer_zero(y)),
    lambda g, z, x, y: g,
    lambda g, z, x, y: -g * np.trunc(x / y),
    local=("1", "-trunc(x/y)"),
    floats=False,
    says="""x less the multiple of y next to it towards 0, elementwise: with the sign of x.

    >>> import tinygrad_edu as tg
    >>> tg.fmod(tg.tensor([7, -7]), 3)
    tensor([ 1, -1])
    """,
)
copysign = gate(
    "copysign",
    np.copysign,
    lambda g, z, x, y: g * np.sign(z) * np.sign(x),
    lambda g, z, x, y: np.zeros_like(g),
    local=("sign(x) sign(z)", "0"),
    says="""The size of x with the sign of y, elementwise, with broadcasting.

    >>> import tinygrad_edu as tg
    >>> tg.copysign(tg.tensor([1.0, -2.0]), tg.tensor([-3.0, 4.0]))
    tensor([-1.,  2.])
    """,
)


def ldexp(x: Any, other: Any) -> Tensor:
    """x * 2^other, elementwise, with broadcasting; with integers for `other` at the dtype of x.

    >>> import tinygrad_edu as tg
    >>> tg.ldexp(tg.tensor([1.0, 4.0]), tg.tensor([2, 1]))
    tensor([4., 8.])
    """
    x, other = as_tensor(x), as_tensor(other)
    z = x * _pow(2.0, other)
    return cast(z, dtype=x.dtype) if x.dtype.kind == "f" != other.dtype.kind and z.dtype != x.dtype else z


_everywhere = (
    exp, exp2, expm1, log, log2, log10, log1p, logit, sqrt, rsqrt, reciprocal, pow, square, float_power,
    sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, asinh, acosh, atanh, hypot, deg2rad, rad2deg, sinc,
    sigmoid, xlogy, sign, floor, ceil, trunc, round, frac, remainder, fmod, copysign, ldexp,
)  # fmt: skip
_aliases = {
    "arcsin": asin, "arccos": acos, "arctan": atan, "arctan2": atan2, "arcsinh": asinh, "arccosh": acosh,
    "arctanh": atanh, "sgn": sgn, "fix": fix,
}  # fmt: skip
methods(*_everywhere, logaddexp, logaddexp2, logsumexp, logcumsumexp, **_aliases)
methods(__pow__=pow, __rpow__=_rpow, __mod__=remainder, __rmod__=lambda y, x: remainder(x, y))
methods_in_place(*_everywhere, __ipow__=pow, __imod__=remainder)
methods_in_place(**{f"{name}_": f for name, f in _aliases.items()})
