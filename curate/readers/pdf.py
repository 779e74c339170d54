"""PDF: the text layer, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.readers import Failure, Input, Record, guard
from curate.readers.guard import ExtractError


def read(input: Input) -> Iterator[Record | Failure]:
    """One record: the whole file, its pages divided by form feeds."""
    input.tally.split += 1
    try:
        fields = guard.call(parse, input.stream.read(), seconds=input.source.parse_seconds)
    except ExtractError as error:
        yield Failure("", error.kind, str(error))
    else:
        yield Record("", fields)


def parse(data: bytes) -> dict[str, Any]:
    """The fields of a PDF, in this process."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    return {"text": "\f".join(page.get_textpage().get_text_range() for page in document)}
