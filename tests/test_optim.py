"""Optimizers go where PyTorch's go, recorded and live; groups, state, hooks, errors; no memory taken once warm."""

import copy
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose
from oracle.record import load
from oracle.trajectories import (
    COMMAND,
    OPTIONS,
    STEPS,
    TABLE,
    TRAJECTORIES,
    advance,
    at_full_precision,
    make,
    start,
    trajectory,
)

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.errors import ChangedAfterUseError, GradientShapeError, OptionError, StateDictError, TinygradError

RECORDED = load(TRAJECTORIES)
NAMES = [name for name in OPTIONS if name != "LBFGS"]  # those that step from the gradients that are there
DECAY = {name: {"weight_decay": 0.1} for name in NAMES} | {"Rprop": {}}  # which has none
each_row = pytest.mark.parametrize("row", TABLE)
each_step = pytest.mark.parametrize("row", [row for row, (name, _) in TABLE.items() if name != "LBFGS"])
each_name = pytest.mark.parametrize("name", OPTIONS)


@each_row
def test_trajectories_are_those_recorded_of_pytorch(row):
    assert row in RECORDED, f"run `{COMMAND}` where PyTorch is installed"
    assert_allclose(trajectory(tg, *TABLE[row])[[0, 1, 9, -1]], RECORDED[row]["path"], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_trajectories_of_groups_are_those_recorded_of_pytorch(name):
    found = trajectory(tg, name, {}, groups=True)[[0, 1, 9, -1]]
    assert_allclose(found, RECORDED[f"{name} groups"]["path"], rtol=1e-9, atol=1e-9)


def test_nothing_is_recorded_that_is_not_in_the_table():
    assert RECORDED.keys() == TABLE.keys() | {f"{name} groups" for name in NAMES}, f"run `{COMMAND}`"


@each_row
def test_trajectories_are_pytorchs(row, monkeypatch):
    """All of it, its state handed over in the middle: ours goes on from PyTorch's, and the other way round."""
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    at_full_precision(torch, monkeypatch.setattr)
    name, options = TABLE[row]
    theirs = trajectory(torch, name, options)
    assert_allclose(RECORDED[row]["path"], theirs[[0, 1, 9, -1]], rtol=1e-8, atol=1e-8, err_msg=f"run `{COMMAND}`")
    assert_allclose(trajectory(tg, name, options), theirs, rtol=1e-9, atol=1e-9)

    middle = 12
    halves = {}
    for library in (tg, torch):
        params = [library.tensor(a, requires_grad=True) for a in start(name)]
        optimizer = make(library, name, options, params)
        advance(optimizer, params, middle)
        halves[library] = ([np.array(p.detach().numpy()) for p in params], optimizer.state_dict())
    mine, other = halves[tg][1], halves[torch][1]
    for i, entries in other["state"].items():
        assert mine["state"][i].keys() == entries.keys() - {"al"}, "al is LBFGS's scratch"
    for group, g in zip(mine["param_groups"], other["param_groups"], strict=True):
        assert group.items() <= g.items()
    for library, (values, state) in ((tg, halves[torch]), (torch, halves[tg])):
        params = [library.tensor(a, requires_grad=True) for a in values]
        optimizer = make(library, name, {}, params)
        optimizer.load_state_dict(handed_over(state, library))
        assert_allclose(advance(optimizer, params, STEPS - middle), theirs[middle:], rtol=1e-9, atol=1e-9)


def handed_over(state, library):
    """A state with its tensors made the library's own."""
    if isinstance(state, dict):
        return {key: handed_over(value, library) for key, value in state.items()}
    if isinstance(state, list):
        return [handed_over(value, library) for value in state]
    return library.tensor(np.asarray(state)) if hasattr(state, "__array__") else state


@each_name
@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_a_file_in_the_middle_changes_no_bit(name, ending, tmp_path):
    options = OPTIONS[name][-1]
    params = [tg.tensor(a, requires_grad=True) for a in start(name)]
    optimizer = make(tg, name, options, params)
    advance(optimizer, params, 6)
    path = tg.save(optimizer.state_dict(), tmp_path / f"x.{ending}")
    again = [tg.tensor(p.detach(), requires_grad=True) for p in params]
    other = make(tg, name, {}, again)
    other.load_state_dict(tg.load(path))
    assert repr(other) == repr(optimizer)
    assert (advance(other, again, 9) == advance(optimizer, params, 9)).all()


def test_a_file_names_its_tensors_as_people_expect(tmp_path):
    from safetensors.numpy import load_file

    params = [tg.ones(2, requires_grad=True), tg.ones(3, requires_grad=True)]
    optimizer = optim.Adam(params, amsgrad=True)
    (params[0].sum() + params[1].sum()).backward()
    optimizer.step()
    found = load_file(tg.save(optimizer.state_dict(), tmp_path / "adam.safetensors"))
    names = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    assert found.keys() == {f"state.{i}.{name}" for i in (0, 1) for name in names}
    assert found["state.1.exp_avg"].shape == (3,)


@each_step
def test_gradients_stay_as_they_were(row):
    name, options = TABLE[row]
    p = tg.tensor([[1.0, 2.0]], requires_grad=True)
    optimizer = getattr(optim, name)([p], **options)
    for _ in range(3):
        p.grad = tg.tensor([[3.0, -4.0]])
        optimizer.step()
        assert p.grad.tolist() == [[3, -4]]


@each_step
def test_a_warm_step_takes_no_memory(row):
    name, options = TABLE[row]
    params = [tg.ones(200, 300, requires_grad=True), tg.ones(50, 1, requires_grad=True)]
    optimizer = getattr(optim, name)(params, **options)
    for p in params:
        p.grad = tg.ones(*p.shape)
    for _ in range(7):  # RAdam rectifies from the sixth on
        optimizer.step()
    memory = [p.numpy().__array_interface__["data"] for p in params]
    tracemalloc.start()
    optimizer.step()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A parameter takes 240,000. Rprop's mask has a byte for each element, Adafactor's means are a row and a
    # column, and NumPy 2.0 reduces and masks through a buffer of 32,768.
    assert peak < {"Rprop": 100_000, "Adafactor": 48_000, "Muon": 40_000}.get(name, 4000)
    assert memory == [p.numpy().__array_interface__["data"] for p in params]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [tg.float16, tg.float32])
def test_parameters_and_state_keep_their_dtype(name, dtype):
    p = tg.ones(3, 1, dtype=dtype, requires_grad=True)
    optimizer = getattr(optim, name)([p], lr=0.125)
    for _ in range(3):
        p.grad = tg.ones(3, 1, dtype=dtype)
        optimizer.step()
    assert p.dtype == dtype
    assert (p.detach() < 1).all()
    for key, value in optimizer.state[p].items():
        assert value.dtype == (tg.float32 if key in ("step", "mu_product", "eta", "mu") else dtype), key


@pytest.mark.parametrize("name", NAMES)
def test_parameters_of_any_layout(name):
    """Transposed in memory, without an element, one in every second place."""
    rng = np.random.default_rng(0)
    values = [rng.normal(size=(3, 4)), np.zeros((0, 2)), np.zeros((2, 0)), rng.normal(size=(6, 1))]
    odd = [np.asfortranarray(values[0]), *values[1:3], np.repeat(values[3], 2, axis=0)[::2]]
    found = []
    for arrays in (values, odd):
        params = [tg.Tensor(a, requires_grad=True) for a in arrays]
        optimizer = getattr(optim, name)(params, lr=0.1, **DECAY[name])
        for _ in range(3):
            for p in params:
                p.grad = tg.Tensor(np.cos(p.numpy()))
            optimizer.step()
        found.append([np.array(p.detach()) for p in params])
    for a, b in zip(*found, strict=True):
        assert (a == b).all()


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
    assert all(optimizer._scratch(p)[0] is w[0] for p, w in zip(params, work, strict=True))


def test_work_space_serves_larger_parameters_that_come_later():
    p, q = tg.ones(2, requires_grad=True), tg.ones(3, 3, requires_grad=True)
    optimizer = optim.SGD([p], lr=0.5)
    p.grad = tg.ones_like(p)
    optimizer.step()
    p.data, p.grad, q.grad = tg.ones(4), tg.ones(4), tg.ones(3, 3)
    optimizer.step()
    optimizer.add_param_group({"params": q})
    optimizer.step()
    assert p.tolist() == [0] * 4
    assert q.tolist() == [[0.5] * 3] * 3


@pytest.mark.parametrize("name", NAMES)
def test_a_step_between_forward_and_backward_is_noticed(name):
    p = tg.tensor([[1.0]], requires_grad=True)
    optimizer = getattr(optim, name)([p], lr=0.1)
    loss = (p * p).sum()
    p.grad = tg.tensor([[1.0]])
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


def test_options_may_be_changed_between_steps():
    p = tg.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=0.1)
    p.grad = tg.tensor([1.0])
    optimizer.step()
    optimizer.param_groups[0]["lr"] = np.float64(0.5)  # as a schedule may compute it
    optimizer.step()
    assert_allclose(p.detach(), [0.4], rtol=1e-6)


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
    for wrong in (5, {"lr": 1}, {"params": {p}}):
        with pytest.raises(TinygradError, match="a parameter group is a dict"):
            optim.SGD([tg.ones(1)]).add_param_group(wrong)
    p.grad = tg.ones(2)
    with pytest.raises(NotImplementedError):
        optim.Optimizer([p], {}).step()


BETAS = ("Adam", "AdamW", "Adamax", "NAdam", "RAdam")
WRONG = [
    *[(name, {"lr": lr}) for name in OPTIONS for lr in (-1, float("nan"), float("inf"), tg.tensor(0.1), "0.1", None)],
    *[(name, {"weight_decay": -1}) for name in NAMES if DECAY[name]],
    *[(name, {"eps": -1}) for name in NAMES if name not in ("SGD", "Rprop", "ASGD")],
    *[(name, {"betas": b}) for name in BETAS for b in ((1, 0), (0, -1), (0.9,), 0.9)],
    *[("SGD", options) for options in ({"momentum": -1}, {"nesterov": True})],
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
    ("Adagrad", {"lr_decay": -1}),
    ("Adagrad", {"initial_accumulator_value": -1}),
    *[("Adadelta", {"rho": rho}) for rho in (-0.1, 1.1)],
    *[("RMSprop", options) for options in ({"alpha": -1}, {"momentum": -1})],
    ("NAdam", {"momentum_decay": -1}),
    *[("Rprop", {"etas": etas}) for etas in ((0, 1.2), (1, 1.2), (0.5, 1), (0.5,))],
    *[("Rprop", {"step_sizes": sizes}) for sizes in ((-1, 1), (2, 1), 1)],
    *[("ASGD", {key: -1}) for key in ("lambd", "alpha", "t0")],
    *[("Adafactor", options) for options in ({"beta2_decay": 0.1}, {"d": 0.9})],
    *[("Adafactor", {"eps": eps}) for eps in ((-1, 0), (None, -1), (0,))],
    *[("Muon", options) for options in ({"momentum": -1}, {"ns_coefficients": (1, 2)}, {"adjust_lr_fn": "rms"})],
    ("Rprop", {"etas": ("small", "large")}),
    ("Adafactor", {"beta2_decay": None}),
    *[("Muon", {"ns_steps": steps}) for steps in (-1, 100, 2.5)],
    *[("LBFGS", {key: -1}) for key in ("max_iter", "history_size", "tolerance_grad", "tolerance_change")],
    ("LBFGS", {"line_search_fn": "armijo"}),
    *[("Newton", options) for options in ({"damping": -1}, {"tolerance": -1}, {"cg_iterations": 0})],
]


@pytest.mark.parametrize(("name", "options"), WRONG, ids=str)
def test_options_outside_their_range(name, options):
    p, (option, *_) = tg.ones(2, 1, requires_grad=True), options
    word = "line search" if option == "line_search_fn" else option
    with pytest.raises(OptionError, match=f"{name}: (?s:.)*{word}") as caught:
        getattr(optim, name)([p], **options)
    assert isinstance(caught.value, ValueError), "as in PyTorch"
    if name in NAMES:
        optimizer = getattr(optim, name)([p])
        with pytest.raises(OptionError):
            optimizer.add_param_group({"params": tg.ones(1), **options})
        with pytest.raises(OptionError):
            optimizer.load_state_dict({"state": {}, "param_groups": [{"params": [0], **options}]})
        assert [group["params"] for group in optimizer.param_groups] == [[p]]


@pytest.mark.parametrize("name", [*NAMES, "LBFGS", "Newton", "GaussNewton"])
def test_every_number_among_the_options_has_a_range(name):
    p = tg.ones(2, 1, requires_grad=True)
    for option, value in getattr(optim, name)([p]).defaults.items():
        if type(value) in (int, float) and option not in ("dampening", "beta2_decay"):
            with pytest.raises(OptionError, match=f"{name}: {option}"):
                getattr(optim, name)([p], **{option: -1})


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Muon"])
def test_how_pytorch_is_to_compute_a_step_changes_nothing(name):
    p = tg.ones(2, requires_grad=True)
    plain, hinted = (getattr(optim, name)([p], **hints) for hints in ({}, {"foreach": True, "fused": False}))
    assert repr(hinted) == repr(plain)
    getattr(optim, name)([p], capturable=True)
    for wrong in ("maximise", "differentiable"):  # the second would ask for gradients through a step
        with pytest.raises(TypeError, match=wrong):
            getattr(optim, name)([p], **{wrong: True})


def test_muon_is_for_matrices():
    layer = nn.Linear(2, 3)
    with pytest.raises(OptionError, match=r"must be matrices(?s:.)*bias of shape \(3,\)(?s:.)*AdamW for the others"):
        optim.Muon(layer.parameters())
    optimizer = optim.Muon([layer.weight])
    with pytest.raises(OptionError, match="must be matrices"):
        optimizer.add_param_group({"params": layer.bias})


def test_a_misshapen_gradient_changes_nothing():
    p, q = (tg.ones(2, requires_grad=True) for _ in range(2))
    p.grad, q.grad = tg.ones(2), tg.ones(2)
    q.data = tg.ones(1)
    with pytest.raises(GradientShapeError, match=r"another shape(?s:.)*\(1,\)(?s:.)*\(2,\)"):
        optim.SGD([p, q]).step()
    assert p.tolist() == [1, 1]


def test_what_is_no_state_of_an_optimizer():
    optimizer = optim.SGD([tg.ones(1, requires_grad=True)])
    with pytest.raises(StateDictError, match=r"no state_dict of an optimizer(?s:.)*weight"):
        optimizer.load_state_dict(nn.Linear(1, 1).state_dict())
    with pytest.raises(StateDictError, match="none of its groups"):
        optimizer.load_state_dict({"state": {7: {}}, "param_groups": [{"params": [0]}]})


def test_adamw_stays_decoupled_with_a_state_of_adam():
    p = tg.ones(1, requires_grad=True)
    optimizer = optim.AdamW([p])
    optimizer.load_state_dict(optim.Adam([p]).state_dict())
    assert optimizer.param_groups[0]["decoupled_weight_decay"]


def test_steps_that_pytorch_once_counted_with_plain_numbers():
    p = tg.ones(1, requires_grad=True)
    p.grad = tg.ones(1)
    optimizer = optim.Adam([p])
    optimizer.step()
    state = optimizer.state_dict()
    state["state"][0]["step"] = 1
    optimizer.load_state_dict(state)
    optimizer.step()
    assert optimizer.state[p]["step"].item() == 2


def test_rates_that_pytorch_once_kept_as_plain_numbers():
    p = tg.ones(1, requires_grad=True)
    p.grad = tg.ones(1)
    optimizer = optim.ASGD([p], lr=0.5, lambd=0)
    optimizer.step()
    state = optimizer.state_dict()
    state["state"][0] |= {"step": 1, "eta": 0.25, "mu": 1.0}
    optimizer.load_state_dict(state)
    optimizer.step()
    assert p.tolist() == [0.25]
    assert optimizer.state[p]["eta"].item() == 0.5


def test_the_means_of_rows_and_columns_fit_or_are_refused():
    p, q = tg.ones(2, 3, 4, requires_grad=True), tg.ones(2, 3, 5, requires_grad=True)
    one, two = optim.Adafactor([p]), optim.Adafactor([q])
    p.grad = tg.ones_like(p)
    one.step()
    assert {name: value.shape for name, value in one.state[p].items()} == {
        "step": (),
        "row_var": (2, 3, 1),
        "col_var": (2, 1, 4),
    }
    with pytest.raises(StateDictError, match=r"col_var(?s:.)*\(2, 1, 5\)(?s:.)*\(2, 1, 4\)"):
        two.load_state_dict(one.state_dict())


@pytest.mark.parametrize("name", ["Adafactor", "Muon"])
def test_squares_that_leave_the_range_of_float16(name):
    """As they do from 256 on: in the length of a parameter, of a momentum."""
    found = []
    for dtype in (tg.float16, tg.float32):
        p = tg.tensor([[1000.0, 2000.0]], dtype=dtype, requires_grad=True)
        p.grad = tg.tensor([[100.0, -50.0]] if name == "Adafactor" else [[600.0, -800.0]], dtype=dtype)
        getattr(optim, name)([p], lr=0.5).step()
        found.append(p.detach().float())
    assert_allclose(*found, rtol=2e-3)


def test_centered_rmsprop_never_takes_the_root_of_less_than_nothing():
    p = tg.zeros(1000, requires_grad=True)
    optimizer = optim.RMSprop([p], centered=True, alpha=0.5)
    p.grad = tg.linspace(0.1, 3, 1000)
    for _ in range(60):
        optimizer.step()
    assert np.isfinite(p.numpy()).all()


def test_hooks_of_a_step():
    p = tg.ones(1, requires_grad=True)
    optimizer, seen = optim.SGD([p], lr=0.5), []
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(("before", o, args, p.item())))
    optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(("after", o, args, p.item())))
    p.grad = tg.ones(1)
    optimizer.step()
    assert seen == [("before", optimizer, (None,), 1), ("after", optimizer, (None,), 0.5)]
    before.remove()
    optimizer.step()
    assert [what for what, *_ in seen] == ["before", "after", "after"]


def test_a_copy_goes_its_own_way():
    p = tg.ones(2, requires_grad=True)
    optimizer = optim.Adam([p])
    p.grad = tg.ones(2)
    optimizer.step()
    other = copy.deepcopy(optimizer)
    (q,) = other.param_groups[0]["params"]
    other.step()
    optimizer.step()
    assert q is not p
    assert q.tolist() == p.tolist()


def test_repr_is_pytorchs():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    theirs = repr(torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1))
    ours = repr(optim.SGD([tg.ones(1, requires_grad=True)], lr=0.1))
    assert ours == "\n".join(
        line for line in theirs.splitlines() if not line.strip().startswith(("foreach", "fused", "differentiable"))
    )
