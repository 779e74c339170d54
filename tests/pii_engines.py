"""Presidio's engine with our recognisers beside its own, over a blank spaCy pipeline whose words are their own lemmas.

Without lemmas Presidio's context words would raise no score.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from curate.pii.recognisers import entities, legal_recognizers, narrow
from curate.pii.spans import Span


@cache
def engine() -> Any:
    """Offline: the list of public suffixes is the one that `tldextract` brings."""
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from spacy.language import Language

    @Language.component("own_lemmas")
    def own_lemmas(doc: Any) -> Any:
        for token in doc:
            token.lemma_ = token.text
        return doc

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    nlp = SpacyNlpEngine()
    pipeline = spacy.blank("en")
    pipeline.add_pipe("own_lemmas")
    nlp.nlp = {"en": pipeline}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    registry.recognizers = [r for r in registry.recognizers if r.name != "SpacyRecognizer"]
    for recogniser in legal_recognizers(entities(), "en"):
        registry.add_recognizer(recogniser)
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])


def find(text: str, least: dict[str, float] | None = None) -> list[Span]:
    """What Presidio and our recognisers find in `text` with at least the scores `least` (all, without)."""
    found = [
        Span(r.start, r.end, r.entity_type, r.score, r.recognition_metadata["recognizer_name"])
        for r in engine().analyze(text, "en", score_threshold=0.0)
    ]
    kept = narrow(text, found)
    return kept if least is None else [s for s in kept if s.score >= least.get(s.entity, 2.0)]
