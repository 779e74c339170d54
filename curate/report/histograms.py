"""How every number that documents carry is spread: kept against dropped, with the thresholds that were in force."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.report.rows import KEPT, REASON, STEP, numbers, shards

BINS = 40
#: Rows of which the range of a signal is taken, spread over the shards; what lies beyond counts in the last bins.
RANGE_ROWS = 200_000
#: The range leaves out this share at either end, so that one document does not press the others into one bin.
TAIL = 0.002


def spreads(folder: str, found: dict[str, Any], held: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Of each signal its bins (`edges`, one more than counts), documents in them by fate, and its thresholds.

    Fates: `kept`; `dropped`, for another reason; `dropped_by_it`, by a threshold on this very signal. The first and
    the last bin take what lies beyond the edges.
    """
    ranges = _ranges(folder, found)
    names = sorted(ranges, key=lambda name: (not any(t.value == name for _, t in held), name))
    edges = {name: _edges(*ranges[name], [t.bound for _, t in held if t.value == name]) for name in names}
    counts = {name: np.zeros((3, len(edges[name]) - 1), np.int64) for name in names}
    for _, kept, frame in shards(folder, found):
        known = numbers(frame)
        wanted = {f"#{i}": known[name].cast(pl.Float64) for i, name in enumerate(names) if name in known}
        if not wanted:
            continue
        rows = frame.select(KEPT, STEP, REASON, **wanted).collect()
        for i, name in enumerate(names):
            if f"#{i}" in rows.columns:
                fates = _fates(rows, kept, [(label, t) for label, t in held if t.value == name])
                counts[name] += _counted(rows[f"#{i}"], fates, edges[name])
    return [
        {
            "signal": name,
            "edges": [float(f"{edge:.6g}") for edge in edges[name]],
            **dict(zip(("kept", "dropped", "dropped_by_it"), counts[name].tolist())),
            "thresholds": [
                {"step": label, "parameter": t.parameter, "side": t.side, "bound": t.bound}
                for label, t in held
                if t.value == name
            ],
        }
        for name in names
        if counts[name].sum()
    ]


def _ranges(folder: str, found: dict[str, Any]) -> dict[str, tuple[float, float, float]]:
    """Lower end, median and upper end of each signal, of some rows of every shard."""
    samples: dict[str, list[pl.Series]] = {}
    parts = list(shards(folder, found))
    most = RANGE_ROWS // max(1, len(parts))
    for _, _, frame in parts:
        known = numbers(frame)
        rows = (
            frame.select(**{name: expr.cast(pl.Float64) for name, expr in known.items()}).head(most).collect()
        )
        for name in rows.columns:
            samples.setdefault(name, []).append(rows[name].drop_nulls().drop_nans())
    out = {}
    for name, series in samples.items():
        values = pl.concat(series)
        if len(values):
            ends = [values.quantile(q, "nearest") for q in (TAIL, 0.5, 1 - TAIL)]
            out[name] = (float(ends[0] or 0), float(ends[1] or 0), float(ends[2] or 0))
    return out


def _edges(low: float, middle: float, high: float, bounds: Iterable[float]) -> NDArray[np.float64]:
    """Edges of bins between `low` and `high` that show every bound: even, or even in log(1 + x) for what is skewed."""
    for bound in bounds:
        low, high = min(low, bound), max(high, bound * 1.1)
    if high <= low:
        high = low + 1
    if low >= 0 and high > 20 and high > 8 * max(middle, 1):
        return np.expm1(np.linspace(math.log1p(low), math.log1p(high), BINS + 1))
    return np.linspace(low, high, BINS + 1)


def _fates(rows: pl.DataFrame, kept: bool, held: list[tuple[str, Any]]) -> NDArray[np.int64]:
    """0 kept, 1 dropped, 2 dropped by one of the thresholds."""
    if kept:
        return np.zeros(rows.height, np.int64)
    by_it = pl.lit(False)
    for label, threshold in held:
        by_it = by_it | ((pl.col(STEP) == label) & (pl.col(REASON) == threshold.reason))
    return (
        1
        + rows.select(by=by_it.fill_null(False).cast(pl.Int64) + pl.int_range(pl.len()) * 0)["by"].to_numpy()
    )


def _counted(values: pl.Series, fates: NDArray[np.int64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    there = (values.is_not_null() & values.is_not_nan()).to_numpy()
    bins = len(edges) - 1
    at = np.clip(np.searchsorted(edges, values.to_numpy()[there], side="right") - 1, 0, bins - 1)
    return np.bincount(fates[there] * bins + at, minlength=3 * bins).reshape(3, bins)
