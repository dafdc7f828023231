"""page: a record as one HTML file: a backward pass to step through, offline, in any browser.

The file holds its style, its script and the record; its policy lets nothing else in, and nothing out.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib import resources
from string import Template

from ...tensor import Tensor
from .. import wording
from ..records import Record, record
from .content import content
from .smaller import smaller

__all__ = ["to_html"]

_SCRIPTS = ("graph.js", "figures.js", "panel.js", "page.js")  # in this order


def to_html(output: Tensor | Record, title: str | None = None, depth: int | None = None) -> str:
    """The graph behind `output` as a self-contained HTML page, forward pass first, then backward.

    Args:
        output: a Tensor, or its record; heat maps of large arrays need `record(output, maps=True)`.
        title: above the page; default: the name of the output.
        depth: so many levels of modules are open, those below are drawn as one gate each, as in
            `to_dot`, but every repetition is drawn. Default: all are open, up to a thousand gates; of
            more as many as can be, and the page says so.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> to_html(x * x, title="A square").splitlines()[0]
    '<!doctype html>'
    """
    seen = output if isinstance(output, Record) else record(output, maps=True)
    told = content(*smaller(seen, depth))
    style = _part("page.css")
    script = '"use strict";\n' + "\n".join(map(_part, _SCRIPTS))
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'"
    return Template(_part("page.html")).substitute(
        policy=f"{policy}; form-action 'none'",
        title=escape(title or f"{wording.plain(seen.name or 'A graph')}, step by step"),
        style=style,
        script=script,
        content=_in_script(json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)),
    )


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What the policy calls an inline style or script that may run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _in_script(text: str) -> str:
    """JSON that no HTML parser takes for the end of its element, or for a comment."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
