"""Texts as vectors without a model: words hashed into buckets, weighted by TF-IDF, of length one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synth.measures.texts import Texts

#: Buckets. Words that share one blur topics a little; twice as many change no verdict and take twice the time.
DIMENSIONS = 2048


def document_frequencies(texts: Texts) -> NDArray[np.int64]:
    """In how many texts each bucket occurs."""
    bucket = (texts.words % np.uint64(DIMENSIONS)).astype(np.int64)
    return np.bincount(np.unique(texts.rows * DIMENSIONS + bucket) % DIMENSIONS, minlength=DIMENSIONS)


def vectors(texts: Texts, frequencies: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Shape (texts, DIMENSIONS): term frequency times ln((1 + count) / (1 + frequency)) + 1, each row of length one
    (zero for a text without words), as scikit-learn's `TfidfTransformer`; `count` texts have the `frequencies`. 8 kB
    a text."""
    bucket = (texts.words % np.uint64(DIMENSIONS)).astype(np.int64)
    cells, times = np.unique(texts.rows * DIMENSIONS + bucket, return_counts=True)
    found = np.zeros((len(texts), DIMENSIONS), np.float32)
    found.reshape(-1)[cells] = times
    found *= (np.log((1 + count) / (1 + frequencies)) + 1).astype(np.float32)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
