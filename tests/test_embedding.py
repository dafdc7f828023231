"""Embedding, Bilinear and Unflatten against PyTorch, and what they say when handed the wrong thing."""

import numpy as np
import pytest
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
