"""_hypothesis_entry: what hypothesis calls when it is imported, so that `from_type(Tensor)` works."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor

__all__ = ["register"]


def register() -> None:
    """Tell hypothesis how Tensors are drawn: see `testing.tensors`."""
    import hypothesis.strategies as st

    st.register_type_strategy(Tensor, _tensors)


def _tensors(thing: Any) -> Any:
    from .strategies import tensors

    return tensors()
