"""Drop documents whose text another document already has, across all sources."""

from __future__ import annotations

import polars as pl

from curate.step import Corpus, Round, attach, corpus_step, drop


@corpus_step(adds={"copies": pl.UInt32})
def exact_duplicates() -> Corpus:
    """Drop every document whose text equals an earlier one's, white space and case aside.

    The first in the order of sources stays; name the sources in the order of preference. Adds `copies`, how many
    documents have the text (1: it is unique). A dropped row names the one that stays in `duplicate_of`. Texts are
    compared by a 128-bit hash, about 90 bytes of evidence per document. A text of white space alone is nobody's
    duplicate.
    """

    def observe(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        from curate.kernels.identity import hashes

        high, low = hashes(batch["text"].str.to_lowercase(), spaces=False)
        return batch.select("id").with_columns(high=high, low=low)

    def solve(evidence: pl.DataFrame) -> pl.DataFrame:
        same = ["high", "low"]
        clusters = evidence.filter((pl.col("high") != 0) | (pl.col("low") != 0)).filter(
            pl.len().over(same) > 1
        )
        return clusters.select(
            "task",
            "row",
            copies=pl.len().over(same).cast(pl.UInt32),
            first=pl.col("id").first().over(same),
            later=(pl.int_range(pl.len()) > 0).over(same),
        )

    def apply(batch: pl.DataFrame, verdict: pl.DataFrame) -> pl.DataFrame:
        if "first" not in verdict.columns:
            return batch.with_columns(copies=pl.lit(1, pl.UInt32))
        batch = attach(batch.drop("copies", strict=False), verdict)  # an earlier use counted others
        batch = batch.with_columns(pl.col("copies").fill_null(1))
        first = pl.col("first")
        marked = drop(
            batch, pl.col("later"), "duplicate", duplicate_of=first, similarity=pl.lit(1.0), cluster=first
        )
        return marked.drop("first", "later")

    return Corpus([Round(observe, solve, by="high")], apply)
