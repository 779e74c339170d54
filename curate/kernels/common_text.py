"""How much of a benchmark item a document holds, once n-grams that many documents hold without it are set aside."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.overlap import Index


class Judged(NamedTuple):
    """Per run: the share of its text's words that the document holds, the same without common n-grams, how many
    words the text has without them, and whether the run holds an n-gram that is not common."""

    overlap: NDArray[np.float64]
    own: NDArray[np.float64]
    own_words: NDArray[np.int64]
    telling: NDArray[np.bool_]


def judge(
    found: dict[str, NDArray[Any]], index: Index, items: NDArray[np.int64], whole: float, limit: int
) -> Judged:
    """What runs of equal words amount to, n-grams that are common text set aside.

    `found` has `document` (numbers from 0) and `text`, `at`, `words` of runs, sorted by item, then document; the texts
    of item i are [items[i], items[i + 1]). An n-gram of an item is common when more than `limit` documents hold it
    without holding `whole` of the item's words (of all its texts that can be looked for); none is below 0.
    """
    size = len(found["text"])
    out = Judged(np.zeros(size), np.zeros(size), np.zeros(size, np.int64), np.zeros(size, np.bool_))
    item_of = np.repeat(np.arange(len(items) - 1), np.diff(items))[found["text"]]
    edges = np.flatnonzero(np.diff(item_of, prepend=-1, append=-1))
    for i in range(len(edges) - 1) if size else ():
        part = slice(int(edges[i]), int(edges[i + 1]))
        document, text, at, words = (found[name][part] for name in ("document", "text", "at", "words"))
        low, high = items[item_of[part.start]], items[item_of[part.start] + 1]
        overlap, own, own_words, telling = (column[part] for column in out)
        _judge(
            document, text, at, words, index.offsets, index.grams, low, high, whole, limit,
            overlap, own, own_words, telling,
        )  # fmt: skip
    return out


@njit(cache=True, nogil=True)
def _judge(
    document, text, at, words, offsets, grams, low, high, whole, limit, overlap, own, own_words, telling
):
    base, runs = offsets[low], len(text)
    held = np.zeros(offsets[high] - base, np.bool_)  # by the place where an n-gram begins
    frequency = np.zeros(len(held), np.int64)
    total = 0
    for t in range(low, high):
        if grams[t]:
            total += offsets[t + 1] - offsets[t]
    a = 0
    while a < runs:
        b = _hold(a, document, text, at, words, offsets, grams, base, held)
        covered = 0
        for t in range(low, high):
            covered += _covered(held, frequency, -1, offsets[t] - base, offsets[t + 1] - base, grams[t])
        if covered < whole * total:
            frequency += held
        a = b
    every = np.ones_like(held)
    a = 0
    while a < runs:
        b = _hold(a, document, text, at, words, offsets, grams, base, held)
        for r in range(a, b):
            t = text[r]
            first, last, n = offsets[t] - base, offsets[t + 1] - base, grams[t]
            overlap[r] = _covered(held, frequency, -1, first, last, n) / (last - first)
            own_words[r] = _covered(every, frequency, limit, first, last, n)
            if own_words[r]:
                own[r] = _covered(held, frequency, limit, first, last, n) / own_words[r]
            for g in range(first + at[r], first + at[r] + words[r] - n + 1):
                telling[r] = telling[r] or limit < 0 or frequency[g] <= limit
        a = b


@njit(cache=True, nogil=True)
def _hold(a, document, text, at, words, offsets, grams, base, held):
    """Mark in `held` the n-grams that the document of run `a` holds; the first run of the next document."""
    held[:] = False
    b = a
    while b < len(text) and document[b] == document[a]:
        first = offsets[text[b]] - base + at[b]
        held[first : first + words[b] - grams[text[b]] + 1] = True
        b += 1
    return b


@njit(cache=True, nogil=True)
def _covered(held, frequency, limit, first, last, n):
    """Words in [first, last) that lie within a held n-gram; with a `limit`, one that is no more frequent."""
    covered, reach = 0, first
    for g in range(first, last - n + 1 if n else first):
        if held[g] and (limit < 0 or frequency[g] <= limit):
            covered += g + n - max(g, reach)
            reach = g + n
    return covered
