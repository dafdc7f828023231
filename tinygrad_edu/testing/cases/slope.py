"""slope: the cases of `gates/slope.py`."""

from .case import case, positive, real, values

CASES = [
    case("exp", lambda T, x: T.exp(x), real(3, 4), elementwise=True),
    case("log", lambda T, x: T.log(x), positive(3, 4), elementwise=True),
    case("log: special", lambda T, x: T.log(x), values([0.0, -1.0, float("inf")]), numeric=False),
    case("tanh", lambda T, x: T.tanh(x), real(3, 4), elementwise=True),
]
