"""Recursion is wrong from the second doubling on; without zero_grad the fit never settles; the page shows both."""

import json
import re

import numpy as np
import pytest


@pytest.fixture(scope="module")
def found(quick):
    return quick("04_wrong_backprop")[0]


def test_recursion_finds_six_where_newest_first_and_the_package_find_four(found):
    assert found["rows"][1].tolist() == [6, 4, 7, 3]
    assert found["order"].record.nodes[0].gradient.full == 4


def test_it_gets_worse_with_depth(found):
    wrong, right, visits, each = found["rows"].T
    depths = np.arange(1, len(wrong) + 1)
    assert (right == 2**depths).all()
    assert (each == depths + 1).all(), "each gate once"
    assert (visits == 2 ** (depths + 1) - 1).all(), "every path from the end"
    assert wrong[0] == right[0], "one doubling has no gate to leave too early"
    assert (np.diff(wrong / right) > 0).all()


def test_without_zero_grad_it_swings_for_ever(found):
    assert abs(found["right"][-1] - 2) < 0.01
    late = found["wrong"][-20:]
    assert late.max() > 4.5
    assert late.min() < -0.5


def test_the_forgotten_gradient_is_told(found):
    assert "w.grad held nothing, holds -3.75 from before" in found["told"]
    assert "zero_grad() forgotten" in found["told"]


def test_both_are_on_the_pages(found, quick):
    out = quick("04_wrong_backprop")[1]
    order, forgotten = ((out / page).read_text(encoding="utf-8") for page in ("order.html", "forgotten.html"))
    assert '"held":' not in order
    content = json.loads(re.search(r'id="content"[^>]*>(.*?)</script>', forgotten, re.DOTALL)[1])
    (w,) = [node for node in content["nodes"] if "held" in node]
    assert w["name"] == "w"
    assert content["arrays"][w["held"]]["full"] == pytest.approx(-3.75)
    assert (out / found["picture"]).stat().st_size > 10_000
