"""testing: the proof kit, for users as much as for tinygrad_edu's own tests.

`gradcheck` compares gradients with numbers that no rule was used for; `check_gradients` turns a
function into a property-based test of its gradients; `tensors`, `broadcastable_tensors` and
`matmul_pairs` are hypothesis strategies; `case` and `check_case` prove a gate of your own.
What needs hypothesis is imported when it is used: it is an extra.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .domains import Domain, Input, apart, away_from, between, integers, nonzero, positive, real, spd, unit, values
from .gradcheck import GradcheckError, KinkWarning, gradcheck, gradgradcheck

if TYPE_CHECKING:
    from .cases.case import Case, case
    from .checks import CHECKS, check_case
    from .properties import check_gradients
    from .strategies import broadcastable_tensors, matmul_pairs, tensors

__all__ = [
    "CHECKS",
    "Case",
    "Domain",
    "GradcheckError",
    "Input",
    "KinkWarning",
    "apart",
    "away_from",
    "between",
    "broadcastable_tensors",
    "case",
    "check_case",
    "check_gradients",
    "gradcheck",
    "gradgradcheck",
    "integers",
    "matmul_pairs",
    "nonzero",
    "positive",
    "real",
    "spd",
    "tensors",
    "unit",
    "values",
]

_HOMES = {
    "Case": "cases.case",
    "case": "cases.case",
    "CHECKS": "checks",
    "check_case": "checks",
    "check_gradients": "properties",
    "broadcastable_tensors": "strategies",
    "matmul_pairs": "strategies",
    "tensors": "strategies",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
