"""Findings in a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters [start, end) of a text that are an `entity`, by Presidio's name of it.

    `score` is between 0 and 1; `recogniser` names who found it.
    """

    start: int
    end: int
    entity: str
    score: float
    recogniser: str = ""


def united(spans: Sequence[Span]) -> list[Span]:
    """`spans` in order without overlaps: what overlaps becomes one, called as the longest of them (the better score,
    then the name, where they are equal), a street in a place as an address. Nothing of what anyone found is left
    uncovered."""
    out: list[Span] = []
    best: list[Span] = []  # the namesake of each of `out`
    for span in sorted(spans):
        if not out or span.start >= out[-1].end:
            out.append(span)
            best.append(span)
            continue
        if _rank(span) < _rank(best[-1]):
            best[-1] = span
        name = best[-1]
        out[-1] = Span(out[-1].start, max(out[-1].end, span.end), name.entity, name.score, name.recogniser)
    return out


def _rank(span: Span) -> tuple[bool, int, float, str, str]:
    return span.entity != "STREET_ADDRESS", span.start - span.end, -span.score, span.entity, span.recogniser
