"""Many workers on one study: work is split, nothing is run twice, a killed worker's trial is run again."""

import signal
import subprocess
import sys
import time
from collections import Counter

import optuna
import pytest

from tinygrad_edu import threads
from tinygrad_edu.errors import DataFileError, TinygradError
from tinygrad_edu.tuning import log, tune

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


def table(storage):
    """The study that workers share, as Optuna reads it."""
    if "://" in storage:
        return optuna.load_study(study_name="study", storage=storage).trials
    backend = optuna.storages.journal.JournalFileBackend(storage)
    return optuna.load_study(study_name="study", storage=optuna.storages.journal.JournalStorage(backend)).trials


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


def test_what_cannot_be_shared(tmp_path):
    with pytest.raises(DataFileError, match="cannot be opened"):
        tune(threads_of_blas, {"a": [1]}, storage=str(tmp_path / "missing" / "journal"), progress=False)
    with pytest.raises(TinygradError, match="top of a module"):
        tune(lambda p, report: 1.0, {"a": [1]}, workers=2, progress=False)
