"""vgg: a training step of a small VGG on 32 colour images: four convolutions of 3x3, each with BatchNorm and ReLU."""

import importlib

import numpy as np

from ..training import step_of

TITLE = "small VGG, batch 32: (conv 3x3, BatchNorm, ReLU) 32, 32, pool, 64, 64, pool, linear; SGD; two threads"


def problem():
    """Images and their labels."""
    rng = np.random.default_rng(0)
    return rng.random((32, 3, 32, 32), np.float32), rng.integers(0, 10, 32)


def model(nn):
    """The network."""

    def block(before, after):
        return nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()

    return nn.Sequential(
        *block(3, 32), *block(32, 32), nn.MaxPool2d(2), *block(32, 64), *block(64, 64), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 8 * 8, 10),
    )  # fmt: skip


def contender(library):
    """The step, after set_num_threads(2)."""
    importlib.import_module(library).set_num_threads(2)
    return step_of(library, model, problem(), lr=0.01)


def tinygrad_edu():
    return contender("tinygrad_edu")


def pytorch():
    return contender("torch")
