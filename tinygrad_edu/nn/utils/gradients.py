"""gradients: holding gradients and weights within bounds, and parameters as one vector."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ... import gates
from ...axes import axis_of, either_name
from ...errors import ShapeError, TinygradError
from ...locking import unlock
from ...tensor import Tensor, as_tensor, written

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "get_total_norm",
    "max_norm_",
    "parameters_to_vector",
    "vector_to_parameters",
]


def _listed(parameters: Any) -> list[Tensor]:
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)


def _gradients(parameters: Any) -> list[Tensor]:
    return [p.grad for p in _listed(parameters) if p.grad is not None]


def _norm(arrays: Any, p: float) -> float:
    """The p-norm of all elements of all arrays together, as the norm of the norms, in double precision."""
    norms = np.array([float(np.linalg.norm(a.ravel().astype(np.float64), p)) if a.size else 0.0 for a in arrays])
    return float(np.linalg.norm(norms, p)) if norms.size else 0.0


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all elements of all Tensors, as if they were one vector.

    Raises:
        TinygradError: with `error_if_nonfinite`, if it is inf or nan.

    >>> import tinygrad_edu as tg
    >>> get_total_norm([tg.tensor([3.0]), tg.tensor([[4.0]])])
    tensor(5.)
    """
    held = _listed(tensors)
    norm = _norm([t._data for t in held], float(norm_type))
    if error_if_nonfinite and not math.isfinite(norm):
        raise TinygradError("the total norm is not finite.", got=str(norm), mend="look for inf and nan in the loss")
    return Tensor(np.asarray(norm, held[0].dtype if held else None))


def _write(t: Tensor, values: Any) -> None:
    unlock(t)
    t._data[...] = values
    written(t)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Shrink all gradients together, so that their total norm is at most `max_norm`; returns what it was.

    Each is multiplied by max_norm / (norm + 1e-6), if that is below 1 (Pascanu and others, 2012).

    Args:
        norm_type: the p of the norm; inf for the largest element.
        foreach: ignored.

    Raises:
        TinygradError: with `error_if_nonfinite`, if the norm is inf or nan; nothing is changed.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([3.0, 4.0], requires_grad=True); (w * w).sum().backward()
    >>> clip_grad_norm_(w, 1.0), w.grad
    (tensor(10.), tensor([0.6000, 0.8000]))
    """
    gradients = _gradients(parameters)
    norm = get_total_norm(gradients, norm_type, error_if_nonfinite)
    scale = float(max_norm) / (norm.item() + 1e-6)
    if not scale >= 1:  # a nan is handed on, as in PyTorch
        with np.errstate(invalid="ignore"):
            for g in gradients:
                _write(g, g._data * scale)
    return norm


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Hold every element of every gradient within ±clip_value.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([3.0, 0.25], requires_grad=True); (w * w).sum().backward()
    >>> clip_grad_value_([w], 1.0); w.grad
    tensor([1.0000, 0.5000])
    """
    for g in _gradients(parameters):
        _write(g, np.clip(g._data, -float(clip_value), float(clip_value)))


@either_name
def max_norm_(weight: Tensor, max_norm: float = 3.0, norm_type: float = 2.0, dim: int = 0) -> Tensor:
    """Shrink the incoming weights of every unit to a norm of at most `max_norm`, in place; returns the weight.

    To be called after every step (Srivastava and others, 2014, with dropout: 3 or 4). Weights within
    the bound stay as they are.

    Args:
        weight: of shape (out, in) or (out, in, …): a row for each unit.
        dim: the axis of the units.

    Raises:
        ShapeError: for a weight of fewer than two axes, or without the axis `dim`.

    >>> import tinygrad_edu as tg
    >>> max_norm_(tg.tensor([[3.0, 4.0], [0.0, 1.0]]), 2.5)
    tensor([[1.5000, 2.0000],
            [0.0000, 1.0000]])
    """
    if weight.ndim < 2:
        raise ShapeError("max_norm_ bounds the rows of a weight.", expected="2 or more axes", got=str(weight.shape))
    axis = axis_of(dim, weight.ndim, "max_norm_")
    axes = tuple(a for a in range(weight.ndim) if a != axis)
    data = weight._data
    if norm_type == 2:
        norms = np.sqrt(np.sum(np.square(data), axis=axes, keepdims=True))
    elif math.isinf(norm_type):
        norms = np.max(np.abs(data), axis=axes, keepdims=True, initial=0)
    else:
        norms = np.sum(np.abs(data) ** norm_type, axis=axes, keepdims=True) ** (1 / norm_type)
    over = norms > max_norm
    if over.any():
        _write(weight, np.where(over, data * (max_norm / np.where(over, norms, 1)), data))
    return weight


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of all parameters as one vector; gradients flow through.

    >>> import tinygrad_edu as tg
    >>> parameters_to_vector([tg.ones(2, 2), tg.zeros(1)])
    tensor([1., 1., 1., 1., 0.])
    """
    held = [p.reshape(-1) for p in parameters]
    return gates.cat(held) if held else Tensor(np.zeros(0, np.float32))


def vector_to_parameters(vec: Any, parameters: Iterable[Tensor]) -> None:
    """Write the elements of a vector into the parameters, one after another: undoes `parameters_to_vector`.

    Raises:
        ShapeError: if it has another number of elements than they; nothing is written then. (PyTorch
            writes what there is.)

    >>> import tinygrad_edu as tg
    >>> w, b = tg.zeros(2, 2), tg.zeros(1)
    >>> vector_to_parameters(tg.arange(5.0), [w, b]); w.tolist(), b.tolist()
    ([[0.0, 1.0], [2.0, 3.0]], [4.0])
    """
    values, held = as_tensor(vec)._data, list(parameters)
    needed = sum(p.numel() for p in held)
    if values.shape != (needed,):
        raise ShapeError(
            "vector_to_parameters: not the parameters' size.", expected=f"({needed},)", got=str(values.shape)
        )
    start = 0
    values = values.copy()  # a parameter may be what the vector looks at
    for p in held:
        _write(p, values[start : start + p.numel()].reshape(p.shape))
        start += p.numel()
