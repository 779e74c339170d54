"""`curate.kernels.clusters` in plain Python."""

from __future__ import annotations

from collections.abc import Sequence


def jaccard(a: set[int], b: set[int]) -> float:
    """|A and B| / |A or B|."""
    return len(a & b) / len(a | b)


def leaders_twin(
    order: Sequence[int],
    keys: Sequence[Sequence[int]],
    earlier: Sequence[bool],
    versions: Sequence[tuple[int, int, int]],
    sets: Sequence[set[int]],
    threshold: float,
) -> list[tuple[int, float]]:
    """Per document the one that stays for it, and how similar it is."""
    out = [(i, 1.0) for i in range(len(keys))]
    staying: list[int] = []
    for d in order:
        if not earlier[d]:
            for band, key in enumerate(keys[d]):
                met = [other for other in staying if keys[other][band] == key]
                for other in met:
                    (full, key, words), (full_old, key_old, words_old) = versions[d], versions[other]
                    same = full == full_old if full and full_old else key == key_old
                    if earlier[other] and key and same and words != words_old:
                        continue
                    likeness = jaccard(sets[d], sets[other]) if sets[d] and sets[other] else 0.0
                    if likeness >= threshold and out[d][0] == d:
                        out[d] = (other, likeness)
                if out[d][0] != d:
                    break
        if out[d][0] == d:
            staying.append(d)
    return out
