"""Questions and answers as samples: wordings by hash, the passage in the prompt where it is needed, evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from synth.mine.document import Document, Sentence
from synth.mine.wording import number, pick, plain
from synth.samples import Message, Sample, Span

#: The task that all samples of this package belong to.
TASK = "mine"
_LAYOUTS = (
    "{question}\n\nPassage:\n{passage}",
    "{question}\n\n{passage}",
    "{question}\n\nText:\n{passage}",
    "{question}\n\nFrom {where}:\n\n{passage}",
    "{question}\n\n---\n{passage}\n---",
    "{question} Answer from this excerpt of {where}:\n\n{passage}",
    "{question}\n\nThe passage, taken from {where}:\n\n{passage}",
    "{question}\n\n({where})\n{passage}",
    "{passage}\n\n{question}",
    "{passage}\n\nThis stands in {where}. {question}",
    "Read this passage from {where}.\n\n{passage}\n\n{question}",
    "The following is taken from {where}:\n\n{passage}\n\n{question}",
    'Here is part of {where}.\n\n"""\n{passage}\n"""\n\n{question}',
    "Text ({where}):\n{passage}\n\nQuestion: {question}",
    "Using only the text below, from {where}, answer this: {question}\n\n{passage}",
    "Excerpt from {where}\n\n{passage}\n\nTask: {question}",
    "<passage>\n{passage}\n</passage>\n\n{question}",
    "Source: {where}.\n\n{passage}\n\nNow answer: {question}",
    "From {where}:\n\n{passage}\n\n{question}",
    "Consider this part of {where}.\n\n{passage}\n\n{question}",
    "Question on {where}: {question}\n\n{passage}",
    "I am reading {where}.\n\n{passage}\n\n{question}",
)
_INDEFINITE = {
    "opinion": "a court opinion",
    "contract": "an agreement",
    "statute": "a statute",
    "regulation": "a regulation",
    "terms": "a provider's terms",
    "transcript": "an oral argument",
    "document": "a document",
}
_DOTS = re.compile(r"(?<!\.)\.\.(?!\.)")  # "Inc." at the end
_BULLET = re.compile(r"^(?:[*•·-]|#{1,6}) ")
_BARE = re.compile(r"\{\w+\}")  # an answer that is one thing found stands as the document writes it
_HERE = ("the passage", "this passage", "the text", "the excerpt", "this excerpt")


def ask(
    document: Document,
    kind: str,
    questions: Sequence[str],
    answers: Sequence[str],
    evidence: Sequence[Sentence | tuple[int, int]],
    *,
    context: tuple[int, int] | None,
    fields: dict[str, str] | None = None,
    **meta: Any,
) -> Sample:
    """One sample: a question and an answer chosen from the wordings, filled with `fields`.

    A question's `{doc}` is the document's name, or "the passage" (or the like) where the prompt carries the `context`,
    characters [start, end) of the document's text. An answer's `{doc}` is "the agreement", "the opinion" and so on.
    """
    spans = tuple(_span(document, *_edges(found)) for found in evidence)
    key = (kind, document.id, spans[0].start, *(fields or {}).values())
    chosen = number("question", *key, seed=document.seed) % len(questions)
    here = pick(_HERE, "here", *key, seed=document.seed) if context else document.about.name
    question = _DOTS.sub(".", questions[chosen].format(doc=here, **(fields or {})))
    wording = pick(answers, "answer", *key, seed=document.seed)
    answer = wording.format(doc=document.about.noun, **(fields or {}))
    answer = _DOTS.sub(".", answer)
    answer = answer if _BARE.fullmatch(wording) else capital(answer)
    if context:
        layout = pick(_LAYOUTS, "layout", *key, seed=document.seed)
        name, shown = where(document), readable(document, *context)
        name = name.rstrip(".") if "{where}." in layout else name
        prompt = layout.format(question=capital(question), passage=shown, where=name)
    else:
        prompt = capital(question)
    told = {
        "context": context is not None,
        "question": capital(question),
        "template": f"{kind}/{chosen}",
        **meta,
    }
    if context:
        told |= {"passage": list(context), "shown": shown}
    messages = (Message("user", prompt),)
    return Sample(TASK, kind, messages, completion=answer, evidence=spans, meta=told)


def where(document: Document) -> str:
    """The document as a passage's source: its name, or what it is."""
    name = document.about
    return name.name if name.name != name.noun else _INDEFINITE[name.genre]


def closed(document: Document, *key: object, share: int = 2) -> bool:
    """Whether to ask without the passage: where the document's name tells it from others, one time in `share`."""
    return document.about.own and number("closed", document.id, *key, seed=document.seed) % share == 0


def around(document: Document, *said: Sentence) -> tuple[int, int] | None:
    """The passage to show with a sentence (or several of one passage); None if it holds little else."""
    start, end = document.window_of(said[0])
    size = sum(sentence.end - sentence.start for sentence in said)
    return (start, end) if size <= 0.75 * (end - start) else None


def readable(document: Document, start: int, end: int) -> str:
    """The text at [start, end) to read: a line for each paragraph, without what furnishes pages."""
    parts = []
    for block in document.blocks_in(start, end):
        parts.append(_BULLET.sub("", plain(document.text[max(start, block.start) : min(end, block.end)])))
    return "\n\n".join(parts)


def capital(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _edges(found: Sentence | tuple[int, int]) -> tuple[int, int]:
    return (found.start, found.end) if isinstance(found, Sentence) else found


def _span(document: Document, start: int, end: int) -> Span:
    return Span(document.id, start, end, document.text[start:end])
