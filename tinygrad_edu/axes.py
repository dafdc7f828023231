"""axes: `axis`/`keepdims` (NumPy's names) and `dim`/`keepdim` (PyTorch's) mean the same; and `x` is `input`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .errors import ShapeError

__all__ = ["axes_of", "axis_of", "broadcasts_to", "either_name", "on_axis", "sizes_of"]

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

    >>> sizes_of((2, 3)), sizes_of(((2, 3),)), sizes_of((2,))
    ((2, 3), (2, 3), (2,))
    """
    if len(given) == 1 and (isinstance(given[0], (tuple, list)) or not hasattr(given[0], "__index__")):
        given = given[0]
    elif len(given) == 1 and getattr(given[0], "ndim", 0) > 0:
        given = given[0].tolist()  # a vector of integers
    return tuple(n.__index__() for n in given)


class NoSuchAxisError(ShapeError, IndexError):
    """An axis that the Tensor does not have."""
