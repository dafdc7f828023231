"""dataset: samples by number, one or many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tensor import Tensor, as_tensor, tensor

__all__ = ["Dataset", "ImageDataset", "TensorDataset", "Transformed", "default_collate", "default_convert", "labels_of"]


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

    def __add__(self, other: Any) -> Any:
        """This dataset and then the other: a `ConcatDataset`."""
        from .splits import ConcatDataset

        return ConcatDataset([self, other])

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
        if len({t.shape[:1] for t in self.tensors}) != 1 or not self.tensors[0].ndim:
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
    """Grey or colour images and their labels.

    Sample i is a float32 Tensor of shape (channels, height, width) with values from 0 to 1, and the
    label as an int: what torchvision's `MNIST(transform=ToTensor())` gives. A slice gives a batch.

    Attributes:
        images: a uint8 array of shape (N, height, width), grey, or (N, channels, height, width).
        labels: an int64 array of shape (N,).
        transform: called on each image's Tensor, if given; `Transformed` changes a batch at once.
        classes: the name of each label, or none.

    Raises:
        ShapeError: for images of another shape, or not as many as labels.

    >>> data = ImageDataset(np.full((3, 2, 2), 255, np.uint8), np.array([7, 8, 9]))
    >>> image, label = data[1]
    >>> image.tolist(), label, data[:2][0].shape
    ([[[1.0, 1.0], [1.0, 1.0]]], 8, (2, 1, 2, 2))
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        transform: Callable[[Tensor], Any] | None = None,
        classes: Sequence[str] = (),
    ) -> None:
        if images.ndim not in (3, 4) or labels.shape != images.shape[:1]:
            raise ShapeError(
                "ImageDataset takes N images and N labels.",
                expected="images (N, height, width) or (N, channels, height, width), labels (N,)",
                got=f"{images.shape} and {labels.shape}",
            )
        self.images, self.labels, self.transform, self.classes = images, labels, transform, tuple(classes)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.fetch(np.arange(len(self))[index])
        image = Tensor(_scaled(self.images[index].reshape(-1, *self.images.shape[-2:])))
        return (image if self.transform is None else self.transform(image)), int(self.labels[index])

    def __len__(self) -> int:
        return len(self.images)

    def fetch(self, indices: Any) -> Any:
        """A batch: images of shape (n, channels, height, width) and their labels."""
        if self.transform is not None:
            return super().fetch(indices)
        images = self.images.take(indices, axis=0)
        if images.ndim == 3:
            images = images[:, None]
        return Tensor(_scaled(images)), Tensor(self.labels.take(indices))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} images of {' x '.join(map(str, self.images.shape[1:]))})"


class Transformed(Dataset):
    """A dataset of inputs and labels whose batches are changed: by an augmentation, or by preprocessing.

    Args:
        dataset: samples are pairs of an input and a label.
        transform: from a batch of inputs and their labels to both.

    >>> import tinygrad_edu as tg
    >>> doubled = Transformed(TensorDataset(tg.tensor([1.0, 2.0]), tg.tensor([0, 1])), lambda x, y: (x * 2, y))
    >>> doubled.fetch([1, 0]), doubled[0]
    ((tensor([4., 2.]), tensor([1, 0])), (tensor(2.), tensor(0)))
    """

    def __init__(self, dataset: Any, transform: Callable[[Any, Any], Any]) -> None:
        self.dataset, self.transform = dataset, transform

    def __getitem__(self, index: int) -> Any:
        return tuple(part[0] for part in self.fetch([index]))

    def __len__(self) -> int:
        return len(self.dataset)

    def fetch(self, indices: Any) -> Any:
        """The samples at `indices` as one batch, changed."""
        inputs, labels = fetch_from(self.dataset, indices)
        return self.transform(inputs, labels)


def fetch_from(dataset: Any, indices: Any) -> Any:
    """The samples at `indices` as one batch, of a Dataset or of any sequence."""
    names = (vars(kind) for kind in type(dataset).__mro__)
    first: Any = next((own for own in names if "fetch" in own or "__getitem__" in own), ())
    if "fetch" in first:  # a subclass that says anew what one sample is means batches, too
        return dataset.fetch(indices)
    return default_collate([dataset[int(i)] for i in indices])


def labels_of(dataset: Any) -> np.ndarray:
    """The labels of all samples, without their inputs where the dataset keeps them apart.

    Those are the attribute `labels`, else the last Tensor of a TensorDataset, else the second entry of
    each sample.

    >>> import tinygrad_edu as tg
    >>> labels_of(TensorDataset(tg.ones(3, 2), tg.tensor([2, 0, 1])))
    array([2, 0, 1])
    """
    if hasattr(dataset, "labels"):
        return np.asarray(dataset.labels)
    if isinstance(dataset, TensorDataset):
        return dataset.tensors[-1]._data
    if isinstance(dataset, Transformed):
        return labels_of(dataset.dataset)
    return np.array([dataset[i][1] for i in range(len(dataset))])


def _scaled(images: np.ndarray) -> np.ndarray:
    scaled = images.astype(np.float32)
    scaled /= np.float32(255)
    return scaled


def default_collate(batch: list[Any]) -> Any:
    """Samples as one batch: Tensors, arrays and numbers stacked; tuples and dicts entry by entry.

    Floats become the default dtype (PyTorch makes them float64, which its layers then refuse).

    Raises:
        ShapeError: if they have several shapes.

    >>> default_collate([(np.zeros(3), "a"), (np.ones(3), "b")])[1]
    ['a', 'b']
    """
    first = batch[0]
    if isinstance(first, (Tensor, np.ndarray, np.generic)):
        arrays = [np.asarray(sample) for sample in batch]
        if len({a.shape for a in arrays}) > 1:
            raise ShapeError(
                "the samples of a batch have several shapes.",
                expected=f"all of them {arrays[0].shape}, as the first",
                got=", ".join(dict.fromkeys(str(a.shape) for a in arrays)),
                mend="bring them to one shape in the dataset, or pad them in collate_fn= (nn.utils.rnn.pad_sequence)",
            )
        return Tensor(np.stack(arrays))
    if isinstance(first, (bool, int, float)):
        return tensor(batch)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, (tuple, list)):
        return tuple(default_collate(list(column)) for column in zip(*batch, strict=True))
    return batch


def default_convert(data: Any) -> Any:
    """A sample as it is, its NumPy arrays as Tensors: what a loader with `batch_size=None` hands out.

    >>> default_convert((np.zeros(2), 1.5, "a"))
    (tensor([0., 0.], dtype=float64), 1.5, 'a')
    """
    if isinstance(data, (np.ndarray, np.generic)):
        return Tensor(data)
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, (tuple, list)):
        return tuple(map(default_convert, data))
    return data
