"""inplace: what happens when a Tensor is written, so that no gradient is ever silently wrong.

While recording, a write makes a new value: the Tensor takes the state of a fresh gate output, and
what it was before moves into a hidden Tensor, so that gates which used the old value still find
it. Under `no_grad` a write goes to the memory itself and stamps it; a gate that used the old value
finds a stamp younger than itself, and `backward` raises.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import ChangedAfterUseError, DtypeError, LeafInPlaceError, ShapeError, ViewInPlaceError
from .modes import recording
from .tensor import Tensor, clock, tick, written

_STATE = ("_data", "_memory", "_taps", "_view", "born", "gate", "grad", "inputs", "keywords", "requires_grad")


def write(t: Tensor, name: str, function: Callable[..., Any], *operands: Any, where: Any = None) -> Tensor:
    """Write `function(t, *operands)` into `t`; `where` limits a plain write to those elements.

    Args:
        t: the Tensor to write.
        name: what the user called it: `+=`, `t[…] = v`, `fill_`.
        function: a gate or a composition of gates from the old value to the new one.
        where: an index; then a plain write stores `operands[-1]` there and `function` is only
            for recording.
    """
    if recording.get() and (t.requires_grad or any(isinstance(v, Tensor) and v.requires_grad for v in operands)):
        return _rewrite(t, name, function, operands)
    if where is not None:
        value = operands[-1]
        t._data[where] = value._data if isinstance(value, Tensor) else value
    elif not _straight(t, function, operands):
        _store(t, name, function, operands)
    written(t)
    return t


def _straight(t: Tensor, function: Any, operands: tuple[Any, ...]) -> bool:
    """Let a ufunc of one dtype write to the memory itself; False if that is not the case at hand."""
    gate = getattr(function, "gate", None)
    data = t._data
    if gate is None or gate.forward.__class__ is not np.ufunc or len(operands) > 1 or data.dtype.kind != "f":
        return False
    try:
        if not operands:
            gate.forward(data, out=data)
            return True
        v = operands[0]
        b = v._data if isinstance(v, Tensor) else np.asarray(v, data.dtype) if v.__class__ is float else v
        if getattr(b, "dtype", None) is not data.dtype:
            return False
        gate.forward(data, b, out=data)
    except (ValueError, TypeError):
        return False  # a shape or a dtype that does not fit: said by the gate itself
    return True


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
    if result.shape != t.shape:
        raise ShapeError(
            f"{name} cannot change the shape of the Tensor it writes.",
            expected=str(t.shape),
            got=str(result.shape),
            mend="write the operation without the in-place form",
        )
    if "biuf".index(result.dtype.kind.replace("u", "i")) > "biuf".index(t.dtype.kind.replace("u", "i")):
        raise DtypeError(f"{name} cannot store {result.dtype} in a Tensor of {t.dtype}.")


def rearrange(t: Tensor, name: str, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Let `t` take the shape of `function(t)`: `squeeze_`, `t_`. Other views of its memory keep theirs."""
    if recording.get() and t.requires_grad:
        looks = t._view
        _rewrite(t, name, function, (), moves=True)
        t._view = looks  # the same memory as before, whoever owned it
        return t
    t._data = function(t.detach())._data
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
            raise ViewInPlaceError("detach_ cannot cut off a view.", got=f"shape {t.shape}", mend="use .detach()")
        t.gate, t.inputs, t.keywords, t._taps = None, (), {}, None
        t.born = clock.last_write = tick()  # newer than those gates, so the walk notices
    t.requires_grad = False
    return t


Tensor.detach_ = detach_  # type: ignore[method-assign, assignment]


def _rewrite(
    t: Tensor, name: str, function: Callable[..., Any], operands: tuple[Any, ...], moves: bool = False
) -> Tensor:
    if t.requires_grad and t.gate is None:
        raise LeafInPlaceError(
            f"{name} would overwrite a leaf that requires a gradient, while recording.",
            got=f"{t.name or 'a leaf'} of shape {t.shape}",
            mend="update it inside `with tg.no_grad():`, or write `new = old + …` instead",
        )
    if t._view and not moves:
        return _through(t, name, function, operands)

    old = before(t)
    z = function(old, *(old if v is t else v for v in operands))
    if not moves:
        _check_fits(old, name, z)
    if z.dtype != old.dtype:
        z = z.to(old.dtype)
    return _become(t, old, z)


def _through(t: Tensor, name: str, function: Callable[..., Any], operands: tuple[Any, ...]) -> Tensor:
    """Write a view that an index made by writing its base: `base[i] += v`."""
    base, index = getattr(t, "_of", (None, None))
    if base is None or not np.may_share_memory(t._data, base._data):
        raise ViewInPlaceError(
            f"{name} would write a view while recording; the Tensor it looks at could not follow.",
            got=f"a view of shape {t.shape}" + (f", made by {t.gate.name}" if t.gate else ""),
            mend="write to the base (`base[index] = value`), or to a .clone() of the view",
        )
    old = before(t)
    z = function(old, *(old if v is t else v for v in operands))
    _check_fits(old, name, z)
    base[index] = z
    return _become(t, old, base[index])


def _become(t: Tensor, old: Tensor, z: Tensor) -> Tensor:
    """Let `t` take the state of `z`; gates that used it before will find `old`."""
    past = [entry for entry in getattr(t, "_past", ()) if entry[1]() is not None]
    t._past = [*past, (old.born, weakref.ref(old))]
    for slot in _STATE:
        if slot not in ("grad", "_taps"):
            setattr(t, slot, getattr(z, slot))
    t._taps = old._taps.moved_on() if old._taps is not None else None
    if hasattr(z, "_of"):
        t._of = z._of
    clock.last_write = t.born
    return t


def before(t: Tensor) -> Tensor:
    """A hidden Tensor with the whole present state of `t`."""
    old = object.__new__(Tensor)
    for slot in _STATE:
        setattr(old, slot, getattr(t, slot))
    if t.name is not None:
        old._name = t.name
    return old


def settled(z: Tensor) -> tuple[Any, ...]:
    """The inputs of `z` as they were when it was made.

    Raises:
        ChangedAfterUseError: if their memory, or z's own, was written since.
    """
    inputs = tuple(_as_of(z, x) if isinstance(x, Tensor) else x for x in z.inputs)
    if not z.gate.blind:
        for x in (*inputs, z):
            if isinstance(x, Tensor) and x._memory is not None and x._memory.stamp > z.born:
                raise _changed(z, x)
    z.inputs = inputs
    return inputs


def _as_of(z: Tensor, x: Tensor) -> Tensor:
    """What `x` was when `z` used it: itself, unless it was rewritten since."""
    if x.born <= z.born:
        return x
    for _, reference in reversed([entry for entry in getattr(x, "_past", ()) if entry[0] <= z.born]):
        old = reference()
        if old is not None:
            return old
        break
    raise _changed(z, x)


def _changed(z: Tensor, x: Tensor) -> ChangedAfterUseError:
    what = "its own output" if x is z else f"its input {x.name or 'of shape ' + str(x.shape)}"
    return ChangedAfterUseError(
        f"{what} was written after {z.gate.name} used it, so the gradient would be that of other values.",
        expected=f"the values that {z.gate.name} saw",
        mend="call backward() before the write, or write to a .clone(); tg.no_grad() hides a write from the graph, "
        "not from the values",
    )
