"""A document's texts as one: its text, and behind it whatever else of it can hold private data.

Title, address, date and the values of metadata are short and say little alone. Behind the text, each under its
field's name, they are read in its light: "smith" in an address is the Smith of the text, a number under "ssn" has the
context that a recogniser asks for, and one person has one replacement in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from curate.pii.spans import Span

#: Between the parts: a blank line that no name and no number crosses.
_BREAK = "\n\n\x1f\n\n"

#: Fields of metadata whose value is a person, a company, an address, whatever it looks like.
_NAMED = {
    "PERSON": re.compile(
        r"(?:^|_)(?:names?|authors?|plaintiffs?|defendants?|applicants?|petitioners?|respondents?|appellants?|"
        r"appellees?|attorneys?|counsels?|lawyers?|signator(?:y|ies)|witness(?:es)?|speakers?|persons?|clients?|patients?|"
        r"employees?|contact|custodian|sender|recipients?)$"
    ),
    "EMAIL_ADDRESS": re.compile(r"(?:^|_)e?mail(?:_address)?$"),
    "PHONE_NUMBER": re.compile(r"(?:^|_)(?:tele)?(?:phone|fax|mobile|cell)(?:_(?:number|no))?$"),
    "STREET_ADDRESS": re.compile(r"(?:^|_)(?:street|home|postal|mailing)?_?address$"),
    "US_SSN": re.compile(r"(?:^|_)ssn$"),
    "DATE_OF_BIRTH": re.compile(r"(?:^|_)(?:dob|date_of_birth|birth_?da(?:y|te))$"),
}


@dataclass(frozen=True)
class Part:
    """Characters [start, end) of the joined text are the value at `place` (a column, or a path in metadata); what is
    before `start` and behind the part before it is the field's name."""

    place: tuple[str | int, ...]
    start: int
    end: int
    entity: str = ""  # what the field's name says that it is


@dataclass(frozen=True)
class Joined:
    """A document's texts as one, and where its parts are; the first is the text itself."""

    whole: str
    parts: tuple[Part, ...]
    metadata: Any = None

    def own(self, spans: Sequence[Span]) -> list[Span]:
        """`spans` of `whole` cut to the parts, so that none touches a field's name or crosses a border, with those
        that fields' names say."""
        out: list[Span] = []
        number = 0
        for part in self.parts:
            if part.entity:
                value = self.whole[part.start : part.end]
                if not value.isspace():
                    out.append(Span(part.start, part.end, part.entity, 1.0, "field name"))
                continue
            while number < len(spans) and spans[number].end <= part.start:
                number += 1
            behind = number
            while behind < len(spans) and spans[behind].start < part.end:
                span = spans[behind]
                start, end = max(span.start, part.start), min(span.end, part.end)
                out.append(Span(start, end, span.entity, span.score, span.recogniser))
                behind += 1
        return out


def join(text: str, columns: Mapping[str, str | None], metadata: str | None) -> Joined:
    """One text of `text`, the other `columns`, and the strings and long numbers in `metadata` (a JSON object)."""
    found = orjson.loads(metadata) if metadata and metadata != "{}" else None
    pieces: list[tuple[tuple[str | int, ...], str]] = [((name,), v) for name, v in columns.items() if v]
    pieces += [(("metadata", *place), value) for place, value in _values(found)]
    if not pieces:
        return Joined(text, (Part(("text",), 0, len(text)),), found)
    out, at = [text], len(text)
    parts = [Part(("text",), 0, at)]
    for place, value in pieces:
        name = next((str(p) for p in reversed(place) if isinstance(p, str)), "")
        head = f"{_BREAK}{name}: "
        out += [head, value]
        at += len(head)
        parts.append(Part(place, at, at + len(value), _entity(name, value) if len(place) > 1 else ""))
        at += len(value)
    return Joined("".join(out), tuple(parts), found)


def part_again(joined: Joined, values: Sequence[str]) -> tuple[str, dict[str, str], str | None]:
    """The text, the other columns and the metadata, with `values` in the place of the parts."""
    columns: dict[str, str] = {}
    changed = False
    for part, value in zip(joined.parts[1:], values[1:]):
        if part.place[0] != "metadata" or len(part.place) == 1:
            columns[str(part.place[0])] = value
        elif value != joined.whole[part.start : part.end]:
            _put(joined.metadata, part.place[1:], value)
            changed = True
    return values[0], columns, orjson.dumps(joined.metadata).decode() if changed else None


def _values(found: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(found, dict):
        for key, value in found.items():
            yield from _values(value, (*place, key))
    elif isinstance(found, list):
        for number, value in enumerate(found):
            yield from _values(value, (*place, number))
    elif isinstance(found, str) and found:
        yield place, found
    elif isinstance(found, int) and not isinstance(found, bool) and abs(found) >= 10_000_000:
        yield place, str(found)  # shorter numbers reach nobody


def _put(found: Any, place: Sequence[Any], value: str) -> None:
    for step in place[:-1]:
        found = found[step]
    found[place[-1]] = value


def _entity(name: str, value: str) -> str:
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("-", "_").replace(" ", "_")
    for entity, names in _NAMED.items():
        if names.search(plain) and len(value) <= 200:
            return entity if entity != "PERSON" or _personal(value) else ""
    return ""


def _personal(value: str) -> bool:
    """Whether a value can be a name: a few words, most of them with capitals, and no number."""
    words = value.split()
    small = sum(word[:1].islower() for word in words)  # "van der" is as much as a name has
    return 0 < len(words) <= 6 and small <= 2 and words[0][:1].isupper() and not re.search(r"\d", value)
