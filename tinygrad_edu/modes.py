"""modes: whether gates are recorded, per thread and per task."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

__all__ = ["enable_grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]

_GENERATOR = 0x20  # inspect.CO_GENERATOR; importing inspect would cost more than the engine
recording: ContextVar[bool] = ContextVar("recording", default=True)


class _Mode:
    """A `with` block and a decorator that set `recording` and put it back."""

    def __init__(self, mode: bool) -> None:
        self._mode = mode
        self._tokens: list[Any] = []

    def __enter__(self) -> None:
        self._tokens.append(recording.set(self._mode))

    def __exit__(self, *exc: Any) -> None:
        recording.reset(self._tokens.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & _GENERATOR:

            @wraps(function)
            def generator(*args: Any, **keywords: Any) -> Any:
                items = function(*args, **keywords)
                sent = None
                while True:
                    with _Mode(self._mode):  # while the generator runs, not while it waits
                        try:
                            item = items.send(sent)
                        except StopIteration as end:
                            return end.value
                    sent = yield item

            return generator

        @wraps(function)
        def called(*args: Any, **keywords: Any) -> Any:
            with _Mode(self._mode):
                return function(*args, **keywords)

        return called


class no_grad(_Mode):
    """Do not record gates: a context manager and a decorator.

    >>> import tinygrad_edu as tg
    >>> @no_grad()
    ... def predict(x):
    ...     return x * 2
    >>> predict(tg.tensor(1.0, requires_grad=True)).requires_grad
    False
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()  # type: ignore[misc]
        return mode(function)  # @no_grad without parentheses

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(no_grad):
    """Record gates, within a `no_grad` block too: a context manager and a decorator.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> with no_grad(), enable_grad():
    ...     (x * x).requires_grad
    True
    """

    def __init__(self) -> None:
        _Mode.__init__(self, True)


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
        super().__init__(mode)
        self._before = recording.set(mode)

    def __enter__(self) -> None:
        recording.set(self._mode)

    def __exit__(self, *exc: Any) -> None:
        recording.set(self._before.old_value if self._before.old_value is not self._before.MISSING else True)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        self.__exit__()  # as a decorator it changes nothing until the call
        return super().__call__(function)


def is_grad_enabled() -> bool:
    """Whether gates are being recorded in this thread.

    >>> is_grad_enabled()
    True
    """
    return recording.get()
