"""Dates of decisions and laws, years that count something, ages that a rule sets."""

from __future__ import annotations

import re

from curate.pii.legal.around import REPORTER, Around

_COURT = re.compile(
    rf"(?:\d,?\s{{0,3}}(?:n\.\s?\d+)?\s{{0,2}}|{REPORTER}\s?[\d,\s\-–at]{{1,20}}|"
    r"\bv\.\s[^()\n]{2,60})\s{0,2}[(\[](?:[A-Z][^()\[\]]{0,45})?$"
)
_CITING = re.compile(
    r"[(\[](?:[^()]{0,30}\b(?:Cir|Dist|App|Ct|Mass|Cal|Tex|Fla|Ill|Mich|Pa|Va|Wis|Conn|Del|"
    r"Ohio|Wash|Minn|Colo|Ariz|"
    r"Bankr|Cl|Sup|Div|N\.Y|N\.J|D\.C|[NSEWCDM]\.D|D)\b\.?[^()]{0,30}|(?:decided|filed|slip\sop\.?,?|argued|"
    r"cert\.\s(?:denied|granted),?|amended|unpublished,?)\s{0,2})$"
)
_CASE = re.compile(
    r"\bv\.\s[A-Z][^;()]{2,60},?\s{0,2}(?:\[GC\]|\(dec\.\))?,?\s{0,2}(?:nos?\.\s[\d/,\sand]{5,40},?\s{0,2})?"
    r"(?:cited\sabove,\s|(?:judgment|decision|report)s?\sof\s|\(?dec(?:ision|\.)\)?,?\s)?$"
)
_REPORTED = re.compile(
    r"(?:,\s{0,2}(?:§{1,2}|Series\sA|ECHR|Reports|p\.|unreported|no\.\s\d+/\d\d)|\)?,\s[^.;]{0,30}§)"
)
_LAW = re.compile(
    r"\b(?:Act|Law|Code|Statute|Decree|Ordinance|Directive|Regulation|Treaty|Convention|"
    r"Protocol|Constitution|"
    r"Amendment)s?\s{0,2}(?:\(?[Nn]o\.\s?[\w/\-]+\)?\s{0,2})?(?:of|dated|adopted\son|approved|,)\s(?:the\s)?$"
)
_STATUTE_TAIL = re.compile(
    r",?\s{0,3}\b(?:(?:[A-Z]\.\s?){0,2}(?:Law|Act)\s\d|ch\.|c\.|Pub\.\s?L\.|\d{1,3}\sStat\.|P\.\s?L\.)"
)
_COUNT = re.compile(
    r"\s(?:shares|dollars|units|feet|hours|people|persons|times|words|pages|votes|"
    r"employees|Act\b|edition|ed\.|Guidelines|"
    r"Rules|Amendments?|version|Edition|Supp\.|revision)"
)  # fmt: skip


def date_of_a_decision(a: Around) -> bool:
    """ "(1st Cir. March 3, 1998)", "v. Poland, no. 123/95, 12 May 1998, § 45"; not "the judgment of 3 May 1998"."""
    near = a.before[-50:]
    bracketed = ("(" in near or "[" in near) and re.match(r"[^()\n]{0,25}[)\]]", a.after)
    if bracketed and (_COURT.search(a.before) or _CITING.search(a.before)):
        return True
    if "v." in a.before and _CASE.search(a.before):
        return True
    return bool(_REPORTED.match(a.after)) and bool(
        re.search(r"\bv\.\s|(?:judgment|decision)\sof\s$", a.before)
    )


def date_of_a_law(a: Around) -> bool:
    """ "Act of March 3, 1891, ch. 561", "Law no. 12 of 3 May 1990", "the 2000 Amendments"."""
    return bool(_LAW.search(a.before) or _STATUTE_TAIL.match(a.after))


def year_that_counts(a: Around) -> bool:
    """ "by 2000 shares", "in 1998 dollars", "from 1995 edition"."""
    return bool(_COUNT.match(a.after)) and a.value.isdigit()


_RULED = re.compile(
    r"\b(?:under|over|below|above|attain\w*|reach\w*|at\sleast|minimum|maximum|until|"
    r"retire\w*|majority|not\sless|"
    r"less\sthan|more\sthan|older\sthan|younger\sthan|persons?|children|minors?|anyone|"
    r"employees?|individuals?|"
    r"participants?|after|by|between|before)\b[^.;]{0,28}$",
    re.IGNORECASE,
)


def age_in_a_rule(a: Around) -> bool:
    """ "children under the age of 18", "upon attaining age 65", "not less than 21 years of age"."""
    if a.span.entity == "DATE_TIME" and not (a.value.endswith(" years") and a.after.startswith(" of age")):
        return False
    return bool(_RULED.search(a.before))
