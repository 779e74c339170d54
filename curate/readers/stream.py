"""A stream of bytes made of chunks: peeked at, read with a limit, its error kept until what came before is out."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any


class Unreadable(Exception):
    """Something in an input that cannot be read. `kind` is a short stable name, for counting."""

    def __init__(self, kind: str, message: str):
        super().__init__(message)
        self.kind = kind


def too_large(limit: int) -> Unreadable:
    """What a record above `limit` bytes fails with."""
    return Unreadable(
        "too large", f"larger than {limit:,} bytes; raise record_bytes of the source if it is a document"
    )


class Stream(io.RawIOBase):
    """The bytes of `chunks` as a file that cannot seek.

    `read(n)` gives `n` bytes unless the stream ends before; `read()` gives all of it, at most `limit` bytes
    (Unreadable above that), so that no reader of whole files can hold more. An exception of `chunks` is raised
    once the bytes before it are out, and again by every later read; it is then in `error`.
    """

    def __init__(self, chunks: Iterable[bytes], limit: int):
        self._chunks: Iterator[bytes] = iter(chunks)
        self._buffer = b""
        self._at = 0
        self._taken = 0
        self._limit = limit
        self.error: Exception | None = None

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._taken

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            return self._read_all()
        data = self._gather(size)
        if not data and size and self.error:
            raise self.error
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def peek(self, size: int) -> bytes:
        """The next `size` bytes (fewer where the stream ends or breaks), which stay in the stream."""
        if len(self._buffer) - self._at < size:
            data = self._gather(size)
            self._buffer, self._at = data + self._buffer[self._at :], 0
            self._taken -= len(data)
        return self._buffer[self._at : self._at + size]

    def _read_all(self) -> bytes:
        data = self._gather(self._limit + 1)
        if len(data) > self._limit:
            raise too_large(self._limit)
        if self.error:
            raise self.error
        return data

    def _gather(self, size: int) -> bytes:
        """The next `size` bytes, fewer where the stream ends or breaks."""
        parts, missing = [], size
        while missing > 0:
            if self._at >= len(self._buffer) and not self._advance():
                break
            part = self._buffer[self._at : self._at + missing]
            self._at += len(part)
            missing -= len(part)
            parts.append(part)
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self._taken += len(data)
        return data

    def _advance(self) -> bool:
        if self.error:
            return False
        try:
            self._buffer, self._at = next(self._chunks, b""), 0
        except Exception as error:
            self.error, self._buffer, self._at = error, b"", 0
        return bool(self._buffer)


def as_stream(file: Any, limit: int) -> Stream:
    """`file` as a Stream, which it may be already."""
    return file if isinstance(file, Stream) else Stream(chunks_of(file), limit)


def chunks_of(file: Any, size: int = 1024 * 1024) -> Iterator[bytes]:
    """What `file` holds from here on, in chunks."""
    while chunk := file.read(size):
        yield chunk
