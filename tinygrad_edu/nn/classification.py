"""classification: losses of class scores against classes."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from .. import gates, record
from ..errors import DtypeError, OptionError, ShapeError, TinygradError
from ..modes import recording
from ..tensor import Tensor, as_tensor
from .reduction import Loss, check_reduction, reduced

__all__ = ["CrossEntropyLoss", "NLLLoss", "NLLLoss2d"]


# The fused gate: its exponentials become the gradient in place. In plain gates, forward and back take
# twice as long for scores of (64, 10), and more than four times as long for (512, 1000).


def _plain(x: Any, target: Any, weights: Any, over: float, reduction: str, kept: Any = None) -> Any:
    """The same function in plain gates."""
    losses = -gates.log_softmax(x, 1)[np.arange(x.shape[0]), target]
    losses = losses if weights is None else losses * weights
    return losses if reduction == "none" else np.sum(losses) / over


def _forward(x: Any, target: Any, weights: Any, over: float, reduction: str, kept: Any) -> Any:
    n, classes = x.shape
    # NumPy's reduction along short rows is slower than a copy and one along columns.
    top = np.maximum.reduce(x.T.copy(), axis=0) if classes <= 16 else np.maximum.reduce(x, axis=1)
    e = np.subtract(x, top[:, None], order="C")  # so that reshape(-1) is a view
    flat = e.reshape(-1)
    at = _starts(n, classes) + target
    losses = flat[at]
    np.exp(e, out=e)
    total = e.dot(record.ones(classes, x.dtype))  # the sum of each row, in a third of add.reduce's time
    np.subtract(np.log(total), losses, out=losses)
    if weights is not None:  # an ignored sample counts for 0, even if its loss is inf
        losses = np.multiply(losses, weights, out=np.zeros_like(losses), where=weights != 0)
    if kept is not None:
        kept.append((e, flat, total, at))
    return losses if reduction == "none" else np.add.reduce(losses) / (over or math.nan)


@lru_cache(16)
def _starts(n: int, classes: int) -> np.ndarray:
    """Where each of n rows starts in the flat array."""
    return np.arange(0, n * classes, classes)


def _back(g: Any, z: Any, x: Any, target: Any, weights: Any, over: float, reduction: str, kept: Any) -> Any:
    scale = g if reduction == "none" else g / over if over else g * 0
    if weights is not None:
        scale = scale * weights
    if isinstance(x, Tensor):  # this walk is itself recorded
        hits = np.equal(target[:, None], np.arange(x.shape[1])).astype(x.dtype)
        return (gates.softmax(x, 1) - hits) * np.reshape(scale, (-1, 1))
    if not kept:  # an earlier walk has used them up
        _forward(x, target, weights, over, reduction, kept)
    e, flat, total, at = kept.pop()
    e *= (scale / total)[:, None]
    flat[at] -= scale
    return e


_cross_entropy = record.gate(
    "cross_entropy",
    _forward,
    _back,
    None,
    None,
    kind="slope",  # each score gets the upstream times its own slope
    local=("p - 1 at the class, p elsewhere (p = softmax(x)), times weight/over",),
    meaning=_plain,
)


# What PyTorch accepts, brought to rows of scores and one class for each.


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-log softmax(input)[target]: the loss of class scores (logits, not probabilities).

    Args:
        input: scores of shape (N, C), (C,) or (N, C, d1, …).
        target: classes from 0 to C - 1, integers of shape (N,), () or (N, d1, …); or a probability
            for each class, floats of the input's shape.
        weight: of each class, shape (C,); the mean is then over the sum of the targets' weights.
        ignore_index: a class that counts for nothing (class targets only).
        reduction: mean, sum, or none (the shape of the input without C).
        label_smoothing: how much of each target's 1 is spread over all classes, from 0 to 1.

    Raises:
        ShapeError: if the shapes do not fit one another.
        DtypeError: for integer targets of the input's shape.
        TinygradError: for a target that is not a class.

    >>> import tinygrad_edu as tg
    >>> scores = tg.tensor([[0.0, 0.0], [0.0, 1000.0]], requires_grad=True)
    >>> loss = cross_entropy(scores, tg.tensor([0, 1])); loss.backward()
    >>> loss.item(), scores.grad.tolist()
    (0.3465735912322998, [[-0.25, 0.25], [0.0, 0.0]])
    """
    check_reduction(reduction)
    if not 0 <= label_smoothing <= 1:
        raise OptionError(f"label_smoothing must be between 0 and 1; got {label_smoothing}")
    input, target = as_tensor(input), as_tensor(target)
    if weight is None and ignore_index < 0 and _plain_classes(input._data, target._data):
        x, labels, weights = input, target, None
        over = float(x._data.shape[0]) if reduction == "mean" else 1.0
    elif target.shape == input.shape:
        return _soft(input, target, weight, ignore_index, reduction, label_smoothing)
    else:
        x, labels, weights, over = rows_and_classes("cross_entropy", input, target, weight, ignore_index, reduction)
    if label_smoothing:
        wanted = np.equal(labels._data[:, None], np.arange(x.shape[1])).astype(x.dtype)
        wanted = wanted * (1 - label_smoothing) + label_smoothing / x.shape[1]
        counted = np.ones(1) if weights is None else (target._data != ignore_index).reshape(-1)
        wanted = (wanted * counted[:, None]).astype(x.dtype)
        x = x if counted.all() else gates.where(counted[:, None], x, 0.0)  # whatever an ignored row holds
        if weight is not None:
            wanted = wanted * as_tensor(weight)._data
        losses = -gates.sum(gates.log_softmax(x, 1) * wanted, axis=1)
        loss = losses if reduction == "none" else gates.sum(losses) / (over or math.nan)
    else:
        kept: Any = [] if x._needs and recording.get() else None
        loss = _cross_entropy(x, labels, weights, over=over, reduction=reduction, kept=kept)
    return loss.reshape(target.shape) if reduction == "none" else loss


_INT64 = np.dtype(np.int64)


def _plain_classes(x: Any, target: Any) -> bool:
    """Whether `target` is a known class for each row of x, and nothing else: no question remains."""
    if x.ndim != 2 or target.dtype is not _INT64 or target.shape != x.shape[:1] or not x.size:
        return False
    # Read as unsigned, a negative class is a huge one: one pass finds both.
    return bool(np.maximum.reduce(target.view(np.uint64)) < x.shape[1])


def _soft(input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float) -> Tensor:
    """Against a probability for each class; gradients flow to those, too."""
    if target.dtype.kind != "f":
        raise DtypeError(
            "cross_entropy was given integers of the input's shape: neither classes nor probabilities.",
            expected=f"classes of shape {input.shape[:1] + input.shape[2:]}, or floats of shape {input.shape}",
            got=f"target {target.shape}, {target.dtype}",
            mend="pass target.argmax(1), or target.float()",
        )
    if ignore_index >= 0:
        raise TinygradError("ignore_index is a class; it means nothing for probabilities.", got=str(ignore_index))
    shape = input.shape[:1] + input.shape[2:] if input.ndim > 1 else ()
    x, wanted = _class_last(input), _class_last(target)
    if smoothing:
        wanted = wanted * (1 - smoothing) + smoothing / x.shape[1]
    if weight is not None:
        wanted = wanted * as_tensor(weight)
    losses = -gates.sum(gates.log_softmax(x, 1) * wanted, axis=1)
    return losses.reshape(shape) if reduction == "none" else reduced(losses, reduction)


def _class_last(x: Any) -> Any:
    """Scores of any shape as rows: (N, C, d1, …) -> (N·d1·…, C)."""
    if x.ndim == 2:
        return x
    return np.reshape(x if x.ndim < 2 else np.moveaxis(x, 1, -1), (-1, x.shape[min(1, x.ndim - 1)]))


def rows_and_classes(
    name: str, input: Any, target: Any, weight: Any, ignore_index: int | None, reduction: str
) -> tuple[Tensor, Tensor, Any, float]:
    """Rows of scores, the class of each, the weight of each (None: all 1), and what a mean is over."""
    if not input.ndim or target.shape != (input.shape[:1] + input.shape[2:] if input.ndim > 1 else ()):
        raise ShapeError(
            f"{name}: the target is one class for each row of scores.",
            expected="input (N, C) and target (N,); or (C,) and (); or (N, C, d1, …) and (N, d1, …)",
            got=f"input {input.shape} and target {target.shape}",
            mend="target.squeeze(-1)" if target.shape == (*input.shape[:1], 1) else "",
        )
    if target.dtype.kind not in "iu":
        raise DtypeError(
            f"{name}: a class is an integer.",
            got=f"target of dtype {target.dtype}",
            mend="target.long(); probabilities have the input's shape",
        )
    x, classes = _class_last(input), input.shape[min(1, input.ndim - 1)]
    labels = target if target.ndim == 1 and target.dtype == np.int64 else Tensor(target._data.reshape(-1), np.int64)
    n = labels._data.size
    over = float(n) if reduction == "mean" else 1.0
    known = not n or int(np.maximum.reduce(labels._data.view(np.uint64))) < classes  # negative ones are huge
    if known and weight is None and (ignore_index is None or not 0 <= ignore_index < classes):
        return x, labels, None, over
    counted = labels._data != ignore_index if ignore_index is not None else np.ones(n, bool)
    found = np.where(counted, labels._data, 0)
    if ((found < 0) | (found >= classes)).any():
        wrong = found[(found < 0) | (found >= classes)][0]
        raise TinygradError(f"{name}: a target is no class.", expected=f"0 to {classes - 1}", got=str(wrong))
    if weight is None:
        weights = counted.astype(x.dtype)
    else:
        weight = as_tensor(weight)
        if weight.shape != (classes,):
            raise ShapeError(f"{name}: weight is one number a class.", expected=f"({classes},)", got=str(weight.shape))
        weights = np.where(counted, weight._data[found], 0).astype(x.dtype)
    return x, Tensor(found), weights, float(weights.sum()) if reduction == "mean" else 1.0


def nll_loss(
    input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """-input[target]: the loss of log-probabilities; `cross_entropy` is this of `log_softmax`.

    Args:
        input: log-probabilities of shape (N, C), (C,) or (N, C, d1, …).
        target, weight, ignore_index, reduction: as for `cross_entropy`, classes only.

    Raises:
        ShapeError, DtypeError, TinygradError: as `cross_entropy`.

    >>> import tinygrad_edu as tg
    >>> nll_loss(tg.tensor([[-1.0, -2.0], [-3.0, -4.0]]), tg.tensor([0, 1]))
    tensor(2.5000)
    """
    check_reduction(reduction)
    input, target = as_tensor(input), as_tensor(target)
    x, labels, weights, over = rows_and_classes("nll_loss", input, target, weight, ignore_index, reduction)
    losses = -x[np.arange(x.shape[0]), labels]
    if weights is not None:
        losses = gates.where(weights == 0, 0.0, losses * weights)
    return losses.reshape(target.shape) if reduction == "none" else gates.sum(losses) / (over or math.nan)


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """Classes as rows of zeros with a 1 at the class: int64, shape (*tensor.shape, num_classes).

    Args:
        num_classes: default: the largest class + 1.

    Raises:
        DtypeError: for floats.
        TinygradError: for a negative class, or one beyond `num_classes`.

    >>> import tinygrad_edu as tg
    >>> one_hot(tg.tensor([0, 2])).tolist()
    [[1, 0, 0], [0, 0, 1]]
    """
    labels = as_tensor(tensor)._data
    if labels.dtype.kind not in "iu":
        raise DtypeError("one_hot takes integers.", got=str(labels.dtype))
    if num_classes == -1 and not labels.size:
        raise TinygradError("one_hot of no classes: how many are there?", mend="pass num_classes=")
    classes = int(labels.max()) + 1 if num_classes == -1 else num_classes
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise TinygradError(
            "one_hot: a class out of range.", expected=f"0 to {classes - 1}", got=f"{labels.min()} to {labels.max()}"
        )
    return Tensor(np.equal(labels[..., None], np.arange(classes)).astype(np.int64))


class CrossEntropyLoss(Loss):
    """`cross_entropy` as a module; `weight` is a buffer.

    >>> import tinygrad_edu as tg
    >>> CrossEntropyLoss()(tg.zeros(1, 10), tg.tensor([3]))
    tensor(2.3026)
    """

    weight: Tensor | None

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else as_tensor(weight))
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Any, target: Any) -> Tensor:
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(Loss):
    """`nll_loss` as a module; `weight` is a buffer.

    >>> import tinygrad_edu as tg
    >>> NLLLoss()(tg.tensor([[-1.0, -2.0]]), tg.tensor([1]))
    tensor(2.)
    """

    weight: Tensor | None

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else as_tensor(weight))
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Tensor:
        return nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class NLLLoss2d(NLLLoss):
    """`NLLLoss` under its old name for pixels: input (N, C, H, W), target (N, H, W).

    >>> import tinygrad_edu as tg
    >>> NLLLoss2d()(tg.log(tg.full((1, 2, 3, 3), 0.5)), tg.zeros(1, 3, 3, dtype=tg.int64))  # log 2
    tensor(0.6931)
    """
