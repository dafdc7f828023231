"""second_order: Newton and Gauss-Newton steps, from products with a Hessian that is never formed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import NonScalarError, OptionError
from ..func import pulled_back
from ..modes import enable_grad
from ..tensor import Tensor
from .optimizer import NOT_NEGATIVE, Range
from .together import Together, flat, values

__all__ = ["GaussNewton", "Newton"]

Product = Callable[[np.ndarray], np.ndarray]


class Newton(Together):
    """Newton's method: p <- p + lr d, where (H + damping I) d = -g, and H is the Hessian of the loss.

    d is found by conjugate gradients, each of whose iterations needs one product H v: two walks, and
    no matrix (Martens, "Deep learning via Hessian-free optimization", 2010). Where H has a direction
    of negative curvature the iterations end: Nocedal and Wright, "Numerical optimization" (2006),
    algorithm 7.1. There is no line search; far from a minimum take some damping, or an lr below 1.

    Args:
        params: Tensors; those that require no gradient stay as they are.
        lr: which part of the step is gone.
        damping: added to the diagonal of H.
        cg_iterations: at most so many; default: as many as there are elements, and 10.
        tolerance: d is found once the residual is this small, beside g.

    Raises:
        OptionError: for a negative option.
        TinygradError: for a second group, or a step without closure.
        NonScalarError: if the closure returns more than one number.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([5.0, -3.0], requires_grad=True)
    >>> optimizer = Newton([w])
    >>> start = optimizer.step(lambda: (w[0] - 1) ** 2 + 100 * (w[1] - 2) ** 2); w  # the loss; no backward()
    tensor([1.0000, 2.0000], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {"damping": NOT_NEGATIVE, "tolerance": NOT_NEGATIVE}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        damping: float = 0,
        cg_iterations: int | None = None,
        tolerance: float = 1e-10,
    ) -> None:
        super().__init__(params, {"lr": lr, "damping": damping, "cg_iterations": cg_iterations, "tolerance": tolerance})

    def _check(self, group: Mapping[str, Any]) -> None:
        super()._check(group)
        if group["cg_iterations"] is not None and not group["cg_iterations"] >= 1:
            raise OptionError(
                f"{type(self).__name__}: cg_iterations is None, or at least 1.", got=str(group["cg_iterations"])
            )

    def _advance(self, closure: Callable[[], Any], group: dict[str, Any]) -> Any:
        params = [p for p in group["params"] if p.requires_grad]
        with enable_grad():
            loss, gradient, product = self._model(closure(), params)
        damping, most = group["damping"], group["cg_iterations"]
        direction = conjugate_gradients(
            lambda v: product(v) + damping * v,
            -gradient,
            gradient.size + 10 if most is None else most,
            group["tolerance"],
        )
        self._moved(params, values(params), direction, float(group["lr"]))
        return loss

    def _model(self, loss: Any, params: list[Tensor]) -> tuple[Tensor, np.ndarray, Product]:
        """The loss, its gradient, and the product of a vector with the matrix of the step."""
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise NonScalarError(
                "Newton's closure returns the loss: one number, recorded.",
                got=f"shape {loss.shape}" if isinstance(loss, Tensor) else type(loss).__name__,
                mend="reduce it with .sum() or .mean(); for a vector of residuals use GaussNewton",
            )
        gradients = pulled_back([loss], params, [Tensor(np.ones_like(loss._data))])
        return (
            loss.detach(),
            flat(g._data for g in gradients),
            lambda v: flat(h._data for h in pulled_back(gradients, params, _like(params, v), False)),
        )


class GaussNewton(Newton):
    """Gauss-Newton: p <- p + lr d, where (JᵀJ + damping I) d = -Jᵀr, and J is the Jacobian of the residuals r.

    For losses that are sums of squares, r·r / 2: JᵀJ is its Hessian without the curvature of r, never
    negative, and all of it where r is linear. With damping it is the Levenberg-Marquardt step. Nocedal
    and Wright, "Numerical optimization" (2006), chapter 10. J v is the derivative of Jᵀu by u.

    Arguments and errors are Newton's; the closure returns the residuals, a Tensor of any shape, and
    `step` returns r·r / 2 before the step.

    >>> import tinygrad_edu as tg
    >>> x, y = tg.tensor([0.0, 1.0, 2.0]), tg.tensor([1.0, 3.0, 5.0])
    >>> line = tg.zeros(2, requires_grad=True)
    >>> GaussNewton([line]).step(lambda: line[0] + line[1] * x - y), line
    (tensor(17.5000), tensor([1., 2.], requires_grad=True))
    """

    def _model(self, residuals: Any, params: list[Tensor]) -> tuple[Tensor, np.ndarray, Product]:
        if not isinstance(residuals, Tensor):
            raise NonScalarError(
                "GaussNewton's closure returns the residuals: a Tensor, recorded.", got=type(residuals).__name__
            )
        r = residuals.detach()
        u = Tensor(np.zeros_like(r._data), requires_grad=True)
        pulled = pulled_back([residuals], params, [u])

        def product(v: np.ndarray) -> np.ndarray:
            pushed = pulled_back(pulled, [u], _like(params, v), False)
            return flat(h._data for h in pulled_back([residuals], params, pushed, False))

        gradient = flat(g._data for g in pulled_back([residuals], params, [r], False))
        return Tensor(np.sum(r._data * r._data) / 2), gradient, product


def _like(params: list[Tensor], vector: np.ndarray) -> list[Tensor]:
    """A vector of all elements as Tensors of the parameters' shapes and dtypes."""
    parts = np.split(vector, np.cumsum([p.numel() for p in params])[:-1])
    return [Tensor(part.reshape(p.shape).astype(p.dtype)) for p, part in zip(params, parts, strict=True)]


def conjugate_gradients(product: Product, b: np.ndarray, most: int, tolerance: float) -> np.ndarray:
    """The x of A x = b for a symmetric A, given by its products; where b'Ab is not positive, b itself.

    Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems" (1952). Ends at
    a residual of `tolerance` beside b, after `most` products, or at a direction of negative curvature.

    >>> A = np.array([[2.0, 1.0], [1.0, 3.0]])
    >>> conjugate_gradients(lambda v: A @ v, np.array([3.0, 4.0]), 10, 1e-10)
    array([1., 1.])
    """
    b = b.astype(np.float64)
    x, residual, direction = np.zeros_like(b), b.copy(), b.copy()
    square = float(residual @ residual)
    enough = tolerance**2 * square
    for iteration in range(most):
        if square <= enough:
            break
        image = product(direction)
        curvature = float(direction @ image)
        if curvature <= 0:
            return b if iteration == 0 else x
        length = square / curvature
        x += length * direction
        residual -= length * image
        square, before = float(residual @ residual), square
        direction = residual + (square / before) * direction
    return x
