"""conv: a 3x3 convolution, 64 to 64 channels, on 32 images of 32 x 32: forward and both gradients."""

import numpy as np

TITLE = "conv 3x3, 64 to 64 channels, (32, 64, 32, 32), padding 1: forward and both gradients, two threads"


def problem():
    """Images, weights and the gradient that comes back."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(32, 64, 32, 32)), rng.normal(size=(64, 64, 3, 3)) / 24
    return x.astype(np.float32), w.astype(np.float32), rng.normal(size=(32, 64, 32, 32)).astype(np.float32)


def tinygrad_edu():
    import tinygrad_edu as tg

    tg.set_num_threads(2)
    return as_it_is()


def as_it_is():
    import tinygrad_edu as tg

    x, w, g = problem()
    x, w, g = tg.tensor(x, requires_grad=True), tg.tensor(w, requires_grad=True), tg.tensor(g)

    def step():
        x.grad = w.grad = None
        tg.nn.functional.conv2d(x, w, padding=1).backward(g)
        return w.grad

    return step


def pytorch():
    import torch

    torch.set_num_threads(2)
    x, w, g = problem()
    x, w, g = torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True), torch.tensor(g)

    def step():
        x.grad = w.grad = None
        torch.nn.functional.conv2d(x, w, padding=1).backward(g)
        return w.grad

    return step


def jax():
    import jax

    x, w, g = problem()

    @jax.jit
    def both(x, w, g):
        convolve = lambda x, w: jax.lax.conv_general_dilated(x, w, (1, 1), ((1, 1), (1, 1)))  # noqa: E731
        return jax.vjp(convolve, x, w)[1](g)

    return lambda: jax.block_until_ready(both(x, w, g))


def mygrad():
    import mygrad as mg
    from mygrad.nnet.layers import conv_nd

    x, w, g = problem()
    x, w = mg.tensor(x), mg.tensor(w)

    def step():
        conv_nd(x, w, stride=1, padding=1).backward(g)
        gradient = w.grad
        x.null_grad(), w.null_grad()
        return gradient

    return step
