"""perceptron: one training step on raw tensors: relu(x @ W + b), softmax cross-entropy, plain SGD."""

import importlib
from functools import partial

import numpy as np

from ..training import step_of

LR = np.float32(0.1)


def problem(inputs, hidden, outputs, batch):
    """A batch, its labels, and the parameters W1, b1, W2, b2, the same for every contender."""
    rng = np.random.default_rng(0)
    x = rng.random((batch, inputs), np.float32)
    labels = rng.integers(0, outputs, batch)
    parameters = [
        (rng.normal(size=(inputs, hidden)) / np.sqrt(inputs)).astype(np.float32),
        np.zeros(hidden, np.float32),
        (rng.normal(size=(hidden, outputs)) / np.sqrt(hidden)).astype(np.float32),
        np.zeros(outputs, np.float32),
    ]
    return x, labels, parameters


def _eager(name, *sizes):
    """The step of tinygrad_edu and of PyTorch, the same lines in both."""
    library = importlib.import_module(name)
    cross_entropy = importlib.import_module(f"{name}.nn.functional").cross_entropy
    x, labels, parameters = problem(*sizes)
    x, labels = library.tensor(x), library.tensor(labels)
    w1, b1, w2, b2 = parameters = [library.tensor(p, requires_grad=True) for p in parameters]
    lr = float(LR)

    def step():
        loss = cross_entropy(library.relu(x @ w1 + b1) @ w2 + b2, labels)
        loss.backward()
        with library.no_grad():
            for p in parameters:
                p -= lr * p.grad
                p.grad = None
        return loss.item()

    return step


def tinygrad_edu(*sizes):
    return _eager("tinygrad_edu", *sizes)


def pytorch(*sizes):
    return _eager("torch", *sizes)


def numpy(*sizes):
    x, labels, (w1, b1, w2, b2) = problem(*sizes)
    rows = np.arange(len(labels))

    def step():
        h = np.maximum(x @ w1 + b1, 0)
        z = h @ w2 + b2
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z)
        total = p.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - z[rows, labels]).mean()
        p /= total
        p[rows, labels] -= 1
        p /= np.float32(len(labels))
        dh = p @ w2.T
        dh *= h > 0
        for parameter, gradient in ((w2, h.T @ p), (b2, p.sum(0)), (w1, x.T @ dh), (b1, dh.sum(0))):
            gradient *= LR
            parameter -= gradient
        return float(loss)

    return step


def jax(*sizes):
    import jax
    import jax.numpy as jnp

    x, labels, parameters = problem(*sizes)

    def loss_of(parameters, x, labels):
        w1, b1, w2, b2 = parameters
        logits = jax.nn.relu(x @ w1 + b1) @ w2 + b2
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()

    @jax.jit
    def update(parameters, x, labels):
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, labels)
        return loss, [p - LR * g for p, g in zip(parameters, gradients, strict=True)]

    state = [jax.device_put(p) for p in parameters]
    x, labels = jax.device_put(x), jax.device_put(labels)

    def step():
        nonlocal state
        loss, state = update(state, x, labels)
        return float(loss)

    return step


def mygrad(*sizes):
    import mygrad as mg
    from mygrad.nnet.activations import relu
    from mygrad.nnet.losses import softmax_crossentropy

    x, labels, parameters = problem(*sizes)
    w1, b1, w2, b2 = parameters = [mg.tensor(p) for p in parameters]

    def step():
        loss = softmax_crossentropy(relu(x @ w1 + b1) @ w2 + b2, labels)
        loss.backward()
        for p in parameters:
            p.data -= LR * p.grad
            p.null_grad()
        return loss.item()

    return step


def autograd(*sizes):
    import autograd.numpy as anp
    from autograd import value_and_grad

    x, labels, parameters = problem(*sizes)
    rows = np.arange(len(labels))

    def loss_of(parameters):
        w1, b1, w2, b2 = parameters
        logits = anp.maximum(anp.dot(x, w1) + b1, 0) @ w2 + b2
        logits = logits - anp.max(logits, axis=1, keepdims=True)
        return anp.mean(anp.log(anp.sum(anp.exp(logits), axis=1)) - logits[rows, labels])

    both = value_and_grad(loss_of)

    def step():
        loss, gradients = both(parameters)
        for p, g in zip(parameters, gradients, strict=True):
            p -= LR * g
        return float(loss)

    return step


def contenders(*sizes):
    """Each contender's step for one size; it returns the loss before its update."""
    return {f.__name__: partial(f, *sizes) for f in (tinygrad_edu, pytorch, numpy, jax, mygrad, autograd)}


def module_contenders(inputs, hidden, outputs, batch):
    """The same step through Sequential and SGD with momentum; only those that have both."""

    def model(nn):
        return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))

    def through(library):
        x, labels, _ = problem(inputs, hidden, outputs, batch)
        return lambda: step_of(library, model, (x, labels), lr=float(LR), momentum=0.9)

    return {"tinygrad_edu": through("tinygrad_edu"), "pytorch": through("torch")}
