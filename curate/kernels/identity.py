"""128-bit hashes of texts, one compiled pass: exact, or blind to white space.

Two independent 64-bit lanes in the manner of MurmurHash3 (Appleby, public domain): eight bytes are mixed at a
time with multiplications and rotations, and a final avalanche. Not cryptographic.
"""

from __future__ import annotations

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.kernels.buffers import utf8

C1, C2 = np.uint64(0x87C37B91114253D5), np.uint64(0x4CF5AD432745937F)
D1, D2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
M1, M2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
SEED2 = np.uint64(0x243F6A8885A308D3)


def hashes(texts: pl.Series, *, spaces: bool = True, seed: int = 0) -> tuple[pl.Series, pl.Series]:
    """Two UInt64 columns, together a 128-bit hash of each text's UTF-8 bytes.

    With `spaces` false, every run of ASCII white space or no-break spaces counts as one space, and none at
    the ends; a text of white space alone then hashes like the empty one, to (0, 0) whatever the seed.
    """
    data, offsets = utf8(texts)
    high, low = _hashes(data, offsets, spaces, np.uint64(seed))
    return pl.Series("high", high), pl.Series("low", low)


@numba.njit(cache=True, nogil=True, inline="always")
def _rotate(x: np.uint64, by: int) -> np.uint64:
    return (x << np.uint64(by)) | (x >> np.uint64(64 - by))


@numba.njit(cache=True, nogil=True, inline="always")
def _avalanche(x: np.uint64) -> np.uint64:
    x ^= x >> np.uint64(33)
    x *= M1
    x ^= x >> np.uint64(33)
    x *= M2
    return x ^ (x >> np.uint64(33))


@numba.njit(cache=True, nogil=True)
def _hashes(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], spaces: bool, seed: np.uint64
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    rows = len(offsets) - 1
    high = np.zeros(rows, np.uint64)
    low = np.zeros(rows, np.uint64)
    for row in range(rows):
        a, b = seed, seed ^ SEED2
        word, filled, length = np.uint64(0), 0, 0
        pending = False
        i, end = offsets[row], offsets[row + 1]
        while i < end:
            byte = data[i]
            i += 1
            if not spaces:
                blank = byte == 32 or (9 <= byte <= 13)
                if byte == 0xC2 and i < end and data[i] == 0xA0:
                    blank = True
                    i += 1
                if blank:
                    pending = length > 0
                    continue
                if pending:
                    pending = False
                    i -= 1  # take this byte again after the space
                    byte = np.uint8(32)
            word |= np.uint64(byte) << np.uint64(8 * filled)
            filled += 1
            length += 1
            if filled == 8:
                a = _rotate(a ^ (_rotate(word * C1, 31) * C2), 27) * np.uint64(5) + np.uint64(0x52DCE729)
                b = _rotate(b ^ (_rotate(word * D1, 33) * D2), 31) * np.uint64(5) + np.uint64(0x38495AB5)
                word, filled = np.uint64(0), 0
        if length:
            a ^= _rotate(word * C1, 31) * C2
            b ^= _rotate(word * D1, 33) * D2
            a ^= np.uint64(length)
            b ^= np.uint64(length)
            a += b
            b += a
            a, b = _avalanche(a), _avalanche(b)
            high[row], low[row] = a + b, b + a + b
    return high, low
