"""train: `tinygrad-edu train`: a training without code, which leaves the code behind."""

from __future__ import annotations

import argparse
import importlib.util
import runpy
import shlex
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

__all__ = ["add", "run"]

_CHOICES = {
    "data": "mnist-mini (the digits on board), mnist, fashion, or csv:FILE (default: mnist-mini)",
    "label": "of csv:FILE, the column with the labels (default: the last)",
    "root": "of mnist and fashion, the folder with their four files (default: what TINYGRAD_EDU_DATA names)",
    "model": "softmax, mlp:SIZE,SIZE… or lenet (default: mlp:100)",
    "optimizer": "adam, sgd, adamw, rmsprop … (default: adam)",
    "lr": "the learning rate (default: one that suits the optimizer)",
    "weight-decay": "how much weights shrink (default: 0)",
    "batch-size": "samples in a step (default: 64)",
    "epochs": "passes over the data (default: 10)",
    "seed": "of everything random (default: 0)",
}
_KINDS = {"lr": float, "weight-decay": float, "batch-size": int, "epochs": int, "seed": int}


def add(commands: Any) -> None:
    """Add the command and its options to the command line's."""
    about = "train a network without writing code; what it did is left as a Python program"
    parser: argparse.ArgumentParser = commands.add_parser("train", help=about, description=about)
    for name, text in _CHOICES.items():
        parser.add_argument(f"--{name}", type=_KINDS.get(name, str), metavar=name.partition("-")[0].upper(), help=text)
    parser.add_argument(
        "--download", action="store_true", default=None, help="fetch files of mnist and fashion that are missing"
    )
    parser.add_argument("--out", default="trained", metavar="DIR", help="the folder to write to (default: %(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on with the training in DIR, with its own choices")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Write the program to the folder and run it; 0 for success.

    Raises:
        TinygradError: for choices that do not fit, and a folder that holds a training or none.
        MissingExtraError: before any work, without matplotlib or safetensors.
    """
    from ..errors import MissingExtraError, TinygradError
    from ..files import write_whole
    from .program import Choices, program

    missing = [name for name in ("matplotlib", "safetensors") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"train needs {' and '.join(missing)}.", mend='pip install "tinygrad_edu[train]"')
    out = Path(chosen.out)
    path = out / "train.py"
    asked = {field.name: getattr(chosen, field.name) for field in fields(Choices)}
    asked = {name: value for name, value in asked.items() if value is not None}
    if chosen.resume and (asked or not path.exists()):
        raise TinygradError(
            f"--resume goes on with the choices in {path}."
            if asked
            else f"there is no training in {out} to go on with.",
            got=", ".join(f"--{name.replace('_', '-')}" for name in asked),
            mend=f"leave them out; to train longer, change EPOCHS in {path}" if asked else "leave out --resume",
        )
    if (out / "checkpoint.safetensors").exists() and not chosen.resume:
        raise TinygradError(f"there is a training in {out}.", mend="--resume goes on with it; or another --out")
    if not chosen.resume:
        command = shlex.join(f"--{name.replace('_', '-')}={value}" for name, value in asked.items())
        text = program(Choices(**asked), command or "the choices nobody had to make")
        out.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda file: file.write(text.encode()))
    runpy.run_path(str(path), run_name="__main__")
    print(f"Written to {out}: {', '.join(sorted(p.name for p in out.iterdir()))}", file=sys.stderr)
    return 0
