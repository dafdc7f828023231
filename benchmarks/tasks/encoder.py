"""encoder: a transformer encoder layer on a batch of sequences, forward and backward."""

import importlib

import numpy as np

TITLE = "encoder layer, 8 x 128, 256 wide, 8 heads, 2048 inside, no dropout: forward and backward; two threads"


def problem():
    """The input, (batch, steps, features), and the gradient that comes back."""
    rng = np.random.default_rng(0)
    return (rng.standard_normal((8, 128, 256), np.float32) for _ in range(2))


def contender(name, **how):
    """A step of the layer, the same lines in both libraries."""
    library = importlib.import_module(name)
    library.set_num_threads(2)
    layer = importlib.import_module(f"{name}.nn").TransformerEncoderLayer(256, 8, batch_first=True, **how)
    x, g = map(library.tensor, problem())
    x.requires_grad_()

    def step():
        layer.zero_grad()
        x.grad = None
        layer(x).backward(g)
        return np.asarray(x.grad)

    return step


def tinygrad_edu():
    return contender("tinygrad_edu", dropout=0.0)


def pytorch():
    return contender("torch", dropout=0.0)
