"""From a slice to its records and failures: opened, decompressed, told apart by content, given to a reader.

`read_slice` is what the engine calls. It never raises for what an input holds: whatever exception a codec or a
parser ends in becomes one failure, and what was read before it stands.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from curate.readers import Failure, Input, Record, Slice, Tally
from curate.readers.compression import compression, decompressed
from curate.readers.guard import ExtractError
from curate.readers.lines import as_unreadable
from curate.readers.sniff import HEAD_BYTES, identify
from curate.readers.stream import Stream, Unreadable, chunks_of
from curate.source import Source
from curate.storage import open_file, read_chunks

#: Layers of compression and archives within each other that are followed.
_MAX_DEPTH = 8
#: Formats that are read by jumping about in a file; within a stream they are copied to a temporary file first.
_RANDOM_ACCESS = ("parquet", "zip")
_SPOOL_BYTES = 16 * 1024 * 1024


@dataclass(slots=True, frozen=True)
class Digest:
    """The sha256 of a file's stored bytes [start, end) (None: to its end), as a slice read them."""

    path: str
    start: int
    end: int | None
    sha256: str


@dataclass(slots=True)
class Piece:
    """A file, an archive's member or a web page's payload, on its way to a reader."""

    name: str
    stream: Stream
    slice: Slice
    source: Source
    tally: Tally
    open: Callable[[], BinaryIO] | None = None  # where its bytes lie as they are
    encoding: str | None = None
    depth: int = 0

    def within(self, name: str, data: BinaryIO, encoding: str | None = None) -> Piece:
        """A piece that lies within this one."""
        stream = Stream(chunks_of(data), self.source.record_bytes)
        whole = Slice(self.slice.path, name, 0)
        return replace(
            self, name=name, stream=stream, slice=whole, open=None, encoding=encoding, depth=self.depth + 1
        )


def read_slice(
    slice: Slice, source: Source, tally: Tally, digest: Callable[[Digest], None] | None = None
) -> Iterator[Record | Failure]:
    """The records and failures of a slice, in order; `tally` is kept as they come.

    `digest` is called once at the end, with the sha256 of the stored bytes of the slice's range; for row groups
    of a Parquet file, once a file: the slice with the first row group reads and hashes all of it. It is not
    called if reading stops early or the storage fails.
    """
    raw = _Raw(slice, source, tally, hashing=digest is not None)
    stream = Stream(raw.chunks, source.record_bytes)
    yield from descend(Piece(slice.name, stream, slice, source, tally, raw.open, source.encoding))
    if digest is not None and (found := raw.finish()):
        digest(found)


class _Raw:
    """A slice's stored bytes in order (`chunks`), counted and hashed on their way."""

    def __init__(self, slice: Slice, source: Source, tally: Tally, *, hashing: bool):
        groups = slice.format == "parquet" and slice.end is not None
        self._slice, self._tally, self._options = slice, tally, source.storage_options
        self._start, self._end = (0, None) if groups else (slice.start, slice.end)
        self._hash = hashlib.sha256() if hashing and not (groups and slice.start) else None
        self._at, self._counted, self._failed = max(self._start - 1, 0), 0, False
        self._jumping = False
        self.chunks = self._read()

    def _read(self) -> Iterator[bytes]:
        """From one byte before the range on, and over its end as long as the last line asks for more."""
        try:
            for chunk in read_chunks(self._slice.path, self._options, start=self._at):
                self._take(chunk)
                yield chunk
        except Exception:
            self._failed = True
            raise

    def _take(self, chunk: bytes) -> None:
        low = max(self._start - self._at, 0)
        high = len(chunk) if self._end is None else min(len(chunk), self._end - self._at)
        self._at += len(chunk)
        if high <= low:
            return
        if not self._jumping:
            self._tally.bytes += high - low
            self._counted += high - low
        if self._hash:
            self._hash.update(memoryview(chunk)[low:high])

    def open(self) -> BinaryIO:
        """The file for random access. From here on its bytes are counted as a whole: by the weight of the row
        groups, or the file's size."""
        file = open_file(self._slice.path, self._options)
        if not self._jumping:
            self._jumping = True
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            self._tally.bytes += (size if self._slice.end is None else self._slice.bytes) - self._counted
        return file

    def finish(self) -> Digest | None:
        """The digest, after what no reader took has been read too; None if there is none to give."""
        if not self._hash:
            return None
        try:
            while self._end is None or self._at < self._end:
                if not next(self.chunks, b""):
                    break
        except Exception:
            self._failed = True
        if self._failed:
            return None
        return Digest(self._slice.path, self._start, self._end, self._hash.hexdigest())


def descend(piece: Piece) -> Iterator[Record | Failure]:
    """A piece's records and failures, whatever it is; an exception on the way becomes the last failure."""
    tally = piece.tally
    before, arrived = tally.split, 0
    try:
        for item in _read(piece):
            arrived += 1
            yield item
    except Exception as error:
        reason = explain(error)
        if tally.split - before == arrived:  # it broke between two units: the rest is one
            tally.split += 1
        yield Failure("", reason.kind, str(reason))


def explain(error: Exception) -> Unreadable:
    """Any exception in a user's words, with its kind."""
    if isinstance(error, ExtractError):
        return Unreadable(error.kind, str(error))
    if isinstance(error, RecursionError):
        return Unreadable("too deep", "nested too deeply")
    if isinstance(error, OSError | Unreadable):
        return as_unreadable(error)
    return Unreadable("reader error", f"{type(error).__name__}: {error}")


def _read(piece: Piece) -> Iterator[Record | Failure]:
    slice = piece.slice
    if slice.start:  # the middle of a file, whose format the plan has found
        kind = slice.format
    else:
        piece = _unpacked(piece)
        head = piece.stream.peek(HEAD_BYTES)
        if not head and piece.stream.error:
            raise piece.stream.error
        kind = identify(piece.name, head, piece.source.format, lines=piece.source.split == "line")
    if piece.depth > _MAX_DEPTH:
        raise Unreadable("too deep", f"more than {_MAX_DEPTH} archives and compressions within each other")
    if kind in _RANDOM_ACCESS:
        with _random_access(piece) as file:
            yield from _give(piece, kind, file)
    else:
        yield from _give(piece, kind, piece.stream)


def _give(piece: Piece, kind: str, stream: Any) -> Iterator[Record | Failure]:
    if kind in ("tar", "zip", "warc"):
        container = importlib.import_module(
            "curate.readers.warc" if kind == "warc" else "curate.readers.archive"
        )
        yield from getattr(container, f"read_{kind}")(piece, stream)
        return
    reader = importlib.import_module(f"curate.readers.{kind}")
    yield from reader.read(
        Input(piece.name, stream, piece.source, piece.slice, piece.tally, encoding=piece.encoding)
    )


def _unpacked(piece: Piece) -> Piece:
    """The piece with its layers of compression taken off."""
    stream, depth = piece.stream, piece.depth
    while codec := compression(stream.peek(16)):
        depth += 1
        if depth > _MAX_DEPTH:
            break
        stream = Stream(decompressed(chunks_of(stream), codec), piece.source.record_bytes)
    return piece if stream is piece.stream else replace(piece, stream=stream, depth=depth, open=None)


def _random_access(piece: Piece) -> BinaryIO:
    if piece.open:
        return piece.open()
    file = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115
    for chunk in chunks_of(piece.stream):
        file.write(chunk)
    file.seek(0)
    return file  # type: ignore[return-value]
