"""packing: a state of dicts and lists taken apart, into arrays by dotted name, and JSON for all the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import TinygradError
from .tensor import Tensor

__all__ = ["pack", "unpack"]

_MARK = "\0"  # the one key of a dict that stands for something JSON lacks: [kind, content]


def pack(value: Any, arrays: dict[str, Any], path: str = "") -> Any:
    """`value` as what JSON can hold; its arrays and Tensors go to `arrays`, by their dotted path.

    Args:
        value: dicts, lists, tuples, numbers, texts, None, arrays and Tensors.

    Raises:
        TinygradError: for anything else; it names the path.

    >>> arrays = {}
    >>> pack({"lr": 0.1, "state": {"step": np.array([3])}}, arrays)
    {'lr': 0.1, 'state': {'step': {'\\x00': ['array', 'state.step']}}}
    >>> arrays
    {'state.step': array([3])}
    """
    if isinstance(value, (Tensor, np.ndarray, np.generic)):
        while path in arrays:  # {"a.b": …, "a": {"b": …}}
            path += "'"
        arrays[path] = value
        return {_MARK: ["tensor" if isinstance(value, Tensor) else "array", path]}
    if isinstance(value, Mapping):
        items = [(key, pack(entry, arrays, _below(path, key))) for key, entry in value.items()]
        if all(isinstance(key, str) and key != _MARK for key, _ in items):
            return dict(items)
        return {_MARK: ["dict", [[pack(key, arrays, path), entry] for key, entry in items]]}
    if isinstance(value, (list, tuple)):
        entries = [pack(entry, arrays, _below(path, i)) for i, entry in enumerate(value)]
        return entries if isinstance(value, list) else {_MARK: ["tuple", entries]}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TinygradError(
        f"a file cannot hold {path or 'this'}.",
        expected="dicts, lists, numbers, texts, arrays and Tensors",
        got=type(value).__name__,
    )


def unpack(value: Any, arrays: Mapping[str, Tensor]) -> Any:
    """Undo `pack`. What does not fit raises ValueError, KeyError, TypeError or AttributeError.

    >>> unpack({"state": {"\\0": ["tensor", "w"]}}, {"w": Tensor([1.0])})
    {'state': tensor([1.])}
    """
    if isinstance(value, list):
        return [unpack(entry, arrays) for entry in value]
    if not isinstance(value, dict):
        return value
    if _MARK not in value:
        return {key: unpack(entry, arrays) for key, entry in value.items()}
    kind, content = value[_MARK]
    if kind in ("tensor", "array"):
        return arrays[content] if kind == "tensor" else arrays[content]._data
    entries = unpack(content, arrays)
    return tuple(entries) if kind == "tuple" else dict(entries)


def _below(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)
