"""networks: the networks that can be asked for by name, as rows that become text or modules.

softmax     no hidden layer
mlp:100,50  hidden layers of these sizes, with ReLU
lenet       the convolutional network of LeCun and others (1998), with ReLU and maxima; for images
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from .. import nn
from ..errors import TinygradError

__all__ = ["built", "layers", "written"]

Layer = tuple[str, tuple[Any, ...], dict[str, Any]]


def layers(name: str, shape: tuple[int, ...], classes: int) -> list[Layer]:
    """The layers of a network: class of torch.nn, arguments, keywords.

    Args:
        name: softmax, mlp:SIZES or lenet.
        shape: of one sample.

    Raises:
        TinygradError: for another name, or samples that the network cannot take.

    >>> [layer for layer, _, _ in layers("mlp:100", (1, 28, 28), 10)]
    ['Flatten', 'Linear', 'ReLU', 'Linear']
    """
    kind, _, sizes = name.partition(":")
    if kind == "lenet" and not sizes:
        return _lenet(shape, classes)
    hidden = sizes.split(",") if kind == "mlp" else []
    if not ((kind == "softmax" and not sizes) or (hidden and all(n.isdecimal() and int(n) > 0 for n in hidden))):
        raise TinygradError(f"no network is called {name!r}.", expected="softmax, mlp:100, mlp:100,50 … or lenet")
    widths = [math.prod(shape), *map(int, hidden), classes]
    rows: list[Layer] = [("Flatten", (), {})] if len(shape) > 1 else []
    for i, (n, m) in enumerate(pairwise(widths)):
        rows += [("ReLU", (), {})] * (i > 0) + [("Linear", (n, m), {})]
    return rows


def _lenet(shape: tuple[int, ...], classes: int) -> list[Layer]:
    if len(shape) != 3 or min(shape[1:]) < 12:
        raise TinygradError(
            "lenet reads images of at least 12 x 12 pixels.", got=f"samples of shape {shape}", mend="--model mlp:100"
        )
    channels, height, width = shape
    flat = 16 * ((height // 2 - 4) // 2) * ((width // 2 - 4) // 2)
    relu: Layer = ("ReLU", (), {})
    pool: Layer = ("MaxPool2d", (2,), {})
    return [
        *(("Conv2d", (channels, 6, 5), {"padding": 2}), relu, pool),
        *(("Conv2d", (6, 16, 5), {}), relu, pool),
        *(("Flatten", (), {}), ("Linear", (flat, 120), {}), relu),
        *(("Linear", (120, 84), {}), relu, ("Linear", (84, classes), {})),
    ]


def built(name: str, shape: tuple[int, ...], classes: int) -> nn.Sequential:
    """The network itself; raises as `layers`."""
    rows = layers(name, shape, classes)
    return nn.Sequential(*(getattr(nn, layer)(*args, **keywords) for layer, args, keywords in rows))


def written(name: str, shape: tuple[int, ...], classes: int) -> str:
    """The network as Python text; raises as `layers`.

    >>> print(written("softmax", (4,), 3))
    nn.Sequential(
        nn.Linear(4, 3),
    )
    """
    lines = [
        f"    nn.{layer}({', '.join([*map(repr, args), *(f'{key}={value!r}' for key, value in keywords.items())])}),"
        for layer, args, keywords in layers(name, shape, classes)
    ]
    return "\n".join(["nn.Sequential(", *lines, ")"])
