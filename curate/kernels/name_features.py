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
    out[0] = _mix(0, w, f)
    out[1] = _mix(1, w, 0)
    out[2] = _mix(2, w1, 0)
    out[3] = _mix(3, n1, 0)
    out[4] = _mix(4, w2, 0)
    out[5] = _mix(5, n2, 0)
    out[6] = _mix(6, w1, w)
    out[7] = _mix(7, w, n1)
    out[8] = _mix(8, w1, n1)
    out[9] = _mix(9, shape, 0)
    out[10] = _mix(10, forms, 0)
    out[11] = _mix(11, forms, wide)
    out[12] = _mix(12, rows[i, HEAD], f)
    out[13] = _mix(13, rows[i, TAIL], f)
    out[14] = _mix(14, rows[i, TAIL2], f)
    out[15] = _mix(15, a, f)
    out[16] = _mix(16, a1, f1)
    out[17] = _mix(17, b1, h1)
    out[18] = _mix(18, a | f << np.uint32(16), b1 | h1 << np.uint32(16))
    out[19] = _mix(19, a | f << np.uint32(16), a1 | f1 << np.uint32(16))
    out[20] = _mix(20, w1, f)
    out[21] = _mix(21, n1, f)
    out[22] = _mix(22, c, f)
    out[23] = _mix(23, c1, f)
    out[24] = _mix(24, d1, f)
    out[25] = _mix(25, c1, c)
    out[26] = _mix(26, c, d1)
    out[27] = _mix(27, w2, w1)
    out[28] = _mix(28, n1, n2)
    out[29] = _mix(29, w3, f)
    out[30] = _mix(30, n3, f)
    out[31] = _mix(31, gaps, f)
    out[32] = _mix(32, shape, w1)
    out[33] = _mix(33, shape, n1)
    out[34] = _mix(34, a2 | a1 << np.uint32(16), f)
    out[35] = _mix(35, b2 | b1 << np.uint32(16), f)
    out[36] = _mix(36, min(i - lo, 3) | min(hi - 1 - i, 3) << 4, f)
    out[37] = _mix(37, w2, f | f1 << np.uint32(8))
    out[38] = _mix(38, n2, f | h1 << np.uint32(8))
    out[39] = _mix(39, rows[i, TAIL], a1)
    out[40] = _mix(40, min(rows[i, LENGTH], np.uint32(12)), f)
    out[41] = _mix(41, k2 >> CLUSTER, c1 | f << np.uint32(16))
    out[42] = _mix(42, m2 >> CLUSTER, d1 | f << np.uint32(16))
    out[43] = _mix(43, a1 | a << np.uint32(16), b1)
    for k in range(FEATURES):
        out[k] &= mask
