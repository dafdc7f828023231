"""06: how large a step, how large a batch, and how to know it soon?

A net of 30 sigmoids reads digits. Too small a rate crawls, too large a one jumps about in the valley; a schedule
begins with the large one and ends with the small, and the rate finder and "halve when stalled" spare the guessing.
(Nielsen, "Neural Networks and Deep Learning", chapter 3, "How to choose a neural network's hyper-parameters?";
CS231n's notes, "Neural Networks Part 3", "Annealing the learning rate"; Smith 2017 for the finder.)

    python examples/06_learning_rates.py [--quick] [--out DIR]
"""

from time import perf_counter

import numpy as np
from _common import arguments
from pictures import learning_rates as pictures

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.nn.functional import cross_entropy
from tinygrad_edu.optim import lr_scheduler
from tinygrad_edu.training import fit

SCHEDULES = {
    "a quarter now and then": lambda o, epochs: lr_scheduler.StepLR(o, epochs // 3, 0.25),
    "exponential": lambda o, epochs: lr_scheduler.ExponentialLR(o, 0.03 ** (1 / epochs)),
    "1 / (1 + t / 2)": lambda o, epochs: lr_scheduler.InverseTimeLR(o, 0.5),
    "cosine": lambda o, epochs: lr_scheduler.CosineAnnealingLR(o, epochs),
}


def until_stalled(o, epochs):
    """The rate is halved when three epochs bring nothing; the seventh time it ends the training."""
    return lr_scheduler.HalveOnStall(o, patience=3, stop=1 / 128, mode="min")


def batches(n, size=10, train=True, classes=10):
    """The first n digits below `classes`, some at a time."""
    every = data.digits(train)
    chosen = np.flatnonzero(every.labels < classes)[:n]
    return data.DataLoader(data.Subset(every, chosen), size, shuffle=train, generator=0)


def network():
    tg.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10))


def train(lr, epochs, images, schedule=None, unseen=None, decay=0.0):
    """The history of a fresh net."""
    net = network()
    optimizer = optim.SGD(net.parameters(), lr, weight_decay=decay)
    return fit(
        net, cross_entropy, optimizer, images, epochs=epochs, scheduler=schedule and schedule(optimizer, epochs),
        validation=unseen or batches(500, 500, train=False), progress=False,
    )  # fmt: skip


def find(n):
    """One pass of a hundred steps, each at a larger rate; it suggests the one where the loss falls most steeply."""
    net = network()
    return optim.find_lr(net, cross_entropy, optim.SGD(net.parameters()), batches(n, 100), start=1e-3, end=100)


def by_size(n, epochs):
    """Seconds and accuracies; sqrt(size) keeps the noise of a step about equal."""
    found = {}
    for i, size in enumerate((1, 10, 100, 1000)):
        begin = perf_counter()
        history = train(0.08 * size**0.5, epochs * 2**i, batches(n, size))  # larger: fewer steps, more epochs
        seconds = np.linspace(0, perf_counter() - begin, len(history) + 1)[1:]
        found[size] = seconds, np.array(history["val_accuracy"])
    return found


def fast(n, epochs):
    """Zeros and ones only; the penalty of 50,000 digits, lambda = 1000, scaled to n or left (Nielsen)."""
    easy = {"images": batches(n, classes=2), "unseen": batches(200, 200, train=False, classes=2)}
    scaled = 1000 * n / 50_000
    return {
        "ten digits": train(0.25, epochs, batches(n), decay=scaled / n),
        f"0 and 1, lambda {scaled:.3g}": train(0.25, epochs, **easy, decay=scaled / n),
        "0 and 1, lambda 1000": train(0.25, epochs, **easy, decay=1000 / n),
    }


def run(quick, out):
    n, epochs = (600, 12) if quick else (3000, 15)
    rates = {lr: train(lr, epochs, batches(n)) for lr in (0.025, 0.25, 2.5)}
    curve = find(n)
    planned = {"constant": rates[2.5]}
    planned |= {name: train(2.5, epochs, batches(n), schedule) for name, schedule in SCHEDULES.items()}
    halved = train(2.5, 100, batches(n), until_stalled)
    sizes = by_size(n, 3 if quick else 5)
    feedback = fast(1000, 3)

    print(f"The finder says {curve.suggestion:.2g}. {len(halved)} epochs, halved when stalled: {halved.stopped}.")
    for size, (seconds, right) in sizes.items():
        print(f"Batches of {size}: 70 % right after {min(seconds[right > 0.7], default=np.inf):.2f} s")
    few, much, wrong = (h["val_accuracy"][0] for h in feedback.values())
    print(f"After one epoch: ten digits {few:.0%} right; 0 and 1 {much:.0%}, but {wrong:.0%} with lambda as it was.")
    pictures.feedback(halved, sizes, feedback, out)

    low, right, high = (h["val_loss"][-1] for h in rates.values())
    finding = (
        f"After {epochs} epochs the validation loss is {low:.2f} with a rate of 0.025, which crawls, {right:.2f} with "
        f"0.25, and {high:.2f} with 2.5, which jumps about; beginning there, a cosine to 0 ends at "
        f"{planned['cosine']['val_loss'][-1]:.2f}."
    )
    found = {"rates": rates, "curve": curve, "planned": planned, "halved": halved, "sizes": sizes, "feedback": feedback}
    return found | {"finding": finding, "picture": pictures.rates(rates, curve, planned, out)}


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
