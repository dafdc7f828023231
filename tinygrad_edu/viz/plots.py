"""plots: the Axes that curves are drawn on, and the two colours that nobody confuses."""

from __future__ import annotations

from typing import Any

from ..errors import MissingExtraError

__all__ = ["BLUE", "ORANGE", "new_axes"]

BLUE, ORANGE = "#1f83c4", "#e0702f"  # apart for every kind of colour vision, on white and on black


def new_axes(ax: Any = None, *, width: float = 6.4, height: float = 3.6, **labels: Any) -> Any:
    """The Axes `ax`, or one in a figure of its own, with a faint grid and no box; `labels` go to `Axes.set`.

    Args:
        ax: a matplotlib Axes, or None.
        width, height: of a new figure, in inches.

    Raises:
        MissingExtraError: without matplotlib.

    >>> new_axes(title="loss", xlabel="epoch").get_title()
    'loss'
    """
    if ax is None:
        try:
            from matplotlib import pyplot
        except ImportError:
            raise MissingExtraError(
                "plots are drawn by matplotlib, which is not installed.", mend='pip install "tinygrad_edu[plot]"'
            ) from None
        _, ax = pyplot.subplots(figsize=(width, height), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="#888888", alpha=0.25, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.set(**labels)
    return ax
