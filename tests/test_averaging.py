"""Averages of weights as PyTorch's swa_utils makes them; BatchNorm's statistics; ensembles and snapshots."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.errors import OptionError, ScheduleError, ShapeError, StateDictError, TinygradError
from tinygrad_edu.optim import averaging, lr_scheduler

STEPS = 45


def network(library):
    """With BatchNorm, so that there are buffers of floats and of a whole number."""
    n = library.nn
    model = n.Sequential(n.Linear(4, 5), n.BatchNorm1d(5), n.Tanh(), n.Linear(5, 3))
    return model.to(library.float64)


def values(model):
    return {name: np.array(t.tolist()) for name, t in model.state_dict().items()}


def moments(seed=0, count=6):
    """What the weights and buffers of `network` are at some moments of a training."""
    rng = np.random.default_rng(seed)
    state = values(network(tg))
    for i in range(count):
        yield {k: np.array(i * i + 1) if "num" in k else rng.normal(size=v.shape) ** 2 for k, v in state.items()}


def load(library, model, state):
    make = library.from_numpy if library is not tg else tg.tensor
    model.load_state_dict({k: make(np.array(v)) for k, v in state.items()})


WAYS = {
    "the mean": lambda u: {},
    "the mean, of buffers too": lambda u: {"use_buffers": True},
    "swa, one": lambda u: {"avg_fn": u.get_swa_avg_fn()},
    "swa, all": lambda u: {"multi_avg_fn": u.get_swa_multi_avg_fn()},
    "ema, one": lambda u: {"avg_fn": u.get_ema_avg_fn(0.7)},
    "ema, one, of buffers too": lambda u: {"avg_fn": u.get_ema_avg_fn(0.7), "use_buffers": True},
    "ema, all": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.7)},
    "ema, all, of buffers too": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.7), "use_buffers": True},
    "ema, as it comes": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn()},
    "one's own": lambda u: {"avg_fn": lambda average, current, n: average * 0.25 + current / (n + 2)},
}


@pytest.mark.parametrize("way", WAYS)
def test_averages_are_pytorchs(way):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    averages = []
    for library in (tg, torch):
        utils = library.optim.swa_utils
        model = network(library)
        averages.append(utils.AveragedModel(model, **WAYS[way](utils)))
        for state in moments():
            load(library, model, state)
            averages[-1].update_parameters(model)
    ours, theirs = map(values, averages)
    assert list(ours) == list(theirs)
    assert ours["n_averaged"] == 6
    close = 1e-7 if way == "swa, all" else 1e-9  # there PyTorch divides 1 by n in float32
    for name in ours:
        assert_allclose(ours[name], theirs[name], rtol=close, atol=1e-12, err_msg=name)


def test_averages_follow_the_formulas():
    model, states = network(tg), list(moments())
    mean, ema = averaging.AveragedModel(model), averaging.AveragedModel(model, avg_fn=averaging.get_ema_avg_fn(0.9))
    expected = None
    for state in states:
        load(tg, model, state)
        mean.update_parameters(model)
        ema.update_parameters(model)
        w = state["0.weight"]
        expected = w if expected is None else 0.9 * expected + 0.1 * w
    assert_allclose(mean.module[0].weight.detach(), np.mean([s["0.weight"] for s in states], axis=0), rtol=1e-12)
    assert_allclose(ema.module[0].weight.detach(), expected, rtol=1e-12)
    assert_allclose(mean.module[1].running_mean, states[-1]["1.running_mean"])  # buffers are copied
    x = tg.ones(2, 4, dtype=tg.float64)
    assert_allclose(mean(x).detach(), mean.module(x).detach())
    assert model[0].weight is not mean.module[0].weight


def test_the_first_average_is_exactly_the_model():
    model = network(tg)
    averaged = averaging.AveragedModel(model)
    state = next(moments())
    load(tg, model, state)
    averaged.update_parameters(model)
    for name, t in averaged.module.state_dict().items():
        assert t.tolist() == state[name].tolist()


def test_dtypes_are_averaged_apart():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).double())
    seen = []
    averaged = averaging.AveragedModel(
        model, multi_avg_fn=lambda a, c, n: seen.append(([t.dtype for t in a], len(c), n.item()))
    )
    for _ in range(2):
        averaged.update_parameters(model)
    assert seen == [([tg.float32] * 2, 2, 1), ([tg.float64] * 2, 2, 1)]


def test_an_average_goes_on_where_it_stopped():
    model, states = network(tg), list(moments())
    whole, half = averaging.AveragedModel(model), averaging.AveragedModel(model)
    for i, state in enumerate(states):
        load(tg, model, state)
        whole.update_parameters(model)
        if i == 3:
            saved = {k: np.array(v) for k, v in half.state_dict().items()}
            half = averaging.AveragedModel(network(tg))
            half.load_state_dict(saved)
        half.update_parameters(model)
    assert half.state_dict() == whole.state_dict()


def test_a_model_of_another_kind_changes_nothing():
    model = network(tg)
    averaged = averaging.AveragedModel(model)
    averaged.update_parameters(model)
    before = values(averaged)
    with pytest.raises(StateDictError, match="not like the one"):
        averaged.update_parameters(nn.Linear(4, 5))
    for name, value in values(averaged).items():
        assert_allclose(value, before[name])
    with pytest.raises(OptionError, match="not both"):
        averaging.AveragedModel(model, avg_fn=max, multi_avg_fn=max)
    for make in (averaging.get_ema_avg_fn, averaging.get_ema_multi_avg_fn):
        with pytest.raises(OptionError, match=r"from 0 to 1(?s:.)*1\.5"):
            make(1.5)


# BatchNorm's statistics.


def batches():
    rng = np.random.default_rng(1)
    return [rng.normal(3, 2, size=(n, 4)) for n in (8, 8, 5)]


@pytest.mark.parametrize("paired", [False, True])
def test_statistics_are_pytorchs(paired):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    found = []
    for library in (tg, torch):
        model = network(library)
        load(library, model, next(moments()))
        loader = [library.tensor(b) for b in batches()]
        library.optim.swa_utils.update_bn([(b, 0) for b in loader] if paired else loader, model)
        found.append(values(model))
    for name in found[0]:
        assert_allclose(found[0][name], found[1][name], rtol=1e-9, err_msg=name)


def test_statistics_are_the_mean_of_all_batches():
    model = nn.Sequential(nn.BatchNorm1d(4, momentum=0.3).double(), nn.Dropout(0.5))
    model[1].eval()
    averaging.update_bn([tg.tensor(b) for b in batches()], model)
    assert_allclose(model[0].running_mean, np.mean([b.mean(0) for b in batches()], axis=0), rtol=1e-9)
    assert_allclose(model[0].running_var, np.mean([b.var(0, ddof=1) for b in batches()], axis=0), rtol=1e-9)
    assert (model.training, model[1].training, model[0].momentum) == (True, False, 0.3)


def test_statistics_stay_if_the_pass_fails():
    model = network(tg).eval()
    load(tg, model, next(moments()))
    before = values(model)
    good = tg.tensor(batches()[0])
    for loader, error in (([], "no batches"), ([good, tg.ones(3, 7, dtype=tg.float64)], "7")):
        with pytest.raises(TinygradError, match=error):
            averaging.update_bn(loader, model)
        for name, value in values(model).items():
            assert_allclose(value, before[name])
        assert (model.training, model[1].momentum) == (False, 0.1)
    averaging.update_bn([], nn.Linear(2, 2))  # nothing to do


# The rate to average at.


def two_groups(library):
    p, q = (library.ones(1, requires_grad=True) for _ in "pq")
    for t in (p, q):
        t.grad = library.ones(1) * 1e-6
    return library.optim.SGD([{"params": [p], "lr": 0.5}, {"params": [q], "lr": 0.02}], momentum=0.9)


SWALRS = {
    "cos": lambda u, s, o: u.SWALR(o, 0.05),
    "linear": lambda u, s, o: u.SWALR(o, [0.05, 0.3], anneal_epochs=17, anneal_strategy="linear"),
    "at once": lambda u, s, o: u.SWALR(o, 0.05, anneal_epochs=0),
    "after another": lambda u, s, o: s.SequentialLR(o, [s.ExponentialLR(o, 0.9), u.SWALR(o, 0.05, 6)], [20]),
}


def rates(library, name):
    optimizer = two_groups(library)
    scheduler = SWALRS[name](library.optim.swa_utils, library.optim.lr_scheduler, optimizer)
    found = [[group["lr"] for group in optimizer.param_groups]]
    for _ in range(STEPS):
        optimizer.step()
        scheduler.step()
        found.append(scheduler.get_last_lr())
    return np.array(found)


@pytest.mark.parametrize("name", SWALRS)
def test_rates_are_pytorchs(name):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    assert_allclose(rates(tg, name), rates(torch, name), rtol=1e-9)


def test_rates_follow_the_formula():
    done = [(1 - np.cos(np.pi * min(t, 10) / 10)) / 2 for t in range(STEPS + 1)]
    assert_allclose(rates(tg, "cos"), [[0.5 + (0.05 - 0.5) * d, 0.02 + (0.05 - 0.02) * d] for d in done], rtol=1e-9)


def test_rates_go_on_where_they_stopped():
    optimizer, other = two_groups(tg), two_groups(tg)
    scheduler, resumed = averaging.SWALR(optimizer, 0.05), averaging.SWALR(other, 0.05)
    optimizer.step()
    for _ in range(4):
        scheduler.step()
    state = json.loads(json.dumps(scheduler.state_dict()))
    resumed.load_state_dict(state)
    for mine, its in zip(other.param_groups, optimizer.param_groups, strict=True):
        mine["lr"] = its["lr"]
    assert resumed.preview(10) == scheduler.preview(10)
    with pytest.raises(OptionError, match="cos or linear"):
        averaging.SWALR(optimizer, 0.1, anneal_strategy="x")
    with pytest.raises(OptionError, match=r"anneal_epochs(?s:.)*-1"):
        averaging.SWALR(optimizer, 0.1, anneal_epochs=-1)
    with pytest.raises(ScheduleError, match="swa_lr has one item"):
        averaging.SWALR(optimizer, [0.1])


# Ensembles.


def sure(*p):
    """A model that gives these probabilities, whatever it is asked."""
    model = nn.Linear(2, len(p))
    model.load_state_dict({"weight": np.zeros((len(p), 2)), "bias": np.log(p)})
    return model


def test_the_mean_and_the_vote():
    models = [sure(0.4, 0.35, 0.25), sure(0.4, 0.35, 0.25), sure(0.05, 0.9, 0.05)]
    ensemble, x = optim.Ensemble(models), tg.zeros(4, 2)
    assert_allclose(ensemble(x).detach(), [[0.85 / 3, 1.6 / 3, 0.55 / 3]] * 4, rtol=1e-6)
    assert ensemble(x).argmax(1).tolist() == [1] * 4
    assert ensemble.vote(x).tolist() == [0] * 4
    assert optim.Ensemble(models[1:]).vote(x).tolist() == [1] * 4  # as many votes each: the mean decides
    assert ensemble.vote(x).dtype == tg.int64
    assert [name for name, _ in ensemble.named_parameters()][:2] == ["models.0.weight", "models.0.bias"]
    plain = optim.Ensemble(models, probabilities=lambda scores: scores)
    assert_allclose(plain(x).exp().detach()[0, 0].item(), (0.4 * 0.4 * 0.05) ** (1 / 3), rtol=1e-5)


def test_votes_for_every_pixel():
    rng = np.random.default_rng(0)
    scores = [rng.normal(size=(2, 3, 5, 4)) for _ in range(5)]

    class Fixed(nn.Module):
        def __init__(self, answer):
            super().__init__()
            self.answer = answer

        def forward(self, x):
            return tg.tensor(self.answer)

    ensemble = optim.Ensemble([Fixed(s) for s in scores])
    p = np.exp(scores) / np.exp(scores).sum(axis=2, keepdims=True)
    assert_allclose(ensemble(None), p.mean(0), rtol=1e-9)
    vote = ensemble.vote(None).numpy()
    for n, i, j in np.ndindex(2, 5, 4):
        count = np.bincount(p[:, n, :, i, j].argmax(1), minlength=3)
        assert count[vote[n, i, j]] == count.max()


def test_ensembles_that_cannot_answer():
    x = tg.zeros(4, 2)
    with pytest.raises(TinygradError, match="without models"):
        optim.Ensemble()(x)
    with pytest.raises(ShapeError, match=r"one shape(?s:.)*\(4, 2\), \(4, 3\)"):
        optim.Ensemble([sure(0.5, 0.5), sure(0.2, 0.3, 0.5)])(x)


def trained(scheduler, epochs, **options):
    """Snapshots of a weight that is the number of steps made."""
    model = nn.Linear(1, 2, bias=False)
    model.load_state_dict({"weight": np.zeros((2, 1))})
    optimizer = optim.SGD(model.parameters(), lr=1.0, momentum=0.5)
    ensemble = optim.SnapshotEnsemble(model, scheduler(optimizer), **options)
    taken = []
    for epoch in range(1, epochs + 1):
        with tg.no_grad():
            model.weight += 1
        model.weight.grad = tg.ones(2, 1)
        taken += [epoch] * ensemble.step()
    return ensemble, taken


@pytest.mark.parametrize(
    ("scheduler", "lows"),
    [
        (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 5), [5, 10, 15, 20]),
        (lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 3, 2), [3, 9]),
        (lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, 3), [7, 13, 19]),
        (lambda o: lr_scheduler.ExponentialLR(o, 0.9), []),
    ],
)
def test_snapshots_are_taken_at_the_lows(scheduler, lows):
    ensemble, taken = trained(scheduler, 20)
    assert taken == lows
    assert [m.weight[0, 0].item() for m in ensemble.models] == lows
    assert not any(p.requires_grad or p.grad is not None for p in ensemble.parameters())
    assert not any(m.training for m in ensemble.models)
    ensemble.take()
    assert ensemble.models[-1].weight[0, 0].item() == 20


def test_snapshots_go_on_where_they_stopped():
    def cycles(optimizer):
        return lr_scheduler.CyclicLR(optimizer, 0.1, 1.0, 3)

    ensemble, _ = trained(cycles, 18, keep=2)
    assert [m.weight[0, 0].item() for m in ensemble.models] == [7, 13]
    resumed, _ = trained(cycles, 0, keep=2)
    resumed.load_state_dict(ensemble.state_dict())
    assert resumed.state_dict() == ensemble.state_dict()
    for each in (ensemble, resumed):
        each.scheduler.load_state_dict(ensemble.scheduler.state_dict())
        with tg.no_grad():
            each.scheduler.optimizer.param_groups[0]["params"][0] += 0
        assert each.step()
    before = ensemble.state_dict()
    with pytest.raises(StateDictError, match="missing"):
        ensemble.load_state_dict({"models.0.bias": tg.zeros(1)})
    assert ensemble.state_dict() == before
    with pytest.raises(OptionError, match="keep is 1 or more"):
        trained(cycles, 0, keep=0)
