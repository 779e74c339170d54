"""Duplicates, languages, private data, mixtures and benchmarks, as a report tells of them."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.report.rows import KEPT, STEP, all_rows, tables_named

#: Of clusters, so many of the largest are told.
CLUSTERS = 12
#: Bins of similarity, from 0.5 to 1.
BINS = 25


def duplicates(folder: str, found: dict[str, Any]) -> dict[str, Any] | None:
    """Sizes of clusters, the largest, and which source's documents stayed for which: None where no step compared."""
    rows = all_rows(folder, found)
    gone = rows.filter(pl.col("duplicate_of").is_not_null())
    have = set(rows.collect_schema())
    if not have & {"cluster_size", "copies"}:
        return None
    pairs = gone.select(
        "source",
        STEP,
        stayed=_origin(),
        similarity="similarity" if "similarity" in have else pl.lit(None, pl.Float32),
    ).collect(engine="streaming")
    matrix = (
        pairs.group_by("stayed", "source")
        .len("documents")
        .sort("documents", "stayed", "source", descending=True)
    )
    return {
        "dropped": dict(pairs.group_by(STEP).len().sort(STEP).iter_rows()),
        "sizes": _sizes(gone),
        "largest": _largest(rows, gone),
        "sources": matrix.to_dicts(),
        "similarity": _similarities(pairs),
    }


def _origin() -> pl.Expr:
    """The source of the document that stayed: ids begin with it; of a release, the release."""
    name = pl.col("duplicate_of")
    return name.str.split_exact("/", 1).struct.field("field_0")


def _sizes(gone: pl.LazyFrame) -> list[dict[str, int]]:
    """Of clusters by their size, how many there are; the one that stayed counts."""
    sizes = gone.group_by("duplicate_of").len().select(size=pl.col("len") + 1)
    counted = sizes.group_by("size").len("clusters").sort("size").collect(engine="streaming")
    return [{"size": int(size), "clusters": int(n)} for size, n in counted.iter_rows()]


def _largest(rows: pl.LazyFrame, gone: pl.LazyFrame) -> list[dict[str, Any]]:
    like = pl.col("similarity") if "similarity" in gone.collect_schema() else pl.lit(None, pl.Float32)
    clusters = (
        gone.group_by("duplicate_of")
        .agg(pl.len().alias("gone"), pl.col("source").unique().sort(), like.min().alias("least_similarity"))
        .sort("gone", "duplicate_of", descending=[True, False])
        .head(CLUSTERS)
        .collect(engine="streaming")
    )
    ids = clusters["duplicate_of"].to_list()
    stayed = dict(
        rows.filter(pl.col("id").is_in(ids)).select("id", KEPT).collect(engine="streaming").iter_rows()
    )
    return [
        {
            "id": name,
            "kept": stayed.get(name),
            "documents": n + 1,
            "sources": sources,
            "least_similarity": None if least is None else round(least, 4),
        }
        for name, n, sources, least in clusters.iter_rows()
    ]


def _similarities(pairs: pl.DataFrame) -> dict[str, Any] | None:
    """How similar near-duplicates are to what stayed, counted in bins between 0.5 and 1."""
    values = pairs["similarity"].drop_nulls().clip(0.5, 1.0)
    if values.is_empty():
        return None
    edges = [0.5 + i * 0.5 / BINS for i in range(BINS + 1)]
    at = ((values - 0.5) / 0.5 * BINS).floor().clip(0, BINS - 1).cast(pl.Int32)
    counts = dict(at.value_counts().iter_rows())
    return {"edges": [round(edge, 4) for edge in edges], "documents": [counts.get(i, 0) for i in range(BINS)]}


def languages(folder: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Documents by language, kept and dropped; empty where none was told."""
    rows = all_rows(folder, found)
    if "language" not in rows.collect_schema():
        return []
    counts = (
        rows.filter(pl.col("language").is_not_null())
        .group_by("language")
        .agg(kept=pl.col(KEPT).sum(), dropped=(~pl.col(KEPT)).sum())
        .sort(pl.col("kept") + pl.col("dropped"), "language", descending=[True, False])
        .collect(engine="streaming")
    )
    return counts.to_dicts()


def private_data(folder: str, found: dict[str, Any]) -> dict[str, Any] | None:
    """What was found of private data, by entity and source; None where no step looked."""
    tables = tables_named(folder, found, "found")
    if not tables and "private_key" not in found:
        return None
    none = pl.DataFrame(schema={"entity": pl.String, "source": pl.String, "n": pl.Int64})
    rows = pl.concat(
        [none, *(table.select("entity", "source", pl.col("n").cast(pl.Int64)) for _, table in tables)]
    )
    by = (
        rows.group_by("entity", "source")
        .agg(pl.col("n").sum())
        .sort("n", "entity", "source", descending=True)
    )
    kept = [frame.select("rule", "n") for _, frame in tables_named(folder, found, "suppressed")]
    return {
        "found": by.to_dicts(),
        "suppressed": pl.concat(kept).sort("n", descending=True).to_dicts() if kept else [],
        "audit": found.get("audit"),
        "residual": [row for _, frame in tables_named(folder, found, "residual") for row in frame.to_dicts()],
    }


def mixtures(folder: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each `mix`, every group's share before and after."""
    out = []
    for label, frame in tables_named(folder, found, "shares"):
        total = int(frame["size"].sum())
        rows = frame.with_columns(share_before=pl.col("size") / total if total else pl.lit(0.0))
        out.append(
            {"step": label, "unit": frame["unit"][0] if frame.height else "", "groups": rows.to_dicts()}
        )
    return out


def benchmarks(folder: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each benchmark that the corpus was held against, its items and how many were found."""
    tables = [frame for _, frame in tables_named(folder, found, "benchmarks")]
    return [row for frame in tables for row in frame.drop("untested", strict=False).to_dicts()]
