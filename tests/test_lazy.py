"""Lazy layers: empty until the first input, then the layer they stand for, in the same Parameters."""

import copy

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import OptionError, ShapeError, TinygradError

LAYERS = {
    "Linear": ((2,), (5, 3)),
    "Conv1d": ((4, 3), (2, 3, 9)),
    "Conv2d": ((4, 3), (2, 3, 9, 9)),
    "Conv3d": ((4, 3), (2, 3, 5, 5, 5)),
    "ConvTranspose1d": ((4, 3), (2, 3, 9)),
    "ConvTranspose2d": ((4, 3), (2, 3, 9, 9)),
    "ConvTranspose3d": ((4, 3), (2, 3, 5, 5, 5)),
    "BatchNorm1d": ((), (4, 3)),
    "BatchNorm2d": ((), (4, 3, 2, 2)),
    "BatchNorm3d": ((), (4, 3, 2, 2, 2)),
    "InstanceNorm1d": ((1e-3, 0.2, True, False), (4, 3, 5)),
    "InstanceNorm2d": ((1e-3, 0.2, True, True), (4, 3, 2, 2)),
    "InstanceNorm3d": ((1e-3, 0.2, True, True), (4, 3, 2, 2, 2)),
}
each = pytest.mark.parametrize(("name", "args", "shape"), [(n, *rest) for n, rest in LAYERS.items()], ids=LAYERS)


@each
def test_the_first_call_makes_it_the_layer_that_it_stands_for(name, args, shape):
    layer = getattr(nn, f"Lazy{name}")(*args).double().eval().train()
    held = list(layer.parameters())
    assert isinstance(layer, getattr(nn, name))
    assert [p.numel() for p in held] == [0] * len(held)
    x = tg.randn(*shape, dtype=tg.float64)
    tg.manual_seed(1)
    z = layer(x)
    tg.manual_seed(1)
    eager = getattr(nn, name)(3, *args, dtype=tg.float64)
    assert type(layer) is type(eager)
    assert [type(p) for p in held] == [nn.Parameter] * len(held)
    assert all(p is q for p, q in zip(layer.parameters(), held, strict=True)), (
        "an optimizer that has them is left behind"
    )
    np.testing.assert_array_equal(z.detach(), eager(x).detach())
    assert layer.state_dict() == eager.state_dict()
    assert repr(layer) == repr(eager)
    z.sum().backward()
    assert all(p.grad.shape == p.shape for p in held)


def test_instance_norm_learns_and_tracks_by_default_as_in_pytorch():
    for layer in (nn.LazyInstanceNorm1d(), nn.LazyInstanceNorm2d(), nn.LazyInstanceNorm3d()):
        assert [*layer.state_dict()] == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]


def test_a_cast_before_the_first_call_reaches_what_is_not_learned_too():
    layer = nn.LazyBatchNorm1d(affine=False).double()
    layer(tg.ones(2, 3, dtype=tg.float64))
    assert layer.running_mean.dtype == tg.float64


@each
def test_names_and_shapes_are_pytorchs(name, args, shape):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = getattr(nn, f"Lazy{name}")(*args), getattr(torch.nn, f"Lazy{name}")(*args)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours(tg.ones(shape)), theirs(torch.ones(shape))
    shapes = {key: tuple(t.shape) for key, t in theirs.state_dict().items()}
    assert {key: t.shape for key, t in ours.state_dict().items()} == shapes


def test_an_optimizer_that_was_made_before_trains_it():
    net = nn.Sequential(nn.LazyLinear(8), nn.Tanh(), nn.LazyLinear(1))
    optimizer = tg.optim.Adam(net.parameters(), lr=0.05)
    x = tg.linspace(-1, 1, 20).reshape(-1, 1)
    losses = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = ((net(x) - x**2) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10


def test_what_is_set_before_the_first_call_stays_set():
    layer = nn.LazyLinear(2).requires_grad_(False).eval()
    seen = []
    layer.register_forward_hook(lambda module, args, z: seen.append(type(module)))
    twin = copy.deepcopy(layer)
    assert not layer(tg.ones(1, 3)).requires_grad
    assert not layer.training
    assert seen == [nn.Linear]
    assert type(twin) is nn.LazyLinear
    assert twin(tg.ones(1, 5)).shape == (1, 2)
    assert layer.in_features == 3


def test_values_cannot_be_given_before_there_is_room_for_them():
    layer = nn.LazyLinear(2)
    for lazy in (layer, copy.deepcopy(layer)):
        with pytest.raises(TinygradError, match=r"empty until its first call(?s:.)*call the network on one batch"):
            nn.init.zeros_(lazy.bias)
    layer(tg.ones(1, 3))
    assert nn.init.zeros_(layer.bias).tolist() == [0.0, 0.0]


def test_a_first_input_that_cannot_be_taken_leaves_it_lazy():
    net = nn.Sequential(nn.LazyConv2d(4, 3, groups=2))
    with pytest.raises(OptionError, match=r"groups must divide(?s:.)*layer +0: LazyConv2d"):
        net(tg.ones(1, 3, 5, 5))
    with pytest.raises(ShapeError, match=r"LazyConv2d cannot tell its width(?s:.)*\(5, 5\)"):
        net(tg.ones(5, 5))
    assert net(tg.ones(1, 6, 5, 5)).shape == (1, 4, 3, 3)
    assert net[0].in_channels == 6
