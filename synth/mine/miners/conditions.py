"""Conditions and exceptions: "provided that", "unless", "except as", "notwithstanding", "if …, then"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from synth.mine.asking import around, ask, capital
from synth.mine.document import Document
from synth.mine.wording import inner, lowered
from synth.samples import Sample

_PROVISO = re.compile(
    r"(?P<main>.{30,500}?)[;,:] (?:and )?provided,?(?: however,?| further,?| always,?)? that (?P<cond>.{15,400}?)\."
)
_UNLESS = re.compile(r"(?P<main>.{25,400}?),? unless (?P<cond>[^;]{10,300}?)\.")
_LEADING = re.compile(
    r"(?P<word>Except as|Except for|Except where|Except when|Except to the extent|Except in|Subject to"
    r"|Notwithstanding|Unless) "
    r"(?P<cond>[^,;]{5,200}), (?P<main>[^;]{30,500})\."
)
_IF = re.compile(
    r"(?P<word>If|Where|When|In the event that|In the event of|In case of) (?P<cond>[^,;]{12,220}), (?:then "
    r")?(?P<main>[^;]{20,500})\."
)
#: A main clause: a subject and its verb, not the rest of a list.
_MAIN = re.compile(
    r"(?:(?:the|an?|any|no|each|every|all|such|this|neither|either|it|you|we|nothing|if|[A-Z][\w'’&.-]*) )"
    r"(?:[\w'’&().\"“”-]+ ){0,14}?(?:shall|may|must|will|is|are|can|cannot|has|have|agrees?|applies|apply|does|do)\b"
)
_MODAL = re.compile(r"\b(?:shall|may|must|will|is|are|can|cannot|has|have|agrees?|applies|does)\b")
_APPOSITION = re.compile(
    r"(?:the|an?) (?:\w+ ){1,2}(?:that|which|who|on which)\b|(?:the date|the day|whether|or|and)\b"
)
_PRONOUN = re.compile(
    r"(?:it|he|she|they|so|such|this|that|these|those|there|not|any such|the same)\b", re.IGNORECASE
)

#: What a rule is subject to, told by pointing alone.
_EMPTY = re.compile(
    r"(?:as )?(?:otherwise\b.{0,60}$|(?:all )?the terms\b|the foregoing|anything|any(?: other)? (?:other )?provision"
    r"|any contrary|(?:\w+ )?(?:above|below|herein|hereunder)$|(?:\w+ )?in this (?:paragraph|section|subsection))",
    re.I,
)

_QUALIFIED = (
    "What limits or qualifies this statement of {doc}: “{main}”?",
    "According to {doc}, what qualification is attached to the statement that “{main}”?",
    "{doc} says: “{main}”. Under what reservation?",
    "Which exception or reservation applies to the following rule of {doc}: “{main}”?",
    "“{main}”: what does this rule of {doc} yield to?",
    "Is the following subject to any reservation in {doc}: “{main}”?",
)
_OVERRIDES = (
    "What does the following rule of {doc} override: “{main}”?",
    "Against what does this statement of {doc} prevail: “{main}”?",
    "Over what does this rule of {doc} take precedence: “{main}”?",
    "“{main}”: which other provision or fact does this rule of {doc} set aside?",
)
_PROVIDED = (
    "What proviso does {doc} attach to the following: “{main}”?",
    "On what condition does {doc} state: “{main}”?",
    "“{main}”: what is added to this as a proviso in {doc}?",
    "Which condition or limit follows the statement in {doc} that “{main}”?",
    "How does {doc} go on to limit this statement: “{main}”?",
)
_WHEN_NOT = (
    "When does the following rule of {doc} not apply: “{main}”?",
    "What is the exception to this statement of {doc}: “{main}”?",
    "Under {doc}, the following is the rule: “{main}”. Unless what?",
    "In which case does {doc} depart from this: “{main}”?",
    "Name the exception that {doc} makes to this: “{main}”.",
)
_FOLLOWS = (
    "What follows under {doc} {word} {cond}?",
    "According to {doc}, what applies {word} {cond}?",
    "What does {doc} provide for {case}?",
    "What does {doc} provide {word} {cond}?",
    "Say what {doc} lays down {word} {cond}.",
)


def conditions(document: Document) -> Iterator[Sample]:
    """The condition, exception or proviso that a rule is subject to."""
    if document.about.genre in ("opinion", "transcript"):
        return
    for sentence in document.sentences:
        if not sentence.text[
            0
        ].isupper():  # an item of a list, or words that an amending act inserts elsewhere
            continue
        found = _qualified(sentence.text)
        if found:
            questions, answers, fields = found
            context = document.window_of(sentence)
            yield ask(document, "conditions", questions, answers, [sentence], context=context, fields=fields)


def consequences(document: Document) -> Iterator[Sample]:
    """What follows if a condition holds."""
    if document.about.genre in ("opinion", "transcript"):
        return
    for sentence in document.sentences:
        match = _IF.fullmatch(sentence.text)
        if (
            not match
            or not _MAIN.match(match["main"])
            or _PRONOUN.match(match["cond"])
            or _APPOSITION.match(match["main"])
        ):
            continue
        word = match["word"][0].lower() + match["word"][1:]
        if word not in ("if", "where", "when", "in the event that") or not _MODAL_OR_VERB.search(
            match["cond"]
        ):
            continue
        fields = {
            "word": word,
            "cond": match["cond"],
            "text": sentence.text,
            "main": capital(match["main"]) + ".",
        }
        fields["case"] = f"the case that {match['cond']}"
        answers = ("{text}", "{main}", "{main}") if not _PRONOUN.match(match["main"]) else ("{text}",)
        context = around(document, sentence)
        if not context:
            continue
        yield ask(document, "consequences", _FOLLOWS, answers, [sentence], context=context, fields=fields)


_MODAL_OR_VERB = re.compile(
    r"\b(?:shall|may|must|will|is|are|can|cannot|has|have|does|do|was|were|[a-z]{3,}(?:s|ed))\b"
)


def _qualified(text: str) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]] | None:
    """Wordings and fields for a sentence that states a rule and what it is subject to."""
    leading = _LEADING.fullmatch(text)
    if leading and _MAIN.match(leading["main"]) and not _EMPTY.match(leading["cond"]):
        main = inner(capital(leading["main"]))
        fields = {"main": main, "word": leading["word"].lower(), "cond": leading["cond"]}
        if leading["word"] == "Notwithstanding":
            return (
                _OVERRIDES,
                ("It applies notwithstanding {cond}.", "The rule prevails notwithstanding {cond}."),
                fields,
            )
        if leading["word"] == "Unless":
            return _WHEN_NOT, ("It applies unless {cond}.", "The rule holds unless {cond}."), fields
        return _QUALIFIED, ("It applies {word} {cond}.", "The statement holds {word} {cond}."), fields
    if text.count("provided") == 1 and (found := _PROVISO.fullmatch(text)) and _MODAL.search(found["main"]):
        told = _two(found)
        answers: tuple[str, ...] = ("It applies provided that {cond}.", "The proviso is that {cond}.")
        return (_PROVIDED, answers, told) if told else None
    if text.count("unless") == 1 and (found := _UNLESS.fullmatch(text)) and _MODAL.search(found["main"]):
        told = None if _EMPTY.match(found["cond"]) else _two(found)
        answers = ("It applies unless {cond}.", "The rule holds unless {cond}.")
        return (_WHEN_NOT, answers, told) if told else None
    return None


def _two(found: re.Match[str]) -> dict[str, str] | None:
    if re.search(r"[;,] (?:and |or )?\([a-z]{1,4}\) ", found["cond"]):  # the list that it stands in goes on
        return None
    main = re.sub(r"[ ,;]+(?:and|or|but)?$", "", found["main"])
    return {"main": inner(main), "cond": lowered(found["cond"])}
