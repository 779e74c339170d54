"""Lists in an order that a key gives, as rings: what is next to a value is invented for it.

A value of the list is followed by another one, never itself, and no two values of a list are followed by the same; a
value that is not in it comes in by its own hash. So collisions are only between values of which one at least is in
no list.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache

from curate.pii.folding import fold, number


class Pool:
    """Values to choose from; equal to itself alone, which makes it quick to look up."""

    __slots__ = ("values",)

    def __init__(self, values: Iterable[str]) -> None:
        self.values = tuple(values)


@lru_cache(1 << 10)
def _ring(key: bytes, label: str, pool: Pool) -> tuple[list[int], list[str]]:
    ordered = sorted((number(key, label, fold(value)), value) for value in pool.values)
    return [place for place, _ in ordered], [value for _, value in ordered]


def after(key: bytes, label: str, pool: Pool, value: str, *more: str) -> Iterator[str]:
    """The values of the ring behind the folded `value`, once around; `more` sends it to a place of its own."""
    places, names = _ring(key, label, pool)
    start = bisect_right(places, number(key, label, value, *more))
    for i in range(len(names)):
        yield names[(start + i) % len(names)]
