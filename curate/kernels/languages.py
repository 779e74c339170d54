"""Compiled language identification: hashed character n-grams of a few windows of each text, a linear model.

The model is fastText's (Joulin et al. 2016: the mean of n-gram embeddings, then softmax) with features
straight from UTF-8: letters in lower case, everything else one separator, n-grams of 1 to 4 characters within
words and their edges, whole words, and the block of the code chart. Embeddings are int8, so sums are exact on
any machine.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit

from curate.kernels.cleaning import decode

LONGEST_GRAM = 4
LONGEST_WORD = 20  # longer runs come from scripts without spaces
_BASIS, _PRIME, _LOW = np.uint64(2166136261), np.uint64(16777619), np.uint64(0xFFFFFFFF)  # 32-bit FNV-1a
_BLOCK, _WORD = 0x5EED, 0xF00D  # keep kinds of features apart


@lru_cache
def fold_table() -> np.ndarray:
    """uint16 (65536,): the lower-case letter or mark of a code point, 0 for what is neither."""
    import unicodedata

    table = np.zeros(0x10000, np.uint16)
    for code in range(0x10000):
        char = chr(code)
        if unicodedata.category(char)[0] in "LM":
            lower = char.lower()
            table[code] = ord(lower) if len(lower) == 1 else code
    return table


@njit(cache=True, nogil=True)
def _windows(data, start, end, cap):
    """Where to read data[start:end]: (3, 2) byte ranges of `cap` bytes in all, whole characters; one if short."""
    ranges = np.zeros((3, 2), np.int64)
    if end - start <= cap:
        ranges[0, 0], ranges[0, 1] = start, end
        return ranges[:1]
    size = cap // 3
    ranges[0, 0], ranges[0, 1] = start, start + size
    ranges[1, 0] = (start + end - size) // 2
    ranges[1, 1] = ranges[1, 0] + size
    ranges[2, 0], ranges[2, 1] = end - size, end
    for k in range(3):
        while ranges[k, 0] < end and data[ranges[k, 0]] & 0xC0 == 0x80:
            ranges[k, 0] += 1
        while ranges[k, 1] < end and data[ranges[k, 1]] & 0xC0 == 0x80:
            ranges[k, 1] += 1
    return ranges


@njit(cache=True, nogil=True)
def _letters(data, start, end, fold, out):
    """Write the folded letters of data[start:end] to `out`, a 0 between words and at both ends; the length."""
    out[0] = 0
    n, i = 1, start
    while i < end:
        code, width = decode(data, i)
        letter = fold[code] if code < 0x10000 else np.uint16(0)
        if letter or out[n - 1]:
            out[n] = letter
            n += 1
        i += width
    if out[n - 1]:
        out[n] = 0
        n += 1
    return n


@njit(cache=True, nogil=True, inline="always")
def _fnv(h, code):
    return ((h ^ np.uint64(code)) * _PRIME) & _LOW


@njit(cache=True, nogil=True, inline="always")
def _slot(h, salt, mask):
    """Where a hash of one kind of feature lies: spread over its low bits by MurmurHash3's finaliser, then cut."""
    h = h ^ np.uint64(salt)
    h = ((h ^ (h >> np.uint64(16))) * np.uint64(0x85EBCA6B)) & _LOW
    h = ((h ^ (h >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & _LOW
    return np.int64((h ^ (h >> np.uint64(16))) & np.uint64(mask))


@njit(cache=True, nogil=True)
def _grams(letters, n, mask, out):
    """Write the feature numbers of letters[:n] to `out`; how many."""
    m, word, begin = 0, _BASIS, 0
    for i in range(n):
        code = letters[i]
        if code >= 0x250:
            block = code >> 8 if code >= 0x2E80 else code >> 6
            out[m] = _slot(_fnv(_BASIS, block), _BLOCK, mask)
            m += 1
        if code:
            word = _fnv(word, code)
        else:
            if 1 < i - begin < LONGEST_WORD:
                out[m] = _slot(word, _WORD, mask)
                m += 1
            word, begin = _BASIS, i + 1
        gram = _BASIS
        for j in range(i, min(n, i + LONGEST_GRAM)):
            gram = _fnv(gram, letters[j])
            if j > i or code:
                out[m] = _slot(gram, j - i, mask)
                m += 1
            if j > i and not letters[j]:
                break
    return m


@njit(cache=True, nogil=True)
def features(data, start, end, fold, mask):
    """Feature numbers (int64, below mask + 1) of data[start:end]."""
    letters = np.empty(end - start + 2, np.uint16)
    n = _letters(data, start, end, fold, letters)
    out = np.empty(n * (LONGEST_GRAM + 2), np.int64)
    return out[: _grams(letters, n, mask, out)]


@njit(cache=True, nogil=True)
def judge(data, offsets, cap, fold, embedding, head):
    """The likeliest label of each text and its probability: (int16, -1 for a text without letters; float32).

    Reads at most `cap` bytes of a text: its beginning, middle and end. `embedding` is int8 (a power of two,
    dimensions), `head` float32 (labels, dimensions) with the scale of the embedding in it.
    """
    texts, dims, mask = len(offsets) - 1, embedding.shape[1], len(embedding) - 1
    labels, scores = np.full(texts, -1, np.int16), np.zeros(texts, np.float32)
    letters = np.empty(cap + 16, np.uint16)
    grams = np.empty((cap + 16) * (LONGEST_GRAM + 2), np.int64)
    total, logits = np.empty(dims, np.int64), np.empty(len(head), np.float64)
    for k in range(texts):
        total[:], count = 0, 0
        for start, end in _windows(data, offsets[k], offsets[k + 1], cap):
            m = _grams(letters, _letters(data, start, end, fold, letters), mask, grams)
            count += m
            for g in range(m):
                row = grams[g]
                for d in range(dims):
                    total[d] += embedding[row, d]
        if not count:
            continue
        for label in range(len(head)):
            logits[label] = 0.0
            for d in range(dims):
                logits[label] += head[label, d] * total[d] / count
        best = np.argmax(logits)
        labels[k] = best
        scores[k] = 1.0 / np.exp(logits - logits[best]).sum()
    return labels, scores


@njit(cache=True, nogil=True)
def excerpts(data, offsets, cap):
    """The windows of each text that `judge` would read, joined by spaces, for other models: (data, offsets)."""
    out = np.empty((len(offsets) - 1) * 12 + min(len(data), (len(offsets) - 1) * cap), np.uint8)
    ends, n = np.zeros(len(offsets), np.int64), 0
    for k in range(len(offsets) - 1):
        for start, end in _windows(data, offsets[k], offsets[k + 1], cap):
            if n > ends[k]:
                out[n] = 0x20
                n += 1
            for i in range(start, end):
                out[n] = data[i]
                n += 1
        ends[k + 1] = n
    return out[:n], ends
