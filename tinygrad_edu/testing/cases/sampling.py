"""sampling: the cases of `nn/sampling.py`."""

from itertools import product

from .case import between, case, real, values


def _sampled(*args):  # type: ignore[no-untyped-def]
    return lambda T, x, grid: T.nn.functional.grid_sample(x, grid, *args)


def _placed(size, align_corners):  # type: ignore[no-untyped-def]
    return lambda T, theta: T.nn.functional.affine_grid(theta, size, align_corners)


_IMAGE, _PLACES = real(2, 2, 3, 4), between(-2.3, 2.3)(2, 2, 3, 2)
_VOLUME, _PLACES_3D = real(2, 2, 2, 4, 3), between(-2.3, 2.3)(2, 2, 1, 2, 3)
_MODES, _PADDINGS = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
_AT = [-5.0, -3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0]
_EDGES = values([[[[x, y] for x in _AT] for y in (-1.5, -1.0, 0.0, 1.0)]])

CASES = [
    case("affine_grid", _placed((2, 1, 3, 4), False), real(2, 2, 3)),
    case("affine_grid: align_corners", _placed((2, 1, 3, 4), True), real(2, 2, 3)),
    case("affine_grid: volumes", _placed((2, 1, 3, 1, 2), False), real(2, 3, 4)),
    case("affine_grid: one pixel, align_corners", _placed((2, 1, 3, 1, 2), True), real(2, 3, 4)),
    *(case(f"grid_sample: {mode}, {padding}, {align}", _sampled(mode, padding, align), _IMAGE, _PLACES)
      for mode, padding, align in product(_MODES, _PADDINGS, (False, True))),
    *(case(f"grid_sample: {mode}, {padding}, {align}, volumes", _sampled(mode, padding, align), _VOLUME, _PLACES_3D)
      for mode, padding, align in product(_MODES[:2], _PADDINGS, (False, True))),
    *(case(f"grid_sample: {mode}, {padding}, {align}, on pixels and edges", _sampled(mode, padding, align),
           real(1, 2, 4, 3), _EDGES, numeric=False, order=1, why="kinks")
      for mode, padding, align in product(_MODES, _PADDINGS, (False, True))),
    case("grid_sample: one pixel", _sampled("bilinear", "reflection", True), real(2, 2, 1, 1), _PLACES),
]  # fmt: skip
