"""The tasks of a source: its files cut and grouped by bytes, from inputs and settings alone.

Large files that can be cut are: uncompressed JSONL and text lines by byte ranges, Parquet by row groups. Small
files share a task, in order. Only files above a task's size are opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from curate.readers import Slice
from curate.readers.compression import compression
from curate.readers.encoding import bom
from curate.readers.jsonl import layout
from curate.readers.sniff import HEAD_BYTES, identify, packed
from curate.readers.stream import Unreadable
from curate.source import Source
from curate.storage import FileInfo, open_file
from curate.storage import listing as list_files

#: What a byte of a compressed file is taken to hold.
_PACKED_WEIGHT = 4


def listing(source: Source) -> list[FileInfo]:
    """The files of a source, sorted by name.

    Raises:
        FileNotFoundError: one of its paths matches nothing.
        ValueError: a path's protocol is unknown, or needs a package that is not installed.
    """
    try:
        return list_files(source.paths, source.storage_options)
    except ImportError as error:
        raise ValueError(f"{source.path}: {error}") from error


def slices(source: Source, task_bytes: int) -> list[list[Slice]]:
    """The tasks of a source, each a list of slices of about `task_bytes` bytes together."""
    pieces = (piece for file in listing(source) for piece in _cut(file, source, task_bytes))
    return list(_grouped(pieces, task_bytes))


def _grouped(pieces: Iterable[Slice], task_bytes: int) -> Iterator[list[Slice]]:
    group: list[Slice] = []
    weight = 0
    for piece in pieces:
        if group and weight + piece.bytes > task_bytes:
            yield group
            group, weight = [], 0
        group.append(piece)
        weight += piece.bytes
    if group:
        yield group


def _cut(file: FileInfo, source: Source, task_bytes: int) -> list[Slice]:
    whole = Slice(file.path, file.name, file.size * (_PACKED_WEIGHT if packed(file.name) else 1))
    if file.size <= task_bytes:
        return [whole]
    with open_file(file.path, source.storage_options) as stream:
        head = stream.read(HEAD_BYTES)
        try:
            kind = identify(file.name, head, source.format)
        except Unreadable:
            return [whole]
        if compression(head):
            return [whole]
        if kind == "parquet":
            return _by_row_groups(file, stream, task_bytes) or [whole]
    lines = (kind == "jsonl" and layout(file.name, head) == "lines") or (
        kind == "text" and source.split == "line"
    )
    if not lines or bom(head)[0] not in (None, "utf-8"):
        return [whole]
    return _by_bytes(file, kind, task_bytes)


def _by_bytes(file: FileInfo, kind: str, task_bytes: int) -> list[Slice]:
    count = -(-file.size // task_bytes)
    cuts = [file.size * i // count for i in range(count)]
    ends = [*cuts[1:], None]
    return [
        Slice(file.path, file.name, (file.size if end is None else end) - start, start, end, kind)
        for start, end in zip(cuts, ends)
    ]


def _by_row_groups(file: FileInfo, stream: Any, task_bytes: int) -> list[Slice]:
    """As many row groups a slice as `task_bytes` take; nothing if the file's footer cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.ParquetFile(stream).metadata
        sizes = [_stored(metadata.row_group(i)) for i in range(metadata.num_row_groups)]
    except (pa.ArrowException, OSError, ValueError):
        return []
    found: list[Slice] = []
    start, weight = 0, 0
    for group, size in enumerate(sizes):
        if group > start and weight + size > task_bytes:
            found.append(Slice(file.path, file.name, weight, start, group, "parquet"))
            start, weight = group, 0
        weight += size
    if start < len(sizes):
        found.append(Slice(file.path, file.name, weight, start, len(sizes), "parquet"))
    return found


def _stored(group: Any) -> int:
    return sum(group.column(i).total_compressed_size for i in range(group.num_columns))
