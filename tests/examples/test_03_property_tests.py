"""Wrong rules that pass a test at one point are found by drawn points, and shrunk to the smallest that fail."""

import importlib

import pytest

example = importlib.import_module("03_property_tests")


@pytest.fixture(scope="module")
def found(quick):
    return quick("03_property_tests")[0]


@pytest.mark.parametrize("name", ["hypot", "matmul", "huber", "logsumexp"])
def test_each_bug_passes_by_hand_is_found_and_the_mended_rule_passes(found, name):
    rule = found["rules"][name]
    assert rule["by_hand"]
    assert rule["said"] is not None
    assert rule["tried"][-1][1] is False
    assert rule["mended"]
    assert found["first"] < 50


def test_the_shrunk_points_show_the_bug(found):
    x, y = found["rules"]["hypot"]["shrunk"]
    assert x != y
    _, ((a, b), (c, d)) = found["rules"]["matmul"]["shrunk"]
    assert b != c
    assert abs(a) + abs(b) + abs(c) + abs(d) < 3
    (points,) = found["rules"]["huber"]["shrunk"]
    assert min(points) < -1
    assert len(found["rules"]["logsumexp"]["shrunk"][0]) == 2


def test_the_last_that_fails_is_the_shortest_to_write(found):
    for rule in found["rules"].values():
        lengths = [len(example.written(inputs)) for inputs, passed in rule["tried"] if not passed]
        assert lengths[-1] == min(lengths) < max(lengths)


def test_the_picture_is_there(found, quick):
    assert (quick("03_property_tests")[1] / found["picture"]).stat().st_size > 10_000
