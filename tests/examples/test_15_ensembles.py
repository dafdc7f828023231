"""Ensembles: together they know more than alone, averages are steadier, and stochastic depth is many nets in one."""

import numpy as np
import pytest


@pytest.mark.parametrize(("name", "gain"), [("five nets", 0.3), ("snapshots", 0.3), ("one, pooled", 1)])
def test_together_they_read_more_than_each_alone(quick, name, gain):
    found, _ = quick("15_ensembles")
    alone = np.mean(found["members"][name])
    assert found["mean"][name] > alone + gain
    assert found["vote"][name] > alone


def test_one_cyclic_run_leaves_five_snapshots(quick):
    found, _ = quick("15_ensembles")
    assert len(found["members"]["snapshots"]) == 5
    assert len(set(found["members"]["snapshots"])) > 1


def test_polyaks_mean_is_better_and_steadier_than_the_run_that_it_is_the_mean_of(quick):
    found, _ = quick("15_ensembles")
    run, mean = found["polyak"].T
    assert mean.mean() > run.mean() + 1
    assert np.diff(mean).min() >= np.diff(run).min()


def test_a_net_of_stochastic_depth_bears_the_loss_of_half_its_blocks(quick):
    found, _ = quick("15_ensembles")
    plain, stochastic = found["depth"].values()
    assert stochastic[0] - stochastic[4] < (plain[0] - plain[4]) / 2
    assert stochastic[4] > plain[4] + 5


def test_its_picture_is_there(quick):
    found, out = quick("15_ensembles")
    assert (out / found["picture"]).stat().st_size > 10_000
