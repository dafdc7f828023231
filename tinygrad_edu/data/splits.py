"""splits: parts of a dataset, and datasets put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import OptionError, ShapeError
from ..random import as_generator
from ..tensor import Tensor
from .dataset import Dataset, default_collate, fetch_from, labels_of

__all__ = ["ConcatDataset", "Subset", "k_fold", "random_split"]


class Subset(Dataset):
    """The samples of a dataset at some indices.

    Raises:
        IndexError: for an index that the dataset does not have.

    >>> part = Subset("abcde", [4, 0])
    >>> len(part), part[0], part.fetch([1, 0])
    (2, 'e', ['a', 'e'])
    """

    def __init__(self, dataset: Any, indices: Sequence[int] | np.ndarray) -> None:
        self.dataset, self.indices = dataset, np.asarray(indices, np.int64).reshape(-1)
        n = len(dataset)
        if self.indices.size and not (-n <= self.indices.min() and self.indices.max() < n):
            raise IndexError(f"Subset: the dataset has {n} samples; got an index outside of them")
        self.indices = self.indices % max(n, 1)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.indices[index])]

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def labels(self) -> np.ndarray:
        """The labels of these samples."""
        return labels_of(self.dataset)[self.indices]

    def fetch(self, indices: Any) -> Any:
        """The samples at `indices` of the subset as one batch."""
        return fetch_from(self.dataset, self.indices.take(indices))


class ConcatDataset(Dataset):
    """Datasets one after another.

    Raises:
        OptionError: without a dataset.

    >>> both = ConcatDataset(["ab", "cde"])
    >>> len(both), both[2], both.fetch([4, 0, 1])
    (5, 'c', ['e', 'a', 'b'])
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise OptionError("ConcatDataset needs at least one dataset")
        self.cumulative_sizes = np.cumsum([len(dataset) for dataset in self.datasets])

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"ConcatDataset has {len(self)} samples; got index {index}")
        (part, local), *_ = self._located([index])
        return self.datasets[part][int(local[0])]

    def __len__(self) -> int:
        return int(self.cumulative_sizes[-1])

    @property
    def labels(self) -> np.ndarray:
        """The labels of all, in order."""
        return np.concatenate([labels_of(dataset) for dataset in self.datasets])

    def fetch(self, indices: Any) -> Any:
        """The samples at `indices` as one batch: each dataset fetches its own, once."""
        located = list(self._located(indices))
        batches = [fetch_from(self.datasets[part], local) for part, local in located]
        if len(batches) == 1:
            return batches[0]
        if not all(isinstance(b, tuple) and all(isinstance(t, Tensor) for t in b) for b in batches):
            return default_collate([self[int(i)] for i in indices])
        part_of = self._part_of(np.asarray(indices) % len(self))
        back = np.argsort(np.argsort(part_of, kind="stable"))
        columns = zip(*batches, strict=True)
        return tuple(Tensor(np.concatenate([t._data for t in column]).take(back, axis=0)) for column in columns)

    def _part_of(self, indices: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.cumulative_sizes, indices, side="right")

    def _located(self, indices: Any) -> Iterator[tuple[int, np.ndarray]]:
        """Which datasets are asked, and for which of their own indices."""
        indices = np.asarray(indices) % len(self)
        part_of = self._part_of(indices)
        for part in np.unique(part_of):
            start = self.cumulative_sizes[part] - len(self.datasets[part])
            yield int(part), indices[part_of == part] - start


def random_split(
    dataset: Any,
    lengths: Sequence[float],
    generator: np.random.Generator | int | None = None,
    *,
    stratify: bool | np.ndarray = False,
) -> list[Subset]:
    """Parts of a dataset, drawn at random; together they are all of it.

    Args:
        lengths: how many samples each part has; or fractions that sum to 1, whose remainder goes to
            the first parts, one sample each.
        generator: a NumPy Generator or a seed; default: the Generator that `manual_seed` seeds.
        stratify: give each part its share of every class, as nearly as whole samples allow: by the
            dataset's labels (True), or by these.

    Raises:
        ShapeError: if the lengths are not those of parts of the dataset.

    >>> train, validation = random_split(range(10), [0.8, 0.2], generator=0)
    >>> len(train), len(validation), sorted([*train, *validation]) == list(range(10))
    (8, 2, True)
    """
    sizes = _sizes(len(dataset), lengths)
    # The parts are dealt out evenly along the row, so that any stretch of it, a class, holds its share.
    turns = np.concatenate([(np.arange(size) + 0.5) / max(size, 1) for size in sizes] or [np.zeros(0)])
    pattern = np.repeat(np.arange(len(sizes)), sizes)[np.argsort(turns, kind="stable")]
    return [Subset(dataset, part) for part in _dealt(dataset, pattern, len(sizes), generator, stratify)]


def k_fold(
    dataset: Any,
    k: int = 5,
    generator: np.random.Generator | int | None = None,
    *,
    stratify: bool | np.ndarray = False,
) -> list[tuple[Subset, Subset]]:
    """Cross-validation: k pairs of a training and a validation part; each sample validates once.

    The arguments are those of `random_split`.

    Raises:
        OptionError: if k is not from 2 to the number of samples.

    >>> for train, validation in k_fold(range(5), k=2, generator=0):
    ...     print(len(train), len(validation))
    2 3
    3 2
    """
    if not 2 <= k <= len(dataset):
        raise OptionError(f"k_fold: k must be from 2 to the number of samples, {len(dataset)}; got {k}")
    folds = _dealt(dataset, np.arange(len(dataset)) % k, k, generator, stratify)
    return [
        (Subset(dataset, np.concatenate([f for j, f in enumerate(folds) if j != i])), Subset(dataset, fold))
        for i, fold in enumerate(folds)
    ]


def _sizes(n: int, lengths: Sequence[float]) -> list[int]:
    """How many samples each part has."""
    if any(length < 0 for length in lengths):
        sizes = []
    elif lengths and any(not float(length).is_integer() for length in lengths) and abs(sum(lengths) - 1) < 1e-9:
        sizes = [int(n * length) for length in lengths]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        sizes = [int(length) for length in lengths if float(length).is_integer()]
        if list(lengths) == [1] and n != 1:
            sizes = [n]
    if sum(sizes) != n or len(sizes) != len(lengths):
        raise ShapeError(
            "random_split: these are not the lengths of parts that make up the dataset.",
            expected=f"counts that sum to {n}, or fractions that sum to 1",
            got=f"{list(lengths)}, which sum to {sum(lengths)}",
        )
    return sizes


def _dealt(dataset: Any, pattern: np.ndarray, parts: int, generator: Any, stratify: bool | np.ndarray) -> Any:
    """The indices of each part: the samples in a row, at random or class by class, dealt by the pattern."""
    rng = as_generator(generator)
    order = rng.permutation(len(dataset))
    if stratify is False:
        return [order[pattern == part] for part in range(parts)]
    labels = labels_of(dataset) if stratify is True else np.asarray(stratify)
    if labels.shape != (len(dataset),):
        raise ShapeError(
            "stratify takes one label for each sample.", expected=f"({len(dataset)},)", got=str(labels.shape)
        )
    order = order[np.argsort(labels[order], kind="stable")]
    return [rng.permutation(order[pattern == part]) for part in range(parts)]
