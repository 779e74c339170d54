"""Invented values for what was found: the same for the same value under one key, in every document.

Words of names are chosen by key and word. Where two words of one document come to the same replacement, or a
replacement is a word of an original of the document, the one that is mentioned later gets the next one instead: in
that document it differs from what it has elsewhere, which is better than two persons becoming one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from curate.pii.folding import fold, number
from curate.pii.identity import DATES, Found
from curate.pii.kinds import dates as calendar
from curate.pii.kinds import internet, namelists, numbers
from curate.pii.kinds.names import Names
from curate.pii.kinds.places import Places, cities

#: Weeks by which dates move to the past: one to four years; whole weeks keep the day of the week.
_WEEKS = (53, 208)
#: What no invented value of its kind would make sense for: a number in place of these is a tag.
TAGGED = frozenset({"QUANTITY", "NRP", "DEMOGRAPHIC", "MISC", "AGE"})
_NET = {
    "EMAIL_ADDRESS": internet.email, "URL": internet.url, "IP_ADDRESS": internet.ip, "MAC_ADDRESS": internet.mac,
    "CRYPTO": internet.crypto,
}  # fmt: skip
_EXTENSION = re.compile(r"\s*,?\s*(?:ext(?:ension)?\.?|x)\s*\d+\s*$", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


class Pseudonyms:
    """Invented values for the findings of one `document`."""

    def __init__(
        self, key: bytes, found: Sequence[Found], document: str, dates: Literal["document", "person"]
    ) -> None:
        self.key = key
        names = ("PERSON", "LOCATION", "ORGANIZATION")
        words = {
            e: {w for f in found if f.span.entity == e for w in _WORD.findall(fold(f.text))} for e in names
        }
        self._originals = frozenset(w for some in words.values() for w in some)
        self._taken: dict[str, str] = {}
        self.moved = 0
        self.names = Names(key, self._free)
        self.places = Places(self.names, frozenset(words["LOCATION"]))
        self._values: dict[tuple[str, str], str] = {}
        self._found = found
        self._document, self._dates = document, dates
        self._calendar: tuple[int, bool | None] | None = None
        self._years: list[tuple[int, int]] | None = None

    def of(self, found: Found) -> str | None:
        """What stands for `found`; None for what is to be tagged, as no value can be invented for it."""
        entity, text = found.span.entity, found.text
        if entity in TAGGED:
            return None
        if entity in DATES:
            return self._date(found)
        if entity == "PERSON":
            new = self.names.person(found)
            return new if new != text else None
        cached = self._values.get((entity, text))
        if cached is None:
            made = self._value(found)
            if made is None or made == text:
                return None
            cached = self._values[entity, text] = made
        return cached

    def _value(self, found: Found) -> str | None:
        entity, text = found.span.entity, found.text
        if entity == "LOCATION":
            return self.places.location(text)
        if entity == "ORGANIZATION":
            return self.places.organisation(text) or self.places.organisation(found.of.full)
        if entity == "STREET_ADDRESS":
            return self.places.address(text)
        if not any(c.isalnum() for c in text):
            return None
        if entity in _NET:
            return self._apart(entity, found.of.value, text)
        if entity == "PHONE_NUMBER" and any(c.isdecimal() for c in text):
            bare = _EXTENSION.sub("", text)
            plus = "+" if bare.lstrip("( ").startswith("+") else ""
            value = plus + "".join(c for c in bare if c.isdecimal())
            return _digits(bare, numbers.phone(self.key, value))
        if entity == "DOCKET_NUMBER":
            return numbers.docket_like(self.key, text)
        return numbers.numbered(self.key, entity, text) if any(c.isdigit() for c in text) else None

    def _apart(self, entity: str, value: str, text: str) -> str:
        """An address that no other one of the document has: the documentation ranges are small."""
        made = _NET[entity](self.key, text)
        for attempt in range(1, 256):
            if self._taken.setdefault(f"{entity} {fold(made)}", value) == value:
                break
            made = _NET[entity](self.key + b" %d" % attempt, text)
        return made

    def _free(self, source: str, word: str) -> bool:
        ok = word not in self._originals and self._taken.get(word, source) == source
        # A family may share a given name with another one, as it does in life.
        if ok and not source.startswith("g"):
            self._taken[word] = source
        elif ok:
            family = source.partition("|")[0]
            ok = self._taken.setdefault(f"{family} {word}", source) == source
        self.moved += not ok
        return ok

    def _date(self, found: Found) -> str | None:
        if self._calendar is None:
            firsts = [calendar.day_first(f.text) for f in self._found if f.span.entity in DATES]
            seed = ("date", "document", self._document)
            if self._dates == "person":
                persons = Counter(f.of.value for f in self._found if f.span.entity == "PERSON")
                seed = ("date", "person", persons.most_common(1)[0][0]) if persons else seed
            weeks = _WEEKS[0] + number(self.key, *seed) % (_WEEKS[1] - _WEEKS[0] + 1)
            self._calendar = (-7 * weeks, next((f for f in firsts if f is not None), None))
        days, first = self._calendar
        return calendar.shifted(found.text, days, year=self._year(found.span.start), first=first)

    def _year(self, place: int) -> int | None:
        """The year that a date without one is in: that of the date named last before `place`, else of the first."""
        if self._years is None:
            named = ((f.span.start, calendar.years(f.text)) for f in self._found if f.span.entity in DATES)
            self._years = [(start, some[-1]) for start, some in named if some]
        before = bisect_right(self._years, place, key=lambda year: year[0])
        return self._years[max(before - 1, 0)][1] if self._years else None


def _digits(text: str, digits: str) -> str:
    """`digits` in the form of `text` where they are as many; else behind its "+", in one."""
    if sum(c.isdecimal() for c in text) == len(digits):
        rest = iter(digits)
        return "".join(next(rest) if c.isdecimal() else c for c in text)
    return ("+" if text.lstrip("( ").startswith("+") else "") + digits


def invented(entity: str, text: str) -> Literal["certain", "possible", "no"]:
    """See `curate.pii.replace.known`."""
    if entity in _NET and entity != "CRYPTO":
        return "certain" if internet.reserved(entity, text) else "no"
    if entity in ("PERSON", "LOCATION", "ORGANIZATION"):
        from curate.pii.people import parse

        words = [
            w.folded for w in parse(text).words if w.kind not in ("title", "particle", "suffix", "initial")
        ]
        return "possible" if words and all(_listed(word) for word in words) else "no"
    if entity in numbers.RULES or entity == "PHONE_NUMBER":
        return "certain" if numbers.reserved(entity, text) else "no"
    return "possible"


def _listed(word: str) -> bool:
    culture = namelists.surname_culture(word)
    return all(
        namelists.is_given(part) or namelists.is_surname(part) or part in {fold(c) for c in cities(culture)}
        for part in word.split("-")
    )
