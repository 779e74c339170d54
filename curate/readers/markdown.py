"""Markdown: the text without its YAML front matter, whose entries become fields."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

import yaml

from curate.readers import Failure, Input, Record
from curate.readers.encoding import decode
from curate.readers.stream import Unreadable
from curate.readers.text import fields

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_ENTRY = re.compile(r"([A-Za-z_][\w .-]*?):[ \t]+(.*)")
#: Front matter above this is no front matter.
_FRONT_BYTES = 256 * 1024

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(input: Input) -> Iterator[Record | Failure]:
    """One record: the file."""
    input.tally.split += 1
    try:
        text, encoding = decode(input.stream.read(), input.encoding)
    except Unreadable as error:
        yield Failure("", error.kind, str(error))
        return
    front, body = front_matter(text)
    yield Record("", {**front, **fields(body, encoding)})


def front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The entries of a text's front matter (names in lower case) and the text without it.

    What YAML refuses ("title: Act: Part 2") is read line by line if every line is `name: value`; else it is no
    front matter and stays in the text.
    """
    match = _FRONT.match(text[:_FRONT_BYTES])
    if not match:
        return {}, text
    entries = _yaml(match[1])
    if entries is None:
        entries = _plain_entries(match[1])
    if entries is None:
        return {}, text
    return {str(name).lower(): _plain(value) for name, value in entries.items()}, text[match.end() :]


def _yaml(block: str) -> dict[Any, Any] | None:
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(block, Loader=_Loader)):
            return None  # a few lines of aliases can stand for gigabytes
        found = yaml.load(block, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else ({} if found is None else None)


def _plain_entries(block: str) -> dict[str, Any] | None:
    rows = [_ENTRY.fullmatch(line.strip()) for line in block.splitlines() if line.strip()]
    return {row[1]: row[2].strip().strip("\"'") for row in rows if row} if all(rows) else None


def _plain(value: Any) -> Any:
    """A YAML value as JSON has it: dates and sets as strings and lists."""
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
