"""How much of a set's words were copied from its sources, and in how long runs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from synth.measures.ngrams import grams
from synth.measures.texts import Texts

#: Words from which on a run that a source has too is no accident.
NGRAM = 8
#: Words from which on it is no quotation of a phrase or a sentence, but a passage taken over.
RUN = 50


class Copied(NamedTuple):
    """Shares of all words: `ngrams` in n-grams that a source has, `runs` in runs of at least RUN words; and of each
    text its `longest` run, in words."""

    ngrams: float
    runs: float
    longest: NDArray[np.int64]


def copied(texts: Texts, sources: Texts) -> Copied:
    """What of `texts` stands in `sources`. A run is a row of n-grams that the sources have, be it from several places.
    8 bytes per word of the sources, a sort of these and a search for each word."""
    known = np.unique(grams(sources, NGRAM)[0])
    found, rows = grams(texts, NGRAM)
    at = np.minimum(np.searchsorted(known, found), max(0, len(known) - 1))
    hit = known[at] == found if len(known) else np.zeros(len(found), np.bool_)
    words, long, longest = _runs(hit, rows, len(texts), NGRAM, RUN)
    total = max(1, len(texts.words))
    return Copied(words / total, long / total, longest)


@njit(cache=True, nogil=True)
def _runs(hit, rows, n, ngram, run):
    """Words in hits, words in runs of at least `run`, and each text's longest run."""
    longest = np.zeros(n, np.int64)
    words = long = i = 0
    row, ends, long_ends = -1, 0, 0  # runs less than an n-gram apart share words
    while i < len(hit):
        if not hit[i]:
            i += 1
            continue
        first = i
        if rows[first] != row:
            row, ends, long_ends = rows[first], 0, 0
        while i < len(hit) and hit[i] and rows[i] == row:
            i += 1
        end = i + ngram - 1
        longest[row] = max(longest[row], end - first)
        words += end - max(first, ends)
        ends = end
        if end - first >= run:
            long += end - max(first, long_ends)
            long_ends = end
    return words, long, longest
