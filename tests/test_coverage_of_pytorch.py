"""How many of PyTorch's real-valued differentiable functions and methods are here, and proven: nine in ten at least.

What its layers, functions and optimizers take is theirs, too.
"""

import inspect
from functools import reduce
from types import CodeType, FunctionType

import pytest
from oracle.list_functions import LISTED

import tinygrad_edu as tg
from tinygrad_edu.testing.cases import CASES

PATHS = LISTED.read_text().split()
WRITTEN_AS_OPERATORS = {"__getitem__", "__radd__", "__rmatmul__", "__rmod__", "__rmul__", "__rpow__", "__rsub__"}


def at(library, path):
    """What a path like `torch.special.expm1` leads to in a library; None if nothing."""
    try:
        return reduce(getattr, path.removeprefix("torch.").split("."), library)
    except AttributeError:
        return None


def names_in(thing, seen):
    """Every name that a case's program, or a helper that it calls, mentions: as an attribute or as a string."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, CodeType):
        yield from thing.co_names
        for part in thing.co_consts:
            yield from names_in(part, seen)
    elif isinstance(thing, (tuple, list)):
        for part in thing:
            yield from names_in(part, seen)
    elif isinstance(thing, FunctionType) and thing not in seen:
        seen.add(thing)
        yield from names_in(thing.__code__, seen)
        reached = [cell.cell_contents for cell in thing.__closure__ or ()]
        reached += [thing.__globals__.get(name) for name in thing.__code__.co_names]
        for part in reached:
            if isinstance(part, str) or getattr(part, "__module__", "").startswith("tinygrad_edu.testing"):
                yield from names_in(part, seen)


@pytest.mark.parametrize("kind", ["functions", "methods"])
def test_nine_in_ten_are_here(kind):
    listed = [path for path in PATHS if path.startswith("torch.Tensor.") == (kind == "methods")]
    missing = [path for path in listed if at(tg, path) is None]
    print(f"{len(listed) - len(missing)} of {len(listed)} {kind}; missing: {' '.join(missing) or 'none'}")
    assert len(missing) <= 0.1 * len(listed), f"{len(missing)} of {len(listed)} {kind} are missing: {missing}"


def test_none_is_here_without_a_case_that_asks_pytorch():
    """Under its own name, or under that of the same function elsewhere: a method, an alias."""
    seen = set()
    named = {name for case in CASES.values() if case.oracle for name in names_in(case.call, seen)}
    proven = {id(at(tg, path)) for path in PATHS if path.split(".")[-1] in named | WRITTEN_AS_OPERATORS}
    unproven = [path for path in PATHS if at(tg, path) is not None and id(at(tg, path)) not in proven]
    assert not unproven, f"{len(unproven)} have no case: {unproven}"


def test_every_path_is_in_the_installed_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    gone = [path for path in PATHS if at(torch, path) is None]
    assert not gone, f"run `python tests/oracle/list_functions.py`: {gone}"


OTHER_DEFAULTS = {"ModuleList modules", "PackedSequence batch_sizes", "Parameter data", "ParameterList values"}


@pytest.mark.parametrize("path", ["optim", "nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.rnn"])
def test_the_order_and_the_defaults_of_arguments_are_pytorchs(path):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    found = 0
    for name, ours in vars(at(tg, path)).items():
        try:
            mine, its = (inspect.signature(f).parameters for f in (ours, getattr(at(torch, path), name)))
        except (AttributeError, TypeError, ValueError):  # written in C, or ours alone
            continue
        for argument in mine.keys() & its.keys() - {a for a in mine if f"{name} {a}" in OTHER_DEFAULTS}:
            one, two = (getattr(p[argument].default, "__name__", p[argument].default) for p in (mine, its))
            assert one == two, f"{name}: {argument}"
        assert [a for a in mine if a in its] == [a for a in its if a in mine], name
        found += 1
    assert found


LAYERS = {name: its for name, its in vars(tg.nn).items() if isinstance(its, type) and issubclass(its, tg.nn.Module)}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_called_by_pytorchs_names(name):
    mine = [*inspect.signature(LAYERS[name].forward).parameters][1:]
    assert "x" not in mine or name == "RMSNorm"
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    its = [*inspect.signature(getattr(getattr(torch.nn, name, None), "forward", lambda self: None)).parameters][1:]
    assert "keywords" in mine or [a for a in mine if f"{a}_" in its or a in its] == [a.rstrip("_") for a in its]


def test_layers_of_parameters_take_a_device_and_a_dtype():
    for name, layer in LAYERS.items():
        given = inspect.signature(layer).parameters
        assert ("device" in given) == ("dtype" in given), name
    makers = [
        lambda **k: tg.nn.Linear(2, 1, **k),
        lambda **k: tg.nn.Bilinear(2, 2, 1, **k),
        lambda **k: tg.nn.Conv2d(1, 1, 3, **k),
        lambda **k: tg.nn.ConvTranspose1d(1, 1, 3, **k),
        lambda **k: tg.nn.Embedding(3, 2, **k),
        lambda **k: tg.nn.EmbeddingBag(3, 2, **k),
        lambda **k: tg.nn.PReLU(**k),
        lambda **k: tg.nn.BatchNorm2d(2, **k),
        lambda **k: tg.nn.InstanceNorm1d(2, affine=True, **k),
        lambda **k: tg.nn.LayerNorm(2, **k),
        lambda **k: tg.nn.RMSNorm(2, **k),
        lambda **k: tg.nn.GroupNorm(1, 2, **k),
        lambda **k: tg.nn.LSTM(2, 3, **k),
        lambda **k: tg.nn.RNNCell(2, 3, **k),
        lambda **k: tg.nn.LSTMCell(2, 3, **k),
        lambda **k: tg.nn.GRUCell(2, 3, **k),
        lambda **k: tg.nn.MultiheadAttention(2, 1, **k),
        lambda **k: tg.nn.TransformerEncoderLayer(2, 1, 3, **k),
        lambda **k: tg.nn.Transformer(2, 1, 1, 1, 3, **k),
        lambda **k: tg.nn.AdaptiveLogSoftmaxWithLoss(4, 4, [2], **k),
        lambda **k: tg.nn.LazyLinear(2, **k),
    ]
    for make in makers:
        layer = make(device="cpu", dtype=tg.float64)
        assert {p.dtype for p in layer.parameters()} == {tg.float64}
        assert {p.dtype for p in make(device=tg.device("cpu")).parameters()} == {tg.get_default_dtype()}
        with pytest.raises(tg.errors.DeviceError, match="no device 'cuda'"):
            make(device="cuda")
