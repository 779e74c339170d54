"""`score`: what a judge, a reward model or a difficulty measure has noted in a sample's `meta`, held to limits."""

from __future__ import annotations

from synth.filters.base import Context, Filter, Rejection
from synth.samples import Sample


def score(*, name: str, min: float | None = None, max: float | None = None) -> Filter:
    """Refuse samples whose `meta` has no number `name`, or one below `min` or above `max`.

    Raises:
        ValueError: neither is given.
    """
    if min is None and max is None:
        raise ValueError("score needs min or max")

    def decide(sample: Sample, context: Context) -> Rejection | None:
        found = sample.meta.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float) or found != found:
            return Rejection(f"{name}_missing", {name: None if found is None else str(found)})
        if min is not None and found < min:
            return Rejection(f"{name}_low", {name: found, "min": min})
        if max is not None and found > max:
            return Rejection(f"{name}_high", {name: found, "max": max})
        return None

    return decide
