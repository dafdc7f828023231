"""The claims of examples/06_learning_rates.py."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def found(quick):
    return quick("06_learning_rates")[0]


def test_a_small_rate_crawls_and_a_large_one_jumps_about(found):
    small, right, large = (np.array(found["rates"][rate]["val_loss"]) for rate in (0.025, 0.25, 2.5))
    assert right[-1] < 0.75 * large[-1] and right[-1] < 0.75 * small[-1]
    assert (np.diff(small) < 0).all(), "0.025 goes down in every epoch"
    assert np.abs(np.diff(large))[3:].max() > 0.1 > np.abs(np.diff(right))[-3:].max()


def test_schedules_that_decay_end_below_the_constant_rate(found):
    constant, *decaying = (np.mean(history["val_loss"][-3:]) for history in found["planned"].values())
    assert len(decaying) == 4 and np.mean(decaying) < constant


def test_the_finder_suggests_a_rate_that_works(found):
    assert 0.1 < found["curve"].suggestion < 2.5


def test_halving_ends_by_itself_after_seven_halvings(found):
    rates = found["halved"]["lr"]
    assert found["halved"].stopped and len(rates) < 60
    assert sorted(set(rates), reverse=True) == [2.5 / 2**i for i in range(7)], "the seventh ends it"
    assert found["halved"]["val_loss"][-1] < found["rates"][2.5]["val_loss"][-1] + 0.1


def test_small_batches_learn_more_in_an_epoch(found):
    first = [right[1] for _, right in found["sizes"].values()]
    assert first[0] > first[1] > first[2] and first[1] > first[3] + 0.1


def test_two_digits_and_a_scaled_penalty_tell_sooner(found):
    ten, two, unscaled = (history["val_accuracy"][0] for history in found["feedback"].values())
    assert two > 0.95 and ten < 0.7 and unscaled < 0.8


def test_the_pictures_are_there(quick):
    found, out = quick("06_learning_rates")
    assert {path.name for path in out.iterdir()} == {"rates.png", "feedback.png"} and found["picture"] == "rates.png"
