"""Hostile text: none hangs, and nothing raises."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.mine import mine
from synth.mine.passages import passages

SIZE = 120_000
ATTACKS = {
    "one letter": "a",
    "spaces": " ",
    "capitals": "A ",
    "quotes": '"',
    "brackets": "(",
    "brackets in pairs": "()[]",
    "stops": ". ",
    "numbers": "1.1.",
    "numbers apart": "1 ",
    "money": "$1,",
    "names": "Alder, Birch and ",
    "cases": "Alder v. Birch, ",
    "initials": "A. B. ",
    "definitions": '"A" means "',
    "between": "between A, (the ",
    "parties": 'A, Inc., a B ("C"), and ',
    "conditions": "If a, unless provided that ",
    "headings": "# A\n",
    "section numbers": "Section 1.1 A\n",
    "emphasis": "*a_*",
    "links": "[a](",
    "underscores": "_a",
    "dates": "On May 1, 2001, ",
    "notices": "within one hundred and ",
    "speakers": "A B: a?\n",
    "questions": "Q. a?\nA. a.\n",
    "page numbers": "a\n\n 1\n",
    "shall": "The Company shall ",
    "holds": "We hold that Because a ",
    "laws": "governed by the laws of the State of ",
    "front matter": "title: a\n",
    "entities": "&amp;",
    "versus": "v.\n",
    "dashes": "- — - ",
}


@pytest.fixture
def limit() -> Iterator[None]:
    """Ends a test whose process has worked for a minute: linear work takes a second or two, quadratic many minutes."""

    def hangs(*_: object) -> None:
        raise AssertionError("a minute of work was not enough")

    before = signal.signal(signal.SIGVTALRM, hangs)
    signal.setitimer(signal.ITIMER_VIRTUAL, 60)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_none_hangs(attack: str, limit: None) -> None:
    text = "LEASE AGREEMENT between Alder and Birch\n\n" + attack * (SIZE // len(attack))
    found = list(mine("d", text, source="s"))
    assert all(text[span.start : span.end] == span.text for sample in found for span in sample.evidence)
    assert len(list(passages("d", text, budget=300))) < SIZE


@given(st.text(max_size=400))
@settings(max_examples=200)
def test_any_text_is_taken(text: str) -> None:
    for sample in mine("d", text, source="s"):
        assert all(text[span.start : span.end] == span.text for span in sample.evidence)


@given(
    st.lists(
        st.sampled_from(
            [
                *ATTACKS.values(),
                "The Lender shall pay",
                "\n\n",
                "\f",
                "\r\n",
                "\u2028",
                "If",
                ", the Lender may",
                ".\n",
            ]
        ),
        max_size=40,
    )
)
@settings(max_examples=200)
def test_any_mixture_is_taken(pieces: list[str]) -> None:
    text = "CREDIT AGREEMENT\n\n" + "".join(pieces)
    for sample in mine("d", text, source="s"):
        assert all(text[span.start : span.end] == span.text for span in sample.evidence)
