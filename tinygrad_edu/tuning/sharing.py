"""sharing: one study for many workers, in a journal file or a database: nothing is lost, nothing is run twice.

A study is a table. Its rows have a place, 0 to trials - 1, and an attempt. A worker adds the row of the
first place that nobody has, as waiting, and takes the first waiting row; the storage lets only one
worker take it. While it runs, a thread counts the row's `beat` up. A running row whose beat stands still
has lost its worker: whoever notices marks it failed, and so frees its place for the next attempt. Two
workers may add the same row at once: of rows with equal place and attempt only the first counts.
"""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..errors import DataFileError, MissingExtraError

__all__ = ["Table", "opened", "optuna"]

_ATTEMPTS = 3  # of one place, before it counts as failed: it may be the trial that kills its worker
_LOOK = 0.2  # seconds between two looks at what others are doing


@contextmanager
def optuna() -> Iterator[Any]:
    """Optuna, silent.

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        import optuna as library
    except ImportError:
        raise MissingExtraError(
            "searches are kept by Optuna, which is not installed.", mend='pip install "tinygrad_edu[tuning]"'
        ) from None
    before = library.logging.get_verbosity()
    library.logging.set_verbosity(library.logging.ERROR)
    try:
        yield library
    finally:
        library.logging.set_verbosity(before)


@contextmanager
def opened(library: Any, storage: str | None, lost_after: float) -> Iterator[Any]:
    """The storage: a database's URL, or the path of a journal file; None for memory. A database is closed at the end.

    Raises:
        DataFileError: if it cannot be opened.
    """
    if storage is None:
        yield None
        return
    try:
        found = _database(library, storage) if "://" in storage else _journal(library, storage, lost_after)
    except Exception as error:  # of whatever database it is
        raise DataFileError(
            f"the storage {storage} cannot be opened: {error}",
            expected="a file on a folder that all workers see, or a URL such as sqlite:///search.db",
        ) from None
    try:
        yield found
    finally:
        if "://" in storage:
            found.remove_session()
            found.engine.dispose()


def _journal(library: Any, path: str, lost_after: float) -> Any:
    journal = library.storages.journal
    lock = journal.JournalFileOpenLock(path, grace_period=max(3, min(30, int(lost_after))))
    return journal.JournalStorage(journal.JournalFileBackend(path, lock_obj=lock))


def _database(library: Any, url: str) -> Any:
    """Workers that start at once all make the tables; those who come second find them a moment later."""
    for pause in (0.2, 0.5, 1.0, 0.0):
        try:
            database = library.storages.RDBStorage(url)
            break
        except Exception as error:
            if not pause or ("already exists" not in str(error) and "UNIQUE" not in str(error)):
                raise
            time.sleep(pause)
    if database.engine.dialect.name == "sqlite":
        _one_at_a_time(database.engine)
    return database


def _one_at_a_time(engine: Any) -> None:
    """SQLite knows no SELECT FOR UPDATE, by which Optuna takes a row; so every transaction locks at its beginning."""
    from sqlalchemy import event

    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))


class Table:
    """The rows of a study, as one worker sees them.

    Args:
        study: Optuna's.
        trials: how many places there are.
        draw: the parameters for a place, from the rows there are; {} leaves them to the sampler.
        distributions: the space, in Optuna's words.
        lost_after: seconds after which a beat that stands still means that the worker is lost.
    """

    def __init__(
        self, study: Any, trials: int, draw: Callable[..., Any], distributions: dict[str, Any], lost_after: float
    ) -> None:
        self.study, self.trials, self.lost_after = study, trials, lost_after
        self._draw, self._distributions = draw, distributions
        self._host, self._worker = socket.gethostname(), uuid.uuid4().hex
        self._seen: dict[int, tuple[Any, float]] = {}  # of running rows: the beat, and when it was first seen

    def rows(self) -> dict[int, Any]:
        """The row that counts of every place that has one: its last attempt."""
        rows: dict[int, Any] = {}
        for row in self.study.get_trials(deepcopy=False):
            place, attempt = (row.user_attrs.get(name) for name in ("place", "attempt"))
            if place is not None and (place not in rows or attempt > rows[place].user_attrs["attempt"]):
                rows[place] = row
        return rows

    def take(self) -> Any:
        """The next trial to run, an Optuna Trial; None when every place is finished.

        While others run what is left, it waits: one of them may be lost.
        """
        while True:
            rows = self.rows()
            states = [row.state.name for row in rows.values()]
            place = next((i for i in range(self.trials) if i not in rows or self._may_try_again(rows[i])), None)
            if "WAITING" not in states:
                if place is None and "RUNNING" not in states:
                    return None
                if place is None:
                    self._look_for_lost(rows)
                    time.sleep(_LOOK)
                    continue
                self._add(place, rows)
            trial = self.study.ask(self._distributions)
            mine = self.rows().get(trial.user_attrs.get("place"))
            if mine is not None and mine.number == trial.number:
                self._look_for_lost(rows)
                trial.set_user_attr("worker", self._worker)
                trial.set_user_attr("host", self._host)
                return trial
            self.tell(trial, "FAIL")  # somebody else had added the same row

    def tell(self, trial: Any, state: str, value: float | None = None) -> None:
        """Note how a trial ended; not if it was taken for lost meanwhile: then its next attempt counts."""
        from optuna.trial import TrialState

        self.study.tell(trial, value, TrialState[state], skip_if_finished=True)

    def local_workers(self) -> int:
        """How many workers run trials on this machine."""
        running = [row.user_attrs for row in self.rows().values() if row.state.name == "RUNNING"]
        return len({attrs["worker"] for attrs in running if attrs.get("host") == self._host})

    @contextmanager
    def beating(self, trial: Any) -> Iterator[None]:
        """While it is open, a thread shows that this worker is alive."""
        from optuna.exceptions import UpdateFinishedTrialError

        over = threading.Event()

        def beat() -> None:
            count = 0
            with suppress(UpdateFinishedTrialError):  # it was taken for lost
                while not over.wait(self.lost_after / 5):
                    count += 1
                    trial.set_user_attr("beat", count)

        thread = threading.Thread(target=beat, name="tinygrad_edu beat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _may_try_again(self, row: Any) -> bool:
        return row.state.name == "FAIL" and row.user_attrs["attempt"] + 1 < _ATTEMPTS

    def _add(self, place: int, rows: dict[int, Any]) -> None:
        """The row of a place: of the first attempt as the method draws it, of the next ones the same again."""
        old = rows.get(place)
        params = self._draw(place, rows) if old is None or not old.params else old.params
        attempt = 0 if old is None else old.user_attrs["attempt"] + 1
        self.study.enqueue_trial(params, user_attrs={"place": place, "attempt": attempt})

    def _look_for_lost(self, rows: dict[int, Any]) -> None:
        """Mark running rows as failed whose beat has stood still for too long, by this machine's own clock."""
        now = time.monotonic()
        for row in rows.values():
            if row.state.name != "RUNNING" or row.user_attrs.get("worker") == self._worker:
                continue
            beat = row.user_attrs.get("beat")
            last, since = self._seen.get(row.number, (object(), now))
            if beat != last:
                self._seen[row.number] = (beat, now)
            elif now - since > self.lost_after:
                from optuna.exceptions import UpdateFinishedTrialError

                with suppress(UpdateFinishedTrialError):  # somebody else was quicker
                    self.tell(row.number, "FAIL")
