"""Sentences of a block, by their end marks: abbreviations of law and initials do not end one.

One pass over the block's end marks; nothing looks back further than a word, so time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MARK = re.compile(r"[.?!][\"”’')\]]{0,3}(?:\d{1,2})?(?=\s+(?:[\"“‘(\[]{0,2}[A-Z0-9§*]|\([a-z]{1,4}\)\s))")
_LAST_WORD = re.compile(r"[\w.&’'§]{1,24}$")
#: Before a full stop, not the end of a sentence (small letters, without the last stop).
_ABBREVIATIONS = frozenset(
    "a.m p.m mr mrs ms dr hon prof rev gen col lt sgt capt sen rep gov jr sr st no nos vs v inc corp co ltd llc "
    "l.l.c ass'n ass’n dep't "
    "dep’t int'l int’l nat'l nat’l gov't comm’n comm'n comm e.g i.e cf viz al et etc art arts sec secs ch cl para "
    "paras pt sched "
    "ex exh fig p pp n nn fn vol ed eds rev stat u.s u.s.c c.f.r fed reg regs f f.2d f.3d supp cir d dist ct app "
    "cal mass n.y n.j "
    "conn del pa md va ill ind ky ga fla la tex wash ariz colo minn mich wis mo okla or tenn s.ct l.ed id ibid see "
    "also jan feb "
    "mar apr jun jul aug sept oct nov dec u.s.a d.c p.r r.i n.h me vt tel approx dept bros mfg ins ry r.r res cont "
    "univ bd assocs "
    "assoc elec sys tech indus serv servs transp amend const crim civ evid proc ann gen rul r".split()
)


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The [start, end) of each sentence of text[start:end], without space around it or a footnote's number behind."""
    begin = start
    for mark in _MARK.finditer(text, start, end):
        if text[mark.start()] == "." and _abbreviated(text, begin, mark.start()):
            continue
        stop = mark.end()
        while text[stop - 1].isdigit() and not text[mark.start() - 1].isdigit():
            stop -= 1
        yield begin, stop
        begin = mark.end()
        while begin < end and text[begin].isspace():
            begin += 1
    stop = end
    while stop > begin and text[stop - 1].isspace():
        stop -= 1
    if stop > begin:
        yield begin, stop


def _abbreviated(text: str, begin: int, stop: int) -> bool:
    found = _LAST_WORD.search(text, max(begin, stop - 24), stop)
    if not found:
        return False
    word = found[0].strip(".'’").lower()
    if len(word) == 1:
        return (word.isalpha() and word not in "i") or stop - begin <= 4  # an initial; "(1." of a list
    if word in _ABBREVIATIONS:
        return True
    return word.isdigit() and stop - begin <= 5  # the number that a clause begins with
