"""normalization: layers that bring their inputs to mean 0 and variance 1, over the batch or within a sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..devices import dtype_on
from ..dtypes import get_default_dtype
from ..errors import ShapeError, TinygradError
from ..gates.normalize import normalized
from ..tensor import Tensor, as_tensor, written
from .module import Module
from .parameter import Parameter

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
]


def _apply(x: Any, weight: Any, bias: Any, shape: Any, over: Any, eps: float, centre: bool = True) -> Any:
    """The gate, its weight and bias seen in `shape`; and the mean and the variance that it found."""
    if x.dtype == np.float16:  # whose sums would end at 65504
        z, found = _apply(x.to(np.float32), weight, bias, shape, over, eps, centre)
        return z.to(np.float16), found
    kept: list[Any] = []
    w, b = (None if p is None else np.reshape(as_tensor(p), shape) for p in (weight, bias))
    return normalized(x, w, b, over=over, eps=eps, centre=centre, kept=kept), kept


# Over the batch.


def batch_norm(
    input: Any,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel to mean 0 and variance 1, then times its weight, plus its bias.

    Args:
        input: of shape (N, C, …).
        running_mean, running_var: of shape (C,), or None. Used when not training; when training
            they move by `momentum` towards the batch's mean and variance (over n - 1).
        weight, bias: of shape (C,), or None.
        training: whether to take mean and variance from this batch. Gradients flow through both.
            An empty batch leaves the running statistics as they are.
        eps: added to the variance.

    Raises:
        ShapeError: if these do not fit; when training on one value a channel.

    >>> import tinygrad_edu as tg
    >>> batch_norm(tg.tensor([[1.0], [3.0]]), None, None, training=True).tolist()
    [[-0.9999949932098389], [0.9999949932098389]]
    """
    x = as_tensor(input)
    if x.ndim < 2:
        raise ShapeError("batch_norm takes a batch of channels.", expected="(N, C, …)", got=str(x.shape))
    _one_each("batch_norm", x.shape[1], running_mean, running_var, weight, bias)
    over, each = (0, *range(2, x.ndim)), (1, -1) + (1,) * (x.ndim - 2)
    n = math.prod(x.shape[i] for i in over)
    if training:
        _more_than_one("batch_norm", x, n, "channel")
        z, (mean, var, _) = _apply(x, weight, bias, each, over, eps)
        if n:
            _move(running_mean, mean.reshape(-1), momentum)
            _move(running_var, var.reshape(-1) * (n / max(n - 1, 1)), momentum)
        return z  # type: ignore[no-any-return]
    if running_mean is None or running_var is None:
        raise TinygradError("batch_norm without training needs running_mean and running_var.")
    scale = 1 / np.sqrt(running_var._data + eps)
    scale = scale if weight is None else as_tensor(weight) * scale
    shift = -(scale * running_mean._data.copy())  # a copy: a later training step writes it
    shift = shift if bias is None else as_tensor(bias) + shift
    return x * np.reshape(scale, each) + np.reshape(shift, each)


def instance_norm(
    input: Any,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of each sample to mean 0 and variance 1: `batch_norm` for every sample by itself.

    Takes what `batch_norm` takes; the running statistics move towards the mean over the samples.

    Raises:
        ShapeError: if these do not fit; for one value a channel.

    >>> import tinygrad_edu as tg
    >>> instance_norm(tg.tensor([[[1.0, 3.0]], [[5.0, 5.0]]])).tolist()
    [[[-0.9999949932098389, 0.9999949932098389]], [[0.0, 0.0]]]
    """
    x = as_tensor(input)
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    if x.ndim < 3:
        raise ShapeError("instance_norm takes a batch of channels.", expected="(N, C, L, …)", got=str(x.shape))
    _one_each("instance_norm", x.shape[1], running_mean, running_var, weight, bias)
    over, n = tuple(range(2, x.ndim)), math.prod(x.shape[2:])
    _more_than_one("instance_norm", x, n, "channel of a sample")
    z, (mean, var, _) = _apply(x, weight, bias, (1, -1) + (1,) * len(over), over, eps)
    if x.numel():
        _move(running_mean, mean.reshape(x.shape[:2]).mean(0), momentum)
        _move(running_var, var.reshape(x.shape[:2]).mean(0) * (n / max(n - 1, 1)), momentum)
    return z  # type: ignore[no-any-return]


def _one_each(name: str, channels: int, *parts: Any) -> None:
    for part, what in zip(parts, ("running_mean", "running_var", "weight", "bias"), strict=True):
        if part is not None and part.shape != (channels,):
            raise ShapeError(f"{name}: {what} has one number for each channel.", expected=f"({channels},)",
                             got=str(part.shape))  # fmt: skip


def _more_than_one(name: str, x: Any, n: int, of: str) -> None:
    if n == 1:
        raise ShapeError(
            f"{name} in training mode was given one value for each {of}: it is its own mean, so all would become 0.",
            expected=f"at least two values for each {of}",
            got=str(x.shape),
            mend="train on larger batches (DataLoader(…, drop_last=True)), or call model.eval() to predict one sample",
        )


def _move(running: Tensor | None, to: Any, momentum: float) -> None:
    """Move a running statistic towards `to`, in its own memory."""
    if running is not None:
        running._data[...] = (1 - momentum) * running._data + momentum * to
        written(running)


class _Channels(Module):
    """A layer of one weight, bias and running statistic for each channel."""

    dims: tuple[int, ...] = ()  # what `ndim` its input may have

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        dtype = dtype_on(device, dtype)
        self.weight = Parameter(np.ones(num_features, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_features, dtype)) if affine and bias else None
        tracked = track_running_stats
        self.register_buffer("running_mean", Tensor(np.zeros(num_features, dtype)) if tracked else None)
        self.register_buffer("running_var", Tensor(np.ones(num_features, dtype)) if tracked else None)
        self.register_buffer("num_batches_tracked", Tensor(np.array(0)) if tracked else None)

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def reset_running_stats(self) -> None:
        """Mean 0, variance 1, no batches yet."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                buffer._data[...] = value
                written(buffer)

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, and the running statistics anew."""
        self.reset_running_stats()
        for p, value in ((self.weight, 1), (self.bias, 0)):
            if p is not None:
                p._data[...] = value
                written(p)

    def _checked(self, x: Any, axis: int = 1) -> Tensor:
        x = as_tensor(x)
        used = self.affine or self.track_running_stats
        if x.ndim not in self.dims or (used and x.shape[axis] != self.num_features):
            shapes = {2: "(N, {})", 3: "(N, {}, L)", 4: "(N, {}, H, W)", 5: "(N, {}, D, H, W)"}
            raise ShapeError(
                f"{type(self).__name__}({self.extra_repr()}) was given an input that it does not fit.",
                expected=" or ".join(shapes[n].format(self.num_features) for n in self.batched),
                got=str(x.shape),
            )
        return x

    @property
    def batched(self) -> tuple[int, ...]:
        """The `ndim` that a batch may have."""
        return self.dims

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_Channels):
    def forward(self, input: Any) -> Tensor:
        input = self._checked(input)
        training = self.training or self.running_mean is None
        if training:
            _more_than_one(type(self).__name__, input, input.numel() // max(input.shape[1], 1), "channel")
        momentum = self.momentum or 0.0
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked._data[...] += 1
            written(self.num_batches_tracked)
            if self.momentum is None:
                momentum = 1 / self.num_batches_tracked.item()
        means = self.running_mean, self.running_var
        return batch_norm(input, *means, self.weight, self.bias, training, momentum, self.eps)


class BatchNorm1d(_BatchNorm):
    """`batch_norm` of (N, C) or (N, C, L), with statistics that run along while training.

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: how far the running statistics move towards each batch's; None for the mean of all batches.
        affine: whether to learn a weight and a bias for each channel.
        bias: False to learn the weight only.
        track_running_stats: False to take the batch's own statistics in evaluation mode, too.
        device: None or "cpu".
        dtype: of parameters and buffers; default: `get_default_dtype()`.

    Attributes:
        weight, bias: Parameters of shape (C,), or None.
        running_mean, running_var: buffers of shape (C,), and num_batches_tracked, or None.

    Raises:
        ShapeError: when called on what has no C channels; in training mode, on one value a channel.

    >>> import tinygrad_edu as tg
    >>> layer = BatchNorm1d(1)
    >>> layer(tg.tensor([[1.0], [3.0]])).shape, layer.running_mean
    ((2, 1), tensor([0.2000]))
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` for (N, C, H, W).

    >>> import tinygrad_edu as tg
    >>> BatchNorm2d(1, eps=0.0)(tg.tensor([[[[1.0, 3.0]]]])).tolist()  # a channel of mean 2, variance 1
    [[[[-1.0, 1.0]]]]
    """

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` for (N, C, D, H, W).

    >>> import tinygrad_edu as tg
    >>> BatchNorm3d(3)(tg.ones(2, 3, 4, 4, 4)).shape
    (2, 3, 4, 4, 4)
    """

    dims = (5,)


class _InstanceNorm(_Channels):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        device: Any = None,
        dtype: Any = None,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device=device, dtype=dtype, bias=bias
        )

    @property
    def batched(self) -> tuple[int, ...]:
        return self.dims[1:]

    def forward(self, input: Any) -> Tensor:
        one = np.ndim(input) == self.dims[0]
        input = self._checked(input, 0 if one else 1)
        input = input[None] if one else input
        own = self.training or not self.track_running_stats
        if own:
            _more_than_one(type(self).__name__, input, math.prod(input.shape[2:]), "channel of a sample")
        means = self.running_mean, self.running_var
        z = instance_norm(input, *means, self.weight, self.bias, own, self.momentum or 0.0, self.eps)
        return z[0] if one else z


class InstanceNorm1d(_InstanceNorm):
    """`instance_norm` of (N, C, L) or (C, L).

    Takes what `BatchNorm1d` takes; by default it learns nothing and tracks nothing.

    Raises:
        ShapeError: when called on what has no C channels, or one value a channel.

    >>> import tinygrad_edu as tg
    >>> InstanceNorm1d(2)(tg.ones(3, 2, 4)).shape
    (3, 2, 4)
    """

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` for (N, C, H, W) or (C, H, W).

    >>> import tinygrad_edu as tg
    >>> x = tg.randn(2, 3, 4, 4)
    >>> bool((tg.abs(InstanceNorm2d(3)(x).mean((2, 3))) < 1e-5).all())
    True
    """

    dims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` for (N, C, D, H, W) or (C, D, H, W).

    >>> import tinygrad_edu as tg
    >>> InstanceNorm3d(3)(tg.ones(2, 3, 4, 4, 4)).shape
    (2, 3, 4, 4, 4)
    """

    dims = (4, 5)


# Within a sample.


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """Each sample to mean 0 and variance 1 over its last axes (Ba, Kiros and Hinton 2016).

    Args:
        input: of shape (…, *normalized_shape).
        normalized_shape: an int or several.
        weight, bias: of shape `normalized_shape`, or None.

    Raises:
        ShapeError: if these do not fit.

    >>> import tinygrad_edu as tg
    >>> layer_norm(tg.tensor([[1.0, 3.0], [5.0, 5.0]]), 2).tolist()
    [[-0.9999949932098389, 0.9999949932098389], [0.0, 0.0]]
    """
    x, shape, over = _last("layer_norm", as_tensor(input), normalized_shape, weight, bias)
    z, _ = _apply(x, weight, bias, shape, over, eps)
    return z if x.shape == np.shape(input) else z[0]  # type: ignore[no-any-return]


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Tensor:
    """x / sqrt(mean(x²) + eps) over the last axes: `layer_norm` without the mean (Zhang and Sennrich 2019).

    Args:
        eps: default: the smallest step from 1 of the input's dtype.

    Raises:
        ShapeError: if these do not fit.

    >>> import tinygrad_edu as tg
    >>> rms_norm(tg.tensor([3.0, 3.0]), 2)
    tensor([1., 1.])
    """
    x, shape, over = _last("rms_norm", as_tensor(input), normalized_shape, weight)
    dtype = x.dtype if x.dtype.kind == "f" else get_default_dtype()
    eps = float(np.finfo(dtype).eps) if eps is None else eps
    z, _ = _apply(x, weight, None, shape, over, eps, centre=False)
    return z if x.shape == np.shape(input) else z[0]  # type: ignore[no-any-return]


def _last(name: str, x: Tensor, normalized_shape: Any, *parts: Any) -> Any:
    """The input, as samples; the shape in which a weight meets it; the axes to normalize over."""
    wanted = _sizes(normalized_shape)
    if not wanted or x.shape[-len(wanted) :] != wanted:
        raise ShapeError(
            f"{name}: the last axes of the input are not normalized_shape.",
            expected=f"(…, {', '.join(map(str, wanted))})",
            got=str(x.shape),
        )
    for part in parts:
        if part is not None and part.shape != wanted:
            raise ShapeError(f"{name}: weight and bias have normalized_shape.", expected=str(wanted),
                             got=str(part.shape))  # fmt: skip
    x = x if x.ndim > len(wanted) else x[None]
    before = x.ndim - len(wanted)
    return x, (1,) * before + wanted, tuple(range(before, x.ndim))


def _sizes(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if hasattr(shape, "__index__") else tuple(int(n) for n in shape)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """Each group of channels of each sample to mean 0 and variance 1 (Wu and He 2018).

    Args:
        input: of shape (N, C, …).
        num_groups: a divisor of C.
        weight, bias: of shape (C,), or None.

    Raises:
        ShapeError: if these do not fit; for one value a group.

    >>> import tinygrad_edu as tg
    >>> group_norm(tg.tensor([[1.0, 3.0, 5.0, 5.0]]), 2).tolist()
    [[-0.9999949932098389, 0.9999949932098389, 0.0, 0.0]]
    """
    x = as_tensor(input)
    if x.ndim < 2 or x.shape[1] % num_groups:
        raise ShapeError(f"group_norm takes channels that {num_groups} groups share evenly.", expected="(N, C, …)",
                         got=str(x.shape))  # fmt: skip
    _one_each("group_norm", x.shape[1], None, None, weight, bias)
    rest, each = math.prod(x.shape[2:]), x.shape[1] // num_groups
    if math.prod(x.shape[:1]) * rest * each == 1:
        _more_than_one("group_norm", x, 1, "group")
    grouped = np.reshape(x, (x.shape[0], num_groups, each, rest))
    z, _ = _apply(grouped, weight, bias, (1, num_groups, each, 1), (2, 3), eps)
    return z.reshape(x.shape)  # type: ignore[no-any-return]


def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """x / (k + alpha mean(x²))^beta, the mean over `size` neighbouring channels (Krizhevsky et al. 2012).

    Channels beyond the edge count as 0; alpha is divided by `size` whatever the paper says, as in PyTorch.

    Args:
        input: of shape (N, C, L, …).

    Raises:
        ShapeError: for fewer than 3 axes.

    >>> import tinygrad_edu as tg
    >>> local_response_norm(tg.ones(1, 1, 1), 1, alpha=1.0, beta=1.0)
    tensor([[[0.5000]]])
    """
    x = as_tensor(input)
    if x.ndim < 3:
        raise ShapeError("local_response_norm takes a batch of channels.", expected="(N, C, L, …)", got=str(x.shape))
    channels, none = x.shape[1], [(0, 0)] * (x.ndim - 2)
    squares = np.pad(x * x, [(0, 0), (size // 2, (size - 1) // 2), *none])
    sums = sum((squares[:, i : i + channels] for i in range(1, size)), squares[:, :channels])
    return x / (sums * (alpha / size) + k) ** beta


class _Last(Module):
    """A layer of one weight for each element of the last axes."""

    def __init__(self, normalized_shape: Any, eps: Any, elementwise_affine: bool, dtype: np.dtype) -> None:
        super().__init__()
        self.normalized_shape, self.eps, self.elementwise_affine = _sizes(normalized_shape), eps, elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape, dtype)) if elementwise_affine else None

    def _checked(self, x: Any) -> Tensor:
        x, wanted = as_tensor(x), self.normalized_shape
        if x.shape[-len(wanted) :] != wanted:
            raise ShapeError(
                f"{type(self).__name__}({self.extra_repr()}) was given an input that it does not fit.",
                expected=f"(…, {', '.join(map(str, wanted))})",
                got=str(x.shape),
            )
        return x

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class LayerNorm(_Last):
    """`layer_norm` with a weight and a bias of shape `normalized_shape`.

    Args:
        elementwise_affine: whether to learn a weight and a bias; `bias=False` for the weight only.

    Raises:
        ShapeError: when called on an input whose last axes are others.

    >>> import tinygrad_edu as tg
    >>> LayerNorm(4)(tg.ones(2, 3, 4)).shape
    (2, 3, 4)
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(normalized_shape, eps, elementwise_affine, dtype_on(device, dtype))
        has_bias = bias and self.weight is not None
        self.bias = Parameter(np.zeros_like(self.weight._data)) if has_bias else None  # type: ignore[union-attr]

    def forward(self, input: Any) -> Tensor:
        return layer_norm(self._checked(input), self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, bias={self.bias is not None}"


class RMSNorm(_Last):
    """`rms_norm` with a weight of shape `normalized_shape`.

    >>> import tinygrad_edu as tg
    >>> RMSNorm(2)(tg.tensor([3.0, 3.0])).tolist()
    [1.0, 1.0]
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(normalized_shape, eps, elementwise_affine, dtype_on(device, dtype))

    def forward(self, x: Any) -> Tensor:
        return rms_norm(self._checked(x), self.normalized_shape, self.weight, self.eps)


class GroupNorm(Module):
    """`group_norm` with a weight and (unless `bias` is False) a bias of shape (num_channels,).

    Raises:
        ShapeError: if the groups do not share the channels evenly; when called on other channels.

    >>> import tinygrad_edu as tg
    >>> GroupNorm(2, 6)(tg.ones(3, 6, 5)).shape
    (3, 6, 5)
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ShapeError("GroupNorm: groups share the channels evenly.", got=f"{num_channels} / {num_groups}")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        dtype = dtype_on(device, dtype)
        self.weight = Parameter(np.ones(num_channels, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_channels, dtype)) if affine and bias else None

    def forward(self, input: Any) -> Tensor:
        input = as_tensor(input)
        if input.ndim < 2 or input.shape[1] != self.num_channels:
            raise ShapeError(
                f"GroupNorm({self.extra_repr()}) was given an input that it does not fit.",
                expected=f"(N, {self.num_channels}, …)",
                got=str(input.shape),
            )
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class LocalResponseNorm(Module):
    """`local_response_norm` as a module.

    >>> import tinygrad_edu as tg
    >>> LocalResponseNorm(1, alpha=1.0, beta=1.0)(tg.ones(1, 1, 1)).tolist()  # 1 / (1 + 1)
    [[[0.5]]]
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Any) -> Tensor:
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
