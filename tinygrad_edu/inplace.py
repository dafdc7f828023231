"""inplace: what happens when a Tensor is written, so that no gradient is ever silently wrong.

While recording, a write makes a new value: the Tensor takes the state of a fresh gate output, and
what it was before moves into a hidden Tensor, so that gates which used the old value still find
it. Under `no_grad` a write goes to the memory itself and stamps it; a gate that used the old value
finds a stamp younger than itself, and `backward` raises.

A view is written by writing the Tensor that it looks at; a `detach()` (or `.data`) by writing the memory,
whose owner sees the numbers and not the graph. What a Tensor looked like before stays true
for whoever else looked then: another view or a `detach()` taken before a recorded write keeps showing
the old value, and refuses to be written.
"""

from __future__ import annotations

import weakref
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from .dtypes import CATEGORY
from .errors import ChangedAfterUseError, DtypeError, LeafInPlaceError, ShapeError, ViewInPlaceError, line_of
from .locking import unlock
from .messages import told
from .modes import recording
from .record import clone, recorded
from .tensor import Tensor, clock, memory, required_grad, tick, written

_STATE = ("_data", "_grad", "_memory", "_needs", "_taps", "_view", "born", "gate", "inputs", "keywords")


def write(t: Tensor, name: str, function: Callable[..., Any], *operands: Any, where: Any = None) -> Tensor:
    """Write `function(t, *operands)` into `t`; `where` limits a plain write to those elements.

    Args:
        t: the Tensor to write.
        name: what the user called it: `+=`, `t[…] = v`, `fill_`.
        function: a gate or a composition of gates from the old value to the new one.
        where: an index; then a plain write stores `operands[-1]` there and `function` is only
            for recording.
    """
    if recording.get() and (t._needs or any(isinstance(v, Tensor) and v._needs for v in operands)):
        return _rewrite(t, name, function, operands)
    if t._memory is not None and t._memory.moved:
        raise ViewInPlaceError(
            f"{name} would write memory that its owner has left: that was written while recording, and moved on.",
            got=f"an old view, or an old detach(): {told(t)}" + _write_line(t),
            mend="take the view again, or write to the base",
        )
    unlock(t)
    try:
        if where is not None:
            value = operands[-1]
            t._data[where] = value._data if isinstance(value, Tensor) else value
        else:
            _store(t, name, function, operands)
    except ValueError:
        if t._data.flags.writeable:
            raise
        why = (
            "an element of an expanded Tensor stands in several places" if 0 in t._data.strides else "its owner said so"
        )
        raise ViewInPlaceError(
            f"{name} would write memory that is read-only: {why}.",
            got=told(t),
            mend="write to a .clone() of it",
        ) from None
    written(t)
    return t


def straight(name: str, function: Callable[..., Any]) -> Callable[[Tensor, Any], Tensor]:
    """The method of `t += v` and its kind: without recording a ufunc writes floats straight to the memory.

    Half of what `p -= lr * p.grad` costs a small parameter would be Python frames: so all is asked in one.
    """
    forward = function.gate.forward  # type: ignore[attr-defined]

    def called(t: Tensor, v: Any) -> Tensor:
        data, dtype, memory = t._data, t._data.dtype, t._memory
        number = v.__class__ is float and dtype.itemsize > 2  # a float16's may be beyond its range
        b = v._data if isinstance(v, Tensor) else np.asarray(v, dtype) if number else v
        moved = memory is not None and memory.moved
        if recording.get() or dtype.kind != "f" or moved or getattr(b, "dtype", None) is not dtype:
            return write(t, name, function, v)
        try:
            forward(data, b, data)
        except (ValueError, TypeError):
            return write(t, name, function, v)  # a shape that does not fit: said by the gate itself
        written(t)
        return t

    return called


def _store(t: Tensor, name: str, function: Callable[..., Any], operands: tuple[Any, ...]) -> None:
    """The plain write of what no ufunc can put straight into the memory: through a result."""
    token = recording.set(False)
    try:
        result = function(t, *operands)
    finally:
        recording.reset(token)
    _check_fits(t, name, result)
    t._data[...] = result._data


def _check_fits(t: Tensor, name: str, result: Tensor) -> None:
    """Raise for a result of another shape than `t` has, or of a wider kind: a float in an integer Tensor."""
    if result.shape != t.shape:
        raise ShapeError(
            f"{name} cannot change the shape of the Tensor it writes.",
            expected=told(t),
            got=str(result.shape),
            mend="write the operation without the in-place form",
        )
    if CATEGORY[result.dtype.kind] > CATEGORY[t.dtype.kind]:
        wider = ".float()" if result.dtype.kind == "f" else f".to(tg.{result.dtype})"
        raise DtypeError(
            f"{name} cannot store {result.dtype} in a Tensor of {t.dtype}.",
            got=told(t),
            mend=f"t = t{wider} before, or write the operation without the in-place form",
        )


def rearrange(t: Tensor, name: str, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Let `t` take the shape of `function(t)`: `squeeze_`, `t_`. Other views of its memory keep theirs."""
    if recording.get() and t._needs:
        looks = t._view
        if hasattr(t, "_of"):
            del t._of
        _rewrite(t, name, function, (), moves=True)
        t._view = looks  # the same memory as before, whoever owned it
        return t
    if hasattr(t, "_of"):
        del t._of  # its base would be written at the index of another shape
    t._data = function(t.detach())._data
    memory(t).replaced = tick()
    written(t)  # a gate that used the old shape must not find this one
    return t


def detach_(t: Tensor) -> Tensor:
    """In place: `t` leaves the graph, which is freed if nobody else holds it.

    A walk back through a gate that used `t` before raises ChangedAfterUseError: `detach()` serves there.

    Raises:
        ViewInPlaceError: for a recorded view, as in PyTorch.
    """
    if t.gate is not None:
        if t._view:
            raise ViewInPlaceError("detach_ cannot cut off a view.", got=told(t), mend="use .detach()")
        t.gate, t.inputs, t.keywords, t._taps = None, (), {}, None
        t.born = tick()  # newer than those gates, so the walk notices
        clock.note(t.born)
    t._needs = False
    return t


Tensor.detach_ = detach_  # type: ignore[method-assign, assignment]


def _rewrite(
    t: Tensor, name: str, function: Callable[..., Any], operands: tuple[Any, ...], moves: bool = False
) -> Tensor:
    """The write while recording: `t` becomes the output of `function`; if it `moves`, in whatever shape that has."""
    if t._needs and t.gate is None:
        raise LeafInPlaceError(
            f"{name} would overwrite a leaf that requires a gradient, while recording.",
            got=told(t),
            mend="update it inside `with tg.no_grad():`, or write `new = old + …` instead",
        )
    if t._view and not moves:
        return _through(t, name, function, operands)

    old = before(t)
    z = function(old, *operands)
    if not moves:
        _check_fits(old, name, z)
    if z.dtype != old.dtype:
        z = z.to(old.dtype)
    return _become(t, old, z)


def _through(t: Tensor, name: str, function: Callable[..., Any], operands: tuple[Any, ...]) -> Tensor:
    """Write a view by writing what it looks at: `base[i] += v`, `x.view(-1).mul_(v)`."""
    detached = getattr(t, "_of", t) is None  # see the slot: other views have no `_of`, or a base
    put = partial(_into_memory, t) if detached else _putting(t)
    if put is None:
        raise ViewInPlaceError(
            f"{name} would write a view while recording; the Tensor it looks at could not follow.",
            got=f"a view: {told(t)}",
            mend="write to the base (`base[index] = value`), or to a .clone() of the view"
            + ("" if t.gate is not None else ";\nto write values alone, outside the graph: with tg.no_grad():"),
        )
    old = before(t)
    z = function(old, *operands)
    _check_fits(old, name, z)
    _rewire(z, t, old)  # before the base is written: its own past is behind `old`
    return _become(t, old, put(z if z.dtype == old.dtype else z.to(old.dtype)))


def _putting(t: Tensor) -> Callable[[Tensor], Tensor] | None:
    """What writes a new value of the view `t` to the Tensor it looks at, and returns the new view; or None."""
    reference, index = getattr(t, "_of", None) or (lambda: None, None)
    base = reference()
    if base is not None and np.may_share_memory(t._data, base._data):

        def assign(z: Tensor) -> Tensor:
            base[index] = z
            return base[index]  # type: ignore[no-any-return]

        return assign
    gate, keywords = t.gate, t.keywords
    if gate is None or not gate.view or not isinstance(gate.rules, tuple) or gate.jointly is not None:
        return None
    if not isinstance(t.inputs, tuple) or len(t.inputs) != 1 or len(gate.rules) != 1:
        return None
    whole: Tensor = t.inputs[0]
    back = lambda g, x: gate.rules[0](g, None, x, **keywords)  # noqa: E731
    uses = back(np.ones_like(t._data), whole._data)
    if whole._data.dtype is None or not np.may_share_memory(t._data, whole._data) or (uses > 1).any():
        return None  # one of several outputs; a copy; or an element that shows in several places
    if uses.sum() != t.numel():
        return None  # the way back leaves some out

    def put(z: Tensor) -> Tensor:
        value = back(z, whole)  # the way back of a view puts each element where it came from
        value = clone(value) if uses.all() else value.where(Tensor(uses > 0), whole)
        write(whole, "a write to a view", lambda _, v: v, value)
        return recorded(gate, (whole,), keywords, gate.forward(whole._data, **keywords), recording.get())  # type: ignore[no-any-return]

    return put


def _into_memory(t: Tensor, z: Tensor) -> Tensor:
    """What a detach becomes: `z`, in the memory of the Tensor it was taken from, which sees the values alone."""
    unlock(t)
    z = clone(z)
    t._data[...] = z._data
    z._data, z._memory, z._view = t._data, memory(t), True
    written(t)
    return z


def _become(t: Tensor, old: Tensor, z: Tensor) -> Tensor:
    """Let `t` take the state of `z`; gates that used it before will find `old`."""
    _rewire(z, t, old)
    if old._memory is not None and z._memory is not old._memory:
        old._memory.moved = True
    if not hasattr(t, "_past"):
        t._past = []
    t._past.append((z.born, old.born, weakref.ref(old)))
    if len(t._past) & (len(t._past) - 1) == 0:  # now and then: what no gate can find any more
        t._past = [entry for entry in t._past if entry[2]() is not None]
    for slot in _STATE:
        if slot not in ("_grad", "_taps"):
            setattr(t, slot, getattr(z, slot))
    t._taps = old._taps.moved_on() if old._taps is not None else None
    if hasattr(z, "_where"):
        t._where, t.name = z._where, t.name or z.name
    clock.note(t.born)
    return t


def _rewire(z: Tensor, t: Tensor, old: Tensor) -> None:
    """Let what `z` was made from use `old` for `t`, or `t` would be among its own inputs.

    Only a Tensor younger than `old` can have used it, and the next write need not look further back
    than this one: all writes together look at each gate once.
    """
    seen, stack = {id(z)}, [z]
    while stack:
        node = stack.pop()
        if node.gate is None or not isinstance(node.inputs, tuple):
            continue
        if any(x is t for x in node.inputs):
            node.inputs = tuple(old if x is t else x for x in node.inputs)
        for x in node.inputs:
            if isinstance(x, Tensor) and x.born > old.born and id(x) not in seen:
                seen.add(id(x))
                stack.append(x)


def before(t: Tensor) -> Tensor:
    """A hidden Tensor with the whole present state of `t`."""
    old = object.__new__(Tensor)
    for slot in _STATE:
        setattr(old, slot, getattr(t, slot))
    for slot in ("_name", "_where"):
        if hasattr(t, slot):
            setattr(old, slot, getattr(t, slot))
    return old


def settled(z: Tensor) -> tuple[Any, ...]:
    """The inputs of `z` as they were when it was made.

    Raises:
        ChangedAfterUseError: if memory that its rules read was written since.
    """
    inputs = tuple(_as_of(z, x) if isinstance(x, Tensor) else x for x in z.inputs)
    for position, x in enumerate((z, *inputs)):
        if not isinstance(x, Tensor) or x._memory is None or x._memory.stamp <= z.born:
            continue
        if x._memory.replaced > z.born or (not z.gate.blind and _reads(z.gate, position, inputs)):
            raise _changed(z, x)
    z.inputs = inputs
    return inputs


def _as_of(z: Tensor, x: Tensor) -> Tensor:
    """What `x` was when `z` used it: itself, unless it was rewritten or began to require a gradient since."""
    if x.born <= z.born:
        if not x._needs or required_grad(x, z.born):
            return x
        constant = before(x)
        constant._needs = False
        return constant
    past = getattr(x, "_past", [])
    at = bisect_right(past, z.born, key=itemgetter(0))  # the first state that ended after z was made
    if at < len(past) and past[at][1] <= z.born:
        old = past[at][2]()
        if old is not None:
            return old  # type: ignore[no-any-return]
    raise _changed(z, x)


def _reads(gate: Any, position: int, inputs: tuple[Any, ...]) -> bool:
    """Whether a rule that the walk will call looks at the output (position 0) or at that input."""
    if gate.jointly is not None or not isinstance(gate.rules, tuple):
        return True
    rules = [rule for rule, x in zip(gate.rules, inputs, strict=False) if rule and getattr(x, "_needs", False)]
    return any(_loads(rule, 1 + position) for rule in rules)


def _loads(rule: Any, position: int) -> bool:
    """Whether the code of a rule loads its parameter at that position."""
    import dis  # only here, where something is about to be wrong

    code = getattr(rule, "__code__", None)
    if code is None or position >= code.co_argcount:
        return True
    name = code.co_varnames[position]
    used = [ins.argval if isinstance(ins.argval, tuple) else (ins.argval,) for ins in dis.get_instructions(code)]
    return name in code.co_cellvars or any(name in names for names in used)


def _changed(z: Tensor, x: Tensor) -> ChangedAfterUseError:
    what = "its own output" if x is z else f"its input {x.name or 'of shape ' + str(x.shape)}"
    used, wrote = line_of(getattr(z, "_where", ("", 0, ""))), _write_line(x)
    lines = (f"{told(z)}" if used else "") + wrote
    return ChangedAfterUseError(
        f"{what} was written after {z.gate.name} used it, so the gradient would be that of other values.",
        expected=f"the values that {z.gate.name} saw",
        got=lines.strip(),
        mend="call backward() before the write, or write to a .clone(); tg.no_grad() hides a write from the graph, "
        "not from the values"
        + ("" if used and wrote else "\nrun it within tg.inspect() to see the lines of use and write"),
    )


def _write_line(t: Tensor) -> str:
    """A line of an error: where `t` was written last, as far as `tg.inspect()` saw it."""
    by_gate = getattr(t, "_where", ("", 0, "")) if t.gate is not None and hasattr(t, "_past") else ("", 0, "")
    where = line_of(t._memory.where if t._memory is not None and t._memory.where[0] else by_gate)
    return f"\nwritten at {where}" if where else ""
