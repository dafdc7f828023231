"""layernorm: LayerNorm of each (64, 28, 28) sample in a batch of 64, forward and backward."""

from .batchnorm import contender

TITLE = "LayerNorm (64, 64, 28, 28), forward and backward; two threads"


def tinygrad_edu():
    import tinygrad_edu as tg

    tg.set_num_threads(2)
    return as_it_is()


def as_it_is():
    import tinygrad_edu as tg

    return contender(tg, tg.nn.LayerNorm((64, 28, 28)))


def pytorch():
    import torch

    return contender(torch, torch.nn.LayerNorm((64, 28, 28)))
