"""Runs of digits that could hold a telephone number: see `curate.pii.phones`."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: What a byte can be to a candidate of phonenumbers, as bits.
DIGIT, PUNCTUATION, EXTENSION, MARK, HYPHEN = 1, 2, 4, 8, 16
HASH = ord("#")


@njit(cache=True, nogil=True)
def _closed(data: NDArray[np.uint8], classes: NDArray[np.uint8], start: int) -> bool:
    """Whether a "#" follows the digits at `start`: only then can spaces of any number stand before them."""
    i = start
    while i < len(data) and classes[data[i]] & DIGIT:
        i += 1
    return i < len(data) and data[i] == HASH


@njit(cache=True, nogil=True)
def clusters(
    data: NDArray[np.uint8], classes: NDArray[np.uint8], least: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """First digit, last digit and digits of clusters of `least` digits or more."""
    out = np.empty((len(data) // max(least, 1) + 1, 3), np.int64)
    n = 0
    first, last, digits = -1, -1, 0
    every, some = 255, 0
    for i in range(len(data) + 1):
        kind = classes[data[i]] if i < len(data) else 0
        if kind & DIGIT:
            if first >= 0 and i - last > 1:
                gap = i - last - 1
                short = gap <= 4 and every & PUNCTUATION
                marked = every & EXTENSION and some & MARK
                if not (short or marked or (every & HYPHEN and _closed(data, classes, i))):
                    if digits >= least:
                        out[n, 0], out[n, 1], out[n, 2] = first, last, digits
                        n += 1
                    first, digits = i, 0
            if first < 0:
                first, digits = i, 0
            last = i
            digits += 1
            every, some = 255, 0
        elif first >= 0:
            every &= kind
            some |= kind
            if every == 0:  # nothing that a candidate can cross
                if digits >= least:
                    out[n, 0], out[n, 1], out[n, 2] = first, last, digits
                    n += 1
                first, digits = -1, 0
                every, some = 255, 0
    return out[:n, 0].copy(), out[:n, 1].copy(), out[:n, 2].copy()
