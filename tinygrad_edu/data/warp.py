"""warp: images drawn anew from other places: shifted, turned, scaled, sheared, and bent."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..tensor import Tensor

__all__ = ["affine"]


def affine(
    images: Any, angle: Any = 0, translate: Any = (0, 0), scale: Any = 1, shear: Any = (0, 0), fill: float = 0
) -> Any:
    """Images turned, moved, scaled and sheared about their centres, by bilinear interpolation.

    As `torchvision.transforms.functional.affine`, for each image its own numbers if they are arrays of
    shape (N,).

    Args:
        images: a Tensor or array of shape (N, C, H, W) or (N, H, W).
        angle: degrees, clockwise.
        translate: pixels to the right, and down.
        scale: how many times as large.
        shear: degrees along x, and along y.
        fill: the value of what comes in from outside.

    >>> affine(np.array([[[1.0, 2.0], [3.0, 4.0]]]), translate=(1, 0))
    array([[[0., 1.],
            [0., 3.]]])
    """
    batch = as_batch(images)
    n, _, height, width = batch.shape
    given = (angle, *translate, scale, *shear)
    numbers = np.stack([np.broadcast_to(np.asarray(number, np.float64), n) for number in given])
    return as_given(warped(batch, *affine_places(numbers, height, width, batch.dtype), fill), images)


def affine_places(numbers: np.ndarray, height: int, width: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """Where in its image each pixel of the result comes from: rows and columns, of shape (N, H * W).

    Counted from the centre, pixel p comes from M^-1 (p - t), where M turns, shears along y, then x, and scales.

    Args:
        numbers: what `affine` takes, a row each: angle, to the right, down, scale, shear along x and along y.
    """
    angle, right, down, scale, shear_x, shear_y = numbers
    a, sx, sy = np.deg2rad(angle), np.deg2rad(shear_x), np.deg2rad(shear_y)
    cos, sin, tan = np.cos(a - sy) / np.cos(sy), np.sin(a - sy) / np.cos(sy), np.tan(sx)
    xx, xy, yx, yy = cos, -cos * tan - np.sin(a), sin, -sin * tan + np.cos(a)  # M / scale: of determinant 1
    inverse = np.array([[yy, -xy], [-yx, xx]]) / scale  # (2, 2, N)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    start = centre[:, None] - np.einsum("ijn,jn->in", inverse, np.array([right + centre[0], down + centre[1]]))
    y, x = np.indices((height, width), dtype).reshape(2, -1)
    inverse, start = inverse.astype(dtype)[..., None], start.astype(dtype)[..., None]
    rows = inverse[1, 0] * x + inverse[1, 1] * y + start[1]
    return rows, inverse[0, 0] * x + inverse[0, 1] * y + start[0]


def elastic_field(n: int, height: int, width: int, alpha: float, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Displacements in pixels that vary smoothly, of shape (2, N, H * W) (Simard, Steinkraus and Platt, 2003).

    Uniform noise from -1 to 1, smoothed by a Gaussian of standard deviation `sigma` pixels, times `alpha`.
    """
    noise = rng.random((2 * n, height, width), np.float32)
    noise -= np.float32(0.5)
    noise *= np.float32(2 * alpha)
    smooth = _gaussian(height, sigma) @ noise @ _gaussian(width, sigma).T
    return smooth.reshape(2, n, height * width)


@lru_cache(maxsize=8)
def _gaussian(size: int, sigma: float) -> np.ndarray:
    """The matrix that smooths a column of pixels; beyond its ends is zero. Cut off at four sigma, as SciPy's."""
    reach = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    distance = np.arange(size) - np.arange(size)[:, None] + reach
    inside = (distance >= 0) & (distance <= 2 * reach)
    return np.where(inside, kernel[np.clip(distance, 0, 2 * reach)], 0).astype(np.float32)


def warped(images: np.ndarray, rows: np.ndarray, columns: np.ndarray, fill: float = 0) -> np.ndarray:
    """Images (N, C, H, W) whose pixels come from these places, between four pixels by bilinear interpolation."""
    n, channels, height, width = images.shape
    wide = width + 3  # a border all around that holds the fill, twice at the end
    padded = np.full((n, channels, height + 3, wide), fill, images.dtype)
    padded[:, :, 1:-2, 1:-2] = images
    rows, columns = np.clip(rows, -1, height), np.clip(columns, -1, width)
    top, left = np.floor(rows), np.floor(columns)
    down, right = (rows - top)[:, None], (columns - left)[:, None]
    place = top.astype(np.intp) * wide + left.astype(np.intp) + (wide + 1)
    place = place[:, None] + (np.arange(n * channels) * ((height + 3) * wide)).reshape(n, channels, 1)
    pixels = padded.reshape(-1)

    def between(place: np.ndarray) -> np.ndarray:
        """Along the row that starts at these pixels."""
        first, second = pixels.take(place), pixels.take(place + 1)
        second -= first
        second *= right
        return np.add(first, second, out=first)

    above, below = between(place), between(place + wide)
    below -= above
    below *= down
    return np.add(above, below, out=above).reshape(images.shape)


def as_batch(images: Any) -> np.ndarray:
    """Images as floats of shape (N, C, H, W)."""
    array = images._data if isinstance(images, Tensor) else np.asarray(images)
    if array.ndim not in (3, 4) or array.dtype.kind not in "fu":
        raise ShapeError(
            "These are not images.",
            expected="(N, C, H, W) or (N, H, W), of floats or uint8",
            got=f"{array.shape} of {array.dtype}",
            mend="one image is a batch of one: image[None]",
        )
    array = array if array.ndim == 4 else array[:, None]
    return array if array.dtype.kind == "f" else array.astype(np.float32)


def as_given(batch: np.ndarray, images: Any) -> Any:
    """A changed batch in the dtype, kind and number of axes that the images had."""
    if images.dtype.kind == "u":
        batch = np.clip(np.rint(batch), 0, 255).astype(images.dtype)
    batch = batch if images.ndim == 4 else batch[:, 0]
    return Tensor(batch) if isinstance(images, Tensor) else batch
