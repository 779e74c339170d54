"""Topic coverage: the share of the corpus's topics that a set reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Times that vectors are assigned anew; by then few change.
ITERATIONS = 10
#: A topic is reached from this share on of what it would have if the set were spread as the corpus is.
LEAST = 0.2


def clusters(vectors: NDArray[np.float32], k: int, seed: int) -> NDArray[np.float32]:
    """Centres (k, d) of length one by spherical k-means (Dhillon and Modha 2001), begun as k-means++ (Arthur and
    Vassilvitskii 2007); fewer where there are fewer vectors. The same for the same seed."""
    rng = np.random.default_rng(seed)
    centres = _begun(vectors, min(k, len(vectors)), rng)
    labels = np.full(len(vectors), -1)
    for _ in range(ITERATIONS):
        now = nearest(vectors, centres)
        if (now == labels).all():
            break
        labels = now
        sums = (labels == np.arange(len(centres))[:, None]).astype(np.float32) @ vectors
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.maximum(lengths, 1e-12), centres).astype(np.float32)
    return centres


def nearest(vectors: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    """The centre of each vector."""
    return np.argmax(vectors @ centres.T, axis=1)


def coverage(own: NDArray[np.int64], corpus: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
    """The share of the topics in `corpus` (a label per text) that the labels `own` reach; and of each text how much
    more often its topic stands in the set than in the corpus."""
    k = int(max(own.max(initial=-1), corpus.max(initial=-1))) + 1
    there, have = np.bincount(corpus, minlength=k), np.bincount(own, minlength=k)
    due = there / max(1, there.sum()) * len(own)
    reached = (there > 0) & (have >= np.maximum(1, LEAST * due))
    over = (have / np.maximum(due, 1e-9))[own]
    return float(reached.sum() / max(1, (there > 0).sum())), over


def _begun(vectors: NDArray[np.float32], k: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """The first centres: of a few drawn by their squared distance from those there are, each time the one that brings
    all vectors nearest to a centre."""
    chosen = [int(rng.integers(len(vectors)))] if k else []
    far = _distances(vectors, chosen)[:, 0] if k else np.zeros(0)
    while len(chosen) < k:
        total = far.sum()
        drawn = rng.choice(len(vectors), size=2 + int(np.log(k)), p=far / total if total > 0 else None)
        each = np.minimum(far[:, None], _distances(vectors, drawn))
        best = int(np.argmin(each.sum(axis=0)))
        chosen.append(int(drawn[best]))
        far = each[:, best]
    return vectors[chosen]


def _distances(vectors: NDArray[np.float32], of: Any) -> NDArray[np.float64]:
    """Squared distances of vectors of length one from some of them, shape (vectors, of)."""
    return (2 - 2 * (vectors @ vectors[of].T).astype(np.float64)).clip(0)
