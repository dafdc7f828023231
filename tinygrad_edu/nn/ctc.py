"""ctc: connectionist temporal classification: labels for a sequence, without saying at which step each one is due."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import record
from ..errors import DtypeError, OptionError, ShapeError, TinygradError
from ..gates.indexing import unindex
from ..tensor import Tensor, as_tensor
from .reduction import Loss, check_reduction, reduced

__all__ = ["CTCLoss"]

# Graves et al., "Connectionist Temporal Classification", 2006. A path gives one symbol each step; it spells
# its target once repeats are merged and blanks dropped. So it walks through the states blank, l1, blank, l2,
# …, blank: each step it stays, goes on by one, or skips a blank between two labels that differ. The loss is
# -log of the probability of all such paths together. All is held as logarithms; what cannot be has NEVER,
# which is finite, so that no difference of two is nan.

NEVER = -1e30


def _sum3(a: Any, b: Any, c: Any) -> Any:
    """log(e^a + e^b + e^c)."""
    top = np.maximum(np.maximum(a, b), c)
    return top + np.log(np.exp(a - top) + np.exp(b - top) + np.exp(c - top))


def _prefixes(x: Any, labels: Any, skips: Any, steps: Any) -> list[Any]:
    """After each step, for each state, the log-probability of all paths that end there: T + 1 times (N, states).

    The first is before any step: at the first blank. Beyond a sample's own steps nothing moves.
    """
    n, states = labels.shape
    never = np.full((n, 2), NEVER, x.dtype)
    a: Any = np.full((n, states), NEVER, x.dtype)
    a[:, 0] = 0
    emitted = np.maximum(x[:, np.arange(n)[:, None], labels], NEVER)
    found = [a]
    for t in range(x.shape[0]):
        before = np.concatenate([never, a], axis=1)
        moved = _sum3(a, before[:, 1:-1], np.where(skips, before[:, :-2], NEVER)) + emitted[t]
        a = moved if t < steps.min() else np.where((t < steps)[:, None], moved, a)
        found.append(a)
    return found


def _suffixes(x: Any, labels: Any, skips: Any, steps: Any, ends: Any) -> list[Any]:
    """After each step, for each state, the log-probability of all the ways from there to the end."""
    n, states = labels.shape
    never = np.full((n, 2), NEVER, x.dtype)
    last = np.equal(np.arange(states), ends[:, None]) | np.equal(np.arange(states), ends[:, None] - 1)
    b: Any = np.where(last, 0.0, NEVER).astype(x.dtype)
    emitted = np.maximum(x[:, np.arange(n)[:, None], labels], NEVER)
    skipped = np.concatenate([skips[:, 2:], np.zeros((n, 2), bool)], axis=1)[:, :states]
    found = [b]
    for t in range(x.shape[0] - 1, -1, -1):
        after = np.concatenate([b + emitted[t], never], axis=1)
        moved = _sum3(after[:, :-2], after[:, 1:-1], np.where(skipped, after[:, 2:], NEVER))
        b = moved if t < steps.min() else np.where((t < steps)[:, None], moved, b)
        found.append(b)
    return found[::-1]


def _total(a: Any, ends: Any) -> Any:
    """The log-probability of the paths that end at the last label or at the blank after it."""
    rows = np.arange(len(ends))
    one, other = a[rows, ends], np.where(ends > 0, a[rows, ends - 1], NEVER)
    return _sum3(one, other, np.full(len(ends), NEVER, a.dtype))


def _losses(x: Any, labels: Any, skips: Any, steps: Any, ends: Any, zero_infinity: bool) -> Any:
    total = _total(_prefixes(x, labels, skips, steps)[-1], ends)
    return np.where(total < NEVER / 2, np.full_like(total, 0 if zero_infinity else math.inf), -total)


def _back(g: Any, z: Any, x: Any, labels: Any, skips: Any, steps: Any, ends: Any, zero_infinity: bool) -> Any:
    """-g times the share of the paths that give each symbol at each step."""
    before = _prefixes(x, labels, skips, steps)
    total = _total(before[-1], ends)
    passing = np.stack(before[1:]) + np.stack(_suffixes(x, labels, skips, steps, ends)[1:])
    share = np.exp(passing - total[:, None])
    counted = np.less(np.arange(x.shape[0])[:, None], steps)[:, :, None]
    impossible = np.less(total, NEVER / 2)[:, None]
    share = np.where(counted, np.where(impossible, 0.0 if zero_infinity else math.nan, share), 0.0)
    index = (slice(None), np.arange(len(ends))[:, None], labels)
    return record.run(unindex, -share * g[:, None], shape=x.shape, index=index)


# A gate of its own: in plain gates it is as exact, but takes three times as long.
_ctc = record.gate(
    "ctc_loss",
    _losses,
    _back,
    kind="slope",
    local=("-P(the symbol at the step, given the target)",),
    meaning=_losses,
)


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the probability that a sequence of symbols, repeats merged and blanks dropped, spells the target.

    Graves et al., "Connectionist Temporal Classification", 2006. The gradient is that of the formula;
    PyTorch's has softmax's own part added, which `log_softmax` takes off again: before it, they agree.

    Args:
        log_probs: of shape (T, N, C), `log_softmax` over C; or (T, C), one sample.
        targets: labels of shape (N, S), padded; or all in a row, of shape (sum(target_lengths),).
        input_lengths: how many of the T steps each sample has: integers of shape (N,), or ().
        target_lengths: how many labels each target has: integers of shape (N,), or ().
        blank: the class that stands for no label.
        reduction: none, sum, or mean: each loss over its target's length, then the mean over the samples.
        zero_infinity: a target that too few steps are there for costs 0 instead of inf, and its
            gradient is 0 instead of nan.

    Raises:
        ShapeError: if the shapes or the lengths do not fit one another.
        DtypeError: for targets that are not of integers.
        TinygradError: for a target that is the blank or no class.

    >>> import tinygrad_edu as tg
    >>> half = tg.log(tg.full((2, 1, 2), 0.5))  # of four paths, three spell "1": 01, 10, 11
    >>> ctc_loss(half, tg.tensor([[1]]), [2], [1]), round(-tg.log(tg.tensor(0.75)).item(), 4)
    (tensor(0.2877), 0.2877)
    """
    check_reduction(reduction)
    x = as_tensor(log_probs)
    if x.ndim not in (2, 3) or not x.numel():
        raise ShapeError(
            "ctc_loss takes the log-probabilities of steps.",
            expected="(T, N, C) or (T, C), none of them 0",
            got=str(x.shape),
        )
    alone = x.ndim == 2
    x = x[:, None] if alone else x
    steps, sizes = (
        _lengths(name, given, x.shape[1])
        for name, given in (("input_lengths", input_lengths), ("target_lengths", target_lengths))
    )
    if steps.max(initial=0) > x.shape[0]:
        raise ShapeError(
            "ctc_loss: a sample is longer than there are steps.", expected=f"at most {x.shape[0]}", got=str(steps.max())
        )
    if not 0 <= blank < x.shape[2]:
        raise OptionError("ctc_loss: the blank is no class.", expected=f"0 to {x.shape[2] - 1}", got=str(blank))
    labels, skips = _states(as_tensor(targets), sizes, blank, x.shape[2])
    losses = _ctc(x, labels=labels, skips=skips, steps=steps, ends=2 * sizes, zero_infinity=zero_infinity)
    if reduction == "mean":
        losses = losses / np.maximum(sizes, 1).astype(x.dtype)
    return losses.reshape(()) if alone and reduction == "none" else reduced(losses, reduction)


def _lengths(name: str, given: Any, n: int) -> np.ndarray:
    """The lengths of n samples as an array."""
    lengths = np.array(given if not isinstance(given, Tensor) else given._data).reshape(-1)
    if lengths.shape != (n,) or (n and (lengths.dtype.kind not in "iu" or lengths.min() < 0)):
        raise ShapeError(
            f"ctc_loss: {name} is one length a sample.", expected=f"{n} integers, 0 or more", got=str(given)
        )
    return lengths.astype(np.int64)


def _states(targets: Tensor, sizes: np.ndarray, blank: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """The label of each state, blanks between: (N, 2 S + 1); and where the blank before it may be skipped."""
    given, n, longest = targets._data, len(sizes), int(sizes.max(initial=0))
    if given.dtype.kind not in "iu" and given.size:
        raise DtypeError(
            "ctc_loss: a label is an integer.", got=f"targets of dtype {given.dtype}", mend="targets.long()"
        )
    counted = np.arange(longest) < sizes[:, None]
    padded = np.full((n, longest), blank)
    if given.ndim == 1 and given.size == sizes.sum():
        padded[counted] = given
    elif given.ndim == 2 and given.shape[0] == n and given.shape[1] >= longest:
        padded = np.where(counted, given[:, :longest], blank)
    else:
        raise ShapeError(
            "ctc_loss: the targets do not fit their lengths.",
            expected=f"({n}, {longest} or more), or ({sizes.sum()},): all in a row",
            got=str(given.shape),
        )
    wrong = padded[counted & ((padded < 0) | (padded >= classes) | (padded == blank))]
    if wrong.size:
        raise TinygradError(
            "ctc_loss: a target is no label.",
            expected=f"0 to {classes - 1}, but not the blank, {blank}",
            got=str(wrong[0]),
        )
    labels = np.full((n, 2 * longest + 1), blank)
    labels[:, 1::2] = padded
    skips = np.zeros(labels.shape, bool)
    skips[:, 2:] = (labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])
    return labels, skips


class CTCLoss(Loss):
    """`ctc_loss` as a module, called with log_probs, targets, input_lengths and target_lengths.

    >>> import tinygrad_edu as tg
    >>> half = tg.log(tg.full((2, 1, 2), 0.5))  # of four paths, three spell "1": 01, 10, 11
    >>> tg.exp(-CTCLoss()(half, tg.tensor([[1]]), [2], [1]))
    tensor(0.7500)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Tensor:
        return ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
