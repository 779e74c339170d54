"""Citations of law and places in documents: "Section 3.2(a)", "12 U.S.C. § 1841", "347 U.S. 483", "Rule 10b-5"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LABEL = (
    r"(?P<label>(?:\d+|[IVXLC]+\b|[A-Z]\b)[0-9A-Za-z]*(?:[.\-]\d+[A-Za-z]?)*(?:\s?\([0-9A-Za-z]{1,4}\))*)"
)
_PLACE = re.compile(
    rf"(?:\b(?P<kind>[Ss]ections?|[Ss]ecs?\.|[Aa]rticles?|[Aa]rts?\.|[Cc]lauses?|[Pp]aragraphs?|[Rr]ules?|[Cc]hapters?|"
    rf"Exhibits?|Schedules?|Annex|Appendix|Regulations?|Amendments?|Title|Part)|§§?)\s*{_LABEL}"
)
#: Volume, reporter or code with a point in it, then a page or a section.
_REPORTER = re.compile(
    r"\b\d{1,4}\s+(?:(?:[A-Z][A-Za-z]*\.\s?)+(?:\s?(?:2d|3d|4th|App\.|Supp\.|[A-Z][a-z]*\.))*|USCA?|CFR|US|FR)"
    r"\s*(?:§{1,2}\s*)?"
    r"\d{1,5}[a-z]?(?:[.\-]\d+)*(?:\([0-9A-Za-z]{1,4}\))*"
)
_SUBS = re.compile(r"\(([0-9A-Za-z]{1,4})\)")
_KINDS = r"(?:§|sections?|secs?\.|articles?|arts?\.|clauses?|paragraphs?|rules?|chapters?|exhibits?|schedules?|annex|"
_KINDS += r"appendix|regulations?|amendments?|title|part)"


class Citation(NamedTuple):
    """A citation at the characters [start, end); `label` is the number of a place, None for a reporter's."""

    start: int
    end: int
    text: str
    label: str | None


def find(text: str) -> Iterator[Citation]:
    """Every citation of a text; a reporter's first, none overlapping another."""
    taken = []
    for hit in _REPORTER.finditer(text):
        taken.append(hit.span())
        yield Citation(*hit.span(), hit[0], None)
    for hit in _PLACE.finditer(text):
        if not any(hit.start() < end and start < hit.end() for start, end in taken):
            yield Citation(*hit.span(), hit[0], hit["label"])


def supported(citation: Citation, source: str) -> bool:
    """Whether a source has the citation: a reporter's in whatever spacing and pointing; of a place its number, behind a
    word such as "Section", at the head of a line ("3.2 Term") or with points in it, and each of its sub-numbers."""
    if citation.label is None:
        return bool(re.search(rf"(?<!\d){re.escape(_plain(citation.text))}(?!\d)", _plain(source)))
    main = re.escape(_SUBS.split(citation.label)[0].strip())
    before = rf"(?:\b{_KINDS}[^\n]{{0,40}}?|§\s?|^\W*)" if main.isalnum() else ""
    stands = re.search(rf"{before}(?<![\w.]){main}(?!\w|\.\d)", source, re.M | re.I)
    return bool(stands) and all(f"({sub})" in source for sub in _SUBS.findall(citation.label))


def _plain(text: str) -> str:
    return re.sub(r"[^0-9a-z()\-,]+", "", text.lower())
