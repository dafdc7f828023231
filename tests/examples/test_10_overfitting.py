"""Overfitting: degree nine and 300 digits learned by heart, and what each remedy does to loss and weights."""


def test_degree_nine_meets_the_points_and_misses_the_line(quick):
    found, _ = quick("10_overfitting")
    assert found["misses"]["degree nine"] < 1e-9 < found["misses"]["degree one"]
    assert found["strays"]["degree nine"] > 5 * found["strays"]["degree one"]


def test_a_penalty_brings_degree_nine_back_to_the_line(quick):
    found, _ = quick("10_overfitting")
    assert found["strays"]["degree nine, with L2"] < found["strays"]["degree nine"] / 3


def test_a_network_learns_300_digits_by_heart_while_its_loss_on_others_rises(quick):
    found, _ = quick("10_overfitting")
    lowest, last = found["turned"]
    assert found["learned"] == 1
    assert found["right"]["nothing"] < 90
    assert last > lowest + 0.03


def test_small_weights_stopping_early_and_more_digits_hold_the_loss(quick):
    found, _ = quick("10_overfitting")
    losses = found["losses"]
    assert max(losses["L2"], losses["max-norm"], losses["early stopping"]) < losses["nothing"]
    assert losses["augmentation"] < losses["nothing"] - 0.05
    assert found["epochs"]["early stopping"] < found["epochs"]["nothing"]


def test_penalties_show_in_the_weights(quick):
    found, _ = quick("10_overfitting")
    zero = found["nearly_zero"]
    assert zero["nothing"] < 0.2 < zero["L2"] < zero["L1"]
    assert zero["L1"] > 0.8
    assert found["longest"] <= 0.7 * (1 + 1e-5)


def test_what_is_left_out_is_made_up_for_by_larger_weights(quick):
    found, _ = quick("10_overfitting")
    spread = found["spread"]
    assert min(spread["dropout"], spread["DropConnect"]) > 1.15 * spread["nothing"]
    assert max(spread["L1"], spread["L2"], spread["max-norm"]) < 0.85 * spread["nothing"]


def test_its_picture_is_there(quick):
    found, out = quick("10_overfitting")
    assert (out / found["picture"]).stat().st_size > 10_000
