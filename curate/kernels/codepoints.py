"""What a character is to words, sentences and lines, as tables over code points; and reading one from UTF-8.

The tables come from `unicodedata`, so a newer Python knows newer characters. A kernel takes them as arguments:
as globals they would be copied into its compiled code. What numba caches of a kernel follows the file of the kernel
alone: whoever changes `decode` or a number below must touch the files that import them.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

# The kind of a character: the low three bits of its class. Words begin with the last three.
OTHER, SPACE, EXTEND, IDEOGRAPH, LETTER, DIGIT = range(6)
KIND = 7
# What else it is.
JOINS_LETTERS, JOINS_DIGITS, TERMINAL, BREAK, ANCHOR = 8, 16, 32, 64, 128

#: Scripts written without spaces between words; each of their letters is a word of its own.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),  # Katakana extensions
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x20000, 0x323AF),  # Han, supplementary planes
)
#: Unicode's property Sentence_Terminal, which `unicodedata` lacks.
_TERMINALS = (
    "21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E 1735-1736 "
    "17D4-17D6 17D9-17DA 1803 1809 1944-1945 1AA8-1AAB 1B4E-1B4F 1B5A-1B5B 1B5E-1B5F 1B7D-1B7F 1C3B-1C3C "
    "1C7E-1C7F 2024 203C-203D 2047-2049 2CF9-2CFB 2E2E 2E3C 2E53-2E54 2E60-2E61 3002 A4FF A60E-A60F A6F3 A6F7 "
    "A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE12 FE15-FE16 FE52 FE56-FE57 FF01 FF0E FF1F "
    "FF61 10A56-10A57 10F55-10F59 10F86-10F89 11047-11048 110BE-110C1 11141-11143 111C5-111C6 111CD "
    "111DE-111DF 11238-11239 1123B-1123C 112A9 113D4-113D5 1144B-1144C 115C2-115C3 115C9-115D7 11641-11642 "
    "1173C-1173E 11944 11946 11A42-11A43 11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44 16A6E-16A6F 16AF5 "
    "16B37-16B38 16B44 16D6E-16D6F 16E98 1BC9F 1DA88"
)
_CODE_POINTS = sys.maxunicode + 1
_ASSIGNED = (range(0x32400), range(0xE0000, 0xE0200))  # beyond lie private use and nothing


@lru_cache(maxsize=1)
def classes() -> NDArray[np.uint8]:
    """The class of every code point: its kind, and flags above it.

    A letter is what `str.isalpha` calls one, a space what `str.isspace` does, a break what `str.splitlines`
    splits at; digits are all numbers (N*), extending characters are marks and format characters (M*, Cf).
    """
    table = np.zeros(_CODE_POINTS, np.uint8)
    kinds = {"L": LETTER, "N": DIGIT, "M": EXTEND}
    for points in _ASSIGNED:
        for point in points:
            char = chr(point)
            category = unicodedata.category(char)
            kind = EXTEND if category == "Cf" else kinds.get(category[0], OTHER)
            table[point] = SPACE if char.isspace() else kind
    for first, last in _UNSPACED:
        window = table[first : last + 1]
        window[window == LETTER] = IDEOGRAPH
    _flag(table, "'’._", JOINS_LETTERS)  # UAX #29: MidNumLet, Single_Quote, ExtendNumLet
    _flag(table, "'’.,_", JOINS_DIGITS)
    _flag(table, "\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029", BREAK)
    _flag(table, "jkfvpJKFVP", ANCHOR)
    _flag(table, "".join(map(chr, _points(_TERMINALS))), TERMINAL)
    return table


@lru_cache(maxsize=1)
def folded() -> NDArray[np.uint32]:
    """For every code point the one that stands for it when case is ignored (and the straight apostrophe for ’).

    A letter whose fold is several letters ("ß") stands for itself.
    """
    table = np.arange(_CODE_POINTS, dtype=np.uint32)
    for point in range(0x1F000):  # no cased letters above
        char = chr(point)
        fold = char.casefold() if len(char.casefold()) == 1 else char.lower()
        if len(fold) == 1:
            table[point] = ord(fold)
    table[ord("’")] = ord("'")
    return table


@njit(cache=True, nogil=True, inline="always")
def decode(data: Any, i: Any) -> Any:
    """The code point that begins at byte `i` of valid UTF-8, and its length in bytes."""
    b = np.int64(data[i])
    if b < 0x80:
        return b, 1
    if b < 0xE0:
        return ((b & 0x1F) << 6) | (data[i + 1] & 0x3F), 2
    if b < 0xF0:
        return ((b & 0x0F) << 12) | (np.int64(data[i + 1] & 0x3F) << 6) | (data[i + 2] & 0x3F), 3
    high = ((b & 0x07) << 18) | (np.int64(data[i + 1] & 0x3F) << 12)
    return high | (np.int64(data[i + 2] & 0x3F) << 6) | (data[i + 3] & 0x3F), 4


def _flag(table: NDArray[np.uint8], chars: str, flag: int) -> None:
    for char in chars:
        table[ord(char)] |= flag


def _points(ranges: str) -> list[int]:
    pairs = [entry.partition("-") for entry in ranges.split()]
    return [p for a, _, b in pairs for p in range(int(a, 16), int(b or a, 16) + 1)]
