"""progress: a bar for every epoch, with loss, accuracy and speed."""

from __future__ import annotations

import operator
import sys
import time
from typing import TYPE_CHECKING, Any

from .callbacks import Callback
from .history import told

if TYPE_CHECKING:
    from .run import Run

__all__ = ["Progress"]

_OFTEN = 0.05  # seconds between two looks at the metrics: computing them for every batch would cost


class Progress(Callback):
    """A bar by tqdm (the extra `progress`), in a terminal or a notebook; without them, a line for every epoch.

    >>> Progress().state_dict()  # nothing to remember
    {}
    """

    def __init__(self) -> None:
        self._bar: Any = None
        self._shown = 0.0

    def on_epoch_start(self, run: Run) -> None:
        """A new bar, as long as the data says."""
        if not (sys.stderr.isatty() or in_a_notebook()):
            return
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return
        self._shown = time.monotonic()
        total = operator.length_hint(run.data) or None  # a loader of a stream has no length
        title = f"epoch {run.epoch + 1}/{run.epochs}"
        self._bar = tqdm(
            total=total, initial=run.batch, desc=title, unit=" batches", file=sys.stderr, dynamic_ncols=True
        )

    def on_batch_end(self, run: Run) -> None:
        """One batch further; now and then the metrics so far."""
        if self._bar is None:
            return
        now = time.monotonic()
        if now - self._shown > _OFTEN:
            self._shown = now
            self._bar.set_postfix_str(told(run.seen), refresh=False)
        self._bar.update()

    def on_epoch_end(self, run: Run) -> None:
        """The whole row, and the bar stays."""
        row = run.history.rows[-1]
        said = told({name: value for name, value in row.items() if name not in ("epoch", "step", "lr")})
        if self._bar is None:
            print(f"epoch {run.epoch}/{run.epochs}: {said}", file=sys.stderr)
        else:
            self._bar.set_postfix_str(said)
        self.teardown(run)

    def teardown(self, run: Run) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def in_a_notebook() -> bool:
    """Whether this program is a notebook's kernel; that somebody imported ipykernel says nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__module__.startswith("ipykernel")
