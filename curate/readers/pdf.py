"""PDF: the text layer, page by page, without what only the paper needs.

Line numbers, running heads and feet, page numbers and stamps are taken out (and counted in the record), lines
are put together to paragraphs; pages are divided by form feeds. `docs/extraction.md` says how it was measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from curate.readers import Failure, Input, Record, guard
from curate.readers.guard import ExtractError
from curate.readers.stream import Unreadable

#: At most this many kinds of removed line are told in a record.
FURNITURE_KINDS = 20

_NO_TITLE = re.compile(r"untitled|microsoft word|\.\w{2,4}$|^[\w-]+$|[\\/]", re.I)


def read(input: Input) -> Iterator[Record | Failure]:
    """One record: the whole file.

    Its fields: `text` (pages divided by form feeds, also those without text), `pages`, and as far as there are
    any `title`, `author`, `page_furniture` (removed line, its numbers as "#": how often), `line_numbers`
    (removed), `pages_without_text` and `pages_unreadable` (their numbers from 1).
    """
    input.tally.split += 1
    try:
        fields = guard.call(parse, input.stream.read(), seconds=input.source.parse_seconds)
    except Unreadable as error:
        yield Failure("", error.kind, str(error))
    else:
        yield Record("", fields)


def parse(data: bytes) -> dict[str, Any]:
    """The fields of a PDF, in this process.

    Raises:
        ExtractError: of kind `empty`, `not a pdf`, `damaged pdf`, `encrypted` or `no text layer`.
    """
    document = _opened(data)
    try:
        return _fields(document)
    finally:
        document.close()


def _opened(data: bytes) -> Any:
    import pypdfium2
    import pypdfium2.raw as pdfium

    if not data:
        raise ExtractError("empty", "the file is empty")
    try:
        document = pypdfium2.PdfDocument(data)
        if len(document) == 0:
            raise ExtractError("damaged pdf", "the file has no pages")
        return document
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise ExtractError("encrypted", "a password is needed to read it") from None
        if b"%PDF-" not in data[:1024]:
            raise ExtractError("not a pdf", "the file does not begin as a PDF does") from None
        raise ExtractError("damaged pdf", f"cut short or damaged: {error}") from None


def _fields(document: Any) -> dict[str, Any]:
    from curate.readers import pdf_furniture, pdf_paragraphs

    pages, heights, unreadable = _pages(document)
    pages, numbers = pdf_furniture.without_line_numbers(pages)
    pages, furniture = pdf_furniture.without_furniture(pages, heights)
    words = pdf_paragraphs.Words.of(pages)
    texts = [pdf_paragraphs.text(page, words) for page in pages]
    if not any(texts):
        if unreadable:
            raise ExtractError("damaged pdf", "none of its pages can be read")
        raise ExtractError("no text layer", "no text on any page: a scan, run OCR first")
    most = sorted(furniture.items(), key=lambda item: (-item[1], item[0]))[:FURNITURE_KINDS]
    blank = [i for i, text in enumerate(texts, 1) if not text and i not in unreadable]
    told = {
        **_told(document),
        "page_furniture": dict(most),
        "line_numbers": numbers,
        "pages_without_text": blank,
        "pages_unreadable": unreadable,
    }
    return {"text": "\f".join(texts), "pages": len(pages), **{k: v for k, v in told.items() if v}}


def _pages(document: Any) -> tuple[list[list[Any]], list[float], list[int]]:
    """Each page's lines, each page's height, and the numbers of those pages that pdfium cannot read."""
    import pypdfium2

    from curate.readers.pdf_lines import lines

    pages, heights, unreadable = [], [], []
    for i in range(len(document)):
        heights.append(document.get_page_size(i)[1])
        try:
            page = document[i]
            textpage = page.get_textpage()
            pages.append(lines(textpage))
            textpage.close()
            page.close()
        except pypdfium2.PdfiumError:
            pages.append([])
            unreadable.append(i + 1)
    return pages, heights, unreadable


def _told(document: Any) -> dict[str, str]:
    """Title and author from the file's own data, where they are more than a program's or a file's name."""
    about = document.get_metadata_dict(skip_empty=True)
    title, author = about.get("Title", "").strip(), about.get("Author", "").strip()
    fields = {}
    if title and not _NO_TITLE.search(title):
        fields["title"] = title
    if author:
        fields["author"] = author
    return fields
