"""A corpus step of two rounds with a gathering, as a user would write one: `- first_words.same_beginning`."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from curate.step import Corpus, Found, Round, attach, corpus_step, drop


@corpus_step(adds={"number": pl.UInt32})
def same_beginning(*, words: int = 3) -> Corpus:
    """Number the groups of documents that begin with the same words; drop all but the longest of each.

    The first round finds texts whose beginnings hash alike, the second looks at the words of just those.
    """

    def hashed(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        assert wanted is None
        return batch.select(beginning=pl.col("text").str.slice(0, 6).hash())

    def candidates(evidence: pl.DataFrame) -> pl.DataFrame:
        return evidence.filter(pl.len().over("beginning") > 1).select("task", "row", "beginning")

    def looked_at(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        assert wanted is not None and wanted.height > 0
        first = pl.col("text").str.split(" ").list.head(words).list.join(" ")
        chosen = batch.select("id", first=first, length=pl.col("text").str.len_bytes())[
            wanted["row"].to_list()
        ]
        return pl.concat([wanted.select("row", "beginning"), chosen], how="horizontal")

    def best(evidence: pl.DataFrame) -> pl.DataFrame:
        groups = evidence.filter(pl.len().over("first") > 1)
        longest = pl.col("id").sort_by("length", descending=True, maintain_order=True).first().over("first")
        return groups.select("task", "row", "first", longest=longest, goes=longest != pl.col("id"))

    def numbered(parts: Iterable[pl.DataFrame]) -> Found:
        ranks = pl.col("first").rank("dense").cast(pl.UInt32)
        found = pl.concat(parts)
        groups = found.group_by("first").len().sort("first")
        rows = found.select("task", "row", "longest", "goes", number=ranks)
        return Found(rows, {"groups": groups})

    def apply(batch: pl.DataFrame, verdict: pl.DataFrame) -> pl.DataFrame:
        if verdict.is_empty():
            return batch.with_columns(number=pl.lit(None, pl.UInt32))
        marked = attach(batch, verdict)
        marked = drop(marked, pl.col("goes"), "same beginning", duplicate_of=pl.col("longest"))
        return marked.drop("longest", "goes")

    rounds = [
        Round(hashed, candidates, by="beginning"),
        Round(looked_at, best, by="beginning", gather=numbered),
    ]
    return Corpus(rounds, apply)
