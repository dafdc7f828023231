"""loader: a dataset in batches, in an order that can be repeated and taken up again anywhere."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from typing import Any

import numpy as np

from ..errors import OptionError, StateDictError
from ..random import as_generator, drawing_from
from .dataset import default_collate, default_convert, fetch_from
from .samplers import batches_of
from .stream import IterableDataset

__all__ = ["DataLoader"]


@dataclass
class _Pass:
    """One pass over the data."""

    entropy: int  # from which the order and everything random in it follow
    position: int = 0  # batches handed out


class DataLoader:
    """A dataset in batches; every loop over it is one epoch.

    Everything random in an epoch follows from one number, drawn from `generator` as the epoch begins:
    the order, and for each batch a Generator of its own (a child of the epoch's `SeedSequence`), from
    which `tg.rand`, a dataset and its transforms draw while that batch is made. So the batches are the
    same for any number of workers, and `state_dict` is a few numbers.

    Args:
        dataset: a Dataset, an IterableDataset, or anything with `__getitem__` and `__len__`.
        batch_size: samples in a batch; None for samples as they are, one by one.
        shuffle: draw a new order for every epoch.
        sampler: the indices of an epoch, in order; asked anew for each. Not with `shuffle`.
        batch_sampler: the lists of indices that make batches, instead of all options above.
        num_workers: threads that make batches ahead; with 0 each is made when it is asked for. Threads
            help where making a batch takes long in NumPy, in a file or on the network. An
            IterableDataset is read in the loop itself.
        collate_fn: from a list of samples to a batch; default: the dataset's own `fetch`, else
            `default_collate`; with `batch_size=None` from one sample, default `default_convert`.
        drop_last: leave out a last batch that is smaller than the others.
        worker_init_fn: called with the number of each worker, in it, before its first batch.
        generator: a NumPy Generator or a seed, for epochs that repeat exactly; default: the
            Generator that `manual_seed` seeds.
        prefetch_factor: batches that each worker makes ahead; default 2.
        pin_memory, timeout, multiprocessing_context, persistent_workers, pin_memory_device: for
            PyTorch's sake; without effect, as there are neither processes nor other devices.

    Attributes:
        epoch: how many epochs are over.

    Raises:
        OptionError: for a dataset without `__getitem__` and `__len__`, a batch size or prefetch factor
            below 1, a negative number of workers, or options that contradict each other.

    >>> import tinygrad_edu as tg
    >>> loader = DataLoader(tg.data.TensorDataset(tg.arange(5)), batch_size=2)
    >>> len(loader), [batch.tolist() for (batch,) in loader]
    (3, [[0, 1], [2, 3], [4]])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = False,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Sequence[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: np.random.Generator | int | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
    ) -> None:
        self.dataset, self.batch_size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last
        self.sampler, self.batch_sampler = sampler, batch_sampler
        self.num_workers, self.worker_init_fn = num_workers, worker_init_fn
        self.prefetch_factor = 2 if prefetch_factor is None else prefetch_factor
        self.generator = None if generator is None else as_generator(generator)
        self.collate_fn = collate_fn
        self.epoch = 0
        self._pass: _Pass | None = None  # None between epochs
        self._resumed = False
        self._stream = isinstance(dataset, IterableDataset)
        self._check()
        if batch_sampler is not None:
            self.batch_size = None

    def _check(self) -> None:
        """Raise an OptionError for options out of their range, and for those that contradict each other."""
        for name, least in (("batch_size", 1), ("num_workers", 0), ("prefetch_factor", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise OptionError(f"{name} must be {least} or more; got {value}")
        if not self._stream and not (hasattr(self.dataset, "__len__") and hasattr(self.dataset, "__getitem__")):
            raise OptionError(
                "a DataLoader takes samples by number.",
                expected="an IterableDataset, a Dataset, or anything with __getitem__ and __len__",
                got=type(self.dataset).__name__,
                mend="tg.data.TensorDataset(inputs, targets), or a list",
            )
        sampler, lists, shuffle = self.sampler is not None, self.batch_sampler is not None, bool(self.shuffle)
        batch = {"batch_size": self.batch_size != 1, "drop_last": self.drop_last}
        for holds, why, others in (
            (self._stream, "an IterableDataset", {"shuffle": shuffle, "sampler": sampler, "batch_sampler": lists}),
            (lists, "a batch_sampler", {"shuffle": shuffle, "sampler": sampler, **batch}),
            (sampler, "a sampler", {"shuffle": shuffle}),
            (self.batch_size is None, "batch_size=None", {"drop_last": self.drop_last}),
        ):
            beside = [f"{name}=" for name, given in others.items() if given]
            if holds and beside:
                raise OptionError(
                    f"{why} decides on the order or the batches: it takes no {', '.join(beside)} beside it"
                )

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)  # type: ignore[arg-type]
        n, size = len(self.dataset if self.sampler is None else self.sampler), self.batch_size or 1  # type: ignore[arg-type]
        return n // size if self.drop_last else -(-n // size)

    def __iter__(self) -> Iterator[Any]:
        if self._pass is None or not self._resumed:
            self.epoch += self._pass is not None  # one that was left before its end
            self._pass = _Pass(int(as_generator(self.generator).integers(2**63)))
        self._resumed = False
        return self._batches(self._pass)

    def _batches(self, now: _Pass) -> Iterator[Any]:
        """The batches of one epoch from its position on."""
        numbered = islice(enumerate(self._parts(now.entropy)), now.position, None)

        def make(part: tuple[int, Any]) -> Any:
            return self._batch(now.entropy, *part)

        workers = 0 if self._stream else self.num_workers
        if workers:
            ahead = workers * self.prefetch_factor
            batches = prefetched(make, numbered, workers, ahead, self.worker_init_fn)
        else:
            batches = map(make, numbered)
        for batch in batches:
            now.position += 1
            yield batch
        if self._pass is now:
            self._pass, self.epoch = None, self.epoch + 1

    def _parts(self, entropy: int) -> Iterator[Any]:
        """What each batch of an epoch is made of: indices; or the samples of a stream."""
        size, sampler = self.batch_size, self.sampler if self.batch_sampler is None else self.batch_sampler
        if self._stream or sampler is not None:
            things = _read(self.dataset if self._stream else sampler, entropy)
            return things if size is None else batches_of(things, size, self.drop_last)
        n = len(self.dataset)
        order = np.random.default_rng(entropy).permutation(n) if self.shuffle else np.arange(n)
        if size is None:
            return iter(order.tolist())
        return (order[i : i + size] for i in range(0, n - n % size if self.drop_last else n, size))

    def _batch(self, entropy: int, i: int, part: Any) -> Any:
        """The batch number i; what is random in it draws from a Generator of its own, made at the first draw."""

        @cache
        def own() -> np.random.Generator:
            return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(i,)))  # as SeedSequence.spawn

        with drawing_from(own):
            try:
                return self._made(part)
            except Exception as error:
                indices = np.atleast_1d([] if self._stream else part)
                shown = ", ".join(map(str, indices[:8])) + (", …" if indices.size > 8 else "")
                error.add_note(f"while the DataLoader made batch {i}" + (f", of samples {shown}" if shown else ""))
                raise

    def _made(self, part: Any) -> Any:
        """Samples, or the samples at some indices, as a batch."""
        if self.batch_size is None and self.batch_sampler is None:
            return (self.collate_fn or default_convert)(part if self._stream else self.dataset[part])
        if self.collate_fn is None and not self._stream:
            return fetch_from(self.dataset, np.asarray(part, np.int64))
        return (self.collate_fn or default_collate)(part if self._stream else [self.dataset[int(j)] for j in part])

    def state_dict(self) -> dict[str, Any]:
        """Where the loader is, in plain numbers and strings: right after the last batch it handed out.

        With the Generator of `manual_seed` (no `generator`), keep `tg.get_rng_state()` beside it. A stream
        is read again from its start up to there.

        Raises:
            OptionError: for a sampler with a generator of its own: where that is, this state does not hold.
        """
        now, inner = self._pass, getattr(self.batch_sampler, "sampler", None)
        for sampler in (self.sampler, self.batch_sampler, inner):
            if getattr(sampler, "generator", None) is not None:
                raise OptionError(
                    "the sampler draws from a generator of its own, and could not go on where it was.",
                    got=f"{type(sampler).__name__}(…, generator=…)",
                    mend="give the generator to the DataLoader: every sampler without one draws from it",
                )
        return {
            "epoch": self.epoch,
            "position": now.position if now else 0,
            "entropy": now.entropy if now else None,
            "generator": None if self.generator is None else self.generator.bit_generator.state,
            "samples": None if self._stream else len(self.dataset),
            "batch_size": self.batch_size,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go where another loader of the same data was: the next loop hands out what was left of its epoch.

        Raises:
            StateDictError: if entries are missing, or the data or the batches are of another size. The
                loader stays where it was.

        >>> loader = DataLoader(range(6), 2, shuffle=True, generator=0)
        >>> batches = iter(loader); first = next(batches); state = loader.state_dict()
        >>> other = DataLoader(range(6), 2, shuffle=True)
        >>> other.load_state_dict(state)
        >>> [b.tolist() for b in other] == [b.tolist() for b in batches]
        True
        """
        own = self.state_dict()
        missing = own.keys() - state.keys()
        if missing:
            raise StateDictError("This is not the state of a DataLoader.", got=f"no {', '.join(sorted(missing))}")
        for name in ("samples", "batch_size"):
            if state[name] != own[name]:
                raise StateDictError(
                    "The state is of a DataLoader of other data or batches, which this one cannot repeat.",
                    expected=f"{name} {state[name]}",
                    got=f"{name} {own[name]}",
                    mend="make the loader as it was, or start a new epoch",
                )
        self.generator = _restored(state["generator"], self.generator)
        self.epoch = state["epoch"]
        self._resumed = state["entropy"] is not None
        self._pass = _Pass(state["entropy"], state["position"]) if self._resumed else None


def _read(source: Any, entropy: int) -> Iterator[Any]:
    """What a sampler or a stream gives, one by one; what is random in it follows from the epoch's number."""
    rng, end = np.random.default_rng(entropy), object()
    with drawing_from(lambda: rng):
        things = iter(source)
    while True:
        with drawing_from(lambda: rng):
            thing = next(things, end)
        if thing is end:
            return
        yield thing


def _restored(state: dict[str, Any] | None, generator: np.random.Generator | None) -> np.random.Generator | None:
    """The loader's own Generator put where it was, or a new one there; none if it had none."""
    if state is None:
        return None
    kind = getattr(np.random, str(state.get("bit_generator")), None)
    if not (isinstance(kind, type) and issubclass(kind, np.random.BitGenerator)):
        raise StateDictError("The state names no Generator of NumPy's.", got=repr(state.get("bit_generator")))
    if generator is None or type(generator.bit_generator) is not kind:
        generator = np.random.Generator(kind())
    generator.bit_generator.state = state
    return generator


def prefetched(
    make: Callable[[Any], Any],
    parts: Iterable[Any],
    workers: int,
    ahead: int,
    begin: Callable[[int], Any] | None = None,
) -> Iterator[Any]:
    """`make(part)` for each part in order, made ahead in threads, which end with this iterator.

    Args:
        ahead: how many are under way or waiting at most.
        begin: called in each thread with its number, before all else.
    """
    from concurrent.futures import ThreadPoolExecutor

    numbers, here = count(), threading.local()

    def work(part: Any) -> Any:
        if begin is not None and not hasattr(here, "number"):
            here.number = next(numbers)
            begin(here.number)
        return make(part)

    pool = ThreadPoolExecutor(workers, "DataLoader")
    rest = iter(parts)
    waiting: deque[Any] = deque()
    try:  # each in the caller's context, for NumPy's error state and no_grad
        waiting.extend(pool.submit(copy_context().run, work, part) for part in islice(rest, ahead))
        while waiting:
            batch = waiting.popleft().result()
            waiting.extend(pool.submit(copy_context().run, work, part) for part in islice(rest, 1))
            yield batch
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
