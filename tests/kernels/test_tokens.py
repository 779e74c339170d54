from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import twin
from hypothesis import given
from hypothesis import strategies as st

from curate.kernels.tokens import tokens, word_hashes

TOKENS = {
    "The lessee's duty": ["The", "lessee's", "duty"],
    "naïve e\u0301te\u0301": ["naïve", "e\u0301te\u0301"],
    "42 U.S.C. § 1983": ["42", "U.S.C", "§", "1983"],
    "$1,000.50, ½ 1st": ["1,000.50", "½", "1st"],
    "non-exclusive and/or": ["non", "exclusive", "and", "or"],
    "_______ ----- *": ["_______", "-----", "*"],
    "snake_case _emphasis_": ["snake_case", "emphasis"],
    "(a)(ii) --dash": ["a", "ii", "dash"],
    "Ωμέγα Привет": ["Ωμέγα", "Привет"],
    "第12条 かな": ["第", "12", "条", "か", "な"],
    "co\u00adoperate a\u200db": ["co\u00adoperate", "a\u200db"],
    "": [],
}


def token_chars(text):
    return tokens(pl.Series([text])).chars.tolist()


@pytest.mark.parametrize(("text", "expected"), TOKENS.items())
def test_tokens_are_those_of_the_twin(text, expected):
    assert twin.tokenise(text) == expected
    assert token_chars(text) == [len(token) for token in expected]


@given(st.text())
def test_token_lengths_equal_the_twin(text):
    assert token_chars(text) == [len(token) for token in twin.tokenise(text)]


@given(st.lists(st.text(alphabet="aAbß.,' 1法\n-", max_size=30), max_size=5))
def test_tokens_have_one_hash_each_wherever_they_stand(batch):
    found = tokens(pl.Series(batch, dtype=pl.String))
    hash_of = {}

    for text, (start, end) in zip(batch, pairwise(found.offsets), strict=True):
        for token, h in zip(twin.tokenise(text), found.hashes[start:end].tolist(), strict=True):
            assert hash_of.setdefault(token, h) == h

    assert len(set(hash_of.values())) == len(hash_of)


def test_case_tells_tokens_apart():
    assert len(set(tokens(pl.Series(["Lease lease LEASE"])).hashes.tolist())) == 3


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("The LESSEE shall pay, if", "the lessee -- shall\npay (if)"),
        ("ΛΟΓΟΣ ΝΌΜΟΣ", "λογος νόμος"),
        ("ПРАВО", "право"),
        ("ÉTÉ ŠKODA", "été škoda"),
        ("don't", "DON’T"),
    ],
)
def test_word_hashes_see_neither_case_nor_punctuation(text, other):
    hashes, offsets = word_hashes(pl.Series([text, other]))

    assert offsets[1] > 0
    assert hashes[: offsets[1]].tolist() == hashes[offsets[1] :].tolist()


def test_word_hashes_leave_out_symbols_and_mark_every_text():
    hashes, offsets = word_hashes(pl.Series(["§ 5 -", None, "", "six"]))

    assert offsets.tolist() == [0, 1, 1, 1, 2]
    assert hashes.dtype == np.uint64 and len(hashes) == 2


def test_a_slice_of_a_column_is_read_where_it_lies():
    column = pl.Series(["one two", "three", "four five six"])

    assert tokens(column[1:]).hashes.tolist() == tokens(pl.Series(["three four five six"])).hashes.tolist()
