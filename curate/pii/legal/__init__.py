"""What law only looks like: findings that a rule can name as no private data, by what stands around them.

    kept, gone = suppress(text, spans)      # gone: Counter({"section_number": 1})

Presidio judges a pattern and a few words in front of it; to it "Section 8.2.3.1" is a machine's address. A rule here
is a function of the finding and its neighbourhood, named for what the finding really is, with an example; a finding
goes only if a rule says so. Rules look at some 90 characters on either side: cost goes with findings, not with text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Literal

from curate.pii.judges import judges_among
from curate.pii.legal import dates, links, names, numbers
from curate.pii.legal.around import Around
from curate.pii.spans import Span

Rule = Callable[[Around], bool]

_REFERENCES: tuple[Rule, ...] = (
    numbers.without_its_word, numbers.within_a_word, numbers.years, numbers.amount, numbers.docket_number,
    numbers.exhibit_number, numbers.page_range, numbers.reporter_citation, numbers.statute_number,
    numbers.section_number, numbers.table_of_figures,
)  # fmt: skip
_ADDRESSES: tuple[Rule, ...] = (numbers.section_number, numbers.version_number, numbers.colons, numbers.statute_number,
                                numbers.exhibit_number)  # fmt: skip
_NAMES: tuple[Rule, ...] = (
    names.word_of_law,
    names.noun_or_verb,
    names.statute_or_doctrine,
    names.cited_case,
)
#: What a tagger of names makes of numbers of law.
_NUMBERED: tuple[Rule, ...] = (numbers.list_of_sections, numbers.report, numbers.number_of_a_law,
                               numbers.pages, numbers.figures)  # fmt: skip
_RULES: dict[str, tuple[Rule, ...]] = {
    "IP_ADDRESS": _ADDRESSES,
    "MAC_ADDRESS": _ADDRESSES,
    "URL": (links.no_link,),
    "EMAIL_ADDRESS": (links.no_mail,),
    "PERSON": _NAMES,
    "LOCATION": (names.word_of_law, names.statute_or_doctrine, names.cited_case, numbers.without_letters),
    "ORGANIZATION": (names.word_of_law, names.statute_or_doctrine, names.cited_case, numbers.numbered_paper),
    "NRP": (names.statute_or_doctrine, names.cited_case),
    "MISC": (names.statute_or_doctrine, *_NUMBERED),
    "DEMOGRAPHIC": (names.statute_or_doctrine,),
    "STREET_ADDRESS": (numbers.reporter_citation, numbers.volume_and_page, numbers.no_house),
    "AGE": (dates.age_in_a_rule,),
    "DATE_TIME": (dates.date_of_a_decision, dates.date_of_a_law, dates.year_that_counts, numbers.section_number,
                  dates.age_in_a_rule, numbers.version_number, *_NUMBERED),
    "DOCKET_NUMBER": (*_NUMBERED, numbers.section_number, numbers.numbered_paper),
} | dict.fromkeys(
    ("PHONE_NUMBER", "US_SSN", "US_BANK_NUMBER", "US_DRIVER_LICENSE", "US_PASSPORT", "US_ITIN", "UK_NHS", "CREDIT_CARD",
     "MEDICAL_LICENSE", "CRYPTO", "IBAN_CODE", "ABA_ROUTING_NUMBER", "ES_NIF", "AU_TFN", "AU_ACN", "AU_ABN"),
    _REFERENCES,
)  # fmt: skip
_RULES["PHONE_NUMBER"] += (numbers.bare_number,)
#: Recognisers of ours that have matched a label: what the number is stands beside it.
_LABELLED = frozenset(
    (
        "labelled telephone",
        "account number",
        "social security number",
        "routing number",
        "tax file number",
        "ABN",
        "ACN",
        "NIF",
    )
)


def suppress(
    text: str,
    spans: Iterable[Span],
    *,
    judges: Literal["keep", "replace"] = "keep",
) -> tuple[list[Span], Counter[str]]:
    """The findings that stay, in order, and how many went by which rule.

    `spans` are all that were found in `text`, narrowed (see `curate.pii.recognisers.narrow`), so that bare surnames
    can be told by the full names beside them. The rules are the same under both presets: a citation names published
    law, and only a decision's own parties are private.
    """
    found = sorted(spans)
    persons = [span for span in found if span.entity == "PERSON"]
    judge = judges_among(text, persons) if judges == "keep" else set()
    parties = (
        names.own_parties(text)
        if any(s.entity in ("PERSON", "ORGANIZATION", "LOCATION") for s in found)
        else ""
    )
    gone: Counter[str] = Counter()
    kept: list[Span] = []
    cited: set[str] = set()
    for span in found:
        why = "judge" if span in judge else _why(text, span, parties)
        if why is None:
            kept.append(span)
            continue
        gone[why] += 1
        if why == "cited_case":
            cited.add(_bare(text, span))
    if cited:
        kept, again = _without_cited(text, kept, cited, parties)
        gone["cited_case_again"] += again
    return kept, +gone


def _why(text: str, span: Span, parties: str) -> str | None:
    """The name of the first rule that takes the finding away."""
    if span.recogniser in _LABELLED:
        return None
    around = Around(text, span)
    for rule in _RULES.get(span.entity, ()):
        if rule(around) and not (rule is names.cited_case and parties and _bare(text, span) in parties):
            return rule.__name__
    return None


def _bare(text: str, span: Span) -> str:
    """The last word of a name, lower-cased."""
    return text[span.start : span.end].rstrip(".,'’s ").rpartition(" ")[2].lower()


def _without_cited(text: str, spans: list[Span], cited: set[str], parties: str) -> tuple[list[Span], int]:
    """`spans` without bare surnames of cited cases ("as Strickland requires") that nobody in the text bears in full."""
    people = [s for s in spans if s.entity == "PERSON"]
    full = {_bare(text, s) for s in people if " " in text[s.start : s.end]}
    again = {s for s in people if " " not in text[s.start : s.end] and _bare(text, s) in cited - full}
    again = {s for s in again if _bare(text, s) not in parties}
    return [s for s in spans if s not in again], len(again)
