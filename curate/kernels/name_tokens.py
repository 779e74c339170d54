"""Tokens of texts as the tagger of names reads them: one row of numbers each, straight from UTF-8.

A token is a run of letters, digits and the marks on them (an apostrophe between two letters belongs to it, but for a
possessive 's), a single ideograph, or a run of one punctuation mark. Tokens stand in segments: paragraphs, parted by
blank lines and ends of pages, in pieces of `LONGEST` tokens. A segment is tagged by itself, so that equal segments need
to be tagged only once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.codepoints import (
    BREAK,
    DIGIT,
    EXTEND,
    IDEOGRAPH,
    KIND,
    LETTER,
    SPACE,
    classes,
    decode,
    folded,
)

#: Columns of a token: characters [START, END) of its text; hashes of the folded word, its shape, first three and last
#: two and three characters; its FORM; the GAP before it; KNOWN from the lexicon; its length in characters.
START, END, WORD, SHAPE, HEAD, TAIL2, TAIL, FORM, GAP, KNOWN, LENGTH = range(11)
COLUMNS = 11
#: Forms.
LOWER, CAPITAL, UPPER, INITIAL, MIXED, NUMBER, ALNUM, MARK, UNCASED = range(9)
#: Gaps.
NONE, BLANK, LINE, PARAGRAPH = range(4)

LONGEST = 300
_BASIS, _PRIME = np.uint32(2166136261), np.uint32(16777619)  # 32-bit FNV-1a
_X, _x, _d, _o = 88, 120, 48, 46


class Tokens(NamedTuple):
    """Tokens of texts: `rows` (tokens, COLUMNS) uint32, those of text i at `texts[i]:texts[i + 1]`.

    Segment j is `rows[segments[j]:segments[j + 1]]`; `keys[j]` is a 64-bit hash of its bytes.
    """

    rows: NDArray[np.uint32]
    texts: NDArray[np.int64]
    segments: NDArray[np.int64]
    keys: NDArray[np.uint64]


def tokenise(texts: list[str], lexicon: tuple[NDArray[np.uint32], NDArray[np.uint32]]) -> Tokens:
    """The tokens of `texts`; `lexicon` as `curate.models.train_names` makes it."""
    parts = [text.encode("utf-8", "surrogatepass") for text in texts]
    data = np.frombuffer(b"".join(parts), np.uint8)
    offsets = np.cumsum([0, *map(len, parts)]).astype(np.int64)
    rows = np.empty((len(data) + 1, COLUMNS), np.uint32)  # pages never touched cost nothing
    ends = np.zeros(len(offsets), np.int64)
    segments, keys = np.zeros(len(data) + 2, np.int64), np.zeros(len(data) + 1, np.uint64)
    n = _tokenise(data, offsets, classes(), folded(), *lexicon, rows, ends, segments, keys)
    return Tokens(rows[: ends[-1]].copy(), ends, segments[: n + 1].copy(), keys[:n].copy())


@njit(cache=True, nogil=True, inline="always")
def _fnv(h, value):
    return (h ^ np.uint32(value)) * _PRIME


@njit(cache=True, nogil=True, inline="always")
def slot(key, size):
    """Where the search for a word hash begins in a table of `size` (a power of two) slots."""
    return np.int64((np.uint32(key) * np.uint32(0x9E3779B1)) >> np.uint32(8)) & (size - 1)


@njit(cache=True, nogil=True)
def lookup(key, keys, values):
    """The value of a word hash in an open-addressed table, 0 if it has none; a key of 0 is a free slot."""
    at = slot(key, len(keys))
    while keys[at] != 0:
        if keys[at] == key:
            return values[at]
        at = (at + 1) & (len(keys) - 1)
    return np.uint32(0)


@njit(cache=True, nogil=True)
def _tokenise(data, offsets, classes, fold, lexicon_keys, lexicon_values, rows, ends, segments, keys):
    n, segment = 0, 0
    for text in range(len(offsets) - 1):
        i, end, at = offsets[text], offsets[text + 1], 0
        lines, blank, first = 2, False, True
        while i < end:
            cp, size = decode(data, i)
            kind = classes[cp] & KIND
            if kind == SPACE or (kind == EXTEND and cp != 0x200D):
                blank = True
                if classes[cp] & BREAK and not (cp == 13 and i + 1 < end and data[i + 1] == 10):
                    lines += 2 if cp == 12 else 1  # a page ends a paragraph
                i, at = i + size, at + 1
                continue
            gap = PARAGRAPH if lines >= 2 else LINE if lines else BLANK if blank else NONE
            if first or gap == PARAGRAPH or n - segments[segment] >= LONGEST:
                if not first and n > segments[segment]:
                    segment += 1
                    segments[segment] = n
                gap, first = PARAGRAPH, False  # a segment's tags follow from its own bytes alone
            begin, start = i, at
            if kind >= LETTER:
                i, at = _word(data, i, end, at, classes, fold, rows[n])
            else:
                i, at = _mark(data, i, end, at, classes, rows[n])
            row = rows[n]
            row[START], row[END], row[GAP], row[LENGTH] = start, at, gap, at - start
            row[KNOWN] = lookup(row[WORD], lexicon_keys, lexicon_values)
            h = keys[segment] ^ np.uint64(gap)
            for k in range(begin, i):
                h = (h ^ np.uint64(data[k])) * np.uint64(0x100000001B3)
            keys[segment] = (h ^ (h >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
            n, lines, blank = n + 1, 0, False
        if n > segments[segment]:
            segment += 1
            segments[segment] = n
        ends[text + 1] = n
    return segment


@njit(cache=True, nogil=True)
def _mark(data, i, end, at, classes, row):
    cp, size = decode(data, i)
    h, run = _fnv(_BASIS, cp), 0
    other = cp
    while other == cp and i < end:
        i, at, run = i + size, at + 1, run + 1
        if i < end:
            other, size = decode(data, i)
        if cp == 40 or cp == 41 or classes[cp] & KIND == IDEOGRAPH:
            break
    row[WORD] = h if run == 1 else _fnv(h, cp)
    row[SHAPE], row[HEAD], row[TAIL2], row[TAIL] = row[WORD], 0, 0, 0
    row[FORM] = UNCASED if classes[cp] & KIND == IDEOGRAPH else MARK
    return i, at


@njit(cache=True, nogil=True)
def _word(data, i, end, at, classes, fold, row):
    h, shape, head = _BASIS, _BASIS, _BASIS
    last, last2, last3 = np.uint32(0), np.uint32(0), np.uint32(0)
    length = uppers = lowers = digits = 0
    first_upper, shape_before, run = False, 0, 0
    while i < end:
        cp, size = decode(data, i)
        kind = classes[cp] & KIND
        if kind < LETTER and kind != EXTEND:
            if not (cp == 39 or cp == 0x2019) or not _joins(data, i + size, end, classes, digits, length):
                break
            kind = EXTEND
        folding = fold[cp]
        h = _fnv(h, folding)
        if length < 3:
            head = _fnv(head, folding)
        last3, last2, last = last2, last, folding
        if kind == DIGIT:
            digits, now = digits + 1, _d
        elif kind == LETTER and folding != cp:
            uppers, now = uppers + 1, _X
            first_upper = first_upper or length == 0
        elif kind == LETTER:
            lowers, now = lowers + 1, _x
        else:
            now = _o
        run = run + 1 if now == shape_before else 1
        shape_before = now
        if run <= 2 or (now == _d and run <= 5):
            shape = _fnv(shape, now)
        length += 1
        i, at = i + size, at + 1
    row[WORD], row[SHAPE], row[HEAD] = h, shape, _fnv(head, 94)
    row[TAIL2] = _fnv(_fnv(_BASIS, last2), last)
    row[TAIL] = _fnv(_fnv(_fnv(_BASIS, last3), last2), last)
    if digits:
        form = NUMBER if uppers + lowers == 0 else ALNUM
    elif uppers == 0:
        form = LOWER
    elif lowers == 0:
        form = INITIAL if length == 1 else UPPER
    else:
        form = CAPITAL if uppers == 1 and first_upper else MIXED
    row[FORM] = form
    return i, at


@njit(cache=True, nogil=True)
def _joins(data, after, end, classes, digits, length):
    """Whether what follows an apostrophe at a word of letters belongs to the word: letters, but not a mere "s"."""
    if after >= end or digits or length == 0:
        return False
    cp, size = decode(data, after)
    if classes[cp] & KIND != LETTER:
        return False
    if cp == 115 or cp == 83:
        after += size
        if after >= end:
            return False
        cp, size = decode(data, after)
        return classes[cp] & KIND >= LETTER
    return True


def word_hash(word: str) -> int:
    """The WORD of a token that is `word` (letters only)."""
    h, fold = 2166136261, folded()
    for char in word:
        h = ((h ^ int(fold[ord(char)])) * 16777619) & 0xFFFFFFFF
    return h
