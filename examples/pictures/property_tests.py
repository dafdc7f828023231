"""property_tests: how a point that fails gets shorter, try by try."""

import numpy as np
from _common import BLACK, BLUE, RED, save

from tinygrad_edu.viz.plots import subplots


def shrinking(found, written, out):
    """How long each point tried is when it is `written`; a panel for each rule."""
    figure, panels = subplots(2, 2, (4.8, 2.9))
    for ax, (name, one) in zip(panels, found.items(), strict=True):
        length = np.array([len(written(inputs)) for inputs, _ in one["tried"]])
        passed = np.array([passed for _, passed in one["tried"]])
        number = np.arange(1, len(length) + 1)
        ax.scatter(number[passed], length[passed], 18, BLUE, marker="o", label="passes")
        ax.scatter(number[~passed], length[~passed], 26, RED, marker="x", label="fails")
        ax.scatter(number[-1:], length[-1:], 140, "none", edgecolors=BLACK, label="the shortest that fails")
        ax.set(xlabel="points tried", ylabel="characters to write it", ylim=(0, None))
        ax.set_title(f"{name} fails at {written(one['shrunk'])}", fontsize="medium")
        ax.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return save(figure, out, "shrinking.png")
