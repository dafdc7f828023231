"""loader: a dataset in batches, in an order that can be repeated and taken up again anywhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import numpy as np

from ..errors import OptionError, StateDictError
from ..random import as_generator, drawing_from, get_generator
from .dataset import fetch_from

__all__ = ["DataLoader", "WeightedRandomSampler"]


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
        dataset: a Dataset, or anything with `__getitem__` and `__len__`.
        batch_size: samples in a batch.
        shuffle: draw a new order for every epoch.
        sampler: the indices of an epoch, in order; asked anew for each. Not with `shuffle`.
        num_workers: threads that make batches ahead; with 0 each is made when it is asked for. Threads
            help where making a batch takes long in NumPy, in a file or on the network.
        collate_fn: from a list of samples to a batch; default: the dataset's own `fetch`, else
            `default_collate`.
        drop_last: leave out a last batch that is smaller than the others.
        generator: a NumPy Generator or a seed, for epochs that repeat exactly; default: the
            Generator that `manual_seed` seeds.
        prefetch_factor: batches that each worker makes ahead.

    Attributes:
        epoch: how many epochs are over.

    Raises:
        OptionError: for a dataset without `__getitem__` and `__len__`, a batch size or prefetch factor
            below 1, a negative number of workers, or both a sampler and shuffle.

    >>> import tinygrad_edu as tg
    >>> loader = DataLoader(tg.data.TensorDataset(tg.arange(5)), batch_size=2)
    >>> len(loader), [batch.tolist() for (batch,) in loader]
    (3, [[0, 1], [2, 3], [4]])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        sampler: Iterable[int] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        generator: np.random.Generator | int | None = None,
        prefetch_factor: int = 2,
    ) -> None:
        for name, value, least in (
            ("batch_size", batch_size, 1),
            ("num_workers", num_workers, 0),
            ("prefetch_factor", prefetch_factor, 1),
        ):
            if value < least:
                raise OptionError(f"{name} must be {least} or more; got {value}")
        if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
            raise OptionError(
                "a DataLoader takes samples by number.",
                expected="a Dataset, or anything with __getitem__ and __len__",
                got=type(dataset).__name__,
                mend="tg.data.TensorDataset(inputs, targets), or a list",
            )
        if shuffle and sampler is not None:
            raise OptionError("a sampler decides the order: it takes no shuffle=True beside it")
        self.dataset, self.batch_size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last
        self.sampler, self.num_workers, self.prefetch_factor = sampler, num_workers, prefetch_factor
        self.generator = None if generator is None else as_generator(generator)
        self.collate_fn = collate_fn
        self.epoch = 0
        self._pass: _Pass | None = None  # None between epochs
        self._resumed = False

    def __len__(self) -> int:
        n = len(self.dataset if self.sampler is None else self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        if self._pass is None or not self._resumed:
            self.epoch += self._pass is not None  # one that was left before its end
            self._pass = _Pass(int(as_generator(self.generator).integers(2**63)))
        self._resumed = False
        return self._batches(self._pass)

    def _batches(self, now: _Pass) -> Iterator[Any]:
        """The batches of one epoch from its position on."""
        order = self._order(now.entropy)

        def make(i: int) -> Any:
            return self._batch(now.entropy, i, order[i * self.batch_size : (i + 1) * self.batch_size])

        total = order.size // self.batch_size if self.drop_last else -(-order.size // self.batch_size)
        numbers = range(now.position, total)
        ahead = self.num_workers * self.prefetch_factor
        for batch in prefetched(make, numbers, self.num_workers, ahead) if ahead else map(make, numbers):
            now.position += 1
            yield batch
        if self._pass is now:
            self._pass, self.epoch = None, self.epoch + 1

    def _order(self, entropy: int) -> np.ndarray:
        """The indices of an epoch."""
        if not self.shuffle and self.sampler is None:
            return np.arange(len(self.dataset))
        rng = np.random.default_rng(entropy)
        if self.sampler is None:
            return rng.permutation(len(self.dataset))
        with drawing_from(lambda: rng):
            return np.fromiter(self.sampler, np.int64)

    def _batch(self, entropy: int, i: int, indices: np.ndarray) -> Any:
        """The batch number i; what is random in it draws from a Generator of its own, made at the first draw."""

        @cache
        def own() -> np.random.Generator:
            return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(i,)))  # as SeedSequence.spawn

        with drawing_from(own):
            try:
                if self.collate_fn is None:
                    return fetch_from(self.dataset, indices)
                return self.collate_fn([self.dataset[int(j)] for j in indices])
            except Exception as error:
                shown = ", ".join(map(str, indices[:8])) + (", …" if indices.size > 8 else "")
                error.add_note(f"while the DataLoader made batch {i}, of samples {shown}")
                raise

    def state_dict(self) -> dict[str, Any]:
        """Where the loader is, in plain numbers and strings: right after the last batch it handed out.

        With the Generator of `manual_seed` (no `generator`), keep `tg.get_rng_state()` beside it.
        """
        now = self._pass
        return {
            "epoch": self.epoch,
            "position": now.position if now else 0,
            "entropy": now.entropy if now else None,
            "generator": None if self.generator is None else self.generator.bit_generator.state,
            "samples": len(self.dataset),
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


class WeightedRandomSampler:
    """Indices drawn in proportion to weights: classes that are rare can be seen as often as others.

    Args:
        weights: one for each sample, not negative, not all 0.
        num_samples: how many indices an epoch has.
        replacement: whether an index may come again.

    Raises:
        OptionError: for other weights, or more samples than there are to draw.

    >>> sampler = WeightedRandomSampler([0.0, 1.0, 1.0], num_samples=4)
    >>> set(sampler) <= {1, 2}, len(sampler)
    (True, 4)
    """

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True) -> None:
        weights = np.asarray(weights, np.float64)
        if weights.ndim != 1 or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
            raise OptionError("weights must be a row of numbers, none negative, not all 0")
        if num_samples < 1 or (not replacement and num_samples > np.count_nonzero(weights)):
            raise OptionError(f"cannot draw {num_samples} of {np.count_nonzero(weights)} samples")
        self.weights, self.num_samples, self.replacement = weights / weights.sum(), num_samples, replacement

    def __len__(self) -> int:
        return self.num_samples

    def __iter__(self) -> Iterator[int]:
        drawn = get_generator().choice(self.weights.size, self.num_samples, self.replacement, self.weights)
        return iter(drawn.tolist())


def prefetched(make: Callable[[int], Any], numbers: Iterable[int], workers: int, ahead: int) -> Iterator[Any]:
    """`make(i)` for each number in order, made ahead in threads, which end with this iterator.

    Args:
        ahead: how many are under way or waiting at most.
    """
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(workers, "DataLoader")
    rest = iter(numbers)
    # In the caller's context, for NumPy's error state and no_grad.
    waiting = deque(pool.submit(copy_context().run, make, i) for i in islice(rest, ahead))
    try:
        while waiting:
            batch = waiting.popleft().result()
            waiting.extend(pool.submit(copy_context().run, make, i) for i in islice(rest, 1))
            yield batch
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
