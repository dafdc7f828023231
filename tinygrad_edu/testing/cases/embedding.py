"""embedding: the cases of `nn/embedding.py`, and of the bilinear form."""

from .case import case, integers, real, values

CASES = [
    case("embedding", lambda T, t, w: T.nn.functional.embedding(t, w), integers(0, 5)(2, 4), real(5, 3)),
    case("embedding: 0-d", lambda T, t, w: T.nn.functional.embedding(t, w), values(3), real(5, 3)),
    case("embedding: nothing", lambda T, t, w: T.nn.functional.embedding(t, w), integers(0, 5)(0, 2), real(5, 3)),
    case("embedding: padding_idx", lambda T, t, w: T.nn.functional.embedding(t, w, padding_idx=1),
         values([[0, 1, 1], [4, 1, 0]]), real(5, 3), numeric=False, order=1, why="the padding's gradient is 0"),
    case("embedding: scale_grad_by_freq", lambda T, t, w: T.nn.functional.embedding(
        t, w, padding_idx=-5, scale_grad_by_freq=True), values([[0, 1, 1], [4, 1, 4]]), real(5, 3), numeric=False,
        order=1, why="not the gradient of the value"),
    case("bilinear", lambda T, x, y, w, b: T.nn.functional.bilinear(x, y, w, b), real(4, 3), real(4, 2), real(5, 3, 2),
         real(5)),
    case("bilinear: axes, no bias", lambda T, x, y, w: T.nn.functional.bilinear(x, y, w), real(2, 1, 4, 3),
         real(2, 1, 4, 2), real(5, 3, 2)),
    case("bilinear: one sample", lambda T, x, y, w: T.nn.functional.bilinear(x, y, w), real(3), real(2),
         real(5, 3, 2)),
]  # fmt: skip
