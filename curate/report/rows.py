"""Rows of an artefact as a report reads them: kept and dropped ones alike, file by file or as one lazy frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate import manifest, storage

#: What a row is told by, in every part.
KEPT, STEP, REASON = "_kept", "step", "reason"


def open_shard(path: str) -> pl.LazyFrame:
    """A shard, wherever it lies."""
    return pl.scan_parquet(path if storage.is_local(path) else storage.open_file(path), glob=False)


def shards(folder: str, found: dict[str, Any]) -> Iterator[tuple[str, bool, pl.LazyFrame]]:
    """Path, whether its documents were kept, and rows of each shard of data/ and dropped/, in order."""
    for part in ("data", "dropped"):
        for path in manifest.files(folder, found, part):
            kept, frame = part == "data", open_shard(path)
            have = frame.collect_schema().names()
            missing = [name for name in (STEP, REASON, "detail", "duplicate_of") if name not in have]
            none = {name: pl.lit(None, pl.String) for name in missing}
            yield path, kept, frame.with_columns(pl.lit(kept).alias(KEPT), **none)


#: Turns of a conversation, in the order in which a person reads them, where rows have no `text`.
TURNS = ("messages", "prompt", "completion", "chosen", "rejected")


def readable(frame: pl.LazyFrame) -> pl.Expr:
    """What a person reads of a row: its text, or the turns of a conversation under their roles."""
    schema = frame.collect_schema()
    if "text" in schema:
        return pl.col("text")
    said = pl.format("[{}] {}", pl.element().struct.field("role"), pl.element().struct.field("content"))
    parts = [
        pl.lit("" if name in TURNS[:2] else f"({name})\n") + pl.col(name).list.eval(said).list.join("\n\n")
        for name in TURNS
        if name in schema
    ]
    return pl.concat_str(parts, separator="\n\n", ignore_nulls=True) if parts else pl.lit("")


def all_rows(folder: str, found: dict[str, Any]) -> pl.LazyFrame:
    """Kept and dropped rows as one frame, with null where a part has no such column; empty where there is no row."""
    parts = [frame for _, _, frame in shards(folder, found)]
    base = ("id", "source", STEP, REASON, "detail", "duplicate_of")
    empty = pl.LazyFrame(schema={KEPT: pl.Boolean, **dict.fromkeys(base, pl.String)})
    return pl.concat([empty, *parts], how="diagonal")


def numbers(frame: pl.LazyFrame) -> dict[str, pl.Expr]:
    """Every number that a document carries, by its name (`signals.words` for a field of a struct); columns `meta_*`
    tell where a row is from and are none."""
    out: dict[str, pl.Expr] = {}
    for name, kind in frame.collect_schema().items():
        if name.startswith(("_", "meta_")) or name == "similarity":
            continue
        if kind.is_numeric():
            out[name] = pl.col(name)
        for field in getattr(kind, "fields", []):
            if field.dtype.is_numeric():
                out[f"{name}.{field.name}"] = pl.col(name).struct.field(field.name)
    return out


def table(folder: str, found: dict[str, Any], name: str) -> pl.DataFrame | None:
    """A table of evidence; None where the artefact has none of that name, or no row in it."""
    if not found["outputs"].get("evidence", {}).get(name):
        return None
    return pl.concat(
        [open_shard(path) for path in manifest.files(folder, found, f"evidence/{name}")]
    ).collect()


def tables_named(folder: str, found: dict[str, Any], name: str) -> list[tuple[str, pl.DataFrame]]:
    """The tables `<step>/<name>` of all steps, with the step's label."""
    out = []
    for full in sorted(found["outputs"].get("evidence", {})):
        label, _, own = full.rpartition("/")
        if own == name and (rows := table(folder, found, full)) is not None:
            out.append((label, rows))
    return out


def thresholds(found: dict[str, Any]) -> list[tuple[str, Any]]:
    """(label of the step, `curate.rows.Threshold`) of all numbers that each document was held to by itself, in order.

    A step that is not there any more, or that takes other parameters by now, has none.
    """
    from curate.step import load_step

    out = []
    for entry in found["steps"]:
        used = load_step(entry["name"])
        try:
            held = used.thresholds(entry["params"]) if used and not entry["corpus"] else []
        except (KeyError, TypeError, ValueError):
            held = []
        out += [(entry["step"], threshold) for threshold in held]
    return out
