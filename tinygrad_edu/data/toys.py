"""toys: the small data of the courses, drawn from a seed: points of float32 and labels of int64."""

from __future__ import annotations

import numpy as np

from ..random import as_generator
from ..tensor import Tensor
from .dataset import TensorDataset

__all__ = ["blobs", "circles", "moons", "spiral", "ten_points"]


def spiral(
    n: int = 100, classes: int = 3, noise: float = 0.2, generator: np.random.Generator | int | None = None
) -> TensorDataset:
    """Arms of a spiral that no straight line parts (CS231n, "Putting it together").

    Args:
        n: points of each class.
        noise: standard deviation of the angle, in radians.
        generator: a NumPy Generator or a seed; default: the Generator that `manual_seed` seeds.

    >>> points, labels = spiral(generator=0).tensors
    >>> points.shape, points.dtype, labels.dtype
    ((300, 2), dtype('float32'), dtype('int64'))
    """
    rng = as_generator(generator)
    radius = np.tile(np.linspace(0, 1, n), classes)
    angle = np.concatenate([np.linspace(4 * j, 4 * (j + 1), n) for j in range(classes)])
    angle += noise * rng.standard_normal(n * classes)
    return _points(radius * np.sin(angle), radius * np.cos(angle), n)


def moons(n: int = 100, noise: float = 0.1, generator: np.random.Generator | int | None = None) -> TensorDataset:
    """Two half circles that hold each other, as scikit-learn's; the arguments are those of `spiral`.

    >>> len(moons(50, generator=0))
    100
    """
    angle = np.linspace(0, np.pi, n)
    x = np.concatenate([np.cos(angle), 1 - np.cos(angle)])
    y = np.concatenate([np.sin(angle), 0.5 - np.sin(angle)])
    return _noisy(x, y, n, noise, generator)


def circles(
    n: int = 100, noise: float = 0.05, factor: float = 0.5, generator: np.random.Generator | int | None = None
) -> TensorDataset:
    """A circle, and a smaller one inside it, whose radius is `factor`; else as `moons`.

    >>> points, labels = circles(4, noise=0, generator=0).tensors
    >>> (points * points).sum(1).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.25, 0.25, 0.25, 0.25]
    """
    angle = np.tile(np.linspace(0, 2 * np.pi, n, endpoint=False), 2)
    radius = np.repeat([1.0, factor], n)
    return _noisy(radius * np.cos(angle), radius * np.sin(angle), n, noise, generator)


def blobs(
    n: int = 100, classes: int = 3, spread: float = 1.0, generator: np.random.Generator | int | None = None
) -> TensorDataset:
    """Round clouds about centres that lie anywhere from -10 to 10; `spread` is their standard deviation.

    >>> labels = blobs(2, classes=4, generator=0).tensors[1]
    >>> labels.tolist()
    [0, 0, 1, 1, 2, 2, 3, 3]
    """
    rng = as_generator(generator)
    x, y = np.repeat(rng.uniform(-10, 10, (2, classes)), n, axis=1)
    return _noisy(x, y, n, spread, rng)


def ten_points(noise: float = 0.5, generator: np.random.Generator | int | None = None) -> TensorDataset:
    """Ten points near y = 2x, which a polynomial of degree nine meets and misses (Nielsen, chapter 3).

    >>> x, y = ten_points(noise=0).tensors
    >>> x.shape, y.shape, y[-1].item()
    ((10, 1), (10, 1), 10.0)
    """
    x = np.linspace(0.5, 5, 10)[:, None]
    y = 2 * x + noise * as_generator(generator).standard_normal(x.shape)
    return TensorDataset(Tensor(x, np.float32), Tensor(y, np.float32))


def _noisy(
    x: np.ndarray, y: np.ndarray, n: int, noise: float, generator: np.random.Generator | int | None
) -> TensorDataset:
    moved = noise * as_generator(generator).standard_normal((2, x.size))
    return _points(x + moved[0], y + moved[1], n)


def _points(x: np.ndarray, y: np.ndarray, n: int) -> TensorDataset:
    """Points and their labels: n of each class, in order."""
    return TensorDataset(Tensor(np.stack([x, y], 1), np.float32), Tensor(np.arange(x.size) // n))
