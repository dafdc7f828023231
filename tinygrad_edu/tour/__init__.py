"""tour: what tinygrad_edu does, in a minute: see a gradient, prove all of them, train with them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ..errors import MissingExtraError

__all__ = ["run"]


def run(out: str | Path = "tour", quick: bool = False, workers: int = 1) -> int:
    """Draw a neuron, prove every gate's gradient, train on handwritten digits.

    Args:
        out: the folder to write pictures to; made if it does not exist.
        quick: check every gate on one draw of its inputs instead of two.
        workers: processes that check gates. More than one ask for the call to stand under
            `if __name__ == "__main__":`; the command starts one for each core.

    Returns:
        0, or 1 if a gradient was wrong or the network learned too little.

    Raises:
        MissingExtraError: before any work, if rich or matplotlib is not installed.
    """
    missing = [name for name in ("rich", "matplotlib") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"the tour needs {' and '.join(missing)} to show its progress and its curves.",
            mend='pip install "tinygrad_edu[tour]"',
        )
    from rich.console import Console

    from . import learning, neuron, proof

    console = Console(highlight=False)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    console.rule("1. See a gradient")
    picture = neuron.show(console, out)
    console.rule("2. Prove every gate")
    proven = proof.show(console, draws=1 if quick else 2, workers=workers)
    console.rule("3. Train on handwritten digits")
    learned, curve = learning.show(console, out)
    console.rule("Done" if proven and learned else "Not as it should be")
    console.print("Written:")
    for path in filter(None, (out / "neuron.dot", picture, curve)):
        console.print(f"  {path}", soft_wrap=True)
    follow = f"Open {picture} next and follow the red numbers from right to left"
    console.print(
        f"{follow if picture else 'Follow the backward pass of part 1, step by step'}; then read\n"
        "tinygrad_edu/gates/switch.py, where × and ÷ are: a gate is a name, a forward and a rule per input.",
        soft_wrap=True,
    )
    return 0 if proven and learned else 1
