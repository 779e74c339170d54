"""Replacement in a text: places, modes, numbers, and nothing else touched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked import marked, new, replaced

from curate.pii.replace import MASK, Replacer, known
from curate.pii.spans import Span

KEY = b"k" * 32
ENTITIES = (
    "PERSON",
    "ORGANIZATION",
    "LOCATION",
    "DATE_TIME",
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "QUANTITY",
    "OTHER",
)


def test_tags_are_numbered_by_entity_in_order_of_mention() -> None:
    text = "{PERSON:Mr Smith} of {ORGANIZATION:Acme Inc.} sued {PERSON:Ann Lee}; {PERSON:John Smith} won."
    assert replaced(text, "tag").text == "[PERSON_1] of [ORGANIZATION_1] sued [PERSON_2]; [PERSON_1] won."


def test_each_entity_has_its_mode() -> None:
    modes = {"PERSON": "mask", "EMAIL_ADDRESS": "keep", "URL": "hash", "default": "tag"}
    text, spans = marked("{PERSON:Al Lee} {EMAIL_ADDRESS:a@b.com} {URL:b.com} {LOCATION:Rome}")
    made = Replacer(modes, KEY).replace(text, spans, "d")
    assert re.fullmatch(MASK + r" a@b\.com \[URL:[0-9a-f]{16}\] \[LOCATION_1\]", made.text)
    assert [s.mode for s in made.spans] == ["mask", "keep", "hash", "tag"]


def test_hashes_are_of_the_entity_and_the_key() -> None:
    a, b, c, d = new("{PERSON:John Smith} {PERSON:Mr Smith} {PERSON:Ann Lee} {LOCATION:Ann Lee}", "hash")
    assert a == b and len({a, c, d.replace("LOCATION", "PERSON")}) == 3
    assert new("{PERSON:SMITH, John}", "hash", document="other") == [a]
    assert new("{PERSON:John Smith}", "hash", key=b"o" * 32) != [a]


def test_masks_hide_lengths() -> None:
    assert len(set(new("{PERSON:Al Lee} {PERSON:Bartholomew Featherstonehaugh}", "mask"))) == 1


@pytest.mark.parametrize("mode", ["all", "PERSON"])
def test_an_unknown_mode_is_told(mode: str) -> None:
    with pytest.raises(ValueError, match="no mode 'drop'; there are tag, pseudonym, hash, mask, keep"):
        Replacer("drop" if mode == "all" else {"PERSON": "drop"}, KEY)
    with pytest.raises(ValueError, match="key is empty"):
        Replacer("tag", b"")


@pytest.mark.parametrize("places", [[(3, 5), (0, 2)], [(0, 3), (2, 5)], [(2, 2)], [(0, 99)]])
def test_spans_that_overlap_or_lie_outside_are_told_without_the_text(places: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="overlaps another or lies outside") as told:
        Replacer("tag", KEY).replace("secret", [Span(a, b, "PERSON", 1.0) for a, b in places], "d")
    assert "secret" not in str(told.value)


@st.composite
def findings(draw: st.DrawFn) -> tuple[str, list[Span]]:
    words = st.text(alphabet=st.characters(codec="utf-8"), max_size=6) | st.sampled_from(
        [
            "John",
            "Smith",
            "Mr. Smith",
            "O'Neill",
            "3 May 1999",
            "a@b.com",
            "Acme Ltd",
            "\n",
            "😀",
            "שלום",
            "v.",
            "12",
        ]
    )
    text, spans = "", []
    for word, found in draw(st.lists(st.tuples(words, st.sampled_from(("", *ENTITIES))), max_size=12)):
        if found and word:
            spans.append(Span(len(text), len(text) + len(word), found, 1.0))
        text += word + draw(st.sampled_from(["", " "]))
    return text, spans


@given(findings(), st.sampled_from(["tag", "pseudonym", "hash", "mask", "keep"]))
def test_only_the_findings_change_and_the_new_places_are_true(
    made: tuple[str, list[Span]], mode: str
) -> None:
    text, spans = made
    done = Replacer(mode, KEY).replace(text, spans, "d")
    assert [s.entity for s in done.spans] == [s.entity for s in spans]
    at = was = 0
    for old, new_one in zip(spans, done.spans):
        assert done.text[new_one.start : new_one.end] == new_one.text
        assert done.text[at : new_one.start] == text[was : old.start]
        at, was = new_one.end, old.end
    assert done.text[at:] == text[was:]
    assert mode != "keep" or done.text == text
    assert done == Replacer(mode, KEY).replace(text, spans, "d")


@given(findings(), st.integers(1, 99_999))
def test_no_tag_is_one_that_was_there(made: tuple[str, list[Span]], number: int) -> None:
    text, spans = made
    there = f" [PERSON_{number}] [OTHER_{number}]"
    done = Replacer("tag", KEY).replace(text + there, spans, "d")
    assert done.text.endswith(there)
    for entity in ("PERSON", "OTHER"):
        assert all(s.number > number for s in done.spans if s.entity == entity)


@given(findings())
def test_tags_are_known_and_number_from_one_without_gaps(made: tuple[str, list[Span]]) -> None:
    done = Replacer("tag", KEY).replace(*made, "d")
    assert all(known(s.entity, s.text) == "certain" for s in done.spans)
    for entity in ENTITIES:
        numbers = list(dict.fromkeys(s.number for s in done.spans if s.entity == entity))
        assert numbers == list(range(1, len(numbers) + 1))
