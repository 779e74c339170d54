"""How much of a benchmark's text a document holds, once n-grams that many documents hold without it are set aside."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.overlap import Index

#: Documents that one with a short quote counts for.
_PHRASE = 5


class Judged(NamedTuple):
    """Per run: the share of its text's words that the document holds, the same without common n-grams (0 where all
    are), and whether the run holds an n-gram that is not common."""

    overlap: NDArray[np.float64]
    own: NDArray[np.float64]
    telling: NDArray[np.bool_]


def judge(found: dict[str, NDArray[Any]], index: Index, ngram: int, whole: float, limit: int) -> Judged:
    """What runs of equal words amount to, n-grams that are common text set aside.

    `found` has `document` (numbers from 0) and `text`, `at`, `words` of runs, sorted by text, then document. A
    document that holds the share `whole` of a text's n-grams is a copy of it, any other quotes it. Where quotes
    outnumber copies, the n-grams that more than `limit` documents quote are common; none is if `limit` is below 0.
    A quote of fewer words than two n-grams have is sooner a phrase than a leak, and counts for several documents.
    """
    size = len(found["text"])
    out = Judged(np.zeros(size), np.zeros(size), np.zeros(size, np.bool_))
    document, text, at, words = (found[name].astype(np.int64) for name in ("document", "text", "at", "words"))
    arguments = (document, text, at, words, index.offsets, index.grams, ngram, whole, limit, *out)
    _judge(*arguments)
    return out


@njit(cache=True, nogil=True)
def _judge(document, text, at, words, offsets, grams, ngram, whole, limit, overlap, own, telling):
    low = 0
    while low < len(text):
        t, high = text[low], low
        while high < len(text) and text[high] == t:
            high += 1
        n = grams[t]
        size = offsets[t + 1] - offsets[t]
        held = np.zeros(size - n + 1, np.bool_)  # by the place where an n-gram begins
        quoted, quotes, copies = np.zeros(len(held), np.int64), 0, 0
        a = low
        while a < high:
            a = _hold(a, high, document, at, words, n, held)
            if held.sum() >= whole * len(held):
                copies += 1
            else:
                quotes += 1
                quoted += held * (_PHRASE if _covered(held, n) < 2 * ngram else 1)
        common = (quoted > limit) & (limit >= 0) & (quotes > copies)
        rest = _covered(~common, n)
        a = low
        while a < high:
            b = _hold(a, high, document, at, words, n, held)
            covered, telling_words = _covered(held, n), _covered(held & ~common, n)
            for r in range(a, b):
                overlap[r] = covered / size
                own[r] = telling_words / rest if rest else 0.0
                telling[r] = not common[at[r] : at[r] + words[r] - n + 1].all()
            a = b
        low = high


@njit(cache=True, nogil=True)
def _hold(a, high, document, at, words, n, held):
    """Mark in `held` the n-grams that the document of run `a` holds; the first run of the next document."""
    held[:] = False
    b = a
    while b < high and document[b] == document[a]:
        held[at[b] : at[b] + words[b] - n + 1] = True
        b += 1
    return b


@njit(cache=True, nogil=True)
def _covered(held, n):
    """Words that lie within a held n-gram."""
    covered = reach = 0
    for g in range(len(held)):
        if held[g]:
            covered += g + n - max(g, reach)
            reach = g + n
    return covered
