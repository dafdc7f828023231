"""join: several Tensors made one, and one parted into several: cat, stack, split, unbind, grids of vectors."""

from __future__ import annotations

from functools import partial
from itertools import accumulate, combinations_with_replacement
from itertools import combinations as _combinations
from typing import Any

import numpy as np

from .. import record
from ..axes import axis_of, either_name, on_axis, sizes_of
from ..dtypes import result_type
from ..errors import DtypeError, OptionError, ShapeError
from ..record import cast
from ..tensor import Tensor, as_tensor
from .binding import methods
from .distribute import broadcast_to
from .reshape import atleast_1d, atleast_2d, atleast_3d, ravel, reshape_gate, transpose

__all__ = [
    "cartesian_prod",
    "cat",
    "chunk",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "meshgrid",
    "narrow",
    "row_stack",
    "select",
    "split",
    "split_with_sizes",
    "stack",
    "tensor_split",
    "unbind",
    "vsplit",
    "vstack",
]

gate = partial(record.gate, kind="reshape")


# Joined.


def _cut(g: Any, z: Any, *xs: Any, needs: tuple[bool, ...], axis: int) -> tuple[Any, ...]:
    ends = list(accumulate(x.shape[axis] for x in xs))
    starts = [0, *ends[:-1]]
    return tuple(
        g[on_axis(axis, slice(start, end))] if need else None
        for need, start, end in zip(needs, starts, ends, strict=True)
    )


_cat = gate(
    "cat",
    lambda *xs, axis: np.concatenate(xs, axis=axis),
    jointly=_cut,
    local=("1, in place",),
)
_stack = gate(
    "stack",
    lambda *xs, axis: np.stack(xs, axis=axis),
    jointly=lambda g, z, *xs, needs, axis: tuple(g[on_axis(axis, i)] if need else None for i, need in enumerate(needs)),
    local=("1, in place",),
)


def _several(tensors: Any, name: str, dim: Any = 0) -> list[Tensor]:
    """The Tensors, at one dtype."""
    if isinstance(tensors, Tensor) and isinstance(dim, Tensor) and dim.ndim:
        raise DtypeError(
            f"{name} takes the Tensors in a list, and then the axis.",
            got=f"Tensors of shape {tensors.shape} and {dim.shape}, one by one",
            mend=f"{name}([a, b])",
        )
    made = [as_tensor(x) for x in tensors]
    if not made:
        raise ShapeError(f"{name} needs at least one Tensor.", got="none")
    dtype = made[0].dtype
    if any(x.dtype is not dtype for x in made):
        dtype = result_type(*made)
        made = [x if x.dtype == dtype else cast(x, dtype=dtype) for x in made]
    return made


@either_name
def cat(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors joined along the axis `dim`; each gets its own part of the upstream back.

    A Tensor of shape (0,) fits anything, as in PyTorch.

    Raises:
        ShapeError: if there is no Tensor, or their other sizes differ.

    >>> import tinygrad_edu as tg
    >>> tg.cat([tg.ones(2), tg.zeros(1)])
    tensor([1., 1., 0.])
    """
    every = _several(tensors, "cat", dim)
    joined = [x for x in every if x.shape != (0,)] or every
    if min(x.ndim for x in joined) == 0:
        raise ShapeError("cat cannot join 0-d Tensors: they have no axis.", mend="use stack")
    return _cat(*joined, axis=axis_of(dim, joined[0].ndim, "cat"))


concat = concatenate = cat


@either_name
def stack(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors of one shape, joined along a new axis at `dim`.

    Raises:
        ShapeError: if there is no Tensor, or their shapes differ.

    >>> import tinygrad_edu as tg
    >>> tg.stack([tg.ones(2), tg.zeros(2)]).tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """
    every = _several(tensors, "stack", dim)
    return _stack(*every, axis=axis_of(dim, every[0].ndim + 1, "stack"))


def hstack(tensors: Any) -> Tensor:
    """Tensors joined along axis 1 (vectors along axis 0).

    >>> import tinygrad_edu as tg
    >>> tg.hstack([tg.ones(2, 1), tg.zeros(2, 2)]).shape
    (2, 3)
    """
    every = [atleast_1d(x) for x in _several(tensors, "hstack")]
    return cat(every, 0 if every[0].ndim == 1 else 1)


def vstack(tensors: Any) -> Tensor:
    """Tensors joined along axis 0; a vector is a row.

    >>> import tinygrad_edu as tg
    >>> tg.vstack([tg.ones(2), tg.zeros(3, 2)]).shape
    (4, 2)
    """
    return cat([atleast_2d(x) for x in _several(tensors, "vstack")], 0)


row_stack = vstack


def dstack(tensors: Any) -> Tensor:
    """Tensors joined along axis 2.

    >>> import tinygrad_edu as tg
    >>> tg.dstack([tg.ones(2), tg.zeros(2)]).shape
    (1, 2, 2)
    """
    return cat([atleast_3d(x) for x in _several(tensors, "dstack")], 2)


def column_stack(tensors: Any) -> Tensor:
    """Tensors joined along axis 1; a vector is a column.

    >>> import tinygrad_edu as tg
    >>> tg.column_stack([tg.ones(2), tg.zeros(2, 3)]).shape
    (2, 4)
    """
    every = _several(tensors, "column_stack")
    return cat([x if x.ndim > 1 else reshape_gate(x, shape=(-1, 1)) for x in every], 1)


_split = gate(
    "split",
    lambda x, axis, ends: tuple(np.split(x, ends[:-1], axis)),
    lambda g, z, x, axis, ends: np.concatenate(_none_missing(g, z), axis=axis),
    outputs=2,
    local=("1, in place",),
    view=True,
)
_unbind = gate(
    "unbind",
    lambda x, axis: tuple(np.moveaxis(x, axis, 0)[i, ...] for i in range(x.shape[axis])),
    lambda g, z, x, axis: np.stack(_none_missing(g, z), axis=axis),
    outputs=2,
    local=("1, in place",),
    view=True,
)


def _none_missing(g: Any, z: Any) -> list[Any]:
    """The gradients of all outputs; zeros for one that was not used."""
    return [np.zeros(part.shape, part.dtype) if g[i] is None else g[i] for i, part in enumerate(z)]


@either_name
def split(x: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """`x` cut along `dim` into views: each of one size (the last may be smaller), or of the sizes listed.

    Raises:
        ShapeError: if the sizes do not add up to that of the axis.

    >>> import tinygrad_edu as tg
    >>> [part.shape for part in tg.zeros(5, 2).split(2)]
    [(2, 2), (2, 2), (1, 2)]
    """
    x = as_tensor(x)
    axis = axis_of(dim, x.ndim, "split")
    n = x.shape[axis]
    if hasattr(split_size_or_sections, "__index__"):
        size = int(split_size_or_sections)
        if size < 0 or (size == 0 and n):
            raise ShapeError("split: the size of a part must be positive.", got=str(size))
        return _parts(x, axis, [min(end, n) for end in range(size, n + size, size)] if n else [0])
    sizes = sizes_of((split_size_or_sections,))
    if sum(sizes) != n or min(sizes, default=0) < 0:
        raise ShapeError(f"split: the sizes must add up to the size of axis {axis}.", expected=str(n), got=str(sizes))
    return _parts(x, axis, list(accumulate(sizes)))


split_with_sizes = split


def _parts(x: Tensor, axis: int, ends: list[int]) -> tuple[Tensor, ...]:
    return _split(x, axis=axis, ends=tuple(ends))


@either_name
def chunk(x: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """`x` cut along `dim` into at most `chunks` views of one size (the last may be smaller).

    >>> import tinygrad_edu as tg
    >>> [part.tolist() for part in tg.arange(5).chunk(4)]
    [[0, 1], [2, 3], [4]]
    """
    x = as_tensor(x)
    if chunks < 1:
        raise ShapeError("chunk: there must be at least one chunk.", got=str(chunks))
    axis = axis_of(dim, x.ndim, "chunk")
    n = x.shape[axis]
    return split(x, -(-n // chunks), axis) if n else _parts(x, axis, [0] * chunks)


@either_name
def tensor_split(x: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """`x` cut along `dim` into that many views of sizes that differ by at most 1, or at the indices listed.

    >>> import tinygrad_edu as tg
    >>> [part.tolist() for part in tg.arange(5).tensor_split(2)]
    [[0, 1, 2], [3, 4]]
    >>> [part.tolist() for part in tg.arange(5).tensor_split((1, 3))]
    [[0], [1, 2], [3, 4]]
    """
    x = as_tensor(x)
    axis = axis_of(dim, x.ndim, "tensor_split")
    n = x.shape[axis]
    if hasattr(indices_or_sections, "__index__") and np.ndim(indices_or_sections) == 0:
        sections = int(indices_or_sections)
        if sections < 1:
            raise ShapeError("tensor_split: there must be at least one section.", got=str(sections))
        small, larger = divmod(n, sections)
        return _parts(x, axis, list(accumulate([small + 1] * larger + [small] * (sections - larger))))
    return _parts(x, axis, [*sizes_of((indices_or_sections,)), n])


def _splitter(name: str, least: int, axis_for: Any, doc: str) -> Any:
    """`hsplit` and its kin: `tensor_split` along a fixed axis, into equal parts only."""

    def called(x: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
        x = as_tensor(x)
        if x.ndim < least:
            raise ShapeError(f"{name} needs at least {least} axes.", got=f"shape {x.shape}")
        axis = axis_for(x)
        parts = indices_or_sections
        if hasattr(parts, "__index__") and (int(parts) < 1 or x.shape[axis] % int(parts)):
            raise ShapeError(
                f"{name} cannot part axis {axis}, of {x.shape[axis]}, into {indices_or_sections} equal parts.",
                mend="use tensor_split",
            )
        return tensor_split(x, indices_or_sections, axis)

    called.__name__ = called.__qualname__ = name
    called.__doc__ = doc
    return called


hsplit = _splitter("hsplit", 1, lambda x: 0 if x.ndim == 1 else 1, "`x` cut along axis 1 (a vector along axis 0).")
vsplit = _splitter("vsplit", 2, lambda x: 0, "`x` cut along axis 0.")
dsplit = _splitter("dsplit", 3, lambda x: 2, "`x` cut along axis 2.")


@either_name
def unbind(x: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices of `x` along `dim`, as views without that axis.

    >>> import tinygrad_edu as tg
    >>> tg.unbind(tg.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    x = as_tensor(x)
    if x.ndim == 0:
        raise ShapeError("unbind needs at least one axis.", got="a 0-d Tensor")
    axis = axis_of(dim, x.ndim, "unbind")
    return _unbind(x, axis=axis)


@either_name
def narrow(x: Any, dim: int, start: Any, length: int) -> Tensor:
    """The `length` elements from `start` along `dim`, as a view.

    Raises:
        ShapeError: if there are not that many.

    >>> import tinygrad_edu as tg
    >>> tg.narrow(tg.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    x = as_tensor(x)
    axis, start = axis_of(dim, x.ndim, "narrow"), int(start)
    if x.ndim == 0:
        raise ShapeError("narrow takes a part of an axis, and a 0-d Tensor has none.")
    n = x.shape[axis]
    start += n if start < 0 else 0
    if not 0 <= start <= start + length <= n:
        raise ShapeError(f"narrow: axis {axis} has {n} elements.", got=f"start {start}, length {length}")
    return x[on_axis(axis, slice(start, start + length))]


@either_name
def select(x: Any, dim: int, index: int) -> Tensor:
    """The slice at `index` along `dim`, as a view without that axis.

    >>> import tinygrad_edu as tg
    >>> tg.select(tg.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    x = as_tensor(x)
    return x[on_axis(axis_of(dim, x.ndim, "select"), int(index))]


# Grids and choices.


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of the grid spanned by vectors: one Tensor each, of shape (n1, n2, …).

    Args:
        indexing: "ij" (PyTorch's default), or "xy": the first two axes swapped (NumPy's default).

    >>> import tinygrad_edu as tg
    >>> x, y = tg.meshgrid(tg.tensor([1, 2]), tg.tensor([5, 6, 7])); x.tolist()
    [[1, 1, 1], [2, 2, 2]]
    """
    if indexing not in ("ij", "xy"):
        raise OptionError(f"meshgrid has no indexing {indexing!r}.", expected="ij or xy")
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    every = [ravel(x) for x in _several(given, "meshgrid")]
    shape = tuple(x.numel() for x in every)
    grids = [
        broadcast_to(reshape_gate(x, shape=(-1,) + (1,) * (len(every) - 1 - i)), shape) for i, x in enumerate(every)
    ]
    return tuple(transpose(x, 0, 1) for x in grids) if indexing == "xy" and len(every) > 1 else tuple(grids)


def cartesian_prod(*tensors: Any) -> Tensor:
    """Every choice of one element from each vector, a row each (a vector alone, as it is).

    >>> import tinygrad_edu as tg
    >>> tg.cartesian_prod(tg.tensor([1, 2]), tg.tensor([5, 6])).tolist()
    [[1, 5], [1, 6], [2, 5], [2, 6]]
    """
    if len(tensors) == 1:
        return ravel(tensors[0])
    return stack([ravel(x) for x in meshgrid(*tensors)], -1)


def combinations(x: Any, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Every choice of `r` elements of a vector, a row each, in the order of `itertools.combinations`.

    >>> import tinygrad_edu as tg
    >>> tg.combinations(tg.tensor([1, 2, 3])).tolist()
    [[1, 2], [1, 3], [2, 3]]
    """
    x = as_tensor(x)
    if x.ndim != 1:
        raise ShapeError("combinations takes a vector.", got=f"shape {x.shape}")
    choose = combinations_with_replacement if with_replacement else _combinations
    rows = list(choose(range(x.numel()), r))
    return x[np.array(rows, dtype=np.int64).reshape(len(rows), r)] if r else x[:0]


methods(split, chunk, tensor_split, hsplit, vsplit, dsplit, unbind, narrow, select, split_with_sizes=split)
