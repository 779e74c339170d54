"""Steps that do what a step may not: `- faulty.loses`."""

from __future__ import annotations

import polars as pl

from curate.errors import GateError
from curate.step import Batches, Corpus, Round, corpus_step, step


@step()
def raises(batches: Batches) -> Batches:
    """Raise."""
    for _ in batches:
        raise ValueError("no\nand more")
    yield pl.DataFrame()


@step()
def panics(batches: Batches) -> Batches:
    """Panic within Polars, which is no Exception."""
    for batch in batches:
        yield batch.with_columns(pl.struct("id").struct.field("no such").alias("title"))


@step()
def exits(batches: Batches) -> Batches:
    """Exit."""
    for _ in batches:
        raise SystemExit(3)
    yield pl.DataFrame()


@step()
def quotes(batches: Batches) -> Batches:
    """Raise with a document's text."""
    for _ in batches:
        raise ValueError("secret " * 1000)
    yield pl.DataFrame()


@step()
def stops(batches: Batches) -> Batches:
    """Take the first batch alone."""
    yield next(batches)


@step()
def loses(batches: Batches) -> Batches:
    """Lose a row."""
    for batch in batches:
        yield batch.tail(batch.height - 1)


@step()
def renames(batches: Batches) -> Batches:
    """Give every document another id."""
    for batch in batches:
        yield batch.with_columns(id=pl.lit("x") + pl.col("id"))


@step()
def empties(batches: Batches) -> Batches:
    """Take a text away."""
    for batch in batches:
        yield batch.with_columns(text=pl.lit(None, pl.String))


@step()
def undeclared(batches: Batches) -> Batches:
    """Add a column that nobody knows of."""
    for batch in batches:
        yield batch.with_columns(more=1)


@corpus_step()
def observes() -> Corpus:
    """Fail to observe."""

    def observe(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
        raise ValueError("cannot")

    return Corpus([Round(observe, lambda evidence: evidence)], lambda batch, verdict: batch)


def _rows(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
    return batch.select("id")


def _raises(evidence: pl.DataFrame) -> pl.DataFrame:
    raise ValueError("no such source")


def _refuses(evidence: pl.DataFrame) -> pl.DataFrame:
    raise GateError("too many leaks")


@corpus_step()
def undecided() -> Corpus:
    """Raise while deciding."""
    return Corpus([Round(_rows, _raises)], lambda batch, verdict: batch)


@corpus_step()
def refuses() -> Corpus:
    """Say no, as a gate does."""
    return Corpus([Round(_rows, _refuses)], lambda batch, verdict: batch)


@step()
def quotes_text(batches: Batches) -> Batches:
    """Raise with what stands in the text."""
    for batch in batches:
        raise ValueError(f"cannot read {batch['text'][0]}")
    yield pl.DataFrame()
