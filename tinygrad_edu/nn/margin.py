"""margin: losses that ask the right class to win by a margin: support vector machines."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import gates
from ..errors import DtypeError, OptionError, ShapeError, TinygradError
from ..tensor import Tensor, as_tensor
from .classification import rows_and_classes
from .likelihood import binary_cross_entropy_with_logits
from .reduction import Loss, check_same_shape, reduced

__all__ = ["HingeLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss", "SoftMarginLoss"]


# One class for each sample.


def _shortfalls(name: str, input: Any, target: Any, margin: float) -> tuple[Tensor, Tensor, Tensor]:
    """How far the right class is from leading each wrong one by the margin, (N, C); the scores; the classes."""
    if input.ndim > 2:
        raise ShapeError(f"{name} takes one row of scores a sample.", expected="(N, C) or (C,)", got=str(input.shape))
    x, labels, _, _ = rows_and_classes(name, input, target, None, None, "sum")
    rows = np.arange(x.shape[0])
    itself = np.equal(labels._data[:, None], np.arange(x.shape[1]))
    return gates.relu(gates.where(itself, 0.0, x - x[rows, labels][:, None] + margin)), x, labels


def hinge_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Tensor:
    """sum over the wrong classes j of max(0, x_j - x_y + margin): the multi-class SVM loss.

    Of Weston and Watkins, as CS231n (Stanford, "Linear classification") gives it. `multi_margin_loss`
    is this over the number of classes.

    Args:
        input: scores of shape (N, C) or (C,).
        target: the right class y of each sample, integers of shape (N,) or ().
        reduction: over the samples: mean, sum, or none.

    Raises:
        ShapeError, DtypeError, TinygradError: as `cross_entropy`.

    >>> import tinygrad_edu as tg
    >>> cat, car, frog = [3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]
    >>> hinge_loss(tg.tensor([cat, car, frog]), tg.tensor([0, 1, 2]), reduction="none")
    tensor([ 2.9000,  0.0000, 12.9000])
    """
    input, target = as_tensor(input), as_tensor(target)
    short, _, _ = _shortfalls("hinge_loss", input, target, margin)
    return reduced(short.sum(1).reshape(target.shape), reduction)


def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
) -> Tensor:
    """sum over the wrong classes j of max(0, margin - x_y + x_j)^p, times weight[y], over the number of classes.

    Args:
        input: scores of shape (N, C) or (C,).
        target: the right class y of each sample, integers of shape (N,) or ().
        p: 1 or 2.
        weight: of each class, shape (C,); the mean stays over the number of samples, as in PyTorch.
        reduction: over the samples: mean, sum, or none.

    Raises:
        ShapeError, DtypeError, TinygradError: as `cross_entropy`.
        OptionError: for another p.

    >>> import tinygrad_edu as tg
    >>> multi_margin_loss(tg.tensor([[0.0, 0.5, -3.0]]), tg.tensor([0]))
    tensor(0.5000)
    """
    if p not in (1, 2):
        raise OptionError(f"p must be 1 or 2; got {p}")
    input, target = as_tensor(input), as_tensor(target)
    short, x, labels = _shortfalls("multi_margin_loss", input, target, margin)
    losses = (short if p == 1 else short * short).sum(1) / x.shape[1]
    if weight is not None:
        weight = as_tensor(weight)
        if weight.shape != x.shape[1:]:
            raise ShapeError(
                "multi_margin_loss: weight is one number a class.", expected=str(x.shape[1:]), got=str(weight.shape)
            )
        losses = losses * weight[labels]
    return reduced(losses.reshape(target.shape), reduction)


# Several classes for each sample.


def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """sum over right classes i and wrong ones j of max(0, 1 - (x_i - x_j)), over the number of classes.

    Args:
        input: scores of shape (N, C) or (C,).
        target: the right classes of each sample, integers of the input's shape, ended by -1.
        reduction: over the samples: mean, sum, or none.

    Raises:
        ShapeError: if the shapes do not fit one another.
        DtypeError: for a target that is not of integers.
        TinygradError: for a target that is not a class.

    >>> import tinygrad_edu as tg
    >>> multilabel_margin_loss(tg.tensor([[0.1, 0.2, 0.4, 0.8]]), tg.tensor([[3, 0, -1, 1]]))
    tensor(0.8500)
    """
    input, target = as_tensor(input), as_tensor(target)
    check_same_shape("multilabel_margin_loss", input, target=target)
    if input.ndim not in (1, 2):
        raise ShapeError("multilabel_margin_loss takes rows.", expected="(N, C) or (C,)", got=str(input.shape))
    if target.dtype.kind not in "iu":
        raise DtypeError(
            "multilabel_margin_loss: a class is an integer.",
            got=f"target of dtype {target.dtype}",
            mend="a target of 0s and 1s is for multilabel_soft_margin_loss",
        )
    x = input.reshape(-1, input.shape[-1])
    labels = target._data.reshape(x.shape)
    if labels.size and not -1 <= labels.min() <= labels.max() < x.shape[1]:
        wrong = labels[(labels < -1) | (labels >= x.shape[1])][0]
        raise TinygradError(
            "multilabel_margin_loss: a target is no class.", expected=f"0 to {x.shape[1] - 1}, or -1", got=str(wrong)
        )
    listed = np.logical_and.accumulate(labels >= 0, axis=1)
    rows = np.arange(x.shape[0])[:, None]
    found = np.where(listed, labels, 0)
    wrong = np.ones(x.shape, bool)
    wrong[np.broadcast_to(rows, x.shape)[listed], labels[listed]] = False
    short = gates.relu(1 - x[rows, found][:, :, None] + x[:, None, :])  # (N, which of its classes, C)
    losses = gates.where(listed[:, :, None] & wrong[:, None, :], short, 0.0).sum((1, 2)) / x.shape[1]
    return reduced(losses.reshape(input.shape[:-1]), reduction)


def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Tensor:
    """`binary_cross_entropy_with_logits`, its mean over the classes of each sample.

    Args:
        input: scores of shape (…, C).
        target: 1 for each right class, 0 for the others, of the same shape.
        weight: of each class; broadcasts.
        reduction: over the samples: mean, sum, or none (the shape without C).

    Raises:
        ShapeError: if input and target are not of one shape, or for numbers.

    >>> import tinygrad_edu as tg
    >>> multilabel_soft_margin_loss(tg.zeros(1, 3), tg.tensor([[1.0, 0.0, 1.0]]))
    tensor(0.6931)
    """
    input, target = as_tensor(input), as_tensor(target)
    check_same_shape("multilabel_soft_margin_loss", input, target=target)
    if not input.ndim:
        raise ShapeError("multilabel_soft_margin_loss takes rows of scores.", expected="(…, C)", got="()")
    return reduced(binary_cross_entropy_with_logits(input, target, weight, reduction="none").mean(-1), reduction)


# One of two sides.


def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """log(1 + exp(-target input)), elementwise, then its mean or sum.

    Without overflow: where PyTorch's is inf and its slope nan, this is -target input and -target.

    Args:
        input: scores of any shape.
        target: 1 or -1, of the same shape.
        reduction: mean, sum, or none (the shape of the input).

    Raises:
        ShapeError: if input and target are not of one shape.

    >>> import tinygrad_edu as tg
    >>> soft_margin_loss(tg.tensor([0.0, -1000.0]), tg.tensor([1, 1]), reduction="none")
    tensor([6.9315e-01, 1.0000e+03])
    """
    input, target = as_tensor(input), as_tensor(target)
    check_same_shape("soft_margin_loss", input, target=target)
    return reduced(gates.logaddexp(-target * input, 0.0), reduction)


# As modules.


class HingeLoss(Loss):
    """`hinge_loss` as a module: the multi-class SVM loss of CS231n.

    >>> import tinygrad_edu as tg
    >>> HingeLoss()(tg.tensor([[3.2, 5.1, -1.7]]), tg.tensor([0]))
    tensor(2.9000)
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Tensor:
        return hinge_loss(input, target, self.margin, reduction=self.reduction)


class MultiMarginLoss(Loss):
    """`multi_margin_loss` as a module; `weight` is a buffer.

    Raises:
        OptionError: for a p that is not 1 or 2.

    >>> import tinygrad_edu as tg
    >>> MultiMarginLoss()(tg.tensor([[2.0, 1.5, 4.0]]), tg.tensor([0]))  # (0.5 + 3) / 3
    tensor(1.1667)
    """

    weight: Tensor | None

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        if p not in (1, 2):
            raise OptionError(f"p must be 1 or 2; got {p}")
        self.p, self.margin = p, margin
        self.register_buffer("weight", None if weight is None else as_tensor(weight))

    def forward(self, input: Any, target: Any) -> Tensor:
        return multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)


class MultiLabelMarginLoss(Loss):
    """`multilabel_margin_loss` as a module.

    >>> import tinygrad_edu as tg
    >>> scores, labels = tg.tensor([[0.1, 0.2, 0.4, 0.8]]), tg.tensor([[3, 0, -1, 1]])  # the labels end at -1
    >>> MultiLabelMarginLoss()(scores, labels)
    tensor(0.8500)
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        return multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(Loss):
    """`multilabel_soft_margin_loss` as a module; `weight` is a buffer.

    >>> import tinygrad_edu as tg
    >>> MultiLabelSoftMarginLoss()(tg.zeros(1, 3), tg.tensor([[1.0, 0.0, 1.0]]))  # log 2
    tensor(0.6931)
    """

    weight: Tensor | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else as_tensor(weight))

    def forward(self, input: Any, target: Any) -> Tensor:
        return multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class SoftMarginLoss(Loss):
    """`soft_margin_loss` as a module.

    >>> import tinygrad_edu as tg
    >>> SoftMarginLoss(reduction="none")(tg.tensor([0.0, 1000.0]), tg.tensor([1, 1]))
    tensor([0.6931, 0.0000])
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        return soft_margin_loss(input, target, reduction=self.reduction)
