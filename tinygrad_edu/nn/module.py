"""module: a part of a network: its parameters, its parts, its mode, and what it computes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import get_ident
from types import NoneType
from typing import Any, NamedTuple
from weakref import ReferenceType, ref

import numpy as np

from .. import dtypes
from ..devices import dtype_among
from ..errors import DtypeError, StateDictError, TinygradError
from ..hooks import Handle
from ..modes import watching
from ..tensor import Tensor, tick, written
from .backward_hooks import Around
from .owned import Owned
from .parameter import Parameter

__all__ = ["Module"]

# The latest calls: the ticks of the engine's counter at start and end, the thread, the module. A gate was made
# in the calls whose ticks its birth lies between: pictures group gates by that.
CALLS: deque[tuple[int, int, int, ReferenceType[Module]]] = deque(maxlen=1 << 14)


class Keys(NamedTuple):
    """What `load_state_dict` found no value for, and what it found no place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class State(dict[str, Tensor]):
    """What `state_dict` returns; equal to another mapping of the same names, dtypes and values."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping) or self.keys() != other.keys():
            return False
        pairs = ((t._data, np.asarray(other[name])) for name, t in self.items())
        return all(a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


class Module:
    """The base of every network and layer: assign parameters and modules, define `forward`.

    A Parameter, a buffer or a Module is an ordinary attribute; what a Module owns is read from its
    attributes, in the order of their assignment.

    Attributes:
        training: whether the module is in training mode (else evaluation mode).

    >>> import tinygrad_edu as tg
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = Parameter(tg.tensor(2.0))
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> scale = Scale()
    >>> scale(tg.tensor(3.0)).item(), [name for name, _ in scale.named_parameters()]
    (6.0, ['factor'])
    """

    training: bool = True
    _persistent: Mapping[str, bool] = {}
    _hooks: tuple[dict[int, Any], ...] | None = None  # before and after forward, before and after the way back

    def __init__(self) -> None: ...

    # calling it

    def forward(self, *args: Any, **keywords: Any) -> Any:
        """What the module computes; call the module itself, which runs the hooks too."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        start = tick()
        try:
            if self._hooks is None:
                result = self.forward(*args, **keywords)
            else:
                result = self._call_with_hooks(args, keywords)
        except TinygradError as error:
            self._place(error)
            raise
        CALLS.append((start, tick(), get_ident(), ref(self)))
        if (watch := watching.get()) is not None:
            watch.called(self)
        return result

    def _place(self, error: TinygradError) -> None:
        """Name the innermost layer that raised by its path from here; each call outwards makes it longer."""
        layer = error.__dict__.setdefault("layer", self)
        path = next((name for name, module in self.named_modules() if module is layer), "")
        if path:
            error.placed(f"{path}: {type(layer).__name__}({layer.extra_repr()})")

    def _call_with_hooks(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        before, after, *back = self._hooks  # type: ignore[misc]
        for hook, with_kwargs in list(before.values()):
            other = hook(self, args, keywords) if with_kwargs else hook(self, args)
            if other is not None and with_kwargs:
                args, keywords = _pair(hook, other)
            elif other is not None:
                args = other if isinstance(other, tuple) else (other,)
        around = Around(self, *(hooks.values() for hooks in back)) if any(back) else None
        args = args if around is None else around.inputs(args)
        result = self.forward(*args, **keywords)
        for hook, with_kwargs in list(after.values()):
            other = hook(self, args, keywords, result) if with_kwargs else hook(self, args, result)
            result = result if other is None else other
        return result if around is None else around.outputs(result)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Call `hook(module, args)` before every forward; what it returns replaces the arguments.

        Args:
            prepend: before the hooks that are there.
            with_kwargs: call `hook(module, args, kwargs)` instead; what it returns is a pair of both.
        """
        return self._register(0, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Handle:
        """Call `hook(module, args, output)` after every forward; what it returns replaces the output.

        Args:
            prepend: before the hooks that are there.
            with_kwargs: call `hook(module, args, kwargs, output)` instead.

        >>> import tinygrad_edu as tg
        >>> layer = tg.nn.ReLU()
        >>> handle = layer.register_forward_hook(lambda module, args, output: output * 10)
        >>> layer(tg.tensor(1.0)); handle.remove(); layer(tg.tensor(1.0))
        tensor(10.)
        tensor(1.)
        """
        return self._register(1, (hook, with_kwargs), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(module, grad_output)` when the gradients of all outputs have come back.

        What it returns replaces them: a tuple of one for each output (None where nothing came back).
        """
        return self._register(2, hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(module, grad_input, grad_output)` when the module has sent its gradients back.

        Both are tuples: of a gradient for each positional argument and for each output; None for
        what needs none. What it returns replaces `grad_input`.

        Raises:
            TinygradError: on the way back, if it returns another number of gradients.

        >>> import tinygrad_edu as tg
        >>> layer = tg.nn.Tanh()
        >>> handle = layer.register_full_backward_hook(lambda module, into, out: print(out, "->", into))
        >>> layer(tg.zeros(2, requires_grad=True)).sum().backward()
        (tensor([1., 1.]),) -> (tensor([1., 1.]),)
        """
        return self._register(3, hook)

    def _register(self, which: int, hook: Any, prepend: bool = False) -> Handle:
        if self._hooks is None:
            self._hooks = ({}, {}, {}, {})
        hooks = self._hooks[which]
        others = dict(hooks) if prepend else {}
        for key in others:
            del hooks[key]
        handle = Handle(hooks, hook)
        hooks.update(others)
        return handle

    # what it owns

    def __setattr__(self, name: str, value: Any) -> None:
        before = self.__dict__.get(name)
        if isinstance(before, Parameter) and value is not None and not isinstance(value, Parameter):
            raise TinygradError(
                f"{type(self).__name__}.{name} is a Parameter; assigning another thing would lose it.",
                expected="a Parameter or None",
                got=type(value).__name__,
                mend=f"wrap it in nn.Parameter(…), or write the values: with tg.no_grad(): module.{name}[...] = …",
            )
        if name in self._persistent and name in self.__dict__ and not isinstance(value, (Tensor, NoneType)):
            raise TinygradError(
                f"{type(self).__name__}.{name} is a buffer; assigning another thing would lose it.",
                expected="a Tensor or None",
                got=type(value).__name__,
                mend="make it a Tensor with tg.tensor(…), or `del` the buffer before",
            )
        if isinstance(value, Parameter) and value.name is None:
            value.name = name
        object.__setattr__(self, name, value)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter by name, as assigning the attribute does; None for one that is absent."""
        if param is not None and not isinstance(param, Parameter):
            raise TinygradError(f"parameter {name!r} must be a Parameter or None.", got=type(param).__name__)
        setattr(self, self._may_register(name, param), param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a Tensor that belongs to the module's state and is not trained: a running mean, a mask.

        Args:
            persistent: whether it is part of `state_dict()`.
        """
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TinygradError(f"buffer {name!r} must be a Tensor or None.", got=type(tensor).__name__)
        self._persistent = {**self._persistent, self._may_register(name, tensor): persistent}
        setattr(self, name, tensor)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a part by name, as assigning the attribute does."""
        setattr(self, self._may_register(name, module), module)

    add_module = register_module

    def _may_register(self, name: str, value: Any) -> str:
        if not name or "." in name:
            raise TinygradError(
                "the name of a parameter, buffer or module is not empty and has no dot.", got=repr(name)
            )
        have = getattr(self, name, None)
        kind = Module if isinstance(have, Module) else Tensor
        if have is not None and not (isinstance(have, kind) and isinstance(value, (kind, NoneType))):
            raise TinygradError(
                f"{name!r} is the name of something else in {type(self).__name__}, which would be lost.",
                got=f"{have!r:.60}",
                mend="choose another name",
            )
        return name

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The parts this module owns directly, each once, with their names."""
        seen = set()
        for name, part in self._own_modules():
            if id(part) not in seen:
                seen.add(id(part))
                yield name, part

    def children(self) -> Iterator[Module]:
        """The parts this module owns directly, each once."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This module (named "") and all parts of its parts, with dotted names; shared ones once."""
        return self._named_modules(prefix, set() if remove_duplicate else None)

    def _named_modules(self, prefix: str, seen: set[int] | None) -> Iterator[tuple[str, Module]]:
        if seen is not None:
            if id(self) in seen:
                return
            seen.add(id(self))
        yield prefix, self
        for name, part in self._own_modules():
            yield from part._named_modules(_dotted(prefix, name), seen)

    def modules(self) -> Iterator[Module]:
        """This module and all parts of its parts, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its dotted name; one that is shared comes once, under its first name.

        >>> import tinygrad_edu as tg
        >>> [(name, p.shape) for name, p in tg.nn.Sequential(tg.nn.Linear(3, 2)).named_parameters()]
        [('0.weight', (2, 3)), ('0.bias', (2,))]
        """
        return self._named("_own_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter, each once: what an optimizer takes."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its dotted name; one that is shared comes once."""
        return self._named("_own_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The part with this dotted name ("" is the module itself).

        Raises:
            AttributeError: if there is none, with the names there are.

        >>> import tinygrad_edu as tg
        >>> tg.nn.Sequential(tg.nn.Sequential(tg.nn.Linear(3, 2))).get_submodule("0.0")
        Linear(in_features=3, out_features=2, bias=True)  # training mode
        """
        return self._get("part", self.named_modules(remove_duplicate=False), target)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with this dotted name; raises as `get_submodule`."""
        return self._get("parameter", self.named_parameters(remove_duplicate=False), target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with this dotted name; raises as `get_submodule`."""
        return self._get("buffer", self.named_buffers(remove_duplicate=False), target)

    def _get(self, kind: str, named: Iterable[tuple[str, Any]], target: str) -> Any:
        found = dict(named)
        if target not in found:
            there = ", ".join(repr(name) for name in found if name) or "none"
            raise AttributeError(f"{type(self).__name__} has no {kind} called {target!r}; there are: {there}")
        return found[target]

    def _named(self, own: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        modules = self.named_modules(prefix, remove_duplicate) if recurse else [(prefix, self)]
        seen: set[int] = set()
        for path, module in modules:
            for name, value in getattr(module, own)():
                if not (remove_duplicate and id(value) in seen):
                    seen.add(id(value))
                    yield _dotted(path, name), value

    def _own_modules(self) -> list[tuple[str, Module]]:
        return [(name, value) for name, value in vars(self).items() if isinstance(value, Module)]

    def _own_parameters(self) -> list[tuple[str, Parameter]]:
        return [(name, value) for name, value in vars(self).items() if isinstance(value, Parameter)]

    def _own_buffers(self) -> list[tuple[str, Tensor]]:
        return [(name, getattr(self, name)) for name in self._persistent if getattr(self, name, None) is not None]

    @property
    def _modules(self) -> Owned:
        return Owned(self, self._own_modules)

    @property
    def _parameters(self) -> Owned:
        return Owned(self, self._own_parameters)

    @property
    def _buffers(self) -> Owned:
        return Owned(self, self._own_buffers)

    # changing all of it

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call `fn` on every part, then on this module; returns the module."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Set training mode (or evaluation mode) here and in every part; returns the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Set evaluation mode here and in every part; returns the module."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Ask for gradients of every parameter, or freeze them all; returns the module."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradient of every parameter, or set it to zeros."""
        for p in self.parameters():
            zero_grad(p, set_to_none)

    def to(self, *where: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False) -> Module:
        """Cast every floating-point parameter and buffer, in place; returns the module.

        Args:
            where: a floating-point dtype, a Tensor for its dtype, or a device, which is "cpu" and changes nothing.
            non_blocking: for PyTorch's sake; nothing blocks.

        Raises:
            DeviceError: for another device.
            DtypeError: for another dtype.

        >>> import tinygrad_edu as tg
        >>> tg.nn.Linear(2, 1).to(tg.float64).weight.dtype
        dtype('float64')
        """
        dtype = dtype_among((device, *where, dtype))
        if dtype is None:
            return self
        if dtype.kind != "f":
            raise DtypeError("a module is cast to a floating-point dtype.", got=str(dtype))
        for t in (*self.parameters(), *self.buffers()):
            if t._data.dtype.kind == "f" and t._data.dtype != dtype:
                t._data = t._data.astype(dtype)
                t.grad = None if t.grad is None else Tensor(t.grad._data.astype(dtype))
                written(t)
        return self

    def cpu(self) -> Module:
        """The module: it is on the CPU already."""
        return self

    def cuda(self, device: Any = None) -> Module:
        """Raises DeviceError: there is no GPU here to move to."""
        return self.to("cuda" if device is None else device)

    def double(self) -> Module:
        """Cast to float64, in place; returns the module."""
        return self.to(dtypes.float64)

    def float(self) -> Module:
        """Cast to float32, in place; returns the module."""
        return self.to(dtypes.float32)

    def half(self) -> Module:
        """Cast to float16, in place; returns the module."""
        return self.to(dtypes.float16)

    # saving and loading

    def state_dict(self, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Every parameter and persistent buffer by its dotted name, as PyTorch names them.

        The Tensors look at the module's own memory, as in PyTorch: further training changes them.
        Deep-copy the dict to keep a snapshot. Two of them are `==` if names, dtypes and values are.

        Args:
            prefix: put before every name.
            keep_vars: the parameters themselves instead of detached Tensors.

        >>> import tinygrad_edu as tg
        >>> list(tg.nn.Linear(3, 2).state_dict())
        ['weight', 'bias']
        """
        return State((prefix + name, t if keep_vars else t.detach()) for name, t in self._state())

    def _state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """The whole state in PyTorch's order; what is shared comes under each of its names."""
        for path, module in self.named_modules(prefix, remove_duplicate=False):
            yield from ((_dotted(path, name), p) for name, p in module._own_parameters())
            yield from ((_dotted(path, name), b) for name, b in module._own_buffers() if module._persistent[name])

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Keys:
        """Copy the values of a `state_dict()` into this module, all of them or none.

        Args:
            state_dict: from names to Tensors or arrays; they are cast to this module's dtypes.
            strict: raise for names that are missing or unexpected.

        Returns:
            The names that were missing and unexpected, as `missing_keys` and `unexpected_keys`.

        Raises:
            StateDictError: listing every missing, unexpected and misshapen name. The module is as
                it was. A shape that does not fit raises whether strict or not.
        """
        if not isinstance(state_dict, Mapping):
            raise StateDictError(
                "load_state_dict takes a dict from names to Tensors.",
                got=type(state_dict).__name__,
                mend="of a file: tg.load(path); of another module: other.state_dict()",
            )
        own = dict(self._state())
        keys = Keys([name for name in own if name not in state_dict], [name for name in state_dict if name not in own])
        arrays = {name: np.asarray(value) for name, value in state_dict.items() if name in own}
        misshapen = [
            f"{name}: {own[name].shape} here, {array.shape} there"
            for name, array in arrays.items()
            if array.shape != own[name].shape or array.dtype.kind not in "fiub"
        ]
        if misshapen or (strict and any(keys)):
            found = (("missing", keys.missing_keys), ("unexpected", keys.unexpected_keys), ("misshapen", misshapen))
            raise StateDictError(
                f"this state_dict does not fit {type(self).__name__}, which was left as it was.",
                got="\n".join(f"{kind}: " + ", ".join(map(str, names)) for kind, names in found if names),
                mend="" if misshapen else "pass strict=False to load only the names that fit",
            )
        cast = {name: array.astype(own[name].dtype) for name, array in arrays.items()}  # all, before any is written
        for name, array in cast.items():
            own[name]._data[...] = array
            written(own[name])
        return keys

    # printing it

    def extra_repr(self) -> str:
        """What stands between the parentheses of this module's own line."""
        return ""

    def __repr__(self) -> str:
        return f"{self._text(self.training)}  # {_mode(self)}"

    def _text(self, training: bool) -> str:
        """This module as text; a part says its mode only where it differs from the whole's."""
        own = self.extra_repr()
        rows = []
        for name, child in self._own_modules():
            other = f"  # {_mode(child)}" if child.training != training else ""
            rows.append(f"({name}): {child._text(child.training)}{other}")
        if not rows:
            return f"{type(self).__name__}({own})"
        lines = ([own] if own else []) + rows
        return f"{type(self).__name__}(\n  " + "\n".join(lines).replace("\n", "\n  ") + "\n)"


@contextmanager
def in_mode(model: Module, training: bool) -> Iterator[None]:
    """Training or evaluation mode within a `with` block; afterwards every part has its own mode again."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.train(training)
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def zero_grad(p: Tensor, set_to_none: bool) -> None:
    """Forget the gradient of `p`, or set it to zeros, in place unless it is on a graph."""
    if p.grad is None:
        return
    if set_to_none:
        p.grad = None
    elif p.grad.requires_grad:
        p.grad = Tensor(np.zeros_like(p._data))
    else:
        p.grad._data[...] = 0
        written(p.grad)


def _mode(module: Module) -> str:
    return "training mode" if module.training else "evaluation mode"


def _pair(hook: Any, returned: Any) -> Any:
    if not (isinstance(returned, tuple) and [*map(type, returned)] == [tuple, dict]):
        raise TinygradError(
            "a forward pre-hook with_kwargs returns None, or both: a tuple of arguments and a dict of keywords.",
            got=f"{getattr(hook, '__name__', 'a hook')} returned {returned!r:.60}",
            mend="return args, kwargs",
        )
    return returned


def _dotted(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
