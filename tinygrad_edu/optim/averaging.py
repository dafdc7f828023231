"""averaging: one model out of the weights of many moments of a training: Polyak's mean, EMA and SWA."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from ..errors import OptionError, StateDictError, TinygradError
from ..modes import no_grad
from ..nn.module import Module, in_mode
from ..nn.normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d
from ..tensor import Tensor, written
from .lr_scheduler.scheduler import LRScheduler, for_each_group
from .optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

AverageOne = Callable[[Tensor, Tensor, Tensor], Tensor]
AverageAll = Callable[[Sequence[Tensor], Sequence[Tensor], Tensor], None]


def _check_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise OptionError("the decay of a moving average is from 0 to 1.", got=str(decay))


def get_ema_avg_fn(decay: float = 0.999) -> AverageOne:
    """The exponential moving average, for `avg_fn`: decay times the average, plus 1 - decay times the new.

    >>> import tinygrad_edu as tg
    >>> get_ema_avg_fn(0.75)(tg.tensor(4.0), tg.tensor(8.0), 1)
    tensor(5.)
    """
    _check_decay(decay)
    return no_grad(lambda average, current, n: decay * average + (1 - decay) * current)


def get_swa_avg_fn() -> AverageOne:
    """The mean of all so far, for `avg_fn`: the average of n, moved towards the new one by 1 / (n + 1).

    >>> import tinygrad_edu as tg
    >>> get_swa_avg_fn()(tg.tensor(4.0), tg.tensor(8.0), 3)
    tensor(5.)
    """
    return no_grad(lambda average, current, n: average + (current - average) / (n + 1))


def get_ema_multi_avg_fn(decay: float = 0.999) -> AverageAll:
    """`get_ema_avg_fn` for `multi_avg_fn`: it writes a list of averages in place.

    >>> import tinygrad_edu as tg
    >>> averages = [tg.tensor(4.0), tg.tensor(0.0)]
    >>> get_ema_multi_avg_fn(0.75)(averages, [tg.tensor(8.0), tg.tensor(4.0)], 1); averages
    [tensor(5.), tensor(1.)]
    """
    _check_decay(decay)
    return lambda averages, currents, n: _towards(averages, currents, 1 - decay)


def get_swa_multi_avg_fn() -> AverageAll:
    """`get_swa_avg_fn` for `multi_avg_fn`: it writes a list of averages in place.

    >>> import tinygrad_edu as tg
    >>> averages = [tg.tensor(4.0), tg.tensor(0.0)]
    >>> get_swa_multi_avg_fn()(averages, [tg.tensor(8.0), tg.tensor(4.0)], 3); averages
    [tensor(5.), tensor(1.)]
    """
    return lambda averages, currents, n: _towards(averages, currents, 1 / (float(n) + 1))


def _towards(averages: Sequence[Tensor], currents: Sequence[Tensor], part: float) -> None:
    """Move each average a part of the way to its current value, in place; whole numbers are cut off, as in PyTorch."""
    for average, current in zip(averages, currents, strict=True):
        step = current._data - average._data
        if average._data.dtype.kind == "f":
            step *= part
            average._data += step
        else:
            average._data[...] = average._data + step * part
        written(average)


def _copy(averages: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    for average, value in zip(averages, values, strict=True):
        average._data[...] = value._data
        written(average)


class AveragedModel(Module):
    """A copy of a model whose weights are the average of the model's own at each `update_parameters`.

    - Updated after every step, it is Polyak's average (Polyak and Juditsky 1992).
    - With `multi_avg_fn=get_ema_multi_avg_fn(decay)` it is the exponential moving average, which forgets.
    - Updated after every epoch or cycle late in training, at the constant rate of `SWALR`, it is
      stochastic weight averaging (Izmailov and others 2018).

    BatchNorm's statistics do not belong to averaged weights: call `update_bn` at the end.

    Args:
        model: is copied.
        avg_fn: from the average, the current value and the number averaged so far to the new
            average; default: the mean of all.
        multi_avg_fn: instead, the same for lists of one dtype, writing the averages in place.
        use_buffers: average the buffers, too; else they are copied.

    Attributes:
        module: the average, a model like the one that was given.
        n_averaged: a buffer: how many were averaged.

    Raises:
        OptionError: for both functions.

    >>> import tinygrad_edu as tg
    >>> model = tg.nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     with tg.no_grad():
    ...         _ = model.weight.fill_(value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item(), averaged(tg.ones(1, 1)).item()
    (3.0, 3.0)
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        *,
        avg_fn: AverageOne | None = None,
        multi_avg_fn: AverageAll | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise OptionError("AveragedModel takes avg_fn or multi_avg_fn, not both.")
        self.module = copy.deepcopy(model)
        self.register_buffer("n_averaged", Tensor(np.array(0)))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **keywords: Any) -> Any:
        """What the averaged model makes of it."""
        return self.module(*args, **keywords)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the present weights of `model` into the average; the first are the average.

        Raises:
            StateDictError: for a model of other parameters or buffers. Nothing is changed.
        """
        mine, its = _values(self.module), _values(model)
        if [[t.shape for t in part] for part in mine] != [[t.shape for t in part] for part in its]:
            raise StateDictError(
                "the model is not like the one that is averaged.", mend="pass the model, or a copy, that it was made of"
            )
        averages, currents = (list(chain(*part)) if self.use_buffers else part[0] for part in (mine, its))
        if self.n_averaged.item() == 0:
            _copy(averages, currents)
        elif self.avg_fn is None:
            self._average_all(averages, currents)
        else:
            new = [self.avg_fn(a, c, self.n_averaged) for a, c in zip(averages, currents, strict=True)]
            _copy(averages, new)
        if not self.use_buffers:
            _copy(mine[1], its[1])
        self.n_averaged._data[...] += 1
        written(self.n_averaged)

    def _average_all(self, averages: list[Tensor], currents: list[Tensor]) -> None:
        """By `multi_avg_fn`, for the Tensors of each dtype."""
        function = self.multi_avg_fn or get_swa_multi_avg_fn()
        for dtype in dict.fromkeys(t.dtype for t in averages):
            pairs = [pair for pair in zip(averages, currents, strict=True) if pair[0].dtype == dtype]
            function([a for a, _ in pairs], [c for _, c in pairs], self.n_averaged)


def _values(model: Module) -> tuple[list[Tensor], list[Tensor]]:
    """The parameters and the buffers of a model, outside of the graph."""
    return [p.detach() for p in model.parameters()], [b.detach() for b in model.buffers()]


@no_grad()
def update_bn(loader: Iterable[Any], model: Module) -> None:
    """Compute the running statistics of every BatchNorm anew: the mean over the batches of one pass.

    Args:
        loader: batches; of a tuple or list the first item is what the model takes.
        model: such as an `AveragedModel`. Nothing but those statistics is changed.

    Raises:
        TinygradError: if there are no batches. The statistics are as they were, as after any error.

    >>> import tinygrad_edu as tg
    >>> model = tg.nn.BatchNorm1d(1)
    >>> update_bn([tg.tensor([[1.0], [3.0]]), tg.tensor([[5.0], [7.0]])], model)
    >>> model.running_mean, model.running_var
    (tensor([4.]), tensor([2.]))
    """
    layers = [module for module in model.modules() if isinstance(module, (BatchNorm1d, BatchNorm2d, BatchNorm3d))]
    if not layers:
        return
    momenta = [(layer, layer.momentum) for layer in layers]
    before = [(b, b._data.copy()) for layer in layers for b in layer.buffers()]
    done = False
    try:
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None  # the mean of all batches
        with in_mode(model, training=True):
            for batch in loader:
                model(batch[0] if isinstance(batch, (list, tuple)) else batch)
                done = True
        if not done:
            raise TinygradError("update_bn was given no batches.", mend="pass a DataLoader, or a list of batches")
    except BaseException:
        for buffer, values in before:
            buffer._data[...] = values
            written(buffer)
        raise
    finally:
        for layer, momentum in momenta:
            layer.momentum = momentum


class SWALR(LRScheduler):
    """From the rate it finds to `swa_lr` within `anneal_epochs`, where it stays: the rate to average at.

    Args:
        optimizer: the rates of its groups are set.
        swa_lr: the last rate, or a list of one for each group.
        anneal_epochs: how many epochs it takes.
        anneal_strategy: "cos" or "linear".
        last_epoch: see `LRScheduler`.

    Raises:
        OptionError: for negative or broken epochs, or an unknown strategy.
        ScheduleError: for a list of another length than the groups.

    >>> import tinygrad_edu as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=8.0)
    >>> SWALR(optimizer, swa_lr=2.0, anneal_epochs=2, anneal_strategy="linear").preview(5)
    [8.0, 5.0, 2.0, 2.0, 2.0]
    """

    _chains = True

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = for_each_group("swa_lr", optimizer, swa_lr)
        if anneal_strategy not in ("cos", "linear"):
            raise OptionError("SWALR: anneal_strategy must be cos or linear.", got=repr(anneal_strategy))
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise OptionError("SWALR: anneal_epochs must be a whole number, not negative.", got=str(anneal_epochs))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        self.anneal_epochs, self._anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _done(self, step: int) -> float:
        """How far on its way the rate is after so many steps: from 0 to 1."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[float]:
        step = max(self._step_count - 1, 1 if self.anneal_epochs == 0 else 0)
        before, now = self._done(step - 1), self._done(step)
        rates = []
        for group in self.optimizer.param_groups:
            lr, last = group["lr"], group["swa_lr"]
            begun = last if before == 1 else (lr - before * last) / (1 - before)  # where the rate came from
            rates.append(last * now + begun * (1 - now))
        return rates
