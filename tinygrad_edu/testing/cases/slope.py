"""slope: the cases of `gates/slope.py` and `gates/special_functions.py`."""

import math

import numpy as np

from .case import between, case, integers, nonzero, positive, real, unit, values

INF, NAN = math.inf, math.nan
SPECIAL = values([0.0, -0.0, 1.0, -1.0, 0.5, INF, -INF, NAN])
POLES = values([0.0, -0.0, 1.0, INF, NAN])  # digamma's at -1 is inf, where PyTorch's rounding leaves 1e32
NUMBERS = values([0.0, -0.0, 1.0, -1.0, 0.5, INF, -INF])  # of i1(nan) PyTorch's slope is 1/2
MOD = (values([5.3, -5.3, 5.3, -5.3]), values([2.0, 2.0, -2.0, -2.0]))
PAIRS = (  # every special value against every other
    values(np.repeat([0.0, -1.5, 2.0, INF, -INF, NAN], 6)),
    values(np.tile([0.0, -1.5, 2.0, INF, -INF, NAN], 6)),
)
GRID = (values([0.0, 0.0, 0.0, 2.0, -2.0, 1.0, -1.0, 3.0]), values([0.0, 2.0, -1.0, 0.0, 3.0, 2.5, -1.0, 0.5]))


def _by_name(name):  # type: ignore[no-untyped-def]
    return lambda T, *xs: getattr(T, name)(*xs)


def _special(name):  # type: ignore[no-untyped-def]
    return lambda T, *xs: getattr(T.special, name)(*xs)


step = between(1.1, 1.4)  # away from where floor, round … jump
EVERYWHERE = {  # gates of one input, and where to try them
    "exp": real, "exp2": real, "expm1": real, "log": positive, "log2": positive, "log10": positive, "log1p": positive,
    "logit": between(0.1, 0.9), "sqrt": positive, "rsqrt": positive, "reciprocal": nonzero, "square": real,
    "sin": real, "cos": real, "tan": unit, "asin": unit, "acos": unit, "atan": real, "sinh": real, "cosh": real,
    "tanh": real, "asinh": real, "acosh": between(1.5, 4.0), "atanh": unit, "deg2rad": real, "rad2deg": real,
    "sinc": nonzero, "sigmoid": real, "sign": nonzero, "floor": step, "ceil": step, "trunc": step, "round": step,
    "frac": step, "erf": real, "erfc": real, "erfinv": unit, "lgamma": positive, "digamma": positive, "i0": real,
}  # fmt: skip
CASES = [case(name, _by_name(name), domain(3, 4), elementwise=True) for name, domain in EVERYWHERE.items()]
CASES += [
    case(f"{name}: special", _by_name(name), POLES if name == "digamma" else SPECIAL, numeric=False)
    for name in EVERYWHERE
]
CASES += [
    case(f"{name}: several", _by_name(name), values([-2.7, -1.2, -0.3, 0.2, 0.7, 3.4]))
    for name in ("floor", "ceil", "trunc", "round", "frac", "sign")
]
CASES += [
    case(f"{name}: far out", _by_name(name), values([-1000.0, -100.0, -40.0, -5.0, 5.0, 40.0, 100.0, 1000.0]),
         numeric=False)
    for name in ("tanh", "sigmoid", "erf", "erfc", "expm1", "asinh", "atan", "sinc", "lgamma")
]  # fmt: skip
CASES += [
    case(f"{name}: in place", lambda T, x, f=f"{name}_": getattr(x * 1, f)(), EVERYWHERE[name](3),
         oracle=name not in ("asinh", "acosh", "atanh"), why="PyTorch has no derivative of asinh_ and its kin")
    for name in EVERYWHERE
]  # fmt: skip
CASES += [
    case(f"{alias}: alias", _by_name(alias), unit(3))
    for alias in ("arcsin", "arccos", "arctan", "arcsinh", "arctanh", "fix")
]
CASES += [
    case("sgn: alias", lambda T, x: T.sgn(x) + x, nonzero(3)),
    case("arccosh: alias", lambda T, x: T.arccosh(x), between(1.5, 4.0)(3)),
    case("arctan2: alias", lambda T, x, y: T.arctan2(x, y), nonzero(3), nonzero(3)),
]

INTS = ("exp", "log", "sqrt", "reciprocal", "square", "sign", "floor", "round", "trunc", "sin", "sigmoid", "deg2rad",
        "erf", "sinc", "lgamma")  # fmt: skip
CASES += [case(f"{name}: integers", _by_name(name), integers(1, 5)(4), order=0, tolerance=1e-6) for name in INTS]
CASES += [
    case(f"{name}: bools", _by_name(name), values([True, False]), order=0, tolerance=1e-6)
    for name in ("exp", "square", "sign")
]


# Powers.

CASES += [
    case("pow", lambda T, x, y: T.pow(x, y), positive(3, 4), real(4), elementwise=True),
    case("pow: operator", lambda T, x, y: x**y, positive(3, 1), real(4)),
    case("pow: special", lambda T, x, y: T.pow(x, y), *PAIRS, numeric=False),
    case("pow: zeros and negative bases", lambda T, x, y: T.pow(x, y), *GRID, numeric=False),
    case("pow: one number", lambda T, x: 2**x + T.pow(0.5, x), real(3)),
    case("pow: 0 to the", lambda T, x: 0.0**x, values([0.0, 1.0, -1.0, 2.5]), numeric=False),
    case("pow: a negative number to the", lambda T, x: (-2.0) ** x, values([0.0, 1.0, 2.5]), numeric=False),
    case("pow: 0-d tensors", lambda T, x, y: x**y, positive(), real()),
    case("pow: a 0-d exponent", lambda T, x, y: x**y, positive(3), values(1.5)),
    case("pow: a 0-d base", lambda T, x, y: x**y, values(1.5), real(3)),
    case("pow: in place", lambda T, x, y: (x * 1).pow_(y), positive(3), real(3)),
    case("pow: **=", lambda T, x: (x * 1).__ipow__(3), real(3)),
    case("pow: a NumPy exponent", lambda T, x: x ** np.float64(1.5), positive(3), oracle=False,
         why="PyTorch takes it too, with its own dtype"),
]  # fmt: skip
CASES += [
    case(f"pow: the power {p}", lambda T, x, p=p: x**p, nonzero(3, 4) if p == int(p) else positive(3, 4))
    for p in (0, 1, 2, 3, 4, -1, -2, 0.5, -0.5, 2.0, 3.0, 2.5)
]
CASES += [
    case(f"pow: the power {p}, special", lambda T, x, p=p: x**p, SPECIAL, numeric=False)
    for p in (0, 1, 2, 3, -1, -2, 2.5)  # at ±0.5 PyTorch takes the root itself: nan of -inf, where pow has inf
]
CASES += [
    case("pow: integers", lambda T, x, y: (x**y, x**2, x**2.0, x**3, 2**x, 2.0**x, x**0.5), integers(1, 4)(3),
         integers(0, 4)(3), order=0),
    case("pow: bools", lambda T, x: (x**2, x**2.0, 2**x), values([True, False]), order=0),
    case("float_power", lambda T, x, y: T.float_power(x, y), positive(3), real(3)),
    case("float_power: integers", lambda T, x: (T.float_power(x, -2), T.float_power(2, x)), integers(1, 4)(3), order=0),
    case("ldexp", lambda T, x, y: T.ldexp(x, y), real(3), real(3)),
    case("ldexp: integers", lambda T, x, y: (T.ldexp(x, y), T.ldexp(y, y)), real(3), integers(0, 4)(3)),
    case("ldexp: negative integers", lambda T, x, y: T.ldexp(x, y), real(3), integers(-3, 0)(3), oracle=False,
         why="PyTorch's gradient is 0 there: it takes an integer power of 2"),
]  # fmt: skip


# Two inputs.

CASES += [
    case("atan2", lambda T, y, x: T.atan2(y, x), nonzero(3, 4), nonzero(4), elementwise=True),
    case("atan2: special", lambda T, y, x: T.atan2(y, x), *PAIRS, numeric=False),
    case("hypot", lambda T, x, y: T.hypot(x, y), nonzero(3, 4), nonzero(4), elementwise=True),
    case("hypot: special", lambda T, x, y: T.hypot(x, y), *PAIRS, numeric=False),
    case("logaddexp", lambda T, x, y: T.logaddexp(x, y), real(3, 4), real(4), elementwise=True),
    case("logaddexp: special", lambda T, x, y: T.logaddexp(x, y), *PAIRS, numeric=False),
    case("logaddexp: far apart", lambda T, x, y: T.logaddexp(x, y), values([1e3, -1e3]), values([-1e3, 2e3]),
         numeric=False),
    case("logaddexp2", lambda T, x, y: T.logaddexp2(x, y), real(3, 4), real(4), elementwise=True),
    case("logaddexp2: special", lambda T, x, y: T.logaddexp2(x, y), *PAIRS, numeric=False),
    case("xlogy", lambda T, x, y: T.xlogy(x, y), nonzero(3, 4), positive(4), elementwise=True),
    case("xlogy: special", lambda T, x, y: T.xlogy(x, y), *PAIRS, numeric=False),
    case("xlogy: a number", lambda T, x: T.xlogy(2.0, x) + T.xlogy(x, 3), positive(3)),
    case("xlog1py", _special("xlog1py"), nonzero(3, 4), positive(4), elementwise=True),
    case("xlog1py: special", _special("xlog1py"), *PAIRS, numeric=False),
    case("xlog1py: at -1", _special("xlog1py"), values([0.0, 0.0, 2.0]), values([-1.0, -2.0, -1.0]), numeric=False),
    case("remainder", lambda T, x, y: T.remainder(x, y), *MOD),
    case("remainder: operators", lambda T, x: x % 2.5 + x.remainder(-0.7), nonzero(3, 4)),
    case("remainder: of a number", lambda T, x: 7.0 % x, nonzero(3, 4), oracle=False,
         why="PyTorch lacks the derivative"),
    case("remainder: special", lambda T, x, y: x % y, *PAIRS, numeric=False),
    case("remainder: integers", lambda T, x, y: (x % y, x % 3, -x % 3.0, 7 % y), integers(-9, 9)(5), integers(1, 5)(5),
         order=0),
    case("remainder: in place", lambda T, x, y: (x * 1).remainder_(y).__imod__(0.5), nonzero(3),
         values([2.0, 3.0, -2.0])),
    case("fmod", lambda T, x, y: T.fmod(x, y), *MOD),
    case("fmod: special", lambda T, x, y: T.fmod(x, y), *PAIRS, numeric=False),
    case("fmod: integers", lambda T, x, y: (T.fmod(x, y), T.fmod(x, 3)), integers(-9, 9)(5), integers(1, 5)(5),
         order=0),
    case("copysign", lambda T, x, y: T.copysign(x, y), nonzero(3, 4), nonzero(4), elementwise=True),
    case("copysign: zeros", lambda T, x, y: T.copysign(x, y), values([0.0, 1.0, -1.0, 2.0]),
         values([-1.0, -0.0, 0.0, 3.0]), numeric=False),
    case("copysign: a number", lambda T, x: T.copysign(x, -2), nonzero(3)),
    case("copysign: integers", lambda T, x: T.copysign(x, -2), integers(1, 4)(3), order=0),
    case("logit: eps", lambda T, x: T.logit(x, eps=0.25), values([0.1, 0.3, 0.5, 0.7, 0.9])),
    case("logit: eps, special", lambda T, x: T.logit(x, 0.25), values([-1.0, 0.0, 0.25, 0.75, 1.0, NAN]),
         numeric=False),
    case("logit: the ends", lambda T, x: T.special.logit(x), values([-0.5, 0.0, 1.0, 1.5]), numeric=False),
    case("round: decimals", lambda T, x: T.round(x, decimals=2) + x.round(decimals=-1),
         values([1.234, 25.678, -3.456])),
    case("round: halves", lambda T, x: T.round(x), values([0.5, 1.5, -0.5, -2.5]), numeric=False),
]  # fmt: skip


# Along axes.

NOTHING = values([[-INF, -INF], [-INF, 1.0], [0.5, 2.0]])
CASES += [
    case("logsumexp", lambda T, x: T.logsumexp(x, 1), real(3, 4)),
    case("logsumexp: axes", lambda T, x: T.logsumexp(x, dim=(0, -1), keepdim=True), real(2, 3, 4)),
    case("logsumexp: method", lambda T, x: x.logsumexp(-2), real(2, 3, 4)),
    case("logsumexp: 0-d", lambda T, x: T.logsumexp(x, 0), real()),
    case("logsumexp: empty", lambda T, x: T.logsumexp(x, 1), real(2, 0)),
    case("logsumexp: far out", lambda T, x: T.logsumexp(x, 0), values([1000.0, 1000.0, -1000.0]), numeric=False),
    case("logsumexp: of -inf", lambda T, x: T.logsumexp(x, 1), NOTHING, numeric=False),
    case("logsumexp: of inf", lambda T, x: T.logsumexp(x, 1), values([[INF, 1.0], [NAN, 0.0], [INF, -INF]]),
         numeric=False),
    case("logsumexp: integers", lambda T, x: T.logsumexp(x, 0), integers(0, 4)(3), order=0, tolerance=1e-6),
    case("logcumsumexp", lambda T, x: T.logcumsumexp(x, 1), real(3, 4)),
    case("logcumsumexp: negative axis", lambda T, x: x.logcumsumexp(dim=-2), real(2, 3, 4)),
    case("logcumsumexp: 0-d", lambda T, x: T.logcumsumexp(x, 0), real()),
    case("logcumsumexp: empty", lambda T, x: T.logcumsumexp(x, 0), real(0, 2)),
    case("logcumsumexp: far out", lambda T, x: T.logcumsumexp(x, 0), values([-1000.0, 1000.0, 0.0, 1000.0]),
         numeric=False),
    case("logcumsumexp: of -inf", lambda T, x: T.logcumsumexp(x.detach(), 1), NOTHING, numeric=False, order=0),
    case("logcumsumexp: gradient of -inf", lambda T, x: T.logcumsumexp(x, 1), NOTHING, numeric=False, oracle=False,
         why="0 where PyTorch has nan"),
]  # fmt: skip


# torch.special's.

SPECIALS = {"erfcx": real, "ndtr": real, "ndtri": between(0.1, 0.9), "log_ndtr": real, "entr": positive, "i0e": nonzero,
            "i1": nonzero, "i1e": nonzero}  # fmt: skip
CASES += [case(name, _special(name), domain(3, 4), elementwise=True) for name, domain in SPECIALS.items()]
CASES += [
    case(f"{name}: special", _special(name), NUMBERS if name in ("i1", "i1e") else SPECIAL, numeric=False)
    for name in SPECIALS
]
CASES += [
    case(f"{name}: far out", _special(name), values([-30.0, -5.0, 5.0, 30.0]), numeric=False)
    for name in ("ndtr", "log_ndtr", "i0e", "i1e", "entr")
]
CASES += [
    case(f"special.{name}", _special(name), between(0.2, 0.8)(3))
    for name in ("digamma", "psi", "gammaln", "expit", "exp2", "expm1", "log1p", "logit", "erf", "erfc", "erfinv",
                 "sinc", "i0", "round")
]  # fmt: skip
CASES += [
    case("special.xlogy", _special("xlogy"), positive(3), positive(3)),
    case("special.logsumexp", lambda T, x: T.special.logsumexp(x, 0), real(3)),
    case("polygamma", lambda T, x: T.polygamma(1, x), positive(3, 4), elementwise=True),
    case("polygamma: higher", lambda T, x: T.special.polygamma(3, x) + x.polygamma(2) + T.polygamma(0, x), positive(3)),
    case("polygamma: integers", lambda T, x: T.polygamma(1, x), integers(1, 4)(3), order=0),
    case("digamma: negative", lambda T, x: T.digamma(x), values([-0.5, -1.5, -2.7])),
    case("lgamma: negative", lambda T, x: T.lgamma(x), values([-0.5, -1.5, -2.7])),
    case("mvlgamma", lambda T, x: T.mvlgamma(x, 3), between(1.5, 4.0)(3)),
    case("mvlgamma: integers", lambda T, x: T.special.multigammaln(x, 2), integers(2, 5)(3), order=0, tolerance=1e-6),
    case("zeta", lambda T, q: T.special.zeta(2.5, q), positive(3, 4)),
    case("zeta: tensors", lambda T, x, q: T.special.zeta(x * 1.0, q), integers(2, 5)(3), positive(3)),
    case("gammainc", lambda T, x: T.special.gammainc(T.full_like(x, 1.5), x), positive(3)),
    case("gammaincc", lambda T, x: T.special.gammaincc(T.full_like(x, 1.5), x), positive(3)),
]
