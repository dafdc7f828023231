"""neuron: the two-input neuron of CS231n's notes, drawn and walked back gate by gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tinygrad_edu as tg

from .. import viz
from ..errors import MissingExtraError

__all__ = ["neuron", "show"]


def neuron() -> tg.Tensor:
    """f = 1 / (1 + exp(-(w0 x0 + w1 x1 + w2))) at w = (2, -3, -3), x = (-1, -2).

    Source: https://cs231n.github.io/optimization-2/#sigmoid

    >>> round(neuron().item(), 2)
    0.73
    """
    w0, w1, w2 = (tg.tensor(v, requires_grad=True, name=f"w{i}") for i, v in enumerate((2.0, -3.0, -3.0)))
    x0, x1 = (tg.tensor(v, requires_grad=True, name=f"x{i}") for i, v in enumerate((-1.0, -2.0)))
    f = 1 / (1 + tg.exp(-(w0 * x0 + w1 * x1 + w2)))
    f.name = "f"
    return f


def show(console: Any, out: Path) -> Path | None:
    """Print the backward pass, write `neuron.dot` and draw it; returns the picture, None if nothing can draw it."""
    seen = viz.record(neuron())
    console.print("f = 1 / (1 + exp(-(w0 x0 + w1 x1 + w2))), the neuron of CS231n's notes\n")
    console.print(viz.text(seen), markup=False)
    console.print("\nEach line: what arrived from above × the local gradient = what is sent on.\n")
    viz.save(seen, out / "neuron.dot")
    try:
        return viz.save(seen, out / "neuron.svg")
    except MissingExtraError as error:
        console.print(str(error), markup=False, style="yellow")
        return None
