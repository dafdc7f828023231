"""plots: the Figures and Axes that curves are drawn on, the two colours that nobody confuses, and their files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..errors import MissingExtraError
from ..files import write_whole

__all__ = ["BLUE", "ORANGE", "finish", "new_axes", "subplots"]

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


def subplots(rows: int, columns: int, size: tuple[float, float] = (4.8, 3.6)) -> tuple[Any, list[Any]]:
    """A matplotlib Figure on white and its panels, row by row, each `size` inches large.

    Raises:
        MissingExtraError: without matplotlib.
    """
    try:
        from matplotlib.figure import Figure  # pyplot would keep every figure until it is closed
    except ImportError:
        raise MissingExtraError(
            "plots are drawn by matplotlib, which is not installed.", mend='pip install "tinygrad_edu[plot]"'
        ) from None
    figure = Figure(figsize=(columns * size[0], rows * size[1]), dpi=120, layout="constrained", facecolor="white")
    return figure, [new_axes(ax) for ax in figure.subplots(rows, columns, squeeze=False).flat]


def finish(figure: Any, path: str | os.PathLike[str] | None) -> Any:
    """Write the picture whole or not at all, if a path is given (PNG, if it has no ending); returns the Figure."""
    if path is not None:
        kind = Path(path).suffix[1:] or "png"
        write_whole(path, lambda file: figure.savefig(file, format=kind))
    return figure
