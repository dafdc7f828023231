"""Convolution: sizes as the formula says, maps that follow the digit, filters that the digits shape."""

import xml.etree.ElementTree as tree


def test_the_formula_gives_the_size_of_every_output(quick):
    found, _ = quick("13_convolution")
    right, settings = found["formula"]
    assert right == settings > 100
    assert found["shapes"] == [(1, 28, 28), *[(6, 28, 28)] * 2, (6, 14, 14), *[(16, 10, 10)] * 2, (16, 5, 5)]


def test_maps_move_with_the_digit(quick):
    found, _ = quick("13_convolution")
    assert found["follows"] < 1e-6


def test_filters_begin_as_noise_and_what_digits_add_is_smooth(quick):
    found, _ = quick("13_convolution")
    assert found["accuracy"] > 0.6
    assert abs(found["likeness"]["noise"]) < 0.3
    assert found["likeness"]["added"] > 0.5


def test_its_pictures_are_there(quick):
    found, out = quick("13_convolution")
    names = {"sizes.png", "filters.png", "maps.png", "lenet.svg", "lenet_opened.svg"}
    assert found["picture"] in names == {path.name for path in out.iterdir()}
    folded, opened = (tree.parse(out / name).getroot() for name in ("lenet.svg", "lenet_opened.svg"))
    texts = ["".join(root.itertext()) for root in (folded, opened)]
    assert "Conv2d" not in texts[0] and "features: Sequential" in texts[0]
    assert "features.3: Conv2d" in texts[1]
