"""Which phrases of a document are one: "Acme Corp.", "ACME CORPORATION", "Acme"; "Warsaw Regional Court", "Regional
Court"; "Republic of Turkey", "Turkish Government"; a name and its acronym, or its translation in brackets."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from curate.pii.folding import fold
from curate.pii.identity import Entity, Found
from curate.pii.kinds.countries import country_of
from curate.pii.spans import Span

#: Legal forms, by their folded words: they tell no two organisations apart.
LEGAL = frozenset(
    """
    inc incorporated corp corporation co company ltd limited llc l.l.c llp l.l.p lp l.p plc p.l.c gmbh
    ag kg mbh sa s.a sarl s.a.r.l sas srl s.r.l spa s.p.a bv b.v nv n.v ab oy as a.s a/s aps pty n.a na
    sp z.o.o se kft zrt doo d.o.o
""".split()
)
SMALL = frozenset(
    """
    the of and for & in on at to de la le les du des der die das und et y a an
""".split()
)
#: Words of kind: alone they name no organisation.
GENERIC = frozenset(
    """
    supreme regional administrative court courts district county city national state federal ministry
    department government university bank board committee council commission office agency authority
    bureau police prison hospital school institute party union association society club tribunal high
    constitutional criminal civil appeal appeals assize magistrate's magistrates security military army
    social insurance fund service services public prosecutor prosecution prosecutor's general central
    local municipal provincial labour labor tax health education justice defence defense interior
    foreign affairs finance internal first second third fourth fifth chamber section division grand
    upper lower republic kingdom company group holdings international trust group street road medical
    psychiatric directorate land agricultural building employment environmental planning welfare pension
    forces armed air navy centre center college faculty academy house senate parliament assembly
    secretary president minister minister's governor mayor treasury registry register town village
    borough parish
""".split()
)
#: Parts of a body, which are not the body.
SECTIONS = frozenset(["section", "chamber", "division", "senate", "panel", "branch", "bench", "unit"])
#: Kinds of public bodies: the name before one is that of a place.
BODIES = SECTIONS | frozenset(
    """
    court courts tribunal ministry office authority council prosecutor prosecutor's prosecution police
    prison university hospital board government department agency commission committee parliament school
    directorate registry constitution municipality administration service college
""".split()
)
_WORDED = frozenset({"ORGANIZATION", "DEMOGRAPHIC", "NRP", "MISC"})
BRACKETS = re.compile(r"\s*\([^)]*\)?\s*$")
_DEFINED = re.compile(r"\s*\((?:(?:hereinafter|hereafter|collectively|the|or)[ ,]+)*[\"“”'‘’]?$")
_WORDS = re.compile(r"[\w'./-]+|&")
_ACRONYM = re.compile(r"[A-ZÀ-Þİ][A-ZÀ-Þİ.&-]{1,9}")


@lru_cache(1 << 15)
def words_of(text: str) -> tuple[str, ...]:
    """The words that tell: folded, without brackets, possessives, articles and legal forms."""
    bare = BRACKETS.sub("", text) or text
    found = [w.strip(".'-/") for w in _WORDS.findall(fold(bare))]
    found = [w.removesuffix("'s") if w not in GENERIC else w for w in found if w]
    kept = [w for w in found if w not in SMALL]
    return tuple([w for w in kept if w not in LEGAL] or kept or found)


class _Phrase:
    __slots__ = ("entity", "forms", "places")

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.forms: list[tuple[str, ...]] = []
        self.places: list[int] = []


class _Index:
    """Phrases by what they are found by; each key holds the phrases in the order in which they were made."""

    def __init__(self) -> None:
        self.exact: dict[tuple[str, ...], _Phrase] = {}
        self.first: dict[str, list[_Phrase]] = {}
        self.last: dict[str, list[_Phrase]] = {}
        self.acronyms: dict[str, list[_Phrase]] = {}
        self.countries: dict[str, _Phrase] = {}

    def add(self, phrase: _Phrase, form: tuple[str, ...], shown: str, country: str) -> None:
        phrase.forms.append(form)
        self.exact.setdefault(form, phrase)
        self.first.setdefault(form[0], []).append(phrase)
        self.last.setdefault(form[-1], []).append(phrase)
        if country:
            self.countries.setdefault(country, phrase)
        for short in _acronyms(shown):
            self.acronyms.setdefault(short, []).append(phrase)

    def find(
        self, form: tuple[str, ...], shown: str, country: str, place: int, *, parts: bool
    ) -> _Phrase | None:
        """The phrase that `form` is, or is short for; only with `parts` may it be a part of one."""
        if form in self.exact:
            return self.exact[form]
        if country:
            return self.countries.get(country)
        if _ACRONYM.fullmatch(shown):
            found = self.acronyms.get(fold(shown).replace(".", ""))
            return _nearest(found, place) if found else None
        if not parts:
            return None
        near = [p for p in self.last.get(form[-1], ()) if any(_short(form, long) for long in p.forms)]
        near += [
            p for p in self.first.get(form[0], ()) if p not in near and any(_begins(form, f) for f in p.forms)
        ]
        return _nearest(near, place) if near else None


def phrases(text: str, spans: Sequence[Span]) -> list[Found]:
    """The entity of each of `spans` of `text`, all of one type."""
    entity = spans[0].entity
    named = entity == "ORGANIZATION"
    shown = [text[s.start : s.end] for s in spans]
    forms = [(words_of(t) if entity in _WORDED else ()) or (fold(t),) for t in shown]
    countries = [country_of(t) if named else "" for t in shown]
    linked = _linked(text, spans) if entity != "LOCATION" else {}
    index = _Index()
    chosen: list[_Phrase | None] = [None] * len(spans)
    for i in sorted(range(len(spans)), key=lambda i: (-len(forms[i]), i)):
        place = spans[i].start
        phrase = index.find(forms[i], shown[i], countries[i], place, parts=named)
        if phrase is None and i in linked:
            phrase = chosen[linked[i]]
        if phrase is None:
            value = countries[i] or " ".join(forms[i])
            phrase = _Phrase(Entity(entity, value, full=shown[i]))
        if forms[i] not in phrase.forms and (countries[i] or not phrase.places or i in linked):
            index.add(phrase, forms[i], shown[i], countries[i])
        phrase.places.insert(bisect_left(phrase.places, place), place)
        chosen[i] = phrase
    return [Found(s, t, p.entity) for s, t, p in zip(spans, shown, chosen) if p is not None]


def _linked(text: str, spans: Sequence[Span]) -> dict[int, int]:
    """Spans that stand in brackets right behind another, or before one: the other's name in short or translation."""
    out = {}
    for i in range(1, len(spans)):
        before, here = spans[i - 1], spans[i]
        gap = text[before.end : here.start + (text[here.start] == "(")]
        if len(gap) < 40 and _DEFINED.fullmatch(gap):
            out[i] = i - 1
            out.setdefault(i - 1, i)
    return out


def _short(form: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether `form` is the end of `long`, what it leaves out being a name ("Warsaw" Regional Court, not "Supreme"
    Court); or its first word, a name, and its last ("Konya Court" of Konya Administrative Court)."""
    if len(form) >= len(long):
        return False
    if long[-len(form) :] == form:
        out = long[: -len(form)]
        return not SECTIONS & set(out) and any(w not in GENERIC and not w[0].isdigit() for w in out)
    rest = iter(long)
    return (
        form[0] == long[0]
        and form[-1] == long[-1]
        and form[0] not in GENERIC
        and all(w in rest for w in form)
    )


def _begins(form: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether `form` is the beginning of `long` and names it: "Acme" of Acme Holdings, not "Warsaw" of Warsaw Court."""
    rest = set(long[len(form) :])
    return bool(rest) and long[: len(form)] == form and form[0] not in GENERIC and not rest & BODIES


def _acronyms(shown: str) -> set[str]:
    bare = [w for w in _WORDS.findall(fold(BRACKETS.sub("", shown))) if w[0].isalnum()]
    telling = [w for w in bare if w not in SMALL]
    inside = re.findall(r"\(\W*([A-ZÀ-Þ]{2,9})\W*\)", shown)
    made = {"".join(w[0] for w in some) for some in (bare, telling) if len(some) > 1}
    return made | {fold(w) for w in inside}


def _nearest(found: Sequence[_Phrase], place: int) -> _Phrase:
    """The phrase mentioned most recently before `place`; without any, the one mentioned next."""

    def distance(phrase: _Phrase) -> tuple[bool, int]:
        before = bisect_left(phrase.places, place)
        return (False, place - phrase.places[before - 1]) if before else (True, phrase.places[0] - place)

    return found[0] if len(found) == 1 else min(found, key=distance)
