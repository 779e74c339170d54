"""Mentions of persons, taken apart: "Mr. van der Berg's", "SMITH, John A.", "J. Smith"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from curate.pii.folding import fold

MALE = frozenset(
    """
    mr sir lord herr monsieur messrs mister signor sig señor senor pan bay father brother baron
""".split()
)
FEMALE = frozenset(
    """
    mrs ms miss mss lady dame frau madame mme mlle mademoiselle signora señora senora señorita pani
    bayan sister mother baroness sra
""".split()
)
TITLES = (
    MALE
    | FEMALE
    | frozenset(
        """
    dr doctor prof professor judge justice chief hon honourable honorable the president ambassador rev
    reverend attorney counsel lawyer officer detective sergeant sgt captain capt lieutenant lt colonel
    col major maj general gen inspector agent deputy sheriff constable corporal cpl private commissioner
    minister senator sen representative rep governor gov mayor secretary chairman chairwoman chair
    director warden magistrate baron solicitor barrister advocate maître maitre me don doña dona dott
    avv ing dipl mag m applicant plaintiff defendant appellant respondent petitioner witness
    superintendent nurse coach bishop rabbi imam sheikh
""".split()
    )
)
SUFFIXES = frozenset(
    """
    jr sr ii iii iv esq esquire phd ph.d md m.d jd j.d llm ll.m llb dds rn cpa qc kc obe mbe cbe junior
    senior
""".split()
)
PARTICLES = frozenset(
    """
    van von der den de del della di da dos das du la le las los el al ul bin ibn binti bint ben abu zu
    zum zur ter ten te af av y e st d'
""".split()
)
_WORD = re.compile(r"[^\s\d,;:()\[\]{}\"“”«»<>/|_&*]+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.[\- ]?)+[^\W\d_]?|[^\W\d_]")
_POSSESSIVE = re.compile(r"(?:['’][sS]|(?<=[sSzZxX])['’]|['’]+)$")


@dataclass(frozen=True, slots=True)
class Word:
    """Characters [start, end) of a mention; `kind`: title, given, initial, surname, single, particle, suffix, other.

    A `single` word stands alone, so that only the document can say whether it is a given name or a surname.
    """

    start: int
    end: int
    kind: str
    folded: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention of a person: its words, and what they say; `gender` is "m" or "f" by title, else ""."""

    words: tuple[Word, ...]
    given: tuple[str, ...]
    surname: tuple[str, ...]
    suffix: str
    gender: str

    @property
    def single(self) -> str:
        """The only word, where nothing says what it is; else empty."""
        return next((word.folded for word in self.words if word.kind == "single"), "")

    @property
    def rank(self) -> int:
        """How much it says of who it is: a full given name and a surname most, a given name alone least."""
        if not self.surname:
            return 0
        return 1 + bool(self.given) + any(len(name) > 1 for name in self.given)


@lru_cache(1 << 15)
def parse(text: str) -> Mention:
    """The mention `text`, taken apart."""
    spans = _spans(text)
    kinds = ["other"] * len(spans)
    folds = [fold(text[a:b]).strip(".") for a, b in spans]
    first, last = _strip(folds, kinds)
    if first and folds[0] == "m" and _INITIALS.fullmatch(text[slice(*spans[1])]):
        first, kinds[0] = 0, "other"
    body = list(range(first, last))
    titled = first > 0 and folds[first - 1] not in ("sir", "dame", "sister", "brother", "father", "mother")
    _names(text, spans, folds, kinds, body, titled)
    words = tuple(Word(a, b, kind, folded) for (a, b), kind, folded in zip(spans, kinds, folds))
    given = tuple(_given(word) for word in words if word.kind in ("given", "initial"))
    surname = tuple(
        part for word in words if word.kind == "surname" for part in word.folded.split("-") if part
    )
    titles = {folds[i] for i in range(first)}
    gender = "f" if titles & FEMALE else "m" if titles & MALE else ""
    return Mention(words, given, surname, " ".join(w.folded for w in words if w.kind == "suffix"), gender)


def _given(word: Word) -> str:
    return word.folded.replace(".", "")[:1] if word.kind == "initial" else word.folded


def _spans(text: str) -> list[tuple[int, int]]:
    """Words of `text` without possessive endings and the stops of sentences."""
    out = []
    for match in _WORD.finditer(text):
        word = _POSSESSIVE.sub("", match[0])
        if word.endswith(".") and not (
            _INITIALS.fullmatch(word) or fold(word).strip(".") in TITLES | SUFFIXES
        ):
            word = _POSSESSIVE.sub("", word.rstrip("."))
        lead = len(word) - len(word.lstrip("'’‘`-–—."))
        word = word.strip("'’‘`-–—")
        if any(c.isalpha() for c in word):
            out.append((match.start() + lead, match.start() + lead + len(word.lstrip("."))))
    return out


def _strip(folds: list[str], kinds: list[str]) -> tuple[int, int]:
    """Marks titles in front and suffixes behind, leaving one word at least; the bounds of what is between."""
    first, last = 0, len(folds)
    # "M. Dupont" may be anybody's initial; "M. Jean Dupont" is a title.
    while first < last - 1 and folds[first] in TITLES and (folds[first] != "m" or (first == 0 and last > 2)):
        kinds[first] = "title"
        first += 1
    while last > first + 1 and folds[last - 1] in SUFFIXES:
        last -= 1
        kinds[last] = "suffix"
    return first, last


def _names(
    text: str, spans: list[tuple[int, int]], folds: list[str], kinds: list[str], body: list[int], titled: bool
) -> None:
    """Marks what is a given name, an initial, a particle or a surname among the words `body`."""

    def shown(i: int) -> str:
        return text[spans[i][0] : spans[i][1]]

    if not body:
        return
    if len(body) == 1:
        initials = _INITIALS.fullmatch(shown(body[0])) is not None
        kinds[body[0]] = "initial" if initials else "surname" if titled else "single"
        return
    comma = next((n for n, i in enumerate(body[:-1]) if "," in text[spans[i][1] : spans[i + 1][0]]), -1)
    loud = [i for i in body if shown(i).isupper() and len(shown(i)) > 2 and not _INITIALS.fullmatch(shown(i))]
    if comma >= 0:
        surname = body[: comma + 1]
    elif loud and len(loud) < len(body) and all(shown(i)[:1].isupper() for i in body):
        surname = loud if len(loud) == 1 or loud[0] == body[0] else loud[-1:]
    else:
        start = len(body) - 1
        while start > 1 and folds[body[start - 1]] in PARTICLES:
            start -= 1
        if start == 1 and folds[body[0]] in PARTICLES:
            start = 0
        surname = body[start:]
    for i in body:
        if folds[i] in ("and", "und", "et", "or"):
            continue
        particle = folds[i] in PARTICLES and i != body[-1] and (i in surname or not shown(i)[:1].isupper())
        if particle and (i != surname[-1]):
            kinds[i] = "particle"
        elif _INITIALS.fullmatch(shown(i)) and i not in surname:
            kinds[i] = "initial"
        else:
            kinds[i] = "surname" if i in surname else "given"
