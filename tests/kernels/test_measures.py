"""The kernels against their twin, on texts made to be awkward and on real documents."""

import gzip
import json
from itertools import islice

import polars as pl
import pytest
import twin
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.fields import FIELDS
from curate.kernels.measures import measure

#: Pieces that the rules look for, so that random texts meet them.
FRAGMENTS = [
    *("the", "The", "THE", "that", "a.", "b,", "c's", "U.S.C", "1,000.50", "3.14", "x_1", "don’t", "naïve"),
    *(
        "été",
        "e\u0301t",
        "Ωμέγα",
        "ΛΟΓΟΣ",
        "Привет",
        "法律",
        "かな",
        "ไทย",
        "ß",
        "İ",
        "½",
        "Ⅷ",
        "²",
        "😀",
        "word",
    ),
    *(
        "-",
        "•",
        "*",
        "§",
        "#",
        "##",
        ".",
        "...",
        "....",
        "…",
        "….",
        "?",
        "!",
        '"',
        "'",
        ")",
        "]",
        "“",
        "”",
        "。",
        "！",
    ),
    *(
        "[1]",
        "[edit]",
        "[citation needed]",
        "[",
        "{",
        "}",
        "_",
        "__",
        "\u00ad",
        "\u200d",
        "\ufeff",
        "\x00",
        "\x7f",
    ),
    *(
        "javascript",
        "JavaScript",
        "lorem ipsum",
        "Lorem",
        "ipsum",
        "privacy policy",
        "cookie policy",
        "\u212aookies",
    ),
    *("terms of use", "Terms Of Use", "use", "uses", "use of", "cookies", "w" * 1001),
    *("\n", "\n\n", " ", "\t", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\u2028", "\u3000"),
]

texts = st.one_of(
    st.text(),
    st.lists(st.sampled_from(FRAGMENTS)).map(" ".join),
    st.lists(st.sampled_from(FRAGMENTS)).map("".join),
    st.lists(st.sampled_from(["a", "b", "c d", "e. f", " ", "\n", "\n\n"]), max_size=200).map("".join),
    st.lists(st.sampled_from("ab"), max_size=80).map(" ".join),
)


def rows(batch):
    return measure(pl.Series(batch, dtype=pl.String)).to_list()


def same(row, expected):
    wrong = {name: (row[name], expected[name]) for name in FIELDS if row[name] != expected[name]}
    assert not wrong


@settings(max_examples=400, deadline=None)
@given(st.lists(texts, max_size=4))
def test_kernels_equal_the_twin(batch):
    for text, row in zip(batch, rows(batch), strict=True):
        same(row, twin.measure(text))


@pytest.mark.parametrize(
    "name",
    ["legal/us_federal_appellate_opinions", "legal/terms_of_service_md", "legal_nonenglish/de_gesetze"],
)
def test_kernels_equal_the_twin_on_real_documents(real, name):
    with gzip.open(real(f"{name}.jsonl.gz")) as file:
        batch = [json.loads(line)["text"] for line in islice(file, 12)]
    for text, row in zip(batch, rows(batch), strict=True):
        same(row, twin.measure(text))
