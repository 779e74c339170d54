"""From what readers yield to batches of documents, and the rows of what could not be read."""

from __future__ import annotations

import heapq
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
import polars as pl

from curate.documents import BASE
from curate.private import Private, Scrubber
from curate.readers import Failure, Record, Slice
from curate.source import Source

#: Columns of `failed/`.
FAILED: dict[str, Any] = {
    "source": pl.String,
    "file": pl.String,
    "position": pl.String,
    "kind": pl.String,
    "error": pl.String,
}


#: Of records that took this many seconds or more to read, so many are told of.
SLOW_SECONDS, SLOWEST = 0.05, 10

#: Where in a file: a byte, a row.
_PLACE = re.compile(r"(?:[a-z]+ )?\d+")

#: What a row takes beside its text and metadata (ids, names, Python's own): it bounds batches of tiny documents.
ROW_BYTES = 500


@dataclass(frozen=True)
class Names:
    """How files and keys are called in what is written: as they are, or, in a stage that takes private data out, so
    that they say nothing; names that the pipeline file spells out stay."""

    scrubber: Scrubber | None = None
    spelled: frozenset[str] = frozenset()
    keys: bool = False  # whether keys, too, are to be found again
    given: dict[str, str] = field(default_factory=dict)  # what is written -> the name

    @staticmethod
    def under(private: Private | None) -> Names:
        """Names as a stage writes them."""
        return Names(private.scrubber(), private.spelled, private.vault) if private else Names()

    def file(self, name: str) -> str:
        """A file's name."""
        if self.scrubber is None or name in self.spelled:
            return name
        shown = self.scrubber.file(name)
        self.given[shown] = name
        return shown

    def position(self, position: str) -> str:
        """A position in a file: places as they are ("1234", "row 17"), names of archives' members as files' names."""
        if self.scrubber is None:
            return position
        parts, names = position.split("#"), getattr(position, "names", 0)
        places = [number >= names and _PLACE.fullmatch(part) for number, part in enumerate(parts)]
        return "#".join(part if place else self.file(part) for part, place in zip(parts, places))

    def key(self, key: str) -> str:
        """A document's own key."""
        if self.scrubber is None:
            return key
        shown = self.scrubber.name(key)
        if self.keys:
            self.given[shown] = key
        return shown


@dataclass
class Taken:
    """What came in: records and failures of one task, and the rows for `failed/`."""

    names: Names = field(default_factory=Names)

    read: int = 0
    characters: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, str]] = field(default_factory=list)
    slow: list[tuple[float, str]] = field(default_factory=list)

    def slowest(self) -> list[tuple[float, str]]:
        """Seconds and id of the records that took longest to read, the slowest first."""
        return [(round(seconds, 3), name) for seconds, name in heapq.nlargest(SLOWEST, self.slow)]

    def note_slow(self, source: Source, file: str, made: tuple[Any, ...] | Failure, seconds: float) -> None:
        """Note a record that took long to read."""
        if isinstance(made, Failure):
            name = f"{source.name}/{self.names.file(file)}#{self.names.position(made.position)}"
        else:
            name = made[0]
        self.slow.append((seconds, name))

    def fail(self, source: Source, file: str, failure: Failure) -> None:
        """Note one failure."""
        self.failed[failure.kind] += 1
        self.rows.append(
            {
                "source": source.name,
                "file": self.names.file(file),
                "position": self.names.position(failure.position),
                "kind": failure.kind,
                "error": failure.error.replace(file, self.names.file(file))[:2000],
            }
        )


def hidden(batch: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Documents of a stage or a release in which no private data were taken out: ids hold names of files."""
    shown = {"id": names.file, "key": names.key}
    columns = [
        pl.Series(name, [value and show(value) for value in batch[name]], pl.String)
        for name, show in shown.items()
        if name in batch.columns
    ]
    return batch.with_columns(columns)


def batches(
    pieces: Iterable[tuple[Slice, Iterator[Record | Failure]]],
    source: Source,
    taken: Taken,
    batch_bytes: int,
    progress: Callable[[], None] = lambda: None,
) -> Iterator[pl.DataFrame]:
    """Documents of `source` in batches of about `batch_bytes` of text and metadata.

    A record without text that can be used (absent, null, not a string, blank) becomes a failure.
    """
    row = _mapper(source, taken.names)
    columns: dict[str, list[Any]] = {name: [] for name in BASE}
    appends = [columns[name].append for name in BASE]
    size = characters = 0
    for piece, items in pieces:
        if taken.read == source.limit:
            break  # no file is opened in vain
        for item, seconds in _timed(items):
            if taken.read == source.limit:
                break
            taken.read += 1
            made = item if isinstance(item, Failure) else row(piece.name, item)
            if seconds >= SLOW_SECONDS:
                taken.note_slow(source, piece.name, made, seconds)
            if isinstance(made, Failure):
                taken.fail(source, piece.name, made)
                continue
            for append, value in zip(appends, made):
                append(value)
            characters += len(made[2])
            size += len(made[2]) + len(made[-1]) + ROW_BYTES
            if size >= batch_bytes:
                taken.characters, characters = taken.characters + characters, 0
                yield pl.DataFrame(columns, schema=BASE)
                progress()
                for values in columns.values():
                    values.clear()
                size = 0
    if size:
        taken.characters += characters
        yield pl.DataFrame(columns, schema=BASE)


def _timed(items: Iterable[Record | Failure]) -> Iterator[tuple[Record | Failure, float]]:
    """Each item with the seconds that it took to read."""
    since = time.perf_counter()
    for item in items:
        yield item, time.perf_counter() - since
        since = time.perf_counter()


def _mapper(source: Source, names: Names) -> Callable[[str, Record], tuple[Any, ...] | Failure]:
    """The function that makes a row of a record, in the order of `BASE`."""
    wanted = source.columns
    text_field = wanted.get("text", "text")
    key_fields = [wanted[k] for k in ("key", "id") if k in wanted] or ["key", "id"]
    own = [wanted.get(name, name) for name in ("date", "title", "url", "license")]
    prefix, origin, labels, license_ = f"{source.name}/", source.name, source.labels, source.license
    shown = cache(names.file)

    def row(file: str, record: Record) -> tuple[Any, ...] | Failure:
        fields = record.fields
        there = text_field in fields
        text = fields.pop(text_field, None)
        if type(text) is not str or not text or text.isspace():
            return Failure(record.position, "no text", _why_no_text(text_field, text, fields, there))
        try:
            return assemble(file, record.position, text, fields)
        except (TypeError, UnicodeEncodeError) as error:  # a number above 64 bits, a lone surrogate
            return Failure(record.position, "not storable", f"{type(error).__name__}: {error}")

    def assemble(file: str, position: str, text: str, fields: dict[str, Any]) -> tuple[Any, ...]:
        if not text.isascii():
            text.encode()
        file = shown(file)
        identity = f"{prefix}{file}#{names.position(position)}" if position else prefix + file
        key = next((v for k in key_fields if (v := _string(fields.get(k)))), None)
        date, title, url, own_license = [_string(fields.pop(k, None)) for k in own]
        for name in key_fields:
            fields.pop(name, None)
        key = names.key(key) if (key := key or url) else identity[len(prefix) :]
        if labels:
            fields.update(labels)
        metadata = orjson.dumps(fields, default=str, option=_JSON).decode() if fields else "{}"
        return identity, key, text, origin, date, title, url, own_license or license_, metadata

    return row


_JSON = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def _string(value: Any) -> str | None:
    if value is None:
        return None
    if type(value) is str:
        if not value.isascii():
            value.encode()
        return value or None
    return str(value) if not isinstance(value, dict | list) else orjson.dumps(value, default=str).decode()


def _why_no_text(name: str, text: Any, fields: dict[str, Any], there: bool) -> str:
    if isinstance(text, str):
        return f"field '{name}' is blank"
    if there:
        return f"field '{name}' is {'null' if text is None else type(text).__name__}, not a string"
    names = ", ".join(repr(k) for k in list(fields)[:12]) or "none"
    return f"the record has no field '{name}'; it has {names}: map a text with columns: {{text: …}}"
