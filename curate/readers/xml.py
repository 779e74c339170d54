"""XML, well-formed or not: its text in blocks, and short leaves as fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.readers import Failure, Input, Record, guard
from curate.readers.guard import ExtractError


def read(input: Input) -> Iterator[Record | Failure]:
    """One record: the whole file."""
    input.tally.split += 1
    try:
        data = input.stream.read()
        fields = guard.call(parse, data, encoding=input.encoding, seconds=input.source.parse_seconds)
    except ExtractError as error:
        yield Failure("", error.kind, str(error))
    else:
        yield Record("", fields)


def parse(data: bytes, *, encoding: str | None = None) -> dict[str, Any]:
    """The fields of an XML file, in this process."""
    from lxml import etree

    root = etree.fromstring(data, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    return {"text": "\n".join(root.itertext())}
