"""rprop: a step for each element, which grows while its gradient keeps its sign and shrinks when it turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..tensor import Tensor
from .optimizer import Hints, Optimizer, Range, descend

__all__ = ["Rprop"]


class Rprop(Optimizer):
    """Resilient backpropagation: p <- p - s sign(g), where s <- s up if g has the sign that it had in
    the last step, and s <- s down, without a step, if it has the other.

    Only the sign of g is used, so it has to be that of the whole loss: of all samples, not of a batch.
    After a turn the next step is taken with s as it is. Riedmiller and Braun, "A direct adaptive method
    for faster backpropagation learning: the RPROP algorithm" (1993).

    Args:
        params: Tensors, or parameter groups.
        lr: where s starts; it has no part in later steps.
        etas: down and up.
        step_sizes: the smallest and the largest s, of the first step too.
        maximize: go up instead of down.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative lr, etas that are not on either side of 1, or step_sizes not in order.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([1.0, 100.0], requires_grad=True)
    >>> optimizer = Rprop([w], lr=0.5)
    >>> for _ in range(3):
    ...     optimizer.zero_grad(); (w * w).sum().backward(); optimizer.step(); print(w.tolist())
    [0.5, 99.5]
    [-0.10000002384185791, 98.9000015258789]
    [-0.10000002384185791, 98.18000030517578]
    """

    _ranges: Mapping[str, Range] = {
        "etas": (
            "two numbers, from 0 to 1 and above 1",
            lambda value: np.shape(value) == (2,) and 0 < value[0] < 1 < value[1],
        ),
        "step_sizes": (
            "two numbers that are not negative, the smaller first",
            lambda value: np.shape(value) == (2,) and 0 <= value[0] <= value[1],
        ),
    }

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize}, **hints)

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        down, up = group["etas"]
        one, two, three = self._scratch(p)
        first = "step_size" not in self.state[p]
        _, last, size = self._remembered(p, "prev", "step_size")
        if first:
            size += group["lr"]
        g = np.negative(g, out=one) if group["maximize"] else g
        # of the signs, as the product of two small gradients may be 0
        agreement = np.multiply(np.sign(g, out=two), np.sign(last, out=three), out=two)
        np.multiply(size, up, out=size, where=agreement > 0)
        turned = agreement < 0
        np.multiply(size, down, out=size, where=turned)
        np.clip(size, *group["step_sizes"], out=size)
        np.copyto(last, g)
        np.copyto(last, 0, where=turned)
        descend(p._data, np.multiply(np.sign(last, out=two), size, out=two), 1.0, three)
