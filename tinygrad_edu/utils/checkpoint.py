"""checkpoint: trade time for memory; forget a segment's inner values and compute them again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..engine import Freed, grad
from ..errors import ChangedAfterUseError, OptionError, TinygradError
from ..modes import enable_grad, is_grad_enabled, on
from ..random import get_generator
from ..record import Gate, Parts, clone, recorded
from ..tensor import Tensor, as_tensor, tick

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(function: Callable[..., Any], *args: Any, preserve_rng_state: bool = True, **keywords: Any) -> Any:
    """`function(*args)`, recorded as one gate that computes itself again when the walk arrives.

    Only the arguments, the results, and the Tensors that the function uses from outside (its
    parameters) are kept between forward and backward. Gradients of any order are exact.

    Whatever else the function does, it does twice. As in PyTorch, the running statistics of a BatchNorm
    move twice in a step: with a momentum of 1 - sqrt(1 - m) they move as far as with m once.

    Args:
        preserve_rng_state: let the second computation draw the same random numbers.

    Raises:
        TinygradError: on the way back, if the second computation gives other shapes than the first.
        ChangedAfterUseError: on the way back, if it gives other values, or what it uses was rewritten.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> checkpoint(lambda x: (x * x).exp(), x).backward()
    >>> x.grad.item() == 4 * (x * x).exp().item()
    True
    """
    keywords.pop("use_reentrant", None)  # PyTorch's; there is one way here, and it is exact
    if not is_grad_enabled():
        return function(*args, **keywords)
    state = get_generator().bit_generator.state if preserve_rng_state else None
    start = tick()
    own = [x.detach().requires_grad_() if isinstance(x, Tensor) and x.requires_grad else x for x in args]
    result = function(*own, **keywords)
    outputs = result if isinstance(result, tuple) else (result,)
    outside = _used_from_outside(outputs, start, own)
    inputs = (*args, *outside)
    if not any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        return result

    def again(*now: Any) -> Any:
        generator = get_generator()
        after = generator.bit_generator.state
        if state is not None:
            generator.bit_generator.state = state
        try:
            with enable_grad():
                result = function(*now, **keywords)
        finally:
            if state is not None:
                generator.bit_generator.state = after
        return result if isinstance(result, tuple) else (result,)

    shapes = [t.shape for t in outputs]
    made = Gate(
        getattr(function, "__name__", "checkpoint"), function, (), "custom",
        jointly=_Again(again, args, outside, shapes), outputs=len(outputs), view=True, blind=False,
    )  # fmt: skip
    data = tuple(t._data for t in outputs) if len(outputs) > 1 else outputs[0]._data
    return recorded(made, inputs, {}, data, on())


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, *, preserve_rng_state: bool = True, **keywords: Any
) -> Any:
    """`functions` one after the other, in `segments` parts of about one length, each but the last a `checkpoint`.

    Args:
        functions: a Sequential, or modules or functions in their order.
        keywords: `use_reentrant` is PyTorch's, and ignored.

    Raises:
        TinygradError: for a module that is no Sequential.
        OptionError: unless there are from 1 to len(functions) segments.

    >>> import tinygrad_edu as tg
    >>> net = tg.nn.Sequential(*(tg.nn.Linear(2, 2) for _ in range(4)))
    >>> x = tg.ones(1, 2, requires_grad=True)
    >>> bool((checkpoint_sequential(net, 2, x) == net(x)).all())
    True
    """
    if not isinstance(functions, Iterable):
        raise TinygradError(
            "checkpoint_sequential takes modules in their order.",
            got=type(functions).__name__,
            mend="nn.Sequential(…), or a list of the module's parts",
        )
    functions = list(functions)
    if not 1 <= segments <= len(functions):
        raise OptionError("checkpoint_sequential: segments.", expected=f"1 to {len(functions)}", got=str(segments))
    size = len(functions) // segments
    ends = [size * i for i in range(segments)] + [len(functions)]

    def through(x: Any, *, part: list[Any]) -> Any:
        for function in part:
            x = function(x)
        return x

    for start, end in itertools.pairwise(ends[:-1]):
        input = checkpoint(through, input, part=functions[start:end], preserve_rng_state=preserve_rng_state)
    return through(input, part=functions[ends[-2] :])


class _Again:
    """The joint rule: compute the segment again, and walk back through it to its inputs."""

    def __init__(self, again: Any, args: tuple[Any, ...], outside: list[Tensor], shapes: list[Any]) -> None:
        self.again, self.args, self.outside, self.shapes = again, args, outside, shapes

    def __call__(self, g: Any, z: Any, *inputs: Any, needs: tuple[bool, ...]) -> list[Any]:
        upstreams = [g[i] for i in range(len(self.shapes))] if isinstance(g, Parts) else [g]
        create_graph = any(isinstance(u, Tensor) for u in upstreams)
        now = [  # one Tensor a position, even where one was passed twice: each gets its own part
            (clone(x) if create_graph else Tensor(x, requires_grad=before.requires_grad))
            if isinstance(before, Tensor)
            else x
            for x, before in zip(inputs, self.args, strict=False)
        ]
        for x, before in zip(inputs[len(self.args) :], self.outside, strict=True):
            if x is not before and x is not before._data:
                raise ChangedAfterUseError(
                    "a Tensor that a checkpointed function uses was rewritten after the forward.",
                    got=f"shape {before.shape}",
                    mend="call backward() before the write, or write to a .clone()",
                )
        outputs = self.again(*now)
        self._check_same(outputs, z)
        pairs = [
            (t, as_tensor(u)) for t, u in zip(outputs, upstreams, strict=True) if u is not None and t.requires_grad
        ]
        wished = [x for x, need in zip([*now, *self.outside], needs, strict=True) if need]
        found = iter(
            grad([t for t, _ in pairs], wished, [u for _, u in pairs], create_graph=create_graph,
                 allow_unused=True, stop=True)
        )  # fmt: skip
        gradients = [next(found) if need else None for need in needs]
        return [c if c is None or create_graph else c._data for c in gradients]

    def _check_same(self, outputs: Any, z: Any) -> None:
        """A function that gives other values now would have other gradients, too."""
        if [t.shape for t in outputs] != self.shapes:
            raise TinygradError(
                "a checkpointed function gave other shapes when it was computed again.",
                expected=str(self.shapes),
                got=str([t.shape for t in outputs]),
                mend="it must not depend on anything that changed since",
            )
        before = z if isinstance(z, tuple) else (z,)
        for t, was in zip(outputs, before, strict=True):
            if not np.array_equal(t._data, np.asarray(was), equal_nan=t.dtype.kind == "f"):
                raise ChangedAfterUseError(
                    "a checkpointed function gave other values when it was computed again.",
                    expected="what it gave in the forward",
                    got="something that it uses changed in between: a Tensor, a mode, random numbers",
                    mend="pass what changes as an argument, or call backward() before the change",
                )


def _used_from_outside(outputs: Any, start: int, own: list[Any]) -> list[Tensor]:
    """The Tensors born before the segment that it reached by itself: parameters, closures."""
    mine = {id(x) for x in own}
    found: dict[int, Tensor] = {}
    seen, stack = set(), [t for t in outputs if isinstance(t, Tensor)]
    while stack:
        z = stack.pop()
        if not z.requires_grad or id(z) in seen or id(z) in mine:
            continue
        seen.add(id(z))
        if z.gate is None or z.born < start:
            found[id(z)] = z
        elif not isinstance(z.inputs, Freed):
            stack.extend(x for x in z.inputs if isinstance(x, Tensor))
    return list(found.values())
