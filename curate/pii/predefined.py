"""Presidio's own recognisers, offline: the suffix list is the one that tldextract carries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def presidio_recognizers(language: str = "en", countries: Sequence[str] | None = None) -> list[Any]:
    """Presidio's predefined recognisers for `language`, those that need a trained pipeline left out.

    `countries` (ISO 3166, lower case; Presidio writes "uk") keeps the recognisers of these countries and those of none.
    """
    from presidio_analyzer import RecognizerRegistry
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    offline_suffixes()
    registry = RecognizerRegistry(supported_languages=[language])
    registry.load_predefined_recognizers(
        languages=[language], countries=None if countries is None else list(countries)
    )
    return [
        one
        for one in registry.recognizers
        if one.supported_language == language and not isinstance(one, SpacyRecognizer)
    ]


def offline_suffixes() -> None:
    """Let tldextract use its bundled list of public suffixes: no network, no cache on disk.

    Presidio's recognisers call `tldextract.extract`, which uses the module's own extractor.
    """
    import tldextract.tldextract as module

    if module.TLD_EXTRACTOR.suffix_list_urls or module.TLD_EXTRACTOR._cache.enabled:
        module.TLD_EXTRACTOR = module.TLDExtract(suffix_list_urls=(), cache_dir=None)


def blank_engine(language: str, *, lemmas: bool) -> Any:
    """Presidio's engine for spaCy with a blank pipeline.

    A blank pipeline leaves lemmas empty, so that context words find nothing to agree with; with `lemmas` every word
    is its own lemma.
    """
    import spacy
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    pipeline = spacy.blank(language)
    pipeline.max_length = 1 << 30
    if lemmas:
        _own_lemmas()
        pipeline.add_pipe("curate_own_lemmas")
    engine: Any = SpacyNlpEngine(models=[{"lang_code": language, "model_name": "blank"}])
    engine.nlp = {language: pipeline}
    return engine


def _own_lemmas() -> None:
    from spacy.language import Language
    from spacy.tokens import Doc

    if Language.has_factory("curate_own_lemmas"):
        return

    @Language.component("curate_own_lemmas")
    def own(doc: Doc) -> Doc:
        for token in doc:
            token.lemma_ = token.text
        return doc
