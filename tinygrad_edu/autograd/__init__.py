"""autograd: the names of `torch.autograd`: gradients, modes, and a gate of your own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..anomaly import detect_anomaly
from ..engine import backward as _backward
from ..engine import grad
from ..modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from ..tensor import Tensor
from .function import Function, once_differentiable

if TYPE_CHECKING:
    from ..testing.gradcheck import gradcheck, gradgradcheck
    from . import functional

__all__ = [
    "Function",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "once_differentiable",
    "set_grad_enabled",
]

_INSTEAD = {
    "Variable": "; a Tensor is one: tg.tensor(data, requires_grad=True)",
    "set_detect_anomaly": "; it is a block here: with tg.detect_anomaly():",
}


def __getattr__(name: str) -> Any:
    """Import what few programs need when it is first named, as the package does."""
    from importlib import import_module

    if name == "functional":
        return import_module(f"{__name__}.functional")
    if name in ("gradcheck", "gradgradcheck"):
        return getattr(import_module("tinygrad_edu.testing"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}" + _INSTEAD.get(name, ""))


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Walk back from several Tensors at once (`torch.autograd.backward`).

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> backward([x * 2, x * x]); x.grad
    tensor(8.)
    """
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if grad_tensors is None or isinstance(grad_tensors, Tensor):
        grad_tensors = [grad_tensors] * len(tensors)
    _backward(tensors, grad_tensors, retain_graph, create_graph, inputs)
