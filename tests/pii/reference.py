"""Presidio itself on whole texts: what the scanner must equal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from curate.pii.predefined import blank_engine
from curate.pii.spans import Span

Plain = set[tuple[int, int, str, float]]


def engine(recognizers: Sequence[Any], *, lemmas: bool = True) -> Any:
    """AnalyzerEngine with a blank English pipeline and `recognizers`."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

    registry = RecognizerRegistry(recognizers=list(recognizers), supported_languages=["en"])
    return AnalyzerEngine(
        registry=registry, nlp_engine=blank_engine("en", lemmas=lemmas), supported_languages=["en"]
    )


def expected(of: Any, text: str, threshold: float = 0.0) -> Plain:
    """What Presidio finds in `text`."""
    found = of.analyze(text, "en", score_threshold=threshold) if text else []
    return {(r.start, r.end, r.entity_type, r.score) for r in found}


def plain(spans: Iterable[Span]) -> Plain:
    """Spans without the names of their recognisers."""
    return {(span.start, span.end, span.entity, span.score) for span in spans}
