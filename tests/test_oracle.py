"""Values and gradients are PyTorch's: as recorded, and live where it is installed."""

import numpy as np
import pytest
from oracle.ask import ask_torch, ask_us
from oracle.record import COMMAND, load

from tinygrad_edu.testing.cases import CASES

ASKED = {name: case for name, case in CASES.items() if case.oracle}
RECORDED = load()
each_case = pytest.mark.parametrize("case", ASKED.values(), ids=ASKED)


def assert_same(found, expected, tolerance, whose):
    assert found.keys() == expected.keys(), f"{whose}: {[*expected]}"
    for key, array in expected.items():
        assert found[key].dtype == array.dtype, f"{key}: {found[key].dtype}, {whose} {array.dtype}"
        assert found[key].shape == array.shape, f"{key}: {found[key].shape}, {whose} {array.shape}"
        np.testing.assert_allclose(found[key], array, rtol=tolerance, atol=tolerance, err_msg=f"{key} is not {whose}")


@each_case
def test_recorded(case):
    assert case.name in RECORDED, f"PyTorch was not asked yet: run `{COMMAND}` where it is installed"
    expected = RECORDED[case.name]
    arrays = [expected[key] for key in expected if key.startswith("in")]
    assert_same(ask_us(case, arrays), expected, case.tolerance, "PyTorch's")


@each_case
def test_live(case):
    pytest.importorskip("torch", reason="PyTorch itself is not installed")
    theirs = ask_torch(case)
    assert_same(ask_us(case), theirs, case.tolerance, "PyTorch's")
    recorded = RECORDED.get(case.name, {})
    try:
        assert_same(recorded, theirs, max(case.tolerance, 1e-9), "PyTorch's any longer")
    except AssertionError as error:
        raise AssertionError(f"the record is stale: run `{COMMAND}`") from error


def test_nothing_is_recorded_that_is_not_asked():
    assert RECORDED.keys() <= ASKED.keys(), f"run `{COMMAND}`: {sorted(RECORDED.keys() - ASKED.keys())}"
