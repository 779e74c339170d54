"""Documents that another threshold would let through: passed through the steps that they never reached."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.errors import ConfigError
from curate.report.rows import open_shard
from curate.whatif.settings import Used

#: So many are passed through the steps; of more, a sample by a hash of their ids, and what comes out is an estimate.
MOST = 20_000


def passed(revived: pl.DataFrame, steps: list[Used], until: int) -> pl.DataFrame:
    """`revived` (path, row, id, source, now, …) with `now` and `reason_now` after the steps before the place `until`.

    Their texts are read from dropped/, where they stand as the step that took them left them.

    Raises:
        ConfigError: dropped/ has no texts.
    """
    waiting = revived.filter(pl.col("now") < until)
    if waiting.is_empty():
        return revived
    texts = [_texts(str(path), rows) for (path,), rows in waiting.group_by("path", maintain_order=True)]
    ends: dict[str, tuple[int, str]] = {}
    for first, rows in pl.concat(texts, how="diagonal").partition_by("now", as_dict=True).items():
        rows = rows.drop("now")
        for use in steps[int(first[0]) : until]:
            if rows.is_empty():
                break
            rows, gone = _through(use, rows)
            ends |= {name: (use.at, reason) for name, reason in gone.select("id", "reason").iter_rows()}
        ends |= dict.fromkeys(rows["id"].to_list(), (until, ""))
    places = pl.DataFrame(
        [(name, *end) for name, end in ends.items()],
        schema={"id": pl.String, "_now": pl.Int32, "_reason": pl.String},
        orient="row",
    )
    joined = revived.join(places, on="id", how="left", maintain_order="left")
    reason = pl.when(pl.col("_reason") != "").then("_reason")
    return joined.with_columns(
        pl.coalesce("_now", "now").alias("now"), pl.coalesce(reason, "reason_now").alias("reason_now")
    ).drop("_now", "_reason")


def _texts(path: str, rows: pl.DataFrame) -> pl.DataFrame:
    frame = open_shard(path)
    if "text" not in frame.collect_schema():
        raise ConfigError(f"{path} has no texts: what later steps would do cannot be tried")
    own = frame.drop("step", "reason", "detail", "duplicate_of", "similarity", "cluster", strict=False)
    wanted = rows.select("row", "now")
    return (
        own.with_row_index("row")
        .join(wanted.lazy(), on="row", how="inner")
        .drop("row")
        .collect(engine="streaming")
    )


def _through(use: Used, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that a step keeps and drops, as it would in a run; what takes private data out has done so already."""
    step = use.step
    none = pl.DataFrame(schema={"id": pl.String, "reason": pl.String})
    if step is None:
        raise ConfigError(f"there is no step {use.label} any more: what it would do cannot be tried")
    if step.scrubber:
        return rows, none
    params: dict[str, Any] = use.params | use.asked
    outcome = step(rows.drop(step.adds(params), strict=False), **params)
    return outcome.kept, outcome.dropped
