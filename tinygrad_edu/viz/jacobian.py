"""jacobian: all partial derivatives of one gate, as matrices, or as a diagonal where it works element by element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..modes import no_grad
from ..record import Bundle
from ..tensor import Tensor
from .records import Values
from .records.recording import contributions, locals_of
from .text import amount

__all__ = ["Jacobian", "jacobian_of"]

_MOST = 1 << 20  # entries of a matrix
_SHOWN = 8  # rows and columns of a matrix that is printed


@dataclass(frozen=True, repr=False)
class Jacobian:
    """The derivatives of one gate's output with respect to each input that a gradient flows to.

    Attributes:
        head: the gate, as text.
        output: what its output is called.
        matrices: by the input's name a matrix, a row for each element of the output and a column
            for each of the input; of a gate that works element by element only the diagonal, in the
            shape of the output. Names that an input shares with an earlier one end in (2), (3) …
        diagonal: the names of those.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> tg.explain((x * x).sum()).jacobian("t2").matrices  # t2 is the sum
    {'t1': array([[1., 1.]], dtype=float32)}
    """

    head: str
    output: str
    matrices: dict[str, np.ndarray]
    diagonal: frozenset[str]

    def __str__(self) -> str:
        lines = [f"the Jacobian of {self.head}"]
        for name, matrix in self.matrices.items():
            what = f"  d{self.output}/d{name}"
            if name in self.diagonal:
                says = "" if matrix.size == 1 else "diagonal, as each element depends on its own input only: "
                lines.append(f"{what}: {says}{amount(Values.of(matrix))}")
            elif max(matrix.shape, default=0) <= _SHOWN:
                text = np.array2string(matrix, precision=4, suppress_small=True)
                lines += [f"{what}:", *(f"    {row}" for row in text.splitlines())]
            else:
                zeros = np.mean(matrix == 0) if matrix.size else 0
                lines.append(f"{what}: {amount(Values.of(matrix))}; {zeros:.0%} of it zeros")
        return "\n".join(lines)

    __repr__ = __str__


def jacobian_of(z: Tensor, inputs: tuple[Any, ...], head: str, names: list[str]) -> Jacobian:
    """The Jacobian of the gate of `z`; `names`: of the output, and of each input.

    Raises:
        ShapeError: for a matrix of more than a million entries.
    """
    if isinstance(z._data, Bundle):
        raise ShapeError(f"{z.gate.name} has several outputs.", mend="ask for the Jacobian of one of them")
    with no_grad(), np.errstate(all="ignore"):
        found: dict[int, Any] = {i: a for i, a in locals_of(z, inputs).items() if inputs[i].shape == z.shape}
        diagonal = set(found)
        for i, x in enumerate(inputs):
            if isinstance(x, Tensor) and x._needs and i not in found:
                if isinstance(x._data, Bundle):
                    raise ShapeError(f"{z.gate.name} takes one of several outputs.", mend="ask for another gate")
                if z.numel() * x.numel() > _MOST:
                    raise ShapeError(
                        f"the Jacobian of {z.gate.name} is too large to write down.",
                        expected=f"at most {_MOST} entries",
                        got=f"{z.numel()} × {x.numel()}",
                        mend="ask on a smaller input",
                    )
                found[i] = np.empty((z.numel(), x.numel()), z.dtype)
        if len(diagonal) < len(found):
            for row in range(z.numel()):
                seed = np.zeros(z.shape, z.dtype)
                seed.flat[row] = 1
                for i, c in contributions(z, seed, inputs):
                    if i not in diagonal:
                        found[i][row] = c.ravel()
    named: dict[str, np.ndarray] = {}
    for i in sorted(found):
        name, count = names[1 + i], 1
        while name in named:
            count += 1
            name = f"{names[1 + i]} ({count})"
        named[name] = found[i]
    flat = frozenset(name for i, name in zip(sorted(found), named, strict=True) if i in diagonal)
    return Jacobian(head, names[0], named, flat)
