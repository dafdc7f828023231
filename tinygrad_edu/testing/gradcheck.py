"""gradcheck: are the gradients of a function those that moving its inputs a little shows?"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine import grad
from ..errors import DtypeError, NoGradientError, OptionError, TinygradError
from ..modes import enable_grad
from ..tensor import Tensor
from .numeric import NotAnalyticError, Program, complex_jacobian
from .report import GradcheckError, KinkWarning, Names, Worst, kink_at, report

__all__ = ["GradcheckError", "KinkWarning", "gradcheck", "gradgradcheck"]


def gradcheck(
    function: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float | None = None,
    rtol: float | None = None,
    order: int = 1,
    fast_mode: bool = False,
    complex_step: bool | None = None,
    raise_exception: bool = True,
) -> bool:
    """Compare the gradients of `function` with derivatives that no rule was used for.

    Every element of every input that requires a gradient is moved by `eps` both ways. Where that
    central difference disagrees with the rules, the complex step decides if the function allows it,
    because it has no rounding; what still disagrees is an error, with a report that names the worst
    element, shows the error as the step shrinks, and says whether a kink or rounding may be behind it.

    Args:
        function: from Tensors to a Tensor or a tuple of Tensors; the same at every call.
        inputs: a Tensor or a tuple; those that require a gradient must be float64.
        eps: how far an element is moved.
        atol, rtol: agreement is |analytic - numeric| <= atol + rtol |numeric|. Default: 1e-5 and
            1e-3, PyTorch's; with `complex_step=True` 1e-10 both.
        order: 2 checks the gradients of the gradients too, and so on.
        fast_mode: one random direction instead of every element; the elements only for the report.
        complex_step: True takes the complex step instead of central differences, and raises where the
            function does not allow it; False never uses it.
        raise_exception: False returns False instead of raising GradcheckError.

    Returns:
        True. At a kink the rules may agree with the central difference: then a KinkWarning is given.

    Raises:
        GradcheckError: the gradients disagree, or the function does not repeat itself.
        DtypeError: an input that requires a gradient is not float64.
        NoGradientError: no input requires a gradient, or there is no output to differentiate.
        OptionError: `order` is below 1.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([0.5, 2.0], dtype=tg.float64, requires_grad=True)
    >>> gradcheck(tg.exp, x, order=2)
    True
    """
    if order < 1:
        raise OptionError("gradcheck checks derivatives.", expected="an order of 1 or more", got=str(order))
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    _check_inputs(inputs)
    tight = 1e-10 if complex_step else None
    tolerance = (tight or 1e-5) if atol is None else atol, (tight or 1e-3) if rtol is None else rtol
    names = Names(function, inputs)
    try:
        with enable_grad():
            for level in range(1, order + 1):
                program = Program(function, inputs, constants=level > 1)
                _check_outputs(program, names)
                _check(program, names, level, eps, tolerance, fast_mode, complex_step)
                if level < order:
                    function, inputs = _gradient_of(program)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    function: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float | None = None,
    rtol: float | None = None,
    fast_mode: bool = False,
    complex_step: bool | None = None,
    raise_exception: bool = True,
) -> bool:
    """Compare the gradients of the gradients of `function` with derivatives of its gradients.

    Args:
        grad_outputs: the upstream of each differentiable output, moved too; default: drawn.

    The other arguments, the result and the errors are those of `gradcheck`.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([0.5, 2.0], dtype=tg.float64, requires_grad=True)
    >>> gradgradcheck(lambda x: x * tg.log(x), (x,))
    True
    """
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    _check_inputs(inputs)
    program = Program(function, inputs)
    names = Names(function, inputs)
    _check_outputs(program, names)
    tight = 1e-10 if complex_step else None
    tolerance = (tight or 1e-5) if atol is None else atol, (tight or 1e-3) if rtol is None else rtol
    try:
        first = Program(*_gradient_of(program, grad_outputs), constants=True)
        _check(first, names, 2, eps, tolerance, fast_mode, complex_step)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


# What is asked of the function before it is checked.


def _check_inputs(inputs: Sequence[Any]) -> None:
    leaves = [(i, x) for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not leaves:
        raise NoGradientError(
            "gradcheck needs an input that requires a gradient.", mend="make it with requires_grad=True"
        )
    for i, x in leaves:
        if x.dtype != np.float64:
            raise DtypeError(
                f"gradcheck moves its inputs by a millionth, which {x.dtype} cannot resolve (input {i}).",
                expected="float64",
                got=str(x.dtype),
                mend="make it with dtype=tg.float64",
            )


def _check_outputs(program: Program, names: Names) -> None:
    if not program.outputs:
        raise NoGradientError(f"{names.function} returned no floating-point Tensor: there is nothing to differentiate.")
    if not np.array_equal(program.value(), program.value(), equal_nan=True):
        raise GradcheckError(
            f"{names.function} is not the same at every call, so there is nothing to compare its gradient with.",
            mend="set the seed inside the function, and switch dropout off",
        )


def _gradient_of(program: Program, grad_outputs: Any = None) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """The gradient as a function of the inputs and the upstreams, and where to check it."""
    positions = [i for i, t in zip(program.positions, program.outputs, strict=True) if t.requires_grad]
    recorded = [t for t in program.outputs if t.requires_grad]
    n = len(program.inputs)
    if grad_outputs is None:
        rng = np.random.default_rng(len(recorded))
        upstreams = [Tensor(_direction(rng, t.shape).astype(t.dtype), requires_grad=True) for t in recorded]
    else:
        given = [grad_outputs] if isinstance(grad_outputs, Tensor) else list(grad_outputs)
        upstreams = [Tensor(np.array(g._data), requires_grad=True) for g in given]

    def gradient(*args: Any) -> tuple[Any, ...]:
        result = program.function(*args[:n])
        outputs = [t for t in (result if isinstance(result, (tuple, list)) else (result,)) if isinstance(t, Tensor)]
        wished = [x for x in args[:n] if isinstance(x, Tensor) and x.requires_grad]
        chosen = [outputs[i] for i in positions]
        return grad(chosen, wished, args[n:], create_graph=True, allow_unused=True, materialize_grads=True)

    if not recorded:
        return lambda *args: tuple(Tensor(np.zeros(x.shape)) for x in program.leaves), program.inputs
    return gradient, (*program.inputs, *upstreams)


# The comparison.


def _check(
    program: Program,
    names: Names,
    level: int,
    eps: float,
    tolerance: tuple[float, float],
    fast_mode: bool,
    complex_step: bool | None,
) -> None:
    if complex_step:
        analytic = program.jacobian()
        _compare(program, names, level, eps, tolerance, analytic, _by_complex_step(program))
        _check_linear(program, names, analytic)
    elif not fast_mode or not _agrees_along_a_direction(program, eps, tolerance):
        analytic = program.jacobian()
        here = program.value()
        numeric, kink = _by_differences(program, eps, here)
        arbiter = None
        if complex_step is None and not _agree(analytic, numeric, tolerance):
            try:
                arbiter = _by_complex_step(program)
            except TinygradError:
                arbiter = None
        _compare(program, names, level, eps, tolerance, analytic, numeric, arbiter)
        _check_linear(program, names, analytic)
        # Moved together, inputs may cross a kink that none of them reaches alone.
        nearer = (eps / 10, eps / 100)
        if fast_mode and not any(_agrees_along_a_direction(program, h, tolerance) for h in nearer):
            raise GradcheckError(
                f"the gradient of {names.function} is wrong along a random direction, though not in any one element.",
                mend="the errors are small and many: look at atol and rtol, or use fast_mode=False",
            )
        if kink is not None:
            warnings.warn(KinkWarning(names.kink(program, *kink)), stacklevel=4)


def _direction(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """No component is small, so that an error in one element shows."""
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def _check_linear(program: Program, names: Names, analytic: Sequence[np.ndarray]) -> None:
    """The Jacobian was asked for with upstreams of 0 and 1: with any other the rules must give its multiple."""
    rng = np.random.default_rng(0)
    upstreams = [_direction(rng, t.shape) for t in program.outputs]
    flat = np.concatenate([np.ravel(u) for u in upstreams])
    found = program.gradients([u.astype(t.dtype) for u, t in zip(upstreams, program.outputs, strict=True)])
    for i, (a, g) in enumerate(zip(analytic, found, strict=True)):
        expected, size = a @ flat, np.abs(a) @ np.abs(flat)
        off = np.flatnonzero(np.isfinite(expected) & ~(np.abs(g.ravel() - expected) <= 1e-8 + 1e-4 * size))
        if off.size:
            worst = int(off[0])
            raise GradcheckError(
                f"the gradient of {names.function} is right for upstreams of 0 and 1, and wrong for others.",
                expected=f"{expected[worst]:.10g} at {names.element(program, i, worst)}: linear in the upstream",
                got=f"{g.ravel()[worst]:.10g}",
                mend="a rule multiplies the upstream by a local gradient: once, as it is",
            )


def _agrees_along_a_direction(program: Program, eps: float, tolerance: tuple[float, float]) -> bool:
    """v' J u both ways: one walk back, and two forwards."""
    rng = np.random.default_rng(0)
    directions = [_direction(rng, x.shape) for x in program.leaves]
    weights = [_direction(rng, t.shape) for t in program.outputs]
    found = program.gradients([w.astype(t.dtype) for w, t in zip(weights, program.outputs, strict=True)])
    analytic = sum(float(np.sum(g * u)) for g, u in zip(found, directions, strict=True))
    flat = np.concatenate([np.ravel(w) for w in weights])
    numeric = float(np.sum(flat * program.along(directions, eps)))
    return _close(np.array(analytic), np.array(numeric), tolerance)


def _by_differences(
    program: Program, eps: float, here: np.ndarray
) -> tuple[list[np.ndarray], tuple[int, int, int] | None]:
    """The Jacobian by central differences, and the first leaf, element and output with a kink nearby."""
    found, kink = [], None
    with program.movable():
        for i, x in enumerate(program.leaves):
            rows = np.zeros((x.numel(), here.size))
            for element in range(x.numel()):
                rows[element], gap = program.slopes(i, element, eps, here)
                if kink is None:
                    at = kink_at(program, i, element, eps, here, rows[element], gap)
                    kink = None if at is None else (i, element, at)
            found.append(rows)
    return found, kink


def _by_complex_step(program: Program) -> list[np.ndarray]:
    """The Jacobian by the complex step; raises where it is not that of a smooth, analytic function."""
    try:
        found = complex_jacobian(program)
    except NotAnalyticError as error:
        raise TinygradError("the complex step cannot go through this function.", got=str(error)) from None
    missed = [np.full(rows.shape, np.inf) for rows in found]
    here = program.value()
    for h in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7):  # each element must agree with one of them
        rough, _ = _by_differences(program, h, here)
        missed = [np.minimum(m, _excess(c, r, (1e-3, 1e-3))) for m, c, r in zip(missed, found, rough, strict=True)]
    if any((m > 1).any() for m in missed):
        raise TinygradError(
            "the complex step disagrees with central differences: the function is not analytic, or has a kink here.",
            mend="leave complex_step at None",
        )
    return found


def _close(analytic: np.ndarray, numeric: np.ndarray, tolerance: tuple[float, float]) -> bool:
    return bool(np.all(_excess(analytic, numeric, tolerance) <= 1))


def _agree(analytic: Sequence[np.ndarray], numeric: Sequence[np.ndarray], tolerance: tuple[float, float]) -> bool:
    return all(_close(a, n, tolerance) for a, n in zip(analytic, numeric, strict=True))


def _excess(analytic: np.ndarray, numeric: np.ndarray, tolerance: tuple[float, float]) -> np.ndarray:
    """The error in units of what is tolerated; inf where either is not finite."""
    atol, rtol = tolerance
    with np.errstate(all="ignore"):
        found = np.abs(analytic - numeric) / (atol + rtol * np.abs(numeric))
    return np.where(np.isfinite(analytic) & np.isfinite(numeric), found, np.inf)


def _compare(
    program: Program,
    names: Names,
    level: int,
    eps: float,
    tolerance: tuple[float, float],
    analytic: Sequence[np.ndarray],
    numeric: Sequence[np.ndarray],
    arbiter: Sequence[np.ndarray] | None = None,
) -> None:
    """Raise with a report on the worst element, if there is one."""
    worst, most, wrong, total = None, 1.0, 0, 0
    for i, (a, n) in enumerate(zip(analytic, numeric, strict=True)):
        excess = _excess(a, n, tolerance)
        if arbiter is not None:
            excess = np.minimum(excess, _excess(a, arbiter[i], tolerance))
        wrong, total = wrong + int((excess > 1).sum()), total + excess.size
        if excess.size and excess.max() > most:
            element, output = (int(k) for k in np.unravel_index(np.argmax(excess), excess.shape))
            exact = None if arbiter is None else float(arbiter[i][element, output])
            worst = Worst(i, element, output, float(a[element, output]), float(n[element, output]), exact)
            most = float(excess.max())
    if worst is not None:
        raise report(program, names, level, eps, tolerance, worst, wrong, total)
