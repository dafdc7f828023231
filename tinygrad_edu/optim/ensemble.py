"""ensemble: several models that answer together, and one training that makes them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import OptionError, ShapeError, TinygradError
from ..nn.container import ModuleList
from ..nn.functional import softmax
from ..nn.module import Keys, Module
from ..tensor import Tensor, written
from .lr_scheduler.scheduler import LRScheduler

__all__ = ["Ensemble", "SnapshotEnsemble"]


def _softmax(scores: Any) -> Any:
    return softmax(scores, dim=1)


class Ensemble(Module):
    """Models that answer together: the mean of their probabilities, or a vote.

    Args:
        models: from the same inputs to scores of shape (N, C, …).
        probabilities: from scores to probabilities; default: softmax over axis 1.

    Attributes:
        models: a ModuleList.

    Raises:
        TinygradError: when called without any model.

    >>> import tinygrad_edu as tg
    >>> def sure(*p):
    ...     model = tg.nn.Linear(1, 2)
    ...     _ = model.load_state_dict({"weight": tg.zeros(2, 1), "bias": tg.tensor(p).log()})
    ...     return model
    >>> ensemble = Ensemble([sure(0.4, 0.6), sure(0.4, 0.6), sure(0.9, 0.1)])
    >>> x = tg.zeros(1, 1)
    >>> ensemble(x), ensemble.vote(x)
    (tensor([[0.5667, 0.4333]], grad_fn=<div>), tensor([1]))
    """

    def __init__(self, models: Iterable[Module] = (), probabilities: Callable[[Any], Any] = _softmax) -> None:
        super().__init__()
        self.models = ModuleList(models)
        self.probabilities = probabilities

    def forward(self, *args: Any) -> Tensor:
        """The mean of the models' probabilities, of shape (N, C, …)."""
        first, *others = self._answers(*args)
        return sum(others, start=first) / (1 + len(others))  # type: ignore[no-any-return]

    def vote(self, *args: Any) -> Tensor:
        """The class that most models find the most probable, of shape (N, …), int64.

        Where classes have as many votes, the most probable of them by the mean.
        """
        answers = np.stack([np.asarray(a.detach()) for a in self._answers(*args)])
        votes = np.zeros(answers.shape[1:])
        for answer in answers:
            votes += answer.argmax(1)[:, None] == np.arange(answer.shape[1]).reshape(-1, *[1] * (answer.ndim - 2))
        mean = answers.mean(0)
        return Tensor(np.where(votes == votes.max(1, keepdims=True), mean, -np.inf).argmax(1))

    def _answers(self, *args: Any) -> list[Any]:
        """The probabilities that each model gives."""
        if not len(self.models):
            raise TinygradError("an ensemble without models has no answer.", mend="Ensemble([first, second, …])")
        answers = [self.probabilities(model(*args)) for model in self.models]
        shapes = {a.shape for a in answers}
        if len(shapes) > 1 or answers[0].ndim < 2:
            raise ShapeError("the models of an ensemble give scores of one shape (N, C, …).", got=str(sorted(shapes)))
        return answers


class SnapshotEnsemble(Ensemble):
    """An ensemble from one training: a copy of the model whenever a cycle of the rate has come to its low.

    Huang and others, "Snapshot ensembles: train 1, get M for free" (2017). A copy is taken when the
    rate rises after it fell: at a warm restart, or where a triangle turns.

    Args:
        model: is being trained; the snapshots are copies of it, in evaluation mode, without gradients.
        scheduler: a cyclic schedule, `CosineAnnealingWarmRestarts` as in the paper, or `CyclicLR`.
        keep: at most so many, the latest; None for all.
        probabilities: see `Ensemble`.

    Raises:
        OptionError: for a keep below 1.

    >>> import tinygrad_edu as tg
    >>> model = tg.nn.Linear(2, 2)
    >>> optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    >>> cycles = tg.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=5)
    >>> ensemble = SnapshotEnsemble(model, cycles)
    >>> for epoch in range(15):
    ...     optimizer.zero_grad()
    ...     model(tg.ones(1, 2)).sum().backward()
    ...     optimizer.step()
    ...     taken = ensemble.step()
    >>> len(ensemble.models), ensemble(tg.ones(1, 2)).shape
    (3, (1, 2))
    """

    def __init__(
        self,
        model: Module,
        scheduler: LRScheduler,
        keep: int | None = None,
        probabilities: Callable[[Any], Any] = _softmax,
    ) -> None:
        if keep is not None and keep < 1:
            raise OptionError("SnapshotEnsemble: keep is 1 or more, or None.", got=str(keep))
        super().__init__((), probabilities)
        self._source = (model,)  # in a tuple: it is no part of the ensemble
        self.scheduler, self.keep = scheduler, keep
        self.register_buffer("falling", Tensor(np.array(False)))

    falling: Tensor

    def step(self) -> bool:
        """Step the scheduler, and take a snapshot if that begins a new cycle; call it as the scheduler's `step`.

        Returns:
            Whether a snapshot was taken.
        """
        before = self.scheduler.get_last_lr()[0]
        self.scheduler.step()
        after = self.scheduler.get_last_lr()[0]
        taken = bool(after > before and self.falling)
        if taken:
            self.take()
        if after != before:
            self.falling._data[...] = after < before
            written(self.falling)
        return taken

    def take(self) -> None:
        """Take a snapshot now: at the end of a training whose last cycle is not followed by another."""
        snapshot = copy.deepcopy(self._source[0])
        snapshot.zero_grad()
        self._hold([*self.models, snapshot])

    def _hold(self, snapshots: list[Module]) -> None:
        latest = snapshots if self.keep is None else snapshots[-self.keep :]
        self.models = ModuleList(m.eval().requires_grad_(False) for m in latest)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Keys:
        """Take over the snapshots of a `state_dict()`, as many as there are in it.

        Raises:
            StateDictError: as `Module.load_state_dict`. The ensemble is as it was.
        """
        numbers = {name.split(".")[1] for name in state_dict if name.startswith("models.")}
        before = self.models
        self._hold([copy.deepcopy(self._source[0]) for _ in numbers])
        try:
            return super().load_state_dict(state_dict, strict)
        except BaseException:
            self.models = before
            raise
