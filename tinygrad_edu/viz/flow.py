"""flow: how large activations, gradients and updates are from layer to layer, and in words what is wrong with them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..modes import Watch
from ..nn.module import Module
from ..tensor import Tensor
from .plots import BLUE, GREY, ORANGE, finish, subplots

__all__ = ["LayerFlow", "gradient_flow"]

_FACTOR = 1e3  # from the last layer to the first: what shrinks or grows more than that vanishes, or explodes
_DEAD = 0.4  # more of a layer's ReLUs than that
_FAST, _SLOW = 3e-2, 1e-6  # of an update relative to its weights; about 1e-3 is healthy (Karpathy, CS231n, 2015)


@dataclass(frozen=True)
class LayerFlow:
    """One layer, over all its calls within the block; None for what was not there.

    Attributes:
        path, kind: its dotted name and the name of its class.
        activation: the root of the mean square of what it returned.
        gradient: the Euclidean norm of the loss's gradient with respect to what it returned.
        weight_gradient: the same with respect to its own parameters.
        update: the norm of what its parameters changed by, over their norm before.
        dead: the share of its ReLUs that were 0 for every sample (a ReLU is one channel of a convolution).
        units: how many ReLUs it has.

    >>> import tinygrad_edu as tg
    >>> net = tg.nn.Sequential(tg.nn.Linear(2, 4), tg.nn.ReLU())
    >>> with gradient_flow(net) as flow:
    ...     net(tg.ones(3, 2)).sum().backward()
    >>> [(layer.path, layer.kind, layer.units) for layer in flow.layers]
    [('0', 'Linear', 0), ('1', 'ReLU', 4)]
    """

    path: str
    kind: str
    activation: float | None
    gradient: float | None
    weight_gradient: float | None
    update: float | None
    dead: float | None
    units: int


class gradient_flow(Watch):
    """Watch the steps within a block, and tell of each layer how large what flows through it is.

    Put a step, or several, into the block: forward, `backward()` and the optimizer's `step()`. `print` of
    it is a table with the verdicts below it. Layers are in the order of their first call. A relu that is
    no layer of its own counts for the layer whose output it takes.

    Args:
        model: any Module.

    Attributes:
        layers: a LayerFlow for each layer; known when the block has ended.
        verdicts: sentences: what vanishes, explodes, is dead, moves too fast or not at all.

    >>> import tinygrad_edu as tg
    >>> net = tg.nn.Sequential(*(m for _ in range(12) for m in (tg.nn.Linear(20, 20), tg.nn.Sigmoid())))
    >>> with gradient_flow(net) as flow:
    ...     net(tg.ones(5, 20)).sum().backward()
    >>> flow.layers[0].gradient < 1e-6 * flow.layers[-1].gradient
    True
    >>> flow.verdicts[0].partition(":")[0]
    'gradients vanish'
    """

    def __init__(self, model: Module) -> None:
        self.model = model
        self.layers: tuple[LayerFlow, ...] = ()
        self.verdicts: tuple[str, ...] = ()

    def __enter__(self) -> gradient_flow:
        self._found: dict[int, _Found] = {}
        self._within: list[_Found] = []  # the layers that are being called
        self._silent: dict[int, str] = {}  # parameters that no gradient came to, by id
        self._handles = [handle for path, module in self.model.named_modules() for handle in self._follow(path, module)]
        super().__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        super().__exit__(*exc)
        for handle in self._handles:
            handle.remove()
        called = sorted((f for f in self._found.values() if f.order), key=lambda f: f.order)
        updates = {id(found): found.update() for found in called}
        stepped = any(updates.values())
        self.layers = tuple(found.flow(updates[id(found)] if stepped else None) for found in called)
        self.verdicts = tuple(_verdicts(self.layers, list(self._silent.values()))) or ("nothing out of the ordinary",)
        self._found, self._within, self._handles = {}, [], []

    def __str__(self) -> str:
        head = ("layer", "activation", "gradient", "of weights", "update / weight", "dead ReLUs")
        table = [head, *map(_cells, self.layers)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            f"{row[0]:<{widths[0]}}"
            + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
            for row in table
        ]
        rule = "-" * len(lines[0])
        return "\n".join([lines[0], rule, *(line.rstrip() for line in lines[1:]), rule, *self.verdicts])

    __repr__ = __str__

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Activations and gradients, updates and dead ReLUs, layer by layer, as a matplotlib Figure.

        Args:
            path: write the picture there, too.

        Raises:
            MissingExtraError: without matplotlib (the extra `plot`).
        """
        n = len(self.layers)
        dead = any(layer.dead is not None for layer in self.layers)
        figure, panels = subplots(1, 2 + dead, (4.2, min(24.0, 1.8 + 0.24 * n)))
        rows = np.arange(n)
        names = [f"{layer.path}: {layer.kind}" for layer in self.layers]
        shown = rows[:: 1 + n // 80]
        for i, axes in enumerate(panels):
            axes.set(ylim=(n - 0.4, -0.6), yticks=shown, yticklabels=[names[k] if i == 0 else "" for k in shown])
            axes.tick_params(axis="y", length=0)
        sizes, updates = panels[:2]
        self._dots(sizes, "activation", BLUE, "o", "activation (root mean square)")
        self._dots(sizes, "gradient", ORANGE, "s", "gradient (norm)")
        self._dots(updates, "update", BLUE, "o", "update / weight (norms)")
        updates.axvline(1e-3, color=GREY, linewidth=1, linestyle=":", label="a thousandth: healthy")
        sizes.set(title="what flows", xlabel="size")
        updates.set(title="what is learned", xlabel="update / weight")
        if dead:
            shares = [100 * layer.dead if layer.dead is not None else math.nan for layer in self.layers]
            panels[2].barh(rows, shares, color=ORANGE, height=0.6)
            panels[2].set(title="dead ReLUs", xlabel="% of a layer's ReLUs", xlim=(0, 103))
        figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
        return finish(figure, path)

    def _dots(self, axes: Any, what: str, color: str, marker: str, label: str) -> None:
        """One quantity of each layer that has it, on a logarithmic axis."""
        seen = [(getattr(layer, what), i) for i, layer in enumerate(self.layers)]
        seen = [(value, i) for value, i in seen if value and math.isfinite(value)]
        if seen:
            axes.plot(*zip(*seen, strict=True), color=color, marker=marker, markersize=5, linewidth=1, label=label)
            axes.set_xscale("log")
            axes.tick_params(axis="x", which="minor", labelbottom=False)

    def _follow(self, path: str, module: Module) -> Iterator[Any]:
        """Hooks on one module that is a layer: it has parameters of its own, or no parts."""
        own = module._own_parameters()
        if any(module.children()) and not own:
            return
        found = self._found[id(module)] = _Found(path or type(module).__name__, type(module).__name__)
        for name, p in own:
            found.before.append((p, p._data.copy()))
            if p.requires_grad:
                self._silent[id(p)] = f"{path}.{name}" if path else name
                yield p.register_hook(partial(self._arrived, id(p), found))

        def called(module: Any, args: Any) -> None:
            self._within.append(found)

        def returned(module: Any, args: Any, output: Any) -> None:
            self._within.pop()
            found.order = found.order or 1 + max(other.order for other in self._found.values())
            z = output[0] if isinstance(output, tuple) and output else output
            if isinstance(z, Tensor) and z.is_floating_point():
                found.activation.add(z._data)
                found.returned.append(z)
                if z.requires_grad and z.gate is not None:
                    z.register_hook(lambda g: found.gradient.add(g._data))

        yield module.register_forward_pre_hook(called)
        yield module.register_forward_hook(returned)

    def _arrived(self, key: int, found: _Found, g: Tensor) -> None:
        found.weight_gradient.add(g._data)
        self._silent.pop(key, None)

    def made(self, z: Tensor) -> None:
        """Look which units of a relu are 0."""
        super().made(z)
        if z.gate.name != "relu":
            return
        x = z.inputs[0]
        taken = (found for found in self._found.values() if any(t is x for t in found.returned))
        found = self._within[-1] if self._within else next(taken, None)
        if found is not None:
            found.look(z)


def _cells(layer: LayerFlow) -> tuple[str, ...]:
    name = layer.path if layer.path == layer.kind else f"{layer.path}: {layer.kind}"
    sizes = (layer.activation, layer.gradient, layer.weight_gradient, layer.update)
    dead = "" if layer.dead is None else f"{layer.dead:.0%} of {layer.units}"
    return (name, *("" if size is None else f"{size:.3g}" for size in sizes), dead)


class _Size:
    """The squares of many arrays, summed."""

    def __init__(self) -> None:
        self.squares, self.count = 0.0, 0

    def add(self, a: np.ndarray) -> None:
        self.squares += float(np.sum(np.square(a, dtype=np.float64)))
        self.count += a.size

    def norm(self) -> float | None:
        return math.sqrt(self.squares) if self.count else None

    def mean(self) -> float | None:
        return math.sqrt(self.squares / self.count) if self.count else None


class _Found:
    """What has been seen of one layer."""

    def __init__(self, path: str, kind: str) -> None:
        self.path, self.kind, self.order = path, kind, 0
        self.activation, self.gradient, self.weight_gradient = _Size(), _Size(), _Size()
        self.before: list[tuple[Tensor, np.ndarray]] = []
        self.returned: list[Tensor] = []
        self.dead: np.ndarray | None = None  # of each ReLU, whether it was always 0

    def look(self, z: Tensor) -> None:
        """Which ReLUs are 0 for every sample."""
        axis = _channels(z)
        dead = np.all(z._data == 0, axis=tuple(i for i in range(z.ndim) if i != axis)).ravel()
        both = self.dead is not None and len(self.dead) == len(dead)
        self.dead = self.dead & dead if both else dead  # type: ignore[operator]

    def update(self) -> float | None:
        """What an optimizer has changed, relative to what was there; None for a layer that is not trained."""
        moved, weights = _Size(), _Size()
        for p, before in self.before:
            if p.requires_grad and p.shape == before.shape:
                moved.add(p._data.astype(np.float64) - before)
                weights.add(before)
        change, size = moved.norm(), weights.norm()
        return None if change is None or not size else change / size

    def flow(self, update: float | None) -> LayerFlow:
        """All of it, when the block has ended."""
        return LayerFlow(
            self.path,
            self.kind,
            self.activation.mean(),
            self.gradient.norm(),
            self.weight_gradient.norm(),
            update,
            None if self.dead is None else float(np.mean(self.dead)),
            0 if self.dead is None else len(self.dead),
        )


def _channels(z: Tensor) -> int:
    """The axis along which units lie: channels behind a convolution, features behind a matrix product."""
    x: Any = z
    while isinstance(x, Tensor) and x.gate is not None and isinstance(x.inputs, tuple) and x.inputs:
        if x.gate.name in ("conv", "conv_input"):
            return z.ndim - x.ndim + 1
        if x.gate.name in ("linear", "matmul") or x.shape != z.shape:
            break
        x = x.inputs[0]
    return 1 if z.ndim > 3 else z.ndim - 1


def _verdicts(layers: tuple[LayerFlow, ...], silent: list[str]) -> Iterator[str]:
    arrived = [layer for layer in layers if layer.gradient is not None]
    if not arrived:
        yield "no gradient arrived: call backward() within the block"
        return
    yield from _trend("gradients", arrived[::-1], [layer.gradient for layer in arrived[::-1]])
    yield from _trend("activations", list(layers), [layer.activation for layer in layers])
    for layer in layers:
        if layer.dead is not None and layer.dead >= _DEAD:
            yield (
                f"dead ReLUs: {layer.dead:.0%} of the {layer.units} of {layer.path} are 0 for every sample, and pass "
                "no gradient on: a smaller lr, another initialization, or LeakyReLU"
            )
    updates = [(layer, layer.update) for layer in layers if layer.update is not None]
    fast, slow = [u for u in updates if not u[1] <= _FAST], [u for u in updates if u[1] < _SLOW]
    for found, worst, what in (
        (fast, max, "large: a smaller lr"),
        (slow, min, "small: hardly anything is learned there"),
    ):
        if found:
            most = f"{worst(update for _, update in found):.2g} of the weights; about 1e-3 is healthy"
            yield f"updates of {_names([layer for layer, _ in found])} are {what} ({most})"
    if silent:
        yield f"no gradient came to {_listed(silent)}: not part of the loss, or cut off by detach() or no_grad()"


def _trend(what: str, way: list[LayerFlow], sizes: list[float | None]) -> Iterator[str]:
    """Whether sizes vanish or explode on a way through the layers."""
    pairs = [(layer, size) for layer, size in zip(way, sizes, strict=True) if size is not None]
    bad = [layer for layer, size in pairs if not math.isfinite(size)]
    if bad:
        yield f"{what} are not finite, first those of {bad[0].path}: tg.detect_anomaly() shows where that begins"
        return
    (first, start), (last, end) = pairs[0], pairs[-1]
    from_to = f"from {first.path} to {last.path} their size goes from {start:.2g} to {end:.2g}"
    if end < start / _FACTOR:
        each = f", about ×{(end / start) ** (1 / (len(pairs) - 1)):.2g} for each layer" if end else ""
        yield f"{what} vanish: {from_to}{each}"
    elif end > start * _FACTOR and start:
        yield f"{what} explode: {from_to}, about ×{(end / start) ** (1 / (len(pairs) - 1)):.2g} for each layer"


def _names(layers: list[LayerFlow]) -> str:
    return _listed([layer.path for layer in layers])


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
