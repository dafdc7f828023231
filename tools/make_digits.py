"""Make tinygrad_edu/data/digits.npz from the four files of MNIST.

    python tools/make_digits.py FOLDER

The result is the same, byte for byte, for one version of NumPy and zlib.
"""

import sys
from pathlib import Path

import numpy as np

import tinygrad_edu
from tinygrad_edu.data import MNIST

TARGET = Path(tinygrad_edu.__file__).parent / "data" / "digits.npz"


def main(folder: str) -> None:
    """Pack the first 10,000 training and 2,000 test digits."""
    arrays = {}
    for part, train, n in (("train", True, 10_000), ("test", False, 2_000)):
        digits = MNIST(folder, train=train)
        arrays[f"{part}_images"] = digits.images[:n]
        arrays[f"{part}_labels"] = digits.labels[:n].astype(np.uint8)
    np.savez_compressed(TARGET, **arrays)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
