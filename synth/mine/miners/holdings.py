"""Opinions: what the court holds, and how it disposes of the case."""

from __future__ import annotations

import re
from collections.abc import Iterator

from synth.mine.asking import around, ask, closed
from synth.mine.document import Document
from synth.mine.wording import inner
from synth.samples import Sample

_HOLDS = re.compile(
    r"(?:(?:Accordingly|Thus|Therefore|Hence|Consequently|In sum|In short|For (?:these|the foregoing|those|this) "
    r"reasons?"
    r"|On this record|As a result|On balance|Having [^,]{5,120}|Because [^,]{5,160}), )?"
    r"[Ww]e (?:therefore |thus |accordingly |also |now |further |hence |then )?(?P<verb>hold|conclude|find"
    r"|determine) that (?P<rest>.{25,})"
)
_JUDGE = re.compile(
    r"(?:Accordingly, |Therefore, |Thus, )?(?:In my (?:view|opinion|judgment),? |I (?:am satisfied|find|conclude"
    r"|hold|consider|accept) that )(?P<rest>.{25,})"
)
_ANY = re.compile(
    r"\b[Ww]e (?:\w+ ){0,2}(?:hold|conclude|find|determine) that|\bI (?:am satisfied|find|conclude|hold|consider"
    r"|accept)\b|\b[Ii]n my (?:view|opinion|judgment)\b"
)
_POINTS = re.compile(r"(?:it|he|she|they|this|these|that|those|such|so|neither)\b", re.IGNORECASE)
_AND = re.compile(
    r"\band (?:\w+ly |thus |so )?(?:affirm|reverse|vacate|remand|deny|dismiss|grant|reject|hold|conclude|find)\b"
)
_WE = re.compile(r"\b(?:we|our|us|ours|I|my|me)\b", re.IGNORECASE)
_HOLDING = (
    "What does the court hold in {doc}?",
    "State the conclusion that the court reaches in {doc}.",
    "Which holding is announced in {doc}?",
    "What conclusion does the court draw in {doc}?",
    "In {doc}, what does the court decide?",
    "What is the holding stated in {doc}?",
    "Identify the court's own conclusion in {doc}.",
    "How does the court resolve the point discussed in {doc}?",
)
_DISPOSES = re.compile(
    r"(?:(?:For (?:these|the foregoing|those|all of these|the above|the reasons)[^,]{0,80}|Accordingly|Therefore"
    r"|Thus|Consequently"
    r"|In sum|Hence|Because [^,]{5,160}), )?(?:we (?:therefore |thus |accordingly |also |must |hereby )?"
    r"(?:affirm|reverse|vacate|remand|dismiss|deny|grant)\b"
    r"|the (?:judgments?|orders?|decisions?|convictions?|sentences?|appeals?|petitions?|applications?"
    r"|decree)[^.;]{0,120}?"
    r"(?:is|are|must be|will be|should be) (?:therefore |hereby |accordingly )?(?:affirmed|reversed|vacated"
    r"|dismissed|denied|granted|remanded))\b.{0,400}",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\b(?:under review|fees|costs alone|request|motions?|leave)\b")
_OTHER = re.compile(
    r"\b(?:affirm|revers|vacat|remand|dismiss|den(?:y|ied)|grant)(?:s|ed|e)?\b", re.IGNORECASE
)
_SHORT = re.compile(
    r"(?:(?:The )?(?:judgment|order|decision|decree|petition|appeal)[\w ]{0,40} (?:is|are) )?"
    r"(?P<verb>affirmed|reversed|vacated|dismissed|remanded|reversed and remanded|vacated and remanded|affirmed in "
    r"part[\w, ]{0,60})\.?(?: costs[^.]{0,40}\.?)?",
    re.IGNORECASE,
)
_DISPOSITION = (
    "How did the court dispose of {name}?",
    "What was the outcome of {name}?",
    "What was the disposition in {name}?",
    "How was {name} decided in the end?",
    "State the court's disposition in {name}.",
    "What did the court order in {name}?",
)


def holdings(document: Document) -> Iterator[Sample]:
    """What the court holds or concludes, in a sentence that says so ("we hold that …")."""
    if document.about.genre != "opinion":
        return
    for sentence in document.sentences:
        match = _HOLDS.match(sentence.text) or _JUDGE.match(sentence.text)
        if not match or _POINTS.match(match["rest"]):
            continue
        shown = around(document, sentence)
        near = document.sentences_in(*shown) if shown else []
        if sum(len(_ANY.findall(s.text)) for s in near) != 1:
            continue  # the question would have two answers
        own = match.groupdict().get("verb")
        if own and not _WE.search(match["rest"]) and not _AND.search(match["rest"]):
            answers: tuple[str, ...] = (f"The court {own}s that {{rest}}",)
        else:
            answers = ("The court says: “{text}”", "In the court's words: “{text}”")
        fields = {"rest": match["rest"], "text": inner(sentence.text)}
        yield ask(
            document,
            "holdings",
            _HOLDING,
            answers,
            [sentence],
            context=shown,
            fields=fields,
        )


def disposition(document: Document) -> Iterator[Sample]:
    """How the court disposes of the case: affirmed, reversed, dismissed."""
    if document.about.genre != "opinion" or not document.sentences:
        return
    late = len(document.text) * 3 // 4
    found = [s for s in document.sentences if s.start >= late and _DISPOSES.match(s.text)]
    found = (
        []
        if any(_ASIDE.search(s.text) or _OTHER.search(document.text, s.end, s.end + 600) for s in found)
        else found
    )
    if len(found) == 1:
        context = None if closed(document, "disposition") else document.window_of(found[0])
        fields = {"text": found[0].text, "name": document.about.name}
        answers = ("“{text}”", "The court put it thus: “{text}”", "The opinion ends: “{text}”")
        questions = _DISPOSITION
        yield ask(document, "disposition", questions, answers, found, context=context, fields=fields)
    elif not any(_DISPOSES.match(s.text) for s in document.sentences) and document.about.own:
        yield from _last_word(document)


def _last_word(document: Document) -> Iterator[Sample]:
    """A disposition that stands alone in a line: "Affirmed." """
    for block in reversed(document.blocks[-12:]):
        match = _SHORT.fullmatch(document.text[block.start : block.end].strip(" *"))
        if match:
            verb = " ".join(match["verb"].lower().split())
            fields = {"verb": verb, "name": document.about.name}
            answers: tuple[str, ...] = (
                "The decision below was {verb}.",
                "The court's disposition was: {verb}.",
                "It was {verb}.",
            )
            if verb.startswith("dismissed"):
                answers = ("The appeal was {verb}.", "The court's disposition was: {verb}.")
            span = (block.start, block.end)
            yield ask(document, "disposition", _DISPOSITION, answers, [span], context=None, fields=fields)
            return
