"""checks: what must hold of every gate, asked of one case: a program and its inputs.

Each check takes a `Case` and raises AssertionError if it does not hold. `CHECKS` names them all;
our own suite and the tour run them over all CASES, and a user's own gate can be proven with them:

>>> import tinygrad_edu as tg
>>> from tinygrad_edu.testing import case, check_case, real
>>> check_case(case("square", lambda T, x: x * x, real(2, 3)))
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .. import record
from ..engine import backward, grad
from ..record import Parts, sum_to
from ..tensor import Tensor
from .cases.case import Case
from .gradcheck import gradcheck, gradgradcheck

__all__ = [
    "CHECKS",
    "check_blindness",
    "check_case",
    "check_gradient",
    "check_memory",
    "check_rules",
    "check_second_order",
    "check_sharing",
    "gates_reached",
    "leaves",
    "outputs",
]


def leaves(case: Case, dtype: Any = np.float64) -> list[Tensor]:
    """The inputs of a case as Tensors of their own; floats, at `dtype`, require a gradient."""
    return [
        Tensor(a.astype(dtype), requires_grad=True) if a.dtype.kind == "f" else Tensor(a.copy()) for a in case.arrays()
    ]


def outputs(case: Case, tensors: Sequence[Tensor]) -> list[Tensor]:
    """The outputs of a case that a gradient can flow back from."""
    import tinygrad_edu as library

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing
        result = case.call(library, *tensors)
    return [t for t in (result if isinstance(result, (tuple, list)) else (result,)) if t.requires_grad]


def recorded(roots: Sequence[Tensor]) -> list[Tensor]:
    """Every gate's output behind the roots."""
    seen: dict[int, Tensor] = {}
    stack = list(roots)
    while stack:
        z = stack.pop()
        if z.gate is not None and id(z) not in seen:
            seen[id(z)] = z
            stack.extend(x for x in z.inputs if isinstance(x, Tensor))
    return list(seen.values())


def gates_recorded(case: Case) -> list[Tensor]:
    """Every gate's output that a case records: in its program, and in what its gradient records."""
    tensors = leaves(case)
    made = outputs(case, tensors)
    reached = recorded(made)
    if case.order >= 2 and made:
        wished = [t for t in tensors if t.requires_grad]
        seeds = [Tensor(np.ones(t.shape, t.dtype), requires_grad=True) for t in made]
        found = grad(made, wished, seeds, create_graph=True, allow_unused=True)
        reached += recorded([g for g in found if g is not None])
    return reached


def gates_reached(case: Case) -> set[str]:
    """The names of those gates."""
    return {z.gate.name for z in gates_recorded(case)}


# Against numbers that no rule was used for.


def check_gradient(case: Case) -> None:
    """The gradients are those that central differences show."""
    function, tensors = _program(case)
    if not case.numeric or not tensors:
        return
    if outputs(case, leaves(case)):
        gradcheck(function, tensors, rtol=1e-5, atol=1e-7)
    else:
        assert case.order == 0, f"nothing of {case.name} requires a gradient, and it does not say order=0"


def check_second_order(case: Case) -> None:
    """The gradients of the gradients are those that moving the gradients shows, along a direction.

    What is moved is what a rule makes of Tensors; it may go another way with arrays, to the same gradients.
    """
    if case.order >= 2:
        tensors = leaves(case)
        made = outputs(case, tensors)
        wished = [t for t in tensors if t.requires_grad]
        seeds = [Tensor(_upstream(t)) for t in made]
        with np.errstate(all="ignore"):
            plain, kept = (
                grad(made, wished, seeds, retain_graph=True, create_graph=create_graph, allow_unused=True)
                for create_graph in (False, True)
            )
        for i, (a, b) in enumerate(zip(plain, kept, strict=True)):
            assert (a is None) == (b is None), f"a gradient of {case.name} with create_graph only, or only without it"
            if a is not None and b is not None:
                same = np.allclose(a, b, rtol=1e-7, atol=1e-9, equal_nan=True)
                assert same, f"with create_graph the gradient {i} of {case.name} is another"
    if case.numeric and case.order >= 2:
        function, tensors = _program(case)
        if tensors:
            gradgradcheck(function, tensors, rtol=1e-4, atol=1e-6, fast_mode=True)


def _program(case: Case) -> tuple[Callable[..., Any], list[Tensor]]:
    """The case as a function of its floats alone, and those floats."""
    import tinygrad_edu as library

    tensors = leaves(case)
    floats = [t for t in tensors if t.requires_grad]

    def program(*moved: Tensor) -> Any:
        given = iter(moved)
        return case.call(library, *(next(given) if t.requires_grad else t for t in tensors))

    program.__name__ = case.name
    return program, floats


# Of the raw rules, before the walk sums a gradient to its shape, casts it or copies it.


def raw_gradients(z: Tensor, g: Any, values: Sequence[Any] | None = None, out: Any = None) -> list[tuple[int, Any]]:
    """What the rules of z's gate return for the upstream `g`, each with the position of its input.

    `values` and `out` stand in for the recorded inputs and output.
    """
    rules, jointly = z.gate.rules, z.gate.jointly
    needs = tuple(isinstance(x, Tensor) and x.requires_grad for x in z.inputs)
    args = _values(z) if values is None else values
    out = z._data if out is None else out
    with np.errstate(all="ignore"):
        if jointly is not None:
            found = jointly(g, out, *args, needs=needs, **z.keywords)
            return [(i, c) for i, c in enumerate(found) if needs[i] and c is not None]
        return [(i, rules[i](g, out, *args, **z.keywords)) for i, n in enumerate(needs) if n and rules[i] is not None]


def _values(z: Tensor) -> list[Any]:
    return [x._data if isinstance(x, Tensor) else x for x in z.inputs]


def _upstream(z: Tensor) -> Any:
    """A gradient for z, different in every element; the parts of a gate with several outputs."""

    def like(a: np.ndarray) -> np.ndarray:
        g = np.cos(np.arange(a.size)).reshape(a.shape).astype(a.dtype)
        g.flags.writeable = False
        return g

    if isinstance(z._data, tuple):
        return Parts({i: like(a) for i, a in enumerate(z._data) if a.dtype.kind == "f"})
    return like(z._data)


def _with_rules(roots: Sequence[Tensor]) -> Iterator[Tensor]:
    """The recorded outputs whose rules are a gate's own; `pick` is the engine's."""
    return (z for z in recorded(roots) if z.gate.name != "pick")


def check_rules(case: Case) -> None:
    """Each rule keeps its input's dtype, and returns its shape or one broadcast from it.

    Where dtypes meet, the walk casts what comes back; a rule need not.
    """
    for dtype in case.dtypes:
        for z in _with_rules(outputs(case, leaves(case, dtype))):
            rules = z.gate.rules
            flows = [v for i, v in enumerate(_values(z)) if z.gate.jointly or not isinstance(rules, tuple) or rules[i]]
            dtypes = {a.dtype for v in flows for a in _parts(v)} | {
                a.dtype for a in _parts(z._data) if a.dtype.kind == "f"
            }
            for i, c in raw_gradients(z, _upstream(z)):
                x = z.inputs[i]
                if isinstance(c, Parts):
                    continue
                c = np.asarray(c)
                fits = c.ndim >= x.ndim and np.broadcast_shapes(c.shape, x.shape) == c.shape
                assert fits, f"the rule of {z.gate} for input {i} of shape {x.shape} returns shape {c.shape}"
                assert sum_to(c, x.shape).shape == x.shape
                promotes = len(dtypes) == 1 and c.dtype != x.dtype
                assert not promotes, f"the rule of {z.gate} for input {i} promotes {x.dtype} to {c.dtype}"


def check_memory(case: Case) -> None:
    """No forward and no rule writes what it was handed or hides a view; no rule returns an input's own array."""
    tensors = leaves(case)
    for t in tensors:
        t._data.flags.writeable = False
    for z in _with_rules(outputs(case, tensors)):
        arrays = [a for v in _values(z) for a in _parts(v)]
        for a in _parts(z._data):
            shares = any(np.may_share_memory(a, x) for x in arrays)
            assert not shares or z.gate.view, f"{z.gate} returns a view of its input and does not say view=True"
        for a in [*arrays, *_parts(z._data)]:
            a.flags.writeable = False
        found = raw_gradients(z, _upstream(z))
        for i, c in found:
            kept = [a for a in [*arrays, *_parts(z._data)] if isinstance(c, np.ndarray) and np.may_share_memory(c, a)]
            assert not kept, f"the rule of {z.gate} for input {i} returns the memory of an input or the output"


def check_blindness(case: Case) -> None:
    """The rules of a gate that says `blind` return the same whatever the values are."""
    for z in _with_rules(outputs(case, leaves(case))):
        if not z.gate.blind:
            continue
        g = _upstream(z)
        expected = raw_gradients(z, g)
        values = [_other(x._data) if isinstance(x, Tensor) else x for x in z.inputs]
        try:
            found = raw_gradients(z, g, values, _other(z._data))
        except Exception as error:
            raise AssertionError(f"{z.gate} says blind, but a rule fails on other values: {error!r}") from error
        for (i, a), (_, b) in zip(expected, found, strict=True):
            same = isinstance(a, Parts) or np.array_equal(a, b, equal_nan=True)
            assert same, f"{z.gate} says blind, but its rule for input {i} looks at values"


def _other(a: Any) -> Any:
    """An array of other values, of the same shape and dtype."""
    if isinstance(a, tuple):
        return record.Bundle(_other(part) for part in a)
    if a.dtype.kind == "b":
        return ~a
    return a + 1 if a.dtype.kind in "iu" else (np.sin(np.arange(a.size)) * 7 + 9).reshape(a.shape).astype(a.dtype)


def _parts(a: Any) -> list[np.ndarray]:
    """The arrays of a value: of a Bundle, several; of a Python number, none."""
    return list(a) if isinstance(a, tuple) else [a] if isinstance(a, np.ndarray) else []


# Of the walk.


def check_sharing(case: Case) -> None:
    """Each leaf's gradient is memory of its own: writing one changes nothing else."""
    tensors = leaves(case)
    made = outputs(case, tensors)
    for t in made:
        backward(t, np.ones(t.shape, t.dtype), retain_graph=True)
    owned: list[np.ndarray] = [t._data for t in tensors]
    for t in tensors:
        if t.requires_grad and t.grad is not None:
            g = t.grad._data
            assert (g.shape, g.dtype) == (t.shape, t.dtype), f"a gradient of {g.dtype}{g.shape} for {t.dtype}{t.shape}"
            assert g.flags.writeable or not g.size, "a gradient that cannot be written"
            assert not any(np.may_share_memory(g, other) for other in owned), "a gradient shares memory"
            owned.append(g)


CHECKS: dict[str, Callable[[Case], None]] = {
    "gradient": check_gradient,
    "second order": check_second_order,
    "rules": check_rules,
    "memory": check_memory,
    "blindness": check_blindness,
    "sharing": check_sharing,
}


def check_case(case: Case) -> None:
    """Everything that must hold of a gate, on one case.

    Raises:
        AssertionError: naming what does not hold (a GradcheckError is one).

    >>> from tinygrad_edu.testing import case, real
    >>> check_case(case("exp", lambda T, x: T.exp(x), real(3, 4)))
    """
    for check in CHECKS.values():
        check(case)
