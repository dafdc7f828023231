"""devices: where arrays live. There is one place, the CPU; the names are here so that a program can ask."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np

from .dtypes import check_dtype
from .errors import DeviceError, DtypeError

__all__ = ["accelerator", "backends", "cuda", "device"]


class device(str):
    """The place of an array: `device("cpu")`, which is the text "cpu" too.

    Raises:
        DeviceError: for any other place.

    >>> place = device("cuda" if cuda.is_available() else "cpu")
    >>> place, place.type
    (device(type='cpu'), 'cpu')
    """

    type = "cpu"

    def __new__(cls, name: Any = "cpu") -> device:
        if str(name) not in ("cpu", "cpu:0"):
            raise DeviceError(
                f"there is no device {str(name)!r}.",
                expected='"cpu": the arrays are NumPy\'s',
                mend='leave the device out, or ask first: "cuda" if cuda.is_available() else "cpu"',
            )
        return super().__new__(cls, "cpu")

    def __repr__(self) -> str:
        return f"device(type={str(self)!r})"


CPU = device("cpu")


class _Absent:
    """A kind of device that is not here: what programs ask of `torch.cuda` before they use it."""

    def is_available(self) -> bool:
        return False

    def device_count(self) -> int:
        return 0


cuda = accelerator = _Absent()
backends = SimpleNamespace(mps=_Absent())


def check_device(asked: Any) -> None:
    """Raises DeviceError for any device but the CPU; None asks for none."""
    if asked is not None and type(asked) is not device:
        device(asked)


def dtype_among(asked: Iterable[Any]) -> np.dtype | None:
    """The dtype in what `to` was given: dtypes, Tensors for theirs, devices and None; None if there is none.

    >>> dtype_among(["cpu", "float64"]), dtype_among([device(), None])
    (dtype('float64'), None)
    """
    found = None
    for thing in asked:
        its = getattr(thing, "dtype", None)
        try:
            if thing is not None:
                found = check_dtype(its if isinstance(its, np.dtype) else thing)
        except DtypeError:
            raise
        except TypeError:  # not the name of a dtype
            device(thing)
    return found
