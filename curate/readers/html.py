"""HTML: a page's main text with its title, date, address and language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.readers import Failure, Input, Record, guard
from curate.readers.guard import ExtractError
from curate.source import PARSE_SECONDS


def read(input: Input) -> Iterator[Record | Failure]:
    """One record: the page."""
    input.tally.split += 1
    try:
        data = input.stream.read()
        fields = extract(data, encoding=input.encoding, seconds=input.source.parse_seconds)
    except ExtractError as error:
        yield Failure("", error.kind, str(error))
    else:
        yield Record("", fields)


def extract(
    data: bytes, *, url: str | None = None, encoding: str | None = None, seconds: float = PARSE_SECONDS
) -> dict[str, Any]:
    """The fields of a page: `text`, and where the page declares them `title`, `date`, `url`, `language`, ….

    `url` is where the page was fetched, `encoding` what its HTTP header declared.

    Raises:
        ExtractError: no main content, or the parser failed (see `guard.call`).
    """
    return guard.call(parse, data, url=url, encoding=encoding, seconds=seconds)


def parse(data: bytes, *, url: str | None = None, encoding: str | None = None) -> dict[str, Any]:
    """`extract` without the guard, in this process."""
    import trafilatura

    found: Any = trafilatura.bare_extraction(data.decode(encoding or "utf-8", "replace"), url=url)
    if not found:
        raise ExtractError("no text", "no main content")
    return {"text": found.text, "title": found.title}
