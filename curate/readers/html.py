"""HTML: a page's main text with its title, date, address and language.

`html_blocks` lays the tree out as blocks, `html_main` chooses the main text among them, `html_meta` reads
what the page declares. `docs/extraction.md` says how it was measured.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

from curate.readers import Failure, Input, Record, guard
from curate.readers.guard import ExtractError
from curate.readers.stream import Unreadable
from curate.source import PARSE_SECONDS

#: Where a page may declare its encoding: browsers look at the first 1,024 bytes, authors put it further down.
_HEAD_BYTES = 4096
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read(input: Input) -> Iterator[Record | Failure]:
    """One record: the page."""
    input.tally.split += 1
    try:
        data = input.stream.read()
        fields = extract(data, encoding=input.encoding, seconds=input.source.parse_seconds)
    except Unreadable as error:
        yield Failure("", error.kind, str(error))
    else:
        yield Record("", fields)


def extract(
    data: bytes, *, url: str | None = None, encoding: str | None = None, seconds: float = PARSE_SECONDS
) -> dict[str, Any]:
    """The fields of a page: `text`, and where the page declares them `title`, `date` (ISO 8601), `author`,
    `url`, `language`, `description`; `encoding` as it was read.

    `url` is where the page was fetched, `encoding` what its HTTP header declared.

    Raises:
        Unreadable: `ExtractError` of kind `no text` (nothing, or no main content) or as `guard.call` raises it,
            or as decoding fails.
    """
    return guard.call(parse, data, url=url, encoding=encoding, seconds=seconds)


def parse(data: bytes, *, url: str | None = None, encoding: str | None = None) -> dict[str, Any]:
    """`extract` in this process, without the guard."""
    from lxml import etree, html

    from curate.readers import html_blocks, html_main, html_meta
    from curate.readers.encoding import decode

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    if encoding is None and (meta := _META.search(data[:_HEAD_BYTES])):
        encoding = meta.group(1).decode()
    text, encoding = decode(data, encoding)
    if not text.strip():
        raise ExtractError("no text", "the page is empty")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = html.document_fromstring(_CONTROLS.sub("", text).encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        raise ExtractError("no text", "the page has no elements") from None
    if any("depth" in fault.message for fault in parser.error_log):
        return {"text": _plain(text), "encoding": encoding}
    fields = html_meta.declared(root, url)
    main = html_blocks.joined(html_main.main_blocks(root, fields.get("title", "")))
    if not main:
        raise ExtractError("no text", "no main content")
    return {"text": main, **fields, "encoding": encoding}


def _plain(text: str) -> str:
    """The text of a page that is nested too deep for lxml, by a parser that has no such limit."""
    from resiliparse.extract.html2text import extract_plain_text

    found = extract_plain_text(text, main_content=True)
    if not found.strip():
        raise ExtractError("no text", "no main content")
    return found
