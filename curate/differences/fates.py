"""What became of every record of a run, as flat arrays, so that two runs can be held against each other.

A record takes 28 bytes a run: a 64-bit hash of its id and one of its text, its outcome and source as numbers, its
characters and tokens; with what it takes to compare two runs, 150 bytes a record that both have (measured). Texts are
read a row group at a time. Of 10 million ids two have the same hash with a probability of about 3 in a million.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.explain.locate import Group, Place, failed_id, groups

#: kept, dropped by a step for a reason, failed of a kind, not read.
Outcome = tuple[str, ...]
KEPT: Outcome = ("kept",)
ABSENT: Outcome = ("not read",)

_TAKEN = {
    "data": ("id", "source", "text"),
    "dropped": ("id", "source", "step", "reason"),
    "failed": ("source", "file", "position", "kind"),
}


@dataclass
class Table:
    """Numbers for names, shared by both runs."""

    names: list[Any]
    numbers: dict[Any, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers = {name: number for number, name in enumerate(self.names)}

    def number(self, name: Any) -> int:
        """The number of a name; a new one gets the next."""
        if name not in self.numbers:
            self.numbers[name] = len(self.names)
            self.names.append(name)
        return self.numbers[name]


@dataclass
class Fates:
    """The records of a run, in the order of its files. `texts` and `tokens` say whether these were kept."""

    rows: pl.DataFrame  # id, text (hashes), outcome, source, characters, tokens
    starts: list[int]  # the number of the first record of each group
    groups: list[tuple[str, str, int, int]]  # part, path, row group, its first row
    texts: bool
    tokens: bool

    def place(self, number: int) -> Place:
        """Where the record with a number is."""
        at = bisect_right(self.starts, number) - 1
        part, path, group, first = self.groups[at]
        within = number - self.starts[at]
        return Place(part, path, first + within, group, within)


def fates(folder: str, found: dict[str, Any], outcomes: Table, sources: Table) -> Fates:
    """The fates of a run's records; names of outcomes and sources get their numbers from these tables."""
    frames, starts, at, total = [_empty()], list[int](), list[tuple[str, str, int, int]](), 0
    counted = _tokens(found)
    for part, columns in _TAKEN.items():
        wanted = (*columns, counted) if part == "data" and counted else columns
        for group in groups(folder, found, part, wanted):
            if not group.frame.height:
                continue
            frames.append(_rows(group, part, counted, outcomes, sources))
            starts.append(total)
            at.append((part, group.path, group.number, group.first))
            total += group.frame.height
    rows = pl.concat(frames, rechunk=True)
    return Fates(
        rows.with_columns(id=_apart(rows["id"].to_numpy())),
        starts,
        at,
        "text" in found["columns"],
        bool(counted),
    )


def _empty() -> pl.DataFrame:
    small: dict[str, Any] = {
        "outcome": pl.UInt16,
        "source": pl.UInt16,
        "characters": pl.UInt32,
        "tokens": pl.UInt32,
    }
    return pl.DataFrame(schema={"id": pl.UInt64, "text": pl.UInt64} | small)


def _tokens(found: dict[str, Any]) -> str | None:
    """The column that counts tokens, if the run kept one."""
    for entry in found["steps"]:
        if entry["name"] == "tokens" and set(entry["adds"]) <= set(found["columns"]):
            return str(entry["adds"][0])
    return "signals.tokens" if "'tokens'" in found["columns"].get("signals", "") else None


def _rows(group: Group, part: str, counted: str | None, outcomes: Table, sources: Table) -> pl.DataFrame:
    frame = group.frame
    none = pl.lit(0)
    kinds = {"data": [], "dropped": ["step", "reason"], "failed": ["kind"]}[part]
    head = {"data": "kept", "dropped": "dropped", "failed": "failed"}[part]
    tokens = none
    if part == "data" and counted:
        column, _, inner = counted.partition(".")
        tokens = pl.col(column).struct.field(inner) if inner else pl.col(column)
    text = "text" in frame.columns
    names = frame.select(*kinds).unique(maintain_order=True) if kinds else pl.DataFrame()
    table = names.with_columns(
        outcome=pl.Series([outcomes.number((head, *row)) for row in names.iter_rows()], dtype=pl.UInt16)
    )
    if kinds:
        frame = frame.join(table, on=kinds, how="left", maintain_order="left", nulls_equal=True)
    else:
        frame = frame.with_columns(outcome=pl.lit(outcomes.number(KEPT), pl.UInt16))
    known = {name: sources.number(name) for name in frame["source"].unique(maintain_order=True)}
    return frame.select(
        id=(failed_id() if part == "failed" else pl.col("id")).hash(1),
        text=pl.col("text").hash(2) if text else none.cast(pl.UInt64),
        outcome="outcome",
        source=pl.col("source").replace_strict(known, return_dtype=pl.UInt16),
        characters=(pl.col("text").str.len_chars() if text else none).cast(pl.UInt32),
        tokens=tokens.fill_null(0).cast(pl.UInt32),
    )


def _apart(ids: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The hashes with equal ones told apart by their number: several failures may have one place."""
    order = np.argsort(ids, kind="stable")
    ranked = ids[order]
    fresh = np.ones(len(ids), np.bool_)
    fresh[1:] = ranked[1:] != ranked[:-1]
    if fresh.all():
        return ids
    firsts = np.flatnonzero(fresh)
    number = np.arange(len(ids)) - firsts[np.cumsum(fresh) - 1]
    out = ids.copy()
    out[order] = ranked + number.astype(np.uint64)
    return out
