"""proof: every gate's gradient, and the gradient's gradient, against central differences."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import repeat
from multiprocessing import get_context
from typing import Any

from ..errors import MissingExtraError
from ..record import GATES
from ..testing import KinkWarning
from ..testing.cases import CASES
from ..testing.checks import check_gradient, check_second_order, gates_reached
from ..threads import blas_threads

__all__ = ["show"]


def show(console: Any, draws: int, workers: int = 1) -> bool:
    """Check each case of the table on `draws` draws of its inputs, in `workers` processes; returns whether all held."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    cases = [case for case in CASES.values() if case.numeric and case.order]
    wanted = {name for name, gate in GATES.items() if gate.rules or gate.jointly}
    reached: set[str] = set()
    wrong: list[str] = []
    left_out: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        answers = _answers([case.name for case in cases], draws, workers)
        for found, lacks, fails in progress.track(answers, len(cases), description="moving inputs by a millionth"):
            reached |= found
            left_out += lacks
            wrong += fails
    twice = sum(case.order > 1 for case in cases)
    console.print(
        f"{len(cases)} programs through {len(reached & wanted)} of {len(wanted)} gates, each on {draws} "
        f"draw{'s' * (draws > 1)} of its inputs:\ngradients against central differences, and for {twice} of them "
        "the gradients' own gradients, too."
    )
    by_decision = wanted - reached
    if by_decision and not (wrong or left_out):
        console.print(
            f"Not a derivative by decision, as in PyTorch, so not checked here: {', '.join(sorted(by_decision))}."
        )
    for text in (*left_out, *wrong):
        console.print(text, markup=False, style="yellow")
    console.print(f"[bold]{len(wrong)} of them wrong.[/]\n" if wrong else "[bold]All of them right.[/]\n")
    return not wrong


def _answers(names: list[str], draws: int, workers: int) -> Iterator[Any]:
    if workers == 1:
        yield from map(_checked, names, repeat(draws))
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_one_thread) as pool:
        yield from pool.map(_checked, names, repeat(draws), chunksize=8)


def _one_thread() -> None:
    """A core for each process. A BLAS that cannot be asked keeps its threads: slower, but right."""
    with suppress(MissingExtraError):
        blas_threads(1)


def _checked(name: str, draws: int) -> tuple[set[str], list[str], list[str]]:
    """One case: the gates that it reached, what it lacks, and what is wrong."""
    case = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KinkWarning)
        try:
            for draw in range(draws):
                drawn = replace(case, name=f"{case.name}, draw {draw + 1}") if draw else case
                check_gradient(drawn)
                check_second_order(drawn)
            return gates_reached(case), [], []
        except MissingExtraError as error:
            return set(), [f"{case.name}: {error}"], []
        except Exception as error:  # a GradcheckError, or a program that failed
            return set(), [], [f"{case.name}: {error}"]
