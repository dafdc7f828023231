"""crossvalidation: a score that does not hang on one split: the mean over k."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..data.splits import k_fold

__all__ = ["cross_validated"]


class cross_validated:  # a class, so that processes can be given it, and a function to everyone else
    """An objective for `tune` that trains k times, and each time validates on another k-th of the data.

    After every fold it reports the mean so far: a hopeless run ends after the first ones (with `prune`).

    Args:
        score: from parameters, a training and a validation Subset to a score.
        dataset: without the test's samples.
        k, seed, stratify: as for `data.k_fold`; all trials have the same folds.

    >>> from tinygrad_edu.tuning import tune, uniform
    >>> def score(params, training, validation):
    ...     return sum((x - params["guess"]) ** 2 for x in validation) / len(validation)
    >>> objective = cross_validated(score, [1.0, 2.0, 3.0, 4.0], k=2)
    >>> tune(objective, {"guess": [1.5, 2.5, 3.5]}, method="grid", progress=False)
    Study(3 trials, best 1.25 at guess=2.5)
    """

    def __init__(
        self, score: Callable[..., float], dataset: Any, k: int = 5, *, seed: int = 0, stratify: Any = False
    ) -> None:
        self.score, self.folds = score, k_fold(dataset, k, seed, stratify=stratify)

    def __call__(self, params: dict[str, Any], report: Callable[[float], None]) -> float:
        mean = 0.0
        for i, (training, validation) in enumerate(self.folds):
            mean += (float(self.score(params, training, validation)) - mean) / (i + 1)
            report(mean)
        return mean
