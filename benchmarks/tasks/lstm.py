"""lstm: one LSTM layer over a batch of sequences, forward and backward."""

import numpy as np

TITLE = "LSTM, 50 steps, batch 32, 64 to 128: forward and backward"


def problem():
    """The input, (steps, batch, features)."""
    return np.random.default_rng(0).normal(size=(50, 32, 64)).astype(np.float32)


def tinygrad_edu():
    import tinygrad_edu as tg

    return _through(tg, tg.nn.LSTM(64, 128))


def pytorch():
    import torch

    return _through(torch, torch.nn.LSTM(64, 128))


def _through(library, layer):
    x = library.tensor(problem()).requires_grad_()

    def step():
        layer.zero_grad()
        x.grad = None
        loss = layer(x)[0].sum()
        loss.backward()
        return loss.item()

    return step
