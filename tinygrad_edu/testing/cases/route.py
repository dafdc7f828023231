"""route: the cases of `gates/route.py`."""

import numpy as np

from .case import apart, case, nonzero, real, values

CASES = [
    case("maximum", lambda T, x, y: T.maximum(x, y), apart(3, 4), values([0.0, 0.05, -9.0, 9.0])),
    case("maximum: ties", lambda T, x, y: T.maximum(x, y), values([1.0, 2.0]), values([1.0, 3.0]), numeric=False),
    case("where", lambda T, c, x, y: T.where(c > 0, x, y), real(3, 4), real(4), real(3, 1)),
    case("relu", lambda T, x: T.relu(x), nonzero(3, 4), elementwise=True),
    case("relu: at 0", lambda T, x: T.relu(x), values([0.0, -1.0, 1.0]), numeric=False),
    case("amax", lambda T, x: T.amax(x, dim=(0, 2)), apart(2, 3, 4)),
    case("amax: ties", lambda T, x: T.amax(x, dim=0), values([[1.0, 2.0], [1.0, 0.0]]), numeric=False),
    case("index", lambda T, x: x[1:, None, ..., 0], real(3, 2, 4)),
    case("unindex", lambda T, x: x[[0, 0, 2]], real(3, 2), why="an element named twice gets both upstreams"),
    case("index: arrays", lambda T, x: x[np.array([[0], [2]]), :, np.array([1, 1])], real(3, 2, 4)),
]


def _put(T, x, v):  # type: ignore[no-untyped-def]
    y = x * 1
    y[1:] = v
    return y


CASES += [
    case("index_put", _put, real(3, 2), real(2)),
    case("masked_out", _put, real(3, 2), real(2, 2)),
]
