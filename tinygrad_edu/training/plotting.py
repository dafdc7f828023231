"""plotting: the pictures of a training: several panels in one Figure, on white."""

from __future__ import annotations

import os
from typing import Any

from ..errors import MissingExtraError

__all__ = ["finish", "subplots"]


def subplots(rows: int, columns: int, size: tuple[float, float] = (4.8, 3.6)) -> tuple[Any, list[Any]]:
    """A matplotlib Figure and its panels, row by row, each `size` inches large.

    Raises:
        MissingExtraError: without matplotlib.
    """
    from ..viz.plots import new_axes

    try:
        from matplotlib.figure import Figure  # pyplot would keep every figure until it is closed
    except ImportError:
        raise MissingExtraError(
            "pictures of a training need matplotlib, which is not installed.", mend='pip install "tinygrad_edu[plot]"'
        ) from None
    figure = Figure(figsize=(columns * size[0], rows * size[1]), dpi=120, layout="constrained", facecolor="white")
    return figure, [new_axes(ax) for ax in figure.subplots(rows, columns, squeeze=False).flat]


def finish(figure: Any, path: str | os.PathLike[str] | None) -> Any:
    """Write the picture, if a path is given; returns the Figure."""
    if path is not None:
        figure.savefig(path)
    return figure
