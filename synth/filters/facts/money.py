"""Amounts of money ("$1.5 million", "USD 1,500,000", "ten dollars") and percentages ("ten percent (10%)")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from synth.filters.facts.numbers import DIGITS, valued
from synth.filters.facts.numbers import find as find_numbers

#: Spelling -> currency. A bare "$" is any dollar.
_SIGNS = {"us$": "USD", "$": "USD", "a$": "AUD", "c$": "CAD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_CODES = "usd eur gbp aud cad chf jpy inr sgd hkd nzd".split()
_NAMES = {
    "dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pound": "GBP", "pounds": "GBP",
    "pounds sterling": "GBP", "yen": "JPY", "rupees": "INR", "francs": "CHF",
}  # fmt: skip
_BEFORE = re.compile(
    rf"(?P<sign>US\$|A\$|C\$|[$€£¥₹]|\b(?:{'|'.join(_CODES)})\b\s?\$?)\s?(?P<digits>{DIGITS})"
    r"(?:\s*-?\s*(?P<scale>hundred|thousand|million|billion|trillion|mm|mn|bn|[mk])\b)?",
    re.I,
)
_AFTER = re.compile(
    rf"[\s-]*(?:\(\s*[^()]{{0,30}}\)\s*)?(?:(?:us|u\.s\.|canadian|australian)\s+)?"
    rf"(?P<unit>{'|'.join([*sorted(_NAMES, key=len, reverse=True), *_CODES])})\b",
    re.I,
)
_SHORT = {"mm": "million", "mn": "million", "m": "million", "bn": "billion", "k": "thousand"}
_PERCENT = re.compile(r"\s*(?:\(\s*\d+(?:\.\d+)?\s*%?\s*\)\s*)?-?(?:%|per\s?cent(?:um)?\b)", re.I)


class Amount(NamedTuple):
    """An amount at the characters [start, end); `unit` is a currency's code, or "%"."""

    start: int
    end: int
    unit: str
    value: Decimal


def find(text: str) -> Iterator[Amount]:
    """Every amount of money and every percentage of a text."""
    for hit in _BEFORE.finditer(text):
        sign = hit["sign"].lower().strip()
        unit = _SIGNS.get(sign) or sign.rstrip(" $").upper()
        scale = (hit["scale"] or "").lower()
        yield Amount(*hit.span(), unit, valued(hit["digits"], _SHORT.get(scale, scale) or None))
    for number in find_numbers(text):
        if after := _PERCENT.match(text, number.end):
            yield Amount(number.start, after.end(), "%", number.value)
        elif after := _AFTER.match(text, number.end):
            unit = after["unit"].lower()
            yield Amount(number.start, after.end(), _NAMES.get(unit) or unit.upper(), number.value)


def mentions(text: str, unit: str) -> bool:
    """Whether a text speaks of a currency at all, as a table's heading does."""
    lower = text.lower()
    spelt = [s for s, code in (_SIGNS | _NAMES).items() if code == unit]
    return unit.lower() in lower or any(s in lower for s in spelt)
