"""Dates, amounts, periods and governing law: when, how much, how long, under whose law."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from synth.mine.asking import around, ask, capital, closed
from synth.mine.document import Document
from synth.mine.wording import inner, lowered
from synth.samples import Sample

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATE = rf"{_MONTH} \d{{1,2}}, \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{4}}"
_WORD = (
    r"(?:[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en|[Ee]leven|[Tt]welve"
    r"|[Ff]ifteen|[Ff]ourteen|[Ee]ighteen"
    r"|[Tt]wenty|[Tt]hirty|[Ff]orty|[Ff]ifty|[Ss]ixty|[Ss]eventy|[Ee]ighty|[Nn]inety|[Hh]undred|and)"
)
_COUNT = rf"(?:{_WORD}(?:[ -]{_WORD}){{0,4}} \(\d{{1,4}}\)|{_WORD}(?:[ -]{_WORD}){{0,3}}|\d{{1,4}})"
_UNIT = (
    r"(?:(?:business|calendar|working|consecutive|Business|trading) )?(?:days?|weeks?|months?|years?|hours?)"
)
_LAW = re.compile(
    r"\b(?:governed|construed|interpreted|enforced)\b.{0,120}?\b(?:laws?|law) of (?P<law>(?:the )?(?:(?:State"
    r"|Commonwealth|Province|Republic|District|Kingdom) of )?"
    r"(?:the )?[A-Z]\w+(?: (?:and )?[A-Z]\w+){0,3})(?=[,.;]| without| applicable| \(| as | and |$)"
)
_OWN = ("agreement", "contract", "terms", "terms of service", "lease")
_THIS = re.compile(r"\b[Tt]h(?:is|ese|e) (?P<title>[A-Z]\w+(?: [A-Z]\w+){0,5})")
_NOTICE = re.compile(
    rf"\b(?P<notice>(?:(?:(?:not|no) )?less than |at least |a minimum of )?"
    rf"{_COUNT} {_UNIT}['’]? (?:prior |advance |previous )?(?:written )?notice)\b"
)
_DEADLINE = re.compile(
    rf"\b(?P<limit>within (?:a period of |a maximum of |no more than )?{_COUNT} {_UNIT}) (?P<event>(?:after|of"
    rf"|following|from|before|prior to) (?:[^,.;:()]|\.(?=\d)|(?<=ection )\(\w{{1,4}}\)|(?<=agraph )\(\w{{1,4}}\)"
    rf"|(?<=\))\(\w{{1,4}}\)){{6,140}}?)(?P<stop>[,;:]|\.(?:\s|$)| \(|$)"
)
_PERIOD = re.compile(
    r"\b(?P<what>[Tt]he (?:(?:[Ii]nitial|[Rr]enewal|[Ee]mployment) (?:[Tt]erm|[Pp]eriod)|(?:[Tt]erm|[Pp]eriod))"
    r"(?: of (?:this|the) [A-Z][\w ]{2,40}?)?) (?:shall be|is|will be) (?:for )?(?:a period of |a term of )?"
    rf"(?P<long>{_COUNT} {_UNIT})\b(?! or )"
)
_THINGS = (
    "base salary|annual salary|purchase price|minimum base salary|annual base salary|annual fee|monthly fee"
    "|management fee|signing bonus|target bonus|"
    "monthly rent|base rent|security deposit|origination fee|commitment fee|closing fee|application fee|filing fee"
    "|penalty|fine|civil penalty|aggregate principal amount|"
    "principal amount|principal sum|total consideration|contract sum|guaranteed maximum price|aggregate liability"
    "|deductible|royalty|retainer|severance payment|"
    "exercise price|upfront payment|milestone payment|award|limit|combined single limit|annual retainer|lump sum "
    "payment|lump sum"
)
_SUM = r"(?:US|U\.S\. ?|AU|A)?[$£€]\d(?:[\d,]*\d)?(?:\.\d+)?(?: (?:million|billion))?"
_AMOUNT = re.compile(
    rf"\b(?P<what>(?:{_THINGS})) (?:equal to|in the amount of|in the sum of|of|is|shall be|will be) "
    r"(?P<sum>(?:(?:not|no) (?:less|more) than |not to exceed |at least |up to |a maximum of )?"
    rf"(?:[A-Z][\w-]*(?: [\w-]+){{0,8}} \()?{_SUM}\)?(?: (?:nor|or|and not) more than {_SUM})?)(?![\d,]*\d| to )"
    r"(?P<per> per [a-z]+| a (?:year|month|week)| annually| monthly)?",
    re.IGNORECASE,
)
_ACTS = re.compile(r"\b(?:shall|must|may|will|is|are|can|has|have|agrees?)\b")
_REPORTS = re.compile(r"\b(?:comment\w*|propos\w+|concern\w*|believ\w+|assum\w+|suppos\w+)\b", re.IGNORECASE)
_DAY = re.compile(rf"\b{_MONTH} \d{{1,2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}\b")
_EVENT = re.compile(rf"(?:On|By letter dated) (?P<date>{_DATE}), (?P<event>[^;:]{{25,300}})\.")


class _Figure(NamedTuple):
    """A pattern, how it is asked for and answered."""

    pattern: re.Pattern[str]
    questions: Sequence[str]
    answers: Sequence[str]


_FIGURES = {
    "governing_law": _Figure(
        _LAW,
        ("Which law governs {name}?", "Under whose laws is {name} to be "
            "construed?", "What is the governing law of {name}?",
         "By the law of which place is {name} governed?", "Name the governing law that {name} chooses."),
        ("{text}", "{doc} says: “{quoted}”", "It says: “{quoted}”"),
    ),
    "notice_period": _Figure(
        _NOTICE,
        ("How much notice does {doc} require here: “{act} "
         "…”?", "What period of notice is laid down in {doc} where it says: “{act} …”?",
         "“{act} …”: which notice does {doc} set for "
         "this?", "How long is the notice that {doc} speaks of in these words: “{act} …”?"),
        ("{notice}: “{quoted}”", "It requires {notice}: “{quoted}”", "{notice}, for it says: “{quoted}”"),
    ),
    "deadline": _Figure(
        _DEADLINE,
        ("What time limit does {doc} set for this: “{act} "
         "…”?", "“{act} …”: within what time, according to {doc}?",
         "Which deadline applies in {doc} to the following: “{act} …”?", "By when, according to {doc}? “{act} …”",
         "Name the time limit that {doc} sets in these words: “{act} …”"),
        ("{limit}: “{quoted}”", "The limit is {limit}: “{quoted}”", "{limit}, for it says: “{quoted}”"),
    ),
    "period": _Figure(
        _PERIOD,
        ("How long is {what} according "
         "to {doc}?", "What length does {doc} give to {what}?", "For how long does {doc} fix {what}?"),
        ("{what} is {long}: “{quoted}”", "It is {long}: “{quoted}”", "{doc} fixes it at {long}: “{quoted}”"),
    ),
    "amount": _Figure(
        _AMOUNT,
        ("What {what} does {doc} "
         "state?", "How much is the {what} according to {doc}?", "Which amount does {doc} give for the {what}?",
         "At what sum does {doc} put the {what}?", "State the {what} that {doc} mentions."),
        ("{text}", "{doc} says: “{quoted}”", "It is stated thus: “{quoted}”"),
    ),
}  # fmt: skip
_WHEN = (
    "On what date did the following happen, according to {doc}: “{event}”?",
    "When, according to {doc}, did this happen: “{event}”?",
    "{doc} reports: “{event}”. When was that?",
    "Give the date of this event in {doc}: “{event}”.",
    "Which date does {doc} give for this: “{event}”?",
    "Find in {doc} the date on which the following took place: “{event}”.",
)


def figures(document: Document) -> Iterator[Sample]:
    """Amounts, periods, deadlines, notice and governing law, where a paragraph has one of its kind."""
    if document.about.genre in ("opinion", "transcript"):
        return
    for sentence in document.sentences:
        for name, figure in _FIGURES.items():
            match = figure.pattern.search(sentence.text)
            if not match:
                continue
            shown = around(document, sentence)
            near = document.sentences_in(*shown) if shown else []
            if sum(len(figure.pattern.findall(s.text)) for s in near) != 1 or not _sound(
                document, name, match
            ):
                continue
            fields = {key: value or "" for key, value in match.groupdict().items()}
            fields |= {
                "text": sentence.text,
                "quoted": inner(sentence.text),
                "name": document.about.name,
                "act": _act(sentence.text, match.start()),
            }
            if "what" in fields:
                fields["what"] = lowered(fields["what"])
            context = None if name == "governing_law" and closed(document, name) else shown
            asked, told = figure.questions, figure.answers
            yield ask(
                document, "figures", asked, told, [sentence], context=context, fields=fields, figure=name
            )


def dates(document: Document) -> Iterator[Sample]:
    """When something happened: a sentence that begins with its date."""
    if document.about.genre == "transcript":
        return
    for sentence in document.sentences:
        match = _EVENT.fullmatch(sentence.text)
        shown = around(document, sentence) if match else None
        if match and shown and _tells(match["event"]):
            fields = {"event": inner(capital(match["event"])), "date": match["date"]}
            answers = (
                "On {date}.",
                "It happened on {date}.",
                "The date given is {date}.",
                "That was on {date}.",
            )
            yield ask(
                document,
                "dates",
                _WHEN,
                answers,
                [sentence],
                context=shown,
                fields=fields,
            )


def _sound(document: Document, name: str, match: re.Match[str]) -> bool:
    """Whether the match says what its figure is about."""
    if name == "governing_law":
        governed = _THIS.search(match.string)
        title = governed["title"].strip().lower() if governed else ""
        own = title in (*_OWN, "") or title in document.about.name.lower()  # not another paper's
        return own and not re.fullmatch(r"(?:the )?(?:Federal|State)", match["law"])
    if name == "notice_period":
        return _act(match.string, match.start()) != ""
    if name == "deadline":
        act = _act(match.string, match.start())
        if not act or re.search(r"\b(?:if|unless|where|when|has|have|had|was|were)\b", act):  # a condition's
            return False
        if re.search(r"\b(?:shall|may|must|will|not|to)$", act) and match["stop"] not in (",", " ("):
            return False  # where the event ends and the act goes on cannot be told
        # An event that runs into another clause, or ends in its midst, is not told in full.
        return not re.search(r"\b(?:shall|will|may|must)\b|\b(?:and|or|which|such|it|that)$", match["event"])
    return True


def _act(text: str, end: int) -> str:
    """The beginning of a sentence up to a figure, if it says enough to ask about."""
    act = inner(text[:end]).strip(" ,;:(")
    if re.match(r"(?:If|Where|When|Unless)\b", act) or _REPORTS.search(act):
        return ""
    if act.rpartition(" ")[2] in ("the", "a", "an", "such", "of", "any"):
        return ""
    return act if 25 <= len(act) <= 260 and _ACTS.search(act) else ""


def _tells(event: str) -> bool:
    """Whether what follows a date is a past event told in full, with no other date in it."""
    if _DAY.search(event) or not re.search(
        r"\b(?:was|were|had|[a-z]{3,}ed|began|held|made|gave|took|sent|wrote|sold|found|left|met|told|brought)\b",
        event,
    ):
        return False
    return (
        re.match(r"(?:the|an?|[A-Z][\w.'’-]+|his|her|one|two|three|both|after)\b", event) is not None
        and event.count("'") % 2 == 0
    )
