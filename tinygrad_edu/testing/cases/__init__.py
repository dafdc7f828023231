"""cases: one table that drives every check of the gates, a file for each subject of `gates/` and `nn/`."""

from . import (
    activation,
    attention,
    compare,
    composed,
    distribute,
    embedding,
    factor,
    indexing,
    linalg,
    losses,
    nn,
    normalization,
    pool,
    ranking,
    recurrent,
    reshape,
    route,
    sampling,
    slope,
    switch,
    window,
)
from .case import Case, Input

__all__ = ["CASES", "Case", "Input"]

CASES: dict[str, Case] = {}
for _file in (
    normalization,
    *(distribute, switch, route, indexing, ranking, compare, slope, reshape, linalg, factor, composed, nn),
    activation,
    window,
    pool,
    sampling,
    recurrent,
    attention,
    losses,
    embedding,
):
    for _case in _file.CASES:
        if _case.name in CASES:
            raise ValueError(f"two cases are called {_case.name!r}")
        CASES[_case.name] = _case
