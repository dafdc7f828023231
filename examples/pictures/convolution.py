"""convolution: windows over pixels, filters side by side, the maps of a digit layer by layer."""

import numpy as np
from _common import BLUE, ORANGE, save

from tinygrad_edu.viz.plots import subplots


def sizes(places, out):
    """Seven pixels, padding hatched, and below them each place of a window of three."""
    figure, panels = subplots(2, 2, (4.0, 2.6))
    for axes, (p, s) in zip(panels, ((0, 1), (1, 1), (0, 2), (0, 3)), strict=True):
        n, k = 7, 3
        axes.bar(np.arange(n), 0.8, 0.9, bottom=0.2, color=BLUE, label="pixels")
        if p:
            axes.bar([-1, n], 0.8, 0.9, bottom=0.2, fill=False, hatch="////", edgecolor=BLUE, label="padding")
        steps = np.arange(places(n, k, p, s))
        axes.barh(-steps - 0.5, k - 0.1, 0.5, left=steps * s - p - 0.45, color=ORANGE, label="window")
        axes.set(title=f"padding {p}, stride {s}: {len(steps)} places", xlim=(-2, 8), ylim=(-7.2, 2.8), xticks=range(n))
        axes.set(yticks=[], xlabel="pixel")
        axes.legend(frameon=False, ncols=3, fontsize=8, loc="upper center")
        axes.spines["left"].set_visible(False)
        axes.grid(False)
    return save(figure, out, "sizes.png")


def filters(stages, like, out):
    """A row of filters for each stage, by its name; `like` says how much alike neighbouring weights are."""
    figure, panels = subplots(len(stages), 1, (7.2, 1.4))
    for axes, (name, weights) in zip(panels, stages.items(), strict=True):
        largest = np.abs(weights).max()
        image = axes.imshow(tiled(weights[:, 0]), cmap="PuOr", vmin=-largest, vmax=largest)
        axes.set_title(f"{name}: neighbours correlate by {like[name]:.2f}", fontsize=11)
        axes.axis("off")
        figure.colorbar(image, ax=axes, label="weight")
    return save(figure, out, "filters.png")


def maps(layers, out):
    """A row for each layer: its maps (channels, height, width), from dark (least) to yellow (most)."""
    figure, panels = subplots(len(layers), 1, (7.2, 0.9))
    panels[0].get_gridspec().set_height_ratios([2 if len(made) < 16 else 1 for _, made in layers])
    for axes, (name, made) in zip(panels, layers, strict=True):
        channels, height, width = made.shape
        axes.imshow(tiled(made), cmap="viridis")
        axes.set_title(f"{name}: {channels} of {height} x {width}", fontsize=10)
        axes.axis("off")
    return save(figure, out, "maps.png")


def tiled(maps):
    """Maps side by side in one picture, a column of nothing between."""
    gap = np.full((*maps.shape[1:-1], 1), np.nan)
    return np.concatenate([part for m in maps for part in (m, gap)][:-1], axis=-1)
