"""First values: each drawn with the variance that its formula says, or of the form that its name says."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu.errors import ChangedAfterUseError, ShapeError
from tinygrad_edu.nn import init

FAN_OUT, FAN_IN = 300, 200  # of a weight of shape (300, 200)
VARIANCES = [
    ("uniform_", {"a": -1, "b": 3}, 16 / 12),
    ("normal_", {"mean": 1, "std": 0.5}, 0.25),
    ("trunc_normal_", {}, 0.7737),  # of the standard normal within ±2
    ("trunc_normal_", {"std": 0.02}, 0.0004),  # ±2 is a hundred deviations
    ("xavier_uniform_", {"gain": 2.0}, 4 * 2 / (FAN_IN + FAN_OUT)),
    ("xavier_normal_", {"gain": 2.0}, 4 * 2 / (FAN_IN + FAN_OUT)),
    ("kaiming_uniform_", {"nonlinearity": "relu"}, 2 / FAN_IN),
    ("kaiming_normal_", {"nonlinearity": "relu"}, 2 / FAN_IN),
    ("kaiming_normal_", {"mode": "fan_out", "a": 0.2}, 2 / (1 + 0.04) / FAN_OUT),
    ("lecun_uniform_", {}, 1 / FAN_IN),
    ("lecun_normal_", {}, 1 / FAN_IN),
    ("nielsen_", {}, 1 / FAN_IN),
    ("orthogonal_", {"gain": 3}, 9 / FAN_OUT),  # 200 columns of length 3 in 300 rows
    ("sparse_", {"sparsity": 0.25, "std": 0.1}, 0.01 * 0.75),
]


@pytest.mark.parametrize(("name", "settings", "variance"), VARIANCES)
def test_variance(name, settings, variance):
    t = tg.zeros(FAN_OUT, FAN_IN)
    assert getattr(init, name)(t, **settings, generator=np.random.default_rng(0)) is t
    assert_allclose(t.numpy().var(), variance, rtol=0.02)
    assert_allclose(t.numpy().mean(), 1 if settings.get("mean") or settings.get("b") else 0, atol=0.02)
    again = getattr(init, name)(tg.zeros(FAN_OUT, FAN_IN), **settings, generator=np.random.default_rng(0))
    assert (again.numpy() == t.numpy()).all()
    _ = tg.manual_seed(5)
    one = getattr(init, name)(tg.zeros(4, 3), **settings).tolist()
    _ = tg.manual_seed(5)
    assert getattr(init, name)(tg.zeros(4, 3), **settings).tolist() == one


def test_a_signal_keeps_its_variance_through_layers():
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.normal(size=(500, 300)))
    for _ in range(10):
        x = tg.relu(x @ init.kaiming_normal_(tg.zeros(300, 300, dtype=tg.float64), nonlinearity="relu", generator=rng))
    assert 0.5 < (x.numpy() ** 2).mean() < 2


def test_fans_of_a_convolution():
    t = init.lecun_normal_(tg.zeros(64, 32, 3, 3), generator=np.random.default_rng(0))
    assert_allclose(t.numpy().std(), 1 / math.sqrt(32 * 9), rtol=0.02)


@pytest.mark.parametrize(
    ("a", "b"), [(-2, 2), (0, 1), (-0.1, 0.1), (3, 4), (5, math.inf), (-math.inf, -6), (-1, math.inf)]
)
def test_trunc_normal_is_the_normal_within_bounds(a, b):
    scipy = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    t = init.trunc_normal_(tg.zeros(20_000, dtype=tg.float64), 1.0, 2.0, 1 + 2 * a, 1 + 2 * b, np.random.default_rng(0))
    values = (t.numpy() - 1) / 2
    assert a - 1e-12 <= values.min() and values.max() <= b + 1e-12
    assert scipy.kstest(values, scipy.truncnorm(a, b).cdf).pvalue > 1e-3


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3)])
def test_orthogonal(shape):
    W = init.orthogonal_(tg.zeros(*shape, dtype=tg.float64), 2.0).numpy().reshape(shape[0], -1)
    short = W @ W.T if W.shape[0] <= W.shape[1] else W.T @ W
    assert_allclose(short, 4 * np.eye(len(short)), atol=1e-12)
    assert init.orthogonal_(tg.zeros(0, 3)).shape == (0, 3)


def test_orthogonal_matrices_are_all_as_likely():
    rng = np.random.default_rng(0)
    drawn = [init.orthogonal_(tg.zeros(2, 2, dtype=tg.float64), generator=rng).numpy() for _ in range(400)]
    assert abs(np.mean(drawn, axis=0)).max() < 0.12
    assert 0.4 < np.mean([np.linalg.det(W) > 0 for W in drawn]) < 0.6


def test_sparse_has_its_zeros_in_every_column():
    t = init.sparse_(tg.zeros(20, 30), 0.33)
    assert (t.numpy() == 0).sum(0).tolist() == [7] * 30


@pytest.mark.parametrize(
    ("shape", "groups"), [((4, 4, 3), 1), ((4, 2, 3, 3), 1), ((2, 4, 3, 4), 1), ((6, 2, 5), 3), ((4, 1, 2, 3, 4), 4)]
)
def test_dirac_is_pytorchs(shape, groups):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    expected = torch.nn.init.dirac_(torch.empty(*shape), groups).numpy()
    assert np.array_equal(init.dirac_(tg.ones(*shape), groups).numpy(), expected)


def test_gains():
    known = {"linear": 1, "conv2d": 1, "conv_transpose3d": 1, "sigmoid": 1, "tanh": 5 / 3, "selu": 3 / 4}
    assert {name: init.calculate_gain(name) for name in known} == known
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / (1 + 0.01**2))
    assert init.calculate_gain("leaky_relu", 2) == math.sqrt(2 / 5)
    with pytest.raises(ValueError, match="no gain for 'swish'"):
        init.calculate_gain("swish")


def test_defaults():
    t = init.trunc_normal_(tg.zeros(20_000), generator=np.random.default_rng(0)).numpy()
    assert abs(t.mean()) < 0.03 and (round(float(t.min()), 1), round(float(t.max()), 1)) == (-2, 2)
    sparse = init.sparse_(tg.zeros(100, 100), 0.5, generator=np.random.default_rng(0)).numpy()
    assert sparse[sparse != 0].std() == pytest.approx(0.01, rel=0.05)


def test_a_weight_that_a_graph_uses():
    w = tg.ones(2, requires_grad=True)
    loss = (w * w).sum()
    init.zeros_(w)
    with pytest.raises(ChangedAfterUseError):
        loss.backward()


def test_eye_and_constants():
    assert init.eye_(tg.ones(3, 2)).tolist() == [[1, 0], [0, 1], [0, 0]]
    assert init.zeros_(tg.ones(2)).tolist() == [0, 0]
    assert init.ones_(tg.zeros(2)).tolist() == [1, 1]
    assert init.constant_(tg.zeros(2), 0.5).tolist() == [0.5, 0.5]


def test_errors():
    for wrong in (
        lambda: init.eye_(tg.zeros(3)),
        lambda: init.sparse_(tg.zeros(3), 0.1),
        lambda: init.orthogonal_(tg.zeros(3)),
        lambda: init.dirac_(tg.zeros(3, 3)),
        lambda: init.dirac_(tg.zeros(3, 3, 3), groups=2),
        lambda: init.xavier_normal_(tg.zeros(3)),
        lambda: init.nielsen_(tg.zeros(3)),
    ):
        with pytest.raises(ShapeError):
            wrong()
    with pytest.raises(ValueError, match="a is below b"):
        init.trunc_normal_(tg.zeros(3), a=1, b=1)
    with pytest.raises(ValueError, match="std is positive"):
        init.trunc_normal_(tg.zeros(3), std=0)
    with pytest.raises(ValueError, match="fan_in or fan_out"):
        init.kaiming_normal_(tg.zeros(3, 3), mode="in")
