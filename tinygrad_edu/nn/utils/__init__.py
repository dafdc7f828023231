"""utils: what is done to the weights of modules from outside, at PyTorch's dotted path."""

from ..reparametrize import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm
from . import rnn
from .gradients import (
    clip_grad_norm_,
    clip_grad_value_,
    get_total_norm,
    max_norm_,
    parameters_to_vector,
    vector_to_parameters,
)

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "get_total_norm",
    "max_norm_",
    "parameters_to_vector",
    "remove_spectral_norm",
    "remove_weight_norm",
    "rnn",
    "spectral_norm",
    "vector_to_parameters",
    "weight_norm",
]
