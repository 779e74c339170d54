"""Exposure of canaries: how much likelier a planted secret is than those that might have stood in its place.

exposure = log2 |R| - log2 rank of the secret by likelihood among all of its space R (Carlini et al. 2019, "The Secret
Sharer", arXiv:1802.08232, definition 3), in bits. A secret that was never seen has any rank with equal chance: its
exposure is 1.44 bits (log2 e) on average, and above x with a chance of 2^-x. log2 |R| is the highest there is.

Where R is too large to be gone through, a sample of n secrets that no canary has stands for it: the rank among these
and the secret, r of n + 1, gives log2(n + 1) - log2 r. Where the secret is likelier than all of them, the rank is
extrapolated as the paper's section 4.3 does it: a skew-normal distribution is fitted to the sample's log-perplexities,
and the exposure is -log2 of its mass at or below the secret's (at least log2(n + 1), at most log2 |R|).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from train.audit.asking import likelihoods
from train.audit.canaries import Canary
from train.evaluate.intervals import Measured, measured

METRIC = "exposure (bits)"
#: Points and reach (in scales of the distribution) of the integral over a tail.
_POINTS, _REACH = 4_000, 60.0


@dataclass(frozen=True)
class Exposure:
    """A canary's exposure in `bits`; `rank` is that of its secret among the `of` that were scored (itself and the
    references; with those equally likely counted half), and `how` says whether these were all, a sample, or whether
    the rank is extrapolated from one."""

    canary: Canary
    bits: float
    rank: float
    of: int
    how: Literal["enumerated", "sampled", "extrapolated"]


def exposures(
    model: Any, tokenizer: Any, canaries: Sequence[Canary], *, references: int = 2_000, seed: int
) -> list[Exposure]:
    """The exposure of each canary. A space of at most `references` secrets is gone through as a whole."""
    taken: dict[str, set[str]] = {}
    for canary in canaries:
        taken.setdefault(canary.pattern, set()).add(canary.secret)
    return [
        _exposure(model, tokenizer, canary, frozenset(taken[canary.pattern]), references, seed)
        for canary in canaries
    ]


def _exposure(
    model: Any, tokenizer: Any, canary: Canary, taken: frozenset[str], references: int, seed: int
) -> Exposure:
    space = canary.space
    rng = random.Random(f"{seed} {canary.id}")
    every = space.size <= references
    others = space.draw(
        space.size if every else references, rng, frozenset({canary.secret}) if every else taken
    )
    # The first character behind the secret belongs to it: a tokenizer may join the two.
    found = likelihoods(
        model, tokenizer, canary.prefix, [s + canary.suffix[:1] for s in (canary.secret, *others)]
    )
    own, rest = found[0], found[1:]
    rank = 1 + float((rest > own).sum()) + float((rest == own).sum()) / 2
    if every:
        return Exposure(canary, math.log2(space.size / rank), rank, len(found), "enumerated")
    if rank > 1:
        return Exposure(canary, math.log2(len(found) / rank), rank, len(found), "sampled")
    bits = extrapolated(-rest / math.log(2), -own / math.log(2))
    bits = min(max(bits, math.log2(len(found))), math.log2(space.size))
    return Exposure(canary, bits, rank, len(found), "extrapolated")


def extrapolated(references: NDArray[np.float64], own: float) -> float:
    """-log2 of the mass at or below `own` of the skew-normal distribution fitted to `references` by likelihood; all
    are log-perplexities (bits)."""
    from scipy.special import log_ndtr, logsumexp
    from scipy.stats import skewnorm

    if np.ptp(references) == 0:
        return math.inf if own < references[0] else 0.0
    shape, location, scale = skewnorm.fit(references)
    top = (own - location) / scale
    # scipy's distribution function is exact to 1e-16 of the whole, which is too little far down the tail.
    z = np.linspace(top - _REACH, top, _POINTS)
    density = -(z**2) / 2 - math.log(2 * math.pi) / 2 + math.log(2) + log_ndtr(shape * z)
    mass = logsumexp(density, b=np.where((z == z[0]) | (z == z[-1]), 0.5, 1.0)) + math.log(
        _REACH / (_POINTS - 1)
    )
    return float(max(0.0, -mass / math.log(2)))


def measure(
    model: Any, tokenizer: Any, canaries: Sequence[Canary], *, references: int = 2_000, seed: int
) -> list[Measured]:
    """`memorisation/exposure` of the planted canaries, then `memorisation/exposure/<count>` of those of each count;
    count 0 are the controls, which tell what chance gives. One item a canary."""
    found = exposures(model, tokenizer, canaries, references=references, seed=seed)
    counts = sorted({canary.group for canary in canaries})
    groups = [("memorisation/exposure", [e for e in found if e.canary.group])]
    groups += [(f"memorisation/exposure/{c}", [e for e in found if e.canary.group == c]) for c in counts]
    return [
        measured(name, "memorisation", METRIC, "lower", [(e.canary.id, e.bits, 1.0, _told(e)) for e in some])
        for name, some in groups
        if some
    ]


def _told(found: Exposure) -> str:
    canary = found.canary
    most = math.log2(canary.space.size)
    return f"count {canary.count}, {canary.form}: rank {found.rank:g} of {found.of} ({found.how}), {most:.1f} at most"


def by_count(found: Sequence[Exposure]) -> pl.DataFrame:
    """`count`, `canaries`, mean, lowest and highest exposure (bits), and `first`: how many were likelier than all that
    they were compared with."""
    rows = pl.DataFrame(
        {"count": [e.canary.group for e in found], "bits": [e.bits for e in found]}
    ).with_columns(first=pl.Series([e.rank == 1 for e in found], dtype=pl.Boolean))
    return (
        rows.group_by("count")
        .agg(
            canaries=pl.len(),
            mean=pl.col("bits").mean(),
            low=pl.col("bits").min(),
            high=pl.col("bits").max(),
            first=pl.col("first").sum(),
        )
        .sort("count")
    )
