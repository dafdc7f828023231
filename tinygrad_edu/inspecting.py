"""inspecting: the user's line that made each value, and what that line calls it."""

from __future__ import annotations

import dis
import sys
import weakref
from collections.abc import Sequence
from types import CodeType, FrameType
from typing import Any

from .errors import GradientShapeError, caller, is_ours
from .messages import told
from .modes import Watch
from .tensor import Tensor, memory

__all__ = ["inspect"]


class inspect(Watch):
    """Within this block every value knows the line that made it and the name it was assigned to.

    `q = x + y` is called q, in pictures and in errors, and so is an unnamed leaf that a line uses by
    a variable's name. An error about an earlier line (a value written after it was used) names it.
    A gate takes some microseconds longer.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> with inspect():
    ...     q = x * 3
    >>> q.name, x.name
    ('q', 'x')
    """

    def __init__(self) -> None:
        self._told: dict[tuple[int, int], tuple[CodeType, Any]] = {}  # by code and offset: what is stored from there
        self._modules: dict[int, Any] = {}
        self._call: FrameType | None = None  # of ours, the one that the user's line called last
        self._named: list[weakref.ref[Tensor]] = []  # what was made in it and bears that line's name

    def __exit__(self, *exc: Any) -> None:
        super().__exit__(*exc)
        self._call, self._named = None, []  # a frame holds what was in it

    def made(self, z: Tensor) -> None:
        """Note the user's line and name of `z`."""
        super().made(z)
        call = frame = sys._getframe(1)
        while frame is not None and is_ours(frame.f_code.co_filename):
            call, frame = frame, frame.f_back  # type: ignore[assignment]
        if frame is None:
            return
        z._where = (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        for x in z.inputs:
            if isinstance(x, Tensor) and x.gate is None and x.name is None:
                x.name = _variable(frame, x)
        self._name(z, call, self._targets(frame))

    def called(self, module: Any) -> None:
        """Keep a module as long as this is kept, so that a picture can name what a function made and let go."""
        super().called(module)
        self._modules[id(module)] = module

    def wrote(self, t: Tensor) -> None:
        """Note the user's line that wrote to the memory of `t`."""
        super().wrote(t)
        memory(t).where = caller(2)

    def sent(self, z: Tensor, g: Any, back: Any, start: Any) -> Any:
        """Check what a gate sends back, while it is known which."""
        for x, c in back:
            if c.shape != x._data.shape and not isinstance(x._data, tuple):
                raise GradientShapeError(
                    f"the rule of {z.gate.name} returned a gradient of the wrong shape.",
                    expected=f"that of its input: {told(x)}",
                    got=f"{c.shape}, from {told(z)}",
                )
        return super().sent(z, g, back, start)

    def _name(self, z: Tensor, call: FrameType, targets: Any) -> None:
        """Give `z` the name that the line assigns; what was made before it in the same call was not the result."""
        picked = z.gate.name == "pick"
        if call is self._call:
            for reference in self._named:
                before = reference()
                if before is not None and not (picked and before.gate is z.gate):
                    before.name = None
        first = call is not self._call
        if first or not picked:
            self._call, self._named = call, []
        i = z.keywords["i"] if picked else 0
        name = f"{targets}[{i}]" if picked and isinstance(targets, str) else targets
        if isinstance(targets, tuple):  # `values, indices = …` of one gate has a gradient for the first
            name = targets[i] if i < len(targets) and (picked or first) else None
        if isinstance(name, str) and z.gate.outputs == 1:
            z.name = name
            self._named.append(weakref.ref(z))

    def _targets(self, frame: FrameType | None) -> Any:
        """What the expression that runs in `frame` is assigned to: a name, several for an unpacking, or None.

        What a function returns is assigned where it was called, also through the call of a module.
        """
        while frame is not None:
            code, at = frame.f_code, frame.f_lasti
            known = self._told.get((id(code), at))
            if known is None or known[0] is not code:
                known = self._told[id(code), at] = (code, _stored(code, at))
            if known[1] is not _RETURNED:
                return known[1]
            frame = frame.f_back
            while frame is not None and frame.f_code.co_name in ("__call__", "_call_with_hooks"):
                if not is_ours(frame.f_code.co_filename):
                    break
                frame = frame.f_back
            if frame is not None and is_ours(frame.f_code.co_filename):
                return None
        return None


def _variable(frame: FrameType, x: Tensor) -> str | None:
    """The name of the variable in `frame` that is `x`."""
    names = frame.f_code.co_names
    held = frame.f_locals
    for name, value in (*held.items(), *((name, frame.f_globals.get(name)) for name in names)):
        if value is x and not name.startswith("_"):
            return name
    return None


_RETURNED = object()
_STORES = ("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF")
_SILENT = ("NOP", "CACHE", "EXTENDED_ARG", "PRECALL", "COPY_FREE_VARS", "NOT_TAKEN")


def _stored(code: CodeType, at: int) -> Any:
    """Where the value that the instruction at offset `at` leaves on the stack goes: see `_targets`.

    The instructions that follow are read with `above`, the count of values that lie on it, as
    `a, b = x + y, x * y` computes both before it stores; whatever takes the value itself ends it.
    """
    following = [each for each in dis.get_instructions(code) if each.offset > at][:64]
    above = past = 0
    for i, each in enumerate(following):
        what, arg = each.opname, each.arg or 0
        if what in _SILENT or each.offset < past:
            continue
        if what == "JUMP_FORWARD":  # behind the other branch of `… if … else …`
            past = each.argval
        elif what in _STORES:
            if above == 0:
                return each.argval
            above -= 1
        elif what == "STORE_FAST_STORE_FAST":
            if above < 2:
                return each.argval[above]
            above -= 2
        elif what == "STORE_FAST_LOAD_FAST":
            if above == 0:
                return each.argval[0]
        elif what == "STORE_ATTR" and above == 1:
            return each.argval
        elif what == "SWAP":
            above = arg - 1 if above == 0 else 0 if above == arg - 1 else above
        elif what == "COPY" and arg == 1 and above == 0:
            continue  # `a = b = …`, `(a := …)`: the copy is stored first
        elif what == "UNPACK_SEQUENCE" and above == 0:
            return _unpacked(following[i + 1 :], arg)
        elif what == "RETURN_VALUE" and above == 0:
            return _RETURNED
        else:
            taken = _taken(what, arg)
            if taken is None or taken > above:
                return None
            above += dis.stack_effect(each.opcode, each.arg if each.opcode >= dis.HAVE_ARGUMENT else None)
    return None


def _taken(what: str, arg: int) -> int | None:
    """How many values an instruction takes from the stack; None for one that is not known here."""
    if what in ("LOAD_ATTR", "LOAD_METHOD") or what.startswith("UNARY"):
        return 1
    if what.startswith(("LOAD_", "COPY")) or what == "PUSH_NULL":
        return 0
    if what.startswith("BINARY") or what == "COMPARE_OP":
        return 2
    return arg + 2 if what == "CALL" else None


def _unpacked(following: Sequence[dis.Instruction], count: int) -> tuple[str | None, ...]:
    """The names that an unpacking stores to, in order; None where the place is no name."""
    names: list[str | None] = []
    for each in following:
        if each.opname in _STORES:
            names.append(each.argval)
        elif each.opname == "STORE_FAST_STORE_FAST":
            names.extend(each.argval)
        elif each.opname not in _SILENT:
            break
    return tuple(names[:count])
