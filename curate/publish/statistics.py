"""What the documents themselves say: counts by source, licence, language and year, lengths, tokens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from curate import storage
from curate.report.rows import TURNS, readable

#: Length quantiles that a card shows.
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
#: Lengths are counted in steps of this share, so that memory does not grow with the corpus.
_STEP = 1.01


@dataclass
class Statistics:
    """Counts over all documents; None counts those that do not say."""

    documents: int = 0
    characters: int = 0
    tokens: int | None = None
    by_source: Counter[str] = field(default_factory=Counter)
    characters_by_source: Counter[str] = field(default_factory=Counter)
    licences: Counter[str | None] = field(default_factory=Counter)
    licences_by_source: dict[str, Counter[str | None]] = field(default_factory=dict)
    languages: Counter[str | None] = field(default_factory=Counter)
    years: Counter[str | None] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)

    def quantile(self, share: float) -> int:
        """Characters that `share` of the documents do not pass, to 1%."""
        wanted, seen = share * self.documents, 0
        for step, n in sorted(self.lengths.items()):
            seen += n
            if seen >= wanted:
                return round(_STEP**step) if step >= 0 else 0
        return 0


def statistics(files: list[str], columns: dict[str, str], configured: dict[str, str | None]) -> Statistics:
    """Read what is to be counted from all shards, a row group at a time.

    `configured` are the sources' licences, for artefacts that do not keep the column.
    """
    out = Statistics()
    words = ("text",) if "text" in columns else TURNS
    named = (*words, "source", "meta_source", "license", "language", "date", "signals")
    wanted = [name for name in named if name in columns]
    for file in files:
        with storage.open_file(file) as handle, pq.ParquetFile(handle) as parquet:
            names = [name for name in wanted if name != "signals"] + _signals(parquet)
            for group in range(parquet.num_row_groups):
                _count(out, pl.DataFrame(pl.from_arrow(parquet.read_row_group(group, columns=names))))
    if "license" not in columns:
        out.licences = Counter()
        for source, n in out.by_source.items():
            out.licences[configured.get(source)] += n
            out.licences_by_source[source] = Counter({configured.get(source): n})
    return out


def _signals(parquet: pq.ParquetFile) -> list[str]:
    there = {parquet.schema.column(i).path for i in range(len(parquet.schema))}
    return [name for name in ("signals.tokens",) if name in there]


def _count(out: Statistics, batch: pl.DataFrame) -> None:
    if "meta_source" in batch.columns:  # rows that were made: of what, not by which task
        batch = batch.with_columns(source=pl.coalesce("meta_source", "source"))
    sizes = batch.lazy().select(readable(batch.lazy()).str.len_chars().fill_null(0).alias("n")).collect()["n"]
    sizes = sizes if len(sizes) == batch.height else pl.Series("n", [0] * batch.height, dtype=pl.UInt32)
    out.documents += batch.height
    out.characters += int(sizes.sum())
    steps = (sizes.clip(1).log(_STEP).round().cast(pl.Int32)).value_counts()
    out.lengths.update(dict(steps.iter_rows()))
    if "signals" in batch.columns:
        out.tokens = (out.tokens or 0) + int(batch["signals"].struct.field("tokens").cast(pl.Int64).sum())
    _by_source(out, batch.with_columns(sizes.alias("_characters")))
    if "language" in batch.columns:
        out.languages.update(_counted(batch["language"]))
    if "date" in batch.columns:
        out.years.update(_counted(batch["date"].str.extract(r"^(\d{4})\b")))


def _by_source(out: Statistics, batch: pl.DataFrame) -> None:
    if "source" not in batch.columns:
        batch = batch.with_columns(source=pl.lit(""))
    counted = batch.group_by("source").agg(pl.len().alias("n"), pl.col("_characters").sum())
    for source, n, characters in counted.iter_rows():
        out.by_source[source] += n
        out.characters_by_source[source] += characters
    if "license" in batch.columns:
        for source, text, n in batch.group_by("source", "license").agg(pl.len()).iter_rows():
            named = text if text and text.strip() else None
            out.licences[named] += n
            out.licences_by_source.setdefault(source, Counter())[named] += n


def _counted(values: pl.Series) -> dict[Any, int]:
    return dict(values.value_counts().iter_rows())
