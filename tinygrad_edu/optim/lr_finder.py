"""lr_finder: which learning rate to begin with: raise it step by step and look at the loss (Smith 2017)."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import OptionError, TinygradError
from ..nn.module import Module
from ..random import get_rng_state, set_rng_state
from ..tensor import written
from .optimizer import Optimizer

__all__ = ["LRCurve", "find_lr"]


@dataclass(frozen=True)
class LRCurve:
    """What `find_lr` saw.

    Attributes:
        rates: the learning rate of each step.
        losses: the loss of each step's batch, before the step.
        smoothed: the losses, each with its neighbours.
        suggestion: the rate where the smoothed loss falls most steeply, per factor of rate; None if
            it did not fall by much more than the batches differ.

    >>> LRCurve(np.array([0.01, 0.1, 1.0]), np.array([3.0, 1.0, 9.0]), np.array([3.0, 1.0, 9.0]), 0.1)
    LRCurve(3 rates from 0.01 to 1; suggestion 0.1)
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    suggestion: float | None

    def __repr__(self) -> str:
        found = "none" if self.suggestion is None else f"{self.suggestion:.2g}"
        return f"LRCurve({len(self.rates)} rates from {self.rates[0]:.2g} to {self.rates[-1]:.2g}; suggestion {found})"

    def plot(self, ax: Any = None) -> Any:
        """Draw the loss over the rate, on a logarithmic axis, and mark the suggestion.

        Args:
            ax: a matplotlib Axes to draw on; default: a new figure.

        Returns:
            The Axes.

        Raises:
            MissingExtraError: without matplotlib.
        """
        from ..viz.plots import BLUE, ORANGE, new_axes

        ax = new_axes(ax, title="learning-rate finder", xlabel="learning rate", ylabel="loss", xscale="log")
        ax.plot(self.rates, self.losses, ".", color=BLUE, alpha=0.75, markersize=4, label="loss of a batch")
        ax.plot(self.rates, self.smoothed, color=BLUE, linewidth=2, label="smoothed")
        low, high = self.smoothed.min(), self.smoothed.max()
        room = 0.15 * (high - low) or 1.0
        ax.set_ylim(low - room, high + room)  # a loss that explodes leaves the picture
        if self.suggestion is not None:
            at = int(np.flatnonzero(self.rates == self.suggestion)[0])
            label = f"steepest descent: {self.suggestion:.2g}"
            ax.axvline(self.suggestion, color=ORANGE, linewidth=1, linestyle="--")
            ax.plot([self.suggestion], [self.smoothed[at]], "o", color=ORANGE, markersize=7, label=label)
        ax.legend(frameon=False)
        return ax


def find_lr(
    model: Module,
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    batches: Iterable[Any],
    start: float = 1e-7,
    end: float = 10,
    steps: int = 100,
) -> LRCurve:
    """Train for a few steps while the rate rises, each time by the same factor, and note the losses.

    It ends early when the loss explodes: when it is not finite, or its running mean is above both
    the first and four times the lowest (by more than 3 |lowest|). Then everything is put back: the
    parameters, gradients and buffers of the model and its modes, the state of the random numbers,
    of the optimizer and of the DataLoader; also if anything raised. The method is that of Smith,
    "Cyclical learning rates for training neural networks" (2017); where to read the rate off, Gugger's.

    Args:
        model: is trained in training mode.
        loss: from `model(x)` and y to a Tensor of one element.
        optimizer: of the parameters of `model`; all its groups get the same rate.
        batches: pairs (x, y), looped over again if there are fewer than `steps`.
        start, end: the first and the last rate.
        steps: how many rates are tried.

    Returns:
        The curve, with a suggestion and a `plot()`.

    Raises:
        OptionError: unless 0 < start < end and steps is at least 5.
        TinygradError: if there are no batches, or if the very first loss is not finite.

    >>> import tinygrad_edu as tg
    >>> _ = tg.manual_seed(0); x = tg.randn(64, 3); y = x @ tg.tensor([[1.0], [2.0], [3.0]])
    >>> model = tg.nn.Linear(3, 1)
    >>> curve = find_lr(model, tg.nn.MSELoss(), tg.optim.SGD(model.parameters()), [(x, y)], start=1e-4)
    >>> 0.01 < curve.suggestion < 1
    True
    """
    if not 0 < start < end < math.inf:
        raise OptionError("find_lr: the rate rises from start, above 0, to end.", got=f"{start} and {end}")
    if steps < 5:
        raise OptionError("find_lr: a curve takes 5 steps at least.", got=str(steps))
    rates = np.geomspace(start, end, steps)
    losses: list[float] = []
    # what a loss that explodes overflows is what is looked for
    with _put_back(model, optimizer, batches) as (trial, source), np.errstate(all="ignore"):
        model.train()
        endless = _endless(source)
        try:
            for rate, (x, y) in zip(rates, endless, strict=False):
                losses.append(_step(model, loss, trial, float(rate), x, y))
                if _exploded(losses):
                    break
        finally:
            endless.close()
    return _curve(rates[: len(losses)], np.array(losses))


def _step(model: Module, loss: Callable[[Any, Any], Any], optimizer: Optimizer, rate: float, x: Any, y: Any) -> float:
    """One step at a rate; the loss before it."""

    def closure() -> Any:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        return value

    for group in optimizer.param_groups:
        group["lr"] = rate
    return float(optimizer.step(closure))


def _endless(batches: Iterable[Any]) -> Generator[Any]:
    """The batches, again and again."""
    while True:
        empty = True
        for batch in batches:
            empty = False
            yield batch
        if empty:
            raise TinygradError("find_lr was given no batches, or an iterator that ended before the last step.",
                                mend="pass a DataLoader, or a list of pairs (x, y)")  # fmt: skip


@contextmanager
def _put_back(model: Module, optimizer: Optimizer, batches: Any) -> Iterator[tuple[Optimizer, Any]]:
    """Copies of the optimizer and the loader to use up; afterwards the model and the random state are as before."""
    from ..data import DataLoader

    mine = [p for group in optimizer.param_groups for p in group["params"]]
    tensors = {id(t): t for t in (*model.parameters(), *model.buffers(), *mine)}.values()
    kept = [(t, t._data, t._data.copy(), t.grad) for t in tensors]
    attributes = [(module, dict(vars(module))) for module in model.modules()]
    random = get_rng_state()
    trial = copy.deepcopy(optimizer, {id(p): p for p in mine})  # shares the parameters and nothing else
    if isinstance(batches, DataLoader):
        batches = copy.deepcopy(batches, {id(batches.dataset): batches.dataset})
    try:
        yield trial, batches
    finally:
        for module, names in attributes:
            vars(module).clear()
            vars(module).update(names)
        for t, data, values, grad in kept:
            t._data, t.grad = data, grad
            data[...] = values
            written(t)
        set_rng_state(random)


def _exploded(losses: list[float]) -> bool:
    """Whether the last loss is not finite, or the running mean is far above the lowest, and above the first."""
    if not math.isfinite(losses[-1]):
        if len(losses) == 1:
            raise TinygradError("find_lr: the loss is not finite before any step.", got=str(losses[-1]),
                                mend="look for the first NaN in the data and in the model")  # fmt: skip
        return True
    running = _running(np.array(losses))
    return bool(running[-1] > max(running.min() + 3 * abs(running.min()), losses[0]))


def _running(losses: np.ndarray, keep: float = 0.8) -> np.ndarray:
    """The running mean: each value counts `keep` times as much as the one after it."""
    total, weight, means = 0.0, 0.0, []
    for value in losses:
        total, weight = keep * total + value, keep * weight + 1
        means.append(total / weight)
    return np.array(means)


def _curve(rates: np.ndarray, losses: np.ndarray) -> LRCurve:
    """Smooth from both sides, so that the curve is not shifted, and find where it falls most steeply."""
    finite = np.isfinite(losses)
    rates, losses = rates[finite], losses[finite]
    tame = np.minimum(losses, 2 * losses[0] - losses.min())  # how far it rises when it explodes says nothing
    smoothed = (_running(tame) + _running(tame[::-1])[::-1]) / 2
    suggestion = None
    lowest = int(smoothed.argmin())
    if lowest > 1 and smoothed[0] - smoothed[lowest] > 2 * np.std(np.diff(losses[: lowest + 1])):
        slopes = np.gradient(smoothed[: lowest + 1], np.log(rates[: lowest + 1]))
        suggestion = float(rates[int(slopes.argmin())])
    return LRCurve(rates, losses, smoothed, suggestion)
