"""Texts without some of their words: what is cut, in characters; what is left, joined; how a passage begins."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.bounds import Texts, before_spaces, past_spaces
from curate.kernels.codepoints import BREAK, IDEOGRAPH, KIND, classes, decode


def characters(texts: Texts, of: NDArray[np.uint32], cuts: NDArray[np.int64]) -> NDArray[np.uint32]:
    """`cuts` (sorted, of the texts `of`) counted in characters from the beginning of their text."""
    found = np.empty(cuts.shape, np.uint32)
    _characters(texts.data, texts.edges, of, cuts, found)
    return found


def without(
    texts: Texts, of: NDArray[np.uint32], cuts: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Data and offsets of the texts without `cuts` (sorted, apart from each other, of the texts `of`).

    Of the white space on both sides of a cut the one with more line breaks stays, and what indents the line behind;
    none stays at either end of a text. Where there is none, a space parts the words on both sides, unless one is an
    ideograph.
    """
    data, edges = np.empty(len(texts.data) + len(cuts), np.uint8), np.zeros(len(texts.edges), np.int64)
    _without(texts.data, texts.edges, classes(), of, cuts, data, edges)
    return data[: edges[-1]].copy(), edges


def excerpts(texts: Texts, cuts: NDArray[np.int64], most: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Data and offsets of the first `most` characters of each of `cuts`."""
    data = np.empty(int(np.minimum(cuts[:, 1] - cuts[:, 0], 4 * most).sum()), np.uint8)
    edges = np.zeros(len(cuts) + 1, np.int64)
    _excerpts(texts.data, cuts, most, data, edges)
    return data[: edges[-1]].copy(), edges


@njit(cache=True, nogil=True)
def _characters(data, edges, of, cuts, found):
    at, chars = 0, 0
    for k in range(len(of)):
        if k == 0 or of[k] != of[k - 1]:
            at, chars = edges[of[k]], 0
        for side in range(2):
            while at < cuts[k, side]:
                chars += data[at] & 0xC0 != 0x80
                at += 1
            found[k, side] = chars


@njit(cache=True, nogil=True)
def _without(data, edges, classes, of, cuts, out, out_edges):
    n, k = 0, 0
    for d in range(len(edges) - 1):
        at, end = edges[d], edges[d + 1]
        first = n
        while k < len(of) and of[k] == d:
            begin, behind = cuts[k, 0], cuts[k, 1]
            left = before_spaces(data, at, begin, classes)
            right = past_spaces(data, behind, end, classes)
            n = _copy(data, at, left, out, n)
            if n > first and right < end:
                if left == begin and right == behind:
                    n = _parted(data, left, right, classes, out, n)
                else:
                    n = _joined(data, left, begin, behind, right, classes, out, n)
            at = right
            k += 1
        n = _copy(data, at, end, out, n)
        out_edges[d + 1] = n


@njit(cache=True, nogil=True)
def _joined(data, left, begin, behind, right, classes, out, n):
    """Write the white space of one of both sides, and how the line on the right is indented, if one begins there."""
    before, indent_before = _breaks(data, left, begin, classes)
    after, indent_after = _breaks(data, behind, right, classes)
    if after > before:
        return _copy(data, behind, right, out, n)
    if after == 0:
        return _copy(data, left, begin, out, n)
    n = _copy(data, left, indent_before, out, n)
    return _copy(data, indent_after, right, out, n)


@njit(cache=True, nogil=True)
def _breaks(data, i, end, classes):
    """Line breaks within [i, end), and the place behind the last."""
    found, before, behind = 0, 0, i
    while i < end:
        cp, size = decode(data, i)
        i += size
        if classes[cp] & BREAK != 0:
            found += not (cp == 10 and before == 13)
            behind = i
        before = cp
    return found, behind


@njit(cache=True, nogil=True)
def _parted(data, left, right, classes, out, n):
    """Write a space between what ends at `left` and what begins at `right`, unless one is an ideograph."""
    i = left - 1
    while data[i] & 0xC0 == 0x80:
        i -= 1
    before, _ = decode(data, i)
    after, _ = decode(data, right)
    if classes[before] & KIND != IDEOGRAPH and classes[after] & KIND != IDEOGRAPH:
        out[n] = 32
        n += 1
    return n


@njit(cache=True, nogil=True)
def _copy(data, i, end, out, n):
    for j in range(i, end):
        out[n] = data[j]
        n += 1
    return n


@njit(cache=True, nogil=True)
def _excerpts(data, cuts, most, out, edges):
    n = 0
    for k in range(len(cuts)):
        i, chars = cuts[k, 0], 0
        while i < cuts[k, 1]:
            chars += data[i] & 0xC0 != 0x80
            if chars > most:
                break
            out[n] = data[i]
            n += 1
            i += 1
        edges[k + 1] = n
