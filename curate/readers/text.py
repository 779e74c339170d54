"""Plain text: a file is a document, or (`split: line`) each of its lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

from curate.readers import Failure, Input, Record
from curate.readers.encoding import bom, canonical, decode, detect
from curate.readers.lines import lines
from curate.readers.sniff import HEAD_BYTES
from curate.readers.stream import Stream, Unreadable, as_stream
from curate.storage import open_file


def read(input: Input) -> Iterator[Record | Failure]:
    """Records with `text`, and `encoding` where that is not UTF-8. Blank lines are no records."""
    return _lines(input) if input.source.split == "line" else _file(input)


def _file(input: Input) -> Iterator[Record | Failure]:
    input.tally.split += 1
    try:
        yield Record("", fields(*decode(input.stream.read(), input.encoding)))
    except Unreadable as error:
        yield Failure("", error.kind, str(error))


def fields(text: str, encoding: str) -> dict[str, Any]:
    """A text's fields: `encoding` only says what is not UTF-8."""
    return {"text": text} if encoding == "utf-8" else {"text": text, "encoding": encoding}


def _lines(input: Input) -> Iterator[Record | Failure]:
    stream, encoding = as_utf8(input)
    limit, slice, tally = input.source.record_bytes, input.slice, input.tally
    for offset, line in lines(stream, limit, slice.start, slice.end):
        if isinstance(line, bytes):
            line = line.removesuffix(b"\r")
            line = line.removeprefix(codecs.BOM_UTF8) if offset == 0 else line
            if not line or line.isspace():
                continue
        tally.split += 1
        try:
            if isinstance(line, Unreadable):
                raise line
            yield Record(str(offset), fields(decode_line(line, encoding), encoding or "utf-8"))
        except Unreadable as error:
            yield Failure(str(offset), error.kind, str(error))


def decode_line(line: bytes, legacy: str | None) -> str:
    """A line's text: UTF-8, or what the file's beginning was found to be in.

    Raises:
        Unreadable: `invalid UTF-8`, or `invalid encoding` if it is not in `legacy` either.
    """
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        at, byte = error.start, line[error.start]
    if not legacy:
        message = f"invalid UTF-8 at byte {at:,} of the line (0x{byte:02x}), and the file begins as UTF-8"
        raise Unreadable("invalid UTF-8", message)
    try:
        return line.decode(legacy)
    except UnicodeDecodeError as error:
        message = f"neither UTF-8 nor {legacy}, as the file begins: byte {error.start:,} of the line"
        raise Unreadable("invalid encoding", message) from None


def as_utf8(input: Input) -> tuple[Stream, str | None]:
    """The input as a stream whose newlines are the byte 0x0A, and what it is in if that is not UTF-8.

    UTF-16 and UTF-32 are recoded to UTF-8 as they stream (offsets then count in that). A legacy encoding, which
    single lines may or may not be in, is told by the file's beginning alone, so that every byte range of the
    file is read alike.
    """
    head, stream = _beginning(input)
    name, mark = bom(head)
    if name and name != "utf-8":
        stream.read(mark)
        return Stream(_recoded(stream, name), input.source.record_bytes), name
    declared = canonical(input.encoding) if input.encoding else None
    return stream, None if name or declared == "utf-8" else declared or _legacy(head)


def _beginning(input: Input) -> tuple[bytes, Stream]:
    stream = as_stream(input.stream, input.source.record_bytes)
    if input.slice.start == 0:
        return stream.peek(HEAD_BYTES), stream
    with open_file(input.slice.path, input.source.storage_options) as file:
        return file.read(HEAD_BYTES), stream


def _legacy(head: bytes) -> str | None:
    whole = head[: head.rfind(b"\n") + 1] or head  # not to judge a character that the head cuts
    try:
        whole.decode()
    except UnicodeDecodeError:
        return detect(whole)
    return None


def _recoded(stream: Stream, name: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        while chunk := stream.read(1024 * 1024):
            if text := decoder.decode(chunk):
                yield text.encode()
        if text := decoder.decode(b"", final=True):
            yield text.encode()
    except UnicodeError as error:
        raise Unreadable("invalid encoding", f"invalid {name.upper()}: {error}") from None
