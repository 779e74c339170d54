"""What changed from earlier releases to an artefact, counted and exported, for `curate changes`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from curate import manifest
from curate.errors import ConfigError
from curate.releases import resolve

KINDS = ("new", "changed", "same", "released", "gone")


def counts(run: str, stage: str | None = None) -> dict[str, int]:
    """How many documents of `data/` are new and changed; how many are the same, released under another key, and gone.

    Raises:
        ConfigError: there is no such artefact, or it was not held against an earlier release.
    """
    data, table = _parts(run, stage)
    kept = dict(data.group_by("change").len().collect().iter_rows())
    told = dict(table.group_by("change").len().collect().iter_rows())
    found = {kind: (kept if kind in ("new", "changed") else told).get(kind, 0) for kind in KINDS}
    return {kind: int(n) for kind, n in found.items()}


def export(run: str, kind: str, out: str, stage: str | None = None) -> int:
    """Write the documents of a kind to a Parquet or JSONL file; how many.

    New and changed ones come as they are in `data/`, those that are gone from the release that had them last; of those
    that are the same or released, and of what is gone from files that are no artefact, the rows of the table `changes`.

    Raises:
        ConfigError: as `counts`; or `out` ends neither in .parquet nor in .jsonl.
    """
    if Path(out).suffix not in (".parquet", ".jsonl"):
        raise ConfigError(f"{out}: name a file that ends in .parquet or .jsonl")
    data, table = _parts(run, stage)
    rows = table.filter(pl.col("change") == kind)
    if kind in ("new", "changed"):
        rows = data.filter(pl.col("change") == kind)
    elif kind == "gone":
        rows = _gone(rows.collect())
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    sink = rows.sink_parquet if out.endswith(".parquet") else rows.sink_ndjson
    sink(out)
    return (
        int(pl.scan_parquet(out).select(pl.len()).collect().item())
        if out.endswith(".parquet")
        else _lines(out)
    )


def _gone(rows: pl.DataFrame) -> pl.LazyFrame:
    """The documents that are gone, from the releases that had them; the rows as they are where these hold no texts."""
    found = []
    for release, ids in rows.group_by("release", maintain_order=True).agg("earlier").iter_rows():
        documents = pl.scan_parquet(list(resolve(release, "").files), glob=False)
        if not {"id", "text"} <= set(documents.collect_schema()):
            return rows.lazy()
        wanted = pl.LazyFrame({"id": ids}, schema={"id": pl.String})
        found.append(documents.join(wanted, on="id", how="semi", maintain_order="left"))
    return pl.concat(found, how="diagonal") if found else rows.lazy()


def _parts(run: str, stage: str | None) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """An artefact's documents, and its table of changes."""
    folder, found = manifest.find(run, stage)
    tables = [name for name in found["outputs"].get("evidence", {}) if name.endswith("/changes")]
    if not tables:
        raise ConfigError(
            f"{folder} was not held against an earlier release: near_duplicates has no 'against' there"
        )
    data = _scan(folder, found, "data")
    if "change" not in data.collect_schema():
        raise ConfigError(f"{folder} keeps no column 'change': see the stage's output.columns")
    return data, _scan(folder, found, f"evidence/{tables[0]}")


def _scan(folder: str, found: dict[str, Any], part: str) -> pl.LazyFrame:
    files = manifest.files(folder, found, part)
    if files:
        return pl.scan_parquet(files, glob=False)
    columns = ("change", "key", "id", "release", "earlier")
    return pl.LazyFrame(schema=dict.fromkeys(columns, pl.String))


def _lines(path: str) -> int:
    with open(path, "rb") as handle:
        return sum(1 for _ in handle)
