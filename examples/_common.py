"""_common: what every example needs: its arguments, and its picture in the folder for pictures."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from tinygrad_edu.viz.plots import finish

# Okabe and Ito's colours, which no kind of colour vision confuses
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PINK = (
    "#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
)  # fmt: skip


def arguments(description: str | None) -> tuple[bool, Path]:
    """What the command line says: whether to be quick, and the folder for pictures, ./out/NAME by default."""
    parser = ArgumentParser(description=description, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smaller run of a few seconds, with the same finding")
    parser.add_argument("--out", type=Path, default=Path("out") / Path(sys.argv[0]).stem, help="a folder for pictures")
    given = parser.parse_args()
    return given.quick, given.out


def save(figure: Any, out: Path, name: str) -> str:
    """Write a matplotlib Figure to out/name, whole or not at all; returns the name."""
    out.mkdir(parents=True, exist_ok=True)
    finish(figure, out / name)
    print(f"the picture: {out / name}")
    return name
