"""Ordering: events that a document dates, in the order of time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from synth.mine.asking import ask
from synth.mine.document import FAR, Document, Sentence
from synth.mine.wording import shuffled
from synth.samples import Sample

_MONTHS = "January February March April May June July August September October November December".split()
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_EVENT = r"(?P<event>[^;:]{25,260}\.)"
_DATED = re.compile(rf"On (?P<said>{_MONTH} (?P<day>\d{{1,2}}), (?P<year>\d{{4}})), {_EVENT}")
_DAY_FIRST = re.compile(rf"On (?P<said>(?P<day>\d{{1,2}}) {_MONTH},? (?P<year>\d{{4}})),? {_EVENT}")
_ANY_DATE = re.compile(
    rf"\b(?:{'|'.join(_MONTHS)}) \d{{1,2}}\b|\b\d{{1,2}} (?:{'|'.join(_MONTHS)})\b|\b(?:19|20)\d\d\b"
)
_STARTS = re.compile(r"(?:the|an?|[A-Z][\w.'’-]+) ")

_Event = tuple[date, str, str, Sentence]
_QUESTIONS = (
    "Put these events in {name} in the order of time:\n{events}",
    "Arrange the following events chronologically, as {name} dates them:\n{events}",
    "In what order did these things happen, according to {name}?\n{events}",
    "Here are events that {name} reports, out of order. Sort them from first to last.\n{events}",
    "Which of these came first, and what followed? (From {name}.)\n{events}",
)


def chronology(document: Document) -> Iterator[Sample]:
    """Three to five dated events of one part of a document, to be put in the order of time, with their dates."""
    if document.about.genre not in ("opinion", "document"):
        return
    found = [(*dated, sentence) for sentence in document.sentences if (dated := _dated(sentence.text))]
    while found:
        group = [found.pop(0)]
        while found and len(group) < 5 and found[0][3].end - group[0][3].start <= 2 * FAR:
            group.append(found.pop(0))
        if len({day for day, *_ in group}) == len(group) >= 3:
            yield _sample(document, group)


def _sample(document: Document, group: list[_Event]) -> Sample:
    start, end = group[0][3].start, group[-1][3].end
    mixed = shuffled(group, document.id, start, seed=document.seed)
    ordered = sorted(group, key=lambda one: one[0])
    if mixed == ordered:
        mixed.reverse()
    events = "\n".join(f"- {event}" for _, _, event, _ in mixed)
    text = "\n".join(f"- {said}: {event}" for _, said, event, _ in ordered)
    answers = ("{text}", "In the order of time:\n{text}", "From first to last:\n{text}")
    fields = {"events": events, "text": text, "name": document.about.name}
    spans = [sentence for *_, sentence in group]
    return ask(document, "chronology", _QUESTIONS, answers, spans, context=(start, end), fields=fields)


def _dated(text: str) -> tuple[date, str, str] | None:
    """The day, how the text writes it, and what happened on it."""
    match = _DATED.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    if not match or _ANY_DATE.search(match["event"]) or not _STARTS.match(match["event"]):
        return None
    if match["event"].count("'") % 2:
        return None
    try:
        day = date(int(match["year"]), _MONTHS.index(match["month"]) + 1, int(match["day"]))
    except ValueError:  # the 31st of June
        return None
    return day, match["said"], match["event"][0].upper() + match["event"][1:]
