"""Where quotations stand in their sources, and evidence that is moved there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.filters.base import Context
from synth.filters.evidence import evidence
from synth.filters.locating import fold, locate
from synth.samples import Message, Passage, Sample, Span

TEXT = (
    "This Agreement is made on January 5, 2020 between Acme Widgets, Inc. and the Securities and Exchange Commission.\n"
    "The fee is $1.5 million, with interest of ten percent (10%), and is due within thirty (30) days under Section "
    "3.2(a). See 12 U.S.C. § 1841 and Brown v. Board, 347 U.S. 483."
)


# where a quotation stands


def plain_distance(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for i, a in enumerate(left):
        before, row[0] = row[0], i + 1
        for j, b in enumerate(right):
            before, row[j + 1] = row[j + 1], min(before + (a != b), row[j] + 1, row[j + 1] + 1)
    return row[-1]


@settings(max_examples=200, deadline=None)
@given(st.text("ab", max_size=14), st.text("ab", min_size=1, max_size=6), st.floats(0.5, 1))
def test_alignment_finds_the_least_distance_to_any_part(text, wanted, least):
    import numpy as np

    from synth.filters.locating import _align

    most = int((1 - least) * len(wanted))
    codes = [np.array([ord(c) for c in s], np.uint32) for s in (wanted, text)]
    start, end, edits = _align(*codes, most, 0)
    parts = [(i, j) for i in range(len(text) + 1) for j in range(i, len(text) + 1)]
    best = min(plain_distance(wanted, text[i:j]) for i, j in parts if j or i == 0)
    if best > most or not text or best >= len(wanted):
        assert edits == -1 or edits == best
    else:
        assert edits == best == plain_distance(wanted, text[start:end])


@pytest.mark.parametrize("stands", ["abcdXefgh", "abcdfgh", "abcdXfgh"])
def test_a_letter_too_many_too_few_or_another_is_one_edit(stands):
    found = locate(f"words before {stands} words after", "abcdefgh", least=0.8)
    assert found is not None and found.score == 0.875 and found.end - found.start == len(stands)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("aB é’'\n“-."), max_size=30))
def test_folding_keeps_letters_and_their_places(text):
    folded = fold(text)
    kept = "".join(chr(c) for c in folded.codes)
    assert kept == " ".join(re.findall(r"[^\W_]+", text.lower()))
    assert all(text[p].lower() == c for p, c in zip(folded.places, kept) if c != " ")


@pytest.mark.parametrize(
    "wanted, stands, how",
    [
        ("interest of ten percent", "interest of ten percent", "exact"),
        ("between ACME Widgets Inc and the", "between Acme Widgets, Inc. and the", "folded"),
        ("Exchange Commission. The   fee is", "Exchange Commission.\nThe fee is", "folded"),
        (
            "interest of ten percnt (10%), and is dues within",
            "interest of ten percent (10%), and is due within",
            "fuzzy",
        ),
    ],
)
def test_a_quotation_is_found_as_it_stands(wanted, stands, how):
    found = locate(TEXT, wanted)
    assert (
        TEXT[found.start : found.end] == stands and found.how == how and (found.score < 1) == (how == "fuzzy")
    )


def test_what_stands_nowhere_is_not_found():
    assert locate(TEXT, "the tenant shall vacate the premises") is None
    assert locate(TEXT, "interest of ten percnt (10%)", least=1.0) is None
    assert locate(TEXT, " ") is None and locate(TEXT, "…") is None and locate("", "a") is None


def test_of_equal_places_the_nearest_counts():
    text = "due now. " * 50
    for near in (0, 200, 444):
        assert abs(locate(text, "due now", near=near).start - near) <= 5
        assert abs(locate(text, "DUE  now", near=near).start - near) <= 5


def sample(answer: str, *spans: Span, **more) -> Sample:
    return Sample("t", "k", (Message("user", "What?"),), answer, evidence=spans, **more)


def test_evidence_is_moved_to_where_it_stands():
    context = Context(documents={"d": "Preface. " + TEXT})
    claimed = Span("d", 0, 30, "The fee is $1.5 million with INTEREST of ten percent")
    passed = evidence()(sample("x", claimed), context)
    [span] = passed.evidence
    assert span.text == "The fee is $1.5 million, with interest of ten percent"
    assert context.documents["d"][span.start : span.end] == span.text
    assert passed.meta == {"evidence_match": "folded", "evidence_score": 1.0}
    assert evidence()(passed, context).evidence == passed.evidence


def test_a_passage_counts_from_its_own_start():
    context = Context(passages=(Passage("d", 1000, 1000 + len(TEXT), TEXT),))
    passed = evidence()(sample("x", Span("d", 0, 0, "The fee is")), context)
    assert passed.evidence[0].start == 1000 + TEXT.index("The fee is")


def test_evidence_that_is_not_there_is_told():
    context = Context(documents={"d": TEXT})

    def why(*spans, **settings_):
        return evidence(**settings_)(sample("x", *spans), context).reason

    assert why() == "evidence_missing"
    assert evidence(required=False)(sample("x"), context) is None
    assert why(Span("e", 0, 5, "The fee")) == "evidence_unknown_document"
    assert why(Span("d", 0, 5, "The tenant shall vacate the premises")) == "evidence_not_found"
    assert why(Span("d", 0, 1, " T ")) == "evidence_short"


def test_an_alignment_does_not_smooth_over_numbers_or_negations():
    context = Context(
        documents={"d": "The tenant shall pay within 30 days and shall not assign this lease to anyone."}
    )
    claims = {
        "The tenant shall pay within 60 days and shall not assign": "numbers",
        "The tenant shall pay within 30 days and shall now assign": "negations",
    }
    for claimed, told in claims.items():
        verdict = evidence()(sample("x", Span("d", 0, 9, claimed)), context)
        assert verdict.reason == "evidence_altered" and told in verdict.detail
