"""benchmarks: the same step in each library, side by side. Run `python -m benchmarks`."""
