"""Numbers in digits and in words: "1,500,000", "1.5 million", "one and a half"… as decimals.

A number within a word ("10b", "A4") is none. Of spelt numbers English is known; the decimal mark is a point.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_TENTHS = "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth".split()

_VALUES = (
    {word: n for n, word in enumerate(_ONES)}
    | {word: 10 * n for n, word in enumerate(_TENS, 2)}
    | {word: n for n, word in enumerate(_ORDINALS)}
    | {word: 10 * n for n, word in enumerate(_TENTHS, 2)}
)
_LAST = {*_ORDINALS, *_TENTHS}
_WORD = "|".join(sorted([*_VALUES, *_SCALES], key=len, reverse=True))
_SPELT = re.compile(rf"\b(?:{_WORD})\b(?:(?:[\s-]+(?:and[\s-]+)?)(?:{_WORD})\b)*", re.I)
_WORDS = re.compile(r"[a-z]+")
_SCALE = r"(?:\s*-?\s*(hundred|thousand|million|billion|trillion)\b)"
#: A decimal point needs a digit behind it, a comma three: "in 2020, 300 shares" are two numbers.
DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d])|\d+(?:\.\d+)?"
_NUMERAL = re.compile(rf"(?<![\w.,])(?<!\w-)({DIGITS})(?:(?:st|nd|rd|th)\b|{_SCALE})?(?![A-Za-z\d])", re.I)


class Number(NamedTuple):
    """A number at the characters [start, end); `spelt` in words, which may be `ordinal` ("third")."""

    start: int
    end: int
    value: Decimal
    spelt: bool
    ordinal: bool


def find(text: str) -> Iterator[Number]:
    """Every number of a text, those in digits first."""
    ends = set()
    for hit in _NUMERAL.finditer(text):
        ends.add(hit.end())
        yield Number(hit.start(), hit.end(), valued(hit[1], hit[2]), False, False)
    for hit in _SPELT.finditer(text):
        for start, end, value, ordinal in _spelt(hit):
            if end not in ends:  # the "million" of "1.5 million"
                yield Number(start, end, value, True, ordinal)


def found(text: str) -> set[Decimal]:
    """The values of all numbers in a text."""
    return {number.value for number in find(text)}


def valued(digits: str, scale: str | None) -> Decimal:
    """ "1,500.50" as a number, times "million"."""
    return (Decimal(digits.replace(",", "")) * (_SCALES[scale.lower()] if scale else 1)).normalize()


def _spelt(hit: re.Match[str]) -> Iterator[tuple[int, int, Decimal, bool]]:
    """The numbers that a run of number words is ("twenty five", and "one two" is two of them)."""
    words = [(w.start(), w.end(), w[0]) for w in _WORDS.finditer(hit[0].lower()) if w[0] != "and"]
    at = 0
    while at < len(words):
        value, end, ordinal = _value([w for _, _, w in words[at:]])
        start, stop = words[at][0], words[at + end - 1][1]
        yield hit.start() + start, hit.start() + stop, Decimal(value).normalize(), ordinal
        at += end


def _value(words: list[str]) -> tuple[int, int, bool]:
    """The number at the head of `words`, how many words it has, and whether it is ordinal."""
    total = group = 0
    room = 1000  # what is added next must be below: "twenty five", but not "five twenty"
    for used, word in enumerate(words):
        if word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                group, room = max(group, 1) * 100, 100
            else:
                total, group, room = total + max(group, 1) * scale, 0, 1000
            continue
        value = _VALUES[word]
        if value >= room or (used and value == 0):
            return total + group, used, False
        group += value
        room = 10 if value >= 20 and value % 10 == 0 else 0
        if word in _LAST:
            return total + group, used + 1, True
    return total + group, len(words), False
