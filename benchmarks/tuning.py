"""tuning: grid, random, coarse to fine and Bayesian with equal budgets: `python -m benchmarks.tuning [--trials N]`.

On functions whose best value is 0, and on a net on 1,000 of the digits on board (error on 500 held back); a row
for each, with the median and the range over the seeds. A grid has no seed: it differs by its training alone.
"""

import argparse
import math
import statistics

from tinygrad_edu import data, nn, optim, training
from tinygrad_edu.tuning import integers, log, tune, uniform

METHODS = ("grid", "random", "coarse-to-fine", "bayesian")


def one_matters(params, report):
    """A narrow valley along one parameter; the other does next to nothing."""
    return 1 - math.exp(-(((params["important"] - 0.3) / 0.08) ** 2)) + 1e-3 * params["idle"]


def branin(params, report):
    """Branin's function, less its minimum: three valleys, of which both parameters matter."""
    x, y = params["x"], params["y"]
    b, c, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)
    return (y - b * x * x + c * x - 6) ** 2 + 10 * (1 - t) * math.cos(x) + 10 - 0.397887


def digits(params, report):
    """One hidden layer, SGD with momentum, three epochs: the share of the digits held back that is read wrongly."""
    known = data.Subset(data.digits(), range(1500))
    learned, held_back = data.random_split(known, [1000, 500], generator=0, stratify=True)
    n = params["hidden"]
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, n), nn.ReLU(), nn.Linear(n, 10))
    optimizer = optim.SGD(net.parameters(), params["lr"], params["momentum"], weight_decay=params["weight_decay"])
    history = training.fit(
        net, nn.CrossEntropyLoss(), optimizer, data.DataLoader(learned, 50, shuffle=True), epochs=3,
        validation=data.DataLoader(held_back, 500), callbacks=[report.watch("val_accuracy")], progress=False,
    )  # fmt: skip
    return 1 - history["val_accuracy"][-1]


TASKS = {
    "one of two matters": (one_matters, {"important": uniform(0, 1), "idle": uniform(0, 1)}),
    "Branin": (branin, {"x": uniform(-5, 10), "y": uniform(0, 15)}),
    "digits": (digits, {"lr": log(1e-4, 10), "momentum": uniform(0, 0.95), "weight_decay": log(1e-8, 1e-1),
                        "hidden": integers(8, 64, scale="log")}),
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning", description=__doc__.split("\n")[0])
    parser.add_argument("--trials", type=int, default=36, help="of each search (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    print(f"best value after {asked.trials} trials, median (lowest to highest) of {asked.seeds} seeds; less is better")
    for task, (objective, space) in TASKS.items():
        print(task)
        for method in METHODS:
            options = {"trials": asked.trials, "method": method, "progress": False}
            studies = [tune(objective, space, seed=seed, **options) for seed in range(asked.seeds)]
            found = [study.best.value for study in studies]
            row = f"{statistics.median(found):.4f}  ({min(found):.4f} to {max(found):.4f})"
            print(f"  {method:<15} {row}  {len(studies[0].trials)} trials", flush=True)


if __name__ == "__main__":
    main()
