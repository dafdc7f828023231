"""chain: 200 times y = tanh(y * 0.99 + x) on 10 floats, forward and backward: the cost of a gate."""

import numpy as np

TITLE = "chain: 600 tiny gates, forward and backward"
START = np.linspace(-1, 1, 10).astype(np.float32)
ONES = np.ones(10, np.float32)


def tinygrad_edu():
    import tinygrad_edu as tg

    x, ones = tg.tensor(START, requires_grad=True), tg.tensor(ONES)

    def step():
        x.grad = None
        y = x
        for _ in range(200):
            y = tg.tanh(y * 0.99 + x)
        y.backward(ones)
        return np.asarray(x.grad)

    return step


def pytorch():
    import torch

    x, ones = torch.tensor(START, requires_grad=True), torch.tensor(ONES)

    def step():
        x.grad = None
        y = x
        for _ in range(200):
            y = torch.tanh(y * 0.99 + x)
        y.backward(ones)
        return x.grad.numpy()

    return step


def numpy():
    factor = np.float32(0.99)

    def step():
        x = y = START
        ys = []
        for _ in range(200):
            y = np.tanh(y * factor + x)
            ys.append(y)
        g, dx = ONES, np.zeros_like(START)
        for y in reversed(ys):
            g = g * (1 - y * y)
            dx += g
            g = g * factor
        return dx + g  # the first y is x itself

    return step


def jax():
    import jax
    import jax.numpy as jnp

    def total(x):
        y = x
        for _ in range(200):
            y = jnp.tanh(y * 0.99 + x)
        return y.sum()

    gradient = jax.jit(jax.grad(total))
    return lambda: gradient(START).block_until_ready()


def mygrad():
    import mygrad as mg

    x = mg.tensor(START)

    def step():
        y = x
        for _ in range(200):
            y = mg.tanh(y * 0.99 + x)
        y.backward(ONES)
        gradient = x.grad
        x.null_grad()
        return gradient

    return step


def autograd():
    import autograd.numpy as anp
    from autograd import grad

    def total(x):
        y = x
        for _ in range(200):
            y = anp.tanh(y * 0.99 + x)
        return anp.sum(y)

    gradient = grad(total)
    return lambda: gradient(START)
