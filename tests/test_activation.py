"""Activations as modules: PyTorch's names, settings, reprs, numbers; in place; errors."""

import math
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import LeafInPlaceError, OptionError, ShapeError, TinygradError
from tinygrad_edu.gates import route
from tinygrad_edu.nn import functional as F

LAYERS = [
    ("ReLU", {}), ("ReLU", {"inplace": True}), ("ReLU6", {}), ("LeakyReLU", {}), ("LeakyReLU", {"negative_slope": 0.2}),
    ("PReLU", {}), ("PReLU", {"num_parameters": 4, "init": 0.1}), ("ELU", {"alpha": 0.5}), ("ELU", {"inplace": True}),
    ("SELU", {}), ("CELU", {"alpha": 2.0}), ("GELU", {}), ("GELU", {"approximate": "tanh"}), ("SiLU", {}), ("Mish", {}),
    ("GLU", {}), ("GLU", {"dim": 1}), ("Sigmoid", {}), ("LogSigmoid", {}), ("Tanh", {}), ("Hardtanh", {}),
    ("Hardtanh", {"min_val": -0.5, "max_val": 0.25, "inplace": True}), ("Hardsigmoid", {}), ("Hardswish", {}),
    ("Softplus", {}), ("Softplus", {"beta": 2.0, "threshold": 1.0}), ("Softsign", {}), ("Softshrink", {"lambd": 0.25}),
    ("Hardshrink", {}), ("Tanhshrink", {}), ("Threshold", {"threshold": 0.1, "value": 20.0}), ("Softmax", {"dim": 1}),
    ("LogSoftmax", {"dim": -1}), ("Softmin", {"dim": 0}), ("Softmax2d", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "settings"), LAYERS, ids=[f"{name} {settings}" for name, settings in LAYERS])
def test_pytorchs(name, settings):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = getattr(nn, name)(**settings).double(), getattr(torch.nn, name)(**settings).double()
    assert repr(ours) == f"{theirs!r}  # training mode"
    assert {n: p.shape for n, p in ours.state_dict().items()} == {n: p.shape for n, p in theirs.state_dict().items()}
    for mode in (True, False):
        a = np.random.default_rng(0).normal(size=(3, 4, 2, 6)) * 2
        x, y = tg.tensor(a, requires_grad=True), torch.tensor(a, requires_grad=True)
        found, expected = ours.train(mode)(x * 1), theirs.train(mode)(y * 1)
        g = np.random.default_rng(1).normal(size=found.shape)
        found.backward(tg.tensor(g)), expected.backward(torch.tensor(g))
        assert_allclose(found.numpy(), expected.detach().numpy(), rtol=1e-9, atol=1e-12)
        assert_allclose(x.grad, y.grad, rtol=1e-9, atol=1e-7 if name == "Hardsigmoid" else 1e-12)
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert_allclose(p.grad, q.grad, rtol=1e-9, atol=1e-12)


def test_rrelu_draws_in_training_only():
    _ = tg.manual_seed(0)
    layer, x = nn.RReLU(0.25, 0.75), tg.full((2000,), -1.0, requires_grad=True)
    z = layer(x)
    z.sum().backward()
    assert_allclose(x.grad, -z.numpy())
    assert_allclose([z.numpy().mean(), z.numpy().min(), z.numpy().max()], [-0.5, -0.75, -0.25], atol=0.02)
    assert layer(tg.ones(3)).tolist() == [1, 1, 1]
    assert layer.eval()(x).tolist() == [-0.5] * 2000
    assert repr(nn.RReLU().eval()) == "RReLU(lower=0.125, upper=0.3333333333333333)  # evaluation mode"


def test_gelu_of_float32_is_that_of_float64_in_any_order_of_memory_and_beyond_a_block():
    a = np.linspace(-13, 13, 2 * 3 * 22000, dtype=np.float32).reshape(2, 3, 22000)
    for each in (a, a.T, a.transpose(1, 0, 2), a[:, ::-1, ::2], a[:, :0]):
        for x in (tg.Tensor(each), tg.Tensor(np.ascontiguousarray(each))):
            exact = each * np.vectorize(lambda v: math.erfc(-v / math.sqrt(2)) / 2, otypes=[float])(each)
            assert F.gelu(x).dtype == np.float32
            assert_allclose(F.gelu(x), exact, rtol=5e-6, atol=1e-37)
            assert_allclose(F.gelu(x), exact, atol=5e-7, rtol=2e-7)
    assert F.gelu(tg.tensor(0.5)).shape == ()
    assert (
        str(F.gelu(tg.tensor([np.nan, np.inf, -100.0, 3e38])).tolist())
        == f"[nan, inf, -0.0, {float(np.float32(3e38))}]"
    )
    assert F.gelu(tg.Tensor(a[0].T)).numpy().strides == a[0].T.strides


def test_gelu_is_the_same_on_two_threads():
    x = tg.Tensor(np.random.default_rng(0).normal(size=(1000, 700)).astype(np.float32))
    alone = F.gelu(x)
    tg.set_num_threads(2)
    try:
        assert (F.gelu(x) == alone).all()
    finally:
        tg.set_num_threads(None)


def test_the_cases_of_nielsen_and_the_courses_by_formula():
    x = tg.tensor([-2.0, -0.5, 0.0, 0.5, 2.0], dtype=tg.float64)
    a = x.numpy()
    assert_allclose(F.silu(x), a / (1 + np.exp(-a)))
    assert_allclose(F.softplus(x), np.log1p(np.exp(a)))
    assert_allclose(F.elu(x), np.where(a > 0, a, np.expm1(a)))
    assert_allclose(F.mish(x), a * np.tanh(np.log1p(np.exp(a))))
    assert_allclose(F.gelu(x), F.gelu(x, "tanh"), atol=1e-3)


def test_the_slope_of_silu_far_out():
    x = tg.tensor([1e4, 3e4], dtype=tg.float16, requires_grad=True)
    F.silu(x).sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_selu_keeps_mean_0_and_variance_1():
    z = F.selu(tg.tensor(np.random.default_rng(0).normal(size=200_000))).numpy()
    assert_allclose([z.mean(), z.var()], [0, 1], atol=0.02)


def test_in_place_is_in_place_and_safe():
    x = tg.tensor([-1.0, 2.0])
    assert F.silu(x, inplace=True) is x
    nn.Sequential(nn.Threshold(0, 5, inplace=True))(x)
    assert x[0].item() == 5
    with pytest.raises(LeafInPlaceError):
        F.relu(tg.tensor([1.0], requires_grad=True), inplace=True)


IN_PLACE = {"relu": (), "leaky_relu": (0.2,), "rrelu": (0.1, 0.3), "hardtanh": (-0.5, 1.0), "threshold": (0.5, 7.0),
            "elu": (0.5,), "selu": (), "celu": (0.5,)}  # fmt: skip


@pytest.mark.parametrize(("name", "settings"), IN_PLACE.items(), ids=IN_PLACE)
def test_a_name_with_an_underscore_writes_into_its_input(name, settings):
    x, plain, in_place = tg.tensor([-1.0, 0.25, 2.0], requires_grad=True), getattr(F, name), getattr(F, f"{name}_")
    z = plain(x, *settings)
    (expected,) = tg.autograd.grad(z.sum(), x)
    y = x.clone()
    assert in_place(y, *settings) is y
    assert_allclose(y.detach().numpy(), z.detach().numpy())
    y.sum().backward()
    assert_allclose(x.grad.numpy(), expected.numpy())
    assert in_place.__name__ == f"{name}_"
    with pytest.raises(LeafInPlaceError, match="overwrite a leaf"):
        in_place(x, *settings)


def test_gumbel_softmax():
    _ = tg.manual_seed(0)
    logits = tg.tensor(np.tile(np.log([0.2, 0.3, 0.5]), (20_000, 1)), requires_grad=True)
    drawn = F.gumbel_softmax(logits, hard=True)
    assert_allclose(drawn.numpy().mean(0), [0.2, 0.3, 0.5], atol=0.02)
    assert_allclose(np.sort(drawn.numpy(), 1), np.tile([0, 0, 1], (20_000, 1)), atol=1e-12)
    drawn[:, 0].sum().backward()
    assert np.abs(logits.grad.numpy()).sum() > 0
    assert_allclose(F.gumbel_softmax(logits, tau=0.5).numpy().sum(1), 1)


def test_errors_say_what_to_do():
    with pytest.raises(TinygradError, match=r"Softmin was not told its axis(?s:.)*nn\.Softmin\(dim=1\)"):
        nn.Softmin()(tg.ones(2, 2))
    with pytest.raises(ShapeError, match=r"prelu(?s:.)*weight \(1,\) or \(3,\)"):
        nn.PReLU(2)(tg.ones(5, 3))
    with pytest.raises(ShapeError, match="glu halves an axis"):
        F.glu(tg.ones(3))
    with pytest.raises(ShapeError, match="Softmax2d takes images"):
        nn.Softmax2d()(tg.ones(2, 2))
    for wrong in (
        lambda: F.rrelu(tg.ones(1), 0.5, 0.25),
        lambda: F.hardtanh(tg.ones(1), 2, 1),
        lambda: nn.Hardtanh(1, 1),
        lambda: F.softshrink(tg.ones(1), -1),
        lambda: F.celu(tg.ones(1), 0),
        lambda: F.gelu(tg.ones(1), "fast"),
    ):
        with pytest.raises(OptionError, match="got"):
            wrong()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
def test_many_are_chosen_exactly_as_by_where(dtype, monkeypatch):
    """By their bits: the payload of a nan, the sign of a zero; in any memory order, and also broadcast."""
    monkeypatch.setattr(route, "_MANY", 1)
    values = [0.0, -0.0, 1.5, -2.0] + ([np.inf, -np.inf, np.nan, -np.nan] if np.dtype(dtype).kind == "f" else [])
    x, y = (np.array(pair, dtype) for pair in zip(*product(values, values), strict=True))
    mask = np.arange(x.size) % 3 == 0
    columns = np.asfortranarray(np.tile(x, (3, 1)))
    for m, a, b in (
        (mask, x, y),
        (mask[::-1], x[::-1], y),
        (np.tile(mask, (3, 1)), columns, np.tile(y, (3, 1))),
        (mask, columns, y),
        (mask, x, np.array(3, dtype)),
        (mask, x, y.astype(np.float64)),
        (mask, x, 2.0),
    ):
        found, expected = route.choose(m, a, b), np.where(m, a, b)
        assert found.dtype == expected.dtype and found.tobytes() == expected.tobytes()
