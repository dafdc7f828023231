"""SGD: PyTorch's trajectories; groups, state and errors; no memory taken once it is warm."""

import copy
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.errors import ChangedAfterUseError, GradientShapeError, StateDictError, TinygradError

OPTIONS = [
    {},
    {"weight_decay": 0.1},
    {"maximize": True},
    {"momentum": 0.9},
    {"momentum": 0.9, "dampening": 0.3},
    {"momentum": 0.9, "nesterov": True},
    {"momentum": 0.9, "weight_decay": 0.1},
    {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1, "maximize": True},
    {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
    {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1, "maximize": True},
]


def start():
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in ((3, 4), (4,), ())]


def loss_of(w, b, s):
    """Not quadratic, of three parameters; in either library."""
    return ((w * b).tanh() * s + w * w * 0.1).sum() + (s * b).sum()


def trajectory(library, make, arrays, steps=25):
    """The parameters after every step; from the fifth step on the third has no gradient."""
    params = [library.tensor(a, requires_grad=True) for a in arrays]
    optimizer = make(params)
    found = []
    for step in range(steps):
        optimizer.zero_grad()
        loss_of(*params).backward()
        if step >= 5:
            params[2].grad = None
        optimizer.step()
        found.append([np.array(p.detach().numpy()) for p in params])
    return found


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_trajectories_are_pytorchs(options):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours = trajectory(tg, lambda params: optim.SGD(params, lr=0.05, **options), start())
    theirs = trajectory(torch, lambda params: torch.optim.SGD(params, lr=0.05, **options), start())
    for step, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        for a, b in zip(mine, other, strict=True):
            assert_allclose(a, b, rtol=1e-9, atol=1e-9, err_msg=f"step {step}")


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_gradients_stay_as_they_were(options):
    p = tg.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1, **options)
    for _ in range(3):
        p.grad = tg.tensor([3.0, -4.0])
        optimizer.step()
        assert p.grad.tolist() == [3, -4]


def groups_of(make):
    def made(params):
        optimizer = make([{"params": params[:1], "lr": 0.2}, {"params": params[1], "momentum": 0}])
        optimizer.add_param_group({"params": params[2:], "weight_decay": 0.5})
        return optimizer

    return made


def test_groups_have_options_of_their_own():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours = trajectory(tg, groups_of(lambda groups: optim.SGD(groups, lr=0.05, momentum=0.9)), start())
    theirs = trajectory(torch, groups_of(lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9)), start())
    for mine, other in zip(ours, theirs, strict=True):
        for a, b in zip(mine, other, strict=True):
            assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_options_may_be_changed_between_steps():
    p = tg.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1)
    p.grad = tg.tensor([1.0])
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.5
    optimizer.step()
    assert_allclose(p.detach(), [0.4], rtol=1e-6)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_warm_step_takes_no_memory(options):
    params = [tg.zeros(200, 300, requires_grad=True), tg.zeros(50, requires_grad=True)]
    optimizer = optim.SGD(params, lr=0.1, **options)
    for p in params:
        p.grad = tg.ones(*p.shape)
    optimizer.step()
    memory = [p.numpy().__array_interface__["data"] for p in params]
    tracemalloc.start()
    optimizer.step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4000  # a parameter takes 240,000
    assert memory == [p.numpy().__array_interface__["data"] for p in params]


def test_work_space_serves_parameters_of_any_size_and_dtype():
    params = [tg.ones(*shape, dtype=dtype, requires_grad=True) for shape in ((2,), (3, 3), (1,)) for dtype in "fd"]
    optimizer = optim.SGD(params, lr=0.5)
    for _ in range(2):
        for p in params:
            p.grad = tg.ones_like(p)
        optimizer.step()
    for p in params:
        assert (p.numpy() == 0).all()
    assert {dtype: room.shape for dtype, room in optimizer._room.items()} == {tg.float32: (3, 9), tg.float64: (3, 9)}
    work = [optimizer._scratch(p) for p in params]
    optimizer.step()
    assert all(optimizer._scratch(p) is w for p, w in zip(params, work, strict=True))


def test_a_step_between_forward_and_backward_is_noticed():
    p = tg.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1)
    loss = (p * p).sum()
    p.grad = tg.tensor([1.0])
    optimizer.step()
    with pytest.raises(ChangedAfterUseError):
        loss.backward()


def test_closure_is_run_while_recording():
    p = tg.tensor([2.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        assert optimizer.step(closure).item() == 4
    assert p.tolist() == [1]
    assert optimizer.step() is None


def test_zero_grad():
    p = tg.tensor([2.0], requires_grad=True)
    optimizer = optim.SGD([p])
    (p * p).sum().backward()
    kept = p.grad
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is kept
    assert kept.tolist() == [0]
    optimizer.zero_grad()
    assert p.grad is None
    optimizer.step()
    assert p.tolist() == [2]


def test_state_goes_on_where_it_stopped():
    def run(steps, p, optimizer):
        for _ in range(steps):
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()

    p = tg.tensor([1.0, -2.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1, momentum=0.9)
    run(3, p, optimizer)
    saved, values = copy.deepcopy(optimizer.state_dict()), np.array(p.detach())
    run(4, p, optimizer)
    q = tg.tensor(values, requires_grad=True)
    other = optim.SGD([q], lr=5)
    other.load_state_dict(saved)
    run(4, q, other)
    assert p.tolist() == q.tolist()
    assert other.param_groups[0]["lr"] == 0.1
    assert saved["param_groups"][0]["params"] == [0]


def test_state_dict_has_pytorchs_form():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    forms = []
    for library, module in ((tg, optim), (torch, torch.optim)):
        params = [library.tensor(a, requires_grad=True) for a in start()]
        optimizer = module.SGD([{"params": params[:2]}, {"params": params[2:]}], lr=0.1, momentum=0.9)
        loss_of(*params).backward()
        optimizer.step()
        forms.append((params, optimizer))
    (_, ours), (_, theirs) = forms
    mine, other = ours.state_dict(), theirs.state_dict()
    assert list(mine["state"]) == list(other["state"])
    for group, g in zip(mine["param_groups"], other["param_groups"], strict=True):
        assert group.items() <= g.items()
    for i, entries in mine["state"].items():
        assert entries.keys() == other["state"][i].keys()
        assert_allclose(entries["momentum_buffer"], other["state"][i]["momentum_buffer"], rtol=1e-12)
    ours.load_state_dict(other)
    assert isinstance(ours.state[ours.param_groups[0]["params"][0]]["momentum_buffer"], tg.Tensor)


def test_state_that_does_not_fit_changes_nothing():
    p, q = (tg.ones(n, requires_grad=True) for n in (2, 3))
    one, two = optim.SGD([p], lr=0.1, momentum=0.9), optim.SGD([q], lr=0.2, momentum=0.9)
    for optimizer, t in ((one, p), (two, q)):
        t.grad = tg.ones_like(t)
        optimizer.step()
    with pytest.raises(StateDictError, match=r"momentum_buffer(?s:.)*\(3,\)(?s:.)*\(2,\)"):
        two.load_state_dict(one.state_dict())
    assert two.param_groups[0]["lr"] == 0.2
    assert two.state[q]["momentum_buffer"].shape == (3,)
    with pytest.raises(StateDictError, match=r"groups of \[1\] parameters(?s:.)*groups of \[2\]"):
        two.load_state_dict(optim.SGD([p, q]).state_dict())


def test_errors_say_what_is_wrong():
    p = tg.ones(2, requires_grad=True)
    for wrong, text in (
        (lambda: optim.SGD([]), "used only once"),
        (lambda: optim.SGD(p), "put the Tensor in a list"),
        (lambda: optim.SGD([p, p]), "given twice"),
        (lambda: optim.SGD([p * 2]), "only update leaves(?s:.)*made by mul"),
        (lambda: optim.SGD([np.ones(2)]), "takes Tensors(?s:.)*ndarray"),
        (lambda: optim.SGD(nn.Linear(2, 1).named_parameters()), "without names"),
        (lambda: optim.SGD([p]).add_param_group({"params": p}), "given twice"),
    ):
        with pytest.raises(TinygradError, match=text):
            wrong()
    for keywords in ({"lr": -1}, {"momentum": -1}, {"weight_decay": -1}, {"nesterov": True}):
        with pytest.raises(ValueError, match=f"SGD: {next(iter(keywords))}"):
            optim.SGD([p], **keywords)
    with pytest.raises(ValueError, match="dampening of 0"):
        optim.SGD([p], momentum=0.9, dampening=0.1, nesterov=True)
    p.grad, p.data = tg.ones(2), tg.ones(1)
    with pytest.raises(GradientShapeError, match=r"another shape(?s:.)*\(1,\)(?s:.)*\(2,\)"):
        optim.SGD([p]).step()
    p.data = tg.ones(2)
    with pytest.raises(NotImplementedError):
        optim.Optimizer([p], {}).step()


def test_repr_is_pytorchs():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    theirs = repr(torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1))
    ours = repr(optim.SGD([tg.ones(1, requires_grad=True)], lr=0.1))
    assert ours == "\n".join(
        line for line in theirs.splitlines() if not line.strip().startswith(("foreach", "fused", "differentiable"))
    )
