"""cosine: rates that fall along half a cosine, and may jump up to begin anew."""

from __future__ import annotations

import math

from ...errors import OptionError
from ..optimizer import Optimizer
from .scheduler import LRScheduler

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    """Down half a cosine to `eta_min` within `T_max` epochs: eta_min + (lr - eta_min) (1 + cos(pi t / T_max)) / 2.

    After T_max it climbs again, as the cosine does. It goes on from the rates that it finds, so that
    it may be chained with others (Loshchilov and Hutter 2017, without the restarts).

    Args:
        optimizer: the rates of its groups are set.
        T_max: epochs from the highest rate to the lowest.
        eta_min: the lowest rate.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: for a T_max that is not positive.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> [round(lr, 3) for lr in CosineAnnealingLR(optimizer, T_max=4).preview(5)]
    [8.0, 6.828, 4.0, 1.172, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        if T_max <= 0:
            raise OptionError("CosineAnnealingLR: T_max must be positive.", got=str(T_max))
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        rates = [group["lr"] for group in self.optimizer.param_groups]
        if self._is_initial:
            return rates
        here, low = self.last_epoch, self.eta_min
        if (here - 1 - self.T_max) % (2 * self.T_max) == 0:  # up from the lowest, where a ratio would be 0 / 0
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [lr + (base - low) * rise for base, lr in zip(self.base_lrs, rates, strict=True)]
        above, before = (1 + math.cos(math.pi * t / self.T_max) for t in (here, here - 1))
        return [low + (lr - low) * above / before for lr in rates]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Down half a cosine, again and again: SGDR (Loshchilov and Hutter 2017).

    Args:
        optimizer: the rates of its groups are set.
        T_0: epochs of the first cycle.
        T_mult: each cycle is so many times as long as the one before.
        eta_min: the lowest rate, which a cycle stops short of.
        last_epoch: see `LRScheduler`.

    Attributes:
        T_cur: epochs since the last restart.
        T_i: epochs of this cycle.

    Raises:
        OptionError: for T_0 or T_mult that are not positive integers.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> [round(lr, 3) for lr in CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2).preview(7)]
    [8.0, 4.0, 8.0, 6.828, 4.0, 1.172, 8.0]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise OptionError(f"CosineAnnealingWarmRestarts: {name} must be a positive integer.", got=str(value))
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = 0
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Set the next rates, or those of `epoch`, which may lie between two: `epoch + i / len(batches)`.

        Raises:
            OptionError: for a negative epoch.
        """
        if epoch is None:
            if self._step_count == 1:
                self._warn_if_untrained()
            epoch = self.last_epoch + 1
        if epoch < 0:
            raise OptionError("CosineAnnealingWarmRestarts: epoch must not be negative.", got=str(epoch))
        self._step_count += 1
        self.last_epoch = math.floor(epoch)
        self.T_cur, self.T_i = self._position(epoch)
        self._set(self.get_lr())

    def _position(self, epoch: float) -> tuple[float, int]:
        """How far into its cycle `epoch` is, and how long that cycle is."""
        if self.T_mult == 1:
            return epoch % self.T_0, self.T_0
        length = self.T_0
        while epoch >= length:
            epoch, length = epoch - length, length * self.T_mult
        return epoch, length

    def get_lr(self) -> list[float]:
        share = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]
