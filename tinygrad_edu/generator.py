"""generator: a source of random numbers of one's own, under PyTorch's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from .devices import check_device

__all__ = ["Generator"]

_64_BITS = 2**64 - 1


class Generator(np.random.Generator):
    """A NumPy Generator that takes its seed as PyTorch's does; give it to a draw, a split or a loader.

    Args:
        device: None or "cpu".

    >>> g = Generator().manual_seed(7)
    >>> first = g.random(); g.initial_seed(), g.manual_seed(7).random() == first
    (7, True)
    """

    def __init__(self, device: Any = None) -> None:
        check_device(device)
        super().__init__(np.random.PCG64())
        self.manual_seed(67280421310721)  # PyTorch's default

    def manual_seed(self, seed: int) -> Generator:
        """Start anew from this seed, a negative one wrapped as in PyTorch; returns the Generator."""
        self._seed = int(seed)
        self.bit_generator.state = np.random.PCG64(self._seed & _64_BITS).state
        return self

    def seed(self) -> int:
        """Start anew from a seed that nobody chose; returns the seed."""
        return self.manual_seed(int(np.random.SeedSequence().generate_state(1, np.uint64)[0])).initial_seed()

    def initial_seed(self) -> int:
        """The seed that it started from."""
        return self._seed

    def get_state(self) -> dict[str, Any]:
        """Where it is, for `set_state`: a dict of plain numbers and strings."""
        return dict(self.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> Generator:
        """Put it where it was; returns the Generator."""
        self.bit_generator.state = state
        return self
