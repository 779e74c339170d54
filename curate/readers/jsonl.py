"""JSON Lines, one object a line; and `.json` files that hold one array of objects or one object.

Strict JSON: NaN, lone surrogates, a second value on the line and invalid UTF-8 fail the line, with the byte at
which it goes wrong and a remedy. Blank lines are no records.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

import orjson

from curate.readers import Failure, Input, Record
from curate.readers.lines import as_unreadable, lines
from curate.readers.sniff import HEAD_BYTES, bare
from curate.readers.stream import Stream, Unreadable, as_stream, too_large

_OPEN = re.compile(rb"[{\[,:]\s*\Z")


def read(input: Input) -> Iterator[Record | Failure]:
    """One record a line, at its byte offset; one an element for an array; one for a document of one object."""
    stream = as_stream(input.stream, input.source.record_bytes)
    if input.slice.start == 0:
        head = stream.peek(HEAD_BYTES)
        kind = layout(input.name, head)
        if kind == "array":
            return _elements(input, stream)
        if kind == "object":
            return _object(input, stream)
    return _lines(input, stream)


def layout(name: str, head: bytes) -> str:
    """How the JSON that begins with `head` lies: "lines", one "array", or one "object" over several lines."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    line, newline, _ = start.partition(b"\n")
    if start.startswith(b"[") and (bare(name).lower().endswith(".json") or line.strip() == b"["):
        return "array"
    if start.startswith(b"{") and newline and _OPEN.search(line) and not _parses(line.rstrip(b", \r\t")):
        return "object"
    return "lines"


def _parses(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _lines(input: Input, stream: Stream) -> Iterator[Record | Failure]:
    tally, loads, slice = input.tally, orjson.loads, input.slice
    for offset, line in lines(stream, input.source.record_bytes, slice.start, slice.end):
        if offset == 0 and type(line) is bytes:
            line = line.removeprefix(codecs.BOM_UTF8)
        if not line or (type(line) is bytes and line.isspace()):
            continue
        tally.split += 1
        if type(line) is not bytes:
            yield Failure(str(offset), line.kind, str(line))  # type: ignore[union-attr]
            continue
        try:
            fields = loads(line)
        except orjson.JSONDecodeError as error:
            yield malformed(offset, line, error)
            continue
        yield Record(str(offset), fields) if type(fields) is dict else _no_object(offset, fields)


def malformed(offset: int, data: bytes, error: orjson.JSONDecodeError) -> Failure:
    """The failure of `data`, which begins at `offset` of the stream and is no JSON."""
    try:
        text = data.decode()
    except UnicodeDecodeError as bad:
        where = offset + bad.start
        return Failure(str(offset), "invalid UTF-8", f"invalid UTF-8 at byte {where:,}: JSON must be UTF-8")
    at = len(text[: error.pos].encode())
    return Failure(
        str(offset),
        "malformed JSON",
        f"malformed JSON at byte {offset + at:,}: {error.msg}{_remedy(data, at)}",
    )


def _remedy(data: bytes, at: int) -> str:
    before, after = data[:at], data[at:].lstrip()
    if re.match(rb"-?(NaN|Infinity)", data[at:]) or re.search(rb"(NaN|-?Infinity)\Z", data[: at + 8]):
        return "; JSON has no NaN or Infinity: write null"
    if b"'" in data[at : at + 1]:
        return "; strings and names need double quotes"
    if after.startswith((b"{", b"[", b'"')) and before.rstrip().endswith((b"}", b"]")):
        return "; one object a line: put the next on a line of its own"
    if after == b"," or (after.startswith(b",") and before.rstrip().endswith(b"}")):
        return "; take off the comma after the object"
    return ""


def _no_object(offset: int, value: Any) -> Failure:
    kind = {list: "an array", str: "a string", type(None): "null"}.get(type(value), "a number or truth value")
    return Failure(str(offset), "not an object", f"a record must be a JSON object, this is {kind}")


def _object(input: Input, stream: Stream) -> Iterator[Record | Failure]:
    input.tally.split += 1
    data = stream.read().removeprefix(codecs.BOM_UTF8)
    try:
        yield Record("", orjson.loads(data))
    except orjson.JSONDecodeError as error:
        failure = malformed(0, data, error)
        yield Failure("", failure.kind, failure.error)


# ---- one array, element by element --------------------------------------------------------------------------

#: What shapes an array: whole strings (the end of input may cut one), brackets, commas.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)


def _elements(input: Input, stream: Stream) -> Iterator[Record | Failure]:
    tally = input.tally
    for offset, data in _spans(stream, input.source.record_bytes):
        if isinstance(data, bytes) and not data.strip():
            continue
        tally.split += 1
        if isinstance(data, Unreadable):
            yield Failure(str(offset), data.kind, str(data))
            continue
        try:
            fields = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            yield malformed(offset, data, error)
            continue
        yield Record(str(offset), fields) if type(fields) is dict else _no_object(offset, fields)


def _spans(stream: Stream, limit: int) -> Iterator[tuple[int, bytes | Unreadable]]:
    """(offset, bytes) of what stands between the commas of one array. What is above `limit` or unfinished comes
    as Unreadable and is the last: without its end the next one's beginning cannot be told."""
    buffer, base, scanned, begin, depth = b"", 0, 0, 0, 0
    while True:
        try:
            chunk = stream.read(HEAD_BYTES if not buffer else max(HEAD_BYTES, len(buffer) // 2))
        except Exception as error:
            yield base + begin, as_unreadable(error)
            return
        if not chunk:
            yield base + begin, Unreadable("malformed JSON", "the array has no end: the file was cut")
            return
        base, buffer, scanned, begin = base + begin, buffer[begin:] + chunk, scanned - begin, 0
        for token in _TOKEN.finditer(buffer, scanned):
            mark = token[0]
            if (token.end() == len(buffer) and len(mark) > 1) or mark == b'"':
                break  # a string that may be cut here: look again with more
            scanned = token.end()
            if mark in (b"[", b"{"):
                depth += 1
                begin = token.end() if depth == 1 else begin
            elif mark in (b"]", b"}"):
                depth -= 1
                if depth == 0:
                    yield base + begin, buffer[begin : token.start()]
                    yield from _after(stream, base + token.end(), buffer[token.end() :])
                    return
            elif mark == b"," and depth == 1:
                yield base + begin, buffer[begin : token.start()]
                begin = token.end()
        else:
            scanned = len(buffer)
        if len(buffer) - begin > limit:
            yield base + begin, too_large(limit)
            return


def _after(stream: Stream, offset: int, rest: bytes) -> Iterator[tuple[int, bytes | Unreadable]]:
    """What follows an array must be white space."""
    while not rest.strip():
        offset += len(rest)
        rest = stream.read(HEAD_BYTES)
        if not rest:
            return
    yield offset, Unreadable("malformed JSON", f"something follows the end of the array at byte {offset:,}")
