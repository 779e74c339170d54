"""Obligations, permissions and prohibitions: who shall, may or must not do what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from synth.mine.asking import around, ask
from synth.mine.document import Document, Sentence
from synth.mine.wording import plain
from synth.samples import Sample

#: Nouns of those who can owe something; a defined party's name is found by its capital.
_ACTORS = (
    "company|corporation|borrower|lender|agent|bank|employee|employer|executive|contractor|subcontractor|owner"
    "|architect|licensee|licensor|"
    "distributor|supplier|seller|buyer|purchaser|vendor|customer|client|consultant|franchisee|franchisor|landlord"
    "|tenant|lessee|lessor|"
    "trustee|committee|board|participant|grantor|grantee|guarantor|party|parties|manufacturer|provider|user|users"
    "|minister|commission|"
    "commissioner|commissioners|authority|court|council|officer|director|directors|person|creditor|creditors"
    "|consumer|applicant|"
    "financial institution|card issuer|servicer|servicers|mayor|judge|registrar|secretary|bureau|member|members"
    "|holder|holders|"
    "administrator|recipient|affiliate|partner|partners|manager|developer|sponsor|service provider|lessors|operator"
    "|shareholder"
)
_PATTERN = re.compile(
    rf"(?P<who>(?:(?:The|Each|Every|Any|An?|No|Such) )?(?P<noun>(?:[A-Z][\w&’'-]*(?: [A-Z][\w&’'-]*){{0,3}})"
    rf"|(?:{_ACTORS}))|You|We) "
    r"(?P<modal>shall not|shall|must not|must|may not|may|cannot|will not|will|agrees? not to|agrees? to|(?:is|are) "
    r"required to|"
    r"(?:is|are) not permitted to|(?:is|are) entitled to|(?:has|have) the right to|undertakes? to|covenants? to) "
    r"(?P<rest>.{15,})"
)
_PASSIVE = re.compile(
    r"(?:not |also |only |at all times |in no event |each |both |all |then ){0,2}(?:be|have|mean|include|become"
    r"|constitute|survive|remain|apply|inure|bind|result|consist|receive|continue|prevail|govern|terminate|expire)\b"
)
_ACTOR = re.compile(rf"\b(?:{_ACTORS})s?$", re.IGNORECASE)
_CLASSES = {
    "obligation": re.compile(
        r"(?:shall|must|will|agrees? to|(?:is|are) required to|undertakes? to|covenants? to)$"
    ),
    "prohibition": re.compile(
        r"(?:shall not|must not|may not|cannot|will not|agrees? not to|(?:is|are) not permitted to)$"
    ),
    "permission": re.compile(r"(?:may|(?:is|are) entitled to|(?:has|have) the right to)$"),
}
_PLURAL = re.compile(rf"(?:{_ACTORS})s?", re.IGNORECASE)
_BETWEEN = r"(?: here(?:to|under))?(?:,[^,]{1,80},|,? (?:who|which|that))?"
_MODALS = r"(?:shall|must|may|will|cannot|agrees?|(?:is|are) (?:required|entitled)|(?:has|have) the right)"
_SPEAKERS = {"You": "the user", "We": "the provider"}
_QUESTIONS = {
    "obligation": (
        "What must {who} do according to {doc}?",
        "Which obligation does {doc} place on {who}?",
        "What is {who} required to do under {doc}?",
        "State the duty of {who} in {doc}.",
        "What does {doc} oblige {who} to do?",
        "Under {doc}, what does {who} have to do?",
        "Name what {doc} demands of {who}.",
    ),
    "prohibition": (
        "What must {who} not do according to {doc}?",
        "Which act does {doc} forbid {who}?",
        "What is {who} prohibited from doing under {doc}?",
        "State what {doc} does not allow {who} to do.",
        "Which prohibition does {doc} impose on {who}?",
    ),
    "permission": (
        "What may {who} do according to {doc}?",
        "Which right or power does {doc} give to {who}?",
        "What is {who} allowed to do under {doc}?",
        "What does {doc} permit {who} to do?",
        "State the right that {who} has under {doc}.",
    ),
}


class _Duty(NamedTuple):
    """Who is bound or free, to which kind of duty, and the bare noun for them."""

    who: str
    kind: str
    noun: str


def duties(document: Document) -> Iterator[Sample]:
    """What a party or person must, may or must not do, all of it that the passage says of them."""
    if document.about.genre in ("opinion", "transcript"):
        return
    names = _parties(document)
    by_passage: dict[tuple[int, int], list[tuple[Sentence, _Duty]]] = {}
    for sentence in document.sentences:
        if (duty := _duty(sentence.text, names)) and (
            document.about.genre == "terms" or duty.noun not in _SPEAKERS
        ):
            by_passage.setdefault(document.window_of(sentence), []).append((sentence, duty))
    for passage, found in by_passage.items():
        text = plain(document.text[slice(*passage)])
        for noun, kind in dict.fromkeys((duty.noun.lower(), duty.kind) for _, duty in found):
            same = [one for one in found if (one[1].noun.lower(), one[1].kind) == (noun, kind)]
            spoken = len(re.findall(rf"\b{_forms(noun)}{_BETWEEN} {_MODALS}\b", text, re.IGNORECASE))
            told = sum(other.noun.lower() == noun for _, other in found)
            said = [sentence for sentence, _ in same]
            if (
                len(same) <= 3 and spoken <= told and around(document, *said)
            ):  # else there is more than can be quoted
                yield _sample(document, passage, said, same[0][1])


def _forms(noun: str) -> str:
    """A pattern of a noun in singular and plural: what binds "the parties" binds each party."""
    stem = (
        noun.removesuffix("ies").removesuffix("y")
        if noun in ("party", "parties")
        else re.escape(noun.removesuffix("s"))
    )
    return f"{stem}(?:y|ies|s)?"


def _sample(document: Document, passage: tuple[int, int], same: list[Sentence], duty: _Duty) -> Sample:
    fields = {"who": duty.who, "text": " ".join(s.text for s in same)}
    answers = ("{text}", "{text}", "According to {doc}: {text}")
    questions = _QUESTIONS[duty.kind]
    if duty.who.endswith("s") and not duty.who.startswith(("the ", "each ", "any ")):  # a plural
        questions = tuple(q for q in questions if not re.search(r"(?:is|does) \{who\}|\{who\} (?:is|has)", q))
    told = {"modality": duty.kind, "party": duty.who}
    return ask(document, "duties", questions, answers, same, context=passage, fields=fields, **told)


def _parties(document: Document) -> set[str]:
    """Words in quotes and brackets after a party's name: (the "Borrower")."""
    return set(
        re.findall(
            r"\((?:the |hereinafter |each,? an? |collectively,? )*[\"“]([A-Z][\w&’' -]{2,40})[\"”]",
            document.text[:8000],
        )
    )


def _duty(text: str, names: set[str]) -> _Duty | None:
    """The duty that a sentence states of its subject; None where it states none."""
    match = _PATTERN.match(text)
    if not match or _PASSIVE.match(match["rest"]):
        return None
    who, noun = match["who"], match["noun"] or match["who"]
    if who in _SPEAKERS:
        return _Duty(_SPEAKERS[who], _class(match["modal"]), noun)
    if not (_ACTOR.search(noun) or noun in names):
        return None
    first, _, rest = who.partition(" ")
    if first == "No":
        denied = match["modal"] in ("shall", "may", "will")
        return _Duty(f"any {rest}", "prohibition", noun) if denied else None
    if first in ("The", "Each", "Every", "Any", "A", "An", "Such"):
        who = f"{'that' if first == 'Such' else first.lower()} {rest}"
    elif who.endswith("s") and _PLURAL.fullmatch(who):
        who = who.lower()
    return _Duty(who, _class(match["modal"]), noun)


def _class(modal: str) -> str:
    return next(kind for kind, pattern in _CLASSES.items() if pattern.match(modal))
