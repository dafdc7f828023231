"""nn: the cases of the layers and losses in `nn/`."""

from .case import between, case, integers, real, values


def _weight(T, x):  # type: ignore[no-untyped-def]
    return T.tensor([0.5, 2.0, 1.5, 1.0], dtype=x.dtype)


CASES = [
    case("linear", lambda T, x, w, b: T.nn.functional.linear(x, w, b), real(5, 3), real(4, 3), real(4)),
    case("linear: no bias", lambda T, x, w: T.nn.functional.linear(x, w), real(5, 3), real(4, 3)),
    case("linear: one sample", lambda T, x, w, b: T.nn.functional.linear(x, w, b), real(3), real(2, 3), real(2)),
    case("linear: many axes", lambda T, x, w, b: T.nn.functional.linear(x, w, b), real(2, 1, 4, 3), real(2, 3), real(2)),
    case("linear: no samples", lambda T, x, w, b: T.nn.functional.linear(x, w, b), real(0, 3), real(2, 3), real(2)),
    case("linear: no features", lambda T, x, w, b: T.nn.functional.linear(x, w, b), real(2, 0), real(3, 0), real(3)),
    case("cross_entropy", lambda T, x, t: T.nn.functional.cross_entropy(x, t), real(5, 4), integers(0, 4)(5)),
    case("cross_entropy: sum", lambda T, x, t: T.nn.functional.cross_entropy(x, t, reduction="sum"), real(5, 4),
         integers(0, 4)(5)),
    case("cross_entropy: none", lambda T, x, t: T.nn.functional.cross_entropy(x, t, reduction="none"), real(5, 4),
         integers(0, 4)(5)),
    case("cross_entropy: one sample", lambda T, x, t: T.nn.functional.cross_entropy(x, t), real(4), integers(0, 4)()),
    case("cross_entropy: one sample, none", lambda T, x, t: T.nn.functional.cross_entropy(x, t, reduction="none"),
         real(4), integers(0, 4)()),
    case("cross_entropy: many axes", lambda T, x, t: T.nn.functional.cross_entropy(x, t, reduction="none"),
         real(2, 4, 3, 2), integers(0, 4)(2, 3, 2)),
    case("cross_entropy: many axes, mean", lambda T, x, t: T.nn.functional.cross_entropy(x, t), real(2, 4, 3),
         integers(0, 4)(2, 3)),
    case("cross_entropy: large scores", lambda T, x, t: T.nn.functional.cross_entropy(x * 1000, t), real(5, 4),
         integers(0, 4)(5), numeric=False, why="no overflow: the largest score is taken off first"),
    case("cross_entropy: infinite scores", lambda T, x, t: T.nn.functional.cross_entropy(x, t, reduction="none"),
         values([[0.0, float("-inf")], [float("-inf"), 1.0], [2.0, float("-inf")]]), values([0, 1, 1]), numeric=False),
    case("cross_entropy: no samples", lambda T, x, t: T.nn.functional.cross_entropy(x, t, reduction="sum"), real(0, 4),
         integers(0, 4)(0)),
    case("cross_entropy: weight", lambda T, x, t: T.nn.functional.cross_entropy(x, t, _weight(T, x)), real(5, 4),
         integers(0, 4)(5)),
    case("cross_entropy: weight, none",
         lambda T, x, t: T.nn.functional.cross_entropy(x, t, _weight(T, x), reduction="none"), real(5, 4),
         integers(0, 4)(5)),
    case("cross_entropy: ignore_index", lambda T, x, t: T.nn.functional.cross_entropy(x, t), real(5, 4),
         values([0, -100, 3, 1, -100])),
    case("cross_entropy: ignore_index is a class",
         lambda T, x, t: T.nn.functional.cross_entropy(x, t, ignore_index=1, reduction="sum"), real(5, 4),
         values([0, 1, 3, 1, 2])),
    case("cross_entropy: all ignored", lambda T, x, t: T.nn.functional.cross_entropy(x, t), real(2, 4),
         values([-100, -100]), numeric=False, why="nan, with a gradient of 0"),
    case("cross_entropy: label_smoothing",
         lambda T, x, t: T.nn.functional.cross_entropy(x, t, label_smoothing=0.1), real(5, 4), integers(0, 4)(5)),
    case("cross_entropy: label_smoothing, weight, ignore_index",
         lambda T, x, t: T.nn.functional.cross_entropy(x, t, _weight(T, x), label_smoothing=0.3, ignore_index=-1),
         real(5, 4), values([0, -1, 3, 1, 2])),
    case("cross_entropy: label_smoothing, many axes, none", lambda T, x, t: T.nn.functional.cross_entropy(
        x, t, label_smoothing=0.3, ignore_index=2, reduction="none"), real(2, 4, 3), integers(0, 4)(2, 3)),
    case("cross_entropy: probabilities", lambda T, x, t: T.nn.functional.cross_entropy(x, t), real(5, 4),
         between(0.1, 0.9)(5, 4)),
    case("cross_entropy: probabilities, weight, smoothing", lambda T, x, t: T.nn.functional.cross_entropy(
        x, t, _weight(T, x), label_smoothing=0.2), real(2, 4, 3), between(0.1, 0.9)(2, 4, 3)),
    case("cross_entropy: probabilities, none", lambda T, x, t: T.nn.functional.cross_entropy(x, t, reduction="none"),
         real(2, 4, 3), between(0.1, 0.9)(2, 4, 3)),
    case("cross_entropy: probabilities, one sample", lambda T, x, t: T.nn.functional.cross_entropy(x, t), real(4),
         between(0.1, 0.9)(4)),
    case("nll_loss", lambda T, x, t: T.nn.functional.nll_loss(x, t), real(5, 4), integers(0, 4)(5)),
    case("nll_loss: weight, ignore_index", lambda T, x, t: T.nn.functional.nll_loss(
        x, t, _weight(T, x), ignore_index=2), real(5, 4), integers(0, 4)(5)),
    case("nll_loss: many axes, none", lambda T, x, t: T.nn.functional.nll_loss(x, t, reduction="none"),
         real(2, 4, 3), integers(0, 4)(2, 3)),
    case("nll_loss: one sample", lambda T, x, t: T.nn.functional.nll_loss(x, t), real(4), integers(0, 4)()),
    case("mse_loss", lambda T, x, y: T.nn.functional.mse_loss(x, y), real(3, 4), real(3, 4)),
    case("mse_loss: sum", lambda T, x, y: T.nn.functional.mse_loss(x, y, reduction="sum"), real(3, 4), real(3, 4)),
    case("mse_loss: none", lambda T, x, y: T.nn.functional.mse_loss(x, y, reduction="none"), real(3, 4), real(3, 4)),
    case("mse_loss: number", lambda T, x, y: T.nn.functional.mse_loss(x, y), real(), real()),
    case("one_hot", lambda T, t: T.nn.functional.one_hot(t, 5), integers(0, 4)(2, 3), order=0),
]  # fmt: skip
