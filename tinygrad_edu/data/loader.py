"""loader: a dataset in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..random import get_generator
from .dataset import default_collate

__all__ = ["DataLoader"]


class DataLoader:
    """A dataset in batches; every loop over it is one epoch.

    Args:
        dataset: a Dataset, or anything with `__getitem__` and `__len__`.
        batch_size: samples in a batch.
        shuffle: draw a new order for every epoch.
        drop_last: leave out a last batch that is smaller than the others.
        generator: a NumPy Generator or a seed, for orders that repeat exactly; default: the
            Generator that `manual_seed` seeds.
        collate_fn: from a list of samples to a batch; default: the dataset's own `fetch`, else
            `default_collate`.

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
        drop_last: bool = False,
        generator: np.random.Generator | int | None = None,
        collate_fn: Callable[[list[Any]], Any] | None = None,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more; got {batch_size}")
        self.dataset, self.batch_size, self.shuffle, self.drop_last = dataset, batch_size, shuffle, drop_last
        self.generator = np.random.default_rng(generator) if isinstance(generator, int) else generator
        self.collate_fn = collate_fn

    def __len__(self) -> int:
        n = len(self.dataset)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        n = len(self.dataset)
        order = (self.generator or get_generator()).permutation(n) if self.shuffle else np.arange(n)
        fetch = self._fetch()
        for i in range(len(self)):
            yield fetch(order[i * self.batch_size : (i + 1) * self.batch_size])

    def _fetch(self) -> Callable[[np.ndarray], Any]:
        if self.collate_fn is None and hasattr(self.dataset, "fetch"):
            return self.dataset.fetch
        collate = self.collate_fn or default_collate
        return lambda indices: collate([self.dataset[int(i)] for i in indices])
