"""Dropout in all its forms: what it expects, that evaluating changes nothing, that a seed repeats it; maxout."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import ShapeError, TinygradError
from tinygrad_edu.utils.checkpoint import checkpoint

LAYERS = {
    "Dropout": (nn.Dropout(0.3), (200, 200)),
    "Dropout1d": (nn.Dropout1d(0.3), (200, 200, 2)),
    "Dropout1d: one sample": (nn.Dropout1d(0.3), (40000, 2)),
    "Dropout2d": (nn.Dropout2d(0.3), (200, 200, 2, 1)),
    "Dropout2d: signals": (nn.Dropout2d(0.3), (200, 200, 2)),
    "Dropout3d": (nn.Dropout3d(0.3), (200, 200, 2, 1, 1)),
    "Dropout3d: one sample": (nn.Dropout3d(0.3), (40000, 2, 1, 1)),
    "AlphaDropout": (nn.AlphaDropout(0.3), (200, 200)),
    "FeatureAlphaDropout": (nn.FeatureAlphaDropout(0.3), (200, 200, 2)),
    "StochasticDepth": (nn.StochasticDepth(0.3), (40000, 2)),
}
each_layer = pytest.mark.parametrize(("layer", "shape"), LAYERS.values(), ids=LAYERS)
channels = pytest.mark.parametrize(
    ("layer", "shape"), [pair for name, pair in LAYERS.items() if name not in ("Dropout", "AlphaDropout")]
)


@each_layer
def test_the_mean_stays(layer, shape):
    rng = tg.manual_seed(0)
    x = tg.tensor(rng.normal(size=shape) + ("Alpha" not in type(layer).__name__))
    z = layer.train()(x)
    assert_allclose(z.mean().item(), x.mean().item(), atol=0.03)  # 40 000 draws: 4 standard deviations
    if "Alpha" in type(layer).__name__:
        assert_allclose(z.var().item(), 1, rtol=0.03)
    else:
        assert_allclose((z == 0).float().mean().item(), 0.3, atol=0.01)
        kept = np.asarray(z) != 0
        assert_allclose(np.asarray(z)[kept], np.asarray(x)[kept] / 0.7, rtol=1e-12)


@each_layer
def test_evaluation_is_identity(layer, shape):
    x = tg.ones(*shape)
    assert layer.eval()(x) is x
    layer.train()
    assert type(layer)(0.0)(x) is x


@channels
def test_a_whole_channel_goes(layer, shape):
    z = np.asarray(layer.train()(tg.ones(*shape)))
    assert len(np.unique(z)) == 2
    flat = z.reshape(-1, 2)  # the last two elements lie in one channel, or one sample
    assert (flat[:, 0] == flat[:, 1]).all()


@each_layer
def test_a_seed_repeats_it(layer, shape):
    x = tg.ones(*shape)
    tg.manual_seed(5), layer.train()
    first, second = layer(x), layer(x)
    tg.manual_seed(5)
    assert (layer(x) == first).all()
    assert not (first == second).all()


def test_the_gradient_goes_where_the_values_went():
    x = tg.ones(1000, requires_grad=True)
    z = nn.Dropout(0.25)(x)
    z.sum().backward()
    assert (x.grad == z).all()
    assert z.gate.kind == "route"


def test_checkpoint_draws_the_same_again():
    x = tg.ones(1000, requires_grad=True)
    z = checkpoint(nn.Dropout(0.5), x)
    z.sum().backward()
    assert (x.grad == z).all()


@pytest.mark.parametrize("kind", [nn.Dropout, nn.Dropout1d, nn.AlphaDropout, nn.StochasticDepth])
def test_all_of_it_dropped(kind):
    assert kind(1.0)(tg.ones(3, 4, 5)).abs().sum().item() == 0


@pytest.mark.parametrize("dtype", [tg.float32, tg.float64])
@each_layer
def test_dtypes_stay(layer, shape, dtype):
    assert layer.train()(tg.ones(*(min(n, 3) for n in shape), dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("kind", [nn.Dropout, nn.AlphaDropout])
def test_in_place(kind):
    x = tg.ones(100)
    assert kind(0.5, inplace=True)(x) is x
    assert len(np.unique(np.asarray(x))) == 2
    leaf = tg.ones(10, requires_grad=True)
    y = leaf * 1
    kind(0.5, inplace=True)(y).sum().backward()
    assert leaf.grad.shape == (10,)


def test_what_makes_no_sense_is_refused():
    for p in (-0.1, 1.1):
        for make in (nn.Dropout, nn.StochasticDepth, lambda p: nn.DropConnect(nn.Linear(2, 2), p)):
            with pytest.raises(ValueError, match="between 0 and 1"):
                make(p)
    with pytest.raises(ValueError, match="row or batch"):
        nn.functional.stochastic_depth(tg.ones(2), 0.5, "rows")
    with pytest.raises(ShapeError, match=r"dropout3d drops whole channels(?s:.)*\(2, 3\)"):
        nn.Dropout3d()(tg.ones(2, 3))
    with pytest.raises(TinygradError, match=r"no such parameter(?s:.)*wait"):
        nn.DropConnect(nn.Linear(2, 2), names=("wait",))


def test_stochastic_depth_of_a_batch_is_all_or_nothing():
    tg.manual_seed(0)
    layer = nn.StochasticDepth(0.5, "batch")
    seen = {layer(tg.ones(4, 2)).sum().item() for _ in range(40)}
    assert seen == {0, 16}


def test_dropconnect_drops_weights_and_leaves_the_layer_as_it_was():
    tg.manual_seed(0)
    layer = nn.DropConnect(nn.Linear(300, 200, bias=False), p=0.25)
    own = layer.layer.weight
    z = layer(tg.eye(300))
    kept = np.asarray(z.detach()) != 0
    assert_allclose(kept.mean(), 0.75, atol=0.01)
    assert_allclose(np.asarray(z.detach())[kept], np.asarray(own.detach()).T[kept] / 0.75, rtol=1e-5)
    assert layer.layer.weight is own
    z.sum().backward()
    assert (kept == (np.asarray(own.grad) != 0).T).all()
    assert list(layer.state_dict()) == ["layer.weight"]
    assert_allclose(layer.eval()(tg.eye(300)).detach(), np.asarray(own.detach()).T)
    with pytest.raises(ShapeError):
        layer.train()(tg.ones(2))
    assert layer.layer.weight is own


@pytest.mark.parametrize(
    "name", ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"]
)
def test_alphas_and_reprs_are_pytorchs(name):
    """The values that PyTorch's layers give are ours, whatever was drawn."""
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = getattr(nn, name)(0.3), getattr(torch.nn, name)(0.3)
    assert repr(ours).split("  #")[0] == repr(theirs)
    shape = (20, 20) + {"1": (2,), "2": (2, 2), "3": (2, 2, 2)}.get(name[-2], ())
    expected = np.unique(theirs(torch.full(shape, 2.0, dtype=torch.float64)).numpy().round(10))
    found = np.unique(np.asarray(ours(tg.full(shape, 2.0, dtype=tg.float64))).round(10))
    assert_allclose(found, expected)


def test_maxout():
    layer = nn.Maxout(3, 4, pieces=2)
    x = tg.randn(5, 3)
    z = np.asarray(x @ layer.linear.weight.T + layer.linear.bias).reshape(5, 4, 2).max(-1)
    assert_allclose(layer(x).detach(), z, rtol=1e-5)
    assert nn.functional.maxout(tg.ones(2, 6, 5), 3, dim=1).shape == (2, 2, 5)
    with pytest.raises(ShapeError, match="a multiple of 4"):
        nn.functional.maxout(tg.ones(6), 4)
