"""Final shards: rows of work files packed, in order, into Parquet files of even size."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from curate import storage
from curate.frames import read_frame, to_arrow, weight
from curate.outcomes import Report, finish
from curate.private import Private, under
from curate.rows import MARKS

#: String columns that never quote a text: hidden where they are made, or names that steps and the pipeline give.
CLEAN = {"id", "key", "source", "step", "reason", "kind", "duplicate_of", "cluster", "file", "position"}

#: Row groups are bounded by this many bytes of documents, so that a reader's memory is. Each begins with pages of
#: measured values, which are new wherever one document is: so they are not small either.
ROW_GROUP_BYTES = 64_000_000

#: Pages are cut where their content says so, so that a store that deduplicates keeps most of a shard that changed a
#: little. Pages of 64 kB on average, as large as the Hub's chunks, keep most (docs/publishing.md, measured).
PAGES = {"min_chunk_size": 2 * 1024, "max_chunk_size": 128 * 1024, "norm_level": 0}


@dataclass(frozen=True)
class Piece:
    """Rows [start, end) of the record batch `number` of a work file."""

    path: Path
    number: int
    start: int
    end: int


def pack(batches: list[tuple[Path, int, int, int]], shard_size: int) -> list[tuple[Piece, ...]]:
    """Cut `batches` (path, number of the record batch, rows, bytes), in order, into shards of even size.

    There are ceil(total / shard_size) shards; each cut falls on the row at which the bytes, taken as spread
    evenly within a batch, pass that share of the total.
    """
    total = sum(size for *_, size in batches)
    count = max(1, -(-total // shard_size))
    shards: list[list[Piece]] = [[]]
    before = 0
    for path, number, rows, size in batches:
        start = 0
        while start < rows:
            edge = total * len(shards) / count
            fits = rows if size == 0 else round((edge - before) / size * rows)
            end = rows if len(shards) == count else min(rows, max(fits, start))
            if end > start:
                shards[-1].append(Piece(path, number, start, end))
            if end < rows:
                shards.append([])
            start = end
        before += size
    return [tuple(shard) for shard in shards if shard]


def shard_name(rank: int) -> str:
    """The file of the shard `rank`."""
    return f"{rank:05d}.parquet"


@dataclass(frozen=True)
class ShardJob:
    """Write shards: one task each. `folder` takes the outcomes, `out` the files (any fsspec address)."""

    folder: Path
    out: str
    shards: tuple[tuple[Piece, ...], ...]
    columns: dict[str, Any]
    compression: str = "zstd"
    title: str = ""
    private: Private | None = None  # where rows have not passed the step that takes private data out
    before: tuple[str, ...] = ()  # steps whose dropped rows have not

    @property
    def tasks(self) -> int:
        """How many shards there are."""
        return len(self.shards)

    @property
    def outcomes(self) -> Path:
        """Where the tasks' outcomes are."""
        return self.folder

    def run(self, rank: int, report: Report) -> None:
        """Write one shard."""
        name = shard_name(rank)
        rows = raw = groups = 0
        with storage.committed(f"{self.out}/{name}") as target:
            writer: pq.ParquetWriter | None = None
            for frame in self._groups(self.shards[rank]):
                batch = to_arrow(self._cleaned(frame, self.folder / "vault" / f"values-{rank:05d}"))
                if writer is None:
                    writer = parquet_writer(target, batch.schema, self.compression)
                writer.write_batch(batch, row_group_size=max(1, batch.num_rows))
                rows, raw, groups = rows + frame.height, raw + weight(frame), groups + 1
                report(rows, raw, rows)
            if writer:
                writer.close()
        outcome = {"path": name, "rows": rows, "raw_bytes": raw, "row_groups": groups}
        finish(self.folder, rank, outcome | hashed(f"{self.out}/{name}"))

    def _groups(self, pieces: tuple[Piece, ...]) -> Iterator[pl.DataFrame]:
        waiting: list[pl.DataFrame] = []
        size = 0
        for piece in pieces:
            frame = read_frame(piece.path, piece.number)[piece.start : piece.end]
            missing = {c: pl.lit(None, t) for c, t in self.columns.items() if c not in frame.columns}
            frame = frame.with_columns(**missing).select(list(self.columns))
            waiting.append(frame)
            size += weight(frame)
            if size >= ROW_GROUP_BYTES:
                yield pl.concat(waiting)
                waiting, size = [], 0
        if waiting:
            yield pl.concat(waiting)

    def _cleaned(self, frame: pl.DataFrame, vault: Path) -> pl.DataFrame:
        """Rows as they may be written: those of `before` pass through the stage's step that takes private data out; of
        a table of evidence the strings are scrubbed."""
        if self.private is None:
            return frame
        with under(self.private, vault):
            if "step" not in frame.columns:
                return self._scrubbed(frame)
            rows = frame.with_row_index("_row")
            late = rows.filter(pl.col("step").is_in(self.before))
            return frame if late.is_empty() else self._passed(rows, late).select(frame.columns)

    def _passed(self, rows: pl.DataFrame, late: pl.DataFrame) -> pl.DataFrame:
        assert self.private is not None
        use = self.private.use
        why = late.select("_row", "step", *(mark.removeprefix("_") for mark in MARKS))
        seen = pl.concat(list(use.step.func(iter([late.drop(why.columns)]), **use.params)))
        seen = seen.drop(MARKS, strict=False).hstack(self._scrubbed(why))
        others = rows.join(late, on="_row", how="anti")
        return pl.concat([others, seen.select(others.columns)]).sort("_row")

    def _scrubbed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame` with what a step quotes in its strings scrubbed; ids and names are clean since they were read."""
        assert self.private is not None
        scrubber = self.private.scrubber()
        quoting = [c for c, kind in frame.schema.items() if kind == pl.String and c not in CLEAN]
        columns = []
        for name in quoting:
            values = frame[name].drop_nulls().unique(maintain_order=True).to_list()
            shown = dict(zip(values, scrubber.strings(values)))
            columns.append(
                frame[name].replace_strict(shown, return_dtype=pl.String) if shown else frame[name]
            )
        return frame.with_columns(columns)


def parquet_writer(target: Any, schema: pa.Schema, compression: str) -> pq.ParquetWriter:
    """A writer of final files to a path or an open file.

    There are no statistics of strings: they would repeat text, and ids and paths count as text (contract 9).
    """
    return pq.ParquetWriter(
        target,
        schema,
        compression=compression,
        use_dictionary=[
            c for c in ("source", "license", "language", "step", "reason", "kind") if c in schema.names
        ],
        write_statistics=[f.name for f in schema if pa.types.is_primitive(f.type)],
        use_content_defined_chunking=PAGES,
    )


def copied(path: Path, folder: str, name: str) -> dict[str, Any]:
    """A local file, put into an artefact's folder as `name`; what its manifest lists of it."""
    target = f"{folder}/{name}"
    with storage.committed(target) as file, path.open("rb") as source:
        shutil.copyfileobj(source, file)
    return {"path": name, **hashed(target)}


def hashed(path: str) -> dict[str, Any]:
    """Size and SHA-256 of a file that was just written."""
    sha, size = hashlib.sha256(), 0
    with storage.open_file(path) as handle:
        while chunk := handle.read(1 << 20):
            sha.update(chunk)
            size += len(chunk)
    return {"bytes": size, "sha256": sha.hexdigest()}
