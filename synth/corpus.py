"""The documents that a stage reads, in an order that covers the corpus: every part of the order holds each source (or
cluster) in the share that it has of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate import manifest, storage
from curate.errors import ConfigError
from synth.samples import Passage

#: Documents whose texts are in memory at a time.
AT_ONCE = 1000


@dataclass(frozen=True)
class Corpus:
    """Files of documents (an artefact's data/, or Parquet files) and, of an artefact, its manifest."""

    files: tuple[str, ...]
    found: dict[str, Any] | None = None

    def documents(self, seed: int, strata: str = "source") -> Iterator[Passage]:
        """Whole documents, planned by `strata`; the same order for the same seed."""
        order = self.order(seed, strata)
        for part in order.iter_slices(AT_ONCE):
            texts = self._texts(part)
            for row in part.iter_rows(named=True):
                text, title = texts[row["file"], row["row"]]
                yield Passage(
                    row["id"],
                    0,
                    len(text),
                    text,
                    row["source"] or "",
                    title,
                    row["depth"] or 0,
                    row.get("cluster"),
                )

    def order(self, seed: int, strata: str = "source") -> pl.DataFrame:
        """Rows `file` (its number), `row`, `id`, `source`, `depth` in the order in which documents are used.

        Within a stratum by a hash; the k-th of n documents of each stratum stands at (k + ½) / n of the whole.
        """
        index = pl.concat([self._index(number) for number in range(len(self.files))], how="diagonal")
        by = strata if strata in index.columns else "source"
        rank = pl.col("id").hash(seed).rank("ordinal").over(by)
        place = (rank - 0.5) / pl.len().over(by)
        return index.with_columns(place=place).sort("place", by, "id").drop("place")

    def _index(self, number: int) -> pl.DataFrame:
        frame = self._scan(number)
        have = frame.collect_schema().names()
        if missing := [name for name in ("id", "text") if name not in have]:
            raise ConfigError(
                f"{self.files[number]} has no column {', '.join(map(repr, missing))}: name documents to read"
            )
        more = {
            "source": pl.col("source") if "source" in have else pl.lit("corpus"),
            "cluster": pl.col("cluster") if "cluster" in have else pl.lit(None, pl.Int64),
            "depth": pl.col("meta_depth") + 1 if "meta_depth" in have else pl.lit(0, pl.UInt8),
        }
        return frame.with_row_index("row").select(pl.lit(number).alias("file"), "row", "id", **more).collect()

    def _texts(self, part: pl.DataFrame) -> dict[tuple[int, int], tuple[str, str | None]]:
        out = {}
        for (number,), rows in part.group_by("file"):
            frame = self._scan(int(str(number)))
            title = (
                pl.col("title")
                if "title" in frame.collect_schema()
                else pl.lit(None, pl.String).alias("title")
            )
            wanted = frame.with_row_index("row").filter(pl.col("row").is_in(rows["row"].implode()))
            for row, text, name in (
                wanted.select("row", "text", title).collect(engine="streaming").iter_rows()
            ):
                out[int(str(number)), row] = (text or "", name)
        return out

    def _scan(self, number: int) -> pl.LazyFrame:
        path = self.files[number]
        return pl.scan_parquet(path if storage.is_local(path) else storage.open_file(path), glob=False)


def of_artefact(folder: str, found: dict[str, Any]) -> Corpus:
    """The documents of an artefact."""
    return Corpus(tuple(manifest.files(folder, found, "data")), found)


def elsewhere(address: str) -> Corpus:
    """The documents behind `from:` that is no stage: an artefact, an output folder, Parquet files.

    Raises:
        ConfigError: there is nothing to read.
    """
    if not address.endswith(".parquet"):
        try:
            return of_artefact(*manifest.find(address))
        except ConfigError:
            if not any(mark in address for mark in "*?["):
                raise
    try:
        return Corpus(tuple(file.path for file in storage.listing([address])))
    except (OSError, ValueError) as error:
        raise ConfigError(f"from {address}: {error}") from None
