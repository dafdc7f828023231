"""Modules, layers and losses: PyTorch's names, shapes and numbers; errors that say what to do."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import ChangedAfterUseError, DtypeError, ShapeError, StateDictError, TinygradError
from tinygrad_edu.nn import functional as F
from tinygrad_edu.record import GATES


class Net(nn.Module):
    """Everything a module can own: a part, a shared part, a parameter, buffers, something absent."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.body = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Tanh())
        self.again = self.first
        self.scale = nn.Parameter(tg.ones(1))
        self.register_buffer("steps", tg.tensor(0))
        self.register_buffer("mask", tg.ones(4), persistent=False)
        self.register_parameter("absent", None)

    def forward(self, x):
        return self.body(self.first(x)) * self.scale * self.mask


def torch_net():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = torch.nn.Linear(3, 4)
            self.body = torch.nn.Sequential(torch.nn.Linear(4, 4, bias=False), torch.nn.Tanh())
            self.again = self.first
            self.scale = torch.nn.Parameter(torch.ones(1))
            self.register_buffer("steps", torch.tensor(0))
            self.register_buffer("mask", torch.ones(4), persistent=False)
            self.register_parameter("absent", None)

        def forward(self, x):
            return self.body(self.first(x)) * self.scale * self.mask

    return torch, Theirs()


# What a module owns.


def test_names_are_pytorchs():
    _, theirs = torch_net()
    ours = Net()
    for method in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        assert [n for n, _ in getattr(ours, method)()] == [n for n, _ in getattr(theirs, method)()], method
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert list(ours.state_dict(prefix="net.")) == list(theirs.state_dict(prefix="net."))
    assert [n for n, _ in ours.named_parameters(recurse=False)] == ["scale"]
    shared = [n for n, _ in ours.named_parameters(remove_duplicate=False)]
    assert shared == [n for n, _ in theirs.named_parameters(remove_duplicate=False)]


def test_weights_carry_over_from_pytorch_and_gradients_agree():
    torch, theirs = torch_net()
    theirs = theirs.double()
    ours = Net().double()
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    x = np.random.default_rng(0).normal(size=(5, 3))
    ours(tg.tensor(x)).sum().backward()
    theirs(torch.tensor(x)).sum().backward()
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert_allclose(p.grad, q.grad, rtol=1e-9, atol=1e-12, err_msg=name)


def test_a_perceptrons_loss_and_gradients_are_pytorchs():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    rng = np.random.default_rng(1)
    x, t = rng.normal(size=(6, 1, 4, 4)), rng.integers(0, 5, 6)
    ours = nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 7), nn.Sigmoid(), nn.Linear(7, 5))
    ours.double()
    lib = torch.nn
    theirs = lib.Sequential(
        lib.Flatten(), lib.Linear(16, 8), lib.ReLU(), lib.Linear(8, 7), lib.Sigmoid(), lib.Linear(7, 5)
    ).double()
    theirs.load_state_dict({name: torch.tensor(np.array(t)) for name, t in ours.state_dict().items()})
    loss, expected = nn.CrossEntropyLoss()(ours(tg.tensor(x)), tg.tensor(t)), None
    expected = lib.CrossEntropyLoss()(theirs(torch.tensor(x)), torch.tensor(t))
    loss.backward(), expected.backward()
    assert_allclose(loss.item(), expected.item(), rtol=1e-12)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert_allclose(p.grad, q.grad, rtol=1e-9, atol=1e-12)


def test_base_init_may_be_forgotten():
    class Forgetful(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(2, 1)

        def forward(self, x):
            return self.layer(x)

    net = Forgetful()
    assert net(tg.ones(3, 2)).shape == (3, 1)
    assert len(list(net.parameters())) == 2


def test_two_modules_do_not_share_buffers_or_hooks():
    one, two = nn.ReLU(), nn.ReLU()
    one.register_buffer("seen", tg.zeros(1))
    one.register_forward_hook(lambda *_: tg.tensor(7.0))
    assert dict(two.named_buffers()) == {}
    assert two(tg.tensor(1.0)).item() == 1


def test_a_buffer_stays_a_buffer_when_assigned():
    net = Net()
    net.steps = net.steps + 1
    assert net.state_dict()["steps"].item() == 1
    net.steps = None
    assert "steps" not in net.state_dict()
    del net.mask
    assert dict(net.named_buffers()) == {}


def test_a_parameter_is_not_lost_by_assigning_something_else():
    layer = nn.Linear(2, 1)
    with pytest.raises(TinygradError, match=r"Linear\.weight is a Parameter(?s:.)*nn\.Parameter\(…\).*no_grad"):
        layer.weight = layer.weight * 2
    layer.weight = nn.Parameter(tg.ones(1, 2))
    layer.bias = None
    assert [n for n, _ in layer.named_parameters()] == ["weight"]
    assert layer(tg.ones(3, 2)).tolist() == [[2], [2], [2]]


@pytest.mark.parametrize("name", ["", "a.b"])
def test_names_without_dots(name):
    with pytest.raises(TinygradError, match="no dot"):
        nn.Module().add_module(name, nn.ReLU())
    with pytest.raises(TinygradError, match="no dot"):
        nn.Module().register_buffer(name, tg.ones(1))
    with pytest.raises(TinygradError, match="no dot"):
        nn.Module().register_parameter(name, None)


def test_what_is_registered_takes_no_name_of_something_else():
    layer = nn.Linear(2, 3)
    for name in ("forward", "in_features"):
        with pytest.raises(TinygradError, match="something else in Linear"):
            layer.register_parameter(name, nn.Parameter([1.0]))
        with pytest.raises(TinygradError, match="something else in Linear"):
            layer.register_buffer(name, None)
    layer.register_parameter("bias", nn.Parameter(tg.ones(3)))
    assert layer(tg.zeros(2)).tolist() == [1.0, 1.0, 1.0]


def test_what_is_registered_replaces_its_own_kind_only():
    layer = nn.Sequential(nn.Linear(1, 1))
    with pytest.raises(TinygradError, match="something else in Sequential"):
        layer.register_buffer("0", tg.ones(1))
    with pytest.raises(TinygradError, match="something else in Linear"):
        layer[0].register_module("weight", nn.ReLU())
    layer.register_module("0", nn.ReLU())
    assert [type(part) for part in layer] == [nn.ReLU]


def test_a_buffer_stays_a_tensor():
    layer = nn.BatchNorm1d(2)
    for wrong in (3, np.zeros(2), nn.ReLU()):
        with pytest.raises(TinygradError, match="running_mean is a buffer"):
            layer.running_mean = wrong
    layer.running_mean = tg.ones(2)
    assert layer.state_dict()["running_mean"].tolist() == [1, 1]
    layer.running_mean = None
    assert "running_mean" not in layer.state_dict()
    del layer.running_mean
    layer.running_mean = 3


def test_only_tensors_are_buffers_and_parameters():
    with pytest.raises(TinygradError, match="must be a Tensor"):
        nn.Module().register_buffer("b", [1.0])
    with pytest.raises(TinygradError, match="must be a Parameter"):
        nn.Module().register_parameter("p", tg.ones(1))


def test_modes_apply_and_freezing():
    net = Net()
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    net.train()
    assert all(m.training for m in net.modules())
    seen = []
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "Linear", "Tanh", "Sequential", "Net"]
    net.requires_grad_(False)
    assert not net(tg.ones(1, 3)).requires_grad


def test_zero_grad():
    net = nn.Linear(2, 1)
    net(tg.ones(1, 2)).sum().backward()
    kept = net.weight.grad
    net.zero_grad(set_to_none=False)
    assert net.weight.grad is kept
    assert kept.tolist() == [[0, 0]]
    net.zero_grad()
    assert net.weight.grad is None
    (net(tg.ones(1, 2)) ** 2).sum().backward(create_graph=True)
    net.zero_grad(set_to_none=False)
    assert not net.weight.grad.requires_grad


class Crossed(nn.Module):
    """Two inputs and a number to two outputs."""

    def forward(self, x, y, times):
        return x * y, y * times


def test_backward_hooks_see_both_ends_of_a_module():
    x, y = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor([3.0, 4.0], requires_grad=True)
    module, seen = Crossed(), []
    module.register_full_backward_pre_hook(lambda module, out: seen.append(("before", out)))
    handle = module.register_full_backward_hook(lambda module, into, out: seen.append(("after", into, out)))
    first, second = module(x, y, 10)
    (first.sum() + 2 * second.sum()).backward(retain_graph=True)
    (before, out), (after, into, same) = seen
    assert (before, after) == ("before", "after")
    assert [g.tolist() for g in out] == [g.tolist() for g in same] == [[1, 1], [2, 2]]
    assert [None if g is None else g.tolist() for g in into] == [[3, 4], [21, 22], None]
    assert x.grad.tolist() == [3, 4] and y.grad.tolist() == [21, 22]
    seen.clear()
    first.sum().backward()  # nothing comes back to the other output
    assert seen[0][1][0].tolist() == [1, 1] and seen[0][1][1] is None
    handle.remove()
    seen.clear()
    module(x, y, 10)[0].sum().backward()
    assert [what[0] for what in seen] == ["before"]


def test_backward_hooks_need_an_output_to_look_at():
    layer = nn.Identity()
    layer.forward = lambda x: {"twice": x * 2}
    layer.register_full_backward_hook(lambda module, into, out: None)
    x = tg.tensor(1.0, requires_grad=True)
    with pytest.raises(TinygradError, match="input of Identity, but not through its outputs"):
        layer(x)["twice"].backward()
    assert x.grad is None
    aside = []
    layer.forward = lambda x: aside.append(x * 3) or x * 2
    layer(x).backward(retain_graph=True)
    assert x.grad.item() == 2
    with pytest.raises(TinygradError, match="not through its outputs"):
        aside[0].backward()  # what came to the output by an earlier walk does not count


def test_backward_hooks_replace_gradients():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    layer = nn.Tanh()
    layer.register_full_backward_pre_hook(lambda module, out: (out[0] * 0 + 5,))
    layer.register_full_backward_hook(lambda module, into, out: into[0] * 0 + out[0] + 1)
    layer(x).sum().backward()
    assert x.grad.tolist() == [6, 6]
    layer.register_full_backward_hook(lambda module, into, out: (into[0], into[0]))
    with pytest.raises(TinygradError, match=r"hook of Tanh(?s:.)*expected +1(?s:.)*got +2"):
        layer(x).sum().backward()
    assert x.grad.tolist() == [6, 6]


@pytest.mark.filterwarnings("ignore:Full backward hook is firing:UserWarning")
def test_backward_hooks_of_a_network_are_pytorchs():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in ((4, 3), (4,), (2, 4), (2,))]
    data = rng.normal(size=(5, 3))

    def told(library, needs):
        module = library.nn.Sequential(library.nn.Linear(3, 4), library.nn.ReLU(), library.nn.Linear(4, 2)).double()
        module.load_state_dict(dict(zip(module.state_dict(), map(library.tensor, weights), strict=True)))
        seen = []

        def hook(module, into, out):
            seen.append([type(module).__name__, *(None if g is None else g.tolist() for g in (*into, *out))])

        for each in module.modules():
            each.register_full_backward_hook(hook)
        module(library.tensor(data, requires_grad=needs)).sum().backward()
        return seen

    for needs in (True, False):
        ours, theirs = told(tg, needs), told(torch, needs)
        assert [names[0] for names in ours] == [names[0] for names in theirs]
        for (_, *found), (_, *expected) in zip(ours, theirs, strict=True):
            for a, b in zip(found, expected, strict=True):
                assert (a is None) == (b is None)
                if a is not None:
                    assert_allclose(a, b, rtol=1e-12)


def test_backward_hooks_leave_no_trace():
    """Not in values, second derivatives, no_grad or a parameter's gradient; and no graph stays alive."""
    layer, x = nn.Linear(2, 2).double(), tg.tensor([[1.0, -2.0]], dtype=tg.float64, requires_grad=True)

    def derivatives():
        z = (layer(x) ** 3).sum()
        (dx,) = tg.autograd.grad(z, x, create_graph=True)
        return [z.item(), dx.tolist(), tg.autograd.grad((dx**2).sum(), layer.weight)[0].tolist()]

    plain = derivatives()
    layer.register_full_backward_hook(lambda module, into, out: None)
    for a, b in zip(plain, derivatives(), strict=True):
        assert_allclose(a, b, rtol=1e-12)
    with tg.no_grad():
        assert not layer(x).requires_grad
    gc.collect()
    gc.disable()
    try:
        alive = weakref.ref(layer(x))
        assert alive() is None
    finally:
        gc.enable()


def test_forward_hooks_see_and_replace():
    layer, seen = nn.Identity(1, two=2), []
    first = layer.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    layer.register_forward_pre_hook(lambda module, args: seen.append(args[0].item()))
    last = layer.register_forward_hook(lambda module, args, output: output + 1)
    assert layer(tg.tensor(3.0)).item() == 7
    first.remove(), last.remove()
    assert layer(tg.tensor(3.0)).item() == 3
    assert seen == [6, 3]
    layer.register_forward_pre_hook(lambda module, args: args[0] * 5)
    assert layer(tg.tensor(1.0)).item() == 5


def test_a_cast_to_the_dtype_that_is_there_touches_nothing():
    layer = nn.Linear(2, 2)
    held, z = layer.state_dict()["weight"], layer(tg.ones(1, 2)).sum()
    layer.float().to(tg.float32)
    z.backward()
    assert layer.weight.grad.tolist() == [[1.0, 1.0]] * 2
    assert np.may_share_memory(held.numpy(), layer.weight.numpy())


def test_hooks_may_come_first_and_see_the_keywords():
    class Scaled(nn.Module):
        def forward(self, x, *, by=1.0):
            return x * by

    layer, order = Scaled(), []
    layer.register_forward_pre_hook(lambda module, args: order.append("then"))
    layer.register_forward_pre_hook(lambda module, args: order.append("first"), prepend=True)
    layer.register_forward_pre_hook(lambda m, args, kwargs: (args, {"by": kwargs["by"] * 2}), with_kwargs=True)
    last = layer.register_forward_hook(
        lambda m, args, kwargs, z: order.append((kwargs["by"], z.item())), with_kwargs=True
    )
    zero = layer.register_forward_hook(lambda m, args, z: z + 100, prepend=True)
    assert layer(tg.tensor(1.0), by=3.0).item() == 106
    assert order == ["first", "then", (6.0, 106.0)]
    zero.remove()
    last.remove()
    assert layer(tg.tensor(1.0), by=3.0).item() == 6


@pytest.mark.parametrize("returned", [(), (1, 2), (1, {}), tg.ones(1), ((), {}, ())])
def test_a_hook_with_keywords_returns_both(returned):
    layer = nn.Identity()
    layer.register_forward_pre_hook(lambda module, args, kwargs: returned, with_kwargs=True)
    with pytest.raises(TinygradError, match="return args, kwargs"):
        layer(tg.ones(1))


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"Empty does not define forward\(\)"):
        type("Empty", (nn.Module,), {})()(1)


def test_repr_is_pytorchs_and_says_the_mode():
    _, theirs = torch_net()
    ours = Net()
    assert repr(ours) == repr(theirs).replace("Theirs", "Net") + "  # training mode"
    ours.body.eval()
    assert "(body): Sequential(\n    (0): Linear(in_features=4, out_features=4, bias=False)" in repr(ours)
    assert "\n  )  # evaluation mode\n" in repr(ours)
    assert repr(ours).count("evaluation mode") == 1
    assert repr(nn.ReLU().eval()) == "ReLU()  # evaluation mode"


def test_sequential_and_module_list():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert len(net) == 3
    assert net[-1].out_features == 1
    assert [type(m) for m in net[:2]] == [nn.Linear, nn.ReLU]
    assert isinstance(net[1:], nn.Sequential)
    net[1] = nn.Tanh()
    net.append(nn.Sigmoid()).extend([nn.Identity()])
    assert [n for n, _ in net.named_children()] == list("01234")
    named = nn.Sequential({"in": nn.Linear(2, 3), "out": nn.Linear(3, 1)})
    assert list(named.state_dict())[::3] == ["in.weight", "out.bias"]
    same = nn.Linear(2, 2)
    assert len(nn.Sequential(same, same)) == 2
    layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    assert len(layers[1:]) == 2
    assert len(list(layers.parameters())) == 6


def test_modules_are_copied_pickled_and_freed():
    net = Net()
    net.scale.name = "the scale"
    net.scale.grad = tg.ones_like(net.scale)
    other = copy.deepcopy(net)
    assert other.scale.grad is None, "as in PyTorch; that of a Tensor is copied"
    assert other.again is other.first
    with tg.no_grad():
        other.first.weight[...] = 0
    assert abs(net.first.weight.numpy()).sum() > 0
    back = pickle.loads(pickle.dumps(net))
    assert list(back.state_dict()) == list(net.state_dict())
    assert isinstance(back.scale, nn.Parameter)
    assert other.scale.name == back.scale.name == "the scale"
    gone = weakref.ref(net)
    gc.disable()
    del net
    assert gone() is None
    gc.enable()


# state_dict


def test_state_dict_looks_at_the_modules_own_memory():
    layer = nn.Linear(2, 1)
    state = layer.state_dict()
    assert not state["weight"].requires_grad
    with tg.no_grad():
        layer.weight[...] = 5
    assert state["weight"].tolist() == [[5, 5]]
    assert layer.state_dict(keep_vars=True)["weight"] is layer.weight


def test_loading_lists_everything_that_does_not_fit_and_changes_nothing():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    before = {name: np.array(t) for name, t in net.state_dict().items()}
    bad = {"0.weight": np.zeros((3, 2)), "0.bias": np.zeros(2), "1.weight": np.zeros((1, 3)), "2.weight": np.zeros(1)}
    with pytest.raises(StateDictError) as error:
        net.load_state_dict(bad)
    text = str(error.value)
    assert "does not fit Sequential, which was left as it was" in text
    assert "missing: 1.bias" in text
    assert "unexpected: 2.weight" in text
    assert "misshapen: 0.bias: (3,) here, (2,) there" in text
    with pytest.raises(StateDictError, match="misshapen"):
        net.load_state_dict(bad, strict=False)
    with pytest.raises(StateDictError, match=r"misshapen: 0\.bias"):
        net.load_state_dict({**before, "0.bias": np.array(["a", "b", "c"])})
    for name, t in net.state_dict().items():
        assert (np.asarray(t) == before[name]).all()


def test_a_cast_that_fails_while_loading_changes_nothing():
    net = nn.Linear(2, 1)
    before = net.weight.tolist()
    with pytest.raises(RuntimeWarning, match="overflow"):
        net.load_state_dict({"weight": np.ones((1, 2)), "bias": np.array([1e300])})
    assert net.weight.tolist() == before


def test_loading_what_is_no_state():
    net = nn.Linear(2, 1)
    for wrong, says in (
        ("net.safetensors", "got       str"),
        (nn.Linear(2, 1), "got       Linear"),
        (None, "NoneType"),
    ):
        with pytest.raises(StateDictError, match=says) as error:
            net.load_state_dict(wrong)
        assert "tg.load(path)" in str(error.value)


def test_a_module_is_cast_to_floats_only():
    net = nn.BatchNorm1d(2)
    assert net.half().weight.dtype == np.float16
    assert net.to("cpu") is net
    with pytest.raises(DtypeError):
        net.to(tg.int64)
    assert net.running_mean.dtype == np.float16
    assert net.num_batches_tracked.dtype == np.int64


def test_loading_part_of_it():
    net = nn.Linear(2, 1)
    with pytest.raises(StateDictError, match=r"mend .*strict=False"):
        net.load_state_dict({"weight": np.ones((1, 2))})
    found = net.load_state_dict({"weight": np.ones((1, 2)), "more": 1}, strict=False)
    assert found.missing_keys == ["bias"]
    assert found.unexpected_keys == ["more"]
    assert net.weight.tolist() == [[1, 1]]
    assert net.weight.dtype == np.float32


def test_loading_between_forward_and_backward_is_noticed():
    net = nn.Linear(2, 1)
    loss = (net(tg.ones(1, 2) * nn.Parameter(tg.ones(1)))).sum()
    net.load_state_dict(net.state_dict())
    with pytest.raises(ChangedAfterUseError, match="weight"):
        loss.backward()
    loss = (net(tg.ones(1, 2) * nn.Parameter(tg.ones(1)))).sum()
    net.double()
    with pytest.raises(ChangedAfterUseError, match="weight"):
        loss.backward()


def test_cast():
    net = Net()
    net(tg.ones(1, 3)).sum().backward()
    weight = net.first.weight
    net.double()
    assert net.first.weight is weight
    assert weight.dtype == weight.grad.dtype == net.mask.dtype == np.float64
    assert net.steps.dtype == np.int64
    assert net.float().mask.dtype == np.float32


# Parameters and their first values


def test_parameter():
    data = np.ones(2, np.float32)
    p = nn.Parameter(data)
    assert p.requires_grad
    assert np.shares_memory(p.numpy(), data)
    assert type(p * 2) is tg.Tensor
    assert not nn.Parameter(tg.tensor([1, 2]), requires_grad=False).requires_grad
    with pytest.raises(DtypeError, match="floating-point"):
        nn.Parameter(tg.tensor([1, 2]))
    assert type(copy.deepcopy(p)) is nn.Parameter
    assert nn.Linear(2, 1).weight.name == "weight"


def test_linear_starts_as_pytorchs():
    tg.manual_seed(0)
    layer = nn.Linear(400, 300)
    for p in layer.parameters():
        values = p.numpy()
        assert abs(values).max() <= 0.05
        assert abs(values).max() > 0.048
    assert_allclose(layer.weight.numpy().std(), 0.1 / np.sqrt(12), rtol=0.02)
    tg.manual_seed(0)
    assert (nn.Linear(400, 300).weight.numpy() == layer.weight.numpy()).all()
    assert nn.Linear(2, 3, dtype=tg.float64).bias.dtype == np.float64
    assert nn.Linear(0, 3)(tg.ones(2, 0)).shape == (2, 3)


def test_linear_by_a_vector_leaves_no_last_axis():
    x, w = tg.arange(6.0).reshape(2, 3), tg.tensor([1.0, 0.0, 2.0])
    assert nn.functional.linear(x, w).tolist() == [4.0, 13.0]
    assert nn.functional.linear(x[0], w, 1.0).item() == 5.0
    with pytest.raises(ShapeError, match="not one size"):
        nn.functional.linear(x, tg.ones(2))
    with pytest.raises(ShapeError, match=r"expected  \(\)"):
        nn.functional.linear(x, w, tg.ones(5))


@pytest.mark.parametrize(
    ("name", "param"),
    [
        *((n, None) for n in ("linear", "conv2d", "conv_transpose1d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")),
        ("leaky_relu", 0.2),
    ],
)
def test_gains_are_pytorchs(name, param):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    assert nn.init.calculate_gain(name, param) == torch.nn.init.calculate_gain(name, param)


def test_init_draws():
    rng = np.random.default_rng(0)
    t = tg.zeros(200, 300)
    assert nn.init.normal_(t, 2, 0.5, generator=rng) is t
    assert_allclose([t.numpy().mean(), t.numpy().std()], [2, 0.5], rtol=0.02)
    for function, keywords, bound in (
        (nn.init.uniform_, {"a": -3, "b": 3}, 3),
        (nn.init.xavier_uniform_, {"gain": 2}, 2 * np.sqrt(6 / 500)),
        (nn.init.kaiming_uniform_, {"nonlinearity": "relu"}, np.sqrt(6 / 300)),
        (nn.init.kaiming_uniform_, {"a": np.sqrt(5), "mode": "fan_out"}, np.sqrt(1 / 200)),
    ):
        values = function(t, **keywords, generator=rng).numpy()
        assert 0.999 * bound < abs(values).max() <= bound * 1.0000001
        assert_allclose(values.std(), bound / np.sqrt(3), rtol=0.02)
    conv = nn.init.kaiming_uniform_(tg.zeros(8, 4, 5, 5), nonlinearity="linear").numpy()
    assert 0.99 * np.sqrt(3 / 100) < abs(conv).max() <= np.sqrt(3 / 100) * 1.0000001
    assert nn.init.ones_(tg.zeros(2)).tolist() == [1, 1]
    assert nn.init.zeros_(tg.ones(2)).tolist() == [0, 0]


def test_init_says_what_is_wrong():
    with pytest.raises(ShapeError, match="2 or more axes"):
        nn.init.xavier_uniform_(tg.zeros(3))
    with pytest.raises(ValueError, match="no gain for 'swish'"):
        nn.init.calculate_gain("swish")
    with pytest.raises(ValueError, match="fan_in or fan_out"):
        nn.init.kaiming_uniform_(tg.zeros(3, 3), mode="fan")


def test_init_of_a_parameter_in_a_graph_is_noticed():
    p = nn.Parameter(tg.ones(2))
    loss = (p * p).sum()
    nn.init.zeros_(p)
    with pytest.raises(ChangedAfterUseError):
        loss.backward()


# Layers and losses: errors


def test_a_layer_that_does_not_fit_names_itself():
    layer = nn.Linear(784, 100)
    with pytest.raises(ShapeError) as error:
        layer(tg.zeros(5, 1, 28, 28))
    text = str(error.value)
    assert "Linear(in_features=784, out_features=100, bias=True)" in text
    assert "expected  (…, 784)" in text
    assert "got       (5, 1, 28, 28)" in text
    assert "nn.Flatten()" in text
    with pytest.raises(ShapeError, match=r"got +\(3,\)"):
        layer(np.zeros(3, np.float32))
    with pytest.raises(ShapeError, match=r"weight \(out, in\)(?s:.)*got +input \(2, 3\) and weight \(4, 5\)"):
        F.linear(tg.zeros(2, 3), tg.zeros(4, 5))


@pytest.mark.parametrize("loss", [nn.MSELoss(), F.mse_loss])
def test_a_column_against_a_row_raises(loss):
    with pytest.raises(ShapeError, match=r"(?s)expected  target \(5, 1\).*got       target \(5,\).*reshape"):
        loss(tg.zeros(5, 1), tg.zeros(5))


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), F.nll_loss])
def test_targets_that_are_no_classes(loss):
    scores = tg.zeros(3, 4)
    for wrong in ([0, 4, 1], [0, -1, 1]):
        with pytest.raises(TinygradError, match=rf"(?s)no class.*0 to 3.*got +{wrong[1]}"):
            loss(scores, tg.tensor(wrong))
    for shape in ((3, 1), (4,), ()):
        with pytest.raises(ShapeError, match="one class for each row"):
            loss(scores, tg.zeros(shape, dtype=tg.int64))
    with pytest.raises(ShapeError, match="one class for each row"):
        loss(tg.tensor(0.0), tg.tensor(0).reshape(1))
    with pytest.raises(DtypeError, match="a class is an integer"):
        loss(scores, tg.zeros(3))
    with pytest.raises(ShapeError, match=r"weight is one number a class(?s:.)*\(4,\)"):
        loss(scores, tg.tensor([0, 1, 2]), tg.ones(3)) if loss is F.nll_loss else F.cross_entropy(
            scores, tg.tensor([0, 1, 2]), tg.ones(3)
        )


def test_cross_entropy_says_what_is_wrong():
    scores = tg.zeros(3, 4)
    with pytest.raises(DtypeError, match=r"neither classes nor probabilities(?s:.)*argmax"):
        F.cross_entropy(scores, tg.zeros(3, 4, dtype=tg.int64))
    with pytest.raises(TinygradError, match="ignore_index"):
        F.cross_entropy(scores, tg.zeros(3, 4), ignore_index=0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        F.cross_entropy(scores, tg.tensor([0, 1, 2]), label_smoothing=2)
    for wrong in (lambda: nn.CrossEntropyLoss(reduction="avg"), lambda: nn.MSELoss(reduction="avg")):
        with pytest.raises(ValueError, match="none, mean, sum"):
            wrong()


def test_one_hot_says_what_is_wrong():
    assert F.one_hot(tg.tensor([1, 0])).tolist() == [[0, 1], [1, 0]]
    assert F.one_hot(tg.zeros(0, dtype=tg.int64), 3).shape == (0, 3)
    for wrong in (lambda: F.one_hot(tg.tensor([3]), 2), lambda: F.one_hot(tg.tensor([-1]))):
        with pytest.raises(TinygradError, match="out of range"):
            wrong()
    with pytest.raises(DtypeError, match="integers"):
        F.one_hot(tg.ones(2))
    with pytest.raises(TinygradError, match="num_classes="):
        F.one_hot(tg.zeros(0, dtype=tg.int64))


# The fused cross entropy


def scores_and_classes(dtype=np.float64):
    rng = np.random.default_rng(3)
    return tg.tensor(rng.normal(size=(6, 5)).astype(dtype), requires_grad=True), tg.tensor(rng.integers(0, 5, 6))


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("weighted", [False, True])
def test_fused_equals_its_meaning_in_plain_gates(reduction, weighted):
    x, t = scores_and_classes()
    weights = tg.tensor(np.linspace(0, 2, 6)) if weighted else None
    keywords = {"over": 3.5, "reduction": reduction}
    gate = GATES["cross_entropy"]
    fused = nn.classification._cross_entropy(x, t, weights, **keywords, kept=[])
    plain = gate.meaning(x, t, weights, **keywords)
    assert_allclose(fused, plain, rtol=1e-13)
    gradients = [tg.autograd.grad((z * z).sum(), x)[0] for z in (fused, plain)]
    assert_allclose(*gradients, rtol=1e-12, atol=1e-15)


def test_a_second_walk_finds_the_same_gradient():
    x, t = scores_and_classes()
    loss = F.cross_entropy(x, t)
    loss.backward(retain_graph=True)
    first = np.array(x.grad)
    x.grad = None
    loss.backward(retain_graph=True)
    assert_allclose(x.grad, first, rtol=1e-14)
    x.grad = None
    loss.backward(create_graph=True)
    assert_allclose(x.grad, first, rtol=1e-12)


def test_the_gradient_is_not_the_users_to_lose():
    """It is made in the gate's own memory: neither the scores nor a second loss share it."""
    x, t = scores_and_classes()
    before = np.array(x)
    (F.cross_entropy(x, t) + F.cross_entropy(x, t)).backward()
    assert (np.asarray(x) == before).all()
    twice = np.array(x.grad)
    x.grad = None
    F.cross_entropy(x, t).backward()
    assert_allclose(x.grad * 2, twice, rtol=1e-13)


def test_writes_to_scores_or_classes_are_noticed():
    x, t = scores_and_classes()
    for written in (x, t):
        loss = F.cross_entropy(x, t)
        with tg.no_grad():
            written[0] = 1
        with pytest.raises(ChangedAfterUseError):
            loss.backward()


def test_nothing_is_kept_without_recording():
    x, t = scores_and_classes()
    with tg.no_grad():
        assert F.cross_entropy(x, t).keywords["kept"] is None
    assert F.cross_entropy(x.detach(), t).keywords["kept"] is None


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64])
def test_classes_of_any_integer_dtype(dtype):
    x, t = scores_and_classes()
    expected = F.cross_entropy(x, t).item()
    assert F.cross_entropy(x, t.numpy().astype(dtype)).item() == expected
    assert F.cross_entropy(x, t.tolist()).item() == expected


def test_ignored_samples_count_for_nothing_even_if_infinite():
    x = tg.tensor([[float("-inf"), 0.0], [1.0, 2.0]], requires_grad=True)
    loss = F.cross_entropy(x, tg.tensor([-100, 1]))
    loss.backward()
    assert_allclose(loss.item(), np.log(1 + np.exp(-1)), rtol=1e-6)
    assert x.grad[0].tolist() == [0, 0]


def test_float32_stays_float32():
    x, t = scores_and_classes(np.float32)
    for keywords in ({}, {"label_smoothing": 0.1}, {"weight": tg.ones(5, dtype=tg.float32)}):
        loss = F.cross_entropy(x, t, **keywords)
        loss.backward()
        assert loss.dtype == x.grad.dtype == np.float32


def test_loss_modules_are_the_functions():
    x, t = scores_and_classes()
    weight = tg.tensor([1.0, 2.0, 3.0, 4.0, 5.0], dtype=tg.float64)
    module = nn.CrossEntropyLoss(weight, ignore_index=2, reduction="sum", label_smoothing=0.2)
    assert list(module.state_dict()) == ["weight"]
    expected = F.cross_entropy(x, t, weight, ignore_index=2, reduction="sum", label_smoothing=0.2)
    assert module(x, t).item() == expected.item()
    assert nn.MSELoss(reduction="none")(x, x).shape == x.shape


# Parts by name, and distances as modules.


def test_parts_are_found_by_their_names():
    net = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.BatchNorm1d(4), nn.ReLU()))
    assert net.get_submodule("") is net and net.get_submodule("1.0") is net[1][0]
    assert (
        net.get_parameter("0.weight") is net[0].weight and net.get_buffer("1.0.running_mean") is net[1][0].running_mean
    )
    shared = nn.Sequential(net[0], net[0])
    assert shared.get_parameter("1.bias") is net[0].bias
    for call, text in (
        (lambda: net.get_submodule("1.2"), r"Sequential has no part called '1.2'; there are: '0', '1', '1.0', '1.1'"),
        (lambda: net.get_parameter("1.0.running_mean"), "no parameter called '1.0.running_mean'"),
        (lambda: net[0].get_buffer("weight"), "Linear has no buffer called 'weight'; there are: none"),
    ):
        with pytest.raises(AttributeError, match=text):
            call()


@pytest.mark.parametrize(
    "make",
    [
        lambda lib: lib.nn.CosineSimilarity(),
        lambda lib: lib.nn.CosineSimilarity(dim=-1, eps=1e-3),
        lambda lib: lib.nn.PairwiseDistance(),
        lambda lib: lib.nn.PairwiseDistance(p=1, keepdim=True),
    ],
)
def test_distances_are_pytorchs(make):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    values = np.random.default_rng(0).normal(size=(2, 5, 4))
    mine, yours = ([lib.tensor(v, requires_grad=True) for v in values] for lib in (tg, torch))
    ours, theirs = make(tg)(*mine), make(torch)(*yours)
    assert ours.shape == tuple(theirs.shape)
    ours.sum().backward()
    theirs.sum().backward()
    assert_allclose(ours.detach(), theirs.detach(), rtol=1e-9)
    for one, other in zip(mine, yours, strict=True):
        assert_allclose(one.grad, other.grad, rtol=1e-9, atol=1e-12)


def test_pytorchs_dicts_of_what_a_module_owns():
    class Chain(nn.Module):
        """As in Dive into Deep Learning."""

        def __init__(self, *layers):
            super().__init__()
            for i, layer in enumerate(layers):
                self._modules[str(i)] = layer

        def forward(self, x):
            for layer in self._modules.values():
                x = layer(x)
            return x

    net = Chain(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert list(net.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert net(tg.ones(1, 2)).shape == (1, 1)
    assert [type(layer) for layer in net.children()] == [nn.Linear, nn.ReLU, nn.Linear]
    net._modules["1"] = nn.Tanh()
    del net._modules["2"]
    assert net(tg.ones(1, 2)).shape == (1, 3)
    assert repr(net._modules) == repr({"0": net.get_submodule("0"), "1": net.get_submodule("1")})
    assert "2" not in net._modules
    layer = nn.BatchNorm1d(2)
    assert list(layer._parameters) == ["weight", "bias"]
    assert layer._parameters["weight"] is layer.weight
    assert list(layer._buffers) == ["running_mean", "running_var", "num_batches_tracked"]
    for name in ("training", "nothing"):
        with pytest.raises(KeyError):
            del layer._parameters[name]
    with pytest.raises(TinygradError, match="is a Parameter"):
        layer._parameters["weight"] = tg.ones(2)
