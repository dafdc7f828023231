"""devices: where arrays live. There is one place, the CPU; the names are here so that a program can ask."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np

from .dtypes import check_dtype, get_default_dtype
from .errors import DeviceError, DtypeError

__all__ = ["accelerator", "backends", "cuda", "device"]


class device:
    """The place of an array: `device("cpu")`.

    Raises:
        DeviceError: for any other place.

    >>> place = device("cuda" if cuda.is_available() else "cpu")
    >>> place, place.type, str(place)
    (device(type='cpu'), 'cpu', 'cpu')
    """

    type, index = "cpu", None

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if str(type) not in ("cpu", "cpu:0") or index not in (None, 0):
            raise DeviceError(
                f"there is no device '{type}{'' if index is None else f':{index}'}'.",
                expected='"cpu": the arrays are NumPy\'s',
                mend='leave the device out, or ask first: "cuda" if cuda.is_available() else "cpu"',
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device)

    def __hash__(self) -> int:
        return hash(self.type)

    def __str__(self) -> str:
        return self.type

    def __repr__(self) -> str:
        return f"device(type={self.type!r})"


CPU = device("cpu")


class Absent:
    """A kind of device that is not here: what programs ask of `torch.cuda`, and do with it unasked."""

    def is_available(self) -> bool:
        """False."""
        return False

    is_built = is_available

    def device_count(self) -> int:
        """0."""
        return 0

    def manual_seed(self, seed: int) -> None:
        """Nothing: `manual_seed` seeds all there is."""

    manual_seed_all = manual_seed

    def empty_cache(self) -> None:
        """Nothing: there is none."""


cuda = accelerator = Absent()
backends = SimpleNamespace(mps=Absent(), cudnn=SimpleNamespace(enabled=False, deterministic=True, benchmark=False))


def check_device(asked: Any) -> None:
    """Raises DeviceError for any device but the CPU; None asks for none."""
    if asked is not None and type(asked) is not device:
        device(asked)


def dtype_on(device: Any, dtype: Any) -> np.dtype:
    """The dtype asked for, or the default float; a device other than the CPU is refused."""
    check_device(device)
    return get_default_dtype() if dtype is None else check_dtype(dtype)


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
