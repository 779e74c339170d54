"""The Vendi score (Friedman and Dieng 2023): how many different things a set effectively holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def vendi(vectors: NDArray[np.floating]) -> tuple[float, NDArray[np.float64]]:
    """exp of the entropy of the eigenvalues of K / n, K being the cosines of n vectors of length one: 1 where all are
    the same, n where all are orthogonal. Second, of each its mean cosine with the others.

    O(n^2 (d + n)) time and 8 n^2 bytes: take a sample of about a thousand.
    """
    n = len(vectors)
    if n == 0:
        return 0.0, np.zeros(0)
    cosines = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(cosines, 1.0)  # a text without words is like itself alone
    values = np.linalg.eigvalsh(cosines / n)
    values = values[values > 1e-12]
    alike = (cosines.sum(axis=1) - 1) / max(1, n - 1)
    return float(np.exp(-(values * np.log(values)).sum())), alike
