"""`quick("05_optimizers")` runs that example quickly: what it found, and the folder of its pictures."""

import importlib
import sys
from functools import cache
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))


@pytest.fixture(scope="session")
def quick(tmp_path_factory):
    """From an example's name to what its `run(quick=True, out=folder)` found, and that folder; each runs once."""

    @cache
    def run(name):
        out = tmp_path_factory.mktemp(name)
        return importlib.import_module(name).run(quick=True, out=out), out

    return run
