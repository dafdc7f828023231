"""cross_entropy: softmax cross-entropy of scores (512, 1000), float32, forward and backward."""

import numpy as np

TITLE = "softmax cross-entropy (512, 1000): forward and backward"
N, CLASSES = 512, 1000


def problem():
    """Scores and classes, the same for every contender."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(N, CLASSES)).astype(np.float32), rng.integers(0, CLASSES, N)


def tinygrad_edu():
    import tinygrad_edu as tg

    scores, classes = problem()
    x, t = tg.tensor(scores, requires_grad=True), tg.tensor(classes)
    loss_of = tg.nn.CrossEntropyLoss()

    def step():
        loss = loss_of(x, t)
        loss.backward()
        x.grad = None
        return loss.item()

    return step


def pytorch():
    import torch

    scores, classes = problem()
    x, t = torch.tensor(scores, requires_grad=True), torch.tensor(classes)
    loss_of = torch.nn.CrossEntropyLoss()

    def step():
        loss = loss_of(x, t)
        loss.backward()
        x.grad = None
        return loss.item()

    return step


def numpy():
    x, classes = problem()
    rows = np.arange(N)

    def step():
        p = x - x.max(axis=1, keepdims=True)
        picked = p[rows, classes]
        np.exp(p, out=p)
        total = p.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - picked).mean()
        p /= total * np.float32(N)
        p[rows, classes] -= np.float32(1 / N)
        return float(loss)

    return step


def jax():
    import jax
    import jax.numpy as jnp

    scores, classes = problem()

    @jax.jit
    def both(x, t):
        return jax.value_and_grad(lambda x: -jnp.take_along_axis(jax.nn.log_softmax(x), t[:, None], 1).mean())(x)

    x, t = jax.device_put(scores), jax.device_put(classes)

    def step():
        loss, gradient = both(x, t)
        gradient.block_until_ready()
        return float(loss)

    return step


def mygrad():
    import mygrad as mg
    from mygrad.nnet.losses import softmax_crossentropy

    scores, classes = problem()
    x = mg.tensor(scores)

    def step():
        loss = softmax_crossentropy(x, classes)
        loss.backward()
        x.null_grad()
        return loss.item()

    return step
