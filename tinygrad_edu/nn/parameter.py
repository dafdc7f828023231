"""parameter: a Tensor that a Module trains."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor

__all__ = ["Parameter", "UninitializedParameter"]


class Parameter(Tensor):
    """A leaf Tensor that requires a gradient and that a Module lists among its parameters.

    Args:
        data: a Tensor or an ndarray (its memory is shared, as in PyTorch), or nested lists.
        requires_grad: False for a parameter that is frozen.

    Raises:
        DtypeError: for integers, unless `requires_grad` is False.

    >>> Parameter([1.0, 2.0])
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data, requires_grad=requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """A copy without the gradient, as in PyTorch."""
        other: Parameter = super().__deepcopy__(memo)  # type: ignore[assignment]
        other.grad = None
        return other

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __reduce__(self) -> Any:
        return type(self), (self._data, self.requires_grad), (None, {"name": self.name})


class UninitializedParameter(Parameter):
    """What a lazy layer has before its first call: an empty Parameter, which that call fills.

    >>> import tinygrad_edu as tg
    >>> layer = tg.nn.LazyLinear(2)
    >>> type(layer.weight).__name__, layer(tg.ones(5, 3)).shape, type(layer.weight).__name__
    ('UninitializedParameter', (5, 2), 'Parameter')
    """

    __slots__ = ()
