"""utils: what is done to the weights of modules from outside, at PyTorch's dotted path."""

from ..reparametrize import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm

__all__ = ["remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"]
