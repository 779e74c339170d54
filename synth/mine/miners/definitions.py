"""Definitions: what a term means in the document that defines it."""

from __future__ import annotations

from collections.abc import Iterator

from synth.mine import terms
from synth.mine.asking import around, ask, closed
from synth.mine.document import Document
from synth.samples import Sample

_QUESTIONS = (
    "What does “{term}” mean in {doc}?",
    "How does {doc} define “{term}”?",
    "In {doc}, what is meant by “{term}”?",
    "Give the definition of “{term}” in {doc}.",
    "What meaning does {doc} give to the term “{term}”?",
    "Define “{term}” as {doc} uses it.",
    "I came across the term “{term}” in {doc}. What does it stand for there?",
    "State how the term “{term}” is defined in {doc}.",
    "Which definition of “{term}” applies in {doc}?",
    "For the purposes of {doc}, what is the meaning of “{term}”?",
)
_ANSWERS = ("{text}", "{text}", "The definition reads: {text}", "{doc} defines the term as follows: {text}")


def definitions(document: Document) -> Iterator[Sample]:
    """What a defined term means, from the sentence that defines it ("X" means …)."""
    if document.about.genre in ("opinion", "transcript"):  # courts quote the definitions of others
        return
    for term, sentence in terms.definitions(document):
        fields = {"term": term, "text": sentence.text}
        shown = around(document, sentence)
        if not shown and not document.about.own:
            continue
        context = None if not shown or closed(document, term) else shown
        yield ask(
            document,
            "definitions",
            _QUESTIONS,
            _ANSWERS,
            [sentence],
            context=context,
            fields=fields,
            term=term,
        )
