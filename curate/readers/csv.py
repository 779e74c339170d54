"""CSV and TSV, row by row; a row that does not fit its header fails alone.

An unbalanced quote makes a row swallow the lines after it. So when a row of several lines is wrong (its number
of fields, or the place of a quote), only its first line fails and reading goes on at the second: what was
swallowed is read after all.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Literal

from curate.readers import Failure, Input, Record
from curate.readers.lines import lines
from curate.readers.sniff import HEAD_BYTES, bare
from curate.readers.stream import Unreadable, too_large
from curate.readers.text import as_utf8, decode_line

_DELIMITERS = ",\t;|"
_Quoting = Literal[0, 3]  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE


def read(input: Input) -> Iterator[Record | Failure]:
    """One record a row, by the header's names or the source's `names`. Blank lines are no rows.

    A row's position counts the rows after the header, failed ones too; an error names the line.
    """
    source, tally = input.source, input.tally
    stream, encoding = as_utf8(input)
    head = stream.peek(HEAD_BYTES)
    delimiter = _delimiter(input.name, head)
    quoting = _quoting(head, delimiter, encoding)
    mark = {"encoding": encoding} if encoding else {}
    names, number = source.names, 0
    feed = _Feed(lines(stream, source.record_bytes), encoding, source.record_bytes)
    for line, row in _rows(feed, delimiter, quoting, len(names) if names else None):
        if names is None and isinstance(row, list):
            names = _unique(row)
            continue
        number += 1
        tally.split += 1
        if isinstance(row, Unreadable):
            yield Failure(f"row {number}", row.kind, f"line {line}: {row}")
        else:
            yield Record(f"row {number}", {**dict(zip(names or (), row)), **mark})


def _delimiter(name: str, head: bytes) -> str:
    if bare(name).lower().endswith((".tsv", ".tab")):
        return "\t"
    start = head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").lstrip("\r\n")
    line = re.sub(r'"[^"]*"', "", start).partition("\n")[0]
    return max(_DELIMITERS, key=line.count)


def _quoting(head: bytes, delimiter: str, encoding: str | None) -> _Quoting:
    """Whether quotes mean anything: in TSV by its definition they do not, though some writers quote. What gives
    fewer wrong rows at the file's beginning is taken."""
    if delimiter != "\t":
        return csv.QUOTE_MINIMAL
    whole = head[: head.rfind(b"\n") + 1] or head

    def wrong(quoting: _Quoting) -> int:
        source = ((0, line) for line in whole.split(b"\n"))
        feed = _Feed(source, encoding, len(head) + 1)
        return sum(isinstance(row, Unreadable) for _, row in _rows(feed, delimiter, quoting, None))

    return csv.QUOTE_MINIMAL if wrong(csv.QUOTE_MINIMAL) <= wrong(csv.QUOTE_NONE) else csv.QUOTE_NONE


def _unique(header: list[str]) -> list[str]:
    """Names that can be keys: an empty one becomes `column_3`, a repeated one gets its number."""
    names: list[str] = []
    for at, name in enumerate(header, 1):
        name = name.strip() or f"column_{at}"
        names.append(name if name not in names else f"{name}_{at}")
    return names


class _Feed:
    """The lines that a csv.reader is given, those of the row in progress kept so that they can be put back."""

    def __init__(self, source: Iterable[tuple[int, bytes | Unreadable]], encoding: str | None, limit: int):
        self._source = enumerate(source, 1)
        self._encoding, self._limit = encoding, limit
        self._pending: deque[tuple[int, str | Unreadable]] = deque()
        self.taken: list[tuple[int, str | Unreadable]] = []
        self._size = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        item = self._pending.popleft() if self._pending else self._decoded(*next(self._source))
        self.taken.append(item)
        line = item[1]
        if isinstance(line, Unreadable):
            raise line
        self._size += len(line) + 1
        if self._size > self._limit:
            raise too_large(self._limit)
        return line + "\n"

    def _decoded(self, number: int, line: tuple[int, bytes | Unreadable]) -> tuple[int, str | Unreadable]:
        data = line[1]
        if isinstance(data, Unreadable):
            return number, data
        try:
            return number, decode_line(
                data.removeprefix(codecs.BOM_UTF8) if number == 1 else data, self._encoding
            )
        except Unreadable as error:
            return number, error

    def begin(self) -> None:
        """A new row begins."""
        self.taken, self._size = [], 0

    def give_back(self) -> tuple[int, str | Unreadable]:
        """The first line of the row in progress; those after it are given out again."""
        self._pending.extendleft(reversed(self.taken[1:]))
        return self.taken[0]


def _rows(
    feed: _Feed, delimiter: str, quoting: _Quoting, width: int | None
) -> Iterator[tuple[int, list[str] | Unreadable]]:
    """(line number, fields, or what is wrong) of every row; all have as many fields as the first."""
    csv.field_size_limit(1 << 62)  # its default is 128 KiB; the feed bounds a row
    reader = csv.reader(feed, delimiter=delimiter, quoting=quoting, strict=True)
    while True:
        feed.begin()
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, Unreadable) as error:
            wrong = str(error)
        else:
            if not row:
                continue
            width = width or len(row)
            if len(row) == width:
                yield feed.taken[0][0], row
                continue
            wrong = f"{len(row)} fields, {width} expected"
        lines_taken = len(feed.taken)
        number, line = feed.give_back()
        if isinstance(line, Unreadable):
            yield number, line
        else:
            swallowed = (
                f"; a quote that is not closed here takes in {lines_taken:,} lines" if lines_taken > 1 else ""
            )
            yield number, Unreadable("malformed CSV", wrong + swallowed)
