"""reshape: gates that rearrange; the upstream gradient is put back in place.

Where PyTorch returns a view and NumPy can, so do these: a write to one is seen through the other.
Seven gates do all of it: reshape, permute, contiguous, flip, roll, as_strided and its way back; the rest
are names for shapes and orders of these. Tensors joined and parted: `join.py`; borders: `pad.py`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import record
from ..axes import axes_of, axis_of, either_name, on_axis, sizes_of
from ..errors import DtypeError, ShapeError
from ..inplace import rearrange
from ..record import clone, run
from ..tensor import Tensor, as_tensor
from .binding import methods
from .distribute import broadcast_to

__all__ = [
    "adjoint",
    "as_strided",
    "as_strided_scatter",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_shapes",
    "broadcast_tensors",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "moveaxis",
    "movedim",
    "permute",
    "ravel",
    "repeat_interleave",
    "reshape",
    "roll",
    "rot90",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "tile",
    "transpose",
    "unflatten",
    "unsqueeze",
]

gate = partial(record.gate, kind="reshape")


# Another shape.

reshape_gate = gate(
    "reshape",
    lambda x, shape: np.reshape(x, shape),
    lambda g, z, x, shape: np.reshape(g, x.shape),
    local=("1, in place",),
    view=True,
)


def reshape(x: Any, *shape: Any) -> Tensor:
    """The same elements in another `shape`; one size may be -1. A view where the strides allow it.

    Raises:
        ShapeError: if the sizes do not multiply to the number of elements.

    >>> import tinygrad_edu as tg
    >>> tg.arange(6).reshape(2, -1).shape
    (2, 3)
    """
    sizes = sizes_of(shape)
    if min(sizes, default=0) < -1:  # which NumPy takes for -1
        raise ShapeError("a size is -1 (what the others leave), 0 or more.", got=str(sizes))
    return reshape_gate(as_tensor(x), shape=sizes)


def view(x: Tensor, *shape: Any) -> Tensor:
    """`reshape`: a view of the same memory where the strides allow it.

    Where they do not, PyTorch raises and we copy: our gates lay memory out differently in places,
    and a program that is right there must not fail here.

    Raises:
        DtypeError: for a dtype: to look at the bytes as another type is not supported.
    """
    if len(shape) == 1 and isinstance(shape[0], (np.dtype, type)):
        raise DtypeError(
            "view(dtype) would look at the same bytes as another type.", mend="use .to(dtype) for the same values"
        )
    return reshape(x, *shape)


def view_as(x: Tensor, other: Tensor) -> Tensor:
    """`x.view(other.shape)`."""
    return reshape_gate(x, shape=other.shape)


def reshape_as(x: Tensor, other: Tensor) -> Tensor:
    """`x.reshape(other.shape)`."""
    return reshape_gate(x, shape=other.shape)


def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The axes from `start_dim` to `end_dim`, both included, as one; a 0-d Tensor becomes 1-d.

    >>> import tinygrad_edu as tg
    >>> tg.zeros(2, 3, 4).flatten(1).shape
    (2, 12)
    """
    x = as_tensor(x)
    first, last = axis_of(start_dim, x.ndim, "flatten"), axis_of(end_dim, x.ndim, "flatten")
    if first > last:
        raise ShapeError("flatten: start_dim is after end_dim.", got=f"start_dim={start_dim}, end_dim={end_dim}")
    return reshape_gate(x, shape=(*x.shape[:first], int(np.prod(x.shape[first : last + 1])), *x.shape[last + 1 :]))


@either_name
def unflatten(x: Any, dim: int, sizes: Any) -> Tensor:
    """One axis as several, of `sizes` (one may be -1).

    >>> import tinygrad_edu as tg
    >>> tg.zeros(2, 12).unflatten(1, (3, -1)).shape
    (2, 3, 4)
    """
    x = as_tensor(x)
    axis, sizes = axis_of(dim, x.ndim, "unflatten"), sizes_of((sizes,))
    if -1 in sizes:
        known = -int(np.prod(sizes))
        sizes = tuple(x.shape[axis] // known if known and n == -1 else n for n in sizes)
    if int(np.prod(sizes)) != x.shape[axis]:
        raise ShapeError(
            f"unflatten: the sizes must multiply to the size of axis {axis}.",
            expected=str(x.shape[axis]),
            got=str(sizes),
        )
    return reshape_gate(x, shape=(*x.shape[:axis], *sizes, *x.shape[axis + 1 :]))


def ravel(x: Any) -> Tensor:
    """`x` as one axis, contiguous: a view if `x` is.

    >>> import tinygrad_edu as tg
    >>> tg.ravel(tg.zeros(2, 3)).shape
    (6,)
    """
    return contiguous(reshape_gate(as_tensor(x), shape=(-1,)))


@either_name
def squeeze(x: Any, dim: Any = None) -> Tensor:
    """`x` without its axes of size 1, or without those of `dim` (one or several) that have size 1.

    >>> import tinygrad_edu as tg
    >>> tg.zeros(1, 2, 1).squeeze().shape, tg.zeros(1, 2, 1).squeeze((0, 1)).shape
    ((2,), (2, 1))
    """
    x = as_tensor(x)
    axes = () if isinstance(dim, (tuple, list)) and not dim else axes_of(dim, x.ndim, "squeeze")
    return reshape_gate(x, shape=tuple(n for axis, n in enumerate(x.shape) if n != 1 or axis not in axes))


@either_name
def unsqueeze(x: Any, dim: int) -> Tensor:
    """`x` with a new axis of size 1 at `dim`.

    >>> import tinygrad_edu as tg
    >>> tg.zeros(2, 3).unsqueeze(-1).shape
    (2, 3, 1)
    """
    x = as_tensor(x)
    axis = axis_of(dim, x.ndim + 1, "unsqueeze")
    return reshape_gate(x, shape=(*x.shape[:axis], 1, *x.shape[axis:]))


def contiguous(x: Tensor) -> Tensor:
    """`x` itself if its elements lie in memory in order, else a copy whose elements do."""
    return x if x._data.flags.c_contiguous else _contiguous(x)


_contiguous = gate(
    "contiguous", lambda x: np.array(x, order="C"), lambda g, z, x: g, local=("1",), says="A copy in C order."
)


def _atleast(ndim: int, shape_of: Any) -> Any:
    """`atleast_nd`, from how a shape with too few axes is filled up."""

    def called(*tensors: Any) -> Any:
        if len(tensors) == 1 and not isinstance(tensors[0], (list, tuple)):
            x = as_tensor(tensors[0])
            return x if x.ndim >= ndim else reshape_gate(x, shape=shape_of(x.shape))
        return tuple(called(x) for x in (tensors[0] if len(tensors) == 1 else tensors))

    called.__name__ = called.__qualname__ = f"atleast_{ndim}d"
    called.__doc__ = f"Each Tensor with axes of size 1 added until it has {ndim}; a tuple for several Tensors."
    return called


atleast_1d = _atleast(1, lambda shape: (1,))
atleast_2d = _atleast(2, lambda shape: (1, *(shape or (1,))))
atleast_3d = _atleast(3, lambda shape: (*shape, 1) if len(shape) == 2 else (1, *(shape or (1,)), 1))


# Another order of the axes.

_permute = gate(
    "permute",
    lambda x, axes: np.transpose(x, axes),
    lambda g, z, x, axes: np.transpose(g, tuple(int(i) for i in np.argsort(axes))),
    local=("1, in place",),
    view=True,
)


@either_name
def permute(x: Any, *dims: Any) -> Tensor:
    """The axes of `x` in another order, as a view.

    Raises:
        ShapeError: if `dims` does not name every axis once.

    >>> import tinygrad_edu as tg
    >>> tg.permute(tg.zeros(2, 3, 4), (2, 0, 1)).shape
    (4, 2, 3)
    """
    x = as_tensor(x)
    axes = tuple(axis_of(d, x.ndim, "permute") for d in sizes_of(dims))
    if sorted(axes) != list(range(x.ndim)):
        raise ShapeError("permute needs every axis once.", expected=f"an order of 0 to {x.ndim - 1}", got=str(dims))
    return _permute(x, axes=axes)


@either_name
def transpose(x: Any, dim0: int, dim1: int) -> Tensor:
    """`x` with two axes swapped (PyTorch's meaning), as a view.

    >>> import tinygrad_edu as tg
    >>> tg.zeros(2, 3, 4).transpose(0, -1).shape
    (4, 3, 2)
    """
    x = as_tensor(x)
    one, two = axis_of(dim0, x.ndim, "transpose"), axis_of(dim1, x.ndim, "transpose")
    axes = list(range(x.ndim))
    if axes:
        axes[one], axes[two] = two, one
    return _permute(x, axes=tuple(axes))


swapaxes = swapdims = transpose


def movedim(x: Any, source: Any, destination: Any) -> Tensor:
    """The axes `source` moved to the places `destination`; the others keep their order.

    >>> import tinygrad_edu as tg
    >>> tg.movedim(tg.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    x = as_tensor(x)
    came = [axis_of(d, x.ndim, "movedim") for d in sizes_of((source,))]
    goes = [axis_of(d, x.ndim, "movedim") for d in sizes_of((destination,))]
    if len(came) != len(goes) or len(set(came)) < len(came) or len(set(goes)) < len(goes):
        raise ShapeError("movedim needs as many places as axes, each once.", got=f"{source} to {destination}")
    order = [axis for axis in range(x.ndim) if axis not in came]
    for place, axis in sorted(zip(goes, came, strict=True)):
        order.insert(place, axis)
    return _permute(x, axes=tuple(order[: x.ndim]))


moveaxis = movedim


def t(x: Any) -> Tensor:
    """A matrix transposed; a vector or a number as it is.

    >>> import tinygrad_edu as tg
    >>> tg.zeros(2, 3).t().shape
    (3, 2)
    """
    x = as_tensor(x)
    if x.ndim > 2:
        raise ShapeError("t() is for at most two axes.", got=f"shape {x.shape}", mend="use .mT or .transpose(…)")
    return _reversed(x)


def adjoint(x: Any) -> Tensor:
    """`x` with its last two axes swapped (`.mT`): for real numbers the adjoint is the transpose.

    >>> import tinygrad_edu as tg
    >>> tg.adjoint(tg.zeros(5, 2, 3)).shape
    (5, 3, 2)
    """
    x = as_tensor(x)
    if x.ndim < 2:
        raise ShapeError("a matrix transpose needs at least two axes.", got=f"shape {x.shape}")
    return transpose(x, -2, -1)


def _reversed(x: Tensor) -> Tensor:
    """`x` with its axes in reverse order, NumPy's `.T`."""
    return _permute(x, axes=tuple(range(x.ndim))[::-1])


# Another order of the elements.

_flip = gate(
    "flip",
    lambda x, axis: np.array(np.flip(x, axis)),
    lambda g, z, x, axis: np.flip(g, axis),
    local=("1, in place",),
)
_roll = gate(
    "roll",
    lambda x, shift, axis: np.roll(x, shift, axis),
    lambda g, z, x, shift, axis: np.roll(g, tuple(-n for n in shift), axis),
    local=("1, in place",),
)


@either_name
def flip(x: Any, *dims: Any) -> Tensor:
    """A copy of `x` in reverse order along the axes `dims`.

    >>> import tinygrad_edu as tg
    >>> tg.flip(tg.arange(3), (0,))
    tensor([2, 1, 0])
    """
    x = as_tensor(x)
    wished = sizes_of(dims)
    return _flip(x, axis=axes_of(wished, x.ndim, "flip") if wished else ())


def fliplr(x: Any) -> Tensor:
    """A copy of `x` in reverse order along axis 1.

    >>> import tinygrad_edu as tg
    >>> tg.fliplr(tg.tensor([[1, 2]])).tolist()
    [[2, 1]]
    """
    x = as_tensor(x)
    if x.ndim < 2:
        raise ShapeError("fliplr needs at least two axes.", got=f"shape {x.shape}", mend="use flip(0)")
    return flip(x, 1)


def flipud(x: Any) -> Tensor:
    """A copy of `x` in reverse order along axis 0.

    >>> import tinygrad_edu as tg
    >>> tg.flipud(tg.arange(3))
    tensor([2, 1, 0])
    """
    return flip(x, 0)


@either_name
def roll(x: Any, shifts: Any, dims: Any = None) -> Tensor:
    """`x` with its elements moved on by `shifts` along `dims`; what falls off the end comes in at the start.

    Without `dims`, moved as if `x` were one axis.

    >>> import tinygrad_edu as tg
    >>> tg.roll(tg.arange(4), 1)
    tensor([3, 0, 1, 2])
    """
    x = as_tensor(x)
    shift = sizes_of((shifts,))
    if dims is None or (isinstance(dims, (tuple, list)) and not dims):
        return _roll(x, shift=shift, axis=None)
    axes = tuple(axis_of(d, x.ndim, "roll") for d in sizes_of((dims,)))
    if len(axes) != len(shift):
        raise ShapeError("roll needs one shift for each axis.", got=f"shifts {shift}, dims {axes}")
    return _roll(x, shift=shift, axis=axes) if x.ndim else clone(x)


@either_name
def rot90(x: Any, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """`x` turned by k quarters in the plane of two axes, from the first of `dims` towards the second.

    >>> import tinygrad_edu as tg
    >>> tg.rot90(tg.tensor([[1, 2], [3, 4]])).tolist()
    [[2, 4], [1, 3]]
    """
    x = as_tensor(x)
    if len(dims) != 2 or axis_of(dims[0], x.ndim, "rot90") == axis_of(dims[1], x.ndim, "rot90"):
        raise ShapeError("rot90 turns in the plane of two different axes.", got=str(tuple(dims)))
    quarters = k % 4
    if quarters == 0:
        return clone(x)
    if quarters == 2:
        return flip(x, *dims)
    return flip(transpose(x, *dims), dims[0] if quarters == 1 else dims[1])


# Repeated.


def repeat(x: Tensor, *sizes: Any) -> Tensor:
    """`x` repeated `sizes` times along each axis; more sizes than axes add axes in front (PyTorch's method).

    >>> import tinygrad_edu as tg
    >>> tg.arange(2).repeat(2, 2).tolist()
    [[0, 1, 0, 1], [0, 1, 0, 1]]
    """
    times = sizes_of(sizes)
    if len(times) < x.ndim or min(times, default=0) < 0:
        raise ShapeError("repeat needs a number of times for every axis.", got=f"{times} for shape {x.shape}")
    shape = (1,) * (len(times) - x.ndim) + x.shape
    if set(times) <= {1}:
        return clone(reshape_gate(x, shape=shape))  # a copy, here too
    apart = reshape_gate(x, shape=tuple(n for size in shape for n in (1, size)))
    stretched = broadcast_to(apart, tuple(n for pair in zip(times, shape, strict=True) for n in pair))
    return _copied(reshape_gate(stretched, shape=tuple(n * size for n, size in zip(times, shape, strict=True))))


def _copied(x: Tensor) -> Tensor:
    """`x` in memory of its own: where an axis has one element, stretched memory can be reshaped as it lies."""
    return clone(x) if x._view else x


def tile(x: Any, *dims: Any) -> Tensor:
    """`x` repeated `dims` times along each axis; missing ones are 1, in front.

    >>> import tinygrad_edu as tg
    >>> tg.tile(tg.arange(2), (2,))
    tensor([0, 1, 0, 1])
    """
    x = as_tensor(x)
    times = sizes_of(dims)
    return repeat(x, *((1,) * (x.ndim - len(times)) + times))


@either_name
def repeat_interleave(x: Any, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None) -> Tensor:
    """Each element along `dim` repeated, by one number or by one each; without `dim`, of `x` as one axis.

    With `x` alone it holds the numbers: element i of them repeats i.

    >>> import tinygrad_edu as tg
    >>> tg.repeat_interleave(tg.tensor([5, 7]), 2)
    tensor([5, 5, 7, 7])
    >>> tg.repeat_interleave(tg.tensor([1, 2]), tg.tensor([0, 3]), dim=0)
    tensor([2, 2, 2])
    """
    x = as_tensor(x)
    if repeats is None:
        return Tensor(np.repeat(np.arange(x.numel()), x._data))
    if dim is None or x.ndim == 0:
        x = ravel(x)
    axis = 0 if dim is None else axis_of(dim, x.ndim, "repeat_interleave")
    times = np.atleast_1d(np.asarray(repeats))
    n = x.shape[axis]
    if times.size not in (1, n) or times.ndim > 1:
        raise ShapeError(
            f"repeat_interleave: one number, or one for each of {n} elements.", got=f"{times.size} numbers"
        )
    if times.size == 1 and times[0] == 1:
        return clone(x)
    if times.size == 1:
        shape = (*x.shape[: axis + 1], int(times[0]), *x.shape[axis + 1 :])
        return _copied(flatten(broadcast_to(unsqueeze(x, axis + 1), shape), axis, axis + 1))
    return x[on_axis(axis, np.repeat(np.arange(n), times))]


# Windows on the memory.

_as_strided: Any = gate(
    "as_strided",
    lambda x, size, stride, offset: _strided(x, size, stride, offset),
    lambda g, z, x, size, stride, offset: run(_unstrided, g, shape=x.shape, size=size, stride=stride, offset=offset),
    local=("1, once for each place that shows it",),
    view=True,
)
_unstrided: Any = gate(
    "unstrided",
    lambda g, shape, size, stride, offset: _added_up(g, shape, size, stride, offset),
    lambda gg, z, g, shape, size, stride, offset: run(_as_strided, gg, size=size, stride=stride, offset=offset),
    local=("1, in place",),
    says="Zeros of a shape with g added where as_strided looked: an element seen twice gets both.",
)


def _strided(x: np.ndarray, size: Any, stride: Any, offset: int) -> np.ndarray:
    flat = np.ascontiguousarray(x).reshape(-1)
    steps = tuple(s * x.itemsize for s in stride)
    return np.lib.stride_tricks.as_strided(flat[offset:], size, steps)


def _places(size: Any, stride: Any, offset: int) -> np.ndarray:
    """Which element of the flat memory each element of the view is."""
    at = np.array(offset)
    for n, step in zip(size, stride, strict=True):
        at = np.expand_dims(at, -1) + np.arange(n) * step
    return at


def _added_up(g: np.ndarray, shape: Any, size: Any, stride: Any, offset: int) -> np.ndarray:
    at = _places(size, stride, offset).ravel()
    return np.bincount(at, weights=g.ravel(), minlength=int(np.prod(shape))).reshape(shape).astype(g.dtype)


def as_strided(x: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """A view of `x` whose element (i, j, …) is number `storage_offset + i stride[0] + j stride[1] + …` of `x`.

    Elements are counted along `x` as it prints (PyTorch counts along the memory behind it, which
    for a contiguous `x` is the same). An element seen several times gets the sum of the upstreams.

    Raises:
        ShapeError: if it would look outside `x`.

    >>> import tinygrad_edu as tg
    >>> tg.as_strided(tg.arange(4), (3, 2), (1, 1)).tolist()
    [[0, 1], [1, 2], [2, 3]]
    """
    x = as_tensor(x)
    size, stride, offset = _checked_strides(x, size, stride, storage_offset)
    return _as_strided(x, size=size, stride=stride, offset=offset)


def _checked_strides(x: Tensor, size: Any, stride: Any, offset: int | None) -> tuple[Any, Any, int]:
    """Size, stride and offset as plain integers, which must not lead outside `x`."""
    size, stride, offset = sizes_of((size,)), sizes_of((stride,)), offset or 0
    if len(size) != len(stride) or min((*size, *stride, offset), default=0) < 0:
        raise ShapeError("as_strided needs a stride for each size, none negative.", got=f"{size}, {stride}, {offset}")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if 0 not in size and last >= x.numel():
        raise ShapeError(f"as_strided would look at element {last} of {x.numel()}.", got=f"{size}, {stride}, {offset}")
    return size, stride, offset


def as_strided_scatter(x: Any, src: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """A copy of `x` with `src` written where `as_strided` of it would look.

    >>> import tinygrad_edu as tg
    >>> tg.as_strided_scatter(tg.arange(4), tg.tensor([7, 8]), (2,), (2,))
    tensor([7, 1, 8, 3])
    """
    x = as_tensor(x)
    places = _places(*_checked_strides(x, size, stride, storage_offset))
    flat = clone(ravel(x))
    flat[places] = src
    return reshape_gate(flat, shape=x.shape)


def unfold(x: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """The windows of `size` elements, `step` apart, along an axis; each window is a new last axis.

    >>> import tinygrad_edu as tg
    >>> tg.arange(5).unfold(0, 3, 2).tolist()
    [[0, 1, 2], [2, 3, 4]]
    """
    axis = axis_of(dimension, x.ndim, "unfold")
    n = x.shape[axis] if x.ndim else 1
    if step < 1 or not 0 <= size <= n:
        raise ShapeError(f"unfold: windows of {size} every {step} do not fit an axis of {n}.", got=f"shape {x.shape}")
    if x.ndim == 0:
        return reshape_gate(x, shape=(1,)) if size else reshape_gate(x, shape=(1,))[:0]
    strides = [int(np.prod(x.shape[a + 1 :])) for a in range(x.ndim)]
    shape = (*x.shape[:axis], (n - size) // step + 1, *x.shape[axis + 1 :], size)
    steps = (*strides[:axis], strides[axis] * step, *strides[axis + 1 :], strides[axis])
    return _as_strided(x, size=shape, stride=steps, offset=0)


# Several Tensors together.


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The shape that Tensors of these shapes broadcast to.

    >>> broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError("these shapes do not broadcast.", got=", ".join(map(str, shapes))) from None


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Each Tensor stretched, as a view, to the shape that all of them broadcast to.

    >>> import tinygrad_edu as tg
    >>> [x.shape for x in tg.broadcast_tensors(tg.ones(2, 1), tg.ones(3))]
    [(2, 3), (2, 3)]
    """
    every = [as_tensor(x) for x in tensors]
    shape = broadcast_shapes(*(x.shape for x in every))
    return tuple(broadcast_to(x, shape) for x in every)


methods(reshape, view, view_as, reshape_as, flatten, unflatten, ravel, squeeze, unsqueeze, contiguous)
methods(permute, transpose, swapaxes=transpose, swapdims=transpose, movedim=movedim, moveaxis=movedim, t=t)
methods(adjoint, flip, fliplr, flipud, roll, rot90, repeat, tile, repeat_interleave)
methods(as_strided, as_strided_scatter, unfold)


def _in_new_shape(name: str, function: Any) -> None:
    """Bind `squeeze_` beside `squeeze`: the Tensor itself takes the new shape."""

    def called(self: Tensor, *args: Any, **keywords: Any) -> Tensor:
        return rearrange(self, name, lambda x: function(x, *args, **keywords))

    called.__name__ = called.__qualname__ = name
    called.__doc__ = f"In place: this Tensor takes the shape of `{function.__name__}(self, …)`; returns it."
    setattr(Tensor, name, called)


for _function in (squeeze, unsqueeze, transpose, t):
    _in_new_shape(f"{_function.__name__}_", _function)
_in_new_shape("swapaxes_", transpose)
_in_new_shape("swapdims_", transpose)


def is_contiguous(x: Tensor) -> bool:
    """Whether the elements lie in memory in the order in which they print."""
    return bool(x._data.flags.c_contiguous)


@either_name
def stride(x: Tensor, dim: int | None = None) -> Any:
    """How many elements apart neighbours lie in memory, along each axis or along `dim`."""
    steps = tuple(step // x.itemsize for step in x._data.strides)
    return steps if dim is None else steps[axis_of(dim, x.ndim, "stride")]


methods(is_contiguous, stride)
methods(
    T=property(_reversed, doc="The axes in reverse order, as a view (NumPy's `.T`)."),  # type: ignore[arg-type]
    mT=property(adjoint, doc="The last two axes swapped, as a view."),  # type: ignore[arg-type]
    H=property(t, doc="A matrix transposed, as a view (for real numbers the adjoint)."),  # type: ignore[arg-type]
    mH=property(adjoint, doc="`.mT`: for real numbers the adjoint is the transpose."),  # type: ignore[arg-type]
)
