"""optim: optimizers, under PyTorch's names, with its trajectories."""

from .optimizer import *
from .sgd import *
