"""run: one training as it stands: what callbacks look at, and what a checkpoint keeps."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..data.dataset import Dataset
from ..errors import TinygradError
from ..modes import no_grad
from ..nn.module import Module, in_mode
from ..random import get_rng_state, set_rng_state
from .callbacks import Callback
from .history import History
from .metrics import Meter
from .nonfinite import explain

__all__ = ["Run", "evaluate"]


class Run:
    """One training as it stands, as `fit` makes it and every callback is given it.

    Attributes:
        model, loss, optimizer, data, validation, scheduler, epochs: what `fit` was given.
        history: a row for every epoch that is over.
        epoch: how many epochs are over.
        step: how many steps have been taken, of all epochs.
        batch: how many steps of the epoch that is running.
        value: the loss of the last batch, a float.
        seen: loss and metrics of this epoch so far, a dict.
        stopped: why the training is to end before its last epoch: a text; "" to go on.

    >>> import tinygrad_edu as tg
    >>> model = tg.nn.Linear(2, 1)
    >>> run = Run(model, tg.nn.MSELoss(), tg.optim.SGD(model.parameters(), lr=0.1), [(tg.ones(4, 2), tg.ones(4, 1))])
    >>> run.epoch, run.step, run.epochs, run.stopped
    (0, 0, 1, '')
    """

    def __init__(
        self,
        model: Any,
        loss: Any,
        optimizer: Any,
        data: Any,
        epochs: int = 1,
        validation: Any = None,
        scheduler: Any = None,
        metrics: Any = None,
        callbacks: Any = (),
    ) -> None:
        for given in (data, validation):
            if isinstance(given, Dataset):
                raise TinygradError(
                    "fit takes batches, and a dataset yields samples.",
                    got=type(given).__name__,
                    mend="data.DataLoader(dataset, batch_size, shuffle=True)",
                )
        trained = {id(p) for group in optimizer.param_groups for p in group["params"]}
        if trained.isdisjoint(id(p) for part in (model, loss) if isinstance(part, Module) for p in part.parameters()):
            raise TinygradError(
                "the optimizer has none of the model's parameters, so the model would stay as it is.",
                mend="make the optimizer after the model: optim.SGD(model.parameters(), lr=0.1)",
            )
        self.model, self.loss, self.optimizer, self.data = model, loss, optimizer, data
        self.epochs, self.validation, self.scheduler = epochs, validation, scheduler
        self.callbacks: list[Callback] = list(callbacks)
        self.history = History()
        self.epoch = self.step = self.batch = 0
        self.value, self.stopped = float("nan"), ""
        self._meter, self._validated = Meter(copy.deepcopy(metrics)), Meter(copy.deepcopy(metrics))
        self._epoch_random: Any = None  # where the Generator was when the epoch began

    @property
    def seen(self) -> dict[str, float]:
        """Loss and metrics of this epoch so far."""
        return self._meter.compute()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.tell("teardown")

    def place(self) -> str:
        """Where the training is, in words."""
        return f"step {self.step} (epoch {self.epoch + 1}, batch {self.batch})"

    def stop(self, why: str) -> None:
        """End the training after this epoch, or after this batch if called within one."""
        self.stopped = why

    def tell(self, event: str) -> None:
        """Call the method `event` of every callback."""
        for callback in self.callbacks:
            getattr(callback, event)(self)

    def batches(self) -> Iterator[tuple[list[Any], Any]]:
        """What is left of this epoch: (inputs, targets) of every batch."""
        if not self.model.training:  # a part that was set to eval() stays so, as a frozen BatchNorm must
            self.model.train()
        for batch in self._rest():
            if not isinstance(batch, (tuple, list)) or len(batch) < 2:
                raise TinygradError(
                    "fit trains on batches of inputs and targets.",
                    expected="a tuple (inputs, targets)",
                    got=f"{type(batch).__name__} of {len(batch)}" if hasattr(batch, "__len__") else repr(type(batch)),
                    mend="data.DataLoader(data.TensorDataset(inputs, targets), batch_size, shuffle=True)",
                )
            *inputs, targets = batch
            self.batch += 1
            yield inputs, targets

    def _rest(self) -> Iterator[Any]:
        """Data that knows its position goes on by itself; other data is replayed up to it."""
        if hasattr(self.data, "state_dict"):
            return iter(self.data)
        if not self.batch:
            self._epoch_random = get_rng_state()
            return iter(self.data)
        now = get_rng_state()
        set_rng_state(self._epoch_random)
        rest = iter(self.data)
        for _ in range(self.batch):
            next(rest)
        set_rng_state(now)
        return rest

    def learn(self, inputs: list[Any], targets: Any) -> None:
        """One step: forward, loss, backward, update; the loss is looked at before anything is changed."""
        first = True

        def closure() -> Any:  # LBFGS calls it more than once
            nonlocal first
            random = get_rng_state()
            outputs = self.model(*inputs)
            loss = self.loss(outputs, targets)
            value = loss.item()
            if not np.isfinite(value):
                explain(self, inputs, targets, value, random)
            self.optimizer.zero_grad()  # not before: the report tells of the last gradients
            loss.backward()
            if first:
                self.value, first = value, False
                self._meter.update(value, outputs, targets)
            self.tell("on_before_optimizer_step")
            return loss

        self.optimizer.step(closure)
        self.step += 1

    def close_epoch(self) -> None:
        """Validate, and note the epoch in the history."""
        if not self.batch:
            raise TinygradError("the data to train on has no batches.", mend="smaller batches, or drop_last=False")
        row = {"epoch": self.epoch + 1, "step": self.step, "lr": float(self.optimizer.param_groups[0]["lr"])}
        row |= self.seen
        if self.validation is not None:
            found = _evaluated(self.model, self.loss, self.validation, self._validated)
            row |= {f"val_{name}": value for name, value in found.items()}
        self.history.rows.append(row)
        self.epoch, self.batch = self.epoch + 1, 0
        self._meter.reset()

    def move_rate(self) -> None:
        """Step the scheduler; one that watches a value is given the newest loss, or the accuracy if more is better."""
        row, scheduler = self.history.rows[-1], self.scheduler
        first = next(iter(inspect.signature(scheduler.step).parameters.values()), None)
        watches = first is not None and first.default is first.empty and first.kind is first.POSITIONAL_OR_KEYWORD
        if not watches:
            scheduler.step()
            return
        key = "accuracy" if getattr(scheduler, "mode", "min") == "max" and "accuracy" in row else "loss"
        scheduler.step(row.get(f"val_{key}", row[key]))
        if getattr(scheduler, "finished", False):
            self.stop("the schedule's last rate is reached")

    # for the checkpoint

    def parts(self) -> dict[str, Any]:
        """What a checkpoint keeps, by name."""
        found = {"model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler}
        found |= {"data": self.data, "validation": self.validation, "run": self}
        return {name: part for name, part in found.items() if hasattr(part, "state_dict")}

    def state_dict(self) -> dict[str, Any]:
        """How far the training is, its history, and what metrics and callbacks remember."""
        return {
            **{name: getattr(self, name) for name in ("epoch", "step", "batch", "stopped")},
            "history": [dict(row) for row in self.history.rows],
            "meter": self._meter.state_dict(),
            "random": self._epoch_random,
            "callbacks": [[type(c).__name__, c.state_dict()] for c in self._remembering()],
            "kinds": self._kinds(),
        }

    def _kinds(self) -> dict[str, str]:
        """What does the steps: the states of two kinds may look alike."""
        found = {"optimizer": self.optimizer, "scheduler": self.scheduler}
        return {name: "none" if part is None else type(part).__name__ for name, part in found.items()}

    def _remembering(self) -> list[Callback]:
        """The callbacks that a checkpoint must know of."""
        return [callback for callback in self.callbacks if type(callback).state_dict is not Callback.state_dict]

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a `state_dict()`.

        Raises:
            TinygradError: if it is of another optimizer, another scheduler or other callbacks than these.
        """
        for part, kind in self._kinds().items():
            if state["kinds"][part] != kind:
                raise TinygradError(
                    f"the checkpoint is of a training with another {part}.",
                    expected=state["kinds"][part],
                    got=kind,
                    mend=f"pass the same {part}=; or start anew, with another checkpoint=",
                )
        callbacks = self._remembering()
        theirs, ours = [name for name, _ in state["callbacks"]], [type(c).__name__ for c in callbacks]
        if theirs != ours:
            raise TinygradError(
                "the checkpoint is of a training with other callbacks.",
                expected=", ".join(theirs) or "none",
                got=", ".join(ours) or "none",
                mend="pass the same callbacks=, in the same order",
            )
        for name in ("epoch", "step", "batch", "stopped"):
            setattr(self, name, state[name])
        self.history.rows[:] = state["history"]
        self._meter.load_state_dict(state["meter"])
        self._epoch_random = state["random"]
        for callback, (_, remembered) in zip(callbacks, state["callbacks"], strict=True):
            callback.load_state_dict(remembered)


def evaluate(model: Any, loss: Any, data: Any, metrics: Any = None) -> dict[str, Any]:
    """Loss and metrics over data, in evaluation mode, recording nothing; the model's mode is put back.

    Args:
        loss: from outputs and targets to a mean over the batch.
        data: yields batches, tuples (inputs, targets).
        metrics: as for `fit`; a ConfusionMatrix too, which then holds its counts, for its picture.

    Returns:
        `loss`, the mean over all samples, and each metric by its name.

    Raises:
        TinygradError: without batches, as from an iterator that has ended.

    >>> import tinygrad_edu as tg
    >>> batches = [(tg.tensor([[2.0, 0.0], [0.0, 1.0]]), tg.tensor([0, 0]))]
    >>> evaluate(tg.nn.Identity(), tg.nn.functional.cross_entropy, batches)["accuracy"]
    0.5
    """
    return _evaluated(model, loss, data, Meter(metrics))


def _evaluated(model: Any, loss: Any, data: Any, meter: Meter) -> dict[str, Any]:
    meter.reset()
    batch = None
    with no_grad(), in_mode(model, training=False):
        for batch in data:
            *inputs, targets = batch
            outputs = model(*inputs)
            meter.update(loss(outputs, targets).item(), outputs, targets)
    if batch is None:
        raise TinygradError(
            "the data to evaluate on has no batches, or is an iterator that has ended.", mend="a DataLoader, or a list"
        )
    return meter.compute()
