"""Many workers on one study: work is split, nothing is run twice, a killed worker's trial is run again."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager

import optuna
import pytest

from tinygrad_edu import threads
from tinygrad_edu.errors import DataFileError, TinygradError
from tinygrad_edu.tuning import log, sharing, tune

TRIALS = 24
WORKER = f"""
import os, sys, time
from tinygrad_edu.tuning import log, tune

def note(*words):
    with open(sys.argv[1], "a") as file:
        print(*words, file=file)

def objective(params, report):
    note("start", os.getpid(), params["lr"])
    time.sleep(0.25)
    note("end", os.getpid(), params["lr"])
    return params["lr"]

tune(objective, {{"lr": log(1e-4, 1)}}, trials={TRIALS}, storage=sys.argv[2], lost_after=5)
"""


def lines(path):
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


@contextmanager
def shared(storage):
    """The study that workers share, as Optuna reads it."""
    with sharing.opened(optuna, storage, 60) as opened:
        yield optuna.load_study(study_name="study", storage=opened)


def table(storage):
    with shared(storage) as study:
        return study.trials


def place(tmp_path, kind):
    return str(tmp_path / "journal") if kind == "journal" else f"sqlite:///{tmp_path}/search.db"


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_three_processes_one_killed(tmp_path, kind):
    notes, storage = tmp_path / "notes", place(tmp_path, kind)
    command = [sys.executable, "-W", "error", "-c", WORKER, str(notes), storage]
    workers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    victim = workers[1]

    def victims_trial():  # it has finished one, and is in the middle of another
        mine = [words for words in lines(notes) if words[1] == str(victim.pid)]
        return mine[-1][2] if len(mine) >= 3 and mine[-1][0] == "start" else None

    deadline = time.monotonic() + 60
    while (lost := victims_trial()) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    for worker in workers:
        _, said = worker.communicate(timeout=90)
        assert worker.returncode == (-signal.SIGKILL if worker is victim else 0), said
    ended = Counter(rate for word, _, rate in lines(notes) if word == "end")
    started = Counter(rate for word, _, rate in lines(notes) if word == "start")
    assert len(ended) == TRIALS, "the others finish everything"
    assert set(ended.values()) == {1}, "nothing is run twice"
    assert started == ended + Counter([lost]), "the one that was lost, again"
    assert {pid for _, pid, _ in lines(notes)} == {str(w.pid) for w in workers}, "all three took part"

    rows = table(storage)
    assert sum(row.state.name == "COMPLETE" for row in rows) == TRIALS
    (failed,) = [row for row in rows if row.user_attrs.get("worker") and row.state.name == "FAIL"]
    assert str(failed.params["lr"]) == lost
    assert [row.user_attrs["attempt"] for row in completed(rows, failed.user_attrs["place"])] == [1]
    alone = tune(lambda p, report: p["lr"], {"lr": log(1e-4, 1)}, trials=TRIALS, progress=False)
    assert {str(t.params["lr"]) for t in alone.trials} == set(ended), "the same search as alone"


def completed(rows, place):
    return [row for row in rows if row.user_attrs.get("place") == place and row.state.name == "COMPLETE"]


def test_the_command_in_three_terminals_one_closed(tmp_path):
    storage, trials = str(tmp_path / "search.journal"), 7
    command = [sys.executable, "-W", "error", "-m", "tinygrad_edu", "tune", "--model", "softmax", "--epochs", "3",
               "--lr", "log:1e-4:1e-2", "--trials", str(trials), "--storage", storage, "--lost-after", "5"]  # fmt: skip

    def terminal(i):
        out = ["--out", str(tmp_path / str(i))]
        return subprocess.Popen([*command, *out], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def running(worker=None):
        """The row that a worker is at: the first one's, or a known one's."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                rows = table(storage) if (tmp_path / "search.journal").exists() else []
            except KeyError:  # the file is there, the study not yet
                rows = []
            mine = [row for row in rows if row.user_attrs.get("worker") and worker in (None, row.user_attrs["worker"])]
            if mine and mine[-1].state.name == "RUNNING":
                return mine[-1]
            time.sleep(0.02)
        raise AssertionError("no worker runs")

    victim = terminal(0)
    name = running().user_attrs["worker"]
    others = [terminal(1), terminal(2)]
    while {row.user_attrs.get("worker") for row in table(storage)} <= {None, name}:  # until another shares the work
        assert all(other.poll() is None for other in others)
        time.sleep(0.02)
    running(name)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    for other in others:
        _, said = other.communicate(timeout=120)
        assert other.returncode == 0, said
    rows = table(storage)
    assert [len(completed(rows, i)) for i in range(trials)] == [1] * trials, "each trial once, whoever ran it"
    failed = [row for row in rows if row.state.name == "FAIL" and row.user_attrs.get("worker") == name]
    assert len(failed) <= 1, "at most the trial it was at is lost"
    for i in (1, 2):
        assert len((tmp_path / str(i) / "trials.csv").read_text().splitlines()) == trials + 1
        assert "--lr=" in (tmp_path / str(i) / "best.txt").read_text()


def threads_of_blas(params, report):
    now = threads.blas_threads(1)
    threads.blas_threads(now)
    time.sleep(0.3)
    return float(now)


def test_workers_share_the_cores():
    before = threads.blas_threads(1)
    threads.blas_threads(before)
    study = tune(threads_of_blas, {"a": [1, 2, 3]}, trials=12, workers=2, progress=False)
    assert [t.state for t in study.trials] == ["finished"] * 12
    assert all(1 <= t.value <= before for t in study.trials)
    assert max(t.value for t in study.trials) <= max(1, threads.cores() // 2)
    assert threads.blas_threads(before) == before


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_a_search_goes_on_and_is_not_another(tmp_path, kind):
    storage = place(tmp_path, kind)
    calls = []

    def objective(params, report):
        calls.append(params)
        return params["lr"]

    space = {"lr": log(1e-4, 1)}
    first = tune(objective, space, trials=4, storage=storage, progress=False)
    more = tune(objective, space, trials=6, storage=storage, progress=False)
    assert len(calls) == 6
    assert [t.params for t in more.trials[:4]] == [t.params for t in first.trials]
    with pytest.raises(TinygradError, match="another search"):
        tune(objective, {"lr": log(1e-3, 1)}, trials=4, storage=storage, progress=False)
    assert len(calls) == 6


def test_a_search_with_fewer_trials_than_there_are(tmp_path):
    storage = place(tmp_path, "journal")
    more = tune(score, {"lr": log(1e-4, 1)}, trials=5, storage=storage, progress=False)
    fewer = tune(score, {"lr": log(1e-4, 1)}, trials=2, storage=storage, progress=False)
    assert [t.params for t in fewer.trials] == [t.params for t in more.trials[:2]]


def score(params, report):
    return params["lr"]


def test_ctrl_c_of_one_worker_while_another_runs(tmp_path):
    found = []

    def pressed(params, report):
        raise KeyboardInterrupt

    def objective(params, report):
        if not found:
            found.append(tune(pressed, {"a": [1, 2]}, trials=2, storage=place(tmp_path, "journal"), progress=False))
        return 1.0

    study = tune(objective, {"a": [1, 2]}, trials=2, storage=place(tmp_path, "journal"), progress=False)
    assert [(t.number, t.state) for t in found[0].trials] == [(1, "failed")], "what runs elsewhere has not failed"
    assert [t.state for t in study.trials] == ["finished", "finished"], "it is tried again"


class Clock:
    """Seconds that pass while somebody sleeps, and what happens meanwhile."""

    def __init__(self, meanwhile=lambda: None):
        self.now, self.meanwhile = 0.0, meanwhile

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        self.meanwhile()


def two_workers(trials, monkeypatch, lost_after=10):
    """A study in memory, as two workers see it, and their clock."""
    clock = Clock()
    monkeypatch.setattr(sharing, "time", clock)
    study = optuna.create_study()
    rates = {"lr": optuna.distributions.FloatDistribution(0, 100)}
    tables = [sharing.Table(study, trials, lambda i, _: {"lr": float(i)}, rates, lost_after) for _ in range(2)]
    return *tables, clock


def test_a_trial_whose_worker_is_silent_is_run_again(monkeypatch):
    one, two, clock = two_workers(2, monkeypatch)
    first, lost = one.take(), two.take()
    assert [t.user_attrs["place"] for t in (first, lost)] == [0, 1]
    assert one.local_workers() == 2
    one.tell(first, "COMPLETE", 0.5)
    assert one.local_workers() == 1
    clock.meanwhile = lambda: clock.now > 30 or lost.set_user_attr("beat", clock.now)
    again = one.take()
    assert 40 < clock.now < 41, "ten seconds after its last beat"
    assert (again.params, again.user_attrs["place"], again.user_attrs["attempt"]) == (lost.params, 1, 1)
    two.tell(lost, "COMPLETE", 7.0)
    assert one.rows()[1].number == again.number, "that it was there after all comes too late"
    one.tell(again, "COMPLETE", 1.0)
    assert one.take() is None and two.take() is None
    assert [one.rows()[i].value for i in (0, 1)] == [0.5, 1.0]


def test_a_trial_that_fails_is_tried_three_times(monkeypatch):
    one, two, _ = two_workers(1, monkeypatch)
    for attempt in range(3):
        trial = (one, two)[attempt % 2].take()
        assert (trial.user_attrs["attempt"], trial.params) == (attempt, {"lr": 0.0})
        one.tell(trial, "FAIL")
    assert one.take() is None


def test_a_long_trial_shows_that_it_is_alive(tmp_path):
    def objective(params, report):
        deadline = time.monotonic() + 20
        while not table(storage)[0].user_attrs.get("beat") and time.monotonic() < deadline:
            time.sleep(0.05)
        return float(table(storage)[0].user_attrs.get("beat", 0))

    storage = place(tmp_path, "journal")
    study = tune(objective, {"a": [1]}, trials=1, storage=storage, lost_after=1, progress=False)
    assert study.best.value >= 1
    assert not [thread for thread in threading.enumerate() if thread.name == "tinygrad_edu beat"]


@pytest.mark.parametrize("reports", [True, False])
def test_a_worker_that_was_taken_for_lost_goes_on(reports, tmp_path):
    """As a computer that slept: another has marked its trial as failed, and may be running it."""
    storage, calls = place(tmp_path, "journal"), []

    def objective(params, report):
        calls.append(params)
        if len(calls) == 1:
            with shared(storage) as study:
                study.tell(study.trials[0].number, state=optuna.trial.TrialState.FAIL)
            if reports:
                report(0.5)
                raise AssertionError("it is given up")
            time.sleep(0.5)  # a beat falls into it
        return 1.0

    study = tune(objective, {"a": [1, 2]}, trials=2, storage=storage, lost_after=1, progress=False)
    assert [(t.state, t.value) for t in study.trials] == 2 * [("finished", 1.0)]
    assert len(calls) == 3


@pytest.mark.parametrize("says", ["table studies already exists", "UNIQUE constraint failed"])
def test_tables_that_another_worker_makes_at_the_same_time(says, tmp_path, monkeypatch):
    made, tries, storages, clock = optuna.storages.RDBStorage.__init__, [], [], Clock()

    def make(self, url):
        tries.append(url)
        storages.append(self)
        if len(tries) < 3:
            raise RuntimeError(says)
        made(self, url)

    monkeypatch.setattr(optuna.storages.RDBStorage, "__init__", make)
    monkeypatch.setattr(sharing, "time", clock)
    assert len(tune(score, {"lr": [0.5]}, trials=1, storage=place(tmp_path, "sqlite"), progress=False).trials) == 1
    assert (len(tries), clock.now) == (3, pytest.approx(0.7))
    assert storages[-1].engine.pool.status().startswith("Pool size: 5  Connections in pool: 0 ")  # closed at the end
    tries.clear()
    says = "no such driver"
    with pytest.raises(DataFileError, match="no such driver"):
        tune(score, {"lr": [0.5]}, trials=1, storage=place(tmp_path, "sqlite"), progress=False)
    assert len(tries) == 1


def test_what_cannot_be_shared(tmp_path):
    with pytest.raises(DataFileError, match="cannot be opened"):
        tune(threads_of_blas, {"a": [1]}, storage=str(tmp_path / "missing" / "journal"), progress=False)
    with pytest.raises(TinygradError, match="top of a module"):
        tune(lambda p, report: 1.0, {"a": [1]}, workers=2, progress=False)
