"""likelihood: losses that are minus the log of the probability that a prediction gives to the target."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .. import gates, record
from ..errors import OptionError, ShapeError, TinygradError
from ..tensor import Tensor, as_tensor
from .reduction import LEAST, Loss, check_reduction, check_same_shape, reduced

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyCost",
    "GaussianNLLLoss",
    "KLDivLoss",
    "PoissonNLLLoss",
]

gate = partial(record.gate, kind="slope")


# Yes or no.


def _two_logs(x: Any, y: Any) -> Any:
    with np.errstate(divide="ignore"):  # log(0) is held at -100
        return (y - 1) * np.maximum(np.log1p(-x), -100) - y * np.maximum(np.log(x), -100)


# A gate of its own, because at 0 and at 1 composition gives 0 * inf, where the loss is a number.
_binary_cross_entropy = gate(
    "binary_cross_entropy",
    _two_logs,
    lambda g, z, x, y: g * ((x - y) / np.maximum(x * (1 - x), LEAST)),
    lambda g, z, x, y: g * (np.log1p(-x) - np.log(x)),
    local=("(x - y)/max(x (1 - x), 1e-12)", "log(1 - x) - log(x)"),
)

# The same of sigmoid(x): the sigmoid's slope cancels what the logs divide by, and x - log(1 + e^x) never overflows.
_of_logits = gate(
    "binary_cross_entropy_with_logits",
    lambda x, y: np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x))),
    lambda g, z, x, y: g * (record.run(gates.sigmoid, x) - y),
    lambda g, z, x, y: -g * x,
    local=("sigmoid(x) - y", "-x"),
)


def _probable(name: str, input: Any, target: Any, mend: str) -> tuple[Tensor, Tensor]:
    """Both as Tensors of one shape, the input's elements probabilities."""
    input, target = as_tensor(input), as_tensor(target)
    check_same_shape(name, input, target=target)
    x = input._data
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        wrong = x[~((x >= 0) & (x <= 1))][0]
        raise TinygradError(f"{name}: an input is no probability.", expected="0 to 1", got=str(wrong), mend=mend)
    return input, target


def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Tensor:
    """-(y log x + (1 - y) log(1 - x)), elementwise, then its mean or sum.

    The logs are held at -100 and the slope's divisor at 1e-12, as in PyTorch, so that a sure and
    wrong prediction costs 100 and not inf.

    Args:
        input: probabilities, from 0 to 1, of any shape.
        target: probabilities (often 0 or 1) of the same shape.
        weight: of each element; broadcasts.
        reduction: mean, sum, or none (the shape of the input).

    Raises:
        ShapeError: if input and target are not of one shape.
        TinygradError: for an input below 0 or above 1.

    >>> import tinygrad_edu as tg
    >>> binary_cross_entropy(tg.tensor([0.5, 0.0]), tg.tensor([1.0, 1.0]), reduction="none")
    tensor([  0.6931, 100.0000])
    """
    input, target = _probable(
        "binary_cross_entropy",
        input,
        target,
        "sigmoid(input) first; or better, binary_cross_entropy_with_logits(input, target)",
    )
    losses = _binary_cross_entropy(input, target)
    return reduced(losses if weight is None else losses * as_tensor(weight), reduction)


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Tensor:
    """`binary_cross_entropy` of sigmoid(input), exact on both far sides: its slope is sigmoid(x) - y.

    Args:
        input: scores of any shape.
        target: probabilities (often 0 or 1) of the same shape.
        weight: of each element; broadcasts.
        reduction: mean, sum, or none (the shape of the input).
        pos_weight: how much more a missed 1 costs; of each class on the last axis; broadcasts.

    Raises:
        ShapeError: if input and target are not of one shape.

    >>> import tinygrad_edu as tg
    >>> binary_cross_entropy_with_logits(tg.tensor([0.0, -1000.0]), tg.tensor([1.0, 1.0]), reduction="none")
    tensor([6.9315e-01, 1.0000e+03])
    """
    input, target = as_tensor(input), as_tensor(target)
    check_same_shape("binary_cross_entropy_with_logits", input, target=target)
    if pos_weight is None:
        losses = _of_logits(input, target)
    else:  # the loss of a 1 counts by its weight, too
        more = (as_tensor(pos_weight) - 1) * target + 1
        losses = (1 - target) * input + more * _of_logits(input, np.ones_like(input._data))
    return reduced(losses if weight is None else losses * as_tensor(weight), reduction)


def cross_entropy_cost(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """-sum (y ln a + (1 - y) ln(1 - a)) of each sample: Nielsen, chapter 3, network2.py.

    `binary_cross_entropy`, summed over a sample's neurons instead of averaged.

    Args:
        input: activations from 0 to 1, of shape (…, features): one sample, or one a row.
        target: of the same shape.
        reduction: over the samples: mean, sum, or none (the shape without the features).

    Raises:
        ShapeError: for two shapes, or for numbers.
        TinygradError: for an activation below 0 or above 1.

    >>> import tinygrad_edu as tg
    >>> cross_entropy_cost(tg.tensor([[0.5, 0.5], [0.0, 1.0]]), tg.tensor([[1.0, 0.0], [0.0, 1.0]]))
    tensor(0.6931)
    """
    input, target = _probable("cross_entropy_cost", input, target, "sigmoid(input) first")
    if not input.ndim:
        raise ShapeError(
            "cross_entropy_cost is of samples, rows of features.", expected="(…, features)", got="a number"
        )
    return reduced(_binary_cross_entropy(input, target).sum(-1), reduction)


# Of whole distributions, and of counts and measurements.


def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """target (log(target) - input), elementwise: how far the distribution exp(input) is from `target`.

    The divergence of Kullback and Leibler is the sum over a distribution's elements, so that of a
    batch is its `batchmean`; `mean` divides by the number of elements, too.

    Args:
        input: log-probabilities of any shape.
        target: probabilities of the same shape; their logs if `log_target`.
        reduction: batchmean (the sum over the length of the first axis), mean, sum, or none.

    Raises:
        ShapeError: if input and target are not of one shape, or for the batchmean of a number.

    >>> import tinygrad_edu as tg
    >>> kl_div(tg.log(tg.tensor([[0.5, 0.5]])), tg.tensor([[1.0, 0.0]]), reduction="batchmean")
    tensor(0.6931)
    """
    check_reduction(reduction, "batchmean")
    input, target = as_tensor(input), as_tensor(target)
    check_same_shape("kl_div", input, target=target)
    losses = gates.exp(target) * (target - input) if log_target else gates.xlogy(target, target) - target * input
    if reduction != "batchmean":
        return reduced(losses, reduction)
    if not input.ndim:
        raise ShapeError("kl_div: a number has no batch to take the mean over.", expected="(N, …)", got="()")
    return losses.sum() / input.shape[0]


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """exp(input) - target input: minus the log of the Poisson probability of a count, without its constant.

    Args:
        input: the log of the rate; the rate itself if not `log_input`, where the loss is
            input - target log(input + eps).
        target: counts, of the same shape.
        full: add Stirling's approximation of the constant log(target!), for counts above 1.
        reduction: mean, sum, or none (the shape of the input).

    Raises:
        ShapeError: if input and target are not of one shape.

    >>> import tinygrad_edu as tg
    >>> poisson_nll_loss(tg.tensor([0.0]), tg.tensor([3.0]))
    tensor(1.)
    """
    input, target = as_tensor(input), as_tensor(target)
    check_same_shape("poisson_nll_loss", input, target=target)
    losses = gates.exp(input) - target * input if log_input else input - target * gates.log(input + eps)
    if full:
        many = target._data > 1
        y = gates.where(many, target, 1.0)  # where log is harmless
        losses = losses + gates.where(many, y * gates.log(y) - y + 0.5 * gates.log(2 * math.pi * y), 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """½ (log var + (input - target)² / var): minus the log of the normal density, without its constant.

    Args:
        input: the expectation, of shape (…, features).
        target: of the same shape.
        var: the variance: a number, the input's shape, that with one axis of length 1, or that without the last.
        full: add the constant ½ log 2π.
        eps: var is held above this; its gradient is that at the held value, as in PyTorch.
        reduction: mean, sum, or none (the shape of the input).

    Raises:
        ShapeError: if the shapes do not fit one another.
        OptionError: for a variance below 0.

    >>> import tinygrad_edu as tg
    >>> gaussian_nll_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0]), tg.ones(2))
    tensor(1.)
    """
    input, target = as_tensor(input), as_tensor(target)
    check_same_shape("gaussian_nll_loss", input, target=target)
    var = _variance(input, var)
    held = np.maximum(var._data, eps)
    if (held != var._data).any():
        var = gates.where(held == var._data, var, var - var.detach() + held)  # the value held, the slope 1
    difference = input - target
    losses = 0.5 * (gates.log(var) + difference * difference / var)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def _variance(input: Tensor, var: Any) -> Tensor:
    """The variance as a Tensor that broadcasts over the input as PyTorch allows it."""
    if isinstance(var, (int, float)):
        var = np.full(input.shape, var, input.dtype)
    var = as_tensor(var)
    if (var._data < 0).any():
        raise OptionError("var has an element below 0; a network can give exp(x) or softplus(x) instead")
    if var.shape == input.shape:
        return var
    if var.shape == input.shape[:-1]:
        return var.reshape(*var.shape, 1)
    if var.ndim != input.ndim or sum(b for a, b in zip(input.shape, var.shape, strict=True) if a != b) != 1:
        raise ShapeError(
            "gaussian_nll_loss: the variance does not fit the input.",
            expected=f"{input.shape}, {input.shape[:-1]}, or {input.shape} with one axis of length 1",
            got=str(var.shape),
        )
    return var


# As modules.


class BCELoss(Loss):
    """`binary_cross_entropy` as a module; `weight` is a buffer.

    >>> import tinygrad_edu as tg
    >>> BCELoss()(tg.tensor([0.5]), tg.tensor([1.0]))
    tensor(0.6931)
    """

    weight: Tensor | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else as_tensor(weight))

    def forward(self, input: Any, target: Any) -> Tensor:
        return binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(Loss):
    """`binary_cross_entropy_with_logits` as a module; `weight` and `pos_weight` are buffers.

    >>> import tinygrad_edu as tg
    >>> BCEWithLogitsLoss()(tg.tensor([0.0]), tg.tensor([1.0]))
    tensor(0.6931)
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else as_tensor(weight))
        self.register_buffer("pos_weight", None if pos_weight is None else as_tensor(pos_weight))

    def forward(self, input: Any, target: Any) -> Tensor:
        return binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class CrossEntropyCost(Loss):
    """`cross_entropy_cost` as a module: with a sigmoid before it the error is a - y, large where the neuron is wrong.

    >>> import tinygrad_edu as tg
    >>> z = tg.tensor([[-5.0]], requires_grad=True)  # a = 0.007 where 1 is wanted
    >>> CrossEntropyCost()(tg.sigmoid(z), tg.ones(1, 1)).backward(); round(z.grad.item(), 4)
    -0.9933
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def forward(self, input: Any, target: Any) -> Tensor:
        return cross_entropy_cost(input, target, reduction=self.reduction)


class KLDivLoss(Loss):
    """`kl_div` as a module.

    >>> import tinygrad_edu as tg
    >>> KLDivLoss(reduction="batchmean")(tg.log(tg.tensor([[0.5, 0.5]])), tg.tensor([[1.0, 0.0]]))  # log 2
    tensor(0.6931)
    """

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction, "batchmean")
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Tensor:
        return kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(Loss):
    """`poisson_nll_loss` as a module.

    >>> import tinygrad_edu as tg
    >>> PoissonNLLLoss(log_input=False)(tg.tensor([1.0]), tg.tensor([3.0]))  # 1 - 3 log 1
    tensor(1.)
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Any, target: Any) -> Tensor:
        return poisson_nll_loss(log_input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction)


class GaussianNLLLoss(Loss):
    """`gaussian_nll_loss` as a module, called with the expectation, the target and the variance.

    >>> import tinygrad_edu as tg
    >>> GaussianNLLLoss()(tg.tensor([2.0]), tg.tensor([4.0]), tg.tensor([1.0]))  # (log 1 + (2 - 4)^2 / 1) / 2
    tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Any, target: Any, var: Any) -> Tensor:
        return gaussian_nll_loss(input, target, var, self.full, self.eps, self.reduction)
