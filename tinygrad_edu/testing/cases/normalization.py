"""normalization: the cases of `nn/normalization.py`, `nn/dropout.py` and `nn/maxout.py`."""

from typing import Any

from .case import apart, case, real, values


def batch(**more: Any) -> Any:
    """Training: statistics of the batch."""
    return lambda T, x, w, b: T.nn.functional.batch_norm(x, None, None, w, b, training=True, **more)


def running(T: Any, x: Any) -> Any:
    """A running mean and variance."""
    return T.tensor([0.5, -1.0, 2.0], dtype=x.dtype), T.tensor([0.7, 1.0, 2.5], dtype=x.dtype)


def moved(T: Any, x: Any, name: str) -> Any:
    """The output, and the running statistics after it."""
    mean, var = T.zeros(3, dtype=x.dtype), T.ones(3, dtype=x.dtype)
    flag = {"batch_norm": "training", "instance_norm": "use_input_stats"}[name]
    z = getattr(T.nn.functional, name)(x, mean, var, momentum=0.3, **{flag: True})
    return z, mean, var


def drawn(name: str, **more: Any) -> Any:
    """The same draws every time: NumPy's, so that PyTorch cannot be asked."""

    def program(T: Any, x: Any) -> Any:
        T.manual_seed(3)
        return getattr(T.nn.functional, name)(x, training=True, **more)

    return program


_DRAWS = {"oracle": False, "why": "the draws are NumPy's"}

CASES = [
    case("batch_norm", batch(), real(5, 3), real(3), real(3)),
    case("batch_norm: images", batch(eps=0.1), real(2, 3, 2, 3), real(3), real(3)),
    case("batch_norm: no weight", lambda T, x: T.nn.functional.batch_norm(x, None, None, training=True), real(4, 3, 2)),
    case("batch_norm: weight only",
         lambda T, x, w: T.nn.functional.batch_norm(x, None, None, w, training=True), real(4, 3, 2), real(3)),
    case("batch_norm: bias only", lambda T, x, b: T.nn.functional.batch_norm(x, None, None, None, b, training=True),
         real(4, 3, 2), real(3)),
    case("batch_norm: far from 0", lambda T, x: T.nn.functional.batch_norm(x + 1e4, None, None, training=True),
         real(4, 3), numeric=False, tolerance=1e-7, why="PyTorch rounds at 1e4, too"),
    case("batch_norm: one value", batch(), values([[2.0], [2.0]]), real(1), real(1), numeric=False),
    case("batch_norm: running statistics", lambda T, x: moved(T, x, "batch_norm"), real(4, 3, 2)),
    case("batch_norm: evaluation", lambda T, x, w, b: T.nn.functional.batch_norm(
        x, *running(T, x), w, b), real(4, 3, 2), real(3), real(3)),
    case("batch_norm: evaluation, no weight", lambda T, x: T.nn.functional.batch_norm(
        x, *running(T, x)), real(1, 3)),
    case("instance_norm", lambda T, x, w, b: T.nn.functional.instance_norm(x, weight=w, bias=b), real(2, 3, 4),
         real(3), real(3)),
    case("instance_norm: images, no weight", lambda T, x: T.nn.functional.instance_norm(x), real(2, 3, 2, 2)),
    case("instance_norm: running statistics", lambda T, x: moved(T, x, "instance_norm"), real(2, 3, 4)),
    case("instance_norm: evaluation", lambda T, x, w, b: T.nn.functional.instance_norm(
        x, *running(T, x), w, b, use_input_stats=False), real(2, 3, 4), real(3), real(3)),
    case("layer_norm", lambda T, x, w, b: T.nn.functional.layer_norm(x, (4,), w, b), real(3, 4), real(4), real(4)),
    case("layer_norm: two axes", lambda T, x, w, b: T.nn.functional.layer_norm(x, (3, 4), w, b), real(2, 3, 4),
         real(3, 4), real(3, 4)),
    case("layer_norm: many rows", lambda T, x, w, b: T.nn.functional.layer_norm(x, (4,), w, b, 0.1), real(2, 3, 4),
         real(4), real(4)),
    case("layer_norm: one sample", lambda T, x, w, b: T.nn.functional.layer_norm(x, (4,), w, b), real(4), real(4),
         real(4)),
    case("layer_norm: weight only", lambda T, x, w: T.nn.functional.layer_norm(x, (4,), w), real(3, 4), real(4)),
    case("layer_norm: no weight", lambda T, x: T.nn.functional.layer_norm(x, (4,)), real(3, 4)),
    case("layer_norm: one feature", lambda T, x, w, b: T.nn.functional.layer_norm(x, (1,), w, b), real(3, 1), real(1),
         real(1)),
    case("layer_norm: no samples", lambda T, x, w, b: T.nn.functional.layer_norm(x, (4,), w, b), real(0, 4), real(4),
         real(4)),
    case("rms_norm", lambda T, x, w: T.nn.functional.rms_norm(x, (4,), w), real(3, 4), real(4)),
    case("rms_norm: two axes, eps", lambda T, x, w: T.nn.functional.rms_norm(x, (3, 4), w, 0.1), real(2, 3, 4),
         real(3, 4)),
    case("rms_norm: no weight", lambda T, x: T.nn.functional.rms_norm(x, (4,)), real(2, 3, 4)),
    case("group_norm", lambda T, x, w, b: T.nn.functional.group_norm(x, 2, w, b), real(3, 4, 2), real(4), real(4)),
    case("group_norm: images, one group", lambda T, x, w, b: T.nn.functional.group_norm(x, 1, w, b, 0.1),
         real(2, 4, 2, 2), real(4), real(4)),
    case("group_norm: a group a channel, no weight", lambda T, x: T.nn.functional.group_norm(x, 4), real(2, 4, 3)),
    case("group_norm: no axes", lambda T, x, w, b: T.nn.functional.group_norm(x, 2, w, b), real(3, 4), real(4),
         real(4)),
    case("local_response_norm", lambda T, x: T.nn.functional.local_response_norm(x, 3, 0.5, 0.75, 2.0), real(2, 5, 3)),
    case("local_response_norm: images, even size", lambda T, x: T.nn.functional.local_response_norm(x, 2),
         real(2, 3, 2, 2)),
    case("local_response_norm: wide", lambda T, x: T.nn.functional.local_response_norm(x, 7, 1.0), real(2, 3, 2)),
    case("dropout", drawn("dropout", p=0.4), real(4, 5), **_DRAWS),
    case("dropout: all", lambda T, x: T.nn.functional.dropout(x, 1.0), real(2, 3)),
    case("dropout: none", lambda T, x: T.nn.functional.dropout(x, 0.0) * x, real(2, 3)),
    case("dropout: evaluation", lambda T, x: T.nn.functional.dropout(x, training=False) * x, real(2, 3)),
    case("dropout: channels", drawn("dropout1d", p=0.4), real(2, 3, 2), **_DRAWS),
    case("dropout2d: all", lambda T, x: T.nn.functional.dropout2d(x, 1.0), real(2, 3, 2, 2)),
    case("dropout3d: evaluation", lambda T, x: T.nn.functional.dropout3d(x, training=False) * x, real(2, 3, 2, 2)),
    case("alpha_dropout", drawn("alpha_dropout", p=0.4), real(4, 5), **_DRAWS),
    case("alpha_dropout: all", lambda T, x: T.nn.functional.alpha_dropout(x, 1.0, training=True), real(2, 3)),
    case("feature_alpha_dropout", drawn("feature_alpha_dropout", p=0.4), real(2, 3, 2), **_DRAWS),
    case("feature_alpha_dropout: evaluation", lambda T, x: T.nn.functional.feature_alpha_dropout(x) * x, real(2, 3)),
    case("stochastic_depth", drawn("stochastic_depth", p=0.4), real(5, 3), **_DRAWS),
    case("maxout", lambda T, x: T.nn.functional.maxout(x, 3, 1), apart(2, 6, 2), oracle=False,
         why="PyTorch has none"),
]  # fmt: skip
