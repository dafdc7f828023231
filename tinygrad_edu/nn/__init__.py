"""nn: modules, layers and losses, under PyTorch's names, with its shapes and its state_dict."""

from . import functional, init
from .activation import *
from .classification import *
from .container import *
from .conv import *
from .flatten import *
from .linear import *
from .module import *
from .parameter import *
from .regression import *
