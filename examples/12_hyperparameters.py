"""12: how does one look for hyperparameters: on a grid, at random, coarse to fine, or by a model of what is good?

First a function that we know: one parameter matters, the other is idle. Nine trials on a grid try three values of
the one that matters; nine at random try nine. Then a real net, judged by digits held back; the test digits are
looked at once, at the very end, by the one that was chosen.
(Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", 2012, figure 1; CS231n's notes, "Neural
Networks Part 3", "Hyperparameter optimization"; Saitoh, "Deep Learning from Scratch", 6.5, the best 20 curves.)

    python examples/12_hyperparameters.py [--quick] [--out DIR]
"""

import numpy as np
from _common import arguments, digits
from pictures import hyperparameters as pictures

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, training
from tinygrad_edu.tuning import log, tune, uniform

KNOWN = {"important": uniform(0, 1), "idle": uniform(0, 1)}
SPACE = {"lr": log(1e-5, 10), "weight_decay": log(1e-8, 1e-1)}
METHODS = ("grid", "random", "coarse-to-fine", "bayesian")


def bump(important):
    """How good a value of the important parameter is: one narrow bump, between the values of the grid."""
    return np.exp(-(((important - 0.3) / 0.08) ** 2))


def known(params, report):
    """The function that we know: smaller is better, and the idle parameter hardly counts."""
    return 1 - bump(params["important"]) + 1e-3 * params["idle"]


def train(params, n, epochs, callbacks=()):
    """A net of 30 units that learned n digits; and its history on half as many held back, to judge by."""
    tg.manual_seed(0)
    learned, held_back = data.random_split(digits(3 * n // 2), [n, n // 2], generator=0, stratify=True)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 10))
    optimizer = optim.SGD(net.parameters(), params["lr"], momentum=0.9, weight_decay=params["weight_decay"])
    history = training.fit(
        net,
        nn.CrossEntropyLoss(),
        optimizer,
        data.DataLoader(learned, 50, shuffle=True, generator=0),
        epochs=epochs,
        validation=data.DataLoader(held_back, 500),
        callbacks=callbacks,
        progress=False,
    )
    return net, history


def search(method, trials, n, epochs):
    """`trials` nets, as the method wants them; the ones worse than half of the others are given up."""

    def objective(params, report):
        _, history = train(params, n, epochs, [report.watch("val_accuracy")])
        return history["val_accuracy"][-1]

    return tune(objective, SPACE, trials=trials, method=method, direction="maximize", prune="median", progress=False)


def run(quick, out):
    known_ones = {m: tune(known, KNOWN, trials=9, method=m, seed=1, progress=False) for m in ("grid", "random")}
    trials, n, epochs = (18, 300, 2) if quick else (60, 2000, 8)
    studies = {method: search(method, trials, n, epochs) for method in METHODS}
    for method, study in studies.items():
        given_up = sum(trial.state == "given up" for trial in study.trials)
        print(f"{method:>15}: {study.best.value:.1%} held back, {given_up} of {trials} given up, {study.best.params}")

    best = max(studies.values(), key=lambda study: study.best.value).best
    net, _ = train(best.params, n, epochs)
    test = training.evaluate(net, nn.CrossEntropyLoss(), data.DataLoader(data.digits(train=False), 500))["accuracy"]
    values = {m: len({t.params["important"] for t in study.trials}) for m, study in known_ones.items()}
    ends = {m: study.best.value for m, study in known_ones.items()}
    finding = (
        f"Of nine trials a grid tries {values['grid']} values of the parameter that matters and ends at "
        f"{ends['grid']:.2f}; random search tries {values['random']} and ends at {ends['random']:.2f}. On digits "
        f"the best of four searches has {best.value:.1%} of those held back, and {test:.1%} of the test: one look."
    )
    picture = pictures.draw(known_ones, bump, studies, out)
    return {"finding": finding, "picture": picture, "values": values, "ends": ends, "studies": studies, "test": test}


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
