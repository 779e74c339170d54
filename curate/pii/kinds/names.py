"""Invented persons: surnames by the key and the surname, given names by the key, the surname and the given name.

So a bare surname has the same replacement as in a full name, everywhere; and the given names of different families
tell nothing of each other: who learns that one John is now a Martin does not learn the other Johns. Initials are
kept in step: all given names of a family with one initial get names with one initial, so that "J. Smith" stays
"John Smith". Culture and gender come from the lists of `namelists`; titles decide only where no list knows the name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from curate.pii.folding import fold, like
from curate.pii.identity import Entity, Found
from curate.pii.kinds.namelists import (
    gender_of,
    given_culture,
    givens,
    initials,
    is_surname,
    script_culture,
    surname_culture,
    surnames,
)
from curate.pii.kinds.rings import Pool, after
from curate.pii.people import Word

_FEMININE = ("ova", "eva", "ова", "ева", "ина", "ая")
#: An original word and an invented one -> whether the one may stand for the other in the document.
Free = Callable[[str, str], bool]


class Names:
    """Invented words of names under a key, for one document.

    `free(source, word)` says whether the folded `word` may stand for `source`: it is neither an original of the
    document nor taken by another one.
    """

    def __init__(self, key: bytes, free: Free) -> None:
        self.key, self.free = key, free
        self.made: dict[tuple[str, ...], str] = {}

    def surname(self, name: str) -> str:
        """The surname for the folded `name`, a function of both alone unless another one is taken."""
        if ("s", name) not in self.made:
            self.made["s", name] = self._surname(name)
        return self.made["s", name]

    def _surname(self, name: str) -> str:
        culture = surname_culture(name)
        base = name[:-1] + "i" if culture == "pl" and name.endswith(("ska", "cka")) else name
        for found in after(self.key, "surname", _pool(culture, name.endswith(_FEMININE)), base):
            if self.free("s" + base, fold(found)):
                return found[:-1] + "a" if base != name and found.endswith(("ski", "cki")) else found
        # All are taken: two of them make a name.
        pool = _pool(culture, name.endswith(_FEMININE))
        double = (f"{a}-{b}" for a in after(self.key, "surname", pool, base) for b in pool.values if a != b)
        return next(found for found in double if self.free("s" + base, fold(found)))

    def letter(self, letter: str, family: str) -> str:
        """The initial for an initial of a given name of a `family` (a folded surname); another one."""
        culture = script_culture(letter) or (surname_culture(family) if family else "us")
        return next(after(self.key, f"letter {family}", _letters(culture), fold(letter)))

    def given(self, name: str, family: str, gender: str) -> str:
        """The given name for the folded `name` in a `family` (a folded surname or empty)."""
        made = ("g", name, family)
        if made not in self.made:
            self.made[made] = self._given(name, family, gender)
        return self.made[made]

    def _given(self, name: str, family: str, gender: str) -> str:
        culture = given_culture(name, family)
        gender = gender_of(name) or gender
        initial = self.letter(name[:1], family)
        foreign = () if script_culture(name) else (("us", initial), ("en", initial))
        for some, letter in ((culture, initial), *foreign, (culture, ""), ("en", "")):
            for found in after(self.key, "given", _initialled(some, gender, letter), name, family):
                if self.free(f"g{family}|{name}", fold(found)):
                    return found
        return initial

    def person(self, found: Found) -> str:
        """The mention `found` of a person, with other names in its place and form."""
        mention, person = found.mention, found.of
        assert mention is not None
        out, at, given = [], 0, 0
        family = "-".join(person.surname)
        for word in mention.words:
            shown = found.text[word.start : word.end]
            new = self._word(word, shown, found.role, person, family, given)
            given += word.kind in ("given", "initial")
            if new is not None:
                out += [found.text[at : word.start], new]
                at = word.end
        return "".join(out) + found.text[at:]

    def _word(self, word: Word, shown: str, role: str, person: Entity, family: str, given: int) -> str | None:
        """What stands for a word of a mention; None for one that stays. `given` counts given names before it."""
        kind = role if word.kind == "single" else word.kind
        if kind == "given" and given and is_surname(word.folded):
            kind = "surname"
        if kind == "initial":
            return self._initials(shown, person, family, given)
        if kind == "given":
            return "-".join(
                like(self.given(p, family, person.gender), shown) if p else "" for p in word.folded.split("-")
            )
        if kind != "surname":
            return None
        if script_culture(word.folded) in ("zh", "ja", "ko") and len(word.folded) > 1:
            first = self.surname(word.folded[:1])
            return first + self.given(word.folded[1:], word.folded[:1], person.gender)
        return "-".join(like(self.surname(part), shown) if part else "" for part in word.folded.split("-"))

    def _initials(self, shown: str, person: Entity, family: str, given: int) -> str:
        """Other letters; where the document has the given name in full, the first letter of its replacement."""
        out = []
        names = [part for name in person.given for part in name.split("-") if part]
        for c in shown:
            if c.isalpha():
                full = names[given] if given < len(names) else ""
                if len(full) > 1 and full[:1] == fold(c) and "." not in full:
                    c = like(self.given(full, family, person.gender)[:1], c)
                else:
                    c = like(self.letter(c, family), c)
                given += 1
            out.append(c)
        return "".join(out)


@lru_cache(1 << 8)
def _pool(culture: str, feminine: bool) -> Pool:
    """Surnames of a culture and, where they have it, of a gender."""
    names = surnames(culture)
    some = [n for n in names if fold(n).endswith(_FEMININE) == feminine]
    return Pool(some if len(some) >= 20 else names)


@lru_cache(1 << 12)
def _initialled(culture: str, gender: str, initial: str) -> Pool:
    return Pool(n for n in givens(culture, gender) if fold(n).startswith(fold(initial)))


@lru_cache(1 << 6)
def _letters(culture: str) -> Pool:
    letters = initials(culture)
    return Pool(letters if len(letters) > 4 else sorted({name[:1] for name in givens(culture, "")}))
