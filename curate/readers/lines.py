"""Lines of a byte stream with their offsets, in a byte range, each bounded: what JSONL and text share.

A line that begins within [start, end) belongs to that range, whole, wherever it ends; so any cuts give each line
to exactly one range.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from curate.readers.stream import Stream, Unreadable, too_large

CHUNK_BYTES = 1024 * 1024

Line = tuple[int, bytes | Unreadable]


def lines(stream: BinaryIO | Stream, limit: int, start: int = 0, end: int | None = None) -> Iterator[Line]:
    """(offset, line without its newline) of the lines that begin within [start, end).

    `stream` stands at `start - 1` (at 0 for start 0): the byte before tells whether a line begins at `start`.
    A line above `limit` bytes comes as Unreadable without ever being held. When the stream breaks, the line that
    it breaks off comes as Unreadable and is the last.
    """
    last = float("inf") if end is None else end
    offset, skipping = max(start - 1, 0), start > 0
    held: list[bytes] = []  # the beginning of the line at `offset`
    size = 0
    while offset < last:
        try:
            chunk = stream.read(CHUNK_BYTES)
        except Exception as error:
            yield offset, as_unreadable(error)
            return
        if not chunk:
            break
        if skipping:
            head, newline, chunk = chunk.partition(b"\n")
            offset += len(head) + len(newline)
            skipping = not newline
        if not chunk or skipping:
            continue
        parts = chunk.split(b"\n")
        if len(parts) > 1:
            parts[0], held, size = b"".join((*held, parts[0])), [], 0
            rest = parts.pop()
            for part in parts:
                if offset >= last:
                    return
                yield offset, part if len(part) <= limit else too_large(limit)
                offset += len(part) + 1
        else:
            rest = chunk
        held.append(rest)
        size += len(rest)
        if size > limit and offset < last:
            yield offset, too_large(limit)
            offset, held, size, skipping = offset + size, [], 0, True
    if size and offset < last:
        yield offset, b"".join(held)


def as_unreadable(error: Exception) -> Unreadable:
    """An error met while reading, as what a failure says."""
    if isinstance(error, Unreadable):
        return error
    return Unreadable("unreadable", f"{type(error).__name__}: {error}")
