"""The command line: `python -m tinygrad_edu tour`, and the same as `tinygrad-edu tour`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import __version__
from .errors import MissingExtraError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status, 0 for success.

    >>> main([])  # doctest: +ELLIPSIS
    usage: tinygrad-edu [-h] [--version] {tour} ...
    <BLANKLINE>
    an autograd engine on NumPy that shows its work
    ...
    """
    parser = argparse.ArgumentParser("tinygrad-edu", description="an autograd engine on NumPy that shows its work")
    parser.add_argument("--version", action="version", version=f"tinygrad_edu {__version__}")
    commands = parser.add_subparsers(dest="command")
    about = "draw a neuron, prove every gate, train on digits: one minute, offline"
    tour = commands.add_parser("tour", help=about, description=about)
    tour.add_argument("--quick", action="store_true", help="try every gate on one draw of inputs instead of three")
    tour.add_argument("--out", default="tour", metavar="DIR", help="the folder to write to (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    if chosen.command is None:
        parser.print_help()
        return 0
    from .tour import run

    try:
        return run(chosen.out, quick=chosen.quick)
    except MissingExtraError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
