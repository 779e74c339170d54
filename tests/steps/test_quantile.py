"""`quantile`: an exact threshold over the corpus."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.step import address
from curate.steps.quantile import quantile


def kept(values, **params):
    frame = pl.DataFrame({"text": ["x"] * len(values), "score": pl.Series(values, dtype=pl.Float64)})
    return quantile(frame, column="score", **params).kept["score"].to_list()


@pytest.mark.parametrize(
    ("keep", "expected"),
    [(0.2, [5.0]), (0.4, [4.0, 5.0]), (0.41, [3.0, 4.0, 5.0]), (1.0, [1.0, 3.0, 2.0, 4.0, 5.0])],
)
def test_keeps_the_share_that_is_best(keep, expected):
    assert kept([1.0, 3.0, 2.0, 4.0, 5.0], keep=keep) == expected


def test_keeps_the_lowest_where_they_are_best():
    assert kept([1.0, 3.0, 2.0, 4.0], keep=0.5, best="lowest") == [1.0, 2.0]


def test_ties_at_the_threshold_are_all_kept():
    assert kept([1.0, 2.0, 2.0, 2.0], keep=0.25) == [2.0, 2.0, 2.0]
    assert kept([7.0] * 5, keep=0.1) == [7.0] * 5


def test_documents_without_a_value_are_dropped_and_do_not_count():
    assert kept([1.0, 2.0, None, math.nan], keep=0.5) == [2.0]
    assert kept([None, None], keep=0.5) == []


def test_a_field_of_a_struct_can_be_the_column():
    frame = pl.DataFrame({"text": ["a", "b"], "signals": [{"words": 10}, {"words": 20}]})
    outcome = quantile(frame, column="signals.words", keep=0.5)
    assert outcome.kept["text"].to_list() == ["b"]
    assert outcome.dropped.select("reason", "detail").rows() == [
        ("quantile", '{"signals.words":10.0,"threshold":20.0}')
    ]
    assert quantile.needs({"column": "signals.words", "keep": 0.5}) == {"signals"}


@given(st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=1, max_size=4), st.floats(0.01, 1))
def test_batches_together_keep_what_one_frame_keeps(parts, keep):
    corpus = quantile(column="score", keep=keep)
    batches = [pl.DataFrame({"score": part}, schema={"score": pl.Float64}) for part in parts]
    evidence = [
        address(corpus.rounds[0].observe(batch, None), batch, task=i, start=0)
        for i, batch in enumerate(batches)
    ]
    verdict = corpus.rounds[0].solve(pl.concat(evidence))
    marked = [corpus.apply(batch, verdict) for batch in batches]
    left = [v for b in marked for v in b.filter(pl.col("_reason").is_null())["score"].to_list()]
    everything = sorted((v for part in parts for v in part), reverse=True)
    needed = max(1, math.ceil(round(keep * len(everything), 6)))
    assert left == [v for part in parts for v in part if v >= everything[needed - 1]]


def test_a_share_of_whole_documents_is_not_rounded_up() -> None:
    frame = pl.DataFrame({"text": ["x"] * 100, "n": range(100)})
    for percent in range(1, 101):  # 0.07 * 100 is 7.000000000000001
        assert quantile(frame, column="n", keep=percent / 100).kept.height == percent
