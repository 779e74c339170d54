"""Who in a decision is its judge, and not one of the people whom it is about.

Judges act in public office; the option `judges` of the step `pii` keeps their names (default) or has them replaced
like anyone's. A name is a judge's where its office stands beside it ("Judge X", "X, J., dissenting", "X, Circuit
Judge"), or where it stands in the list of a panel ("Before X, Y and Z, Circuit Judges", "composed of: ... judges").
A bare surname elsewhere in the same document is that judge's, unless someone else in the document bears it in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from curate.pii.spans import Span

_RANK = (
    r"(?:Senior|Chief|Associate|Presiding|Circuit|District|Magistrate|Bankruptcy|"
    r"Administrative|Law|Deputy|Acting|Superior|"
    r"Supreme|Appellate|High|Court|Federal|Trial|Judicial|Puisne|Lord|Lady|U\.\s?S\.|"
    r"United\sStates|of\sAppeals?|County|ad\shoc)"
)
_OFFICE = re.compile(
    rf"(?:\b(?:{_RANK}[\s-]+){{0,5}}(?:Judges?|Justices?|Magistrate|Master|Chancellor|"
    rf"Registrar|Advocate\sGeneral)\b|\bHon(?:ou?rable|\.)|"
    r"\b(?:Mr|Mrs|Ms|Lord|Lady)\.?\sJustice|\b(?:JUDGE|JUSTICE|HON\.|HONORABLE)|"
    r"\bTHE\sHON(?:OURABLE)?\.?\s(?:MR|MRS|MS)?)"
    r"[ \t]{0,3}\n?[ \t]{0,12}(?:(?:[A-Z]\.|[A-Z][\w'’\-]+)\s{1,2}){0,3}$"
)
_AFTER = re.compile(
    r"(?:,?\s(?:Jr|Sr|II|III)\.?)?\*{0,2}(?:,\s{0,12}\*{0,2}\s?|\s\(|\s)"
    rf"(?:(?:{_RANK}[\s-]+){{0,5}}(?:JUDGE|Judge|JUSTICE|Justice|Magistrate)\b|(?:C\.?\s?J|"
    rf"JJ|J\.?A|L\.?J|P|J)\b\.?(?!\.?\s?[A-Z][a-z]+\s?(?:,|\.|\d)))"
)
_BARE_J = re.compile(r"\s(?:JJ?A?|CJ|LJ|P)\b(?![.\w])|,\s(?:JJ?|C\.\s?J|P\.?J|J\.A)\.")
# One of these stands in whatever the two patterns match: looked for first, since most names have none beside them.
_WORDS = (
    "udge",
    "ustice",
    "agistrate",
    "aster",
    "hancellor",
    "egistrar",
    "dvocate",
    "Hon",
    "HON",
    "JUDGE",
    "JUSTICE",
)
#: A field that lists them: "Coram: X, Y and Z".
_FIELD = re.compile(
    r"\b(?:judges?|panel|justices?|coram|bench|magistrates?)(?:[ _]names?)?:\s(?:[^\n:]{0,80}(?:,|\band)\s)?$",
    re.I,
)
_MARKS = ("udge", "ustice", "JUDGE", "JUSTICE", "agistrate", " J", "C.J", "C. J", "L.J", "(J", "J.A")
_BORDERS = frozenset((" ", ",", "*", "\n"))
#: What opens the list of a panel; all but the last at the start of a line.
_OPENING = ("Before", "BEFORE", "PRESENT", "Present", "Coram", "CORAM", "composed of")
_PANEL = re.compile(
    r":?\s.{4,900}?\b(?:Judges?|Justices?|JUDGES|JUSTICES|JJ\.?|judges|Registrar)\b(?:[^.]{0,120}Registrar)?",
    re.DOTALL,
)
_TITLE = re.compile(
    r"(?:(?:Chief|Senior|Circuit|District|Magistrate|Lord|Lady|Mr|Mrs|Ms)\.?\s)*(?:Judge|Justice|Hon\.)\s",
    re.I,
)
_J = re.compile(r"\s(?:JJ?A?|CJ|LJ|P)$")


def _surname(value: str) -> str:
    words = [w for w in re.findall(r"[\w'’\-]+", value) if w.lower() not in ("jr", "sr", "ii", "iii", "s")]
    return re.sub(r"['’]s$", "", words[-1]).casefold() if words else ""


def judges_among(text: str, persons: Iterable[Span]) -> set[Span]:
    """Those of `persons` (findings of PERSON in `text`) that name a judge of it."""
    spans = list(persons)
    if not spans:
        return set()
    panels = _panels(text)
    named = {span for span in spans if _by_office(text, span) or any(a <= span.start < b for a, b in panels)}
    if not named:
        return set()
    surnames = {_surname(text[s.start : s.end]) for s in named} - {""}
    others = {
        _surname(value)
        for s in spans
        if s not in named and len((value := text[s.start : s.end]).split()) > 1 and not _TITLE.match(value)
    }
    full = {value for s in named if " " in (value := _folded(text, s))}
    for span in spans:
        value = _folded(text, span)
        again = " " not in value and (last := _surname(value)) in surnames and last not in others
        if span not in named and (again or value in full) and not _of_a_person(text, span):
            named.add(span)
    return named


def _panels(text: str) -> list[tuple[int, int]]:
    """Where lists of judges stand in the first 8,000 characters."""
    found = []
    for word in _OPENING:
        at = text.find(word, 0, 8000)
        while at >= 0:
            opens = word == "composed of" or not text[text.rfind("\n", 0, at) + 1 : at].strip()
            match = _PANEL.match(text, at + len(word)) if opens else None
            if match:
                found.append(match.span())
            at = text.find(word, at + 1, 8000)
    return found


def _folded(text: str, span: Span) -> str:
    return re.sub(r"\s+", " ", text[span.start : span.end]).casefold()


def _by_office(text: str, span: Span) -> bool:
    before, after = text[max(0, span.start - 70) : span.start], text[span.end : span.end + 60]
    if any(word in before for word in _WORDS) and _OFFICE.search(before):
        return True
    if ": " in before and _FIELD.search(before):
        return True
    if text[span.end - 1] in "JAP" and _J.search(text, span.start, span.end):
        return True
    if text[span.start] in "CSMDJHLcsmdjhl" and _TITLE.match(text, span.start, span.end):
        return True
    if after[:1] not in _BORDERS:
        return False
    if any(word in after for word in _MARKS):
        match = _AFTER.match(after)
        if match and ("," in match[0] or "(" in match[0]):
            return True
    return bool(_BARE_J.match(after))


def _of_a_person(text: str, span: Span) -> bool:
    """Whether a title of a private person stands in front: "Mr. Lynch" is not the judge Lynch."""
    return re.search(r"\b(?:Mr|Mrs|Ms|Miss|Dr)\.?\s$", text[max(0, span.start - 6) : span.start]) is not None
