"""Every step of the books' circuits is local times upstream; only an elementwise gate's Jacobian is a diagonal."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def found(quick):
    return quick("01_gates")[0]


def test_the_gradients_are_those_of_the_books(found):
    assert found["gradients"]["(x + y) z"] == {"x": -4, "y": -4, "z": 3}
    assert found["gradients"]["2 (x y + max(z, w))"] == {"x": -8, "y": 6, "z": 2, "w": 0}
    s = 1 / (1 + np.exp(-1.0))
    slope = s * (1 - s)
    expected = {"w0": -slope, "x0": 2 * slope, "w1": -2 * slope, "x1": -3 * slope, "w2": slope}
    assert found["gradients"]["neuron"] == pytest.approx(expected, rel=1e-12)
    assert found["gradients"]["neuron, taken apart"] == pytest.approx(expected, rel=1e-12)


def test_every_step_is_local_times_upstream_and_all_kinds_are_there(found):
    every = [step for steps in found["steps"].values() for step in steps]
    assert {kind for kind, *_ in every} == {"distribute", "switch", "route", "slope"}
    for _, upstream, local, sent in every:
        assert sent == pytest.approx(upstream * local, rel=1e-12)


def test_taken_apart_the_sigmoid_is_four_gates(found):
    steps = {name: len(steps) for name, steps in found["steps"].items()}
    assert steps["neuron, taken apart"] == steps["neuron"] + 3


def test_the_jacobians(found):
    exp, matmul = found["exp"], found["matmul"]
    assert np.count_nonzero(exp) == len(exp) == 12
    assert np.array_equal(exp, np.diag(np.diag(exp)))
    assert matmul.shape == (20, 12)
    assert not any(matmul[5 * i : 5 * i + 5, 3 * j : 3 * j + 3].any() for i in range(4) for j in range(4) if i != j)
    assert np.count_nonzero(matmul) == 60
    assert found["formed"] < 1e-12
    assert (found["saved"] > 500).all()


def test_the_page_and_the_picture_are_written(found, quick):
    out = quick("01_gates")[1]
    assert "<html" in (out / found["page"]).read_text(encoding="utf-8")
    assert (out / found["picture"]).stat().st_size > 10_000
