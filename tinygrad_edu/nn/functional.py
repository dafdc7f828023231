"""functional: layers and losses as plain functions, at PyTorch's dotted path."""

from ..gates import cosine_similarity, log_softmax, pairwise_distance, pdist, relu, sigmoid, softmax, tanh
from ..gates.composed import normalize, softmin
from ..gates.reshape import pad
from .classification import cross_entropy, nll_loss, one_hot
from .linear import linear
from .regression import mse_loss

__all__ = [
    "cosine_similarity",
    "cross_entropy",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pdist",
    "relu",
    "sigmoid",
    "softmax",
    "softmin",
    "tanh",
]
