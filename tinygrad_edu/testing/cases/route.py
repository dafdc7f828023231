"""route: the cases of `gates/route.py`."""

import numpy as np

from .case import apart, case, nonzero, real, values

nan, inf = float("nan"), float("inf")
# every pair of 0, -0, 1, nan, inf and -inf
_SPECIAL = [0.0, -0.0, 1.0, nan, inf, -inf]
_LEFT, _RIGHT = (a.ravel() for a in np.meshgrid(_SPECIAL, _SPECIAL))
_ZEROS = values(np.array([[0.0, 0.0, 1.0], [2.0, 3.0, 2.0]]))


def _in_place(name, *args):  # type: ignore[no-untyped-def]
    """The method `name`, written into a copy of x."""

    def program(T, x, *more):  # type: ignore[no-untyped-def]
        y = x * 1
        z = getattr(y, name)(*more, *args)
        return z * y

    return program


CASES = [
    # between two
    case("maximum", lambda T, x, y: T.maximum(x, y), real(3, 4), real(4), elementwise=True),
    case("maximum: ties", lambda T, x, y: x.maximum(y), values([1.0, 2.0]), values([1.0, 3.0]), numeric=False),
    case("maximum: special", lambda T, x, y: T.maximum(x, y), values(_LEFT), values(_RIGHT), numeric=False),
    case("maximum: 0-d", lambda T, x, y: T.maximum(x, y), values(np.array(2.0)), values([1.0, 3.0])),
    case("maximum: integers", lambda T, x: T.maximum(x, T.tensor([3, 0])), values([1, 2]), order=0),
    case("minimum", lambda T, x, y: T.minimum(x, y), real(3, 4), real(4), elementwise=True),
    case("minimum: ties", lambda T, x, y: x.minimum(y), values([1.0, 2.0]), values([1.0, 3.0]), numeric=False),
    case("minimum: special", lambda T, x, y: T.minimum(x, y), values(_LEFT), values(_RIGHT), numeric=False),
    case("fmax", lambda T, x, y: T.fmax(x, y), real(3, 4), real(4), elementwise=True),
    case("fmax: special", lambda T, x, y: x.fmax(y), values(_LEFT), values(_RIGHT), numeric=False),
    case("fmin", lambda T, x, y: T.fmin(x, y), real(3, 4), real(4), elementwise=True),
    case("fmin: special", lambda T, x, y: x.fmin(y), values(_LEFT), values(_RIGHT), numeric=False),
    case("where", lambda T, c, x, y: T.where(c > 0, x, y), real(3, 4), real(4), real(3, 1)),
    case("where: method", lambda T, x, y: x.where(x > y, y), real(3, 4), real(4)),
    case("where: numbers", lambda T, x: T.where(x > 0, x, 2.5), real(3, 4)),
    case("where: condition alone", lambda T, x: T.where(x > 0), real(3, 4), order=0),
    case("where: infinite upstream", lambda T, x: T.where(x > 0, x, T.ones_like(x)).log(), values([-1.0, 0.0, 2.0]),
         numeric=False, why="nothing of an upstream reaches the one that was not chosen"),
    # of one
    case("relu", lambda T, x: T.relu(x), nonzero(3, 4), elementwise=True),
    case("relu: at 0", lambda T, x: x.relu(), values([0.0, -0.0, -1.0, 1.0, nan, inf, -inf]), numeric=False),
    case("relu: infinite upstream", lambda T, x: T.relu(x).sqrt(), values([-1.0, 0.0, 4.0]), numeric=False),
    case("relu: in place", _in_place("relu_"), nonzero(3)),
    case("relu: integers", lambda T, x: T.relu(x), values([-1, 2]), order=0),
    case("abs", lambda T, x: T.abs(x), nonzero(3, 4), elementwise=True),
    case("abs: special", lambda T, x: x.abs(), values(_SPECIAL), numeric=False),
    case("abs: names", lambda T, x: T.absolute(x) * x.absolute() * abs(x), nonzero(3)),
    case("abs: in place", _in_place("abs_"), nonzero(3)),
    case("abs: integers", lambda T, x: T.abs(x), values([-1, 2]), order=0),
    case("nan_to_num", lambda T, x: T.nan_to_num(x), real(3)),
    case("nan_to_num: special", lambda T, x: x.nan_to_num(), values(_SPECIAL), numeric=False),
    case("nan_to_num: chosen", lambda T, x: T.nan_to_num(x, 3.0, posinf=4.0, neginf=-4.0), values(_SPECIAL),
         numeric=False),
    case("nan_to_num: in place", _in_place("nan_to_num_"), real(3)),
    # between bounds
    case("clamp", lambda T, x: T.clamp(x, -0.65, 0.95), apart(3, 4)),
    case("clamp: below", lambda T, x: x.clamp(min=0.3), apart(3, 4)),
    case("clamp: above", lambda T, x: x.clamp(max=0.3), apart(3, 4)),
    case("clamp: at the bounds", lambda T, x: T.clamp(x, 0.0, 1.0), values([0.0, 1.0, -1.0, 2.0, nan, inf, -inf]),
         numeric=False),
    case("clamp: crossed", lambda T, x: T.clamp(x, 1.0, 0.0), values([-1.0, 0.0, 0.5, 1.0, 2.0]), numeric=False),
    case("clamp: integers", lambda T, x: T.clamp(x, 0, 2), values([-1, 1, 5]), order=0),
    case("clamp: integers to floats", lambda T, x: T.clamp(x, 0.5), values([-1, 1, 5]), order=0),
    case("clamp: tensors", lambda T, x, a, b: T.clamp(x, a, b), apart(3, 4), real(4), real(3, 1)),
    case("clamp: tensors, ties", lambda T, x, a, b: T.clamp(x, a, b), values([0.0, 1.0, -1.0, 2.0, 0.0, 0.0, 3.0]),
         values([0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0]), values([1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0]), numeric=False),
    case("clamp: tensors, special", lambda T, x, a, b: T.clamp(x, a, b), values([nan, 1.0, 1.0, inf, -inf]),
         values([0.0, nan, 0.0, 0.0, 0.0]), values([1.0, 1.0, nan, 1.0, 1.0]), numeric=False),
    case("clamp: one tensor", lambda T, x, a: T.clamp(x, min=a) * T.clamp(x, max=a), apart(3, 4), real(4)),
    case("clamp: in place", _in_place("clamp_", -0.5, 0.5), apart(3)),
    case("clip", lambda T, x: T.clip(x, -0.65, 0.95) * x.clip(max=0.3), apart(3, 4)),
    case("clip: in place", _in_place("clip_", -0.5, 0.5), apart(3)),
    case("clamp_min", lambda T, x, a: T.clamp_min(x, 0.3) * x.clamp_min(a), apart(3, 4), real(4)),
    case("clamp_max", lambda T, x, a: T.clamp_max(x, 0.3) * x.clamp_max(a), apart(3, 4), real(4)),
    case("clamp_min: ties", lambda T, x, a: T.clamp_min(x, a), values([0.0, 1.0]), values([0.0, 2.0]), numeric=False),
    case("clamp_min: in place", _in_place("clamp_min_", -0.5), apart(3)),
    case("clamp_max: in place", _in_place("clamp_max_", 0.5), apart(3)),
    # along axes
    case("amax", lambda T, x: T.amax(x, dim=(0, 2)), apart(2, 3, 4)),
    case("amax: all, kept", lambda T, x: x.amax(keepdim=True), apart(2, 3)),
    case("amax: one axis", lambda T, x: x.amax(-2, keepdim=True), apart(2, 3)),
    case("amax: ties", lambda T, x: T.amax(x, dim=0), _ZEROS, numeric=False),
    case("amax: ties of all", lambda T, x: T.amax(x), _ZEROS, numeric=False),
    case("amax: nan", lambda T, x: T.amax(x, 1), values([[nan, 1.0], [2.0, inf], [2.0, 2.0]]), numeric=False),
    case("amax: 0-d", lambda T, x: T.amax(x, 0), apart()),
    case("amax: empty", lambda T, x: T.amax(x, 1), real(0, 3)),
    case("amin", lambda T, x: T.amin(x, dim=(0, -1)), apart(2, 3, 4)),
    case("amin: all", lambda T, x: x.amin(), apart(2, 3)),
    case("amin: ties", lambda T, x: T.amin(x, dim=(1,), keepdim=True), _ZEROS, numeric=False),
    case("amin: nan", lambda T, x: T.amin(x, 1), values([[nan, 1.0], [2.0, -inf], [2.0, 2.0]]), numeric=False),
    case("aminmax", lambda T, x: T.aminmax(x), apart(2, 3)),
    case("aminmax: axis", lambda T, x: x.aminmax(dim=-1, keepdim=True), apart(2, 3)),
    case("aminmax: ties", lambda T, x: T.aminmax(x, dim=0), _ZEROS, numeric=False),
    case("renorm", lambda T, x: T.renorm(x, 2, 0, 1.0), values([[3.0, 4.0], [0.3, 0.4]]), tolerance=1e-9),
    case("renorm: a zero slice", lambda T, x: x.renorm(3, -1, 1.5), values([[0.0, 4.0, 1.0], [0.0, -2.0, 1.0]])),
    case("renorm: p 1", lambda T, x: x.renorm(1, 1, 0.5), nonzero(2, 2, 3)),
    case("renorm: the largest", lambda T, x: T.renorm(x, float("inf"), 2, 0.5), apart(2, 2, 3)),
    case("renorm: in place", _in_place("renorm_", 2, 0, 1.0), nonzero(2, 3)),
]  # fmt: skip
