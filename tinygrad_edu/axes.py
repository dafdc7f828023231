"""axes: one, several or a number for each, as users write them, in NumPy's words (`axis`) or PyTorch's (`dim`)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .errors import NoSuchAxisError, OptionError, ShapeError

__all__ = ["axes_of", "axis_of", "each_axis", "either_name", "sizes_of"]

_NAMES = {"dim": "axis", "dims": "axis", "keepdim": "keepdims", "axes": "axis", "input": "x"}


def either_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let `function`, written with `x`, `axis` and `keepdims`, also take `input`, `dim` and `keepdim`.

    >>> either_name(lambda x, axis=None: axis)(0, dim=-1)
    -1
    >>> either_name(lambda x, axis=None: x)(input=0)
    0
    """

    @wraps(function)
    def called(*args: Any, **keywords: Any) -> Any:
        if keywords:
            for name in _NAMES.keys() & keywords.keys():
                if _NAMES[name] in keywords:
                    raise TypeError(f"{function.__name__}() got both {name!r} and {_NAMES[name]!r}: they mean the same")
                keywords[_NAMES[name]] = keywords.pop(name)
        return function(*args, **keywords)

    return called


def axis_of(axis: Any, ndim: int, name: str = "this function") -> int:
    """One axis as a number from 0 to ndim - 1 (a 0-d Tensor has axis 0 and -1, as in PyTorch).

    Raises:
        ShapeError: (an IndexError too) if there is no such axis.

    >>> axis_of(-1, 3)
    2
    """
    number = operator.index(axis)
    if not -max(ndim, 1) <= number < max(ndim, 1):
        raise NoSuchAxisError(
            f"{name} was asked for axis {number} of a Tensor that has {ndim}.",
            expected=f"{-max(ndim, 1)} to {max(ndim, 1) - 1}",
        )
    return int(number % max(ndim, 1))


def axes_of(axis: Any, ndim: int, name: str = "this function") -> tuple[int, ...]:
    """None (all), one axis or several, as a tuple of numbers from 0 to ndim - 1.

    An empty tuple is all axes, as in `torch.sum`. For a 0-d Tensor the result is empty.

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


def sizes_of(given: tuple[Any, ...]) -> tuple[int, ...]:
    """Integers given one by one or as one sequence: what `f(2, 3)` and `f((2, 3))` both mean.

    >>> sizes_of((2, 3)), sizes_of(((2, 3),)), sizes_of((2,))
    ((2, 3), (2, 3), (2,))
    """
    if len(given) == 1 and (isinstance(given[0], (tuple, list)) or not hasattr(given[0], "__index__")):
        given = given[0]
    elif len(given) == 1 and getattr(given[0], "ndim", 0) > 0:
        given = given[0].tolist()  # a vector of integers
    return tuple(n.__index__() for n in given)


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
