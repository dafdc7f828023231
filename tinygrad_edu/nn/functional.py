"""functional: layers and losses as plain functions, at PyTorch's dotted path."""

from ..gates import flatten, relu, sigmoid, tanh
from .classification import cross_entropy, nll_loss, one_hot
from .linear import linear
from .regression import mse_loss

__all__ = ["cross_entropy", "flatten", "linear", "mse_loss", "nll_loss", "one_hot", "relu", "sigmoid", "tanh"]
