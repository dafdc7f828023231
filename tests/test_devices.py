"""A program that asks for its device first runs as it stands; one that insists on another is told."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import DeviceError, DtypeError

MAKERS = {
    "tensor": lambda **k: tg.tensor([1.0], **k),
    "as_tensor": lambda **k: tg.as_tensor([1.0], **k),
    "zeros": lambda **k: tg.zeros(2, **k),
    "ones": lambda **k: tg.ones(2, **k),
    "empty": lambda **k: tg.empty(2, **k),
    "full": lambda **k: tg.full((2,), 1.0, **k),
    "eye": lambda **k: tg.eye(2, **k),
    "arange": lambda **k: tg.arange(2, **k),
    "linspace": lambda **k: tg.linspace(0, 1, 3, **k),
    "logspace": lambda **k: tg.logspace(0, 1, 3, **k),
    "scalar_tensor": lambda **k: tg.scalar_tensor(1.0, **k),
    "tril_indices": lambda **k: tg.tril_indices(2, 2, **k),
    "triu_indices": lambda **k: tg.triu_indices(2, 2, **k),
    "new_zeros": lambda **k: tg.ones(1).new_zeros(2, **k),
    "new_ones": lambda **k: tg.ones(1).new_ones(2, **k),
    "new_empty": lambda **k: tg.ones(1).new_empty(2, **k),
    "new_full": lambda **k: tg.ones(1).new_full((2,), 3, **k),
    "new_tensor": lambda **k: tg.ones(1).new_tensor([1.0], **k),
    "zeros_like": lambda **k: tg.zeros_like(tg.ones(2), **k),
    "ones_like": lambda **k: tg.ones_like(tg.ones(2), **k),
    "empty_like": lambda **k: tg.empty_like(tg.ones(2), **k),
    "full_like": lambda **k: tg.full_like(tg.ones(2), 3, **k),
    "rand": lambda **k: tg.rand(2, **k),
    "randn": lambda **k: tg.randn(2, **k),
    "rand_like": lambda **k: tg.rand_like(tg.ones(2), **k),
    "randn_like": lambda **k: tg.randn_like(tg.ones(2), **k),
    "randint": lambda **k: tg.randint(5, (2,), **k),
    "randint_like": lambda **k: tg.randint_like(tg.ones(2), 5, **k),
    "randperm": lambda **k: tg.randperm(3, **k),
    "normal": lambda **k: tg.normal(0.0, 1.0, (2,), **k),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_tensor_is_made_on_the_cpu_and_nowhere_else(make):
    for device in (None, "cpu", tg.device("cpu"), tg.ones(1).device):
        assert make(device=device).device == tg.device("cpu")
    with pytest.raises(DeviceError, match=r"no device 'cuda:1'(?s:.)*\"cpu\"(?s:.)*is_available"):
        make(device="cuda:1")


def test_the_lines_with_which_programs_begin():
    for there in (tg.cuda, tg.accelerator, tg.backends.mps):
        assert not there.is_available()
        assert there.device_count() == 0
        there.manual_seed(0)
        there.manual_seed_all(0)
        there.empty_cache()
        assert not there.is_built()
    tg.backends.cudnn.deterministic = True
    device = tg.device("cuda" if tg.cuda.is_available() else "cpu")
    assert device == tg.device("cpu", 0) == tg.device(type="cpu") != "cpu"
    assert device.index is None
    assert {device: 1}[tg.device("cpu")] == 1
    assert (f"{device}", device.type, repr(device)) == ("cpu", "cpu", "device(type='cpu')")
    model = tg.nn.Linear(2, 1).to(device).cpu()
    z = model(tg.ones(3, 2).to(device, non_blocking=True))
    assert z.cpu() is z
    assert isinstance(z.detach().cpu().numpy(), np.ndarray)


def test_to_takes_a_device_a_dtype_or_both_of_a_tensor_and_of_a_module():
    for thing, dtype_of in ((tg.ones(2), lambda t: t.dtype), (tg.nn.Linear(1, 1), lambda m: m.weight.dtype)):
        assert thing.to("cpu") is thing
        assert thing.to(device="cpu") is thing
        for given in ({"dtype": "float64"}, {"device": "cpu", "dtype": np.float64}):
            assert dtype_of(thing.to(**given)) == tg.float64
        assert dtype_of(thing.to("cpu", tg.float16)) == tg.float16
        assert dtype_of(thing.to(tg.ones(1, dtype=tg.float64))) == tg.float64
        with pytest.raises(DeviceError, match="no device 'mps'"):
            thing.to("mps")
        with pytest.raises(DtypeError, match="complex64"):
            thing.to("complex64")


def test_a_program_that_insists_on_a_gpu_is_told_what_to_ask_first():
    assert not tg.ones(2).is_cuda
    for thing in (tg.ones(2), tg.nn.Linear(1, 1)):
        for args in ((), ("cuda:1",)):
            with pytest.raises(DeviceError, match=r"no device 'cuda(:1)?'(?s:.)*if cuda.is_available"):
                thing.cuda(*args)


def test_weights_are_loaded_to_the_cpu(tmp_path):
    tg.save({"w": tg.ones(2)}, tmp_path / "w.npz")
    assert tg.load(tmp_path / "w.npz", map_location=tg.device("cpu"), weights_only=True)["w"].tolist() == [1.0, 1.0]
    with pytest.raises(DeviceError):
        tg.load(tmp_path / "w.npz", map_location="cuda")
