"""06: how large a step, how large a batch, and how to know it soon?

A net of 30 sigmoids reads digits. Too small a rate crawls, too large a one jumps about in the valley; a schedule
begins with the large one and ends with the small, and the rate finder and "halve when stalled" spare the guessing.
(Nielsen, "Neural Networks and Deep Learning", chapter 3, "How to choose a neural network's hyper-parameters?";
CS231n's notes, "Neural Networks Part 3", "Annealing the learning rate"; Smith 2017 for the finder.)

    python examples/06_learning_rates.py [--quick] [--out DIR]
"""

from functools import cache
from time import perf_counter

import numpy as np
from _common import BLACK, BLUE, GREEN, ORANGE, PINK, RED, SKY, arguments, save

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.nn.functional import cross_entropy
from tinygrad_edu.optim import lr_scheduler
from tinygrad_edu.training import fit
from tinygrad_edu.viz.plots import subplots

STYLES = ((BLUE, "o-"), (ORANGE, "s--"), (GREEN, "^-."), (PINK, "D:"), (BLACK, "v-"), (RED, "P--"), (SKY, "X-."))
on_board = cache(data.digits)


def digits(n, batch=10, train=True, only=range(10)):
    """Batches of the first n digits of some classes."""
    every = on_board(train)
    chosen = np.flatnonzero(np.isin(every.labels, list(only)))[:n]
    return data.DataLoader(data.Subset(every, chosen), batch, shuffle=train, generator=0)


def network():
    tg.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10))


def train(lr, epochs, images, schedule=None, validation=None, **sgd):
    """A fresh net, trained; its history, with the seconds it took."""
    net = network()
    optimizer = optim.SGD(net.parameters(), lr, **sgd)
    scheduler = schedule and schedule(optimizer)
    validation = validation or digits(500, 500, train=False)
    begin = perf_counter()
    history = fit(
        net, cross_entropy, optimizer, images, epochs=epochs, validation=validation,
        scheduler=scheduler, progress=False,
    )  # fmt: skip
    history.seconds = perf_counter() - begin
    return history


def three_rates(n, epochs):
    return {lr: train(lr, epochs, digits(n)) for lr in (0.025, 0.25, 2.5)}


def find(n):
    """The rate where the loss falls most steeply, from one pass of a hundred steps, each at a larger rate."""
    net = network()
    return optim.find_lr(net, cross_entropy, optim.SGD(net.parameters()), digits(n, 100), start=1e-3, end=100)


SCHEDULES = {
    "a quarter now and then": lambda o, epochs: lr_scheduler.StepLR(o, epochs // 3, 0.25),
    "exponential": lambda o, epochs: lr_scheduler.ExponentialLR(o, 0.03 ** (1 / epochs)),
    "1 / (1 + t / 2)": lambda o, epochs: lr_scheduler.InverseTimeLR(o, 0.5),
    "cosine": lambda o, epochs: lr_scheduler.CosineAnnealingLR(o, epochs),
}


def schedules(n, epochs):
    """All begin at 2.5, which is too large to stay at."""
    return {name: train(2.5, epochs, digits(n), lambda o, s=s: s(o, epochs)) for name, s in SCHEDULES.items()}


def halve(n, most):
    """Nobody chose the number of epochs: the rate is halved when three of them bring nothing, seven times in all."""
    return train(2.5, most, digits(n), lambda o: lr_scheduler.HalveOnStall(o, 3, 1 / 128, "min"))


def batches(n, epochs):
    """Larger batches make fewer steps, and may look more often; sqrt(size) keeps the noise of a step about equal."""
    return {size: train(0.08 * size**0.5, epochs * 2**i, digits(n, size)) for i, size in enumerate((1, 10, 100, 1000))}


def fast(n, epochs):
    """Zeros and ones only; the penalty of 50,000 digits, lambda = 1000, scaled to n or left (Nielsen)."""
    easy = digits(200, 200, train=False, only=(0, 1))
    few = digits(n, only=(0, 1))
    return {
        "ten digits": train(0.25, epochs, digits(n), weight_decay=0.02),
        f"0 and 1, lambda {1000 * n / 50_000:.3g}": train(0.25, epochs, few, validation=easy, weight_decay=0.02),
        "0 and 1, lambda 1000": train(0.25, epochs, few, validation=easy, weight_decay=1000 / n),
    }


def draw(axes, runs, column, scale=1, **labels):
    for (color, style), (name, history) in zip(STYLES, runs.items(), strict=False):
        axes.plot(history["epoch"], [scale * v for v in history[column]], style, color=color, label=name, markersize=4)
    axes.set(xlabel="epoch", **labels)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=9)


def draw_rates(rates, curve, planned):
    figure, (first, second, third, fourth) = subplots(2, 2)
    draw(first, {f"rate {lr}": h for lr, h in rates.items()}, "val_loss", title="2.5 jumps about, 0.025 crawls")
    first.set_ylabel("validation loss")
    curve.plot(second)
    draw(third, planned, "lr", yscale="log", title="five schedules that begin at 2.5", ylabel="learning rate")
    draw(fourth, planned, "val_loss", title="those that decay settle lower", ylabel="validation loss")
    return figure


def draw_feedback(halved, sizes, feedback):
    figure, (first, second, third, fourth) = subplots(2, 2)
    draw(first, {"rate": halved}, "lr", yscale="log", title="halved whenever three epochs bring nothing")
    first.set_ylabel("learning rate")
    draw(second, {"loss": halved}, "val_loss", title=f"... which ends after {len(halved)} epochs by itself")
    second.set_ylabel("validation loss")
    for (color, style), (size, h) in zip(STYLES, sizes.items(), strict=False):
        seconds = h.seconds * np.array(h["epoch"]) / len(h)
        third.plot(seconds, np.multiply(100, h["val_accuracy"]), style, color=color, label=f"{size}", markersize=4)
    third.set(title="batches of 1 to 1000 images", xlabel="seconds", ylabel="validation accuracy in %", ylim=(0, 100))
    third.set_xscale("log")
    third.minorticks_off()
    third.legend(frameon=False, fontsize=9)
    draw(fourth, feedback, "val_accuracy", 100, title="first feedback: an easier question", ylim=(0, 103))
    fourth.set_ylabel("validation accuracy in %")
    return figure


def seconds_to(goal, history):
    """How long it took until so many digits were read right, in words."""
    epochs = next((epoch for epoch, right in enumerate(history["val_accuracy"], 1) if right > goal), None)
    return f"{history.seconds * epochs / len(history):.2f} s" if epochs else "not reached"


def run(quick, out):
    n, epochs = (600, 12) if quick else (3000, 15)
    rates, curve = three_rates(n, epochs), find(n)
    planned = {"constant": rates[2.5], **schedules(n, epochs)}
    halved, sizes, feedback = halve(n, 100), batches(n, 3 if quick else 5), fast(1000, 3)

    picture = save(draw_rates(rates, curve, planned), out, "rates.png")
    save(draw_feedback(halved, sizes, feedback), out, "feedback.png")

    print("70 % right, by the size of the batch:", {size: seconds_to(0.7, h) for size, h in sizes.items()})
    print(f"The finder says {curve.suggestion:.2g}. {len(halved)} epochs, halved when stalled: {halved.stopped}.")
    few, much, wrong = (h["val_accuracy"][0] for h in feedback.values())
    print(f"After one epoch: ten digits {few:.0%} right; 0 and 1 {much:.0%}, but {wrong:.0%} with lambda as it was.")
    low, right, high = (h["val_loss"][-1] for h in rates.values())
    return {
        "loss": {lr: h["val_loss"] for lr, h in rates.items()},
        "suggestion": curve.suggestion,
        "schedules": {name: float(np.mean(h["val_loss"][-3:])) for name, h in planned.items()},
        "halved": halved,
        "accuracy by size": {size: h["val_accuracy"] for size, h in sizes.items()},
        "feedback": {name: h["val_accuracy"] for name, h in feedback.items()},
        "picture": picture,
        "finding": (
            f"After {epochs} epochs the validation loss is {low:.2f} with a rate of 0.025, which crawls, "
            f"{right:.2f} with 0.25, and {high:.2f} with 2.5, which jumps about; beginning there, a cosine "
            f"to 0 ends at {planned['cosine']['val_loss'][-1]:.2f}."
        ),
    }


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
