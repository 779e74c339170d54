"""A finding in a text."""

from __future__ import annotations

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
