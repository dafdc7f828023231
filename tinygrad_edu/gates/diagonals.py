"""diagonals: gates that send the upstream gradient to a triangle or a diagonal of a matrix, and to it alone."""

from __future__ import annotations

from functools import partial
from itertools import accumulate
from typing import Any

import numpy as np

from .. import record
from ..axes import axis_of, either_name
from ..errors import ShapeError
from ..record import clone, run
from ..tensor import Tensor, as_tensor
from .binding import methods, methods_in_place
from .indexing import of_dtype, setitem
from .join import cat
from .pad import pad
from .reshape import atleast_2d, reshape, reshape_gate
from .route import where

__all__ = [
    "block_diag",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_scatter",
    "tril",
    "triu",
]

gate = partial(record.gate, kind="route")


def _triangle(name: str, cut: Any, says: str) -> Any:
    made: Any = gate(
        name,
        lambda x, diagonal: cut(x, diagonal),
        lambda g, z, x, diagonal: run(made, g, diagonal=diagonal),
        local=("1 in the triangle, else 0",),
        blind=True,
        says=says,
    )
    return made


_tril = _triangle("tril", np.tril, "Zeros above a diagonal.")
_triu = _triangle("triu", np.triu, "Zeros below a diagonal.")


def tril(x: Any, diagonal: int = 0) -> Tensor:
    """The lower triangles of the matrices in the last two axes: zeros above the `diagonal`.

    >>> import tinygrad_edu as tg
    >>> tg.tril(tg.ones(2, 2)).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    return _tril(_matrices(x, "tril"), diagonal=diagonal)


def triu(x: Any, diagonal: int = 0) -> Tensor:
    """The upper triangles of the matrices in the last two axes: zeros below the `diagonal`.

    >>> import tinygrad_edu as tg
    >>> tg.triu(tg.ones(2, 2), 1).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    return _triu(_matrices(x, "triu"), diagonal=diagonal)


def _matrices(x: Any, name: str) -> Tensor:
    x = as_tensor(x)
    if x.ndim < 2:
        raise ShapeError(f"{name} needs a matrix, or a batch of them.", got=f"shape {x.shape}")
    return x


def _diagonal_view(x: Any, offset: int, axes: tuple[int, int]) -> Any:
    view = np.diagonal(x, offset, *axes)
    view.flags.writeable = x.flags.writeable  # NumPy's is read-only
    return view


def _on_diagonal(g: Any, shape: tuple[int, ...], offset: int, axes: tuple[int, int]) -> Any:
    out = np.zeros(shape, g.dtype)
    _diagonal_view(out, offset, axes)[...] = g
    return out


_diagonal = gate(
    "diagonal",
    _diagonal_view,
    lambda g, z, x, offset, axes: run(_diag_embed, g, shape=x.shape, offset=offset, axes=axes),
    local=("1 on the diagonal, else 0",),
    view=True,
    blind=True,
)
_diag_embed: Any = gate(
    "diag_embed",
    _on_diagonal,
    lambda gg, z, g, shape, offset, axes: run(_diagonal, gg, offset=offset, axes=axes),
    local=("1, in place",),
    blind=True,
)


def _two_axes(dim1: int, dim2: int, ndim: int, name: str) -> tuple[int, int]:
    axes = axis_of(dim1, ndim, name), axis_of(dim2, ndim, name)
    if ndim < 2 or axes[0] == axes[1]:
        raise ShapeError(f"{name} needs two different axes.", got=f"{dim1} and {dim2} of {ndim}")
    return axes


@either_name
def diagonal(x: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonals of the matrices in two axes, as a view: they become the last axis.

    >>> import tinygrad_edu as tg
    >>> tg.diagonal(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([1., 4.])
    """
    x = as_tensor(x)
    return _diagonal(x, offset=offset, axes=_two_axes(dim1, dim2, x.ndim, "diagonal"))


@either_name
def diag_embed(x: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices in two new axes with the vectors in the last axis of x on their diagonals, else 0.

    >>> import tinygrad_edu as tg
    >>> tg.diag_embed(tg.tensor([1.0, 2.0])).tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    """
    x = as_tensor(x)
    axes = _two_axes(dim1, dim2, x.ndim + 1, "diag_embed")
    n, rest = x.shape[-1] + max(offset, -offset), iter(x.shape[:-1])
    shape = tuple(n if a in axes else next(rest) for a in range(x.ndim + 1))
    return _diag_embed(x, shape=shape, offset=offset, axes=axes)


def diag(x: Any, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix; or of a vector, the matrix that has it on its diagonal.

    >>> import tinygrad_edu as tg
    >>> tg.diag(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), 1), tg.diag(tg.ones(2)).tolist()
    (tensor([2.]), [[1.0, 0.0], [0.0, 1.0]])
    """
    x = as_tensor(x)
    if x.ndim == 1:
        return diag_embed(x, diagonal)
    if x.ndim != 2:
        raise ShapeError("diag takes a vector or a matrix.", got=f"shape {x.shape}", mend="use diagonal or diag_embed")
    return clone(_diagonal(x, offset=diagonal, axes=(0, 1)))


def diagflat(x: Any, offset: int = 0) -> Tensor:
    """The matrix with all elements of x on its diagonal.

    >>> import tinygrad_edu as tg
    >>> tg.diagflat(tg.tensor([[1.0, 2.0]])).tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    """
    return diag_embed(reshape(as_tensor(x), -1), offset)


@either_name
def diagonal_scatter(x: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of x with `src` in place of `diagonal(x, offset, dim1, dim2)`.

    >>> import tinygrad_edu as tg
    >>> tg.diagonal_scatter(tg.zeros(2, 2), tg.ones(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    x = as_tensor(x)
    src, axes = as_tensor(of_dtype(src, x)), _two_axes(dim1, dim2, x.ndim, "diagonal_scatter")
    there = _on_diagonal(np.ones((), bool), x.shape, offset, axes)
    named = _diagonal_view(there, offset, axes).shape
    if src.shape != named:
        raise ShapeError(
            "diagonal_scatter needs a src of the diagonal's shape.", expected=f"{named}", got=f"{src.shape}"
        )
    return where(there, _diag_embed(src, shape=x.shape, offset=offset, axes=axes), x)


def block_diag(*tensors: Any) -> Tensor:
    """The matrices on the diagonal of a larger one, zeros elsewhere; a vector is a row, a number 1 x 1.

    >>> import tinygrad_edu as tg
    >>> tg.block_diag(tg.tensor([[1, 2]]), tg.tensor(3)).tolist()
    [[1, 2, 0], [0, 0, 3]]
    """
    every = [atleast_2d(x) for x in tensors]
    if any(x.ndim > 2 for x in every):
        raise ShapeError("block_diag takes matrices.", got=", ".join(str(x.shape) for x in every))
    if not every:
        return reshape_gate(Tensor([]), shape=(1, 0))
    ends = list(accumulate(x.shape[1] for x in every))
    return cat([pad(x, (end - x.shape[1], ends[-1] - end)) for x, end in zip(every, ends, strict=True)])


def _fill_diagonal_in_place(t: Tensor, value: Any, wrap: bool = False) -> Tensor:
    """In place: write one number on the main diagonal; with `wrap` again and again down a tall matrix."""
    if t.ndim < 2 or (t.ndim > 2 and len(set(t.shape)) > 1):
        raise ShapeError("fill_diagonal_ needs a matrix, or equal sizes along all axes.", got=f"shape {t.shape}")
    there = np.zeros(t.shape, bool)
    np.fill_diagonal(there, True, wrap)
    setitem(t, there, value)
    return t


methods(tril, triu, diagonal, diag_embed, diag, diagflat, diagonal_scatter, fill_diagonal_=_fill_diagonal_in_place)
methods_in_place(tril, triu)
