"""stream: datasets without numbers, whose samples come one after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .dataset import Dataset

__all__ = ["ChainDataset", "IterableDataset", "get_worker_info"]


class IterableDataset(Dataset):
    """The base of a dataset that is read in order: define `__iter__()`, and `__len__()` if it is known.

    >>> import tinygrad_edu as tg
    >>> class Countdown(IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3.0, 2.0, 1.0])
    >>> list(tg.data.DataLoader(Countdown(), batch_size=2))
    [tensor([3., 2.]), tensor([1.])]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__()")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} does not define __len__()")  # as list() expects it

    def __add__(self, other: Any) -> ChainDataset:  # type: ignore[override]
        return ChainDataset([self, other])


class ChainDataset(IterableDataset):
    """Streams one after another; also `first + second`.

    >>> list(ChainDataset(["ab", "c"]))
    ['a', 'b', 'c']
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)

    def __iter__(self) -> Iterator[Any]:
        return (sample for dataset in self.datasets for sample in dataset)

    def __len__(self) -> int:
        return sum(map(len, self.datasets))


def get_worker_info() -> None:
    """None, as PyTorch says outside of its workers: a stream is read in one place here, and needs no sharing out.

    >>> get_worker_info() is None
    True
    """
