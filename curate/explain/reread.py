"""A record read again from its source file, as the run read it: for what a run does not keep.

Files are compared with the SHA-256 that the run recorded, since another file would explain nothing.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from curate import intake
from curate.explain.names import Opened, sources
from curate.readers import Record, Slice, Tally
from curate.readers.plan import listing, slices
from curate.readers.read import read_slice
from curate.source import Source
from curate.storage import FileInfo, open_file, read_chunks

#: A larger file is taken for unchanged by its size and time alone: hashing it takes longer than an answer should.
HASHED_BYTES = 1_000_000_000

_ROW = re.compile(r"row (\d+)")


@dataclass(frozen=True)
class Origin:
    """Where a record stands by its id: source, file (as the artefact names it), position ("": the whole file)."""

    source: str
    file: str
    position: str

    def place(self) -> str:
        """The position in words."""
        if not self.position:
            return "the whole file"
        *members, last = self.position.split("#")
        where = f"byte {int(last):,}" if last.isdecimal() else last
        return " in ".join([where, *(f"member {name}" for name in reversed(members))])


@dataclass(frozen=True)
class Reread:
    """A record as read again: the document as the first step took it, and with all names in clear."""

    document: pl.DataFrame
    plain: dict[str, Any]
    path: str
    by: str  # how the file was found to be unchanged


def origin(found: dict[str, Any], name: str) -> Origin | None:
    """Where the record with the id `name` stands; None if it is of no source that reads files."""
    source, _, rest = name.partition("/")
    files = {file for file, *_ in found["parts"]["inputs"].get(source, [])}
    parts = rest.split("#")
    for end in range(len(parts), 0, -1):  # names of files may hold a #, positions do
        file = "#".join(parts[:end])
        if file in files:
            return Origin(source, file, "#".join(parts[end:]))
    return None


def digest(found: dict[str, Any], at: Origin) -> str | list[Any] | None:
    """The recorded SHA-256 of the file, or [start, end, SHA-256] of the byte range that holds the record."""
    noted = found["digests"].get(at.source, {}).get(at.file)
    if not isinstance(noted, list):
        return noted
    offset = int(at.position) if at.position.isdecimal() else 0
    return next((r for r in noted if r[0] <= offset and (r[1] is None or offset < r[1])), noted[0])


def file_of(found: dict[str, Any], at: Origin, opened: Opened) -> tuple[Source, FileInfo] | str:
    """The source and the file that a record was read from, unchanged; else why there is none."""
    if opened.closed:
        return opened.closed
    source = sources(found)[at.source]
    try:
        files = listing(source)
    except Exception as error:  # clients of remote stores have families of their own
        return f"the source cannot be listed: {_words(error, opened)}"
    info = next((file for file in files if opened.names.file(file.name) == at.file), None)
    if info is None:
        return "the file is not there any more"
    known = {file: size for file, size, _ in found["parts"]["inputs"][at.source]}
    if info.size != known[at.file]:
        return f"the file has changed: it has {info.size:,} bytes, and had {known[at.file]:,}"
    return source, info


def _words(error: Exception, opened: Opened) -> str:
    """An error's words; where names are hidden its kind alone, since it may quote them."""
    return type(error).__name__ if opened.private else str(error)


def unchanged(found: dict[str, Any], at: Origin, info: FileInfo) -> tuple[bool, str]:
    """Whether a file of the same size is the one that was read, and how that was told."""
    stamps = {file: stamp for file, _, stamp in found["parts"]["inputs"][at.source]}
    noted = digest(found, at)
    start, end, sha = noted if isinstance(noted, list) else (0, None, noted)
    size = (info.size if end is None else end) - start
    if sha is None or (size > HASHED_BYTES and stamps[at.file] == info.stamp):
        return stamps[at.file] == info.stamp, "size and time"
    hashed = hashlib.sha256()
    left = size
    for chunk in read_chunks(info.path, start=start):
        hashed.update(chunk[:left])
        left -= len(chunk)
        if left <= 0:
            break
    return hashed.hexdigest() == sha, "SHA-256"


def reread(found: dict[str, Any], at: Origin, opened: Opened) -> Reread | str:
    """The record at `at`, or why it cannot be read again."""
    looked = file_of(found, at, opened)
    if isinstance(looked, str):
        return looked
    source, info = looked
    try:
        same, by = unchanged(found, at, info)
        if not same:
            return f"the file has changed since it was read ({by} differ)"
        for piece in _slices(found, at, source, info):
            for item in read_slice(piece, source, Tally()):
                if opened.names.position(item.position) == at.position and isinstance(item, Record):
                    return _documents(piece, item, source, opened, info.path, by)
    except Exception as error:
        return f"the file cannot be read: {_words(error, opened)}"
    return "the record is not in the file: the readers have changed since"


def _slices(found: dict[str, Any], at: Origin, source: Source, info: FileInfo) -> Iterator[Slice]:
    """The slices of the file, as the run cut it, in which the record can be."""
    offset = int(at.position) if at.position.isdecimal() else None
    for group in slices(source, found["parts"]["config"]["task_size"]):
        for piece in group:
            if piece.path != info.path:
                continue
            cut = piece.end is not None or piece.start > 0
            if cut and piece.format == "parquet" and (row := _ROW.fullmatch(at.position)):
                yield from _row_group(piece, int(row[1]), source)
            elif cut and offset is not None:  # by byte ranges: begin at the very line
                if piece.start <= offset and (piece.end is None or offset < piece.end):
                    yield replace(piece, start=offset, end=offset + 1)
            else:
                yield piece


def _row_group(piece: Slice, row: int, source: Source) -> Iterator[Slice]:
    """The row group of a Parquet file's slice that holds a row of the file."""
    with open_file(piece.path, source.storage_options) as handle, closing(pq.ParquetFile(handle)) as file:
        heights = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    group = bisect_right(list(accumulate(heights)), row)
    if piece.start <= group < (piece.end or len(heights)):
        yield replace(piece, start=group, end=group + 1)


def _documents(
    piece: Slice, record: Record, source: Source, opened: Opened, path: str, by: str
) -> Reread | str:
    fields = dict(record.fields)
    hidden = _row(piece, record, source, opened.names)
    if hidden is None:
        return "the record has no text that can be used"
    plain = _row(piece, Record(record.position, fields), source, intake.Names())
    assert plain is not None
    return Reread(hidden, plain.row(0, named=True), path, by)


def _row(piece: Slice, record: Record, source: Source, names: intake.Names) -> pl.DataFrame | None:
    whole = source.model_copy(update={"limit": None})
    taken = intake.Taken(names)
    return next(intake.batches([(piece, iter([record]))], whole, taken, 1), None)
