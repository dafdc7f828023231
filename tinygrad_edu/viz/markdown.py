"""markdown: a record as Markdown: tables of values and gradients, the steps as a list."""

from __future__ import annotations

from collections.abc import Mapping

from .records import Record
from .text import Told

__all__ = ["markdown"]


def markdown(seen: Record, checked: Mapping[int, str] | None = None) -> str:
    """What `text` says, for a README or an issue.

    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.viz import record
    >>> x = tg.tensor(3.0, requires_grad=True, name="x")
    >>> print(markdown(record(x * x)).splitlines()[0])
    # t1 = 9.00
    """
    told = Told(seen)
    rows = [(name.strip(), value.strip(), how) for name, value, how in told.forward()]
    name = told.called[seen.output]
    result = next((value for known, value, _ in reversed(rows) if known == name), "")
    lines = [f"# {_text(name)} = {_text(result)}", "", "## Forward", "", "| | value | made by |", "|---|---|---|"]
    lines += [f"| {_code(name)} | {_text(value)} | {_code(how)} |" for name, value, how in rows]
    if seen.backward:
        lines += ["", f"## Backward, from {_code(name)}: {_text(told.gradient(seen.output))}", ""]
        for i, node in enumerate(told.steps(), 1):
            place = told.place(node)
            lines.append(f"{i}. {_code(told.head(node))}" + (f" ({_text(place)})" if place else ""))
            lines += [f"   - {_text(line)}" for line in told.step(node)]
        column = bool(checked)
        lines += ["", "## Gradients", "", "| | gradient |" + (" checked |" if column else "")]
        lines.append("|---|---|" + ("---|" if column else ""))
        for i in told.ends(checked):
            more = f" {_text((checked or {}).get(i, ''))} |" if column else ""
            lines.append(f"| {_code(told.called[i])} | {_text(told.terms(i))} |{more}")
        lines += ["", *(f"{_text(line)}  " for line in told.held() if line)]
    return "\n".join(lines).rstrip() + "\n"


def _code(text: str) -> str:
    """Any text as a span of code, in a table too."""
    if not text:
        return ""
    fence = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|")


def _text(text: str) -> str:
    """Any text, none of it markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|~&" else c for c in text)
