"""What all tests share: the folder on the path, how much hypothesis draws, and what errors quote of a test."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from tinygrad_edu import errors

sys.path.insert(0, str(Path(__file__).parent))

settings.register_profile(
    "ci",  # the same examples every time: a failure is a change in the code
    derandomize=True,
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True)
def _draws(request):
    """A module's RNG begins anew: what a test draws does not depend on the tests that its worker ran before."""
    if hasattr(request.module, "RNG"):
        request.module.RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


quoted = errors.line_of


def line_of(where):
    """A lambda's place without its line: in a table of errors the words that are expected stand on it, too."""
    return quoted(where).partition(": ")[0] if where[2] == "<lambda>" else quoted(where)


errors.line_of = line_of
