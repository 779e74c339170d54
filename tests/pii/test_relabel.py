"""Names that a tagger gives rightly or wrongly, put right by what the document says."""

from __future__ import annotations

import pytest

from curate.pii.relabel import relabelled
from curate.pii.spans import Span


def named(text: str, *found: tuple[str, str]) -> list[tuple[str, str]]:
    """(value, entity) after relabelling what is marked: every place of each of `found`."""
    spans = []
    for value, entity in found:
        at = text.find(value)
        assert at >= 0, value
        while at >= 0:
            spans.append(Span(at, at + len(value), entity, 0.9, "names"))
            at = text.find(value, at + 1)
    return [(text[s.start : s.end], s.entity) for s in relabelled(text, sorted(spans))]


def test_a_company_is_one_wherever_the_document_names_it() -> None:
    text = "Umber Coast Fisheries, Inc., sued. Umber Coast paid. Then Umber moved. Ann Umbridge left."
    assert named(text, ("Umber Coast", "PERSON"), ("Ann Umbridge", "PERSON")) == [
        ("Umber Coast", "ORGANIZATION"),
        ("Umber Coast", "ORGANIZATION"),
        ("Ann Umbridge", "PERSON"),
    ]
    assert named(text, ("Umber moved"[:5], "PERSON"))[-1] == ("Umber", "ORGANIZATION")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "James Miller, Inc., was his. James Miller drove.",
            "James Miller",
        ),  # a man's own company bears his name
        ("Ernst & Young LLP advised. Mr. Ernst had left.", "Ernst"),
        ("Acme Corp. and Smith met.", "Smith"),
    ],
)
def test_a_person_beside_a_company_stays_one(text: str, name: str) -> None:
    assert named(text, (name, "PERSON"))[-1] == (name, "PERSON")


def test_a_state_is_no_person() -> None:
    assert named("State of Meridian v. Sam Meza", ("Meridian", "PERSON"), ("Sam Meza", "PERSON")) == [
        ("Meridian", "LOCATION"),
        ("Sam Meza", "PERSON"),
    ]


def test_names_are_whole_and_nothing_but_names() -> None:
    assert named("among them Desmond Vellacourt, who", ("Vellacourt", "PERSON")) == [
        ("Desmond Vellacourt", "PERSON")
    ]
    assert named("SMITH, John wrote", ("SMITH", "PERSON")) == [("SMITH, John", "PERSON")]
    assert named("v. V ERKHOVEN, Appellant", ("ERKHOVEN", "PERSON")) == [("V ERKHOVEN", "PERSON")]
    assert named("SMITH, Plaintiff", ("SMITH", "PERSON")) == [("SMITH", "PERSON")]
    assert named("WHEREFORE, John Roe prays", ("WHEREFORE, John Roe", "PERSON")) == [("John Roe", "PERSON")]
    assert named("Then Vellacourt spoke", ("Vellacourt", "PERSON")) == [("Vellacourt", "PERSON")]


def test_pieces_of_an_address_are_one_with_its_town() -> None:
    text = "at 209 Oldbeck Row, Ninepin, Caldhaven 64321.\nHe"
    assert named(text, ("209 Oldbeck Row", "STREET_ADDRESS"), ("Caldhaven 64321", "STREET_ADDRESS")) == [
        ("209 Oldbeck Row, Ninepin, Caldhaven 64321", "STREET_ADDRESS")
    ]
    assert named("of 12 Elm Street, East Quill.", ("12 Elm Street", "STREET_ADDRESS")) == [
        ("12 Elm Street, East Quill", "STREET_ADDRESS")
    ]
    assert named("at 12 Elm Street, Plaintiff.", ("12 Elm Street", "STREET_ADDRESS")) == [
        ("12 Elm Street", "STREET_ADDRESS")
    ]
    assert named("at 12 Elm Street, where Ann", ("12 Elm Street", "STREET_ADDRESS")) == [
        ("12 Elm Street", "STREET_ADDRESS")
    ]


def test_who_stands_above_an_address_is_a_person() -> None:
    text = "submitted,\nDorothea Hollowell\n912 Stonegate Drive\n"
    whole = "Dorothea Hollowell\n912 Stonegate Drive"
    assert named(text, (whole, "STREET_ADDRESS")) == [
        ("Dorothea Hollowell", "PERSON"),
        ("912 Stonegate Drive", "STREET_ADDRESS"),
    ]
