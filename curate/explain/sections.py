"""Sections (`curate.sections`) for a terminal: facts in line, tables in columns, what a row says in turns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from curate.display import visible
from curate.report.drawn import PICTURES, value


def lines(sections: Sequence[dict[str, Any]], width: int) -> Iterator[str]:
    """All that is no picture."""
    for section in sections:
        yield ""
        yield _one(section["title"])
        for block in section["blocks"]:
            yield from _block(block, width)


def _one(found: Any) -> str:
    return visible(str(found), lines=False)


def _block(block: dict[str, Any], width: int) -> Iterator[str]:
    kind = block["type"]
    if kind == "note":
        yield from textwrap.wrap(_one(block["text"]), width - 2, initial_indent="  ", subsequent_indent="  ")
    elif kind in ("facts", "bars"):
        yield from _facts(block["values"], width)
    elif kind == "table":
        yield from _table(block, width)
    elif kind == "text":
        yield from _text(block["title"], block["text"], width)
    elif kind == "samples":
        for row in block["rows"]:
            for part in row["parts"]:
                yield from _text(part["name"], part["text"], width)


def _facts(values: dict[str, Any], width: int) -> Iterator[str]:
    label = min(28, max(map(len, values), default=0))
    for name, found in values.items():
        head = f"  {_one(name):{label}}  "
        room = max(20, width - len(head))
        for i, part in enumerate(textwrap.wrap(_one(value(found)), room) or [""]):
            yield (head if i == 0 else " " * len(head)) + part


def _table(block: dict[str, Any], width: int) -> Iterator[str]:
    """In columns as wide as they need; the last takes what is left, and goes on below."""
    columns = [(i, c) for i, c in enumerate(block["columns"]) if c["kind"] not in PICTURES]
    rows = [[_one(value(row[i], c["kind"])) for i, c in columns] for row in block["rows"]]
    head = [_one(c["name"]) for _, c in columns]
    wide = [min(40, max(len(row[i]) for row in [head, *rows])) for i in range(len(head))]
    if block["title"]:
        yield f"  {_one(block['title'])}"
    for row in [head, *rows]:
        front = "  " + "  ".join(
            f"{cell:>{wide[i]}}" if columns[i][1]["kind"] in ("number", "share") else f"{cell:{wide[i]}}"
            for i, cell in enumerate(row[:-1])
        )
        room = max(20, width - len(front) - 2)
        for i, part in enumerate(textwrap.wrap(row[-1], room) or [""]):
            yield f"{front if i == 0 else ' ' * len(front)}  {part}".rstrip()


def _text(name: str, text: str, width: int) -> Iterator[str]:
    yield f"  [{_one(name)}]"
    for line in visible(text).splitlines():
        yield from textwrap.wrap(line, width - 4, initial_indent="    ", subsequent_indent="    ") or [""]
