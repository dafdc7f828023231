"""expansion: gates taken apart into the ones they are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import gates as g
from ...modes import enable_grad
from ...record import Bundle
from ...tensor import Tensor, tick

__all__ = ["expanded"]


def _softmax(x: Any, axis: Any) -> Any:
    e = g.exp(x - np.max(x._data, axis=axis, keepdims=True))  # the largest is only there against overflow: a constant
    return e / g.sum(e, axis, keepdim=True)


def _log_softmax(x: Any, axis: Any) -> Any:
    shifted = x - np.max(x._data, axis=axis, keepdims=True)
    return shifted - g.log(g.sum(g.exp(shifted), axis, keepdim=True))


# What gates without a `meaning` of their own are made of.
_MADE_OF: dict[str, Callable[..., Any]] = {
    "sigmoid": lambda x: 1 / (1 + g.exp(-x)),
    "silu": lambda x: x * (1 / (1 + g.exp(-x))),
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "rsqrt": lambda x: 1 / g.sqrt(x),
}


def expanded(output: Tensor, gates: Any) -> tuple[Tensor, Any, dict[int, Tensor]]:
    """The same graph with its gates taken apart, beside the user's, which stays as it is.

    Returns the new output, the new gates with their inputs, oldest first, and for each new Tensor,
    by its id, the user's Tensor that it comes from.
    """
    origin: dict[int, Tensor] = {}
    while any(_parts(z) for z, _ in gates):  # what a gate is made of may itself be made of others
        output, gates = _once(output, gates, origin)
    return output, gates, origin


def _parts(z: Tensor) -> Callable[..., Any] | None:
    found: Callable[..., Any] | None = z.gate.meaning or _MADE_OF.get(z.gate.name)
    return found


def _once(output: Tensor, gates: Any, origin: dict[int, Tensor]) -> tuple[Tensor, Any]:
    stands: dict[int, Any] = {}  # for a Tensor, by id, what takes its place
    found: list[tuple[Tensor, tuple[Any, ...]]] = []
    for z, inputs in gates:
        new = tuple(stands.get(id(x), x) if isinstance(x, Tensor) else x for x in inputs)
        source = origin.get(id(z), z)
        parts = _parts(z)
        if z.gate.name == "pick" and isinstance(new[0], tuple):
            stands[id(z)] = _called(new[0][z.keywords["i"]], z, source, origin)
        elif parts is not None:
            with enable_grad(), np.errstate(all="ignore"):
                made = parts(*new, **z.keywords)
            found += _between(made, new, source, origin)
            stands[id(z)] = made if isinstance(made, tuple) else _called(made, z, source, origin)
        else:
            if any(a is not b for a, b in zip(inputs, new, strict=True)):
                stands[id(z)] = _called(_beside(z, new), z, source, origin)
            found.append((stands.get(id(z), z), new))
    return stands.get(id(output), output), found


def _between(made: Any, inputs: tuple[Any, ...], source: Tensor, origin: dict[int, Tensor]) -> Any:
    """What gates made on the way from `inputs` to `made`, all in the place of `source`; oldest first."""
    stack = [x for x in (made if isinstance(made, tuple) else (made,)) if isinstance(x, Tensor)]
    stop, seen = {id(x) for x in inputs if isinstance(x, Tensor)}, {}
    while stack:
        x = stack.pop()
        if id(x) in stop or id(x) in seen or x.gate is None:
            continue
        seen[id(x)] = x
        origin[id(x)] = source
        stack.extend(y for y in x.inputs if isinstance(y, Tensor))
    return [(x, x.inputs) for x in sorted(seen.values(), key=lambda x: x.born)]


def _beside(z: Tensor, inputs: tuple[Any, ...]) -> Tensor:
    """The same value by the same gate from other inputs."""
    new = object.__new__(Tensor)
    for slot in ("_data", "_needs", "gate", "keywords"):
        setattr(new, slot, getattr(z, slot))
    new._grad = new._memory = new._taps = None
    new._view, new.inputs, new.born = False, inputs, tick()
    return new


def _called(new: Tensor, z: Tensor, source: Tensor, origin: dict[int, Tensor]) -> Tensor:
    """`new` in the place of `z`, by its name."""
    origin[id(new)] = source
    if z.name is not None and not isinstance(new._data, Bundle):
        new.name = z.name
    return new
