"""Windows of words that occur again, found exactly without hashing every window of a corpus.

Every window of `window` words has one fingerprint: the smallest hash among the runs of half as many words within it
(winnowing: Schleimer, Wilkerson, Aiken, SIGMOD 2003). Equal windows have equal fingerprints, wherever they stand;
neighbouring windows mostly share theirs, so that about one word in a quarter of `window` begins one. Only windows
whose fingerprint occurs again can occur again, and only those are hashed whole.

Hashes are 64 bits of a rolling polynomial over hashes of words: two different windows are taken for one with a
chance of about 5e-20.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

_BASE = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)
_NO, _ZERO = -1, np.uint64(0)


class Windows(NamedTuple):
    """Windows of words: the text that each stands in, its fingerprint's hash, its own, and its first word."""

    texts: NDArray[np.uint32]
    fingerprints: NDArray[np.uint64]
    hashes: NDArray[np.uint64]
    starts: NDArray[np.uint32]


def fingerprints(
    words: NDArray[np.uint64], offsets: NDArray[np.int64], window: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """Texts and hashes of all fingerprints: those of text i come from `words[offsets[i]:offsets[i + 1]]`."""
    texts, found = np.empty(len(words), np.uint32), np.empty(len(words), np.uint64)
    n = _fingerprints(words, offsets, window, texts, found)
    return texts[:n].copy(), found[:n].copy()


def windows(
    words: NDArray[np.uint64], offsets: NDArray[np.int64], window: int, wanted: NDArray[np.uint64]
) -> Windows:
    """Every window whose fingerprint is among `wanted` (sorted), in the order of texts and words."""
    n = len(words)  # no more windows than words; pages never touched cost nothing
    texts, starts = np.empty(n, np.uint32), np.empty(n, np.uint32)
    prints, hashes = np.empty(n, np.uint64), np.empty(n, np.uint64)
    n = _windows(words, offsets, window, wanted, texts, prints, hashes, starts)
    return Windows(texts[:n].copy(), prints[:n].copy(), hashes[:n].copy(), starts[:n].copy())


def span_hashes(
    words: NDArray[np.uint64], firsts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Hashes of the words [first, end) of each span; a span as long as a window hashes as the window does."""
    hashes = np.empty(len(firsts), np.uint64)
    _span_hashes(words, firsts, ends, hashes)
    return hashes


def later(
    order: NDArray[np.uint32],
    hashes: NDArray[np.uint64],
    documents: NDArray[np.uint64],
    starts: NDArray[np.uint32],
    ends: NDArray[np.uint32],
    min_frequency: int,
    keep_first: bool,
) -> NDArray[np.int64]:
    """For each occurrence that is to go, the index of the first with its hash; -1 for all others.

    Occurrences stand in the corpus's order; `order` brings equal hashes together and leaves that order within
    them. Those that overlap are counted once, from left to right, and `min_frequency` is held against that count.
    Where the first is kept, those that overlap it stay too.
    """
    firsts = np.full(len(hashes), _NO, np.int64)
    _later(order, hashes, documents, starts, ends, min_frequency, keep_first, firsts)
    return firsts


def merged(
    documents: NDArray[np.uint64], starts: NDArray[np.uint32], ends: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Join spans that meet or overlap: the index of the first of each, and where they end.

    Spans are sorted by document and start.
    """
    heads, reach = np.empty(len(starts), np.int64), np.empty(len(starts), np.uint32)
    n = _merged(documents, starts, ends, heads, reach)
    return heads[:n].copy(), reach[:n].copy()


@njit(cache=True, nogil=True, inline="always")
def _mixed(h):
    """`h` with its bits spread (MurmurHash3's last step), so that the smallest hash is any hash."""
    h = (h ^ (h >> _SHIFT)) * _M1
    h = (h ^ (h >> _SHIFT)) * _M2
    return h ^ (h >> _SHIFT)


@njit(cache=True, nogil=True)
def _rolled(words, n, length, out):
    """Hashes of the runs of `length` words that begin at each of the first n - length + 1."""
    leaving = np.uint64(1)
    for _ in range(length):
        leaving = leaving * _BASE
    h = _ZERO
    for i in range(n):
        h = h * _BASE + words[i]
        if i >= length:
            h -= words[i - length] * leaving
        if i >= length - 1:
            out[i - length + 1] = _mixed(h)


@njit(cache=True, nogil=True)
def _chosen(grams, n_windows, width, out):
    """For each window the place of the smallest of its `width` grams, the last of equal ones."""
    best = 0
    for i in range(n_windows):
        last = i + width - 1
        if i == 0 or best < i:
            best = i
            for j in range(i + 1, last + 1):
                if grams[j] <= grams[best]:
                    best = j
        elif grams[last] <= grams[best]:
            best = last
        out[i] = best


@njit(cache=True, nogil=True)
def _longest(offsets):
    most = 1
    for d in range(len(offsets) - 1):
        most = max(most, offsets[d + 1] - offsets[d])
    return most


@njit(cache=True, nogil=True)
def _fingerprints(words, offsets, window, texts, found):
    run = (window + 1) // 2
    grams = np.empty(_longest(offsets), np.uint64)
    chosen = np.empty(len(grams), np.int64)
    n = 0
    for d in range(len(offsets) - 1):
        start, size = offsets[d], offsets[d + 1] - offsets[d]
        n_windows = size - window + 1
        if n_windows < 1:
            continue
        _rolled(words[start:], size, run, grams)
        _chosen(grams, n_windows, window - run + 1, chosen)
        for i in range(n_windows):
            if i == 0 or chosen[i] != chosen[i - 1]:
                texts[n], found[n] = d, grams[chosen[i]]
                n += 1
    return n


@njit(cache=True, nogil=True)
def _windows(words, offsets, window, wanted, texts, fingerprints, hashes, starts):
    run = (window + 1) // 2
    grams = np.empty(_longest(offsets), np.uint64)
    whole = np.empty(len(grams), np.uint64)
    chosen = np.empty(len(grams), np.int64)
    n = 0
    for d in range(len(offsets) - 1):
        start, size = offsets[d], offsets[d + 1] - offsets[d]
        n_windows = size - window + 1
        if n_windows < 1:
            continue
        _rolled(words[start:], size, run, grams)
        _rolled(words[start:], size, window, whole)
        _chosen(grams, n_windows, window - run + 1, chosen)
        among = False
        for i in range(n_windows):
            fingerprint = grams[chosen[i]]
            if i == 0 or chosen[i] != chosen[i - 1]:
                at = np.searchsorted(wanted, fingerprint)
                among = at < len(wanted) and wanted[at] == fingerprint
            if among:
                texts[n], fingerprints[n], hashes[n], starts[n] = d, fingerprint, whole[i], i
                n += 1
    return n


@njit(cache=True, nogil=True)
def _span_hashes(words, firsts, ends, hashes):
    for k in range(len(firsts)):
        h = _ZERO
        for i in range(firsts[k], ends[k]):
            h = h * _BASE + words[i]
        hashes[k] = _mixed(h)


@njit(cache=True, nogil=True)
def _later(order, hashes, documents, starts, ends, min_frequency, keep_first, firsts):
    a = 0
    while a < len(order):
        first = order[a]
        counted, times, b = first, 1, a + 1
        while b < len(order) and hashes[order[b]] == hashes[first]:
            at = order[b]
            if documents[at] != documents[counted] or starts[at] >= ends[counted]:
                counted = at
                times += 1
            b += 1
        if times >= min_frequency:
            for k in range(a, b):
                at = order[k]
                if not keep_first or documents[at] != documents[first] or starts[at] >= ends[first]:
                    firsts[at] = first
        a = b


@njit(cache=True, nogil=True)
def _merged(documents, starts, ends, heads, reach):
    n = 0
    for i in range(len(starts)):
        if n and documents[i] == documents[heads[n - 1]] and starts[i] <= reach[n - 1]:
            reach[n - 1] = max(reach[n - 1], ends[i])
        else:
            heads[n], reach[n] = i, ends[i]
            n += 1
    return n
