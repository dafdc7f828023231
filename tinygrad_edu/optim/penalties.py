"""penalties: what is added to a loss to keep weights small; biases are left alone unless told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce

from ..errors import OptionError, TinygradError
from ..nn.module import Module
from ..tensor import Tensor

__all__ = ["elastic_penalty", "l1_penalty", "l2_penalty"]


def l1_penalty(model: Module | Iterable[Tensor], strength: float, biases: bool = False) -> Tensor:
    """strength Σ|w|: drives weights to exactly zero (Tibshirani, "The lasso", 1996).

    Args:
        model: a Module, or Tensors.
        strength: not negative.
        biases: also those parameters whose name begins with "bias", or with fewer than two axes:
            biases, and the weights of normalization layers.

    Returns:
        A Tensor of one element, to be added to the loss.

    Raises:
        OptionError: for a negative strength.
        TinygradError: if nothing is left to penalize.

    >>> import tinygrad_edu as tg
    >>> w, b = tg.tensor([[3.0, -4.0]], requires_grad=True), tg.ones(1, requires_grad=True)
    >>> l1_penalty([w, b], 0.1), l1_penalty([w, b], 0.1, biases=True)
    (tensor(0.7000, grad_fn=<mul>), tensor(0.8000, grad_fn=<mul>))
    """
    return _sum(model, biases, lambda w: w.abs().sum()) * _checked(strength)


def l2_penalty(model: Module | Iterable[Tensor], strength: float, biases: bool = False) -> Tensor:
    """strength / 2 Σw²: what `weight_decay=strength` does to the gradients of SGD, but not to biases.

    Arguments, result and errors are those of `l1_penalty`.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([[3.0, -4.0]], requires_grad=True)
    >>> l2_penalty([w], 0.1).backward(); w.grad
    tensor([[ 0.3000, -0.4000]])
    """
    return _sum(model, biases, lambda w: (w * w).sum()) * (0.5 * _checked(strength))


def elastic_penalty(model: Module | Iterable[Tensor], l1: float, l2: float, biases: bool = False) -> Tensor:
    """l1 Σ|w| + l2 / 2 Σw², the elastic net (Zou and Hastie, 2005).

    Arguments, result and errors are those of `l1_penalty`.

    >>> import tinygrad_edu as tg
    >>> elastic_penalty([tg.tensor([[3.0, -4.0]])], l1=0.1, l2=0.01)
    tensor(0.8250)
    """
    model = model if isinstance(model, Module) else list(model)
    return l1_penalty(model, l1, biases) + l2_penalty(model, l2, biases)


def _sum(model: Module | Iterable[Tensor], biases: bool, measure: Callable[[Tensor], Tensor]) -> Tensor:
    named = list(model.named_parameters()) if isinstance(model, Module) else [("", w) for w in model]
    chosen = [w for name, w in named if biases or not _is_bias(name, w)]
    if not chosen:
        raise TinygradError(
            "there is nothing to penalize.",
            got=f"{len(named)} parameters, all of them biases" if named else "no parameters",
            mend="biases=True penalizes those of fewer than two axes, too" if named else "",
        )
    return reduce(lambda total, each: total + each, map(measure, chosen))


def _is_bias(name: str, w: Tensor) -> bool:
    return w.ndim < 2 or name.rpartition(".")[2].startswith("bias")


def _checked(strength: float) -> float:
    if not strength >= 0:
        raise OptionError("the strength of a penalty is a number that is not negative.", got=str(strength))
    return strength
