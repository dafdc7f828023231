"""monitoring: gradients, updates and activations of every layer, as training goes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import OptionError
from ..tensor import Tensor
from .callbacks import Callback

if TYPE_CHECKING:
    from .run import Run

__all__ = ["Monitor"]


class Monitor(Callback):
    """Look at one step in so many: how large gradients, weights, updates and activations are.

    A norm here is the root of the mean square, so that large and small layers compare. Updates of
    about a thousandth of the weights are healthy (Karpathy, CS231n, 2015); a layer whose activations
    are nearly all 0 is dead; deviations that shrink from layer to layer vanish.

    Args:
        every: steps from one look to the next.

    Attributes:
        parameters: for each parameter's name an array with rows (step, gradient, weight, update).
        activations: for each layer's name an array with rows (step, mean, standard deviation, share of 0).

    >>> import tinygrad_edu as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.ReLU())
    >>> batches, monitor = [(tg.ones(4, 2), tg.zeros(4, 3))] * 2, Monitor(every=1)
    >>> optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    >>> _ = tg.training.fit(
    ...     model, tg.nn.MSELoss(), optimizer, batches, epochs=3, callbacks=[monitor], progress=False
    ... )
    >>> list(monitor.parameters), list(monitor.activations), monitor.parameters["0.weight"][:, 0]
    (['0.weight', '0.bias'], ['0', '1'], array([1., 2., 3., 4., 5., 6.]))
    """

    def __init__(self, every: int = 100) -> None:
        if every < 1:
            raise OptionError(f"every is 1 step or more; got {every}")
        self.every = every
        self.parameters: dict[str, np.ndarray] = {}
        self.activations: dict[str, np.ndarray] = {}
        self._handles: list[Any] = []
        self._before: dict[str, tuple[float, np.ndarray]] = {}  # gradient and weights, as the update found them
        self._kinds: dict[str, str] = {}  # of the layers
        self._step = 0  # the one to look at, while its batch is under way

    def on_train_start(self, run: Run) -> None:
        """Look at what every layer returns."""
        for name, module in run.model.named_modules():
            if not any(module.children()):
                self._kinds[name] = f"{name} {type(module).__name__}".strip()
                self._handles.append(module.register_forward_hook(self._hook(name)))

    def on_epoch_start(self, run: Run) -> None:
        """Is the first step one to look at?"""
        self._look_ahead(run)

    def _look_ahead(self, run: Run) -> None:
        self._step = run.step + 1 if (run.step + 1) % self.every == 0 else 0

    def on_before_optimizer_step(self, run: Run) -> None:
        """Gradients, and weights before the update."""
        if self._step and not self._before:
            for name, p in run.model.named_parameters():
                if p.grad is not None:
                    self._before[name] = _norm(p.grad._data), p._data.copy()

    def on_batch_end(self, run: Run) -> None:
        """What the update was."""
        for name, p in run.model.named_parameters():
            if name in self._before:
                gradient, old = self._before[name]
                _append(self.parameters, name, (run.step, gradient, _norm(old), _norm(p._data - old)))
        self._before = {}
        self._look_ahead(run)

    def teardown(self, run: Run) -> None:
        """Look away."""
        for handle in self._handles:
            handle.remove()
        self._handles, self._before, self._step = [], {}, 0

    def _hook(self, name: str) -> Any:
        def look(module: Any, args: Any, output: Any) -> None:
            if self._step and module.training and isinstance(output, Tensor):
                a = output._data
                _append(self.activations, name, (self._step, a.mean(), a.std(), np.mean(a == 0)))

        return look

    def state_dict(self) -> dict[str, Any]:
        """All that was seen."""
        return {"parameters": dict(self.parameters), "activations": dict(self.activations)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a `state_dict()`."""
        self.parameters, self.activations = dict(state_dict["parameters"]), dict(state_dict["activations"])

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Gradients, updates, activations and dead units by step, a line for each layer, as a matplotlib Figure.

        Args:
            path: write the picture there, too.

        Raises:
            MissingExtraError: without matplotlib (the extra `plot`).
        """
        from ..viz.plots import GREY, finish, subplots

        weights = {name: rows for name, rows in self.parameters.items() if not name.endswith("bias")}
        figure, (first, second, third, fourth) = subplots(2, 2, (6.0, 3.4))
        with np.errstate(divide="ignore", invalid="ignore"):
            _lines(first, "gradient (root mean square)", {n: (r[:, 0], r[:, 1]) for n, r in weights.items()}, True)
            _lines(second, "update / weight", {n: (r[:, 0], r[:, 3] / r[:, 2]) for n, r in weights.items()}, True)
        second.axhline(1e-3, color=GREY, linewidth=1, linestyle=":", label="a thousandth")
        _legend(second)
        outputs = {self._kinds.get(name, name): rows for name, rows in self.activations.items()}
        _lines(third, "activations: standard deviation", {n: (r[:, 0], r[:, 2]) for n, r in outputs.items()})
        _lines(fourth, "activations: % that are 0", {n: (r[:, 0], 100 * r[:, 3]) for n, r in outputs.items()})
        fourth.set_ylim(-3, 103)
        return finish(figure, path)


def _norm(a: np.ndarray) -> float:
    """The root of the mean square."""
    return float(np.sqrt(np.mean(np.square(a, dtype=np.float64)))) if a.size else 0.0


def _append(rows: dict[str, np.ndarray], name: str, row: tuple[float, ...]) -> None:
    rows[name] = np.vstack([rows.get(name, np.empty((0, len(row)))), row])


def _lines(axes: Any, title: str, lines: dict[str, tuple[np.ndarray, np.ndarray]], log: bool = False) -> None:
    """A line for each layer: from dark, the first, to bright, the last; six names at most in the legend."""
    from matplotlib import colormaps

    named = {round(i) for i in np.linspace(0, len(lines) - 1, min(6, len(lines)))}
    for i, (name, (x, y)) in enumerate(lines.items()):
        color = colormaps["viridis"](0.85 * i / max(1, len(lines) - 1))
        axes.plot(x, y, color=color, linewidth=1.2, label=name if i in named else None)
    axes.set(title=title, xlabel="step", yscale="log" if log else "linear")
    if lines:
        _legend(axes)


def _legend(axes: Any) -> None:
    """Beside the lines, which may be anywhere."""
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
