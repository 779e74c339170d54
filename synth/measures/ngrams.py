"""Distinct-n (Li et al. 2016) and the entropy of n-grams: how much of what is said is said again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synth.measures.texts import Texts

_BASE = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


def grams(texts: Texts, n: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of all n-grams of words, and the text of each; none runs over the end of a text. Linear in words."""
    words = texts.words
    count = max(0, len(words) - n + 1)
    found = np.zeros(count, np.uint64)
    with np.errstate(over="ignore"):
        for k in range(n):
            found = (found ^ words[k : k + count]) * _BASE
            found ^= found >> _SHIFT
    rows = texts.rows
    whole = rows[:count] == rows[n - 1 : n - 1 + count]
    return found[whole], rows[:count][whole]


def distinct(texts: Texts, n: int) -> float:
    """Different n-grams over all n-grams (0 to 1); falls as texts get more, whoever wrote them."""
    found, _ = grams(texts, n)
    return len(np.unique(found)) / len(found) if len(found) else 0.0


def entropy(texts: Texts, n: int) -> float:
    """Shannon entropy of the n-grams' frequencies, in bits; rises with the size of the text."""
    _, counts = np.unique(grams(texts, n)[0], return_counts=True)
    shares = counts / counts.sum() if len(counts) else np.ones(1)
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def commonness(texts: Texts, n: int = 3) -> NDArray[np.float64]:
    """Of each text the mean number of times that its n-grams occur in the set: the largest repeat what others say."""
    found, rows = grams(texts, n)
    if not len(found):
        return np.zeros(len(texts))
    _, inverse, counts = np.unique(found, return_inverse=True, return_counts=True)
    sums = np.bincount(rows, weights=counts[inverse], minlength=len(texts))
    return sums / np.maximum(1, np.bincount(rows, minlength=len(texts)))
