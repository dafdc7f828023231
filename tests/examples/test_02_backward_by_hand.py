"""The backward pass by hand is the engine's to 1e-12, at every step of a descent that gets somewhere."""

import pytest


@pytest.fixture(scope="module")
def found(quick):
    return quick("02_backward_by_hand")[0]


def test_all_four_gradients_are_equal_to_rounding(found):
    assert found["differences"].shape == (30, 4)
    assert found["differences"].max() < 1e-12


def test_the_losses_are_equal_and_fall(found):
    by_hand, by_engine = found["losses"].T
    assert by_engine == pytest.approx(by_hand, abs=1e-12)
    assert by_hand[-5:].mean() < 0.5 * by_hand[0]


def test_the_picture_is_there(found, quick):
    assert (quick("02_backward_by_hand")[1] / found["picture"]).stat().st_size > 10_000
