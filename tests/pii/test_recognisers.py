"""Our recognisers as Presidio runs them: what they find, where, and what they leave."""

from __future__ import annotations

import re._parser as sre

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pii_engines import find

from curate.pii.presets import PRESETS, THRESHOLD
from curate.pii.recognisers import entities, legal_recognizers, narrow
from curate.pii.spans import Span


def found(text: str, entity: str) -> list[str]:
    """The texts of the findings of `entity` by our recognisers."""
    ours = legal_recognizers([entity], "en")
    spans = [
        Span(r.start, r.end, r.entity_type, r.score, own.name)
        for own in ours
        for r in own.analyze(text, [entity])
    ]
    return list(dict.fromkeys(text[s.start : s.end] for s in narrow(text, spans)))


@pytest.mark.parametrize(
    ("entity", "text", "expected"),
    [
        ("DOCKET_NUMBER", "No. 1:14-cv-01234-ABC", "1:14-cv-01234-ABC"),
        ("DOCKET_NUMBER", "in Case No. 05-1234,", "05-1234"),
        ("DOCKET_NUMBER", "NSD 1234 of 2006", "NSD 1234 of 2006"),
        ("DOCKET_NUMBER", "BGH, XII ZR 12/05", "XII ZR 12/05"),
        ("DOCKET_NUMBER", "[2010 No. 123 JR]", "[2010 No. 123 JR]"),
        ("DATE_OF_BIRTH", "was born in Lodz on 3 May 1970", "3 May 1970"),
        ("DATE_OF_BIRTH", "DOB: 05/03/1970", "05/03/1970"),
        ("DATE_TIME", "this 3rd day of March, 1999", "3rd day of March, 1999"),
        ("DATE_TIME", "since 1998", "1998"),
        ("AGE", "a 42-year-old nurse", "42"),
        ("STREET_ADDRESS", "at 17 Rathgar Avenue, Dublin 6 in", "17 Rathgar Avenue, Dublin 6"),
        ("STREET_ADDRESS", "to P.O. Box 968\nBurlington, NC 27216-0968", "P.O. Box 968\nBurlington, NC 27216-0968"),
        ("PASSPORT_NUMBER", "passport no. X1234567", "X1234567"),
        ("LICENSE_PLATE", "licence plate AB12 CDE", "AB12 CDE"),
        ("BAR_NUMBER", "BBO #552345", "552345"),
    ],
)  # fmt: skip
def test_the_number_is_found_without_its_label(entity: str, text: str, expected: str) -> None:
    assert expected in found(text, entity)


def test_each_number_of_a_list_is_a_finding() -> None:
    assert found("Nos. 12-345, 12-346 and 12-347.", "DOCKET_NUMBER") == ["12-345", "12-346", "12-347"]
    assert found("applications nos. 29221/95 and 29225/95", "DOCKET_NUMBER") == ["29221/95", "29225/95"]


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        ("STREET_ADDRESS", "100 Stat. 123 and Rule 4 Court"),
        ("STREET_ADDRESS", "in 1998 Supreme Court practice"),
        ("STREET_ADDRESS", "On May 3, 2008, the District Court entered judgment"),
        ("ABA_ROUTING_NUMBER", "routing number 021000022"),
        ("AU_TFN", "tax file number 123 456 783"),
        ("VAT_NUMBER", "VAT No. GB980780685"),
        ("AU_TFN", "a total of 123 456 782 units"),
        ("DOCKET_NUMBER", "[2014] EWHC 123 (Ch); 410 U.S. 113"),
        ("PASSPORT_NUMBER", "he lost his passport in January"),
        ("DATE_TIME", "parties may 3 times extend"),
    ],
)
def test_what_only_looks_like_it_is_left(entity: str, text: str) -> None:
    assert found(text, entity) == []


def test_narrowing_twice_changes_nothing() -> None:
    text = "passport no. X1234567; Nos. 12-345, 12-346; born on 3 May 1970; account no. 937710023900152"
    spans = find(text)
    assert narrow(text, spans) == spans


def test_a_finding_of_another_recogniser_passes_through() -> None:
    span = Span(3, 9, "PERSON", 0.7, "a tagger")
    assert narrow("Mr. Harker", [span]) == [span]


def test_patterns_are_bounded_and_their_names_unique() -> None:
    ours = legal_recognizers(entities(), "en")
    names = [own.name for own in ours]
    assert len(names) == len(set(names))
    for own in ours:
        for pattern in own.patterns:
            low, high = sre.parse(pattern.regex, own.global_regex_flags).getwidth()
            assert 1 <= low <= high <= 1000, own.name


def test_presets_ask_for_what_somebody_finds() -> None:
    ours = entities()
    assert ours - set(PRESETS["anonymise"]) == set()
    assert set(PRESETS["contact"]) < set(PRESETS["anonymise"])
    for entity in ("DOCKET_NUMBER", "LOCATION", "ORGANIZATION", "DATE_TIME", "URL"):
        assert entity not in PRESETS["contact"]
    assert min(PRESETS["anonymise"].values()) == THRESHOLD


def test_a_language_reaches_the_recognisers() -> None:
    assert {own.supported_language for own in legal_recognizers(["US_EIN", "UK_NINO"], "de")} == {"de"}


@given(st.text(alphabet="No. 123-/,and\n()ABCcase passport:MayJune", max_size=120))
def test_any_text_is_read_and_findings_lie_within_it(text: str) -> None:
    for own in legal_recognizers(["DOCKET_NUMBER", "PASSPORT_NUMBER", "STREET_ADDRESS", "DATE_TIME"], "en"):
        results = own.analyze(text, own.supported_entities)
        spans = [Span(r.start, r.end, r.entity_type, r.score, own.name) for r in results]
        for span in narrow(text, spans):
            assert 0 <= span.start < span.end <= len(text)
            assert any(r.start <= span.start and span.end <= r.end for r in results)
