"""float16: sums that leave its range, or its digits, on the way to a result that does not."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn

F = nn.functional
HALF = tg.float16


def draw(*shape, scale=10.0):
    return tg.tensor((np.random.default_rng(0).standard_normal(shape) * scale).astype(np.float16))


WIDE = {
    "sum": lambda x: x.sum(1),
    "mean": lambda x: (x.abs() * 100).mean(1),
    "var": lambda x: x.var(1),
    "var_mean": lambda x: tg.var_mean(x, 1)[0],
    "std": lambda x: x.std(1),
    "norm": lambda x: x.norm(dim=1),
    "norm of 3": lambda x: x[:, :40].norm(3, 1),
    "cumsum": lambda x: x.abs().cumsum(1),
    "logcumsumexp": lambda x: (x / 10).logcumsumexp(1),
    "cosine_similarity": lambda x: F.cosine_similarity(x, x + 1),
    "normalize": lambda x: F.normalize(x),
    "avg_pool1d": lambda x: F.avg_pool1d(x.abs() * 100, 100),
    "adaptive_avg_pool1d": lambda x: F.adaptive_avg_pool1d(x.abs() * 100, 1),
    "layer_norm": lambda x: F.layer_norm(x, (3000,)),
    "mse_loss": lambda x: F.mse_loss(x, x + 10),
    "logsumexp": lambda x: x.logsumexp(1),
    "softmax": lambda x: x.softmax(1),
    "linear": lambda x: F.linear(x, x[:3] / 100),
}


@pytest.mark.parametrize("function", WIDE.values(), ids=WIDE)
def test_what_fits_at_the_end_fits(function):
    x = draw(4, 3000)
    z, exact = function(x), function(x.double())
    assert z.dtype == HALF
    np.testing.assert_allclose(z.double(), exact, rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("made", [
    lambda b: tg.ones(5000, 3, dtype=HALF) + b,
    lambda b: b.expand(5000, 3),
    lambda b: b.expand(1, 3)[np.zeros(5000, int)],
    lambda b: b.gather(0, tg.arange(3).repeat(5000)),
    lambda b: F.embedding(tg.zeros(5000, dtype=tg.int64), b.reshape(1, 3)),
])  # fmt: skip
def test_gradients_of_what_was_stretched_are_counted_in_full(made):
    b = tg.zeros(3, dtype=HALF, requires_grad=True)
    made(b).sum().backward()
    assert b.grad.dtype == HALF and b.grad.tolist() == [5000.0] * 3


@pytest.mark.parametrize(("function", "z", "slope"), [
    (lambda x: x * 65536.0, 32768.0, np.inf),
    (lambda x: 65536 * x / 65536, 0.5, 1.0),
    (lambda x: x / 1e5, 5e-6, 1e-5),
    (lambda x: x * 1e-6, 5e-7, 1e-6),
    (lambda x: x - 1e5, -np.inf, 1.0),
    (lambda x: 1e6 / (x * 100), 20000.0, -40000.0),
    (lambda x: x / np.float64(1e5), 5e-6, 1e-5),
    (lambda x: np.float32(1e6) / (x * 100), 20000.0, -40000.0),
    (lambda x: x / tg.tensor(1e5), 5e-6, 1e-5),
    (lambda x: tg.tensor(1e6) / (x * 100), 20000.0, -40000.0),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
def test_a_number_beyond_its_range_is_not_rounded_first(function, z, slope):
    x = tg.tensor([0.5], dtype=HALF, requires_grad=True)
    y = function(x)
    y.backward()
    assert y.dtype == x.grad.dtype == HALF
    np.testing.assert_allclose([y.item(), x.grad.item()], np.array([z, slope], np.float16), rtol=1e-3, atol=1.2e-7)


def test_in_place_too():
    x = tg.tensor([0.5], dtype=HALF)
    x *= 65536.0
    x /= 1e5
    assert x.dtype == HALF and abs(x.item() - 0.32768) < 1e-3


def test_ldexp_stays_a_half_and_leaves_its_range_only_at_the_end():
    assert tg.ldexp(tg.tensor([0.5], dtype=HALF) / 8192, tg.tensor([17])).item() == 8
    x = tg.tensor([0.5], dtype=HALF, requires_grad=True)
    z = tg.ldexp(x, tg.tensor([3]))
    z.sum().backward()
    assert z.dtype == x.grad.dtype == np.float16
    assert x.grad.item() == 8
