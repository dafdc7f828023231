"""special_values: erf, digamma and their kin on arrays: SciPy's, or the standard library's where it has them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .errors import MissingExtraError

__all__ = ["special_function"]


@cache
def scipy_special() -> Any:
    """The module `scipy.special`, or None where SciPy is not installed."""
    try:
        from scipy import special  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return None
    return special


def special_function(name: str, fallback: Callable[[np.ndarray], np.ndarray] | None = None) -> Callable[..., Any]:
    """The forward that is `scipy.special.<name>` at the dtype of its last input.

    Args:
        name: what SciPy calls it.
        fallback: what serves where SciPy is not installed.

    Raises:
        MissingExtraError: at the call, without SciPy and without a fallback.

    >>> special_function("erf", math_erf)(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.8427])
    """

    def forward(*arrays: Any) -> np.ndarray:
        special = scipy_special()
        if special is not None:
            return np.asarray(getattr(special, name)(*arrays)).astype(arrays[-1].dtype, copy=False)
        if fallback is not None:
            return fallback(*arrays)
        raise MissingExtraError(
            f"{name} needs SciPy, which is not installed.", mend='pip install "tinygrad_edu[special]"'
        )

    forward.__name__ = name
    return forward


def _elementwise(function: Callable[[float], float]) -> Callable[[np.ndarray], np.ndarray]:
    def forward(x: np.ndarray) -> np.ndarray:
        return np.array([function(v) for v in x.ravel().tolist()], x.dtype).reshape(x.shape)

    return forward


def _lgamma(x: float) -> float:
    """math.lgamma with inf where it raises: at the poles 0, -1, -2 … and beyond the largest float."""
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):
        return math.inf


math_erf, math_erfc, math_lgamma = _elementwise(math.erf), _elementwise(math.erfc), _elementwise(_lgamma)


def math_ndtr(x: np.ndarray) -> np.ndarray:
    """The area left of x under the normal curve, by erfc: exact far to the left too."""
    return math_erfc(x * -math.sqrt(0.5)) * 0.5
