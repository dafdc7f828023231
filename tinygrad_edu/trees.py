"""trees: nested tuples, lists and dicts of Tensors, as a flat list and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import ShapeError

__all__ = ["flatten", "spread"]


def flatten(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves of nested tuples, lists and dicts, and the function that puts them back.

    >>> leaves, back = flatten({"a": [1, 2]})
    >>> leaves, back([3, 4])
    ([1, 2], {'a': [3, 4]})
    """
    if isinstance(tree, dict):
        keys, parts = list(tree), [flatten(value) for value in tree.values()]
        rebuild: Callable[[list[Any]], Any] = lambda items: dict(zip(keys, items, strict=True))  # noqa: E731
    elif isinstance(tree, (tuple, list)):
        kind, parts = type(tree), [flatten(value) for value in tree]
        rebuild = lambda items: kind(*items) if hasattr(kind, "_fields") else kind(items)  # noqa: E731
    else:
        return [tree], lambda items: items[0]

    def back(leaves: list[Any]) -> Any:
        items, start = [], 0
        for part, put_back in parts:
            items.append(put_back(leaves[start : start + len(part)]))
            start += len(part)
        return rebuild(items)

    return [leaf for part, _ in parts for leaf in part], back


def spread(spec: Any, tree: Any) -> list[Any]:
    """What `spec` says of each leaf of `tree`: it has the tree's structure, or stands for a whole branch.

    Raises:
        ShapeError: for a structure that is not the tree's.

    >>> spread((0, None), (1, {"a": 2, "b": 3}))
    [0, None, None]
    """
    if not isinstance(spec, (tuple, list, dict)):
        return [spec] * len(flatten(tree)[0])
    fits = isinstance(tree, dict if isinstance(spec, dict) else (tuple, list)) and len(spec) == len(tree)
    if not fits or (isinstance(spec, dict) and spec.keys() != tree.keys()):
        raise ShapeError("two structures differ that must be the same.", got=f"{spec!r:.200}\nfor {tree!r:.200}")
    parts = [(spec[key], tree[key]) for key in tree] if isinstance(spec, dict) else zip(spec, tree, strict=True)
    return [each for part, branch in parts for each in spread(part, branch)]
