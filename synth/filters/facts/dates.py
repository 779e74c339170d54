"""Dates in any usual spelling, as readings of (year, month, day), each part None where it is not told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from synth.filters.facts import numbers

_MONTHS = {
    name: n
    for n, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ), 1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:\s?(?:st|nd|rd|th))?"
_YEAR = r"(?P<year>(?:1[5-9]|2[01])\d\d)(?!\d)"
_SPELT_DAY = r"(?P<spelt>(?:twenty|thirty)?[\s-]?[a-z]+(?:st|nd|rd|th))"
_THIS = r"(?:\s+day)?(?:\s+of)?,?\s+"
_FORMS = [
    re.compile(form, re.I)
    for form in (
        rf"(?<![\d\w]){_YEAR}[-/.](?P<number>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?![\d\w])",
        rf"(?<![\w.]){_DAY}{_THIS}{_MONTH}(?:,?\s+(?:of\s+)?{_YEAR})?",
        rf"\b{_SPELT_DAY}{_THIS}{_MONTH}(?:,?\s+(?:of\s+)?{_YEAR})?",
        rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}(?![\d\w])(?:,?\s+(?:of\s+)?{_YEAR})?",
        rf"\b{_MONTH}\s+(?:the\s+)?{_SPELT_DAY}\b(?:,?\s+(?:of\s+)?{_YEAR})?",
        rf"\b{_MONTH},?\s+(?:of\s+)?{_YEAR}",
    )
]
#: "01/05/2020", "5.1.20", "1-5-2020": day and month in either order.
_SLASHED = re.compile(r"(?<![\d\w./-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\d\w]|[/.-]\d)")

Reading = tuple[int | None, int | None, int | None]


class Date(NamedTuple):
    """A date at the characters [start, end), as what it may mean."""

    start: int
    end: int
    readings: frozenset[Reading]


def find(text: str) -> Iterator[Date]:
    """Every date of a text, none overlapping another."""
    taken: list[tuple[int, int]] = []
    for form in _FORMS:
        for hit in form.finditer(text):
            reading = _read(hit)
            if reading and not any(hit.start() < end and start < hit.end() for start, end in taken):
                taken.append(hit.span())
                yield Date(*hit.span(), frozenset([reading]))
    for hit in _SLASHED.finditer(text):
        first, second = int(hit[1]), int(hit[3])
        years = [int(hit[4])] if len(hit[4]) == 4 else [1900 + int(hit[4]), 2000 + int(hit[4])]
        pairs = [(m, d) for m, d in ((first, second), (second, first)) if 1 <= m <= 12 and 1 <= d <= 31]
        if pairs and not any(hit.start() < end and start < hit.end() for start, end in taken):
            yield Date(*hit.span(), frozenset((year, m, d) for year in years for m, d in pairs))


def supports(given: Reading, claimed: Reading) -> bool:
    """Whether a source's date tells all that is claimed ("January 2020" follows from "5 January 2020")."""
    return all(c is None or c == g for g, c in zip(given, claimed))


def _read(hit: re.Match[str]) -> Reading | None:
    found = hit.groupdict()
    if found.get("month") == "may":  # "it may 30 days later"
        return None
    year = int(found["year"]) if found.get("year") else None
    month = _MONTHS[found["month"].lower()] if found.get("month") else int(found.get("number") or 0)
    day = int(found["day"]) if found.get("day") else None
    if found.get("spelt"):
        spelt = [n.value for n in numbers.find(found["spelt"]) if n.ordinal]
        if not spelt:
            return None
        day = int(spelt[-1])
    plausible = 1 <= month <= 12 and (day is None or 1 <= day <= 31)
    return (year, month, day) if plausible else None
