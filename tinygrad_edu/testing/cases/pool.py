"""pool: the cases of `nn/pooling.py` and `nn/upsampling.py`."""

from typing import Any

from .case import away_from, between, case, real, values

_NAN, _INF = float("nan"), float("inf")


def _f(name, *args, **keywords):  # type: ignore[no-untyped-def]
    """A program: the function of that name at nn.functional, with the rest as its arguments."""
    return lambda T, x: getattr(T.nn.functional, name)(x, *args, **keywords)


def _unpooled(n, *args, **keywords):  # type: ignore[no-untyped-def]
    down, up = f"max_pool{n}d", f"max_unpool{n}d"

    def call(T, x):  # type: ignore[no-untyped-def]
        F = T.nn.functional
        z, index = getattr(F, down)(x, *args, return_indices=True, **keywords)
        return getattr(F, up)(z * 2, index, *args, output_size=x.shape[-n:])

    return call


def _fractional(n, samples, *args, **keywords):  # type: ignore[no-untyped-def]
    name = f"fractional_max_pool{n}d"

    def call(T, x):  # type: ignore[no-untyped-def]
        drawn = T.tensor(samples, dtype=x.dtype)
        return getattr(T.nn.functional, name)(x, *args, _random_samples=drawn, **keywords)

    return call


_SAMPLES = [[[0.1, 0.7], [0.9, 0.3]], [[0.5, 0.5], [0.0, 0.99]]]
_TIES = values([[[[1.0, 1.0, 0.0, 2.0], [1.0, 1.0, 2.0, 2.0], [-0.0, 0.0, 3.0, 1.0], [0.0, 0.0, 1.0, 3.0]]]])
_SPECIAL = values([[[[_NAN, 1.0, -_INF, -_INF], [2.0, _NAN, -_INF, -_INF], [_INF, 1.0, 5.0, _NAN],
                     [_INF, 0.0, _INF, 1.0]]]])  # fmt: skip
_PLANES = {1: (9,), 2: (6, 7), 3: (5, 4, 6)}


def _of(n, *lead):  # type: ignore[no-untyped-def]
    return real(*(lead or (2, 2)), *_PLANES[n])


_ANTIALIASED: dict[str, Any] = {
    "smaller": {"size": (3, 2)},
    "larger": {"scale_factor": 1.7},
    "fraction": {"scale_factor": (0.37, 0.6)},
    "align_corners": {"size": (3, 9), "align_corners": True},
    "to one": {"size": 1, "align_corners": True},
}

CASES = [
    *(case(f"max_pool{n}d", _f(f"max_pool{n}d", 2), _of(n)) for n in (1, 2, 3)),
    *(case(f"max_pool{n}d: overlapping", _f(f"max_pool{n}d", 3, 2, 1), _of(n)) for n in (1, 2, 3)),
    *(case(f"{kind}_pool1d: long windows, padded", _f(f"{kind}_pool1d", 5, 5, 1), real(2, 2, 12))
      for kind in ("max", "avg")),
    *(case(f"max_pool{n}d: dilation", _f(f"max_pool{n}d", 2, 1, 1, 2), _of(n, 2)) for n in (1, 2, 3)),
    *(case(f"max_pool{n}d: ceil_mode", _f(f"max_pool{n}d", 2, 3, 1, ceil_mode=True), _of(n)) for n in (1, 2, 3)),
    *(case(f"max_pool{n}d: return_indices", _f(f"max_pool{n}d", 3, 2, 1, return_indices=True), _of(n))
      for n in (1, 2, 3)),
    case("max_pool2d: indices, dilation, ceil_mode",
         _f("max_pool2d", (2, 3), (2, 1), (1, 0), (3, 2), True, True), real(1, 2, 7, 8)),
    case("max_pool2d: sizes", _f("max_pool2d", (3, 1), (1, 2), (1, 0)), _of(2)),
    case("max_pool2d: tiles", _f("max_pool2d", 2), real(2, 3, 4, 6)),
    case("max_pool2d: large tiles", _f("max_pool2d", (5, 6)), real(2, 3, 10, 13)),
    case("max_pool2d: gaps", _f("max_pool2d", 1, 2), _of(2)),
    case("max_pool2d: no samples", _f("max_pool2d", 2), real(0, 3, 4, 4)),
    case("max_pool2d: transposed memory", lambda T, x: T.nn.functional.max_pool2d(T.transpose(x, 1, 3), 2),
         real(2, 4, 6, 3)),
    case("max_pool2d: ties", _f("max_pool2d", 2), _TIES, numeric=False, why="the first gets the upstream"),
    case("max_pool2d: ties, overlapping", _f("max_pool2d", 3, 1, 1), _TIES, numeric=False),
    case("max_pool2d: ties, indices", _f("max_pool2d", 3, 1, 1, return_indices=True), _TIES, numeric=False),
    case("max_pool2d: special values", _f("max_pool2d", 2), _SPECIAL, numeric=False, why="a nan wins"),
    case("max_pool2d: special values, overlapping", _f("max_pool2d", 2, 1, 1), _SPECIAL, numeric=False),
    case("max_pool2d: special values, indices", _f("max_pool2d", 2, 1, 1, return_indices=True), _SPECIAL,
         numeric=False),
    *(case(f"max_unpool{n}d", _unpooled(n, 2), _of(n)) for n in (1, 2, 3)),
    case("max_unpool2d: stride", _unpooled(2, 2, 3, padding=0), real(2, 2, 6, 6)),
    case("max_unpool2d: one sample", _unpooled(2, 2), real(2, 6, 6)),
    *(case(f"avg_pool{n}d", _f(f"avg_pool{n}d", 2), _of(n)) for n in (1, 2, 3)),
    *(case(f"avg_pool{n}d: overlapping", _f(f"avg_pool{n}d", 3, 2, 1), _of(n, 2)) for n in (1, 2, 3)),
    *(case(f"avg_pool{n}d: ceil_mode", _f(f"avg_pool{n}d", 3, 2, 1, True), _of(n)) for n in (1, 2, 3)),
    *(case(f"avg_pool{n}d: padding does not count", _f(f"avg_pool{n}d", 3, 2, 1, True, False), _of(n))
      for n in (1, 2, 3)),
    *(case(f"avg_pool{n}d: divisor_override", _f(f"avg_pool{n}d", 2, divisor_override=3), _of(n)) for n in (2, 3)),
    case("avg_pool2d: sizes", _f("avg_pool2d", (3, 2), (1, 2), (1, 0)), _of(2)),
    case("avg_pool2d: tiles", _f("avg_pool2d", 2), real(2, 3, 4, 6)),
    case("avg_pool2d: large tiles", _f("avg_pool2d", (5, 6)), real(2, 3, 10, 13)),
    case("avg_pool2d: gaps", _f("avg_pool2d", 1, 2), _of(2)),
    case("avg_pool2d: no samples", _f("avg_pool2d", 2), real(0, 3, 4, 4)),
    case("avg_pool2d: transposed memory", lambda T, x: T.nn.functional.avg_pool2d(T.transpose(x, 1, 3), 2),
         real(2, 4, 6, 3)),
    case("avg_pool2d: special values", _f("avg_pool2d", 2, 1), _SPECIAL, numeric=False),
    *(case(f"lp_pool{n}d", _f(f"lp_pool{n}d", 2, 2), away_from([0.0], 0.2)(2, 2, *_PLANES[n])) for n in (1, 2, 3)),
    *(case(f"lp_pool{n}d: stride, ceil_mode", _f(f"lp_pool{n}d", 3, 2, 3, True), between(0.5, 2)(2, *_PLANES[n]))
      for n in (1, 2, 3)),
    case("lp_pool2d: sizes", _f("lp_pool2d", 1.5, (2, 3), (1, 2)), between(0.5, 2)(2, 2, *_PLANES[2])),
    *(case(f"adaptive_avg_pool{n}d", _f(f"adaptive_avg_pool{n}d", 3), _of(n)) for n in (1, 2, 3)),
    *(case(f"adaptive_avg_pool{n}d: to one", _f(f"adaptive_avg_pool{n}d", 1), _of(n, 2)) for n in (1, 2, 3)),
    case("adaptive_avg_pool2d: sizes", _f("adaptive_avg_pool2d", (None, 10)), _of(2)),
    *(case(f"adaptive_max_pool{n}d", _f(f"adaptive_max_pool{n}d", 3), _of(n)) for n in (1, 2, 3)),
    *(case(f"adaptive_max_pool{n}d: to one", _f(f"adaptive_max_pool{n}d", 1), _of(n, 2)) for n in (1, 2, 3)),
    *(case(f"adaptive_max_pool{n}d: indices", _f(f"adaptive_max_pool{n}d", 2, True), _of(n)) for n in (1, 2, 3)),
    case("adaptive_max_pool2d: sizes", _f("adaptive_max_pool2d", (None, 10)), _of(2)),
    case("adaptive_max_pool2d: special values", _f("adaptive_max_pool2d", 3, True), _SPECIAL, numeric=False),
    case("fractional_max_pool2d", _fractional(2, _SAMPLES, 2, (4, 3)), real(2, 2, 8, 7)),
    case("fractional_max_pool2d: ratio, indices", _fractional(2, _SAMPLES, (3, 2), output_ratio=(0.5, 0.7),
         return_indices=True), real(2, 2, 8, 7)),
    case("fractional_max_pool2d: one window", _fractional(2, _SAMPLES, 2, 1), real(2, 2, 4, 4)),
    case("fractional_max_pool3d", _fractional(3, [[[0.1, 0.7, 0.4], [0.9, 0.3, 0.6]]], 2, (4, 3, 2)),
         real(1, 2, 8, 7, 6)),
    *(case(f"interpolate: nearest, {n} axes", _f("interpolate", scale_factor=2), _of(n)) for n in (1, 2, 3)),
    case("interpolate: nearest, size", _f("interpolate", (4, 9)), _of(2)),
    case("interpolate: nearest, fraction", _f("interpolate", scale_factor=(1.7, 0.6)), _of(2)),
    case("interpolate: nearest-exact", _f("interpolate", (4, 9), mode="nearest-exact"), _of(2)),
    case("interpolate: nearest, special values", _f("interpolate", 6), _SPECIAL, numeric=False),
    *(case(f"interpolate: {mode}", _f("interpolate", scale_factor=2, mode=mode), _of(n))
      for n, mode in ((1, "linear"), (2, "bilinear"), (3, "trilinear"), (2, "bicubic"))),
    *(case(f"interpolate: {mode}, align_corners", _f("interpolate", 7, mode=mode, align_corners=True), _of(n))
      for n, mode in ((1, "linear"), (2, "bilinear"), (3, "trilinear"), (2, "bicubic"))),
    *(case(f"interpolate: {mode}, smaller", _f("interpolate", scale_factor=0.45, mode=mode), _of(n))
      for n, mode in ((1, "linear"), (2, "bilinear"), (3, "trilinear"), (2, "bicubic"))),
    *(case(f"interpolate: {mode}, antialias, {what}", _f("interpolate", mode=mode, antialias=True, **how), _of(2))
      for mode in ("bilinear", "bicubic") for what, how in _ANTIALIASED.items()),
    case("interpolate: recompute_scale_factor", _f("interpolate", scale_factor=1.3, mode="bilinear",
         recompute_scale_factor=True), _of(2)),
    case("interpolate: bilinear to one, align_corners", _f("interpolate", 1, mode="bilinear", align_corners=True),
         _of(2)),
    *(case(f"interpolate: area, {n} axes", _f("interpolate", 3, mode="area"), _of(n)) for n in (1, 2, 3)),
    case("pixel_shuffle", _f("pixel_shuffle", 2), real(2, 8, 2, 3)),
    case("pixel_shuffle: no samples axis", _f("pixel_shuffle", 3), real(9, 2, 3)),
    case("pixel_unshuffle", _f("pixel_unshuffle", 2), real(2, 2, 4, 6)),
    case("channel_shuffle", _f("channel_shuffle", 3), real(2, 6, 2)),
]  # fmt: skip
