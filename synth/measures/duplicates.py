"""The share of texts that nearly repeat an earlier one, by the sets of their words, in whatever order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synth.measures.texts import Texts

#: Of two texts' different words, the share that both have (Jaccard).
THRESHOLD = 0.8
#: Shorter texts ("Yes.", "Thirty days") are equal by right.
SHORTEST = 8


def near_duplicates(texts: Texts) -> tuple[float, NDArray[np.float64]]:
    """The share of texts (of eight words and more) that have an earlier one at least 0.8 alike, and of each how many
    texts stand with it. By curate's MinHash bands and leader clustering, verified exactly; linear but for buckets."""
    from curate.kernels.clusters import leaders, views
    from curate.kernels.minhash import band_keys, shingle_sets, signatures
    from curate.similar.lsh import bands_for

    rows = np.flatnonzero(texts.lengths >= SHORTEST)
    sizes = np.zeros(len(texts))
    if not len(rows):
        return 0.0, sizes
    kept = texts.texts.gather(rows)
    found = signatures(kept, ngram=1)
    keys = band_keys(found, *bands_for(THRESHOLD))
    n = len(rows)
    keeper, _ = leaders(
        np.arange(n),
        keys,
        np.zeros(n, np.bool_),
        np.zeros((n, 3), np.uint64),
        views([shingle_sets(kept, ngram=1)], np.empty((0, 0), np.uint32)),
        THRESHOLD,
    )
    sizes[rows] = np.bincount(keeper, minlength=n)[keeper] - 1
    return float((keeper != np.arange(n)).mean()), sizes
