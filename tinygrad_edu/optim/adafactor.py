"""adafactor: a mean square for each row and each column, in place of one for each element."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

import numpy as np

from ..tensor import Tensor
from .optimizer import COUNT, Hints, Optimizer, Range, average, average_square, descend, length

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    """Adafactor: p <- p - a u / max(1, rms(u) / d), where u = g / sqrt(v) and, at step t,
    a = max(eps2, rms(p)) min(lr, 1 / sqrt(t)).

    v is r c / mean(r), where r and c are moving averages of the mean of g^2 over each row and each
    column (the last two dimensions); of a vector it is the moving average of g^2. What is new has the
    weight t^beta2_decay. rms is the root of the mean square. Shazeer and Stern, "Adafactor: adaptive
    learning rates with sublinear memory cost" (2018); without momentum, as in PyTorch.

    Args:
        params: Tensors, or parameter groups.
        lr: the largest step, relative to the parameter.
        beta2_decay: how fast the averages become slow.
        eps: eps1, whose square is the least v, and eps2, the least size of a parameter; None for eps1
            is the dtype's own, `finfo(dtype).eps`.
        d: the largest rms of a step before it is made smaller.
        weight_decay: p <- p - lr weight_decay p comes before the step.
        maximize: go up instead of down.
        hints: `foreach`, `fused` and `capturable`, ignored.

    Raises:
        OptionError: for a negative option, a beta2_decay above 0, or a d below 1.

    >>> import tinygrad_edu as tg
    >>> w = tg.ones(20, 30, requires_grad=True)
    >>> optimizer = Adafactor([w], lr=0.25)
    >>> (w * w).sum().backward(); optimizer.step(); w[0, :3].tolist()  # the first step, from ones: lr along the sign
    [0.75, 0.75, 0.75]
    >>> {name: value.shape for name, value in optimizer.state[w].items()}
    {'step': (), 'row_var': (20, 1), 'col_var': (1, 30)}
    """

    _ranges: Mapping[str, Range] = {
        "beta2_decay": ("a number that is not above 0", lambda value: value <= 0),
        "eps": (
            "a number that is not negative, or None, and another",
            lambda value: np.shape(value) == (2,) and (value[0] is None or value[0] >= 0) and value[1] >= 0,
        ),
        "d": COUNT,
    }

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults, **hints)

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data, lr, root = p._data, float(group["lr"]), p._data.size**0.5
        if not root:  # nothing has no mean
            return
        least, smallest = group["eps"]
        least = float(np.finfo(data.dtype).eps) if least is None else least
        one, two, three = self._scratch(p)
        g = np.negative(g, out=one) if group["maximize"] else g
        step = self._mean_square(p, g, group["beta2_decay"], least, two)
        rate = max(smallest, length(data, three) / root) * min(lr, step**-0.5)
        if group["weight_decay"]:
            np.multiply(data, 1 - lr * group["weight_decay"], out=data)
        np.maximum(two, least * least, out=two)
        np.divide(g, np.sqrt(two, out=two), out=two)
        descend(data, two, rate / max(1.0, length(two, three) / (root * group["d"])), three)

    def _mean_square(self, p: Tensor, g: np.ndarray, decay: float, least: float, out: np.ndarray) -> float:
        """Write v to `out`; the number of this step."""
        if g.ndim < 2:
            step, v = self._remembered(p, "variance")
            average_square(v, g, step**decay, out)
            np.copyto(out, v)
            return float(step)
        step, rows, columns = self._remembered(p, "row_var", "col_var")
        np.multiply(g, g, out=out)
        for kept, axis in ((rows, -1), (columns, -2)):
            mean = out.mean(axis=axis, keepdims=True)
            average(kept, mean, step**decay, mean)
        np.matmul(rows / np.maximum(rows.mean(axis=-2, keepdims=True), least), columns, out=out)
        return float(step)

    def _shape_of(self, p: Tensor, name: str) -> tuple[int, ...]:
        shape = p.shape
        return {"row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, *shape[-1:])}.get(name, shape)
