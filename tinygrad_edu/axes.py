"""axes: one, several or a number for each, as users write them, in NumPy's words (`axis`) or PyTorch's (`dim`)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import wraps
from inspect import CO_VARARGS
from typing import Any, TypeVar

import numpy as np

from .errors import DtypeError, NoSuchAxisError, OptionError, ShapeError

__all__ = ["axes_of", "axis_of", "broadcasts_to", "each_axis", "either_name", "on_axis", "sizes_of"]

_SAME = (
    ("axis", "dim", "axes", "dims"),
    ("keepdims", "keepdim"),
    ("axis0", "dim0"),
    ("axis1", "dim1"),
    ("axis2", "dim2"),
)
R = TypeVar("R")


def either_name(function: Callable[..., R]) -> Callable[..., R]:
    """Let `function`, written with `dim`, also take `axis`; or the other way round; and `input` for a first `x`.

    Raises:
        TypeError: if one argument is given under two names.

    >>> either_name(lambda x, axis=None: axis)(0, dim=-1), either_name(lambda x, dim=None: dim)(0, axis=-1)
    (-1, -1)
    >>> either_name(lambda x, *dims: dims)(0, axes=(1, 0)), either_name(lambda x: x)(input=0)
    (((1, 0),), 0)
    """
    others, spread = _other_names(function)

    @wraps(function)
    def called(*args: Any, **keywords: Any) -> R:
        if not keywords:
            try:
                return function(*args)
            except TypeError as error:
                if "'axis'" in str(error) and "missing" in str(error):
                    error.args = (str(error).replace("'axis'", "'dim' (or 'axis')"),)
                raise
        for name in tuple(keywords):
            if name in others:
                own = others[name]
                if own in keywords:
                    raise TypeError(f"{function.__name__}() got both {name!r} and {own!r}: they mean the same")
                keywords[own] = keywords.pop(name)
        if spread in keywords:
            args = (*(args or (keywords.pop("x", None),)), keywords.pop(spread))
        return function(*args, **keywords)

    vars(called)["other_names"] = others
    return called


def _other_names(function: Callable[..., Any]) -> tuple[dict[str, str], str]:
    """The names of `function`'s arguments that it does not know, with its own for each; and what it spells `*dims`."""
    code: Any = function.__code__
    n = code.co_argcount + code.co_kwonlyargcount
    spread = code.co_varnames[n] if code.co_flags & CO_VARARGS else ""
    written = (*code.co_varnames[:n], spread)
    others = {other: own for same in _SAME for own in same if own in written for other in same if other != own}
    return others | ({"input": "x"} if written[0] == "x" else {}), spread


def axis_of(axis: Any, ndim: int, name: str = "this function") -> int:
    """One axis as a number from 0 to ndim - 1 (a 0-d Tensor has axis 0 and -1, as in PyTorch).

    Raises:
        NoSuchAxisError: (a ShapeError and an IndexError) if there is no such axis.

    >>> axis_of(-1, 3)
    2
    """
    number = operator.index(axis)
    if -ndim <= number < ndim:
        return number % ndim
    if ndim or number not in (0, -1):
        raise NoSuchAxisError(
            f"{name} was asked for axis {number} of a Tensor that has {ndim}.",
            expected=f"{-max(ndim, 1)} to {max(ndim, 1) - 1}",
        )
    return 0


def axes_of(axis: Any, ndim: int, name: str = "this function") -> tuple[int, ...]:
    """None (all), one axis or several, as a tuple of numbers from 0 to ndim - 1.

    An empty tuple is all axes, as in `torch.sum`. For a 0-d Tensor the result is empty.

    Raises:
        NoSuchAxisError: if there is no such axis.
        ShapeError: if one axis is named twice.

    >>> axes_of(None, 2), axes_of((0, -1), 3)
    ((0, 1), (0, 2))
    """
    if axis is None or (isinstance(axis, (tuple, list)) and not axis):
        return tuple(range(ndim))
    wished = axis if isinstance(axis, (tuple, list)) else (axis,)
    numbers = tuple(axis_of(a, ndim, name) for a in wished)
    if len(set(numbers)) < len(numbers):
        raise ShapeError(f"{name} was given the same axis twice.", got=str(tuple(wished)))
    return numbers if ndim else ()


def on_axis(axis: int, part: Any) -> tuple[Any, ...]:
    """The index of `part` (a slice, an int, an array) along one axis: `x[on_axis(1, slice(2))]` is `x[:, :2]`.

    >>> on_axis(1, slice(2))
    (slice(None, None, None), slice(None, 2, None))
    """
    return (slice(None),) * axis + (part,)


def broadcasts_to(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of `shape` stretches to the shape `to`, and no further.

    >>> broadcasts_to((1, 3), (2, 3)), broadcasts_to((2, 3), (1, 3)), broadcasts_to((2,), (3,))
    (True, False, False)
    """
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False


def sizes_of(given: tuple[Any, ...]) -> tuple[int, ...]:
    """Integers given one by one or as one sequence: what `f(2, 3)` and `f((2, 3))` both mean.

    Raises:
        DtypeError: for what is no integer.

    >>> sizes_of((2, 3)), sizes_of(((2, 3),)), sizes_of((2,))
    ((2, 3), (2, 3), (2,))
    """
    sizes: Any = given
    if len(given) == 1 and (isinstance(given[0], (tuple, list)) or not hasattr(given[0], "__index__")):
        sizes = given[0]
    elif len(given) == 1 and getattr(given[0], "ndim", 0) > 0:
        sizes = given[0].tolist()  # a vector of integers
    try:
        return tuple(n.__index__() for n in sizes)
    except (AttributeError, TypeError):
        raise DtypeError(
            "sizes and axes are whole numbers.", got=", ".join(map(repr, given)), mend="int(n), or // instead of /"
        ) from None


def each_axis(value: Any, n: int, what: str, least: int = 0) -> tuple[int, ...]:
    """An integer for each of n axes, from one for all or a sequence (an array, a Tensor) of 1 or n.

    Args:
        what: what it is for, as the error's first words.
        least: what each is at least.

    Raises:
        OptionError: for another number of them, smaller ones, or what is no integer.

    >>> each_axis(3, 2, "kernel_size"), each_axis((1, 2), 2, "kernel_size")
    ((3, 3), (1, 2))
    """
    several = isinstance(value, (tuple, list)) or not (isinstance(value, int) or np.ndim(value) == 0)
    try:
        numbers = tuple(map(operator.index, value if several else (value,)))
    except TypeError:
        numbers = ()
    if len(numbers) == 1:
        numbers *= n
    if len(numbers) != n or min(numbers) < least:
        raise OptionError(f"{what} is an integer, or {n} of them, of at least {least}.", got=repr(value))
    return numbers
