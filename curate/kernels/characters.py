"""What characters mean to `normalise`: tables over code points, and ftfy's pattern for mojibake as masks.

`character_table` says of a code point whether it is removed, a line break, an odd space, a ligature, a C1
control, or not settled under the normal form. `mojibake_automaton` compiles ftfy's own regular expression for
bit-parallel matching (Shift-And, Baeza-Yates & Gonnet 1992: all its alternatives are short fixed sequences of
character sets); it is read from the compiled pattern, so that it follows ftfy's version.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np

Form = Literal["NFC", "NFKC"]

# What a character is, as bits of the table.
REMOVE, BREAK, SPACE, FORM, LIGATURE, C1 = 1, 2, 4, 8, 16, 32

#: Code points from here on are only private use, tags and variation selectors: nothing here touches them.
LIMIT = 0x30000
#: ftfy's sets end within the Basic Multilingual Plane; later characters share one class.
PLANE = 0x10000
#: ftfy cuts longer lines, and could see a line begin at the cut (`TextFixerConfig.max_decode_length`).
LONG_LINE = 1_000_000

#: Controls (C0 but tab and line breaks, DEL, C1), deprecated format characters, byte-order mark, object
#: replacement, and the invisible soft hyphen, zero-width space and word joiner. Joiners and direction marks
#: stay: Persian, Indic scripts, Hebrew and emoji are misspelt without them.
REMOVED = [
    *range(0x00, 0x09),
    *range(0x0E, 0x20),
    *range(0x7F, 0x85),
    *range(0x86, 0xA0),
    *(0xAD, 0x200B, 0x2060),
    *range(0x206A, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFD),
]
#: Carriage return, form feed, vertical tab, next line, line and paragraph separator.
BREAKS = [0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029]
#: Spaces of other widths, breaking or not.
SPACES = [0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]


@lru_cache
def character_table(form: Form) -> np.ndarray:
    """uint8 bits per code point below LIMIT; FORM is UAX #15's quick check saying "no" or "maybe"."""
    from ftfy.chardata import LIGATURES

    table = np.zeros(LIMIT, np.uint8)
    table[REMOVED] |= REMOVE
    table[BREAKS] |= BREAK
    table[SPACES] |= SPACE
    table[list(LIGATURES)] |= LIGATURE
    table[0x80:0xA0] |= C1
    table[_unsettled(form)] |= FORM
    return table


def _unsettled(form: Form) -> list[int]:
    """Code points that `form` changes, reorders or may compose with what stands before them."""
    blocks = [range(0x80, 0x3400), range(0xA000, 0xAC00), range(0xD7B0, 0xD800), range(0xE000, 0x20000)]
    rare = [range(0x2F800, 0x2FA20)]  # between lie ideographs and Hangul syllables, which no form changes
    found = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}  # Hangul vowels and finals compose by arithmetic
    for code in (code for block in blocks + rare for code in block):
        char = chr(code)
        if unicodedata.combining(char) or unicodedata.normalize(form, char) != char:
            found.add(code)
        parts = unicodedata.decomposition(char).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            found.add(int(parts[1], 16))
    return sorted(found)


class Automaton(NamedTuple):
    """Alternatives of short sequences of sets, for Shift-And."""

    classes: np.ndarray  # uint8 (65537,): class of a code point, the last for all beyond the plane
    masks: np.ndarray  # uint64 (classes, words): the places whose set holds the class
    first: np.ndarray  # uint64 (words,): where alternatives begin
    last: np.ndarray  # uint64 (words,): where they end
    longest: int  # characters in the longest alternative


@lru_cache
def mojibake_automaton() -> Automaton:
    """ftfy's `BADNESS_RE`, compiled.

    Raises:
        ValueError: this version of ftfy uses a construct that is not a fixed sequence of sets.
    """
    from re import _parser  # type: ignore[attr-defined]  # the standard library's own, as `re.compile` uses it

    from ftfy.badness import BADNESS_RE

    parsed = _parser.parse(BADNESS_RE.pattern, BADNESS_RE.flags)
    branches = parsed[0][1][1] if str(parsed[0][0]) == "BRANCH" else [parsed]
    sequences = [sequence for branch in branches for sequence in _sequences(list(branch))]
    words = _pack([len(sequence) for sequence in sequences])
    masks = np.zeros((PLANE + 1, words[-1][0] + 1), np.uint64)
    first, last = np.zeros(masks.shape[1], np.uint64), np.zeros(masks.shape[1], np.uint64)
    for sequence, (word, bit) in zip(sequences, words):
        first[word] |= np.uint64(1 << bit)
        last[word] |= np.uint64(1 << (bit + len(sequence) - 1))
        for place, members in enumerate(sequence):
            masks[members, word] |= np.uint64(1 << (bit + place))
    distinct, classes = np.unique(masks, axis=0, return_inverse=True)
    assert len(distinct) < 256, "ftfy's sets need more classes than fit a byte"
    return Automaton(classes.reshape(-1).astype(np.uint8), distinct, first, last, max(map(len, sequences)))


def _pack(lengths: list[int]) -> list[tuple[int, int]]:
    """Places (word, first bit) such that no sequence crosses a 64-bit word."""
    places, word, bit = [], 0, 0
    for length in lengths:
        if bit + length > 64:
            word, bit = word + 1, 0
        places.append((word, bit))
        bit += length
    return places


def _sequences(items: list[Any]) -> list[list[np.ndarray]]:
    """A parsed alternative as sequences of sets; an optional item makes two."""
    if not items:
        return [[]]
    (op, value), rest = items[0], _sequences(items[1:])
    if str(op) == "MAX_REPEAT" and value[:2] == (0, 1):
        inner = _members(*value[2][0])
        return rest + [[inner, *sequence] for sequence in rest]
    if str(op) == "AT" and str(value) == "AT_BEGINNING":  # a line's beginning is what follows a line break
        return [[_members("LITERAL", 10), *sequence] for sequence in rest]
    return [[_members(op, value), *sequence] for sequence in rest]


def _members(op: Any, value: Any) -> np.ndarray:
    """Which code points (bool, shape (65537,)) an item of a parsed pattern matches."""
    found = np.zeros(PLANE + 1, bool)
    if str(op) == "LITERAL":
        found[value] = True
    elif str(op) == "RANGE":
        found[value[0] : value[1] + 1] = True
    elif str(op) == "ANY":
        found[:] = True
    elif str(op) == "CATEGORY" and str(value) in _CATEGORIES:
        test = _CATEGORIES[str(value)]
        found[:PLANE] = [test(chr(code)) for code in range(PLANE)]
        found[PLANE] = True
    elif str(op) == "IN":
        negate = str(value[0][0]) == "NEGATE"
        for part in value[1:] if negate else value:
            found |= _members(*part)
        found = ~found if negate else found
    else:
        raise ValueError(f"ftfy's pattern holds {op} {value}, which cannot be compiled: install ftfy 6.3")
    return found


_CATEGORIES = {
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda char: char.isalnum() or char == "_",
    "CATEGORY_DIGIT": str.isdecimal,
}
