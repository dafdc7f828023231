"""utils: what surrounds the engine (`torch.utils`)."""

from typing import TYPE_CHECKING
from typing import Any as _Any

from . import checkpoint

if TYPE_CHECKING:
    from . import data

__all__ = ["checkpoint", "data"]


def __getattr__(name: str) -> _Any:
    """Import `data` when it is first named, as the package does."""
    if name != "data":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return importlib.import_module(f"{__name__}.data")
