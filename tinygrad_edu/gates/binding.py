"""binding: gates and compositions as methods of Tensor, in place too."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..inplace import straight, write
from ..tensor import Tensor

__all__ = ["methods", "methods_in_place"]

_SIGNS = {"__iadd__": "+=", "__isub__": "-=", "__imul__": "*=", "__itruediv__": "/=", "__imatmul__": "@=",
          "__ipow__": "**=", "__imod__": "%=", "__ifloordiv__": "//="}  # fmt: skip


def methods(*functions: Callable[..., Any], **named: Callable[..., Any]) -> None:
    """Bind each function to Tensor under its own name, or under the name given.

    A gate is a plain function, so it is the method: no further Python frame.
    """
    for function in functions:
        setattr(Tensor, function.__name__, function)
    for name, function in named.items():
        setattr(Tensor, name, function)


def methods_in_place(*functions: Callable[..., Any], **named: Callable[..., Any]) -> None:
    """Bind `exp_` beside `exp`: the same function, written into the Tensor itself."""
    for name, function in {**{f"{f.__name__}_": f for f in functions}, **named}.items():
        method, plain = _in_place(name, function), getattr(function, "__name__", name)
        method.__name__ = method.__qualname__ = name
        method.__doc__ = f"In place: write `{plain}(self, …)` into this Tensor; returns it."
        setattr(Tensor, name, method)


def _in_place(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    said = _SIGNS.get(name, name)
    ufunc = isinstance(getattr(getattr(function, "gate", None), "forward", None), np.ufunc)
    alone = straight(said, function) if ufunc else None
    if alone is not None and name in _SIGNS:
        return alone

    # Every operand reaches `write`, which must see them all to decide whether to record.
    @wraps(function)
    def called(self: Tensor, *operands: Any, **keywords: Any) -> Tensor:
        if keywords:
            n, names = len(operands), tuple(keywords)

            def with_keywords(t: Tensor, *v: Any) -> Tensor:
                return function(t, *v[:n], **dict(zip(names, v[n:], strict=True)))

            return write(self, said, with_keywords, *operands, *keywords.values())
        if alone is not None and len(operands) == 1:
            return alone(self, operands[0])
        return write(self, said, function, *operands)

    return called
