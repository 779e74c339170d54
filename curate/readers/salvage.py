"""The members of a zip that lost its directory, by the headers before each of them (APPNOTE.TXT, 4.3.7)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from curate.readers.stream import Unreadable

_HEADER = struct.Struct("<4s5H3I2H")
_UNKNOWN = 0xFFFFFFFF  # the size stands in a zip64 field
_PIECE = 8 * 1024


def members(file: BinaryIO) -> Iterator[tuple[str, Any]]:
    """(name, what to read its bytes from, or a word on why not) until something is no member's header.

    A stored member of unknown size ends the search: nothing tells where the next begins.
    """
    offset = 0
    while True:
        file.seek(offset)
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size or not head.startswith(b"PK\x03\x04"):
            return
        _, _, flags, method, _, _, _, packed, _, name_length, extra = _HEADER.unpack(head)
        name = file.read(name_length).decode("utf-8" if flags & 0x800 else "cp437", "replace")
        size = None if flags & 8 or packed == _UNKNOWN else packed
        body = _Body(file, offset + _HEADER.size + name_length + extra, size, method)
        if not name.endswith("/"):
            yield name, "encrypted" if flags & 1 else body
        offset = body.end()
        if offset < 0:
            return
        file.seek(offset)
        follows = file.read(24)
        if follows.startswith(b"PK\x07\x08"):
            offset += next((n for n in (16, 24) if follows[n : n + 2] == b"PK"), 16)


class _Body:
    """The bytes of one member, inflated."""

    def __init__(self, file: BinaryIO, start: int, size: int | None, method: int):
        self._file, self._at, self._left, self._method = file, start, size, method
        self._start, self._size = start, size
        self._inflate = zlib.decompressobj(-15) if method == 8 else None
        self._buffer, self._done = b"", False

    def read(self, size: int) -> bytes:
        while len(self._buffer) < size and not self._done:
            self._buffer += self._next()
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _next(self) -> bytes:
        if self._method not in (0, 8) or (self._method == 0 and self._size is None):
            self._done = True
            raise Unreadable("unsupported", "a zip member whose extent only the lost directory tells")
        self._file.seek(self._at)
        piece = self._file.read(_PIECE if self._left is None else min(_PIECE, self._left))
        self._at += len(piece)
        self._left = None if self._left is None else self._left - len(piece)
        if self._inflate is None:
            self._done = self._left == 0
            data = piece
        else:
            try:
                data = self._inflate.decompress(piece)
            except zlib.error as error:
                self._done = True
                raise Unreadable("damaged", f"damaged zip member: {error}") from error
            self._done = self._inflate.eof
            self._at -= len(self._inflate.unused_data)
        if not piece and not self._done:
            self._done = True
            raise Unreadable("truncated", "the zip was cut within this member")
        return data

    def end(self) -> int:
        """Where the member's stored bytes end; -1 if that cannot be told."""
        if self._size is not None:
            return self._start + self._size
        try:
            while self.read(_PIECE):
                pass
        except Unreadable:
            return -1
        return self._at if self._inflate is not None and self._inflate.eof else -1
