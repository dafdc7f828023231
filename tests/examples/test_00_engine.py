"""The hundred lines give the package's gradients, and differ from it where they say so."""

import importlib
import inspect

import numpy as np
import pytest

engine = importlib.import_module("00_engine")


@pytest.fixture(scope="module")
def found(quick):
    return quick("00_engine")[0]


@pytest.mark.parametrize("program", ["neuron", "circuit", "network"])
def test_the_gradients_are_those_of_the_package(found, program):
    assert found["apart"][program] < 1e-11


def test_it_learns_as_the_package_does(found, quick):
    assert found["losses"][0] > 0.5
    assert found["losses"][-1] < 0.5 * found["losses"][0]
    assert np.abs(found["losses"] - found["real_losses"]).max() < 1e-9
    assert (quick("00_engine")[1] / found["picture"]).stat().st_size > 10_000


def test_it_does_not_notice_a_write_and_the_package_does(found):
    assert found["silent"] == 8
    assert "written after mul used it" in found["said"]


def test_the_gradients_of_the_books_neuron():
    w, x = engine.Tensor([2.0, -3.0, -3.0]), engine.Tensor([-1.0, -2.0, 1.0])
    engine.neuron(w, x).backward()
    np.testing.assert_allclose(w.grad, [-0.1966, -0.3932, 0.1966], atol=5e-5)
    np.testing.assert_allclose(x.grad, [0.3932, -0.5898, -0.5898], atol=5e-5)


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
