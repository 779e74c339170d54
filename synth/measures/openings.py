"""How many texts begin with the same words."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from synth.measures.ngrams import grams
from synth.measures.texts import Texts

WORDS = 3


def openings(texts: Texts) -> tuple[float, NDArray[np.float64]]:
    """The share of texts that begin with the most frequent first three words, and of each how many begin as it does.
    Shorter texts begin with nothing."""
    found, rows = grams(texts, WORDS)
    first = np.flatnonzero(np.diff(rows, prepend=-1)) if len(rows) else np.zeros(0, np.int64)
    _, inverse, counts = np.unique(found[first], return_inverse=True, return_counts=True)
    times = np.zeros(len(texts))
    times[rows[first]] = counts[inverse] if len(first) else 0
    return float(times.max(initial=0) / max(1, len(texts))), times


def opening(text: str) -> str:
    """The first three words of a text, as written."""
    return " ".join(re.findall(r"\S+", text)[:WORDS])
