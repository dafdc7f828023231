"""checkpoint: all of a training in one file, so that it goes on as if nothing had happened.

Arrays are the file's tensors, all else is JSON in its header; nothing in it is ever executed.
"""

from __future__ import annotations

import copy
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataFileError, NonFiniteError
from ..random import get_rng_state, set_rng_state
from ..serialization import load, load_metadata, save
from .callbacks import Callback

if TYPE_CHECKING:
    from .run import Run

__all__ = ["Checkpoint", "load_checkpoint", "save_checkpoint"]

_FORMAT = "tinygrad_edu checkpoint 1"


def save_checkpoint(path: str | os.PathLike[str], **parts: Any) -> Path:
    """Write parts of a training, and the state of the random Generator, to one file, whole or not at all.

    Args:
        path: ends in .safetensors (the extra `weights`) or in .npz.
        parts: by name, anything with a `state_dict()`, or a value made of dicts, lists, numbers,
            texts, arrays and Tensors.

    Raises:
        DataFileError: if it cannot be written; a file that was there stays as it was.
        TinygradError: for a value that a file cannot hold.

    >>> import tempfile, tinygrad_edu as tg
    >>> model = tg.nn.Linear(2, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_checkpoint(f"{folder}/run.npz", model=model, epoch=3)
    ...     load_checkpoint(path, model=model)
    {'epoch': 3}
    """
    states = {name: part.state_dict() if hasattr(part, "state_dict") else part for name, part in parts.items()}
    try:
        return save({**states, "random": get_rng_state()}, path, {"format": _FORMAT})
    except OSError as error:
        there = "The one that is there stays as it was." if os.path.exists(path) else "None was there before."
        raise DataFileError(
            f"the checkpoint {os.fspath(path)} cannot be written: {error.strerror or error}. {there}",
            mend="free some space, or choose a folder that you may write to",
        ) from error


def load_checkpoint(path: str | os.PathLike[str], **parts: Any) -> dict[str, Any]:
    """Put parts of a training, and the random Generator, back where they were; all of them or none.

    Args:
        parts: by the names they were saved under, what has a `load_state_dict()`.

    Returns:
        What else was saved, by name.

    Raises:
        DataFileError: for a file that is missing, truncated, no checkpoint, or without one of the parts.
        StateDictError: if a part does not fit. Whatever is raised, every part is as it was.

    >>> import tempfile, tinygrad_edu as tg
    >>> model, other = tg.nn.Linear(2, 1), tg.nn.Linear(2, 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rest = load_checkpoint(save_checkpoint(f"{folder}/run.npz", model=model, epoch=3), model=other)
    >>> rest, bool((other.weight == model.weight).all())
    ({'epoch': 3}, True)
    """
    states = _states(Path(path))
    absent = [name for name in parts if name not in states]
    if absent:
        raise DataFileError(
            f"{os.fspath(path)} is a checkpoint without {' and '.join(absent)}.", got=", ".join(sorted(states))
        )
    before = {name: copy.deepcopy(part.state_dict()) for name, part in parts.items()}
    try:
        for name, part in parts.items():
            part.load_state_dict(states.pop(name))
        set_rng_state(states.pop("random"))
    except Exception as error:
        error.add_note(f"while the checkpoint {os.fspath(path)} was loaded, which stays as it is")
        for name, state in before.items():
            parts[name].load_state_dict(state)
        raise
    return states


def _states(path: Path) -> dict[str, Any]:
    """Every state in the file, by name."""
    texts = load_metadata(path)
    if texts.get("format") != _FORMAT:
        raise DataFileError(
            f"{path} is no checkpoint of a training.",
            expected=f"a file with the mark {_FORMAT!r}",
            got=repr(texts.get("format", "no mark: weights alone, or another program's")),
            mend="for weights alone: model.load_state_dict(tg.load(path))",
        )
    return load(path)


class Checkpoint(Callback):
    """When `fit` writes its checkpoint, and where: before the first step, after epochs, and at the end.

    Args:
        path: the one file, ending in .safetensors or .npz.
        every_epochs: write after so many epochs.
        every_steps: within an epoch too, after so many steps.
        every_seconds: within an epoch too, when so many seconds have passed.

    >>> Checkpoint("run.safetensors", every_seconds=60)
    Checkpoint('run.safetensors', every_epochs=1, every_steps=None, every_seconds=60)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        every_epochs: int = 1,
        every_steps: int | None = None,
        every_seconds: float | None = None,
    ) -> None:
        self.path = Path(path)
        self.every_epochs, self.every_steps, self.every_seconds = every_epochs, every_steps, every_seconds
        self._saved, self._step, self._time = (-1, -1), 0, time.monotonic()

    def begin(self, run: Run, resume: bool) -> None:
        """Go on from the file if it is there, and write it, so that a folder which cannot be is found now.

        Raises:
            DataFileError: if it is there and `resume` is False; if it is damaged, foreign, or cannot
                be written.
        """
        for left in self.path.parent.glob(f".{self.path.name}.{'[0-9a-f]' * 16}"):  # by a process that was killed
            with suppress(OSError):
                left.unlink()
        if self.path.exists():
            if not resume:
                raise DataFileError(
                    f"a checkpoint is there already: {self.path}.",
                    mend="pass resume=True to go on from it; delete it, or pass another path, to start anew",
                )
            load_checkpoint(self.path, **run.parts())
        self.save(run)

    def save(self, run: Run) -> None:
        """Write the file now; never with weights that are not finite.

        Raises:
            NonFiniteError: if a parameter holds inf or nan; the file stays as it was.
            DataFileError: if it cannot be written; the file stays as it was.
        """
        bad = [name for name, p in run.model.named_parameters() if not np.isfinite(p._data).all()]
        if bad:
            raise NonFiniteError(
                f"after {run.place()} there is inf or nan in {', '.join(bad)}; the checkpoint stays as it was.",
                mend="a smaller lr=, or nn.utils.clip_grad_norm_ in a callback's on_before_optimizer_step",
            )
        run.tell("on_save_checkpoint")
        save_checkpoint(self.path, **run.parts())
        self._saved, self._step, self._time = (run.epoch, run.step), run.step, time.monotonic()

    def on_batch_end(self, run: Run) -> None:
        """Write the file if it is time."""
        steps = self.every_steps is not None and run.step - self._step >= self.every_steps
        if steps or (self.every_seconds is not None and time.monotonic() - self._time >= self.every_seconds):
            self.save(run)

    def on_epoch_end(self, run: Run) -> None:
        """Write the file if it is time."""
        if run.epoch % self.every_epochs == 0:
            self.save(run)

    def end(self, run: Run) -> None:
        """Write the file if it is not that of the last step."""
        if self._saved != (run.epoch, run.step):
            self.save(run)

    def __repr__(self) -> str:
        often = ", ".join(f"{n}={getattr(self, n)}" for n in ("every_epochs", "every_steps", "every_seconds"))
        return f"Checkpoint({str(self.path)!r}, {often})"
