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
from tinygrad_edu.tuning.sharing import cores

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


def test_three_processes_one_killed(tmp_path):
    notes, journal = tmp_path / "notes", str(tmp_path / "journal")
    command = [sys.executable, "-W", "error", "-c", WORKER, str(notes), journal]
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

    storage = optuna.storages.journal
    rows = optuna.load_study(
        study_name="study", storage=storage.JournalStorage(storage.JournalFileBackend(journal))
    ).trials
    assert sum(row.state.name == "COMPLETE" for row in rows) == TRIALS
    (failed,) = [row for row in rows if row.user_attrs.get("worker") and row.state.name == "FAIL"]
    assert str(failed.params["lr"]) == lost
    place = failed.user_attrs["place"]
    again = [r.user_attrs["attempt"] for r in rows if r.user_attrs.get("place") == place and r.state.name == "COMPLETE"]
    assert again == [1]
    alone = tune(lambda p, report: p["lr"], {"lr": log(1e-4, 1)}, trials=TRIALS, progress=False)
    assert {str(t.params["lr"]) for t in alone.trials} == set(ended), "the same search as alone"


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
    assert max(t.value for t in study.trials) <= max(1, cores() // 2)
    assert threads.blas_threads(before) == before


@pytest.mark.parametrize("kind", ["journal", "sqlite"])
def test_a_search_goes_on_and_is_not_another(tmp_path, kind):
    storage = str(tmp_path / "journal") if kind == "journal" else f"sqlite:///{tmp_path}/search.db"
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
