"""Pairs of similar documents among those that share a key, compared exactly, on flat arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.clusters import _root, _similar, firsts

#: Standard errors by which an estimated similarity may fall short before it is believed.
ERRORS = 5


class Pairs(NamedTuple):
    """Documents `left[i]` and `right[i]`, and how similar they are; with how many of those before it each document was
    compared."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    similarity: NDArray[np.float32]
    compared: NDArray[np.int64]


def similar_pairs(
    keys: NDArray[np.uint64],
    labels: NDArray[np.uint64],
    similarity: tuple[Any, ...],
    threshold: float,
    *,
    joins: bool,
) -> Pairs:
    """Pairs of documents that share one of their `keys` (shape (documents, bands)), differ in their labels, and are
    at least `threshold` similar; `similarity` is what `clusters.views` returns, with shingles of every document.

    Where it has signatures too, a pair whose share of equal values is over `ERRORS` standard errors below `threshold`
    is not looked at more closely: at the threshold that is one pair in a million, and of boilerplate nearly all.

    With `joins`, documents of a pair have one label from then on, so that those which others connect already are not
    compared: the pairs are the edges of a spanning forest. Runs of one label in a bucket are passed over in one leap,
    which bounds the work in a bucket of copies; only members of a bucket that are not similar cost a comparison each.
    About 32 bytes per document and band.
    """
    flat = keys.reshape(-1)
    buckets, parent = firsts(flat).reshape(keys.shape), firsts(labels)
    lists, where, signatures = similarity
    hashes = signatures.shape[1]
    equal = hashes * threshold - ERRORS * (hashes * threshold * (1 - threshold)) ** 0.5
    return Pairs(*_pairs(buckets, parent, lists, where, signatures, equal, threshold, joins))


@njit(cache=True, nogil=True)
def _pairs(buckets, parent, lists, where, signatures, equal, threshold, joins):
    n, bands = buckets.shape
    # The members of a bucket in a chain, last first: an entry is (document, band). `leaps` go to an entry of another
    # label, from the last of a run of one.
    heads = np.full(n * bands, -1, np.int64)
    links, leaps = np.full(n * bands, -1, np.int64), np.full(n * bands, -1, np.int64)
    seen = np.full(n, -1, np.int64)
    left, right, similar = np.empty(64, np.int64), np.empty(64, np.int64), np.empty(64, np.float32)
    compared, found = np.zeros(n, np.int64), 0
    for d in range(n):
        for band in range(bands):
            entry = heads[buckets[d, band]]
            while entry >= 0:
                other = entry // bands
                own, its = _root(parent, d), _root(parent, other)
                if own == its:
                    entry = _leap(entry, own, leaps, parent, bands)
                    continue
                if seen[other] != d:
                    seen[other] = d
                    compared[d] += 1
                    s = -1.0
                    if _equal(signatures, other, d) >= equal:
                        s = _similar(other, d, lists, where, signatures, threshold)
                    if s >= threshold:
                        if found == len(left):
                            left, right = np.append(left, left), np.append(right, right)
                            similar = np.append(similar, similar)
                        left[found], right[found], similar[found] = other, d, s
                        found += 1
                        if joins:
                            parent[max(own, its)] = min(own, its)
                entry = links[entry]
        for band in range(bands):
            entry, head = d * bands + band, heads[buckets[d, band]]
            links[entry] = leaps[entry] = head
            if head >= 0 and _root(parent, head // bands) == _root(parent, d):
                leaps[entry] = leaps[head]
            heads[buckets[d, band]] = entry
    return left[:found], right[:found], similar[:found], compared


@njit(cache=True, nogil=True)
def _equal(signatures, a, b):
    """How many values of two signatures are equal."""
    equal = 0
    for j in range(signatures.shape[1]):
        equal += signatures[a, j] == signatures[b, j]
    return equal


@njit(cache=True, nogil=True, inline="always")
def _leap(entry, label, leaps, parent, bands):
    """The next entry of another label; shortens the way for those that come after."""
    to = leaps[entry]
    while to >= 0 and _root(parent, to // bands) == label:
        to = leaps[to]
    leaps[entry] = to
    return to
