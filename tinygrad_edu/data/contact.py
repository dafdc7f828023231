"""contact: a sheet of pictures that shows what an augmentation does."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..random import as_generator, drawing_from
from .warp import as_batch

__all__ = ["contact_sheet"]


def contact_sheet(
    images: Any,
    augmentation: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    columns: int = 8,
    title: str | None = None,
    generator: np.random.Generator | int | None = 0,
) -> Any:
    """Images, and beside each what the augmentation makes of it.

    Args:
        images: a Tensor or array of shape (N, C, H, W) or (N, H, W): a row each.
        augmentation: called on the images, once for each column.
        path: where to save the picture (.png, .svg, .pdf), if anywhere.
        columns: how many variations of each.
        title: above the sheet; default: the augmentation's name.

    Returns:
        matplotlib's Figure.

    Raises:
        MissingExtraError: without matplotlib.

    >>> from tinygrad_edu.data import RandomAffine, digits
    >>> sheet = contact_sheet(digits().images[:2], RandomAffine(degrees=20), columns=3)
    >>> len(sheet.axes)
    8
    """
    from ..viz.plots import GREY, ORANGE, finish, new_figure

    rng = as_generator(generator)
    with drawing_from(lambda: rng):
        rows = [as_batch(images), *(as_batch(augmentation(images)) for _ in range(columns))]
    top = 255 if images.dtype.kind == "u" else 1
    n = len(rows[0])
    figure = new_figure(0.9 * (columns + 1) + 0.3, 0.9 * n + 0.7)
    grid = figure.subplots(n, columns + 1, squeeze=False)
    for column, batch in enumerate(rows):
        for axes, image in zip(grid[:, column], batch / top, strict=True):
            _show(axes, image, frame=(ORANGE, 2.0) if column == 0 else (GREY, 0.3))
    grid[0, 0].set_title("original", fontsize=9)
    grid[0, 1].set_title("augmented", fontsize=9, loc="left")
    figure.suptitle(type(augmentation).__name__ if title is None else title, fontsize=11)
    return finish(figure, path)


def _show(axes: Any, image: np.ndarray, frame: tuple[str, float]) -> None:
    """An image of values from 0 to 1 without ticks, in a frame of that colour and width."""
    shown = image[0] if len(image) != 3 else image.transpose(1, 2, 0)
    axes.imshow(np.clip(shown, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=frame[0], linewidth=frame[1])
