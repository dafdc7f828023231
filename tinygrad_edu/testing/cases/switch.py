"""switch: the cases of `gates/switch.py`."""

from .case import case, nonzero, real

CASES = [
    case("mul", lambda T, x, y: T.mul(x, y), real(3, 4), real(4), elementwise=True),
    case("mul: twice the same", lambda T, x: x * x, real(3)),
    case("div", lambda T, x, y: T.div(x, y), real(3, 4), nonzero(3, 1), elementwise=True),
    case("matmul", lambda T, x, y: T.matmul(x, y), real(3, 4), real(4, 2)),
    case("matmul: vector vector", lambda T, x, y: x @ y, real(4), real(4)),
    case("matmul: matrix vector", lambda T, x, y: x @ y, real(2, 3, 4), real(4)),
    case("matmul: vector matrix", lambda T, x, y: x @ y, real(3), real(5, 3, 4)),
    case("matmul: batch", lambda T, x, y: x @ y, real(5, 1, 3, 4), real(2, 4, 2)),
]
