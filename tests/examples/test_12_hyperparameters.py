"""Random search tries more of what matters than a grid, and ends at least as well; the others hold what they say."""

import importlib

import numpy as np
import pytest

from tinygrad_edu.tuning import tune

example = importlib.import_module("12_hyperparameters")


@pytest.fixture(scope="module")
def found(quick):
    return quick("12_hyperparameters")[0]


@pytest.mark.parametrize("seed", range(5))
def test_random_tries_more_values_and_ends_at_least_as_well(seed):
    grid, random = (
        tune(example.known, example.KNOWN, trials=9, method=method, seed=seed, progress=False)
        for method in ("grid", "random")
    )
    tried = [len({t.params["important"] for t in study.trials}) for study in (grid, random)]
    assert tried == [3, 9]
    assert len(grid.trials) == len(random.trials) == 9
    assert random.best.value <= grid.best.value


def test_the_search_on_digits(found, quick):
    assert found["values"] == {"grid": 3, "random": 9}
    assert found["ends"]["random"] <= found["ends"]["grid"]
    best = [study.best for study in found["studies"].values()]
    assert all(trial.value > 0.4 for trial in best)  # a net at 1e-5 or 10 guesses: 0.1
    assert found["test"] > 0.4
    rates = np.log10([trial.params["lr"] for trial in found["studies"]["coarse-to-fine"].trials])
    third = len(rates) // 3
    assert np.ptp(rates[-third:]) < np.ptp(rates[:third]) / 2  # powers of ten
    assert (quick("12_hyperparameters")[1] / found["picture"]).stat().st_size > 10_000
