"""Which mentions of persons in a document are one person.

What says most is placed first: full names make persons, then initials, then titles with a surname, then words that
stand alone. A mention that fits several persons is the one most recently mentioned by a full name, else the next.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter

from curate.pii.folding import fold
from curate.pii.identity import Entity, Found
from curate.pii.people import Mention, parse
from curate.pii.spans import Span


class _Person:
    """A person under construction; `places` are where fuller names of it stand, `called` and `known` what it is looked
    up by: a given name, surnames."""

    __slots__ = ("called", "entity", "gender", "given", "known", "places", "suffix", "surname")

    def __init__(self, mention: Mention, place: int, shown: str) -> None:
        self.entity = Entity("PERSON", "", full=shown)
        self.given = mention.given
        self.surname = mention.surname
        self.suffix = mention.suffix
        self.gender = mention.gender
        self.places = [place]
        self.called: str | None = None
        self.known: tuple[str, ...] = ()

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

    def learn(self, mention: Mention, gender: str) -> None:
        """Takes over what `mention` says more."""
        self.gender = self.gender or gender
        self.suffix = self.suffix or mention.suffix
        if len(mention.given) > len(self.given):
            self.given = mention.given


def _alike(one: str, other: str) -> bool:
    """Whether two given names are one, or one is the initial of the other."""
    return one == other or (one[:1] == other[:1] and min(len(one), len(other)) == 1)


class _Known:
    """The persons of a document by what a mention can say of them, so that few have to be compared: each list has them
    by the places where they are named."""

    def __init__(self) -> None:
        self._by: dict[tuple[str, ...], list[tuple[int, _Person]]] = {}

    def add(self, person: _Person) -> None:
        """Makes a new person known by the surnames and the given name that it has now."""
        from curate.pii.kinds.namelists import is_surname

        # "José García López" is Mr García too.
        family = [name for name in person.given[1:] if is_surname(name)]
        whole = ["-".join(person.surname)] if len(person.surname) > 1 else []
        person.known = tuple(dict.fromkeys([*person.surname, *family, *whole]))
        person.called = person.given[0] if person.given else None
        self._at(person, person.places[0], _keys(person))

    def learn(self, person: _Person, mention: Mention, place: int, gender: str) -> None:
        """Takes over what `mention` says more of a `person`."""
        before = _keys(person)
        person.learn(mention, gender)
        after = _keys(person)
        for old in person.places if after - before else ():
            self._at(person, old, after - before)
        if mention.rank > 1:
            person.places.append(place)
            self._at(person, place, after)

    def _at(self, person: _Person, place: int, keys: Iterable[tuple[str, ...]]) -> None:
        for key in keys:
            insort(self._by.setdefault(key, []), (place, person), key=_PLACE)

    def find(self, mention: Mention, gender: str, place: int) -> tuple[_Person | None, str]:
        """The person that `mention` is of, and what a word alone is."""
        if mention.single:
            for part in (mention.single, *mention.single.split("-")):
                if person := self._nearest([("surname", part, g) for g in _GENDERS], place):
                    return person, "surname"
            person = self._nearest([("given", mention.single)], place)
            return person, "given" if person else ""
        if mention.surname:
            keys = [key for part in mention.surname for key in _fitting(mention, part, gender)]
            return self._nearest(keys, place, lambda person: person.fits(mention, gender)), ""
        alone = [word.folded for word in mention.words if word.kind == "initial"]
        return self._nearest([("given", alone[0])], place) if alone else None, ""

    def _nearest(
        self,
        keys: Iterable[tuple[str, ...]],
        place: int,
        fits: Callable[[_Person], bool] = lambda person: True,
    ) -> _Person | None:
        """The one under `keys` who fits and is named in full most recently before `place`; without any, next."""
        best: tuple[tuple[bool, int], _Person] | None = None
        for key in keys:
            for at, person in _outward(self._by.get(key, ()), place):
                distance = (False, place - at) if at < place else (True, at - place)
                if best is not None and distance >= best[0]:
                    break
                if fits(person):
                    best = distance, person
                    break
        return best[1] if best else None


_PLACE = itemgetter(0)
_GENDERS = ("", "m", "f")


def _outward(named: Sequence[tuple[int, _Person]], place: int) -> Iterator[tuple[int, _Person]]:
    """Those before `place` from there to the beginning, then those behind it to the end."""
    at = bisect_left(named, place, key=_PLACE)
    yield from (named[i] for i in range(at - 1, -1, -1))
    yield from (named[i] for i in range(at, len(named)))


def _keys(person: _Person) -> set[tuple[str, ...]]:
    """What a person is looked up by: each surname with gender, with given name, and with its initial."""
    given = person.given[0] if person.given else ""
    keys: set[tuple[str, ...]] = set() if person.called is None else {("given", person.called)}
    for part in person.known:
        keys |= {("surname", part, person.gender), ("named", part, given), ("initial", part, given[:1])}
    return keys


def _fitting(mention: Mention, part: str, gender: str) -> list[tuple[str, ...]]:
    """Where persons of the surname `part` are whom `mention` can be of; who is there may still not fit."""
    if not mention.given:
        return [("surname", part, g) for g in (_GENDERS if not gender else ("", gender))]
    given = mention.given[0]
    if len(given) == 1:
        return [("initial", part, given), ("named", part, "")]
    return [("named", part, given), ("named", part, given[:1]), ("named", part, "")]


def persons(text: str, spans: Sequence[Span]) -> list[Found]:
    """The person of each of `spans` of `text`."""
    from curate.pii.kinds.namelists import gender_of

    mentions = [parse(text[s.start : s.end]) for s in spans]
    genders = [m.gender or next((gender_of(g) for g in m.given[:1]), "") for m in mentions]
    order = sorted(
        range(len(spans)),
        key=lambda i: (-mentions[i].rank, -len(mentions[i].given), not mentions[i].surname, i),
    )
    known = _Known()
    chosen: list[tuple[_Person, str] | None] = [None] * len(spans)
    for i in order:
        mention, place = mentions[i], spans[i].start
        person, role = known.find(mention, genders[i], place)
        if person is None:
            person, role = _new(mention, place, text[place : spans[i].end], genders[i])
            known.add(person)
        else:
            known.learn(person, mention, place, genders[i])
        chosen[i] = (person, role)
    return [_found(text, *one) for one in zip(spans, mentions, chosen)]


def _found(text: str, span: Span, mention: Mention, choice: tuple[_Person, str] | None) -> Found:
    assert choice is not None
    person, role = choice
    entity = person.entity
    entity.given, entity.surname, entity.gender = person.given, person.surname, person.gender
    first = person.given[0] if person.given else ""
    entity.value = "|".join((first, "-".join(person.surname))).strip("|") or fold(entity.full)
    return Found(span, text[span.start : span.end], entity, mention, role)


def _new(mention: Mention, place: int, shown: str, gender: str) -> tuple[_Person, str]:
    from curate.pii.kinds.namelists import is_given

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
    return person, role
