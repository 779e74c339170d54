"""Where a document is in an artefact: its file, row group and row, by id, file or key.

Only the columns that are asked for are read, a row group at a time: memory is that of one row group's ids, and a
million documents take about a second.
"""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from curate import manifest, storage

#: Where rows with an id of their own are, in the order in which they are looked for.
PARTS = ("data", "dropped", "failed")
#: Ids that are named where none fits.
NEAREST = 5


@dataclass(frozen=True)
class Place:
    """A row of an artefact: `row` counts within the file, `at` within its row group."""

    part: str
    path: str
    row: int
    group: int
    at: int

    def told(self) -> dict[str, Any]:
        """For JSON: the file relative to the artefact."""
        file = f"{self.part}/{self.path.rpartition('/')[2]}"
        return {"part": self.part.partition("/")[0], "file": file, "row": self.row, "row_group": self.group}


@dataclass(frozen=True)
class Group:
    """A row group of a part, with the columns that were asked for."""

    part: str
    path: str
    number: int
    first: int
    frame: pl.DataFrame

    def place(self, at: int) -> Place:
        """The place of the row `at` of this group."""
        return Place(self.part, self.path, self.first + at, self.number, at)


def groups(folder: str, found: dict[str, Any], part: str, columns: Iterable[str]) -> Iterator[Group]:
    """The row groups of a part (data, dropped, failed, evidence/STEP/TABLE) with those of `columns` that are there."""
    wanted = list(columns)
    for path in manifest.files(folder, found, part):
        with storage.open_file(path) as handle, closing(pq.ParquetFile(handle)) as file:
            there = [name for name in wanted if name.partition(".")[0] in file.schema_arrow.names]
            first = 0
            for number in range(file.num_row_groups):
                frame = pl.from_arrow(file.read_row_group(number, columns=there))
                assert isinstance(frame, pl.DataFrame)
                yield Group(part, path, number, first, frame)
                first += file.metadata.row_group(number).num_rows


def row(place: Place, columns: Iterable[str] | None = None) -> pl.DataFrame:
    """The row at `place`, as a frame of one row: all columns, or those of `columns` that are there."""
    with storage.open_file(place.path) as handle, closing(pq.ParquetFile(handle)) as file:
        names = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
        frame = pl.from_arrow(file.read_row_group(place.group, columns=names).slice(place.at, 1))
    assert isinstance(frame, pl.DataFrame)
    return frame


def groups_of(path: str, number: int, columns: Iterable[str]) -> pl.DataFrame:
    """Those of `columns` that are there of one row group of a file."""
    with storage.open_file(path) as handle, closing(pq.ParquetFile(handle)) as file:
        there = [name for name in columns if name in file.schema_arrow.names]
        frame = pl.from_arrow(file.read_row_group(number, columns=there))
    assert isinstance(frame, pl.DataFrame)
    return frame


def named(folder: str, found: dict[str, Any], part: str) -> Iterator[tuple[Group, pl.Series]]:
    """The row groups of a part with the ids of their rows: those of failed records are made as readers make them."""
    columns = ("source", "file", "position") if part == "failed" else ("id",)
    for group in groups(folder, found, part, columns):
        if not group.frame.width:
            continue  # output.columns left the ids out
        ids = group.frame.select(failed_id()).to_series() if part == "failed" else group.frame["id"]
        yield group, ids


def failed_id() -> pl.Expr:
    """The id that a row of `failed/` would have had as a document."""
    bare = pl.format("{}/{}", "source", "file")
    position = pl.col("position").fill_null("")
    return (
        pl.when(position == "").then(bare).otherwise(pl.concat_str(bare, pl.lit("#"), position)).alias("id")
    )


def find(folder: str, found: dict[str, Any], wanted: Iterable[str]) -> dict[str, list[Place]]:
    """The places of each of the ids `wanted` that is in the artefact."""
    out: dict[str, list[Place]] = {}
    names = pl.Series(list(wanted), dtype=pl.String)
    for part in PARTS:
        for group, ids in named(folder, found, part):
            for at in ids.is_in(names.implode()).arg_true().to_list() if len(ids) else ():
                out.setdefault(ids[at], []).append(group.place(at))
    return out


def in_file(folder: str, found: dict[str, Any], name: str) -> list[str]:
    """The ids of all records of the file `name` (`source/file`)."""
    return [
        value
        for part in PARTS
        for _, ids in named(folder, found, part)
        for value in ids.filter(ids.str.starts_with(f"{name}#"))
    ]


def with_key(folder: str, found: dict[str, Any], key: str) -> list[str]:
    """The ids of all documents with this `key`."""
    return [
        value
        for part in ("data", "dropped")
        for group in groups(folder, found, part, ("id", "key"))
        if {"id", "key"} <= set(group.frame.columns)
        for value in group.frame.filter(pl.col("key") == key)["id"]
    ]


def nearest(folder: str, found: dict[str, Any], wanted: str) -> list[str]:
    """The ids that are most like `wanted`: by what they begin and end with, then by difflib's ratio."""
    close: list[tuple[int, str]] = []
    for part in PARTS:
        for _, ids in named(folder, found, part):
            scores = _common(ids, wanted) + _common(ids.str.reverse(), wanted[::-1])
            best = np.argsort(-scores, kind="stable")[:50]
            close = heapq.nlargest(50, [*close, *((int(scores[i]), ids[int(i)]) for i in best)])
    least = len(wanted) // 2
    ranked = sorted(
        ((difflib.SequenceMatcher(None, wanted, name).ratio(), name) for n, name in close if n >= least),
        reverse=True,
    )
    return [name for ratio, name in ranked[:NEAREST] if ratio > 0.6]


def _common(ids: pl.Series, wanted: str) -> np.ndarray:
    """How many characters each of `ids` has in common with the beginning of `wanted`."""
    characters = np.array(ids.to_list(), dtype=f"<U{max(1, len(wanted))}")
    if not len(characters):
        return np.zeros(0, np.int64)
    grid = characters.view(np.uint32).reshape(len(characters), -1)
    same = grid == np.array([wanted], dtype=characters.dtype).view(np.uint32)
    return np.where(same.all(axis=1), len(wanted), np.argmin(same, axis=1))
