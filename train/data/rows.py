"""Rows of files in bounded batches, in the files' order, and where each stands for messages about it."""

from __future__ import annotations

import contextlib
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from curate import storage
from curate.errors import ConfigError

#: Bytes of rows (as the files hold them, uncompressed) in one batch, about.
BATCH_BYTES = 8_000_000
#: Rows in one batch, at most.
BATCH_ROWS = 4096

#: Kinds of file, by the end of the name.
FORMATS = {
    "parquet": (".parquet",),
    "jsonl": (".jsonl", ".jsonl.gz", ".jsonl.zst", ".ndjson", ".ndjson.gz"),
    "text": (".txt", ".txt.gz", ".md"),
}


@dataclass(frozen=True)
class Batch:
    """Rows of one file: `columns` is name -> list or Arrow array, `numbers` counts rows (lines) of the file from 1."""

    file: str
    numbers: Sequence[int]
    columns: Mapping[str, Any]

    def place(self, row: int) -> str:
        """Where row `row` of the batch stands, for messages."""
        return f"{self.file}, row {self.numbers[row]}"

    def only(self, keep: Sequence[bool]) -> Batch:
        """The rows that `keep` marks."""
        chosen = {
            name: values.filter(pa.array(keep))
            if isinstance(values, pa.Array)
            else [value for value, mark in zip(values, keep, strict=True) if mark]
            for name, values in self.columns.items()
        }
        return Batch(self.file, [n for n, mark in zip(self.numbers, keep, strict=True) if mark], chosen)


def listed(values: Any) -> list[Any]:
    """A batch's column as a list of Python values."""
    return values.to_pylist() if isinstance(values, pa.Array) else list(values)


def format_of(file: str) -> str | None:
    """parquet, jsonl, text, or None for a name that says none of them."""
    return next((name for name, ends in FORMATS.items() if file.lower().endswith(ends)), None)


def columns_of(file: str) -> dict[str, str]:
    """Columns of a file and what they hold, in words: of JSONL those of its first row.

    Raises:
        ConfigError: the file cannot be read as what its name says.
    """
    kind = format_of(file)
    if kind == "text":
        return {"text": "string"}
    if kind == "parquet":
        with _parquet(file) as opened:
            return {field.name: str(field.type) for field in opened.schema_arrow}
    for batch in _jsonl(file, None, rows=1):
        return {name: _told(values[0]) for name, values in batch.columns.items()}
    return {}


def _told(value: Any) -> str:
    names = {str: "string", bool: "bool", int: "int64", float: "double", type(None): "null"}
    if isinstance(value, list):
        return f"list<{_told(value[0]) if value else 'null'}>"
    return "struct" if isinstance(value, dict) else names[type(value)]


def read(file: str, columns: Sequence[str]) -> Iterator[Batch]:
    """The rows of `file` with these columns; a column that is not there is left out.

    Raises:
        ConfigError: the file is not what its name says, or not UTF-8.
    """
    readers: dict[str | None, Callable[..., Iterator[Batch]]] = {
        "parquet": _read_parquet,
        "jsonl": _jsonl,
        "text": _read_text,
    }
    yield from readers[format_of(file)](file, columns)


@contextlib.contextmanager
def _parquet(file: str) -> Iterator[pq.ParquetFile]:
    with storage.open_file(file) as handle:
        try:
            opened = pq.ParquetFile(handle)
        except pa.ArrowInvalid as error:
            raise ConfigError(
                f"{file} is no Parquet file ({error}): make it again, or leave it out"
            ) from None
        yield opened


def _read_parquet(file: str, columns: Sequence[str]) -> Iterator[Batch]:
    with _parquet(file) as opened:
        have = [name for name in columns if name in opened.schema_arrow.names]
        for group in range(opened.num_row_groups):
            before = sum(opened.metadata.row_group(g).num_rows for g in range(group))
            rows = _rows_at_once(opened.metadata.row_group(group))
            for batch in opened.iter_batches(rows, row_groups=[group], columns=have):
                numbers = range(before + 1, before + 1 + batch.num_rows)
                yield Batch(file, numbers, {name: batch.column(name) for name in have})
                before += batch.num_rows


def _rows_at_once(group: pq.RowGroupMetaData) -> int:
    each = max(1, group.total_byte_size // max(1, group.num_rows))
    return max(1, min(BATCH_ROWS, BATCH_BYTES // each))


@contextlib.contextmanager
def _lines(file: str) -> Iterator[Any]:
    """A file's bytes, uncompressed as its first bytes say."""
    with storage.open_file(file) as handle:
        head = handle.read(4)
        handle.seek(0)
        if head[:2] == b"\x1f\x8b":
            yield gzip.GzipFile(fileobj=handle)
        elif head == b"\x28\xb5\x2f\xfd":
            stream = zstandard.ZstdDecompressor().stream_reader(handle, read_across_frames=True)
            yield io.BufferedReader(stream)
        else:
            yield handle


def _jsonl(file: str, columns: Sequence[str] | None, rows: int = BATCH_ROWS) -> Iterator[Batch]:
    found: list[dict[str, Any]] = []
    numbers: list[int] = []
    size = 0
    with _lines(file) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            found.append(_object(file, number, line))
            numbers.append(number)
            size += len(line)
            if len(found) == rows or size >= BATCH_BYTES:
                yield _gathered(file, numbers, found, columns)
                found, numbers, size = [], [], 0
    if found:
        yield _gathered(file, numbers, found, columns)


def _object(file: str, number: int, line: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{file}, line {number}, is no JSON ({error}): mend or remove the line") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{file}, line {number}, is no JSON object: one object per line is read")
    return value


def _gathered(
    file: str, numbers: list[int], found: list[dict[str, Any]], columns: Sequence[str] | None
) -> Batch:
    names = list(found[0]) if columns is None else [c for c in columns if any(c in row for row in found)]
    return Batch(file, numbers, {name: [row.get(name) for row in found] for name in names})


def _read_text(file: str, columns: Sequence[str]) -> Iterator[Batch]:
    """The whole file is one document."""
    with _lines(file) as lines:
        try:
            text = lines.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"{file} is not UTF-8 ({error}): read it through a stage of kind curate"
            ) from None
    yield Batch(file, [1], {"text": [text]} if "text" in columns else {})
