"""compare: the cases of `gates/compare.py`."""

CASES = []
