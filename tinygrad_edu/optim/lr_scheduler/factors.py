"""factors: schedules that multiply the rate by a factor: at every step, at milestones, by a function of yours."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any

from ...errors import OptionError
from ..optimizer import Optimizer
from .scheduler import LRScheduler, for_each_group

__all__ = [
    "ConstantLR",
    "ExponentialLR",
    "InverseTimeLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "PolynomialLR",
    "StepLR",
]


def _functions(optimizer: Optimizer, lr_lambda: Any) -> list[Any]:
    functions = for_each_group("lr_lambda", optimizer, lr_lambda)
    for function in functions:
        if not callable(function):
            raise TypeError(f"lr_lambda must be a function of the epoch; got {type(function).__name__}")
    return functions


class LambdaLR(LRScheduler):
    """The initial rate times a function of the epoch.

    Args:
        optimizer: the rates of its groups are set.
        lr_lambda: from the epoch (0, 1, …) to a factor; or a list of such, one for each group.
        last_epoch: see `LRScheduler`.

    Raises:
        TypeError: for what cannot be called.
        ScheduleError: for a list of another length than the groups.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch)).preview(4)
    [8.0, 4.0, 2.6666666666666665, 2.0]
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        self.lr_lambdas: list[Callable[[int], float]] = _functions(optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [lr * f(self.last_epoch) for lr, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(LRScheduler):
    """The last rate times a function of the epoch. The first rate is the initial one.

    Takes what `LambdaLR` takes, and raises the same.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> MultiplicativeLR(optimizer, lambda epoch: 0.5).preview(4)
    [8.0, 4.0, 2.0, 1.0]
    """

    _chains = True

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        self.lr_lambdas: list[Callable[[int], float]] = _functions(optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        rates = [group["lr"] for group in self.optimizer.param_groups]
        if self._is_initial:
            return rates
        return [lr * f(self.last_epoch) for lr, f in zip(rates, self.lr_lambdas, strict=True)]

    def _restart(self) -> None:
        super()._restart()
        self._set(self.get_lr())  # the factor of epoch 0 counts when it follows another schedule, as in PyTorch


class _Factor(LRScheduler):
    """A schedule that multiplies the rates it finds, so that several of them on one optimizer multiply."""

    def _factor(self) -> float:
        """What the rates are multiplied by at `last_epoch`."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        factor = self._factor()
        return [group["lr"] * factor for group in self.optimizer.param_groups]


class StepLR(_Factor):
    """The rate times `gamma` every `step_size` epochs.

    Args:
        optimizer: the rates of its groups are set.
        step_size: epochs between two changes.
        gamma: the factor.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: for a step_size below 1.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> StepLR(optimizer, step_size=2, gamma=0.5).preview(6)
    [8.0, 8.0, 4.0, 4.0, 2.0, 2.0]
    """

    yscale = "log"

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size < 1:
            raise OptionError("StepLR: step_size must be 1 or more.", got=str(step_size))
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        return self.gamma if self.last_epoch and self.last_epoch % self.step_size == 0 else 1.0


class MultiStepLR(_Factor):
    """The rate times `gamma` at each of the `milestones`.

    Args:
        optimizer: the rates of its groups are set.
        milestones: epochs, in any order; one that is named twice counts twice.
        gamma: the factor.
        last_epoch: see `LRScheduler`.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> MultiStepLR(optimizer, [2, 3], gamma=0.5).preview(5)
    [8.0, 8.0, 4.0, 2.0, 2.0]
    """

    yscale = "log"

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        here = bisect_right(self.milestones, self.last_epoch) - bisect_right(self.milestones, self.last_epoch - 1)
        return float(self.gamma**here)


class ConstantLR(_Factor):
    """The rate times `factor` for the first `total_iters` epochs, then as it was: the simplest warm-up.

    Args:
        optimizer: the rates of its groups are set.
        factor: above 0, at most 1.
        total_iters: how many epochs.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: for another factor.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> ConstantLR(optimizer, factor=0.5, total_iters=2).preview(4)
    [4.0, 4.0, 8.0, 8.0]
    """

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0 < factor <= 1:
            raise OptionError("ConstantLR: factor must be above 0 and at most 1.", got=str(factor))
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        if self.last_epoch == 0:
            return self.factor if self.total_iters > 0 else 1.0
        return 1 / self.factor if self.last_epoch == self.total_iters else 1.0


class LinearLR(_Factor):
    """The rate times a factor that goes in a straight line from one value to another: warm-up, or decay.

    Args:
        optimizer: the rates of its groups are set.
        start_factor: the first factor, above 0, at most 1.
        end_factor: the last one, from 0 to 1.
        total_iters: how many epochs it takes; then it stays.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: for factors outside of these.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> LinearLR(optimizer, start_factor=0.25, total_iters=3).preview(5)
    [2.0, 4.0, 6.0, 8.0, 8.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise OptionError("LinearLR: start_factor must be above 0 and at most 1.", got=str(start_factor))
        if not 0 <= end_factor <= 1:
            raise OptionError("LinearLR: end_factor must be from 0 to 1.", got=str(end_factor))
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1.0
        rise = self.end_factor - self.start_factor
        return 1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)


class ExponentialLR(_Factor):
    """The rate times `gamma` at every epoch.

    Args:
        optimizer: the rates of its groups are set.
        gamma: the factor.
        last_epoch: see `LRScheduler`.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> ExponentialLR(optimizer, gamma=0.5).preview(4)
    [8.0, 4.0, 2.0, 1.0]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        return 1.0 if self._is_initial else self.gamma


class PolynomialLR(_Factor):
    """The initial rate times (1 - epoch / total_iters)^power: down to 0, where it stays.

    Args:
        optimizer: the rates of its groups are set.
        total_iters: how many epochs it takes.
        power: 1 for a straight line.
        last_epoch: see `LRScheduler`.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> PolynomialLR(optimizer, total_iters=4, power=2).preview(6)
    [8.0, 4.5, 2.0, 0.5, 0.0, 0.0]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1.0
        left = self.total_iters - self.last_epoch
        return float((left / (left + 1)) ** self.power)


class InverseTimeLR(_Factor):
    """The initial rate divided by 1 + decay t: CS231n's 1/t decay (Robbins and Monro 1951).

    Args:
        optimizer: the rates of its groups are set.
        decay: k; after 1/k epochs the rate is half of what it was.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: for a negative decay.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> InverseTimeLR(optimizer, decay=1.0).preview(4)
    [8.0, 4.0, 2.6666666666666665, 2.0]
    """

    def __init__(self, optimizer: Optimizer, decay: float, last_epoch: int = -1) -> None:
        if decay < 0:
            raise OptionError("InverseTimeLR: decay must not be negative.", got=str(decay))
        self.decay = decay
        super().__init__(optimizer, last_epoch)

    def _factor(self) -> float:
        if self._is_initial:
            return 1.0
        return (1 + self.decay * (self.last_epoch - 1)) / (1 + self.decay * self.last_epoch)
