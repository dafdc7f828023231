"""batchnorm: sixteen trainings side by side, a digit and its companions, what each norm averages over."""

import numpy as np
from _common import BLUE, ORANGE, lines, save
from matplotlib.colors import ListedColormap

from tinygrad_edu.viz.plots import subplots


def scales(normalized, plain, out):
    """The share read right, epoch by epoch, with and without BatchNorm: a panel for each scale of the weights."""
    side = round(len(plain) ** 0.5)
    figure, panels = subplots(side, side, (2.4, 1.9))
    for panel, scale in zip(panels, plain, strict=True):
        for runs, color, style, label in ((normalized, BLUE, "-", "with BatchNorm"), (plain, ORANGE, "--", "without")):
            y = np.multiply(100, runs[scale])
            panel.plot(range(1, len(y) + 1), y, style, color=color, linewidth=2, label=label)
        if not any(plain[scale]):
            panel.text(0.97, 0.06, "without: it explodes", ha="right", transform=panel.transAxes, fontsize=8)
        panel.set(title=f"weights of std {scale:.2g}", ylim=(0, 103))
        panel.title.set_fontsize(10)
    for panel in panels[::side]:
        panel.set_ylabel("right in %")
    for panel in panels[-side:]:
        panel.set_xlabel("epoch")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return save(figure, out, "scales.png")


def companions(training, evaluating, out):
    """How much a digit's scores vary, by the size of its batch."""
    figure, (panel,) = subplots(1, 1, (6.4, 3.6))
    named = {"train: its batch's mean and variance": training, "eval: the running ones": evaluating}
    lines(panel, {name: (list(spread), list(spread.values())) for name, spread in named.items()}, xscale="log")
    panel.set(title="one digit's scores depend on its companions", xlabel="size of the batch")
    panel.set(ylabel="standard deviation of a score")
    panel.set_xticks(list(training), list(training))
    panel.minorticks_off()
    save(figure, out, "companions.png")


def averages(used_by, out):
    """For each norm, the numbers of a batch (samples, channels, height, width) that the one at (1, 2, 1, 1) uses."""
    figure, panels = subplots(2, 2, (4.6, 3.1))
    colors = ListedColormap(["#eef1f4", "#7db8e0", ORANGE])
    for panel, (name, used) in zip(panels, used_by.items(), strict=True):
        n, c, h, w = used.shape
        picture = used.transpose(0, 2, 1, 3).reshape(n * h, c * w).astype(int)
        picture[1 * h + 1, 2 * w + 1] = 2
        panel.grid(False)
        panel.pcolormesh(picture, cmap=colors, edgecolors="white", linewidth=0.5)
        panel.hlines(h * np.arange(n + 1), 0, c * w, color="#333333", linewidth=1)
        panel.vlines(w * np.arange(c + 1), 0, n * h, color="#333333", linewidth=1)
        panel.set(title=f"{name}: {used.sum()} numbers", xlabel="channel", ylabel="sample")
        panel.set_xticks(w * np.arange(c) + w / 2, range(c))
        panel.set_yticks(h * np.arange(n) + h / 2, range(n))
        panel.invert_yaxis()
    save(figure, out, "averages.png")
