"""losses: the cases of the losses in `nn/` beside cross_entropy, nll_loss and mse_loss."""

from typing import Any

from .case import Case, apart, away_from, between, case, integers, nonzero, real, values

INF = float("inf")
PROBABILITY = between(0.1, 0.9)


def _f(T: Any) -> Any:
    return T.nn.functional


def _reductions(
    name: str, *inputs: Any, also: tuple[str, ...] = (), settings: tuple[dict[str, Any], ...] = ()
) -> list[Case]:
    """A loss by its name: each reduction, each setting."""

    def with_(**keywords: Any) -> Any:
        return lambda T, *given: getattr(_f(T), name)(*given, **keywords)

    rows = [case(name, with_(), *inputs)]
    rows += [case(f"{name}: {r}", with_(reduction=r), *inputs) for r in ("sum", "none", *also)]
    rows += [
        case(f"{name}: " + ", ".join(f"{k}={v}" for k, v in given.items()), with_(**given), *inputs)
        for given in settings
    ]
    return rows


def _signs(T: Any, t: Any, x: Any) -> Any:
    """0 and 1 as -1 and 1, floats."""
    return T.where(t > 0, T.ones_like(x), -T.ones_like(x))


def _weight(T: Any, x: Any) -> Any:
    return T.tensor([0.5, 2.0, 1.5, 1.0], dtype=x.dtype)


def _floats(T: Any, t: Any, x: Any) -> Any:
    return _signs(T, t, x) / 2 + 0.5


# Numbers against numbers. Differences away from 0 and from ±1, ±0.5 and ±2, where a slope bends.

SMOOTH = away_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0], 0.1)(4, 5)


def _apart(name: str, **keywords: Any) -> Any:
    """A loss of y + d against y, so that the differences d are what was drawn."""
    return lambda T, d, y: getattr(_f(T), name)(y + d, y, **keywords)


APART: list[tuple[str, dict[str, Any]]] = [
    ("l1_loss", {}),
    ("l1_loss", {"reduction": "sum"}),
    ("l1_loss", {"reduction": "none"}),
    ("smooth_l1_loss", {}),
    ("smooth_l1_loss", {"reduction": "none", "beta": 0.5}),
    ("smooth_l1_loss", {"reduction": "sum", "beta": 0.0}),
    ("huber_loss", {}),
    ("huber_loss", {"reduction": "none", "delta": 0.5}),
    ("huber_loss", {"reduction": "sum", "delta": 2.0}),
]

REGRESSION = [
    *[
        case(f"{name}: {', '.join(f'{k}={v}' for k, v in keywords.items()) or 'apart'}", _apart(name, **keywords),
             SMOOTH, real(4, 5))
        for name, keywords in APART
    ],
    case("l1_loss", lambda T, x, y: _f(T).l1_loss(x, y), apart(3, 4), between(-0.01, 0.01)(3, 4)),
    case("smooth_l1_loss", lambda T, x, y: _f(T).smooth_l1_loss(x, y, reduction="none"), between(-0.4, 0.4)(3, 4),
         between(-0.4, 0.4)(3, 4)),
    case("huber_loss", lambda T, x, y: _f(T).huber_loss(x, y, reduction="none"), between(-0.4, 0.4)(3, 4),
         between(-0.4, 0.4)(3, 4)),
    case("huber_loss: number", lambda T, x, y: _f(T).huber_loss(x, y), between(1, 2)(), between(-1, 0)()),
    *[
        case(f"{name}: kinks and infinities", lambda T, x, name=name: getattr(_f(T), name)(
            x, T.zeros_like(x), reduction="none"), values([0.0, 1.0, -1.0, 1e30, -1e30, INF, -INF]), numeric=False)
        for name in ("l1_loss", "smooth_l1_loss", "huber_loss")
    ],
    *[
        case(f"{name}: weight, {reduction}", lambda T, x, y, w, name=name, reduction=reduction: getattr(_f(T), name)(
            x, y, reduction=reduction, weight=w), between(1.1, 2)(3, 4), between(-1, 0)(3, 4), between(0.5, 2)(3, 4))
        for name in ("mse_loss", "l1_loss", "huber_loss") for reduction in ("mean", "sum", "none")
    ],
    *[
        case(f"quadratic_cost: {r}", lambda T, x, y, r=r: _quadratic(T, x, y, r), real(3, 4), real(3, 4))
        for r in ("mean", "sum", "none")
    ],
]  # fmt: skip


def _quadratic(T: Any, x: Any, y: Any, reduction: str) -> Any:
    """Nielsen's cost, and what it is in PyTorch's words."""
    if hasattr(_f(T), "quadratic_cost"):
        return _f(T).quadratic_cost(x, y, reduction=reduction)
    losses = T.linalg.vector_norm(x - y, dim=1) ** 2 / 2
    return losses if reduction == "none" else getattr(T, reduction)(losses)


def _cross_entropy_cost(T: Any, x: Any, y: Any, reduction: str) -> Any:
    if hasattr(_f(T), "cross_entropy_cost"):
        return _f(T).cross_entropy_cost(x, y, reduction=reduction)
    losses = -(y * T.log(x) + (1 - y) * T.log(1 - x)).sum(-1)
    return losses if reduction == "none" else getattr(T, reduction)(losses)


# Probabilities.


LIKELIHOOD = [
    *_reductions("binary_cross_entropy", PROBABILITY(3, 4), PROBABILITY(3, 4)),
    case("binary_cross_entropy: weight", lambda T, x, y: _f(T).binary_cross_entropy(x, y, _weight(T, x)),
         PROBABILITY(3, 4), PROBABILITY(3, 4)),
    case("binary_cross_entropy: sure", lambda T, x, t: _f(T).binary_cross_entropy(
        x, _floats(T, t, x), reduction="none"), values([0.0, 0.0, 1.0, 1.0, 0.5, 1e-300]),
         values([0, 1, 0, 1, 1, 1]), numeric=False, why="the log is held at -100, the slope's divisor at 1e-12"),
    *_reductions("binary_cross_entropy_with_logits", real(3, 4), PROBABILITY(3, 4)),
    case("binary_cross_entropy_with_logits: weight, pos_weight", lambda T, x, y: _f(T).binary_cross_entropy_with_logits(
        x, y, _weight(T, x)[:3, None], pos_weight=_weight(T, x)), real(3, 4), PROBABILITY(3, 4)),
    case("binary_cross_entropy_with_logits: pos_weight, none", lambda T, x, y: _f(T).binary_cross_entropy_with_logits(
        x, y, reduction="none", pos_weight=_weight(T, x)), real(2, 3, 4), PROBABILITY(2, 3, 4)),
    case("binary_cross_entropy_with_logits: the gradient of pos_weight",
         lambda T, x, y, p: _f(T).binary_cross_entropy_with_logits(x, y, pos_weight=p), real(3, 4), PROBABILITY(3, 4),
         between(0.5, 2)(4), oracle=False, why="PyTorch has none"),
    case("binary_cross_entropy_with_logits: number", lambda T, x, y: _f(T).binary_cross_entropy_with_logits(x, y),
         real(), PROBABILITY()),
    case("binary_cross_entropy_with_logits: far", lambda T, x, t: _f(T).binary_cross_entropy_with_logits(
        x, _floats(T, t, x), reduction="none"), values([-1000.0, 1000.0, -1000.0, 1000.0, 0.0]),
        values([0, 0, 1, 1, 1]), numeric=False),
    *_reductions("kl_div", real(3, 4), PROBABILITY(3, 4), also=("batchmean",)),
    case("kl_div: log_target", lambda T, x, y: _f(T).kl_div(x, y, reduction="batchmean", log_target=True),
         real(2, 3, 2), real(2, 3, 2)),
    case("kl_div: log_target, none", lambda T, x, y: _f(T).kl_div(x, y, reduction="none", log_target=True),
         real(3, 2), real(3, 2)),
    case("kl_div: probability 0", lambda T, x, t: _f(T).kl_div(x, _floats(T, t, x), reduction="none"),
         real(4), values([0, 1, 0, 1])),
    *_reductions("poisson_nll_loss", real(3, 4), between(1.5, 5)(3, 4), settings=({"full": True},)),
    case("poisson_nll_loss: rate", lambda T, x, y: _f(T).poisson_nll_loss(x, y, False, True), between(0.5, 3)(3, 4),
         away_from([1.0], 0.1, 0.1, 4.0)(3, 4)),
    case("poisson_nll_loss: eps", lambda T, x, y: _f(T).poisson_nll_loss(x, y, log_input=False, eps=0.5),
         between(0.5, 3)(3, 4), between(0, 4)(3, 4)),
    case("poisson_nll_loss: counts", lambda T, x, t: _f(T).poisson_nll_loss(x, t, full=True, reduction="none"),
         real(5), values([0, 1, 2, 3, 100])),
    *_reductions("gaussian_nll_loss", real(3, 4), real(3, 4), between(0.5, 2)(3, 4),
                 settings=({"full": True}, {"eps": 1.0e-3},)),
    case("gaussian_nll_loss: one variance a sample", lambda T, x, y, v: _f(T).gaussian_nll_loss(x, y, v, True),
         real(3, 4), real(3, 4), between(0.5, 2)(3)),
    case("gaussian_nll_loss: one variance a channel",
         lambda T, x, y, v: _f(T).gaussian_nll_loss(x, y, v, reduction="none"),
         real(2, 3, 4), real(2, 3, 4), between(0.5, 2)(2, 1, 4)),
    case("gaussian_nll_loss: a number", lambda T, x, y: _f(T).gaussian_nll_loss(x, y, 2.0), real(3), real(3)),
    case("gaussian_nll_loss: held", lambda T, x, y, v: _f(T).gaussian_nll_loss(x, y, v, eps=0.1, reduction="none"),
         real(4), real(4), values([0.0, 0.05, 0.1, 2.0]), numeric=False, why="the slope is that at the held value"),
    *[
        case(f"cross_entropy_cost: {r}", lambda T, x, y, r=r: _cross_entropy_cost(T, x, y, r),
             PROBABILITY(3, 4), PROBABILITY(3, 4))
        for r in ("mean", "sum", "none")
    ],
]  # fmt: skip

# Margins.


def _hinge(T: Any, x: Any, t: Any, **keywords: Any) -> Any:
    """The loss of CS231n, which in PyTorch is multi_margin_loss times the number of classes."""
    if hasattr(_f(T), "hinge_loss"):
        return _f(T).hinge_loss(x, t, **keywords)
    return _f(T).multi_margin_loss(x, t, **keywords) * x.shape[-1]


SCORES = apart(5, 4)

MARGIN = [
    *[
        case(f"hinge_loss: {keywords or 'mean'}", lambda T, x, t, k=keywords: _hinge(T, x, t, **k), SCORES,
             integers(0, 4)(5))
        for keywords in ({}, {"reduction": "sum"}, {"reduction": "none"}, {"margin": 0.3})
    ],
    case("hinge_loss: one sample", _hinge, apart(4), integers(0, 4)()),
    case("hinge_loss: ties", lambda T, x, t: _hinge(T, x, t, reduction="none"),
         values([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0], [INF, 1.0, 0.0]]), values([1, 0, 0]), numeric=False,
         why="a margin just met has no slope"),
    *_reductions("multi_margin_loss", SCORES, integers(0, 4)(5),
                 settings=({"p": 2}, {"p": 2, "margin": 0.3, "reduction": "none"},)),
    case("multi_margin_loss: weight", lambda T, x, t: _f(T).multi_margin_loss(x, t, 2, 0.7, _weight(T, x)), SCORES,
         integers(0, 4)(5)),
    case("multi_margin_loss: one sample", lambda T, x, t: _f(T).multi_margin_loss(x, t, reduction="none"), apart(4),
         integers(0, 4)()),
    *_reductions("multilabel_margin_loss", SCORES,
                 values([[3, 0, -1, 1], [-1, 2, 2, 2], [0, 1, 2, 3], [2, -1, -1, -1], [1, 2, -1, 0]])),
    case("multilabel_margin_loss: one sample", lambda T, x, t: _f(T).multilabel_margin_loss(x, t, reduction="none"),
         apart(4), values([1, 3, -1, -1])),
    case("multilabel_margin_loss: ties", lambda T, x, t: _f(T).multilabel_margin_loss(x, t),
         values([1.0, 2.0, 0.0]), values([1, -1, 0]), numeric=False, why="a margin just met has no slope"),
    *_reductions("multilabel_soft_margin_loss", real(5, 4), PROBABILITY(5, 4)),
    case("multilabel_soft_margin_loss: weight", lambda T, x, y, w: _f(T).multilabel_soft_margin_loss(x, y, w),
         real(2, 3, 4), PROBABILITY(2, 3, 4), between(0.5, 2)(4)),
    case("multilabel_soft_margin_loss: one sample",
         lambda T, x, y: _f(T).multilabel_soft_margin_loss(x, y, reduction="none"), real(4), PROBABILITY(4)),
    *[
        case(f"soft_margin_loss: {r}", lambda T, x, t, r=r: _f(T).soft_margin_loss(x, _signs(T, t, x), reduction=r),
             real(3, 4), integers(0, 2)(3, 4))
        for r in ("mean", "sum", "none")
    ],
    case("soft_margin_loss: far", lambda T, x: T.nn.functional.soft_margin_loss(x, T.ones_like(x), reduction="none"),
         values([-1000.0, 1000.0, INF]), numeric=False, oracle=False, why="PyTorch overflows at -1000"),
]  # fmt: skip

# Samples against each other.


def _distance(a: Any, b: Any) -> Any:
    return ((a - b) ** 2).sum(-1)


def _triplet(**keywords: Any) -> Any:
    return lambda T, a, p, n: _f(T).triplet_margin_loss(a, p, n, **keywords)


ROWS = (real(5, 3), real(5, 3), real(5, 3))

RANKING = [
    *[
        case(f"margin_ranking_loss: {r}, {margin}", lambda T, x, d, t, r=r, m=margin: _f(T).margin_ranking_loss(
            x, x + d, _signs(T, t, x), m, reduction=r), real(3, 4), nonzero(3, 4), integers(0, 2)(3, 4))
        for r, margin in (("mean", 0.0), ("sum", 0.3), ("none", -0.2))
    ],
    case("margin_ranking_loss: target", lambda T, x, y, t: _f(T).margin_ranking_loss(x, y, t), between(1, 2)(4),
         between(-2, 0)(4), values([1.0, -1.0, 0.5, -3.0])),
    case("margin_ranking_loss: ties", lambda T, x, y: _f(T).margin_ranking_loss(x, y, T.ones_like(x)),
         values([1.0, 2.0]), values([1.0, 1.0]), numeric=False, why="a margin just met has a slope, as in PyTorch"),
    *[
        case(f"hinge_embedding_loss: {r}, {margin}", lambda T, x, t, r=r, m=margin: _f(T).hinge_embedding_loss(
            x, _signs(T, t, x), m, reduction=r), nonzero(3, 4), integers(0, 2)(3, 4))
        for r, margin in (("mean", 0.2), ("sum", 2.5), ("none", 0.2))
    ],
    case("hinge_embedding_loss: neither, and ties", lambda T, x, t: _f(T).hinge_embedding_loss(x, t, reduction="none"),
         values([0.5, 3.0, 1.0]), values([0, 2, -1]), numeric=False),
    *[
        case(f"cosine_embedding_loss: {r}, {margin}", lambda T, x, y, t, r=r, m=margin: _f(T).cosine_embedding_loss(
            x, y, _signs(T, t, x[:, 0]), m, reduction=r), real(5, 3), real(5, 3), integers(0, 2)(5))
        for r, margin in (("mean", 0.0), ("sum", -0.5), ("none", 0.2))
    ],
    case("cosine_embedding_loss: one pair", lambda T, x, y: _f(T).cosine_embedding_loss(
        x, y, T.ones_like(x[0])), real(3), real(3)),
    case("cosine_embedding_loss: zeros", lambda T, x, y, t: _f(T).cosine_embedding_loss(x, y, t, reduction="none"),
         values([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0]]), values([[1.0, 0.0], [0.0, 0.0], [1.0, 2.0]]),
         values([1, -1, 0]), numeric=False),
    case("triplet_margin_loss", _triplet(), *ROWS),
    case("triplet_margin_loss: sum, p=1", _triplet(reduction="sum", p=1, margin=3.0), *ROWS),
    case("triplet_margin_loss: none, p=3", _triplet(reduction="none", p=3.0, margin=2.0, eps=1e-3), *ROWS),
    case("triplet_margin_loss: swap", _triplet(reduction="none", swap=True, margin=2.0), *ROWS),
    case("triplet_margin_loss: one triplet", _triplet(margin=5.0), real(3), real(3), real(3)),
    case("triplet_margin_loss: all alike", lambda T, a: _f(T).triplet_margin_loss(a, a, a), real(2, 3), numeric=False),
    case("triplet_margin_with_distance_loss", lambda T, a, p, n: _f(T).triplet_margin_with_distance_loss(a, p, n),
         *ROWS),
    *[
        case(f"triplet_margin_with_distance_loss: {r}, {swap}",
             lambda T, a, p, n, r=r, s=swap: _f(T).triplet_margin_with_distance_loss(
                 a, p, n, distance_function=_distance, margin=3.0, swap=s, reduction=r), *ROWS)
        for r, swap in (("sum", False), ("none", True))
    ],
]  # fmt: skip

# Sequences.


def _ctc(**keywords: Any) -> Any:
    """After log_softmax: PyTorch's gradient of ctc_loss itself has a part that only log_softmax takes off."""

    def call(T: Any, x: Any, targets: Any, steps: Any, sizes: Any) -> Any:
        return _f(T).ctc_loss(_f(T).log_softmax(x, -1), targets, steps, sizes, **keywords)

    return call


PADDED = values([[1, 2, 2], [3, 0, 0], [1, 1, 0], [2, 3, 1]])
LENGTHS = (values([7, 6, 5, 7]), values([3, 1, 2, 3]))

CTC = [
    *[case(f"ctc_loss: {r}", _ctc(reduction=r), real(7, 4, 5), PADDED, *LENGTHS) for r in ("mean", "sum", "none")],
    case("ctc_loss: the log-probabilities themselves", lambda T, x, t, steps, sizes: _f(T).ctc_loss(x, t, steps, sizes),
         between(-3, -0.5)(7, 4, 5), PADDED, *LENGTHS, oracle=False, why="PyTorch's is right after log_softmax"),
    case("ctc_loss: all in a row, blank=4", _ctc(blank=4), real(6, 3, 5), values([0, 1, 1, 2, 3]), values([6, 6, 5]),
         values([2, 0, 3])),
    case("ctc_loss: one sample", _ctc(reduction="none"), real(6, 4), values([1, 3, 3]), values(6), values(3)),
    case("ctc_loss: no labels", _ctc(), real(4, 2, 3), values([[1], [2]]), values([4, 2]), values([0, 0])),
    case("ctc_loss: too few steps", _ctc(reduction="none"), real(3, 2, 4), values([[1, 1], [1, 2]]), values([2, 3]),
         values([2, 2]), numeric=False, why="inf, and nan back, as PyTorch"),
    case("ctc_loss: zero_infinity", _ctc(zero_infinity=True), real(3, 2, 4), values([[1, 1], [1, 2]]), values([2, 3]),
         values([2, 2])),
    case("ctc_loss: unlikely", lambda T, x, t, steps, sizes: _f(T).ctc_loss(
        _f(T).log_softmax(x * 1000, -1), t, steps, sizes), real(7, 4, 5), PADDED, *LENGTHS, numeric=False),
]  # fmt: skip

CASES = [*REGRESSION, *LIKELIHOOD, *MARGIN, *RANKING, *CTC]
