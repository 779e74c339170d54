"""`where`, `sample` and `datatrove`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from curate.step import drop
from curate.steps.datatrove import datatrove, make
from curate.steps.sample import sample
from curate.steps.where import looks_beyond, parsed, where


def test_where_reads_fields_of_structs_and_keeps_what_is_null() -> None:
    frame = pl.DataFrame({"text": ["a", "b", "c"], "signals": [{"words": 5}, {"words": 50}, {"words": None}]})
    kept, dropped = where(frame, expr="signals.words > 10")
    assert kept["text"].to_list() == ["b", "c"]
    assert dropped.select("reason", "detail").rows() == [("where", "signals.words > 10")]


def test_where_knows_its_columns_and_refuses_what_is_no_expression() -> None:
    assert where.needs({"expr": "signals.words > 10 AND source = 'a'"}) == {"signals", "source"}
    with pytest.raises(ValueError, match="not an SQL expression"):
        parsed("words >")


@pytest.mark.parametrize(
    ("expr", "beyond"),
    [
        ("LENGTH(text) > AVG(LENGTH(text))", True),
        ("COUNT(*) > 3", True),
        ("MAX(text) = text", True),
        ("SUM(a) OVER (PARTITION BY b) > 2", True),
        ("ROW_NUMBER() OVER (ORDER BY text) > 3", True),
        ("LENGTH(text) > 3 AND text <> 'Len' AND signals.words BETWEEN 1 AND 9", False),
        ("COALESCE(a, 0) > 1 OR a IS NULL OR text LIKE 'Agg%'", False),
        ("CASE WHEN a > 1 THEN TRUE ELSE FALSE END", False),
    ],
)
def test_where_tells_what_looks_beyond_one_document(expr: str, beyond: bool) -> None:
    assert looks_beyond(parsed(expr)) is beyond


def test_a_smaller_sample_lies_within_a_larger_one() -> None:
    frame = pl.DataFrame({"id": [f"a/{i}" for i in range(2000)], "text": ["x"] * 2000})
    large, small = (set(sample(frame, rate=r).kept["id"]) for r in (0.5, 0.1))
    assert small < large and 900 < len(large) < 1100 and 150 < len(small) < 250
    assert set(sample(frame, rate=0.5, seed=1).kept["id"]) != large
    assert sample(frame, rate=1.0).kept.height == 2000 and sample(frame, rate=0.0).kept.height == 0


def test_a_datatrove_filter_gives_its_reasons() -> None:
    frame = pl.DataFrame({"text": ["short", "word " * 100 + "."], "metadata": ['{"a": 1}', "{}"]})
    kept, dropped = datatrove(frame, block="filters.GopherRepetitionFilter", language="en")
    assert (dropped.height == 1 and dropped["reason"].to_list() == ["duplicated_5_n_grams"]) or dropped[
        "reason"
    ][0]
    assert kept["metadata"].to_list() == ['{"a":1}']


def test_a_datatrove_formatter_changes_text_in_place() -> None:
    frame = pl.DataFrame({"text": ["Mail a.person@mail.com now", "none"]})
    kept, _ = datatrove(frame, block="formatters.PIIFormatter", email_replacement="MAIL", remove_ips=False)
    assert kept["text"].to_list() == ["Mail MAIL now", "none"]


@pytest.mark.parametrize(
    ("block", "params", "message"),
    [
        ("filters.NoSuchFilter", {}, "has no block"),
        ("readers.JsonlReader", {}, "maps documents to documents"),
        ("filters.GopherQualityFilter", {"min_wrods": 3}, "min_wrods"),
        ("filters.RegexFilter", {"regex_exp": "("}, "missing"),
    ],
)
def test_a_wrong_datatrove_block_is_told_before_any_work(block: str, params: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(block, params)


def test_a_datatrove_block_that_multiplies_documents_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from datatrove.pipeline.filters import LambdaFilter

    def twice(self: object, data: Iterator[Any], rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        for document in data:
            yield from (document, document)

    monkeypatch.setattr(LambdaFilter, "run", twice)
    with pytest.raises(ValueError, match="gives documents that it did not take"):
        datatrove(pl.DataFrame({"text": ["a", "b"]}), block="filters.LambdaFilter", filter_function=bool)


def test_marks_survive_a_second_drop_on_series() -> None:
    batch = drop(pl.DataFrame({"x": [1, 2]}), pl.col("x") == 1, "one", pl.lit("d"))
    assert batch["_reason"].to_list() == ["one", None]
