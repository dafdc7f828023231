"""sampling: images read at places of a grid, which may be learned (Jaderberg et al. 2015): affine_grid, grid_sample."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from .. import gates
from ..errors import DtypeError, OptionError, ShapeError
from ..gates.activation import hardtanh
from ..record import run
from ..tensor import Tensor, as_array, as_tensor
from .upsampling import cubic_far, cubic_near

__all__: list[str] = []  # users call nn.functional's affine_grid and grid_sample


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Tensor:
    """Where an affine map sends each pixel of an image, for `grid_sample`: theta (x, y, 1).

    Args:
        theta: matrices of shape (N, 2, 3), or (N, 3, 4) for volumes.
        size: of the output: (N, C, H, W) or (N, C, D, H, W).
        align_corners: whether -1 and 1 are the centers of the outermost pixels, not their outer edges. An axis
            of one pixel lies at 0.

    Returns:
        Of shape (N, H, W, 2) or (N, D, H, W, 3): x first, which counts along W.

    Raises:
        ShapeError: if theta and size do not fit together, or a size is not positive.
        DtypeError: if theta is not of floats.

    >>> import tinygrad_edu as tg
    >>> mirrored = tg.tensor([[[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    >>> affine_grid(mirrored, (1, 1, 1, 2)).tolist()
    [[[[0.5, 0.0], [-0.5, 0.0]]]]
    """
    theta, size = as_tensor(theta), tuple(map(int, size))
    plane, d = size[2:], len(size) - 2
    if d not in (2, 3) or theta.shape != (size[0], d, d + 1) or min(size) < 1:
        raise ShapeError(
            "affine_grid takes a matrix for each image.",
            expected="theta (N, 2, 3) and size (N, C, H, W), or (N, 3, 4) and (N, C, D, H, W), all positive",
            got=f"theta {theta.shape} and size {size}",
        )
    if theta.dtype.kind != "f":
        raise DtypeError("affine_grid takes matrices of floats.", got=str(theta.dtype), mend="theta.float()")
    lines = [_line(n, bool(align_corners)) for n in plane]
    places = np.stack([*np.meshgrid(*lines, indexing="ij")[::-1], np.ones(plane)], -1).astype(theta.dtype)
    return gates.reshape(places.reshape(-1, d + 1) @ gates.transpose(theta, 1, 2), (size[0], *plane, d))


def _line(n: int, align_corners: bool) -> np.ndarray:
    """The centers of n pixels from -1 to 1."""
    if n == 1:
        return np.zeros(1)
    line = np.linspace(-1.0, 1.0, n)
    return line if align_corners else line * ((n - 1) / n)


def grid_sample(
    input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Tensor:
    """The image at each place of a grid: a sum of the pixels around it, each weighed by how near it is.

    With border or reflection a nan in the grid is read as -1 (in volumes, PyTorch reads 1). With zeros, or
    bicubic, the output is nan, and for inf too.

    Args:
        input: (N, C, H, W) or (N, C, D, H, W).
        grid: (N, H', W', 2) or (N, D', H', W', 3): for each output its place, x first, which counts along W;
            from -1 to 1 inside the image.
        mode: bilinear (in volumes along three axes); nearest, whose gradient for the grid is 0; bicubic, not for
            volumes.
        padding_mode: what lies outside: zeros, the nearest pixel of the border, or the image mirrored at its edges.
        align_corners: whether -1 and 1 are the centers of the outermost pixels, not their outer edges.

    Returns:
        (N, C, H', W') or (N, C, D', H', W').

    Raises:
        ShapeError: if input and grid do not fit together, or the image has no pixel.
        OptionError: for an unknown mode or padding_mode, or bicubic for volumes.
        DtypeError: if input and grid are not floats of one dtype.

    >>> import tinygrad_edu as tg
    >>> image = tg.tensor([[[[1.0, 2.0, 4.0]]]])
    >>> grid = tg.tensor([[[[-0.5, 0.0], [0.0, 0.0], [1.5, 0.0]]]], requires_grad=True)
    >>> z = grid_sample(image, grid, padding_mode="border", align_corners=True)
    >>> z.detach()
    tensor([[[[1.5000, 2.0000, 4.0000]]]])
    >>> z.sum().backward(); grid.grad.tolist()  # the slope between the pixels; outside, the border is flat
    [[[[1.0, 0.0], [2.0, 0.0], [0.0, 0.0]]]]
    """
    x, grid = as_tensor(input), as_tensor(grid)
    _check(x, grid, mode, padding_mode)
    plane, outside = x.shape[2:], (padding_mode, bool(align_corners))
    taps = [_taps(grid[..., -1 - axis], n, mode, *outside) for axis, n in enumerate(plane)]
    pixel: Any = np.arange(x.shape[0]).reshape(1, -1, *(1,) * len(plane))  # by its number among all images'
    inside: Any = np.ones_like(pixel, bool)
    for n, (at, _) in zip(plane, taps, strict=True):
        valid = (at >= 0) & (at < n)
        inside = _each_with_each(inside, valid)
        pixel = _each_with_each(pixel * n, np.where(valid, at, 0).astype(np.int64), np.add)
    found = gates.flatten(gates.movedim(x, 1, -1), 0, -2)[pixel]
    if not inside.all():
        found = gates.where(inside[..., None], found, 0.0)  # not by a weight of 0: what is there may be nan
    weight = reduce(_each_with_each, (w for _, w in taps))
    return gates.movedim(gates.sum(found * weight[..., None], 0), -1, 1)  # type: ignore[no-any-return]


def _each_with_each(a: Any, b: Any, by: Any = np.multiply) -> Any:
    """Each along the first axis of a with each of b's."""
    both = by(a[:, None], b)
    return np.reshape(both, (both.shape[0] * both.shape[1], *both.shape[2:]))


def _check(x: Tensor, grid: Tensor, mode: str, padding_mode: str) -> None:
    for name, value, known in (
        ("mode", mode, ("bilinear", "nearest", "bicubic")),
        ("padding_mode", padding_mode, ("zeros", "border", "reflection")),
    ):
        if value not in known:
            raise OptionError(f"grid_sample has no {name} {value!r}.", expected=", ".join(known))
    fits = x.ndim in (4, 5) and grid.shape[:1] + grid.shape[x.ndim - 1 :] == (x.shape[0], x.ndim - 2)
    if not fits or grid.ndim != x.ndim or 0 in x.shape[2:]:
        raise ShapeError(
            "grid_sample: input and grid do not fit together.",
            expected="input (N, C, H, W) and grid (N, H', W', 2), or (N, C, D, H, W) and (N, D', H', W', 3)",
            got=f"input {x.shape} and grid {grid.shape}",
        )
    if mode == "bicubic" and x.ndim == 5:
        raise OptionError("grid_sample: mode 'bicubic' is not for volumes.", expected="bilinear or nearest")
    if x.dtype.kind != "f" or x.dtype != grid.dtype:
        raise DtypeError(
            "grid_sample takes floats of one dtype.",
            got=f"input of {x.dtype} and grid of {grid.dtype}",
            mend="grid.to(input.dtype)" if x.dtype.kind == "f" else "input.float()",
        )


# Along one axis of n pixels: the pixels that each output is made of, and their weights: (taps, N, …) each.


def _taps(place: Tensor, n: int, mode: str, padding_mode: str, align_corners: bool) -> tuple[np.ndarray, Tensor]:
    at = (place + 1) * ((n - 1) / 2) if align_corners else (place + 1) * (n / 2) - 0.5
    bounds = n, padding_mode, align_corners
    if mode == "bicubic":
        low = np.floor(at._data)
        t = at - low
        around = np.stack([_bounded(low + k, *bounds) for k in (-1, 0, 1, 2)])
        by = -0.75
        weights = cubic_far(t + 1, by), cubic_near(t, by), cubic_near(1 - t, by), cubic_far(2 - t, by)
        return around, gates.stack(weights)
    at = _bounded(at, *bounds)
    if mode == "nearest":
        one = hardtanh(_or_0(at, ~np.isnan(at._data)), low=1.0, high=1.0)  # whatever the place: its gradient is 0
        return np.rint(at._data)[None], one[None]
    low = np.floor(at._data)
    t = at - low
    return np.stack([low, low + 1]), gates.stack([1 - t, t])


def _bounded(at: Any, n: int, padding_mode: str, align_corners: bool) -> Any:
    """Places, of pixels or between them, brought inside; where one is held at the border its gradient is 0."""
    if padding_mode == "zeros":
        return at
    if padding_mode == "reflection":
        edge = 0.0 if align_corners else -0.5
        at = _mirrored(_or_0(at, np.isfinite(as_array(at))), edge, n - 1 - 2 * edge)
    return run(hardtanh, _or_0(at, ~np.isnan(as_array(at))), low=0.0, high=float(n - 1))


def _or_0(at: Any, wanted: np.ndarray) -> Any:
    return at if wanted.all() else np.where(wanted, at, 0.0)


def _mirrored(at: Any, low: float, span: float) -> Any:
    """Places mirrored at `low` and at `low + span`, as often as it takes."""
    if span == 0:
        return at * 0
    far = np.abs(at - low)
    rest = np.fmod(far, span)
    return np.where(np.floor(as_array(far) / span) % 2 == 0, rest + low, span + low - rest)
