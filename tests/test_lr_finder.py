"""The learning-rate finder: the rates it tries, where it stops, what it suggests, and that nothing is left of it."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.data import DataLoader, TensorDataset
from tinygrad_edu.errors import OptionError, TinygradError


def parts(kind="SGD", **options):
    """A model with everything that a run can change, its optimizer, half way through a training, and a loader."""
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Sequential(nn.Linear(8, 1)))
    optimizer = getattr(optim, kind)(model.parameters(), lr=0.01, **options)
    x = tg.randn(96, 3)
    y = x @ tg.tensor([[1.0], [2.0], [3.0]])
    loader = DataLoader(TensorDataset(x, y), 16, shuffle=True, generator=1)
    for a, b in loader:
        train(model, optimizer, a, b)
    model[3].eval()
    return model, optimizer, loader


def train(model, optimizer, x, y):
    def closure():
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        return loss

    optimizer.step(closure)


def everything(model, optimizer, loader):
    """All that a run could change, as plain data."""
    return [
        {name: t.tolist() for name, t in model.state_dict().items()},
        [p.grad.tolist() for p in model.parameters()],
        [m.training for m in model.modules()],
        {i: {k: np.asarray(v).tolist() for k, v in s.items()} for i, s in optimizer.state_dict()["state"].items()},
        copy.deepcopy(optimizer.state_dict()["param_groups"]),
        loader.state_dict(),
        tg.get_rng_state(),
    ]  # fmt: skip


KINDS = [("SGD", {}), ("SGD", {"momentum": 0.9}), ("Adam", {"amsgrad": True}), ("RMSprop", {}), ("LBFGS", {})]


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=str)
def test_nothing_is_left_of_it(kind, options):
    model, optimizer, loader = parts(kind, **options)
    before, memory = everything(model, optimizer, loader), [p.numpy().ctypes.data for p in model.parameters()]
    curve = optim.find_lr(model, nn.MSELoss(), optimizer, loader)
    assert curve.losses.min() < curve.losses[0]  # it did train
    assert everything(model, optimizer, loader) == before
    assert [p.numpy().ctypes.data for p in model.parameters()] == memory
    after = []
    for each in ((model, optimizer, loader), parts(kind, **options)):
        tg.manual_seed(2)
        for x, y in each[2]:
            train(each[0], each[1], x, y)
        after.append(everything(*each))
    assert after[0] == after[1]


@pytest.mark.parametrize("fails", [0, 7])
def test_nothing_is_left_of_it_when_it_fails(fails):
    model, optimizer, loader = parts(momentum=0.9)
    before, calls = everything(model, optimizer, loader), []

    def loss(z, y):
        calls.append(z)
        if len(calls) > fails:
            raise KeyboardInterrupt
        return nn.functional.mse_loss(z, y)

    with pytest.raises(KeyboardInterrupt):
        optim.find_lr(model, loss, optimizer, loader)
    assert len(calls) == fails + 1
    assert everything(model, optimizer, loader) == before


def test_buffers_that_are_replaced_come_back():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(tg.ones(1))
            self.register_buffer("calls", tg.zeros(1))

        def forward(self, x):
            self.calls = self.calls + 1
            return x * self.w

    model = Counting()
    calls = model.calls
    optim.find_lr(model, nn.MSELoss(), optim.SGD(model.parameters()), [(tg.ones(4), tg.zeros(4))])
    assert model.calls is calls
    assert calls.tolist() == [0]
    assert model.training


def quadratic(start=1e-3, **options):
    """w^2: with the rate r a step multiplies w by 1 - 2r, so that it explodes from r = 1 on."""
    model = nn.Linear(1, 1, bias=False).double()
    model.load_state_dict({"weight": [[1.0]]})
    batch = (tg.ones(1, 1, dtype=tg.float64), tg.zeros(1, 1, dtype=tg.float64))
    seen = []

    def loss(z, y):
        seen.append(model.weight.item())
        return nn.functional.mse_loss(z, y)

    return optim.find_lr(model, loss, optim.SGD(model.parameters(), lr=5.0), [batch], start, **options), seen


def test_the_steps_are_those_of_the_rising_rate():
    curve, seen = quadratic(end=100.0, steps=60)
    expected = np.geomspace(1e-3, 100, 60)
    assert 10 < len(curve.rates) < 60
    assert_allclose(curve.rates, expected[: len(curve.rates)])
    w = np.concatenate([[1.0], np.cumprod(1 - 2 * curve.rates)[:-1]])
    assert_allclose(seen, w, rtol=1e-9)
    assert_allclose(curve.losses, w**2, rtol=1e-9)


def test_it_stops_when_the_loss_explodes():
    curve, _ = quadratic(end=100.0)
    assert 1 < curve.rates[-1] < 10
    assert curve.losses[-1] > curve.losses[0]
    assert np.isfinite(curve.smoothed).all()
    assert 0.01 < curve.suggestion < 0.5
    gentle, _ = quadratic(end=0.5)
    assert len(gentle.rates) == 100
    assert (gentle.smoothed <= gentle.losses.max()).all()


def test_a_loss_that_is_not_finite_ends_it():
    model = nn.Linear(1, 1)
    values = iter([3.0, 2.0, 1.0, 0.8, 0.7, float("nan")])
    batch = (tg.ones(1, 1), tg.ones(1, 1))

    def loss(z, y):
        return (z - z).sum() + next(values)

    curve = optim.find_lr(model, loss, optim.SGD(model.parameters()), [batch])
    assert_allclose(curve.losses, [3, 2, 1, 0.8, 0.7], rtol=1e-6)
    assert curve.suggestion in curve.rates[:3]
    values = iter([float("nan")])
    with pytest.raises(TinygradError, match=r"not finite before any step(?s:.)*nan"):
        optim.find_lr(model, loss, optim.SGD(model.parameters()), [batch])


def test_no_suggestion_where_nothing_falls():
    model, optimizer, loader = parts()
    curve = optim.find_lr(model, nn.MSELoss(), optimizer, loader, end=1e-6)
    assert curve.suggestion is None and repr(curve).endswith("; suggestion none)")
    noise = iter(1 + 0.1 * np.random.default_rng(0).standard_normal(100))
    curve = optim.find_lr(model, lambda z, y: (z - z).sum() + float(next(noise)), optimizer, loader)
    assert len(curve.rates) == 100 and curve.suggestion is None


def test_few_batches_are_used_again():
    model, optimizer, _ = parts()
    seen = []
    batches = [(tg.ones(4, 3) * i, tg.ones(4, 1)) for i in range(3)]
    model.register_forward_pre_hook(lambda module, args: seen.append(args[0][0, 0].item()))
    optim.find_lr(model, nn.MSELoss(), optimizer, batches, end=1e-3, steps=8)
    assert seen == [0, 1, 2, 0, 1, 2, 0, 1]


def test_errors_say_what_is_wrong():
    model, optimizer, loader = parts()
    before = everything(model, optimizer, loader)
    for options, text in (
        ({"start": 0}, "from start, above 0, to end(?s:.)*0 and 10"),
        ({"start": 1, "end": 0.1}, "1 and 0.1"),
        ({"steps": 3}, "5 steps at least(?s:.)*3"),
    ):
        with pytest.raises(OptionError, match=text):
            optim.find_lr(model, nn.MSELoss(), optimizer, loader, **options)
    for batches in ([], iter([(tg.ones(4, 3), tg.ones(4, 1))])):
        with pytest.raises(TinygradError, match="no batches, or an iterator that ended"):
            optim.find_lr(model, nn.MSELoss(), optimizer, batches)
    assert everything(model, optimizer, loader) == before


def test_the_picture():
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    matplotlib.use("agg")
    from matplotlib import pyplot

    curve, _ = quadratic(end=100.0)
    ax = curve.plot()
    dots, line, _, mark = ax.lines
    assert_allclose(dots.get_data(), (curve.rates, curve.losses))
    assert_allclose(line.get_ydata(), curve.smoothed)
    assert list(mark.get_xdata()) == [curve.suggestion]
    assert (ax.get_xscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "learning rate", "loss")
    low, high = ax.get_ylim()
    assert low < curve.smoothed.min() < curve.smoothed.max() < high < 10
    bare = optim.LRCurve(curve.rates, curve.losses, curve.smoothed, None).plot(ax=pyplot.figure().gca())
    assert len(bare.lines) == 2
    flat = np.full(len(curve.rates), 2.0)
    low, high = optim.LRCurve(curve.rates, flat, flat, None).plot(ax=pyplot.figure().gca()).get_ylim()
    assert low < 2 < high
    assert repr(curve).startswith(f"LRCurve({len(curve.rates)} rates from 0.001 to ")
    assert repr(curve).endswith(f"; suggestion {curve.suggestion:.2g})")
    pyplot.close("all")
