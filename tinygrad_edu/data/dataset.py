"""dataset: samples by number, one or many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tensor import Tensor, as_tensor, tensor

__all__ = ["Dataset", "ImageDataset", "TensorDataset", "default_collate"]


class Dataset:
    """The base of every dataset: define `__getitem__(index)` and `__len__()`.

    `fetch` is what the loader calls; define it too where many samples come faster at once.

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...
    ...     def __getitem__(self, index):
    ...         return index, float(index**2)
    >>> Squares().fetch([1, 3])
    (tensor([1, 3]), tensor([1., 9.]))
    """

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__()")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not define __len__()")

    def fetch(self, indices: Any) -> Any:
        """The samples at `indices` as one batch."""
        return default_collate([self[int(i)] for i in indices])


class TensorDataset(Dataset):
    """Tensors of equal length, row by row: sample i is the tuple of their rows i.

    Args:
        tensors: Tensors or arrays.

    Raises:
        ShapeError: for unequal lengths.

    >>> import tinygrad_edu as tg
    >>> pairs = TensorDataset(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([0, 1, 0]))
    >>> pairs[1], pairs.fetch([2, 0])
    ((tensor(2.), tensor(1)), (tensor([3., 1.]), tensor([0, 0])))
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tuple(as_tensor(t) for t in tensors)
        if not tensors or len({t.shape[:1] for t in self.tensors}) != 1 or not self.tensors[0].ndim:
            raise ShapeError(
                "TensorDataset needs Tensors of one length.", got=", ".join(str(t.shape) for t in self.tensors)
            )

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].shape[0]

    def fetch(self, indices: Any) -> tuple[Tensor, ...]:
        """The rows at `indices` of every Tensor, copied at once."""
        return tuple(Tensor(t._data.take(indices, axis=0)) for t in self.tensors)


class ImageDataset(Dataset):
    """Grey images and their labels.

    Sample i is a float32 Tensor of shape (1, height, width) with values from 0 to 1, and the label
    as an int: what torchvision's `MNIST(transform=ToTensor())` gives.

    Attributes:
        images: a uint8 array of shape (N, height, width).
        labels: an int64 array of shape (N,).
        transform: called on each image's Tensor, if given.

    >>> data = ImageDataset(np.full((3, 2, 2), 255, np.uint8), np.array([7, 8, 9]))
    >>> image, label = data[1]
    >>> image.tolist(), label, data.fetch([0, 2])[0].shape
    ([[[1.0, 1.0], [1.0, 1.0]]], 8, (2, 1, 2, 2))
    """

    def __init__(
        self, images: np.ndarray, labels: np.ndarray, transform: Callable[[Tensor], Any] | None = None
    ) -> None:
        self.images, self.labels, self.transform = images, labels, transform

    def __getitem__(self, index: int) -> tuple[Any, int]:
        image = Tensor(_scaled(self.images[index][None]))
        return (image if self.transform is None else self.transform(image)), int(self.labels[index])

    def __len__(self) -> int:
        return len(self.images)

    def fetch(self, indices: Any) -> Any:
        """A batch: images of shape (n, 1, height, width) and their labels."""
        if self.transform is not None:
            return super().fetch(indices)
        return Tensor(_scaled(self.images.take(indices, axis=0)[:, None])), Tensor(self.labels.take(indices))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} images of {' x '.join(map(str, self.images.shape[1:]))})"


def _scaled(images: np.ndarray) -> np.ndarray:
    return np.divide(images, np.float32(255), dtype=np.float32)


def default_collate(samples: list[Any]) -> Any:
    """Samples as one batch: Tensors, arrays and numbers stacked; tuples and dicts entry by entry.

    Floats become the default dtype (PyTorch makes them float64, which its layers then refuse).

    >>> default_collate([(np.zeros(3), "a"), (np.ones(3), "b")])[1]
    ['a', 'b']
    """
    first = samples[0]
    if isinstance(first, (Tensor, np.ndarray, np.generic)):
        return Tensor(np.stack([np.asarray(sample) for sample in samples]))
    if isinstance(first, (bool, int, float)):
        return tensor(samples)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, (tuple, list)):
        return tuple(default_collate(list(column)) for column in zip(*samples, strict=True))
    return samples
