"""embedding: rows of a table, looked up by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, record
from ..errors import DtypeError, OptionError, ShapeError, TinygradError
from ..tensor import Tensor, as_tensor, written
from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Embedding"]

# The rows themselves; on the way back each counts as much as `by` says: not at all for padding.
_weighed = record.gate(
    "weighed_gradient",
    lambda x, by: x.copy(),
    lambda g, z, x, by: np.where(by == 0, 0.0, g * by),
    None,
    kind="slope",
    local=("by, whatever the value does",),
)


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """weight[input]: a row for each number.

    Args:
        input: integers from 0 to n - 1, of any shape.
        weight: of shape (n, size).
        padding_idx: a row that gets no gradient.
        max_norm: shrink the rows that are looked up to this norm first, in place.
        norm_type: the p of that norm.
        scale_grad_by_freq: divide the gradient of a row by how often `input` names it.
        sparse: ignored: gradients are dense.

    Raises:
        DtypeError: if `input` is not of integers.
        TinygradError: for a number that is no row.

    >>> import tinygrad_edu as tg
    >>> embedding(tg.tensor([1, 0]), tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    input, weight = as_tensor(input), as_tensor(weight)
    if weight.ndim != 2:
        raise ShapeError("embedding looks up the rows of a matrix.", got=f"weight {weight.shape}")
    rows, n = input._data, weight.shape[0]
    if rows.dtype.kind not in "iu":
        raise DtypeError(
            "embedding looks up rows by integers.",
            expected="input of int64",
            got=f"input of {rows.dtype}",
            mend="input.long()",
        )
    if rows.size and not (rows.min() >= 0 and rows.max() < n):
        wrong = rows[(rows < 0) | (rows >= n)].flat[0]
        raise TinygradError("embedding: a number is no row of the table.", expected=f"0 to {n - 1}", got=str(wrong))
    if max_norm is not None:
        _renorm(weight, rows, float(max_norm), float(norm_type))
    found = weight[rows] if rows.ndim else weight[rows].clone()  # one row would be a view of the table
    if padding_idx is None and not scale_grad_by_freq:
        return found
    by = np.ones(rows.shape, found.dtype)
    if scale_grad_by_freq:
        by /= np.bincount(rows.ravel(), minlength=n)[rows]
    if padding_idx is not None:
        by[rows == _row(padding_idx, n)] = 0
    return _weighed(found, by[..., None])


def _row(padding_idx: int, n: int) -> int:
    if not -n <= padding_idx < n:
        raise OptionError("padding_idx is no row of the table.", expected=f"{-n} to {n - 1}", got=str(padding_idx))
    return padding_idx % n


def _renorm(weight: Tensor, rows: np.ndarray, bound: float, p: float) -> None:
    """Shrink the rows whose norm is above the bound, as PyTorch does: by bound / (norm + 1e-7)."""
    used = np.unique(rows)
    norms = np.linalg.norm(weight._data[used], p, axis=1)
    over = norms > bound
    if over.any():
        weight._data[used[over]] *= (bound / (norms[over] + 1e-7))[:, None].astype(weight.dtype)
        written(weight)


class Embedding(Module):
    """A table of `num_embeddings` rows, drawn from the standard normal distribution: (…) -> (…, embedding_dim).

    Args:
        padding_idx: a row that starts at 0 and gets no gradient.
        max_norm, norm_type, scale_grad_by_freq, sparse: as for `embedding`.

    Attributes:
        weight: a Parameter of shape (num_embeddings, embedding_dim).

    >>> import tinygrad_edu as tg
    >>> Embedding(10, 3)(tg.tensor([[1, 2, 4, 5]])).shape
    (1, 4, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else _row(padding_idx, num_embeddings)
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        dtype = dtypes.get_default_dtype() if dtype is None else dtypes.check_dtype(dtype)
        self.weight = Parameter(np.empty((num_embeddings, embedding_dim), dtype))
        self.reset_parameters()

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
    ) -> Embedding:  # fmt: skip
        """An Embedding of the rows of a matrix, not trained unless `freeze=False`.

        Raises:
            ShapeError: for what is not a matrix.

        >>> import tinygrad_edu as tg
        >>> Embedding.from_pretrained(tg.tensor([[1.0, 2.0]]))(tg.tensor(0))
        tensor([1., 2.])
        """
        embeddings = as_tensor(embeddings)
        if embeddings.ndim != 2:
            raise ShapeError("from_pretrained takes a matrix.", expected="(rows, size)", got=str(embeddings.shape))
        settings = padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse
        rows, size = embeddings.shape
        made = cls(rows, size, *settings, dtype=embeddings.dtype)
        made.weight = Parameter(embeddings.detach(), requires_grad=not freeze)
        return made

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight._data[self.padding_idx] = 0

    def forward(self, input: Any) -> Tensor:
        return embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        shown = {"padding_idx": None, "max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False, "sparse": False}
        more = [f", {name}={getattr(self, name)}" for name, usual in shown.items() if getattr(self, name) != usual]
        return f"{self.num_embeddings}, {self.embedding_dim}" + "".join(more)
