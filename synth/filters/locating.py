"""Where a quotation stands in a text: exactly, then blind to case, punctuation and spacing, then by edit distance."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

_SPACE = 32


class Located(NamedTuple):
    """Characters [start, end) of the text; `score` is 1 but for `fuzzy`: the share of the quotation's folded characters
    that needed no edit."""

    start: int
    end: int
    how: Literal["exact", "folded", "fuzzy"]
    score: float


class Folded(NamedTuple):
    """A text's letters and digits in lower case, one space for whatever stands between; `places` are those of each
    character in the text."""

    codes: NDArray[np.uint32]
    places: NDArray[np.int64]


def locate(text: str, wanted: str, *, near: int = 0, least: float = 0.85) -> Located | None:
    """Where `wanted` stands in `text`: of several places that are equally good the nearest to `near`, and a fuzzy one
    only with a score of at least `least`.

    Linear in the text for exact and folded; a fuzzy search takes at worst characters of the text times edits allowed.
    """
    if not wanted.strip():
        return None
    if (at := _nearest(text, wanted, near)) >= 0:
        return Located(at, at + len(wanted), "exact", 1.0)
    folded, own = fold(text), fold(wanted)
    if not len(own.codes):
        return None
    around = " " + _string(folded.codes) + " "
    place = int(np.searchsorted(folded.places, near))
    if (at := _nearest(around, f" {_string(own.codes)} ", place)) >= 0:
        return _placed(folded, at, at + len(own.codes), "folded", 1.0)
    most = int((1 - least) * len(own.codes))
    start, end, edits = _align(own.codes, folded.codes, most, place)
    if edits < 0:
        return None
    start, end = _whole_words(folded.codes, start, end)
    return _placed(folded, start, end, "fuzzy", round(1 - edits / len(own.codes), 4))


@lru_cache(maxsize=8)  # samples of one document come one after the other
def fold(text: str) -> Folded:
    from curate.kernels.codepoints import EXTEND, KIND, classes, folded

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    kind = classes()[codes] & KIND
    lower = np.where(kind > EXTEND, folded()[codes], _SPACE).astype(np.uint32)
    inside = kind != EXTEND  # marks on letters are spelt in two ways
    stays = inside & ((lower != _SPACE) | (np.roll(np.where(inside, lower, 0), 1) != _SPACE))
    places = np.flatnonzero(stays)
    kept = lower[places]
    once = (kept != _SPACE) | (np.roll(kept, 1) != _SPACE)
    places, kept = places[once], kept[once]
    first = int(len(kept) > 0 and kept[0] == _SPACE)
    last = len(kept) - int(len(kept) > first and kept[-1] == _SPACE)
    return Folded(kept[first:last], places[first:last])


def _string(codes: NDArray[np.uint32]) -> str:
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def _nearest(text: str, wanted: str, near: int) -> int:
    """The place of `wanted` nearest to `near`, or -1."""
    before, after = text.rfind(wanted, 0, near + len(wanted)), text.find(wanted, max(0, near))
    if before < 0 or after < 0:
        return max(before, after)
    return before if near - before <= after - near else after


def _placed(text: Folded, start: int, end: int, how: Literal["folded", "fuzzy"], score: float) -> Located:
    return Located(int(text.places[start]), int(text.places[end - 1]) + 1, how, score)


def _whole_words(codes: NDArray[np.uint32], start: int, end: int) -> tuple[int, int]:
    """A span that ends within words, widened to their ends; without the spaces at its ends."""
    while start < end and codes[start] == _SPACE:
        start += 1
    while end > start and codes[end - 1] == _SPACE:
        end -= 1
    while start and codes[start - 1] != _SPACE:
        start -= 1
    while end < len(codes) and codes[end] != _SPACE:
        end += 1
    return start, end


@njit(cache=True, nogil=True)
def _align(wanted, text, most, near):
    """The span of `text` with the least edit distance to `wanted`, its start, end and distance; (-1, -1, -1) if that is
    above `most`. Of equal ones that whose start is nearest to `near`.

    Sellers' algorithm (1980), cut off where a column exceeds what is allowed (Ukkonen 1985); every cell carries the
    start of the alignment that it ends.
    """
    m = len(wanted)
    cost, start = np.empty(m + 1, np.int64), np.empty(m + 1, np.int64)
    for i in range(m + 1):
        cost[i], start[i] = i, 0
    last = min(most, m)  # no cell below is within the bound
    best, at, end = most + 1, -1, -1
    for j in range(1, len(text) + 1):
        diagonal, from_ = cost[0], start[0]
        cost[0], start[0] = 0, j
        reach = min(last + 1, m)
        for i in range(1, reach + 1):
            old, old_start = (cost[i], start[i]) if i <= last else (most + 1, 0)
            c, s = diagonal + (wanted[i - 1] != text[j - 1]), from_
            if old + 1 < c:
                c, s = old + 1, old_start
            if cost[i - 1] + 1 < c:
                c, s = cost[i - 1] + 1, start[i - 1]
            diagonal, from_ = old, old_start
            cost[i], start[i] = c, s
        last = reach
        while last > 0 and cost[last] > most:
            last -= 1
        if last == m and (
            cost[m] < best or (cost[m] == best and at >= 0 and abs(start[m] - near) < abs(at - near))
        ):
            best, at, end = cost[m], start[m], j
    return (at, end, best) if at >= 0 else (-1, -1, -1)
