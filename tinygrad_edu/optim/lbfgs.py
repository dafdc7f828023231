"""lbfgs: a quasi-Newton method, whose inverse Hessian is what the last steps and gradients tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import OptionError
from ..modes import enable_grad
from ..tensor import Tensor
from .line_search import Point, strong_wolfe
from .optimizer import COUNT, NOT_NEGATIVE, Range
from .together import Together, flat, values

__all__ = ["LBFGS"]

_VECTORS = ("d", "prev_flat_grad", "old_dirs", "old_stps")  # of the state: of all elements of all parameters


class LBFGS(Together):
    """L-BFGS: p <- p + t d, with d = -H g, where H grows from the last `history_size` steps and gradients.

    The two-loop recursion of Nocedal and Wright, "Numerical optimization" (2006), algorithm 7.4, in
    PyTorch's form. It has one parameter group, and no use of noisy losses: give it all the data.

    Args:
        params: Tensors.
        lr: the step length t; with a line search, the first one it tries.
        max_iter: iterations in one `step`.
        max_eval: evaluations of the loss in one `step`; default: 1.25 max_iter.
        tolerance_grad: stop if no element of the gradient is larger.
        tolerance_change: stop if the loss, or every element, moves by less.
        history_size: how many steps H is made from.
        line_search_fn: None, or "strong_wolfe".

    Raises:
        OptionError: for a negative option, or another line search.
        TinygradError: for a second group, or a step without closure.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([-1.2, 1.0], dtype=tg.float64, requires_grad=True)
    >>> optimizer = LBFGS([w], max_iter=100, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2  # Rosenbrock's valley
    ...     loss.backward()
    ...     return loss
    >>> start = optimizer.step(closure); w
    tensor([1.0000, 1.0000], dtype=float64, requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {
        "max_iter": COUNT,
        "max_eval": COUNT,
        "history_size": COUNT,
        "tolerance_grad": NOT_NEGATIVE,
        "tolerance_change": NOT_NEGATIVE,
    }

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)

    def _check(self, group: Mapping[str, Any]) -> None:
        super()._check(group)
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise OptionError(
                "LBFGS: no such line search.", expected='None or "strong_wolfe"', got=repr(group["line_search_fn"])
            )

    def _advance(self, closure: Callable[[], Any], group: dict[str, Any]) -> Any:
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first, gradient = self._evaluate(closure)
        loss, evaluations = float(first), 1
        state["func_evals"] += 1
        if np.abs(gradient).max() <= group["tolerance_grad"]:
            return first
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            d = self._direction(state, gradient, group["history_size"])
            before = loss
            t = float(group["lr"])
            if state["n_iter"] == 1:
                t *= min(1.0, 1.0 / float(np.abs(gradient).sum()))
            state |= {"d": Tensor(d), "t": t, "prev_flat_grad": Tensor(gradient), "prev_loss": loss}
            slope = float(gradient @ d)
            if slope > -group["tolerance_change"]:
                break
            here = Point(0.0, loss, gradient, slope)
            last = iteration == group["max_iter"]
            new, used = self._moved_along(closure, here, t, d, group, group["max_eval"] - evaluations, last)
            loss, gradient, state["t"] = new.loss, new.gradient, new.t
            evaluations += used
            state["func_evals"] += used
            if (
                evaluations >= group["max_eval"]
                or np.abs(gradient).max() <= group["tolerance_grad"]
                or np.abs(d * new.t).max() <= group["tolerance_change"]
                or abs(loss - before) < group["tolerance_change"]
            ):
                break
        return first

    def _evaluate(self, closure: Callable[[], Any]) -> tuple[Any, np.ndarray]:
        """The loss, and the gradients as one vector."""
        with enable_grad():
            loss = closure()
        gradients = (np.zeros_like(p._data) if p.grad is None else p.grad._data for p in self._parameters())
        return loss, flat(gradients)

    def _direction(self, state: dict[str, Any], gradient: np.ndarray, history_size: int) -> np.ndarray:
        """-H g, by the two-loop recursion, after the last step was added to the history."""
        if state["n_iter"] == 1:
            state |= {"old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1.0}
            return -gradient
        ys, ss, ro = state["old_dirs"], state["old_stps"], state["ro"]
        y = gradient - state["prev_flat_grad"]._data
        s = state["d"]._data * float(state["t"])
        curvature = float(y @ s)
        if curvature > 1e-10:
            if len(ys) == history_size:
                for kept in (ys, ss, ro):
                    kept.pop(0)
            ys.append(Tensor(y))
            ss.append(Tensor(s))
            ro.append(1.0 / curvature)
            state["H_diag"] = curvature / float(y @ y)
        q, shares = -gradient, []
        for y, s, r in zip(reversed(ys), reversed(ss), reversed(ro), strict=True):
            shares.append(float(s._data @ q) * float(r))
            q -= shares[-1] * y._data
        q *= float(state["H_diag"])
        for y, s, r, share in zip(ys, ss, ro, reversed(shares), strict=True):
            q += (share - float(y._data @ q) * float(r)) * s._data
        return q

    def _moved_along(
        self,
        closure: Callable[[], Any],
        here: Point,
        t: float,
        d: np.ndarray,
        group: dict[str, Any],
        most: int,
        last: bool,
    ) -> tuple[Point, int]:
        """Move the parameters along d; where they are then, and how many evaluations that took."""
        params = group["params"]
        start = values(params)

        def evaluate(t: float) -> Point:
            self._moved(params, start, d, t)
            loss, gradient = self._evaluate(closure)
            return Point(t, float(loss), gradient, float(gradient @ d))

        try:
            if group["line_search_fn"] is None:
                if not last:
                    return evaluate(t), 1
                new, used = here._replace(t=t), 0  # nobody asks for the loss there any more
            else:
                new, used = strong_wolfe(evaluate, here, t, float(np.abs(d).max()), most)
        except BaseException:
            self._moved(params, start, d, 0.0)  # the closure failed: as if the search had not begun
            raise
        self._moved(params, start, d, new.t)
        return new, used

    def _shape_of(self, p: Tensor, name: str) -> tuple[int, ...]:
        return (sum(q.numel() for q in self._parameters()),) if name in _VECTORS else ()
