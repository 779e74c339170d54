"""spaCy and Presidio beside the embedded tagger: a small pipeline for speed, a trained NER, Presidio with either."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from curate.models.name_corpora import Document
from curate.pii.spans import Span

Detector = Callable[[Sequence[str]], list[list[Span]]]
THRESHOLD = 0.35  # Presidio's patterns below it are guesses


def analyzer(nlp: Any = None) -> Any:
    """Presidio's AnalyzerEngine, English, on a blank pipeline, or on `nlp` whose entities count."""
    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    kinds = ["PERSON"] if nlp is None else sorted(nlp.get_pipe("ner").labels)
    naming = NerModelConfiguration(
        model_to_presidio_entity_mapping={kind: kind for kind in kinds},
        labels_to_ignore=[],
        low_score_entity_names=[],
    )
    engine = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": "given"}], ner_model_configuration=naming
    )
    engine.nlp = {"en": nlp or spacy.blank("en")}
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


def presidio(nlp: Any = None, entities: Sequence[str] | None = None) -> Detector:
    """What Presidio finds at or above THRESHOLD, of `entities` if given."""
    engine = analyzer(nlp)

    def detect(texts: Sequence[str]) -> list[list[Span]]:
        out = []
        for text in texts:
            results = engine.analyze(text, language="en", score_threshold=THRESHOLD, entities=entities)
            out.append([Span(r.start, r.end, r.entity_type, r.score, "presidio") for r in results])
        return out

    return detect


def trained_ner(documents: Sequence[Document], epochs: int, seed: int = 0) -> Any:
    """A blank English pipeline with an NER of spaCy's default size, trained on (text, spans)."""
    import spacy
    from spacy.training import Example
    from spacy.util import compounding, filter_spans, fix_random_seed, minibatch

    fix_random_seed(seed)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    examples = []
    for text, spans in documents:
        doc = nlp.make_doc(text)
        ents = [doc.char_span(a, b, label=kind, alignment_mode="expand") for a, b, kind in spans if b > a]
        doc.ents = filter_spans([ent for ent in ents if ent is not None])
        for part in _pieces(doc):
            examples.append(Example(nlp.make_doc(part.text), part))
    nlp.initialize(lambda: examples)
    rng, sizes = random.Random(seed), compounding(4.0, 32.0, 1.01)
    for _ in range(epochs):
        rng.shuffle(examples)
        for batch in minibatch(examples, size=sizes):
            nlp.update(batch, drop=0.2)
    return nlp


def _pieces(doc: Any, longest: int = 200) -> list[Any]:
    """The document in pieces of at most about `longest` tokens that cut no entity."""
    out, start = [], 0
    for token in doc:
        ends = (token.i - start >= longest and token.ent_iob_ != "I") or token.i == len(doc) - 1
        if ends or ("\n\n" in token.text and token.ent_iob_ == "O"):
            out.append(doc[start : token.i + 1].as_doc())
            start = token.i + 1
    return out


def small_pipeline() -> Any:
    """A pipeline as large as spaCy's small English one, initialised, not trained.

    A tok2vec 96 wide and 4 deep, tagger, parser, attribute ruler, and an NER with a tok2vec of its own; no
    lemmatizer, whose tables are a package of their own.
    """
    import spacy
    from spacy.training import Example

    nlp = spacy.blank("en")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": "tok2vec"}
    nlp.add_pipe("tok2vec")
    for name in ("tagger", "parser"):
        nlp.add_pipe(
            name, config={"model": nlp.get_factory_meta(name).default_config["model"] | {"tok2vec": listener}}
        )
    nlp.add_pipe("attribute_ruler")
    nlp.add_pipe("ner")
    words = "Karl Strobel sued Acme in Vienna".split()
    made = {"words": words, "tags": ["NNP", "NNP", "VBD", "NNP", "IN", "NNP"], "heads": [1, 2, 2, 2, 2, 4]}
    made |= {"deps": ["compound", "nsubj", "ROOT", "dobj", "prep", "pobj"]}
    made["entities"] = ["B-PERSON", "L-PERSON", "O", "U-ORG", "O", "U-GPE"]
    nlp.initialize(lambda: [Example.from_dict(nlp.make_doc(" ".join(words)), made)] * 4)
    return nlp


def speed(nlp: Any, texts: Sequence[str]) -> float:
    """MB/s of a pipeline over texts (bytes of UTF-8, 10**6 to the MB)."""
    nlp.max_length = max(map(len, texts)) + 1
    list(nlp.pipe(texts[:1]))
    start = time.perf_counter()
    list(nlp.pipe(texts))
    return sum(len(text.encode()) for text in texts) / 1e6 / (time.perf_counter() - start)
