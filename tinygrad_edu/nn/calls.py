"""calls: which module's call made a gate, and by which path its parameters are known."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from threading import get_ident
from typing import Any

from .module import CALLS, Module

__all__ = ["Calls"]


class Calls:
    """The calls of modules that recorded gates born at `births` (ascending), by this thread.

    A call spans an interval of ticks, and calls nest: so the innermost call around a birth is the
    last one that began before it and has not ended. What no other call contains is an outermost
    one. If it is the only such module, or the only one with parameters, its path is "", and paths
    are those of its `named_modules()`; others (a loss, two networks) go by the name of their class.

    Attributes:
        spans: of each call its first and last tick, and the module; outer ones before those within.
        parents: of each the index of the call around it, or None.
        paths: of each the path of its module.
        innermost: for each birth the index of the innermost call around it, or None.
    """

    def __init__(self, births: list[int]) -> None:
        self.spans: list[tuple[int, int, Module]] = []
        self.parents: list[int | None] = []
        self.paths: list[str] = []
        self._births: list[int] = births
        self._parameters: dict[int, str] = {}
        for start, end, thread, reference in sorted(CALLS, key=lambda call: (call[0], -call[1])) if births else ():
            module = reference()
            if module is not None and thread == get_ident() and bisect_left(births, start) < bisect_left(births, end):
                self.parents.append(self._around(start))
                self.spans.append((start, end, module))
        self._name()
        self.innermost = {birth: self._around(birth) for birth in births} if self.spans else {}

    def _around(self, tick: int) -> int | None:
        """The index of the innermost call that spans `tick`."""
        at: int | None = bisect_right(self.spans, tick, key=lambda span: span[0]) - 1
        if at == -1:
            return None
        while at is not None and self.spans[at][1] < tick:
            at = self.parents[at]
        return at

    def _name(self) -> None:
        outermost = {id(m): m for (_, _, m), parent in zip(self.spans, self.parents, strict=True) if parent is None}
        trained = [m for m in outermost.values() if next(m.parameters(), None) is not None]
        root = next(iter(outermost.values())) if len(outermost) == 1 else trained[0] if len(trained) == 1 else None
        known: dict[int, str] = {}
        taken = {""}
        for module in sorted(outermost.values(), key=lambda m: m is not root):
            prefix = "" if module is root else _unlike(type(module).__name__, taken)
            for path, part in module.named_modules(prefix):
                known.setdefault(id(part), path)
            for path, parameter in module.named_parameters(prefix):
                self._parameters.setdefault(id(parameter), path)
            taken.update(known.values())
        for (_, _, module), parent in zip(self.spans, self.parents, strict=True):
            if id(module) not in known:  # called, but not registered as a part of the caller
                before = "" if parent is None else self.paths[parent]
                name = type(module).__name__
                known[id(module)] = _unlike(f"{before}.{name}" if before else name, taken)
            self.paths.append(known[id(module)])

    def path_at(self, birth: int) -> str:
        """The path of the innermost module around a gate's birth."""
        at = self.innermost.get(birth)
        return "" if at is None else self.paths[at]

    def parameter(self, leaf: Any) -> str | None:
        """The path of a parameter of these modules, unless the user gave it a name of their own."""
        path = self._parameters.get(id(leaf))
        return path if path and leaf.name in (None, path.rpartition(".")[2]) else None


def _unlike(name: str, taken: set[str]) -> str:
    """`name`, or with the first number that makes it another than those taken; it is taken now."""
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    taken.add(free)
    return free
