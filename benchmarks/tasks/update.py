"""update: one step of an optimizer on the parameters of the 784-100-10 perceptron, the gradients at hand."""

import importlib

import numpy as np

from .perceptron import problem


def arrays():
    """The parameters, and a gradient for each."""
    *_, parameters = problem(784, 100, 10, 64)
    rng = np.random.default_rng(1)
    return parameters, [rng.normal(size=p.shape).astype(np.float32) for p in parameters]


def contenders(name, by_hand, **options):
    """The step in both libraries, and `by_hand(p, g, state, work, t)`, which has `state` arrays and `work` ready."""

    def library(module):
        def build():
            here = importlib.import_module(module)
            parameters, gradients = arrays()
            parameters = [here.tensor(p, requires_grad=True) for p in parameters]
            for p, g in zip(parameters, gradients, strict=True):
                p.grad = here.tensor(g)
            return getattr(here.optim, name)(parameters, **options).step

        return build

    def numpy():
        rows = [(p, g, [np.zeros_like(p) for _ in range(2)], np.empty_like(p)) for p, g in zip(*arrays(), strict=True)]
        t = 0

        def step():
            nonlocal t
            t += 1
            for p, g, state, work in rows:
                by_hand(p, g, state, work, t)

        return step

    return {"tinygrad_edu": library("tinygrad_edu"), "pytorch": library("torch"), "numpy": numpy}
