"""WARC and ARC: the pages of a crawl, and the texts of a WET file.

Documents are `response` and `resource` records that hold a page, a text or another format that a reader takes,
and `conversion` records (WET), whose text is taken as it stands. Everything else is no document and not counted:
requests, warcinfo, revisits and metadata (so a WAT file holds none), redirects and empty answers, and what
belongs to a page without being one (images, style sheets, scripts, fonts, data). An answer of 4xx or 5xx fails.

The framing is our own because a wrong length must cost one record and be told: warcio resynchronises in silence.
ISO 28500:2017 for WARC; ARC version 1 by the Internet Archive's description.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from curate.readers import Failure, Record
from curate.readers import html as page
from curate.readers.encoding import decode
from curate.readers.http import answer, content, parse_headers
from curate.readers.read import Piece, descend, explain
from curate.readers.sniff import HEAD_BYTES, signature
from curate.readers.stream import Stream, Unreadable, too_large
from curate.readers.text import fields as text_fields

#: A record's header is no longer than this.
_HEADER_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_WARC_LINE = re.compile(rb"WARC/\d\.\d\r?\n")
_ARC_LINE = re.compile(rb"[a-z][a-z0-9+.-]*:\S* \S+ \d{12,18} \S+(?: \S+)* (\S+)\r?\n")
#: Types that belong to a page without being a document.
_FURNITURE = re.compile(
    r"(image|audio|video|font)/|text/css|(text|application)/(x-)?(javascript|ecmascript|json)"
    r"|application/(font|x-font|vnd\.ms-fontobject)"
)


def read_warc(piece: Piece, stream: Stream) -> Iterator[Record | Failure]:
    """One record a document, at its record's byte offset in the uncompressed stream."""
    arc = stream.peek(9) == b"filedesc:"
    while head := stream.peek(_HEADER_BYTES):
        if blank := len(head) - len(head.lstrip(b"\r\n")):
            stream.read(blank)
            continue
        offset = stream.tell()
        try:
            header, size = _arc_header(head) if arc else _warc_header(head)
            stream.read(size)
            body = _body(stream, header, arc, piece.source.record_bytes)
        except Unreadable as error:
            if stream.error:
                break
            if not head.startswith(b"filedesc:"):  # an ARC's own header is no document
                piece.tally.split += 1
                yield Failure(str(offset), error.kind, str(error))
            if error.kind == "malformed WARC":
                _resynchronise(stream, arc)
            continue
        if body is not None:
            yield from _document(piece, str(offset), header, body)
    if stream.error:
        raise stream.error


def _warc_header(head: bytes) -> tuple[dict[str, str], int]:
    """A WARC record's header (names in lower case) and its size with the blank line."""
    line, end = _WARC_LINE.match(head), _HEADER_END.search(head)
    if not line or not end:
        raise Unreadable("malformed WARC", f"no WARC record begins here but {head[:40]!r}")
    return parse_headers(head[line.end() : end.start()]), end.end()


def _arc_header(head: bytes) -> tuple[dict[str, str], int]:
    """An ARC record's line in the words of WARC, and its size."""
    line = _ARC_LINE.match(head)
    if not line:
        raise Unreadable("malformed WARC", f"no ARC record begins here but {head[:40]!r}")
    url, _, date, mime = line[0].decode("utf-8", "replace").split(" ")[:4]
    when = f"{date[:4]}-{date[4:6]}-{date[6:8]}T{date[8:10]}:{date[10:12]}:{date[12:14] or '00'}Z"
    return {
        "warc-type": "warcinfo" if url.startswith("filedesc:") else "response",
        "warc-target-uri": url,
        "warc-date": when,
        "content-type": mime,
        "content-length": line[1].decode("latin-1"),
    }, line.end()


def _body(stream: Stream, header: dict[str, str], arc: bool, limit: int) -> bytes | None:
    """A record's block, passed over and None if it can be no document.

    Raises:
        Unreadable: `malformed WARC` (its length is wrong), `truncated`, `too large`.
    """
    stated = header.get("content-length", "")
    if not re.fullmatch(r"\d{1,18}", stated):
        raise Unreadable("malformed WARC", f"a record's length is {stated!r}")
    length = int(stated)
    wanted = header.get("warc-type") in ("response", "resource", "conversion")
    kept, left = [], length
    while left:
        chunk = stream.read(min(left, _CHUNK_BYTES))
        if not chunk:
            raise Unreadable("truncated", f"the file ends {left:,} bytes before its last record does")
        left -= len(chunk)
        if wanted and length <= limit:
            kept.append(chunk)
    follows = stream.peek(4096).lstrip(b"\r\n")
    if follows and not (_ARC_LINE if arc else _WARC_LINE).match(follows):
        raise Unreadable(
            "malformed WARC", f"a record's length is wrong: after {length:,} bytes no other begins"
        )
    if wanted and length > limit:
        raise too_large(limit)
    return b"".join(kept) if wanted else None


def _resynchronise(stream: Stream, arc: bool) -> None:
    """Go on to the next line that looks like a record's first, or to the end."""
    start = _ARC_LINE if arc else _WARC_LINE
    first = True
    while chunk := stream.peek(_CHUNK_BYTES):
        found = next(
            (m for m in start.finditer(chunk, first) if chunk[m.start() - 1 : m.start()] == b"\n"), None
        )
        if found:
            stream.read(found.start())
            return
        stream.read(len(chunk) if len(chunk) < _CHUNK_BYTES else len(chunk) - _HEADER_BYTES)
        first = False


def _document(piece: Piece, offset: str, header: dict[str, str], body: bytes) -> Iterator[Record | Failure]:
    """The record or failure of a block, or more of them if it is an archive; none if it is no document."""
    url, mime = (
        header.get("warc-target-uri", "").strip("<>"),
        header.get("content-type", "").partition(";")[0],
    )
    about = {
        "url": url,
        "warc_date": header.get("warc-date"),
        "warc_record_id": header.get("warc-record-id", "").strip("<>") or None,
    }
    charset = None
    found = answer(body) if header["warc-type"] == "response" else None
    try:
        if found:
            mime, charset = found.mime, found.charset
            if found.status < 200 or 300 <= found.status < 400:
                return
            if found.status >= 400:
                raise Unreadable("http error", f"the server answered {found.status} {found.reason}")
            body = content(found, piece.source.record_bytes)
        if _FURNITURE.match(mime) or not body.strip():
            return
        items = _items(piece, header["warc-type"], body, url, mime, charset)
    except Unreadable as error:
        piece.tally.split += 1
        items = iter([Failure("", error.kind, str(error))])
    for item in items:
        item.position = f"{offset}#{item.position}" if item.position else offset
        if isinstance(item, Record):
            extra = {**about, "mime": mime or None}
            item.fields = {"date": about["warc_date"], **item.fields, **{k: v for k, v in extra.items() if v}}
        yield item


def _items(
    piece: Piece, kind: str, body: bytes, url: str, mime: str, charset: str | None
) -> Iterator[Record | Failure]:
    if kind != "conversion" and not ("html" in mime and not signature(body[:HEAD_BYTES])):
        name = urlsplit(url).path.rpartition("/")[2] or "page"
        yield from descend(piece.within(name, io.BytesIO(body), charset))
        return
    piece.tally.split += 1
    try:
        if kind == "conversion":
            fields: dict[str, Any] = text_fields(*decode(body, charset))
        else:
            fields = page.extract(body, url=url, encoding=charset, seconds=piece.source.parse_seconds)
        yield Record("", fields)
    except Exception as error:
        reason = explain(error)
        yield Failure("", reason.kind, str(reason))
