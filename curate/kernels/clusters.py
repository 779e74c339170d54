"""Groups of equal keys, connected components, and clusters around the documents that stay, on flat arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from curate.kernels.minhash import NONE

_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)


def firsts(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each key the index at which it first stands: its own where it is the first. Linear in the keys."""
    return _firsts(keys, np.full(_slots(len(keys)), -1, np.int64))


def unite(parent: NDArray[Any], left: NDArray[np.int64], right: NDArray[np.int64]) -> None:
    """Join the components of `left[i]` and `right[i]`, for all i, in place; a component's root is its least member.

    `parent` begins as `arange(n)`; `settle` gives the roots. Union by index with path halving (Tarjan and van
    Leeuwen 1984).
    """
    _unite(parent, left, right)


def settle(parent: NDArray[Any]) -> None:
    """Let every member point to its root, in place."""
    _settle(parent)


def leaders(
    order: NDArray[np.int64],
    keys: NDArray[np.uint64],
    earlier: NDArray[np.bool_],
    versions: NDArray[np.uint64],
    similarity: tuple[Any, ...],
    threshold: float,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Which document stays for each: leader clustering (Hartigan 1975) over LSH buckets.

    Documents are taken in `order`, best first. Each is compared with the documents that stay and share one of its
    `keys` (shape (documents, bands)), band by band and best first, until one is at least `threshold` similar: it goes
    then, in favour of that one, and else stays itself. So it goes only to a document that it is similar to, and of
    documents that stay no two that share a key are similar. Documents that go are never compared with again, which
    bounds the work in a bucket of copies.

    Those `earlier` all stay, and are not compared with each other. A document is not compared with an earlier version
    of itself: `versions` (shape (documents, 3)) holds hashes of a document's source and key (0 without a source), its
    key (0 for none) and its words, and a version has the same key, or source and key, and other words. `similarity`
    is what `views` returns.

    Returns:
        the index of the document that stays (its own for one that does), and how similar it is (1 for itself).
    """
    flat = keys.reshape(-1)
    buckets = _firsts(flat, np.full(_slots(len(flat)), -1, np.int64)).reshape(keys.shape)
    lists, where, signatures = similarity
    return _leaders(order, buckets, earlier, versions, lists, where, signatures, threshold)


def similarities(
    left: NDArray[np.int64], right: NDArray[np.int64], similarity: tuple[Any, ...]
) -> NDArray[np.float32]:
    """How similar the documents `left[i]` and `right[i]` are; `similarity` is what `views` returns."""
    lists, where, signatures = similarity
    return _similarities(left, right, lists, where, signatures)


def views(
    sets: list[tuple[NDArray[np.uint64], NDArray[np.int64]]], signatures: NDArray[np.uint32]
) -> tuple[Any, ...]:
    """What similarity is computed from: chunks of (shingles, offsets) in the documents' order, used where they lie,
    and signatures of shape (documents, hashes), or (0, 0).

    Two documents with shingles have the Jaccard similarity of these sets, others the share of equal values of their
    signatures.
    """
    from numba.typed import List

    lists = List([_readonly(values) for values, _ in sets] or [_readonly(np.empty(0, np.uint64))])
    where = np.concatenate(
        [
            np.column_stack([np.full(len(offsets) - 1, chunk), offsets[:-1], offsets[1:]])
            for chunk, (_, offsets) in enumerate(sets)
        ]
        or [np.empty((0, 3), np.int64)]
    ).astype(np.int64)
    return lists, where, signatures


def _readonly(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = values.view()
    values.flags.writeable = False
    return values


def _slots(n: int) -> int:
    """Slots of a hash table for `n` keys, at most half full."""
    return 1 << max(1, 2 * n - 1).bit_length()


@njit(cache=True, nogil=True)
def _firsts(keys, table):
    out = np.empty(len(keys), np.int64)
    mask = np.uint64(len(table) - 1)
    for i in range(len(keys)):
        h = keys[i] * _ODD
        slot = (h ^ (h >> _SHIFT)) & mask
        while table[slot] >= 0 and keys[table[slot]] != keys[i]:
            slot = (slot + np.uint64(1)) & mask
        if table[slot] < 0:
            table[slot] = i
        out[i] = table[slot]
    return out


@njit(cache=True, nogil=True, inline="always")
def _root(parent, x):
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x


@njit(cache=True, nogil=True)
def _unite(parent, left, right):
    for i in range(len(left)):
        a, b = _root(parent, left[i]), _root(parent, right[i])
        if a < b:
            parent[b] = a
        else:
            parent[a] = b


@njit(cache=True, nogil=True)
def _settle(parent):
    for i in range(len(parent)):  # a root is its least member: what i points to is settled
        parent[i] = parent[parent[i]]


@njit(cache=True, nogil=True)
def _leaders(order, buckets, earlier, versions, lists, where, signatures, threshold):
    n, bands = buckets.shape
    keeper, similar = np.arange(n), np.ones(n, np.float32)
    # Those that stay, in a chain per bucket, best first: heads and tails by bucket, links by (document, band).
    heads, tails = np.full(n * bands, -1, np.int64), np.full(n * bands, -1, np.int64)
    links = np.full(n * bands, -1, np.int64)
    compared = np.full(n, -1, np.int64)
    for d in order:
        if not earlier[d]:
            for band in range(bands):
                entry = heads[buckets[d, band]]
                while entry >= 0 and keeper[d] == d:
                    other = entry // bands
                    if compared[other] != d:
                        compared[other] = d
                        if not (earlier[other] and _version(versions, d, other)):
                            s = _similar(d, other, lists, where, signatures, threshold)
                            if s >= threshold:
                                keeper[d], similar[d] = other, s
                    entry = links[entry]
                if keeper[d] != d:
                    break
        if keeper[d] == d:
            for band in range(bands):
                bucket, entry = buckets[d, band], d * bands + band
                if heads[bucket] < 0:
                    heads[bucket] = entry
                else:
                    links[tails[bucket]] = entry
                tails[bucket] = entry
    return keeper, similar


@njit(cache=True, nogil=True, inline="always")
def _version(versions, a, b):
    if versions[a, 2] == versions[b, 2] or versions[a, 1] == 0:
        return False
    which = 0 if versions[a, 0] != 0 and versions[b, 0] != 0 else 1
    return versions[a, which] == versions[b, which]


@njit(cache=True, nogil=True)
def _similarities(left, right, lists, where, signatures):
    out = np.empty(len(left), np.float32)
    for i in range(len(left)):
        out[i] = _similar(left[i], right[i], lists, where, signatures, 0.0)
    return out


@njit(cache=True, nogil=True)
def _similar(a, b, lists, where, signatures, least):
    """The similarity of two documents; any number below `least` where it is certain to be below."""
    if len(where) and where[a, 2] > where[a, 1] and where[b, 2] > where[b, 1]:
        return _jaccard(
            lists[where[a, 0]], where[a, 1], where[a, 2], lists[where[b, 0]], where[b, 1], where[b, 2], least
        )
    equal = 0
    for j in range(signatures.shape[1]):
        equal += (
            signatures[a, j] == signatures[b, j] and signatures[a, j] != NONE
        )  # without words: like nothing
    return equal / signatures.shape[1] if signatures.shape[1] else 0.0


@njit(cache=True, nogil=True)
def _jaccard(left, i, i_end, right, j, j_end, least):
    """|A and B| / |A or B| of two ascending lists; stops as soon as it cannot reach `least`."""
    total = (i_end - i) + (j_end - j)
    needed = least * total / (1 + least) - 1e-9  # J >= least if and only if |A and B| >= this
    common = 0
    while i < i_end and j < j_end:
        if common + min(i_end - i, j_end - j) < needed:
            return -1.0
        x, y = left[i], right[j]
        common += x == y
        i += x <= y
        j += y <= x
    return common / (total - common)
