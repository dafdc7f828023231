"""special_functions: slopes of functions without an elementary formula: erf, the gamma and the Bessel functions."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .. import record
from ..dtypes import get_default_dtype
from ..errors import NoGradientError
from ..record import run
from ..special_values import math_erf, math_erfc, math_lgamma, math_ndtr, special_function
from ..tensor import Tensor, as_tensor
from .binding import methods, methods_in_place

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "i0",
    "lgamma",
    "mvlgamma",
    "polygamma",
]

gate = partial(record.gate, kind="slope")


# The error function and the normal curve.

_PI = math.pi

erf = gate(
    "erf",
    special_function("erf", math_erf),
    lambda g, z, x: g * (np.exp(-x * x) * (2 / math.sqrt(_PI))),
    local=("2/sqrt(pi) exp(-x^2)",),
    says="The error function, elementwise.",
)
erfc = gate(
    "erfc",
    special_function("erfc", math_erfc),
    lambda g, z, x: g * (np.exp(-x * x) * (-2 / math.sqrt(_PI))),
    local=("-2/sqrt(pi) exp(-x^2)",),
    says="1 - erf(x), elementwise, exact where erf(x) is near 1.",
)
erfinv = gate(
    "erfinv",
    special_function("erfinv"),
    lambda g, z, x: g * (np.exp(z * z) * (math.sqrt(_PI) / 2)),
    local=("sqrt(pi)/2 exp(z^2)",),
    says="The number whose erf is x, elementwise; nan outside [-1, 1]. Needs SciPy.",
)
erfcx = gate(
    "erfcx",
    special_function("erfcx"),
    lambda g, z, x: g * (x * z * 2 - 2 / math.sqrt(_PI)),
    local=("2 x z - 2/sqrt(pi)",),
    says="exp(x^2) erfc(x), elementwise. Needs SciPy.",
)
ndtr = gate(
    "ndtr",
    special_function("ndtr", math_ndtr),
    lambda g, z, x: g * (np.exp(x * x * -0.5) * (1 / math.sqrt(2 * _PI))),
    local=("exp(-x^2/2)/sqrt(2 pi)",),
    says="The area left of x under the standard normal curve, elementwise.",
)
ndtri = gate(
    "ndtri",
    special_function("ndtri"),
    lambda g, z, x: g * (np.exp(z * z * 0.5) * math.sqrt(2 * _PI)),
    local=("sqrt(2 pi) exp(z^2/2)",),
    says="The number whose ndtr is x, elementwise; nan outside [0, 1]. Needs SciPy.",
)
log_ndtr = gate(
    "log_ndtr",
    special_function("log_ndtr"),
    lambda g, z, x: g * (np.exp(-(z + x * x * 0.5)) * (1 / math.sqrt(2 * _PI))),
    local=("exp(-x^2/2 - z)/sqrt(2 pi)",),
    says="log(ndtr(x)), elementwise, exact far to the left too. Needs SciPy.",
)


# The gamma function's family.


def _unknown(name: str) -> Any:
    """A rule for an input in which no closed form of the derivative is known."""

    def rule(*_: Any, **__: Any) -> Any:
        raise NoGradientError(
            f"the derivative of {name} in its first input has no closed form.",
            mend="pass it as a number, or detach() it",
        )

    return rule


_gammaln = special_function("gammaln", math_lgamma)
lgamma = gate(
    "lgamma",
    lambda x: np.where(x == -np.inf, np.inf, _gammaln(x)),  # C's; SciPy has -inf
    lambda g, z, x: g * run(digamma, x),
    local=("digamma(x)",),
    says="The logarithm of the size of the gamma function, elementwise; inf at 0, -1, -2 … Its gradient needs SciPy.",
)
digamma: Any = gate(
    "digamma",
    special_function("digamma"),
    lambda g, z, x: g * run(_polygamma, x, n=1),
    local=("polygamma(1, x)",),
    says="The derivative of lgamma, elementwise. Needs SciPy.",
)
_nth_polygamma = special_function("polygamma")
_polygamma: Any = gate(
    "polygamma",
    lambda x, n: _nth_polygamma(n, x),
    lambda g, z, x, n: g * run(_polygamma, x, n=n + 1),
    local=("polygamma(n + 1, x)",),
)
zeta: Any = gate(
    "zeta",
    special_function("zeta"),
    _unknown("zeta"),
    lambda g, z, x, q: -g * x * run(zeta, x + 1, q),
    local=("no closed form", "-x zeta(x + 1, y)"),
    says="Hurwitz's zeta: the sum of (k + y)^-x over k = 0, 1, 2 …; no gradient in x. Needs SciPy.",
)


def _gamma_density(a: Any, x: Any) -> Any:
    return np.exp((a - 1) * np.log(x) - x - run(lgamma, a))


gammainc = gate(
    "gammainc",
    special_function("gammainc"),
    _unknown("gammainc"),
    lambda g, z, a, x: g * _gamma_density(a, x),
    local=("no closed form", "y^(x-1) exp(-y)/gamma(x)"),
    says="The lower incomplete gamma function of x at y, over gamma(x); no gradient in x. Needs SciPy.",
)
gammaincc = gate(
    "gammaincc",
    special_function("gammaincc"),
    _unknown("gammaincc"),
    lambda g, z, a, x: -g * _gamma_density(a, x),
    local=("no closed form", "-y^(x-1) exp(-y)/gamma(x)"),
    says="1 - gammainc(x, y); no gradient in x. Needs SciPy.",
)


def polygamma(n: int, x: Any) -> Tensor:
    """The n-th derivative of digamma, elementwise. Needs SciPy.

    >>> import tinygrad_edu as tg
    >>> tg.polygamma(1, tg.tensor([1.0]))  # pi^2 / 6
    tensor([1.6449])
    """
    return digamma(x) if n == 0 else _polygamma(x, n=n)


def _polygamma_of(x: Any, n: int) -> Tensor:
    """`polygamma(n, self)`: the n-th derivative of digamma, elementwise."""
    return polygamma(n, x)


def mvlgamma(x: Any, p: int) -> Tensor:
    """The logarithm of the p-variate gamma function, elementwise. Its gradient needs SciPy.

    p (p - 1)/4 log(pi) + the sum of lgamma(x - j/2) over j = 0 … p - 1.

    >>> import tinygrad_edu as tg
    >>> tg.mvlgamma(tg.tensor([3.0]), 2)
    tensor([1.5502])
    """
    x = as_tensor(x)
    dtype = x.dtype if x.dtype.kind == "f" else get_default_dtype()
    each = lgamma(x[..., None] - Tensor(np.arange(p).astype(dtype) / 2))
    return each.sum(-1) + p * (p - 1) / 4 * math.log(_PI)


# Modified Bessel functions of the first kind.


def _ratio(z: Any, x: Any) -> Any:
    """z/x for an odd z, whose slope at 0 is 1/2."""
    return np.where(x == 0, 0.5, z / np.where(x == 0, 1.0, x))


i0: Any = gate(
    "i0",
    special_function("i0"),
    lambda g, z, x: g * run(i1, x),
    local=("i1(x)",),
    says="The modified Bessel function of order 0, elementwise. Needs SciPy.",
)
i1: Any = gate(
    "i1",
    special_function("i1"),
    lambda g, z, x: g * (run(i0, x) - _ratio(z, x)),
    local=("i0(x) - z/x; 1/2 where x is 0",),
    says="The modified Bessel function of order 1, elementwise. Needs SciPy.",
)
i0e: Any = gate(
    "i0e",
    special_function("i0e"),
    lambda g, z, x: g * (run(i1e, x) - np.sign(x) * z),
    local=("i1e(x) - sign(x) z",),
    says="exp(-|x|) i0(x), elementwise. Needs SciPy.",
)
i1e: Any = gate(
    "i1e",
    special_function("i1e"),
    lambda g, z, x: g * (run(i0e, x) - _ratio(z, x) - np.sign(x) * z),
    local=("i0e(x) - z/x - sign(x) z; 1/2 where x is 0",),
    says="exp(-|x|) i1(x), elementwise. Needs SciPy.",
)


methods(erf, erfc, erfinv, lgamma, digamma, mvlgamma, i0, polygamma=_polygamma_of)
methods_in_place(erf, erfc, erfinv, lgamma, digamma, mvlgamma, i0, polygamma_=_polygamma_of)
