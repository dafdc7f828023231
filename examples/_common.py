"""_common: what the examples share: arguments, digits to learn from, lines in a panel, a picture in its folder."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_edu import data
from tinygrad_edu.viz.plots import finish

# Okabe and Ito's colours, which no kind of colour vision confuses
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PINK = (
    "#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
)  # fmt: skip
STYLES = ((BLUE, "o-"), (ORANGE, "s--"), (GREEN, "^-."), (PINK, "D:"), (RED, "P-"), (BLACK, "v--"))


def arguments(description: str | None) -> tuple[bool, Path]:
    """What the command line says: whether to be quick, and the folder for pictures, ./out/NAME by default."""
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smaller run of a few seconds, with the same finding")
    parser.add_argument("--out", type=Path, default=Path("out") / Path(sys.argv[0]).stem, help="a folder for pictures")
    given = parser.parse_args()
    return given.quick, given.out


@cache
def digits(n: int, train: bool = True) -> data.TensorDataset:
    """The first n digits on board, as images (n, 1, 28, 28) and labels, read at once."""
    return data.TensorDataset(*data.digits(train).fetch(np.arange(n)))


def lines(panel: Any, named: dict[str, Any], **labels: Any) -> None:
    """Draw each (x, y), or y against 1, 2, ..., told apart by colour, mark and dashes; `labels` go to `Axes.set`."""
    for (color, style), (name, line) in zip(STYLES, named.items(), strict=False):
        x, y = line if isinstance(line, tuple) else (range(1, len(line) + 1), line)
        panel.plot(x, y, style, color=color, markersize=4.5, label=name)
    panel.set(**labels)
    panel.legend(frameon=False, fontsize=9)


def save(figure: Any, out: Path, name: str) -> str:
    """Write a matplotlib Figure to out/name, whole or not at all; returns the name."""
    out.mkdir(parents=True, exist_ok=True)
    finish(figure, out / name)
    print(f"the picture: {out / name}")
    return name
