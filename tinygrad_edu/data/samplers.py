"""samplers: which samples an epoch sees, and in what order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any

import numpy as np

from ..errors import OptionError
from ..random import as_generator, get_generator

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]


class Sampler:
    """The base of every sampler: define `__iter__()`, which gives the indices of an epoch, and `__len__()`.

    One that draws without a generator of its own draws, in a `DataLoader`, what follows from the epoch's
    number, which the loader's `state_dict` holds. With a generator of its own the loader has no `state_dict`.

    Attributes:
        generator: the sampler's own NumPy Generator, or None.

    >>> class Backwards(Sampler):
    ...     def __init__(self, data_source):
    ...         self.data_source = data_source
    ...
    ...     def __iter__(self):
    ...         return reversed(range(len(self.data_source)))
    >>> list(Backwards("abc"))
    [2, 1, 0]
    """

    generator: np.random.Generator | None = None

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__()")

    def _rng(self) -> np.random.Generator:
        return get_generator() if self.generator is None else self.generator


class SequentialSampler(Sampler):
    """Every index, in order.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """Indices at random.

    Args:
        data_source: anything with a length.
        replacement: whether an index may come again.
        num_samples: how many indices an epoch has; default: as many as there are samples. Without
            replacement, more than those are several rounds through all of them.
        generator: a NumPy Generator or a seed; default: the one that `manual_seed` seeds.

    Raises:
        OptionError: if there is nothing to draw.

    >>> sorted(RandomSampler("abc")), len(RandomSampler("abc", num_samples=7))
    ([0, 1, 2], 7)
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: np.random.Generator | int | None = None,
    ) -> None:
        self.data_source, self.replacement = data_source, replacement
        self.num_samples = len(data_source) if num_samples is None else num_samples
        self.generator = None if generator is None else as_generator(generator)
        if self.num_samples < 1 or not len(data_source):
            raise OptionError(f"RandomSampler cannot draw {self.num_samples} of {len(data_source)} samples")

    def __iter__(self) -> Iterator[int]:
        rng, n = self._rng(), len(self.data_source)
        if self.replacement:
            return iter(rng.integers(n, size=self.num_samples).tolist())
        rounds = [rng.permutation(n) for _ in range(-(-self.num_samples // n))]
        return iter(np.concatenate(rounds)[: self.num_samples].tolist())

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler):
    """Some indices, in a new order for each epoch.

    Args:
        indices: of these samples.
        generator: a NumPy Generator or a seed; default: the one that `manual_seed` seeds.

    >>> sorted(SubsetRandomSampler([7, 3, 5]))
    [3, 5, 7]
    """

    def __init__(self, indices: Sequence[int], generator: np.random.Generator | int | None = None) -> None:
        self.indices = indices
        self.generator = None if generator is None else as_generator(generator)

    def __iter__(self) -> Iterator[int]:
        return iter([self.indices[i] for i in self._rng().permutation(len(self.indices))])

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """Indices drawn in proportion to weights: classes that are rare can be seen as often as others.

    Args:
        weights: one for each sample, not negative, not all 0.
        num_samples: how many indices an epoch has.
        replacement: whether an index may come again.
        generator: a NumPy Generator or a seed; default: the one that `manual_seed` seeds.

    Raises:
        OptionError: for other weights, or more samples than there are to draw.

    >>> sampler = WeightedRandomSampler([0.0, 1.0, 1.0], num_samples=4)
    >>> set(sampler) <= {1, 2}, len(sampler)
    (True, 4)
    """

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: np.random.Generator | int | None = None,
    ) -> None:
        weights = np.asarray(weights, np.float64)
        if weights.ndim != 1 or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
            raise OptionError("weights must be a row of numbers, none negative, not all 0")
        if num_samples < 1 or (not replacement and num_samples > np.count_nonzero(weights)):
            raise OptionError(f"cannot draw {num_samples} of {np.count_nonzero(weights)} samples")
        self.weights, self.num_samples, self.replacement = weights / weights.sum(), num_samples, replacement
        self.generator = None if generator is None else as_generator(generator)

    def __len__(self) -> int:
        return self.num_samples

    def __iter__(self) -> Iterator[int]:
        drawn = self._rng().choice(self.weights.size, self.num_samples, self.replacement, self.weights)
        return iter(drawn.tolist())


class BatchSampler(Sampler):
    """Lists of indices, for `DataLoader(…, batch_sampler=)`.

    Args:
        sampler: the indices, in order.
        batch_size: indices in a list.
        drop_last: leave out a last list that is shorter than the others.

    Raises:
        OptionError: for a batch size below 1.

    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if batch_size < 1:
            raise OptionError(f"batch_size must be 1 or more; got {batch_size}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        return batches_of(self.sampler, self.batch_size, self.drop_last)

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


def batches_of(things: Iterable[Any], size: int, drop_last: bool) -> Iterator[list[Any]]:
    """Lists of `size` things each; the last may be shorter, unless it is dropped."""
    source = iter(things)
    while (batch := list(islice(source, size))) and (len(batch) == size or not drop_last):
        yield batch
