"""search: `tune`: try hyperparameters, and say which were best."""

from __future__ import annotations

import math
import multiprocessing
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import threads
from ..errors import NonFiniteError, OptionError, TinygradError
from ..random import get_rng_state, manual_seed, set_rng_state
from ..training.callbacks import Callback
from . import methods
from .progress import Progress
from .sharing import Table, opened, optuna
from .space import Space, checked
from .study import Study, Trial

__all__ = ["Report", "tune"]

Objective = Callable[[dict[str, Any], "Report"], float]
_STATES = {"COMPLETE": "finished", "PRUNED": "given up", "FAIL": "failed"}


class Report:
    """What an objective is given to tell how it is doing: `report(value)` after every epoch.

    A run that is hopeless ends there: the call raises Optuna's `TrialPruned`. So does one that was taken for lost.

    >>> def objective(params, report):
    ...     report(params["lr"]); report(params["lr"] / 2)
    ...     return params["lr"] / 2
    >>> tune(objective, {"lr": [4.0]}, progress=False).trials[0].curve
    [4.0, 2.0]
    """

    def __init__(self, trial: Any) -> None:
        self._trial, self._step = trial, 0

    def __call__(self, value: float) -> None:
        self._step += 1
        if not math.isfinite(value):
            raise NonFiniteError("what was reported is not finite.", got=str(value))
        from optuna.exceptions import TrialPruned, UpdateFinishedTrialError

        try:
            self._trial.report(float(value), self._step)
        except UpdateFinishedTrialError:  # another worker took this one for lost, and runs the trial again
            raise TrialPruned from None
        if self._trial.should_prune():
            raise TrialPruned

    def watch(self, monitor: str = "val_loss") -> Callback:
        """A callback for `training.fit` that reports a column of the history after every epoch."""
        return _Watch(self, monitor)


class _Watch(Callback):
    """Reports a column; and Ctrl-C, which `fit` takes for the end of one training, ends the search."""

    def __init__(self, report: Report, monitor: str) -> None:
        self._report, self._monitor = report, monitor

    def on_epoch_end(self, run: Any) -> None:
        self._report(run.history[self._monitor][-1])

    def on_train_end(self, run: Any) -> None:
        if run.stopped.startswith("stopped by Ctrl-C"):
            raise KeyboardInterrupt


@dataclass(frozen=True)
class Search:
    """What `tune` was asked for."""

    space: dict[str, Any]
    trials: int
    method: str
    seed: int
    direction: str
    prune: str | None
    storage: str | None
    name: str
    lost_after: float
    workers: int

    @property
    def kind(self) -> str:
        """What workers must agree on: all but the number of trials, which may grow where places do not move."""
        fixed = self.trials if self.method in ("grid", "coarse-to-fine") else None
        return repr((self.space, self.method, self.seed, self.direction, self.prune, fixed))


def tune(
    objective: Objective,
    space: Space,
    *,
    trials: int | None = None,
    method: str = "random",
    seed: int = 0,
    direction: str = "minimize",
    prune: str | None = None,
    storage: str | None = None,
    name: str = "study",
    workers: int = 1,
    lost_after: float = 60.0,
    progress: bool = True,
) -> Study:
    """Try hyperparameters, and return all trials; judge them by validation data, never by the test's.

    Every trial begins with `manual_seed(seed)`, and what it tries depends on the seed and its number, so
    the same call repeats the same search. A trial whose training diverges (a NonFiniteError, or a value
    that is not finite) is given up; any other error ends the search. Ctrl-C ends it too, and the trials
    so far are returned.

    Args:
        objective: from a dict of parameters, and a `Report` to call after every epoch, to a score.
        space: for each parameter a range (`log`, `uniform`, `integers`) or a list of choices.
        trials: how many, by all workers together; default: 30, of a grid without ranges all points.
        method: "random" (Bergstra and Bengio, 2012), "grid", "coarse-to-fine" (CS231n's notes: each third
            of the trials searches where the best so far lie), "bayesian" (Optuna's sampler: the
            tree-structured Parzen estimator of Bergstra and others, 2011).
        seed: of what is tried, and of every trial's own random numbers.
        direction: "minimize" or "maximize".
        prune: give up hopeless runs: "median", those that are worse than half of the others at the same
            epoch; "halving", after epochs 1, 2, 4 … all but the better half (Jamieson and Talwalkar, 2016).
        storage: share the search with workers on this machine and others: the path of a file on a folder
            that all of them see, or the URL of a database. The same call anywhere joins it, or goes on
            with it; a worker that is killed loses its running trial at most, and others run that again.
        name: of this search within the storage.
        workers: how many processes here; the objective must then be a function of a module, and the call
            under `if __name__ == "__main__":`. Workers of one machine share its cores among their BLAS.
        lost_after: seconds without a sign of life after which a worker is taken for lost.
        progress: show a bar with the best so far (the extra `progress`); without it, a line for every trial.

    Raises:
        OptionError: for a space or an option that is none.
        MissingExtraError: without Optuna (the extra `tuning`).
        DataFileError: if the storage cannot be opened.
        TinygradError: if it holds another search by that name.

    >>> from tinygrad_edu.tuning import uniform
    >>> tune(lambda p, report: (p["x"] - 2) ** 2, {"x": uniform(0, 4)}, trials=9, method="grid", progress=False)
    Study(9 trials, best 0 at x=2.0)
    """
    found = checked(space)
    search = Search(found, 0, method, seed, direction, prune, storage, name, lost_after, workers)
    search = replace(search, trials=_checked_options(search, trials))
    if storage is None and workers > 1:
        with tempfile.TemporaryDirectory() as folder:
            return _shared(objective, replace(search, storage=str(Path(folder, "journal"))), progress)
    return _shared(objective, search, progress)


def _checked_options(search: Search, trials: int | None) -> int:
    """The number of trials, if all options are what they should be."""
    allowed = {
        "method": methods.METHODS,
        "direction": ("minimize", "maximize"),
        "prune": (None, "median", "halving"),
    }
    for option, values in allowed.items():
        if getattr(search, option) not in values:
            raise OptionError(
                f"tune: {option} is one of {', '.join(map(repr, values))}.", got=repr(getattr(search, option))
            )
    for option, number, least in (
        ("trials", trials, 1),
        ("workers", search.workers, 1),
        ("lost_after", search.lost_after, 1),
    ):
        if number is not None and number < least:
            raise OptionError(f"tune: {option} is {least} or more.", got=str(number))
    if search.method == "grid":
        ranges = any(not isinstance(where, list) for where in search.space.values())
        return len(methods.grid(search.space, 30 if trials is None and ranges else trials))
    return 30 if trials is None else trials


def _shared(objective: Objective, search: Search, progress: bool) -> Study:
    """Work, with more processes beside this one."""
    if search.workers > 1:
        try:
            pickle.dumps(objective)
        except (pickle.PicklingError, AttributeError, TypeError):
            raise TinygradError(
                "processes are given the objective by its name.",
                expected="a function at the top of a module",
                got=repr(objective),
                mend="def objective(params, report): …, not inside another function; or workers=1",
            ) from None
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_work, args=(objective, search, False)) for _ in range(search.workers - 1)]
    for process in others:
        process.start()
    try:
        study = _work(objective, search, progress)
    except BaseException:
        for process in others:
            process.terminate()
        raise
    finally:
        for process in others:
            process.join()
    return study


def _work(objective: Objective, search: Search, progress: bool) -> Study:
    """Take trials and run them, until none is left."""
    random = get_rng_state()
    with (
        optuna() as library,
        opened(library, search.storage, search.lost_after) as storage,
        Progress(search.trials, search.direction, progress) as bar,
    ):
        table = _table(library, storage, search)
        try:
            while (trial := table.take()) is not None:
                manual_seed(search.seed)
                with _share_of_cores(table, search), _beating(table, trial, search):
                    _run(library, objective, table, trial)
                bar.show(_study(table, search))
        except KeyboardInterrupt:
            print("the search was stopped by Ctrl-C; its trials so far are kept.", file=sys.stderr)
        finally:
            set_rng_state(random)
        study = _study(table, search)
        bar.show(study)
        return study


def _table(library: Any, storage: Any, search: Search) -> Table:
    """The table of the search; the storage must hold none of that name, or the same."""

    def sampler(number: int) -> Any:
        return library.samplers.TPESampler(seed=int(np.random.default_rng([search.seed, number]).integers(2**31)))

    pruners = {
        None: library.pruners.NopPruner,
        "median": library.pruners.MedianPruner,
        "halving": lambda: library.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
    }
    study = library.create_study(
        storage=storage,
        sampler=methods.per_trial(sampler),
        pruner=pruners[search.prune](),
        study_name=search.name,
        direction=search.direction,
        load_if_exists=True,
    )
    kind = study.user_attrs.get("kind", search.kind)
    if kind != search.kind:
        raise TinygradError(
            f"{search.storage} holds another search named {search.name!r}.",
            expected=kind,
            got=search.kind,
            mend="the same space and options; or another name=",
        )
    study.set_user_attr("kind", kind)
    return Table(study, search.trials, _draw(search), methods.distributions(search.space), search.lost_after)


def _draw(search: Search) -> Callable[[int, dict[int, Any]], dict[str, Any]]:
    """What a place tries, given the rows there are; {} where the sampler is to draw."""
    points = methods.grid(search.space, search.trials) if search.method == "grid" else []
    sign = 1 if search.direction == "minimize" else -1

    def draw(place: int, rows: dict[int, Any]) -> dict[str, Any]:
        if search.method == "grid":
            return points[place]
        if search.method == "random":
            return methods.drawn(search.space, search.seed, place)
        if search.method == "bayesian":
            return {}
        start = methods.stage_start(place, search.trials)
        before = [row for p, row in sorted(rows.items()) if p < start and row.state.name == "COMPLETE"]
        ranked = [row.params for row in sorted(before, key=lambda row: sign * row.value)]
        return methods.coarse_to_fine(search.space, search.seed, place, search.trials, ranked)

    return draw


def _run(library: Any, objective: Objective, table: Table, trial: Any) -> None:
    """One trial, and how it ended."""
    try:
        with np.errstate(all="ignore"):  # what a rate that is too high overflows is what is looked for
            value = objective(dict(trial.params), Report(trial))
        if not isinstance(value, (int, float, np.floating, np.integer)):
            raise TinygradError(
                "the objective returns its score, a number.", got=repr(value), mend="return loss.item()"
            )
        if math.isfinite(value):
            table.tell(trial, "COMPLETE", float(value))
        else:
            table.tell(trial, "PRUNED")
    except (library.TrialPruned, NonFiniteError):
        table.tell(trial, "PRUNED")
    except BaseException:
        table.tell(trial, "FAIL")
        raise


def _study(table: Table, search: Search) -> Study:
    """What there is so far."""
    found = [
        Trial(
            place,
            dict(row.params),
            None if row.state.name == "FAIL" else row.value,
            _STATES[row.state.name],
            [row.intermediate_values[step] for step in sorted(row.intermediate_values)],
        )
        for place, row in sorted(table.rows().items())
        if place < search.trials and row.state.is_finished()
    ]
    return Study(search.space, found, search.direction)


@contextmanager
def _beating(table: Table, trial: Any, search: Search) -> Iterator[None]:
    """Alone in memory nobody listens."""
    if search.storage is None:
        yield
    else:
        with table.beating(trial):
            yield


@contextmanager
def _share_of_cores(table: Table, search: Search) -> Iterator[None]:
    """NumPy's BLAS at this worker's share of the cores, as many workers as run here now; never at more than before."""
    if search.storage is None:
        yield
        return
    before = threads.blas_threads(1)
    threads.blas_threads(max(1, min(before, threads.cores() // max(search.workers, table.local_workers()))))
    try:
        yield
    finally:
        threads.blas_threads(before)
