"""Headings and what stands under them: the content of a section, the heading of a text, one of several headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from synth.mine.asking import ask, readable
from synth.mine.document import FAR, Document, Section
from synth.mine.wording import shuffled, titled
from synth.samples import Sample

#: Characters of a section that is asked for.
SHORT, LONG = 90, 1100

_SECTION = (
    "What does the section headed “{title}” provide?",
    "What does {doc} say under the heading “{title}”?",
    "Quote what {doc} provides on “{title}”.",
    "Find the section “{title}” in {doc} and give its content.",
    "Under “{title}”, what is laid down?",
    "Which rule stands under the heading “{title}” in {doc}?",
    "Reproduce the provision on “{title}”.",
    "What are the terms of the section on “{title}”?",
)
_HEADING = (
    "The heading of this text is missing. What heading does {name} give it?",
    "Give the heading under which this text stands in {name}.",
    "Name this section as {name} does.",
    "What is this provision called in {name}?",
    "Which heading would you put above this section of {name}?",
    "Supply the title of the following section of {name}.",
)
_LABEL = (
    "Which of these headings belongs to the passage?\n{options}",
    "Classify the passage under one of these headings:\n{options}",
    "Under which heading does this provision stand?\n{options}",
    "Pick the heading that fits the passage:\n{options}",
    "What is this clause about? Choose one label.\n{options}",
    "The passage is one section of a longer text. Choose its heading:\n{options}",
)
_VAGUE = re.compile(
    r"general|miscellaneous|other|recitals?|agreement|witnesseth|exhibit|schedule|table|annex|background"
    r"|introduction|page|contents|"
    r"signature|note|appendix|part|preamble|continued|form|amendments?|whereas|notices? to|example",
    re.IGNORECASE,
)


def section_text(document: Document) -> Iterator[Sample]:
    """What the section under a heading provides, found among its neighbours."""
    whole = document.sections
    for at, section in enumerate(whole):
        start, end = whole[max(0, at - 1)].start, whole[min(len(whole) - 1, at + 1)].end
        if (
            not _answerable(document, section)
            or not _told(document, section, 0.1)
            or end - start > 2 * FAR
            or _twice(document, section)
        ):
            continue
        fields = {"title": section.title, "text": readable(document, section.body, section.end)}
        told = {"section": section.title}
        answers = ("{text}", "{text}", "It provides: {text}")
        span = (section.body, section.end)
        yield ask(
            document, "section_text", _SECTION, answers, [span], context=(start, end), fields=fields, **told
        )


def section_heading(document: Document) -> Iterator[Sample]:
    """The heading of a section whose text is given."""
    for section in document.sections:
        if _answerable(document, section) and _told(document, section):
            fields = {"title": titled(section.title), "name": document.about.noun}
            answers = ("{title}", "The heading is “{title}”.", "It stands under “{title}”.", "“{title}”")
            span, context = (section.start, section.body), (section.body, section.end)
            yield ask(document, "section_heading", _HEADING, answers, [span], context=context, fields=fields)


def clause_label(document: Document) -> Iterator[Sample]:
    """Which of four headings of the same document a section stands under."""
    titles = list(
        {
            titled(s.title).lower(): titled(s.title) for s in document.sections if _answerable(document, s)
        }.values()
    )
    if len(titles) < 4:
        return
    for section in document.sections:
        title = titled(section.title)
        if title not in titles:
            continue
        others = shuffled(
            [t for t in titles if not _alike(t, title)], document.id, section.start, seed=document.seed
        )[:3]
        if len(others) < 3 or not (_answerable(document, section) and _told(document, section)):
            continue
        options = shuffled([title, *others], "order", document.id, section.start, seed=document.seed)
        fields = {"options": "\n".join(f"- {option}" for option in options), "title": title}
        answers = ("{title}", "“{title}”", "It belongs under “{title}”.")
        span, context = (section.start, section.end), (section.body, section.end)
        yield ask(
            document, "clause_label", _LABEL, answers, [span], context=context, fields=fields, options=options
        )


def _answerable(document: Document, section: Section) -> bool:
    """Whether a section is short, whole and clean enough to be an answer, its heading telling something."""
    size = section.end - section.body
    if not SHORT <= size <= LONG or len(section.title) < 4 or _VAGUE.fullmatch(section.title.strip(" .:")):
        return False
    if section.title.lower() in document.about.name.lower():  # the document's own title
        return False
    if document.about.genre in ("opinion", "transcript") or not document.text[section.body].isupper():
        return False
    if not section.title[0].isupper():
        return False
    told = sum(s.end - s.start for s in document.sentences_in(section.body, section.end))
    return told >= 0.85 * size and not any(
        document.blocks[i].torn for i in range(section.first, section.last)
    )


def _told(document: Document, section: Section, share: float = 0.6) -> bool:
    """Whether the text speaks of what its heading names, so that the heading can be told from it."""
    words = set(re.findall(r"[a-z]{4,}", section.title.lower()))
    body = document.text[section.body : section.end].lower()
    return bool(words) and sum(w[:6] in body for w in words) >= share * len(words)


def _twice(document: Document, section: Section) -> bool:
    return sum(s.title.lower() == section.title.lower() for s in document.sections) > 1


def _alike(one: str, two: str) -> bool:
    """Whether two headings share a word that tells, so that either might be right."""
    a, b = ({w[:6] for w in re.findall(r"[a-z]{4,}", t.lower())} for t in (one, two))
    return bool(a & b) or not a or not b
