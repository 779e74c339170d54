"""What findings make known of the rest of a document: `swept`."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Sequence

from curate.pii.field_names import looks_personal
from curate.pii.fields import BY_NAME, Joined
from curate.pii.people import parse
from curate.pii.phrases import SMALL
from curate.pii.spans import Span

#: Words of a name that are shorter stand in too much that is no name; in an address they may be shorter.
_LEAST, _SHORT = 4, 2
#: What a field's name says of its value is no evidence of the same elsewhere if the value has less digits ("1970").
_LEAST_BY_NAME = 6
#: From so many values on one pass over the words of a text is quicker than one over its characters for each.
_MANY = 128
#: Runs of letters and digits.
_TOKEN = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_CUT = re.compile(r"(?<!\w)([A-Z]) ([A-Za-z]{3,})(?!\w)")
#: Letters of an address with the digits around them; what "%20" stands for parts words as well.
_PARTED = re.compile(r"%[0-9A-Fa-f]{2}|(\d*)([^\W\d_]+)(?=(\d?))")


def swept(document: Joined, spans: list[Span], public: Sequence[Span] = ()) -> list[Span]:
    """`spans` with what they make known of the rest of the document, clear of `public`: the same value where nothing
    around it tells what it is, and, in the fields beside the text, persons whose names stand where none reads them:
    "smith-v-jones" in an address, "SMITH" in a title. Names of fields stay."""
    if not spans:
        return spans
    out = list(spans)
    taken = _Taken([*spans, *public])
    known = _known(document.whole, spans)
    for start, value in _places(document, list(known)):
        if taken.free(start, start + len(value)):
            span = known[value]
            out.append(Span(start, start + len(value), span.entity, span.score, "same document"))
    long, short = _name_words(document.whole, spans)
    out += _in_small_capitals(document, long, taken)
    out += _named(document, long, short, taken)
    return sorted(out)


class _Taken:
    """Where findings are."""

    def __init__(self, spans: Sequence[Span]):
        self._spans: list[tuple[int, int]] = []  # in order, apart from each other
        for start, end in sorted((span.start, span.end) for span in spans):
            if self._spans and start < self._spans[-1][1]:
                self._spans[-1] = (self._spans[-1][0], max(end, self._spans[-1][1]))
            else:
                self._spans.append((start, end))

    def free(self, start: int, end: int) -> bool:
        """Whether no finding touches [start, end), which is taken from now on."""
        at = bisect(self._spans, (start, -1))
        before = at and self._spans[at - 1][1] > start
        if before or (at < len(self._spans) and self._spans[at][0] < end):
            return False
        self._spans.insert(at, (start, end))
        return True


def _known(whole: str, spans: Sequence[Span]) -> dict[str, Span]:
    """Values that are the same wherever they stand, with who found them first; the last one is the first to be sought.

    A field's name alone is weak evidence of what its value is in a text: {"defendant": "Clean Water Trust"}.
    """
    read = {whole[span.start : span.end] for span in spans if span.recogniser != BY_NAME}
    known = {whole[span.start : span.end]: span for span in reversed(spans)}
    return {value: span for value, span in known.items() if _telling(value, span, value in read)}


def _telling(value: str, span: Span, read: bool) -> bool:
    """Whether a value is rare enough to be the same one wherever it stands: names in full, long numbers, addresses."""
    if len(value) < _LEAST or not _TOKEN.search(value):
        return False
    if span.entity == "PERSON":
        return bool(re.search(r"\s", value)) and (read or looks_personal(value))
    digits = sum(c.isdigit() for c in value)
    if not read:
        return digits >= _LEAST_BY_NAME or "@" in value or (" " in value and digits > 0)
    return digits >= _LEAST or "@" in value or " " in value


def _places(document: Joined, values: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Where `values` stand in the parts as words of their own: in the order of `values`, then of the text."""
    whole, parts = document.whole, document.parts
    starts = [part.start for part in parts]
    for start, value in (_one_by_one if len(values) < _MANY else _at_once)(whole, values):
        end = start + len(value)
        if end <= parts[bisect(starts, start) - 1].end and not whole[end : end + 1].isalnum():
            yield start, value


def _one_by_one(whole: str, values: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Where `values` begin as words do: each is sought by itself."""
    for value in values:
        start = whole.find(value)
        while start >= 0:
            if not (start and whole[start - 1].isalnum() and value[0].isalnum()):
                yield start, value
            start = whole.find(value, start + 1)


def _at_once(whole: str, values: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The same in one pass, however many there are: looked up by their lengths where their first tokens stand."""
    order = {value: number for number, value in enumerate(values)}
    forms: dict[str, set[tuple[int, int]]] = {}  # first token -> how much is in front of it, and lengths
    for value in values:
        if first := _TOKEN.search(value):
            forms.setdefault(first[0], set()).add((first.start(), len(value)))
    found = []
    for token in _TOKEN.finditer(whole):
        for before, length in forms.get(token[0], ()):
            start = token.start() - before
            value = whole[start : start + length] if start >= 0 else ""
            if len(value) == length and value in order:
                found.append((order[value], start, value))
    return iter([(start, value) for _, start, value in sorted(found)])


def _in_small_capitals(document: Joined, words: set[str], taken: _Taken) -> Iterator[Span]:
    """Words of persons' names whose first letter a PDF's small capitals have parted from the rest: "V ERKHOVEN"."""
    text = document.parts[0]
    for match in _CUT.finditer(document.whole, text.start, text.end) if words else ():
        if (match[1] + match[2]).casefold() in words and taken.free(*match.span()):
            yield Span(*match.span(), "PERSON", 1.0, "same document")


def _named(document: Joined, long: set[str], short: set[str], taken: _Taken) -> Iterator[Span]:
    """Words of persons' names in the fields beside the text."""
    for part in document.parts[1:] if long or short else ():
        value = document.whole[part.start : part.end]
        # A name in small letters, or a short one, is one in addresses and paths alone.
        places = _in_address(value, long | short, short) if " " not in value else _capital(value, long)
        for start, end in places:
            if taken.free(part.start + start, part.start + end):
                yield Span(part.start + start, part.start + end, "PERSON", 1.0, "same document")


def _name_words(whole: str, spans: Sequence[Span]) -> tuple[set[str], set[str]]:
    """Words of the names of persons, and the short ones of who is surely a person."""
    long: set[str] = set()
    short: set[str] = set()
    for span in spans:
        if span.entity == "PERSON":
            value = whole[span.start : span.end]
            long |= {word.casefold() for word in _LETTERS.findall(value) if len(word) >= _LEAST}
            if span.recogniser != BY_NAME or looks_personal(value):
                own = [
                    value[w.start : w.end]
                    for w in parse(value).words
                    if w.kind in ("given", "surname", "single")
                ]
                words = {word.casefold() for one in own for word in _LETTERS.findall(one)}
                short |= {word for word in words - SMALL if _SHORT <= len(word) < _LEAST}
    return long, short


def _capital(value: str, words: set[str]) -> Iterator[tuple[int, int]]:
    for match in _LETTERS.finditer(value):
        if match[0][0].isupper() and match[0].casefold() in words:
            yield match.span()


def _in_address(value: str, words: set[str], short: set[str]) -> Iterator[tuple[int, int]]:
    for match in _PARTED.finditer(value):
        word = (match[2] or "").casefold()
        if word in words and not (word in short and (match[1] or match[3])):
            yield match.span(2)
