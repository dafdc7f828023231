"""utils: what surrounds the engine (`torch.utils`)."""

from . import checkpoint

__all__ = ["checkpoint"]
