"""batchnorm: BatchNorm2d in training mode on (64, 64, 28, 28), forward and backward."""

import numpy as np

TITLE = "BatchNorm2d (64, 64, 28, 28), forward and backward; two threads"


def problem():
    """An input, and the gradient that comes back."""
    rng = np.random.default_rng(0)
    return (rng.standard_normal((64, 64, 28, 28), np.float32) for _ in range(2))


def contender(library, layer):
    """A step of `layer`, the same lines in both libraries."""
    x, g = map(library.tensor, problem())
    x.requires_grad_()

    def step():
        x.grad = layer.weight.grad = layer.bias.grad = None
        layer(x).backward(g)
        return np.asarray(x.grad)

    return step


def tinygrad_edu():
    import tinygrad_edu as tg

    tg.set_num_threads(2)
    return as_it_is()


def as_it_is():
    """On one thread, and with memory that goes back to the system after each step."""
    import tinygrad_edu as tg

    return contender(tg, tg.nn.BatchNorm2d(64))


def pytorch():
    import torch

    return contender(torch, torch.nn.BatchNorm2d(64))


def numpy():
    x, g = problem()
    n = np.float32(x.size // 64)
    each = (64, 1, 1)

    def step():
        mean = np.einsum("nchw->c", x) / n
        centred = x - mean.reshape(each)
        r = 1 / np.sqrt(np.einsum("nchw,nchw->c", centred, centred) / n + np.float32(1e-5))
        z = centred * r.reshape(each)
        dx = centred
        dx *= (-np.einsum("nchw,nchw->c", g, dx) * r * r / n).reshape(each)
        dx += g
        dx -= (np.einsum("nchw->c", g) / n).reshape(each)
        dx *= r.reshape(each)
        return z, dx

    return step
