"""proof: every gate's gradient, and the gradient's gradient, against central differences."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

from ..errors import MissingExtraError
from ..record import GATES
from ..testing import KinkWarning
from ..testing.cases import CASES
from ..testing.checks import check_gradient, check_second_order, gates_reached

__all__ = ["show"]


def show(console: Any, draws: int) -> bool:
    """Check each case of the table on `draws` draws of its inputs; returns whether all held."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    cases = [case for case in CASES.values() if case.numeric and case.order]
    wanted = {name for name, gate in GATES.items() if gate.rules or gate.jointly}
    reached: set[str] = set()
    wrong: list[str] = []
    left_out: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore", KinkWarning)
        for case in progress.track(cases, description="moving inputs by a millionth"):
            try:
                for draw in range(draws):
                    drawn = replace(case, name=f"{case.name}, draw {draw + 1}") if draw else case
                    check_gradient(drawn)
                    check_second_order(drawn)
                reached |= gates_reached(case)
            except MissingExtraError as error:
                left_out.append(f"{case.name}: {error}")
            except Exception as error:  # a GradcheckError, or a program that failed
                wrong.append(f"{case.name}: {error}")
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
