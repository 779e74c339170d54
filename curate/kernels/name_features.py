"""What the tagger of names sees of a token: hashed features of it and of its neighbours in the segment."""

from __future__ import annotations

import numpy as np
from numba import njit

from curate.kernels.name_tokens import (
    CAPITAL,
    FORM,
    GAP,
    HEAD,
    INITIAL,
    KNOWN,
    LENGTH,
    MIXED,
    SHAPE,
    TAIL,
    TAIL2,
    UPPER,
    WORD,
)

#: Bits of KNOWN; the cluster of a word (0: none) stands above them.
GIVEN, SURNAME, PLACE, COUNTRY, DEMONYM, TITLE, BODY, CALENDAR, STOP, ROLE, UNIT, COMMON = (
    1 << k for k in range(12)
)
CLASSES = 0xFFF
CLUSTER = 12

FEATURES = 44
REACH = 3  # how far from a capitalised word a token is looked at where only names with capitals are sought
_EDGE, _SALT = np.uint32(0x51ED270B), np.uint32(0x9E3779B1)


@njit(cache=True, nogil=True)  # inlined by LLVM: doing it in numba takes seconds more to compile
def _mix(template, a, b):
    h = (np.uint32(template) * np.uint32(0x85EBCA6B)) ^ np.uint32(a)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    h = (h ^ np.uint32(b)) * _SALT
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return h ^ (h >> np.uint32(16))


@njit(cache=True, nogil=True)
def calls(row, opens):
    """Whether a token may belong to a name: capitalised, and no stop word that opens a segment; or a known name.

    A known name in lower case counts unless the word is common as such.
    """
    form, known = row[FORM], row[KNOWN]
    if form in (CAPITAL, UPPER, MIXED, INITIAL):
        return not (known & STOP and (opens or form == CAPITAL))
    return known & (GIVEN | SURNAME) != 0 and known & (COMMON | STOP) == 0


@njit(cache=True, nogil=True)
def active(rows, lo, hi, out):
    """Mark (in `out`, by position from `lo`) the tokens within REACH of one that `calls`; whether there is any."""
    found = False
    out[: hi - lo] = False
    for i in range(lo, hi):
        if calls(rows[i], i == lo):
            found = True
            for k in range(max(lo, i - REACH), min(hi, i + REACH + 1)):
                out[k - lo] = True
    return found


@njit(cache=True, nogil=True)
def _at(rows, lo, hi, i, column):
    if i < lo or i >= hi:
        return _EDGE
    return rows[i, column]


@njit(cache=True, nogil=True)
def features(rows, lo, hi, i, mask, out):
    """Write to `out` the FEATURES bucket numbers (below mask + 1, a power of two) of token i in segment [lo, hi)."""
    w, f, g = rows[i, WORD], rows[i, FORM], rows[i, KNOWN]
    w1, w2, w3 = (
        _at(rows, lo, hi, i - 1, WORD),
        _at(rows, lo, hi, i - 2, WORD),
        _at(rows, lo, hi, i - 3, WORD),
    )
    n1, n2, n3 = (
        _at(rows, lo, hi, i + 1, WORD),
        _at(rows, lo, hi, i + 2, WORD),
        _at(rows, lo, hi, i + 3, WORD),
    )
    f1, f2 = _at(rows, lo, hi, i - 1, FORM), _at(rows, lo, hi, i - 2, FORM)
    h1, h2 = _at(rows, lo, hi, i + 1, FORM), _at(rows, lo, hi, i + 2, FORM)
    k1, k2 = _at(rows, lo, hi, i - 1, KNOWN), _at(rows, lo, hi, i - 2, KNOWN)
    m1, m2 = _at(rows, lo, hi, i + 1, KNOWN), _at(rows, lo, hi, i + 2, KNOWN)
    c, c1, d1 = g >> CLUSTER, k1 >> CLUSTER, m1 >> CLUSTER
    a, a1, a2, b1, b2 = g & CLASSES, k1 & CLASSES, k2 & CLASSES, m1 & CLASSES, m2 & CLASSES
    shape = rows[i, SHAPE]
    gaps = rows[i, GAP] | (rows[i + 1, GAP] if i + 1 < hi else np.uint32(3)) << np.uint32(4)
    forms = f | f1 << np.uint32(8) | h1 << np.uint32(16)
    wide = f2 | h2 << np.uint32(8)
    # Two tables and one loop: as 44 calls this took numba three times as long to compile.
    left, right = np.empty(FEATURES, np.uint32), np.empty(FEATURES, np.uint32)
    left[0], right[0] = w, f
    left[1], right[1] = w, 0
    left[2], right[2] = w1, 0
    left[3], right[3] = n1, 0
    left[4], right[4] = w2, 0
    left[5], right[5] = n2, 0
    left[6], right[6] = w1, w
    left[7], right[7] = w, n1
    left[8], right[8] = w1, n1
    left[9], right[9] = shape, 0
    left[10], right[10] = forms, 0
    left[11], right[11] = forms, wide
    left[12], right[12] = rows[i, HEAD], f
    left[13], right[13] = rows[i, TAIL], f
    left[14], right[14] = rows[i, TAIL2], f
    left[15], right[15] = a, f
    left[16], right[16] = a1, f1
    left[17], right[17] = b1, h1
    left[18], right[18] = a | f << np.uint32(16), b1 | h1 << np.uint32(16)
    left[19], right[19] = a | f << np.uint32(16), a1 | f1 << np.uint32(16)
    left[20], right[20] = w1, f
    left[21], right[21] = n1, f
    left[22], right[22] = c, f
    left[23], right[23] = c1, f
    left[24], right[24] = d1, f
    left[25], right[25] = c1, c
    left[26], right[26] = c, d1
    left[27], right[27] = w2, w1
    left[28], right[28] = n1, n2
    left[29], right[29] = w3, f
    left[30], right[30] = n3, f
    left[31], right[31] = gaps, f
    left[32], right[32] = shape, w1
    left[33], right[33] = shape, n1
    left[34], right[34] = a2 | a1 << np.uint32(16), f
    left[35], right[35] = b2 | b1 << np.uint32(16), f
    left[36], right[36] = min(i - lo, 3) | min(hi - 1 - i, 3) << 4, f
    left[37], right[37] = w2, f | f1 << np.uint32(8)
    left[38], right[38] = n2, f | h1 << np.uint32(8)
    left[39], right[39] = rows[i, TAIL], a1
    left[40], right[40] = min(rows[i, LENGTH], np.uint32(12)), f
    left[41], right[41] = k2 >> CLUSTER, c1 | f << np.uint32(16)
    left[42], right[42] = m2 >> CLUSTER, d1 | f << np.uint32(16)
    left[43], right[43] = a1 | a << np.uint32(16), b1
    for k in range(FEATURES):
        out[k] = _mix(k, left[k], right[k]) & mask
