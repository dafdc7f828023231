"""augmentation: more training images out of those there are; each image of a batch is changed in its own way.

Names, arguments and ranges are torchvision's. What is random draws from the Generator that is passed, else
from the DataLoader's (the same batches for any number of workers), else from the one that `manual_seed`
seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import OptionError, ShapeError, TinygradError
from ..random import as_generator
from ..tensor import Tensor
from .warp import affine_places, as_batch, as_given, elastic_field, warped

__all__ = [
    "Augmentation",
    "ColorJitter",
    "Cutout",
    "ElasticTransform",
    "GaussianNoise",
    "MixUp",
    "RandomAffine",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomVerticalFlip",
]

_BLOCK = 2**17  # values warped at a time, so that they stay in the cache
_GREY = np.array([0.2989, 0.587, 0.114])  # of red, green and blue, as in torchvision


class Augmentation:
    """The base of every augmentation: define `change(images, rng)`.

    >>> class Invert(Augmentation):
    ...     def change(self, images, rng, top):
    ...         return top - images
    >>> Invert()(np.array([[[0.0, 0.25]]]))
    array([[[1.  , 0.75]]])
    """

    def __call__(self, images: Any, labels: Any = None, generator: np.random.Generator | int | None = None) -> Any:
        """The images changed; with labels, both: what `Transformed` takes.

        Args:
            images: a Tensor or array of shape (N, C, H, W) or (N, H, W), of floats from 0 to 1, or uint8.
            generator: a NumPy Generator or a seed.

        Returns:
            images of the same kind and dtype; those that were passed are not written.
        """
        batch = as_batch(images)
        changed = as_given(self.change(batch, as_generator(generator), _top(images)), images) if len(batch) else images
        return changed if labels is None else (changed, labels)

    def change(self, images: np.ndarray, rng: np.random.Generator, top: float) -> np.ndarray:
        """New images out of floats of shape (N, C, H, W) that go from 0 to `top`."""
        raise NotImplementedError(f"{type(self).__name__} does not define change()")


class RandomAffine(Augmentation):
    """Turn, shift, scale and shear, and bend if `alpha` is given: one resampling for all of it.

    Args:
        degrees: turn by up to so much either way, or from the first to the second of two.
        translate: shift by up to these fractions of the width and the height, either way.
        scale: from the first to the second, times as large.
        shear: degrees along x, as `degrees`; with four numbers, two for x and two for y.
        fill: the value of what comes in from outside.
        alpha, sigma: as for `ElasticTransform`, in pixels.

    Raises:
        OptionError: for a fraction outside of 0 to 1, a scale or sigma that is not positive, a negative alpha.

    >>> digits = np.ones((2, 1, 28, 28), np.float32)
    >>> RandomAffine(degrees=10, translate=(0.1, 0.1), scale=(0.9, 1.1))(digits, generator=0).shape
    (2, 1, 28, 28)
    """

    def __init__(
        self,
        degrees: Any = 0,
        translate: tuple[float, float] | None = None,
        scale: tuple[float, float] | None = None,
        shear: Any = None,
        fill: float = 0,
        *,
        alpha: float = 0,
        sigma: float = 4,
    ) -> None:
        self.translate, self.scale = tuple(translate or (0, 0)), tuple(scale or (1, 1))
        if not all(0 <= part <= 1 for part in self.translate):
            raise OptionError(f"translate: two fractions from 0 to 1; got {translate}")
        if min(self.scale) <= 0 or sigma <= 0 or alpha < 0:
            raise OptionError("scale and sigma must be positive, and alpha not negative")
        self.degrees = _around(degrees)
        turns = np.ravel(0 if shear is None else shear)
        self.shear = (_around(shear or 0), (0, 0)) if turns.size < 4 else (tuple(turns[:2]), tuple(turns[2:]))
        self.fill, self.alpha, self.sigma = fill, alpha, sigma

    def change(self, images: np.ndarray, rng: np.random.Generator, top: float) -> np.ndarray:
        """Each image its own way, a block of images at a time."""
        block = max(1, _BLOCK // images[0].size)
        changed = np.empty_like(images)
        for i in range(0, len(images), block):
            changed[i : i + block] = self._block(images[i : i + block], rng)
        return changed

    def _block(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        n, _, height, width = images.shape
        right, down = self.translate[0] * width, self.translate[1] * height
        # torchvision moves by whole pixels; between them there are more images.
        ranges = (self.degrees, (-right, right), (-down, down), self.scale, *self.shear)
        numbers = np.stack([rng.uniform(low, high, n) for low, high in ranges])
        rows, columns = affine_places(numbers, height, width, images.dtype)
        if self.alpha:
            field = elastic_field(n, height, width, self.alpha, self.sigma, rng)
            rows, columns = rows + field[0], columns + field[1]
        return warped(images, rows, columns, self.fill)


class ElasticTransform(RandomAffine):
    """Bend images, as hands bend when they write (Simard, Steinkraus and Platt, 2003).

    Every pixel moves by uniform noise from -1 to 1, smoothed by a Gaussian of standard deviation `sigma` and
    times `alpha`, both in pixels. Theirs for digits were 34 and 4.

    >>> ElasticTransform()(np.ones((2, 28, 28), np.float32), generator=0).shape
    (2, 28, 28)
    """

    def __init__(self, alpha: float = 34, sigma: float = 4, fill: float = 0) -> None:
        super().__init__(fill=fill, alpha=alpha, sigma=sigma)


class RandomHorizontalFlip(Augmentation):
    """Mirror left and right, with probability `p` for each image.

    >>> RandomHorizontalFlip(p=1)(np.array([[[1.0, 2.0]]]))
    array([[[2., 1.]]])
    """

    axis = 3

    def __init__(self, p: float = 0.5) -> None:
        self.p = _probability(p)

    def change(self, images: np.ndarray, rng: np.random.Generator, top: float) -> np.ndarray:
        """Those that are drawn, mirrored."""
        drawn = rng.random(len(images)) < self.p
        return np.where(drawn[:, None, None, None], np.flip(images, self.axis), images)


class RandomVerticalFlip(RandomHorizontalFlip):
    """Mirror top and bottom, with probability `p` for each image.

    >>> RandomVerticalFlip(p=1.0)(np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    array([[[3., 4.],
            [1., 2.]]])
    """

    axis = 2


class RandomCrop(Augmentation):
    """A part of each image, from anywhere in it.

    Args:
        size: (height, width) of the part, or one number for both.
        padding: pixels of `fill` put on all four sides before.

    Raises:
        ShapeError: when images, padded, are smaller than the part.

    >>> RandomCrop(32, padding=4)(np.ones((2, 3, 32, 32), np.float32), generator=0).shape
    (2, 3, 32, 32)
    """

    def __init__(self, size: int | tuple[int, int], padding: int = 0, fill: float = 0) -> None:
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        self.padding, self.fill = padding, fill

    def change(self, images: np.ndarray, rng: np.random.Generator, top: float) -> np.ndarray:
        """One index into all the parts that there are."""
        sides = ((self.padding, self.padding),) * 2
        padded = np.pad(images, ((0, 0), (0, 0), *sides), constant_values=self.fill)
        room = (padded.shape[2] - self.size[0], padded.shape[3] - self.size[1])
        if min(room) < 0:
            raise ShapeError(
                "RandomCrop: images smaller than the part.", expected=str(self.size), got=str(padded.shape)
            )
        parts = np.lib.stride_tricks.sliding_window_view(padded, self.size, axis=(2, 3))
        n = len(images)
        return parts[np.arange(n), :, rng.integers(room[0] + 1, size=n), rng.integers(room[1] + 1, size=n)]


class ColorJitter(Augmentation):
    """Brightness, contrast and saturation, each times a factor from 1 - x to 1 + x, in this order.

    Args:
        brightness: x for the values themselves.
        contrast: x for their distance from the image's mean grey.
        saturation: x for their distance from each pixel's own grey; of images with three channels.

    Raises:
        OptionError: for a negative number.

    >>> ColorJitter(brightness=0.5)(np.full((1, 3, 1, 1), 0.5), generator=0).round(2).ravel()
    array([0.57, 0.57, 0.57])
    """

    def __init__(self, brightness: float = 0, contrast: float = 0, saturation: float = 0) -> None:
        self.strengths = (brightness, contrast, saturation)
        if min(self.strengths) < 0:
            raise OptionError(f"ColorJitter: none of the three may be negative; got {self.strengths}")

    def change(self, images: np.ndarray, rng: np.random.Generator, top: float) -> np.ndarray:
        """Away from black, from the mean grey and from grey, or towards it; each time within range."""
        for i, strength in enumerate(self.strengths):
            if not strength or (i == 2 and images.shape[1] != 3):
                continue
            factor = rng.uniform(max(0, 1 - strength), 1 + strength, (len(images), 1, 1, 1)).astype(images.dtype)
            base: Any = 0
            if i:
                base = _grey(images)
                base = base.mean(axis=(1, 2, 3), keepdims=True) if i == 1 else base
            images = np.clip(base + factor * (images - base), 0, images.dtype.type(top))
        return images


class GaussianNoise(Augmentation):
    """Add normal noise of standard deviation `sigma` (of images from 0 to 1), kept within range if `clip`.

    >>> GaussianNoise(sigma=0.1)(np.full((1, 1, 2), 0.5), generator=0).round(2)
    array([[[0.51, 0.49]]])
    """

    def __init__(self, mean: float = 0, sigma: float = 0.1, clip: bool = True) -> None:
        self.mean, self.sigma, self.clip = mean, sigma, clip

    def change(self, images: np.ndarray, rng: np.random.Generator, top: float) -> np.ndarray:
        """Another draw for every value."""
        kind = images.dtype if images.dtype == np.float64 else np.dtype(np.float32)  # of float16 NumPy draws none
        noise = rng.standard_normal(images.shape, kind)
        noise *= kind.type(self.sigma * top)
        noise += images
        noise += kind.type(self.mean * top)
        return (np.clip(noise, 0, top, out=noise) if self.clip else noise).astype(images.dtype, copy=False)


class Cutout(Augmentation):
    """Blank a square around a random pixel; at the edge, part of it (DeVries and Taylor, 2017).

    Args:
        size: pixels along a side of the square.
        p: with what probability, for each image.
        fill: the value put there.

    >>> int(Cutout(3)(np.ones((1, 9, 9)), generator=0).sum())
    72
    """

    def __init__(self, size: int, p: float = 1, fill: float = 0) -> None:
        self.size, self.p, self.fill = size, _probability(p), fill

    def change(self, images: np.ndarray, rng: np.random.Generator, top: float) -> np.ndarray:
        """A mask of rows and columns."""
        n, _, height, width = images.shape
        inside = []
        for length in (height, width):
            start = rng.integers(length, size=(n, 1)) - self.size // 2
            inside.append((start <= np.arange(length)) & (np.arange(length) < start + self.size))
        inside[0] &= rng.random((n, 1)) < self.p
        blank = inside[0][:, None, :, None] & inside[1][:, None, None, :]
        return np.where(blank, images.dtype.type(self.fill), images)


class MixUp(Augmentation):
    """Mix each image with another of the batch, and their labels likewise (Zhang and others, 2018).

    x = λ x_i + (1 - λ) x_j, with one λ from Beta(alpha, alpha) for the batch. Labels become probabilities of
    shape (N, num_classes), which `cross_entropy` takes.

    Raises:
        TinygradError: without labels.
        ShapeError: for labels outside of 0 to num_classes - 1.

    >>> images, labels = MixUp(num_classes=3)(np.ones((2, 1, 1)), np.array([0, 2]), generator=0)
    >>> labels.shape, labels.sum(1).tolist()
    ((2, 3), [1.0, 1.0])
    """

    def __init__(self, *, alpha: float = 1.0, num_classes: int) -> None:
        if alpha <= 0:
            raise OptionError(f"MixUp: alpha must be positive; got {alpha}")
        self.alpha, self.num_classes = alpha, num_classes

    def __call__(self, images: Any, labels: Any = None, generator: np.random.Generator | int | None = None) -> Any:
        """The images and their labels, mixed."""
        if labels is None:
            raise TinygradError("MixUp mixes labels, too.", got="images alone", mend="mix(images, labels)")
        rng = as_generator(generator)
        batch, numbers = as_batch(images), np.asarray(labels._data if isinstance(labels, Tensor) else labels)
        if numbers.shape != (len(batch),) or not ((numbers >= 0) & (numbers < self.num_classes)).all():
            raise ShapeError(
                "MixUp takes one label for each image.",
                expected=f"({len(batch)},), from 0 to {self.num_classes - 1}",
                got=f"{numbers.shape}, from {numbers.min(initial=0)} to {numbers.max(initial=0)}",
            )
        share, other = batch.dtype.type(rng.beta(self.alpha, self.alpha)), rng.permutation(len(batch))
        sure = np.eye(self.num_classes, dtype=batch.dtype)[numbers]
        mixed, soft = (share * whole + (1 - share) * whole[other] for whole in (batch, sure))
        return as_given(mixed, images), Tensor(soft) if isinstance(labels, Tensor) else soft


def _top(images: Any) -> float:
    """The largest value that images of this dtype have."""
    return 255 if images.dtype.kind == "u" else 1


def _grey(images: np.ndarray) -> np.ndarray:
    """Each pixel's brightness, of shape (N, 1, H, W)."""
    if images.shape[1] != 3:
        return images.mean(axis=1, keepdims=True)
    return np.einsum("nchw,c->nhw", images, _GREY.astype(images.dtype))[:, None]


def _around(value: Any) -> tuple[float, float]:
    """A number as the range around 0, or a range itself."""
    if np.ndim(value):
        low, high = value
        return float(low), float(high)
    if value < 0:
        raise OptionError(f"a number of degrees must not be negative; for a range give both ends; got {value}")
    return -float(value), float(value)


def _probability(p: float) -> float:
    if not 0 <= p <= 1:
        raise OptionError(f"a probability is from 0 to 1; got {p}")
    return p
