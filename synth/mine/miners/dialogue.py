"""Question and answer as the text has them: in oral arguments, in lists of questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from synth.mine.asking import ask
from synth.mine.document import FAR, Document, Section
from synth.mine.wording import inner, plain, titled
from synth.samples import Sample

_TURN = re.compile(r"^([A-Z][A-Z.,'’ \-]{3,40}): (.+)$", re.MULTILINE)
_LOOSE = re.compile(r"--|\(Inaudible\)|\.\.\.|…|\(Laughter|\[[A-Z]", re.IGNORECASE)
_ARGUED = (
    "In {doc}, {asker} asked {asked}: “{question}” What was the answer?",
    "How did {asked} answer this question of {asker}: “{question}”?",
    "{asker} put this to {asked}: “{question}” What did {asked} reply?",
    "{asked} was asked by {asker}: “{question}” Give the reply.",
    "What did {asked} say when {asker} asked: “{question}”?",
    "“{question}” was {asker}'s question to {asked}. How did {asked} respond?",
)
_FAQ = (
    "{question} Answer as {doc} does.",
    "How does {doc} answer the question “{question}”?",
    "{question} (I ask about {doc}.)",
    "According to {doc}: {question}",
    "What does {doc} say to this question: “{question}”?",
)


def oral_argument(document: Document) -> Iterator[Sample]:
    """A question from the bench and the advocate's answer to it."""
    if document.about.genre != "transcript":
        return
    turns = list(_TURN.finditer(document.text))
    for at, (one, two) in enumerate(pairwise(turns)):
        question, answer = plain(one[2]), plain(two[2])
        if one[1] == two[1] or "UNKNOWN" in one[1] + two[1] or not _asks(question) or not _answers(answer):
            continue
        context = turns[max(0, at - 2)].start(), turns[min(len(turns) - 1, at + 3)].end()
        if context[1] - context[0] > 2 * FAR:
            continue
        fields = {
            "asker": titled(one[1]),
            "asked": titled(two[1]),
            "question": inner(question),
            "text": inner(answer),
        }
        answers = ("“{text}”", "{asked} replied: “{text}”", "The reply was: “{text}”")
        yield ask(
            document,
            "oral_argument",
            _ARGUED,
            answers,
            [one.span(), two.span()],
            context=context,
            fields=fields,
        )


def asked_heading(document: Document) -> Iterator[Sample]:
    """A heading that is a question, answered by the text under it."""
    if document.about.genre in ("opinion", "transcript") or not document.about.own:
        return
    for section in document.sections:
        title = section.title
        if title.endswith("?") and len(title.split()) >= 4 and _whole(document, section):
            text = "\n\n".join(
                plain(document.text[b.body : b.end]) for b in document.blocks[section.first : section.last]
            )
            fields = {"question": title, "text": text}
            spans = [(section.body, section.end)]
            yield ask(document, "asked_heading", _FAQ, ("{text}",), spans, context=None, fields=fields)


def _asks(turn: str) -> bool:
    return (
        turn.endswith("?") and 8 <= len(turn.split()) <= 70 and not _LOOSE.search(turn) and turn[0].isupper()
    )


def _answers(turn: str) -> bool:
    if not 15 <= len(turn.split()) <= 130 or _LOOSE.search(turn) or turn.endswith("?"):
        return False
    return turn[0].isupper() and turn.endswith((".", "!", ".”", '."'))


def _whole(document: Document, section: Section) -> bool:
    size = section.end - section.body
    told = sum(s.end - s.start for s in document.sentences_in(section.body, section.end))
    return 60 <= size <= 1500 and told >= 0.85 * size
