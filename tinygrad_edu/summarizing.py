"""summarizing: what a network is made of: layers, shapes, parameters, multiply-adds, memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import dtypes
from .errors import OptionError
from .modes import Watch, enable_grad
from .nn.module import Module, in_mode
from .record import clone
from .tensor import Tensor

__all__ = ["Row", "Summary", "summary"]


def _size(x: Any) -> int:
    return math.prod(np.shape(x._data if isinstance(x, Tensor) else x))


def _inner(z: Tensor) -> int:
    """Of a matrix product: each element is a sum of as many products as the first operand's last axis has."""
    return _size(z) * z.inputs[0].shape[-1]


def _recurrent(weights: tuple[int, ...]) -> Callable[[Tensor], int]:
    """Each step of each sequence multiplies by every weight once; the input's rows are these steps."""
    return lambda z: z.inputs[0].shape[0] * sum(_size(z.inputs[i]) for i in weights if z.inputs[i] is not None)


def _einsum(z: Tensor) -> int:
    """One product for each value of all indices."""
    sizes: dict[Any, int] = {}
    for x, of in zip(z.inputs, (z.keywords["of_x"], z.keywords["of_y"]), strict=True):
        for letter, n in zip(of, np.shape(x), strict=True):
            sizes[letter] = max(n, sizes.get(letter, 1))
    return math.prod(sizes.values())


def _attention(z: Tensor) -> int:
    """Each query with each key, and each weight with each value."""
    q, k, v = z.inputs[:3]
    return _size(z) // v.shape[-1] * k.shape[-2] * (q.shape[-1] + v.shape[-1])


# What a gate that multiplies and adds costs, by its definition; a quicker algorithm needs fewer.
_MULTIPLY_ADDS: dict[str, Callable[[Tensor], int]] = {
    "linear": _inner,
    "matmul": _inner,
    "einsum": _einsum,
    "conv": lambda z: _size(z) * math.prod(z.inputs[1].shape[1:]),
    "conv_input": lambda z: _size(z.inputs[0]) * math.prod(z.inputs[1].shape[1:]),
    "attention": _attention,
    "rnn": _recurrent((2, 3)),
    "gru": _recurrent((2, 3)),
    "lstm": _recurrent((3, 4, 7)),
}


@dataclass(frozen=True)
class Row:
    """One module, its parts included.

    Attributes:
        path: its dotted name; "" for the whole.
        kind: the name of its class.
        depth: how many modules it is within.
        shape: of what it returned, of the first Tensor if there are several; None if it was not called.
        parameters: how many numbers it holds, shared ones once.
        multiply_adds: in all its calls.
        memory: bytes that its gates made.
        shared: the path under which the same module came before, or None; it is counted there.

    >>> import tinygrad_edu as tg
    >>> net = tg.nn.Sequential(tg.nn.Linear(784, 30))
    >>> row = summary(net, (10, 784)).rows[1]
    >>> row.path, row.kind, row.depth, row.shape, row.parameters, row.memory
    ('0', 'Linear', 1, (10, 30), 23550, 2400)
    """

    path: str
    kind: str
    depth: int
    shape: tuple[int, ...] | None
    parameters: int
    multiply_adds: int
    memory: int
    shared: str | None = None


@dataclass(frozen=True)
class Summary:
    """What `summary` returns; `print` shows it as a table.

    Attributes:
        rows: a Row for each module, the whole first.
        parameters, trained: how many numbers the network holds, and of these how many require a gradient.
        multiply_adds: of one forward pass.
        parameter_bytes: memory of parameters and buffers.
        activation_bytes: memory of what the gates of one forward pass made, which the backward pass needs.
        inputs: the shapes that went in.

    >>> import tinygrad_edu as tg
    >>> total = summary(tg.nn.Linear(784, 30), (10, 784))
    >>> total.parameters, total.multiply_adds  # 784·30 + 30, 10·784·30
    (23550, 235200)
    """

    rows: tuple[Row, ...]
    parameters: int
    trained: int
    multiply_adds: int
    parameter_bytes: int
    activation_bytes: int
    inputs: tuple[tuple[int, ...], ...]

    def __str__(self) -> str:
        table = [("layer", "output", "parameters", "multiply-adds", "memory"), *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}"
            + "".join(f"  {cell:>{width}}" for cell, width in zip(row[2:], widths[2:], strict=True))
            for row in table
        ]
        rule = "-" * len(lines[0])
        frozen = self.parameters - self.trained
        return "\n".join(
            line.rstrip()
            for line in (
                lines[0],
                rule,
                *lines[1:],
                rule,
                f"input          {', '.join(map(str, self.inputs))}",
                f"parameters     {self.parameters:,}" + (f", of which {frozen:,} are frozen" if frozen else ""),
                f"multiply-adds  {self.multiply_adds:,}",
                f"memory         {_bytes(self.parameter_bytes)} of parameters and buffers, "
                f"{_bytes(self.activation_bytes)} of values for the backward pass",
            )
        )

    __repr__ = __str__


def summary(model: Module, input: Any) -> Summary:
    """Run a network once, and tell what each layer returns, holds and costs.

    It runs in evaluation mode; modes, parameters, buffers and random numbers are left as they were.

    Args:
        model: any Module. One that is called twice costs twice; one that is shared is counted once.
        input: a Tensor or an array, or a shape (then random numbers of the parameters' dtype go in);
            for several inputs a list of these.

    Multiply-adds are those of matrix products, convolutions, attention and recurrent steps, by the
    definition of each (biases, elementwise gates, norms and pooling add none). Memory is what the
    gates made, views of it excepted.

    >>> import tinygrad_edu as tg
    >>> net = tg.nn.Sequential(tg.nn.Linear(784, 30), tg.nn.Sigmoid(), tg.nn.Linear(30, 10))
    >>> print(summary(net, (10, 784)))
    layer         output    parameters  multiply-adds   memory
    ----------------------------------------------------------
    Sequential    (10, 10)      23,860        238,200  4.3 KiB
      0: Linear   (10, 30)      23,550        235,200  2.3 KiB
      1: Sigmoid  (10, 30)           0              0  1.2 KiB
      2: Linear   (10, 10)         310          3,000    800 B
    ----------------------------------------------------------
    input          (10, 784)
    parameters     23,860
    multiply-adds  238,200
    memory         93.2 KiB of parameters and buffers, 4.3 KiB of values for the backward pass
    """
    inputs = _inputs(model, input)
    costs = _Costs()
    with in_mode(model, training=False), _all_recorded(model), enable_grad():
        inside = [clone(x.detach().requires_grad_()) if x.is_floating_point() else x for x in inputs]
        handles = [handle for module in model.modules() for handle in costs.follow(module)]
        try:
            with costs, np.errstate(all="ignore"):
                model(*inside)
        finally:
            for handle in handles:
                handle.remove()
    costs.add_up()
    own = list(model.parameters())
    whole = costs.of(model)
    return Summary(
        tuple(_rows(model, costs)),
        sum(p.numel() for p in own),
        sum(p.numel() for p in own if p.requires_grad),
        whole[0],
        sum(t.nbytes for t in (*own, *model.buffers())),
        whole[1],
        tuple(x.shape for x in inputs),
    )


class _Costs(Watch):
    """Who is being called while each gate is made."""

    def __init__(self) -> None:
        self._within: list[int] = []
        self._made: list[tuple[Tensor, frozenset[int]]] = []
        self._costs: dict[int, tuple[int, int]] = {}
        self.shapes: dict[int, tuple[int, ...] | None] = {}

    def made(self, z: Tensor) -> None:
        """A gate of all the modules that are being called."""
        super().made(z)
        self._made.append((z, frozenset(self._within)))

    def follow(self, module: Module) -> Iterator[Any]:
        """Hooks that note when `module` is called, and what it returns."""

        def entered(module: Module, args: Any) -> None:
            self._within.append(id(module))

        def left(module: Module, args: Any, output: Any) -> None:
            self._within.pop()
            self.shapes[id(module)] = _shape(output)

        yield module.register_forward_pre_hook(entered)
        yield module.register_forward_hook(left)

    def add_up(self) -> None:
        """Now that every gate is done, and knows whether what it made is a view."""
        for z, within in self._made:
            adds = _MULTIPLY_ADDS[z.gate.name](z) if z.gate.name in _MULTIPLY_ADDS else 0
            kept = 0 if z._view or z.gate.name == "pick" else _held(z._data)
            for key in within:
                before = self._costs.get(key, (0, 0))
                self._costs[key] = (before[0] + adds, before[1] + kept)
        self._made = []

    def of(self, module: Module) -> tuple[int, int]:
        """Its multiply-adds, and the bytes that its gates made; of a list of modules those of its parts."""
        if id(module) in self.shapes:
            return self._costs.get(id(module), (0, 0))
        parts = [self.of(child) for child in module.children()]
        return sum(adds for adds, _ in parts), sum(kept for _, kept in parts)


def _rows(model: Module, costs: _Costs) -> Iterator[Row]:
    known: dict[int, str] = {}
    for path, module in model.named_modules(remove_duplicate=False):
        depth = path.count(".") + 1 if path else 0
        count = sum(p.numel() for p in module.parameters())
        about = (costs.shapes.get(id(module)), count, *costs.of(module))
        yield Row(path, type(module).__name__, depth, *about, known.get(id(module)))
        known.setdefault(id(module), path)


def _cells(row: Row) -> tuple[str, ...]:
    name = "  " * row.depth + (f"{row.path.rpartition('.')[2]}: " if row.path else "") + row.kind
    if row.shared is not None:
        return (name, f"the same as {row.shared}", "", "", "")
    idle = "" if row.multiply_adds or row.memory else "not called"
    shape = idle if row.shape is None else str(row.shape)
    return (name, shape, f"{row.parameters:,}", f"{row.multiply_adds:,}", _bytes(row.memory))


def _bytes(n: int) -> str:
    """A size in the unit that people would use.

    >>> _bytes(800), _bytes(10_000), _bytes(3 << 20)
    ('800 B', '9.8 KiB', '3.0 MiB')
    """
    power = min(max(n, 1).bit_length() - 1, 49) // 10
    return f"{n / 1024**power:.1f} {'KMGT'[power - 1]}iB" if power else f"{n} B"


def _held(data: Any) -> int:
    return sum(part.nbytes for part in data) if isinstance(data, tuple) else data.nbytes


def _shape(output: Any) -> tuple[int, ...] | None:
    """Of the first Tensor in what a module returned."""
    if isinstance(output, Tensor):
        return output.shape
    parts = output.values() if isinstance(output, dict) else output if isinstance(output, (tuple, list)) else ()
    return next((shape for shape in map(_shape, parts) if shape is not None), None)


def _inputs(model: Module, input: Any) -> list[Tensor]:
    """Tensors, from Tensors, arrays and shapes."""
    several = isinstance(input, (list, tuple)) and not all(isinstance(n, int) for n in input)
    random = np.random.default_rng(0)
    floats = [p.dtype for p in model.parameters() if p.is_floating_point()]
    dtype = floats[0] if floats else dtypes.get_default_dtype()
    found = []
    for each in input if several else [input]:
        if isinstance(each, (Tensor, np.ndarray)):
            found.append(Tensor(each))
        elif isinstance(each, (tuple, list)) and all(isinstance(n, int) and n >= 0 for n in each):
            found.append(Tensor(random.standard_normal(each).astype(dtype)))
        else:
            raise OptionError(
                "summary needs what goes into the network.",
                expected="a Tensor, an array, a shape like (1, 3, 32, 32), or a list of these",
                got=repr(each)[:80],
            )
    return found


@contextmanager
def _all_recorded(model: Module) -> Iterator[None]:
    """Every parameter recorded, the frozen ones, too."""
    frozen = [p for p in model.parameters() if not p.requires_grad and p.is_floating_point()]
    try:
        for p in frozen:
            p._needs = True
        yield
    finally:
        for p in frozen:
            p._needs = False
