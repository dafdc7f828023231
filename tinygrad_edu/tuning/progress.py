"""progress: a bar for the whole search, with the best so far."""

from __future__ import annotations

import sys
from typing import Any

from ..training.progress import in_a_notebook
from .study import Study, told

__all__ = ["Progress"]


class Progress:
    """A bar by tqdm (the extra `progress`), in a terminal or a notebook; without them, a line for every trial.

    >>> with Progress(10, "minimize", shown=False) as bar:
    ...     bar.show(Study({}, []))
    """

    def __init__(self, trials: int, direction: str, shown: bool) -> None:
        self._trials, self._shown = trials, shown
        self._bar: Any = None
        self._done = 0

    def __enter__(self) -> Progress:
        if self._shown and (sys.stderr.isatty() or in_a_notebook()):
            try:
                from tqdm.auto import tqdm
            except ImportError:
                return self
            self._bar = tqdm(total=self._trials, unit=" trials", file=sys.stderr, dynamic_ncols=True)
        return self

    def __exit__(self, *exc: Any) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, study: Study) -> None:
        """The trials that are over, of all workers, and the best of them."""
        done, best = len(study.trials), told(study.top(1)) or "none yet"
        if self._bar is not None:
            self._bar.set_postfix_str(f"best {best}", refresh=False)
            self._bar.update(done - self._bar.n)
        elif self._shown and done > self._done:
            print(f"trial {done}/{self._trials}: best {best}", file=sys.stderr)
        self._done = done
