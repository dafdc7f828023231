"""history: what happened in a training, epoch by epoch."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..files import write_whole

__all__ = ["History"]


class History:
    """A row for every epoch: its number, the steps so far, the learning rate, loss and metrics.

    Columns are those of training and, with `val_` before, of validation. No times: a training that
    is repeated writes the same history.

    Attributes:
        rows: a list of dicts.
        stopped: why the training ended before its last epoch, else "".

    >>> history = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    >>> history["loss"], len(history), history
    ([0.5, 0.25], 2, History(2 epochs: loss 0.25))
    """

    def __init__(self, rows: list[dict[str, Any]] | None = None) -> None:
        self.rows: list[dict[str, Any]] = list(rows or [])
        self.stopped = ""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> list[Any]:
        return [row[column] for row in self.rows]

    def __repr__(self) -> str:
        last = {name: value for name, value in (self.rows or [{}])[-1].items() if name not in ("epoch", "step", "lr")}
        return f"History({len(self)} epochs{': ' * bool(last)}{told(last)})"

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write a line for every epoch, with names above; floats so that they read back exactly.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     History([{"epoch": 1, "loss": 0.5}]).to_csv(f"{folder}/history.csv").read_text().split()
        ['epoch,loss', '1,0.5']
        """
        text = io.StringIO()
        writer = csv.DictWriter(
            text, list(dict.fromkeys(name for row in self.rows for name in row)), lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(self.rows)
        return write_whole(path, lambda file: file.write(text.getvalue().encode()))

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Loss and accuracy, of training and validation, by epoch, as a matplotlib Figure.

        Args:
            path: write the picture there, too.

        Raises:
            MissingExtraError: without matplotlib (the extra `plot`).
        """
        from ..viz.plots import BLUE, ORANGE, finish, subplots

        shown = [name for name in ("loss", "accuracy") if any(name in row or f"val_{name}" in row for row in self.rows)]
        figure, panels = subplots(1, max(1, len(shown)))
        for axes, name in zip(panels, shown, strict=False):
            scale = 100 if name == "accuracy" else 1
            for prefix, label, style in (("", "training", "o-"), ("val_", "validation", "s--")):
                points = [(row["epoch"], scale * row[prefix + name]) for row in self.rows if prefix + name in row]
                if points:
                    color = ORANGE if prefix else BLUE
                    marks = {"markersize": 3.5 if len(points) <= 30 else 0}  # many would hide the line
                    axes.plot(*zip(*points, strict=True), style, color=color, label=label, **marks)
            axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
            axes.set_xlim(0.5, max([1, *self["epoch"]]) + 0.5)
            axes.set(title="accuracy in %" if name == "accuracy" else name, xlabel="epoch")
            values = [row[p + name] for row in self.rows for p in ("", "val_") if p + name in row]
            if name == "loss" and min(values) > 0 and max(values) > 10 * min(values):
                axes.set_yscale("log")
            self._mark_best(axes, name)
            axes.legend(frameon=False)
        return finish(figure, path)

    def _mark_best(self, axes: Any, name: str) -> None:
        """A thin line at the epoch that validation liked best."""
        from ..viz.plots import GREY

        if all(f"val_{name}" in row for row in self.rows) and len(self) > 1:
            values = self[f"val_{name}"]
            best = int(np.argmin(values) if name == "loss" else np.argmax(values))
            value = f"{100 * values[best]:.2f} %" if name == "accuracy" else f"{values[best]:.3g}"
            label = f"best validation: {value}"
            axes.axvline(self["epoch"][best], color=GREY, linewidth=1, linestyle=":", label=label)


def told(row: Mapping[str, float]) -> str:
    """Loss and metrics in words: loss 0.21, accuracy 93.4 %."""
    share = ("accuracy", "top", "precision", "recall", "f1")
    return ", ".join(
        f"{name} {100 * value:.1f} %" if name.removeprefix("val_").startswith(share) else f"{name} {value:.3g}"
        for name, value in row.items()
    )
