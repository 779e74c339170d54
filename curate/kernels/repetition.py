"""How much of a text repeats itself: lines, paragraphs and n-grams of tokens (Gopher, table A1; FineWeb).

All of it goes by 64-bit hashes. An n-gram can only repeat where both (n-1)-grams within it do, so each length looks
at what the one before left over: after pairs little of an ordinary text is left.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.codepoints import KIND, SPACE, TERMINAL, classes, decode
from curate.kernels.tokens import Tokens

#: Per text. "Pieces" of lines are what `re.split("\n+", text)` gives (Gopher); "nonblank" ones have more than
#: spaces (FineWeb); paragraphs come from `re.split("\n{2,}", text.strip())`.
PIECES = (
    "newlines",
    "pieces",
    "duplicate_pieces",
    "duplicate_piece_chars",
    "nonblank",
    "duplicate_nonblank_chars",
    "terminal_nonblank",
    "short_nonblank",
    "paragraphs",
    "duplicate_paragraphs",
    "duplicate_paragraph_chars",
)
#: Characters in the most frequent 2-, 3-, 4-gram, and in duplicate 5- to 10-grams.
NGRAMS = (*(f"top_{n}" for n in (2, 3, 4)), *(f"duplicate_{n}" for n in range(5, 11)))

_SHORT = 30  # characters of a short line (FineWeb)
_PRIME = np.uint64(0x100000001B3)
_SEED = np.uint64(0xCBF29CE484222325)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_FREE = np.uint64(0)


def piece_counts(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts (texts, len(PIECES)) of lines and paragraphs."""
    counts = np.zeros((len(offsets) - 1, len(PIECES)), np.int64)
    _pieces(data, offsets, classes(), counts)
    return counts


def ngram_counts(tokens: Tokens) -> NDArray[np.int64]:
    """Characters (texts, len(NGRAMS)) in repeated n-grams.

    A top n-gram's characters include the spaces between its tokens, a duplicate one's do not. Duplicates are
    counted from left to right: behind a duplicate the next n-gram begins after it, and those skipped over are not
    remembered (Gopher's appendix leaves this open; datatrove counts so).
    """
    counts = np.zeros((len(tokens.offsets) - 1, len(NGRAMS)), np.int64)
    _ngrams(tokens.hashes, tokens.chars, tokens.offsets, counts)
    return counts


@njit(cache=True, nogil=True)
def _slot(table, mask, h):
    """Where `h` stands in the open-addressed `table` of keys, or the free slot where it should."""
    at = (h ^ (h >> _SHIFT)) & mask
    while table[at] != h and table[at] != _FREE:
        at = (at + np.uint64(1)) & mask
    return at


@njit(cache=True, nogil=True)
def _room(n):
    """Slots (a power of two) of a table for `n` keys, at most half full."""
    size = 16
    while size < 2 * n:
        size *= 2
    return size


@njit(cache=True, nogil=True)
def _pieces(data, offsets, classes, counts):
    table = np.empty(1024, np.uint64)
    for d in range(len(offsets) - 1):
        start, end = offsets[d], offsets[d + 1]
        newlines = 0
        for i in range(start, end):
            newlines += data[i] == 10
        size = _room(newlines + 1)
        if size > len(table):
            table = np.empty(size, np.uint64)
        counts[d, 0] = newlines
        table[:size] = _FREE
        _split(data, start, end, 1, classes, table[:size], counts[d, 1:8])
        start, end = _stripped(data, start, end, classes)
        table[:size] = _FREE
        paragraphs = np.zeros(7, np.int64)
        _split(data, start, end, 2, classes, table[:size], paragraphs)
        counts[d, 8:11] = paragraphs[:3]


@njit(cache=True, nogil=True)
def _split(data, start, end, gap, classes, table, out):
    """Split at every run of at least `gap` newlines; count the pieces, and what repeats among them."""
    mask = np.uint64(len(table) - 1)
    i = start
    while True:
        first = i
        h = _SEED
        chars = 0
        solid = False  # holds an ASCII character that is no space
        run = 0
        while i < end:
            b = data[i]
            if b == 10:
                run = 1
                while i + run < end and data[i + run] == 10:
                    run += 1
                if run >= gap:
                    break
                run = 0
            h = (h ^ np.uint64(b)) * _PRIME
            chars += (b & 0xC0) != 0x80
            solid = solid or 32 < b < 128
            i += 1
        h = ((h ^ (h >> _SHIFT)) * _ODD) | np.uint64(1)  # never _FREE
        at = _slot(table, mask, h)
        again = table[at] == h
        table[at] = h
        out[0] += 1
        out[1] += again
        out[2] += chars * again
        if gap == 1 and (solid or not _blank(data, first, i, classes)):
            out[3] += 1
            out[4] += chars * again
            out[5] += _terminal(data, i, classes)
            out[6] += chars <= _SHORT
        if run == 0:
            return
        i += run


@njit(cache=True, nogil=True)
def _blank(data, i, end, classes):
    while i < end:
        cp, size = decode(data, i)
        if classes[cp] & KIND != SPACE:
            return False
        i += size
    return True


@njit(cache=True, nogil=True)
def _before(data, end):
    """Where the character before `end` begins."""
    i = end - 1
    while data[i] & 0xC0 == 0x80:
        i -= 1
    return i


@njit(cache=True, nogil=True)
def _terminal(data, end, classes):
    cp, _ = decode(data, _before(data, end))
    return classes[cp] & TERMINAL != 0


@njit(cache=True, nogil=True)
def _stripped(data, start, end, classes):
    """The range without the spaces at both of its ends."""
    while start < end:
        cp, size = decode(data, start)
        if classes[cp] & KIND != SPACE:
            break
        start += size
    while end > start:
        before = _before(data, end)
        cp, _ = decode(data, before)
        if classes[cp] & KIND != SPACE:
            break
        end = before
    return start, end


@njit(cache=True, nogil=True)
def _ngrams(hashes, chars, offsets, counts):
    most = 1
    for d in range(len(offsets) - 1):
        most = max(most, offsets[d + 1] - offsets[d])
    keys = np.empty(_room(most), np.uint64)
    times = np.empty(len(keys), np.int32)
    grams = np.empty(most, np.uint64)  # of the positions still looked at: hash, position, slot
    places = np.empty(most, np.int32)
    slots = np.empty(most, np.int32)
    ends = np.empty(most + 1, np.int64)  # characters before each token
    for d in range(len(offsets) - 1):
        start, n_tokens = offsets[d], offsets[d + 1] - offsets[d]
        ends[0] = 0
        for i in range(n_tokens):
            ends[i + 1] = ends[i] + chars[start + i]
            grams[i] = hashes[start + i]
            places[i] = i
        found = n_tokens
        for n in range(2, 11):
            if n_tokens < n:
                break
            found = _longer(hashes[start:], n, n_tokens, grams, places, found, n > 2)
            _tally(grams, slots, found, keys, times)
            if n < 5:
                counts[d, n - 2] = _top(n, places, slots, found, times, ends)
            found = _repeated(grams, places, slots, found, times)
            if n >= 5:
                counts[d, n - 2] = _duplicate(n, places, slots, found, times, ends)
            if found == 0 and n >= 4:
                break


@njit(cache=True, nogil=True)
def _longer(hashes, n, n_tokens, grams, places, found, pruned):
    """Make n-grams of the (n-1)-grams at `places`, where the one behind is among them too; how many."""
    kept = 0
    for k in range(found):
        place = places[k]
        if place + n > n_tokens or (pruned and (k + 1 == found or places[k + 1] != place + 1)):
            continue
        h = (grams[k] * _ODD + hashes[place + n - 1]) * _PRIME
        grams[kept] = h ^ (h >> _SHIFT) | np.uint64(1)  # never _FREE
        places[kept] = place
        kept += 1
    return kept


@njit(cache=True, nogil=True)
def _tally(grams, slots, found, keys, times):
    """Count each gram: `times` at its slot."""
    size = _room(found)
    mask = np.uint64(size - 1)
    keys[:size] = _FREE
    for k in range(found):
        at = _slot(keys, mask, grams[k])
        if keys[at] == _FREE:
            keys[at] = grams[k]
            times[at] = 0
        times[at] += 1
        slots[k] = at


@njit(cache=True, nogil=True)
def _top(n, places, slots, found, times, ends):
    """Characters, with spaces, in the most frequent n-gram (of several the first; of all single ones too)."""
    place, most = 0, 1
    for k in range(found):
        if times[slots[k]] > most:
            place, most = places[k], times[slots[k]]
    return (ends[place + n] - ends[place] + n - 1) * most


@njit(cache=True, nogil=True)
def _repeated(grams, places, slots, found, times):
    """Keep the n-grams that occur more than once; how many places they take."""
    kept = 0
    for k in range(found):
        if times[slots[k]] > 1:
            grams[kept], places[kept], slots[kept] = grams[k], places[k], slots[k]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _duplicate(n, places, slots, found, times, ends):
    """Characters in n-grams met before, from left to right, never overlapping."""
    for k in range(found):
        times[slots[k]] = 0
    repeated, free = 0, 0
    for k in range(found):
        place = places[k]
        if place < free:
            continue
        if times[slots[k]]:
            repeated += ends[place + n] - ends[place]
            free = place + n
        times[slots[k]] = 1
    return repeated
