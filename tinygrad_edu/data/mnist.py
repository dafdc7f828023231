"""mnist: the four files of MNIST and of Fashion-MNIST, from a folder or a mirror, and never wrong ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataFileError
from ..files import write_whole
from .dataset import ImageDataset
from .idx import parse_idx, unpacked, whole_file

__all__ = ["MNIST", "FashionMNIST"]

ENVIRONMENT = "TINYGRAD_EDU_DATA"
IMAGES, LABELS = "images-idx3-ubyte", "labels-idx1-ubyte"


@dataclass(frozen=True)
class Published:
    """What is known of a file; SHA-256 of it as it is, or of it gzipped, as its authors give it out."""

    size: int  # unpacked
    sha256: str = ""
    gzipped_sha256: str = ""


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
        classes: the names of the ten labels.

    >>> list(MNIST.FILES)  # what `root` is to hold, or `download=True` fetches
    ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']
    """

    NAMES: tuple[str, ...] = tuple("0123456789")
    MIRRORS: tuple[str, ...] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    FILES: Mapping[str, Published] = {
        f"train-{IMAGES}": Published(47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        f"train-{LABELS}": Published(60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        f"t10k-{IMAGES}": Published(7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        f"t10k-{LABELS}": Published(10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    }
    INSIDE = ("", "MNIST/raw")  # where in the root, the first for what is downloaded

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        download: bool = False,
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        folder = root if root is not None else os.environ.get(ENVIRONMENT)
        kind = type(self)
        if not folder:
            raise DataFileError(
                f"{kind.__name__} was not told in which folder its files are.",
                mend=f"pass root=, or set {ENVIRONMENT}; data.digits() needs no files",
            )
        if download:
            for name in self.FILES:
                _download(kind, Path(folder), name)
        part = "train" if train else "t10k"
        images, labels = (
            parse_idx(_read(kind, Path(folder), name), name) for name in (f"{part}-{IMAGES}", f"{part}-{LABELS}")
        )
        super().__init__(images, labels.astype("int64"), transform, self.NAMES)


class FashionMNIST(MNIST):
    """The 60,000 training or the 10,000 test pictures of clothes of Fashion-MNIST, from its four files.

    As `MNIST`, whose file names it shares: they are looked for in FashionMNIST/raw of `root`, where
    torchvision and `download=True` put them, then in `root` itself. Published are the SHA-256 of the
    gzipped files; of an unpacked one the length is verified, of labels also that all classes are equally
    many, of images that they are not MNIST's (Xiao, Rasul and Vollgraf, 2017).

    >>> FashionMNIST.NAMES[7], FashionMNIST.NAMES[9]
    ('Sneaker', 'Ankle boot')
    """

    NAMES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    MIRRORS = (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    )
    FILES = {  # noqa: RUF012
        f"train-{IMAGES}": Published(
            47040016, gzipped_sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        f"train-{LABELS}": Published(
            60008, gzipped_sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        f"t10k-{IMAGES}": Published(
            7840016, gzipped_sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        f"t10k-{LABELS}": Published(
            10008, gzipped_sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    }
    INSIDE = ("FashionMNIST/raw", "")


def _read(kind: type[MNIST], folder: Path, name: str) -> bytes:
    """The verified content of one of the four files, unpacked."""
    first: DataFileError | None = None
    for path in (path for inside in kind.INSIDE for path in (folder / inside / f"{name}.gz", folder / inside / name)):
        if path.exists():
            try:
                return _verified(kind, whole_file(path), name, str(path))
            except DataFileError as error:
                first = first or error
    if first is not None:
        raise first
    raise DataFileError(
        f"{name} is missing.",
        expected=f"{name} or {name}.gz in {folder / kind.INSIDE[0]}",
        got="a folder without it" if folder.is_dir() else "no such folder",
        mend=f"pass download=True, or copy the four files of {kind.__name__} there",
    )


def _verified(kind: type[MNIST], given: bytes, name: str, where: str) -> bytes:
    """What the file `name` holds, unpacked, if `given` is that file, gzipped or not."""
    known = kind.FILES[name]
    content = unpacked(given, where, known.size)
    if len(content) != known.size:
        raise DataFileError(
            f"{where} is {'truncated' if len(content) < known.size else 'another file'}: not the length of {name}.",
            expected=f"{known.size} bytes (uncompressed)",
            got=f"{len(content)}" if len(content) <= known.size else f"more than {known.size}",
            mend="pass download=True, or copy it again",
        )
    if known.sha256:
        _same(known.sha256, content, kind, name, where)
    elif content is not given:
        _same(known.gzipped_sha256, given, kind, name, where)
    else:
        _plausible(kind, content, name, where)
    return content


def _same(expected: str, content: bytes, kind: type[MNIST], name: str, where: str) -> None:
    """Raise unless the content has this digest."""
    from hashlib import sha256  # slow to import, seldom needed

    found = sha256(content).hexdigest()
    if found != expected:
        raise DataFileError(
            f"{where} is corrupt, or not {kind.__name__}'s: its content is not that of {name}.",
            expected=f"SHA-256 {expected}",
            got=f"SHA-256 {found}",
            mend="pass download=True, or copy it again",
        )


def _plausible(kind: type[MNIST], content: bytes, name: str, where: str) -> None:
    """Raise if an unpacked file, of which no digest is published, cannot be the one that is meant."""
    from hashlib import sha256

    values = parse_idx(content, where)
    if name.endswith(LABELS):
        counts = np.bincount(values.ravel(), minlength=len(kind.NAMES))
        wrong = "its classes are not equally many" if len(set(counts.tolist())) > 1 else ""
    else:
        wrong = "it is MNIST's" if sha256(content).hexdigest() == MNIST.FILES[name].sha256 else ""
    if wrong:
        raise DataFileError(
            f"{where} is not {kind.__name__}'s: {wrong}.",
            mend=f"put the files of {kind.__name__} into a folder of their own, or pass download=True",
        )


def _download(kind: type[MNIST], folder: Path, name: str) -> None:
    """Put the file `name` into `folder` from the first mirror that has it right, unless it is there."""
    with suppress(DataFileError):
        _read(kind, folder, name)
        return
    failures = []
    for mirror in kind.MIRRORS:
        url = f"{mirror}{name}.gz"
        try:
            content = _fetched(url, kind.FILES[name].size + 65536)  # gzip can make a short file longer
            _verified(kind, content, name, url)
        except (OSError, DataFileError) as error:
            failures.append(f"{url}: {str(error).splitlines()[0]}")
        else:
            _keep(folder / kind.INSIDE[0] / f"{name}.gz", content)
            return
    raise DataFileError(
        f"{name} could not be downloaded from any mirror.",
        got="\n".join(failures),
        mend=f"try again, or copy {name}.gz into {folder / kind.INSIDE[0]} by hand; data.digits() needs no network",
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


def _keep(path: Path, content: bytes) -> None:
    """Write a file, and the folders above it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda file: file.write(content))
    except OSError as error:
        raise DataFileError(
            f"{path} cannot be written: {error.strerror or error}.",
            mend="free some space, or pass a root= that you may write to",
        ) from None
