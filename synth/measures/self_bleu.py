"""Self-BLEU (Zhu et al. 2018, Texygen): how like the others each text of a set is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.measures.ngrams import grams
from synth.measures.texts import Texts

ORDER = 4
#: Chen and Cherry (2014), method 1: what takes the place of no match.
EPSILON = 0.1


def self_bleu(texts: Texts) -> NDArray[np.float64]:
    """BLEU-4 (0 to 1) of each text with all others as references; 0 for a text without words, or without others.

    The same as nltk's `sentence_bleu` with `SmoothingFunction().method1`. A reference's count of an n-gram matters only
    as the largest among the others, which is the largest of all or, where the text itself has that, the second largest:
    so all of it takes one sort of the n-grams, not a comparison of all pairs.
    """
    n = len(texts)
    logs, matched = np.zeros(n), np.zeros(n, np.bool_)
    for order in range(1, ORDER + 1):
        hits, total = _clipped(texts, order)
        matched |= hits > 0 if order == 1 else False
        shares = np.where(hits > 0, hits, EPSILON) / np.maximum(1, total)
        logs += np.log(shares) / ORDER
    scores = np.exp(logs) * _brevity(texts.lengths)
    return np.where(matched & (n > 1), scores, 0.0)


def _clipped(texts: Texts, order: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Of each text its n-grams that another has too, each counted as often as one other has it; and all of them."""
    found, rows = grams(texts, order)
    n = len(texts)
    total = np.bincount(rows, minlength=n)
    by = np.lexsort((rows, found))
    new = np.ones(len(by), np.bool_)
    new[1:] = (np.diff(found[by]) != 0) | (np.diff(rows[by]) != 0)
    starts = np.flatnonzero(new)
    gram, row = found[by][starts], rows[by][starts]
    counts = np.diff(np.append(starts, len(by)))
    rank = np.lexsort((-counts, gram))  # of each n-gram the text that has it most stands first
    gram, row, counts = gram[rank], row[rank], counts[rank]
    first = (
        np.flatnonzero(np.concatenate([[True], np.diff(gram) != 0])) if len(gram) else np.zeros(0, np.int64)
    )
    group = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(gram))))
    alone = np.diff(np.append(first, len(gram))) == 1
    second = (
        np.where(alone, 0, counts[np.minimum(first + 1, max(0, len(counts) - 1))]) if len(first) else first
    )
    others = np.where(row == row[first][group], second[group], counts[first][group]) if len(first) else counts
    hits = np.bincount(row, weights=np.minimum(counts, others), minlength=n)
    return hits, total


def _brevity(lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """The penalty of each text against the length nearest to its own among the others (the shorter of two)."""
    order = np.sort(lengths)
    at = np.searchsorted(order, lengths, side="left")
    equal = np.searchsorted(order, lengths, side="right") - at
    below = order[np.maximum(at - 1, 0)]
    above = order[np.minimum(at + equal, len(order) - 1)]
    down = np.where(at > 0, lengths - below, np.iinfo(np.int64).max)
    up = np.where(at + equal < len(order), above - lengths, np.iinfo(np.int64).max)
    nearest = np.where(equal > 1, lengths, np.where(down <= up, below, above))
    with np.errstate(divide="ignore"):
        return np.where(lengths > nearest, 1.0, np.exp(1 - nearest / np.maximum(lengths, 1e-9)))
