"""MinHash signatures of texts, their shingle sets, and the keys of LSH bands.

A shingle is a run of consecutive words, hashed from the words' hashes (`tokens.word_hashes`: case, punctuation and
spacing do not tell words apart). A text with fewer words than a shingle has one shingle, all its words; a text
without a word has none.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from curate.kernels.buffers import utf8
from curate.kernels.tokens import hash_words, mixed, word_hashes, word_table

#: Of a text without a shingle; no shingle's value is above it.
NONE = np.uint32(0xFFFFFFFF)

_MASK = (1 << 64) - 1
_PRIME = np.uint64(0xD6E8FEB86659FD93)
_ODD = np.uint64(0xFF51AFD7ED558CCD)
_SHIFT = np.uint64(32)
_BLOCK = 512  # shingles; their hashes stay in the first cache while every hash function goes over them


def signatures(texts: pl.Series, *, ngram: int = 5, hashes: int = 112, seed: int = 1) -> NDArray[np.uint32]:
    """MinHash signatures (Broder 1997), shape (texts, hashes); all `NONE` for a text without a word.

    Value j is the least `a[j] * x + b[j]` modulo 2^32 over the upper halves x of the text's shingle hashes, a[j] being
    odd (datasketch 2.0's scheme "affine32"). The share of equal values estimates the Jaccard similarity J of two
    texts' shingle sets, with a standard error of sqrt(J * (1 - J) / hashes).
    """
    return sketches(texts, ngram=ngram, hashes=hashes, seed=seed)[0]


def sketches(
    texts: pl.Series, *, ngram: int = 5, hashes: int = 112, seed: int = 1
) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """`signatures`, and a 64-bit hash of each text's words in their order, 0 for a text without a word: equal for texts
    that differ in case, punctuation and spacing alone."""
    data, offsets = utf8(texts)
    out = np.full((len(texts), hashes), NONE, np.uint32)
    wholes = np.zeros(len(texts), np.uint64)
    _signatures(data, offsets, word_table(), ngram, *_functions(hashes, seed), out, wholes)
    return out, wholes


def shingle_sets(texts: pl.Series, *, ngram: int = 5) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The distinct 64-bit shingle hashes of each text in ascending order, flat, with the offsets of each text's."""
    words, offsets = word_hashes(texts)
    found = np.empty(len(words), np.uint64)
    ends = np.zeros(len(offsets), np.int64)
    _shingle_lists(words, offsets, ngram, found, ends)
    for start, end in pairwise(ends):
        found[start:end].sort()  # numpy's sort of 64-bit numbers is vectorised, numba's is not
    size = _distinct(found, ends)
    return found[:size].copy(), ends


def band_keys(signatures: NDArray[np.uint32], bands: int, rows: int) -> NDArray[np.uint64]:
    """One key per text and band, shape (texts, bands): texts with equal `rows` values in a band share its key.

    Band i takes the values from `i * rows` on; keys of different bands differ. Texts without a shingle share
    all keys: leave them out. Raises ValueError if the signatures hold fewer than `bands * rows` values.
    """
    if bands * rows > signatures.shape[1]:
        raise ValueError(
            f"{bands} bands of {rows} rows need {bands * rows} hashes, not {signatures.shape[1]}"
        )
    out = np.empty((len(signatures), bands), np.uint64)
    _band_keys(signatures, rows, out)
    return out


@lru_cache(maxsize=8)
def _functions(hashes: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Factors (odd) and terms of the hash functions: the halves of SplitMix64's numbers (Steele et al. 2014)."""
    state, drawn = seed & _MASK, []
    for _ in range(hashes):
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        drawn.append(z ^ (z >> 31))
    numbers = np.array(drawn, np.uint64)
    return (numbers >> _SHIFT).astype(np.uint32) | np.uint32(1), numbers.astype(np.uint32)


@njit(cache=True, nogil=True)
def _signatures(data, offsets, table, ngram, factors, terms, out, wholes):
    longest = np.diff(offsets).max() if len(out) else 0
    words = np.empty(longest, np.uint64)  # more than a text has words; pages never touched cost nothing
    block = np.empty(_BLOCK, np.uint64)
    halves = np.empty(_BLOCK, np.uint32)
    for d in range(len(out)):
        n = hash_words(data, offsets[d], offsets[d + 1], table, words)
        whole = np.uint64(n)
        for k in range(n):  # a sum, so that no addition waits for the one before
            whole += mixed(words[k] + np.uint64(k) * _PRIME)
        wholes[d] = mixed(whole)
        size = min(ngram, n)
        for start in range(0, n - size + 1 if n else 0, _BLOCK):
            here = min(_BLOCK, n - size + 1 - start)
            _shingles(words, start, here, size, block)
            for i in range(here):
                halves[i] = block[i] >> _SHIFT
            for j in range(len(factors)):
                a, b, least = factors[j], terms[j], out[d, j]
                for i in range(here):
                    least = min(least, np.uint32(a * halves[i] + b))
                out[d, j] = least


@njit(cache=True, nogil=True)
def _shingle_lists(words, offsets, ngram, found, ends):
    for d in range(len(offsets) - 1):
        n = offsets[d + 1] - offsets[d]
        size = min(ngram, n)
        shingles = n - size + 1 if n else 0
        _shingles(words, offsets[d], shingles, size, found[ends[d] :])
        ends[d + 1] = ends[d] + shingles


@njit(cache=True, nogil=True)
def _shingles(words, first, n, size, out):
    """The hashes of `n` shingles of `size` words from `first` on: a polynomial in the words, spread over all bits."""
    leaving = np.uint64(1)
    for _ in range(size):
        leaving *= _PRIME
    h = np.uint64(0)
    for k in range(first, first + size - 1):
        h = h * _PRIME + words[k]
    gone = np.uint64(0)
    for i in range(n):
        h = h * _PRIME + words[first + i + size - 1] - gone * leaving
        gone = words[first + i]
        out[i] = mixed(h)


@njit(cache=True, nogil=True)
def _distinct(found, ends):
    """Move each text's distinct values together, in place; `ends` follow. Returns how many there are."""
    at, start = 0, ends[0]
    for d in range(len(ends) - 1):
        end = ends[d + 1]
        for i in range(start, end):
            if i == start or found[i] != found[i - 1]:
                found[at] = found[i]
                at += 1
        start, ends[d + 1] = end, at
    return at


@njit(cache=True, nogil=True)
def _band_keys(signatures, rows, out):
    for d in range(len(signatures)):
        for band in range(out.shape[1]):
            h = np.uint64(band + 1) * _PRIME
            for j in range(band * rows, (band + 1) * rows):
                h = (h ^ np.uint64(signatures[d, j])) * _ODD
                h ^= h >> _SHIFT
            out[d, band] = h
