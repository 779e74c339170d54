"""Cloze: a term, a figure or a party left out, to be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from synth.mine import terms
from synth.mine.agreement import parties as agreed_parties
from synth.mine.asking import around, ask, readable
from synth.mine.document import Document, Sentence
from synth.mine.wording import inner, shuffled
from synth.samples import Sample

BLANK = "_____"
_FIGURE = re.compile(
    r"(?<![\w.$/-])(?:\$\d[\d,]*(?:\.\d+)?(?: (?:million|billion))?|\d{1,3}(?:\.\d+)?(?:%| percent| per cent)"
    r"|\d{1,3} (?:days|months|years|hours))(?![\w])"
)
_VERB = re.compile(
    r"\b(?:shall|must|may|will|would|is|are|was|were|can|has|have|had|do|does|agrees?|[a-z]{3,}ed)\b"
)
_TERM = (
    "Which term is defined by these words in {name}: “{text}”?\n{options}",
    "Fill in the defined term: “{text}”\n{options}",
    "One term of {name} is missing here: “{text}” Which is it?\n{options}",
    "Complete this definition from {name} with one of the terms below.\n“{text}”\n{options}",
    "“{text}” Which of these terms belongs in the gap?\n{options}",
    "Match the definition to its term. “{text}”\n{options}",
)
_NUMBER = (
    "Complete from {doc}: “{text}”",
    "Which figure belongs in the gap? “{text}”",
    "Fill in what is missing, as {doc} has it: “{text}”",
    "“{text}” What stands in the gap in {doc}?",
    "Check {doc} and complete the sentence: “{text}”",
)
_PARTY = (
    "One name is left out of this passage (" + BLANK + "). Which of these is it?\n{options}",
    "Who is meant by the blank in this passage of {name}?\n{options}",
    "Fill the blank in this passage with the right party:\n{options}",
    "Whose name was removed from the following passage of {name}?\n{options}",
    "Which party belongs where the passage has a blank?\n{options}",
)


def cloze_term(document: Document) -> Iterator[Sample]:
    """A definition whose term is left out, to be chosen from terms that the document defines."""
    if document.about.genre in ("opinion", "transcript"):
        return
    found = terms.definitions(document)
    for term, sentence in found:
        text, count = re.subn(rf"(?<!\w){re.escape(term)}(?!\w)", BLANK, sentence.text)
        others = [
            other
            for other, _ in found
            if not _share(other, term) and other.lower() not in sentence.text.lower()
        ]
        if len(others) < 3 or len(text) < 70 or count != 1 or _revealed(term, text):
            continue
        options = shuffled(
            [term, *shuffled(others, document.id, term, seed=document.seed)[:3]],
            term,
            document.id,
            seed=document.seed,
        )
        fields = {
            "text": inner(text),
            "options": _options(options),
            "term": term,
            "name": document.about.name,
        }
        answers = ("{term}", "The term is “{term}”.", "“{term}”")
        yield ask(
            document, "cloze_term", _TERM, answers, [sentence], context=None, fields=fields, options=options
        )


def cloze_figure(document: Document) -> Iterator[Sample]:
    """A sentence of the passage with its only figure left out."""
    if document.about.genre == "transcript":
        return
    for sentence in document.sentences:
        found = _FIGURE.findall(sentence.text)
        if len(found) != 1 or len(sentence.text) > 400 or not _VERB.search(sentence.text):
            continue
        if (
            f"({found[0]}" in sentence.text or f"{found[0]} (" in sentence.text
        ):  # said twice, in words and figures
            continue
        figure = found[0]
        fields = {"text": inner(sentence.text).replace(figure, BLANK, 1), "figure": figure}
        answers = ("{figure}", "The gap reads “{figure}”.", "“{figure}”")
        context = around(document, sentence)
        if not context:
            continue
        yield ask(document, "cloze_figure", _NUMBER, answers, [sentence], context=context, fields=fields)


def cloze_party(document: Document) -> Iterator[Sample]:
    """A passage with one of its two parties left out where the other one is named, so that only one fits."""
    found = agreed_parties(document)
    if len(found) != 2:
        return
    names = [party.alias for party in found]
    for sentence in document.sentences:
        edges = around(document, sentence)
        if not edges:
            continue
        match = re.match(
            rf"(?:The )?({'|'.join(map(re.escape, names))}) (?:shall|may|must|will|agrees)\b", sentence.text
        )
        if match and all(_mentions(sentence.text, name) == 1 for name in names):
            yield from _left_out(document, sentence, match[1], names, edges)


def _left_out(
    document: Document, sentence: Sentence, name: str, names: list[str], edges: tuple[int, int]
) -> Iterator[Sample]:
    passage = readable(document, *edges)
    if passage.count(sentence.text) != 1 or _mentions(passage, name) < 2:
        return
    passage = passage.replace(sentence.text, sentence.text.replace(name, BLANK, 1))
    fields = {
        "options": _options(sorted(names)) + "\n\n" + passage,
        "party": name,
        "name": document.about.name,
    }
    answers = ("{party}", "It is “{party}”.", "The missing name is {party}.")
    sample = ask(
        document,
        "cloze_party",
        _PARTY,
        answers,
        [sentence],
        context=None,
        fields=fields,
        options=sorted(names),
    )
    yield replace(sample, meta=sample.meta | {"context": True})


def _mentions(text: str, name: str) -> int:
    return len(re.findall(rf"\b{re.escape(name)}\b", text))


def _options(options: list[str]) -> str:
    return "\n".join(f"- {option}" for option in options)


def _share(one: str, two: str) -> bool:
    return bool(set(one.lower().split()) & set(two.lower().split()))


def _revealed(term: str, text: str) -> bool:
    """Whether the definition names its own term in other words."""
    return any(word[:6] in text.lower() for word in re.findall(r"[a-z]{5,}", term.lower()))
