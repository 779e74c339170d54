"""The funnel of an artefact under other thresholds: exact up to the first step for the whole corpus, then estimated."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from curate import manifest
from curate.errors import ConfigError
from curate.report.rows import REASON, STEP, shards
from curate.whatif.estimate import freed, funnel
from curate.whatif.revived import MOST, passed
from curate.whatif.rows import NOW, WAS, outcomes
from curate.whatif.settings import Used, used

#: Columns of `Tried.moved`.
MOVED = ("id", "source", "was_step", "was_reason", "now_step", "now_reason")


@dataclass
class Tried:
    """What other settings would do. `steps` and `sources` have counts `before` and `now`; of a step that is not `exact`
    those of now are estimates. `moved` lists the documents whose fate changes, as far as that is known for each."""

    folder: str
    settings: dict[str, tuple[Any, Any]]
    steps: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    kept: tuple[int, int]
    exact: bool
    notes: list[str]
    moved: pl.DataFrame = field(repr=False)
    seconds: float = 0.0


def whatif(run: str, sets: Iterable[str], stage: str | None = None) -> Tried:
    """Try `sets` ("step.parameter=value") on an artefact.

    Raises:
        ConfigError: there is no such artefact, step or parameter; or it cannot be tried without running again.
    """
    began = time.monotonic()
    folder, found = manifest.find(run, stage)
    if "steps" not in found:
        raise ConfigError(f"{folder} is of kind {found.get('kind')}: thresholds are those of a corpus' steps")
    steps = used(found, sets)
    if not any(use.asked for use in steps):
        raise ConfigError("nothing to try: name a threshold, such as --set quality.min_words=80")
    first = next((use.at for use in steps if use.corpus), len(steps))
    rows, notes = _followed(_rows(folder, found, steps), steps, first, private="private_key" in found)
    rows = freed(rows, len(steps))
    told, sources = funnel(found, steps, rows, first)
    if notes:
        told = [step | {"exact": False} for step in told]
    kept = (found["totals"].get("kept", 0), sum(source["now"] for source in sources))
    asked = {
        f"{use.label}.{name}": (_before(use, name), value)
        for use in steps
        for name, value in use.asked.items()
    }
    moved = _moved(rows, [use.label for use in steps])
    exact = all(step["exact"] for step in told)
    return Tried(folder, asked, told, sources, kept, exact, notes, moved, time.monotonic() - began)


def _followed(
    rows: pl.DataFrame, steps: list[Used], first: int, *, private: bool
) -> tuple[pl.DataFrame, list[str]]:
    """`rows` with documents that come back passed through the steps before the place `first`, and how many documents
    each row stands for; and what makes that an estimate."""
    rows = rows.with_columns(weight=pl.lit(1.0))
    back = rows.filter(pl.col("revived").is_not_null())
    if back.is_empty():
        return rows, []
    notes = []
    if back.height > MOST:
        some = back.filter(pl.col("id").hash(3).cast(pl.Float64) < MOST / back.height * 2.0**64)
        notes.append(
            f"{back.height:,} documents come back; what later steps do was tried on {some.height:,} of them"
        )
        back = some.with_columns(weight=pl.lit(back.height / some.height))
    elif private and (back[NOW] < first).any():
        notes.append(
            "documents that come back were measured as they are now, after private data were taken out"
        )
    back = passed(back, steps, first)
    return pl.concat([rows.filter(pl.col("revived").is_null()), back.select(rows.columns)]), notes


def _before(use: Used, name: str) -> Any:
    """What a parameter was; of a preset's threshold, the bound that was in force."""
    assert use.step is not None
    held = {t.parameter: t.bound for t in use.step.thresholds(use.params)}
    return held.get(name, use.step.filled(use.params).get(name))


def _rows(folder: str, found: dict[str, Any], steps: list[Used]) -> pl.DataFrame:
    """Documents that other settings concern, with where they go now; what stays where it was is counted, not kept."""
    needed = {"id", "source", STEP, REASON, "duplicate_of", "similarity"}
    for use in steps:
        if use.asked:
            needed |= use.columns()
    frames = []
    for path, _, frame in shards(folder, found):
        have = frame.collect_schema().names()
        wanted = [name for name in have if name in needed]
        if missing := sorted(needed - set(have) - {"similarity"}):
            raise ConfigError(
                f"{path} has no column {', '.join(map(repr, missing))}: output.columns left it out"
            )
        rows = frame.select(wanted).collect()
        if "similarity" not in have:
            rows = rows.with_columns(similarity=pl.lit(None, pl.Float32))
        told = outcomes(rows, steps)
        slim = ["id", "source", STEP, REASON, "duplicate_of", WAS, NOW, "reason_now", "revived"]
        frames.append(
            told.with_row_index("row")
            .select("row", *slim)
            .with_columns(pl.lit(path).alias("path"), pl.col("row").cast(pl.UInt32))
        )
    if not frames:
        raise ConfigError(f"{folder} has no documents to try anything on")
    return pl.concat(frames)


def _moved(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Documents whose fate changes: between kept and dropped, or from one step or reason to another."""
    labels = pl.Series([*names, None], dtype=pl.String)
    changed = rows.filter((pl.col(WAS) != pl.col(NOW)) | pl.col(REASON).ne_missing(pl.col("reason_now")))
    return changed.select(
        "id",
        "source",
        was_step=STEP,
        was_reason=REASON,
        now_step=labels.gather(changed[NOW].to_list()) if changed.height else pl.lit(None, pl.String),
        now_reason="reason_now",
    )


def counts(moved: pl.DataFrame) -> list[tuple[str, str, int]]:
    """(where they were, where they go, how many) of the documents that move, the most frequent first."""
    told: Counter[tuple[str, str]] = Counter()
    keys = list(MOVED[2:])
    for was_step, was_reason, now_step, now_reason, n in moved.group_by(keys).len().iter_rows():
        told[_place(was_step, was_reason), _place(now_step, now_reason)] += n
    return [(*pair, n) for pair, n in sorted(told.items(), key=lambda item: (-item[1], item[0]))]


def _place(step: str | None, reason: str | None) -> str:
    if step is None:
        return "kept"
    return f"{step}: {reason}" if reason else f"reaches {step}"
