"""Answers held to their sources: every spelling of a fact passes, every change is caught."""

from __future__ import annotations

import datetime
import gzip
import json
import random
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.filters.base import Context, Rejection
from synth.filters.facts import citations, dates, money, names, numbers
from synth.filters.locating import locate
from synth.filters.support import missing, support
from synth.samples import Message, Passage, Sample, Span

REAL = Path(__file__).parents[4] / "shared" / "data" / "legal"
TEXT = (
    "This Agreement is made on January 5, 2020 between Acme Widgets, Inc. and the Securities and Exchange Commission.\n"
    "The fee is $1.5 million, with interest of ten percent (10%), and is due within thirty (30) days under Section "
    "3.2(a). See 12 U.S.C. § 1841 and Brown v. Board, 347 U.S. 483."
)


def sample(answer: str, *spans: Span, **more) -> Sample:
    return Sample("t", "k", (Message("user", "What?"),), answer, evidence=spans, **more)


# facts


@pytest.mark.parametrize(
    "text, values",
    [
        ("1,500,000 and 1.5 million", [1500000, 1500000]),
        ("thirty (30) days", [30, 30]),
        ("twenty-five", [25]),
        ("one hundred and five", [105]),
        ("two thousand twenty", [2020]),
        ("three million two hundred thousand", [3200000]),
        ("the 21st day, twenty-first", [21, 21]),
        ("one two three", [1, 2, 3]),
        ("in 2020, 300 shares", [2020, 300]),
        ("Form 10b, A4, x-5", []),
        ("someone often weighs", []),
    ],
)
def test_numbers_in_digits_and_words(text, values):
    assert sorted(n.value for n in numbers.find(text)) == sorted(map(Decimal, values))


def spelt(n: int) -> str:
    """A number below a million in English words."""
    ones, tens = numbers._ONES, numbers._TENS
    if n < 20:
        return ones[n]
    if n < 100:
        return tens[n // 10 - 2] + (f"-{ones[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{ones[n // 100]} hundred" + (f" and {spelt(n % 100)}" if n % 100 else "")
    return f"{spelt(n // 1000)} thousand" + (f" {spelt(n % 1000)}" if n % 1000 else "")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999_999))
def test_a_spelt_number_is_read(n):
    assert [found.value for found in numbers.find(f"exactly {spelt(n)} shares")] == [n]
    assert missing(f"There are {n:,} shares.", [f"There are {spelt(n)} shares."]) == []
    assert missing(f"There are {spelt(n)} shares.", [f"There are {n} shares."]) == []


def spellings(day: datetime.date) -> list[str]:
    ordinal = {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10 if day.day // 10 != 1 else 0, "th")
    month = f"{day:%B}"
    return [
        f"{month} {day.day}, {day.year}", f"{day.day} {month} {day.year}", f"{day:%b}. {day.day}, {day.year}",
        f"{day.day} {day:%b} {day.year}", f"{day:%Y-%m-%d}", f"{day:%m/%d/%Y}", f"{day:%d.%m.%Y}",
        f"{month} {day.day}{ordinal}, {day.year}", f"the {day.day}{ordinal} day of {month}, {day.year}",
        f"{month.upper()} {day.day}, {day.year}", f"{day.month}/{day.day}/{day:%y}",
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.dates(datetime.date(1951, 1, 1), datetime.date(2049, 12, 31)))
def test_a_date_is_the_same_in_every_spelling(day):
    every = spellings(day)
    for source in every:
        for told in every:
            assert missing(f"It was signed on {told}.", [f"Signed on {source} by all."]) == []
    later = day + datetime.timedelta(days=40)  # another month, so that no order of month and day is meant
    assert missing(
        f"It was signed on {later:%B} {later.day}, {later.year}.",
        [f"Signed on {day:%B} {day.day}, {day.year}."],
    )


def test_a_date_may_be_less_precise_but_not_more():
    assert missing("In January 2020.", ["On January 5, 2020."]) == []
    assert missing("In 2020.", ["On January 5, 2020."]) == []
    assert missing("On January 5, 2020.", ["In January 2020."]) == [
        {"fact": "date", "text": "January 5, 2020"}
    ]
    assert list(dates.find("It may 5 times; section 3.2.1; 99/99/2020")) == []
    assert next(dates.find("the twenty-first day of May, 1999")).readings == {(1999, 5, 21)}


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 999), st.sampled_from(["thousand", "million", "billion"]))
def test_a_sum_is_the_same_in_every_spelling(n, scale):
    full = n * {"thousand": 10**3, "million": 10**6, "billion": 10**9}[scale]
    every = [
        f"${n} {scale}",
        f"${full:,}",
        f"USD {full}",
        f"{full:,} dollars",
        f"US${full:,}.00",
        f"{n} {scale} dollars",
    ]
    for source in every:
        for told in every:
            assert missing(f"It costs {told}.", [f"Price: {source}."]) == []
        assert missing(f"It costs ${full + 1:,}.", [f"Price: {source}."])
        assert missing(f"It costs €{full:,}.", [f"Price: {source}."])


def test_sums_and_percentages():
    found = [
        (a.unit, a.value)
        for a in money.find("€2.50, ten percent (10%), 7 per cent, £3bn, five hundred dollars")
    ]
    assert sorted(found) == sorted(
        [("EUR", Decimal("2.5")), ("%", 10), ("%", 10), ("%", 7), ("GBP", 3 * 10**9), ("USD", 500)]
    )
    assert missing("It is $500.", ["Amounts in dollars\nRent 500"]) == []
    assert missing("It is $500.", ["Rent 500"]) == [{"fact": "amount", "text": "$500"}]


@pytest.mark.parametrize(
    "answer",
    [
        "Under Sec. 3.2(a).", "Under § 3.2(a)", "See 12 USC 1841.", "See 347 U. S. 483.", "The SEC is a party.",
        "Acme Widgets Inc. is a party.", "Acme's fee is 10 per cent.", "Payment is due in 30 days.",
        "1. The fee.\n2. The term.\n3. The rest.", "One of the parties pays first.", "BROWN v. BOARD",
    ],
)  # fmt: skip
def test_what_a_source_says_otherwise_is_supported(answer):
    assert missing(answer, [TEXT]) == []


@pytest.mark.parametrize(
    "answer, fact, text",
    [
        ("Made on January 6, 2020.", "date", "January 6, 2020"),
        ("A fee of $1.6 million.", "amount", "$1.6 million"),
        ("Due in sixty days.", "number", "sixty"),
        ("Interest of 11%.", "amount", "11%"),
        ("Under Section 3.3.", "citation", "Section 3.3"),
        ("Under Section 3.2(b).", "citation", "Section 3.2(b)"),
        ("See 347 U.S. 484.", "citation", "347 U.S. 484"),
        ("Under Section 30.", "citation", "Section 30"),
        ("It was signed by John Smith.", "name", "John Smith"),
        ("The party is Acme Gadgets, Inc.", "name", "Acme Gadgets, Inc."),
        ("The fee goes to NASA.", "name", "NASA"),
    ],
)
def test_what_no_source_says_is_missing(answer, fact, text):
    assert missing(answer, [TEXT]) == [{"fact": fact, "text": text}]


def test_facts_of_earlier_answers_count_and_those_of_bad_ones_do_not():
    context = Context(passages=(Passage("d", 0, len(TEXT), TEXT),))
    turns = (Message("user", "Who?"), Message("assistant", "It is John Smith."), Message("user", "When?"))
    verdict = support()(Sample("t", "k", turns, "In 2020."), context)
    assert verdict.detail == {"missing": [{"fact": "name", "text": "John Smith"}]}
    assert support()(sample("In 1999.", label=False), context) is None
    assert support(check=["name"])(sample("In 1999."), context) is None
    asked = Sample("t", "k", (Message("user", "Does Jane Roe pay?"),), "Yes, and Jane Roe agreed.")
    assert isinstance(support()(asked, context), Rejection) and support(prompt=True)(asked, context) is None


def test_names_and_places_of_citations():
    assert [n.words for n in names.find("Payment is due. The Tenant paid Acme Corp. in Boston.")] == [
        ("Tenant",), ("Acme",), ("Boston",)
    ]  # fmt: skip
    assert [c.label for c in citations.find("Section 3.2(a), Article IV and 12 C.F.R. § 1.5")] == [
        None,
        "3.2(a)",
        "IV",
    ]


# real documents


def paragraphs() -> list[str]:
    if not REAL.is_dir():
        pytest.skip("needs the legal sets beside the checkout")
    found = []
    for name in ("contracts_edgar", "us_federal_appellate_opinions", "ie_acts_md"):
        with gzip.open(REAL / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            texts = [json.loads(next(lines))["text"] for _ in range(40)]
        found += [p for text in texts for p in re.split(r"\n\s*\n", text) if 200 < len(p) < 3000]
    return found


def test_a_real_sentence_is_supported_by_its_own_paragraph_and_found_in_it():
    rng = random.Random(3)
    wrong = 0
    for paragraph in rng.sample(paragraphs(), 300):
        told = rng.choice([s for s in re.split(r"(?<=[.;])\s+", paragraph) if len(s) > 15])
        wrong += bool(missing(told, [paragraph]))
        found = locate(paragraph, " ".join(told.split()))
        assert found and found.how != "fuzzy"
    assert wrong <= 3  # 0 of 1,223 when measured


def test_a_changed_fact_in_a_real_sentence_is_caught():
    rng = random.Random(4)
    caught = total = 0
    for paragraph in rng.sample(paragraphs(), 800):
        told = rng.choice(re.split(r"(?<=[.;])\s+", paragraph))
        hits = list(re.finditer(r"(?<![\w.,\-\"])\d{2,6}(?![\w,.\-]\d|\w)|(?<=[a-z] )[A-Z][a-z]{3,}\b", told))
        if not hits:
            continue
        hit = rng.choice(hits)
        other = str(int(hit[0]) + 7 * rng.randint(1, 9)) if hit[0].isdigit() else "Zorblatt"
        total += 1
        caught += bool(missing(told[: hit.start()] + other + told[hit.end() :], [paragraph]))
    assert total > 200 and caught / total > 0.93
