"""container: modules made of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .module import Module

__all__ = ["ModuleList", "Sequential"]


class _Numbered(Module):
    """Parts under the names "0", "1", …"""

    def _parts(self) -> list[Module]:
        return [value for value in vars(self).values() if isinstance(value, Module)]

    def append(self, module: Module) -> Any:
        """Add a module at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add modules at the end; returns the container."""
        for module in modules:
            self.append(module)
        return self

    def __len__(self) -> int:
        return len(self._parts())

    def __iter__(self) -> Iterator[Module]:
        return iter(self._parts())

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)().extend(self._parts()[index])
        return self._parts()[index]

    def __setitem__(self, index: int, module: Module) -> None:
        names = [name for name, value in vars(self).items() if isinstance(value, Module)]
        setattr(self, names[index], module)


class Sequential(_Numbered):
    """Modules called one after another, each on what the one before returned.

    Args:
        modules: the modules, or one dict from names to modules.

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
            self.add_module(str(name), module)

    def forward(self, x: Any) -> Any:
        for module in self._parts():
            x = module(x)
        return x


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
