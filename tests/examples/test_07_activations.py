"""The claims of examples/07_activations.py."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def found(quick):
    return quick("07_activations")[0]


def test_which_start_keeps_the_outputs_alive(found):
    spread = {case: [x.std() for x in outputs] for case, outputs in found["layers"].items()}
    assert spread["Sigmoid", "std 1"][-1] > 0.4, "at both ends: 0.5 would be all at 0 or 1"
    assert spread["Sigmoid", "std 0.01"][-1] < 0.05 < spread["Sigmoid", "Xavier"][-1]
    assert spread["Tanh", "std 1"][-1] > 0.9 and spread["Tanh", "std 0.01"][-1] < 1e-3
    assert 0.2 < spread["Tanh", "Xavier"][-1] < 0.7
    relu = {start: np.divide(layers[-1], layers[0]) for (name, start), layers in spread.items() if name == "ReLU"}
    assert relu["std 0.01"] < 1e-3 and relu["Xavier"] < 0.5 and relu["std 1"] > 100
    assert 0.5 < relu["He"] < 2


def test_weights_of_zero_never_break_symmetry(found):
    accuracies, apart = found["begin"]
    assert apart < 0.1, "what is left is rounding, which grows"
    assert accuracies["all 0"][-1] < 0.5 < accuracies["N(0, 1/n_in)"][-1] - 0.2


def test_the_first_epoch_tells_large_weights(found):
    accuracies, _ = found["begin"]
    assert accuracies["N(0, 1/n_in)"][0] > accuracies["N(0, 1)"][0] + 0.1


def test_gradients_vanish_last_or_explode(found):
    sigmoid, tanh, he, large = (
        np.array([np.sqrt(np.mean(g**2)) for g in slopes]) for slopes in found["gradients"].values()
    )
    assert sigmoid[0] / sigmoid[-1] < 1e-3 and (np.diff(sigmoid) > 0).all()
    assert 0.3 < tanh[0] / tanh[-1] < 3 and 0.3 < he[0] / he[-1] < 3
    assert large.min() > 10_000 * he.max(), "5 ** 8 is what eight layers of 50 make of weights of 1 instead of 1/5"


def test_depth_needs_activations_that_pass_gradients_on(found):
    assert found["sigmoids"][6] < 0.3 < found["sigmoids"][1] - 0.3 and found["ReLUs"][6] > 0.5
    assert found["width"][100] > found["width"][5] + 0.05


def test_outputs_of_one_sign_make_gradients_of_one_sign(found):
    assert found["one sign"]["Sigmoid"] == 1 and found["one sign"]["Tanh"] < 0.1
    positive, centred = (length for _, length in found["paths"].values())
    assert positive > 2 and centred < 1.5


def test_only_relus_die(found):
    relu, *others = found["dead"].values()
    assert relu[0.1][0] < 0.05 and relu[0.7][0] > 0.15
    assert len(others) == 4 and all(share < 0.02 for rates in others for share, _ in rates.values())


def test_the_pictures_are_there(quick):
    found, out = quick("07_activations")
    assert {path.name for path in out.iterdir()} == {"layers.png", "learning.png", "zigzag.png"}
    assert found["picture"] == "layers.png"
