"""Lists in an order that a key gives, as rings: what is next to a value is invented for it.

A value of the list is followed by another one, never itself, and no two values of a list are followed by the same; a
value that is not in it comes in by its own hash. So collisions are only between values of which one at least is in
no list.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from curate.pii.folding import fold, number


@lru_cache(1 << 10)
def _ring(key: bytes, label: str, values: tuple[str, ...]) -> tuple[list[int], list[str]]:
    ordered = sorted((number(key, label, fold(value)), value) for value in values)
    return [place for place, _ in ordered], [value for _, value in ordered]


def after(key: bytes, label: str, values: tuple[str, ...], value: str, *more: str) -> Iterator[str]:
    """The values of the ring behind the folded `value`, once around; `more` sends it to a place of its own."""
    places, names = _ring(key, label, values)
    start = bisect_right(places, number(key, label, value, *more))
    yield from names[start:]
    yield from names[:start]


def pick(key: bytes, values: Sequence[str], *parts: str) -> str:
    """One of `values`, by `parts`."""
    return values[number(key, *parts) % len(values)]
