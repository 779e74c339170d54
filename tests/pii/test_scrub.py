"""A document with all its fields: what of it goes, what stays, and that nothing moves."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.pii.detect import Settings
from curate.pii.fields import join
from curate.pii.scrub import Scrub, Way, _parted, cleaner, modes
from curate.pii.spans import Span

NAMES = ["Gwendolyn Thackeray", "Bartholomew Quigley", "217-555-0143", "g.thackeray@kestrel.org"]


def cleaned(
    text: str, metadata: Any = None, *, mode: str = "tag", **settings: Any
) -> tuple[str, Any, dict[str, str]]:
    """Text, metadata (parsed, unless they are a string) and other columns behind the step; `columns` are given ones."""
    columns = settings.pop("columns", {})
    given = metadata if isinstance(metadata, str) else json.dumps(metadata or {})
    made = cleaner(Settings(**settings), Way(modes(mode), "document"), b"key")
    frame = pl.DataFrame(
        {"id": ["a"], "text": [text], "metadata": [given], **{k: [v] for k, v in columns.items()}}
    )
    (done,), _ = made.clean(frame, made.replacer(None))
    more = given if done.metadata is None else done.metadata
    return done.text, more if isinstance(metadata, str) else json.loads(more), done.columns


def test_names_in_small_capitals_go_with_their_first_letter() -> None:
    text = (
        "U NITED S TATES v. V ERKHOGLYAD\n\nF OR THE S ECOND C IRCUIT\n\nMr. Oleksandr Verkhoglyad appeals."
    )
    assert cleaned(text)[0] == (
        "U NITED S TATES v. [PERSON_1]\n\nF OR THE S ECOND C IRCUIT\n\nMr. [PERSON_2] appeals."
    )  # two: whether "V SMITH" is an initial and a surname nothing tells


def test_a_fields_name_that_is_known_from_the_text_moves_nothing() -> None:
    kept = "The value that stands here must stay as it is."
    text, found, _ = cleaned(
        "Ms. Gwendolyn Thackeray won.", {"Gwendolyn Thackeray": kept, "note": "it is late"}
    )
    assert found == {"Gwendolyn Thackeray": kept, "note": "it is late"}
    assert text == "Ms. [PERSON_1] won."


@given(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([*NAMES, "a plain value", "x"]), max_size=3),
    st.lists(st.sampled_from([*NAMES, "and", "then"]), min_size=1, max_size=4),
)
def test_values_as_names_of_fields_corrupt_nothing(found: dict[str, str], words: list[str]) -> None:
    text, more, _ = cleaned(" called ".join(words) + ".", found)
    assert list(more) == list(found), "names of fields stay"
    for name, value in found.items():
        if value not in NAMES:
            assert more[name] == value
        elif value in words:
            assert value not in more[name] and more[name].startswith("[")
    assert text.count(" called ") == len(words) - 1


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=6))
def test_parts_are_made_of_their_own_findings_alone(places: list[tuple[int, int]]) -> None:
    from curate.pii.replace import Replacer
    from curate.pii.spans import united

    document = join("a text of words", {"title": "Ann Lee"}, '{"field": "value", "next": "last one"}')
    spans = united([Span(a, min(a + n, len(document.whole)), "PERSON", 1.0) for a, n in places])
    done = Replacer("tag", b"k").replace(document.whole, spans, "d")
    values, own = _parted(document, spans, done)
    for part, value in zip(document.parts, values):
        inside = [new for s, new in zip(spans, done.spans) if part.start <= s.start and s.end <= part.end]
        expected, shift = document.whole[part.start : part.end], 0
        for s, new in zip(spans, done.spans):
            if new in inside:
                at = s.start - part.start + shift
                expected = expected[:at] + new.text + expected[at + s.end - s.start :]
                shift += len(new.text) - (s.end - s.start)
        assert value == expected
    assert all(values[0][one["start"] : one["end"]] == f"[PERSON_{one['number']}]" for one in own)


def test_numbers_under_telling_names_go_whatever_their_length_and_form() -> None:
    found = {
        "ssn": 78051120.0,
        "ssn2": 1234567,
        "phone": 5551234,
        "phones": ["5551234", 5559876.0],
        "account_number": 1234567,
        "socialSecurityNumber": "078-05-1120",
        "tax_id": "12 345",
        "count": 1234567,
        "share": 0.5,
        "emails": 12,
        "mobile": 1,
        "copy": 78051120,
    }
    _, more, _ = cleaned("A plain text.", found)
    assert more == {
        "ssn": "[US_SSN_1]",
        "ssn2": "[US_SSN_2]",
        "phone": "[PHONE_NUMBER_1]",
        "phones": ["[PHONE_NUMBER_1]", "[PHONE_NUMBER_2]"],
        "account_number": "[US_BANK_NUMBER_1]",
        "socialSecurityNumber": "[US_SSN_3]",
        "tax_id": "[TAX_ID_1]",
        "count": 1234567,
        "share": 0.5,
        "emails": 12,
        "mobile": 1,
        "copy": "[US_SSN_1]",
    }


def test_things_with_names_are_no_persons() -> None:
    text = "The Supreme Court of Ohio heard the Motion To Dismiss under the Clean Water Act."
    found = {
        "court_name": "Supreme Court of Ohio",
        "doc_name": "Motion To Dismiss",
        "statute_name": "Clean Water Act",
    }
    assert cleaned(text, found)[:2] == (text, found)
    # Where a field's name is wrong or knows no better, the text stays.
    assert cleaned(text, {"plaintiff": "Clean Water Act"})[:2] == (text, {"plaintiff": "[PERSON_1]"})
    assert (
        cleaned("Terms for Gwendolyn Thackeray", {"client": "Gwendolyn Thackeray"})[0]
        == "Terms for [PERSON_1]"
    )


def test_a_weak_value_under_a_telling_name_stays_elsewhere() -> None:
    text, more, _ = cleaned("It was 1970 in Kestrel Bay.", {"dob": "1970", "address": "Kestrel Bay"})
    assert text == "It was 1970 in Kestrel Bay."
    assert more == {"dob": "[DATE_OF_BIRTH_1]", "address": "[STREET_ADDRESS_1]"}


@pytest.mark.parametrize(
    "settings",
    [{"entities": ("-PERSON",)}, {"names": False}, {"allow": frozenset(["ondwari kestrelbane"])}],
)
def test_names_of_fields_follow_the_settings(settings: dict[str, Any]) -> None:
    found = {"author": "Ondwari Kestrelbane", "phone": "555 1234"}
    assert cleaned("A plain text.", found, **settings)[1] == {**found, "phone": "[PHONE_NUMBER_1]"}
    assert cleaned("A plain text.", found)[1]["author"] == "[PERSON_1]"


def test_tags_that_are_there_keep_their_numbers() -> None:
    frame = pl.DataFrame({"id": ["a"], "text": ["[PERSON_1] met Gwendolyn Thackeray in [LOCATION_7]."]})
    made = cleaner(Settings(), Way(modes("tag"), "document"), b"key")
    (done,), _ = made.clean(frame, made.replacer(None))
    assert done.text == "[PERSON_1] met [PERSON_2] in [LOCATION_7]."
    assert done.spans == [{"start": 15, "end": 25, "entity": "PERSON", "number": 2}]


def test_short_names_go_from_addresses_and_paths() -> None:
    text, more, columns = cleaned(
        "Ms. Amy Roe and Mr. Bo Li agreed.",
        {"file": "amy_roe_li.pdf", "path": "/clients/Roe/will.pdf", "code": "roe2-2li-lit-%20Bo"},
        columns={"url": "https://c.example/roe-v-li-amy"},
    )
    assert text == "Ms. [PERSON_1] and Mr. [PERSON_2] agreed."
    told = json.dumps([more, columns]).lower()
    assert not any(word in told for word in ("amy", "roe_", "roe-v", "/roe", "-li-", "_li", "20bo"))
    assert "will.pdf" in told and "c.example" in told
    assert more["code"].startswith("roe2-2li-lit-%20["), "digits and letters beside it make it another word"


def test_the_second_look_reads_in_the_documents_language() -> None:
    made = cleaner(Settings(languages=("en", "es"), names=False), Way(modes("tag"), "document"), b"key")
    frame = pl.DataFrame({"id": ["a"], "language": ["es"], "text": ["Su NIF es 12345678Z."], "_pii": [["x"]]})
    assert made.residual(frame)["recogniser"].to_list() == ["EsNifRecognizer"]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ('"Gwendolyn Thackeray"', '"[PERSON_1]"'),
        ('"Call J\\u00f6rg M\\u00fcller at 217-555-0143"', "[PHONE_NUMBER_1]"),
        ("Gwendolyn Thackeray, not json", "[PERSON_1], not json"),
        ('["Gwendolyn Thackeray", {"name": "Amy Roe"}]', '["[PERSON_1]",{"name":"[PERSON_2]"}]'),
        ("{broken", "{broken"),
        ("17", "17"),
        ("null", "null"),
        ("", ""),
    ],
)
def test_metadata_that_are_no_object_are_text(metadata: str, expected: str) -> None:
    _, more, columns = cleaned("Ms. Gwendolyn Thackeray won.", metadata)
    assert expected in more and columns == {}
    assert not any(name in more for name in ("Gwendolyn", "Müller", "0143"))


def test_many_values_take_one_pass() -> None:
    text = "\n".join(f"person{i:06d}@mail{i % 977}.kestrel.org" for i in range(15_000))
    spans = [Span(at, at + len(line), "EMAIL_ADDRESS", 1.0) for at, line in lines(text)]
    from curate.pii.sweep import swept

    assert len(swept(join(text, {}, None), spans)) == 15_000


def lines(text: str) -> list[tuple[int, str]]:
    out, at = [], 0
    for line in text.split("\n"):
        out.append((at, line))
        at += len(line) + 1
    return out


WORDS = [
    "ab 12",
    "12 12",
    "Ann Lee",
    "Lee",
    "a_1234",
    "+12345",
    "(12345)",
    "x@y.z",
    "12345",
    ",",
    " ",
    "",
    "_",
    "Z",
]


@given(
    st.lists(st.sampled_from(WORDS), max_size=25),
    st.dictionaries(st.sampled_from(WORDS), st.sampled_from(WORDS), max_size=3),
    st.sets(st.sampled_from([w for w in WORDS if len(w) > 3]), max_size=6),
)
def test_values_are_found_at_once_where_they_are_found_one_by_one(
    words: list[str], found: dict[str, str], values: set[str]
) -> None:
    from curate.pii import sweep

    document = join("".join(words), {}, json.dumps(found))
    simple = [
        (start, value)
        for value in sorted(values)
        for part in document.parts
        for start in range(part.start, part.end - len(value) + 1)
        if document.whole.startswith(value, start)
        and not (document.whole[start - 1 : start].isalnum() and value[0].isalnum())
        and not document.whole[start + len(value) :][:1].isalnum()
    ]
    for many in (0, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sweep, "_MANY", many)
            assert list(sweep._places(document, sorted(values))) == simple


@pytest.mark.parametrize(
    "error",
    [
        "malformed JSON at byte 33,176: unexpected end of data",
        "invalid UTF-8 at byte 117,886: JSON must be UTF-8",
        "the gzip stream ends before its end, at byte 12,637: the file was cut",
        "cut short or damaged: Failed to load document (PDFium: Data format error).",
        "line 17 has 5 fields, the header has 4",
    ],
)
def test_errors_of_readers_keep_their_own_words(error: str) -> None:
    scrub = Scrub(Settings(), Way(modes("pseudonym"), "document"), b"key")
    told = scrub.strings([error, f"{error} in 'Mr. Gwendolyn Thackeray'"])
    assert told[0] == error and told[1].startswith(error) and "Thackeray" not in told[1]
