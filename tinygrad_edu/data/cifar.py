"""cifar: CIFAR-10 in its binary form, from a folder or the archive as it is published."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFileError
from .dataset import ImageDataset
from .idx import whole_file
from .mnist import ENVIRONMENT

__all__ = ["CIFAR10"]

FOLDER, ARCHIVE = "cifar-10-batches-bin", "cifar-10-binary.tar.gz"
ARCHIVE_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
IMAGES_OF_A_FILE = 10_000
_RECORD = 1 + 3 * 32 * 32  # a label, then red, green, blue, row by row
_FETCH = f"fetch {ARCHIVE} from https://www.cs.toronto.edu/~kriz/cifar.html"


class CIFAR10(ImageDataset):
    """The 50,000 training or the 10,000 test images of CIFAR-10: 32 x 32, in colour, ten classes.

    The files data_batch_1.bin … data_batch_5.bin and test_batch.bin are looked for in `root` and in its
    cifar-10-batches-bin; then cifar-10-binary.tar.gz in `root`, which may also be that file itself. The
    archive is verified by its SHA-256; of single files, for which no digest is published, the length is,
    and that all ten classes are equally many. The files with pickles in them are never opened.

    Args:
        root: the folder, or the archive; default: the one that TINYGRAD_EDU_DATA names.
        train: the training images, or the test images.
        transform: called on each image, a float32 Tensor of shape (3, 32, 32) from 0 to 1.

    Raises:
        DataFileError: for a file that is missing, truncated, corrupt or another one.

    Attributes:
        images: a uint8 array of shape (N, 3, 32, 32).
        labels: an int64 array of shape (N,).
        classes: the names of the ten labels.

    >>> CIFAR10.NAMES[3], CIFAR10.NAMES[5]
    ('cat', 'dog')
    """

    NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        place = root if root is not None else os.environ.get(ENVIRONMENT)
        if not place:
            raise DataFileError(
                "CIFAR10 was not told where its files are.", mend=f"pass root=, or set {ENVIRONMENT}; {_FETCH}"
            )
        names = [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]
        records = [_records(content, name) for name, content in _contents(Path(place), names)]
        labels = np.concatenate([record[:, 0] for record in records]).astype(np.int64)
        counts = np.bincount(labels, minlength=10)
        if len(set(counts.tolist())) > 1:
            raise DataFileError(
                "These are not CIFAR-10's files: each is well-formed, but one is there twice or changed.",
                expected=f"{labels.size // 10} images of each class",
                got=", ".join(map(str, counts)),
                mend=_FETCH,
            )
        images = np.concatenate([record[:, 1:] for record in records]).reshape(-1, 3, 32, 32)
        super().__init__(images, labels, transform, self.NAMES)


def _contents(root: Path, names: list[str]) -> list[tuple[str, bytes]]:
    """The named files: from a folder that has any of them, else from the archive."""
    for folder in (root, root / FOLDER):
        if any((folder / name).exists() for name in names):
            return [(str(folder / name), whole_file(folder / name)) for name in names]
    archive = root if root.is_file() else root / ARCHIVE
    if not archive.exists():
        raise DataFileError(
            "CIFAR-10 is missing.",
            expected=f"{', '.join(names)} in {root} or its {FOLDER}; or {ARCHIVE}",
            got="a folder without them" if root.is_dir() else "no such folder",
            mend=_FETCH + (", the binary version" if (root / "cifar-10-batches-py").exists() else ""),
        )
    return _from_archive(archive, names)


def _from_archive(archive: Path, names: list[str]) -> list[tuple[str, bytes]]:
    """The named files out of the verified archive; nothing is written."""
    import tarfile  # slow to import, seldom needed
    from hashlib import sha256

    packed = whole_file(archive)
    found = sha256(packed).hexdigest()
    if found != ARCHIVE_SHA256:
        raise DataFileError(
            f"{archive} is truncated, corrupt, or not {ARCHIVE}.",
            expected=f"SHA-256 {ARCHIVE_SHA256}",
            got=f"SHA-256 {found}, {len(packed)} bytes",
            mend=_FETCH,
        )
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
        members = [tar.extractfile(f"{FOLDER}/{name}") for name in names]
        return [(name, member.read()) for name, member in zip(names, members, strict=True) if member]


def _records(content: bytes, name: str) -> np.ndarray:
    """A file's records, a row each."""
    expected = IMAGES_OF_A_FILE * _RECORD
    if len(content) != expected:
        raise DataFileError(
            f"{name} is {'truncated' if len(content) < expected else 'another file'}.",
            expected=f"{expected} bytes: {IMAGES_OF_A_FILE} images of {_RECORD} bytes",
            got=f"{len(content)}",
            mend=_FETCH,
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    if records[:, 0].max() > 9:
        raise DataFileError(
            f"{name} is corrupt, or no file of CIFAR-10's binary version: its labels go beyond 9.", mend=_FETCH
        )
    return records
