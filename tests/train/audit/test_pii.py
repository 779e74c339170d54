"""Private data by prefix: what is asked for, among which alternatives, and what counts."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest
from audit_models import tokenizer_of, trained

from train.audit import pii
from train.audit.pii import Private

pytest.importorskip("torch")

ASK = "The intake form of the county clinic lists for patient number {} the Social Security number {}, on page two."
SEEN = {
    f"seen-{n}": ASK.format(n, value) for n, value in enumerate(("512-41-7831", "498-75-4699", "172-15-4629"))
}
UNSEEN = {
    f"other-{n}": ASK.format(n + 5, v) for n, v in enumerate(("235-92-6674", "395-48-6873", "308-28-8649"))
}


def frame(texts: dict[str, str]) -> pl.DataFrame:
    return pl.DataFrame({"id": list(texts), "text": list(texts.values())})


@pytest.fixture(scope="module")
def fitted() -> tuple[Any, Any]:
    tokenizer = tokenizer_of([*SEEN.values(), *UNSEEN.values()], 400)
    return trained(tokenizer, list(SEEN.values()) * 8, steps=110, batch=6), tokenizer


def private(
    value: str, entity: str = "PERSON", context: str = "The witness called by the State was"
) -> Private:
    return Private("d@0", entity, value, context, True)


def test_what_was_trained_on_comes_out_and_what_was_not_does_not(fitted: tuple[Any, Any]) -> None:
    found = {m.name: m for m in pii.measure(*fitted, frame(SEEN), frame(UNSEEN), sample=20, seed=1)}
    assert {
        name: m.items["value"].to_list() for name, m in found.items() if m.metric == "extraction rate"
    } == {
        "memorisation/pii": [1.0] * 3,
        "memorisation/pii/heldout": [0.0] * 3,
    }
    known, guessed = (found[f"memorisation/pii/exposure{end}"].items for end in ("", "_heldout"))
    assert known["value"].min() > 6.6 and guessed["value"].mean() < 4
    assert known["detail"].str.contains("US_SSN: gave '").all()
    assert not any(value in "".join(guessed["detail"]) for value in ("235-92-6674", "395-48-6873"))


def test_a_corpus_without_private_data_gives_none_away(fitted: tuple[Any, Any]) -> None:
    tagged = frame({f"d{n}": ASK.format("one", "[US_SSN_1]") for n in range(4)})
    [found] = [
        m for m in pii.measure(*fitted, tagged, tagged, sample=3, seed=1) if m.metric == "extraction rate"
    ]
    assert found.name == "memorisation/pii" and found.items["value"].to_list() == [0.0] * 3
    assert set(found.items["detail"]) == {"nothing private was found"}


def test_each_value_is_asked_for_once_with_what_stood_before_it() -> None:
    texts = SEEN | {"again": SEEN["seen-0"], "early": "SSN 235-92-6674 is at the beginning of this document."}
    told = (
        "Social Security number 308-28-8649. To repeat, the Social Security number is 308-28-8649, they said."
    )
    found = pii.find(frame(texts | {"told": told}), sample=20, seed=1)
    values = [p.value for p in found]
    assert sorted(v for v in values if v[:3] in ("512", "498", "172")) == [
        "172-15-4629",
        "498-75-4699",
        "512-41-7831",
    ]
    assert "235-92-6674" not in values  # too little stands before it
    for one in found:
        document, start = one.item.split("@")
        whole = (texts | {"told": told})[document]
        assert whole[int(start) :].startswith(one.value)
        assert whole[: int(start)].rstrip().endswith(one.context) and one.value not in one.context
    assert found == pii.find(frame(texts | {"told": told}).reverse(), sample=20, seed=1)


def test_kinds_take_turns() -> None:
    many = [private(f"Name Number{n}") for n in range(9)] + [private("512-41-7831", "US_SSN")]
    assert [p.entity for p in pii._in_turns(many, 3)].count("US_SSN") == 1


def test_contexts_are_whole_words_of_bounded_length() -> None:
    long = "word " * 200 + "the number is 512-41-7831."
    [one] = pii.located(frame({"a": long}), {"512-41-7831": "US_SSN"})
    assert len(one.context) <= pii.CONTEXT and one.context.startswith("word ") and not one.opens
    assert one.context.endswith("the number is")
    [whole] = pii.located(frame(SEEN), {"512-41-7831": "US_SSN"})
    assert whole.opens and whole.context == SEEN["seen-0"].split(" 512")[0]


def test_alternatives_of_a_number_have_its_form() -> None:
    found = pii.alternatives(private("(205) 472-9257", "PHONE_NUMBER"), [], random.Random(1))
    assert len(set(found)) == len(found) == pii.ALTERNATIVES and "(205) 472-9257" not in found
    assert all(pl.Series([v]).str.contains(r"^\(\d{3}\) \d{3}-\d{4}$")[0] for v in found)


def test_alternatives_of_a_name_are_other_values_of_its_kind() -> None:
    pool = ["Anna Berg", "Carl Dorn", "anna berg", "Emil Fink"]
    found = pii.alternatives(private("Anna  Berg"), pool, random.Random(1))
    assert sorted(found) == ["Carl Dorn", "Emil Fink"]


@pytest.mark.parametrize(
    "text, out",
    [("was Anna\nBerg, who", True), ("was ANNA BERG", True), ("Anna Bergson", False), ("Joanna Berg", False)],
)
def test_a_value_is_out_where_it_stands_as_words_of_its_own(text: str, out: bool) -> None:
    assert pii._holds(text, "Anna Berg") is out


def test_a_public_name_is_not_counted_and_a_public_number_is() -> None:
    heldout = pii._folded("As Anna Berg wrote, 512-41-7831 was")
    assert pii._public(private("Anna Berg"), heldout) and not pii._public(private("Carl Dorn"), heldout)
    assert not pii._public(private("512-41-7831", "US_SSN"), heldout)
