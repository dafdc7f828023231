"""Schedules: PyTorch's rates and momentums, their state, what they refuse, and their pictures."""

import copy
import inspect
import json
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import optim
from tinygrad_edu.errors import ScheduleError, StateDictError, TinygradError
from tinygrad_edu.optim import lr_scheduler

STEPS = 45


def two_groups(library, kind="SGD", **options):
    """An optimizer of two groups with rates of their own, and gradients, so that each step trains."""
    p, q = (library.ones(1, requires_grad=True) for _ in "pq")
    for t in (p, q):
        t.grad = library.ones(1) * 1e-6
    if kind == "SGD":
        options = {"momentum": 0.9, **options}
    return getattr(library.optim, kind)([{"params": [p], "lr": 0.5}, {"params": [q], "lr": 0.02}], **options)


def state_of(optimizer):
    """The rate and the momentum of each group."""
    return [[group["lr"], group.get("betas", [group.get("momentum", 0)])[0]] for group in optimizer.param_groups]


def run(library, make, steps=STEPS, kind="SGD"):
    optimizer = two_groups(library, kind)
    scheduler = make(library.optim.lr_scheduler, optimizer)
    found = [state_of(optimizer)]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
        found.append(state_of(optimizer))
    return np.array(found, float)


class Halving:
    """A callable with a state of its own."""

    def __init__(self, every):
        self.every = every

    def __call__(self, epoch):
        return 0.5 ** (epoch // self.every)


SCHEDULES = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda t: 1 / (1 + t)),
    "LambdaLR, one each": lambda s, o: s.LambdaLR(o, [lambda t: 0.95**t, Halving(10)]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda t: 0.9 + 0.1 * (t % 2)),
    "StepLR": lambda s, o: s.StepLR(o, 10),
    "StepLR, gamma": lambda s, o: s.StepLR(o, step_size=7, gamma=0.3),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [30, 5, 12, 12], gamma=0.5),
    "MultiStepLR, at 0": lambda s, o: s.MultiStepLR(o, [0, 3]),
    "ConstantLR": lambda s, o: s.ConstantLR(o),
    "ConstantLR, options": lambda s, o: s.ConstantLR(o, factor=0.2, total_iters=11),
    "LinearLR": lambda s, o: s.LinearLR(o),
    "LinearLR, down": lambda s, o: s.LinearLR(o, 1.0, 0.01, total_iters=33),
    "LinearLR, to 0": lambda s, o: s.LinearLR(o, 0.7, 0.0, total_iters=8),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.93),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o),
    "PolynomialLR, power": lambda s, o: s.PolynomialLR(o, total_iters=30, power=2.5),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 10),
    "CosineAnnealingLR, eta_min": lambda s, o: s.CosineAnnealingLR(o, T_max=7, eta_min=0.001),
    "CosineAnnealingLR, T_max 1": lambda s, o: s.CosineAnnealingLR(o, T_max=1),
    "WarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 9),
    "WarmRestarts, longer": lambda s, o: s.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=0.001),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.3, step_size_up=6),
    "CyclicLR, one each": lambda s, o: s.CyclicLR(
        o, [0.01, 0.001], [0.3, 0.2], 5, 9, base_momentum=[0.7, 0.6], max_momentum=[0.95, 0.9]
    ),
    "CyclicLR, triangular2": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 5, 3, mode="triangular2"),
    "CyclicLR, exp_range": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 5, mode="exp_range", gamma=0.97),
    "CyclicLR, scale_fn": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 5, scale_fn=lambda c: 1 / c, scale_mode="cycle"),
    "CyclicLR, scale_fn of steps": lambda s, o: s.CyclicLR(
        o, 0.01, 0.3, 5, scale_fn=Halving(8), scale_mode="iterations", cycle_momentum=False
    ),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.7, total_steps=STEPS),
    "OneCycleLR, by epochs": lambda s, o: s.OneCycleLR(o, 0.7, epochs=9, steps_per_epoch=5, pct_start=0.4),
    "OneCycleLR, options": lambda s, o: s.OneCycleLR(
        o, [0.7, 0.2], STEPS, anneal_strategy="linear", div_factor=10.0, final_div_factor=100.0,
        base_momentum=[0.8, 0.7], max_momentum=0.99,
    ),
    "OneCycleLR, three phases": lambda s, o: s.OneCycleLR(o, 0.7, 60, three_phase=True, cycle_momentum=False),
    "OneCycleLR, three phases, linear": lambda s, o: s.OneCycleLR(
        o, 0.7, STEPS, three_phase=True, anneal_strategy="linear"
    ),
    "InverseTimeLR": lambda s, o: s.InverseTimeLR(o, 0.25),
    "SequentialLR": lambda s, o: s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=5), s.ExponentialLR(o, 0.9)], [5]),
    "SequentialLR, of many": lambda s, o: s.SequentialLR(
        o,
        [
            s.ConstantLR(o, 0.1, total_iters=4),
            s.CosineAnnealingLR(o, 8, eta_min=0.001),
            s.StepLR(o, 3),
            s.MultiplicativeLR(o, lambda t: 0.9),
            s.CosineAnnealingWarmRestarts(o, 3, 2),
        ],
        [3, 12, 20, 28],
    ),
    "SequentialLR, of cycles": lambda s, o: s.SequentialLR(
        o, [s.CyclicLR(o, 0.01, 0.3, 5), s.LambdaLR(o, lambda t: 0.8**t), s.OneCycleLR(o, 0.7, 30)], [13, 20]
    ),
    "SequentialLR, at 0": lambda s, o: s.SequentialLR(o, [s.StepLR(o, 2), s.PolynomialLR(o, 20)], [0]),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 7), s.ExponentialLR(o, 0.9)]),
    "ChainedScheduler, of many": lambda s, o: s.ChainedScheduler(
        [s.LinearLR(o, 0.2), s.CosineAnnealingLR(o, 12), s.MultiStepLR(o, [20, 40], 0.5), s.PolynomialLR(o, 60)], o
    ),
}  # fmt: skip
METRICS = [3, 2, 2, 1.99995, 2, 1.5, 1.6, math.nan, 1.6, 1.5, 1.4, *[1.3, 1.29] * 6, *[1.2] * 30]


def test_names_arguments_and_defaults_are_pytorchs():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    left_out = {"device", "last_epoch of SequentialLR"}  # there is one device; PyTorch does not heed the other
    for module in ("lr_scheduler", "swa_utils"):
        ours, theirs = getattr(optim, module), getattr(torch.optim, module)
        for name in theirs.__all__:
            mine, other = (inspect.signature(getattr(library, name)).parameters for library in (ours, theirs))
            expected = {a: p.default for a, p in other.items() if not {a, f"{a} of {name}"} & left_out}
            assert {a: p.default for a, p in mine.items()} == expected, name
            assert list(mine) == list(expected), name


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "InverseTimeLR"])
def test_rates_are_pytorchs(name):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = run(tg, SCHEDULES[name]), run(torch, SCHEDULES[name])
    assert len(np.unique(ours)) > 3
    assert_allclose(ours, theirs, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("name", ["CyclicLR, one each", "OneCycleLR, options"])
def test_beta1_is_cycled_as_in_pytorch(name):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = run(tg, SCHEDULES[name], kind="Adam"), run(torch, SCHEDULES[name], kind="Adam")
    assert len(np.unique(ours[..., 1])) > 3
    assert_allclose(ours, theirs, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"patience": 1, "factor": 0.5},
        {"patience": 0, "cooldown": 4, "min_lr": 1e-3},
        {"patience": 2, "threshold": 0.3, "threshold_mode": "abs", "min_lr": [0.3, 0.0]},
        {"patience": 2, "mode": "max", "eps": 0.1, "factor": 0.6},
        {"patience": 1, "mode": "max", "threshold": 0.01, "threshold_mode": "abs"},
    ],
    ids=str,
)
def test_plateau_is_pytorchs(options):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    found = []
    for library in (tg, torch):
        optimizer = two_groups(library)
        scheduler = library.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        found.append([])
        for metric in METRICS:
            scheduler.step(library.tensor(metric))
            found[-1].append([*scheduler.get_last_lr(), scheduler.best, scheduler.num_bad_epochs])
    assert len({tuple(row[:2]) for row in found[0]}) > 1
    assert_allclose(*found, rtol=1e-6)


NOT_RESUMED = ("Inverse", "Seq", "Chained", "WarmRestarts, longer")  # of the last, PyTorch forgets the cycle


@pytest.mark.parametrize("name", [name for name in SCHEDULES if not name.startswith(NOT_RESUMED)])
def test_resuming_by_last_epoch_is_pytorchs(name):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    found = []
    for library in (tg, torch):
        optimizer = two_groups(library)
        SCHEDULES[name](library.optim.lr_scheduler, optimizer)

        def make(module, optimizer):
            class Resumed:
                def __getattr__(self, kind):
                    return lambda *args, **options: getattr(module, kind)(*args, **options, last_epoch=3)

            return SCHEDULES[name](Resumed(), optimizer)

        scheduler = make(library.optim.lr_scheduler, optimizer)
        optimizer.step()
        for _ in range(5):
            scheduler.step()
        found.append([scheduler.last_epoch, *scheduler.get_last_lr()])
    assert_allclose(*found, rtol=1e-9)


# Known formulas: proven without PyTorch.


FORMULAS = {
    "StepLR": lambda t: 0.1 ** (t // 10),
    "MultiStepLR": lambda t: 0.5 ** sum(t >= m for m in (5, 12, 12, 30)),
    "ConstantLR, options": lambda t: 0.2 if t < 11 else 1,
    "LinearLR, down": lambda t: 1 - 0.99 * min(t, 33) / 33,
    "ExponentialLR": lambda t: 0.93**t,
    "PolynomialLR, power": lambda t: (1 - min(t, 30) / 30) ** 2.5,
    "CosineAnnealingLR": lambda t: (1 + math.cos(math.pi * t / 10)) / 2,
    "WarmRestarts": lambda t: (1 + math.cos(math.pi * (t % 9) / 9)) / 2,
    "SequentialLR": lambda t: 0.1 + 0.9 * t / 5 if t < 5 else 0.9 ** (t - 5),
    "ChainedScheduler": lambda t: (0.1 if t < 7 else 1) * 0.9**t,
    "InverseTimeLR": lambda t: 1 / (1 + 0.25 * t),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_rates_follow_the_formula(name):
    expected = [[0.5 * FORMULAS[name](t), 0.02 * FORMULAS[name](t)] for t in range(STEPS + 1)]
    assert_allclose(run(tg, SCHEDULES[name])[..., 0], expected, rtol=1e-9, atol=1e-15)


def test_a_cycle_is_a_triangle():
    found = run(tg, lambda s, o: s.CyclicLR(o, 1.0, 5.0, 4, 2, base_momentum=0.5, max_momentum=0.9), 12)
    assert_allclose(found[:, 0, 0], [1, 2, 3, 4, 5, 3] * 2 + [1])
    assert_allclose(found[:, 1, 1], [0.9, 0.8, 0.7, 0.6, 0.5, 0.7] * 2 + [0.9])


def test_one_cycle_ends_where_it_says():
    found = run(tg, SCHEDULES["OneCycleLR"], STEPS - 1)
    peak = found[..., 0].argmax(axis=0)
    assert (peak == 13).all()  # 0.3 times 45 steps, the first of which is number 0
    assert_allclose(found[0, 0], [0.7 / 25, 0.95])
    assert_allclose(found[-1, 0], [0.7 / 25e4, 0.95])
    assert abs(found[:, 0, 0].max() - 0.7) < 0.002
    short = run(tg, lambda s, o: s.OneCycleLR(o, 0.7, 10, pct_start=0.1), 9)  # a rise of no steps: PyTorch divides by 0
    assert_allclose(short[[0, -1], 0, 0], [0.7, 0.7 / 25e4])


def test_warm_restarts_between_epochs():
    optimizer = two_groups(tg)
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=3, T_mult=3)
    for epoch in (0.0, 0.25, 2.5, 3.0, 7.5, 12.0, 38.9, 3**5 * 1.5):
        scheduler.step(epoch)
        begin, length = 0, 3
        while epoch >= begin + length:
            begin, length = begin + length, 3 * length
        expected = 0.25 * (1 + math.cos(math.pi * (epoch - begin) / length))
        assert_allclose(scheduler.get_last_lr()[0], expected, rtol=1e-9)
        assert (scheduler.last_epoch, scheduler.T_i) == (math.floor(epoch), length)
    with pytest.raises(ValueError, match=r"must not be negative(?s:.)*-1"):
        scheduler.step(-1)


def test_halve_on_stall():
    optimizer = two_groups(tg)
    scheduler = lr_scheduler.HalveOnStall(optimizer, patience=3)
    for metric in (0.5, 0.6, 0.6, 0.55):
        scheduler.step(metric)
    assert scheduler.get_last_lr() == [0.5, 0.02]
    scheduler.step(tg.tensor(0.6, dtype=tg.float64))  # the third epoch that is not above 0.6
    assert scheduler.get_last_lr() == [0.25, 0.01]
    scheduler.step(0.61)
    for epoch in range(60):
        scheduler.step(0.61)
        assert scheduler.finished == (epoch >= 26)
    assert optimizer.param_groups[0]["lr"] == 0.5 / 1024  # and stays there
    falling = lr_scheduler.HalveOnStall(two_groups(tg), patience=1, mode="min", stop=0.3)
    assert falling.preview([3, 2, math.nan, 1, 1, 1]) == [0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]


def test_composed_schedules_nest():
    def nested(s, o):
        both = s.ChainedScheduler([s.ExponentialLR(o, 0.9), s.StepLR(o, 4, 0.5)])
        early = s.SequentialLR(o, [s.ConstantLR(o, 0.5, 3), s.StepLR(o, 2, 0.5)], [3])
        return s.SequentialLR(o, [early, both, s.CosineAnnealingLR(o, 5)], [8, 20])

    def factor(t):
        if t < 8:
            return 0.5 if t < 3 else 0.5 ** ((t - 3) // 2)
        return 0.9 ** (t - 8) * 0.5 ** ((t - 8) // 4) if t < 20 else (1 + math.cos(math.pi * (t - 20) / 5)) / 2

    assert_allclose(run(tg, nested, 30)[:, 0, 0], [0.5 * factor(t) for t in range(31)], atol=1e-15)


# State.


@pytest.mark.parametrize("name", SCHEDULES)
def test_state_goes_on_where_it_stopped(name):
    optimizer = two_groups(tg)
    scheduler = SCHEDULES[name](lr_scheduler, optimizer)
    optimizer.step()
    for _ in range(17):
        scheduler.step()
    saved = json.loads(json.dumps([scheduler.state_dict(), optimizer.state_dict()["param_groups"]]))
    expected = scheduler.preview(20)
    other = two_groups(tg, lr=7.0)
    resumed = SCHEDULES[name](lr_scheduler, other)
    other.load_state_dict({"state": {}, "param_groups": saved[1]})
    resumed.load_state_dict(saved[0])
    assert resumed.get_last_lr() == scheduler.get_last_lr()
    assert resumed.preview(20) == expected


def test_state_is_a_copy():
    scheduler = SCHEDULES["LambdaLR, one each"](lr_scheduler, two_groups(tg))
    state = scheduler.state_dict()
    assert state["lr_lambdas"] == [None, {"every": 10}]
    state["base_lrs"][0] = state["lr_lambdas"][1]["every"] = 99
    assert scheduler.base_lrs[0] == 0.5
    assert scheduler.lr_lambdas[1].every == 10
    scheduler.load_state_dict(state)
    assert (scheduler.base_lrs[0], scheduler.lr_lambdas[1].every) == (99, 99)


@pytest.mark.parametrize("name", ["StepLR", "CosineAnnealingLR", "PolynomialLR, power", "ConstantLR"])
def test_states_are_exchanged_with_pytorch(name):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = two_groups(tg), two_groups(torch)
    mine, other = SCHEDULES[name](lr_scheduler, ours), SCHEDULES[name](torch.optim.lr_scheduler, theirs)
    ours.step()
    theirs.step()
    for _ in range(8):
        mine.step()
    other.load_state_dict(mine.state_dict())
    for mine_group, group in zip(ours.param_groups, theirs.param_groups, strict=True):
        group["lr"] = mine_group["lr"]
    for _ in range(8):
        mine.step()
        other.step()
    assert_allclose(mine.get_last_lr(), other.get_last_lr(), rtol=1e-12)
    again = SCHEDULES[name](lr_scheduler, two_groups(tg))
    again.load_state_dict(other.state_dict())
    assert again.last_epoch == 16


def test_state_that_does_not_fit_changes_nothing():
    step, exponential = (SCHEDULES[name](lr_scheduler, two_groups(tg)) for name in ("StepLR", "ExponentialLR"))
    one = lr_scheduler.StepLR(optim.SGD([tg.ones(1, requires_grad=True)]), 3)
    many, two = (SCHEDULES[name](lr_scheduler, two_groups(tg)) for name in ("SequentialLR, of many", "SequentialLR"))
    for scheduler, state, text in (
        (step, exponential.state_dict(), "missing: step_size"),
        (exponential, step.state_dict(), "unexpected: step_size"),
        (step, one.state_dict(), "number of groups"),
        (two, many.state_dict(), r"states of 2 schedulers(?s:.)*5"),
        (two, {**two.state_dict(), "_schedulers": [step.state_dict()] * 2}, "missing: start_factor"),
        (step, {**step.state_dict(), "base_lrs": 0.1}, "differs: base_lrs"),
    ):
        before = scheduler.state_dict()
        with pytest.raises(StateDictError, match=text):
            scheduler.load_state_dict(state)
        assert scheduler.state_dict() == before


# What is refused, and what is warned of.


def test_errors_say_what_is_wrong():
    optimizer, plain = two_groups(tg), optim.Adagrad([tg.ones(1, requires_grad=True)])
    s = lr_scheduler
    for wrong, text in (
        (lambda: s.StepLR(tg.ones(1), 3), "takes an optimizer(?s:.)*Tensor"),
        (lambda: s.ReduceLROnPlateau(None), "takes an optimizer(?s:.)*NoneType"),
        (lambda: s.StepLR(plain, 3, last_epoch=5), "group 0 has none(?s:.)*load the optimizer"),
        (lambda: s.LambdaLR(optimizer, [abs]), "one item for each group(?s:.)*2 items(?s:.)*1"),
        (lambda: s.CyclicLR(plain, 0.1, 0.2), "Adagrad has no momentum(?s:.)*cycle_momentum=False"),
        (lambda: s.SequentialLR(optimizer, [], []), "at least one"),
        (lambda: s.ChainedScheduler([]), "at least one"),
        (lambda: s.SequentialLR(optimizer, [s.StepLR(plain, 3)], []), "item 0 belongs to another"),
        (lambda: s.SequentialLR(optimizer, [s.StepLR(optimizer, 3)], [4]), "0 milestones(?s:.)*1"),
        (lambda: s.SequentialLR(optimizer, [s.StepLR(optimizer, 3)] * 3, [4, 2]), r"rise(?s:.)*\[4, 2\]"),
        (lambda: s.ChainedScheduler([s.ReduceLROnPlateau(optimizer)]), "item 0 is ReduceLROnPlateau, whose steps take"),
        (lambda: s.ChainedScheduler([optimizer], optimizer), "item 0 is no scheduler, but SGD"),
    ):
        with pytest.raises(TinygradError, match=text):
            wrong()
    for wrong, text in (
        (lambda: s.StepLR(optimizer, 0), "step_size must be 1 or more.(?s:.)*0"),
        (lambda: s.ConstantLR(optimizer, 0), "factor must be above 0"),
        (lambda: s.LinearLR(optimizer, 0), "start_factor must be above 0"),
        (lambda: s.LinearLR(optimizer, 1, 2), "end_factor must be from 0 to 1.(?s:.)*2"),
        (lambda: s.InverseTimeLR(optimizer, -1), "decay must not be negative"),
        (lambda: s.CosineAnnealingLR(optimizer, 0), "T_max must be positive"),
        (lambda: s.CosineAnnealingWarmRestarts(optimizer, 2.5), "T_0 must be a positive integer.(?s:.)*2.5"),
        (lambda: s.CyclicLR(optimizer, 0.1, 0.2, mode="square"), "exp_range.(?s:.)*'square'"),
        (lambda: s.CyclicLR(optimizer, 0.1, 0.2, scale_mode="x"), "cycle or iterations"),
        (lambda: s.CyclicLR(optimizer, 0.1, 0.2, 0), "takes steps up and down.(?s:.)*0 and 0"),
        (lambda: s.OneCycleLR(optimizer, 0.1), "needs total_steps"),
        (lambda: s.OneCycleLR(optimizer, 0.1, 0), "positive integers.(?s:.)*0"),
        (lambda: s.OneCycleLR(optimizer, 0.1, 5, pct_start=2), "pct_start must be from 0 to 1"),
        (lambda: s.OneCycleLR(optimizer, 0.1, 5, anneal_strategy="x"), "cos or linear"),
        (lambda: s.ReduceLROnPlateau(optimizer, "up"), "mode must be min or max.(?s:.)*'up'"),
        (lambda: s.ReduceLROnPlateau(optimizer, factor=1), "factor must be below 1"),
        (lambda: s.ReduceLROnPlateau(optimizer, threshold_mode="x"), "rel or abs"),
        (lambda: s.HalveOnStall(optimizer, 0), "patience must be 1 or more"),
        (lambda: s.HalveOnStall(optimizer, stop=1), "stop must be between 0 and 1"),
    ):
        with pytest.raises(ValueError, match=text):
            wrong()
    with pytest.raises(TypeError, match="must be a function of the epoch; got float"):
        s.LambdaLR(optimizer, 0.5)
    with pytest.raises(NotImplementedError, match="LRScheduler does not define"):
        s.LRScheduler(optimizer)
    assert state_of(optimizer) == [[0.5, 0.9], [0.02, 0.9]]


def test_a_cycle_that_is_over_leaves_the_rates():
    optimizer = two_groups(tg)
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.1, 5)
    optimizer.step()
    for _ in range(5):
        scheduler.step()
    before = scheduler.state_dict(), state_of(optimizer)
    with pytest.raises(ScheduleError, match=r"cycle is over(?s:.)*5 steps"):
        scheduler.step()
    assert (scheduler.state_dict(), state_of(optimizer)) == before


def test_groups_that_were_added_later():
    optimizer = two_groups(tg)
    chained, absolute, plateau, fixed = (
        lr_scheduler.StepLR(optimizer, 1),
        lr_scheduler.LambdaLR(optimizer, lambda t: 1.0),
        lr_scheduler.ReduceLROnPlateau(optimizer, patience=0),
        lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0, 0]),
    )
    optimizer.step()
    optimizer.add_param_group({"params": tg.ones(1, requires_grad=True), "lr": 3.0})
    chained.step()
    assert_allclose(chained.get_last_lr(), [0.05, 0.002, 0.3])
    with pytest.raises(ScheduleError, match=r"2 groups(?s:.)*3(?s:.)*before the scheduler"):
        absolute.step()
    for _ in range(2):
        plateau.step(1.0)
    assert_allclose(plateau.get_last_lr(), [0.005, 0.0002, 0.03])
    fixed.step(1.0)
    with pytest.raises(ScheduleError, match=r"one item for each group(?s:.)*scheduler\.min_lrs"):
        fixed.step(1.0)


def test_a_step_before_the_optimizers_is_warned_of():
    optimizer = two_groups(tg)
    scheduler = lr_scheduler.ExponentialLR(optimizer, 0.5)
    with pytest.warns(UserWarning, match=r"before any parameter changed(?s:.)*optimizer\.step\(\) first") as caught:
        scheduler.step()
    assert caught[0].filename == __file__
    scheduler.step()  # said once
    restarts = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3)
    with pytest.warns(UserWarning, match="first rate"):
        restarts.step()
    good = lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    good.step()


# Pictures.


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@pytest.mark.parametrize("name", SCHEDULES)
def test_plots_show_the_rates_and_change_nothing(name, pyplot):
    optimizer = two_groups(tg)
    scheduler = SCHEDULES[name](lr_scheduler, optimizer)
    optimizer.step()
    for _ in range(3):
        scheduler.step()
    before = copy.deepcopy([scheduler.state_dict(), optimizer.state_dict()["param_groups"]])
    ax = scheduler.plot(20)
    assert [scheduler.state_dict(), optimizer.state_dict()["param_groups"]] == before
    expected = [optimizer.param_groups[0]["lr"]]
    for _ in range(19):
        scheduler.step()
        expected.append(optimizer.param_groups[0]["lr"])
    x, y = ax.lines[0].get_data()
    assert list(x) == list(range(3, 24))
    assert list(y) == [*expected, expected[-1]]
    assert ax.get_title() == type(scheduler).__name__
    assert ax.get_ylabel() == "learning rate"


def test_plots_show_each_group_and_the_momentum(pyplot):
    optimizer = two_groups(tg)
    ax = lr_scheduler.OneCycleLR(optimizer, [0.7, 0.2], 20).plot(20)
    assert [line.get_label() for line in ax.lines] == ["group 0", "group 1"]
    (side,) = (other for other in ax.figure.axes if other is not ax)
    assert side.get_ylabel() == "momentum"
    assert min(side.lines[0].get_ydata()) == pytest.approx(0.85)
    _, mine = pyplot.subplots()
    same = optim.SGD([{"params": tg.ones(1, requires_grad=True)} for _ in range(2)], lr=0.1)
    assert lr_scheduler.StepLR(same, 3).plot(10, ax=mine) is mine
    for scheduler, steps in ((lr_scheduler.OneCycleLR(same, 0.7, 20), 18), (lr_scheduler.StepLR(same, 3), 100)):
        scheduler.last_epoch = 2
        assert scheduler.plot().lines[0].get_xdata().tolist() == list(range(2, 3 + steps)), "without being told"
    assert len(mine.lines) == 1


@pytest.mark.parametrize("kind", ["ReduceLROnPlateau", "HalveOnStall"])
def test_plots_of_metrics(kind, pyplot):
    optimizer = two_groups(tg)
    scheduler = getattr(lr_scheduler, kind)(optimizer, mode="max", patience=2)
    scheduler.step(0.1)
    before = scheduler.state_dict(), state_of(optimizer)
    ax = scheduler.plot([0.5, 0.6, 0.6, 0.6, 0.6, 0.6])
    assert (scheduler.state_dict(), state_of(optimizer)) == before
    assert list(ax.lines[0].get_xdata()) == list(range(1, 9))
    assert ax.lines[0].get_ydata()[0] == 0.5 > ax.lines[0].get_ydata()[-1]
    side = ax.figure.axes[-1]
    assert list(side.lines[0].get_data()[0]) == [2, 3, 4, 5, 6, 7]
    assert list(side.lines[0].get_data()[1]) == [0.5, 0.6, 0.6, 0.6, 0.6, 0.6]


def test_plots_name_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(tg.errors.MissingExtraError, match=r'pip install "tinygrad_edu\[plot\]"'):
        lr_scheduler.StepLR(two_groups(tg), 3).plot(10)
