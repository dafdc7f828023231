"""cycles: rates that rise and fall while the momentum falls and rises; a step is a batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...errors import OptionError, ScheduleError
from ..optimizer import Optimizer
from .scheduler import LRScheduler, for_each_group

__all__ = ["CyclicLR", "OneCycleLR"]


class _Cycle(LRScheduler):
    """A schedule that may set the momentum, too: `momentum`, or the first of the `betas`."""

    cycle_momentum: bool
    base_momentums: list[float]
    max_momentums: list[float]

    def _prepare_momentum(self, optimizer: Optimizer, cycle: bool, base: Any, high: Any, last_epoch: int) -> None:
        self.cycle_momentum = cycle
        if not cycle:
            return
        if not {"momentum", "betas"} & set(optimizer.defaults):
            raise ScheduleError(
                f"{type(optimizer).__name__} has no momentum that could be cycled.", mend="pass cycle_momentum=False"
            )
        self.base_momentums = for_each_group("base_momentum", optimizer, base)
        self.max_momentums = for_each_group("max_momentum", optimizer, high)
        if last_epoch == -1:
            pairs = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, top) in zip(optimizer.param_groups, pairs, strict=True):
                group["base_momentum"], group["max_momentum"] = low, top

    def _momentums(self) -> list[float]:
        """The momentum of each group at `last_epoch`."""
        raise NotImplementedError

    def _set(self, rates: list[float]) -> None:
        super()._set(rates)
        if self.cycle_momentum:
            for group, momentum in zip(self.optimizer.param_groups, self._momentums(), strict=True):
                if "betas" in group:
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum


class CyclicLR(_Cycle):
    """From `base_lr` up to `max_lr` and back, again and again, in straight lines (Smith 2017).

    Args:
        optimizer: the rates (and momentums) of its groups are set.
        base_lr: the lowest rate, or a list of one for each group.
        max_lr: the highest rate, likewise.
        step_size_up: steps from the lowest to the highest.
        step_size_down: steps back; default: as many.
        mode: "triangular"; "triangular2": each cycle half as high as the last; "exp_range": gamma^step as high.
        gamma: for exp_range.
        scale_fn: a function that says how high, instead of a mode.
        scale_mode: what scale_fn is given: the number of the "cycle", from 1, or of the "iterations", from 0.
        cycle_momentum: whether the momentum goes the other way.
        base_momentum: the momentum at the highest rate, or a list of one for each group.
        max_momentum: the momentum at the lowest rate, likewise.
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: for an unknown mode, or no steps.
        ScheduleError: to cycle a momentum that the optimizer does not have; for lists of another
            length than the groups.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], momentum=0.9)
    >>> CyclicLR(optimizer, base_lr=1.0, max_lr=5.0, step_size_up=2, mode="triangular2").preview(8)
    [1.0, 3.0, 5.0, 3.0, 1.0, 2.0, 3.0, 2.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        down = step_size_up if step_size_down is None else step_size_down
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise OptionError("CyclicLR: mode must be triangular, triangular2 or exp_range.", got=repr(mode))
        if scale_mode not in ("cycle", "iterations"):
            raise OptionError("CyclicLR: scale_mode must be cycle or iterations.", got=repr(scale_mode))
        if step_size_up <= 0 or down <= 0:
            raise OptionError("CyclicLR: it takes steps up and down.", got=f"{step_size_up} and {down}")
        lows = for_each_group("base_lr", optimizer, base_lr)
        self.max_lrs = for_each_group("max_lr", optimizer, max_lr)
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        self._prepare_momentum(optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch)
        if last_epoch == -1:
            for group, low in zip(optimizer.param_groups, lows, strict=True):
                group["lr"] = low
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lows

    def scale_fn(self, x: float) -> float:
        """How high the cycle `x`, or the step `x`, goes; 1 is all the way."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular2":
            return 0.5 ** (x - 1)
        return self.gamma**x if self.mode == "exp_range" else 1.0

    def _height(self) -> float:
        """How far above the base `last_epoch` is: from 0 to 1, times the scale."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        return height * self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)

    def get_lr(self) -> list[float]:
        height = self._height()
        return [low + (top - low) * height for low, top in zip(self.base_lrs, self.max_lrs, strict=True)]

    def _momentums(self) -> list[float]:
        height, pairs = self._height(), zip(self.base_momentums, self.max_momentums, strict=True)
        return [top - (top - low) * height for low, top in pairs]


_LR_ENDS = "initial_lr", "max_lr", "min_lr"
_MOMENTUM_ENDS = "max_momentum", "base_momentum", "max_momentum"


class OneCycleLR(_Cycle):
    """Up to `max_lr` and down to almost nothing, once: super-convergence (Smith and Topin 2019).

    From max_lr / div_factor up during `pct_start` of the steps, then down to 1 / final_div_factor of
    what it began with. The momentum goes the other way.

    Args:
        optimizer: the rates (and momentums) of its groups are set.
        max_lr: the highest rate, or a list of one for each group.
        total_steps: how many batches there will be; or give the next two:
        epochs, steps_per_epoch: total_steps is their product.
        pct_start: the part of the steps that rises, from 0 to 1.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: whether the momentum goes the other way.
        base_momentum: the momentum at the highest rate, or a list of one for each group.
        max_momentum: the momentum at the lowest rates, likewise.
        div_factor: how many times lower the first rate is than the highest.
        final_div_factor: how many times lower the last rate is than the first.
        three_phase: down as long as up, then from the first rate to the last, as in the paper.
        last_epoch: see `LRScheduler`; here it counts batches.

    Raises:
        OptionError: for no or wrong numbers of steps, a pct_start outside of [0, 1], an unknown strategy.
        ScheduleError: for more steps than these; to cycle a momentum that the optimizer does not have;
            for lists of another length than the groups.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], momentum=0.9)
    >>> scheduler = OneCycleLR(optimizer, max_lr=8.0, total_steps=10, div_factor=8, anneal_strategy="linear")
    >>> [round(lr, 2) for lr in scheduler.preview(10)]
    [1.0, 4.5, 8.0, 6.86, 5.71, 4.57, 3.43, 2.29, 1.14, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= pct_start <= 1:
            raise OptionError("OneCycleLR: pct_start must be from 0 to 1.", got=str(pct_start))
        if anneal_strategy not in ("cos", "linear"):
            raise OptionError("OneCycleLR: anneal_strategy must be cos or linear.", got=repr(anneal_strategy))
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        self.pct_start, self.three_phase, self._anneal_func_type = pct_start, three_phase, anneal_strategy
        tops = for_each_group("max_lr", optimizer, max_lr)
        self._prepare_momentum(optimizer, cycle_momentum, base_momentum, max_momentum, last_epoch)
        if last_epoch == -1:
            for group, top in zip(optimizer.param_groups, tops, strict=True):
                first = top / div_factor
                group["initial_lr"], group["max_lr"], group["min_lr"] = first, top, first / final_div_factor
        super().__init__(optimizer, last_epoch)

    def step(self) -> None:
        """Set the next rates. Call it after every batch.

        Raises:
            ScheduleError: after more than `total_steps`. The rates stay.
        """
        if self.last_epoch >= self.total_steps:
            raise ScheduleError(
                "the cycle is over: this is one step more than it was made for.",
                expected=f"{self.total_steps} steps",
                mend="pass total_steps=, or epochs= and steps_per_epoch=, as long as the training is",
            )
        super().step()

    def _between(self, lr: bool) -> list[float]:
        """The rate or the momentum of each group, between the two ends of the phase that `last_epoch` is in."""
        end, last = self.pct_start * self.total_steps - 1, self.total_steps - 1
        low, top, final = _LR_ENDS if lr else _MOMENTUM_ENDS
        phases = [(0.0, end, low, top), (end, last, top, final)]
        if self.three_phase:
            back = 2 * self.pct_start * self.total_steps - 2
            phases[1:] = [(end, back, top, low), (back, last, low, final)]
        start, stop, a, b = next((phase for phase in phases if self.last_epoch <= phase[1]), phases[-1])
        done = (self.last_epoch - start) / (stop - start) if stop != start else 1.0
        if self._anneal_func_type == "cos":
            done = (1 - math.cos(math.pi * done)) / 2
        return [group[a] + (group[b] - group[a]) * done for group in self.optimizer.param_groups]

    def get_lr(self) -> list[float]:
        return self._between(lr=True)

    def _momentums(self) -> list[float]:
        return self._between(lr=False)


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """How many steps a cycle has."""
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise OptionError("OneCycleLR needs total_steps, or epochs and steps_per_epoch.")
    given = (epochs, steps_per_epoch) if total_steps is None else (total_steps,)
    for number in given:
        if not isinstance(number, int) or number < 1:
            raise OptionError("OneCycleLR: numbers of steps and epochs are positive integers.", got=str(number))
    return math.prod(given)  # type: ignore[arg-type]
