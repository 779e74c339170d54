"""`near_duplicates`: a sample that says nearly what a seed or an accepted one said (Self-Instruct, Wang et al. 2023).

Candidates come from MinHash bands over single words, and each is verified by ROUGE-L. Texts of ROUGE-L F have at least
F / (2 - F) of their words (with repeats) in common, so that a bound on the score is one on the similarity which the
bands are made for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray
from pydantic import Field

from synth.filters.base import Context, Filter, Of, Rejection, part, words
from synth.samples import Sample

#: Words of a text that are compared.
LONGEST = 1000
#: Rows that one sample is compared with at most: those that share most bands with it, the earlier ones first.
MOST = 2000
HASHES = 112
#: Words that a text repeats count once in MinHash: the bands are made for a similarity so much lower.
MARGIN = 0.1


class _Near:
    def __init__(self, threshold: float, of: Of):
        from curate.similar.lsh import bands_for

        self._threshold, self._of = threshold, of
        sought = max(0.2, threshold / (2 - threshold) - MARGIN)
        self._bands, self._rows = bands_for(sought, HASHES, margin=0.0, recall=0.95)
        self._heads = np.full(
            (1 << 10) * self._bands, -1, np.int64
        )  # first entry of each slot, last added first
        self._keys = np.zeros((256, self._bands), np.uint64)
        self._links = np.full((256, self._bands), -1, np.int64)
        self._flat = np.empty(1 << 14, np.uint64)
        self._offsets = np.zeros(257, np.int64)
        self._seeds = self._count = 0
        self._looked: tuple[str, NDArray[np.uint64], NDArray[np.uint64]] | None = None

    def __call__(self, sample: Sample, context: Context) -> Rejection | None:
        from synth.filters.rouge import most_alike

        own, keys = self._sketch(part(sample, context, self._of))
        if not len(own) or not self._count:
            return None
        rows = _candidates(keys, self._heads, self._keys, self._links, self._count, MOST)
        row, score = most_alike(own, self._flat, self._offsets, rows, self._threshold)
        if row < 0:
            return None
        name = f"seed {row}" if row < self._seeds else f"accepted {row - self._seeds}"
        return Rejection("near_duplicate", {"of": name, "rouge_l": round(score, 4)})

    def accept(self, sample: Sample, context: Context) -> None:
        self._add(part(sample, context, self._of))

    def seed(self, texts: Sequence[str]) -> None:
        for text in texts:
            self._add(text)
        self._seeds = self._count

    def _add(self, text: str) -> None:
        own, keys = self._sketch(text)
        n = self._count
        start = int(self._offsets[n])
        self._grow(n + 1, start + len(own))
        self._flat[start : start + len(own)] = own
        self._offsets[n + 1] = start + len(own)
        self._keys[n] = keys
        if len(own):  # texts without a word share all keys and are like nothing
            _link(self._heads, self._keys, self._links, n, n + 1)
        self._count = n + 1

    def _sketch(self, text: str) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Words and band keys of a text; those of the last text are kept, since what passes is mostly accepted."""
        from curate.kernels.minhash import band_keys, signatures

        if self._looked is None or self._looked[0] != text:
            found = signatures(pl.Series([text]), ngram=1, hashes=HASHES)
            self._looked = text, words(text)[:LONGEST], band_keys(found, self._bands, self._rows)[0]
        return self._looked[1:]

    def _grow(self, rows: int, size: int) -> None:
        """Room for `rows` texts of `size` words in all; twice as much where there is none."""
        if size > len(self._flat):
            self._flat = np.concatenate([self._flat, np.empty(max(size, len(self._flat)), np.uint64)])
        if rows > len(self._keys):
            more = len(self._keys)
            self._keys = np.concatenate([self._keys, np.zeros((more, self._bands), np.uint64)])
            self._links = np.concatenate([self._links, np.full((more, self._bands), -1, np.int64)])
            self._offsets = np.concatenate([self._offsets, np.zeros(more, np.int64)])
        if 2 * rows * self._bands > len(self._heads):
            self._heads = np.full(2 * len(self._heads), -1, np.int64)
            _link(self._heads, self._keys, self._links, 0, rows - 1)


def near_duplicates(
    seeds: Sequence[str] = (),
    *,
    threshold: Annotated[float, Field(gt=0.3, lt=1)] = 0.7,
    of: Of = "sample",
) -> Filter:
    """Refuse what is more than `threshold` alike, by ROUGE-L F over words, to one of `seeds` or an accepted sample: the
    `prompt` alone, the `answer` alone, or both together (questions of one kind share their words: "What does … mean?").

    The first 1,000 words are compared, with at most 2,000 rows. An accepted row takes about 1 kB and 8 bytes per word.
    The detail names what it is like: `seed 3`, `accepted 17`, each counted from 0 in the order of adding.
    """
    made = _Near(threshold, of)
    made.seed(seeds)
    return made


@njit(cache=True, nogil=True)
def _slot(key, size):
    return np.int64((key ^ (key >> np.uint64(29))) % np.uint64(size))


@njit(cache=True, nogil=True)
def _link(heads, keys, links, first, end):
    """Chain the entries of rows [first, end) into the slots of their keys; an entry is row * bands + band."""
    bands = keys.shape[1]
    for row in range(first, end):
        for band in range(bands):
            slot = _slot(keys[row, band], len(heads))
            links[row, band], heads[slot] = heads[slot], row * bands + band


@njit(cache=True, nogil=True)
def _candidates(own, heads, keys, links, n, most):
    """Rows that share a band key with `own`: those that share most first, then the earlier; at most `most`."""
    bands = keys.shape[1]
    shared = np.zeros(n, np.int32)
    for band in range(bands):
        entry = heads[_slot(own[band], len(heads))]
        while entry >= 0:
            row, other = entry // bands, entry % bands
            if other == band and keys[row, other] == own[band]:
                shared[row] += 1
            entry = links[row, other]
    met = np.flatnonzero(shared)
    order = np.argsort(-shared[met].astype(np.int64) * n + met)
    return met[order[:most]]
