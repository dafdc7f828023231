"""Embedding, EmbeddingBag, Bilinear and Unflatten against PyTorch, and what they say when handed the wrong thing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import DtypeError, ShapeError, TinygradError

SETTINGS = [
    {}, {"padding_idx": 2}, {"padding_idx": -1}, {"max_norm": 1.0}, {"max_norm": 0.5, "norm_type": 1.0},
    {"scale_grad_by_freq": True}, {"padding_idx": 0, "max_norm": 2.0, "scale_grad_by_freq": True},
]  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_embedding_is_pytorchs(settings):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = nn.Embedding(6, 3, **settings).double(), torch.nn.Embedding(6, 3, **settings).double()
    assert repr(ours) == f"{theirs!r}  # training mode"
    assert [(n, tuple(t.shape)) for n, t in ours.state_dict().items()] == [("weight", (6, 3))]
    ours.load_state_dict(theirs.state_dict())
    rows = np.array([[0, 2, 2, 5], [5, 5, 1, 0]])
    z, expected = ours(tg.tensor(rows)), theirs(torch.tensor(rows))
    assert_allclose(z.detach().numpy(), expected.detach().numpy(), rtol=1e-9)
    g = np.random.default_rng(0).normal(size=z.shape)
    z.backward(tg.tensor(g)), expected.backward(torch.tensor(g))
    assert_allclose(ours.weight.grad.numpy(), theirs.weight.grad.numpy(), rtol=1e-9)
    assert_allclose(ours.weight.detach().numpy(), theirs.weight.detach().numpy(), rtol=1e-9)


def test_embedding_starts_normal_and_padding_at_0():
    _ = tg.manual_seed(0)
    weight = nn.Embedding(400, 50, padding_idx=3).weight.numpy()
    assert_allclose([weight.mean(), weight.std()], [0, 1], atol=0.02)
    assert not weight[3].any()


def test_from_pretrained():
    rows = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    layer = nn.Embedding.from_pretrained(rows, True, 0)
    assert not layer.weight.requires_grad
    assert layer(tg.tensor([1, 0])).tolist() == [[3, 4], [1, 2]]
    assert nn.Embedding.from_pretrained(rows, freeze=False).weight.requires_grad
    with pytest.raises(ShapeError, match="takes a matrix"):
        nn.Embedding.from_pretrained(tg.ones(3))


def test_embedding_says_what_is_wrong():
    layer = nn.Embedding(3, 2)
    with pytest.raises(TinygradError, match=r"no row of the table(?s:.)*0 to 2(?s:.)*got +3"):
        layer(tg.tensor([0, 3]))
    with pytest.raises(TinygradError, match=r"got +-1"):
        layer(tg.tensor([0, -1]))
    with pytest.raises(DtypeError, match=r"input\.long"):
        layer(tg.tensor([0.0]))
    with pytest.raises(TinygradError, match="padding_idx is no row"):
        nn.Embedding(3, 2, padding_idx=3)
    with pytest.raises(ShapeError, match="rows of a matrix"):
        nn.functional.embedding(tg.tensor([0]), tg.ones(3))


BAGS = [
    {}, {"mode": "sum"}, {"mode": "max"}, {"mode": "sum", "padding_idx": 2}, {"padding_idx": -4},
    {"mode": "max", "padding_idx": 5}, {"mode": "max", "max_norm": 1.0}, {"max_norm": 0.5, "norm_type": 1.0},
    {"mode": "sum", "max_norm": 1.0, "padding_idx": 0}, {"include_last_offset": True},
    {"mode": "max", "include_last_offset": True},
]  # fmt: skip
NUMBERS, STARTS = np.array([0, 2, 2, 5, 5, 5, 1, 0]), np.array([0, 0, 3, 4, 4, 7, 8])  # and bags of nothing


def compared(ours, theirs, numbers, *rest):
    """The same upstream through both: values, gradients and tables agree."""
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours.load_state_dict(theirs.state_dict())
    given_ours = [tg.tensor(numbers), *(None if a is None else tg.tensor(a) for a in rest)]
    given_theirs = [torch.tensor(numbers), *(None if a is None else torch.tensor(a) for a in rest)]
    for layer in (given_ours, given_theirs):
        if len(layer) == 3:
            layer[2].requires_grad_()
    z, expected = ours(*given_ours), theirs(*given_theirs)
    assert_allclose(z.detach().numpy(), expected.detach().numpy(), rtol=1e-9)
    g = np.random.default_rng(0).normal(size=z.shape)
    z.backward(tg.tensor(g)), expected.backward(torch.tensor(g))
    assert_allclose(ours.weight.grad.numpy(), theirs.weight.grad.numpy(), rtol=1e-9, atol=1e-14)
    assert_allclose(ours.weight.detach().numpy(), theirs.weight.detach().numpy(), rtol=1e-9)
    if len(rest) == 2:
        assert_allclose(given_ours[2].grad.numpy(), given_theirs[2].grad.numpy(), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("settings", BAGS, ids=str)
def test_embedding_bag_is_pytorchs(settings):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = nn.EmbeddingBag(6, 3, **settings).double(), torch.nn.EmbeddingBag(6, 3, **settings).double()
    assert repr(ours) == f"{theirs!r}  # training mode"
    compared(ours, theirs, NUMBERS, STARTS)
    ours.weight.grad = theirs.weight.grad = None
    compared(ours, theirs, NUMBERS.reshape(2, 4))
    if ours.mode == "sum":
        ours.weight.grad = theirs.weight.grad = None
        compared(ours, theirs, NUMBERS, STARTS, np.linspace(-1.0, 1.0, 8))


@given(
    rows=st.lists(st.integers(0, 4), max_size=8).map(lambda rows: np.array(rows, np.int64)),
    cuts=st.lists(st.floats(0, 1), max_size=4),
    mode=st.sampled_from(["sum", "mean", "max"]),
    padding_idx=st.sampled_from([None, 0, -1]),
)
def test_embedding_bag_reduces_each_slice(rows, cuts, mode, padding_idx):
    offsets = np.array([0, *sorted(round(cut * len(rows)) for cut in cuts)])
    table = np.random.default_rng(0).normal(size=(5, 2))
    z = nn.functional.embedding_bag(
        tg.tensor(rows), tg.tensor(table), tg.tensor(offsets), mode=mode, padding_idx=padding_idx
    )
    for got, numbers in zip(z.tolist(), np.split(rows, offsets[1:]), strict=True):
        kept = table[[i for i in numbers if padding_idx is None or i != padding_idx % 5]]
        assert_allclose(got, getattr(kept, mode)(0) if len(kept) else [0, 0], rtol=1e-12)


def test_embedding_bag_scales_each_row_by_its_own_frequency():
    weight = tg.ones(4, 1, requires_grad=True)
    call = nn.functional.embedding_bag
    call(tg.tensor([[1, 1, 3]]), weight, scale_grad_by_freq=True, mode="sum").sum().backward()
    assert weight.grad.tolist() == [[0], [1], [0], [1]]
    weight.grad = None
    call(tg.tensor([1, 3, 1]), weight, tg.tensor([0, 1]), scale_grad_by_freq=True).sum().backward()
    assert_allclose(weight.grad.numpy(), [[0], [0.75], [0], [0.5]])


def test_a_max_of_bags_sends_its_gradient_to_the_first_and_keeps_nan():
    table = tg.tensor([[1.0, np.nan], [1.0, 2.0], [-np.inf, 3.0]], requires_grad=True)
    z = nn.functional.embedding_bag(tg.tensor([[1, 0], [2, 2]]), table, mode="max")
    assert_allclose(z.detach().numpy(), [[1, np.nan], [-np.inf, 3]])
    z.sum().backward()
    assert table.grad.tolist() == [[0, 1], [1, 0], [1, 1]]


def test_the_mean_of_a_large_bag_stays_in_the_range_of_float16():
    table = tg.tensor([[60000.0]]).half()
    assert nn.functional.embedding_bag(tg.tensor([[0, 0, 0]]), table).item() == table.item()


def test_embedding_bags_of_nothing_are_0():
    table = tg.ones(3, 2, requires_grad=True)
    nothing = tg.zeros(0).long()
    for mode in ("sum", "mean", "max"):
        z = nn.functional.embedding_bag(nothing, table, tg.tensor([0, 0]), mode=mode)
        assert z.tolist() == [[0, 0], [0, 0]]
        z.sum().backward()
        assert not table.grad.numpy().any()
        assert nn.functional.embedding_bag(nothing, table, [], mode=mode).shape == (0, 2)
        assert nn.functional.embedding_bag(tg.zeros(2, 0).long(), table, mode=mode).tolist() == [[0, 0], [0, 0]]


def test_embedding_bag_from_pretrained():
    layer = nn.EmbeddingBag.from_pretrained(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), mode="sum", padding_idx=0)
    assert not layer.weight.requires_grad and layer.padding_idx == 0
    assert layer(tg.tensor([[1, 0, 1]])).tolist() == [[6, 8]]


ROWS, TABLE = tg.tensor([0, 1, 2]), tg.ones(3, 2)
WRONG_BAGS = {
    "no mode 'most'(?s:.)*sum, mean or max": lambda f: f(ROWS, TABLE, [0], mode="most"),
    r"expected +input \(bags, numbers\) without": lambda f: f(ROWS, TABLE),
    r"got +input \(1, 3\) with offsets": lambda f: f(ROWS[None], TABLE, [0]),
    "offsets is a vector": lambda f: f(ROWS, TABLE, tg.tensor(0)),
    r"offsets\.long": lambda f: f(ROWS, TABLE, tg.tensor([0.0])),
    r"expected +the first 0(?s:.)*got +\[1 2\]": lambda f: f(ROWS, TABLE, [1, 2]),
    r"none less than the one before(?s:.)*got +\[0 2 1\]": lambda f: f(ROWS, TABLE, [0, 2, 1]),
    r"none above 3(?s:.)*got +\[0 4\]": lambda f: f(ROWS, TABLE, [0, 4]),
    r"got +\[\]": lambda f: f(ROWS, TABLE, []),
    r"the last 3, the size(?s:.)*got +\[0 2\]": lambda f: f(ROWS, TABLE, [0, 2], include_last_offset=True),
    "does not scale": lambda f: f(ROWS, TABLE, [0], mode="max", scale_grad_by_freq=True),
    "takes no per_sample_weights": lambda f: f(ROWS, TABLE, [0], per_sample_weights=tg.ones(3)),
    "one for each number": lambda f: f(ROWS, TABLE, [0], mode="sum", per_sample_weights=tg.ones(2)),
    r"weights\.to\(weight": lambda f: f(ROWS, TABLE, [0], mode="sum", per_sample_weights=tg.ones(3).double()),
    "no row of the table": lambda f: f(ROWS + 1, TABLE, [0]),
    "padding_idx is no row": lambda f: f(ROWS, TABLE, [0], padding_idx=3),
}


@pytest.mark.parametrize(("says", "use"), WRONG_BAGS.items(), ids=WRONG_BAGS)
def test_embedding_bag_says_what_is_wrong(says, use):
    with pytest.raises(TinygradError, match=says):
        use(nn.functional.embedding_bag)


@pytest.mark.parametrize("bias", [True, False])
def test_bilinear_is_pytorchs(bias):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = nn.Bilinear(3, 4, 2, bias).double(), torch.nn.Bilinear(3, 4, 2, bias).double()
    assert repr(ours) == f"{theirs!r}  # training mode"
    ours.load_state_dict(theirs.state_dict())
    rng = np.random.default_rng(0)
    a, b, g = rng.normal(size=(5, 6, 3)), rng.normal(size=(5, 6, 4)), rng.normal(size=(5, 6, 2))
    xs, ys = [tg.tensor(v, requires_grad=True) for v in (a, b)], [torch.tensor(v, requires_grad=True) for v in (a, b)]
    z, expected = ours(*xs), theirs(*ys)
    assert_allclose(z.detach().numpy(), expected.detach().numpy(), rtol=1e-9)
    z.backward(tg.tensor(g)), expected.backward(torch.tensor(g))
    for p, q in zip([*xs, *ours.parameters()], [*ys, *theirs.parameters()], strict=True):
        assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-9)


def test_bilinear_starts_as_pytorchs_and_says_what_does_not_fit():
    weight = nn.Bilinear(400, 5, 20).weight.numpy()
    assert 0.99 / 20 < abs(weight).max() <= 1 / 20
    with pytest.raises(ShapeError, match="bilinear"):
        nn.Bilinear(3, 4, 2)(tg.ones(5, 3), tg.ones(5, 3))
    with pytest.raises(ValueError, match="above 0"):
        nn.Bilinear(0, 4, 2)


def test_unflatten():
    x = tg.arange(24.0).reshape(2, 12)
    layer = nn.Sequential(nn.Unflatten(1, (3, -1)), nn.Flatten())
    assert layer[0](x).shape == (2, 3, 4)
    assert np.array_equal(layer(x).numpy(), x.numpy())
    assert repr(layer[0]) == "Unflatten(dim=1, unflattened_size=(3, -1))  # training mode"
    with pytest.raises(ShapeError):
        nn.Unflatten(1, (5, 2))(x)


@pytest.mark.parametrize("options", [{"padding_idx": 0}, {"scale_grad_by_freq": True}])
def test_what_was_looked_up_may_be_written(options):
    table = nn.Embedding(3, 2, **options)
    before = table.weight.tolist()
    x = table(tg.tensor([0, 1]))
    x += tg.ones(2, 2)
    x.sum().backward()
    assert table.weight.tolist() == before
    assert table.weight.grad[1].tolist() == [1.0, 1.0]
