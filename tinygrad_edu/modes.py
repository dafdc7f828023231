"""modes: whether gates are recorded, and whether somebody watches; per thread and per task."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

__all__ = ["enable_grad", "inference_mode", "is_grad_enabled", "no_grad", "set_grad_enabled"]

_GENERATOR = 0x20  # inspect.CO_GENERATOR; importing inspect would cost more than the engine
recording: ContextVar[Any] = ContextVar("recording", default=True)  # False, True, or who watches
watching: ContextVar[Watch | None] = ContextVar("watching", default=None)


class Watch:
    """Somebody who is told of every gate: a `with` block. The engine pays nothing while nobody watches.

    Watches nest: an inner one tells the outer one, too. Under `no_grad` there is nothing to tell.
    """

    outer: Watch | None = None

    def __enter__(self) -> Any:
        self.outer, self._was = watching.get(), recording.get()
        watching.set(self)
        if self._was:
            recording.set(self)
        return self

    def __exit__(self, *exc: Any) -> None:
        watching.set(self.outer)
        recording.set(self._was)

    def made(self, z: Any) -> None:
        """A gate was recorded: `z` is its output."""
        if self.outer is not None:
            self.outer.made(z)

    def called(self, module: Any) -> None:
        """A module was called."""
        if self.outer is not None:
            self.outer.called(module)

    def wrote(self, t: Any) -> None:
        """The memory of `t` was written."""
        if self.outer is not None:
            self.outer.wrote(t)

    def sent(self, z: Any, g: Any, back: Any, start: Any) -> Any:
        """A gate sent gradients back: the upstream `g`, and pairs of an input and its gradient.

        `start`: the outputs that the walk began at, and the gradients given to them.
        """
        return back if self.outer is None else self.outer.sent(z, g, back, start)


def on() -> Any:
    """What `recording` holds while recording: who watches, or True."""
    return watching.get() or True


_outer: ContextVar[Any] = ContextVar("outer", default=None)  # the modes to come back to: (mode, the rest)


class _Mode:
    """A `with` block and a decorator that set `recording` and put it back."""

    _mode: bool

    def __enter__(self) -> None:
        _outer.set((recording.get(), _outer.get()))
        recording.set(self._mode and on())

    def __exit__(self, *exc: Any) -> None:
        mode, rest = _outer.get()
        recording.set(mode)
        _outer.set(rest)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        mode = enable_grad() if self._mode else no_grad()
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & _GENERATOR:
            return _generator(mode, function)

        @wraps(function)
        def called(*args: Any, **keywords: Any) -> Any:
            with mode:
                return function(*args, **keywords)

        return called


def _generator(mode: _Mode, function: Callable[..., Any]) -> Callable[..., Any]:
    """A generator function in a mode while it runs, not while it waits."""

    @wraps(function)
    def generator(*args: Any, **keywords: Any) -> Any:
        items = function(*args, **keywords)
        resume, value = items.send, None
        while True:
            with mode:
                try:
                    item = resume(value)
                except StopIteration as end:
                    return end.value
            try:
                resume, value = items.send, (yield item)
            except GeneratorExit:
                with mode:
                    items.close()
                raise
            except BaseException as error:
                resume, value = items.throw, error

    return generator


class _Fixed(_Mode):
    """A mode that its class says; `@no_grad` decorates as `@no_grad()` does."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        mode = super().__new__(cls)
        return mode if function is None else mode(function)


class no_grad(_Fixed):
    """Do not record gates: a context manager and a decorator.

    >>> import tinygrad_edu as tg
    >>> @no_grad()
    ... def predict(x):
    ...     return x * 2
    >>> predict(tg.tensor(1.0, requires_grad=True)).requires_grad
    False
    """

    _mode = False


class inference_mode(no_grad):
    """`no_grad`, under the name that PyTorch has for what is never to be trained; `mode=False` changes nothing.

    >>> import tinygrad_edu as tg
    >>> with inference_mode():
    ...     (tg.ones(1, requires_grad=True) * 2).requires_grad
    False
    """

    def __new__(cls, mode: Any = True) -> Any:
        return super().__new__(cls, mode if callable(mode) else None) if mode else set_grad_enabled(is_grad_enabled())


class enable_grad(_Fixed):
    """Record gates, within a `no_grad` block too: a context manager and a decorator.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     (x * x).requires_grad
    True
    """

    _mode = True


class set_grad_enabled(_Mode):
    """Record gates (True) or not (False): at once, within a `with` block, or in a decorated function.

    Each thread has its own mode.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> with set_grad_enabled(False):
    ...     (x * x).requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        self._mode = bool(mode)
        self._before = recording.get()
        recording.set(self._mode and on())

    def __enter__(self) -> None:
        _outer.set((self._before, _outer.get()))
        recording.set(self._mode and on())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        recording.set(self._before)  # as a decorator it changes nothing until the call
        return super().__call__(function)


def is_grad_enabled() -> bool:
    """Whether gates are being recorded in this thread.

    >>> is_grad_enabled()
    True
    """
    return bool(recording.get())
