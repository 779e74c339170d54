"""What a whole document tells of its words: a name found once is looked for in the rest of it."""

from __future__ import annotations

import numpy as np
from numba import njit

from curate.kernels import name_features as known
from curate.kernels.name_tokens import (
    BLANK,
    CAPITAL,
    FORM,
    GAP,
    INITIAL,
    KNOWN,
    LENGTH,
    LOWER,
    MARK,
    MIXED,
    UPPER,
    WORD,
    word_hash,
)

#: Marks of quotation, as tokens: their hashes.
QUOTES = tuple(word_hash(mark) for mark in "\"“”'‘’")
#: Posterior that a mention gets which only the rest of its document tells.
ECHO = 0.6
# Words of these classes are no surname for standing where one stood.
_NEVER = (
    known.STOP
    | known.CALENDAR
    | known.TITLE
    | known.BODY
    | known.ROLE
    | known.COUNTRY
    | known.DEMONYM
    | known.UNIT
)
_PERSON, _OTHER, _STRONG = range(3)  # columns of votes: a person, another name, surely a full or titled one
_SURE = 0.7


@njit(cache=True, nogil=True)
def _find(word, keys):
    at = np.int64((word * np.uint32(0x9E3779B1)) >> np.uint32(7)) & (len(keys) - 1)
    while keys[at] != 0 and keys[at] != word:
        at = (at + 1) & (len(keys) - 1)
    return at


@njit(cache=True, nogil=True, inline="always")
def _named(form):
    return form in (CAPITAL, UPPER, MIXED)


@njit(cache=True, nogil=True)
def _vote(rows, tags, sure, lo, hi, person, keys, votes):
    """Count, by word, how the capitalised words of a document are tagged."""
    i = lo
    while i < hi:
        if tags[i] == 0:
            i += 1
            continue
        first, kind = i, (tags[i] - 1) // 2
        i += 1
        while i < hi and tags[i] == 2 * kind + 2:
            i += 1
        words = 0
        for k in range(first, i):
            words += _named(rows[k, FORM]) or rows[k, FORM] == INITIAL
        titled = first > lo and (rows[first - 1, KNOWN] & known.TITLE != 0)
        titled |= (
            first > lo + 1 and rows[first - 1, FORM] == MARK and rows[first - 2, KNOWN] & known.TITLE != 0
        )
        last = True
        for k in range(i - 1, first - 1, -1):
            if not _named(rows[k, FORM]) or rows[k, LENGTH] < 3:
                continue
            at = _find(rows[k, WORD], keys)
            keys[at] = rows[k, WORD]
            votes[at, _PERSON if kind == person else _OTHER] += 1
            if kind == person and last and (words > 1 or titled) and sure[first] >= _SURE:
                votes[at, _STRONG] += 1
            last = False


@njit(cache=True, nogil=True, inline="always")
def _defined(rows, lo, hi, i):
    """Whether a word stands in quotation marks that follow a bracket or a "the"."""
    if i < lo + 2 or i + 1 >= hi or rows[i - 1, WORD] not in QUOTES or rows[i + 1, WORD] not in QUOTES:
        return False
    before = rows[i - 2]
    return before[FORM] == MARK or before[FORM] == LOWER


@njit(cache=True, nogil=True)
def _common(rows, lo, hi, keys):
    """Of each word in a table whether the document writes it in lower case too, or defines it."""
    common = np.zeros(len(keys), np.bool_)
    for i in range(lo, hi):
        if rows[i, FORM] == LOWER or _defined(rows, lo, hi, i):
            at = _find(rows[i, WORD], keys)
            common[at] |= keys[at] != 0
    return common


@njit(cache=True, nogil=True)
def _told(rows, tags, sure, lo, hi, person):
    """A table of the tagged words of a document, how each is tagged, and which are common; empty if none is tagged."""
    found = 0
    for i in range(lo, hi):
        found += tags[i] != 0
    size = 16 if found else 0
    while size < 2 * found:
        size *= 2
    keys, votes = np.zeros(size, np.uint32), np.zeros((size, 3), np.int32)
    if not found:
        return keys, votes, np.zeros(0, np.bool_)
    _vote(rows, tags, sure, lo, hi, person, keys, votes)
    return keys, votes, _common(rows, lo, hi, keys)


@njit(cache=True, nogil=True)
def surnames(rows, texts, segments, person, tags, sure):
    """Make PERSON (entity number `person`) of lone capitalised words that are somebody's surname elsewhere in the text.

    A common word ("Stone") needs two such places and must not open a segment; a word beside an untagged capitalised
    one ("Sherman Act"), or that the text writes in lower case too, stays as it is.
    """
    opens = np.zeros(len(rows) + 1, np.bool_)
    opens[segments] = True
    for text in range(len(texts) - 1):
        lo, hi = texts[text], texts[text + 1]
        keys, votes, common = _told(rows, tags, sure, lo, hi, person)
        if not len(keys):
            continue
        for i in range(lo, hi):
            if not _named(rows[i, FORM]) or rows[i, LENGTH] < 3 or rows[i, KNOWN] & _NEVER:
                continue
            if tags[i] and (
                tags[i] % 2 == 0
                or (i + 1 < hi and tags[i + 1] == tags[i] + 1)
                or (tags[i] - 1) // 2 == person
            ):
                continue
            at = _find(rows[i, WORD], keys)
            if keys[at] == 0 or common[at]:
                continue
            people, others, strong = votes[at]
            if people <= others or strong == 0:
                continue
            if rows[i, KNOWN] & known.COMMON and (strong < 2 or opens[i]):
                continue
            if (
                tags[i] == 0
                and i + 1 < hi
                and tags[i + 1] == 0
                and _named(rows[i + 1, FORM])
                and rows[i + 1, GAP] == BLANK
            ):
                continue
            tags[i], sure[i] = 2 * person + 1, ECHO


@njit(cache=True, nogil=True)
def doubts(rows, texts, person, tags, sure):
    """Take back PERSON of lone words that their text writes in lower case too, or defines ("Vendor"), as contracts do.

    It stays where the word stands behind a title or a given name somewhere in the text.
    """
    for text in range(len(texts) - 1):
        lo, hi = texts[text], texts[text + 1]
        keys, votes, common = _told(rows, tags, sure, lo, hi, person)
        if not len(keys):
            continue
        for i in range(lo, hi):
            if tags[i] == 2 * person + 1 and (i + 1 == hi or tags[i + 1] != 2 * person + 2):
                at = _find(rows[i, WORD], keys)
                if keys[at] and common[at] and votes[at, _STRONG] == 0:
                    tags[i], sure[i] = 0, 0


@njit(cache=True, nogil=True)
def echoes(rows, texts, segments, kinds, tags, sure):
    """Tag again, within a text, each run of words that was tagged once with an entity of which `kinds` is true.

    Runs begin with what is not a lower-case word; where a run was tagged in several ways, the last one holds.
    """
    for text in range(len(texts) - 1):
        lo, hi = texts[text], texts[text + 1]
        found = 0
        for i in range(lo, hi):
            found += tags[i] % 2
        if not found:
            continue
        size = 16
        while size < 2 * found:
            size *= 2
        keys, head = np.zeros(size, np.uint32), np.full(size, -1, np.int64)
        follows, spans, n = np.empty(found, np.int64), np.empty((found, 3), np.int64), 0
        i = lo
        while i < hi:
            first, kind = i, (tags[i] - 1) // 2
            i += 1
            if tags[first] == 0:
                continue
            while i < hi and tags[i] == 2 * kind + 2:
                i += 1
            if kinds[kind] and rows[first, FORM] != LOWER and rows[first, FORM] != MARK and not (
                i - first == 1 and (rows[first, LENGTH] < 3 or rows[first, KNOWN] & (_NEVER | known.COMMON))
            ):  # fmt: skip
                at = _find(rows[first, WORD], keys)
                keys[at] = rows[first, WORD]
                spans[n, 0], spans[n, 1], spans[n, 2], follows[n], head[at] = first, i, kind, head[at], n
                n += 1
        i = lo
        while i < hi:
            at = _find(rows[i, WORD], keys)
            longest, best = 0, 0
            k = head[at] if keys[at] else -1
            while k >= 0:
                length = spans[k, 1] - spans[k, 0]
                if length > longest and i + length <= hi:
                    same = rows[i, FORM] != LOWER
                    for step in range(length):
                        same &= tags[i + step] == 0 and rows[i + step, WORD] == rows[spans[k, 0] + step, WORD]
                        if not same:
                            break
                    if same:
                        longest, best = length, spans[k, 2]
                k = follows[k]
            for step in range(longest):
                tags[i + step], sure[i + step] = 2 * best + (1 if step == 0 else 2), ECHO
            i += max(longest, 1)
