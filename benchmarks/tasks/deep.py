"""deep: a chain of a million gates on one float: forward, walk back, release."""

import numpy as np

TITLE = "deep chain: 1,000,000 gates, forward, backward, release"
ROUNDS = 3
WARM = (1000,)  # gates of the warm step: freed memory must not hide what the real one needs


def tinygrad_edu():
    import tinygrad_edu as tg

    x = tg.tensor(np.ones(1, np.float32), requires_grad=True)

    def step(gates=1_000_000):
        x.grad = None
        y = x
        for _ in range(gates):
            y = y * 1.000001
        y.backward()
        return x.grad.item()

    return step


def pytorch():
    import torch

    x = torch.tensor(np.ones(1, np.float32), requires_grad=True)

    def step(gates=1_000_000):
        x.grad = None
        y = x
        for _ in range(gates):
            y = y * 1.000001
        y.backward()
        return x.grad.item()

    return step


def autograd():
    from autograd import grad

    def chain(x, gates):
        y = x
        for _ in range(gates):
            y = y * 1.000001
        return y[0]

    gradient = grad(chain)
    return lambda gates=1_000_000: gradient(np.ones(1, np.float32), gates)
