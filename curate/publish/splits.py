"""The data files of a release: an artefact's shards under the names that the Hub expects, parted into its splits."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curate import manifest, storage
from curate.errors import ConfigError
from curate.publish.files import File
from curate.shards import hashed, parquet_writer

#: The split of an artefact without splits.
WHOLE = "train"


@dataclass(frozen=True)
class Split:
    """One split of a release."""

    name: str
    rows: int
    bytes: int  # of documents, before compression
    files: tuple[File, ...]


def file_name(split: str, rank: int, count: int) -> str:
    """Where a data file lies in a release."""
    return f"data/{split}-{rank:05d}-of-{count:05d}.parquet"


def has_splits(found: dict[str, Any]) -> bool:
    """Whether the step `split` said of every document where it belongs."""
    made = any(step["name"].rpartition(".")[2] == "split" for step in found["steps"])
    return made and "split" in found["columns"]


def splits(folder: str, found: dict[str, Any], work: Path) -> list[Split]:
    """The splits of an artefact. Without splits its shards are published as they are; with splits, rows are written
    anew into `work`, the same for the same artefact, in shards of much the same size.

    Raises:
        ConfigError: a split has a name that the Hub does not take.
    """
    entries = found["outputs"]["data"]
    addresses = manifest.files(folder, found)
    if not has_splits(found):
        files = tuple(
            File(file_name(WHOLE, i, len(entries)), entry["bytes"], entry["sha256"], address, bulk=True)
            for i, (entry, address) in enumerate(zip(entries, addresses))
        )
        rows, size = (sum(entry[what] for entry in entries) for what in ("rows", "raw_bytes"))
        return [Split(WHOLE, rows, size, files)]
    counts = _counts(addresses)
    if wrong := [name for name in counts if not re.fullmatch(r"\w+(\.\w+)*", name)]:
        raise ConfigError(
            f"{wrong[0]!r} is no name for a split on the Hub: use letters, digits, _ and single dots"
        )
    total = counts.total()
    raw = sum(entry["raw_bytes"] for entry in entries)
    out = []
    for name, rows in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        shards = max(1, round(len(entries) * rows / total))
        files = tuple(_parted(addresses, name, rows, shards, work, found["parts"]["config"]["output"]))
        out.append(Split(name, rows, round(raw * rows / total), files))
    return out


def _counts(addresses: list[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for address in addresses:
        with storage.open_file(address) as handle, pq.ParquetFile(handle) as parquet:
            for group in range(parquet.num_row_groups):
                column = parquet.read_row_group(group, columns=["split"]).column(0)
                counts.update({v["values"]: v["counts"] for v in pc.value_counts(column).to_pylist()})
    return counts


def _parted(
    addresses: list[str], split: str, rows: int, shards: int, work: Path, output: dict[str, Any]
) -> Iterator[File]:
    """Write the rows of one split as `shards` files of an even number of rows."""
    edges = [rows * (i + 1) // shards for i in range(shards)]
    groups = _rows_of(addresses, split)
    waiting: list[pa.Table] = []
    done = 0
    for rank, edge in enumerate(edges):
        path = work / file_name(split, rank, shards)
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            writer: pq.ParquetWriter | None = None
            while done < edge:
                table = waiting.pop() if waiting else next(groups)
                fits = min(table.num_rows, edge - done)
                if fits < table.num_rows:
                    waiting.append(table.slice(fits))
                if writer is None:
                    writer = stack.enter_context(parquet_writer(path, table.schema, output["compression"]))
                writer.write_table(table.slice(0, fits), row_group_size=max(1, fits))
                done += fits
        told = hashed(str(path))
        yield File(file_name(split, rank, shards), told["bytes"], told["sha256"], str(path), bulk=True)


def _rows_of(addresses: list[str], split: str) -> Iterator[pa.Table]:
    for address in addresses:
        with storage.open_file(address) as handle, pq.ParquetFile(handle) as parquet:
            for group in range(parquet.num_row_groups):
                table = parquet.read_row_group(group)
                table = table.filter(pc.equal(table.column("split"), split)).combine_chunks()
                if table.num_rows:
                    yield table
