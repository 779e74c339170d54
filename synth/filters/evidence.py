"""`evidence`: every span that an answer rests on stands in its source; where it stands elsewhere it is moved there."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from synth.filters.base import Context, Filter, Rejection
from synth.filters.facts import numbers
from synth.filters.locating import Located, locate
from synth.samples import Sample, Span

_NEGATION = re.compile(r"\b(?:not|no|never|nor|neither|without|unless|except|cannot|none)\b|n['’]t\b", re.I)


def evidence(
    *,
    required: bool = True,
    min_score: Annotated[float, Field(gt=0.5, le=1)] = 0.85,
    min_characters: Annotated[int, Field(ge=1)] = 3,
) -> Filter:
    """Find each span in its document, or in a passage of it: at the offsets told, else exactly, else blind to case,
    punctuation and spacing, else by alignment with at least `min_score` of its characters unedited (1: never).

    What passes carries the offsets where the span was found and the source's own text there; `meta` notes
    `evidence_match` (the loosest way that was needed) and `evidence_score`. An aligned span must have the same numbers
    and negations as what was claimed: "60 days" is one letter from "30 days". Reasons: `evidence_missing` (none given,
    and `required`), `evidence_short`, `evidence_unknown_document`, `evidence_not_found`, `evidence_altered`.
    """

    def decide(sample: Sample, context: Context) -> Sample | Rejection | None:
        if not sample.evidence:
            return Rejection("evidence_missing") if required else None
        spans, ways = [], []
        for span in sample.evidence:
            if len(span.text.strip()) < min_characters:
                return Rejection("evidence_short", {"text": span.text})
            found = _found(span, context, min_score)
            if isinstance(found, Rejection):
                return found
            way, moved = found
            if way.how == "fuzzy" and (changed := _altered(span.text, moved.text)):
                return Rejection("evidence_altered", {"claimed": span.text, "found": moved.text, **changed})
            spans.append(moved)
            ways.append(way)
        loosest = max(ways, key=lambda way: ("exact", "folded", "fuzzy").index(way.how)).how
        score = min(way.score for way in ways)
        note = {"evidence_match": loosest, "evidence_score": score}
        return replace(sample, evidence=tuple(spans), meta=sample.meta | note)

    return decide


def _found(span: Span, context: Context, least: float) -> tuple[Located, Span] | Rejection:
    """How a span was found, and the span as it stands in its document."""
    pieces = [(p.start, p.text) for p in context.passages if p.document == span.document]
    if span.document in context.documents:
        pieces.append((0, context.documents[span.document]))
    if not pieces:
        return Rejection("evidence_unknown_document", {"document": span.document})
    for offset, text in pieces:
        start, end = span.start - offset, span.end - offset
        if 0 <= start < end and text[start:end] == span.text:
            return Located(start, end, "exact", 1.0), span
    best: tuple[Located, Span] | None = None
    for offset, text in pieces:
        way = locate(text, span.text, near=max(0, span.start - offset), least=least)
        if way and (best is None or way.score > best[0].score):
            moved = Span(span.document, offset + way.start, offset + way.end, text[way.start : way.end])
            best = way, moved
    return best or Rejection("evidence_not_found", {"document": span.document, "text": span.text})


def _altered(claimed: str, found: str) -> dict[str, Any]:
    """What an alignment must not smooth over."""
    one, other = numbers.found(claimed), numbers.found(found)
    if one != other:
        return {"numbers": [sorted(map(str, one)), sorted(map(str, other))]}
    denied = [len(_NEGATION.findall(text)) for text in (claimed, found)]
    return {"negations": denied} if denied[0] != denied[1] else {}
