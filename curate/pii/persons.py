"""Which mentions of persons in a document are one person.

What says most is placed first: full names make persons, then initials, then titles with a surname, then words that
stand alone. A mention that fits several persons is the one most recently mentioned by a full name, else the next.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from curate.pii.folding import fold
from curate.pii.identity import Entity, Found
from curate.pii.people import Mention, parse
from curate.pii.spans import Span


class _Person:
    """A person under construction; `places` are where fuller names of it stand, in order."""

    __slots__ = ("entity", "gender", "given", "places", "suffix", "surname")

    def __init__(self, mention: Mention, place: int, shown: str) -> None:
        self.entity = Entity("PERSON", "", full=shown)
        self.given = mention.given
        self.surname = mention.surname
        self.suffix = mention.suffix
        self.gender = mention.gender
        self.places = [place]

    def fits(self, mention: Mention, gender: str) -> bool:
        """Whether `mention` could be of this person."""
        same = bool(mention.given) and len(mention.given[0]) > 1 and self.given[:1] == mention.given[:1]
        if gender and self.gender and gender != self.gender and not same:
            return False
        if mention.suffix and self.suffix and mention.suffix != self.suffix:
            return False
        if mention.surname and self.surname and not set(mention.surname) & {*self.surname, *self.given[1:]}:
            return False
        if mention.given and len(mention.surname) > 1 and not set(mention.surname) <= set(self.surname):
            return False
        return all(_alike(mine, other) for mine, other in zip(self.given, mention.given))

    def learn(self, mention: Mention, place: int, gender: str) -> None:
        """Takes over what `mention` says more."""
        self.gender = self.gender or gender
        self.suffix = self.suffix or mention.suffix
        if len(mention.given) > len(self.given):
            self.given = mention.given
        if mention.rank > 1:
            self.places.insert(bisect_left(self.places, place), place)


def _alike(one: str, other: str) -> bool:
    """Whether two given names are one, or one is the initial of the other."""
    return one == other or (one[:1] == other[:1] and min(len(one), len(other)) == 1)


def persons(text: str, spans: Sequence[Span]) -> list[Found]:
    """The person of each of `spans` of `text`."""
    from curate.pii.kinds.namelists import gender_of

    mentions = [parse(text[s.start : s.end]) for s in spans]
    genders = [m.gender or next((gender_of(g) for g in m.given[:1]), "") for m in mentions]
    order = sorted(
        range(len(spans)),
        key=lambda i: (-mentions[i].rank, -len(mentions[i].given), not mentions[i].surname, i),
    )
    by_surname: dict[str, list[_Person]] = {}
    by_given: dict[str, list[_Person]] = {}
    chosen: list[tuple[_Person, str] | None] = [None] * len(spans)
    for i in order:
        mention, place = mentions[i], spans[i].start
        person, role = _known(mention, genders[i], place, by_surname, by_given)
        if person is None:
            person, role = _new(mention, place, text[place : spans[i].end], genders[i], by_surname, by_given)
        else:
            person.learn(mention, place, genders[i])
        chosen[i] = (person, role)
    out = []
    for span, mention, choice in zip(spans, mentions, chosen):
        assert choice is not None
        person, role = choice
        entity = person.entity
        entity.given, entity.surname, entity.gender = person.given, person.surname, person.gender
        entity.value = "|".join((person.given[0] if person.given else "", "-".join(person.surname))).strip(
            "|"
        )
        entity.value = entity.value or fold(entity.full)
        out.append(Found(span, text[span.start : span.end], entity, mention, role))
    return out


def _known(
    mention: Mention,
    gender: str,
    place: int,
    by_surname: dict[str, list[_Person]],
    by_given: dict[str, list[_Person]],
) -> tuple[_Person | None, str]:
    """The person that `mention` is of, and what a word alone is."""
    if mention.single:
        for part in (mention.single, *mention.single.split("-")):
            if part in by_surname:
                return _nearest(by_surname[part], place), "surname"
        if mention.single in by_given:
            return _nearest(by_given[mention.single], place), "given"
        return None, ""
    if mention.surname:
        near = _unique(p for part in mention.surname for p in by_surname.get(part, ()))
    else:
        alone = [word.folded for word in mention.words if word.kind == "initial"]
        return (_nearest(by_given[alone[0]], place), "") if alone and alone[0] in by_given else (None, "")
    fitting = [p for p in near if p.fits(mention, gender)]
    return (_nearest(fitting, place), "") if fitting else (None, "")


def _new(
    mention: Mention,
    place: int,
    shown: str,
    gender: str,
    by_surname: dict[str, list[_Person]],
    by_given: dict[str, list[_Person]],
) -> tuple[_Person, str]:
    from curate.pii.kinds.namelists import is_given, is_surname

    person = _Person(mention, place, shown)
    person.gender = gender
    role = ""
    if mention.single:
        role = "given" if is_given(mention.single) else "surname"
        if role == "given":
            person.given = (mention.single,)
        else:
            person.surname = tuple(part for part in mention.single.split("-") if part)
    elif not mention.surname and mention.words:
        # Initials alone ("A.B.") are a name of their own.
        person.given = tuple(word.folded for word in mention.words if word.kind == "initial")[:1]
    # "José García López" is Mr García too.
    family = [name for name in person.given[1:] if is_surname(name)]
    for part in (*person.surname, *family, *(("-".join(person.surname),) if len(person.surname) > 1 else ())):
        by_surname.setdefault(part, []).append(person)
    for part in person.given[:1]:
        by_given.setdefault(part, []).append(person)
    return person, role


def _unique(persons: Iterable[_Person]) -> list[_Person]:
    return list({id(p): p for p in persons}.values())


def _nearest(persons: Sequence[_Person], place: int) -> _Person:
    """The one named in full most recently before `place`; without any, the one named next."""

    def distance(person: _Person) -> tuple[bool, int]:
        before = bisect_left(person.places, place)
        return (False, place - person.places[before - 1]) if before else (True, person.places[0] - place)

    return persons[0] if len(persons) == 1 else min(persons, key=distance)
