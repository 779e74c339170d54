"""Readers: one file per format, each a function from an opened input to records and failures.

A format's file holds `read(input: Input) -> Iterator[Record | Failure]`. A reader never raises for bad input:
it yields a `Failure` with the position and goes on with what is around it. It adds to `input.tally.split` as it
splits units off (lines, rows, members, files), before it looks into them: the runner compares that count with
the records and failures that arrive (contract 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, BinaryIO

from curate.source import Source


class Member(str):
    """A position that begins with the names of members, one for each archive around it: they are names even where
    they are numbers."""

    names = 1

    def within(self, position: str) -> Member:
        """`position` in this member."""
        if not position:
            return self
        made = Member(f"{self}#{position}")
        made.names = self.names + getattr(position, "names", 0)
        return made


@dataclass(slots=True)
class Record:
    """One record as found: `position` within the file ("" for a whole file, else "1234" (byte offset in the
    uncompressed stream), "row 17", "member.xml", …) and its fields by their own names."""

    position: str
    fields: dict[str, Any]


@dataclass(slots=True)
class Failure:
    """What could not be read: where in the file, the kind (a short stable name, for counting) and the error."""

    position: str
    kind: str
    error: str


@dataclass(slots=True)
class Tally:
    """What a reader counts on its own: units split off, and bytes taken from storage."""

    split: int = 0
    bytes: int = 0


@dataclass(slots=True, frozen=True)
class Slice:
    """A piece of one file for one task: the whole file, a byte range of an uncompressed line file (lines that
    begin within [start, end)), or the row groups [start, end) of a Parquet file. `bytes` is its weight."""

    path: str  # as fsspec takes it
    name: str  # as it stands in ids: the path relative to the source's root, forward slashes
    bytes: int
    start: int = 0
    end: int | None = None
    format: str = "auto"


@dataclass(slots=True)
class Input:
    """An opened, decompressed input for a format's `read`."""

    name: str
    stream: BinaryIO
    source: Source
    slice: Slice
    tally: Tally = field(default_factory=Tally)
    encoding: str | None = None  # as declared from outside (an HTTP header)
