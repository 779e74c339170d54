"""Addresses that were found in pieces, or with the name of a signatory above them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from curate.pii.spans import Span

_NAME_LINE = re.compile(r"(?:[A-Z][\w'’\-]*\.?,?[ \t]{1,2}){1,3}[A-Z][\w'’\-]+\.?,?[ \t]*$")
_TOWN = r"[A-Z][\w'’.\-]*(?:[ ][A-Z][\w'’\-]*){0,2}"
#: A town between two pieces; a town behind a street, up to where the clause ends.
_BETWEEN = re.compile(rf"[,\s]{{1,3}}(?:{_TOWN}[,\s]{{1,3}})?")
_BEHIND = re.compile(rf",?[ \n]({_TOWN})(?=[.,;)]|\n|$)")
_HOUSE = re.compile(r"\d+[A-Za-z]?,?\s")
_NOT_A_TOWN = re.compile(
    r"\b(?:Inc|LLC|Ltd|Corp|Co|Esq|Attorneys?|Counsel|Plaintiffs?|Defendants?|Tel|Fax|Phone|Attn)\b"
)


def whole(text: str, spans: Sequence[Span]) -> list[Span]:
    """Sorted `spans`, pieces of one address joined, its town taken in, and what stands above it a person."""
    out: list[Span] = []
    for span in (part for given in spans for part in _parted(text, given)):
        before = out[-1] if out else None
        if span.entity != "STREET_ADDRESS":
            if not (before and before.entity == "STREET_ADDRESS" and span.end <= before.end):
                out.append(span)
        elif before and before.entity == "STREET_ADDRESS" and _beside(text, before, span):
            out[-1] = replace(before, end=max(before.end, span.end), score=max(before.score, span.score))
        else:
            out.append(span)
    return [_with_town(text, span) for span in out]


def _beside(text: str, one: Span, other: Span) -> bool:
    return other.start <= one.end or bool(_BETWEEN.fullmatch(text, one.end, other.start))


def _with_town(text: str, span: Span) -> Span:
    if span.entity != "STREET_ADDRESS" or not _HOUSE.match(text, span.start, span.end):
        return span
    town = _BEHIND.match(text, span.end, span.end + 60)
    if town is None or _NOT_A_TOWN.search(town[1]):
        return span
    return replace(span, end=town.end(1))


def _parted(text: str, span: Span) -> Iterator[Span]:
    """An address that a tagger began with the line above it, as a person and an address."""
    value = text[span.start : span.end]
    above, _, below = value.partition("\n")
    mixed = span.entity == "STREET_ADDRESS" and below and not any(c.isdigit() for c in above)
    if not mixed or not any(c.isdigit() for c in below) or not _NAME_LINE.match(above):
        yield span
        return
    yield replace(span, end=span.start + len(above.rstrip(" \t,")), entity="PERSON")
    yield replace(span, start=span.start + len(above) + 1)
