"""predict: `tinygrad-edu predict`: what a trained network takes the samples in files for."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["add", "predictions", "run"]


def add(commands: Any) -> None:
    """Add the command and its options to the command line's."""
    about = "what a network that `train` trained takes the samples in files for"
    parser: argparse.ArgumentParser = commands.add_parser("predict", help=about, description=about)
    parser.add_argument("--model", default="trained", metavar="DIR", help="train's --out (default: %(default)s)")
    parser.add_argument("--top", type=int, default=3, help="how many classes to name (default: %(default)s)")
    parser.add_argument("files", nargs="+", help="pictures, .csv (inputs only), .npy, or IDX files")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Print a line for each sample: its likeliest classes, and how likely; 1 if a file could not be read."""
    from ..errors import MissingExtraError, TinygradError

    failed = False
    for file in chosen.files:
        try:
            found = predictions(chosen.model, file)
        except MissingExtraError:
            raise
        except TinygradError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        for i, shares in enumerate(found):
            best = sorted(shares, key=lambda name: -shares[name])[: chosen.top]
            place = f"{file}[{i}]" if len(found) > 1 else file
            print(f"{place}: " + ", ".join(f"{name} ({shares[name]:.1%})" for name in best))
    return int(failed)


def predictions(folder: str | Path, file: str | Path) -> list[dict[str, float]]:
    """For each sample in a file the probability of every class, by name.

    Args:
        folder: what `train` wrote.
        file: a picture (grey, resized to the network's, light on dark as MNIST's digits: turned if its
            border is light), a .csv of inputs without labels, a .npy or an IDX file.

    Raises:
        DataFileError: if one of the files cannot be read, or does not fit.
    """
    import tinygrad_edu as tg

    from ..errors import DataFileError
    from .networks import built

    path = Path(folder) / "model.safetensors"
    about = tg.load_metadata(path)
    try:
        shape, classes = tuple(json.loads(about["shape"])), json.loads(about["classes"])
        model = built(about["network"], shape, len(classes)).eval()
    except (KeyError, ValueError, TypeError) as error:
        raise DataFileError(f"{path} was not written by tinygrad-edu train ({error!r}).") from None
    model.load_state_dict(tg.load(path))
    inputs = _inputs(Path(file), shape)
    scaling = path.with_name("scale.safetensors")
    if scaling.exists():
        scale = tg.data.Standardize()
        scale.load_state_dict(tg.load(scaling))
        inputs = scale(inputs)
    with tg.no_grad():
        shares = tg.nn.functional.softmax(model(tg.tensor(inputs)), dim=1).numpy()
    return [dict(zip(classes, row.tolist(), strict=True)) for row in shares]


def _inputs(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The samples in a file, float32 of shape (N, *shape)."""
    from ..data import csv, read_idx
    from ..errors import DataFileError

    kind = path.suffix.lower()
    if kind == ".csv":
        found = csv(path, label=None).tensors[0].numpy()
    elif kind == ".npy":
        try:
            found = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataFileError(f"{path} is no array of numbers: {error}.") from None
    elif kind in (".gz", ".idx", "") or "ubyte" in path.name:
        found = read_idx(path)
    else:
        found = _picture(path, shape)
    size = int(np.prod(shape))
    if found.dtype.kind not in "fiub" or found.size == 0 or found.size % size or not _fits(found.shape, shape):
        raise DataFileError(
            f"{path} holds other samples than the network takes.",
            expected=f"shape {shape}, or (N, …) of these",
            got=f"{found.shape} of {found.dtype}",
        )
    scaled = found / np.float32(255) if found.dtype.kind in "iu" and len(shape) == 3 else found
    return np.asarray(scaled, np.float32).reshape(-1, *shape)


def _fits(found: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """One sample or many; images also without their one channel, or as rows."""
    forms = {shape, shape[1:] if shape[0] == 1 and len(shape) == 3 else shape, (int(np.prod(shape)),)}
    return found in forms or found[1:] in forms


def _picture(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """A picture as light on dark, grey, of the network's size."""
    from ..errors import DataFileError, MissingExtraError

    if len(shape) != 3:
        raise DataFileError(f"{path}: this network does not read pictures.", expected="a .csv or .npy file")
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtraError("pictures are read by Pillow.", mend='pip install "tinygrad_edu[images]"') from None
    try:
        with Image.open(path) as image:
            flat = Image.new("RGBA", image.size, "white")
            flat.alpha_composite(image.convert("RGBA"))  # what is transparent is paper
            grey = np.asarray(flat.convert("L").resize((shape[2], shape[1]), Image.Resampling.BOX))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataFileError(f"{path} is no picture that can be read: {error}.") from None
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return 255 - grey if np.median(border) > 127 else grey
