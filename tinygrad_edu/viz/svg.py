"""svg: a picture as SVG: what Graphviz drew, with words for those who do not see it, good in dark and light."""

from __future__ import annotations

from xml.etree import ElementTree

from .dot import Picture
from .legend import legend, summary
from .shapes import BORDER, CLOSED, FILL, GREEN, INK, PALE, RED

__all__ = ["finished"]

_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
# Each colour on a dark ground: as far from it as the first is from white.
_DARK = {
    "white": "#0d1117", INK: "#e6edf3", PALE: "#8b949e", FILL: "#161b22", BORDER: "#484f58", CLOSED: "#2b3440",
    GREEN: "#56d364", RED: "#ff8a80",
    "#0b62a8": "#79b8ff", "#b34700": "#ffab70", "#8a2f7c": "#e6a3dc", "#7a5b00": "#e3c55c", "#4a4f57": "#b1bac4",
}  # fmt: skip


def finished(drawn: bytes, picture: Picture, tables: bool) -> bytes:
    """The SVG that Graphviz drew, with a title, a description, and colours for a dark ground.

    Args:
        drawn: what came of `picture.dot(tables=tables)`.
    """
    for prefix, name in (("", _SVG), ("xlink", _XLINK)):
        ElementTree.register_namespace(prefix, name[1:-1])
    root = ElementTree.fromstring(drawn)
    for group in root.iter(f"{_SVG}g"):  # Graphviz titles each part by its key, which browsers show as a tooltip
        for title in group.findall(f"{_SVG}title"):
            group.remove(title)
    rows = legend(picture)
    if not tables:
        _with_wires(root, [color for _, color in rows], picture.down)
    _with_words(root, picture, "; ".join(text for text, _ in rows))
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _with_words(root: ElementTree.Element, picture: Picture, legend: str) -> None:
    """What the picture is and means, as title and description; the style for a dark ground."""
    title, about, style = (ElementTree.Element(f"{_SVG}{tag}") for tag in ("title", "desc", "style"))
    title.text = summary(picture)
    about.text = legend
    rules = [
        f".tinygrad-edu [{part}='{light}']{{{part}:{dark}}}"
        for light, dark in _DARK.items()
        for part in ("fill", "stroke")
    ]
    style.text = f"@media (prefers-color-scheme: dark){{{''.join(rules)}}}"
    root.attrib |= {"class": "tinygrad-edu", "role": "img"}
    root[:0] = [title, about, style]


def _with_wires(root: ElementTree.Element, colors: list[str], down: bool) -> None:
    """Put back what labels without HTML lack: the line through each wire, and the colours."""
    rows = root.findall(f"{_SVG}g/{_SVG}text")  # the legend
    for text, color in zip(rows[len(rows) - len(colors) :], colors, strict=False):
        text.set("fill", color)
    for group in root.iter(f"{_SVG}g"):
        if "wire" in group.get("class", "").split():
            _with_wire(group, down)


def _with_wire(group: ElementTree.Element, down: bool) -> None:
    """One wire's numbers in their colours, and instead of the box around them a line through its middle."""
    box = next(group.iter(f"{_SVG}polygon"))
    xs, ys = zip(*(map(float, point.split(",")) for point in box.get("points", "").split()), strict=True)
    x, y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    line = f"M{x},{min(ys)}V{max(ys)}" if down else f"M{min(xs)},{y}H{max(xs)}"
    box.tag, box.attrib = f"{_SVG}path", {"stroke": INK, "d": line}
    for text, color in zip(group.iter(f"{_SVG}text"), (GREEN, RED), strict=True):
        text.set("fill", color)
        if down:
            text.text = (text.text or "").strip("\N{NO-BREAK SPACE}")
            text.attrib |= {"x": f"{x + 5}", "text-anchor": "start"}
