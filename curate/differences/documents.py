"""Documents of two runs held against each other: which came, went, changed, moved, and for which reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from curate.differences.fates import ABSENT, KEPT, Fates, Outcome, Table
from curate.explain.difference import compared
from curate.explain.locate import row
from curate.explain.way import detail

#: What can become of a record between two runs, in the order in which it is told.
CHANGES = ("went", "came", "changed", "moved", "gone", "new", "unchanged", "still out")

_SEEN = (
    "id",
    "key",
    "title",
    "text",
    "detail",
    "duplicate_of",
    "similarity",
    "error",
    "file",
    "position",
    "source",
)


def paired(was: Fates, now: Fates, absent: int) -> pl.DataFrame:
    """A row a record of either run: `was` and `now` (outcomes), `same` (text), `source`, sizes as kept in either, and
    its number in each (null: it was not read). First those of `now`, in its order, then those that are gone."""
    before, after = was.rows["id"].to_numpy(), now.rows["id"].to_numpy()
    order = np.argsort(before, kind="stable").astype(np.uint32)
    at = np.searchsorted(before, after, sorter=order)
    at[at == len(before)] = 0
    place = order[at] if len(before) else np.zeros(len(after), np.uint32)
    there = before[place] == after if len(before) else np.zeros(len(after), np.bool_)
    gone = np.ones(len(before), np.bool_)
    gone[place[there]] = False
    lost = np.flatnonzero(gone).astype(np.uint32)
    left = pl.Series("row_was", place).set(pl.Series(~there), None)
    rows_was = pl.concat([left, pl.Series("row_was", lost)])
    none = pl.Series("row_now", [None], pl.UInt32).new_from_index(0, len(lost))
    rows_now = pl.concat([pl.Series("row_now", np.arange(len(after), dtype=np.uint32)), none])
    old, new = was.rows, now.rows
    columns = [
        old["outcome"].gather(rows_was).fill_null(absent).alias("was"),
        new["outcome"].gather(rows_now).fill_null(absent).alias("now"),
        (old["text"].gather(rows_was) == new["text"].gather(rows_now)).fill_null(False).alias("same"),
        new["source"].gather(rows_now).zip_with(rows_now.is_not_null(), old["source"].gather(rows_was)),
    ]
    for name in ("characters", "tokens"):
        columns.append(old[name].gather(rows_was).fill_null(0))
        columns.append(new[name].gather(rows_now).fill_null(0).alias(f"{name}_now"))
    return pl.DataFrame([*columns, rows_was, rows_now])


def change_of(was: Outcome, now: Outcome, same: bool) -> str:
    """What became of a record between two outcomes."""
    if was == ABSENT or now == ABSENT:
        return "new" if was == ABSENT else "gone"
    if was == now == KEPT:
        return "unchanged" if same else "changed"
    if KEPT in (was, now):
        return "went" if was == KEPT else "came"
    return "still out" if was == now else "moved"


def grouped(pairs: pl.DataFrame, outcomes: Table, sources: Table) -> list[dict[str, Any]]:
    """The records by their outcomes in both runs: how many, of which sources, and their sizes as kept; the largest
    group of each change first."""
    kept = outcomes.number(KEPT)
    both = (pl.col("was") == kept) & (pl.col("now") == kept)
    same = pl.when(both).then("same").otherwise(True).alias("same")
    sizes = [pl.col(f"{n}{s}").cast(pl.Int64).sum() for n in ("characters", "tokens") for s in ("", "_now")]
    counts = pairs.group_by("was", "now", same, "source").agg(pl.len(), *sizes)
    out: dict[tuple[int, int, bool], dict[str, Any]] = {}
    for one in counts.sort("source").iter_rows(named=True):
        key = one["was"], one["now"], one["same"]
        was, now = outcomes.names[key[0]], outcomes.names[key[1]]
        group = out.setdefault(
            key,
            {
                "change": change_of(was, now, key[2]),
                "was": told(was),
                "now": told(now),
                "documents": 0,
                "sources": {},
            }
            | {f"{n}_{s}": 0 for n in ("characters", "tokens") for s in ("was", "now")},
        )
        group["documents"] += one["len"]
        group["sources"][sources.names[one["source"]]] = one["len"]
        for name in ("characters", "tokens"):
            group[f"{name}_was"] += one[name]
            group[f"{name}_now"] += one[f"{name}_now"]
    return sorted(
        out.values(),
        key=lambda g: (CHANGES.index(g["change"]), -g["documents"], str(g["was"]), str(g["now"])),
    )


def told(outcome: Outcome) -> dict[str, str]:
    """An outcome for JSON."""
    names = {"dropped": ("step", "reason"), "failed": ("kind",)}.get(outcome[0], ())
    return {"outcome": outcome[0], **dict(zip(names, outcome[1:]))}


def outcome_of(group: dict[str, str]) -> Outcome:
    """What `told` told."""
    return tuple(group.values())


def elsewhere(pairs: pl.DataFrame, was: Fates, now: Fates, outcomes: Table) -> int:
    """How many documents that are newly read and kept have the text of one that was kept and is no longer read: the
    same in another place, such as another offset of a file that changed."""
    kept, absent = outcomes.number(KEPT), outcomes.number(ABSENT)
    gone = pairs.filter((pl.col("was") == kept) & (pl.col("now") == absent))["row_was"]
    new = pairs.filter((pl.col("now") == kept) & (pl.col("was") == absent))["row_now"]
    before, after = was.rows["text"].gather(gone), now.rows["text"].gather(new)
    counts = [np.unique(texts.to_numpy(), return_counts=True) for texts in (before, after)]
    _, left, right = np.intersect1d(counts[0][0], counts[1][0], assume_unique=True, return_indices=True)
    return int(np.minimum(counts[0][1][left], counts[1][1][right]).sum())


def examples(
    group: dict[str, Any], pairs: pl.DataFrame, was: Fates, now: Fates, outcomes: Table, most: int
) -> list[dict[str, Any]]:
    """The first `most` records of a group, each with what decided about it, or with what changed in its text."""
    numbers = [outcomes.number(outcome_of(group[side])) for side in ("was", "now")]
    chosen = pairs.lazy().filter((pl.col("was") == numbers[0]) & (pl.col("now") == numbers[1]))
    if group["change"] in ("changed", "unchanged"):
        chosen = chosen.filter(pl.col("same") == (group["change"] == "unchanged"))
    out = []
    for left, right in chosen.head(most).select("row_was", "row_now").collect().iter_rows():
        rows = [
            row(fates.place(at), _SEEN).row(0, named=True) if at is not None else None
            for fates, at in ((was, left), (now, right))
        ]
        out.append(_example(group, rows[0], rows[1]))
    return out


def _example(group: dict[str, Any], was: dict[str, Any] | None, now: dict[str, Any] | None) -> dict[str, Any]:
    one = now or was or {}
    name = one.get("id") or "#".join(filter(None, (f"{one['source']}/{one['file']}", one["position"])))
    out: dict[str, Any] = {"id": name} | {k: one[k] for k in ("key", "title") if one.get(k)}
    for side, values in (("was", was), ("now", now)):
        deciding = ("detail", "duplicate_of", "similarity", "error")
        found = {k: values[k] for k in deciding if values.get(k) is not None} if values else {}
        found |= {"detail": detail(found["detail"])} if "detail" in found else {}
        if found:
            out[side] = found
    if group["change"] == "changed" and was and now:
        out["difference"] = compared(was["text"], now["text"], 1)
    return out
