"""tensorboard: the numbers of a training as event files, which TensorBoard shows while it runs.

The files are TFRecords: for each event its length, a checksum of that, the event, a checksum of it.
"""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MissingExtraError
from .callbacks import Callback

if TYPE_CHECKING:
    from .run import Run

__all__ = ["TensorBoard"]


class TensorBoard(Callback):
    """Write event files: the loss of every batch, and every column of the history; `tensorboard --logdir FOLDER`.

    When a training goes on from a checkpoint, what the files hold beyond it is cut off, so that no
    step is there twice.

    Args:
        folder: where the files are; made if it does not exist.
        every_steps: how often to write the loss of a batch.

    Raises:
        MissingExtraError: without the package tensorboard (the extra `tensorboard`).

    >>> TensorBoard("runs/1").every_steps
    1
    """

    def __init__(self, folder: str | os.PathLike[str], every_steps: int = 1) -> None:
        self.folder, self.every_steps = Path(folder), every_steps
        self._writer: Any = None
        self._protos()

    def _protos(self) -> Any:
        """The messages of event files, and what writes them."""
        try:
            from tensorboard.compat.proto import event_pb2, summary_pb2
            from tensorboard.summary.writer.event_file_writer import EventFileWriter
        except ImportError:
            raise MissingExtraError(
                "event files need the package tensorboard, which is not installed.",
                mend='pip install "tinygrad_edu[tensorboard]"',
            ) from None
        return event_pb2.Event, summary_pb2.Summary, EventFileWriter

    def on_train_start(self, run: Run) -> None:
        """Cut off what is beyond the checkpoint, then open a new file."""
        event, _, writer = self._protos()
        for path in sorted(self.folder.glob("events.out.tfevents.*")):
            _trim(path, run, event)
        self._writer = writer(str(self.folder))

    def on_batch_end(self, run: Run) -> None:
        """Note the loss of the batch."""
        if run.step % self.every_steps == 0:
            self._note(run, {"batch/loss": run.value})

    def on_epoch_end(self, run: Run) -> None:
        """Note the row of the history."""
        row = run.history.rows[-1]
        self._note(run, {f"epoch/{name}": value for name, value in row.items() if name not in ("epoch", "step")})

    def on_save_checkpoint(self, run: Run) -> None:
        """What the checkpoint counts as done is in the file before it."""
        if self._writer is not None:
            self._writer.flush()

    def teardown(self, run: Run) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _note(self, run: Run, values: dict[str, float]) -> None:
        event, summary, _ = self._protos()
        held = [summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self._writer.add_event(event(wall_time=time.time(), step=run.step, summary=summary(value=held)))


def _trim(path: Path, run: Run, event: Any) -> None:
    """Cut the file off before its first event beyond the checkpoint, or where it breaks off."""
    from google.protobuf.message import DecodeError

    content, end = path.read_bytes(), 0
    while end + 12 <= len(content):
        (length,) = struct.unpack_from("<Q", content, end)
        after = end + 12 + length + 4
        try:
            found = event.FromString(content[end + 12 : after - 4])
        except DecodeError:
            break
        of_epoch = any(value.tag.startswith("epoch/") for value in found.summary.value)
        if after > len(content) or found.step > run.step or (found.step == run.step and of_epoch and run.batch):
            break
        end = after
    if end < len(content):
        os.truncate(path, end)
