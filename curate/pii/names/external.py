"""Names by models of other libraries: spaCy, GLiNER, transformers. A library is imported only when it is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from curate.pii.spans import Span

Finder = Callable[[Sequence[str]], list[list[Span]]]

#: What other models call their entities.
CALLED = {
    "PER": "PERSON", "PERSON": "PERSON", "ORG": "ORGANIZATION", "ORGANISATION": "ORGANIZATION",
    "ORGANIZATION": "ORGANIZATION", "LOC": "LOCATION", "LOCATION": "LOCATION", "GPE": "LOCATION", "FAC": "LOCATION",
    "NORP": "NRP", "NRP": "NRP", "DATE": "DATE_TIME", "TIME": "DATE_TIME", "DATE_TIME": "DATE_TIME", "MISC": "MISC",
    "QUANTITY": "QUANTITY", "MONEY": "QUANTITY", "PERCENT": "QUANTITY", "DOCKET_NUMBER": "DOCKET_NUMBER",
    "DEMOGRAPHIC": "DEMOGRAPHIC", "STREET_ADDRESS": "STREET_ADDRESS",
}  # fmt: skip
#: What GLiNER, which takes labels in words, is asked for.
ASKED = {"person": "PERSON", "organization": "ORGANIZATION", "location": "LOCATION"}
SPACY_SCORE = 0.85  # spaCy gives none; Presidio's for spaCy's entities
WINDOW, OVERLAP = 1200, 200  # characters: what transformers of 512 tokens take at a time, and share


def finder(model: str) -> Finder:
    """What finds names by `model`, "LIBRARY:NAME".

    Raises:
        ValueError: the library is unknown, is not installed, or has no such model.
    """
    library, _, name = model.partition(":")
    makers = {"spacy": _spacy, "gliner": _gliner, "transformers": _transformers}
    if library not in makers or not name:
        raise ValueError(f"no names by '{model}': give spacy:NAME, gliner:NAME or transformers:NAME")
    try:
        return makers[library](name)
    except ImportError as error:
        raise ValueError(f"names by '{model}' need the package {library}: pip install {library}") from error
    except OSError as error:
        raise ValueError(f"names by '{model}': {library} finds no model '{name}'") from error


def check(model: str) -> None:
    """Whether `finder` can be had, without loading the model (of the Hub's ones: whether their library is there).

    Raises:
        ValueError: as `finder`.
    """
    library, _, name = model.partition(":")
    if library not in ("spacy", "gliner", "transformers") or not name:
        raise ValueError(f"no names by '{model}': give spacy:NAME, gliner:NAME or transformers:NAME")
    if find_spec(library) is None:
        raise ValueError(f"names by '{model}' need the package {library}: pip install {library}")
    if library == "spacy" and not (Path(name).exists() or find_spec(name)):
        raise ValueError(f"names by '{model}': spacy finds no model '{name}'")


def _spacy(name: str) -> Finder:
    import spacy

    nlp = spacy.load(name)

    def find(texts: Sequence[str]) -> list[list[Span]]:
        nlp.max_length = max([nlp.max_length, *map(len, texts)])
        return [
            _tidy((e.start_char, e.end_char, e.label_, SPACY_SCORE) for e in doc.ents)
            for doc in nlp.pipe(texts)
        ]

    return find


def _gliner(name: str) -> Finder:
    from gliner import GLiNER

    model = GLiNER.from_pretrained(name)

    def one(text: str) -> list[tuple[int, int, str, float]]:
        found = model.predict_entities(text, list(ASKED))
        return [(e["start"], e["end"], ASKED[e["label"]], e["score"]) for e in found]

    return lambda texts: [_tidy(_windowed(text, one)) for text in texts]


def _transformers(name: str) -> Finder:
    from transformers import pipeline

    run: Any = pipeline("token-classification", model=name, aggregation_strategy="simple")

    def one(text: str) -> list[tuple[int, int, str, float]]:
        return [(e["start"], e["end"], e["entity_group"], float(e["score"])) for e in run(text)]

    return lambda texts: [_tidy(_windowed(text, one)) for text in texts]


def _windowed(
    text: str, one: Callable[[str], list[tuple[int, int, str, float]]]
) -> Iterable[tuple[int, int, str, float]]:
    """What `one` finds in windows of the text; of what lies in the overlap of two, both may tell."""
    for at in range(0, max(1, len(text) - OVERLAP), WINDOW - OVERLAP):
        for start, end, label, score in one(text[at : at + WINDOW]):
            cut = (start == 0 and at > 0) or (end == WINDOW and at + WINDOW < len(text))
            if not cut:
                yield at + start, at + end, label, score


def _tidy(found: Iterable[tuple[int, int, str, Any]]) -> list[Span]:
    """Spans with the names of this project, sorted; of those that overlap, the longest."""
    named = [
        Span(start, end, CALLED[label.upper()], round(float(score), 3), "names")
        for start, end, label, score in found
        if label.upper() in CALLED and end > start
    ]
    out: list[Span] = []
    for span in sorted(named, key=lambda s: (s.start - s.end, s)):
        if all(span.end <= other.start or span.start >= other.end for other in out):
            out.append(span)
    return sorted(out)
