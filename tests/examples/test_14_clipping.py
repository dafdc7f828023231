"""Clipping: the cliff throws weights away, a recurrent net explodes, and shorter steps of the same direction do not."""

import numpy as np


def test_without_clipping_one_gradient_throws_the_weights_off_the_cliff(quick):
    found, _ = quick("14_clipping")
    _, norms = found["cliff"][np.inf]
    assert norms.max() > 10
    assert found["jumps"][0] > 2
    assert found["ends"][0] > 0.05


def test_with_clipping_no_step_is_longer_than_rate_times_norm_and_the_valley_is_found(quick):
    found, _ = quick("14_clipping")
    assert found["jumps"][1] <= 0.2 * 1.0
    assert found["ends"][1] < 1e-3


def test_an_exploding_recurrent_net_learns_only_with_clipping(quick):
    found, _ = quick("14_clipping")
    without, _ = found["sums"][np.inf]
    losses, norms = found["sums"][1.0]
    assert len(without) - 1 < 5
    assert not without[-1] < float("inf")  # inf or nan
    assert norms[0] > 100
    assert losses[-1] < 1
    assert losses[-50:].mean() < 0.3  # 1/3 is the variance: what the answer 0 would cost


def test_its_picture_is_there(quick):
    found, out = quick("14_clipping")
    assert (out / found["picture"]).stat().st_size > 10_000
