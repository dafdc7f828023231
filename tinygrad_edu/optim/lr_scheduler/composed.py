"""composed: schedules one after the other, and several at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ScheduleError, StateDictError
from ..optimizer import Optimizer
from .plateau import OnMetric
from .scheduler import LRScheduler, checked_optimizer, reset_to_initial

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Composed(LRScheduler):
    """A schedule of schedules of one optimizer."""

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler]) -> None:
        if not schedulers:
            raise ScheduleError(f"{type(self).__name__} takes at least one scheduler.")
        for i, scheduler in enumerate(schedulers):
            why = ""
            if not isinstance(scheduler, LRScheduler):
                why = f"is no scheduler, but {type(scheduler).__name__}"
            elif isinstance(scheduler, OnMetric):
                why = f"is {type(scheduler).__name__}, whose steps take a metric"
            elif scheduler.optimizer is not optimizer:
                why = "belongs to another optimizer"
            if why:
                raise ScheduleError(f"{type(self).__name__}: item {i} {why}.")
        self.optimizer = checked_optimizer(optimizer)
        self._schedulers = list(schedulers)

    def _check_state(self, state_dict: Mapping[str, Any]) -> None:
        super()._check_state(state_dict)
        states = state_dict["_schedulers"]
        if len(states) != len(self._schedulers):
            raise StateDictError(
                f"this state_dict does not fit {type(self).__name__}, which was left as it was.",
                expected=f"the states of {len(self._schedulers)} schedulers",
                got=f"{len(states)}",
            )
        for scheduler, state in zip(self._schedulers, states, strict=True):
            scheduler._check_state(state)


class SequentialLR(_Composed):
    """One schedule after the other: at each of the `milestones` the next begins, at its own epoch 0.

    A schedule begins at the initial rates, wherever the one before has ended; `MultiplicativeLR` and
    `SWALR` go on from there.

    Args:
        optimizer: the rates of its groups are set.
        schedulers: made for this optimizer.
        milestones: the epochs at which the second, the third … begins.

    Raises:
        ScheduleError: if a scheduler belongs to another optimizer or takes metrics, if the number of
            milestones is not one less, or if they do not rise.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> from tinygrad_edu.optim.lr_scheduler import ExponentialLR, LinearLR
    >>> up, down = LinearLR(optimizer, 0.25, total_iters=3), ExponentialLR(optimizer, 0.5)
    >>> SequentialLR(optimizer, [up, down], milestones=[3]).preview(6)
    [2.0, 4.0, 6.0, 8.0, 4.0, 2.0]
    """

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]) -> None:
        super().__init__(optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise ScheduleError(
                "SequentialLR takes one milestone between each two schedulers.",
                expected=f"{len(schedulers) - 1} milestones",
                got=f"{len(milestones)}",
            )
        if list(milestones) != sorted(set(milestones)):
            raise ScheduleError("the milestones of SequentialLR rise.", got=str(list(milestones)))
        self._milestones = list(milestones)
        reset_to_initial(optimizer)
        self._start()

    def _start(self, last_epoch: int = -1) -> None:
        self.last_epoch = 0
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._start()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:
        """Set the next rates: one step of the schedule whose turn it is, or the first of the next."""
        self.last_epoch += 1
        scheduler = self._schedulers[bisect_right(self._milestones, self.last_epoch)]
        if self.last_epoch in self._milestones:
            scheduler._restart()
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Composed):
    """Several schedules at once: each changes the rates that the one before has left.

    Args:
        schedulers: made for one optimizer.
        optimizer: that one, if it is to be checked.

    Raises:
        ScheduleError: if a scheduler belongs to another optimizer or takes metrics.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> from tinygrad_edu.optim.lr_scheduler import ConstantLR, ExponentialLR
    >>> parts = ConstantLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.5)
    >>> ChainedScheduler(parts).preview(4)
    [4.0, 2.0, 2.0, 1.0]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if optimizer is None:
            optimizer = getattr(schedulers[0] if schedulers else None, "optimizer", None)
        super().__init__(optimizer, schedulers)  # type: ignore[arg-type]
        self._last_lr = [group["lr"] for group in self.optimizer.param_groups]

    def _start(self, last_epoch: int = -1) -> None:
        for scheduler in self._schedulers:
            scheduler._start()
        self._last_lr = self._schedulers[-1].get_last_lr()

    def step(self) -> None:
        """Set the next rates: one step of each schedule, in order."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._schedulers[-1].get_last_lr()

    def _now(self) -> int:
        return self._schedulers[0]._now()
