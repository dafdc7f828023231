"""explanation: a backward pass with every step kept: told, checked, taken apart, compared, saved."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ChangedAfterUseError, MissingExtraError, OptionError
from ..files import write_whole
from ..inspecting import inspect
from ..tensor import Tensor, as_tensor, tick
from . import wording
from .difference import Difference
from .jacobian import Jacobian, jacobian_of
from .markdown import markdown
from .paths import Paths
from .records import Record, Values
from .records.recording import Kept
from .replay import SMALL, Replay
from .saving import SUFFIXES, save, to_svg
from .text import Told, amount, text

__all__ = ["Explanation", "explain"]

_CHECKED_WHOLE = 64  # in a graph of up to so many gates what they made is checked, too
_DRAWN = 400  # up to so many nodes a notebook draws the whole graph, else modules as boxes


class Explanation:
    """A backward pass, step by step; `print` reads like a page of the book, a notebook draws it.

    Attributes:
        record: everything in it as plain data.
        checked: by name, after `check()`, the largest error of a gradient relative to its size.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> print(str(tg.explain(x * x)).splitlines()[-1].strip())
    x: 3.00 + 3.00 = 6.00
    """

    def __init__(self, output: Tensor, gradient: Any = None, expand: bool = False) -> None:
        self._kept = Kept(output, gradient, True, expand=expand, maps=True)
        self.record: Record = self._kept.record
        self.checked: dict[str, float] = {}
        self._column: dict[int, str] = {}
        self._told = Told(self.record)
        self._made = tick()

    def __str__(self) -> str:
        return text(self.record, self._column)

    __repr__ = __str__

    def check(self) -> Explanation:
        """Compute the gradients a second time by moving values a little, in float64; returns itself, with a column.

        Each element of an array of up to 16 is moved, a larger leaf along a random direction. At a
        kink (relu at 0, a tie of max) the two differ.

        Raises:
            ChangedAfterUseError: if a leaf was written since.

        >>> import tinygrad_edu as tg
        >>> x = tg.tensor(3.0, requires_grad=True, name="x")
        >>> tg.explain(x * x).check().checked["x"] < 1e-6
        True
        """
        self._unchanged()
        replay, called = Replay(self._kept), self._told.called
        whole = len(self._kept.gates) <= _CHECKED_WHOLE
        random = np.random.default_rng(0)
        for t in self._tensors():
            g = self._kept.arrived.get(id(t))
            if g is None or isinstance(g, dict):  # nothing, or the parts of several outputs
                continue
            moved = t.gate is None or (whole and t is not self._kept.output and t.numel() <= SMALL)
            if not moved:
                continue
            node = self._kept.ids[id(t)]
            expected = replay.gradient(t)
            if expected is not None:
                said, off = amount(Values.of(expected)), np.max(np.abs(expected - g), initial=0)
                size = np.max(np.abs(expected), initial=0)
            else:
                direction = random.standard_normal(t.shape)
                slope, along = replay.slope(t, direction), float(np.sum(g * direction))
                said, off, size = f"along one direction {wording.number(slope)}", abs(slope - along), abs(slope)
            error = self.checked[called[node]] = float(off / max(size, 1e-3 * _norm(g), 1e-12))
            doubt = "" if error < 1e-3 else ": a kink, or a wrong rule"
            self._column[node] = f"finite differences: {said}, off by {error:.0e}{doubt}"
        return self

    def paths(self, x: Tensor | str) -> Paths:
        """The gradient of one value as the sum over the paths to it, the largest first.

        Args:
            x: a Tensor of the graph, or what it is called.

        Raises:
            OptionError: if it is not in the graph.

        >>> import tinygrad_edu as tg
        >>> x = tg.tensor(3.0, requires_grad=True, name="x")
        >>> [path.factors for path in tg.explain(x * x + 2 * x).paths(x)]
        [(1.0, 3.0), (1.0, 3.0), (1.0, 2.0)]
        """
        return Paths.of(self._kept, self._told.called, self._tensor(x))

    def jacobian(self, step: int | str | Tensor) -> Jacobian:
        """The Jacobian of one gate: as matrices, or as a diagonal where it works element by element.

        Args:
            step: the number of the gate in `print`, what its output is called, or that Tensor.

        Raises:
            OptionError: if there is no such gate.
            ShapeError: if it has several outputs, or more than a million entries.

        >>> import tinygrad_edu as tg
        >>> x = tg.tensor([1.0, 2.0], requires_grad=True, name="x")
        >>> print(tg.explain((x * x).sum()).jacobian(2))
        the Jacobian of t1 = x × x
          dt1/dx: diagonal, as each element depends on its own input only: [1.00 2.00]
          dt1/dx (2): diagonal, as each element depends on its own input only: [1.00 2.00]
        """
        z = self._tensor(step)
        for made, inputs in self._kept.gates:
            if made is z:
                node = self.record.nodes[self._kept.ids[id(z)]]
                names: dict[int, str] = {e.position: self._told.called[e.source] for e in self.record.into[node.id]}
                called = [self._told.called[node.id], *(names.get(i, "") for i in range(len(inputs)))]
                return jacobian_of(z, inputs, self._told.head(node), called)
        raise OptionError(f"{step!r:.60} is a leaf: no gate made it.", expected="a gate's output, or a step's number")

    def diff(self, other: Explanation) -> Difference:
        """What is otherwise in `other`, a later run: gates, values, gradients, and what `.grad` held before.

        >>> import tinygrad_edu as tg
        >>> x = tg.tensor(3.0, requires_grad=True, name="x")
        >>> print(tg.explain(x * x).diff(tg.explain(x * x * x)))
        x: its gradient was 6.00, is 27.00
        t1 = x × x: its gradient was 1.00, is 3.00
        t2 = t1 × x is new: 27.00
        """
        return Difference(self._told, other._told)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file, whole or not at all, by the suffix; returns the path.

        .html: a page to step through; .svg, .png, .pdf, .dot: a picture; .json: the record; .md, .txt: text.

        Raises:
            MissingExtraError: if nothing here can draw the picture.
            OptionError: for another suffix.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind in SUFFIXES:
            return save(self.record, path)
        if kind not in _WRITERS:
            raise OptionError(
                "the suffix says what to write.", expected=", ".join((*SUFFIXES, *_WRITERS)), got=repr(path.name)
            )
        content = _WRITERS[kind](self).encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_whole(path, lambda file: file.write(content))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """For notebooks: the text, and the picture where something can draw it."""
        bundle = {"text/plain": str(self)}
        with suppress(MissingExtraError):
            bundle["image/svg+xml"] = to_svg(self.record, depth=None if len(self.record.nodes) <= _DRAWN else 1)
        return bundle

    def _tensors(self) -> list[Tensor]:
        found = {id(x): x for z, inputs in self._kept.gates for x in (*inputs, z) if isinstance(x, Tensor)}
        return list(found.values()) or [self._kept.output]

    def _tensor(self, wanted: Tensor | str | int) -> Tensor:
        """A Tensor of the graph: itself, by what it is called, or by the number of the step."""
        steps, called = self._told.steps(), self._told.called
        stand_ins = {id(source): key for key, source in self._kept.origin.items()}  # the last has the user's value
        for t in self._tensors():
            node = self._kept.ids[id(t)]
            if isinstance(wanted, Tensor) and (t is wanted or stand_ins.get(id(wanted)) == id(t)):
                return t
            if isinstance(wanted, str) and called[node] == wanted:
                return t
            if isinstance(wanted, int) and 1 <= wanted <= len(steps) and steps[wanted - 1].id == node:
                return t
        what = "a Tensor" if isinstance(wanted, Tensor) else repr(wanted)
        some = [name for node, name in zip(self.record.nodes, called, strict=True) if node.role != "constant"]
        raise OptionError(
            f"{what} is not in this graph.",
            expected=", ".join(some[:20]) + (" …" if len(some) > 20 else "") + f", or a step from 1 to {len(steps)}",
        )

    def _unchanged(self) -> None:
        for t in self._tensors():
            if t._memory is not None and t._memory.stamp > self._made:
                raise ChangedAfterUseError(
                    f"{t.name or 'a value of shape ' + str(t.shape)} was written since this was explained.",
                    mend="explain it again, and check() before the optimizer's step",
                )


_WRITERS: dict[str, Callable[[Explanation], str]] = {
    ".json": lambda e: e.record.to_json(),
    ".md": lambda e: markdown(e.record, e._column),
    ".txt": lambda e: f"{e}\n",
}


def explain(what: Any, *args: Any, gradient: Any = None, expand: bool = False, **keywords: Any) -> Explanation:
    """Run the backward pass of an output, or of a function's result, and keep every step.

    No `.grad` is touched and the graph is not freed. A function is called within `tg.inspect()`, so
    that lines and names are known; if none of its arguments is a Tensor, numbers and lists of them
    become leaves in float64, and unnamed leaves are called what its parameters are.

    Args:
        what: a Tensor, or a function (or Module) that returns one.
        args, keywords: what the function is called with.
        gradient: dL/doutput to start with; may be left out for an output of one element.
        expand: take gates apart that are made of others: sigmoid, softmax, and fused ones.

    Raises:
        NoGradientError, NonScalarError, FreedGraphError, ChangedAfterUseError: as `backward()`.
        OptionError: if `what` is neither, or the function returns no Tensor.

    >>> import tinygrad_edu as tg
    >>> print(tg.explain(lambda x, y: x * y, 3.0, -4.0))  # doctest: +ELLIPSIS
    forward
      x  = 3.00
      y  = -4.00
      t1 = -12.00    x × y
    <BLANKLINE>
    backward, from t1: 1.00
      1. t1 = x × y    ...
         a switcher: upstream times the other input
         to x: 1.00 × -4.00 (y) = -4.00
         to y: 1.00 × 3.00 (x) = 3.00
    <BLANKLINE>
    gradients
      x: -4.00
      y: 3.00
    """
    if isinstance(what, Tensor):
        if args or keywords:
            raise OptionError("explain of a Tensor takes no arguments; those of a function go to it.", got=repr(args))
        return Explanation(what, gradient, expand)
    if not callable(what):
        raise OptionError("explain takes a Tensor, or a function that returns one.", got=type(what).__name__)
    args, keywords = _leaves(what, args, keywords)
    with inspect() as watch:
        output = what(*args, **keywords)
    if not isinstance(output, Tensor):
        raise OptionError("explain needs a function that returns one Tensor.", got=type(output).__name__)
    explanation = Explanation(output, gradient, expand)
    del watch  # until here it kept the modules that the function may have made
    return explanation


def _leaves(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The arguments, with numbers as leaves if there is no Tensor, and names from the parameters."""
    bare = not any(isinstance(x, Tensor) for x in (*args, *keywords.values())) and not hasattr(function, "parameters")
    args = tuple(_leaf(x) if bare else x for x in args)
    keywords = {key: _leaf(x) if bare else x for key, x in keywords.items()}
    try:
        bound = signature(getattr(function, "forward", function)).bind(*args, **keywords).arguments
    except (TypeError, ValueError):  # the call itself will say what does not fit
        bound = {}
    for name, x in bound.items():
        if isinstance(x, Tensor) and x.gate is None and x.name is None:
            x.name = name
    return args, keywords


def _leaf(x: Any) -> Any:
    if not isinstance(x, (int, float, list, np.ndarray, np.floating)):
        return x
    array = np.asarray(x)
    if array.dtype.kind not in "fiu":
        return x
    return as_tensor(np.array(array, np.float64)).requires_grad_()


def _norm(g: np.ndarray) -> float:
    return float(np.linalg.norm(g))
