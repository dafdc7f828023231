"""loop: the training that people write every time: `fit`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import OptionError
from .checkpoint import Checkpoint
from .history import History
from .progress import Progress
from .run import Run

__all__ = ["fit"]


def fit(
    model: Any,
    loss: Callable[..., Any],
    optimizer: Any,
    data: Any,
    *,
    epochs: int,
    validation: Any = None,
    scheduler: Any = None,
    scheduler_interval: str = "epoch",
    metrics: Any = None,
    callbacks: Any = (),
    checkpoint: Any = None,
    resume: bool = False,
    progress: bool = True,
) -> History:
    """Train a model; returns what happened, epoch by epoch.

    With a checkpoint nothing is lost: killed at any moment and started again with `resume=True`, the
    same program ends in exactly the numbers of the uninterrupted run. Ctrl-C ends the training after
    the step at hand, with a checkpoint; a second Ctrl-C at once, without.

    Args:
        model: a Module; it is in training mode during the steps.
        loss: `loss(outputs, targets)`, the mean over a batch.
        optimizer: of the model's parameters; `step(closure)` is called, so LBFGS is as welcome as SGD.
        data: a DataLoader, or anything whose every loop yields batches (inputs, targets). It goes on
            within an epoch by its own `state_dict()`; without one it is replayed up to that place.
        epochs: how many passes over the data in all, those before a resumption included.
        validation: data to measure loss and metrics on after every epoch.
        scheduler: its `step()` is called after every epoch; one that wants a value is given the
            validation loss, or the accuracy if its `mode` is "max" (those of training, without
            validation), and one that is `finished` ends the training.
        scheduler_interval: "epoch", or "batch" to step it after every batch, as OneCycleLR wants.
        metrics: a list of Metrics and of functions (outputs, targets) -> mean over the batch, or a
            dict of them by name; default: the accuracy, where targets are class numbers.
        callbacks: a list of Callbacks: EarlyStopping, Monitor, TensorBoard, or your own.
        checkpoint: the path of one file (.safetensors or .npz), written after every epoch; or a
            `Checkpoint`, which says how often.
        resume: go on from the checkpoint if there is one.
        progress: show a bar with loss, accuracy and speed (the extra `progress`; without it, or in a
            log file, a line for every epoch).

    Raises:
        NonFiniteError: as soon as a loss is inf or nan, saying where it was born; the parameters are
            those before that step.
        DataFileError: if the checkpoint is there and `resume` is False; if it cannot be written, is
            damaged, or belongs to another training. The file stays as it was.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[0.0], [1.0], [2.0]])
    >>> model = tg.nn.Linear(1, 1)
    >>> optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    >>> history = fit(model, tg.nn.MSELoss(), optimizer, [(x, 2 * x + 1)], epochs=100, progress=False)
    >>> len(history), round(model(tg.tensor([3.0])).item(), 2)
    (100, 7.0)
    """
    if scheduler_interval not in ("epoch", "batch"):
        raise OptionError(f"scheduler_interval is epoch or batch; got {scheduler_interval!r}")
    keeper = Checkpoint(checkpoint) if isinstance(checkpoint, (str, os.PathLike)) else checkpoint
    told = [*callbacks, *[Progress()] * progress, *[keeper] * (keeper is not None)]
    run = Run(model, loss, optimizer, data, epochs, validation, scheduler, metrics, told)
    with _ctrl_c() as pressed, run:
        if keeper is not None:
            keeper.begin(run, resume)
        run.tell("on_train_start")
        while run.epoch < epochs and not run.stopped:
            run.tell("on_epoch_start")
            rest = run.batches()  # held by its name: the loader's place must not be lost before it is saved
            for inputs, targets in rest:
                run.learn(inputs, targets)
                if scheduler is not None and scheduler_interval == "batch":
                    scheduler.step()
                run.tell("on_batch_end")
                if pressed() or run.stopped:
                    break
            else:
                run.close_epoch()
                if scheduler is not None and scheduler_interval == "epoch":
                    run.move_rate()
                run.tell("on_epoch_end")
            if pressed():
                _interrupted(run, keeper)
        if keeper is not None:
            keeper.end(run)  # before anybody goes back to the best weights
        run.tell("on_train_end")
    run.history.stopped = run.stopped
    return run.history


@contextmanager
def _ctrl_c() -> Iterator[Callable[[], bool]]:
    """Gives a function that says whether Ctrl-C was pressed; a second press raises KeyboardInterrupt at once."""
    presses: list[int] = []

    def press(number: int, frame: Any) -> None:
        if presses:
            raise KeyboardInterrupt
        presses.append(number)

    if threading.current_thread() is not threading.main_thread():  # only there signals can be handled
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(presses)
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.SIG_DFL)


def _interrupted(run: Run, keeper: Checkpoint | None) -> None:
    """End by Ctrl-C: save, so that a resumption goes on, and say how."""
    told = f"stopped by Ctrl-C after {run.place() if run.batch else f'epoch {run.epoch}'}"
    if keeper is None:
        print(f"{told}; nothing was saved, since fit was given no checkpoint=.", file=sys.stderr)
    else:
        keeper.end(run)
        print(f"{told}. All of it is in {keeper.path}; to go on: the same fit(…) with resume=True.", file=sys.stderr)
    run.stop(told)
