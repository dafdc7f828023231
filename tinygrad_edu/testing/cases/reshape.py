"""reshape: the cases of `gates/reshape.py`."""

from .case import case, real

CASES = [
    case("reshape", lambda T, x: T.reshape(x, (2, -1)), real(3, 4)),
    case("permute", lambda T, x: T.transpose(x, 0, -1), real(2, 3, 4)),
    case("cat", lambda T, x, y: T.cat([x, y], dim=-1), real(2, 3), real(2, 1)),
]
