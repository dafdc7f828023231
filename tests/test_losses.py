"""Losses: modules as PyTorch's, known formulas, and errors that say what to do."""

from itertools import groupby, product

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import DtypeError, ShapeError, TinygradError
from tinygrad_edu.nn import functional as F
from tinygrad_edu.record import GATES

RNG = np.random.default_rng(0)
X, Y, Z = RNG.normal(size=(3, 5, 4))
P, Q = RNG.uniform(0.1, 0.9, (2, 5, 4))
WEIGHT = np.array([0.5, 1.0, 2.0, 1.5])
SIGNS = np.where(Y > 0, 1.0, -1.0)
CLASSES = np.array([0, 3, 1, 1, 2])
LISTS = np.array([[3, 0, -1, 1], [-1, 2, 2, 2], [0, 1, 2, 3], [2, -1, -1, -1], [1, 2, -1, 0]])
LOG_PROBS = np.log(RNG.dirichlet(np.ones(5), (7, 4)))
CTC = (np.array([[1, 2, 2], [3, 0, 0], [1, 1, 0], [2, 3, 1]]), np.array([7, 6, 5, 7]), np.array([3, 1, 2, 3]))

# Each: the class, the options it is made with (arrays become Tensors), what it is called with.
MODULES = [
    ("MSELoss", {}, (X, Y)),
    ("L1Loss", {}, (X, Y)),
    ("SmoothL1Loss", {"beta": 0.5}, (X, Y)),
    ("HuberLoss", {"delta": 0.7}, (X, Y)),
    ("CrossEntropyLoss", {"weight": WEIGHT, "label_smoothing": 0.1, "ignore_index": 2}, (X, CLASSES)),
    ("CrossEntropyLoss", {"weight": WEIGHT}, (X, P)),
    ("NLLLoss", {"weight": WEIGHT, "ignore_index": 1}, (X, CLASSES)),
    ("NLLLoss2d", {}, (np.stack([X, Y, Z])[:, :, :, None], LISTS[:3, :, None] % 5)),
    ("BCELoss", {"weight": WEIGHT}, (P, Q)),
    ("BCEWithLogitsLoss", {"weight": WEIGHT, "pos_weight": WEIGHT[::-1].copy()}, (X, Q)),
    ("KLDivLoss", {"log_target": True}, (X, Y)),
    ("PoissonNLLLoss", {"log_input": False, "full": True, "eps": 1e-3}, (P, Q * 4)),
    ("GaussianNLLLoss", {"full": True, "eps": 1e-3}, (X, Y, P)),
    ("HingeEmbeddingLoss", {"margin": 0.7}, (X, SIGNS)),
    ("MarginRankingLoss", {"margin": 0.3}, (X, Y, SIGNS)),
    ("CosineEmbeddingLoss", {"margin": 0.1}, (X, Y, SIGNS[:, 0])),
    ("TripletMarginLoss", {"margin": 2.0, "p": 1.5, "eps": 1e-4, "swap": True}, (X, Y, Z)),
    ("TripletMarginWithDistanceLoss", {"margin": 3.0, "swap": True}, (X, Y, Z)),
    ("SoftMarginLoss", {}, (X, SIGNS.astype(np.int64))),
    ("MultiMarginLoss", {"p": 2, "margin": 0.7, "weight": WEIGHT}, (X, CLASSES)),
    ("MultiLabelMarginLoss", {}, (X, LISTS)),
    ("MultiLabelSoftMarginLoss", {"weight": WEIGHT}, (X, Q)),
]


def answer(library, name, options, given, reduction):
    """The loss, the gradients of its inputs, and the module's state, as arrays."""

    def tensor(a, needs=False):
        return library.tensor(a, requires_grad=needs and a.dtype.kind == "f")

    made = {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    module = getattr(library.nn, name)(**made, reduction=reduction)
    tensors = [tensor(a, needs=True) for a in given]
    loss = module(*tensors)
    (loss * loss).sum().backward()
    gradients = [np.asarray(t.grad) for t in tensors if t.grad is not None]
    state = {name: np.asarray(value) for name, value in module.state_dict().items()}
    return loss.detach().numpy(), gradients, state


@pytest.mark.filterwarnings("ignore:.NLLLoss2d. has been deprecated")
@pytest.mark.filterwarnings("ignore:(?s)reduction. .mean. divides")  # PyTorch's, of KLDivLoss
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("row", MODULES, ids=lambda row: f"{row[0]}-{row[2][1].dtype}")
def test_modules_are_pytorchs(row, reduction):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = answer(tg, *row, reduction), answer(torch, *row, reduction)
    assert ours[0].shape == theirs[0].shape
    assert_allclose(ours[0], theirs[0], rtol=1e-9, atol=1e-12)
    for g, expected in zip(ours[1], theirs[1], strict=True):
        assert_allclose(g, expected, rtol=1e-9, atol=1e-12)
    assert ours[2].keys() == theirs[2].keys()
    for name, value in theirs[2].items():
        assert_allclose(ours[2][name], value)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("row", MODULES, ids=lambda row: f"{row[0]}-{row[2][1].dtype}")
def test_reductions_reduce(row, reduction):
    """What needs no PyTorch: sums are of what `none` gives, and the state is the weights."""
    each, _, state = answer(tg, *row, "none")
    loss, gradients, _ = answer(tg, *row, reduction)
    assert gradients and all(np.isfinite(g).all() for g in gradients)
    assert set(state) == {"weight", "pos_weight"} & set(row[1])
    if reduction == "sum":
        assert_allclose(loss, each.sum(), rtol=1e-12)
    elif reduction == "mean" and row[0] not in ("CrossEntropyLoss", "NLLLoss"):  # theirs is over weights
        assert_allclose(loss, each.mean(), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", MODULES, ids=lambda row: f"{row[0]}-{row[2][1].dtype}")
def test_the_dtype_stays(row, dtype):
    name, options, given = row
    cast = [{k: v.astype(dtype) if getattr(v, "dtype", None) == np.float64 else v for k, v in options.items()}]
    cast.append([v.astype(dtype) if v.dtype == np.float64 else v for v in given])
    loss, gradients, _ = answer(tg, name, *cast, "mean")
    assert {loss.dtype, *(g.dtype for g in gradients)} == {np.dtype(dtype)}


# Shapes that would broadcast.

ELEMENTWISE = [
    nn.MSELoss(), nn.L1Loss(), nn.SmoothL1Loss(), nn.HuberLoss(), nn.QuadraticCost(), nn.CrossEntropyCost(),
    nn.BCELoss(), nn.BCEWithLogitsLoss(), nn.KLDivLoss(), nn.PoissonNLLLoss(), nn.HingeEmbeddingLoss(),
    nn.SoftMarginLoss(), nn.MultiLabelSoftMarginLoss(), nn.MultiLabelMarginLoss(),
    lambda x, y: nn.GaussianNLLLoss()(x, y, tg.ones(5, 1)),
    lambda x, y: nn.MarginRankingLoss()(x, y, y),
    lambda x, y: nn.MarginRankingLoss()(x, x, y),
    lambda x, y: nn.CosineEmbeddingLoss()(x, y, tg.ones(5)),
    lambda x, y: F.mse_loss(x, x, weight=y),
    lambda x, y: F.huber_loss(x, x, weight=y),
]  # fmt: skip


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("turned", [False, True])
def test_a_column_against_a_row_raises(loss, turned):
    shapes = [(5, 1), (5,)][:: -1 if turned else 1]
    with pytest.raises(ShapeError, match=r"(?s)one shape.*expected.*got.*mend .*reshape\(input.shape\)"):
        loss(*(tg.zeros(shape) for shape in shapes))


@pytest.mark.parametrize(
    "loss",
    [
        lambda: F.triplet_margin_loss(tg.ones(5, 3), tg.ones(3), tg.ones(5, 3)),
        lambda: F.triplet_margin_with_distance_loss(tg.ones(5, 3), tg.ones(5, 3), tg.ones(1, 3)),
        lambda: F.cosine_embedding_loss(tg.ones(5, 3), tg.ones(5, 3), tg.ones(5, 1)),
        lambda: F.gaussian_nll_loss(tg.ones(5, 3), tg.ones(5, 3), tg.ones(3)),
        lambda: F.gaussian_nll_loss(tg.ones(5, 3), tg.ones(5, 3), tg.ones(1, 1)),
        lambda: F.multi_margin_loss(tg.ones(5, 3), tg.zeros(5, 1, dtype=tg.int64)),
        lambda: F.multi_margin_loss(tg.ones(2, 3), tg.tensor([0, 1]), weight=tg.ones(2)),
        lambda: F.hinge_loss(tg.ones(2, 3, 4), tg.zeros(2, 4, dtype=tg.int64)),
        lambda: F.multilabel_margin_loss(tg.ones(2, 3, 4), tg.zeros(2, 3, 4, dtype=tg.int64)),
        lambda: F.multilabel_soft_margin_loss(tg.tensor(1.0), tg.tensor(1.0)),
        lambda: F.quadratic_cost(tg.tensor(1.0), tg.tensor(1.0)),
        lambda: F.cross_entropy_cost(tg.tensor(1.0), tg.tensor(1.0)),
        lambda: F.kl_div(tg.tensor(1.0), tg.tensor(1.0), reduction="batchmean"),
    ],
)
def test_shapes_that_do_not_fit(loss):
    with pytest.raises(ShapeError, match="expected"):
        loss()


def test_values_that_do_not_fit():
    for wrong in (1.5, -0.5, float("nan")):
        with pytest.raises(TinygradError, match=rf"(?s)no probability.*0 to 1.*got +{wrong}.*with_logits"):
            F.binary_cross_entropy(tg.tensor([0.5, wrong]), tg.ones(2))
    with pytest.raises(DtypeError, match="multilabel_soft_margin_loss"):
        F.multilabel_margin_loss(tg.ones(2, 3), tg.ones(2, 3))
    for wrong in (-2, 3):
        with pytest.raises(TinygradError, match=rf"(?s)no class.*0 to 2, or -1.*got +{wrong}"):
            F.multilabel_margin_loss(tg.ones(1, 3), tg.tensor([[0, wrong, -1]]))
    for wrong in (-100, -1, 3):
        with pytest.raises(TinygradError, match=rf"(?s)no class.*0 to 2.*got +{wrong}"):
            F.hinge_loss(tg.ones(2, 3), tg.tensor([0, wrong]))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: nn.MSELoss(reduction="batchmean"),
        lambda: F.mse_loss(tg.ones(2), tg.ones(2), reduction="avg"),
        lambda: nn.KLDivLoss(reduction="avg"),
        lambda: F.huber_loss(tg.ones(2), tg.ones(2), delta=0),
        lambda: F.smooth_l1_loss(tg.ones(2), tg.ones(2), beta=-1),
        lambda: nn.MultiMarginLoss(p=3),
        lambda: F.multi_margin_loss(tg.ones(1, 2), tg.tensor([0]), p=3),
        lambda: nn.TripletMarginLoss(margin=0),
        lambda: nn.TripletMarginWithDistanceLoss(margin=-1),
        lambda: F.gaussian_nll_loss(tg.ones(2), tg.ones(2), tg.tensor([1.0, -1.0])),
        lambda: F.gaussian_nll_loss(tg.ones(2), tg.ones(2), -1.0),
    ],
)
def test_options_that_do_not_exist(wrong):
    with pytest.raises(ValueError, match=r"must be|below 0"):
        wrong()


# Known formulas.


def test_hinge_is_the_svm_loss_of_cs231n():
    scores = tg.tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]], requires_grad=True)
    classes = tg.tensor([0, 1, 2])
    assert_allclose(F.hinge_loss(scores, classes, reduction="none"), [2.9, 0, 12.9], rtol=1e-6)
    loss = nn.HingeLoss()(scores, classes)
    assert_allclose(loss.item(), 15.8 / 3, rtol=1e-6)
    assert_allclose(F.multi_margin_loss(scores, classes).item(), 15.8 / 9, rtol=1e-6)
    loss.backward()  # each class that came too near gets 1, the right one minus how many there are
    assert_allclose(scores.grad * 3, [[-1, 1, 0], [0, 0, 0], [1, 1, -2]], rtol=1e-6)


@pytest.mark.parametrize(("cost", "slope"), [(nn.QuadraticCost, 1), (nn.CrossEntropyCost, 0)])
def test_the_costs_of_network2(cost, slope):
    """The error of the last layer: (a - y) sigmoid'(z) by the quadratic cost, a - y by the cross-entropy."""
    z, y = tg.tensor(X, requires_grad=True), tg.tensor((Y > 0).astype(float))
    a = tg.sigmoid(z)
    cost(reduction="sum")(a, y).backward()
    assert_allclose(z.grad, ((a - y) * (a * (1 - a)) ** slope).detach(), rtol=1e-9, atol=1e-12)
    each = cost(reduction="none")(a, y)
    assert each.shape == (5,)
    assert_allclose(cost()(a, y).item(), each.mean().item())
    assert_allclose(cost()(a[0], y[0]).item(), each[0].item())


def test_a_right_and_sure_prediction_costs_nothing():
    sure = tg.tensor([[0.0, 1.0]], requires_grad=True)
    loss = nn.CrossEntropyCost()(sure, tg.tensor([[0.0, 1.0]]))
    loss.backward()
    assert loss.item() == 0 and sure.grad.tolist() == [[0, 0]]


def test_logits_far_out():
    x = tg.tensor([-1e4, 1e4], requires_grad=True)
    for target in ([1.0, 0.0], [0.0, 1.0]):
        x.grad = None
        loss = F.binary_cross_entropy_with_logits(x, tg.tensor(target), reduction="sum")
        loss.backward()
        assert loss.item() == (2e4 if target[0] else 0)
        assert x.grad.tolist() == ([-1, 1] if target[0] else [0, 0])


# Sequences.


def spelled(path):
    """What a path spells: repeats merged, blanks dropped."""
    return [symbol for symbol, _ in groupby(path) if symbol]


@pytest.mark.parametrize("target", [[], [1], [1, 2], [1, 1], [2, 1, 2], [2, 2, 2]])
def test_ctc_is_the_sum_over_all_paths(target):
    log_probs = LOG_PROBS[:5, 0, :3]
    x = tg.tensor(log_probs, requires_grad=True)
    lengths = (tg.tensor(5), tg.tensor(len(target)))
    loss = F.ctc_loss(x, tg.tensor(np.array(target, int)), *lengths, reduction="sum")
    paths = [path for path in product(range(3), repeat=5) if spelled(path) == target]
    chances = np.array([np.exp(log_probs[range(5), path].sum()) for path in paths])
    assert_allclose(loss.item(), -np.log(chances.sum()), rtol=1e-12)
    loss.backward()
    share = np.zeros((5, 3))
    for path, chance in zip(paths, chances, strict=True):
        share[range(5), path] += chance / chances.sum()
    assert_allclose(x.grad, -share, rtol=1e-9, atol=1e-12)


def test_ctc_equals_its_meaning_in_plain_gates():
    gate, x = GATES["ctc_loss"], tg.tensor(LOG_PROBS, requires_grad=True)
    fused = F.ctc_loss(x, *CTC, reduction="none")
    plain = gate.meaning(x, **recorded_keywords(fused))
    assert_allclose(fused, plain, rtol=1e-12)
    gradients = [tg.autograd.grad((z * z).sum(), x)[0] for z in (fused, plain)]
    assert_allclose(*gradients, rtol=1e-9, atol=1e-12)


def recorded_keywords(z):
    while z.gate.name != "ctc_loss":
        z = z.inputs[0]
    return z.keywords


def test_ctc_takes_targets_and_lengths_in_any_form():
    targets, steps, sizes = CTC
    row = np.concatenate([t[:n] for t, n in zip(targets, sizes, strict=True)])
    expected = nn.CTCLoss()(tg.tensor(LOG_PROBS), tg.tensor(targets), tg.tensor(steps), tg.tensor(sizes)).item()
    assert nn.CTCLoss()(LOG_PROBS, row, tuple(steps), tuple(sizes)).item() == expected
    assert nn.CTCLoss()(LOG_PROBS, targets.astype(np.int32), [*steps], [*sizes]).item() == expected
    shifted = np.roll(LOG_PROBS, -1, axis=2)
    moved = nn.CTCLoss(blank=4)(shifted, row - 1, steps, sizes)
    assert_allclose(moved.item(), expected, rtol=1e-12)
    assert F.ctc_loss(tg.tensor(LOG_PROBS.astype(np.float32)), *CTC).dtype == np.float32


def test_ctc_of_impossible_targets():
    x = tg.tensor(LOG_PROBS[:2, :2], requires_grad=True)
    given = (tg.tensor([[1, 1], [1, 2]]), [2, 2], [2, 2])
    assert F.ctc_loss(x, *given, reduction="none")[0].item() == float("inf")
    loss = nn.CTCLoss(zero_infinity=True, reduction="none")(x, *given)
    loss.sum().backward()
    assert loss[0].item() == 0 and not x.grad[:, 0].any() and x.grad[:, 1].any()
    never = tg.tensor(np.full((1, 1, 2), -np.inf), requires_grad=True)
    assert F.ctc_loss(never, tg.tensor([[1]]), [1], [1]).item() == float("inf")
    assert F.ctc_loss(never, tg.tensor([[1]]), [0], [0]).item() == 0


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"log_probs": LOG_PROBS[0, 0]}, ShapeError, r"\(T, N, C\)"),
        ({"log_probs": LOG_PROBS[:0]}, ShapeError, "none of them 0"),
        ({"input_lengths": [7, 7]}, ShapeError, "one length a sample"),
        ({"target_lengths": [1.0] * 4}, ShapeError, "one length a sample"),
        ({"target_lengths": [-1] * 4}, ShapeError, "one length a sample"),
        ({"input_lengths": [8] * 4}, ShapeError, "longer than"),
        ({"targets": CTC[0][:, :2]}, ShapeError, "do not fit their lengths"),
        ({"targets": CTC[0].ravel()}, ShapeError, r"\(9,\): all in a row"),
        ({"targets": CTC[0] * 1.0}, DtypeError, "integer"),
        ({"targets": CTC[0] * 0}, TinygradError, "not the blank"),
        ({"targets": CTC[0] + 9}, TinygradError, "no label"),
        ({"blank": 5}, TinygradError, "blank is no class"),
    ],
)
def test_ctc_says_what_is_wrong(change, error, says):
    given = dict(zip(("log_probs", "targets", "input_lengths", "target_lengths"), (LOG_PROBS, *CTC), strict=True))
    with pytest.raises(error, match=says):
        F.ctc_loss(**{**given, **change})


def test_smoothing_asks_nothing_of_ignored_rows():
    x = tg.tensor([[-np.inf, 0.0], [1.0, 2.0]], requires_grad=True)
    loss = F.cross_entropy(x, tg.tensor([-100, 1]), label_smoothing=0.1)
    alone = F.cross_entropy(tg.tensor([[1.0, 2.0]]), tg.tensor([1]), label_smoothing=0.1)
    assert loss.item() == pytest.approx(alone.item())
    loss.backward()
    assert x.grad[0].tolist() == [0.0, 0.0]
    x.grad = None
    F.cross_entropy(x, tg.tensor([-100, -100]), label_smoothing=0.1).backward()
    assert x.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]
