"""reparametrize: a layer's weight computed from other parameters before every forward.

The names in the `state_dict` are those of `torch.nn.utils.weight_norm` and `spectral_norm`
(weight_g, weight_v; weight_orig, weight_u, weight_v), not those of `torch.nn.utils.parametrizations`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..axes import axis_of, either_name
from ..errors import OptionError, TinygradError
from ..random import randn
from ..tensor import Tensor, written
from .module import Module
from .parameter import Parameter

__all__ = ["remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"]


def _parameter(module: Module, name: str, what: str) -> Parameter:
    found = vars(module).get(name)
    if not isinstance(found, Parameter):
        raise TinygradError(f"{what}: {type(module).__name__} has no parameter {name!r}.")
    return found


def _install(module: Module, name: str, hook: Any) -> Module:
    """Let `hook` compute the weight before every forward, and once now."""
    hook.handle = module.register_forward_pre_hook(hook)
    object.__setattr__(module, name, hook.weight(module, False).detach())
    return module


def _remove(module: Module, name: str, kind: type, what: str) -> Module:
    for hook, _ in list((module._hooks or ({}, {}))[0].values()):
        if isinstance(hook, kind) and hook.name == name:  # type: ignore[attr-defined]
            hook.handle.remove()  # type: ignore[attr-defined]
            weight = hook.weight(module, False).detach()  # type: ignore[attr-defined]
            for part in (name, *(f"{name}_{end}" for end in hook.ends)):  # type: ignore[attr-defined]
                delattr(module, part)
            module._persistent = {k: v for k, v in module._persistent.items() if k in vars(module)}
            setattr(module, name, Parameter(weight))
            return module
    raise TinygradError(f"{what} was not applied to {name!r} of {type(module).__name__}.")


class _WeightNorm:
    """weight = g v / ||v||."""

    ends = ("g", "v")
    handle: Any = None

    def __init__(self, name: str, over: tuple[int, ...]) -> None:
        self.name, self.over = name, over

    def norm(self, v: Any) -> Any:
        """The length of v over all axes but one, which stay with size 1."""
        keepdims: Any = v.ndim > len(self.over)
        return np.sqrt(np.sum(v * v, axis=self.over, keepdims=keepdims))

    def weight(self, module: Module, training: bool) -> Any:
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        return v * (g / self.norm(v))

    def __call__(self, module: Module, args: Any) -> None:
        object.__setattr__(module, self.name, self.weight(module, module.training))


@either_name
def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let a layer learn the length and the direction of its weights apart (Salimans and Kingma 2016).

    The parameter `weight` gives way to `weight_g`, the lengths, and `weight_v`, the directions; before
    every forward weight = g v / ||v||.

    Args:
        dim: the axis that keeps one length for each index; None for one length in all (in PyTorch -1 is None, too).

    Returns:
        The module itself.

    Raises:
        TinygradError: if it has no such parameter.
        NoSuchAxisError: if that has no such axis.

    >>> import tinygrad_edu as tg
    >>> list(weight_norm(tg.nn.Linear(3, 2)).state_dict())
    ['bias', 'weight_g', 'weight_v']
    """
    weight = _parameter(module, name, "weight_norm")
    own = None if dim is None else axis_of(dim, weight.ndim, "weight_norm")
    over = tuple(i for i in range(weight.ndim) if i != own)
    hook = _WeightNorm(name, over)
    delattr(module, name)
    setattr(module, f"{name}_g", Parameter(np.asarray(hook.norm(weight._data))))
    setattr(module, f"{name}_v", Parameter(weight._data.copy()))
    return _install(module, name, hook)


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight a parameter again, with the value it has.

    >>> import tinygrad_edu as tg
    >>> list(remove_weight_norm(weight_norm(tg.nn.Linear(3, 2))).state_dict())
    ['bias', 'weight']
    """
    return _remove(module, name, _WeightNorm, "weight_norm")


class _SpectralNorm:
    """weight = orig / sigma(orig), by power iteration."""

    ends = ("orig", "u", "v")
    handle: Any = None

    def __init__(self, name: str, steps: int, eps: float, dim: int) -> None:
        self.name, self.steps, self.eps, self.dim = name, steps, eps, dim

    def matrix(self, w: Any) -> Any:
        """The weight as a matrix, its outputs as rows."""
        w = np.moveaxis(w, self.dim, 0)
        return np.reshape(w, (w.shape[0], -1))

    def unit(self, v: np.ndarray) -> np.ndarray:
        """`v` at length 1."""
        return v / max(float(np.sqrt(v @ v)), self.eps)  # type: ignore[no-any-return]

    def weight(self, module: Module, training: bool) -> Any:
        orig, u, v = (getattr(module, f"{self.name}_{end}") for end in self.ends)
        matrix = self.matrix(orig)
        if training:
            for _ in range(self.steps):
                v._data[...] = self.unit(matrix._data.T @ u._data)
                u._data[...] = self.unit(matrix._data @ v._data)
            written(u)
            written(v)
        # Copies: the next forward writes u and v, and this one's gradient still needs them.
        sigma = np.sum(np.matmul(matrix, v._data.copy()) * u._data.copy())
        return orig / sigma

    def __call__(self, module: Module, args: Any) -> None:
        object.__setattr__(module, self.name, self.weight(module, module.training))


@either_name
def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a layer's weight by its largest singular value, so that it stretches nothing (Miyato et al. 2018).

    The parameter is `weight_orig`. Each forward in training mode takes `n_power_iterations` steps with the
    buffers `weight_u` and `weight_v` towards the singular vectors.

    Args:
        eps: the least length that a vector is divided by.
        dim: the axis of the outputs; default: 0, and 1 for ConvTranspose layers.

    Returns:
        The module itself.

    Raises:
        TinygradError: if it has no such parameter.
        NoSuchAxisError: if that has no such axis.

    >>> import tinygrad_edu as tg
    >>> list(spectral_norm(tg.nn.Linear(3, 2)).state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    if n_power_iterations < 1:
        raise OptionError(f"n_power_iterations must be at least 1; got {n_power_iterations}")
    weight = _parameter(module, name, "spectral_norm")
    dim = int(type(module).__name__.startswith("ConvTranspose")) if dim is None else dim
    hook = _SpectralNorm(name, n_power_iterations, eps, axis_of(dim, weight.ndim, "spectral_norm"))
    rows, columns = hook.matrix(weight._data).shape
    delattr(module, name)
    setattr(module, f"{name}_orig", weight)
    for end, size in (("u", rows), ("v", columns)):
        module.register_buffer(f"{name}_{end}", Tensor(hook.unit(randn(size, dtype=weight.dtype)._data)))
    return _install(module, name, hook)


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight a parameter again, with the value it has.

    >>> import tinygrad_edu as tg
    >>> list(remove_spectral_norm(spectral_norm(tg.nn.Linear(3, 2))).state_dict())
    ['bias', 'weight']
    """
    return _remove(module, name, _SpectralNorm, "spectral_norm")
