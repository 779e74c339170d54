"""Steps that quote the texts they meet: `- quoting.counts`."""

from __future__ import annotations

from typing import NoReturn

import polars as pl

from curate.step import Batches, Corpus, Round, corpus_step, record, step


@step()
def counts(batches: Batches) -> Batches:
    """Count by the words of texts."""
    for batch in batches:
        for text in batch["text"]:
            record("captions", 1, caption=text[:30])
        yield batch


@step(adds={"parties": pl.List(pl.String)})
def lists(batches: Batches) -> Batches:
    """Add a list of texts."""
    for batch in batches:
        yield batch.with_columns(parties=pl.concat_list("text"))


def _decide(evidence: pl.DataFrame) -> NoReturn:
    raise ValueError(f"cannot decide on {evidence['text'][0]}")


@corpus_step()
def decides() -> Corpus:
    """Raise with a text while deciding."""
    return Corpus([Round(lambda batch, wanted: batch.select("id", "text"), _decide)], lambda batch, _: batch)
