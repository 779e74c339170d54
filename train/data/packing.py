"""Documents into rows of one length, best fit first, with none of their tokens lost.

A document longer than a row is cut into consecutive pieces; what is left of it and the shorter documents are packed
best-fit decreasing (Ding et al. 2024, "Fewer Truncations Improve Language Modeling", arXiv 2404.10830). Where that
leaves a row emptier than `HOLE` (documents of 600 tokens in rows of 1024), the emptiest rows are taken apart and cut
to fill the others, unless documents are to stay whole. Each epoch is shuffled and packed anew, in windows of documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: Rows in a window, about: what is packed together, and so bounds memory. A window wastes about half a row.
WINDOW_ROWS = 8192
#: Share of a row that may stay empty before documents are cut to fill it.
HOLE = 0.005


@dataclass(frozen=True)
class Rows:
    """Packed rows: `offsets` (int64, into the flat token ids) and `lengths` (int32) of pieces, row by row, and where
    each row's pieces end (`ends`, int64)."""

    offsets: NDArray[np.int64]
    lengths: NDArray[np.int32]
    ends: NDArray[np.int64]

    def tokens(self) -> NDArray[np.int64]:
        """Tokens in each row."""
        sums = np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)])
        return np.diff(sums[np.concatenate([[0], self.ends])])


def epoch_rows(
    ends: NDArray[np.int64],
    length: int,
    *,
    seed: int,
    epoch: int,
    cut: bool = True,
    window: int = WINDOW_ROWS,
) -> Iterator[Rows]:
    """All documents (which end at `ends` in the flat ids) packed into rows of `length` tokens, window by window.

    The order of documents and of rows depends on (seed, epoch) alone. `cut` False keeps documents that fit into a row
    whole, at the price of emptier rows. Memory: 8 bytes per document, and about 40 per piece of one window.
    """
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, epoch])))
    order = random.permutation(len(ends))
    windows = max(1, round(int(ends[-1]) / (window * length)))
    for numbers in np.array_split(order, min(windows, len(order))):
        last = ends[numbers]
        first = np.where(numbers == 0, 0, ends[numbers - 1])
        yield _shuffled(pack(first, last - first, length, cut=cut), random)


def pack(offsets: NDArray[np.int64], lengths: NDArray[np.int64], capacity: int, *, cut: bool = True) -> Rows:
    """Documents (where each begins, how long it is) into rows of at most `capacity` tokens. O(n log capacity)."""
    hole = max(1, int(capacity * HOLE)) if cut else capacity
    return Rows(*_pack(offsets.astype(np.int64), lengths.astype(np.int64), capacity, hole))


def _shuffled(rows: Rows, random: np.random.Generator) -> Rows:
    order = random.permutation(len(rows.ends))
    starts = np.concatenate([[0], rows.ends[:-1]])
    counts = (rows.ends - starts)[order]
    ends = np.cumsum(counts)
    index = np.repeat(starts[order] - (ends - counts), counts) + np.arange(ends[-1])
    return Rows(rows.offsets[index], rows.lengths[index], ends)


@njit(cache=True, nogil=True)
def _pack(offsets: Any, lengths: Any, capacity: int, hole: int) -> Any:
    """Cut, best-fit decreasing, fill holes; pieces in order of their rows."""
    pieces = 0
    for n in lengths:
        pieces += (n + capacity - 1) // capacity
    begin = np.empty(pieces, np.int64)
    size = np.empty(pieces, np.int64)
    at = 0
    for i in range(len(lengths)):
        done = 0
        while done < lengths[i]:
            begin[at] = offsets[i] + done
            size[at] = min(capacity, lengths[i] - done)
            done += size[at]
            at += 1
    row, rows = _best_fit(size, capacity)
    begin, size, row, rows = _fill(begin, size, row, rows, capacity, hole)
    return _by_row(begin, size, row, rows)


@njit(cache=True, nogil=True)
def _best_fit(size: Any, capacity: int) -> Any:
    """The row of each piece: longest piece first, into the fullest row that has room (the latest of equals)."""
    leaves = 1
    while leaves <= capacity:
        leaves *= 2
    some = np.zeros(2 * leaves, np.bool_)  # a tree over free space: whether a row has that much
    head = np.full(capacity + 1, -1, np.int64)  # rows by free space, as linked lists
    following = np.empty(len(size), np.int64)
    row = np.empty(len(size), np.int64)
    rows = 0
    for piece in _longest_first(size, capacity):
        space = _next(some, leaves, size[piece])
        if space < 0:
            space, chosen = capacity, rows
            rows += 1
        else:
            chosen = head[space]
            head[space] = following[chosen]
            if head[space] < 0:
                _mark(some, leaves, space, False)
        row[piece] = chosen
        left = space - size[piece]
        if left > 0:
            following[chosen] = head[left]
            if head[left] < 0:
                _mark(some, leaves, left, True)
            head[left] = chosen
    return row, rows


@njit(cache=True, nogil=True)
def _longest_first(size: Any, capacity: int) -> Any:
    """Counting sort; pieces of one size stay in their order."""
    starts = np.zeros(capacity + 2, np.int64)
    for n in size:
        starts[capacity - n + 1] += 1
    starts = np.cumsum(starts)
    order = np.empty(len(size), np.int64)
    for i in range(len(size)):
        order[starts[capacity - size[i]]] = i
        starts[capacity - size[i]] += 1
    return order


@njit(cache=True, nogil=True)
def _mark(some: Any, leaves: int, leaf: int, value: bool) -> None:
    node = leaves + leaf
    some[node] = value
    while node > 1:
        node //= 2
        some[node] = some[2 * node] or some[2 * node + 1]


@njit(cache=True, nogil=True)
def _next(some: Any, leaves: int, least: int) -> int:
    """The least marked leaf that is `least` or more, or -1."""
    node = leaves + least
    if some[node]:
        return least
    while node > 1:
        if node % 2 == 0 and some[node + 1]:
            node += 1
            while node < leaves:
                node = 2 * node if some[2 * node] else 2 * node + 1
            return node - leaves
        node //= 2
    return -1


@njit(cache=True, nogil=True)
def _fill(begin: Any, size: Any, row: Any, rows: int, capacity: int, hole: int) -> Any:
    """Take the emptiest rows apart and fill the others with them, until one row at most has more than `hole` free."""
    filled = np.zeros(rows, np.int64)
    for i in range(len(size)):
        filled[row[i]] += size[i]
    order = np.argsort(-filled, kind="mergesort")
    left, right = 0, rows - 1
    while left < right and capacity - filled[order[left]] <= hole:
        left += 1
    if left >= right:
        return begin, size, row, rows
    extra = rows - left  # each row that is filled cuts one piece at most
    begin = np.concatenate((begin, np.empty(extra, np.int64)))
    size = np.concatenate((size, np.empty(extra, np.int64)))
    count = len(row)
    row = np.concatenate((row, np.empty(extra, np.int64)))
    head, following = _members(row[:count], rows)
    while left < right:
        taker, giver = order[left], order[right]
        room = capacity - filled[taker]
        piece = head[giver]
        if piece < 0:
            right -= 1
        elif room == 0:
            left += 1
        elif size[piece] <= room:
            head[giver] = following[piece]
            row[piece] = taker
            filled[taker] += size[piece]
            filled[giver] -= size[piece]
        else:
            begin[count], size[count], row[count] = begin[piece], room, taker
            count += 1
            begin[piece] += room
            size[piece] -= room
            filled[taker] = capacity
            filled[giver] -= room
    return _numbered(begin[:count], size[:count], row[:count], rows)


@njit(cache=True, nogil=True)
def _members(row: Any, rows: int) -> Any:
    """Pieces of each row, as linked lists."""
    head = np.full(rows, -1, np.int64)
    following = np.empty(len(row), np.int64)
    for piece in range(len(row)):
        following[piece] = head[row[piece]]
        head[row[piece]] = piece
    return head, following


@njit(cache=True, nogil=True)
def _numbered(begin: Any, size: Any, row: Any, rows: int) -> Any:
    """Rows without those that were emptied."""
    used = np.zeros(rows, np.bool_)
    for r in row:
        used[r] = True
    number = np.cumsum(used) - 1
    return begin, size, number[row], number[-1] + 1


@njit(cache=True, nogil=True)
def _by_row(begin: Any, size: Any, row: Any, rows: int) -> Any:
    ends = np.zeros(rows, np.int64)
    for r in row:
        ends[r] += 1
    ends = np.cumsum(ends)
    at = np.zeros(rows, np.int64)
    at[1:] = ends[:-1]
    offsets = np.empty(len(begin), np.int64)
    lengths = np.empty(len(begin), np.int32)
    for i in range(len(begin)):
        offsets[at[row[i]]] = begin[i]
        lengths[at[row[i]]] = size[i]
        at[row[i]] += 1
    return offsets, lengths, ends
