"""folder: your own pictures as a dataset: a subfolder for each class."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFileError, MissingExtraError
from .dataset import ImageDataset

__all__ = ["folder"]

_ENDINGS = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}


def folder(
    path: str | os.PathLike[str],
    size: tuple[int, int] | None = None,
    grey: bool = False,
    transform: Callable[[Any], Any] | None = None,
) -> ImageDataset:
    """The pictures in the subfolders of a folder; each subfolder is a class, and names it.

    All are held in memory, a byte for each value. Files that are not named like pictures are passed over.

    Args:
        size: (height, width) to resize to; default: all must have one size already.
        grey: one channel instead of red, green and blue.
        transform: called on each image, a float32 Tensor of shape (channels, height, width) from 0 to 1.

    Raises:
        DataFileError: for a folder without classes, a class without pictures, a picture that is
            truncated, corrupt or of another size than the first; it names the file.
        MissingExtraError: without Pillow.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as pets:
    ...     for kind in ("cat", "dog"):
    ...         Path(pets, kind).mkdir()
    ...         Image.new("RGB", (4, 3), "orange").save(f"{pets}/{kind}/1.png")
    ...     images = folder(pets)
    >>> images, images.classes, images.labels.tolist()
    (ImageDataset(2 images of 3 x 3 x 4), ('cat', 'dog'), [0, 1])
    """
    root = Path(path)
    if not root.is_dir():
        raise DataFileError(f"{root} is not a folder.", expected="a folder with a subfolder for each class")
    classes = sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not classes:
        raise DataFileError(f"{root} has no subfolders.", expected="a subfolder for each class, with its pictures")
    images: list[np.ndarray] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        files = sorted(p for p in (root / name).rglob("*") if p.suffix.lower() in _ENDINGS and p.is_file())
        if not files:
            raise DataFileError(
                f"{root / name} has no pictures.", expected=f"files that end in {', '.join(sorted(_ENDINGS))}"
            )
        for file in files:
            images.append(_picture(file, size, grey))
            labels.append(label)
            if images[-1].shape != images[0].shape:
                raise DataFileError(
                    f"{file} has another size than the first picture.",
                    expected="{1} x {2}".format(*images[0].shape),
                    got="{1} x {2}".format(*images[-1].shape),
                    mend="pass size=(height, width) to resize all",
                )
    return ImageDataset(np.stack(images), np.array(labels, np.int64), transform, classes)


def _picture(file: Path, size: tuple[int, int] | None, grey: bool) -> np.ndarray:
    """A picture as an array of shape (channels, height, width), the way up that its camera says."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise MissingExtraError(
            "Pictures are read by Pillow, which is not installed.", mend='pip install "tinygrad_edu[images]"'
        ) from None
    try:
        with Image.open(file) as opened:
            picture = ImageOps.exif_transpose(opened).convert("L" if grey else "RGB")
        if size is not None:
            picture = picture.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:  # what its readers raise
        raise DataFileError(
            f"{file} is truncated, corrupt, or no picture: {error}.",
            mend="open it in a viewer; leave it out, or save it again",
        ) from None
    values = np.asarray(picture)
    return values[None] if grey else np.ascontiguousarray(values.transpose(2, 0, 1))
