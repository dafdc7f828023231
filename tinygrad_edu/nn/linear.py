"""linear: x Wᵀ + b, and the layer that keeps W and b."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import gates, record
from ..devices import dtype_on
from ..errors import OptionError, ShapeError
from ..tensor import Tensor, as_tensor
from ..threads import product
from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Bilinear", "Identity", "Linear"]


def _times(a: Any, b: Any) -> Any:
    """a @ b for (…, n) and a matrix: one product, all axes but the last counted as one."""
    if a.__class__ is not np.ndarray or b.__class__ is not np.ndarray:  # this walk is itself recorded
        return np.matmul(a, b)
    if a.ndim == 2:
        return product(a, b)
    return product(a.reshape(-1, len(b)), b).reshape(*a.shape[:-1], b.shape[1])


def _for_weight(g: Any, z: Any, x: Any, w: Any) -> Any:
    """gᵀ x, all axes but the last counted as one."""
    if g.ndim != 2:
        g, x = np.reshape(g, (-1, w.shape[0])), np.reshape(x, (-1, w.shape[1]))
    return _times(np.swapaxes(g, 0, 1), x)


# A gate of its own: matmul(x, W.T) hands W a gradient in transposed memory, which is slow to copy and
# to update by: the whole step of a 784-100-10 perceptron takes 1.3 times as long. The bias stays outside:
# a gate of three inputs saves 1 part in 20 of a large layer's time, and costs a small one 1 in 8.
_linear = record.gate(
    "linear",
    lambda x, w: _times(x, w.transpose(1, 0)),
    lambda g, z, x, w: _times(g, w),
    _for_weight,
    kind="switch",
    local=("W", "x of every row"),
    says="x Wᵀ: (…, in) and (out, in) -> (…, out).",
)


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """input @ weightᵀ + bias.

    Args:
        input: of shape (…, in).
        weight: of shape (out, in); a vector (in,) leaves no last axis.
        bias: of shape (out,), or None.

    Raises:
        ShapeError: if these do not fit.

    >>> import tinygrad_edu as tg
    >>> linear(tg.tensor([1.0, 2.0]), tg.tensor([[3.0, 4.0]]), tg.tensor([0.5]))
    tensor([11.5000])
    """
    try:
        z = _linear(input, weight)
    except ShapeError:
        if np.ndim(weight) != 1 or np.shape(input)[-1:] != np.shape(weight):
            raise ShapeError(
                "linear: the last axis of the input and of the weight are not one size.",
                expected="input (…, in) and weight (out, in)",
                got=f"input {np.shape(input)} and weight {np.shape(weight)}",
            ) from None
        z = gates.matmul(input, weight)
    try:
        return z if bias is None else z + bias
    except ShapeError:
        raise ShapeError(
            "linear: the bias does not fit the weight.", expected=str(np.shape(weight)[:-1]), got=str(np.shape(bias))
        ) from None


class Linear(Module):
    """x @ weightᵀ + bias: (…, in_features) -> (…, out_features).

    As in PyTorch, weight and bias are drawn uniformly within ±1/sqrt(in_features).

    Args:
        bias: False for a layer without one.
        device: None or "cpu".
        dtype: of the parameters; default: `get_default_dtype()`.

    Attributes:
        weight: a Parameter of shape (out_features, in_features).
        bias: a Parameter of shape (out_features,), or None.

    Raises:
        ShapeError: when called on an input whose last axis is not `in_features`.

    >>> import tinygrad_edu as tg
    >>> Linear(3, 2)(tg.ones(5, 3)).shape
    (5, 2)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        if not all(isinstance(n, (int, np.integer)) and n >= 0 for n in (in_features, out_features)):
            raise OptionError(f"Linear: in_features and out_features are counts; got {in_features!r}, {out_features!r}")
        self.in_features, self.out_features = in_features, out_features
        dtype = dtype_on(device, dtype)
        self.weight = Parameter(np.empty((out_features, in_features), dtype))
        self.bias = Parameter(np.empty(out_features, dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weight and the bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Tensor:
        try:
            return linear(input, self.weight, self.bias)
        except ShapeError:
            shape = np.shape(input)
            if shape[-1:] == (self.in_features,):
                raise  # what does not fit is the weight or the bias
            raise ShapeError(
                f"{type(self).__name__}({self.extra_repr()}) was given an input that it does not fit.",
                expected=f"(…, {self.in_features})",
                got=str(shape),
                mend="put nn.Flatten() before it" if math.prod(shape[1:]) == self.in_features else "",
            ) from None

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """input1ᵀ A input2 + bias, for each matrix A in `weight`.

    Args:
        input1: of shape (…, in1).
        input2: of shape (…, in2).
        weight: of shape (out, in1, in2).
        bias: of shape (out,), or None.

    Raises:
        ShapeError: if these do not fit.

    >>> import tinygrad_edu as tg
    >>> bilinear(tg.tensor([1.0, 2.0]), tg.tensor([3.0]), tg.ones(1, 2, 1))
    tensor([9.])
    """
    one, other, weight = as_tensor(input1), as_tensor(input2), as_tensor(weight)
    if (
        weight.ndim != 3
        or one.shape[:-1] != other.shape[:-1]
        or (one.shape[-1:] + other.shape[-1:] != weight.shape[1:])
    ):
        raise ShapeError(
            "bilinear: these do not fit one another.",
            expected="(…, in1) and (…, in2), and weight (out, in1, in2)",
            got=f"{one.shape} and {other.shape}, and weight {weight.shape}",
        )
    rows, others = one.reshape(-1, weight.shape[1]), other.reshape(-1, weight.shape[2])
    halfway = gates.einsum("ni,oij->noj", rows, weight)
    z = gates.einsum("noj,nj->no", halfway, others).reshape(*one.shape[:-1], weight.shape[0])
    return z if bias is None else z + bias


class Bilinear(Module):
    """`bilinear` with its own weight and bias, drawn uniformly within ±1/sqrt(in1_features).

    Attributes:
        weight: a Parameter of shape (out_features, in1_features, in2_features).
        bias: a Parameter of shape (out_features,), or None.

    >>> import tinygrad_edu as tg
    >>> Bilinear(3, 4, 2)(tg.ones(5, 3), tg.ones(5, 4)).shape
    (5, 2)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features < 1:
            raise OptionError(f"Bilinear: in1_features is above 0; got {in1_features}")
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        dtype = dtype_on(device, dtype)
        self.weight = Parameter(np.empty((out_features, in1_features, in2_features), dtype))
        self.bias = Parameter(np.empty(out_features, dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weight and the bias anew."""
        bound = 1 / math.sqrt(self.in1_features)
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Tensor:
        one, other = np.shape(input1), np.shape(input2)
        if one[:-1] != other[:-1] or one[-1:] + other[-1:] != (self.in1_features, self.in2_features):
            raise ShapeError(
                f"Bilinear({self.extra_repr()}) was given inputs that it does not fit.",
                expected=f"(…, {self.in1_features}) and (…, {self.in2_features}), with the same axes before",
                got=f"{one} and {other}",
            )
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Identity(Module):
    """Returns its input; takes any arguments, so that it can stand in for any layer.

    >>> import tinygrad_edu as tg
    >>> Identity(54, unused=True)(tg.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """

    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input
