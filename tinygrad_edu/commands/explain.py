"""explain: `tinygrad-edu explain "(x + y) * z" x=-2 y=5 z=-4 -o f.html`: a formula's backward pass, step by step."""

from __future__ import annotations

import argparse
from typing import Any

__all__ = ["add", "run"]

_EXAMPLES = """examples:
  tinygrad-edu explain "(x + y) * z" x=-2 y=5 z=-4 -o f.html
  tinygrad-edu explain "sum((W @ x)**2)" W="[[0.1,0.5],[-0.3,0.8]]" x="[0.2,0.4]" --check
  tinygrad-edu explain --expand "sigmoid(w0*x0 + w1*x1 + w2)" w0=2 x0=-1 w1=-3 x1=-2 w2=-3"""


def add(commands: Any) -> None:
    """Add the command and its options to the command line's."""
    about = "every step of the backward pass of a formula"
    parser: argparse.ArgumentParser = commands.add_parser(
        "explain", help=about, description=about, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("expression", help="arithmetic and functions: exp, tanh, softmax(x, axis=0), sum, max, where …")
    parser.add_argument("values", nargs="*", metavar="name=value", help="a number, or lists of numbers in brackets")
    parser.add_argument("-o", "--out", metavar="FILE", help="write to FILE: .html, .svg, .png, .pdf, .dot, .json, .md")
    parser.add_argument("--check", action="store_true", help="compare each gradient with finite differences")
    parser.add_argument("--expand", action="store_true", help="take sigmoid, softmax … apart")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Print the explanation, or write it to the file."""
    from ..errors import DataFileError, ExpressionError
    from ..viz import Explanation
    from ..viz.expression import evaluate

    values: dict[str, str] = {}
    for pair in chosen.values:
        name, equals, value = pair.partition("=")
        if not equals or name.strip() in values:
            what = "is given twice" if equals else "is not name=value"
            raise ExpressionError(f"{pair!r:.60} {what}.", expected="x=2", mend="put the expression in quotes")
        values[name.strip()] = value
    output = evaluate(chosen.expression, values)
    if output.numel() != 1:
        raise ExpressionError(
            "the result must be one number, for a gradient to start from.",
            got=f"shape {output.shape}",
            mend=f"sum({chosen.expression:.60})",
        )
    explanation = Explanation(output, expand=chosen.expand)
    if chosen.check:
        explanation.check()
    try:
        print(explanation if chosen.out is None else explanation.save(chosen.out))
    except OSError as error:
        raise DataFileError(f"{chosen.out} cannot be written: {error.strerror or error}.") from None
    return 0
