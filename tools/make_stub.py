"""make_stub: writes tinygrad_edu/tensor.pyi, the methods of Tensor for editors and type checkers.

Most methods are gates that `gates/` binds at run time, so they are read from the class itself.
Run `python tools/make_stub.py` after adding a method; a test says when it is due.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import types
from pathlib import Path
from typing import Any

tensor = importlib.import_module("tinygrad_edu.tensor")  # the package's own `tensor` is the function
PATH = Path(str(tensor.__file__)).with_suffix(".pyi")

HEAD = '''"""The interface of tensor.py with the methods that other modules bind; made by tools/make_stub.py."""

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
'''
KNOWN = {"Any", "Callable", "Sequence", "Tensor", "Memory", "np", "None", "bool", "float", "int", "str"} | {
    "dict", "list", "object", "set", "tuple", "type"
}  # fmt: skip
ATTRIBUTES = {
    "born": "builtins.int",
    "requires_grad": "builtins.bool",
    "keywords": "dict[str, Any]",
    "stamp": "int",
} | {"last_write": "int"}
TOLD = {"axis": "dim", "dim": "axis", "keepdims": "keepdim", "keepdim": "keepdims"} | {
    "dims": "axes", "dim0": "axis0", "dim1": "axis1", "dim2": "axis2"
}  # fmt: skip
ROOM = 120


def stub() -> str:
    """The text of the stub."""
    parts = [HEAD]
    for name, thing in vars(tensor).items():
        if inspect.isclass(thing) and thing.__module__ == tensor.__name__:
            parts.append(f"\nclass {name}:\n" + "".join(f"    {line}".rstrip() + "\n" for line in _members(thing)))
    parts.append("\n")
    for name, thing in vars(tensor).items():
        if inspect.isfunction(thing) and thing.__module__ == tensor.__name__ and thing.__doc__:
            parts.append("\n".join(_function(name, thing, 0)) + "\n\n")
    parts += [f"{name}: {_kind(getattr(tensor, name))}\n" for name in _variables()]
    parts.append("__all__ = [" + ", ".join(f'"{name}"' for name in tensor.__all__) + "]\n")
    return "".join(parts)


def _variables() -> list[str]:
    """The names that tensor.py assigns at its top level."""
    tree = ast.parse(inspect.getsource(tensor))
    targets = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return [t.id for t in targets if isinstance(t, ast.Name) and t.id != "__all__"]


def _kind(value: Any) -> str:
    return type(value).__name__ if type(value).__module__ == tensor.__name__ else "Any"


def _members(kind: type) -> list[str]:
    lines = [f'"""{_first_line(kind)}"""', ""]
    members = sorted(
        vars(kind).items(), key=lambda pair: (not isinstance(pair[1], types.MemberDescriptorType), pair[0])
    )
    for name, thing in members:
        if isinstance(thing, types.MemberDescriptorType):
            lines.append(f"{name}: {ATTRIBUTES.get(name, 'Any')}")
        elif isinstance(thing, property):
            lines += ["@property", *_function(name, thing.fget, 1)]
            if thing.fset is not None:
                lines += [f"@{name}.setter", *_function(name, thing.fset, 1)]
        elif name == "__hash__":
            lines.append("def __hash__(self) -> builtins.int: ...")
        elif inspect.isfunction(thing):
            lines += _function(name, thing, 1)
    return lines


def _function(name: str, function: Any, depth: int) -> list[str]:
    """`def name(parameters) -> result:` with the first line of its docstring."""
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    if depth:
        parameters = _as_method(parameters)
    others = getattr(function, "other_names", {})
    told = _parameters(_spared(parameters, set(others.values())))
    if others:
        names = {p.name for p in parameters}
        extra = [f"{new}: Any = ..." for old, new in TOLD.items() if old in names and others.get(new) == old]
        star = [] if any(text.startswith("*") for text in told) or not extra else ["*"]
        told += star + extra
    result = "Tensor" if function.__name__ == "<lambda>" else _annotation(signature.return_annotation)
    ignored = "  # type: ignore[override]" if name in ("__eq__", "__ne__") else ""
    one = f"def {name}({', '.join(told)}) -> {result}:"
    lines = [one] if len(one) + 4 * depth <= ROOM else [f"def {name}(", *(f"    {p}," for p in told), f") -> {result}:"]
    said = _first_line(function)
    if not said or name.startswith("__"):
        lines[-1] += " ..."
        lines[0] += ignored
        return lines
    return [*lines, f'    """{said}"""']


def _spared(parameters: list[inspect.Parameter], own: set[str]) -> list[inspect.Parameter]:
    """The same parameters, but those with another name may be left out, if nothing that may not comes after."""
    for i in reversed(range(len(parameters))):
        p = parameters[i]
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty:
            if p.name not in own or i == 0:
                break
            parameters = [*parameters[:i], p.replace(default=...), *parameters[i + 1 :]]
    return parameters


def _as_method(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    """The same parameters, the first of them called self."""
    if not parameters or parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        return [own, *parameters]
    return [parameters[0].replace(name="self", annotation=inspect.Parameter.empty), *parameters[1:]]


def _parameters(parameters: list[inspect.Parameter]) -> list[str]:
    told: list[str] = []
    for i, p in enumerate(parameters):
        starred = any(q.startswith("*") for q in told)
        if p.kind is p.KEYWORD_ONLY and not starred:
            told.append("*")
        prefix = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        text = p.name if p.name == "self" and i == 0 else f"{prefix}{p.name}: {_annotation(p.annotation)}"
        if p.default is not p.empty:
            plain = p.default is None or type(p.default) in (bool, int, float, str)
            text += f" = {_quoted(p.default)}" if plain else " = ..."
        told.append(text)
        if p.kind is p.POSITIONAL_ONLY and (
            i + 1 == len(parameters) or parameters[i + 1].kind is not p.POSITIONAL_ONLY
        ):
            told.append("/")
    return told


def _annotation(annotation: Any) -> str:
    """An annotation as written, if the stub knows all its names; else Any."""
    if not isinstance(annotation, str):
        return "Any"
    tree = ast.parse(annotation, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if node.id not in KNOWN:
                return "Any"
            if hasattr(tensor.Tensor, node.id):  # Tensor has a method of that name: float, bool …
                node.id = f"builtins.{node.id}"
    return ast.unparse(tree)


def _quoted(default: Any) -> str:
    return '"' + default.replace('"', '\\"') + '"' if isinstance(default, str) else repr(default)


def _first_line(thing: Any) -> str:
    said = inspect.getdoc(thing) or ""
    first = said.split("\n", 1)[0].replace("\\", "\\\\")
    return first if len(first) <= 100 else first[:99] + "…"


if __name__ == "__main__":
    PATH.write_text(stub(), encoding="utf-8")
