"""plateau: rates that fall when a metric has stopped to improve."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ...errors import OptionError, ScheduleError
from ..optimizer import Optimizer
from .drawing import draw
from .scheduler import LRScheduler, checked_optimizer, for_each_group

__all__ = ["HalveOnStall", "ReduceLROnPlateau"]


class OnMetric(LRScheduler):
    """A schedule whose steps are told a metric: `step(validation_loss)`."""

    mode: str
    best: float
    yscale = "log"

    def __init__(self, optimizer: Optimizer, mode: str) -> None:
        if mode not in ("min", "max"):
            raise OptionError(f"{type(self).__name__}: mode must be min or max.", got=repr(mode))
        self.optimizer, self.mode = checked_optimizer(optimizer), mode
        self.best = math.inf if mode == "min" else -math.inf
        self.last_epoch = 0
        self._last_lr = self._rates()

    def _rates(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def preview(self, metrics: Iterable[Any], group: int = 0) -> list[float]:  # type: ignore[override]
        """The rate of one group now, and after each of `metrics`; nothing is changed."""
        return [state[group]["lr"] for state in self._rehearsed([(float(m),) for m in metrics])]

    def plot(self, metrics: Iterable[Any], ax: Any = None) -> Any:  # type: ignore[override]
        """Draw `metrics`, one for each epoch to come, and the rates that they would lead to.

        The optimizer and the scheduler stay as they are.

        Args:
            ax: a matplotlib Axes to draw on; default: a new figure.

        Returns:
            The Axes of the rates.

        Raises:
            MissingExtraError: without matplotlib.
        """
        told = [float(m) for m in metrics]
        states = self._rehearsed([(m,) for m in told])
        ax = draw(type(self).__name__, states, self.last_epoch, self.yscale, ax, told)
        ax.set_xlabel("epoch")
        return ax


class ReduceLROnPlateau(OnMetric):
    """The rate times `factor` when a metric has not improved for more than `patience` epochs.

    Args:
        optimizer: the rates of its groups are set.
        mode: whether the metric should become small ("min", a loss) or large ("max", an accuracy).
        factor: below 1.
        patience: how many epochs without improvement are borne.
        threshold: less of an improvement does not count.
        threshold_mode: "rel": a part of the best; "abs": of the metric's unit.
        cooldown: epochs after a reduction in which nothing is counted.
        min_lr: rates stop here; a number, or a list of one for each group.
        eps: a smaller change of the rate is not made.

    Attributes:
        best: the best metric so far.

    Raises:
        OptionError: for a factor of 1 or more, or an unknown mode.
        ScheduleError: for a list of another length than the groups.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> ReduceLROnPlateau(optimizer, factor=0.5, patience=1).preview([3.0, 2.0, 2.0, 2.0, 1.0])
    [8.0, 8.0, 8.0, 8.0, 4.0, 4.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise OptionError("ReduceLROnPlateau: factor must be below 1.", got=str(factor))
        if threshold_mode not in ("rel", "abs"):
            raise OptionError("ReduceLROnPlateau: threshold_mode must be rel or abs.", got=repr(threshold_mode))
        super().__init__(optimizer, mode)
        self.min_lrs = for_each_group("min_lr", optimizer, min_lr)
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.factor, self.patience, self.cooldown, self.eps = factor, patience, cooldown, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown_counter = self.num_bad_epochs = 0

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Take note of the epoch's metric, a number or a Tensor of one; lower the rates if it is time."""
        current = float(metrics)
        self.last_epoch += 1
        if self.is_better(current, self.best):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._rates()

    def is_better(self, a: float, best: float) -> bool:
        """Whether `a` is better than `best` by more than the threshold."""
        sign = 1 if self.mode == "max" else -1
        margin = sign * self.threshold
        return sign * a > sign * (best * (1 + margin) if self.threshold_mode == "rel" else best + margin)

    @property
    def in_cooldown(self) -> bool:
        """Whether bad epochs are not counted at present."""
        return self.cooldown_counter > 0

    def _reduce_lr(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise ScheduleError("min_lr has one item for each group.", expected=f"{len(groups)} items",
                                    got=f"{len(self.min_lrs)}", mend="set scheduler.min_lrs anew")  # fmt: skip
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, lowest in zip(groups, self.min_lrs, strict=True):
            lr = max(group["lr"] * self.factor, lowest)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr


class HalveOnStall(OnMetric):
    """Half the rate when there was no improvement in n epochs, until it is 1/1024 of the first one.

    The schedule of Nielsen's "Neural Networks and Deep Learning", chapter 3: with it, the rate at the
    end of a training needs no choosing, and the end needs none either.

    Args:
        optimizer: the rates of its groups are set.
        patience: n; halve after so many epochs without a new best.
        stop: at this part of the first rate it is `finished`.
        mode: whether the metric should become large ("max", an accuracy) or small ("min", a loss).

    Attributes:
        best: the best metric so far.
        halvings: how often the rate was halved.
        finished: whether the rate is down to `stop` of the first: end the training.

    Raises:
        OptionError: for a patience below 1, a stop outside of (0, 1), or an unknown mode.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> scheduler = HalveOnStall(optimizer, patience=2, stop=1 / 4)
    >>> for accuracy in [0.9, 0.92, 0.92, 0.91, 0.92, 0.92]:
    ...     scheduler.step(accuracy)
    >>> scheduler.get_last_lr(), scheduler.finished
    ([2.0], True)
    """

    def __init__(self, optimizer: Optimizer, patience: int = 10, stop: float = 1 / 1024, mode: str = "max") -> None:
        if patience < 1:
            raise OptionError("HalveOnStall: patience must be 1 or more.", got=str(patience))
        if not 0 < stop < 1:
            raise OptionError("HalveOnStall: stop must be between 0 and 1.", got=str(stop))
        super().__init__(optimizer, mode)
        self.patience, self.stop = patience, stop
        self.num_bad_epochs = self.halvings = 0

    @property
    def finished(self) -> bool:
        """Whether the rate is down to `stop` of the first."""
        return bool(0.5**self.halvings <= self.stop)

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Take note of the epoch's metric, a number or a Tensor of one; halve the rates if it stalls."""
        current = float(metrics)
        self.last_epoch += 1
        if current > self.best if self.mode == "max" else current < self.best:
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.num_bad_epochs >= self.patience and not self.finished:
            for group in self.optimizer.param_groups:
                group["lr"] /= 2
            self.halvings, self.num_bad_epochs = self.halvings + 1, 0
        self._last_lr = self._rates()
