"""Passages follow a document's structure and stay under their budget."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curate.kernels.tokens import COUNTS, tokens
from synth.mine.passages import passages

CLAUSE = (
    "The Borrower shall keep the books of account in good order and shall show them to the Lender on demand. "
)
TEXT = "\n\n".join(f"{n}. Duty {'ABCDE'[n]}. {CLAUSE * (n + 1)}" for n in range(1, 5))


def size(text: str) -> int:
    return int(tokens(pl.Series([text])).counts[0, COUNTS.index("tokens")])


def test_a_passage_is_what_stands_at_its_place() -> None:
    found = list(passages("d", TEXT, source="s", title="t", budget=80, least=20))
    assert all(p.text == TEXT[p.start : p.end] for p in found)
    assert {(p.document, p.source, p.title) for p in found} == {("d", "s", "t")}


def test_sections_open_passages_and_long_ones_are_parted_at_sentences() -> None:
    found = [p.text for p in passages("d", TEXT, budget=90, least=20)]
    assert [text[:2] for text in found] == ["1.", "2.", "3.", "4.", "Th"]
    assert all(text.rstrip().endswith(".") for text in found)


def test_short_sections_share_a_passage() -> None:
    assert len(list(passages("d", TEXT, budget=1000, least=1000))) == 1


@example("1字字A.1 1", 5)
@example("1字字1\n1\nA", 5)
@settings(max_examples=400)
@given(st.text(alphabet="ab .\n#1A-字", max_size=300), st.integers(1, 12))
def test_any_text_any_budget(text: str, budget: int) -> None:
    found = list(passages("d", text, budget=budget, least=1))
    assert all(size(p.text) <= budget for p in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


def test_all_words_are_in_a_passage() -> None:
    found = list(passages("d", TEXT, budget=30))
    assert " ".join(" ".join(p.text for p in found).split()) == " ".join(TEXT.split())


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="budget must be 1 token or more"):
        list(passages("d", TEXT, budget=0))
