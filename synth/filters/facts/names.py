"""Names in a text as its capitals tell: runs of capitalised words, but for what begins a sentence alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import NamedTuple

_CAPITAL = r"(?:[A-Z][a-z]{0,3}\.|[A-Z][\w&'’-]*)"  # a point belongs to what is short: Inc., J.
_NAME = re.compile(
    rf"(?<!\w){_CAPITAL}(?:,?[ \t]+(?:(?:of|and|the|for|de|van|von|der|la|v\.|vs\.|&)[ \t]+){{0,2}}{_CAPITAL})*"
)
_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)?")
_SENTENCE = re.compile(r"(?:^|[.!?:;]['\"”’)\]]*\s+|\n\s*|[\"“(\[•*-]\s*)$")
#: Capitalised words that are no names: they begin sentences, or law capitalises them.
_COMMON = frozenset(
    """a an the this that these those it its he she they we you i his her their our your my if in on at by for from
    to of with without under upon as and or but nor so yet not no yes when where while which who whom whose what
    why how there here then thus hence however moreover furthermore therefore accordingly because although though
    unless until since after before during within any all each every both either neither some such other another
    only also additionally finally first second third next last overall specifically generally typically is are
    was were be been do does did has have had may must shall will would could can cannot should one two three four
    five six seven eight nine ten monday tuesday wednesday thursday friday saturday sunday january february march
    april may june july august september october november december mr mrs ms dr prof section article clause
    exhibit schedule rule chapter part title annex appendix paragraph inc llc ltd corp co jr sr true
    false none""".split()
)


class Name(NamedTuple):
    """A name at the characters [start, end), and the words of it that tell."""

    start: int
    end: int
    words: tuple[str, ...]


def find(text: str) -> Iterator[Name]:
    """Every name of a text. A single capitalised word that begins a sentence, a line or a quotation is none: it may be
    any word."""
    for hit in _NAME.finditer(text):
        words = [_bare(word) for word in _WORD.findall(hit[0])]
        if words and _SENTENCE.search(text, max(0, hit.start() - 12), hit.start()):
            if words[0].casefold() in _COMMON:
                words = words[1:]
            elif len(words) == 1 and not (words[0].isupper() and len(words[0]) > 2):
                continue
        found = tuple(w for w in words if len(w) > 1 and w.casefold() not in _COMMON and w[0].isupper())
        if found:
            yield Name(*hit.span(), found)


def vocabulary(text: str) -> set[str]:
    """The words of a source that names are looked up in, and the initials of its own names ("SEC")."""
    known = {_bare(word).casefold() for word in _WORD.findall(text)}
    for hit in _NAME.finditer(text):
        capitals = [w[0] for w in _WORD.findall(hit[0]) if w[0].isupper()]
        known |= {
            "".join(capitals[i : i + n]).casefold() for n in range(2, 7) for i in range(len(capitals) - n + 1)
        }
    return known


def missing(name: Name, known: Set[str]) -> list[str]:
    """The words of a name that the source lacks; none where it has the name's initials."""
    if len(name.words) > 1 and "".join(word[0] for word in name.words).casefold() in known:
        return []
    return [word for word in name.words if _forms(word).isdisjoint(known)]


def _bare(word: str) -> str:
    return re.sub(r"['’]s?$", "", word)


def _forms(word: str) -> set[str]:
    """A word as written, and without a plural's ending."""
    lower = word.casefold()
    return {lower, lower.removesuffix("s"), lower + "s", lower.removesuffix("es")}
