"""threads: a small pool for the gates that can share their work, and memory that each thread reuses.

With the pool on, NumPy's BLAS runs at one thread: two products side by side, each on a core of its
own, are steadier and faster than one product spread over two.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import numpy as np

from .errors import MissingExtraError, OptionError

__all__ = ["get_num_threads", "set_num_threads"]

WORTH = 2**26  # products, a millisecond; handing over takes a tenth of one, and less work gains nothing
PASS = 32  # products that take as long as reading and writing one element
_KEPT = 2**23  # bytes of a work space that is kept for the next call
_local = threading.local()
_sharing: tuple[int, Any] = (1, None)  # how many threads, and their pool: one name, so that both change at once
_blas_before: int | None = None


def set_num_threads(num: int | None) -> None:
    """Compute convolutions, pooling, normalizations, attention, linear layers and GELU on `num` threads.

    Until this is called nothing runs in threads but NumPy's own BLAS, as you set it. From then on BLAS
    runs at one thread, in your own NumPy code too: it is one setting for the whole process. So is the
    other one: freed memory is kept for the next array instead of going back to the system (glibc).

    Args:
        num: how many threads; None for none, and BLAS as it was before the first call.

    Raises:
        OptionError: for less than 1.
        MissingExtraError: if NumPy's BLAS is not OpenBLAS and threadpoolctl is not installed.

    >>> set_num_threads(2); get_num_threads()
    2
    >>> set_num_threads(None); get_num_threads()
    1
    """
    global _sharing, _blas_before
    if num is not None and num < 1:
        raise OptionError(f"set_num_threads takes 1 or more, or None; got {num}")
    if num is None:
        if _blas_before is not None:
            blas_threads(_blas_before)
        _blas_before = None
    else:
        _keep_memory()
        before = blas_threads(1)
        _blas_before = before if _blas_before is None else _blas_before
    _sharing = _started(num or 1)  # the pool before goes on for who still holds it; its threads end with it


def _started(num: int) -> tuple[int, Any]:
    if num == 1:
        return num, None
    from concurrent.futures import ThreadPoolExecutor

    return num, ThreadPoolExecutor(num - 1, "tinygrad_edu")


def get_num_threads() -> int:
    """How many threads layers are computed on: 1, or what `set_num_threads` was given.

    >>> set_num_threads(3); get_num_threads()
    3
    >>> set_num_threads(None)
    """
    return _sharing[0]


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def blas_threads(num: int) -> int:
    """Set the number of threads of NumPy's BLAS; return what it was."""
    import ctypes
    import importlib

    linked: Any = importlib.import_module("numpy._core._multiarray_umath")  # what NumPy links its BLAS to
    library = ctypes.CDLL(linked.__file__)
    for form in ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}"):
        try:
            ask, tell = (getattr(library, form.format(f"{verb}_num_threads")) for verb in ("get", "set"))
        except AttributeError:
            continue
        before = int(ask())
        tell(num)
        return before
    return _by_threadpoolctl(num)


def _keep_memory() -> None:
    """Let freed arrays of up to 32 MB be used again. Fresh ones cost a page fault for every 4 KB: a fifth of a step."""
    import ctypes

    trim, mmap = -1, -3  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD of glibc's malloc.h
    try:
        tell = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return
    tell(trim, 2**29)
    tell(mmap, 2**25)


def _by_threadpoolctl(num: int) -> int:
    """`blas_threads` for a BLAS that is not OpenBLAS, or that NumPy's file does not lead to."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        raise MissingExtraError(
            "NumPy's BLAS is not OpenBLAS, so setting its threads takes threadpoolctl, which is not installed.",
            mend='pip install "tinygrad_edu[threads]"',
        ) from None
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    before = max((each.num_threads for each in found), default=1)
    for each in found:
        each.set_num_threads(num)
    return int(before)


def _forget_pool() -> None:
    """A forked child has none of its parent's threads."""
    global _sharing
    _sharing = _started(_sharing[0])


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def shared(work: Callable[[int, int], Any], n: int, size: int) -> list[Any]:
    """What `work(start, stop)` returns for each part of range(n): one part a thread, or one for small work.

    A part does not share again what is its own: a pool whose threads wait for each other would never end.

    Args:
        size: how much there is to do in all: products taken.
    """
    num, pool = _sharing
    parts = min(num, n) if size >= WORTH and not getattr(_local, "sharing", False) else 1
    if parts < 2:
        return [work(0, n)]
    bounds = [n * i // parts for i in range(parts + 1)]

    def part(i: int) -> Any:
        _local.sharing = True
        try:
            return work(bounds[i], bounds[i + 1])
        finally:
            _local.sharing = False

    # In the caller's context, for NumPy's error state.
    rest = [pool.submit(copy_context().run, part, i) for i in range(1, parts)]
    own = part(0)
    return [own, *(each.result() for each in rest)]


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The matrix product of two matrices, the rows of `a` shared among threads."""
    size = a.size * b.shape[1]
    if _sharing[0] == 1 or size < WORTH:
        return np.matmul(a, b)
    z = np.empty((len(a), b.shape[1]), np.result_type(a, b))
    shared(lambda start, stop: np.matmul(a[start:stop], b, out=z[start:stop]), len(a), size)
    return z


def work_space(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array of this thread's own, with whatever its last user left in it. Fresh memory costs page faults."""
    size = math.prod(shape) * dtype.itemsize
    if size > _KEPT:
        return np.empty(shape, dtype)
    spaces = _local.__dict__
    if name not in spaces or spaces[name].size < size:
        spaces[name] = np.empty(size, np.uint8)
    return spaces[name][:size].view(dtype).reshape(shape)
