"""12: how does one look for hyperparameters: on a grid, at random, coarse to fine, or by a model of what is good?

First a function that we know: one parameter matters, the other is idle. Nine trials on a grid try three values of
the one that matters; nine at random try nine. Then a real net, judged by digits held back; the test digits are
looked at once, at the very end, by the one that was chosen.
(Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", 2012, figure 1; CS231n's notes, "Neural
Networks Part 3", "Hyperparameter optimization"; Saitoh, "Deep Learning from Scratch", 6.5, the best 20 curves.)

    python examples/12_hyperparameters.py [--quick] [--out DIR]
"""

from functools import cache

import numpy as np
from _common import BLACK, BLUE, ORANGE, arguments, save

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, training
from tinygrad_edu.tuning import log, pictures, tune, uniform
from tinygrad_edu.viz.plots import subplots

KNOWN = {"important": uniform(0, 1), "idle": uniform(0, 1)}
SPACE = {"lr": log(1e-5, 10), "weight_decay": log(1e-8, 1e-1)}
METHODS = ("grid", "random", "coarse-to-fine", "bayesian")


def bump(important):
    """What we know of the function: one narrow valley, between the values of the grid."""
    return 1 - np.exp(-(((important - 0.3) / 0.08) ** 2))


def known(params, report):
    return bump(params["important"]) + 1e-3 * params["idle"]


@cache
def digits(n):
    """n digits to learn from, and half as many held back, to judge by."""
    return data.random_split(data.Subset(data.digits(), range(3 * n // 2)), [n, n // 2], generator=0, stratify=True)


def train(params, n, epochs, callbacks=()):
    """A net of 30 units, trained; and its history on the digits held back."""
    tg.manual_seed(0)
    learned, held_back = digits(n)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 10))
    optimizer = optim.SGD(net.parameters(), params["lr"], momentum=0.9, weight_decay=params["weight_decay"])
    batches = data.DataLoader(learned, 50, shuffle=True, generator=0)
    history = training.fit(
        net, nn.CrossEntropyLoss(), optimizer, batches, epochs=epochs,
        validation=data.DataLoader(held_back, 500), callbacks=callbacks, progress=False,
    )  # fmt: skip
    return net, history


def search(method, trials, n, epochs):
    """`trials` nets, as the method wants them; the ones worse than half of the others are given up."""

    def objective(params, report):
        _, history = train(params, n, epochs, [report.watch("val_accuracy")])
        return history["val_accuracy"][-1]

    return tune(objective, SPACE, trials=trials, method=method, direction="maximize", prune="median", progress=False)


def draw(found, studies):
    figure, panels = subplots(2, 2, size=(5.0, 3.9))
    x = np.linspace(0, 1, 300)
    for axes, (method, study), color, mark in zip(panels, found.items(), (BLUE, ORANGE), "so", strict=False):
        points = np.array([[t.params["important"], t.params["idle"]] for t in study.trials])
        tried = len(np.unique(points[:, 0]))
        axes.plot(x, 1 - bump(x), color=BLACK, lw=1, label="what matters (higher is better)")
        axes.plot(points[:, 0], points[:, 1], mark, color=color, label="a trial")
        axes.vlines(points[:, 0], 0, 1 - bump(points[:, 0]), color=color, lw=2.5)
        title = f"{method}: {len(points)} trials, {tried} values of what matters"
        axes.set(
            title=title, xlabel="the important parameter", ylabel="the idle one", ylim=(-0.03, 1.2), yticks=[0, 0.5, 1]
        )
        axes.legend(frameon=False, loc="upper right", ncols=2, fontsize=8.5)
    axes = panels[2]
    styles = zip(studies.items(), (BLUE, ORANGE, "#009e73", BLACK), ("s", "o", "^", "D"), strict=True)
    for (method, study), color, mark in styles:
        finished = study.top(len(study.trials))
        rates, reached = [t.params["lr"] for t in finished], [100 * t.value for t in finished]
        axes.plot(rates, reached, mark, color=color, alpha=0.8, ms=5, label=f"{method}: {max(reached):.1f} %")
    axes.set(title="a net on digits: where the methods looked", xlabel="learning rate", xscale="log")
    axes.set(ylabel="accuracy on digits held back, %", xlim=(SPACE["lr"].low, SPACE["lr"].high), ylim=(0, 100))
    axes.legend(frameon=False, loc="upper left", fontsize=8.5, title="the best of each")
    pictures.curves(studies["coarse-to-fine"], panels[3])
    panels[3].set(title=f"coarse to fine: {panels[3].get_title()}", xlabel="epoch", ylabel="accuracy held back")
    return figure


def run(quick, out):
    found = {m: tune(known, KNOWN, trials=9, method=m, seed=1, progress=False) for m in ("grid", "random")}
    trials, n, epochs = (18, 300, 2) if quick else (60, 2000, 8)
    studies = {method: search(method, trials, n, epochs) for method in METHODS}
    values = {m: len({t.params["important"] for t in study.trials}) for m, study in found.items()}
    ends = {m: study.best.value for m, study in found.items()}
    best = max(studies.values(), key=lambda study: study.best.value).best
    net, _ = train(best.params, n, epochs)
    test = training.evaluate(net, nn.CrossEntropyLoss(), data.DataLoader(data.digits(train=False), 500))["accuracy"]
    for method, study in studies.items():
        given_up = sum(trial.state == "given up" for trial in study.trials)
        print(f"{method:>15}: {study.best.value:.1%} held back, {given_up} of {trials} given up, {study.best.params}")
    finding = (
        f"Of nine trials a grid tries {values['grid']} values of the parameter that matters and ends at "
        f"{ends['grid']:.2f}; random search tries {values['random']} and ends at {ends['random']:.2f}. On digits "
        f"the best of four searches has {best.value:.1%} of those held back, and {test:.1%} of the test: one look."
    )
    return {
        "finding": finding,
        "picture": save(draw(found, studies), out, "hyperparameters.png"),
        "values": values,
        "ends": ends,
        "best": {method: study.best for method, study in studies.items()},
        "spread": {m: _spread(study, trials) for m, study in studies.items()},
        "test": test,
    }


def _spread(study, trials):
    """How many powers of ten of learning rate the first and the last third of the trials span."""
    rates = np.log10([trial.params["lr"] for trial in study.trials])
    return np.ptp(rates[: trials // 3]), np.ptp(rates[-(trials // 3) :])


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
