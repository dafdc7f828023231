"""locking: arrays that a graph uses, read-only for everybody but the engine.

NumPy decides by the array object whether it may be written, and a view keeps what its base allowed when
it was made. So the user's array is locked, and the engine goes on through a view that was made before.
"""

from __future__ import annotations

import weakref
from threading import RLock
from typing import Any

import numpy as np

from .tensor import Tensor

__all__ = ["Locks"]

_LOCKED: dict[int, Lock] = {}  # by the id of the array
_VIEWS: dict[int, Lock] = {}  # by the id of the engine's view
_OWNERS: weakref.WeakValueDictionary[int, np.ndarray] = weakref.WeakValueDictionary()  # of locked memory, by id
_CHANGING = RLock()


class Lock:
    """One array that was made read-only.

    Attributes:
        array: the array, weakly: a lock keeps nothing alive that a graph does not.
        view: on the same memory, to write through.
        base: the lock of the array that owns the memory, if that is another one.
        holders: how many blocks want it locked.
    """

    __slots__ = ("__weakref__", "array", "base", "holders", "view")

    def __init__(self, array: np.ndarray, alone: bool) -> None:
        self.view, self.holders = array.view(), 0
        self.base = None if alone or not isinstance(array.base, np.ndarray) else _lock_of(array.base)
        key, other = id(array), id(self.view)

        def gone(_: Any) -> None:
            _LOCKED.pop(key, None)
            _VIEWS.pop(other, None)

        self.array = weakref.ref(array, gone)
        array.flags.writeable = False
        _LOCKED[key] = _VIEWS[other] = self
        owner = array.base if isinstance(array.base, np.ndarray) else array
        _OWNERS[id(owner)] = owner


class Locks:
    """What one block has locked. Blocks nest, and those of several threads may want the same array.

    >>> import tinygrad_edu as tg
    >>> kept = np.ones(3)
    >>> x, locks = tg.from_numpy(kept), Locks()
    >>> locks.lock(x); kept.flags.writeable
    False
    >>> x += 1  # the engine still can
    >>> locks.release(); kept.flags.writeable, kept
    (True, array([2., 2., 2.]))
    """

    def __init__(self) -> None:
        self._mine: weakref.WeakSet[Lock] = weakref.WeakSet()

    def lock(self, x: Any) -> None:
        """Lock what somebody may hold of `x`, an array, or a leaf and the array that it was made around."""
        array = x._data if isinstance(x, Tensor) else x
        with _CHANGING:
            lock = _lock_of(array)
            if lock is None:
                return  # it was read-only before, by another's wish
            if isinstance(x, Tensor):
                x._data = lock.view
            self._hold(lock)

    def lock_made(self, z: Tensor) -> None:
        """Lock what a gate made: by a view, as its memory may be an input's, which the engine writes."""
        with _CHANGING:
            if z._data.flags.writeable:
                z._data = z._data.view()
            self._hold(_lock_of(z._data, alone=True))

    def release(self) -> None:
        """Unlock what no other block wants locked."""
        with _CHANGING:
            for lock in self._mine:
                lock.holders -= 1
            self._mine.clear()
            free = [lock for lock in list(_LOCKED.values()) if not lock.holders]
            for lock in sorted(free, key=_owns, reverse=True):  # a view can be unlocked once its base is
                array = lock.array()
                if array is not None and _opened(array):
                    del _LOCKED[id(array)], _VIEWS[id(lock.view)]

    def _hold(self, lock: Lock | None) -> None:
        while lock is not None and lock not in self._mine:
            self._mine.add(lock)
            lock.holders += 1
            lock = lock.base


def unlock(t: Tensor) -> None:
    """Let the engine write a Tensor whose array is read-only, if that is only because it was locked.

    A view that was made of a locked array is read-only by inheritance. One whose elements share
    memory (`expand`) is so by itself.
    """
    array = t._data
    if array.flags.writeable:
        return
    lock = _LOCKED.get(id(array))
    low, high = np.lib.array_utils.byte_bounds(array)
    if lock is not None:
        t._data = lock.view
    elif id(array.base) in _OWNERS and array.nbytes <= high - low:
        _opened(array)


def _opened(array: np.ndarray) -> bool:
    """Let an array be written; False if it looks into memory that a block has locked."""
    try:
        array.flags.writeable = True
    except ValueError:
        return False
    return True


def _lock_of(array: np.ndarray, alone: bool = False) -> Lock | None:
    """The lock of an array, made if it can be written; unless `alone`, with one of the array that it looks into."""
    known = _LOCKED.get(id(array)) or _VIEWS.get(id(array))
    return Lock(array, alone) if known is None and array.flags.writeable else known


def _owns(lock: Lock) -> bool:
    array = lock.array()
    return array is not None and not isinstance(array.base, np.ndarray)
