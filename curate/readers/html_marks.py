"""The marks that a browser shows before the items of a numbered list."""

from __future__ import annotations

from typing import Any


def first_number(element: Any) -> int:
    """The number that an <ol> begins with."""
    start = element.get("start") or ""
    return int(start) if start.isdecimal() else 1


def numeral(number: int, style: str) -> str:
    """`number` as the `type` of an <ol> writes it: 1, a, A, i or I."""
    if style in ("a", "A") and 1 <= number <= 702:
        tens, ones = divmod(number - 1, 26)
        letters = (chr(96 + tens) if tens else "") + chr(97 + ones)
        return letters.upper() if style == "A" else letters
    if style in ("i", "I") and 1 <= number < 400:
        return _roman(number).upper() if style == "I" else _roman(number)
    return str(number)


def _roman(number: int) -> str:
    steps = (
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    )
    out = ""
    for value, letters in steps:
        count, number = divmod(number, value)
        out += letters * count
    return out
