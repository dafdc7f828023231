"""metrics: how well outputs fit their targets, counted batch by batch; torchmetrics' names.

A metric is counts that add up over batches, and a value made from the counts: so a mean is over
samples, however they are batched, and a checkpoint keeps the counts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import OptionError, ShapeError, TinygradError
from ..tensor import Tensor

__all__ = ["Accuracy", "ConfusionMatrix", "F1Score", "Meter", "Metric", "Precision", "Recall", "TopK"]


class Metric:
    """The base of every metric: define `update(outputs, targets)`, and `compute()` where the counts are not the value.

    Attributes:
        name: its column in the history.
        counts: an array that grows with every batch; zeros before the first.

    >>> class Largest(Metric):
    ...     name = "largest"
    ...
    ...     def update(self, outputs, targets):
    ...         self.counts = np.maximum(self.counts, np.max(outputs))
    >>> metric = Largest(); metric.update(np.array([1.0, 3.0]), None); float(metric.compute())
    3.0
    """

    name = "metric"

    def __init__(self) -> None:
        self.counts: Any = np.zeros(())

    def update(self, outputs: Any, targets: Any) -> None:
        """Count one batch."""
        raise NotImplementedError(f"{type(self).__name__} does not define update()")

    def compute(self) -> Any:
        """The value over all that was counted since the last reset."""
        return self.counts

    def reset(self) -> None:
        """Start anew."""
        self.counts = np.zeros(())

    def __call__(self, outputs: Any, targets: Any) -> Any:
        """The value of one batch alone."""
        self.reset()
        self.update(outputs, targets)
        return self.compute()


def _array(x: Any) -> np.ndarray:
    return x._data if isinstance(x, Tensor) else np.asarray(x)


def _classes(outputs: Any, targets: Any) -> tuple[np.ndarray, np.ndarray]:
    """Scores (N, C) and class numbers (N,), checked."""
    scores, labels = _array(outputs), _array(targets)
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or labels.dtype.kind not in "iub":
        raise ShapeError(
            "this metric compares scores with class numbers.",
            expected="outputs of shape (N, C), targets of shape (N,) and an integer dtype",
            got=f"{scores.shape} and {labels.shape} of {labels.dtype}",
            mend="for other tasks pass a function (outputs, targets) -> mean over the batch",
        )
    return scores, labels


class _Mean(Metric):
    """A mean over samples: counts are the sum and how many."""

    def compute(self) -> float:
        """The mean; nan of nothing."""
        total, n = self.counts if np.ndim(self.counts) else (0.0, 0)
        return float(total / n) if n else float("nan")


class Accuracy(_Mean):
    """The share of samples whose highest score is that of their class.

    Scores of shape (N, C), class numbers of shape (N,).

    >>> Accuracy()(np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0], [5.0, 4.0]]), np.array([0, 1, 1, 0]))
    0.75
    """

    name = "accuracy"

    def update(self, outputs: Any, targets: Any) -> None:
        """Count the right ones of a batch."""
        scores, labels = _classes(outputs, targets)
        self.counts = self.counts + np.array([np.sum(scores.argmax(axis=1) == labels), len(labels)])


class TopK(_Mean):
    """The share of samples whose class is among their k highest scores (ties: the lower number is higher).

    >>> TopK(2)(np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]), np.array([1, 2]))
    0.5
    """

    def __init__(self, k: int = 5) -> None:
        super().__init__()
        if k < 1:
            raise OptionError(f"TopK: k is 1 or more; got {k}")
        self.k, self.name = k, f"top{k}"

    def update(self, outputs: Any, targets: Any) -> None:
        """Count a batch."""
        scores, labels = _classes(outputs, targets)
        best = np.argsort(-scores, axis=1, kind="stable")[:, : self.k]
        self.counts = self.counts + np.array([np.sum(best == labels[:, None]), len(labels)])


class ConfusionMatrix(Metric):
    """How many samples of each class (row) were taken for each class (column).

    >>> ConfusionMatrix()(np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]]), np.array([0, 1, 1]))
    array([[1, 0],
           [1, 1]])
    """

    name = "confusion_matrix"

    def update(self, outputs: Any, targets: Any) -> None:
        """Count a batch."""
        scores, labels = _classes(outputs, targets)
        n = scores.shape[1]
        if labels.size and not 0 <= labels.min() <= labels.max() < n:
            raise TinygradError("a class number is out of range.", expected=f"0 to {n - 1}", got=str(labels.max()))
        taken = np.bincount(labels.astype(np.int64) * n + scores.argmax(axis=1), minlength=n * n)
        self.counts = (self.counts + taken.reshape(n, n)).astype(np.int64)

    def plot(self, names: Any = None, path: str | os.PathLike[str] | None = None) -> Any:
        """The matrix as a picture, each row coloured by its shares, as a matplotlib Figure.

        Args:
            names: of the classes; default: their numbers.
            path: write the picture there, too.

        Raises:
            MissingExtraError: without matplotlib (the extra `plot`).
        """
        from ..viz.plots import finish, subplots

        counts = np.atleast_2d(self.counts)
        n = len(counts)
        names = list(map(str, range(n) if names is None else names))
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        side = max(3.6, 0.52 * n + 1.6)
        figure, (axes,) = subplots(1, 1, (side + 0.8, side))
        picture = axes.imshow(100 * shares, cmap="Blues", vmin=0, vmax=100)
        for i, j in np.ndindex(n, n):
            if counts[i, j]:
                ink = "white" if shares[i, j] > 0.5 else "#24292f"
                axes.text(j, i, f"{counts[i, j]}", ha="center", va="center", color=ink, fontsize=8)
        axes.grid(False)
        turned = 45 if max(map(len, names)) > 3 else 0
        axes.set_xticks(range(n), names, rotation=turned, ha="right" if turned else "center", rotation_mode="anchor")
        axes.set_yticks(range(n), names)
        right = 100 * counts.trace() / max(counts.sum(), 1)
        axes.set(xlabel="taken for", ylabel="is", title=f"{right:.2f} % of {counts.sum()} right")
        figure.colorbar(picture, ax=axes, label="% of the row", shrink=0.8)
        return finish(figure, path)


class _FromMatrix(ConfusionMatrix):
    """A value made from true positives, what was taken for the class, and what is of the class."""

    def __init__(self, average: str | None = "macro") -> None:
        super().__init__()
        if average not in ("macro", "micro", "weighted", None):
            raise OptionError(f"average is macro, micro, weighted or None; got {average!r}")
        self.average = average

    def compute(self) -> Any:
        """The average over classes, or an array with a value for each; 0 where nothing is divided by nothing."""
        matrix = np.atleast_2d(self.counts)
        parts = np.array([matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1)], float)  # right, taken, there
        if self.average == "micro":
            return float(self._ratio(*parts.sum(axis=1)))
        each = self._ratio(*parts)
        if self.average is None:
            return each
        present = (parts[1] + parts[2]) > 0  # macro leaves out classes that nobody named
        weights = parts[2] if self.average == "weighted" else present.astype(float)
        return float(_divided(np.sum(each * weights), weights.sum()))

    def _ratio(self, right: Any, taken: Any, there: Any) -> Any:
        raise NotImplementedError


def _divided(a: Any, b: Any) -> Any:
    """a / b, and 0 for 0 / 0."""
    return np.divide(a, b, out=np.zeros(np.shape(b)), where=np.asarray(b) != 0)


class Precision(_FromMatrix):
    """Of what was taken for a class, the share that is of it.

    Args:
        average: "macro" (the mean over classes), "weighted" (by how many samples each has), "micro"
            (all samples alike: the accuracy), or None for an array, a value for each class.

    >>> scores, labels = np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]]), np.array([0, 1, 1])
    >>> Precision()(scores, labels), Recall()(scores, labels), F1Score(average=None)(scores, labels).round(3)
    (0.75, 0.75, array([0.667, 0.667]))
    """

    name = "precision"

    def _ratio(self, right: Any, taken: Any, there: Any) -> Any:
        return _divided(right, taken)


class Recall(_FromMatrix):
    """Of what is of a class, the share that was taken for it; averages as for `Precision`.

    >>> scores, labels = np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]]), np.array([0, 1, 1])  # taken for 0, 1, 0
    >>> Recall(average=None)(scores, labels)
    array([1. , 0.5])
    """

    name = "recall"

    def _ratio(self, right: Any, taken: Any, there: Any) -> Any:
        return _divided(right, there)


class F1Score(_FromMatrix):
    """The harmonic mean of precision and recall of each class (van Rijsbergen, 1979); averages as for `Precision`.

    >>> scores, labels = np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]]), np.array([0, 1, 1])  # taken for 0, 1, 0
    >>> F1Score(average=None)(scores, labels).round(3)  # 2·½·1 / (½ + 1) and 2·1·½ / (1 + ½)
    array([0.667, 0.667])
    """

    name = "f1"

    def _ratio(self, right: Any, taken: Any, there: Any) -> Any:
        return _divided(2 * right, taken + there)


class _Function(_Mean):
    """The mean over samples of a function that gives means over batches."""

    def __init__(self, name: str, function: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self.name, self.function = name, function

    def update(self, outputs: Any, targets: Any) -> None:
        n = len(targets)
        self.counts = self.counts + np.array([float(self.function(outputs, targets)) * n, n])


class Meter:
    """The loss and all metrics of one pass over data.

    Args:
        metrics: Metrics and functions, in a list or by name in a dict; None for the accuracy, where
            the first batch's targets are class numbers.

    >>> meter = Meter()
    >>> meter.update(0.5, np.array([[2.0, 1.0], [0.0, 3.0]]), np.array([0, 0]))
    >>> meter.update(2.0, np.array([[2.0, 1.0]]), np.array([0]))
    >>> meter.compute()["loss"], round(meter.compute()["accuracy"], 3)  # means over all 3 samples
    (1.0, 0.667)
    """

    def __init__(self, metrics: Any = None) -> None:
        self._metrics = None if metrics is None else _named(metrics)
        self._loss = _Function("loss", lambda value, _: value)

    def update(self, loss: float, outputs: Any, targets: Any) -> None:
        """Count one batch; its loss is the mean over its samples."""
        outputs = outputs.detach() if isinstance(outputs, Tensor) else outputs
        if self._metrics is None:
            shapes = np.ndim(outputs), np.ndim(targets), _array(targets).dtype.kind
            self._metrics = {"accuracy": Accuracy()} if shapes[:2] == (2, 1) and shapes[2] in "iu" else {}
        self._loss.update(loss, targets)
        for metric in self._metrics.values():
            metric.update(outputs, targets)

    def compute(self) -> dict[str, Any]:
        """Each by its name, the loss first."""
        return {"loss": self._loss.compute(), **{name: m.compute() for name, m in (self._metrics or {}).items()}}

    def reset(self) -> None:
        """Start anew."""
        for metric in (self._loss, *(self._metrics or {}).values()):
            metric.reset()

    def state_dict(self) -> dict[str, Any]:
        """What was counted so far; None for metrics that are not chosen yet."""
        metrics = self._metrics
        chosen = None if metrics is None else {name: np.array(metric.counts) for name, metric in metrics.items()}
        return {"loss": np.array(self._loss.counts), "metrics": chosen}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a `state_dict()`.

        Raises:
            TinygradError: if it is of other metrics.
        """
        chosen = state_dict["metrics"]
        if self._metrics is None and chosen is not None:
            self._metrics = {name: Accuracy() for name in chosen}
        theirs, ours = list(chosen or ()), list(self._metrics or ())
        if theirs != ours and chosen is not None:
            raise TinygradError(
                "the checkpoint is of a training with other metrics.",
                expected=", ".join(theirs) or "none",
                got=", ".join(ours) or "none",
                mend="pass the same metrics=, in the same order",
            )
        self._loss.counts = state_dict["loss"]
        for name, counts in (chosen or {}).items():
            (self._metrics or {})[name].counts = counts


def _named(metrics: Any) -> dict[str, Metric]:
    """Metrics by name."""
    if not isinstance(metrics, Mapping):
        names: list[Any] = [getattr(m, "name", None) or getattr(m, "__name__", "metric") for m in metrics]
        if len(set(names)) < len(names):
            raise TinygradError(
                "two metrics have one name: one would hide the other.",
                got=", ".join(names),
                mend="name them: metrics={'macro': F1Score(), 'micro': F1Score(\"micro\")}",
            )
        metrics = dict(zip(names, metrics, strict=True))
    return {name: m if isinstance(m, Metric) else _Function(name, m) for name, m in metrics.items()}
