"""Which findings of a document are one and the same: `identify`.

Persons are told apart in `curate.pii.persons`, organisations and other phrases in `curate.pii.phrases`; everything
else is the same where its value is: e-mail addresses without case, numbers by letters and digits, dates by day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from curate.pii.folding import fold, letters_and_digits
from curate.pii.people import Mention
from curate.pii.spans import Span

#: Entities that are phrases: their short forms, acronyms and translations in brackets are looked for.
PHRASES = frozenset({"ORGANIZATION", "LOCATION", "NRP", "DEMOGRAPHIC", "MISC", "QUANTITY"})
DATES = frozenset({"DATE_TIME", "DATE_OF_BIRTH"})
_WORDS = frozenset({"EMAIL_ADDRESS", "URL", "STREET_ADDRESS", "AGE"})
#: A tag as `curate.pii.replace` writes them; nobody counts further.
_TAG = re.compile(r"\[([A-Z][A-Z0-9_]*)_([1-9][0-9]{0,5})\]")


@dataclass(slots=True)
class Entity:
    """One person, organisation or value of a document.

    `value` is what it is by in the whole corpus: the normalised full name, the digits of an account. `number` counts
    the entities of one type in order of first mention, from 1, or from behind the highest tag that the text has.
    `full` is the fullest mention.
    """

    entity: str
    value: str
    number: int = 0
    full: str = ""
    given: tuple[str, ...] = ()
    surname: tuple[str, ...] = ()
    gender: str = ""
    mentions: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """A span with its entity; `mention` for persons. `role` is what a word that stands alone is: given, surname."""

    span: Span
    text: str
    of: Entity
    mention: Mention | None = None
    role: str = ""


def identify(text: str, spans: Sequence[Span]) -> list[Found]:
    """The entity of each of `spans` of `text`, which are sorted and do not overlap."""
    from curate.pii.persons import persons
    from curate.pii.phrases import phrases

    groups: dict[str, list[int]] = {}
    for i, span in enumerate(spans):
        groups.setdefault(span.entity, []).append(i)
    found: list[Found | None] = [None] * len(spans)
    for entity, places in groups.items():
        chosen = [spans[i] for i in places]
        if entity == "PERSON":
            made = persons(text, chosen)
        elif entity in PHRASES:
            made = phrases(text, chosen)
        else:
            made = _values(text, chosen)
        for i, one in zip(places, made):
            found[i] = one
    out = [one for one in found if one is not None]
    _number(out, _tagged(text))
    return out


def value_of(entity: str, text: str) -> str:
    """What `text` is by, as an `entity` that is the same where its value is."""
    if entity in DATES:
        from curate.pii.kinds.dates import value

        return value(text)
    if entity in _WORDS:
        return fold(text).rstrip("/.,;")
    if entity == "PHONE_NUMBER":
        digits = "".join(c for c in text if c.isdigit())
        return "+" + digits if text.lstrip("( ").startswith("+") else digits
    if entity == "DOCKET_NUMBER":
        from curate.pii.kinds.numbers import docket

        return docket(text)
    return letters_and_digits(text) or fold(text)


def _values(text: str, spans: Sequence[Span]) -> list[Found]:
    entities: dict[str, Entity] = {}
    out = []
    for span in spans:
        shown = text[span.start : span.end]
        value = value_of(span.entity, shown)
        one = entities.setdefault(value, Entity(span.entity, value, full=shown))
        out.append(Found(span, shown, one))
    return out


def _tagged(text: str) -> dict[str, int]:
    """Entity -> the highest number in the tags of `text`: what is found now is nobody whom they stand for."""
    highest: dict[str, int] = {}
    for entity, number in _TAG.findall(text):
        highest[entity] = max(int(number), highest.get(entity, 0))
    return highest


def _number(found: Sequence[Found], tagged: Mapping[str, int]) -> None:
    counts = dict(tagged)
    for i, one in enumerate(found):
        if not one.of.number:
            counts[one.of.entity] = one.of.number = counts.get(one.of.entity, 0) + 1
        one.of.mentions.append(i)
