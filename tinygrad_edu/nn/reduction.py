"""reduction: what losses have in common: shapes that must agree, and what becomes of the samples' losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import OptionError, ShapeError, TinygradError
from ..tensor import Tensor
from .module import Module

REDUCTIONS = ("none", "mean", "sum")
LEAST = float(np.float32(1e-12))  # what keeps a division from zero: a float in PyTorch's source, even for doubles


def check_reduction(reduction: str, *more: str) -> None:
    """Raise an OptionError unless it is none, mean or sum, or one of `more`."""
    if reduction not in REDUCTIONS + more:
        raise OptionError(f"reduction must be one of {', '.join(REDUCTIONS + more)}; got {reduction!r}")


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The losses as they are, their mean or their sum."""
    check_reduction(reduction)
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()


def check_same_shape(name: str, input: Any, **others: Any) -> None:
    """Raise a ShapeError unless all have the input's shape.

    PyTorch warns and broadcasts: (N, 1) against (N,) becomes N² pairs, a loss that falls and learns nothing.
    """
    for other, tensor in others.items():
        if tensor.shape != input.shape:
            raise ShapeError(
                f"{name} compares element with element, so input and {other} have one shape.",
                expected=f"{other} {input.shape}",
                got=f"{other} {tensor.shape}",
                mend=f"{other}.reshape(input.shape)" if tensor.numel() == input.numel() else "",
            )


class Loss(Module):
    """The base of the loss modules: each calls the function of its name with the options it was made with."""

    def __new__(cls, *options: Any, **named: Any) -> Any:
        """Say it where a user takes the class for the function: its options are never two Tensors."""
        if len(options) > 1 and all(isinstance(option, Tensor) for option in options[:2]):
            raise TinygradError(
                f"{cls.__name__} is made with its options, and then called with the Tensors.",
                got=f"Tensors of shape {options[0].shape} and {options[1].shape} as options",
                mend=f"nn.{cls.__name__}()(input, target)",
            )
        return super().__new__(cls)

    def __init__(self, reduction: str, *more: str) -> None:
        super().__init__()
        check_reduction(reduction, *more)
        self.reduction = reduction
