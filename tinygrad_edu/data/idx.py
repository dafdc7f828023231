"""idx: the file format of MNIST: a magic number, the sizes, the values, all big-endian.

The format is described on the MNIST page of Yann LeCun: two zero bytes, a byte for the dtype, a
byte for the number of axes, four bytes for the size of each, then the values.
"""

from __future__ import annotations

import math
import os
import zlib
from pathlib import Path

import numpy as np

from ..errors import DataFileError

__all__ = ["parse_idx", "read_idx"]

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CHUNK = 1 << 20


def parse_idx(content: bytes, name: str = "this file") -> np.ndarray:
    """The array that an IDX file holds.

    Args:
        content: the whole file, uncompressed.
        name: what errors call it.

    Raises:
        DataFileError: if the magic number or the sizes are wrong, or the file is not as long as
            they say. No memory is taken before that is known.

    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
    array([7, 8, 9], dtype=uint8)
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _DTYPES:
        raise DataFileError(
            f"{name} is not an IDX file: it starts with another magic number.",
            expected="00 00, then 08, 09, 0b, 0c, 0d or 0e",
            got=content[:4].hex(" ") or "nothing",
            mend="check that it is the file you meant, and was not saved as a web page",
        )
    dtype, ndim = np.dtype(_DTYPES[content[2]]), content[3]
    start = 4 + 4 * ndim
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) < start or len(content) != expected:
        raise DataFileError(
            f"{name} is {'truncated' if len(content) < expected else 'longer than its header says'}.",
            expected=f"{expected} bytes for sizes {shape}",
            got=f"{len(content)} bytes",
            mend="fetch it again",
        )
    try:
        return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))
    except ValueError as error:  # more axes than NumPy has, or a size beyond its integers
        raise DataFileError(f"{name} has a shape that NumPy cannot hold: {error}.") from None


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """The array in the IDX file at `path`, gzipped or not.

    Raises:
        DataFileError: if it cannot be read, is truncated or corrupt, or no IDX file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "three").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
    ...     read_idx(f"{folder}/three")
    array([7, 8, 9], dtype=uint8)
    """
    return parse_idx(unpacked(whole_file(Path(path)), str(path)), str(path))


def whole_file(path: Path) -> bytes:
    """A file's content as it is."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataFileError(
            f"{path} cannot be read: {error.strerror or error}.", mend="check the path and its permissions"
        ) from None


def unpacked(content: bytes, name: str, limit: int | None = None) -> bytes:
    """`content` itself, or what it holds if it is gzipped.

    Args:
        limit: stop after so many bytes and one more: a file that unpacks to more is not the one
            that was meant, and a small one can unpack to terabytes.
    """
    if content[:2] != b"\x1f\x8b":
        return content
    out, size, rest = [], 0, content
    try:
        while rest:
            stream = zlib.decompressobj(wbits=31)
            while not stream.eof and (limit is None or size <= limit):
                piece = stream.decompress(rest, _CHUNK)
                rest = stream.unconsumed_tail
                out.append(piece)
                size += len(piece)
                if not piece and not rest and not stream.eof:
                    raise DataFileError(f"{name} is truncated: its gzip stream breaks off.", mend="fetch it again")
            if limit is not None and size > limit:
                break
            rest = stream.unused_data.lstrip(b"\0")  # a file may hold several streams, and padding
    except zlib.error as error:
        raise DataFileError(f"{name} is corrupt: {error}.", mend="fetch it again") from None
    return b"".join(out)
