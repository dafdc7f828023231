"""backward_hooks: what came back to a module's outputs, and what it sends back to its inputs, shown to hooks.

A gate that changes nothing stands around the inputs of a call, and one around its outputs. The walk back
meets that of the outputs first, and that of the inputs when all that the module sends back has arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ..autograd import Function
from ..errors import TinygradError
from ..modes import is_grad_enabled
from ..tensor import Tensor

__all__: list[str] = []  # Module's register_full_backward_hook is what users call


class BackwardHook(Function):
    """Hands Tensors on, and lets `arrived` see, or replace, what comes back to them all."""

    kind = "distribute"
    local = ("1",)

    @staticmethod
    def forward(ctx: Any, *tensors_and_arrived: Any) -> Any:
        *tensors, ctx.arrived = tensors_and_arrived
        ctx.set_materialize_grads(False)
        return tuple(t.detach() for t in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return *ctx.arrived(grads), None


class Around:
    """One call of a module, between its two gates."""

    def __init__(self, module: Any, before: Iterable[Any], after: Iterable[Any]) -> None:
        self.module, self.before, self.after = module, list(before), list(after)
        self.inputs_at: list[int] = []
        self.count = 0
        self.grad_output: Any = None

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, behind a gate where they need a gradient."""
        self.inputs_at, self.count = _recorded(args), len(args)
        return _behind(self._leaves, args, self.inputs_at)

    def outputs(self, result: Any) -> Any:
        """The result (a Tensor, or a tuple), the same way."""
        outputs = result if isinstance(result, tuple) else (result,)
        at = _recorded(outputs)
        behind = _behind(partial(self._arrives, at, len(outputs)), outputs, at)
        return behind if isinstance(result, tuple) else behind[0]

    def _arrives(self, at: list[int], count: int, grads: tuple[Any, ...]) -> list[Any]:
        grad_output = _spread(grads, at, count)
        for hook in self.before:
            grad_output = self._replaced(hook(self.module, grad_output), grad_output)
        self.grad_output = grad_output
        if not self.inputs_at:
            self._leaves(())  # nothing goes on from here, but the hooks are told what came
        return [grad_output[i] for i in at]

    def _leaves(self, grads: tuple[Any, ...]) -> list[Any]:
        grad_output, self.grad_output = self.grad_output, None
        if grad_output is None:
            raise TinygradError(
                f"a gradient came to an input of {type(self.module).__name__}, but not through its outputs: "
                "its backward hooks cannot be told what came.",
                expected="a forward() that returns a Tensor or a tuple of Tensors, and all its work through these",
            )
        grad_input = _spread(grads, self.inputs_at, self.count)
        for hook in self.after:
            grad_input = self._replaced(hook(self.module, grad_input, grad_output), grad_input)
        return [grad_input[i] for i in self.inputs_at]

    def _replaced(self, other: Any, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a hook returned instead of `grads`, or these."""
        if other is None:
            return grads
        other = other if isinstance(other, tuple) else (other,)
        if len(other) != len(grads):
            raise TinygradError(
                f"a backward hook of {type(self.module).__name__} must return as many gradients as it was handed.",
                expected=f"{len(grads)}, or None to leave them as they are",
                got=str(len(other)),
            )
        return other


def _recorded(values: tuple[Any, ...]) -> list[int]:
    """Where the Tensors are that a gradient can come back to."""
    return [i for i, x in enumerate(values) if isinstance(x, Tensor) and x._needs] if is_grad_enabled() else []


def _behind(arrived: Callable[..., Any], values: tuple[Any, ...], at: list[int]) -> tuple[Any, ...]:
    if not at:
        return values
    behind = dict(zip(at, BackwardHook.apply(*(values[i] for i in at), arrived), strict=True))
    return tuple(behind.get(i, x) for i, x in enumerate(values))


def _spread(grads: tuple[Any, ...], at: list[int], count: int) -> tuple[Any, ...]:
    """The gradients at their places, None elsewhere."""
    placed = dict(zip(at, grads, strict=True))
    return tuple(placed.get(i) for i in range(count))
