"""An HTTP answer as a crawl stores it: status, headers, and the body with its transfer and content coding undone."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from curate.readers.compression import compression, decompressed
from curate.readers.stream import Stream, Unreadable

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3}) ?([^\r\n]*)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(slots=True)
class Answer:
    """Status, reason, headers (names in lower case) and body as sent."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes

    @property
    def mime(self) -> str:
        """The declared media type in lower case, without parameters; "" without one."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The declared character encoding."""
        found = _CHARSET.search(self.headers.get("content-type", ""))
        return found[1] if found else None


def answer(data: bytes) -> Answer | None:
    """`data` as an HTTP answer, None if it is none."""
    status = _STATUS.match(data)
    if not status:
        return None
    end = _HEAD_END.search(data)
    head, body = (data[: end.start()], data[end.end() :]) if end else (data, b"")
    headers = parse_headers(head.partition(b"\n")[2])
    return Answer(int(status[1]), status[2].decode("latin-1").strip(), headers, body)


def parse_headers(block: bytes) -> dict[str, str]:
    """`Name: value` lines; a line that begins with white space continues the one before."""
    headers: dict[str, str] = {}
    name = ""
    for line in block.decode("utf-8", "replace").splitlines():
        if line[:1] in (" ", "\t") and name:
            headers[name] += " " + line.strip()
            continue
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers[name] = value.strip()
    return headers


def content(found: Answer, limit: int) -> bytes:
    """The body with chunks joined and compression undone. Codings that were undone before storing are ignored.

    Raises:
        Unreadable: `truncated`, `damaged`, `too large`, or `unsupported` for a coding that nothing decodes.
    """
    body = found.body
    if "chunked" in found.headers.get("transfer-encoding", "").lower() and _CHUNK.match(body):
        body = _joined(body)
    for coding in reversed(found.headers.get("content-encoding", "").lower().split(",")):
        body = _decoded(body, coding.strip(), limit)
    return body


def _joined(body: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while mark := _CHUNK.match(body, at):
        size = int(mark[1], 16)
        if size == 0:
            return b"".join(parts)
        part = body[mark.end() : mark.end() + size]
        if len(part) < size:
            raise Unreadable("truncated", "the HTTP body ends within a chunk")
        parts.append(part)
        at = mark.end() + size
        at += 2 if body[at : at + 2] == b"\r\n" else body[at : at + 1] == b"\n"
    if at < len(body):
        raise Unreadable("damaged", f"the HTTP body's chunks break off at byte {at:,}")
    return b"".join(parts)  # the last, empty chunk is missing: nothing of the body is


def _decoded(body: bytes, coding: str, limit: int) -> bytes:
    if codec := {"gzip": "gzip", "x-gzip": "gzip", "zstd": "zstd"}.get(coding):
        if compression(body) != codec:
            return body
        return Stream(decompressed(iter([body]), codec), limit).read()
    if coding == "deflate":
        for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
            try:
                return zlib.decompressobj(bits).decompress(body, limit + 1)
            except zlib.error:
                continue
        return body
    if coding == "br":
        return _brotli(body)
    return body


def _brotli(body: bytes) -> bytes:
    try:
        import brotli
    except ImportError:
        raise Unreadable("unsupported", "Content-Encoding br: install the package brotli") from None
    try:
        return brotli.decompress(body)
    except brotli.error:
        return body
