"""owned: what a module owns itself, by name, as PyTorch's `_modules`, `_parameters` and `_buffers` show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any

__all__ = ["Owned"]


class Owned(MutableMapping[str, Any]):
    """A dict over some attributes of a module: setting an item assigns the attribute, deleting it deletes it.

    >>> import tinygrad_edu as tg
    >>> net = tg.nn.Sequential(tg.nn.Linear(2, 2))
    >>> net._modules["1"] = tg.nn.ReLU()
    >>> list(net._modules), len(net)
    (['0', '1'], 2)
    """

    def __init__(self, module: Any, items: Callable[[], Iterable[tuple[str, Any]]]) -> None:
        self._module, self._items = module, items

    def __getitem__(self, name: str) -> Any:
        return dict(self._items())[name]

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        delattr(self._module, name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items())

    def __len__(self) -> int:
        return len(dict(self._items()))

    def __repr__(self) -> str:
        return repr(dict(self))
