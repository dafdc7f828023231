"""reduction: what a loss does with the losses of its samples."""

from __future__ import annotations

from ..tensor import Tensor

REDUCTIONS = ("none", "mean", "sum")


def check_reduction(reduction: str) -> None:
    """Raise a ValueError unless it is none, mean or sum."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be one of {', '.join(REDUCTIONS)}; got {reduction!r}")


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """The losses as they are, their mean or their sum."""
    check_reduction(reduction)
    return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
