"""plots: the Figures and Axes that curves are drawn on, two colours that nobody confuses, a grey, and their files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..errors import MissingExtraError
from ..files import write_whole

__all__ = ["BLUE", "GREY", "ORANGE", "finish", "new_axes", "new_figure", "subplots"]

BLUE, ORANGE = "#1f83c4", "#e0702f"  # apart for every kind of colour vision, on white and on black
GREY = "#6e7781"  # what is only there to compare with


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


def new_figure(width: float, height: float) -> Any:
    """A matplotlib Figure on white, its size in inches.

    Raises:
        MissingExtraError: without matplotlib.

    >>> new_figure(9.0, 3.0).get_size_inches()
    array([9., 3.])
    """
    try:
        from matplotlib.figure import Figure  # pyplot would keep every figure until it is closed
    except ImportError:
        raise MissingExtraError(
            "plots are drawn by matplotlib, which is not installed.", mend='pip install "tinygrad_edu[plot]"'
        ) from None
    return Figure(figsize=(width, height), dpi=120, layout="constrained", facecolor="white")


def subplots(rows: int, columns: int, size: tuple[float, float] = (4.8, 3.6)) -> tuple[Any, list[Any]]:
    """A `new_figure` and its panels, row by row, each `size` inches large and with a faint grid.

    Raises:
        MissingExtraError: without matplotlib.
    """
    figure = new_figure(columns * size[0], rows * size[1])
    return figure, [new_axes(ax) for ax in figure.subplots(rows, columns, squeeze=False).flat]


def finish(figure: Any, path: str | os.PathLike[str] | None) -> Any:
    """Write the picture whole or not at all, if a path is given (PNG, if it has no ending); returns the Figure."""
    if path is not None:
        kind = Path(path).suffix[1:] or "png"
        write_whole(path, lambda file: figure.savefig(file, format=kind))
    return figure
