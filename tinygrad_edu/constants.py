"""constants: the numbers that have names, the limits of dtypes, and the types of shapes and dtypes; all NumPy's."""

from numpy import dtype, e, finfo, iinfo, inf, nan, pi

__all__ = ["Size", "dtype", "e", "finfo", "iinfo", "inf", "nan", "pi"]

Size = tuple  # what `.shape` is
