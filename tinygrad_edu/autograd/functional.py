"""functional: derivatives at given inputs, as `torch.autograd.functional` has them; `func` returns functions.

Here the inputs are one Tensor or a tuple of Tensors, and so is what comes back. The results are
constants, unless `create_graph` is asked for. With `strict` an output that does not depend on an
input is an error; else its derivative is zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import engine
from .. import func as _func
from ..errors import DtypeError, NonScalarError, OptionError, ShapeError, UnusedInputError
from ..tensor import Tensor
from ..trees import flatten

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

_TRANSFORMS = {"reverse-mode": _func.jacrev, "forward-mode": _func.jacfwd}


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of `func`, of shape (*output, *input); for tuples a tuple per output, of one per input.

    Args:
        vectorize: ignored.
        strategy: "reverse-mode" for a walk per element of the output, "forward-mode" for one per
            element of the input.

    >>> import tinygrad_edu as tg
    >>> jacobian(lambda x, y: x * y, (tg.tensor([1.0, 2.0]), tg.tensor([3.0])))
    (tensor([[3., 0.],
            [0., 3.]]), tensor([[1.],
            [2.]]))
    """
    if strategy not in _TRANSFORMS:
        raise OptionError("the strategy of a Jacobian.", expected=" or ".join(_TRANSFORMS), got=repr(strategy))
    transform = _TRANSFORMS[strategy]
    given = _given(inputs, create_graph)
    found = transform(_watched(func, strict), tuple(range(len(given))))(*given)
    several = not isinstance(found[0], Tensor)  # outputs: then a tuple of tuples
    if isinstance(inputs, Tensor):
        found = tuple(row[0] for row in found) if several else found[0]
    return _out(found, create_graph)


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of `func`, which returns one number; for a tuple a tuple of tuples.

    >>> import tinygrad_edu as tg
    >>> hessian(lambda x: (x**3).sum(), tg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(*xs: Tensor) -> Any:
        found = _func.grad(func, tuple(range(len(xs))))(*xs)
        return found[0] if isinstance(inputs, Tensor) else found

    return jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The value of `func`, and vᵀ times its Jacobian; `v` may be left out for a value of one element.

    >>> import tinygrad_edu as tg
    >>> vjp(lambda x: x * x, tg.tensor([1.0, 2.0]), tg.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    value, back = _func.vjp(_watched(func, strict), *_given(inputs, create_graph))
    found = back(*_along(value, v))
    return _out(value, create_graph), _out(found[0] if isinstance(inputs, Tensor) else found, create_graph)


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The value of `func`, and its Jacobian times v; `v` may be left out for an input of one element.

    >>> import tinygrad_edu as tg
    >>> jvp(lambda x: x * x, tg.tensor([1.0, 2.0]), tg.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    given = _given(inputs, create_graph)
    value, moved = _func.jvp(_watched(func, strict), given, _along(inputs, v))
    return _out(value, create_graph), _out(moved, create_graph)


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The value of `func`, one number, and vᵀ times its second derivatives (which are symmetric).

    >>> import tinygrad_edu as tg
    >>> vhp(lambda x: (x**3).sum(), tg.tensor([1.0, 2.0]), tg.tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    given = _given(inputs, create_graph)
    value, found = _func.hvp(_watched(func, strict), given, _along(inputs, v))
    return _out(value, create_graph), _out(found[0] if isinstance(inputs, Tensor) else found, create_graph)


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The value of `func`, one number, and its second derivatives times v: `vhp`.

    >>> import tinygrad_edu as tg
    >>> hvp(lambda x: (x**3).sum(), tg.tensor([1.0, 2.0]), tg.tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return vhp(func, inputs, v, create_graph, strict)


def _given(inputs: Any, create_graph: bool) -> tuple[Tensor, ...]:
    several = (inputs,) if isinstance(inputs, Tensor) else inputs
    if not isinstance(several, (tuple, list)) or not all(isinstance(x, Tensor) for x in several) or not several:
        raise DtypeError(
            "autograd.functional differentiates by a Tensor or a tuple of Tensors.",
            got=f"{inputs!r:.60}",
            mend="func.jacrev and its kin take other structures",
        )
    return tuple(several) if create_graph else tuple(x.detach() for x in several)


def _out(tree: Any, create_graph: bool) -> Any:
    leaves, back = flatten(tree)
    return back(leaves if create_graph else [z.detach() for z in leaves])


def _watched(func: Callable[..., Any], strict: bool) -> Callable[..., Any]:
    """`func`, and if `strict` an error for an output that does not depend on an input."""

    def called(*xs: Tensor) -> Any:
        value = func(*xs)
        for i, z in enumerate(flatten(value)[0] if strict else ()):
            zeros = Tensor(np.zeros_like(z._data))
            found = engine.grad(z, xs, zeros, True, allow_unused=True) if z.requires_grad else [None] * len(xs)
            if None in found:
                raise UnusedInputError(
                    f"output {i} does not depend on input {found.index(None)}, which strict=True does not allow."
                )
        return value

    return called


def _along(like: Any, v: Any) -> tuple[Any, ...]:
    """The Tensors of `v`, which are as many and of the shapes of those of `like`; or 1 for one number."""
    if v is None:
        if not isinstance(like, Tensor) or like.numel() != 1:
            raise NonScalarError(
                "v may only be left out for one number.",
                got=f"shape {like.shape}" if isinstance(like, Tensor) else f"{len(like)} Tensors",
                mend="pass v",
            )
        return (Tensor(np.ones_like(like._data)),)
    wished, given = ([np.shape(t) for t in flatten(tree)[0]] for tree in (like, v))
    if wished != given:
        raise ShapeError("v has the shape of what it is multiplied with.", expected=str(wished), got=str(given))
    return tuple(flatten(v)[0])
