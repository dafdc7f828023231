"""engine: walk back from an output, newest gate first.

Inputs are born before outputs (`record.py` gives every recorded Tensor a tick, `born`). So the
walk takes, again and again, the newest Tensor that has a gradient waiting: everything that was made
from it has already spoken, its gradient is complete. No recursion, and no search of the graph
beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from . import messages
from .errors import GradientShapeError, NoGradientError, NonScalarError, UnusedInputError, caller
from .inplace import settled
from .modes import on, recording, watching
from .record import back_narrowly, cast, clone, run
from .tensor import Tensor, clock, leaf, written

__all__ = ["backward", "grad"]


class Freed:
    """What a walked gate has instead of inputs: the user's call that freed it."""

    __slots__ = ("where",)

    def __init__(self, where: tuple[str, int, str]) -> None:
        self.where = where


def _walk(
    roots: Sequence[Tensor],
    upstreams: Sequence[Any],
    freed: Freed | None,
    create_graph: bool,
    wanted: set[int] | None = None,
    targets: dict[int, Any] | None = None,
    stop: bool = False,
) -> dict[int, tuple[Tensor, Any]]:
    """Send `upstreams` back from `roots`; return the gradient of every leaf reached, by its id.

    Gradients are arrays, or with `create_graph` Tensors, so that the rules record themselves.
    Walked gates get `freed` for their inputs, unless it is None. `wanted` holds the ids of the only
    Tensors worth visiting; `targets` receives, by id, the gradients of those of its keys that are
    not leaves; with `stop` the walk ends at them.
    """
    heap, sums, leaves = _started(roots, upstreams)
    kept: list[Any] = []
    watch = watching.get()
    plain = not create_graph and wanted is None
    try:
        while heap:
            _, z = heappop(heap)
            born = z.born
            g = sums.pop(born)
            if z._taps is not None:
                g = z._taps.arrived(z, g)
            if targets is not None and id(z) in targets:
                targets[id(z)] = g
                if stop:
                    continue
            made = z.gate
            inputs = z.inputs
            if inputs.__class__ is Freed:
                raise messages.freed(z, inputs)
            if born <= clock.last_write:  # equal for a rewritten Tensor itself
                inputs = settled(z)
                kept.append(inputs)  # what it was before: older gates may still ask for it
            back = made.back(z, g, inputs) if plain else back_narrowly(z, g, inputs, create_graph, wanted)
            if watch is not None:
                back = watch.sent(z, g, back, (roots, upstreams))
            for x, c in back:
                if x.gate is not None:
                    born = x.born
                    if born in sums:
                        sums[born] = sums[born] + c  # a value used twice adds what comes back
                    else:
                        sums[born] = c
                        heappush(heap, (-born, x))
                else:
                    key = id(x)
                    leaves[key] = (x, _added(leaves[key][1], c) if key in leaves else _own(c, g))
            if freed is not None and back:  # a target with no other behind it was not walked through
                z.inputs = freed
    except Exception as error:
        messages.on_the_way_back(z, error)
        raise
    return leaves


def _started(roots: Sequence[Tensor], upstreams: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Where a walk begins: the heap of waiting Tensors, what has come back to each by its birth, and the leaves."""
    heap: list[tuple[int, Tensor]] = []
    sums: dict[int, Any] = {}
    leaves: dict[int, tuple[Tensor, Any]] = {}
    for root, g in zip(roots, upstreams, strict=True):
        if root.gate is None:
            leaves[id(root)] = (root, leaves[id(root)][1] + g if id(root) in leaves else g)
        else:
            if root.born not in sums:
                heappush(heap, (-root.born, root))
            sums[root.born] = sums[root.born] + g if root.born in sums else g
    return heap, sums, leaves


def _added(have: Any, c: Any) -> Any:
    """A leaf's sum: in place if it is an array, for what a leaf holds is its own."""
    if isinstance(have, Tensor):
        return have + c
    have += c
    return have


def _own(c: Any, g: Any) -> Any:
    """`c` in memory of its own: `add` hands the same `g` to both inputs, and leaves never share."""
    if isinstance(c, Tensor):
        return run(clone, c) if c is g or c._view else c
    return np.array(c) if c is g or c.base is not None else c


def backward(
    t: Tensor | Sequence[Tensor],
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Walk back from `t` and add to `.grad` of every leaf that required a gradient.

    Args:
        t: where to start: a Tensor (as its method), or several with a `gradient` for each.
        gradient: dL/dt, of t's shape; may be left out for a Tensor of one element (then 1).
        retain_graph: keep the graph for another walk; default: `create_graph`.
        create_graph: record the walk itself, so that gradients can be differentiated again.
        inputs: the only Tensors to leave gradients at; default: every leaf.

    Raises:
        NoGradientError: if `t` does not require a gradient.
        NonScalarError: if `t` has several elements and `gradient` is missing.
        FreedGraphError: if an earlier walk freed the graph.
        ChangedAfterUseError: if a value was written after a gate used it. No `.grad` is touched.

    >>> x = Tensor(3.0, requires_grad=True)
    >>> backward(x * x)
    >>> x.grad
    tensor(6.)
    """
    roots, gradients = ([t], [gradient]) if isinstance(t, Tensor) else (t, gradient)
    retain_graph = create_graph if retain_graph is None else retain_graph
    if inputs is not None:
        wished = list({id(x): x for x in ([inputs] if isinstance(inputs, Tensor) else inputs)}.values())
        if not wished:
            raise NoGradientError("backward() was given no inputs.", mend="leave inputs= out to reach every leaf")
        found = grad(roots, wished, gradients, retain_graph, create_graph, allow_unused=True)
        reached = [(x, g) for x, g in zip(wished, found, strict=True) if g is not None and not x.retains_grad]
        for x, g in reached:
            accumulate(x, g if create_graph else g._data)
        for x, _ in reached:
            if x._taps is not None:
                x._taps.accumulated(x)
        return
    upstreams = [upstream_of(root, g, create_graph) for root, g in zip(roots, gradients, strict=True)]
    _walking(roots, upstreams, retain_graph, create_graph, deliver=True)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
    stop: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the sum of `outputs` with respect to `inputs`; no `.grad` is touched.

    Args:
        grad_outputs: dL/doutput for each output; may be left out for outputs of one element.
        allow_unused: return None for an input that the outputs do not depend on; else raise.
        materialize_grads: return zeros instead of None for those.
        stop: do not walk on behind an input, even if another input lies there.

    Raises:
        UnusedInputError: for an input that the outputs do not depend on.
        NoGradientError, NonScalarError, FreedGraphError, ChangedAfterUseError: as `backward`.

    >>> x = Tensor(3.0, requires_grad=True)
    >>> (dx,) = grad(x * x, x, create_graph=True)
    >>> grad(dx, x)
    (tensor(2.),)
    """
    outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if grad_outputs is None or isinstance(grad_outputs, (Tensor, np.ndarray)):
        grad_outputs = [grad_outputs] * len(outputs)
    for i, x in enumerate(inputs):
        if not x._needs:
            raise NoGradientError(
                f"grad() with respect to input {i}, which does not require a gradient.",
                got=messages.told(x),
                mend="make it with requires_grad=True",
            )
    pairs = zip(outputs, grad_outputs, strict=True)
    upstreams = [upstream_of(t, g, create_graph, "grad() without `grad_outputs`") for t, g in pairs]
    retain_graph = create_graph if retain_graph is None else retain_graph
    targets: dict[int, Any] = {id(x): None for x in inputs}
    wanted = _leading_to(outputs, set(targets))
    leaves = _walking(outputs, upstreams, retain_graph, create_graph, wanted, targets, stop)
    for key, (_, g) in leaves.items():
        if key in targets:
            targets[key] = g
    found = []
    for i, x in enumerate(inputs):
        g = targets[id(x)]
        if g is None and materialize_grads:
            g = np.zeros_like(x._data)
        elif g is None and not allow_unused:
            raise UnusedInputError(
                f"the outputs do not depend on input {i}, so it has no gradient.",
                expected="an input of " + "\nand of ".join(map(messages.told, outputs)),
                got=messages.told(x),
                mend="pass allow_unused=True to get None for it, or materialize_grads=True for zeros",
            )
        found.append(g if g is None or isinstance(g, Tensor) else Tensor(np.array(g)))
    return tuple(found)


@np.errstate(all="ignore")
def _walking(
    roots: Any, upstreams: Any, retain_graph: bool, create_graph: bool, *narrow: Any, deliver: bool = False
) -> Any:
    """The walk in its surroundings: recording or not, and without NumPy's warnings.

    What the leaves' hooks made of the gradients is returned, or with `deliver` added to `.grad`:
    after the walk, so that a walk that fails has touched none.
    """
    token = recording.set(create_graph and on())
    try:
        leaves = _walk(roots, upstreams, None if retain_graph else Freed(caller(3)), create_graph, *narrow)
        leaves = {key: (x, g) for key, (x, g) in leaves.items() if x._needs}  # not those frozen since
        for key, (x, g) in leaves.items():
            if x._taps is not None:
                leaves[key] = (x, x._taps.arrived(x, g))
        if deliver:
            for x, g in leaves.values():
                accumulate(x, g)
            for x, _ in leaves.values():  # when all are there, for a hook may write a Tensor
                if x._taps is not None:
                    x._taps.accumulated(x)
        return leaves
    finally:
        recording.reset(token)


def upstream_of(t: Tensor, gradient: Any, create_graph: bool, without: str = "backward() without `gradient`") -> Any:
    """The gradient to start with: what was given, checked, or 1.

    `without`: what an error calls the case that none was given, with the argument's name in backquotes.
    """
    if not t._needs:
        raise NoGradientError(
            "no gradient can flow back from here: nothing behind it requires one.",
            got=f"{messages.told(t)}, dtype {t.dtype}",
            mend="make an input with requires_grad=True, and do not leave the graph with no_grad() or detach()",
        )
    data = t._data
    if gradient is None:
        if data.size != 1:
            raise NonScalarError(
                f"{without} starts from one number, but {f'what {t.gate.name} made' if t.gate else 'a leaf'} has more.",
                got=messages.told(t),
                mend=f"reduce it (.sum(), .mean()), or pass {without.split('`')[1]}= of the same shape",
            )
        g: Any = np.asarray(1, data.dtype) if data.ndim == 0 else np.ones_like(data)
    else:
        g = gradient if isinstance(gradient, Tensor) else np.array(gradient, dtype=t.dtype)
        if g.shape != t.shape:
            raise GradientShapeError(
                f"`{without.split('`')[1]}` must have the shape of the output it belongs to.",
                expected=f"{t.shape}, for {messages.told(t)}",
                got=str(g.shape),
            )
    if create_graph:
        g = g if isinstance(g, Tensor) else Tensor(g)
        return run(clone, g) if g.dtype == t.dtype else cast(g, dtype=t.dtype)
    if not isinstance(g, Tensor):
        return g
    own = np.array if t.gate is None else np.asarray  # only a leaf keeps what it is handed
    return own(g._data, dtype=t.dtype)


def accumulate(x: Tensor, g: Any) -> None:
    """Add to `.grad`: in place, as PyTorch does, unless the sum itself must be recorded."""
    have = x._grad
    if g.shape != x._data.shape:
        raise GradientShapeError(
            "a rule returned a gradient of the wrong shape.",
            expected=messages.told(x),
            got=str(g.shape),
            mend="run it within tg.inspect() to see which gate's",
        )
    if isinstance(g, Tensor):
        x._grad = g if have is None else have + g
    elif have is None:
        x._grad = leaf(g if g.__class__ is np.ndarray else np.asarray(g))
    elif have._needs:
        x._grad = have + leaf(np.asarray(g))
    else:
        have._data += g
        written(have)


def _leading_to(outputs: Sequence[Tensor], targets: set[int]) -> set[int]:
    """The ids of the Tensors between `outputs` and `targets`: the only ones worth visiting."""
    seen: dict[int, Tensor] = {}
    stack = list(outputs)
    while stack:
        z = stack.pop()
        if id(z) in seen:
            continue
        seen[id(z)] = z
        if z.gate is not None and not isinstance(z.inputs, Freed):
            inputs = settled(z) if z.born <= clock.last_write else z.inputs
            stack.extend(x for x in inputs if isinstance(x, Tensor) and x._needs)
    wanted = set(targets)
    for z in sorted(seen.values(), key=lambda z: z.born):
        if z.gate is not None and not isinstance(z.inputs, Freed):
            if any(id(x) in wanted for x in z.inputs):
                wanted.add(id(z))
        elif z.gate is not None:
            wanted.add(id(z))  # freed: the walk will say so
    return wanted


Tensor.backward = backward  # type: ignore[method-assign, assignment]
