"""`support`: the numbers, sums, dates, names and citations of an answer occur in its evidence or passage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, Literal

from synth.filters.base import Context, Filter, Rejection, answers, asked, sources
from synth.filters.facts import citations, dates, money, names, numbers
from synth.samples import Sample

Fact = Literal["date", "amount", "citation", "number", "name"]
FACTS: tuple[Fact, ...] = ("date", "amount", "citation", "number", "name")

#: Numbers of a list's items are the answer's own.
_ITEM = re.compile(r"^[ \t]*\(?(?:\d{1,2}|[A-Za-z])[.):][ \t]", re.M)
#: "One of the parties" counts nothing, and ordinals order an argument ("first", "second").
_SMALL = frozenset({Decimal(0), Decimal(1)})


class Known:
    """What a source tells, in every reading; each kind is read when an answer first asks for it."""

    def __init__(self, text: str):
        self.text = text

    @cached_property
    def dates(self) -> set[dates.Reading]:
        return {reading for date in dates.find(self.text) for reading in date.readings}

    @cached_property
    def amounts(self) -> set[tuple[str, Decimal]]:
        return {(amount.unit, amount.value) for amount in money.find(self.text)}

    @cached_property
    def numbers(self) -> set[Decimal]:
        """Those within dates, labels and citations too."""
        values = {value for _, value in self.amounts} | numbers.found(self.text)
        return {value.normalize() for value in values | {Decimal(n) for n in re.findall(r"\d+", self.text)}}

    @cached_property
    def words(self) -> set[str]:
        return names.vocabulary(self.text)


def support(*, check: list[Fact] = list(FACTS), prompt: bool = False, title: bool = True) -> Filter:  # noqa: B006
    """Refuse answers that say what their sources do not: dates (in any spelling; less precise is allowed), sums of
    money and percentages, citations, numbers (in digits or words), names (by their words; initials stand for a name).

    Sources are the passages, the evidence and, with `prompt`, the question. Answers of earlier turns are held to the
    same; a completion whose `label` is false is not. The detail lists each `missing` fact as written. This tells what
    is not there; whether what is there is said truly is for a judge.
    """

    def decide(sample: Sample, context: Context) -> Rejection | None:
        if sample.label is False:
            return None
        said = "\n".join(answers(sample))
        near = [span.text for span in sample.evidence]
        if near and not missing(said, near, check):  # nearly always, and a passage takes long to read
            return None
        told = sources(sample, context) if title else [p.text for p in context.passages] + near
        told += [asked(sample, context)] if prompt else []
        lacking = missing(said, told, check)
        return Rejection("unsupported", {"missing": lacking}) if lacking else None

    return decide


def missing(answer: str, told: Sequence[str], check: Sequence[Fact] = FACTS) -> list[dict[str, Any]]:
    """The facts of `answer` that none of the texts in `told` has, in their order: `fact` and `text` of each."""
    known = _known("\n\n".join(told))
    found = [
        (start, kind, answer[start:end]) for kind, start, end in _unsupported(answer, known) if kind in check
    ]
    return [{"fact": kind, "text": text} for _, kind, text in sorted(found)]


@lru_cache(maxsize=32)  # samples of one passage come one after the other
def _known(text: str) -> Known:
    return Known(text)


def _unsupported(answer: str, known: Known) -> Iterator[tuple[Fact, int, int]]:
    """Kind and characters of facts; each kind is blotted out for those after it, so that a date's year is no number."""
    rest = _ITEM.sub(lambda hit: " " * len(hit[0]), answer)
    found_dates = list(dates.find(rest))
    for date in found_dates:
        if not any(dates.supports(given, claimed) for given in known.dates for claimed in date.readings):
            yield "date", date.start, date.end
    rest = _without(rest, found_dates)
    amounts = list(money.find(rest))
    for amount in amounts:
        told = (amount.unit, amount.value) in known.amounts
        if not told and not (amount.value in known.numbers and money.mentions(known.text, amount.unit)):
            yield "amount", amount.start, amount.end
    rest = _without(rest, amounts)
    cited = list(citations.find(rest))
    for citation in cited:
        if not citations.supported(citation, known.text):
            yield "citation", citation.start, citation.end
    rest = _without(rest, cited)
    for number in numbers.find(rest):
        idle = number.ordinal or (number.spelt and number.value in _SMALL)
        if not idle and number.value not in known.numbers:
            yield "number", number.start, number.end
    for name in names.find(rest):
        if names.missing(name, known.words):
            yield "name", name.start, name.end


def _without(text: str, found: Sequence[Any]) -> str:
    for span in found:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text
