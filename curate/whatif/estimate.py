"""From where each document would go to the funnel as it would be: counted where that is known, else estimated."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from curate.whatif.rows import NOW, WAS
from curate.whatif.settings import Used


def freed(rows: pl.DataFrame, last: int) -> pl.DataFrame:
    """`rows` with one document of each cluster back whose representative would not get that far any more.

    Of the documents that went for it the first takes its place; that is an estimate, since another of them might be
    chosen, and they need not all be as similar to each other.
    """
    lost = rows.filter((pl.col(NOW) < pl.col(WAS)) & pl.col("revived").is_null()).select("id", gone_at=NOW)
    went = rows.filter(pl.col("duplicate_of").is_not_null() & (pl.col(NOW) == pl.col(WAS)))
    orphans = (
        went.join(lost, left_on="duplicate_of", right_on="id")
        .filter(pl.col("gone_at") < pl.col(NOW))
        .unique("duplicate_of", keep="first", maintain_order=True)
        .select("id", _back=pl.lit(True))
    )
    joined = rows.join(orphans, on="id", how="left", maintain_order="left")
    back = pl.col("_back").is_not_null()
    return joined.with_columns(
        pl.when(back).then(last).otherwise(pl.col(NOW)).cast(pl.Int32).alias(NOW),
        pl.when(~back).then("reason_now").alias("reason_now"),
    ).drop("_back")


def funnel(
    found: dict[str, Any], steps: list[Used], rows: pl.DataFrame, first: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Steps and sources with counts `before` and `now`, of `rows` that each stand for `weight` documents.

    Documents that come back and reach the step for the whole corpus at the place `first` or one behind it pass that
    step, and those after it, at the rate at which documents of their source passed in the run.
    """
    last = len(steps)
    new = pl.col("revived").is_not_null() & (pl.col(NOW) >= first) & (pl.col(NOW) < last)
    certain = rows.filter(~new).group_by("source", NOW, "reason_now").agg(pl.col("weight").sum())
    arriving = rows.filter(new).group_by("source", NOW).agg(pl.col("weight").sum())
    entered, kept = [0.0] * last, Counter[str]()
    dropped: list[Counter[str]] = [Counter() for _ in steps]
    for source, end, reason, n in certain.iter_rows():
        for at in range(min(end + 1, last)):
            entered[at] += n
        if end == last:
            kept[source] += n
        else:
            dropped[end][reason] += n
    for source, start, n in arriving.iter_rows():
        for at in range(start):
            entered[at] += n
        for at in range(start, last):
            entered[at] += n
            lost = _rates(found["steps"][at], source)
            for reason, rate in lost.items():
                dropped[at][reason] += n * rate
            n *= 1 - sum(lost.values())
        kept[source] += n
    told = [
        {
            "step": use.label,
            "exact": use.at < first,
            "before": {"in": entry["in"], "dropped": entry["dropped"]},
            "now": {"in": round(entered[use.at]), "dropped": _whole(dropped[use.at])},
        }
        for use, entry in zip(steps, found["steps"])
    ]
    sources = [
        {"source": name, "before": account["kept"], "now": round(kept[name])}
        for name, account in found["sources"].items()
    ]
    return told, sources


def _rates(step: dict[str, Any], source: str) -> dict[str, float]:
    """By reason, the share of a source's documents that a step dropped; of all, where it had few of that source."""
    entered = step["sources"].get(source, 0)
    if entered >= 20:
        return {reason: of.get(source, 0) / entered for reason, of in step["dropped_sources"].items()}
    return {reason: n / step["in"] for reason, n in step["dropped"].items()} if step["in"] else {}


def _whole(dropped: Counter[str]) -> dict[str, int]:
    return {reason: round(n) for reason, n in sorted(dropped.items()) if round(n)}
