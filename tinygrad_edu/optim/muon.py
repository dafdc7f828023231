"""muon: momentum made an orthogonal matrix, so that a step is as long in every direction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import OptionError
from ..tensor import Tensor
from .optimizer import NOT_NEGATIVE, Optimizer, Range, Triple, average, descend, length

__all__ = ["Muon"]


class Muon(Optimizer):
    """Muon, for matrices: p <- p - lr weight_decay p - lr sqrt(max(1, rows / columns)) O.

    O is about U V^T, where U S V^T is the singular value decomposition of n = g + momentum (m - g), and
    m <- momentum m + (1 - momentum) g; without `nesterov`, n = m. It is found by the Newton-Schulz
    iteration X <- a X + (b X X^T + c (X X^T)^2) X from X = n / |n|: with these coefficients and steps
    singular values of X from 0.002 on end between 0.68 and 1.21. Jordan and others, "Muon: an optimizer for
    hidden layers in neural networks" (2024).

    The iteration runs at the parameter's own dtype, float16's at float32; PyTorch's at bfloat16, whose
    rounding changes each step by some hundredths. Biases, embeddings and the last layer are for another
    optimizer, such as AdamW.

    Args:
        params: matrices, or parameter groups of them.
        lr: the learning rate.
        weight_decay: how fast the weights decay by themselves.
        momentum: how much of m stays.
        nesterov: look ahead along m.
        ns_coefficients: a, b and c.
        eps: the least |n| to divide by.
        ns_steps: how many times X is improved, below 100.
        adjust_lr_fn: "original", or "match_rms_adamw": 0.2 sqrt(max(rows, columns)) in place of the
            root, so that a rate found for AdamW fits (Liu and others, "Muon is scalable for LLM
            training", 2025). None is "original".

    Raises:
        OptionError: for a negative option, another adjust_lr_fn, or a parameter that is no matrix.

    >>> import tinygrad_edu as tg
    >>> w = tg.zeros(2, 2, requires_grad=True)
    >>> w.grad = tg.tensor([[100.0, 0.0], [0.0, 1.0]])
    >>> Muon([w], lr=0.5).step(); w  # about as far along the small gradient
    tensor([[-0.3482,  0.0000],
            [ 0.0000, -0.3494]], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {
        "momentum": NOT_NEGATIVE,
        "ns_coefficients": ("three numbers", lambda value: np.shape(value) == (3,)),
        "eps": NOT_NEGATIVE,
        "ns_steps": (
            "a whole number from 0 to 99",
            lambda value: isinstance(value, int) and 0 <= value < 100,
        ),
        "adjust_lr_fn": (
            '"original", "match_rms_adamw" or None',
            lambda value: value in (None, "original", "match_rms_adamw"),
        ),
    }

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)

    def _check(self, group: Mapping[str, Any]) -> None:
        super()._check(group)
        for p in group["params"]:
            if p.ndim != 2:
                raise OptionError(
                    "Muon: params must be matrices.",
                    got=f"{p.name or 'a parameter'} of shape {p.shape}",
                    mend="[p for p in model.parameters() if p.ndim == 2], and AdamW for the others",
                )

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        data, lr, momentum = p._data, float(group["lr"]), group["momentum"]
        work = self._scratch(p) if data.dtype != np.float16 else tuple(np.empty((3, *p.shape), np.float32))
        n = m = self._kept(p, "momentum_buffer")
        average(m, g, 1 - momentum, work[0])
        if group["nesterov"]:
            n = np.subtract(m, g, out=work[0])
            np.add(np.multiply(n, momentum, out=n), g, out=n)
        step = _orthogonal(n, group["ns_coefficients"], group["ns_steps"], group["eps"], work)
        np.multiply(data, 1 - lr * group["weight_decay"], out=data)
        descend(data, step, lr * _ratio(p.shape, group["adjust_lr_fn"]), work[0])


def _ratio(shape: tuple[int, ...], adjust_lr_fn: str | None) -> float:
    """What lr is multiplied with."""
    rows, columns = shape
    if adjust_lr_fn == "match_rms_adamw":
        return float(0.2 * max(rows, columns) ** 0.5)
    return float(max(1, rows / max(1, columns)) ** 0.5)


def _orthogonal(n: np.ndarray, coefficients: Iterable[float], steps: int, eps: float, work: Triple) -> np.ndarray:
    """The matrix of the same shape whose singular values are those of `n`, brought near 1."""
    a, b, c = coefficients
    one, two, three = work
    scale = max(length(n, two), eps)
    wide = n if n.shape[0] <= n.shape[1] else n.T  # so that X X^T is the smaller product
    rows = len(wide)
    x = np.divide(wide, scale, out=three.reshape(wide.shape))
    new = one.reshape(wide.shape)
    gram, square = (w.reshape(-1)[: rows * rows].reshape(rows, rows) for w in (two, one))
    for _ in range(steps):
        np.matmul(x, x.T, out=gram)
        np.matmul(gram, gram, out=square)
        np.multiply(gram, b, out=gram)
        np.add(gram, np.multiply(square, c, out=square), out=gram)
        np.matmul(gram, x, out=new)
        np.add(np.multiply(x, a, out=x), new, out=x)
    return x if wide is n else x.T
