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
        text = np.array2string(data, separator=", ", prefix="tensor(", formatter=formatter)  # type: ignore[call-overload]
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
    """How to print each element: `1.` if all are whole, `0.5000`, or `5.0000e-07` for wide ranges."""
    sizes = np.abs(data[np.isfinite(data) & (data != 0)].astype(np.float64))
    if not sizes.size:
        return lambda v: f"{v:.0f}." if np.isfinite(v) else str(float(v))
    wide = sizes.max() / sizes.min() > 1000 or sizes.max() > 1e8 or sizes.min() < 1e-4
    if (sizes == np.ceil(sizes)).all():
        scientific = "{:.4e}" if wide and sizes.max() > 1e8 else "{:.0f}."
    else:
        scientific = "{:.4e}" if wide else "{:.4f}"
    return lambda v: scientific.format(v) if np.isfinite(v) else str(float(v))
