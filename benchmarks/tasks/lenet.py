"""lenet: a training step of LeNet on 64 images: two convolutions, a perceptron, cross-entropy, SGD."""

import numpy as np

from ..training import step_of

TITLE = "LeNet, batch 64: conv 16 5x5, ReLU, pool, conv 32 5x5, ReLU, pool, 512-100-10; SGD; two threads"
LR = 0.01


def problem():
    """Images and their labels."""
    rng = np.random.default_rng(0)
    return rng.random((64, 1, 28, 28), np.float32), rng.integers(0, 10, 64)


def model(nn):
    """LeNet."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(512, 100), nn.ReLU(), nn.Linear(100, 10),
    )  # fmt: skip


def tinygrad_edu():
    import tinygrad_edu as tg

    tg.set_num_threads(2)
    return as_it_is()


def as_it_is():
    return step_of("tinygrad_edu", model, problem(), lr=LR)


def pytorch():
    import torch

    torch.set_num_threads(2)
    return step_of("torch", model, problem(), lr=LR)


def _parameters():
    rng = np.random.default_rng(0)
    shapes = [(16, 1, 5, 5), (16,), (32, 16, 5, 5), (32,), (512, 100), (100,), (100, 10), (10,)]
    return [(rng.normal(size=s) / np.sqrt(s[0] if len(s) == 2 else np.prod(s[1:]))).astype(np.float32) for s in shapes]


def jax():
    import jax
    import jax.numpy as jnp

    x, labels = problem()

    def pooled(x):
        return jax.lax.reduce_window(jax.nn.relu(x), -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def loss_of(parameters, x, labels):
        w1, b1, w2, b2, w3, b3, w4, b4 = parameters
        h = pooled(jax.lax.conv(x, w1, (1, 1), "VALID") + b1[:, None, None])
        h = pooled(jax.lax.conv(h, w2, (1, 1), "VALID") + b2[:, None, None])
        logits = jax.nn.relu(h.reshape(len(h), -1) @ w3 + b3) @ w4 + b4
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()

    @jax.jit
    def update(parameters, x, labels):
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, labels)
        return loss, [p - LR * g for p, g in zip(parameters, gradients, strict=True)]

    state = [jax.device_put(p) for p in _parameters()]
    x, labels = jax.device_put(x), jax.device_put(labels)

    def step():
        nonlocal state
        loss, state = update(state, x, labels)
        return float(loss)

    return step


def mygrad():
    import mygrad as mg
    from mygrad.nnet.activations import relu
    from mygrad.nnet.layers import conv_nd, max_pool
    from mygrad.nnet.losses import softmax_crossentropy

    x, labels = problem()
    parameters = [mg.tensor(p.reshape(-1, 1, 1) if i in (1, 3) else p) for i, p in enumerate(_parameters())]
    w1, b1, w2, b2, w3, b3, w4, b4 = parameters

    def step():
        h = max_pool(relu(conv_nd(x, w1, stride=1) + b1), (2, 2), 2)
        h = max_pool(relu(conv_nd(h, w2, stride=1) + b2), (2, 2), 2)
        loss = softmax_crossentropy(relu(h.reshape(64, -1) @ w3 + b3) @ w4 + b4, labels)
        loss.backward()
        for p in parameters:
            p.data -= LR * p.grad
            p.null_grad()
        return loss.item()

    return step
