"""What lines look like: C4's rules for lines, Gopher's bullets and ellipses, sentences.

A line is what `str.splitlines` gives. C4's rules go by the words between spaces, as its code does (`c4_utils.py`
of TensorFlow Datasets, which datatrove follows), in its order: a line goes when one of its words is too long, it
does not end a sentence, it is short, mentions JavaScript or a policy; a line that got so far and holds "lorem
ipsum" or "{" takes the whole page with it. Here such lines are counted; `curate.steps.quality` decides.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.codepoints import (
    ANCHOR,
    BREAK,
    IDEOGRAPH,
    KIND,
    OTHER,
    SPACE,
    TERMINAL,
    classes,
    decode,
)

#: Per text, in this order.
COUNTS = (
    "chars",
    "lines",
    "text_lines",  # lines with more than spaces
    "line_words",  # words between spaces
    "longest_word",  # between spaces, in characters
    "hashes",  # "#"
    "ellipses",  # "..." and "…"
    "bullet_lines",
    "ellipsis_lines",
    "sentences",
    "lorem_ipsum_lines",
    "curly_bracket_lines",
    "javascript_lines",
    "policy_lines",
    "c4_lines",  # lines that C4 keeps, and what it counts on the way
    "c4_sentences",
    "c4_lorem_ipsum_lines",
    "c4_curly_bracket_lines",
)
_INDEX = {name: k for k, name in enumerate(COUNTS)}
_CHARS, _LINES, _TEXT, _WORDS, _LONGEST, _HASHES, _ELLIPSES, _BULLETS, _ENDS, _SENTENCES = range(10)
_PHRASES, _C4 = _INDEX["lorem_ipsum_lines"], _INDEX["c4_lines"]

# What a line mentions, as bits, in the order of the counts from `lorem_ipsum_lines` on.
_LOREM, _CURLY, _JAVASCRIPT, _POLICY = 1, 2, 4, 8
_MIN_WORDS, _MAX_WORD = 3, 1000  # C4's, of a line and of a word
_BULLET, _ELLIPSIS = ord("•"), ord("…")


def line_counts(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts (texts, len(COUNTS)) of texts given as UTF-8 buffers."""
    counts = np.zeros((len(offsets) - 1, len(COUNTS)), np.int64)
    _count(data, offsets, classes(), counts)
    return counts


@njit(cache=True, nogil=True)
def _count(data, offsets, classes, counts):
    for d in range(len(offsets) - 1):
        i = offsets[d]
        while i < offsets[d + 1]:
            i = _line(data, i, offsets[d + 1], classes, counts[d])


@njit(cache=True, nogil=True)
def _line(data, start, end, classes, out):
    """Count the line that begins at `start`; where the next one begins."""
    i = start
    chars = 0
    words = word = longest = 0
    first = 0  # the first character that is no space
    last = start  # behind the last such character
    mentions = 0
    sentences = 0
    said = ended = False  # a word since the last sentence's end; a terminal mark behind it
    dots_until = start
    while i < end:
        cp, size = decode(data, i)
        c = classes[cp]
        kind = c & KIND
        chars += 1
        if kind == SPACE:
            longest = max(longest, word)
            word = 0
            if ended:
                sentences += 1
                said = ended = False
            i += size
            if c & BREAK:
                if cp == 13 and i < end and data[i] == 10:
                    chars += 1
                    i += 1
                break
            continue
        if word == 0:
            words += 1
            if words == 1:
                first = cp
        word += 1
        last = i + size
        if kind >= IDEOGRAPH:
            if ended and kind == IDEOGRAPH:
                sentences += 1
            said, ended = True, False
            if c & ANCHOR:
                mentions |= _mentions(data, start, i, end)
        elif kind == OTHER:
            if c & TERMINAL:
                ended = said
            if cp == 46:
                if i >= dots_until and i + 2 < end and data[i + 1] == 46 and data[i + 2] == 46:
                    out[_ELLIPSES] += 1
                    dots_until = i + 3
            elif cp == _ELLIPSIS:
                out[_ELLIPSES] += 1
            elif cp == 35:
                out[_HASHES] += 1
            elif cp == 123:
                mentions |= _CURLY
        i += size
    out[_CHARS] += chars
    out[_LINES] += 1
    if words:
        _close(data, start, last, first, words, max(longest, word), sentences + said, mentions, out)
    return i


@njit(cache=True, nogil=True)
def _close(data, start, last, first, words, longest, sentences, mentions, out):
    """Count a line with words, now that its end is known."""
    out[_TEXT] += 1
    out[_WORDS] += words
    out[_LONGEST] = max(out[_LONGEST], longest)
    out[_BULLETS] += first == _BULLET or first == 45
    out[_ENDS] += _ends_in_ellipsis(data, start, last)
    out[_SENTENCES] += sentences
    for k in range(4):
        out[_PHRASES + k] += (mentions >> k) & 1
    if words >= _MIN_WORDS and longest <= _MAX_WORD and _ends_sentence(data, start, last):
        _c4(out, mentions, sentences)


@njit(cache=True, nogil=True)
def _c4(out, mentions, sentences):
    """What C4 does with a line that ends a sentence, has enough words and none too long."""
    if mentions & _LOREM:
        out[_C4 + 2] += 1
    elif mentions & _JAVASCRIPT:
        return
    elif mentions & _CURLY:
        out[_C4 + 3] += 1
    elif mentions & _POLICY:
        return
    else:
        out[_C4] += 1
        out[_C4 + 1] += sentences


@njit(cache=True, nogil=True)
def _ends_in_ellipsis(data, start, last):
    if last - start < 3:
        return False
    a, b, c = data[last - 3], data[last - 2], data[last - 1]
    return (a == 46 and b == 46 and c == 46) or (a == 0xE2 and b == 0x80 and c == 0xA6)


@njit(cache=True, nogil=True)
def _ends_sentence(data, start, last):
    """Whether a line ends in . ? ! " or ' but not in "...", Wikipedia's citations being taken off first."""
    while last - start >= 2 and data[last - 1] == 93:  # ]
        k = last - 2
        while k > start and 48 <= data[k] <= 57:
            k -= 1
        if data[k] != 91:  # [
            k = last - len(_EDIT)
            if not _says(data, k, start, last, _EDIT, False):
                k = last - len(_NEEDED)
                if not _says(data, k, start, last, _NEEDED, False):
                    break
        last = k
    if last == start:
        return False
    b = data[last - 1]
    if b == 46:
        return not (last - start >= 3 and data[last - 2] == 46 and data[last - 3] == 46)
    return b == 63 or b == 33 or b == 34 or b == 39


_EDIT, _NEEDED = b"[edit]", b"[citation needed]"
_JS, _IPSUM, _TERMS, _PRIVACY, _COOKIE = (
    b"javascript",
    b"lorem ipsum",
    b"terms of use",
    b"privacy policy",
    b"cookie policy",
)
_USES, _USE_OF, _USE = b"uses cookies", b"use of cookies", b"use cookies"


@njit(cache=True, nogil=True)
def _mentions(data, start, i, end):
    """The phrase of C4's list whose anchor (a letter seldom met) stands at `i`, as a bit, or 0.

    Case is ignored for ASCII alone.
    """
    b = data[i] | 32
    if b == 106:  # j
        return _JAVASCRIPT if _says(data, i, start, end, _JS) else 0
    if b == 112:  # p
        return _LOREM if _says(data, i - 7, start, end, _IPSUM) else 0
    if b == 102:  # f
        return _POLICY if _says(data, i - 7, start, end, _TERMS) else 0
    if b == 118:  # v
        return _POLICY if _says(data, i - 3, start, end, _PRIVACY) else 0
    if (
        _says(data, i - 3, start, end, _COOKIE)
        or _says(data, i - 8, start, end, _USES)
        or _says(data, i - 10, start, end, _USE_OF)
        or _says(data, i - 7, start, end, _USE)
    ):
        return _POLICY
    return 0


@njit(cache=True, nogil=True)
def _says(data, at, start, end, phrase, fold=True):
    """Whether `phrase` (lower case, ASCII) stands at `at` within [start, end)."""
    if at < start or at + len(phrase) > end:
        return False
    for k in range(len(phrase)):
        b = data[at + k]
        if fold and 65 <= b <= 90:
            b |= 32
        if b != phrase[k]:
            return False
    return True
