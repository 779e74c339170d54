"""A sample of documents with the values that thresholds look at, so that the page can try other thresholds."""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.report.rows import REASON, STEP, numbers, shards

#: Documents in the sample, about; of every fate at least so many, where there are.
SAMPLE, LEAST = 3000, 40


def trial(folder: str, found: dict[str, Any], held: list[tuple[str, Any]]) -> dict[str, Any] | None:
    """`thresholds` as they were, and rows to try others on: [fate, weight, values…]; None where there are none.

    A fate is the index in `fates` ("kept", or step and reason) with the thresholds' own ones marked by `by` (the index
    of the threshold that took the document, else null). The weight is how many documents of its fate a row stands for.
    Values are exact (32-bit floats in full), so that the page decides as the step did.
    """
    if not held:
        return None
    fates = _fates(found, held)
    total = sum(fate["documents"] for fate in fates)
    rows: list[list[Any]] = []
    for _, kept, frame in shards(folder, found):
        known = numbers(frame)
        values = [known[t.value].cast(pl.Float64) if t.value in known else pl.lit(None) for _, t in held]
        told = frame.select("id", STEP, REASON, *(v.alias(f"#{i}") for i, v in enumerate(values))).collect()
        for number, fate in enumerate(fates):
            if (fate["step"] is None) != kept:
                continue
            mine = (
                told
                if kept
                else told.filter((pl.col(STEP) == fate["step"]) & (pl.col(REASON) == fate["reason"]))
            )
            share = min(1.0, max(SAMPLE / max(1, total), LEAST / max(1, fate["documents"])))
            picked = mine.filter(pl.col("id").hash(2).cast(pl.Float64) < share * 2.0**64)
            rows += [[number, *row] for row in picked.select(r"^#\d+$").iter_rows()]
    seen = [0] * len(fates)
    for number, *_ in rows:
        seen[number] += 1
    weighed = [
        [n, float(f"{fates[n]['documents'] / seen[n]:.9g}"), *map(_plain, values)] for n, *values in rows
    ]
    told_thresholds = [
        {"step": label, "parameter": t.parameter, "value": t.value, "side": t.side, "bound": t.bound}
        for label, t in held
    ]
    return {
        "thresholds": told_thresholds,
        "fates": fates,
        "rows": weighed,
        "sampled": len(rows),
        "documents": total,
    }


def _fates(found: dict[str, Any], held: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Kept, and every reason of every step in order; `by` is the threshold that is the reason."""
    kept = {"step": None, "reason": None, "documents": found["totals"].get("kept", 0), "by": None}
    out = [kept]
    for step in found["steps"]:
        for reason, n in step["dropped"].items():
            by = next(
                (i for i, (label, t) in enumerate(held) if (label, t.reason) == (step["step"], reason)), None
            )
            out.append({"step": step["step"], "reason": reason, "documents": n, "by": by})
    return out


def _plain(value: float | None) -> float | int | None:
    if value is None or value != value:
        return None
    short = float(f"{value:.9g}")  # enough for a 32-bit float
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
