"""The claims of examples/08_saturation.py."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def found(quick):
    return quick("08_saturation")[0]


def test_from_a_bad_start_the_quadratic_cost_is_slow(found):
    assert found["bad"]["quadratic"] > 0.9
    assert found["bad"]["cross-entropy"] < 0.1 and found["bad"]["quadratic, linear neuron"] < 0.01
    assert max(found["good"].values()) < 0.15, "from a good start all learn"


def test_the_slope_of_the_sigmoid_cancels(found):
    z, quadratic = found["slopes"]["quadratic"]
    a = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(quadratic, a * a * (1 - a), rtol=1e-9)
    np.testing.assert_allclose(found["slopes"]["cross-entropy"][1], a, rtol=1e-9)
    np.testing.assert_allclose(found["slopes"]["quadratic, linear neuron"][1], z, rtol=1e-9, atol=1e-12)


def test_on_digits_too(found):
    slow, fast = found["digits"].values()
    assert all(b > a + 0.1 for a, b in zip(slow, fast, strict=True))


def test_the_picture_is_there(quick):
    found, out = quick("08_saturation")
    assert [path.name for path in out.iterdir()] == [found["picture"]]
