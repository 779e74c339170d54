"""Items of benchmarks from local files, read strictly: what cannot be read is an error, since an item that is left out
would leak unseen.

JSONL, JSON arrays, CSV, TSV and Parquet, compressed (gzip, zstd) or not, also as members of a tar archive; the format
goes by the name. Archives may hold other files (read-mes), which are passed over.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from curate.storage import is_local, listing

#: A row a text: the benchmark, the item's id within it, the text's column ("" if several make one) and the text.
#: Rows of one item follow each other; an item without any text has one that is empty.
SCHEMA = {"benchmark": pl.String, "item": pl.String, "column": pl.String, "text": pl.String}

_ARCHIVES = (".tar", ".tgz", ".tar.gz", ".tar.zst")
_COMPRESSED = (".gz", ".zst")
#: A longer name of a column is taken for a question: the file has no header.
_HEADER_WORDS = 8


class Benchmark(BaseModel):
    """Files of items: a path, folder or glob (or several), and how their rows become items.

    `columns` are joined, in this order, to one text; without them each column that holds text is a text of its own.
    `names` names the columns of CSV or TSV without a header. `id` is a column that identifies an item (else its row
    does); `name` stands in reports (else the file does).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | tuple[str, ...]
    name: str | None = None
    columns: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    id: str | None = None


def benchmarks(against: Any) -> list[Benchmark]:
    """`against` as it may be written (a path, a mapping, a list of these) as benchmarks."""
    entries = against if isinstance(against, list | tuple) else [against]
    return [Benchmark(path=e) if isinstance(e, str) else Benchmark.model_validate(e) for e in entries]


def files(found: Iterable[Benchmark]) -> dict[str, str]:
    """The files of benchmarks, and the name of each in reports: its path below the folder or glob that was given.

    Raises:
        ValueError: a path is remote.
        FileNotFoundError: a path stands for no file.
    """
    paths = [path for benchmark in found for path in _paths(benchmark)]
    for path in paths:
        if not is_local(path):
            raise ValueError(f"benchmarks are read from local files: fetch {path} first")
    return {info.path: info.name for info in listing(paths)}


def read_items(found: list[Benchmark]) -> pl.DataFrame:
    """The items of benchmarks as rows of `SCHEMA`, in the order of benchmarks and files.

    Raises:
        ValueError: a file is unknown in format, damaged, lacks a column or has no items; the message names
            file and line.
        FileNotFoundError: a path stands for no file.
    """
    names = files(found)
    rows: list[tuple[str, str, str, str]] = []
    for benchmark in found:
        for path in files([benchmark]):
            before = len(rows)
            for name, records in _tables(names[path], Path(path).read_bytes(), benchmark):
                rows.extend(_texts(name, records, benchmark))
            if len(rows) == before:
                raise ValueError(f"{names[path]} holds no items")
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _paths(benchmark: Benchmark) -> tuple[str, ...]:
    return (benchmark.path,) if isinstance(benchmark.path, str) else benchmark.path


def _texts(
    name: str, records: Iterator[dict[str, Any]], benchmark: Benchmark
) -> Iterator[tuple[str, str, str, str]]:
    for row, record in enumerate(records, 1):
        wanted = [*(benchmark.columns or ()), *filter(None, [benchmark.id])]
        if missing := [column for column in wanted if column not in record]:
            raise ValueError(
                f"{name} row {row}: no column {', '.join(map(repr, missing))}; it has {', '.join(record)}"
            )
        item = f"{name}#{record[benchmark.id] if benchmark.id else row}"
        found = {key: " ".join(_strings(value)) for key, value in record.items() if key != benchmark.id}
        if benchmark.columns:
            found = {"": "\n".join(found.get(column, "") for column in benchmark.columns)}
        texts = [(key, text) for key, text in found.items() if text] or [("", "")]
        yield from ((benchmark.name or name, item, key, text) for key, text in texts)


def _strings(value: Any) -> Iterator[str]:
    """The strings in a value, in order: its own, those of a list (choices), or those in a mapping."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _tables(
    name: str, data: bytes, benchmark: Benchmark, *, named: bool = True
) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    """The tables of a file, or of all files of an archive: name and records."""
    lower = name.lower()
    if lower.endswith(_ARCHIVES):
        yield from _members(name, data, benchmark)
        return
    bare = lower
    for suffix in _COMPRESSED:
        bare = bare.removesuffix(suffix)
    kind = bare.rpartition(".")[2]
    if kind in ("jsonl", "ndjson", "json"):
        yield name, _json(name, _unpacked(name, data))
    elif kind in ("csv", "tsv", "tab"):
        yield name, _csv(name, _unpacked(name, data), "," if kind == "csv" else "\t", benchmark.names)
    elif kind == "parquet":
        yield name, _parquet(name, _unpacked(name, data))
    elif named:
        raise ValueError(
            f"{name}: benchmarks are .jsonl, .json, .csv, .tsv or .parquet files (or .gz, .zst or .tar of "
            f"these): name them by a glob such as '*.jsonl'"
        )


def _members(name: str, data: bytes, benchmark: Benchmark) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    packed = _unpacked(name, data)
    try:
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as archive:
            for member in archive:
                if member.isfile() and (file := archive.extractfile(member)):
                    yield from _tables(f"{name}/{member.name}", file.read(), benchmark, named=False)
    except tarfile.TarError as error:
        raise ValueError(f"{name}: damaged archive ({error}); fetch it again") from error


def _unpacked(name: str, data: bytes) -> bytes:
    """`data` without its compression, which shows in its first bytes."""
    import zstandard

    try:
        if data[:2] == b"\x1f\x8b":
            return gzip.decompress(data)
        if data[:4] == b"\x28\xb5\x2f\xfd":
            return b"".join(_frames(data))
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise ValueError(f"{name}: damaged compression ({error}); fetch it again") from error
    return data


def _frames(data: bytes) -> Iterator[bytes]:
    """The content of each zstd frame; zstandard's own stream reader takes a cut one for whole."""
    import zstandard

    while data:
        frame = zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(data)
        if not frame.eof:
            raise EOFError("it ends within a frame")
        data = frame.unused_data


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{name} line {line}: not UTF-8; convert the file") from error


def _json(name: str, data: bytes) -> Iterator[dict[str, Any]]:
    text = _decoded(name, data)
    whole = text.lstrip().startswith("[")
    for number, line in [(1, text)] if whole else enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            at = error.lineno if whole and isinstance(error, json.JSONDecodeError) else number
            raise ValueError(f"{name} line {at}: not JSON ({error}); mend the line or take it out") from error
        for record in value if whole else [value]:
            if not isinstance(record, dict):
                raise ValueError(f"{name} line {number}: {str(record)[:40]!r} is no object with columns")
            yield record


def _csv(name: str, data: bytes, delimiter: str, names: tuple[str, ...] | None) -> Iterator[dict[str, Any]]:
    text = _decoded(name, data)
    try:
        yield from _rows(name, text, delimiter, names, quoted=True)
        return
    except ValueError:
        if delimiter == ",":
            raise
    yield from _rows(name, text, delimiter, names, quoted=False)  # in TSV a quote may be just a quote


def _rows(
    name: str, text: str, delimiter: str, names: tuple[str, ...] | None, *, quoted: bool
) -> list[dict[str, Any]]:
    csv.field_size_limit(1 << 62)  # its default is 128 KiB
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, strict=quoted)
    found, line = [], 1
    try:
        for row in reader:
            if not row:
                pass
            elif names is None:
                names = _header(name, row)
            elif len(row) != len(names):
                raise ValueError(
                    f"{name} line {line}: {len(row)} fields where there are {len(names)} columns; mend the "
                    f"row, or give the columns by 'names' if the file has no header"
                )
            else:
                found.append(dict(zip(names, row, strict=True)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{name} line {line}: {error}; mend the row") from error
    return found


def _header(name: str, row: list[str]) -> tuple[str, ...]:
    if any(len(cell.split()) > _HEADER_WORDS for cell in row):
        raise ValueError(
            f"{name} line 1: this is a row, not a header ({max(row, key=len)[:40]!r}…); give the columns by "
            f"'names', such as names: [question, A, B, C, D, answer]"
        )
    return tuple(row)


def _parquet(name: str, data: bytes) -> Iterator[dict[str, Any]]:
    try:
        frame = pl.read_parquet(data)
    except Exception as error:  # Polars raises what its own and other libraries do
        raise ValueError(f"{name}: not a Parquet file ({error}); fetch it again") from error
    yield from frame.iter_rows(named=True)
