"""properties: a user's function becomes a property-based test of its gradients."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import Tensor
from .domains import real
from .gradcheck import gradcheck
from .strategies import several  # first: it says what to install if hypothesis is missing

import hypothesis.strategies as st  # isort: skip
from hypothesis import HealthCheck, given, settings  # isort: skip
from hypothesis.extra import numpy as hnp  # isort: skip

__all__ = ["check_gradients"]


def check_gradients(
    function: Callable[..., Any] | None = None,
    *,
    order: int = 1,
    shapes: Any = None,
    max_examples: int | None = None,
    eps: float = 1e-6,
    atol: float | None = None,
    rtol: float | None = None,
    **domains: Any,
) -> Any:
    """Turn a function of Tensors into a test of its gradients, on inputs that hypothesis draws.

    The decorated function takes no arguments: pytest runs it, and so does calling it. It passes
    silently; on a failure hypothesis looks for the smallest inputs that fail, and gradcheck's
    report says what is wrong with them.

    Args:
        function: from Tensors to a Tensor or a tuple of Tensors. Each of its parameters is drawn.
        order: 2 checks the gradients of the gradients too.
        shapes: default: shapes that broadcast together, of 0 to 3 axes. A tuple is the shape of every
            input; a dict gives one by name; a strategy draws the tuple of all shapes.
        max_examples: how many inputs to draw; default: hypothesis's current profile.
        eps, atol, rtol: as in `gradcheck`.
        domains: by parameter, what its elements are drawn from: a Domain, or a strategy of floats;
            `real` for those not named. Choose one that keeps away from kinks.

    Raises:
        GradcheckError: when the test is run and a gradient is wrong.
        TypeError: at once, if a domain is named after no parameter, a shape is missing, or a parameter is
            taken by name only.

    >>> from tinygrad_edu.testing import check_gradients, nonzero, positive
    >>> @check_gradients(x=positive, y=nonzero, order=2, max_examples=5)
    ... def quotient(x, y):
    ...     return x.log() / y
    >>> quotient()
    """

    def decorated(f: Callable[..., Any]) -> Callable[[], None]:
        parameters = inspect.signature(f).parameters
        names = list(parameters)
        if unknown := set(domains) - set(names):
            raise TypeError(f"{f.__name__}() has no parameter {sorted(unknown)}; it has {names}")
        if not names:
            raise TypeError(f"{f.__name__}() has no parameters: there is nothing to differentiate with respect to")

        if by_name := [name for name in names if parameters[name].kind is inspect.Parameter.KEYWORD_ONLY]:
            raise TypeError(f"{f.__name__}() takes {by_name} by name only; gradients are checked by position")
        if isinstance(shapes, dict) and set(shapes) != set(names):
            raise TypeError(f"{f.__name__}() needs a shape for each of {names}; got shapes for {sorted(shapes)}")

        @settings(_settings(max_examples))
        @given(_inputs(names, shapes, domains))
        def check(inputs: dict[str, Tensor]) -> None:
            example = tuple(Tensor(x._data.copy(), requires_grad=True, name=n) for n, x in inputs.items())
            gradcheck(f, example, order=order, eps=eps, atol=atol, rtol=rtol)

        check.__name__ = check.__qualname__ = f.__name__

        def test() -> None:
            check()

        test.__name__, test.__qualname__, test.__doc__ = f.__name__, f.__qualname__, f.__doc__
        test.__module__ = f.__module__
        test.function = f  # type: ignore[attr-defined]
        return test

    return decorated if function is None else decorated(function)


def _settings(max_examples: int | None) -> settings:
    # a check takes as long as it has elements: neither is a deadline missed nor the drawing too slow
    profile = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    return profile if max_examples is None else settings(profile, max_examples=max_examples)


def _inputs(names: list[str], shapes: Any, domains: dict[str, Any]) -> st.SearchStrategy[dict[str, Tensor]]:
    """The inputs by name, as a composite: hypothesis prints what a map drew as the call that made it."""
    n = len(names)
    if shapes is None:
        drawn_shapes: Any = hnp.mutually_broadcastable_shapes(num_shapes=n, max_dims=3, max_side=3).map(
            lambda found: found.input_shapes
        )
    elif isinstance(shapes, st.SearchStrategy):
        drawn_shapes = shapes
    elif isinstance(shapes, dict):
        drawn_shapes = st.just(tuple(tuple(shapes[name]) for name in names))
    else:
        drawn_shapes = st.just((tuple(shapes),) * n)
    drawn_inputs = several(drawn_shapes, [np.float64] * n, [domains.get(name, real) for name in names], True)

    @st.composite
    def named(draw: Any) -> dict[str, Tensor]:
        return dict(zip(names, draw(drawn_inputs), strict=True))

    return named()  # type: ignore[no-any-return]
