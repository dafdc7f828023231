"""The claims of examples/09_batchnorm.py."""

import pytest


@pytest.fixture(scope="module")
def found(quick):
    return quick("09_batchnorm")[0]


def test_batchnorm_learns_from_every_scale(found):
    assert min(right[-1] for right in found["with"].values()) > 0.5
    assert sum(right[-1] < 0.5 for right in found["without"].values()) >= len(found["without"]) - 1


def test_companions_matter_in_training_only(found):
    assert found["train"][4] > 2 * found["train"][128] > 1000 * max(found["eval"].values())


def test_a_batch_of_one_is_refused_with_its_mend(found):
    assert "one value for each channel" in found["refused"] and "model.eval()" in found["refused"]


def test_the_backward_pass_is_ioffe_and_szegedys(found):
    assert found["formula"] < 1e-12


def test_what_each_norm_averages_over(found):
    averages = found["averages"]
    assert averages["BatchNorm2d"][:, 2].all() and averages["BatchNorm2d"].sum() == 4 * 9
    assert averages["LayerNorm"][1].all() and averages["LayerNorm"].sum() == 6 * 9
    assert averages["GroupNorm"][1, :3].all() and averages["GroupNorm"].sum() == 3 * 9
    assert averages["InstanceNorm2d"][1, 2].all() and averages["InstanceNorm2d"].sum() == 9


def test_the_pictures_are_there(quick):
    found, out = quick("09_batchnorm")
    assert {path.name for path in out.iterdir()} == {"scales.png", "companions.png", "averages.png", "backward.svg"}
    assert found["picture"] == "scales.png" and "</svg>" in (out / "backward.svg").read_text()
