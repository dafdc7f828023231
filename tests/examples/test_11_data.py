"""Data: more digits, distorted digits, prepared digits, and inputs times 100."""

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")


def test_more_digits_make_network_and_support_vector_machine_better(quick):
    found, _ = quick("11_data")
    for scores in found["growth"].values():
        assert scores[-1] > scores[1] > scores[0]
        assert scores[-1] > scores[0] + 10


def test_which_is_better_depends_on_how_many_digits_there_are(quick):
    growth = quick("11_data")[0]["growth"]
    assert growth["network"][0] > growth["machine"][0] + 1
    assert growth["machine"][-1] > growth["network"][-1] + 2


def test_turned_and_bent_digits_teach_more_than_the_same_ones_again(quick):
    found, _ = quick("11_data")
    before, *others = found["distorted"].values()
    assert len(others) == 3 and min(others) > before + 0.5


def test_without_preprocessing_a_rate_that_suits_the_others_learns_little(quick):
    found, _ = quick("11_data")
    prepared = found["prepared"]
    assert prepared["standardized"] > prepared["0 to 1"]
    assert min(prepared["standardized"], prepared["whitened"]) > prepared["0 to 255"] + 10


def test_inputs_times_100_make_weight_gradients_times_100_and_leave_those_of_biases(quick):
    found, _ = quick("11_data")
    assert found["ratio"] == pytest.approx(100, rel=1e-5)
    assert found["exact"] < 1e-5  # every single one
    assert found["bias"] == pytest.approx(1)


def test_its_picture_is_there(quick):
    found, out = quick("11_data")
    assert (out / found["picture"]).stat().st_size > 10_000
