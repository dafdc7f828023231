"""pictures: a search in three panels: parallel coordinates, importance, the learning curves of the best."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from ..viz.plots import BLUE, GREY, ORANGE, finish, new_axes, new_figure
from .space import Range

if TYPE_CHECKING:
    from .study import Study, Trial

__all__ = ["curves", "importances", "overview", "parallel"]


def overview(study: Study, path: str | os.PathLike[str] | None = None) -> Any:
    """All three in one Figure, written to a file if a path is given."""
    reported = any(len(trial.curve) > 1 for trial in study.trials)
    figure = new_figure(9.6, 7.6)
    panels = figure.subplot_mosaic([["all", "all"], ["share", "curves" if reported else "share"]])
    parallel(study, panels["all"])
    importances(study, panels["share"])
    if reported:
        curves(study, panels["curves"])
    return finish(figure, path)


def parallel(study: Study, ax: Any = None) -> Any:
    """A line for every trial that finished, through its parameters, to its value; the best one in orange.

    Args:
        ax: a matplotlib Axes to draw on; default: a new figure.
    """
    import matplotlib

    ranked = study.top(len(study.trials))
    names = list(study.space)
    ax = new_axes(ax, width=9.0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    heights = [[_height(study.space[name], trial.params[name]) for name in names] for trial in ranked]
    values = np.array([trial.value for trial in ranked])
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    ends = (values - low) / ((high - low) or 1.0)
    xs = np.arange(len(names) + 1)
    for i in reversed(range(len(ranked))):  # the best on top
        share = 1 - i / max(1, len(ranked) - 1)  # 1 for the best
        color = ORANGE if i == 0 else matplotlib.colormaps["viridis"](0.95 - 0.9 * share)
        ax.plot(xs, [*heights[i], ends[i]], color=color, lw=2.8 if i == 0 else 1.1, alpha=1 if i == 0 else 0.65)
    for x, name in enumerate(names):
        _scale(ax, x, [(_height(study.space[name], v), _short(v)) for v in _ticks(study.space[name])])
    _scale(ax, len(names), [(u, _short(low + u * (high - low))) for u in (0, 0.25, 0.5, 0.75, 1)])
    ax.set_xticks(xs, [*names, "value"], fontweight="bold")
    ax.set_yticks([])
    ax.set_xlim(-0.35, len(names) + 0.35)
    best = f"best (orange): {ranked[0].value:.4g}" if ranked else "none finished"
    ax.set_title(f"{len(ranked)} trials that finished, {best}; the others from dark (good) to light (bad)")
    return ax


def _scale(ax: Any, x: int, ticks: list[tuple[float, str]]) -> None:
    """A vertical axis at x."""
    ax.plot([x, x], [0, 1], color=GREY, lw=1, zorder=3)
    for height, label in ticks:
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8}
        ax.plot([x - 0.012, x + 0.012], [height, height], color=GREY, lw=1, zorder=3)
        ax.text(x - 0.025, height, label, ha="right", va="center", fontsize=8.5, bbox=box, zorder=4)


def _height(where: Any, value: Any) -> float:
    """How far up a value lies, 0 to 1."""
    if isinstance(where, Range):
        return where.where(value)
    return where.index(value) / (len(where) - 1) if len(where) > 1 else 0.5


def _ticks(where: Any) -> list[Any]:
    if not isinstance(where, Range):
        return list(where)
    if where.scale == "log" and not where.whole:
        powers = 10.0 ** np.arange(np.ceil(np.log10(where.low)), np.floor(np.log10(where.high)) + 1)
        if 2 <= len(powers) <= 8:
            return [float(p) for p in powers]
    return list(dict.fromkeys(where.at(u) for u in (0, 0.25, 0.5, 0.75, 1)))


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def importances(study: Study, ax: Any = None) -> Any:
    """How much each parameter matters for being among the best, as bars."""
    shares = study.importance() or dict.fromkeys(study.space, 0.0)
    names = list(shares)[::-1]
    ax = new_axes(ax, title="importance (PED-ANOVA), share in %")
    ax.grid(axis="y", visible=False)
    bars = ax.barh(names, [100 * shares[name] for name in names], color=BLUE, height=0.55)
    ax.bar_label(bars, fmt="%.0f", padding=3)
    ax.set_xlim(0, 112)
    return ax


def curves(study: Study, ax: Any = None, k: int = 20) -> Any:
    """What the best k trials reported, epoch by epoch, over those that were given up, in grey."""
    import matplotlib

    best = [trial for trial in study.top(k) if len(trial.curve) > 1]
    given_up = [trial for trial in study.trials if trial.state == "given up" and trial.curve]
    title = f"learning curves of the best {len(best)}"
    ax = new_axes(ax, title=title, xlabel="report (epoch, fold …)", ylabel="value")
    for i, trial in enumerate(given_up):
        _curve(ax, trial, color=GREY, lw=1, ls=":", marker="x", markevery=[-1], ms=4, label="given up" * (i == 0))
    for i, trial in reversed(list(enumerate(best))):
        shade = matplotlib.colormaps["viridis"](0.05 + 0.85 * i / max(1, len(best) - 1))
        label = "the best" if i == 0 else f"to number {len(best)}" if i == len(best) - 1 else ""
        _curve(ax, trial, color=ORANGE if i == 0 else shade, lw=2.8 if i == 0 else 1.2, label=label)
    shown = [value for trial in best for value in trial.curve]
    if shown:  # what exploded must not flatten the rest
        room = 0.06 * (max(shown) - min(shown)) or 1.0
        ax.set_ylim(min(shown) - room, max(shown) + room)
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    ax.legend(frameon=False, fontsize=9)
    return ax


def _curve(ax: Any, trial: Trial, label: str, **style: Any) -> None:
    ax.plot(range(1, len(trial.curve) + 1), trial.curve, label=label or "_", **style)
