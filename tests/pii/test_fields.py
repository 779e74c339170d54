"""A document's texts as one, and apart again."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.pii.fields import join, part_again
from curate.pii.shapes import shape
from curate.pii.spans import Span, united
from curate.pii.sweep import swept

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def own(joined: Any) -> list[str]:
    return [joined.whole[part.start : part.end] for part in joined.parts]


@given(st.text(max_size=30), st.dictionaries(st.sampled_from(["title", "url"]), st.text(max_size=9)), VALUES)
def test_parts_come_back_as_they_were(text: str, columns: dict[str, str], found: Any) -> None:
    metadata = json.dumps({"a": found})
    joined = join(text, columns, metadata)
    same, others, more = part_again(joined, own(joined))
    assert same == text
    assert others == {name: value for name, value in columns.items() if value}
    assert more is None, "metadata that nothing changed are written as they stood"


@given(st.text(max_size=9), VALUES)
def test_changed_parts_go_to_their_places(text: str, found: Any) -> None:
    joined = join(text, {"title": "t"}, json.dumps({"a": found, "b": "x"}))
    _, others, more = part_again(joined, [f"<{value}>" for value in own(joined)])
    assert others == {"title": "<t>"}

    def expected(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: expected(v) for k, v in value.items()}
        if isinstance(value, list):
            return [expected(v) for v in value]
        if isinstance(value, str):
            return f"<{value}>" if value else value
        long = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10_000_000
        return f"<{value}>" if long else value

    assert json.loads(more or "") == {"a": expected(found), "b": "<x>"}


def test_a_finding_across_a_border_is_cut_and_a_fields_name_is_none() -> None:
    joined = join("by Ann", {"title": "Lee"}, None)
    across = Span(3, len(joined.whole), "PERSON", 0.9)
    name = Span(joined.whole.index("title"), joined.whole.index("title") + 5, "PERSON", 0.9)
    assert [joined.whole[s.start : s.end] for s in joined.own([across])] == ["Ann", "Lee"]
    assert joined.own([name]) == []


@pytest.mark.parametrize(
    ("field", "value", "entity"),
    [
        ("author", "ann lee", ""),
        ("author", "Ann Lee", "PERSON"),
        ("plaintiffName", "Ann Lee", "PERSON"),
        ("filename", "Ann Lee", ""),
        ("attorney", "He said no. She said yes.", ""),
        ("contact_email", "x", "EMAIL_ADDRESS"),
        ("ssn", "078051120", "US_SSN"),
        ("session", "078051120", ""),
        ("homePhone", "5550100", "PHONE_NUMBER"),
        ("date_of_birth", "1970", "DATE_OF_BIRTH"),
        ("birthDate", "2 May 1970", "DATE_OF_BIRTH"),
        ("socialSecurityNumber", "078051120", "US_SSN"),
        ("bank_account", "00123", "US_BANK_NUMBER"),
        ("bank_account", "frozen", ""),
        ("Passport No.", "X1234567", "PASSPORT_NUMBER"),
        ("license", "CC-BY-4.0", ""),
        ("driver's license", "D123", "DRIVER_LICENSE"),
        ("taxpayer_identification_number", "12-3", "TAX_ID"),
        ("email_addresses", "x", "EMAIL_ADDRESS"),
        ("ip_address", "x", ""),
        ("addressLine1", "12 Elm Street", "STREET_ADDRESS"),
        ("address_2", "Flat 3", "STREET_ADDRESS"),
        ("addr", "12 Elm Street", "STREET_ADDRESS"),
        ("surname", "Kestrelbane", "PERSON"),
        ("fullname", "Ondwari Kestrelbane", "PERSON"),
        ("mothers_maiden_name", "Kestrelbane", "PERSON"),
        ("victim", "Ondwari Kestrelbane", "PERSON"),
        ("borrower", "Ondwari Kestrelbane", "PERSON"),
        ("lender", "Kestrel Bank", ""),
        ("plaintiff_2_name", "Ann Lee", "PERSON"),
        ("court_name", "Supreme Court of Ohio", ""),
        ("judge_name", "Ann Lee", ""),
        ("user_name", "Ann Lee", "PERSON"),
        ("from", "ann@lee.org", "EMAIL_ADDRESS"),
        ("from", "Ann Lee <ann@lee.org>", "PERSON"),
        ("to", "New York", ""),
        ("to", "2019-04-01", ""),
    ],
)
def test_a_fields_name_says_what_it_holds(field: str, value: str, entity: str) -> None:
    joined = join("text", {}, json.dumps({field: value}))
    assert [s.entity for s in joined.own([])] == ([entity] if entity else [])


@pytest.mark.parametrize(
    ("metadata", "entity"),
    [
        ({"account": {"number": 12345}}, "US_BANK_NUMBER"),
        ({"court": {"name": "Supreme Court"}}, ""),
        ({"info": {"name": "Ann Lee"}}, "PERSON"),
        ({"phones": [["555"], "x"]}, "PHONE_NUMBER"),
        ({"phone": True}, ""),
        ({"ssn": 78051120.5}, ""),
        ({"ssn": 1e300}, ""),
        ({"ssn": -5551234.0}, "US_SSN"),
    ],
)
def test_fields_within_fields_and_numbers(metadata: Any, entity: str) -> None:
    assert {s.entity for s in join("text", {}, json.dumps(metadata)).own([])} == (
        {entity} if entity else set()
    )


def test_who_found_what_a_fields_name_says_by_reading_it_is_told() -> None:
    joined = join("text", {}, '{"author": "Ann Lee"}')
    at = joined.whole.index("Ann")
    read, part = Span(at, at + 7, "PERSON", 0.9, "names"), Span(at, at + 3, "PERSON", 0.9, "names")
    assert joined.own([read]) == [read]
    assert [s.recogniser for s in joined.own([part])] == ["field name"]
    assert joined.own([part], wanted=["US_SSN"]) == [part]
    assert joined.own([part], allow={"ann lee"}) == [part]


def test_names_of_the_text_are_known_in_addresses_and_titles() -> None:
    joined = join(
        "Mr John Smithson won.",
        {"url": "x.org/smithson-v-jones", "title": "SMITHSON will win"},
        '{"a": "a smithson"}',
    )
    spans = swept(joined, joined.own([Span(0, 16, "PERSON", 0.9)]))
    assert [joined.whole[s.start : s.end] for s in spans] == ["Mr John Smithson", "smithson", "SMITHSON"]


def test_forms_say_nothing_of_values() -> None:
    assert shape("John Q. Smith") == "Xx X. Xx"
    assert shape("078-05-1120") == "999-99-9999"
    assert shape("j.smith@Example.org") == "x.x@Xx.x"
    assert len(shape("1" * 99)) == 40


def test_a_value_found_once_is_known_where_nothing_tells_what_it_is() -> None:
    text = "SSN 078-05-1120, John Roe. See 078-05-1120 and John Roes, x078-05-1120; John Roe; Roe; 1978."
    joined = join(text, {}, '{"note": "078-05-1120"}')
    spans = swept(
        joined, [Span(4, 15, "US_SSN", 0.9), Span(17, 25, "PERSON", 0.9), Span(87, 91, "DATE_TIME", 0.9)]
    )
    found = [(joined.whole[s.start : s.end], s.recogniser) for s in spans]
    assert found.count(("078-05-1120", "same document")) == 2
    assert found.count(("John Roe", "same document")) == 1
    assert len(found) == 6


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), max_size=5),
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), max_size=5),
)
def test_what_is_swept_up_overlaps_nothing(
    found: list[tuple[int, int]], known: list[tuple[int, int]]
) -> None:
    text = "Ann Roe 12345 Ann Roe 12345 Ann Roe 12345, "
    spans = united([Span(at, min(at + n, len(text)), "PERSON", 0.9) for at, n in found])
    public = [Span(at, min(at + n, len(text)), "PERSON", 0.9) for at, n in known]
    out = swept(join(text, {"title": "Roe v. Ann"}, None), spans, public)
    assert all(one.end <= other.start for one, other in pairwise(out))
