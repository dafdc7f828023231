"""engine: record a gate; walk back from an output, newest gate first.

A gate's output keeps what `backward` needs: the gate, its inputs in order, and a tick, `born`.
Inputs are born before outputs. So the walk takes, again and again, the newest Tensor that has a
gradient waiting: everything that was made from it has already spoken, its gradient is complete.
No recursion, and no search of the graph beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from . import explaining
from .dtypes import get_default_dtype, result_type
from .errors import GradientShapeError, NoGradientError, NonScalarError, UnusedInputError, caller
from .inplace import settled
from .modes import recording
from .tensor import Tensor, clock, memory, tick, written

__all__ = ["GATES", "Gate", "backward", "gate", "grad", "run"]

GATES: dict[str, Gate] = {}
_NO_KEYWORDS: dict[str, Any] = {}
_new = object.__new__


class Gate:
    """One row of the calculus: a forward, and for each input a rule that sends the gradient back.

    Attributes:
        name: what errors and pictures call it.
        kind: how the upstream flows back: distribute, switch, route, slope or reshape.
        forward: from arrays (and keywords) to an array, or a tuple of arrays.
        rules: per input, from the upstream `g`, the output `z` and the inputs to that input's
            gradient; None for an input that has none (an index, a mask).
        jointly: instead of rules: one function to the gradients of all inputs at once.
        local: per input, the formula of the local gradient, for pictures and explanations.
        view: whether an output may look at the memory of an input.
        blind: whether the rules never look at values, only at shapes.
        floats: whether integers become floats first (exp, mean, div).
        meaning: the same function in plain gates, for a fused gate that keeps floats.
    """

    __slots__ = (
        "back",
        "blind",
        "floats",
        "forward",
        "jointly",
        "kind",
        "local",
        "meaning",
        "name",
        "outputs",
        "rules",
        "view",
    )

    def __init__(self, name: str, forward: Callable[..., Any], rules: Any, kind: str, **more: Any) -> None:
        self.name, self.forward, self.rules, self.kind = name, forward, rules, kind
        self.jointly = more.pop("jointly", None)
        self.local: tuple[str, ...] = more.pop("local", ())
        self.view = more.pop("view", False)
        self.blind = more.pop("blind", kind in ("distribute", "reshape"))
        self.floats = more.pop("floats", kind == "slope")
        self.outputs = more.pop("outputs", 1)
        self.meaning = more.pop("meaning", None)
        self.back: Callable[..., Any] = _back_many
        if more:
            raise TypeError(f"gate {name!r} got unknown {sorted(more)}")

    def __repr__(self) -> str:
        return f"<gate {self.name}: {self.kind}>"


class _Each:
    """The rules of a gate with any number of inputs: one rule that is told which input, `i`."""

    def __init__(self, rule: Callable[..., Any]) -> None:
        self.rule = rule

    def __getitem__(self, i: int) -> Callable[..., Any]:
        return lambda *args, **keywords: self.rule(*args, i=i, **keywords)


def gate(
    name: str,
    forward: Callable[..., Any],
    *rules: Callable[..., Any] | None,
    kind: str,
    says: str = "",
    each: Callable[..., Any] | None = None,
    **more: Any,
) -> Any:
    """Make a gate and return the function that records it.

    Args:
        name: unique; the key in `GATES`.
        forward: arrays (and keywords) in, an array out.
        rules: one per input, `rule(g, z, *inputs, **keywords)`. Handed arrays it computes, handed
            Tensors it records itself, so it uses operators and `np.` functions only.
        kind: distribute, switch, route, slope or reshape.
        says: the docstring: one sentence, and an example if the sentence is not enough.
        each: for any number of inputs, one rule that also takes `i`, the input's position.
        more: `local`, `view`, `blind`, `floats`, `jointly`, `outputs`, `meaning`: see `Gate`.
            Without rules, `each` or `jointly` the gate has no gradient.

    >>> import tinygrad_edu as tg
    >>> cube = gate("cube", lambda x: x**3, lambda g, z, x: g * 3 * x**2, kind="slope", local=("3 x^2",))
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> cube(x).backward(); x.grad
    tensor(12.)
    >>> del GATES["cube"]
    """
    made = Gate(name, forward, _Each(each) if each else rules, kind, **more)
    keyworded = each or made.jointly or made.view or made.outputs > 1 or not rules
    if keyworded or len(rules) > 2 or not all(rules) or _takes_keywords(rules):
        call = _many(made)
    elif len(rules) == 1:
        call, made.back = _unary(made), _back_unary
    else:
        call, made.back = _binary(made), _back_binary
    call.gate = made
    call.__name__ = call.__qualname__ = name
    call.__module__ = getattr(forward, "__module__", None) or __name__
    call.__doc__ = explaining.docstring(made, says)
    GATES[name] = made
    return call


def _takes_keywords(rules: Sequence[Any]) -> bool:
    """Whether the rules have parameters beyond g, z and one per input."""
    code = rules[0].__code__
    return bool(code.co_argcount > 2 + len(rules) or code.co_kwonlyargcount or code.co_flags & 0x08)


# Recording. Three builders, by the number of inputs, so that an operation is one Python frame.


def _unary(made: Gate) -> Any:
    forward, floats, ndarray = made.forward, made.floats, np.ndarray

    def call(x: Any) -> Tensor:
        if not isinstance(x, Tensor):
            x = Tensor(x)
        a = x._data
        if floats and not x.requires_grad and a.dtype.kind != "f":
            a = a.astype(get_default_dtype())
        try:
            data = forward(a)
        except Exception as error:
            raise explaining.failure(made, error, (x,), _NO_KEYWORDS) from None
        z = _new(Tensor)
        z._data = data if type(data) is ndarray else np.asarray(data)
        z.grad = z._memory = z._taps = None
        z._view = False
        z.keywords = _NO_KEYWORDS
        if x.requires_grad and recording.get():
            z.requires_grad = True
            z.gate = made
            z.inputs = (x,)
            z.born = tick()
        else:
            z.requires_grad = False
            z.gate = None
            z.inputs = ()
            z.born = 0
        return z

    return call


def _binary(made: Gate) -> Any:
    forward, floats, ndarray = made.forward, made.floats, np.ndarray

    def call(x: Any, y: Any) -> Tensor:
        if isinstance(x, Tensor):
            a = x._data
            needs = x.requires_grad
            if isinstance(y, Tensor):
                b = y._data
                needs = needs or y.requires_grad
                if a.dtype is not b.dtype:
                    a, b = _same_dtype(a, b)
            elif (type(y) is float or type(y) is int) and (needs or a.dtype.kind == "f"):
                y = b = np.asarray(y, a.dtype)  # a 0-d array: NumPy is twice as slow on a Python number
            else:
                a, b = _same_dtype(a, _constant(made, y))
                y = b
        elif isinstance(y, Tensor):
            b = y._data
            needs = y.requires_grad
            if (type(x) is float or type(x) is int) and (needs or b.dtype.kind == "f"):
                x = a = np.asarray(x, b.dtype)
            else:
                a, b = _same_dtype(_constant(made, x), b)
                x = a
        else:
            return call(Tensor(x), y)
        if floats and not needs:
            a, b = _as_floats(a, b)
        try:
            data = forward(a, b)
        except Exception as error:
            raise explaining.failure(made, error, (x, y), _NO_KEYWORDS) from None
        z = _new(Tensor)
        z._data = data if type(data) is ndarray else np.asarray(data)
        z.grad = z._memory = z._taps = None
        z._view = False
        z.keywords = _NO_KEYWORDS
        if needs and recording.get():
            z.requires_grad = True
            z.gate = made
            z.inputs = (x, y)
            z.born = tick()
        else:
            z.requires_grad = False
            z.gate = None
            z.inputs = ()
            z.born = 0
        return z

    return call


def _many(made: Gate) -> Any:
    forward, rules = made.forward, made.rules

    def call(*inputs: Any, **keywords: Any) -> Any:
        needs = False
        for x in inputs:
            if isinstance(x, Tensor) and x.requires_grad:
                needs = True
        arrays = [x._data if isinstance(x, Tensor) else x for x in inputs]
        if made.floats or len(arrays) > 1:
            arrays = _ready(made, arrays)
        try:
            data = forward(*arrays, **keywords)
        except Exception as error:
            raise explaining.failure(made, error, inputs, keywords) from None
        return recorded(made, inputs, keywords, data, needs and bool(rules or made.jointly) and recording.get())

    return call


def recorded(made: Gate, inputs: tuple[Any, ...], keywords: dict[str, Any], data: Any, needs: bool) -> Any:
    """The output of a gate as a Tensor, or as a tuple of them if `data` is a tuple."""
    z = _new(Tensor)
    z._data = data if type(data) is np.ndarray else _packed(data)
    z.grad = z._memory = z._taps = None
    z._view = False
    z.keywords = keywords
    z.requires_grad = needs
    z.gate = made if needs else None
    z.inputs = inputs if needs else ()
    z.born = tick() if needs else 0
    several = isinstance(z._data, Bundle)
    outputs = tuple(_pick(z, i=i) for i in range(len(z._data))) if several else (z,)
    if made.view:
        for x in inputs:
            for out in outputs:
                if isinstance(x, Tensor) and np.may_share_memory(out._data, x._data):
                    out._view = True
                    out._memory = memory(x)
    return outputs if several else z


def _same_dtype(a: Any, b: Any) -> tuple[Any, Any]:
    """Two arrays, or an array and a Python number, at the dtype that PyTorch would give."""
    dtype = result_type(a, b)
    return tuple(c.astype(dtype, copy=False) if hasattr(c, "dtype") else dtype.type(c) for c in (a, b))  # type: ignore[return-value]


def _as_floats(a: Any, b: Any) -> tuple[Any, Any]:
    if np.result_type(a, b).kind == "f":
        return a, b
    dtype = get_default_dtype()
    return np.asarray(a, dtype), np.asarray(b, dtype)


def _constant(made: Gate, x: Any) -> Any:
    """A number or an array among Tensors, as it is; anything else cannot be an operand."""
    if isinstance(x, (bool, int, float)) and not isinstance(x, np.generic):
        return x
    if isinstance(x, np.generic):
        return x.item()
    if isinstance(x, np.ndarray):
        return x
    raise explaining.not_an_operand(made, x)


def _ready(made: Gate, arrays: list[Any]) -> list[Any]:
    """The inputs that gradients flow to, at one dtype; indices and masks stay as they are."""
    rules = made.rules
    flows = [i for i in range(len(arrays)) if not isinstance(rules, tuple) or (i < len(rules) and rules[i])]
    operands = [arrays[i] for i in flows if arrays[i] is not None]
    if not operands:
        return arrays
    dtype = operands[0].dtype if len(operands) == 1 and hasattr(operands[0], "dtype") else result_type(*operands)
    if made.floats and dtype.kind != "f":
        dtype = get_default_dtype()
    for i in flows:
        if arrays[i] is not None:
            arrays[i] = np.asarray(arrays[i], dtype)
    return arrays


# Several outputs: one hidden Tensor holds the Bundle, and `pick` takes each out.


class Bundle(tuple[Any, ...]):
    """The outputs of a gate that has several."""

    shape = dtype = None


class Parts(dict[int, Any]):
    """The gradients that came back to a Bundle, by position; a missing one is None."""

    shape = dtype = None

    def __missing__(self, i: int) -> None:
        return None

    def __add__(self, other: Parts) -> Parts:
        both = Parts(self)
        for i, g in other.items():
            both[i] = g if self[i] is None else self[i] + g
        return both


def _packed(data: Any) -> Any:
    if isinstance(data, tuple):
        return Bundle(np.asarray(part) for part in data)
    return np.asarray(data)


def _pick(hidden: Tensor, i: int) -> Tensor:
    array = hidden._data[i]
    if array.dtype.kind == "f":
        return _picked(hidden, i=i)
    return Tensor(array)


# Walking back.


class Freed:
    """What a walked gate has instead of inputs: the call that freed it."""

    __slots__ = ("where",)

    def __init__(self) -> None:
        self.where = caller()


def _walk(
    roots: Sequence[Tensor],
    upstreams: Sequence[Any],
    retain_graph: bool,
    create_graph: bool,
    wanted: set[int] | None = None,
    targets: dict[int, Any] | None = None,
    stop: bool = False,
) -> dict[int, tuple[Tensor, Any]]:
    """Send `upstreams` back from `roots`; return the gradient of every leaf reached, by its id.

    Gradients are arrays, or with `create_graph` Tensors, so that the rules record themselves.
    `wanted` holds the ids of the only Tensors worth visiting; `targets` receives, by id, the
    gradients of those of its keys that are not leaves; with `stop` the walk ends at them.
    """
    leaves: dict[int, tuple[Tensor, Any]] = {}
    heap: list[tuple[int, Tensor]] = []  # the Tensors that have a gradient waiting, the newest on top
    sums: dict[int, Any] = {}  # by birth: what has come back to each so far
    freed = Freed()
    kept: list[Any] = []
    for root, g in zip(roots, upstreams, strict=True):
        if root.gate is None:
            leaves[id(root)] = (root, leaves[id(root)][1] + g if id(root) in leaves else g)
        else:
            if root.born not in sums:
                heappush(heap, (-root.born, root))
            sums[root.born] = sums[root.born] + g if root.born in sums else g
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
            raise explaining.freed(made, inputs)
        if born <= clock.last_write:
            inputs = settled(z)
            kept.append(inputs)  # what a rewritten Tensor was before: older gates may still ask for it
        if create_graph or wanted is not None:
            back = _back_many(z, g, inputs, create_graph, wanted)
        else:
            back = made.back(z, g, inputs)
        for x, c in back:
            if x.gate is not None:
                born = x.born
                if born in sums:
                    sums[born] = sums[born] + c  # a value used twice adds what comes back
                else:
                    sums[born] = c
                    heappush(heap, (-born, x))
            elif (key := id(x)) in leaves:
                have = leaves[key][1]
                if create_graph:
                    have = have + c
                else:
                    have += c  # in place: what a leaf holds is its own
                leaves[key] = (x, have)
            else:
                leaves[key] = (x, _own(c, g))
        if not retain_graph:
            z.inputs = freed
    return leaves


def _back_unary(z: Tensor, g: Any, inputs: Any) -> Any:
    (x,) = inputs
    return ((x, z.gate.rules[0](g, z._data, x._data)),)


def _back_binary(z: Tensor, g: Any, inputs: Any) -> Any:
    """One rule per input, so what an input without a gradient would get is never computed."""
    x, y = inputs
    for_x, for_y = z.gate.rules
    if not isinstance(y, Tensor):
        c = for_x(g, z._data, x._data, y)
        return ((x, fitted(c, x) if y.ndim else c),)  # a number stretches nothing
    b = y._data
    if not isinstance(x, Tensor):
        c = for_y(g, z._data, x, b)
        return ((y, fitted(c, y) if x.ndim else c),)
    a = x._data
    if not y.requires_grad:
        return ((x, fitted(for_x(g, z._data, a, b), x)),)
    if not x.requires_grad:
        return ((y, fitted(for_y(g, z._data, a, b), y)),)
    return (x, fitted(for_x(g, z._data, a, b), x)), (y, fitted(for_y(g, z._data, a, b), y))


def fitted(c: Any, x: Tensor) -> Any:
    """A rule's result at the shape and dtype of its input: broadcasting and casts undone, once for all gates."""
    data = x._data
    if c.shape != data.shape:
        c = sum_to(c, data.shape)
    if c.dtype is not data.dtype and data.dtype is not None:
        c = run(cast, c, dtype=data.dtype)
    return c


def _back_many(z: Tensor, g: Any, inputs: Any, create_graph: bool = False, wanted: set[int] | None = None) -> Any:
    """The general case; with `create_graph` the rules are handed Tensors, and record themselves."""
    made, rules, keywords = z.gate, z.gate.rules, z.keywords
    needs = [
        isinstance(x, Tensor) and x.requires_grad and (wanted is None or id(x) in wanted) and i
        for i, x in enumerate(inputs)
    ]
    if not create_graph:
        args: list[Any] = [x._data if isinstance(x, Tensor) else x for x in inputs]
        out: Any = z._data
    else:  # what no gradient can flow to (an index, a mask) stays an array
        flows = not isinstance(rules, tuple) or not rules
        args = [x._data if isinstance(x, Tensor) and not (flows or rules[i]) else x for i, x in enumerate(inputs)]
        out = z if made.outputs == 1 else tuple(_pick(z, i=i) for i in range(len(z._data)))
    if made.jointly is not None:
        found = made.jointly(g, out, *args, needs=tuple(i is not False for i in needs), **keywords)
        found = [c if i is not False else None for i, c in zip(needs, found, strict=True)]
    else:
        found = [None if i is False or rules[i] is None else rules[i](g, out, *args, **keywords) for i in needs]
    return [(x, fitted(c, x)) for x, c in zip(inputs, found, strict=True) if c is not None and x.requires_grad]


def _own(c: Any, g: Any) -> Any:
    """`c` in memory of its own: `add` hands the same `g` to both inputs, and leaves never share."""
    if isinstance(c, Tensor):
        return run(clone, c) if c is g or c._view else c
    return np.array(c) if c is g or c.base is not None else c


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum `g` back to the `shape` of the input that was stretched.

    >>> sum_to(np.ones((2, 3)), (3,)), sum_to(np.ones((2, 3)), (2, 1)).shape
    (array([2., 2., 2.]), (2, 1))
    """
    extra = g.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(
        axis + extra for axis, n in enumerate(shape) if n == 1 and g.shape[axis + extra] != 1
    )
    if axes:
        g = np.add.reduce(g, axis=axes)  # np.sum, at half its price for a bias
    return g if g.shape == shape else np.reshape(g, shape)


def run(function: Any, *inputs: Any, **keywords: Any) -> Any:
    """A gate inside a rule: arrays in, an array out; with a Tensor among the inputs, recorded."""
    for x in inputs:
        if isinstance(x, Tensor):
            return function(*inputs, **keywords)
    return function.gate.forward(*inputs, **keywords)


# The gates that the engine itself needs.

clone = gate("clone", np.array, lambda g, z, x: g, kind="distribute", local=("1",), says="A copy, on the graph.")
cast = gate(
    "to",
    lambda x, dtype: x.astype(dtype),
    lambda g, z, x, dtype: g,
    kind="distribute",
    local=("1",),
    says="The same values at another dtype; the gradient comes back at the old one.",
)
_picked = gate(
    "pick",
    lambda bundle, i: bundle[i],
    lambda g, z, bundle, i: Parts({i: g}),
    kind="route",
    local=("1 for output i, else 0",),
    says="One output of a gate that has several.",
)


# The two ways in.


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
        wished = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        found = grad(roots, wished, gradients, retain_graph, create_graph, allow_unused=True)
        for x, each in zip(wished, found, strict=True):
            if each is not None:
                _accumulate(x, each if create_graph else each._data)
        return
    upstreams = [_upstream(root, g, create_graph) for root, g in zip(roots, gradients, strict=True)]
    leaves = _walking(roots, upstreams, retain_graph, create_graph).values()
    for x, g in [(x, g if x._taps is None else x._taps.arrived(x, g)) for x, g in leaves]:
        _accumulate(x, g)


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
        if not x.requires_grad:
            raise NoGradientError(
                f"grad() with respect to input {i}, which does not require a gradient.",
                got=f"{x.name or 'a Tensor'} of shape {x.shape}",
                mend="make it with requires_grad=True",
            )
    upstreams = [_upstream(t, g, create_graph) for t, g in zip(outputs, grad_outputs, strict=True)]
    retain_graph = create_graph if retain_graph is None else retain_graph
    targets: dict[int, Any] = {id(x): None for x in inputs}
    wanted = _leading_to(outputs, set(targets))
    leaves = _walking(outputs, upstreams, retain_graph, create_graph, wanted, targets, stop)
    for key, (x, g) in leaves.items():
        if key in targets:
            targets[key] = g if x._taps is None else x._taps.arrived(x, g)
    found = []
    for i, x in enumerate(inputs):
        g = targets[id(x)]
        if g is None and materialize_grads:
            g = np.zeros_like(x._data)
        elif g is None and not allow_unused:
            raise UnusedInputError(
                f"the outputs do not depend on input {i}, so it has no gradient.",
                got=f"{x.name or 'a Tensor'} of shape {x.shape}",
                mend="pass allow_unused=True to get None for it, or materialize_grads=True for zeros",
            )
        found.append(g if g is None or isinstance(g, Tensor) else Tensor(np.array(g)))
    return tuple(found)


def _walking(roots: Any, upstreams: Any, retain_graph: bool, create_graph: bool, *narrow: Any) -> Any:
    """The walk in its surroundings: recording or not, and without NumPy's warnings."""
    token = recording.set(create_graph)
    try:
        with np.errstate(all="ignore"):
            return _walk(roots, upstreams, retain_graph, create_graph, *narrow)
    finally:
        recording.reset(token)


def _upstream(t: Tensor, gradient: Any, create_graph: bool) -> Any:
    """The gradient to start with: what was given, checked, or 1."""
    if not t.requires_grad:
        raise NoGradientError(
            "no gradient can flow back from here: nothing behind it requires one.",
            got=f"{t.name or 'a Tensor'} of shape {t.shape}, dtype {t.dtype}",
            mend="make an input with requires_grad=True, and do not leave the graph with no_grad() or detach()",
        )
    if gradient is None:
        if t._data.size != 1:
            raise NonScalarError(
                f"backward() without `gradient` starts from one number, but {t.gate or 'this Tensor'} has more.",
                got=f"shape {t.shape}",
                mend="reduce it (.sum(), .mean()), or pass gradient= of the same shape",
            )
        g: Any = np.ones_like(t._data)
    else:
        g = gradient if isinstance(gradient, Tensor) else np.array(gradient, dtype=t.dtype)
        if g.shape != t.shape:
            raise GradientShapeError(
                "`gradient` must have the shape of the output it belongs to.", expected=str(t.shape), got=str(g.shape)
            )
    if create_graph:
        return run(clone, g) if isinstance(g, Tensor) else Tensor(g)
    return np.array(g._data, dtype=t.dtype) if isinstance(g, Tensor) else g


def _accumulate(x: Tensor, g: Any) -> None:
    """Add to `.grad`: in place, as PyTorch does, unless the sum itself must be recorded."""
    if g.shape != x._data.shape:
        raise GradientShapeError(
            "a rule returned a gradient of the wrong shape.", expected=str(x.shape), got=str(g.shape)
        )
    if isinstance(g, Tensor):
        x.grad = g if x.grad is None else x.grad + g
    elif x.grad is None:
        x.grad = Tensor(np.asarray(g))
    elif x.grad.requires_grad:
        x.grad = x.grad + Tensor(np.asarray(g))
    else:
        x.grad._data += g
        written(x.grad)


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
            stack.extend(x for x in inputs if isinstance(x, Tensor) and x.requires_grad)
    wanted = set(targets)
    for z in sorted(seen.values(), key=lambda z: z.born):
        if z.gate is not None and not isinstance(z.inputs, Freed):
            if any(id(x) in wanted for x in z.inputs):
                wanted.add(id(z))
        elif z.gate is not None:
            wanted.add(id(z))  # freed: the walk will say so
    return wanted


class Taps:
    """What a user asked to see or change of the gradient that arrives at one Tensor."""

    __slots__ = ("hooks", "retain")

    def __init__(self) -> None:
        self.hooks: dict[int, Callable[..., Any]] = {}
        self.retain = False

    def arrived(self, t: Tensor, g: Any) -> Any:
        """Let each hook see `g`, or replace it; keep it in `.grad` if asked."""
        seen = g if isinstance(g, Tensor) else None
        for hook in list(self.hooks.values()):
            seen = Tensor(np.array(g)) if seen is None else seen
            other = hook(seen)
            if other is not None:
                if other.shape != t.shape:
                    raise GradientShapeError(
                        f"a hook must return a gradient of the shape of its Tensor ({t.gate or 'a leaf'}).",
                        expected=str(t.shape),
                        got=str(other.shape),
                    )
                seen = other
        if seen is not None and not isinstance(g, Tensor):
            g = np.array(seen._data)
        elif seen is not None:
            g = seen
        if self.retain and t.gate is not None:
            _accumulate(t, g if isinstance(g, Tensor) else np.array(g))
        return g

    def moved_on(self) -> Taps | None:
        """The taps of a Tensor after it was rewritten: hooks stay with the old value."""
        if not self.retain:
            return None
        taps = Taps()
        taps.retain = True
        return taps


class Handle:
    """Removes the hook that it was returned for."""

    def __init__(self, hooks: dict[int, Callable[..., Any]], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self._key, None)


def _taps(t: Tensor) -> Taps:
    if t._taps is None:
        t._taps = Taps()
    return t._taps


def register_hook(t: Tensor, hook: Callable[[Tensor], Tensor | None]) -> Handle:
    """Call `hook(gradient)` when the whole gradient of `t` has arrived; it may return another.

    >>> x = Tensor(2.0, requires_grad=True)
    >>> handle = x.register_hook(lambda g: g * 10)
    >>> (x * 3).backward(); x.grad
    tensor(30.)
    """
    if not t.requires_grad:
        raise NoGradientError("a hook needs a Tensor that requires a gradient.", got=f"shape {t.shape}")
    taps = _taps(t)
    key = tick()
    taps.hooks[key] = hook
    return Handle(taps.hooks, key)


def retain_grad(t: Tensor) -> None:
    """Keep the gradient of a Tensor that is not a leaf in its `.grad`, too."""
    if not t.requires_grad:
        raise NoGradientError("retain_grad() needs a Tensor that requires a gradient.", got=f"shape {t.shape}")
    _taps(t).retain = True


Tensor.backward = backward  # type: ignore[attr-defined]
Tensor.register_hook = register_hook  # type: ignore[attr-defined]
Tensor.retain_grad = retain_grad  # type: ignore[attr-defined]
