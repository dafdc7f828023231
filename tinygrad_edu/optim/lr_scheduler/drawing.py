"""drawing: the picture of a schedule: the rates of each group, and what changes with them."""

from __future__ import annotations

from typing import Any

__all__ = ["draw"]

_LINES = ("-", "--", ":", "-.")


def draw(name: str, states: Any, first: int, yscale: str, ax: Any, metrics: Any = None) -> Any:
    """The rates of `states`, the groups at each step from `first` on; returns the Axes.

    Args:
        metrics: what each of the steps was told; else the momentum is drawn, if it changes.
    """
    from ...viz.plots import BLUE, new_axes

    ax = new_axes(ax, title=name, xlabel="step", ylabel="learning rate")
    rates = [[group["lr"] for group in state] for state in states]
    edges = [first + i for i in range(len(states) + 1)]  # a rate holds for the whole step
    differ = sorted({column: i for i, column in reversed(list(enumerate(zip(*rates, strict=True))))}.values())
    for line, i in zip(_LINES * len(differ), differ, strict=False):
        label = f"group {i}" if len(differ) > 1 else "learning rate"
        column = [row[i] for row in rates]
        ax.plot(edges, [*column, column[-1]], line, color=BLUE, drawstyle="steps-post", label=label)
    positive = min(map(min, rates)) > 0
    ax.set_yscale(yscale if positive else "linear")
    if not positive or yscale == "linear":
        ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))
    _draw_beside(ax, states, edges, metrics, len(differ))
    return ax


def _draw_beside(ax: Any, states: Any, edges: Any, metrics: Any, groups: int) -> None:
    """The metrics, or the momentum of the first group if it changes, on an axis of their own at the right."""
    from ...viz.plots import BLUE, ORANGE

    if metrics is None:
        values = [_momentum(state[0]) for state in states]
        label, drawn = "momentum", len(set(values)) > 1
    else:
        values, label, drawn = metrics, "metric", True
    if drawn:
        side = ax.twinx()
        side.spines["top"].set_visible(False)
        if metrics is None:
            side.plot(edges, [*values, values[-1]], color=ORANGE, drawstyle="steps-post", linewidth=1.2)
        else:  # known when an epoch is over
            side.plot(edges[1:-1], values, "o-", color=ORANGE, markersize=2.5, linewidth=1.2)
        side.set_ylabel(label, color=ORANGE)
        side.tick_params(axis="y", colors=ORANGE)
        ax.set_ylabel("learning rate", color=BLUE)
        ax.tick_params(axis="y", which="both", colors=BLUE)
    if groups > 1:
        ax.legend(frameon=False)


def _momentum(group: Any) -> Any:
    return group["betas"][0] if "betas" in group else group.get("momentum")
