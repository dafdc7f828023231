"""Values and gradients are PyTorch's: live, where it is installed."""

import numpy as np
import pytest
from oracle.ask import ask_torch, ask_us

from tinygrad_edu.testing.cases import CASES

ASKED = {name: case for name, case in CASES.items() if case.oracle}


@pytest.mark.parametrize("case", ASKED.values(), ids=ASKED)
def test_live(case):
    pytest.importorskip("torch", reason="PyTorch itself is not installed")
    theirs, ours = ask_torch(case), ask_us(case)
    assert ours.keys() == theirs.keys()
    for key, expected in theirs.items():
        assert ours[key].dtype == expected.dtype, f"{key}: {ours[key].dtype}, PyTorch {expected.dtype}"
        assert ours[key].shape == expected.shape, f"{key}: {ours[key].shape}, PyTorch {expected.shape}"
        np.testing.assert_allclose(
            ours[key], expected, rtol=case.tolerance, atol=case.tolerance, err_msg=f"{key} is not PyTorch's"
        )
