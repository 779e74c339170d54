"""A document's texts as one: its text, and behind it whatever else of it can hold private data.

Title, address, date and the values of metadata are short and say little alone. Behind the text, each under its
field's name, they are read in its light: "smith" in an address is the Smith of the text, a number under "ssn" has the
context that a recogniser asks for, and one person has one replacement in all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from curate.pii.field_names import entity
from curate.pii.spans import Span

METADATA = "metadata"
#: The recogniser of what a field's name says.
BY_NAME = "field name"
#: Between the parts: a blank line that no name and no number crosses.
_BREAK = "\n\n\x1f\n\n"

#: Numbers below reach nobody, unless a field's name says what they are: numbers of one digit are flags and counts.
_LONG, _FEW = 10_000_000, 10
#: Floats above do not hold every integer: what they are of nobody knows.
_EXACT = 2**53
#: What no number is, whatever the field is called.
_WORDS = {"PERSON", "EMAIL_ADDRESS"}


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
    """A document's texts as one, and where its parts are; the first is the text itself. `metadata` is what they say,
    under the name of the column; `raw` if it is no JSON."""

    whole: str
    parts: tuple[Part, ...]
    metadata: dict[str, Any]
    raw: bool = False

    def own(
        self, spans: Sequence[Span], wanted: Collection[str] | None = None, allow: Collection[str] = ()
    ) -> list[Span]:
        """`spans` of `whole` cut to the parts, so that none touches a field's name or crosses a border, with those
        that fields' names say, if they are of the `wanted` entities (None: of any) and not in `allow` (casefolded)."""
        out: list[Span] = []
        number = 0
        for part in self.parts:
            while number < len(spans) and spans[number].end <= part.start:
                number += 1
            behind = number
            inside = []
            while behind < len(spans) and spans[behind].start < part.end:
                span = spans[behind]
                start, end = max(span.start, part.start), min(span.end, part.end)
                inside.append(Span(start, end, span.entity, span.score, span.recogniser))
                behind += 1
            value = self.whole[part.start : part.end]
            said = part.entity if wanted is None or part.entity in wanted else ""
            if said and value.casefold() not in allow:
                by_name = Span(part.start, part.end, said, 1.0, BY_NAME)
                # A person that the tagger sees as well is one; numbers and dates are found by the field's name too.
                same = (s for s in inside if (s.start, s.end, s.entity) == (part.start, part.end, "PERSON"))
                inside = [next(same, by_name) if said == "PERSON" else by_name]
            out += inside
        return out


def join(text: str, columns: Mapping[str, str | None], metadata: str | None) -> Joined:
    """One text of `text`, the other `columns`, and the strings and telling numbers in `metadata`: JSON, or, if it is
    none, one string."""
    found, raw = _parsed(metadata)
    pieces: list[tuple[tuple[str | int, ...], str, str]] = [
        ((name,), v, "") for name, v in columns.items() if v
    ]
    pieces += [((METADATA, *place), value, said) for place, value, said in _values(found)]
    out, at = [text], len(text)
    parts = [Part(("text",), 0, at)]
    for place, value, said in pieces:
        name = next(str(p) for p in reversed(place) if isinstance(p, str))
        head = f"{_BREAK}{name}: "
        out += [head, value]
        at += len(head)
        parts.append(Part(place, at, at + len(value), said))
        at += len(value)
    return Joined("".join(out), tuple(parts), {METADATA: found}, raw)


def _parsed(metadata: str | None) -> tuple[Any, bool]:
    """What `metadata` say; themselves, and True, if they are no JSON."""
    if not metadata or metadata == "{}":
        return None, False
    try:
        return orjson.loads(metadata), False
    except orjson.JSONDecodeError:
        return metadata, True


def part_again(joined: Joined, values: Sequence[str]) -> tuple[str, dict[str, str], str | None]:
    """The text, the other columns and the metadata (None if nothing in them changed), with `values` in the place of
    the parts. A number that something stands for is a string from then on."""
    columns: dict[str, str] = {}
    changed = False
    for part, value in zip(joined.parts[1:], values[1:]):
        if part.place[0] != METADATA:
            columns[str(part.place[0])] = value
        elif value != joined.whole[part.start : part.end]:
            _put(joined.metadata, part.place, value)
            changed = True
    if not changed:
        return values[0], columns, None
    new = joined.metadata[METADATA]
    return values[0], columns, new if joined.raw else orjson.dumps(new).decode()


def _values(
    found: Any, place: tuple[str | int, ...] = (), names: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Strings and telling numbers: place, value, and what the names of the fields around it say."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from _values(value, (*place, key), (*names, key))
    elif isinstance(found, list):
        for number, value in enumerate(found):
            yield from _values(value, (*place, number), names)
    elif isinstance(found, str) and found:
        yield place, found, entity(names, found)
    elif (integer := _integer(found)) is not None and abs(integer) >= _FEW:
        said = entity(names, str(integer))
        said = "" if said in _WORDS else said
        if said or abs(integer) >= _LONG:
            yield place, str(integer), said


def _integer(found: Any) -> int | None:
    """A number without a fraction; a column of integers with gaps is one of floats in Parquet and pandas."""
    if isinstance(found, float):
        return int(found) if found.is_integer() and abs(found) < _EXACT else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _put(found: Any, place: Sequence[Any], value: str) -> None:
    for step in place[:-1]:
        found = found[step]
    found[place[-1]] = value
