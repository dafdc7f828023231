"""mnist: the four files of MNIST, from a folder or a mirror, and never a wrong byte of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import DataFileError
from .dataset import ImageDataset
from .idx import parse_idx, read_whole, unpacked

__all__ = ["MNIST"]

ENVIRONMENT = "TINYGRAD_EDU_DATA"
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
# Name: size and SHA-256 of the uncompressed file.
FILES = {
    "train-images-idx3-ubyte": (47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    "train-labels-idx1-ubyte": (60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    "t10k-images-idx3-ubyte": (7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    "t10k-labels-idx1-ubyte": (10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
}


class MNIST(ImageDataset):
    """The 60,000 training or the 10,000 test digits of MNIST, from its four files.

    The files are IDX files, gzipped or not, under their usual names, in `root` or in its
    MNIST/raw, where torchvision puts them. Each is verified by the SHA-256 of its content.

    Args:
        root: the folder; default: the one that the environment variable TINYGRAD_EDU_DATA names.
        train: the training digits, or the test digits.
        download: fetch what is missing or damaged; a file is written whole or not at all.
        transform: called on each image, a float32 Tensor of shape (1, 28, 28) from 0 to 1.

    Raises:
        DataFileError: for a file that is missing, truncated, corrupt or another one, a folder that
            cannot be written, or mirrors that cannot be reached.

    Attributes:
        images: a uint8 array of shape (N, 28, 28).
        labels: an int64 array of shape (N,).
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        download: bool = False,
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        folder = root if root is not None else os.environ.get(ENVIRONMENT)
        if not folder:
            raise DataFileError(
                "MNIST was not told in which folder its files are.",
                mend=f"pass root=, or set {ENVIRONMENT}; data.digits() needs no files",
            )
        if download:
            for name in FILES:
                _download(Path(folder), name)
        part = "train" if train else "t10k"
        images, labels = (
            parse_idx(_read(Path(folder), name), name)
            for name in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte")
        )
        super().__init__(images, labels.astype("int64"), transform)


def _read(folder: Path, name: str) -> bytes:
    """The verified content of one of the four files."""
    first: DataFileError | None = None
    for path in (path for place in (folder, folder / "MNIST" / "raw") for path in (place / name, place / f"{name}.gz")):
        if path.exists():
            try:
                return _verified(read_whole(path, FILES[name][0]), name, str(path))
            except DataFileError as error:
                first = first or error
    if first is not None:
        raise first
    raise DataFileError(
        f"{name} is missing.",
        expected=f"{name} or {name}.gz in {folder}",
        got="a folder without it" if folder.is_dir() else "no such folder",
        mend="pass download=True, or copy the four files of MNIST there",
    )


def _verified(content: bytes, name: str, where: str) -> bytes:
    """`content`, if it is that of the file `name`."""
    from hashlib import sha256  # slow to import, seldom needed

    size, digest = FILES[name]
    if len(content) != size:
        raise DataFileError(
            f"{where} is {'truncated' if len(content) < size else 'another file'}: not the length of {name}.",
            expected=f"{size} bytes (uncompressed)",
            got=f"{len(content)}" if len(content) <= size else f"more than {size}",
            mend="delete it and pass download=True, or copy it again",
        )
    found = sha256(content).hexdigest()
    if found != digest:
        raise DataFileError(
            f"{where} is corrupt, or not MNIST's: its content is not that of {name}.",
            expected=f"SHA-256 {digest}",
            got=f"SHA-256 {found}",
            mend="delete it and pass download=True, or copy it again",
        )
    return content


def _download(folder: Path, name: str) -> None:
    """Put the file `name` into `folder` from the first mirror that has it right, unless it is there."""
    with suppress(DataFileError):
        _read(folder, name)
        return
    failures = []
    for mirror in MIRRORS:
        url = f"{mirror}{name}.gz"
        try:
            content = _fetched(url, FILES[name][0] + 65536)  # gzip can make a short file longer
            _verified(unpacked(content, url, FILES[name][0]), name, url)
        except (OSError, DataFileError) as error:
            failures.append(f"{url}: {str(error).splitlines()[0]}")
        else:
            _write_whole(folder / f"{name}.gz", content)
            return
    raise DataFileError(
        f"{name} could not be downloaded from any mirror.",
        got="\n".join(failures),
        mend=f"try again, or copy {name}.gz into {folder} by hand; data.digits() needs no network",
    )


def _fetched(url: str, limit: int) -> bytes:
    """What `url` holds, if it is no longer than `limit`."""
    from http.client import HTTPException  # slow to import, seldom needed
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=30) as response:
            return bytes(response.read(limit))
    except HTTPException as error:
        raise OSError(f"{type(error).__name__}: {error}") from error


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: beside it first, then moved into its place."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise DataFileError(
            f"{path} cannot be written: {error.strerror or error}.",
            mend="free some space, or pass a root= that you may write to",
        ) from None
    finally:
        with suppress(OSError):
            partial.unlink()
