"""Where words, lines and paragraphs stand in a text, in bytes.

Words are those of `tokens.word_hashes`, one by one. What parts two words is looked for between them: a space; a line
break (what `str.splitlines` splits at); or a blank line, that is two breaks with only spaces between.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.codepoints import BREAK, EXTEND, IDEOGRAPH, KIND, LETTER, SPACE, classes, decode
from curate.kernels.tokens import _joins


class Texts(NamedTuple):
    """Texts as UTF-8, and the bytes of their words: text i has words `offsets[i]:offsets[i + 1]`, word w the bytes
    `starts[w]:ends[w]` of `data`."""

    data: NDArray[np.uint8]
    edges: NDArray[np.int64]  # of the texts in `data`
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    offsets: NDArray[np.int64]


def bounds(data: NDArray[np.uint8], edges: NDArray[np.int64]) -> Texts:
    """The words of texts given as `buffers.utf8` gives them."""
    size = int(edges[-1] - edges[0])  # no more words than bytes; pages never touched cost nothing
    starts, ends = np.empty(size, np.int64), np.empty(size, np.int64)
    offsets = np.zeros(len(edges), np.int64)
    _bounds(data, edges, classes(), starts, ends, offsets)
    return Texts(data, edges, starts[: offsets[-1]].copy(), ends[: offsets[-1]].copy(), offsets)


def units(
    texts: Texts, breaks: int, least: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]:
    """Lines (`breaks` 1) or paragraphs (2) of at least `least` words: text, first word, word behind the last."""
    room = len(texts.starts) // least
    found = tuple(np.empty(room, np.uint32) for _ in range(3))
    n = _units(*texts, classes(), breaks, least, *found)
    return found[0][:n].copy(), found[1][:n].copy(), found[2][:n].copy()


def places(
    texts: Texts,
    of: NDArray[np.uint32],
    firsts: NDArray[np.uint32],
    lasts: NDArray[np.uint32],
    breaks: int,
) -> NDArray[np.int64]:
    """Bytes [begin, end) of `data`, shape (spans, 2), of the words [first, last) of the texts `of`.

    They take in what stands at the words and is parted from others: punctuation, or the rest of a line or paragraph.
    """
    found = np.empty((len(of), 2), np.int64)
    _places(*texts, classes(), of, firsts, lasts, breaks, found)
    return found


@njit(cache=True, nogil=True)
def _bounds(data, edges, classes, starts, ends, offsets):
    n = 0
    for d in range(len(edges) - 1):
        i, end = edges[d], edges[d + 1]
        last = 0  # the kind of the open word's last letter or digit; 0 outside words
        while i < end:
            cp, size = decode(data, i)
            c = classes[cp]
            kind = c & KIND
            if kind >= LETTER:
                if last == 0:
                    starts[n] = i
                last = kind
            elif last and not (kind == EXTEND or _joins(data, i + size, end, classes, c, last)):
                ends[n] = i
                n += 1
                last = 0
            if kind == IDEOGRAPH:
                starts[n], ends[n] = i, i + size
                n += 1
            i += size
        if last:
            ends[n] = end
            n += 1
        offsets[d + 1] = n


@njit(cache=True, nogil=True)
def _gap(data, i, end, classes, breaks):
    """Of the runs of spaces in [i, end) that hold `breaks` line breaks: where the first begins, the last ends.

    (end, i) if there is none.
    """
    first, last, begin = end, i, i
    found, run, before = 0, -1, 0
    while i <= end:
        cp, size, c = 0, 1, 0  # what stands at `end` closes a run
        if i < end:
            cp, size = decode(data, i)
            c = classes[cp]
        if c & KIND == SPACE:
            if run < 0:
                begin, run = i, 0
            run += c & BREAK != 0 and not (cp == 10 and before == 13)
        else:
            if run >= breaks:
                first = begin if found == 0 else first
                last = i
                found += 1
            run = -1
        before = cp
        i += size
    return first, last


@njit(cache=True, nogil=True)
def _units(data, edges, starts, ends, offsets, classes, breaks, least, of, firsts, lasts):
    n = 0
    for d in range(len(edges) - 1):
        a = offsets[d]
        for w in range(offsets[d], offsets[d + 1]):
            last = w + 1 == offsets[d + 1]
            if not last:
                begin, _ = _gap(data, ends[w], starts[w + 1], classes, breaks)
                last = begin < starts[w + 1]
            if last:
                if w + 1 - a >= least:
                    of[n], firsts[n], lasts[n] = d, a - offsets[d], w + 1 - offsets[d]
                    n += 1
                a = w + 1
    return n


@njit(cache=True, nogil=True)
def _places(data, edges, starts, ends, offsets, classes, of, firsts, lasts, breaks, found):
    for k in range(len(of)):
        d = of[k]
        a, b = offsets[d] + firsts[k], offsets[d] + lasts[k] - 1
        low = ends[a - 1] if a > offsets[d] else edges[d]
        high = starts[b + 1] if b + 1 < offsets[d + 1] else edges[d + 1]
        _, found[k, 0] = _gap(data, low, starts[a], classes, breaks)
        found[k, 1], _ = _gap(data, ends[b], high, classes, breaks)
        # A whole line begins and ends at spaces, of which those within the line stay out.
        found[k, 0] = past_spaces(data, found[k, 0], starts[a], classes)
        found[k, 1] = before_spaces(data, ends[b], found[k, 1], classes)


@njit(cache=True, nogil=True)
def past_spaces(data, i, end, classes):
    """The first place from `i` on that is no space."""
    while i < end:
        cp, size = decode(data, i)
        if classes[cp] & KIND != SPACE:
            break
        i += size
    return i


@njit(cache=True, nogil=True)
def before_spaces(data, start, end, classes):
    """The end of [start, end) without the spaces behind it."""
    while end > start:
        i = end - 1
        while data[i] & 0xC0 == 0x80:
            i -= 1
        cp, _ = decode(data, i)
        if classes[cp] & KIND != SPACE:
            break
        end = i
    return end
