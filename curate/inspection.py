"""Looking at documents of an artefact or of one shard, for `curate inspect`."""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate import manifest, storage
from curate.display import clipped, visible
from curate.errors import ConfigError
from curate.report.rows import TURNS
from curate.steps.where import parsed

#: Shown first, in this order, where they are there.
FIRST = (
    "id",
    "key",
    "source",
    "step",
    "reason",
    "detail",
    "duplicate_of",
    "similarity",
    "file",
    "position",
    "kind",
    "error",
)


@dataclass
class Found:
    """Rows that were looked at, of how many."""

    rows: list[dict[str, Any]]
    matching: int
    title: str

    def text(self, *, full: bool = False) -> str:
        """The rows for a terminal: fields in line, the text below, shortened unless `full`."""
        width = min(shutil.get_terminal_size((100, 24)).columns, 120)
        blocks = [f"{self.title}: {len(self.rows)} of {self.matching:,} rows"]
        for row in self.rows:
            blocks.append("─" * width + "\n" + _row(row, width, full))
        return "\n".join(blocks)


def look(
    run: str,
    *,
    stage: str | None = None,
    part: str = "data",
    where: str | None = None,
    sample: int | None = None,
    seed: int = 0,
    rows: int = 5,
) -> Found:
    """Rows of the part (data, dropped, failed) of an artefact, or of a Parquet file.

    Raises:
        ConfigError: there is no such artefact or file, or the expression does not fit its columns.
    """
    if run.endswith(".parquet"):
        files, title = [run], run
        if storage.is_local(run) and not Path(run).exists():
            raise ConfigError(f"there is no file {run}")
    else:
        folder, found = manifest.find(run, stage)
        files, title = manifest.files(folder, found, part), f"{folder}/{part}"
    if not files:
        return Found([], 0, title)
    try:
        taken, matching = _chosen(pl.scan_parquet(files, glob=False), where, sample, seed, rows)
    except pl.exceptions.PolarsError as error:  # no Parquet file; an expression that fails on a value
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"{title}: {f'--where {where!r}: ' if where else ''}{reason}") from None
    return Found(taken.to_dicts(), matching, title)


def _chosen(
    frame: pl.LazyFrame, where: str | None, sample: int | None, seed: int, rows: int
) -> tuple[pl.DataFrame, int]:
    """The rows to show, and how many match."""
    if where is not None:
        frame = _filtered(frame, where)
    matching = int(frame.select(pl.len()).collect(engine="streaming").item())
    if sample is None:
        return frame.head(rows).collect(), matching
    order = pl.int_range(pl.len()).shuffle(seed=seed) < sample
    picked = frame.select(pl.int_range(pl.len(), dtype=pl.UInt32).filter(order).alias("row")).collect()["row"]
    rows_wanted = frame.with_row_index("_row").filter(pl.col("_row").is_in(picked.implode()))
    return rows_wanted.drop("_row").collect(engine="streaming"), matching


def _filtered(frame: pl.LazyFrame, where: str) -> pl.LazyFrame:
    columns = ", ".join(frame.collect_schema())
    try:
        frame = frame.filter(parsed(where))
        frame.collect_schema()
    except (ValueError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0].partition("; valid columns")[0]
        raise ConfigError(f"--where {where!r}: {reason}\ncolumns: {columns}") from None
    return frame


def _row(row: dict[str, Any], width: int, full: bool) -> str:
    text = row.pop("text", None)
    said = {name: row.pop(name) for name in TURNS if _turns(row.get(name))}
    names = [n for n in FIRST if n in row] + [n for n in row if n not in FIRST]
    label = max((len(n) for n in names), default=0)
    lines = []
    for name in names:
        value = row[name]
        if value is None or value == "{}" or value == []:
            continue
        room = max(20, width - label - 2)
        wrapped = [part for item in _items(value, width, full) for part in textwrap.wrap(item, room) or [""]]
        lines += [f"{name if i == 0 else '':{label}}  {part}" for i, part in enumerate(wrapped)]
    if text is not None:
        lines += ["", *_text(text, full)]
    for name, turns in said.items():
        for turn in turns:
            who = turn["role"] if name in ("messages", "prompt") else name
            lines += ["", f"[{visible(str(who), lines=False)}]", *_text(turn["content"] or "", full)]
    return "\n".join(lines)


def _turns(value: Any) -> bool:
    """Whether a value is a conversation."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(turn, dict) and {"role", "content"} == set(turn) for turn in value)
    )


def _items(value: Any, width: int, full: bool) -> list[str]:
    """A value as it is shown: a list's entries each for itself."""
    entries = value if isinstance(value, list) else [value]
    shown = [_struct(entry) if isinstance(entry, dict) else str(entry) for entry in entries]
    return [visible(e, lines=False) if full else clipped(e, 4 * width, lines=False) for e in shown]


def _text(text: str, full: bool) -> list[str]:
    shown = text if full or len(text) <= 800 else f"{text[:600].rstrip()}\n … {len(text):,} characters …"
    return [f"  {line}" for line in visible(shown).strip().splitlines()]


def _struct(value: dict[str, Any]) -> str:
    parts = (
        f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in value.items() if v is not None
    )
    return "  ".join(parts)
