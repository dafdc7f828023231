"""scheduler: what every schedule has: where it is, its rates, its state, a rehearsal of what comes."""

from __future__ import annotations

import copy
import types
import warnings
from collections.abc import Mapping
from typing import Any

from ...errors import ScheduleError, StateDictError, TinygradError, caller
from ...tensor import tick
from ..optimizer import Optimizer
from .drawing import draw

__all__ = ["LRScheduler"]


class LRScheduler:
    """The base of every schedule of learning rates: define `get_lr`.

    Making one notes each group's rate as its `initial_lr` and sets the first rate of the schedule.
    Call `step()` after the optimizer's: once an epoch, or once a batch, as the schedule counts.

    Args:
        optimizer: its groups' `lr` is what is set.
        last_epoch: -1 to begin; else the last epoch (or batch) of an optimizer whose groups carry
            their `initial_lr`. Loading a `state_dict()` resumes as well, and says more.

    Attributes:
        last_epoch: how many steps were made.
        base_lrs: the initial rate of each group.

    Raises:
        TinygradError: for what is not an optimizer.
        ScheduleError: with a last_epoch, if a group has no `initial_lr`.

    >>> import tinygrad_edu as tg
    >>> class Harmonic(LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / (1 + self.last_epoch) for lr in self.base_lrs]
    >>> Harmonic(tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)).preview(4)
    [1.0, 0.5, 0.3333333333333333, 0.25]
    """

    optimizer: Optimizer
    yscale = "linear"  # of the plot
    _chains = False  # whether it goes on from the rates it finds, when another schedule ends
    _is_initial = False
    _started = 0

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = checked_optimizer(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise ScheduleError(
                    f"resuming after epoch {last_epoch} takes the initial rates, and group {i} has none.",
                    mend="load the optimizer's state_dict first, or begin with last_epoch=-1",
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self._start(last_epoch)

    def get_lr(self) -> list[float]:
        """The rate of each group at `last_epoch`, where the groups still have those before.

        This is what a subclass defines; to read the rates, call `get_last_lr()`.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define get_lr()")

    def get_last_lr(self) -> list[float]:
        """The rate of each group, as the last step set it."""
        return list(self._last_lr)

    def step(self) -> None:
        """Set the next rates. Call it after `optimizer.step()`.

        Warns:
            UserWarning: at the first step, if no parameter has changed since the schedule began.
        """
        if self._step_count == 1:
            self._warn_if_untrained()
        self._step_count += 1
        self.last_epoch += 1
        self._set(self.get_lr())

    def _start(self, last_epoch: int = -1) -> None:
        """Set the first rates."""
        self.last_epoch, self._step_count = last_epoch, 0
        self._is_initial = True
        self.step()
        self._is_initial = False
        self._started = self._started or tick()

    def _restart(self) -> None:
        """Begin in the middle of a training, when another schedule ends."""
        if not self._chains:
            reset_to_initial(self.optimizer)
        self._start()

    def _set(self, rates: list[float]) -> None:
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ScheduleError(
                f"{type(self).__name__} was made for other groups of parameters.",
                expected=f"{len(rates)} groups",
                got=f"{len(groups)}",
                mend="add all groups to the optimizer before the scheduler is made",
            )
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = list(rates)

    def _warn_if_untrained(self) -> None:
        params = [p for group in self.optimizer.param_groups for p in group["params"]]
        if params and not any(p._memory is not None and p._memory.stamp > self._started for p in params):
            file, line, _ = caller()
            warnings.warn_explicit(
                "scheduler.step() was called before any parameter changed: the first rate of the schedule is lost. "
                "Call optimizer.step() first; to look at a schedule, call scheduler.plot(steps).",
                UserWarning,
                file or "<unknown>",
                line,
                registry=_warned,
            )

    # what comes

    def preview(self, steps: int, group: int = 0) -> list[float]:
        """The rates of one group for `steps` steps from here, the present one first.

        They are rehearsed on a copy: the optimizer and the scheduler stay as they are.
        """
        return [state[group]["lr"] for state in self._rehearsed([()] * (steps - 1))]

    def plot(self, steps: int | None = None, ax: Any = None) -> Any:
        """Draw the rates of `steps` steps from here, and the momentum if it changes with them.

        A line for each group whose rates differ. The optimizer and the scheduler stay as they are.

        Args:
            steps: default: those that are left of `total_steps` if the scheduler has an end, else 100.
            ax: a matplotlib Axes to draw on; default: a new figure.

        Returns:
            The Axes.

        Raises:
            MissingExtraError: without matplotlib.
        """
        if steps is None:
            steps = max(1, getattr(self, "total_steps", self.last_epoch + 100) - self.last_epoch)
        states = self._rehearsed([()] * (steps - 1))
        return draw(type(self).__name__, states, self._now(), self.yscale, ax)

    def _now(self) -> int:
        return self.last_epoch

    def _rehearsed(self, steps: list[Any]) -> list[list[dict[str, Any]]]:
        """The groups now and after each of `steps` (the arguments of `step`), played on a copy."""
        stage = copy.copy(self.optimizer)
        stage.param_groups = [{**group, "params": []} for group in self.optimizer.param_groups]
        twin: Any = copy.deepcopy(self, {id(self.optimizer): stage})
        states = [[dict(group) for group in stage.param_groups]]
        for arguments in steps:
            twin.step(*arguments)
            states.append([dict(group) for group in stage.param_groups])
        return states

    # saving and loading

    def state_dict(self) -> dict[str, Any]:
        """Options and position, as plain numbers, strings and lists: a copy.

        Of functions only the attributes of callable objects are kept, as in PyTorch; lambdas are None.
        """
        return {name: _plain(value) for name, value in vars(self).items() if name not in _OURS}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a `state_dict()` of a schedule of the same kind. The optimizer has its own.

        Raises:
            StateDictError: if names are missing or unexpected, or it was made for another number
                of groups. The schedule is as it was.
        """
        self._check_state(state_dict)
        own = vars(self)
        for name, value in state_dict.items():
            if name in own:
                own[name] = _merged(own[name], value)

    def _check_state(self, state_dict: Mapping[str, Any]) -> None:
        own = self.state_dict()
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own and not name.startswith("_")]  # PyTorch has two
        other = [name for name in own if name in state_dict and _misfits(own[name], state_dict[name])]
        if len(state_dict.get("_last_lr", ())) != len(own["_last_lr"]):
            other.append("number of groups")
        found = (("missing", missing), ("unexpected", unexpected), ("differs", other))
        if any(names for _, names in found):
            raise StateDictError(
                f"this state_dict does not fit {type(self).__name__}, which was left as it was.",
                got="\n".join(f"{kind}: {', '.join(names)}" for kind, names in found if names),
            )


_OURS = ("optimizer", "_is_initial", "_started")  # attributes that are not part of the state
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
_warned: dict[Any, Any] = {}  # where a line of the user's has been warned of once


def _plain(value: Any) -> Any:
    """A value of the state as plain data; of a callable object its attributes, of a function nothing."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, LRScheduler):
        return value.state_dict()
    if callable(value):
        return None if isinstance(value, _FUNCTIONS) else copy.deepcopy(getattr(value, "__dict__", None))
    return value


def _merged(own: Any, value: Any) -> Any:
    """A value of a state in its place here; a schedule or a callable stays, and takes over what was kept of it."""
    if isinstance(own, list) and len(own) == len(value):
        return [_merged(mine, theirs) for mine, theirs in zip(own, value, strict=True)]
    if isinstance(own, LRScheduler):
        own.load_state_dict(value)
    elif not callable(own):
        return copy.deepcopy(value)
    elif value is not None:
        vars(own).update(copy.deepcopy(value))
    return own


def _misfits(own: Any, value: Any) -> bool:
    return isinstance(own, list) != isinstance(value, (list, tuple)) or isinstance(own, str) != isinstance(value, str)


def checked_optimizer(optimizer: Any) -> Optimizer:
    """The optimizer, if it is one."""
    if not isinstance(optimizer, Optimizer):
        raise TinygradError("a scheduler takes an optimizer.", got=type(optimizer).__name__)
    return optimizer


def reset_to_initial(optimizer: Optimizer) -> None:
    """Put every group's rate back to its `initial_lr`."""
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"]


def for_each_group(name: str, optimizer: Any, value: Any) -> list[Any]:
    """One value for each group: the items of a list, or the one value for all."""
    groups = len(checked_optimizer(optimizer).param_groups)
    values = list(value) if isinstance(value, (list, tuple)) else [value] * groups
    if len(values) != groups:
        raise ScheduleError(f"{name} has one item for each group.", expected=f"{groups} items", got=f"{len(values)}")
    return values
