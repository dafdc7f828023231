"""data: accuracy against the size of the training set, bars of what was done to digits, and one digit distorted."""

import numpy as np
from _common import BLACK, GREEN, PINK, lines, save

from tinygrad_edu.viz.plots import subplots


def draw(sizes, growth, few, distorted, prepared, shown, out):
    """The four panels: growth, distorted and prepared are accuracies in %, shown one digit, six times each way."""
    figure, (top, ways, pixels, panel) = subplots(2, 2, (5.4, 3.7))
    named = {"network, 100 hidden units": growth["network"], "support vector machine": growth["machine"]}
    lines(top, {name: (sizes, y) for name, y in named.items()}, xscale="log", xlabel="digits to learn from")
    top.set(title="With few digits the net leads, with many the machine", ylabel="unseen digits read right (%)")
    bars(ways, distorted, f"{few} digits, and what can be made of them", GREEN)
    bars(pixels, prepared, "200 steps at one rate: how the pixels come in", PINK)
    panel.imshow(np.block([[image[0, 0].numpy() for image in row] for row in shown.values()]), cmap="gray_r")
    panel.set_yticks(14 + 28 * np.arange(len(shown)), shown)
    panel.set(title="One digit", xticks=[])
    panel.grid(False)
    return save(figure, out, "data.png")


def bars(panel, values, title, color):
    """A bar for each, the number in it."""
    rows = np.arange(len(values))[::-1]
    panel.barh(rows, values.values(), color=color)
    for row, value in zip(rows, values.values(), strict=True):
        panel.text(1, row, f"{value:.1f} %", color=BLACK, va="center")
    panel.set_yticks(rows, values)
    panel.set(title=title, xlabel="unseen digits read right (%)", xlim=(0, 100))
