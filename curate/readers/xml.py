"""XML, well-formed or not: its text in blocks, and what it says about itself as fields.

`xml_tree` makes a tree of it, `xml_fields` takes title and short values, `xml_text` lays out the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from curate.readers import Failure, Input, Record, guard
from curate.readers.guard import ExtractError
from curate.readers.stream import Unreadable

_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")


def read(input: Input) -> Iterator[Record | Failure]:
    """One record: the whole file. Its fields: `text`, `title` and `url` where there are any, the short values
    that stand beside the text under their own names, `encoding` as it was read, and `well_formed` if it is not.
    """
    input.tally.split += 1
    try:
        data = input.stream.read()
        fields = guard.call(parse, data, encoding=input.encoding, seconds=input.source.parse_seconds)
    except Unreadable as error:
        yield Failure("", error.kind, str(error))
    else:
        yield Record("", fields)


def parse(data: bytes, *, encoding: str | None = None) -> dict[str, Any]:
    """The fields of an XML file, in this process.

    Raises:
        ExtractError: of kind `not xml` or `no text`.
        Unreadable: as decoding fails.
    """
    from curate.readers import xml_fields, xml_text, xml_tree
    from curate.readers.encoding import decode

    declared = _ENCODING.search(data[:1024])
    text, encoding = decode(data, declared.group(1).decode() if declared else encoding)
    root, well_formed = xml_tree.tree(text)
    fields, values = xml_fields.fields(root)
    found = xml_text.text(root, values) or xml_text.text(root)
    if not found:
        raise ExtractError("no text", "its elements hold no text")
    told = {} if well_formed else {"well_formed": False}
    return {"text": found, **fields, "encoding": encoding, **told}
