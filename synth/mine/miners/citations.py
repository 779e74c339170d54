"""Citations: which authority a court cites for a statement."""

from __future__ import annotations

import re
from collections.abc import Iterator

from synth.mine.asking import ask
from synth.mine.document import Document, Sentence
from synth.mine.wording import inner
from synth.samples import Sample

#: A reported case: parties, volume, reporter, page.
CASE = (
    r"(?P<case>(?!E\.g|Cf|But|Contra|Compare|Accord|In )[A-Z][\w.&'’-]*(?:,? (?:[A-Z&][\w.&'’()-]*|of|the|for|and|in"
    r"|ex rel\.|de|la|del|d/b/a)){0,12} v\. "
    r"[A-Z][\w.&'’-]*(?:,? (?:[A-Z&][\w.&'’-]*|of|the|for|and|in|de|la|del)){0,12}, (?P<volume>\d{1,4}) "
    r"(?P<reporter>[A-Z][\w.’' ]{0,18}?) ?(?P<page>\d{1,4})"
    r"(?:, \d[\d, n.&–-]{0,24})? \([^()]{0,40}\d{4}\))"
)
_BEHIND = re.compile(rf"\s*(?:See(?:, e\.g\.,| also| generally)? |Accord )?{CASE}(?:\.|;|\s\()")
#: A sentence that cites itself, or tells what others say.
_NOT_SAID = re.compile(
    r" v\. | at \d|\d{4}\)|\bId\b"
    r"|\b(?:contends?|argues?|asserts?|maintains|submits|urges|insists|complains|suggests|alleges?|claims? that)\b"
)
_QUESTIONS = (
    "Which authority does the court cite in {doc} for this statement: “{text}”?",
    "What case is cited in {doc} in support of the following: “{text}”?",
    "“{text}” On which decision does the court rely for this in {doc}?",
    "Name the decision that {doc} cites for the statement that follows. “{text}”",
    "The court writes in {doc}: “{text}” Which precedent does it cite?",
    "Give the citation that supports this in {doc}: “{text}”",
)


def citations(document: Document) -> Iterator[Sample]:
    """The case that a court cites directly behind a statement."""
    if document.about.genre != "opinion":
        return
    for sentence in document.sentences:
        if _NOT_SAID.search(sentence.text) or len(sentence.text) < 60:
            continue
        block = document.blocks[sentence.block]
        behind = _BEHIND.match(_one_line(document, sentence, block.end))
        if not behind:
            continue
        end = _position(document.text, sentence.end, behind.end("case"))
        cited = behind["case"]
        if end > block.end or cited.count("(") != cited.count(")") or "  " in cited:
            continue
        fields = {"text": inner(sentence.text), "case": cited}
        answers = ("{case}.", "The court cites {case}.", "It relies on {case}.")
        start, stop = document.window_of(sentence)
        context = (start, max(stop, end))
        spans = [(sentence.start, sentence.end), (sentence.end, end)]
        yield ask(
            document, "citations", _QUESTIONS, answers, spans, context=context, fields=fields, citation=cited
        )


def _one_line(document: Document, sentence: Sentence, end: int) -> str:
    """What follows a sentence, its spaces joined one for one so that places can be found again."""
    return plain_spaces(document.text[sentence.end : min(end, sentence.end + 400)])


def plain_spaces(text: str) -> str:
    """`text` with each run of spaces as one."""
    return re.sub(r"\s+", " ", text)


def _position(text: str, start: int, length: int) -> int:
    """The place in `text` that lies `length` characters behind `start`, each run of spaces counting as one."""
    at, seen = start, 0
    while seen < length and at < len(text):
        at += 1
        if not text[at - 1].isspace() or not text[at : at + 1].isspace():
            seen += 1
    return at
