"""The tokens of every text, in one pass over UTF-8 bytes; all that counts or hashes words starts from them.

A token is a word or a symbol. Words follow Unicode's word boundaries (UAX #29) in the parts that matter here:

- letters, digits and the marks on them run together ("naïve", "1st");
- one of ' ’ . _ between two letters, or one of ' ’ . , _ between two digits, belongs to the word ("don't",
  "U.S.C", "1,000.50"); hyphens, slashes and the section sign part words;
- in scripts without spaces (Han, Kana, Thai, …) each letter is a word.

What stands between spaces and holds no word ("§", "-----") is one symbol. Punctuation at a word
is no token: that sets these tokens apart from spaCy's, see docs/signals.md.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from curate.kernels.buffers import utf8
from curate.kernels.codepoints import (
    DIGIT,
    EXTEND,
    IDEOGRAPH,
    JOINS_DIGITS,
    JOINS_LETTERS,
    KIND,
    LETTER,
    SPACE,
    classes,
    decode,
    folded,
)

#: Per text: all tokens, words, words with a letter, characters of words, which stop words (a bit each).
COUNTS = ("tokens", "words", "alpha_words", "word_chars", "stop_words")
STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")

_SEED = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)
# What a character is to words (`word_table`). A bit each for letters and digits, and the same two bits shifted for
# what joins them and for what extends either; an ideograph is a word alone.
_LETTERS, _DIGITS, _JOINS, _EXTENDS, _ALONE = 1, 2, 2, 4, 64
_FOLD_BITS = 24
_STOP = tuple(int.from_bytes(word.encode(), "big") for word in STOP_WORDS)


class Tokens(NamedTuple):
    """Tokens of all texts, flat: those of text i stand at `offsets[i]:offsets[i + 1]`.

    `hashes` (uint64), `chars` (uint32, code points); `counts` is (texts, len(COUNTS)), int64.
    """

    hashes: NDArray[np.uint64]
    chars: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]


def tokens(column: pl.Series) -> Tokens:
    """Words and symbols of a String column, hashed as written."""
    return tokenise(*utf8(column))


def tokenise(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Tokens:
    """`tokens` of texts that already are UTF-8 buffers."""
    size = int(offsets[-1] - offsets[0])  # no more tokens than bytes; pages never touched cost nothing
    hashes, chars = np.empty(size, np.uint64), np.empty(size, np.uint32)
    ends = np.zeros(len(offsets), np.int64)
    counts = np.zeros((len(offsets) - 1, len(COUNTS)), np.int64)
    _tokenise(data, offsets, classes(), hashes, chars, ends, counts)
    return Tokens(hashes[: ends[-1]].copy(), chars[: ends[-1]].copy(), ends, counts)


def word_hashes(column: pl.Series) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of the words alone, upper and lower case being one, and the offsets of each text's words.

    For shingles: what differs only in case, punctuation or spacing has the same hashes.
    """
    data, offsets = utf8(column)
    hashes = np.empty(int(offsets[-1] - offsets[0]), np.uint64)
    ends = np.zeros(len(offsets), np.int64)
    _word_hashes(data, offsets, word_table(), hashes, ends)
    return hashes[: ends[-1]].copy(), ends


@lru_cache(maxsize=1)
def word_table() -> NDArray[np.uint32]:
    """For every code point its fold (the low 24 bits), and above it what it is to words, as `hash_words` takes it."""
    found = classes()
    kind = found & KIND
    bits = np.zeros(len(found), np.uint32)
    bits[kind == LETTER] |= _LETTERS
    bits[kind == DIGIT] |= _DIGITS
    bits[found & JOINS_LETTERS != 0] |= _LETTERS << _JOINS
    bits[found & JOINS_DIGITS != 0] |= _DIGITS << _JOINS
    bits[kind == EXTEND] |= (_LETTERS | _DIGITS) << _EXTENDS
    bits[kind == IDEOGRAPH] |= _ALONE
    return folded() | bits << np.uint32(_FOLD_BITS)


@njit(cache=True, nogil=True)
def _tokenise(data, offsets, classes, hashes, chars, ends, counts):
    n = 0
    for d in range(len(offsets) - 1):
        i, end, first = offsets[d], offsets[d + 1], n
        last = 0  # the kind of the open word's last letter or digit; 0 outside words
        start, h, length, alpha = i, _SEED, 0, False
        clean = True  # no word yet since the last space: what stands here may be a symbol
        symbol, symbol_length = _SEED, 0
        words = alphas = word_chars = stops = 0
        while i <= end:
            cp, size, c = 32, 1, SPACE  # a space behind the end closes what is open
            if i < end:
                cp, size = decode(data, i)
                c = classes[cp]
            kind = c & KIND
            if kind >= LETTER:
                if last == 0:
                    start, h, length, alpha, clean = i, _SEED, 0, False, False
                last = kind
                alpha = alpha or kind == LETTER
                h = (h ^ np.uint64(cp)) * _PRIME
                length += 1
            elif last and (kind == EXTEND or _joins(data, i + size, end, classes, c, last)):
                h = (h ^ np.uint64(cp)) * _PRIME
                length += 1
            else:
                if last:
                    hashes[n], chars[n] = mixed(h), length
                    n += 1
                    words, alphas, word_chars = words + 1, alphas + alpha, word_chars + length
                    if i - start <= 4:
                        stops |= _stop_word(data, start, i)
                    last = 0
                if kind == IDEOGRAPH:
                    hashes[n], chars[n] = mixed((_SEED ^ np.uint64(cp)) * _PRIME), 1
                    n += 1
                    words, alphas, word_chars = words + 1, alphas + 1, word_chars + 1
                    clean = False
                elif kind == SPACE:
                    if clean and symbol_length:
                        hashes[n], chars[n] = mixed(symbol), symbol_length
                        n += 1
                    clean, symbol, symbol_length = True, _SEED, 0
                else:
                    symbol = (symbol ^ np.uint64(cp)) * _PRIME
                    symbol_length += 1
            i += size
        counts[d] = (n - first, words, alphas, word_chars, stops)
        ends[d + 1] = n


@njit(cache=True, nogil=True)
def _word_hashes(data, offsets, table, hashes, ends):
    for d in range(len(offsets) - 1):
        n = hash_words(data, offsets[d], offsets[d + 1], table, hashes[ends[d] :])
        ends[d + 1] = ends[d] + n


@njit(cache=True, nogil=True)
def hash_words(data, start, end, table, hashes):
    """Put the hashes of the words in data[start:end] at the head of `hashes`; returns how many there are.

    The words are those of `_tokenise`. What a character does follows from bits, not from branches: where words end
    is what a processor guesses worst, and this is three times as fast.
    """
    i, end, n = np.uint64(start), np.uint64(end), np.uint64(0)
    following, size = np.uint64(0), np.uint64(0)
    if i < end:
        following, size = _look(data, i, table)
    h, last = _SEED, np.uint64(0)  # of the open word; what its last letter or digit was, 0 outside words
    while i < end:
        i += size
        char = following & np.uint64((1 << _FOLD_BITS) - 1)
        bits = following >> np.uint64(_FOLD_BITS)
        if i < end:  # behind the end `following` stays: what joins is never what it joins
            following, size = _look(data, i, table)
        joins = bits >> np.uint64(_JOINS) & following >> np.uint64(_FOLD_BITS)
        now = bits & np.uint64(_LETTERS | _DIGITS) | last & (joins | bits >> np.uint64(_EXTENDS))
        hashes[n] = h  # overwritten, unless the word ended
        n += np.uint64((last != 0) & (now == 0))
        inside = np.uint64(0) - np.uint64(now != 0)  # all bits or none
        h = (((h ^ char) * _PRIME) & inside) | (_SEED & ~inside)
        last = now
        if bits & np.uint64(_ALONE):
            hashes[n] = (_SEED ^ char) * _PRIME
            n += np.uint64(1)
    if last:
        hashes[n] = h
        n += np.uint64(1)
    for k in range(n):
        hashes[k] = mixed(hashes[k])
    return np.int64(n)


@njit(cache=True, nogil=True, inline="always")
def _look(data, i, table):
    """The entry in `word_table` of the character at byte `i`, and its length in bytes."""
    first = data[i]
    if first < 0x80:  # here for speed: `decode` counts in signed integers
        return np.uint64(table[first]), np.uint64(1)
    cp, size = decode(data, i)
    return np.uint64(table[cp]), np.uint64(size)


@njit(cache=True, nogil=True, inline="always")
def _joins(data, after, end, classes, c, last):
    """Whether a character of class `c`, behind one of kind `last`, has another of that kind after it."""
    if after >= end or c & (JOINS_LETTERS if last == LETTER else JOINS_DIGITS) == 0:
        return False
    following, _ = decode(data, after)
    return classes[following] & KIND == last


@njit(cache=True, nogil=True)
def _stop_word(data, start, end):
    """The bit of the stop word (in any case) within [start, end), at most four bytes; 0 if it is none."""
    packed = 0
    for k in range(start, end):
        packed = (packed << 8) | (data[k] | 0x20)
    for k in range(len(_STOP)):
        if packed == _STOP[k]:
            return 1 << k
    return 0


@njit(cache=True, nogil=True, inline="always")
def mixed(h):
    """`h` with its bits spread, so that any of them can pick a slot of a hash table."""
    h = (h ^ (h >> _SHIFT)) * _ODD
    return h ^ (h >> _SHIFT)
