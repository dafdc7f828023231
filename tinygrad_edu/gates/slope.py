"""slope: gates that send back the upstream times the slope at this point."""

from __future__ import annotations

from functools import partial

import numpy as np

from .. import engine
from .binding import methods, methods_in_place

__all__ = ["exp", "log", "tanh"]

gate = partial(engine.gate, kind="slope")

exp = gate("exp", np.exp, lambda g, z, x: g * z, local=("exp(x)",), says="e to the x, elementwise.")
log = gate(
    "log",
    np.log,
    lambda g, z, x: g / x,
    local=("1/x",),
    says="The natural logarithm, elementwise; -inf at 0, where the slope is inf.",
)
tanh = gate(
    "tanh",
    np.tanh,
    lambda g, z, x: g - g * z * z,  # g (1 - z²) in array operations only: a Python 1 costs NumPy twice as much
    local=("1 - tanh(x)^2",),
    says="The hyperbolic tangent, elementwise.",
)

methods(exp, log, tanh)
methods_in_place(exp, log, tanh)
