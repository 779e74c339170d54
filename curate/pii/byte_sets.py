"""Sets of a regular expression as sets of projected bytes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from curate.pii.projection import OTHER, WORD, preimages

_BEYOND = {"category_word", "category_not_space", "category_not_digit"}
_CATEGORIES = {
    "category_digit": r"\d", "category_not_digit": r"\D", "category_space": r"\s", "category_not_space": r"\S",
    "category_word": r"\w", "category_not_word": r"\W",
}  # fmt: skip


class Unanalysable(Exception):
    """An expression of which nothing can be said for sure; the message says why."""


@lru_cache(maxsize=4096)
def byte_set(items: tuple[tuple[str, Any], ...], flags: int) -> frozenset[int]:
    """The bytes of the characters that a set may match (no items: any character)."""
    import regex

    names = ((re.I, regex.I), (re.S, regex.S), (re.A, regex.A))
    theirs = sum(int(flag) for ours, flag in names if flags & ours)
    known = preimages()
    tried = "".join(map(chr, range(128))) + known.all
    stand_ins = dict.fromkeys(known.digits, "0") | dict.fromkeys(known.spaces, " ") | known.letters
    found = regex.findall(_as_set(items), tried, theirs)
    out = {ord(stand_ins.get(char, char).lower()) if ord(char) > 127 else ord(char) for char in found}
    names_of = {v for op, v in items if op == "category"}
    far = any(
        (op == "range" and v[1] > 127) or (op in ("literal", "not_literal") and v > 127) for op, v in items
    )
    negated = not items or items[0][0] in ("negate", "not_literal")
    if far or negated or names_of & _BEYOND or (flags & re.A and "category_not_word" in names_of):
        out.add(WORD)
    if far or negated or names_of & (_BEYOND | {"category_not_word"}) - {"category_word"}:
        out.add(OTHER)
    return frozenset(out)


def _as_set(items: tuple[tuple[str, Any], ...]) -> str:
    if not items:
        return "."
    out = []
    for op, value in items:
        if op in ("literal", "not_literal"):
            out.append(("^" if op == "not_literal" else "") + f"\\U{value:08x}")
        elif op == "range":
            out.append(f"\\U{value[0]:08x}-\\U{value[1]:08x}")
        elif op == "category":
            if value not in _CATEGORIES:
                raise Unanalysable(f"{value} is not known")
            out.append(_CATEGORIES[value])
        elif op == "negate":
            out.append("^")
        else:
            raise Unanalysable(f"{op} in a set is not known")
    return "[" + "".join(out) + "]"


def as_class(found: frozenset[int], caseless: bool) -> str:
    """A class of bytes in the syntax that `re` and Hyperscan share."""
    if caseless:
        found = frozenset(byte for byte in found if not 65 <= byte <= 90)
    ranges: list[list[int]] = []
    for byte in sorted(found):
        if ranges and byte == ranges[-1][1] + 1:
            ranges[-1][1] = byte
        else:
            ranges.append([byte, byte])
    told = "".join(_as_byte(a) if a == b else f"{_as_byte(a)}-{_as_byte(b)}" for a, b in ranges)
    return told if len(found) == 1 else f"[{told}]"


def _as_byte(byte: int) -> str:
    return chr(byte) if chr(byte).isalnum() else f"\\x{byte:02x}"


def both_cases(found: frozenset[int]) -> bool:
    """Whether `found` has every letter in both cases or in none."""
    letters = {byte | 32 for byte in found if chr(byte).isalpha()}
    return all(byte in found and byte - 32 in found for byte in letters)
