"""transfer: the accuracy of every way to read new digits, by the number of examples."""

import numpy as np
from _common import BLACK, BLUE, GREEN, ORANGE, PINK, SKY, save

from tinygrad_edu.viz.plots import subplots

STYLES = {
    "machine on learned": (BLACK, "o-"),
    "learned, frozen": (BLUE, "s-"),
    "learned, moved with care": (SKY, "^--"),
    "from scratch": (ORANGE, "D-."),
    "noise, frozen": (PINK, "v:"),
    "machine on pixels": (GREEN, "P--"),
}


def draw(scores, out):
    """The mean of every way, and its best and worst draw."""
    figure, (axes,) = subplots(1, 1, (6.6, 4.2))
    counts = np.array(list(scores))
    for i, (name, (color, style)) in enumerate(STYLES.items()):
        several = 100 * np.array([[draw[name] for draw in scores[n]] for n in counts])
        mean, aside = several.mean(1), counts * 1.03 ** (i - 2.5)  # side by side, so that no bar hides another
        spread = [mean - several.min(1), several.max(1) - mean]
        axes.errorbar(aside, mean, spread, fmt=style, color=color, label=name, markersize=5, capsize=2, linewidth=1.5)
    axes.set(xscale="log", xlabel="examples of the digits 5 to 9", ylabel="accuracy in %, digits never seen")
    axes.set(title="What 0 to 4 taught helps to read 5 to 9; most, while examples are few")
    axes.set_xticks(counts, counts)
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return save(figure, out, "transfer.png")
