"""methods: which point a trial tries: a grid's, a random one, one near the best so far, or the sampler's.

What a trial tries depends on the seed and its place, so that it does not matter which worker takes it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import OptionError
from .space import Range

__all__ = ["METHODS", "grid", "narrowed"]

METHODS = ("random", "grid", "coarse-to-fine", "bayesian")
_STAGES = 3  # of coarse-to-fine
_KEPT = 4  # one in four trials is good


def grid(space: dict[str, Any], trials: int | None = None) -> list[dict[str, Any]]:
    """Every combination: of lists all values, of ranges as many, evenly spaced, as the trials allow; of the first
    ranges one more, if it does not reach for all.

    Args:
        trials: how many there are at most; only without ranges it may be None, for all.

    Raises:
        OptionError: if there are fewer trials than combinations of the lists.

    >>> from tinygrad_edu.tuning import log
    >>> grid({"lr": log(0.01, 1), "hidden": [30, 100]}, trials=6)[:3]
    [{'lr': 0.01, 'hidden': 30}, {'lr': 0.01, 'hidden': 100}, {'lr': 0.1, 'hidden': 30}]
    """
    ranges = [name for name, where in space.items() if isinstance(where, Range)]
    listed = math.prod(len(where) for name, where in space.items() if name not in ranges)
    if (trials is None and ranges) or (trials is not None and trials < listed):
        raise OptionError(
            f"the lists alone make {listed} points of a grid; ranges are divided as the trials allow.",
            got=f"trials={trials}",
            mend='more trials, fewer values, or method="random"',
        )
    counts = dict.fromkeys(ranges, 1)
    grows = True
    while trials is not None and grows:
        grows = False
        for name in ranges:
            if math.prod(counts.values()) // counts[name] * (counts[name] + 1) * listed <= trials:
                counts[name] += 1
                grows = True
    axes = []
    for name, where in space.items():
        if isinstance(where, Range):
            ticks = np.linspace(0, 1, counts[name]) if counts[name] > 1 else [0.5]
            axes.append(list(dict.fromkeys(where.at(float(u)) for u in ticks)))
        else:
            axes.append(where)
    return [dict(zip(space, point, strict=True)) for point in itertools.product(*axes)]


def drawn(space: dict[str, Any], seed: int, place: int) -> dict[str, Any]:
    """A random point: the same for the same seed and place."""
    rng = np.random.default_rng([seed, place])
    return {
        name: where.at(rng.random()) if isinstance(where, Range) else where[rng.integers(len(where))]
        for name, where in space.items()
    }


def narrowed(space: dict[str, Any], best: Sequence[dict[str, Any]], room: float = 0.1) -> dict[str, Any]:
    """The part of the space where the best points lie.

    A range becomes as narrow as the best points agree: at once for what matters, hardly for what does not.

    Args:
        room: how much is left on both sides of the best points, as a share of the range.

    >>> from tinygrad_edu.tuning import uniform
    >>> small = narrowed({"a": uniform(0, 1), "b": [1, 2, 3]}, [{"a": 0.4, "b": 2}, {"a": 0.5, "b": 1}])
    >>> small["a"].low, small["a"].high, small["b"]
    (0.3, 0.6, [1, 2])
    """
    found: dict[str, Any] = {}
    for name, where in space.items():
        values = [point[name] for point in best]
        if not isinstance(where, Range):
            found[name] = [value for value in where if value in values]
            continue
        low, high = (where.where(edge(values)) for edge in (min, max))
        low, high = (where.at(u) for u in (low - room, high + room))  # never beyond the ends of the range
        found[name] = Range(low, high, where.scale, where.whole) if low < high else [low]
    return found


def coarse_to_fine(
    space: dict[str, Any], seed: int, place: int, trials: int, ranked: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """A random point: in the first third of the trials anywhere, then near the best quarter, then the best eighth.

    CS231n's notes, "Stage your search from coarse to fine".

    Args:
        ranked: the points of the thirds before that finished, the best first.
    """
    stage = place * _STAGES // trials
    if stage and ranked:
        best = ranked[: max(2, len(ranked) // (_KEPT * stage))]
        space = narrowed(space, best, room=0.1 / 3 ** (stage - 1))
    return drawn(space, seed, place)


def stage_start(place: int, trials: int) -> int:
    """The first place of the stage that a place is in."""
    stage = place * _STAGES // trials
    return -(-stage * trials // _STAGES)


def per_trial(make: Any) -> Any:
    """An Optuna sampler made anew for every trial, by `make(seed from its number)`.

    Samplers that share a seed would otherwise draw alike in every worker.
    """
    import optuna

    class PerTrial(optuna.samplers.BaseSampler):
        def before_trial(self, study: Any, trial: Any) -> None:
            self._made = make(trial.number)
            self._made.before_trial(study, trial)

        def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
            return self._made.infer_relative_search_space(study, trial)

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Any:
            return self._made.sample_relative(study, trial, search_space)

        def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
            return self._made.sample_independent(study, trial, param_name, param_distribution)

    return PerTrial()


def distributions(space: dict[str, Any]) -> dict[str, Any]:
    """The space in Optuna's words."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, Any] = {}
    for name, where in space.items():
        if not isinstance(where, Range):
            found[name] = CategoricalDistribution(where)
        else:
            kind: Any = IntDistribution if where.whole else FloatDistribution
            found[name] = kind(where.low, where.high, log=where.scale == "log")
    return found
