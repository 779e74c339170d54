"""The documents that changed between two runs, as a Parquet file."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from curate.differences.documents import change_of
from curate.differences.fates import ABSENT, Fates, Table
from curate.explain.locate import failed_id, groups_of

#: Columns of the file.
COLUMNS = {
    "id": pl.String,
    "source": pl.String,
    "key": pl.String,
    "change": pl.String,
    "was": pl.String,
    "was_step": pl.String,
    "was_reason": pl.String,
    "now": pl.String,
    "now_step": pl.String,
    "now_reason": pl.String,
    "characters_was": pl.UInt32,
    "characters_now": pl.UInt32,
}


def write(out: str, pairs: pl.DataFrame, was: Fates, now: Fates, outcomes: Table, sources: Table) -> int:
    """A row a document that came, went, changed, moved, is new or gone, in the order of the second run, then those
    that are gone; a row group of either run at a time. Returns how many rows."""
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    table = _changes(pairs, outcomes)
    absent = outcomes.number(ABSENT)
    written = 0
    with pq.ParquetWriter(out, pl.DataFrame(schema=COLUMNS).to_arrow().schema) as writer:
        for fates, number, rows in (
            (now, "row_now", table.filter(pl.col("now") != absent)),
            (was, "row_was", table.filter(pl.col("now") == absent)),
        ):
            rows = rows.sort(number)
            for first, (part, path, group, _) in zip(fates.starts, fates.groups):
                ids = _ids(part, path, group)
                here = rows.filter(pl.col(number).is_between(first, first + ids.height, closed="left"))
                if here.height:
                    named = ids[(here[number] - first).to_numpy()]
                    writer.write_table(_told(named, here, outcomes, sources).to_arrow())
                    written += here.height
    return written


def _ids(part: str, path: str, group: int) -> pl.DataFrame:
    columns = ("source", "file", "position") if part == "failed" else ("id", "key")
    frame = groups_of(path, group, columns)
    if part == "failed":
        frame = frame.select(failed_id())
    return frame.with_columns(pl.lit(None, pl.String).alias("key")) if "key" not in frame.columns else frame


def _changes(pairs: pl.DataFrame, outcomes: Table) -> pl.DataFrame:
    """The pairs that are no longer what they were, with their `change`."""
    kinds = pairs.select("was", "now", "same").unique()
    changes = [change_of(outcomes.names[a], outcomes.names[b], same) for a, b, same in kinds.iter_rows()]
    table = kinds.with_columns(change=pl.Series(changes, dtype=pl.String))
    table = table.filter(~pl.col("change").is_in(["unchanged", "still out"]))
    return pairs.join(table, on=["was", "now", "same"], how="inner")


def _told(named: pl.DataFrame, rows: pl.DataFrame, outcomes: Table, sources: Table) -> pl.DataFrame:
    columns = []
    for side in ("was", "now"):
        names = [
            (*outcome, None, None)[:3] if outcome[0] != "failed" else ("failed", None, outcome[1])
            for outcome in outcomes.names
        ]
        for at, name in enumerate((side, f"{side}_step", f"{side}_reason")):
            values = pl.Series([outcome[at] for outcome in names], dtype=pl.String)
            columns.append(values.gather(rows[side]).alias(name))
    source = pl.Series(sources.names, dtype=pl.String).gather(rows["source"]).alias("source")
    sizes = rows.select("change", characters_was="characters", characters_now="characters_now")
    return pl.concat([named, sizes, pl.DataFrame([source, *columns])], how="horizontal").select(
        pl.col(name).cast(kind) for name, kind in COLUMNS.items()
    )
