"""Markdown in which text from data stays text, whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from curate.display import clipped, visible

#: What means something to some Markdown renderer in mid-line: HTML, emphasis, links, code, tables, mathematics,
#: footnotes, addresses and mentions that link themselves. A backslash makes any of it a plain character.
_ACTING = re.compile(r"[\\`*_{}\[\]<>#+!|~$&@:^=\"]|(?<=www)\.|(?<=WWW)\.")
#: Characters of a value that a card shows.
LONGEST = 300


def plain(value: Any, most: int = LONGEST) -> str:
    """A value as one line of Markdown that shows what it is."""
    if isinstance(value, float):
        return f"{value:g}"
    return _ACTING.sub(lambda found: "\\" + found[0], clipped(str(value), most, lines=False))


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; numbers stand to the right. Cells are Markdown already where they are `Cell`, else made `plain`."""
    if not rows:
        return ""
    right = [
        all(isinstance(row[i], int | float) or row[i] in ("", "-") for row in rows) for i in range(len(head))
    ]
    lines = [_line(head), "|" + "|".join("---:" if r else "---" for r in right) + "|"]
    return "\n".join(lines + [_line([_cell(value) for value in row]) for row in rows])


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else plain(value)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def fenced(text: str, language: str = "") -> str:
    """A block of code that its content cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{visible(text.rstrip())}\n{fence}"


def share(part: float, whole: float) -> str:
    """A share in percent."""
    return f"{part / whole:.1%}" if whole else "-"


def listed(items: Sequence[str]) -> str:
    """A list, an item a line; items are Markdown already."""
    return "\n".join(f"- {item}" for item in items)
