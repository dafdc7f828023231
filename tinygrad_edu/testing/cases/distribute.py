"""distribute: the cases of `gates/distribute.py`."""

from .case import case, real

CASES = [
    case("add", lambda T, x, y: T.add(x, y), real(3, 4), real(4), elementwise=True),
    case("add: alpha", lambda T, x, y: T.add(x, y, alpha=2.5), real(3, 1), real(4)),
    case("add: operators", lambda T, x: 1 + x + 2.5, real(3)),
    case("sub", lambda T, x, y: T.sub(x, y), real(3, 4), real(3, 1), elementwise=True),
    case("sub: operators", lambda T, x: (1 - x) - 2.5, real(3)),
    case("neg", lambda T, x: -x, real(3, 4), elementwise=True),
    case("sum", lambda T, x: T.sum(x), real(3, 4)),
    case("sum: axes", lambda T, x: T.sum(x, dim=(0, -1), keepdim=True), real(2, 3, 4)),
    case("sum: one axis", lambda T, x: x.sum(1), real(2, 3)),
    case("mean", lambda T, x: T.mean(x), real(3, 4)),
    case("mean: axis", lambda T, x: x.mean(dim=-2), real(2, 3, 4)),
    case("broadcast_to", lambda T, x: T.broadcast_to(x, (2, 3, 4)), real(3, 1)),
    case("clone", lambda T, x: T.clone(x), real(3)),
    case("to", lambda T, x: x.to(T.float32) if T.__name__ == "torch" else T.engine.cast(x, dtype=T.float32), real(3),
         numeric=False, tolerance=1e-6),
]  # fmt: skip
