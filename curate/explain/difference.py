"""What differs between two texts: words that went and words that came, in windows of what is around them.

Lines are compared first, then the sentences of lines that differ, then their words, so that a long text costs little
more than what changed in it. The parts of all windows, with what lies between, make up both texts again.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

#: Characters shown on either side of a difference.
AROUND = 60
#: Pieces of longer blocks are first held fast where a run of `RUN` of them stands once in either text.
LONG, RUN = 1_000, 4
#: What is left between these is one difference where it has more pieces times pieces: comparing it takes seconds.
MOST_PAIRS = 4_000_000

Segment = tuple[bool, str, str]  # whether it is the same, what stood there, what stands there

#: Texts are cut into lines; blocks of lines that differ into sentences; those into words, spaces and marks.
_CUTS = (
    re.compile(r"[^\n]*\n|[^\n]+"),
    re.compile(r".+?(?:[.;:!?](?=\s)|$)|\s+", re.S),
    re.compile(r"\w+|\s+|[^\w\s]"),
)


def segments(before: str, after: str) -> list[Segment]:
    """`before` and `after` as a row of segments that are the same or differ; neighbours are of different kinds."""
    out: list[Segment] = []
    for same, old, new in _matched(before, after, 0):
        if out and out[-1][0] == same:
            _, earlier, later = out.pop()
            old, new = earlier + old, later + new
        out.append((same, old, new))
    return out


def _matched(before: str, after: str, level: int) -> Iterator[Segment]:
    """The segments of two texts by pieces of one level; what differs is compared by smaller ones."""
    if before == after or not before or not after or level == len(_CUTS):
        if before or after:
            yield before == after, before, after
        return
    old, new = _CUTS[level].findall(before), _CUTS[level].findall(after)
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    if head:
        yield True, (shared := "".join(old[:head])), shared
    for same, a, b in _aligned(old[head : len(old) - tail], new[head : len(new) - tail]):
        if same:
            yield True, a, b
        else:
            yield from _matched(a, b, level + 1)
    if tail:
        yield True, (shared := "".join(old[len(old) - tail :])), shared


def _shared(one: list[str], other: list[str]) -> int:
    """How many pieces two lists begin with that are the same."""
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def _aligned(old: list[str], new: list[str]) -> Iterator[Segment]:
    a = c = 0
    held = _held(old, new) if max(len(old), len(new)) > LONG else []
    for b, d in [*held, (len(old), len(new))]:
        yield from _blocks(old[a:b], new[c:d])
        if b < len(old) or d < len(new):
            yield True, old[b], new[d]
        a, c = b + 1, d + 1


def _blocks(old: list[str], new: list[str]) -> Iterator[Segment]:
    if not old or not new or len(old) * len(new) > MOST_PAIRS:
        if old or new:
            yield False, "".join(old), "".join(new)
        return
    matcher = SequenceMatcher(str.isspace, old, new, autojunk=max(len(old), len(new)) > LONG)
    for tag, a, b, c, d in matcher.get_opcodes():
        yield tag == "equal", "".join(old[a:b]), "".join(new[c:d])


def _held(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Where pieces of the two are surely the same, rising in both (patience diff, on runs of pieces)."""
    there = _once(new)
    pairs = [(at, there[run]) for run, at in _once(old).items() if run in there]
    ends: list[int] = []  # of the rising rows of each length, the least last place
    best: list[tuple[int, int]] = []  # by pair: its length, and the pair before it
    last: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [number]
        best.append((length, last[length - 1] if length else -1))
    out, number = [], last[-1] if last else -1
    while number >= 0:
        out.append(pairs[number])
        number = best[number][1]
    return out[::-1]


def _once(pieces: list[str]) -> dict[tuple[str, ...], int]:
    """The runs of pieces that stand once among them, with their places."""
    runs = list(zip(*(pieces[shift:] for shift in range(RUN))))
    counts = Counter(runs)
    return {run: at for at, run in enumerate(runs) if counts[run] == 1}


def compared(before: str, after: str, most: int | None) -> dict[str, Any]:
    """What differs, for JSON: `places`, characters `gone` and `new`, and the first `most` `windows` (None: all).

    A window is at `at` (characters of either text) and has `parts`: ["same", text], ["gone", text], ["new", text];
    `skipped` are the characters before it that are the same and not shown.
    """
    found = segments(before, after)
    changed = [segment for segment in found if not segment[0]]
    shown = windows(found)
    return {
        "places": len(changed),
        "gone": sum(len(old) for _, old, _ in changed),
        "new": sum(len(new) for _, _, new in changed),
        "characters": [len(before), len(after)],
        "windows": shown if most is None else shown[:most],
        "more_windows": 0 if most is None else max(0, len(shown) - most),
    }


def windows(found: list[Segment]) -> list[dict[str, Any]]:
    """The differing segments with `AROUND` characters on either side; those that are near share a window."""
    out: list[dict[str, Any]] = []
    left = right = skipped = 0
    parts: list[list[str]] | None = None
    for number, (same, old, new) in enumerate(found):
        first, last = number == 0, number == len(found) - 1
        if not same:
            if parts is None:
                parts = _open(out, left, right, skipped)
            parts += [[kind, text] for kind, text in (("gone", old), ("new", new)) if text]
        elif parts is not None and not last and len(old) <= 2 * AROUND:
            parts.append(["same", old])
        else:
            head, tail = "" if first else old[:AROUND], "" if last else old[-AROUND:]
            if parts is not None and head:
                parts.append(["same", head])
            tail = tail[max(0, len(head) + len(tail) - len(old)) :]
            skipped, parts = len(old) - len(head) - len(tail), None
            if tail:
                back = len(old) - len(tail)
                parts = _open(out, left + back, right + back, skipped)
                parts.append(["same", tail])
        left, right = left + len(old), right + len(new)
    return out


def _open(out: list[dict[str, Any]], left: int, right: int, skipped: int) -> list[list[str]]:
    parts: list[list[str]] = []
    out.append({"at": [left, right], "skipped": skipped, "parts": parts})
    return parts
