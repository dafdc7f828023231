"""digits: handwritten digits that come with the package, so that everything runs offline."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .dataset import ImageDataset

__all__ = ["digits"]


def digits(train: bool = True, transform: Callable[[Any], Any] | None = None) -> ImageDataset:
    """The first 10,000 training or 2,000 test digits of MNIST; DIGITS.txt beside this file says more.

    Args:
        transform: called on each image, a float32 Tensor of shape (1, 28, 28) from 0 to 1.

    >>> test = digits(train=False)
    >>> test, test.labels[:5].tolist()
    (ImageDataset(2000 images of 28 x 28), [7, 2, 1, 0, 4])
    """
    images, labels = _read("train" if train else "test")
    return ImageDataset(images.copy(), labels.copy(), transform)


@cache
def _read(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Unpacking takes a tenth of a second, and some programs ask often."""
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        return file[f"{part}_images"], file[f"{part}_labels"].astype(np.int64)
