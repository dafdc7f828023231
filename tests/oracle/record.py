"""record: keep PyTorch's answers to all cases in answers.npz, for machines without PyTorch.

Run with PyTorch installed, after a case was added or changed: `python tests/oracle/record.py`.
"""

import json
import sys
from pathlib import Path

import numpy as np

ANSWERS = Path(__file__).with_name("answers.npz")
COMMAND = "python tests/oracle/record.py"


def save(answers, path=ANSWERS):
    """Write {case: {name: array}}: an index, and one long array for each dtype."""
    index = {case: {key: [str(a.dtype), a.shape] for key, a in found.items()} for case, found in answers.items()}
    parts = {}
    for found in answers.values():
        for a in found.values():
            parts.setdefault(str(a.dtype), []).append(np.ravel(a))
    text = np.frombuffer(json.dumps(index).encode(), np.uint8)
    np.savez_compressed(path, index=text, **{dtype: np.concatenate(arrays) for dtype, arrays in parts.items()})


def load(path=ANSWERS):
    """What `save` wrote; empty if it never did."""
    if not path.exists():
        return {}
    with np.load(path) as file:
        index = json.loads(file["index"].tobytes())
        rest = {dtype: file[dtype] for dtype in file.files if dtype != "index"}
    answers = {}
    for case, keys in index.items():
        answers[case] = {}
        for key, (dtype, shape) in keys.items():
            size = int(np.prod(shape))
            answers[case][key] = rest[dtype][:size].reshape(shape)
            rest[dtype] = rest[dtype][size:]
    return answers


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from oracle.ask import ask_torch

    from tinygrad_edu.testing.cases import CASES

    save({name: ask_torch(case) for name, case in CASES.items() if case.oracle})
    print(f"{ANSWERS.name}: {len(load())} cases, {ANSWERS.stat().st_size / 1000:.0f} kB")
