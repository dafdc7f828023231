"""tinygrad_edu: an autograd engine on NumPy that shows its work."""

from . import autograd, data, errors, func, linalg, nn, optim, special, utils
from . import hooks as _hooks
from . import numpy_protocol as _numpy_protocol
from .creation import *
from .dtypes import *
from .gates import *
from .modes import *
from .random import *
from .record import GATES, Gate, gate
from .tensor import *

__version__ = "0.1.0"
