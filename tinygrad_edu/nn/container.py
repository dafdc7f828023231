"""container: modules made of modules."""

from __future__ import annotations

import operator
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any

from ..errors import TinygradError
from ..tensor import Tensor
from .module import Module
from .parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class _Numbered(Module):
    """Parts under the names "0", "1", …"""

    def _named_parts(self) -> list[tuple[str, Module]]:
        return [(name, value) for name, value in vars(self).items() if isinstance(value, Module)]

    def _parts(self) -> list[Module]:
        return [value for value in vars(self).values() if isinstance(value, Module)]

    def _become(self, modules: Iterable[Module]) -> None:
        """Hold these parts instead, numbered anew."""
        modules = list(modules)
        for name, _ in self._named_parts():
            delattr(self, name)
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def append(self, module: Module) -> Any:
        """Add a module at the end; returns the container."""
        self.add_module(str(len(self)), _checked(module))
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Add a module before the one at `index`; those after it are numbered anew. Returns the container."""
        parts = self._parts()
        parts.insert(index, _checked(module))
        self._become(parts)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add modules at the end; returns the container."""
        for module in list(modules):
            self.append(module)
        return self

    def pop(self, index: int = -1) -> Module:
        """Take a module out and return it."""
        module = self[operator.index(index)]
        del self[index]
        return module

    def __iadd__(self, modules: Iterable[Module]) -> Any:
        return self.extend(modules)

    def __add__(self, modules: Iterable[Module]) -> Any:
        return type(self)().extend([*self, *modules])

    def __len__(self) -> int:
        return len(self._parts())

    def __iter__(self) -> Iterator[Module]:
        return iter(self._parts())

    def __contains__(self, module: object) -> bool:
        return any(part is module for part in self._parts())

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)().extend(self._parts()[index])
        return self._parts()[index]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._named_parts()[index][0], _checked(module))

    def __delitem__(self, index: int | slice) -> None:
        parts = self._parts()
        del parts[index]
        self._become(parts)


def _checked(module: Any) -> Module:
    if not isinstance(module, Module):
        made = isinstance(module, type) and issubclass(module, Module)
        mend = f"make one: {module.__name__}(…)" if made else "a class derived from Module, whose forward calls it"
        raise TinygradError(
            "a container of modules holds modules.",
            got=f"the class {module.__name__} itself" if made else f"{type(module).__name__}: {module!r:.60}",
            mend="one by one: nn.Sequential(*layers)" if isinstance(module, (list, tuple)) else mend,
        )
    return module


class Sequential(_Numbered):
    """Modules called one after another, each on what the one before returned.

    Args:
        modules: the modules, or one dict from names to modules. A slice is a Sequential of the same parts.

    >>> import tinygrad_edu as tg
    >>> Sequential(tg.nn.Flatten(), tg.nn.Linear(784, 10))
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=784, out_features=10, bias=True)
    )  # training mode
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        named = modules[0].items() if len(modules) == 1 and isinstance(modules[0], Mapping) else enumerate(modules)
        for name, module in named:
            self.add_module(str(name), _checked(module))

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):  # the names stay, as in PyTorch
            return type(self)(dict(self._named_parts()[index]))
        return self._parts()[index]

    def __delitem__(self, index: int | slice) -> None:
        named = self._named_parts()
        for name, _ in named[index] if isinstance(index, slice) else [named[index]]:
            delattr(self, name)
        if all(name.isdigit() for name, _ in named):
            self._become(self._parts())

    def forward(self, input: Any) -> Any:
        for module in self._parts():
            input = module(input)
        return input


class ModuleList(_Numbered):
    """A list of modules that are parts of the module that holds it. (A plain list hides them.)

    >>> import tinygrad_edu as tg
    >>> layers = ModuleList([tg.nn.Linear(2, 3), tg.nn.Linear(3, 1)])
    >>> len(layers), len(list(layers.parameters()))
    (2, 4)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)


class _Named(Module):
    """Parts or parameters under names of the user's, in a dict beside the attributes that hold them."""

    _held: type

    def _own(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if isinstance(value, self._held)}

    def update(self, items: Any) -> None:
        """Add or replace items, from a dict or from pairs."""
        into: Any = self
        for name, value in items.items() if hasattr(items, "items") else items:
            into[name] = value

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._own().keys()

    def values(self) -> ValuesView[Any]:
        """What is held."""
        return self._own().values()

    def items(self) -> ItemsView[str, Any]:
        """Names and what is held under them."""
        return self._own().items()

    def pop(self, name: str) -> Any:
        """Take one out and return it."""
        value = self[name]
        delattr(self, name)
        return value

    def clear(self) -> None:
        """Take all out."""
        for name in self.keys():
            delattr(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        """The one under this name, or `default`."""
        return self._own().get(name, default)

    def __getitem__(self, name: str) -> Any:
        return self._own()[name]

    def __delitem__(self, name: str) -> None:
        self.pop(name)

    def _free(self, name: str) -> str:
        """The name, if it would not hide a method or a setting of the container."""
        if hasattr(self, name) and name not in self._own():
            raise TinygradError(f"{name!r} is an attribute of every {type(self).__name__}.", mend="another name")
        return name

    def __contains__(self, name: object) -> bool:
        return name in self._own()

    def __len__(self) -> int:
        return len(self._own())

    def __iter__(self) -> Iterator[str]:
        return iter(self._own())


class ModuleDict(_Named):
    """A dict of modules that are parts of the module that holds it. (A plain dict hides them.)

    Args:
        modules: a dict from names to modules, or pairs.

    Raises:
        TinygradError: for a name that every module has (`train`), or for what is no module.

    >>> import tinygrad_edu as tg
    >>> heads = ModuleDict({"one": tg.nn.Linear(2, 3), "two": tg.nn.Linear(2, 1)})
    >>> heads["two"](tg.ones(4, 2)).shape, list(heads)
    ((4, 1), ['one', 'two'])
    """

    _held = Module

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(self._free(name), _checked(module))


class ParameterDict(_Named):
    """A dict of parameters that belong to the module that holds it; a Tensor becomes a Parameter.

    Args:
        parameters: a dict from names to Parameters and Tensors, or pairs.

    >>> import tinygrad_edu as tg
    >>> scales = ParameterDict({"a": tg.ones(2)})
    >>> [(name, p.shape) for name, p in scales.named_parameters()]
    [('a', (2,))]
    """

    _held = Parameter

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.update(parameters or {})

    def __setitem__(self, name: str, value: Any) -> None:
        self.register_parameter(self._free(name), _parameter(value))

    def extra_repr(self) -> str:
        return _described(self.items())


class ParameterList(Module):
    """A list of parameters that belong to the module that holds it; a Tensor becomes a Parameter.

    >>> import tinygrad_edu as tg
    >>> scales = ParameterList([tg.ones(2), tg.zeros(3)])
    >>> scales[1].shape, [name for name, _ in scales.named_parameters()]
    ((3,), ['0', '1'])
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(values)

    def _own(self) -> list[Parameter]:
        return [value for value in vars(self).values() if isinstance(value, Parameter)]

    def append(self, value: Any) -> ParameterList:
        """Add one at the end; returns the list."""
        self.register_parameter(str(len(self)), _parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add several at the end; returns the list."""
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def __len__(self) -> int:
        return len(self._own())

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._own())

    def __getitem__(self, index: int | slice) -> Any:
        return ParameterList(self._own()[index]) if isinstance(index, slice) else self._own()[index]

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, str(range(len(self))[index]), _parameter(value))

    def extra_repr(self) -> str:
        return _described(enumerate(self))


def _parameter(value: Any) -> Parameter:
    if not isinstance(value, Tensor):
        raise TinygradError("a container of parameters holds Parameters and Tensors.", got=type(value).__name__)
    return value if isinstance(value, Parameter) else Parameter(value)


def _described(items: Iterable[tuple[Any, Parameter]]) -> str:
    """One line for each parameter."""
    return "\n".join(f"({name}): Parameter of shape {p.shape}, {p.dtype}" for name, p in items)
