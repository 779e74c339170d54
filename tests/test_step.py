"""Steps: marking rows, counting, calling on a DataFrame, corpus steps over several rounds."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest

from curate.step import (
    Batches,
    Corpus,
    Round,
    StepUse,
    attach,
    corpus_step,
    count,
    counting,
    drop,
    load_step,
    split,
    step,
)


def frame(*values: int) -> pl.DataFrame:
    """Documents whose texts are numbers."""
    return pl.DataFrame({"text": [str(v) for v in values]})


@step(adds={"number": pl.Int64})
def small(batches: Batches, *, most: int = 5) -> Batches:
    """Keep numbers up to `most`."""
    for batch in batches:
        batch = batch.with_columns(number=pl.col("text").cast(pl.Int64))
        count("seen", batch.height)
        yield drop(batch, pl.col("number") > most, "large", pl.col("text"))


def test_a_step_called_on_a_frame_gives_kept_and_dropped() -> None:
    kept, dropped = small(frame(1, 9, 5))
    assert kept["number"].to_list() == [1, 5] and kept["id"].to_list() == ["0", "2"]
    assert dropped.select("text", "reason", "detail").rows() == [("9", "large", "9")]


def test_a_null_in_the_mask_is_not_dropped_and_the_first_reason_stays() -> None:
    batch = pl.DataFrame({"x": [1, None, 3]})
    marked = drop(drop(batch, pl.col("x") > 2, "first"), pl.col("x") > 0, "second")
    kept, gone = split(marked)
    assert kept["x"].to_list() == [None]
    assert dict(zip(gone["x"], gone["reason"])) == {1: "second", 3: "first"}
    assert split(batch).dropped.columns == ["x", "reason", "detail", "duplicate_of", "similarity", "cluster"]


def test_a_mask_may_be_a_series() -> None:
    kept, gone = split(drop(pl.DataFrame({"x": [1, 2]}), pl.Series([False, True]), "why"))
    assert (kept["x"].to_list(), gone["x"].to_list()) == ([1], [2])


def test_counts_go_to_the_running_step() -> None:
    counter: Counter[str] = Counter()
    with counting(counter):
        list(small.func(iter([frame(1, 2)])))
    count("nobody listens")
    assert counter == {"seen": 2}


def test_a_corpus_step_may_ask_for_more_evidence() -> None:
    seen: list[list[str]] = []

    @corpus_step(adds={"twin": pl.UInt32})
    def twins() -> Corpus:
        """Pair texts of one length, then compare just those."""

        def lengths(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
            return batch.select(n=pl.col("text").str.len_bytes())

        def candidates(evidence: pl.DataFrame) -> pl.DataFrame:
            return evidence.filter(pl.len().over("n") > 1).select("task", "row")

        def words(batch: pl.DataFrame, wanted: pl.DataFrame | None) -> pl.DataFrame:
            assert wanted is not None
            chosen = batch[wanted["row"].to_list()]
            seen.append(chosen["text"].to_list())
            return wanted.select("row").with_columns(text=chosen["text"])

        def equal(evidence: pl.DataFrame) -> pl.DataFrame:
            first = pl.col("row").first().over("text")
            return evidence.select("task", "row", twin=first).filter(pl.col("twin") != pl.col("row"))

        def apply(batch: pl.DataFrame, verdict: pl.DataFrame) -> pl.DataFrame:
            return drop(attach(batch, verdict), pl.col("twin").is_not_null(), "twin")

        return Corpus([Round(lengths, candidates, by="n"), Round(words, equal)], apply)

    kept, dropped = twins(pl.DataFrame({"text": ["aa", "b", "aa", "cc", "long"]}))
    assert seen == [["aa", "aa", "cc"]]
    assert kept["text"].to_list() == ["aa", "b", "cc", "long"] and dropped["twin"].to_list() == [0]


def test_a_frame_without_text_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a column 'text'"):
        small(pl.DataFrame({"body": ["x"]}))


def test_steps_are_found_by_file_name_or_dotted_path() -> None:
    found = load_step("where")
    assert found is not None and found.name == "where"
    assert load_step("curate.steps.where.where") is found
    assert load_step("no_such_step") is None and load_step("no.such.module") is None
    assert StepUse("where", {"expr": "text = 'a'"}).step.needs({"expr": "text = 'a'"}) == {"text"}
