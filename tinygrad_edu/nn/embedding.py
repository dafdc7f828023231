"""embedding: rows of a table, looked up by number; each for itself, or the sum, mean or max of a bag of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import gates, record
from ..devices import dtype_on
from ..errors import DtypeError, OptionError, ShapeError, TinygradError
from ..tensor import Tensor, as_array, as_tensor, written
from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]

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


def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or max of the rows that each bag of numbers names: (bags, size). Of an empty bag, 0.

    Args:
        input: integers from 0 to n - 1: (bags, numbers), or all bags in a row, with
        offsets: where each begins: integers from 0, none less than the one before.
        weight: of shape (n, size).
        max_norm, norm_type, sparse: as for `embedding`.
        scale_grad_by_freq: divide the gradient of a row by how often `input` names it; not for max. (PyTorch
            2.13 divides by another row's count where these differ.)
        mode: sum, mean or max. The gradient of a max goes to the first of those that are tied; a nan is the
            greatest (in PyTorch, only at the front of its bag).
        per_sample_weights: for sum: factors of the rows, in the shape of `input`.
        include_last_offset: whether `offsets` ends with the size of `input`, where no bag begins.
        padding_idx: a row that is left out of its bags and gets no gradient.

    Raises:
        ShapeError: if the shapes of `input`, `offsets` and `per_sample_weights` do not fit together.
        OptionError: for offsets that are no beginnings of bags, and for what `mode` cannot do.
        DtypeError: for numbers or offsets that are no integers, or factors not of the dtype of `weight`.
        TinygradError: for a number that is no row.

    >>> import tinygrad_edu as tg
    >>> table = tg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> embedding_bag(tg.tensor([0, 1, 2]), table, offsets=tg.tensor([0, 2]), mode="sum")
    tensor([[4., 6.],
            [5., 6.]])
    """
    if mode not in ("sum", "mean", "max"):
        raise OptionError(f"embedding_bag has no mode {mode!r}.", expected="sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise OptionError("embedding_bag: mode 'max' does not scale gradients by frequency.", expected="sum or mean")
    input, weight = as_tensor(input), as_tensor(weight)
    starts = _starts(input, offsets, include_last_offset)
    rows = input._data.reshape(-1)
    found = embedding(rows, weight, None, max_norm, norm_type, scale_grad_by_freq)
    if per_sample_weights is not None:
        found = found * _factors(per_sample_weights, input, weight, mode)
    bag = np.repeat(np.arange(len(starts)), np.diff(starts, append=rows.size))
    if padding_idx is not None:
        kept = rows != _row(padding_idx, weight.shape[0])
        found, bag = found[kept], bag[kept]
    return _greatest(found, bag, len(starts)) if mode == "max" else _total(found, bag, len(starts), mode)


def _starts(input: Tensor, offsets: Any, include_last_offset: bool) -> np.ndarray:
    """Where each bag begins among the numbers in a row."""
    if input.ndim != (2 if offsets is None else 1):
        raise ShapeError(
            "embedding_bag takes bags of one size, or all in a row and where each begins.",
            expected="input (bags, numbers) without offsets, or (numbers,) with offsets",
            got=f"input {input.shape} {'without' if offsets is None else 'with'} offsets",
        )
    if offsets is None:
        return np.arange(input.shape[0]) * input.shape[1]
    starts, n = as_array(offsets), input.shape[0]
    if starts.size == 0:
        starts = starts.astype(np.int64)  # [] is of floats
    if starts.ndim != 1:
        raise ShapeError("embedding_bag: offsets is a vector.", got=f"offsets {starts.shape}")
    if starts.dtype.kind not in "iu":
        raise DtypeError(
            "embedding_bag: offsets are integers.", got=f"offsets of {starts.dtype}", mend="offsets.long()"
        )
    starts = starts.astype(np.int64)
    ends = starts if include_last_offset else np.append(starts, n)
    if not (ends.size and ends[0] == 0 and ends[-1] == n and np.all(np.diff(ends) >= 0)):
        last = f", the last {n}, the size of input" if include_last_offset else f", none above {n}, the size of input"
        expected = "the first 0, none less than the one before" + last
        raise OptionError("embedding_bag: offsets say where each bag begins.", expected=expected, got=str(starts))
    return ends[:-1]


def _factors(weights: Any, input: Tensor, table: Tensor, mode: str) -> Tensor:
    """A column of the factors of the rows."""
    weights = as_tensor(weights)
    if mode != "sum":
        raise OptionError(f"embedding_bag: mode {mode!r} takes no per_sample_weights.", expected="mode 'sum'")
    if weights.shape != input.shape:
        raise ShapeError(
            "embedding_bag: per_sample_weights are one for each number.",
            expected=str(input.shape),
            got=str(weights.shape),
        )
    if weights.dtype != table.dtype:
        raise DtypeError(
            "embedding_bag: per_sample_weights are of the dtype of the table.",
            expected=str(table.dtype),
            got=str(weights.dtype),
            mend="per_sample_weights.to(weight.dtype)",
        )
    return gates.reshape(weights, (-1, 1))


def _total(found: Tensor, bag: np.ndarray, bags: int, mode: str) -> Tensor:
    """Sums or means; at float32 for float16, whose range the sum leaves."""
    wide = found.float() if found.dtype == np.float16 else found
    total = gates.index_add(np.zeros((bags, found.shape[1]), wide.dtype), 0, bag, wide)
    if mode == "mean":
        counts = np.bincount(bag, minlength=bags)[:, None]
        total = total / np.maximum(counts, 1).astype(wide.dtype)
    return total.to(found.dtype)


def _greatest(found: Tensor, bag: np.ndarray, bags: int) -> Tensor:
    """Each column's first greatest of each bag; a nan is the greatest."""
    full, first = np.unique(bag, return_index=True)  # bags are in order, each without a gap
    values, n = found._data, len(bag)
    best = np.repeat(np.maximum.reduceat(values, first), np.diff(first, append=n), axis=0) if n else values
    at = np.where((values == best) | np.isnan(values), np.arange(n)[:, None], n)
    winners = np.minimum.reduceat(at, first) if n else at
    none = np.zeros((bags, found.shape[1]), found.dtype)
    return gates.index_copy(none, 0, full, gates.gather(found, 0, winners))


class _Table(Module):
    """What Embedding and EmbeddingBag have in common: the table, and what they say of themselves."""

    def _make(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None, dtype: np.dtype) -> None:
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else _row(padding_idx, num_embeddings)
        self.weight = Parameter(np.empty((num_embeddings, embedding_dim), dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the table anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight._data[self.padding_idx] = 0

    def _told(self, usual: dict[str, Any]) -> str:
        """The sizes, and the settings that are not as usual."""
        more = [f", {name}={getattr(self, name)!r}" for name in usual if getattr(self, name) != usual[name]]
        return f"{self.num_embeddings}, {self.embedding_dim}" + "".join(more)


def _matrix(embeddings: Any) -> Tensor:
    embeddings = as_tensor(embeddings)
    if embeddings.ndim != 2:
        raise ShapeError("from_pretrained takes a matrix.", expected="(rows, size)", got=str(embeddings.shape))
    return embeddings


class Embedding(_Table):
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
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self._make(num_embeddings, embedding_dim, padding_idx, dtype_on(device, dtype))

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
        embeddings = _matrix(embeddings)
        settings = padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse
        rows, size = embeddings.shape
        made = cls(rows, size, *settings, dtype=embeddings.dtype)
        made.weight = Parameter(embeddings.detach(), requires_grad=not freeze)
        return made

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
        usual = {"padding_idx": None, "max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False, "sparse": False}
        return self._told(usual)


class EmbeddingBag(_Table):
    """`embedding_bag` with a table of its own, drawn from the standard normal distribution.

    Args:
        max_norm, norm_type, scale_grad_by_freq, mode, sparse, include_last_offset: as for `embedding_bag`.
        padding_idx: a row that starts at 0, is left out of its bags and gets no gradient.

    Attributes:
        weight: a Parameter of shape (num_embeddings, embedding_dim).

    >>> import tinygrad_edu as tg
    >>> words = EmbeddingBag(10, 3, mode="sum")
    >>> words(tg.tensor([[1, 2], [4, 5]])).shape, words(tg.tensor([1, 2, 4, 5]), offsets=tg.tensor([0, 1, 1])).shape
    ((2, 3), (3, 3))
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        *,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.mode, self.sparse = scale_grad_by_freq, mode, sparse
        self.include_last_offset = include_last_offset
        self._make(num_embeddings, embedding_dim, padding_idx, dtype_on(device, dtype))

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False,
        include_last_offset: bool = False, padding_idx: int | None = None,
    ) -> EmbeddingBag:  # fmt: skip
        """An EmbeddingBag of the rows of a matrix, not trained unless `freeze=False`.

        Raises:
            ShapeError: for what is not a matrix.

        >>> import tinygrad_edu as tg
        >>> EmbeddingBag.from_pretrained(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))(tg.tensor([[0, 1]]))
        tensor([[2., 3.]])
        """
        embeddings = _matrix(embeddings)
        rows, size = embeddings.shape
        made = cls(
            rows, size, max_norm, norm_type, scale_grad_by_freq, mode, sparse,
            include_last_offset=include_last_offset, padding_idx=padding_idx, dtype=embeddings.dtype,
        )  # fmt: skip
        made.weight = Parameter(embeddings.detach(), requires_grad=not freeze)
        return made

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Tensor:
        return embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        usual = {"max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False, "mode": None, "padding_idx": None}
        return self._told(usual)
