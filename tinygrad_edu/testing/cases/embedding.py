"""embedding: the cases of `nn/embedding.py`, and of the bilinear form."""

from .case import case, integers, real, values


def _bag(**settings):  # type: ignore[no-untyped-def]
    def call(T, t, w, at, *factors):  # type: ignore[no-untyped-def]
        f = T.nn.functional.embedding_bag
        return f(t, w, at, **settings, **({"per_sample_weights": factors[0]} if factors else {}))

    return call


_BAGS = values([0, 1, 1, 4, 2]), real(5, 3), values([0, 2, 2, 4])

CASES = [
    case("embedding", lambda T, t, w: T.nn.functional.embedding(t, w), integers(0, 5)(2, 4), real(5, 3)),
    case("embedding: 0-d", lambda T, t, w: T.nn.functional.embedding(t, w), values(3), real(5, 3)),
    case("embedding: nothing", lambda T, t, w: T.nn.functional.embedding(t, w), integers(0, 5)(0, 2), real(5, 3)),
    case("embedding: padding_idx", lambda T, t, w: T.nn.functional.embedding(t, w, padding_idx=1),
         values([[0, 1, 1], [4, 1, 0]]), real(5, 3), numeric=False, order=1, why="the padding's gradient is 0"),
    case("embedding: scale_grad_by_freq", lambda T, t, w: T.nn.functional.embedding(
        t, w, padding_idx=-5, scale_grad_by_freq=True), values([[0, 1, 1], [4, 1, 4]]), real(5, 3), numeric=False,
        order=1, why="not the gradient of the value"),
    *(case(f"embedding_bag: {mode}", _bag(mode=mode), *_BAGS) for mode in ("sum", "mean", "max")),
    case("embedding_bag: per_sample_weights", _bag(mode="sum"), *_BAGS, real(5)),
    case("embedding_bag: padding_idx", _bag(mode="max", padding_idx=1), *_BAGS, numeric=False, order=1,
         why="the padding's gradient is 0"),
    case("embedding_bag: one size", lambda T, t, w: T.nn.functional.embedding_bag(t, w), integers(0, 5)(2, 4),
         real(5, 3)),
    case("bilinear", lambda T, x, y, w, b: T.nn.functional.bilinear(x, y, w, b), real(4, 3), real(4, 2), real(5, 3, 2),
         real(5)),
    case("bilinear: axes, no bias", lambda T, x, y, w: T.nn.functional.bilinear(x, y, w), real(2, 1, 4, 3),
         real(2, 1, 4, 2), real(5, 3, 2)),
    case("bilinear: one sample", lambda T, x, y, w: T.nn.functional.bilinear(x, y, w), real(3), real(2),
         real(5, 3, 2)),
]  # fmt: skip
