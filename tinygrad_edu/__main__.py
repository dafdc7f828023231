"""The command line: `python -m tinygrad_edu tour`, and the same as `tinygrad-edu tour`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import __version__
from .commands import explain, predict, train, tune
from .errors import TinygradError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status, 0 for success.

    >>> main([])  # doctest: +ELLIPSIS
    usage: tinygrad-edu [-h] [--version] {tour,explain,train,predict,tune} ...
    <BLANKLINE>
    an autograd engine on NumPy that shows its work
    ...
    """
    parser = argparse.ArgumentParser("tinygrad-edu", description="an autograd engine on NumPy that shows its work")
    parser.add_argument("--version", action="version", version=f"tinygrad_edu {__version__}")
    commands = parser.add_subparsers(dest="command")
    about = "draw a neuron, prove every gate, train on digits: one minute, offline"
    tour = commands.add_parser("tour", help=about, description=about)
    tour.add_argument("--quick", action="store_true", help="try every gate on one draw of inputs instead of two")
    tour.add_argument("--out", default="tour", metavar="DIR", help="the folder to write to (default: %(default)s)")
    tour.set_defaults(run=_tour)
    explain.add(commands)
    train.add(commands)
    predict.add(commands)
    tune.add(commands)
    chosen = parser.parse_args(arguments)
    if chosen.command is None:
        parser.print_help()
        return 0
    try:
        return int(chosen.run(chosen))
    except TinygradError as error:
        print(error, file=sys.stderr)
        return 1


def _tour(chosen: argparse.Namespace) -> int:
    from .threads import cores
    from .tour import run

    return run(chosen.out, quick=chosen.quick, workers=cores())


if __name__ == "__main__":
    sys.exit(main())
