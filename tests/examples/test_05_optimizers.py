"""A narrow valley, a bent one and a saddle: who zig-zags, who glides, who arrives, who stays."""

import pytest
from PIL import Image


@pytest.fixture(scope="module")
def found(quick):
    return quick("05_optimizers")[0]


def test_plain_descent_zigzags_or_crawls(found):
    assert found["turns"]["SGD"] == 39
    assert found["turns"]["Momentum"] < 10
    assert found["turns"]["AdaGrad"] == 0
    assert found["crawl"] > 4 * found["distance"]["Momentum"]  # at one rate


def test_curvature_arrives_at_once_or_in_a_few_steps(found):
    assert found["distance"]["Newton"] < 1e-9
    assert found["distance"]["L-BFGS"] < 1e-2


def test_all_six_come_near(found):
    assert all(distance < 1.2 for distance in found["distance"].values())


def test_momentum_and_adam_get_through_rosenbrocks_valley(found):
    heights = found["rosenbrock"]
    assert all(10 * heights[name] < heights["SGD"] for name in ("Momentum", "Nesterov", "Adam"))


def test_plain_descent_is_the_last_to_leave_the_saddle(found):
    steps = found["left_saddle"]
    assert all(0 < steps[name] < steps["SGD"] / 2 for name in steps if name != "SGD")
    assert max(steps["AdaGrad"], steps["RMSProp"], steps["Adam"]) < steps["Nesterov"]


def test_the_pictures_are_there_and_one_moves(found, quick):
    out = quick("05_optimizers")[1]
    for name in (found["picture"], found["others"]):
        assert (out / name).stat().st_size > 20_000
    with Image.open(out / found["animation"]) as image:
        assert image.n_frames == 11
