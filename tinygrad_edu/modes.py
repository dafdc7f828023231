"""modes: whether gates are recorded, per thread and per task."""

from __future__ import annotations

from contextlib import ContextDecorator
from contextvars import ContextVar
from typing import Any

__all__ = ["enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]

recording: ContextVar[bool] = ContextVar("recording", default=True)


class set_grad_enabled(ContextDecorator):
    """Record gates (True) or not (False): at once, within a `with` block, or in a decorated function.

    Each thread has its own mode.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> with set_grad_enabled(False):
    ...     (x * x).requires_grad
    False
    """

    def __init__(self, mode: bool) -> None:
        self._mode = mode
        self._before = [recording.get()]
        recording.set(mode)

    def __enter__(self) -> None:
        recording.set(self._mode)

    def __exit__(self, *exc: Any) -> None:
        recording.set(self._before[-1])

    def __call__(self, function: Any) -> Any:
        recording.set(self._before[-1])  # as a decorator it changes nothing until the call
        return super().__call__(function)

    def _recreate_cm(self) -> Any:
        return set_grad_enabled(self._mode)


class no_grad(ContextDecorator):
    """Do not record gates: a context manager and a decorator.

    >>> import tinygrad_edu as tg
    >>> @no_grad()
    ... def predict(x):
    ...     return x * 2
    >>> predict(tg.tensor(1.0, requires_grad=True)).requires_grad
    False
    """

    _mode = False

    def __init__(self) -> None:
        self._tokens: list[Any] = []

    def __new__(cls, function: Any = None) -> Any:
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()  # type: ignore[misc]
        return mode(function)  # @no_grad without parentheses

    def __enter__(self) -> None:
        self._tokens.append(recording.set(self._mode))

    def __exit__(self, *exc: Any) -> None:
        recording.reset(self._tokens.pop())

    def _recreate_cm(self) -> Any:
        return type(self)()


class enable_grad(no_grad):
    """Record gates, within a `no_grad` block too: a context manager and a decorator.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     (x * x).requires_grad
    True
    """

    _mode = True


def is_grad_enabled() -> bool:
    """Whether gates are being recorded in this thread.

    >>> is_grad_enabled()
    True
    """
    return recording.get()
