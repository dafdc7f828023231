"""record: one gate of the calculus: calling it records it, and it knows its way back.

A gate's output keeps what the walk back needs: the gate, its inputs in order, and a tick, `born`.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from . import messages
from .dtypes import NUMBERS, get_default_dtype, python_number, result_type
from .modes import recording
from .tensor import NO_KEYWORDS, Tensor, memory, tick

__all__ = ["GATES", "Gate", "gate", "run", "sum_to"]

GATES: dict[str, Gate] = {}
_new = object.__new__
_HALF, _SINGLE = np.dtype(np.float16), np.dtype(np.float32)


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
        blind: whether the rules never look at values, only at shapes; default: of a distribute or reshape.
        floats: whether integers become floats first (exp, mean, div); default: of a slope.
        outputs: more than 1 if there are several: then `forward` returns a tuple.
        flows: the positions of the inputs that a gradient can flow to; None if to all.
        back: the way back through it: from its output, the upstream and the inputs to pairs of an input
            and its gradient.
        meaning: the same function in plain gates, for a fused gate that keeps floats. Such a gate takes
            a list as the keyword `kept`: its forward leaves there what the way back needs, the first walk
            takes it out, and a later one computes it again.

    >>> import tinygrad_edu as tg
    >>> tg.GATES["exp"].name, tg.GATES["exp"].kind, tg.GATES["exp"].local
    ('exp', 'slope', ('exp(x)',))
    """

    __slots__ = (
        "back",
        "blind",
        "floats",
        "flows",
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

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        rules: Any,
        kind: str,
        *,
        jointly: Callable[..., Any] | None = None,
        local: tuple[str, ...] = (),
        view: bool = False,
        blind: bool | None = None,
        floats: bool | None = None,
        outputs: int = 1,
        meaning: Callable[..., Any] | None = None,
    ) -> None:
        self.name, self.forward, self.rules, self.kind = name, forward, rules, kind
        self.jointly, self.local, self.view, self.outputs, self.meaning = jointly, local, view, outputs, meaning
        self.blind = kind in ("distribute", "reshape") if blind is None else blind
        self.floats = kind == "slope" if floats is None else floats
        self.flows = tuple(i for i, rule in enumerate(rules) if rule) if isinstance(rules, tuple) and rules else None
        self.back: Callable[..., Any] = back_many

    def __getattr__(self, name: str) -> Any:
        """Only asked for what is not there."""
        what = f"a Gate has no attribute {name!r}"
        if name == "next_functions":
            what += ": it is one row of the calculus; what went into a Tensor is `t.inputs`, and their gates `x.gate`"
        raise AttributeError(what, name=name, obj=self)

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
    if len(rules) not in (1, 2) or not all(rules) or made.view or made.outputs > 1 or _takes_keywords(rules):
        call = _many(made)
    elif len(rules) == 1:
        call, made.back = _unary(made), _back_unary
    else:
        call, made.back = _binary(made), _back_binary
    call.gate = made
    call.__name__ = call.__qualname__ = name
    call.__module__ = getattr(forward, "__module__", None) or __name__
    call.__doc__ = messages.docstring(made, says)
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
        if floats and not x._needs and a.dtype.kind != "f":
            a = a.astype(get_default_dtype())
        try:
            data = forward(a)
        except Exception as error:
            raise messages.failure(made, error, (x,), NO_KEYWORDS) from None
        z = _new(Tensor)
        z._data = data if type(data) is ndarray else np.asarray(data)
        z._grad = z._memory = z._taps = None
        z._view = False
        z.keywords = NO_KEYWORDS
        if x._needs and (mode := recording.get()):
            z._needs = True
            z.gate = made
            z.inputs = (x,)
            z.born = tick()
            if mode is not True:
                mode.made(z)
        else:
            z._needs = False
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
            needs = x._needs
            if isinstance(y, Tensor):
                b = y._data
                needs = needs or y._needs
                if a.dtype is not b.dtype:
                    if _number_beyond_half(a, b) or _number_beyond_half(b, a):
                        return _in_single(call, x, y)
                    a, b = _same_dtype(a, b, floats)
            elif (type(y) is float or type(y) is int) and (needs or a.dtype.kind == "f"):
                if a.dtype is _HALF and _beyond_half(y):
                    return _in_single(call, x, y)
                y = b = np.asarray(y, a.dtype)  # a 0-d array: NumPy is twice as slow on a Python number
            elif isinstance(y, NUMBERS):
                return call(x, python_number(y))
            else:
                a, b = _same_dtype(a, _constant(made, y), floats)
                y = b
        elif isinstance(y, Tensor):
            b = y._data
            needs = y._needs
            if (type(x) is float or type(x) is int) and (needs or b.dtype.kind == "f"):
                if b.dtype is _HALF and _beyond_half(x):
                    return _in_single(call, x, y)
                x = a = np.asarray(x, b.dtype)
            elif isinstance(x, NUMBERS):
                return call(python_number(x), y)
            else:
                a, b = _same_dtype(_constant(made, x), b, floats)
                x = a
        else:
            return call(Tensor(x), y)
        if floats and not needs:
            a, b = _as_floats(a, b)
        try:
            data = forward(a, b)
        except Exception as error:
            raise messages.failure(made, error, (x, y), NO_KEYWORDS) from None
        z = _new(Tensor)
        z._data = data if type(data) is ndarray else np.asarray(data)
        z._grad = z._memory = z._taps = None
        z._view = False
        z.keywords = NO_KEYWORDS
        if needs and (mode := recording.get()):
            z._needs = True
            z.gate = made
            z.inputs = (x, y)
            z.born = tick()
            if mode is not True:
                mode.made(z)
        else:
            z._needs = False
            z.gate = None
            z.inputs = ()
            z.born = 0
        return z

    return call


def _many(made: Gate) -> Any:
    forward, flowing = made.forward, bool(made.rules or made.jointly)
    alone = made.flows == (0,)  # one operand: no dtypes to bring together

    def call(*inputs: Any, **keywords: Any) -> Any:
        needs = False
        for x in inputs:
            if isinstance(x, Tensor) and x._needs:
                needs = True
        arrays = [x._data if isinstance(x, Tensor) else x for x in inputs]
        as_it_is = alone and isinstance(inputs[0], Tensor) and (not made.floats or arrays[0].dtype.kind == "f")
        if not as_it_is and (made.floats or len(arrays) > 1):
            arrays = _ready(made, arrays)
        try:
            data = forward(*arrays, **keywords)
        except Exception as error:
            raise messages.failure(made, error, inputs, keywords) from None
        return recorded(made, inputs, keywords, data, needs and flowing and recording.get())

    return call


def recorded(made: Gate, inputs: tuple[Any, ...], keywords: dict[str, Any], data: Any, mode: Any) -> Any:
    """The output of a gate as a Tensor, or as a tuple of them if `data` is a tuple.

    `mode`: what `modes.recording` says, or False if no input needs a gradient.
    """
    z = _new(Tensor)
    z._data = data if type(data) is np.ndarray else _packed(data)
    z._grad = z._memory = z._taps = None
    z._view = False
    z.keywords = keywords
    needs = bool(mode) and (z._data.dtype is None or z._data.dtype.kind == "f")
    z._needs = needs
    z.gate = made if needs else None
    z.inputs = inputs if needs else ()
    z.born = tick() if needs else 0
    if needs and mode is not True:
        mode.made(z)
    several = isinstance(z._data, Bundle)
    outputs = tuple(_pick(z, i=i) for i in range(len(z._data))) if several else (z,)
    if made.view:
        for x in inputs:
            for out in outputs:
                if isinstance(x, Tensor) and np.may_share_memory(out._data, x._data):
                    out._view = True
                    out._memory = memory(x)
        if z._view and "index" in keywords:
            z._of = (weakref.ref(inputs[0]), keywords["index"])  # so that `x[i] += v` can write through
    return outputs if several else z


def _beyond_half(number: float) -> bool:
    """Whether float16 has the number only as inf, as 0 or with fewer digits; what comes of it may still fit."""
    return 65504 < abs(number) < math.inf or 0 < abs(number) < 6.2e-5


def _number_beyond_half(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether `b` is such a number, of a wider dtype, among float16s."""
    return a.dtype is _HALF and bool(a.ndim) and not b.ndim and b.dtype.kind == "f" and _beyond_half(float(b))


def _in_single(call: Any, x: Any, y: Any) -> Tensor:
    """What float16s and a number beyond them make: computed at float32, and rounded once."""
    x, y = (cast(each, dtype=_SINGLE) if isinstance(each, Tensor) else each for each in (x, y))
    return cast(call(x, y), dtype=_HALF)  # type: ignore[no-any-return]


def _same_dtype(a: Any, b: Any, floats: bool) -> tuple[Any, Any]:
    """Two arrays, or an array and a Python number, at the dtype that PyTorch would give; `floats` as in Gate."""
    dtype = result_type(a, b)
    if floats and dtype.kind != "f":
        dtype = get_default_dtype()  # before a number is made to fit a small integer
    return tuple(np.asarray(c).astype(dtype, copy=False) for c in (a, b))  # type: ignore[return-value]


def _as_floats(a: Any, b: Any) -> tuple[Any, Any]:
    if np.result_type(a, b).kind == "f":
        return a, b
    dtype = get_default_dtype()
    return np.asarray(a, dtype), np.asarray(b, dtype)


def _constant(made: Gate, x: Any) -> Any:
    """A number or an array among Tensors, as it is; anything else cannot be an operand."""
    if isinstance(x, (bool, int, float)):
        return x
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub":
        return x if x.flags.writeable else x.copy()  # a read-only view of ours follows its Tensor
    raise messages.not_an_operand(made, x)


def _ready(made: Gate, arrays: list[Any]) -> list[Any]:
    """The inputs that gradients flow to, at one dtype; indices and masks stay as they are."""
    flows = range(len(arrays)) if made.flows is None else made.flows
    operands = [arrays[i] for i in flows if i < len(arrays) and arrays[i] is not None]
    if not operands:
        return arrays
    dtype = getattr(operands[0], "dtype", None)
    if dtype is not None and dtype.kind == "f":
        for a in operands:
            if getattr(a, "dtype", None) is not dtype:
                break
        else:
            return arrays  # floats of one dtype: nothing to decide
    if dtype is None or dtype.kind != "f" or not all(getattr(a, "dtype", dtype) is dtype for a in operands):
        dtype = result_type(*operands)  # else numbers among floats of one dtype
    if made.floats and dtype.kind != "f":
        dtype = get_default_dtype()
    for i in flows:
        if i < len(arrays) and arrays[i] is not None:
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


# The way back through one gate: from the upstream `g` to pairs of an input and its gradient.


def _back_unary(z: Tensor, g: Any, inputs: Any) -> Any:
    (x,) = inputs
    a = x._data
    c = z.gate.rules[0](g, z._data, a)
    return ((x, c if c.dtype is a.dtype else run(cast, c, dtype=a.dtype)),)  # a user's rule may promote


def _back_binary(z: Tensor, g: Any, inputs: Any) -> Any:
    """One rule per input, so what an input without a gradient would get is never computed."""
    x, y = inputs
    for_x, for_y = z.gate.rules
    if not isinstance(y, Tensor):
        a = x._data
        c = for_x(g, z._data, a, y)
        return ((x, fitted(c, x) if y.ndim or c.dtype is not a.dtype else c),)  # a number stretches nothing
    b = y._data
    if not isinstance(x, Tensor):
        c = for_y(g, z._data, x, b)
        return ((y, fitted(c, y) if x.ndim or c.dtype is not b.dtype else c),)
    a = x._data
    if not y._needs:
        return ((x, fitted(for_x(g, z._data, a, b), x)),)
    if not x._needs:
        c = for_y(g, z._data, a, b)
        return ((y, c if c.shape == b.shape and c.dtype is b.dtype else fitted(c, y)),)
    return (x, fitted(for_x(g, z._data, a, b), x)), (y, fitted(for_y(g, z._data, a, b), y))


def fitted(c: Any, x: Tensor) -> Any:
    """A rule's result at the shape and dtype of its input: broadcasting and casts undone, once for all gates."""
    data = x._data
    if c.shape != data.shape:
        c = sum_to(c, data.shape)
    if c.dtype is not data.dtype and data.dtype is not None:
        c = run(cast, c, dtype=data.dtype)
    return c


def back_many(z: Tensor, g: Any, inputs: Any) -> Any:
    """Any number of inputs, with keywords."""
    made, keywords = z.gate, z.keywords
    args = [x._data if isinstance(x, Tensor) else x for x in inputs]
    if made.jointly is not None:
        needs = tuple(isinstance(x, Tensor) and x._needs for x in inputs)
        return _kept(inputs, needs, made.jointly(g, z._data, *args, needs=needs, **keywords))
    rules, back = made.rules, []
    for i, x in enumerate(inputs):
        if isinstance(x, Tensor) and x._needs and rules[i] is not None:
            back.append((x, fitted(rules[i](g, z._data, *args, **keywords), x)))
    return back


def back_narrowly(z: Tensor, g: Any, inputs: Any, create_graph: bool, wanted: set[int] | None) -> Any:
    """Only to the inputs that are wanted; with `create_graph` the rules are handed Tensors, and record themselves."""
    made, rules, keywords = z.gate, z.gate.rules, z.keywords
    needs = tuple(isinstance(x, Tensor) and x._needs and (wanted is None or id(x) in wanted) for x in inputs)
    if not create_graph:
        args: list[Any] = [x._data if isinstance(x, Tensor) else x for x in inputs]
        out: Any = z._data
    else:  # what no gradient can flow to (an index, a mask) stays an array
        flows = range(len(inputs)) if made.flows is None else made.flows
        args = [x._data if isinstance(x, Tensor) and i not in flows else x for i, x in enumerate(inputs)]
        out = z if made.outputs == 1 else tuple(_pick(z, i=i) for i in range(len(z._data)))
    if made.jointly is not None:
        return _kept(inputs, needs, made.jointly(g, out, *args, needs=needs, **keywords))
    found = [
        rules[i](g, out, *args, **keywords) if need and rules[i] is not None else None for i, need in enumerate(needs)
    ]
    return _kept(inputs, needs, found)


def _kept(inputs: Any, needs: tuple[bool, ...], found: Any) -> Any:
    """Each input that has a gradient with that gradient."""
    return [(x, fitted(c, x)) for x, need, c in zip(inputs, needs, found, strict=True) if need and c is not None]


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo broadcasting: sum `g` back to the `shape` of the input that was stretched.

    >>> sum_to(np.ones((2, 3)), (3,)), sum_to(np.ones((2, 3)), (2, 1)).shape
    (array([2., 2., 2.]), (2, 1))
    """
    extra = g.ndim - len(shape)
    if extra == 1 and g.shape[1:] == shape and g.__class__ is np.ndarray and g.dtype in _BLAS and len(shape) == 1:
        return ones(len(g), g.dtype).dot(g)  # a bias: BLAS adds rows in a third of add.reduce's time
    axes = tuple(range(extra))
    if g.shape[extra:] != shape:
        axes += tuple(axis + extra for axis, n in enumerate(shape) if n == 1 and g.shape[axis + extra] != 1)
    if axes and g.dtype is _HALF and g.__class__ is np.ndarray:  # in which 2048 + 1 is 2048
        g = np.add.reduce(g, axis=axes, dtype=_SINGLE).astype(_HALF)
    elif axes:
        g = np.add.reduce(g, axis=axes)  # np.sum, at half its price
    return g if g.shape == shape else np.reshape(g, shape)


_BLAS = (np.dtype(np.float32), np.dtype(np.float64))


@lru_cache(64)
def ones(n: int, dtype: np.dtype[Any]) -> np.ndarray:
    """n ones, kept: a product with them is the quickest sum of rows or columns."""
    made = np.ones(n, dtype)
    made.flags.writeable = False
    return made


def run(function: Any, *inputs: Any, **keywords: Any) -> Any:
    """A gate inside a rule: arrays in, an array out; with a Tensor among the inputs, recorded."""
    for x in inputs:
        if isinstance(x, Tensor):
            return function(*inputs, **keywords)
    return function.gate.forward(*inputs, **keywords)


# The gates that recording and walking need themselves.

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
