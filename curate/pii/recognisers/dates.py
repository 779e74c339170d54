"""Dates in words, dates of birth, ages. English; Presidio's own recogniser has the dates in figures."""

from __future__ import annotations

from curate.pii.recognisers.labelled import Rule

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_SHORT = r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
MONTH = rf"(?:{_MONTHS}|{_MONTHS.upper()}|(?:{_SHORT})\b\.?|(?:{_SHORT.upper()})\b\.?)"
_ORDINAL = (
    r"(?i:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|"
    r"fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty-first|twenty-second|twenty-third|"
    r"twenty-fourth|twenty-fifth|twenty-sixth|twenty-seventh|twenty-eighth|twenty-ninth|thirtieth|thirty-first)"
)
DAY = r"(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?"
YEAR = r"(?:1[789]|20)[0-9][0-9]"
_OF = r"\s{1,3}(?:(?i:day)\s{1,2})?(?:(?i:of)\s{1,2})?"
DAY_FIRST = rf"(?:{DAY}|{_ORDINAL}){_OF}{MONTH},?(?:\s{{1,3}}{YEAR})?"
MONTH_FIRST = rf"{MONTH}\s{{1,3}}{DAY}(?:,?\s{{1,3}}{YEAR})?"
FIGURES = r"[0-9]{1,4}[/.\-][0-9]{1,2}[/.\-][0-9]{2,4}"
ANY = rf"(?:{DAY_FIRST}|{MONTH_FIRST}|{FIGURES}|{MONTH},?\s{{1,2}}{YEAR}|{YEAR})"

_BORN = (
    r"(?i:born)(?:,?\s{1,2}(?:in|at)\s{1,2}[A-Z][\w.,'’ \-]{1,40}?)?(?:,?\s{1,2}(?:on|in))?"
    r"\s{1,2}(?:the\s{1,2})?"
)
_LABEL = (
    r"(?i:date\s{1,2}of\s{1,2}birth|birth\s?date|d\.\s?o\.\s?b\.?|dob|birthday)(?:\s{1,2}(?:is|was|of|on))?"
)

RULES = (
    Rule("DATE_OF_BIRTH", "born on", rf"\b{_BORN}(?P<value>{ANY})(?!\w)", 0.9),
    Rule(
        "DATE_OF_BIRTH",
        "date of birth",
        rf"\b{_LABEL}\s{{0,3}}[:.,=\-–]{{0,2}}\s{{0,4}}(?P<value>{ANY})(?!\w)",
        0.9,
    ),
    Rule("DATE_TIME", "day month year", rf"(?<![\w.]){DAY_FIRST}(?!\w)", 0.8),
    Rule("DATE_TIME", "month day year", rf"\b{MONTH_FIRST}(?![\w])", 0.8),
    Rule("DATE_TIME", "month year", rf"\b{MONTH},?\s{{1,3}}(?:of\s)?{YEAR}(?!\w)", 0.8),
    Rule(
        "DATE_TIME",
        "year",
        r"\b(?i:in|since|until|till|before|after|during|by|from|early|late|mid|year|end\sof|beginning\sof|"
        r"spring\sof|summer\sof|autumn\sof|winter\sof|between)(?:\s|-)(?:the\syear\s)?"
        r"(?P<value>(?:1[89]|20)[0-9][0-9])(?![\w,.]?[0-9])(?!\w)",
        0.5,
    ),
    Rule(
        "AGE",
        "aged",
        r"\b(?i:aged|age|age\sof|ages)(?:\s|:\s?)(?:about\s)?(?P<value>[0-9]{1,3})(?![\w.]|\sof)",
        0.6,
    ),
    Rule(
        "AGE",
        "years old",
        r"\b(?P<value>[0-9]{1,3}|[a-z]{3,7}(?:-[a-z]{3,5})?)[\s\-](?:years?|yrs?\.?)[\s\-](?:old|of\sage)\b",
        0.6,
    ),
)
