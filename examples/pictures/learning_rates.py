"""learning_rates: losses, rates and accuracies by epoch, and by seconds."""

import numpy as np
from _common import BLUE, lines, save

from tinygrad_edu.viz.plots import subplots


def rates(fixed, curve, planned, out):
    figure, (first, second, third, fourth) = subplots(2, 2)
    by_epoch(first, {f"rate {lr}": h["val_loss"] for lr, h in fixed.items()}, ylabel="validation loss")
    first.set(title="2.5 jumps about, 0.025 crawls")
    curve.plot(second)
    by_epoch(third, {name: h["lr"] for name, h in planned.items()}, ylabel="learning rate", yscale="log")
    third.set(title="five schedules that begin at 2.5")
    by_epoch(fourth, {name: h["val_loss"] for name, h in planned.items()}, ylabel="validation loss")
    fourth.set(title="those that decay settle lower")
    return save(figure, out, "rates.png")


def feedback(halved, sizes, easier, out):
    figure, (first, second, third, fourth) = subplots(2, 2)
    first.semilogy(halved["epoch"], halved["lr"], "o-", color=BLUE, markersize=4.5)
    first.set(title="halved whenever three epochs bring nothing", xlabel="epoch", ylabel="learning rate")
    second.plot(halved["epoch"], halved["val_loss"], "o-", color=BLUE, markersize=4.5)
    second.set(title=f"... which ends after {len(halved)} epochs by itself", xlabel="epoch", ylabel="validation loss")
    lines(third, {f"{size}": (seconds, 100 * right) for size, (seconds, right) in sizes.items()}, xscale="log")
    third.set(title="batches of 1 to 1000: one by one is slow", xlabel="seconds")
    third.set(ylabel="validation accuracy in %", ylim=(0, 100))
    third.legend(title="images in a batch", frameon=False, fontsize=9)
    third.minorticks_off()
    by_epoch(fourth, {name: np.multiply(100, h["val_accuracy"]) for name, h in easier.items()}, ylim=(0, 103))
    fourth.set(title="first feedback: an easier question", ylabel="validation accuracy in %")
    return save(figure, out, "feedback.png")


def by_epoch(panel, named, **labels):
    lines(panel, named, xlabel="epoch", **labels)
    panel.xaxis.get_major_locator().set_params(integer=True)
