"""rnn: sequences of different lengths, padded to one length or packed without padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ... import gates
from ...errors import OptionError, ShapeError, TinygradError
from ...tensor import Tensor, as_tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class PackedSequence(NamedTuple):
    """Sequences without padding: what `pack_padded_sequence` returns and `nn.LSTM` and its kin take.

    Attributes:
        data: the rows of all sequences at step 0, longest first, then of those that still run at step 1, …
        batch_sizes: how many rows each step has.
        sorted_indices: which sequence each row of step 0 is; None if they were handed longest first.
        unsorted_indices: the way back from that order.

    >>> import tinygrad_edu as tg
    >>> packed = pack_padded_sequence(tg.tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True)
    >>> packed.data, packed.batch_sizes
    (tensor([1, 3, 2]), tensor([2, 1]))
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes this one; of None, None.

    >>> import tinygrad_edu as tg
    >>> invert_permutation(tg.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    return None if permutation is None else Tensor(np.argsort(as_tensor(permutation)._data))


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """The rows of padded sequences without the padding, step by step.

    Args:
        input: (steps, batch, …), with `batch_first` (batch, steps, …).
        lengths: of each sequence, at least 1.
        enforce_sorted: raise unless the lengths come longest first; else they are sorted here.

    Raises:
        ShapeError: if the lengths do not fit the input.
        TinygradError: if they are not sorted, and `enforce_sorted`.

    >>> import tinygrad_edu as tg
    >>> pack_padded_sequence(tg.tensor([[1.0, 2.0], [3.0, 0.0]]), [2, 1], batch_first=True)[:2]
    (tensor([1., 3., 2.]), tensor([2, 1]))
    """
    input, given = as_tensor(input), np.asarray(lengths)
    x = gates.transpose(input, 0, 1) if batch_first else input
    if given.shape != x.shape[1:2] or (given.size and not 1 <= given.min() <= given.max() <= x.shape[0]):
        raise ShapeError(
            "pack_padded_sequence needs the length of each sequence, at least 1.",
            expected=f"{x.shape[1]} lengths from 1 to {x.shape[0]}",
            got=str(given.tolist()),
        )
    order = None
    if not enforce_sorted:
        order = np.argsort(-given, kind="stable")
        given = given[order]
    elif (np.diff(given) > 0).any():
        raise TinygradError(
            "pack_padded_sequence takes the longest sequence first.",
            got=f"lengths {given.tolist()}",
            mend="pass enforce_sorted=False, which sorts them and remembers the order",
        )
    running = np.arange(x.shape[0])[:, None] < given
    steps, samples = np.nonzero(running[: given.max(initial=0)])
    data = x[steps, samples if order is None else order[samples]]
    sorted_indices = None if order is None else Tensor(order)
    sizes = Tensor(running.sum(1)[: given.max(initial=0)])
    return PackedSequence(data, sizes, sorted_indices, invert_permutation(sorted_indices))


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """The sequences padded to one length, in the order in which they were packed, and their lengths.

    Args:
        total_length: pad to this instead of the longest.

    Raises:
        ShapeError: if a sequence is longer than `total_length`.

    >>> import tinygrad_edu as tg
    >>> packed = pack_padded_sequence(tg.tensor([[1.0, 2.0], [3.0, 0.0]]), [2, 1], batch_first=True)
    >>> pad_packed_sequence(packed, batch_first=True, padding_value=-1)
    (tensor([[ 1.,  2.],
            [ 3., -1.]]), tensor([2, 1]))
    """
    data, sizes = sequence.data, sequence.batch_sizes._data
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ShapeError("a sequence is longer than total_length.", expected=f"at least {len(sizes)}", got=str(steps))
    batch = int(sizes[0]) if len(sizes) else 0
    running = np.arange(batch) < np.pad(sizes, (0, steps - len(sizes)))[:, None]
    rows = np.where(running, np.cumsum(running.ravel()).reshape(running.shape) - 1, data.shape[0])
    lengths = running.sum(0)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices._data
        rows, lengths = rows[:, order], lengths[order]
    padding = np.full((1, *data.shape[1:]), padding_value, data.dtype)
    return gates.cat([data, Tensor(padding)])[rows.T if batch_first else rows], Tensor(lengths)


def pad_sequence(
    sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences (length, …) of different lengths as one Tensor (longest, batch, …).

    Args:
        batch_first: (batch, longest, …) instead.
        padding_side: right or left.

    Raises:
        ShapeError: if there are none, or their other axes differ.

    >>> import tinygrad_edu as tg
    >>> pad_sequence([tg.tensor([1, 2]), tg.tensor([3])], batch_first=True).tolist()
    [[1, 2], [3, 0]]
    """
    if padding_side not in ("right", "left"):
        raise OptionError(f"padding_side is right or left; got {padding_side!r}")
    each = [as_tensor(s) for s in sequences]
    if not each or len({s.shape[1:] for s in each}) > 1:
        raise ShapeError(
            "pad_sequence takes sequences that differ in their first axis alone, one at least.",
            got=", ".join(str(s.shape) for s in each) or "none",
        )
    longest = max(s.shape[0] for s in each)
    padded = []
    for s in each:
        padding = Tensor(np.full((longest - s.shape[0], *s.shape[1:]), padding_value, s.dtype))
        padded.append(gates.cat([s, padding] if padding_side == "right" else [padding, s]))
    return gates.stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The sequences that `pad_sequence` put together, each at its own length.

    >>> import tinygrad_edu as tg
    >>> unpad_sequence(tg.tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    x = as_tensor(padded_sequences)
    x = x if batch_first else gates.transpose(x, 0, 1)
    return [x[i, :n] for i, n in enumerate(np.asarray(lengths).tolist())]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (length, …) packed: `pack_padded_sequence` of `pad_sequence`.

    >>> import tinygrad_edu as tg
    >>> pack_sequence([tg.tensor([1, 2]), tg.tensor([3])]).data
    tensor([1, 3, 2])
    """
    lengths = [np.shape(s)[0] for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that were packed, each at its own length.

    >>> import tinygrad_edu as tg
    >>> unpack_sequence(pack_sequence([tg.tensor([1, 2]), tg.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences))
