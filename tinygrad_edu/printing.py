"""printing: a Tensor as text, as PyTorch prints it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .dtypes import get_default_dtype

__all__ = ["number_format", "tensor_text"]


def tensor_text(t: Any) -> str:
    """`tensor([1., 2.], requires_grad=True)`.

    >>> import tinygrad_edu as tg
    >>> tensor_text(tg.tensor([0.5, 1.0]))
    'tensor([0.5000, 1.0000])'
    """
    data = t._data
    if data.size or data.ndim == 1:
        formatter = {"float_kind": number_format(data)} if data.dtype.kind == "f" else None
        text = np.array2string(data, separator=", ", prefix="tensor(", formatter=formatter)  # type: ignore[call-overload, arg-type]
    else:
        text = f"[], size={data.shape}"
    parts = [text]
    if data.dtype not in (get_default_dtype(), np.int64, np.bool_):
        parts.append(f"dtype={data.dtype}")
    if t.gate is not None:
        parts.append(f"grad_fn=<{t.gate.name}>")
    elif t.requires_grad:
        parts.append("requires_grad=True")
    return f"tensor({', '.join(parts)})"


def number_format(data: np.ndarray) -> Callable[[Any], str]:
    """How to print each element: `1.` if all are whole, `0.5000`, or `5.0000e-07` for wide ranges.

    >>> number_format(np.array([1.0, 20.0]))(1.0), number_format(np.array([1.0, 2.5]))(1.0)
    (' 1.', '1.0000')
    """
    if data.size > np.get_printoptions()["threshold"]:  # what is shown decides: three at either end of an axis
        data = data[np.ix_(*(np.r_[:3, -3:0] if n > 6 else np.arange(n) for n in data.shape))]
    sizes = np.abs(data[np.isfinite(data) & (data != 0)].astype(np.float64))
    if not sizes.size:
        form = "{:.0f}."
    else:
        wide = sizes.max() / sizes.min() > 1000 or sizes.max() > 1e8 or sizes.min() < 1e-4
        whole = (sizes == np.ceil(sizes)).all()
        form = "{:.4e}" if wide else "{:.0f}." if whole else "{:.4f}"

    def text(value: Any) -> str:
        return form.format(value) if np.isfinite(value) else str(float(value))

    finite = data[np.isfinite(data)]  # as wide as the widest, so that columns stand in line
    width = max(len(text(finite.max())), len(text(finite.min()))) if finite.size else 0
    return lambda value: text(value).rjust(width)
