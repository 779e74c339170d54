"""What a tagger of names calls by the wrong name: companies and states as persons, half of a name, half an address.

    relabelled("Umber Coast, LLC, sued. Umber Coast won.", spans)      # both ORGANIZATION

A name is a company's where its form follows ("Inc.", "LLC"), unless it begins with a given name, and wherever the
document says it again. Nothing goes here: what it is called decides whether it is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from curate.pii.folding import fold
from curate.pii.kinds.namelists import may_be_given
from curate.pii.legal.names import NOUNS
from curate.pii.postal import whole
from curate.pii.spans import Span

# Nothing in front of the alternatives, so that the search jumps from one of their first letters to the next.
_FORM = re.compile(
    r"(?:Inc|Incorporated|INC|LLC|L\.L\.C|Ltd|LTD|Limited|Corp|CORP|Corporation|Co|CO|Company|COMPANY|LLP|"
    r"L\.L\.P|L\.?P|PLC|plc|P\.L\.C|N\.A|P\.A|P\.C|PC|PLLC|P\.L\.L\.C|S\.A|A\.G|AG|GmbH|B\.V|N\.V|Pty|S\.p\.A|S\.r\.l)(?![\w\-])"
)
#: A company's name in front of its form.
_NAME = re.compile(r"(?:\b[A-Z][\w'’.\-]*,?[ \n]{1,2}(?:&[ \n]{1,2})?){0,4}\b[A-Z][\w'’\-]*,?[ \n]{1,2}$")
_GIVEN = re.compile(r"\b([A-Z][\w\-]+)[ \n]$")
_AFTER = re.compile(r",[ \n]([A-Z][a-z]+)\b")
_WORD = re.compile(r"[\w\-]+")
_OWN = re.compile(r"['’]s?$")
_OF_A_PERSON = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Judge|Justice|Officer|Detective|Sgt|Agent|Prof)\.?\s{1,2}$"
)
_LETTER = re.compile(r"(?<![\w'’])[A-Z] $")
_OPENING = re.compile(r"(?:WHEREFORE|THEREFORE|WHEREAS|NOW|DATED|Wherefore|Therefore|Whereas|Dated),?\s{1,3}")
_PLACE = re.compile(
    r"\b(?:State|STATE|County|COUNTY|City|CITY|Town|TOWN|Village|Commonwealth|COMMONWEALTH|Province|Republic|Kingdom|"
    r"Borough|Parish|Port|Isle|Gulf)\s(?:of|OF)\s{1,2}$"
)


def relabelled(text: str, spans: Iterable[Span]) -> list[Span]:
    """`spans` with companies as ORGANIZATION, "State of X" as LOCATION, given names in front of the persons whose they
    are, and addresses whole: see `curate.pii.postal`."""
    out = [_whole_name(text, span) for span in whole(text, list(spans))]
    if not any(span.entity == "PERSON" for span in out):
        return out
    names = _companies(text)
    company = set(_theirs(text, out, names)) if names else set()
    return [_renamed(text, span, span in company) for span in out]


def _renamed(text: str, span: Span, company: bool) -> Span:
    if company:
        return replace(span, entity="ORGANIZATION")
    if span.entity == "PERSON" and _PLACE.search(text, max(0, span.start - 20), span.start):
        return replace(span, entity="LOCATION")
    return span


def _words(value: str) -> list[str]:
    return [fold(word) for word in _WORD.findall(_OWN.sub("", value))]


def _companies(text: str) -> set[str]:
    """The names of companies by their forms, as words parted by single spaces; those that begin with a given name are
    left to be persons'."""
    out = set()
    for form in _FORM.finditer(text):
        at = form.start()
        match = _NAME.search(text, max(0, at - 60), at) if text[at - 1 : at] in (" ", "\n") else None
        words = _words(match[0]) if match else []
        if words and not may_be_given(words[0]):
            out.add(" ".join(words))
    return out


def _theirs(text: str, spans: list[Span], names: set[str]) -> Iterator[Span]:
    """Persons who are named as a company is, in part ("Umber" or "Umber Coast" of "Umber Coast Fisheries"), if nobody
    in the text who is surely a person bears the name."""
    named = {s: _words(text[s.start : s.end]) for s in spans if s.entity == "PERSON"}
    borne = {
        words[-1]
        for span, words in named.items()
        if (len(words) > 1 and may_be_given(words[0]))
        or _OF_A_PERSON.search(text, max(0, span.start - 12), span.start)
    }
    for span, words in named.items():
        if words and words[-1] not in borne and any(_within(" ".join(words), name) for name in names):
            yield span


def _within(part: str, name: str) -> bool:
    return f" {part} " in f" {name} "


def _whole_name(text: str, span: Span) -> Span:
    """A person without the word that opens the sentence ("WHEREFORE, John Roe"), with the given name beside a bare
    surname ("SMITH, John")."""
    if span.entity != "PERSON":
        return span
    if opening := _OPENING.match(text, span.start, span.end):
        return replace(span, start=opening.end()) if opening.end() < span.end else span
    value = text[span.start : span.end]
    if value[:3].isupper() and (letter := _LETTER.search(text, max(0, span.start - 3), span.start)):
        return replace(span, start=letter.start())  # "V ERKHOVEN", from small capitals
    if " " in value:
        return span
    if value.isupper() and (after := _AFTER.match(text, span.end)) and _given(after[1]):
        return replace(span, end=after.end(1))
    before = _GIVEN.search(text, max(0, span.start - 20), span.start)
    return replace(span, start=before.start()) if before and _given(before[1]) else span


def _given(word: str) -> bool:
    return may_be_given(fold(word)) and word.lower() not in NOUNS
