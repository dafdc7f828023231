"""errors: one class per cause; a message says what happened, where, what was got, how to mend it."""

from __future__ import annotations

import linecache
import os
import sys
from typing import Any

import numpy as np

__all__ = [
    "AnomalyError",
    "ChangedAfterUseError",
    "DataFileError",
    "DeviceError",
    "DtypeError",
    "ExpressionError",
    "FreedGraphError",
    "GradientShapeError",
    "LeafInPlaceError",
    "LinAlgError",
    "MissingExtraError",
    "NoGradientError",
    "NoSuchAxisError",
    "NonFiniteError",
    "NonScalarError",
    "NotCoveredError",
    "NotPositiveDefiniteError",
    "OptionError",
    "ScheduleError",
    "ShapeError",
    "SingularMatrixError",
    "StateDictError",
    "TinygradError",
    "UnusedInputError",
    "ViewInPlaceError",
]

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_NOT_THE_USERS = (_PACKAGE, os.path.dirname(np.__file__) + os.sep, "<frozen ")


class TinygradError(RuntimeError):
    """The base of every error that tinygrad_edu raises on purpose.

    A `RuntimeError`, because that is what PyTorch raises and what callers already catch.

    Args:
        what: what happened, in one sentence that names the gate.
        expected: what would have been right.
        got: what was there instead.
        mend: how to put it right.
    """

    def __init__(self, what: str, *, expected: str = "", got: str = "", mend: str = "") -> None:
        lines = [what]
        for label, text in (("at", line_of(caller())), ("expected", expected), ("got", got), ("mend", mend)):
            if text:
                lines.append(f"  {label:<9} " + text.replace("\n", "\n" + " " * 12))
        super().__init__("\n".join(lines))

    def placed(self, layer: str) -> None:
        """Say in the second line which layer of a network it was, by its path; a longer path replaces a shorter."""
        what, *rest = str(self.args[0]).split("\n")
        rest = [line for line in rest if not line.startswith("  layer     ")]
        self.args = ("\n".join([what, f"  layer     {layer}", *rest]),)


class ShapeError(TinygradError, ValueError):
    """Shapes that do not fit together: broadcasting, matmul, reshape, cat."""


class NoSuchAxisError(ShapeError, IndexError):
    """An axis that the Tensor does not have."""


class DtypeError(TinygradError, TypeError):
    """A dtype that cannot do what was asked: an integer Tensor cannot require a gradient."""


class DeviceError(TinygradError):
    """A device that is not here: arrays live on the CPU."""


class FreedGraphError(TinygradError):
    """A second walk back through a graph that the first one freed."""


class NonScalarError(TinygradError):
    """`backward()` from an output of more than one element, without `gradient`."""


class NonFiniteError(TinygradError, ArithmeticError):
    """A loss, a parameter or a gradient that became inf or nan."""


class AnomalyError(NonFiniteError):
    """The first inf or nan, where it was born: what `detect_anomaly` raises.

    Attributes:
        born: the Tensor that holds it or, on the way back, whose gate sent it.
        output: where the graph ends: what was looked at, or where the walk back began.
        gradient: what the walk began with; None in the forward pass.
    """

    def __init__(self, what: str, *, born: Any, output: Any = None, gradient: Any = None, **more: str) -> None:
        super().__init__(what, **more)
        self.born, self.output, self.gradient = born, born if output is None else output, gradient

    @property
    def record(self) -> Any:
        """The graph as a `viz.Record`, with the place marked, for `viz.save` and `viz.text`."""
        from .viz.records import recording

        return recording.marked(self.output, self.gradient, self.born, str(self).partition("\n")[0])


class NoGradientError(TinygradError):
    """`backward()` or `grad()` of a Tensor that no recorded gate and no `requires_grad` leaf made."""


class UnusedInputError(TinygradError):
    """`autograd.grad` of an output with respect to an input it does not depend on."""


class ChangedAfterUseError(TinygradError):
    """A value was written after a gate used it, so the gate's gradient would be wrong."""


class GradientShapeError(ShapeError):
    """A gradient whose shape is not the shape of what it belongs to."""


class LeafInPlaceError(TinygradError):
    """A leaf that requires a gradient was written in place while recording."""


class ViewInPlaceError(TinygradError):
    """A view was written in place while recording; its base could not follow."""


class LinAlgError(TinygradError, np.linalg.LinAlgError):
    """A factorization that does not exist, or that LAPACK could not find; NumPy's error of that name, too."""


class SingularMatrixError(LinAlgError):
    """A matrix without an inverse."""


class NotPositiveDefiniteError(LinAlgError):
    """A matrix without a Cholesky factor."""


class NotCoveredError(TinygradError, TypeError):
    """A NumPy function that the graph does not cover; it is never dropped silently."""


class OptionError(TinygradError, ValueError):
    """An option outside its range: a negative learning rate."""


class ExpressionError(TinygradError, ValueError):
    """A formula, or a value in it, that cannot be read, or has something in it that is not allowed."""

    def __init__(self, what: str, **more: str) -> None:
        super().__init__(what, **more)
        lines = str(self.args[0]).split("\n")  # the place is in the formula, not in a line of Python
        self.args = ("\n".join(line for line in lines if not line.startswith("  at   ")),)


class DataFileError(TinygradError, ValueError):
    """A data file that is missing, truncated, corrupt, or not what its name says."""


class StateDictError(TinygradError):
    """A `state_dict` that does not fit what it is loaded into: names missing, unexpected, misshapen."""


class ScheduleError(TinygradError, ValueError):
    """A learning-rate schedule that does not fit its optimizer, or that was asked beyond its end."""


class MissingExtraError(TinygradError, ImportError):
    """An optional package is not installed; the message is the `pip install` line."""


def is_ours(filename: str) -> bool:
    """Whether a frame of that file is the library's (or NumPy's, or the importer's), and not the user's."""
    return filename.startswith(_NOT_THE_USERS)


def caller(depth: int = 1) -> tuple[str, int, str]:
    """Where the user's own code called us: file, line, function ("" if there is none).

    Args:
        depth: how many frames are surely ours, and need not be asked.
    """
    frame: Any = sys._getframe(depth)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name) if frame else ("", 0, "")


def line_of(where: tuple[str, int, str]) -> str:
    """A place in the user's code as `file.py:12, in f: y = x @ W` (empty if unknown)."""
    name, number, function = where
    if not name:
        return ""
    text = linecache.getline(name, number).strip()
    return f"{os.path.basename(name)}:{number}, in {function}" + (f": {text}" if text else "")
