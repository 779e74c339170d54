"""Exact duplicates: the same text whatever its white space and case, and nothing else."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.identity import hashes
from curate.steps.exact_duplicates import exact_duplicates

SPACES = re.compile("[ \t\n\r\x0b\x0c\xa0]+")


def plain(text: str) -> str:
    """The text that the hash sees, in plain Python."""
    return SPACES.sub(" ", text).strip(" ")


TEXTS = st.text(alphabet="ab é日\xa0\n\t ", max_size=12)


@given(st.lists(TEXTS, min_size=2, max_size=30))
def test_equal_hashes_mean_equal_text_up_to_white_space(texts: list[str]) -> None:
    high, low = hashes(pl.Series(texts), spaces=False)
    pairs = list(zip(high, low))
    by_hash = dict(zip(pairs, map(plain, texts)))
    assert [by_hash[pair] for pair in pairs] == [plain(t) for t in texts]
    assert len(by_hash) == len({plain(t) for t in texts})


@given(st.lists(st.text(max_size=40), min_size=1, max_size=20))
def test_exact_hashes_tell_all_bytes_apart(texts: list[str]) -> None:
    high, low = hashes(pl.Series(texts))
    assert len(set(zip(high, low))) == len(set(texts))


def test_a_known_value_keeps_samples_stable_across_releases() -> None:
    high, low = hashes(pl.Series(["opinions/a.jsonl#0"]))
    assert (high[0], low[0]) == (KNOWN_HIGH, KNOWN_LOW)


def test_the_first_stays_and_blank_texts_are_nobodys_duplicates() -> None:
    frame = pl.DataFrame({"id": list("abcdef"), "text": ["One  two", "x", "one\ntwo ", " ", "\n", "ONE TWO"]})
    kept, dropped = exact_duplicates(frame)
    assert kept.select("id", "copies").rows() == [("a", 3), ("b", 1), ("d", 1), ("e", 1)]
    assert dropped.select("id", "duplicate_of", "similarity").rows() == [("c", "a", 1.0), ("f", "a", 1.0)]


def test_without_duplicates_nothing_changes() -> None:
    kept, dropped = exact_duplicates(pl.DataFrame({"text": ["a", "b"]}))
    assert kept["copies"].to_list() == [1, 1] and dropped.height == 0


KNOWN_HIGH, KNOWN_LOW = 12781934188749004091, 8184478704609811476
