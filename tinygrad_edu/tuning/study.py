"""study: what a search found: its trials, the best of them, a table, pictures."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import TinygradError
from ..files import write_whole

__all__ = ["Study", "Trial"]


@dataclass(frozen=True)
class Trial:
    """One run of the objective.

    Attributes:
        number: its place in the plan, from 0.
        params: what it tried.
        value: what it reached; of a run that was given up, what it last reported; None if nothing.
        state: "finished", "given up" or "failed".
        curve: what it reported, in order.

    >>> Trial(0, {"lr": 0.1}, value=0.25, curve=[0.75, 0.25])
    Trial(number=0, params={'lr': 0.1}, value=0.25, state='finished', curve=[0.75, 0.25])
    """

    number: int
    params: dict[str, Any]
    value: float | None
    state: str = "finished"
    curve: list[float] = field(default_factory=list)


class Study:
    """All trials of a search, as `tune` returns it.

    Attributes:
        space: what was searched.
        trials: a list of Trials, by number.
        direction: "minimize" or "maximize".

    >>> from tinygrad_edu.tuning import uniform
    >>> study = Study({"x": uniform(0, 1)}, [Trial(0, {"x": 0.5}, 2.0), Trial(1, {"x": 0.25}, 1.0)])
    >>> study.best.params, study
    ({'x': 0.25}, Study(2 trials, best 1 at x=0.25))
    """

    def __init__(self, space: dict[str, Any], trials: list[Trial], direction: str = "minimize") -> None:
        self.space, self.trials, self.direction = dict(space), list(trials), direction

    @property
    def best(self) -> Trial:
        """The best trial that finished; of equals the first.

        Raises:
            TinygradError: if none did.
        """
        first = self.top(1)
        if not first:
            raise TinygradError("no trial finished.", got=f"{len(self.trials)} that did not", mend="look at .trials")
        return first[0]

    def top(self, k: int) -> list[Trial]:
        """The k best trials that finished, the best first."""
        sign = 1 if self.direction == "minimize" else -1
        finished = [trial for trial in self.trials if trial.state == "finished"]
        return sorted(finished, key=lambda trial: sign * float(trial.value or 0.0))[:k]

    def importance(self) -> dict[str, float]:
        """How much each hyperparameter matters for being among the best, as shares of 1, the largest first.

        Watanabe, Bansal and Hutter, "PED-ANOVA" (2023), by Optuna. Empty with fewer than two different values.

        Raises:
            MissingExtraError: without Optuna (the extra `tuning`).
        """
        from .methods import distributions
        from .sharing import optuna

        values = {trial.value for trial in self.top(len(self.trials))}
        if len(values) < 2:
            return {}
        known = distributions(self.space)
        with optuna() as library:
            copy = library.create_study(direction=self.direction)
            for trial in self.top(len(self.trials)):
                copy.add_trial(library.create_trial(params=trial.params, distributions=known, value=trial.value))
            return dict(library.importance.get_param_importances(copy))

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write a line for every trial, with names above; floats so that they read back exactly.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Study({"x": [1, 2]}, [Trial(0, {"x": 2}, 0.5)]).to_csv(f"{folder}/trials.csv").read_text().split()
        ['number,state,value,x', '0,finished,0.5,2']
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["number", "state", "value", *self.space])
        for t in self.trials:
            writer.writerow([t.number, t.state, t.value, *(t.params.get(name) for name in self.space)])
        return write_whole(path, lambda file: file.write(text.getvalue().encode()))

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Parallel coordinates, importance, and the learning curves of the best 20, as a matplotlib Figure.

        Args:
            path: write the picture there, too.

        Raises:
            MissingExtraError: without matplotlib (the extra `plot`).
        """
        from .pictures import overview

        return overview(self, path)

    def __repr__(self) -> str:
        n = len(self.trials)
        return f"Study({n} trial{'s' * (n != 1)}{', best ' * bool(self.top(1))}{told(self.top(1))})"


def told(trials: list[Trial]) -> str:
    """The first of the trials in words: 0.21 at lr=0.01, hidden=30; nothing if there is none."""
    for trial in trials:
        return f"{trial.value:.4g} at " + ", ".join(f"{name}={value}" for name, value in trial.params.items())
    return ""
