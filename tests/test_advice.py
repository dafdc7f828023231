"""A name of PyTorch's that is not here, or elsewhere, is answered with what serves."""

import pytest

import tinygrad_edu as tg
from tinygrad_edu.advice import INSTEAD


@pytest.mark.parametrize("name", INSTEAD)
def test_what_is_not_here(name):
    with pytest.raises(AttributeError, match=f"no attribute '{name}'; (use|leave it out|give)"):
        getattr(tg, name)


@pytest.mark.parametrize("place", ["nn.Linear", "nn.functional.one_hot", "optim.SGD", "func.jacrev", "data.DataLoader"])
def test_what_is_elsewhere(place):
    with pytest.raises(AttributeError, match=f"it is tg.{place}$"):
        getattr(tg, place.rpartition(".")[2])


@pytest.mark.parametrize("name", ["np", "nothing_of_this_name", "__wrapped__"])
def test_what_is_nowhere(name):
    with pytest.raises(AttributeError, match=f"no attribute '{name}'$"):
        getattr(tg, name)
