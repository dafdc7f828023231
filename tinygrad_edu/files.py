"""files: a file is written whole or not at all, and is still there when the power fails."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from errno import ENOENT
from pathlib import Path
from typing import IO, Any

__all__ = ["write_whole"]


def write_whole(path: str | os.PathLike[str], write: Callable[[IO[bytes]], Any]) -> Path:
    """Write a file beside `path`, then move it there; returns the path.

    The content reaches the disk before the move, and the move before this returns. A file that was
    there stays as it was until then; a link stays a link.

    Args:
        write: is given the open file.

    Raises:
        OSError: if it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/note.txt", lambda file: file.write(b"whole")).read_text()
    'whole'
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(ENOENT, "no such folder to write to; os.makedirs makes it", str(target.parent))
    beside = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with open(beside, "xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
    _to_disk(target.parent)
    return Path(path)


def _to_disk(folder: Path) -> None:
    """Note on the disk which names a folder holds; Windows does so by itself."""
    if os.name != "nt":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
