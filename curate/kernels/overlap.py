"""Where the words of documents run along those of benchmark items, found in one pass with a rolling hash.

A text of an item is known by its n-grams; documents are scanned with a window of the shortest n in use, whose hash is
looked up behind a bit filter. What the hash finds is compared word by word and followed as far as both agree, so that
a hit is exact up to collisions of the words' own 64-bit hashes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from curate.kernels.buffers import utf8
from curate.kernels.codepoints import EXTEND, IDEOGRAPH, KIND, LETTER, SPACE, classes, decode
from curate.kernels.tokens import _joins, word_hashes

#: What a run of equal words is: the text, its document, the run's first word in either, its length, and the words of
#: the document [first, last) when followed beyond words that were changed.
RUN = ("row", "text", "at", "word", "words", "first", "last")

_BASE = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = np.uint64(0xD6E8FEB86659FD93)
_SHIFT, _SIX, _LOW = np.uint64(32), np.uint64(6), np.uint64(63)
_ONE = np.uint64(1)
_BITS_PER_GRAM = 32
#: Places of one n-gram in one text that are looked up, and runs that one document may share with one text. Only what
#: repeats itself (a table of zeros) has more; without a bound such texts would meet place by place.
REPEATS, RUNS = 32, 1000
#: Changed words minus equal ones at which following an item beyond a run gives up (BLAST's X-drop).
_DROP = 8


class Index(NamedTuple):
    """Texts of items, ready for `runs`. Those of text i are `words[offsets[i]:offsets[i + 1]]`; `grams` is its n
    (0: too short to be looked for). About 80 bytes per word."""

    words: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    grams: NDArray[np.int64]
    width: int
    known: NDArray[np.bool_]  # the words where an n-gram begins that is looked up
    keys: NDArray[np.uint64]  # open addressing; 0 is empty
    starts: NDArray[np.int64]  # of a key's places
    ends: NDArray[np.int64]
    places: NDArray[np.int64]  # into `words`
    text_of: NDArray[np.int64]  # of each place
    filter: NDArray[np.uint64]


def index(texts: pl.Series, items: NDArray[np.int64], ngram: int, shortest: int) -> Index:
    """An index of `texts` by n-grams of `ngram` words. `items` numbers the item of each; of an item that has no text
    of so many words, those of at least `shortest` are one n-gram each."""
    words, offsets = word_hashes(texts)
    lengths = np.diff(offsets)
    longest = np.zeros(int(items[-1]) + 1, np.int64)
    np.maximum.at(longest, items, lengths)
    least = np.where(longest[items] < ngram, min(shortest, ngram), ngram)
    grams = np.where(lengths < least, 0, np.minimum(lengths, ngram))
    width = int(grams[grams > 0].min()) if grams.any() else ngram
    count = np.where(grams > 0, lengths - grams + 1, 0)
    text_of = np.repeat(np.arange(len(count)), count)
    places = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + offsets[text_of]
    hashes = _window_hashes(words, places, width)
    order = np.argsort(hashes, kind="stable")
    order = order[_rank(hashes[order], text_of[order]) < REPEATS]
    known = np.zeros(len(words), np.bool_)
    known[places[order]] = True
    found, starts, size = np.unique(hashes[order], return_index=True, return_counts=True)
    slots = 1 << max(4, int(2 * len(found)).bit_length())
    keys, table = np.zeros(slots, np.uint64), np.zeros((2, slots), np.int64)
    bits = np.zeros(max(1024, 1 << (_BITS_PER_GRAM * len(found)).bit_length()) // 64, np.uint64)
    _fill(found, starts, starts + size, keys, table[0], table[1], bits)
    places, text_of = places[order], text_of[order]
    return Index(words, offsets, grams, width, known, keys, table[0], table[1], places, text_of, bits)


def _rank(hashes: NDArray[np.uint64], text_of: NDArray[np.int64]) -> NDArray[np.int64]:
    """The how manieth each is of equal hashes in one text, all sorted."""
    new = (np.diff(hashes, prepend=np.uint64(0)) != 0) | (np.diff(text_of, prepend=-1) != 0)
    at = np.arange(len(hashes))
    return at - np.maximum.accumulate(np.where(new, at, 0))


def runs(texts: pl.Series, index: Index) -> dict[str, NDArray[np.int64]]:
    """The runs of words that documents share with items, by the columns of `RUN`: each at least n words long, as
    long as both agree. Words are counted from the text's first."""
    words, offsets = word_hashes(texts)
    out = np.empty((1024, len(RUN)), np.int64)
    n = _runs(words, offsets, *index, out)
    if n > len(out):
        out = np.empty((n, len(RUN)), np.int64)
        _runs(words, offsets, *index, out)
    return {name: out[:n, k].copy() for k, name in enumerate(RUN)}


def word_bytes(texts: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last byte (behind it) of every word within its text, (words, 2), in the order of `word_hashes`; and
    the offsets of each text's words."""
    data, offsets = utf8(texts)
    spans = np.empty((int(offsets[-1] - offsets[0]), 2), np.int64)
    ends = np.zeros(len(offsets), np.int64)
    _word_bytes(data, offsets, classes(), spans, ends)
    return spans[: ends[-1]].copy(), ends


@njit(cache=True, nogil=True, inline="always")
def _spread(h):
    h = (h ^ (h >> _SHIFT)) * _SPREAD
    h ^= h >> _SHIFT
    return h if h else _ONE


@njit(cache=True, nogil=True)
def _window_hashes(words, places, width):
    out = np.empty(len(places), np.uint64)
    for i in range(len(places)):
        h = np.uint64(0)
        for k in range(places[i], places[i] + width):
            h = h * _BASE + words[k]
        out[i] = _spread(h)
    return out


@njit(cache=True, nogil=True)
def _fill(found, first, last, keys, starts, ends, bits):
    slots, mask = np.uint64(len(keys) - 1), np.uint64(len(bits) * 64 - 1)
    for i in range(len(found)):
        slot = found[i] & slots
        while keys[slot]:
            slot = (slot + _ONE) & slots
        keys[slot], starts[slot], ends[slot] = found[i], first[i], last[i]
        bit = (found[i] >> _SHIFT) & mask
        bits[bit >> _SIX] |= _ONE << (bit & _LOW)


@njit(cache=True, nogil=True)
def _runs(
    words,
    offsets,
    item_words,
    item_offsets,
    grams,
    width,
    known,
    keys,
    starts,
    ends,
    places,
    text_of,
    bits,
    out,
):
    slots, mask = np.uint64(len(keys) - 1), np.uint64(len(bits) * 64 - 1)
    oldest = np.uint64(1)  # the factor of the word that leaves the window
    for _ in range(width - 1):
        oldest *= _BASE
    counts, counted = np.zeros(len(grams), np.int64), np.full(len(grams), -1)
    n = 0
    for row in range(len(offsets) - 1):
        start, end, h = offsets[row], offsets[row + 1], np.uint64(0)
        for i in range(start, end):
            if i - start >= width:
                h -= words[i - width] * oldest
            h = h * _BASE + words[i]
            if i - start < width - 1:
                continue
            key = _spread(h)
            bit = (key >> _SHIFT) & mask
            if not (bits[bit >> _SIX] >> (bit & _LOW)) & _ONE:
                continue
            slot = key & slots
            while keys[slot] and keys[slot] != key:
                slot = (slot + _ONE) & slots
            if keys[slot] == key:
                for p in range(starts[slot], ends[slot]):
                    t = text_of[p]
                    if counted[t] != row:
                        counts[t], counted[t] = 0, row
                    if counts[t] < RUNS:
                        before = n
                        n = _follow(
                            words, start, end, i - width + 1, item_words, item_offsets[t], item_offsets[t + 1],
                            places[p], known, grams[t], row, t, out, n,
                        )  # fmt: skip
                        counts[t] += n - before
    return n


@njit(cache=True, nogil=True)
def _follow(words, start, end, k, item, low, high, p, known, least, row, text, out, n):
    """Write the run around word `k` of a document and `p` of a text, unless it was met before; rows so far."""
    while k > start and p > low and words[k - 1] == item[p - 1]:
        if known[p - 1]:
            return n
        k -= 1
        p -= 1
    length = 0
    while k + length < end and p + length < high and words[k + length] == item[p + length]:
        length += 1
    if length < least:
        return n
    if n < len(out):
        before = _beyond(words, k - 1, start - 1, item, p - 1, low - 1, -1)
        after = _beyond(words, k + length, end, item, p + length, high, 1)
        out[n, 0], out[n, 1], out[n, 2], out[n, 3] = row, text, p - low, k - start
        out[n, 4], out[n, 5], out[n, 6] = length, k - start - before, k - start + length + after
    return n + 1


@njit(cache=True, nogil=True)
def _beyond(words, k, end, item, p, stop, step):
    """How many words from `k` on belong to the item too: up to an equal one, at least half of them being equal."""
    equal = size = best = 0
    while k != end and p != stop and size - 2 * equal <= _DROP:
        size += 1
        if words[k] == item[p]:
            equal += 1
            if 2 * equal >= size:
                best = size
        k += step
        p += step
    return best


@njit(cache=True, nogil=True)
def _word_bytes(data, offsets, classes, spans, ends):
    n = 0
    for row in range(len(offsets) - 1):
        first, end = offsets[row], offsets[row + 1]
        i, start, last = first, first, 0
        while i <= end:
            cp, size, c = 32, 1, SPACE
            if i < end:
                cp, size = decode(data, i)
                c = classes[cp]
            kind = c & KIND
            if kind >= LETTER:
                if last == 0:
                    start = i
                last = kind
            elif not (last and (kind == EXTEND or _joins(data, i + size, end, classes, c, last))):
                if last:
                    spans[n, 0], spans[n, 1] = start - first, i - first
                    n, last = n + 1, 0
                if kind == IDEOGRAPH:
                    spans[n, 0], spans[n, 1] = i - first, i + size - first
                    n += 1
            i += size
        ends[row + 1] = n
