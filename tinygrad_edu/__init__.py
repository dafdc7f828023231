"""tinygrad_edu: an autograd engine on NumPy that shows its work."""

from typing import TYPE_CHECKING
from typing import Any as _Any

from . import autograd, errors, linalg, special
from . import hooks as _hooks
from . import numpy_protocol as _numpy_protocol
from .anomaly import detect_anomaly
from .constants import *
from .creation import *
from .devices import *
from .dtypes import *
from .gates import *
from .inspecting import inspect
from .modes import *
from .random import *
from .record import GATES, Gate, gate
from .serialization import *
from .tensor import *
from .threads import *

if TYPE_CHECKING:
    from . import data, func, nn, optim, testing, training, tuning, utils, viz
    from .func import vmap
    from .generator import Generator
    from .summarizing import summary
    from .viz import explain

__version__ = "0.1.0"

_ELSEWHERE = {"Generator": "generator", "explain": "viz", "summary": "summarizing", "vmap": "func"}
_LATER = ("data", "func", "nn", "optim", "testing", "training", "tuning", "utils", "viz")


def __getattr__(name: str) -> _Any:
    """Import a part when it is first named: most programs need few, and importing takes time."""
    import importlib

    if name in _ELSEWHERE:
        return getattr(importlib.import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)
    if name in _LATER:
        return importlib.import_module(f"{__name__}.{name}")
    from .advice import missing

    raise AttributeError(missing(name))
