"""ROUGE-L over hashes of words, compiled: the longest common subsequence of two texts as an F score (Lin 2004)."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


def rouge_l(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> float:
    """2 L / (m + n), L being the words of the longest common subsequence of m and n words; 0 without words."""
    return float(_score(left, right, 0.0))


def most_alike(
    own: NDArray[np.uint64],
    flat: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    rows: NDArray[np.int64],
    least: float,
) -> tuple[int, float]:
    """The first of `rows` (texts `flat[offsets[row]:offsets[row + 1]]`) whose ROUGE-L with `own` is above `least`, and
    that score; (-1, 0) if none is."""
    return _most_alike(own, np.sort(own), flat, offsets, rows, least)


@njit(cache=True, nogil=True)
def _most_alike(own, ordered, flat, offsets, rows, least):
    for row in rows:
        other = flat[offsets[row] : offsets[row + 1]]
        m, n = len(own), len(other)
        if m + n == 0 or 2.0 * min(m, n) <= least * (m + n):
            continue
        if 2.0 * _common(ordered, np.sort(other)) <= least * (m + n):  # words in common bound the subsequence
            continue
        score = _score(own, other, least)
        if score > least:
            return row, score
    return -1, 0.0


@njit(cache=True, nogil=True)
def _common(left, right):
    """How many words two sorted texts share, each as often as both have it."""
    i = j = n = 0
    while i < len(left) and j < len(right):
        if left[i] == right[j]:
            i, j, n = i + 1, j + 1, n + 1
        elif left[i] < right[j]:
            i += 1
        else:
            j += 1
    return n


@njit(cache=True, nogil=True)
def _score(left, right, least):
    m, n = len(left), len(right)
    if m == 0 or n == 0:
        return 0.0
    row = np.zeros(n + 1, np.int32)
    for i in range(m):
        diagonal = 0
        for j in range(n):
            above = row[j + 1]
            if left[i] == right[j]:
                row[j + 1] = diagonal + 1
            elif row[j] > above:
                row[j + 1] = row[j]
            diagonal = above
        if 2.0 * (row[n] + m - 1 - i) <= least * (m + n):  # the rest cannot make it up
            return 0.0
    return 2.0 * row[n] / (m + n)
