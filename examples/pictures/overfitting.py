"""overfitting: curves through ten points, the turn of the loss, what each remedy does to it and to the weights."""

import numpy as np
from _common import BLACK, BLUE, GREEN, ORANGE, PINK, save

from tinygrad_edu.viz.plots import subplots


def draw(points, curves, history, losses, right, weights, out):
    """The four panels: of the points, of the loss, of the remedies, of the weights."""
    figure, panels = subplots(2, 2, (5.4, 3.9))
    through(panels[0], points, curves)
    turn(panels[1], history)
    remedies(panels[2], losses, right)
    spread(panels[3], weights)
    return save(figure, out, "overfitting.png")


def through(panel, points, curves):
    """The ten points and the curves through them."""
    t = np.linspace(0.4, 5.1, 300)[:, None]
    for (name, curve), color, line in zip(curves.items(), (BLUE, ORANGE, GREEN), ("--", "-", "-."), strict=True):
        panel.plot(t, curve(t), color=color, linestyle=line, label=name)
    panel.plot(*points, "o", color=BLACK, label="ten points near y = 2x")
    panel.set(title="Degree nine meets every point, and misses the line", xlabel="x", ylabel="y", ylim=(-3, 12))
    panel.legend(frameon=False)


def turn(panel, history):
    """The loss on the 300 digits and on others, epoch by epoch."""
    for name, label, color, line in (("loss", "its 300", BLUE, "--"), ("val_loss", "others", ORANGE, "-")):
        panel.semilogy(history["epoch"], history[name], color=color, linestyle=line, label=label)
    panel.axhline(min(history["val_loss"]), color=BLACK, linestyle=":", linewidth=1, label="others, at its lowest")
    panel.set(title="300 digits, no remedy: learned by heart", xlabel="epoch", ylabel="cross-entropy (nats)")
    panel.legend(title="loss on", frameon=False)


def remedies(panel, losses, right):
    """What each remedy makes of the loss, with the share read right."""
    rows = np.arange(len(losses))[::-1]
    panel.barh(rows, losses.values(), color=[ORANGE] + [BLUE] * (len(rows) - 1))
    for row, share in zip(rows, right.values(), strict=True):
        panel.text(0.01, row, f"{share:.1f} % right", color=BLACK if row == rows[0] else "white", va="center")
    panel.axvline(losses["nothing"], color=ORANGE, linestyle=":")
    panel.set(title="Unseen digits, at the end, with each remedy", xlabel="cross-entropy (nats)")
    panel.set_yticks(rows, losses)


def spread(panel, weights):
    """How the weights of the hidden layer are distributed."""
    ways = {"nothing": (ORANGE, "-"), "L2": (BLUE, "--"), "L1": (GREEN, "-."), "dropout": (PINK, ":")}
    bins = np.linspace(-0.12, 0.12, 61)
    for remedy, (color, line) in ways.items():
        w = weights[remedy].ravel()
        panel.hist(w, bins, histtype="step", log=True, color=color, linestyle=line, label=remedy, lw=1.6)
    panel.set(title="Hidden weights: penalties shrink, dropout widens", xlabel="weight")
    panel.set_ylabel("weights in a bin of 0.004")
    panel.legend(frameon=False)
