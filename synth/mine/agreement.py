"""The parties of an agreement, read from its opening words: "between A, Inc., a corporation (the "Company"), and …"."""

from __future__ import annotations

import re
from typing import NamedTuple

from synth.mine.document import Document
from synth.mine.wording import plain

#: Characters of an agreement's beginning that its parties stand in.
PREAMBLE = 6000

_OPENING = re.compile(r"\b(?:by and (?:between|among)|between|among|by and amongst)\b:?\s", re.IGNORECASE)
_ALIAS = re.compile(
    r"\s*\((?:[^()\"“]{0,60}?(?:the |hereinafter |referred to |herein |called |as |collectively |or |individually "
    r")*)?[\"“](?P<alias>[A-Z][^\"”]{1,40}?),?[\"”](?: or [\"“][^\"”]{1,40}[\"”])?[^()]{0,40}\)"
)
_ENTITY = re.compile(
    r"(?:and |AND |between |BETWEEN |among |AMONG |, |; )*(?P<party>[A-Z][\w.&'’/-]*(?:,? (?:[A-Z&][\w.&'’/()-]*|of"
    r"|the|and|d/b/a"
    r"|f/k/a)){0,9}?,?(?:,? (?:Inc|LLC|L\.L\.C|Ltd|Corp|N\.A|L\.P|Co|PLC|S\.A|B\.V|Jr|LLP|LP|P\.C)\b\.?)?)"
    r"(?P<kind>,? \(?an? [^()\"“]{3,160}?|, (?:whose|having|with|located|residing|of|organized"
    r"|individually)\b[^()\"“]{3,200}?)?,?$"
)


class Party(NamedTuple):
    """A party's name, what the agreement calls it, and the characters [start, end) where both stand."""

    name: str
    alias: str
    start: int
    end: int


def parties(document: Document) -> list[Party]:
    """The parties in order; none unless the opening words could be read up to a second one."""
    if document.about.genre != "contract":
        return []
    opening = _OPENING.search(document.text, 0, PREAMBLE)
    while opening:
        found = _read(document.text, opening.end())
        if len(found) > 1:
            return found
        opening = _OPENING.search(document.text, opening.end(), PREAMBLE)
    return []


def _read(text: str, at: int) -> list[Party]:
    found: list[Party] = []
    for _ in range(3):
        alias = _ALIAS.search(text, at, at + 420)
        if not alias:
            return found
        raw = text[at : alias.start()]
        entity = _ENTITY.fullmatch(plain(raw)) if len(raw) < 400 else None
        if not entity or alias["alias"] in _NO_PARTY:
            return found
        start = at + len(raw) - len(raw.lstrip(" \n\t,;:"))
        found.append(Party(entity["party"].strip(" ,"), plain(alias["alias"]), start, alias.end()))
        at = alias.end()
    return found


_NO_PARTY = frozenset(("Agreement", "Effective Date", "Parties", "Party", "Plan", "Closing Date", "Term"))
