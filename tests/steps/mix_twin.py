"""`mix` in plain Python, one document at a time."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import polars as pl

from curate.kernels.identity import hashes


def repeats(
    frame: pl.DataFrame,
    *,
    weights: dict[str, float] | None = None,
    temperature: float = 1.0,
    budget: int | None,
    max_epochs: int,
    seed: int,
) -> dict[str, int]:
    """How many times each id of a frame with `source` and `tokens` is shown."""
    order = dict(zip(frame["id"], hashes(frame["id"], seed=seed)[1]))
    groups: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for name, source, size in sorted(
        frame.select("id", "source", "tokens").rows(), key=lambda row: order[row[0]]
    ):
        groups[source].append((name, size))
    sizes = {source: sum(size for _, size in groups[source]) for source in sorted(groups)}
    wanted = weights or {source: size ** (1 / temperature) for source, size in sizes.items()}
    out: dict[str, int] = {}
    for source, target in targets(wanted, sizes, budget, max_epochs).items():
        out |= taken(groups[source], target)
    return out


def targets(
    wanted: dict[str, float], sizes: dict[str, int], budget: int | None, max_epochs: int
) -> dict[str, float]:
    """What each source gives: those that are full give what they have, the others share the rest."""
    out: dict[str, float] = dict.fromkeys(wanted, 0)
    able = {source for source in wanted if wanted[source]}
    left: float = budget or min(sizes[s] * max_epochs / wanted[s] for s in able) * sum(wanted.values())
    while able:
        total = sum(wanted[s] for s in able)
        out |= {s: left * wanted[s] / total for s in able}
        full = {s for s in able if round(out[s]) > sizes[s] * max_epochs}
        if not full:
            break
        for s in full:
            out[s] = sizes[s] * max_epochs
            left -= out[s]
        able -= full
    return out


def taken(documents: list[tuple[str, int]], target: float) -> dict[str, Any]:
    """Whole rounds through the documents, then as many more as come nearest to what is left."""
    times = dict.fromkeys([name for name, _ in documents], 0)
    left, size = round(target), sum(size for _, size in documents)
    while left >= size:
        times = {name: n + 1 for name, n in times.items()}
        left -= size
    for name, size in documents:
        if size >= left:  # the document at the edge: in if that comes nearer
            times[name] += size - left < left
            break
        times[name] += 1
        left -= size
    return times
