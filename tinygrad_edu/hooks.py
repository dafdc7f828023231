"""hooks: see, change or keep the gradient that arrives at a Tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .engine import accumulate
from .errors import GradientShapeError, NoGradientError
from .messages import told
from .record import cast, clone, run
from .tensor import Tensor, as_tensor, tick

__all__ = ["Handle", "register_hook", "register_post_accumulate_grad_hook", "retain_grad"]


class Taps:
    """What a user asked to see or change of the gradient that arrives at one Tensor."""

    __slots__ = ("afterwards", "hooks", "retain")

    def __init__(self) -> None:
        self.hooks: dict[int, Callable[..., Any]] = {}
        self.afterwards: dict[int, Callable[..., Any]] = {}  # of a leaf: once `.grad` holds it
        self.retain = False

    def arrived(self, t: Tensor, g: Any) -> Any:
        """Let each hook see `g`, or replace it; keep it in `.grad` if asked."""
        if self.hooks:
            seen = g if isinstance(g, Tensor) else Tensor(np.array(g))
            for hook in list(self.hooks.values()):
                other = hook(seen)
                if other is not None:
                    seen = run(clone, _fitting(t, other))
            g = seen if isinstance(g, Tensor) else np.array(seen._data)
        if self.retain and t.gate is not None:
            accumulate(t, run(clone, g) if isinstance(g, Tensor) else np.array(g))
        return g

    def accumulated(self, t: Tensor) -> None:
        """Let each hook see the Tensor whose `.grad` is there now."""
        for hook in list(self.afterwards.values()):
            hook(t)

    def moved_on(self) -> Taps | None:
        """The taps of a Tensor after it was rewritten: hooks stay with the old value."""
        if not self.retain:
            return None
        taps = Taps()
        taps.retain = True
        return taps


def _fitting(t: Tensor, returned: Any) -> Tensor:
    """What a hook returned, as a gradient of `t`."""
    other = as_tensor(returned)
    if other.shape != t.shape:
        raise GradientShapeError(
            f"a hook must return a gradient of the shape of its Tensor ({t.gate or 'a leaf'}).",
            expected=told(t),
            got=str(other.shape),
        )
    return other if other.dtype == t.dtype else cast(other, dtype=t.dtype)


class Handle:
    """Puts a hook among others, and takes it away again; in a `with` statement, at its end.

    >>> import tinygrad_edu as tg
    >>> layer, seen = tg.nn.ReLU(), []
    >>> with layer.register_forward_hook(lambda module, inputs, output: seen.append(output.item())):
    ...     x = layer(tg.tensor(2.0))
    >>> layer(tg.tensor(3.0)), seen
    (tensor(3.), [2.0])
    """

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self._hooks, self._key = hooks, tick()
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def _taps(t: Tensor) -> Taps:
    if t._taps is None:
        t._taps = Taps()
    return t._taps


def register_hook(t: Tensor, hook: Callable[[Tensor], Tensor | None]) -> Handle:
    """Call `hook(gradient)` when the whole gradient of `t` has arrived; it may return another.

    Raises:
        NoGradientError: if `t` requires no gradient.
        GradientShapeError: on the way back, if what the hook returns has another shape.

    >>> x = Tensor(2.0, requires_grad=True)
    >>> handle = x.register_hook(lambda g: g * 10)
    >>> (x * 3).backward(); x.grad
    tensor(30.)
    """
    if not t._needs:
        raise NoGradientError("a hook needs a Tensor that requires a gradient.", got=told(t))
    return Handle(_taps(t).hooks, hook)


def retain_grad(t: Tensor) -> None:
    """Keep the gradient of a Tensor that is not a leaf in its `.grad`, too.

    Raises:
        NoGradientError: if `t` requires no gradient.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> y = x * 2
    >>> y.retain_grad(); (y * y).backward(); y.grad  # 2 y
    tensor(12.)
    """
    if not t._needs:
        raise NoGradientError("retain_grad() needs a Tensor that requires a gradient.", got=told(t))
    _taps(t).retain = True


def register_post_accumulate_grad_hook(t: Tensor, hook: Callable[[Tensor], None]) -> Handle:
    """Call `hook(t)` at the end of every `backward()` that added to the `.grad` of the leaf `t`.

    Raises:
        NoGradientError: if `t` is no leaf, or requires no gradient.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor(3.0, requires_grad=True)
    >>> optimizer = tg.optim.SGD([w], lr=0.5)
    >>> handle = w.register_post_accumulate_grad_hook(lambda w: (optimizer.step(), optimizer.zero_grad()))
    >>> (w * w).backward(); w.item(), w.grad
    (0.0, None)
    """
    if not t._needs or t.gate is not None:
        raise NoGradientError("this hook needs a leaf that requires a gradient.", got=told(t))
    return Handle(_taps(t).afterwards, hook)


Tensor.register_post_accumulate_grad_hook = register_post_accumulate_grad_hook  # type: ignore[method-assign, assignment]
Tensor.register_hook = register_hook  # type: ignore[method-assign, assignment]
Tensor.retain_grad = retain_grad  # type: ignore[method-assign, assignment]
