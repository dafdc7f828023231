"""callbacks: what is told of every event of a training, and early stopping."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import OptionError, TinygradError

if TYPE_CHECKING:
    from .run import Run

__all__ = ["Callback", "EarlyStopping"]


class Callback:
    """The base of what `fit` tells of its events: define the methods you want; each is given the Run.

    What a callback remembers belongs into `state_dict()`, so that a training which was killed goes on
    as if nothing had happened.

    >>> import tinygrad_edu as tg
    >>> class Clip(Callback):
    ...     def on_before_optimizer_step(self, run):
    ...         tg.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    """

    def on_train_start(self, run: Run) -> None:
        """Before the first step, and after a checkpoint was read."""

    def on_epoch_start(self, run: Run) -> None:
        """Before the first batch of an epoch (or the first that is left of it)."""

    def on_before_optimizer_step(self, run: Run) -> None:
        """The gradients are there, and the parameters not yet changed."""

    def on_batch_end(self, run: Run) -> None:
        """After a step; `run.value` is its loss."""

    def on_epoch_end(self, run: Run) -> None:
        """After validation; `run.history.rows[-1]` is the epoch's row."""

    def on_save_checkpoint(self, run: Run) -> None:
        """Before a checkpoint is written: what is kept elsewhere must reach its file now."""

    def on_train_end(self, run: Run) -> None:
        """After the last epoch, or where the training was stopped; not after an error."""

    def teardown(self, run: Run) -> None:
        """At the very end, after an error too."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must keep."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what a checkpoint kept."""


class EarlyStopping(Callback):
    """No improvement in n epochs: stop, and go back to the best weights (Prechelt, 1998).

    Args:
        patience: stop after so many epochs without improvement; None: never, only keep the best.
        monitor: the column of the history to watch.
        mode: "min" where less is better, "max" where more is; default: "max" for what is named after
            accuracy, precision, recall or F1.
        min_delta: what is better by less is no improvement.
        restore_best: at the end the model has the weights of the best epoch.

    Attributes:
        best: the best value so far, and best_epoch, when that was.

    >>> EarlyStopping(10, "val_accuracy").mode
    'max'
    """

    def __init__(
        self,
        patience: int | None = 10,
        monitor: str = "val_loss",
        *,
        mode: str | None = None,
        min_delta: float = 0.0,
        restore_best: bool = True,
    ) -> None:
        more = ("accuracy", "precision", "recall", "f1")
        self.patience, self.monitor, self.min_delta, self.restore_best = patience, monitor, min_delta, restore_best
        self.mode = mode or ("max" if any(name in monitor.lower() for name in more) else "min")
        if self.mode not in ("min", "max"):
            raise OptionError(f"mode is min or max; got {mode!r}")
        self.best, self.best_epoch, self.weights = math.nan, 0, dict[str, Any]()

    def on_epoch_end(self, run: Run) -> None:
        """Compare, keep the weights if they are the best, stop if patience is at an end."""
        row = run.history.rows[-1]
        if self.monitor not in row:
            raise TinygradError(
                f"EarlyStopping watches {self.monitor!r}, which the history has not.",
                expected=", ".join(row),
                mend="pass validation= to fit, or another monitor=",
            )
        value = row[self.monitor]
        gain = self.best - value if self.mode == "min" else value - self.best
        if not self.best_epoch or gain > self.min_delta or (math.isnan(self.best) and not math.isnan(value)):
            self.best, self.best_epoch = value, run.epoch
            if self.restore_best:
                self.weights = copy.deepcopy(run.model.state_dict())
        elif self.patience is not None and run.epoch - self.best_epoch >= self.patience:
            run.stop(
                f"no improvement of {self.monitor} in {self.patience} epochs; the best was epoch {self.best_epoch}"
            )

    def on_train_end(self, run: Run) -> None:
        """Give the model the weights of the best epoch."""
        if self.weights:
            run.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """The best value, its epoch, and its weights."""
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": self.weights}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a `state_dict()`."""
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]
        self.weights = dict(state_dict["weights"])
