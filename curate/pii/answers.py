"""What a recogniser finds in windows: many windows in one call, each different one once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

#: Characters of windows that a recogniser reads at once.
_JOINED = 1 << 15
_KEPT = 1 << 17

#: A finding: where, what, how sure, and the place of its recogniser in `Scanner.recognizers`.
Raw = tuple[int, int, str, float, int]
#: What a recogniser finds in a window: where in it, what, how sure.
Found = tuple[tuple[int, int, str, float], ...]


def within(start: int, end: int, first: int, last: int) -> bool:
    """Whether a finding lies in its window's core."""
    return start >= first and end <= last


def touching(start: int, end: int, first: int, last: int) -> bool:
    """Whether a finding has to do with its window's core: brackets before the first digit do not lie in it."""
    return start < last and end > first


def answered(
    recognizer: Any,
    asked: Sequence[tuple[str, int, int]],
    seen: dict[tuple[str, int, int], Found],
    alone: bool,
    belongs: Any,
) -> list[Found]:
    """What `recognizer` finds in each window (its text, its core), findings that do not belong to the core left out."""
    if len(seen) > _KEPT:
        seen.clear()
    fresh = list(dict.fromkeys(window for window in asked if window not in seen))
    for group in _groups(fresh, alone):
        starts, at = [], 0
        for window in group:
            starts.append(at)
            at += len(window[0]) + 1
        found: dict[int, list[tuple[int, int, str, float]]] = defaultdict(list)
        results = recognizer.analyze(
            "\n".join(w[0] for w in group), list(recognizer.supported_entities), None
        )
        i = 0
        for r in sorted(results, key=lambda r: int(r.start)):
            while i + 1 < len(starts) and starts[i + 1] <= r.start:
                i += 1
            start, end = r.start - starts[i], r.end - starts[i]
            if belongs(start, end, group[i][1], group[i][2]):
                found[i].append((start, end, str(r.entity_type), r.score))
        for i, window in enumerate(group):
            seen[window] = tuple(found.get(i, ()))
    return [seen[window] for window in asked]


def _groups(fresh: list[tuple[str, int, int]], alone: bool) -> Iterator[list[tuple[str, int, int]]]:
    group: list[tuple[str, int, int]] = []
    size = 0
    for window in fresh:
        if group and (alone or size + len(window[0]) > _JOINED):
            yield group
            group, size = [], 0
        group.append(window)
        size += len(window[0]) + 1
    if group:
        yield group


def gather(
    places: Iterable[tuple[int, int]],
    asked: Iterable[tuple[str, int, int]],
    answers: Iterable[Found],
    place: int,
    raw: list[list[Raw]],
) -> None:
    """Add the answers to the findings of their texts; `places` are text and start of each window."""
    for (i, base), _, answer in zip(places, asked, answers, strict=True):
        for start, end, entity, score in answer:
            raw[i].append((base + start, base + end, entity, score, place))
