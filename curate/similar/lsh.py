"""Locality-sensitive hashing of MinHash signatures: how many bands of how many rows find which pairs.

Two texts are a candidate pair if all `rows` values of at least one of `bands` bands are equal, which for texts of
Jaccard similarity s happens with probability 1 - (1 - s^rows)^bands (Leskovec et al., Mining of Massive Datasets, 3.4).
"""

from __future__ import annotations

import math


def probability(similarity: float, bands: int, rows: int) -> float:
    """The probability (0 to 1) that texts of this Jaccard similarity are a candidate pair."""
    return 1 - (1 - similarity**rows) ** bands


def bands_for(
    threshold: float, hashes: int = 112, *, margin: float = 0.05, recall: float = 0.98
) -> tuple[int, int]:
    """The most selective (bands, rows) within `hashes` that still find pairs at `threshold + margin`.

    Most selective means most rows; such a pair is found with probability `recall` at least. Above 1 - 2 * margin,
    half of what lies between threshold and 1 takes the place of the margin. (0.8, 112) gives 14 bands of 8,
    FineWeb's. Raises ValueError if there are too few hashes for this.
    """
    similarity = threshold + min(margin, (1 - threshold) / 2)
    for rows in range(hashes, 0, -1):
        if probability(similarity, hashes // rows, rows) >= recall:
            return hashes // rows, rows
    needed = math.ceil(math.log(1 - recall) / math.log(1 - similarity))
    raise ValueError(
        f"{hashes} hashes are too few to find {recall:.0%} of the pairs of similarity {similarity:.2f}: "
        f"take at least {needed}, or a higher threshold"
    )


def curve(threshold: float, bands: int, rows: int) -> list[str]:
    """What the bands find, as lines for people: the chance that a pair is compared, around the threshold."""
    lines = [
        f"{bands} bands of {rows} hashes; the chance that a pair of documents is compared, by its similarity:"
    ]
    for step in (-0.2, -0.1, 0, 0.05, 0.1):
        similarity = round(threshold + step, 4)
        if 0 < similarity <= 1:
            told = f"  {similarity:.2f}  {probability(similarity, bands, rows):7.2%}"
            lines.append(told if step else f"{told}  (threshold)")
    return lines
