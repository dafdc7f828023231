"""The hundred lines give the package's gradients, and differ from it where they say so."""

import importlib
import inspect

import numpy as np
import pytest

import tinygrad_edu as tg

engine = importlib.import_module("00_engine")


@pytest.fixture(scope="module")
def found(quick):
    return quick("00_engine")[0]


def neuron(w, x):
    odds = (w * x).sum().exp()
    return odds / (odds + 1)


def circuit(x, y, z):  # everything is used twice, broadcasts, and some x equal y
    return (x.maximum(y) * z - z * x / y + 2 * (-y).exp()).sum()


def neurons_inputs():
    return np.array([2.0, -3, -3]), np.array([-1.0, -2, 1])


def circuits_inputs():
    rng = np.random.default_rng(0)
    return [rng.integers(1, 4, shape).astype(float) for shape in ((3, 4), (4,), (3, 1))]


def learn(leaf, steps):
    """The mean losses of the page's network on its moons, by the engine whose Tensors `leaf` makes."""
    rng = np.random.default_rng(0)
    points, labels = (np.asarray(t) for t in tg.data.moons(100, noise=0.15, generator=rng).tensors)
    inputs = points.astype(float), np.eye(2)[labels]
    weights = [rng.standard_normal((2, 16)), np.zeros(16), 0.3 * rng.standard_normal((16, 2)), np.zeros(2)]
    losses = []
    for _ in range(steps):
        loss, _, _, *slopes = engine.gradients(leaf, engine.network, *inputs, *weights)
        losses.append(loss / len(points))
        weights = [w - 5e-3 * slope for w, slope in zip(weights, slopes, strict=True)]
    return np.array(losses)


@pytest.mark.parametrize(("program", "arrays"), [(neuron, neurons_inputs()), (circuit, circuits_inputs())])
def test_the_gradients_are_those_of_the_package(program, arrays):
    ours, theirs = (engine.gradients(leaf, program, *arrays) for leaf in (engine.Tensor, tg.nn.Parameter))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-11)


def test_the_gradients_of_the_network_are_those_of_the_package_at_every_step(found):
    assert found["apart"] < 1e-11


def test_it_learns_as_the_package_does_on_its_own_way(found, quick):
    assert found["losses"][0] > 0.5
    assert found["losses"][-1] < 0.5 * found["losses"][0]
    real_losses = learn(tg.nn.Parameter, len(found["losses"]))
    assert np.abs(found["losses"] - real_losses).max() < 1e-9
    assert (quick("00_engine")[1] / found["picture"]).stat().st_size > 10_000


def test_it_does_not_notice_a_write_and_the_package_does():
    assert engine.gradients(engine.Tensor, engine.written, 3.0)[1] == 8
    with pytest.raises(tg.errors.ChangedAfterUseError, match="written after mul used it"):
        engine.gradients(tg.nn.Parameter, engine.written, 3.0)


def test_the_gradients_of_the_books_neuron():
    _, by_w, by_x = engine.gradients(engine.Tensor, neuron, *neurons_inputs())
    np.testing.assert_allclose(by_w, [-0.1966, -0.3932, 0.1966], atol=5e-5)
    np.testing.assert_allclose(by_x, [0.3932, -0.5898, -0.5898], atol=5e-5)


def test_it_adds_over_uses_and_walks_and_halves_ties():
    x = engine.Tensor(3.0)
    y = x * x
    y.backward()
    y.backward()
    assert x.grad == 12
    a, b = engine.Tensor([1.0, 2.0, 3.0]), engine.Tensor([2.0, 2.0, 2.0])
    a.maximum(b).backward()
    assert a.grad.tolist() == [0, 0.5, 1]
    assert b.grad.tolist() == [1, 0.5, 0]


def test_a_chain_of_ten_thousand_gates_is_only_a_loop():
    x = y = engine.Tensor(1.0)
    for _ in range(10_000):
        y = y + 1
    y.backward()
    assert x.grad == 1


def test_the_engine_fits_in_a_hundred_lines():
    source = inspect.getsource(engine)
    assert source[: source.index("# Is it right?")].count("\n") < 100
