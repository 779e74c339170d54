"""Numbers that law counts with: sections, reports, statutes, files, exhibits, sums of money, pages, tables.

Each rule says whether a finding is of its kind; its name is what the evidence counts it under.
"""

from __future__ import annotations

import re

from curate.pii.legal.around import CITED, LABEL, PART, STATUTE, Around

_MACHINE = re.compile(
    r"\b(?:ip|ipv4|ipv6|servers?|hosts?|gateway|router|subnet|dns|ping|network|from|"
    r"address(?:es)?)\b.{0,25}$",
    re.I | re.S,
)
_HEADED = re.compile(
    r"\.?\)?[ \t]{1,12}[\"“(\[]?[A-Z][a-z]|\.?\)?[ \t]{1,12}[\"“(]?[A-Z]{2,}\s[A-Z]{2,}|"
    r"\.{0,3}\s?\(?[a-z]\)|\s?\.{3}"
)
_REFERRED = re.compile(
    r"\s{0,2}(?:\([\w]{1,4}\)\s?){0,3}(?:above|below|hereof|hereto|herein|of\sthis|"
    r"of\sthe\s(?:Agreement|Code|Rules|Act|Plan|Lease|Credit))"
)
_SECTIONS = re.compile(
    r"[§\s]*\.?\d[\w.()]*(?:(?:,|;|\sand|\sor|\sto|\sthrough|\s?[-–])\s?§{0,2}\s?\d[\w.()]*)*"
)
_VERSION = re.compile(
    r"\b(?:version|ver\.?|v\.|release|build|firmware|software|update)\s{0,2}(?:no\.\s)?$", re.I
)


def section_number(a: Around) -> bool:
    """ "Section 8.2.3.1", "§§ 3.1.2.4 and 3.1.2.5", "8.2.3.1 Term" at a line's start; not "server at 8.2.3.1"."""
    if any(c.isalpha() for c in a.value):
        return False
    if PART.search(a.before.rstrip("0123456789.")) and a.before[-1:] != "\n":
        return True
    if _MACHINE.search(a.before):
        return False
    parts = re.split(r"[.\-/]", a.value)
    small = all(p.isdigit() and 0 < int(p) < 60 for p in parts)
    if not small:
        return False
    return bool(_REFERRED.match(a.after)) or (
        not a.line[0].strip(" \t#*>|-") and bool(_HEADED.match(a.after))
    )


def list_of_sections(a: Around) -> bool:
    """ "§§ 3.1.2.4 through 3.1.2.9", "Sections 8.2.3.1 and 8.2.3.2", all of them as one finding."""
    if a.value.isdigit() or not _SECTIONS.fullmatch(a.value):
        return False
    return a.value.startswith("§") or bool(
        PART.search(a.before.rstrip("0123456789.")) and a.before[-1:] != "\n"
    )


def version_number(a: Around) -> bool:
    """ "version 4.0.0.1" of a program."""
    return bool(_VERSION.search(a.before))


def colons(a: Around) -> bool:
    """ "ad::" and "12::": a colon doubled, read as an address of the sixth version."""
    return "::" in a.value and len(re.findall(r"[0-9A-Fa-f]+", a.value)) < 3


def reporter_citation(a: Around) -> bool:
    """ "410 U.S. 113, 152-153", "1998 WL 123456789"."""
    return a.within(CITED, 45)


_VOLUME = re.compile(r"\d{1,4}\s{1,2}[A-Z][\w.'’]*(?:\s{1,2}[A-Z][\w.'’]*){0,3}")
_PAGE = re.compile(
    r"\.?\s{0,2}(?:2d|3d|[4-9]th),?\s{1,2}(?:at\s)?\d|\.\s{1,2}\d{1,4}(?:,\s\d{1,4})?\s\([^()\n]{0,30}(?:1[6-9]|20)\d\d\)"
)


def volume_and_page(a: Around) -> bool:
    """ "648 Mer. 3d 56" of any series of reports, read as a house and its street."""
    return bool(_VOLUME.fullmatch(a.value) and _PAGE.match(a.after))


_MONTH = re.compile(
    r"\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)\.?(?:\s\d{1,2},)?\s{1,2}$|\b(?:[Ii]n|[Ss]ince|[Dd]uring)\s{1,2}$"
)
_BUSINESS = re.compile(r"(?:\s[A-Z][\w&'’\-]*){0,3},?\s(?:Inc|LLC|L\.L\.C|Ltd|Corp|Co|Company|L\.?P|LLP)\b")


_POSITION = re.compile(r"(?:bytes?|lines?|rows?|pages?|columns?|items?)\s\d")


def no_house(a: Around) -> bool:
    """ "In December 2019 Lantern Street Books agreed", "No. 21-1004", a blank line and "Lantern Street Books, Co.",
    "byte 33"."""
    if _POSITION.match(a.value):
        return True
    year = re.match(r"(?:1[89]|20)\d\d\s", a.value)
    apart = re.match(r"\S+\s*\n\s*\n", a.value)
    return bool(
        (year and _MONTH.search(a.before)) or (apart and (_BUSINESS.match(a.after) or _BARE.search(a.before)))
    )


def statute_number(a: Around) -> bool:
    """ "Pub. L. 104-191", "15 CFR 1002.5", "S. Rep. No. 95-1234567", "Directive 95/46/EC"."""
    return not LABEL.search(a.before) and bool(STATUTE.search(a.before))


_FILE = re.compile(
    r"\b(?:cases?|dockets?|dkts?\.?|causes?|index|civil(?:\saction)?|civ\.?(?:\saction)?|"
    r"criminal(?:\saction)?|crim\.|"
    r"cr\.|c\.a\.|cv|mdl|appeals?|applications?|appl\.|matters?|adversary|"
    r"adv\.(?:\sproc\.)?|bankr\.|misc\.|claims?|petitions?|"
    r"suits?|proceedings?|records?|indictment|complaint|court\sfile|(?:commission|sec)\sfile|files?|warrant|"
    r"hearing|grievance|arbitration|opinion|order|judgment|ruling|ref(?:erence)?\.?|our\sref\.?|your\sref\.?)"
    r"(?:\s{0,3}(?:nos?\b\.?|numbers?|\#|:))?[:.]?\s{0,3}(?:[\w:\-–/]{1,24}(?:,|;|\sand|\s&)\s{0,2}){0,6}$",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?:^|[\s(\[])Nos?\.\s{0,3}(?:[\w:\-–/]{1,20}(?:,|;|\sand|\s&)\s{0,3}){0,6}$", re.IGNORECASE
)
_DOCKET = re.compile(
    r"\d{1,2}:\d{2}-[A-Za-z]{2}-\d+|\d{2}-[A-Za-z]{1,4}-\d+|\d{3,5}/\d{2}|\d{2}-\d{2,5}(?:-[A-Za-z]+)?",
    re.IGNORECASE,
)


def docket_number(a: Around) -> bool:
    """ "No. 05-1234", "Case No. 123456789", "application no. 25929/05", read as a telephone, bank or licence number."""
    if LABEL.search(a.before):
        return False
    if (a.after[:1] in "/-–" and a.after[1:2].isalnum()) or re.search(r"\w[/\-–]$", a.before):
        return True  # cut out of a longer number
    return bool(_FILE.search(a.before) or _BARE.search(a.before) or _DOCKET.fullmatch(a.value))


_PAPER = re.compile(
    r"\b(?:exhibits?|exhs?\.?|ex\.|accession|cusip|isin|bates|registration(?:\sstatement)?|"
    r"reg\.|patents?|pat\.|"
    r"serial|ser\.|lots?|invoice|purchase\sorder|p\.?o\.|part|models?|catalogu?e?|parcel|"
    r"deed\sbook|book|vol(?:ume|\.)?|"
    r"contracts?|agreements?|polic(?:y|ies)|loans?|notes?|forms?|bills?|release|"
    r"doc(?:ument|\.)?s?|dkt\.?|ecf|entry|tr(?:anscript|\.)?|"
    r"r\.|rec\.|app\.|j\.?a\.|bulletin|permit|plan|plat|map|instrument|certificate|"
    r"standard|astm|iso|nasd|sic|"
    r"naics|acn|arbn|abn|irs\sform|appx?\.|box|binder|tab|batch|sku|upc|isbn|issn|oclc|doi|ticker|"
    r"trademark|application\sserial|series|"
    r"accounting\sstandards?|fas|sfas|fin|crd|central\sindex\skey|cik|duns)"
    r"\s{0,3}(?:nos?\b\.?|numbers?|\#|id)?[:.]?\s{0,3}(?:[\w\-–/,.]{1,20}(?:,|;|\sand|\s&|"
    r"\sto|\sthrough|\s?[-–])\s{0,3}){0,5}[#(]?$",
    re.IGNORECASE,
)
_ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}|0{1,3}[012]?\d?-\d{4,5}(?:-\d{2})?|33[34]-\d{4,6}(?:-\d{2})?")


def exhibit_number(a: Around) -> bool:
    """ "Exhibit A12345", "Commission File No. 001-12345", "CUSIP 123456789", "U.S. Patent No. 6,123,456"."""
    return not LABEL.search(a.before) and bool(_PAPER.search(a.before) or _ACCESSION.fullmatch(a.value))


_NUMBERED_PAPER = re.compile(
    r"\b(?:commission\sfile|registration\sstatement|purchase\sorder|invoice|policy|exhibits?|exhs?\.?|ex\.|patent|"
    r"bates|cusip|accession|bulletin|permit)\s{0,3}(?:nos?\b\.?|numbers?|\#)?[:.]?\s{0,3}$",
    re.IGNORECASE,
)


def numbered_paper(a: Around) -> bool:
    """ "Policy No. GL123456", "Commission File Number: 001-12345", read as a company or as a case."""
    letters = sum(c.isalpha() for c in a.value)
    return letters < 4 and any(c.isdigit() for c in a.value) and bool(_NUMBERED_PAPER.search(a.before))


def without_letters(a: Around) -> bool:
    """ "53182" of "67 Fed. Reg. 53182", read as a place."""
    return not any(c.isalpha() for c in a.value)


_MONEY = re.compile(
    r"(?:[$€£¥₤]|\b(?:USD?|EUR|GBP|CAD|AUD|Rs|DM|FRF|CHF|PLN|ITL|NOK|SEK|TRL?|HUF|CZK|RUB|"
    r"UAH|Euros?|dollars?|zlotys?)\.?)\s{0,2}[\d,.\s]{0,14}$",
    re.I,
)
_COUNTED = re.compile(
    r"[\d,.]{0,12}\s{0,2}(?:%|[Dd]ollars|DOLLARS|[Ss]hares|SHARES|per\s?cent|units|acres|"
    r"square|sq\.|feet|ft\b|miles|"
    r"km\b|kg\b|tons?|barrels|gallons|pounds|lbs|euros?|EUR|zlotys|PLN|votes|warrants|"
    r"options|bytes|words|copies|"
    r"common|preferred|million|billion|thousand|hours|BTU|kWh|MW\b|bbl|cubic)",
)


def amount(a: Around) -> bool:
    """ "$1250000000", "12345678 shares", "1,000,000,000 units"."""
    cut = bool(re.search(r"\d[,.]$", a.before)) or bool(re.match(r"[,.]\d", a.after))
    return cut or bool(
        _MONEY.search(a.before) or _COUNTED.match(a.after) or re.fullmatch(r"\d{1,3}(?:,\d{3})+", a.value)
    )


_PAGES = re.compile(
    r"(?:\b(?:pp?\.|pages?|lines?|ll?\.|nn?\.|at|id\.|tr\.|fol(?:io|\.)|"
    r"cols?\.)\s{0,2}(?:[\d:]+,\s?){0,3}|[:,]\s?\d{1,4}[-–])$",
    re.I,
)
_YEARS = re.compile(r"(?:1[89]|20)\d\d(?:\s?[-–/,]\s?(?:1[89]|20)?\d\d)+")


def page_range(a: Around) -> bool:
    """ "at 1234-5678", "pp. 1123-1145", "A. 164-65": two short numbers that nothing calls a telephone."""
    if re.fullmatch(r"\d{1,4}\s?[-–—]\s?\d{1,4}", a.value) and not LABEL.search(a.before):
        return True
    return (
        bool(_PAGES.search(a.before))
        and re.fullmatch(r"[\d\s\-–:,]+", a.value) is not None
        and not LABEL.search(a.before)
    )


def bare_number(a: Around) -> bool:
    """ "15 U.S.C. 1693", "59 DCR 1688": nine digits or fewer without space or sign, that nothing calls a telephone."""
    return a.value.isdigit() and len(a.value) < 10 and not LABEL.search(a.before)


def years(a: Around) -> bool:
    """ "1996-1997-1998" and "1998/1999" read as numbers."""
    return bool(_YEARS.fullmatch(a.value.strip()))


_PHONE_FORM = re.compile(r"\+\d|\(\d{2,5}\)\s?\d|(?:1[-. ])?\d{3}([-.])\d{3}\1\d{4}$")
_FIGURES = re.compile(r"(?<![\w])\(?[$€£]?\(?\d[\d,.]*\)?%?(?!\w)")


def table_of_figures(a: Around) -> bool:
    """A number among three or more others on a line that holds few letters."""
    if LABEL.search(a.before) or _PHONE_FORM.match(a.value):
        return False
    left, right = a.line
    if a.value.count("\n") > 1:
        return True
    rest = left[-70:] + " " + right[:70]
    letters = sum(c.isalpha() for c in rest)
    return len(_FIGURES.findall(rest)) >= 3 and letters < 12


# What a tagger of names finds is words as often as not, and dockets stand in lists: the rules for it.


def report(a: Around) -> bool:
    """ "1998 WL 123456789", read as a date."""
    return not any(c.islower() for c in a.value) and reporter_citation(a)


def number_of_a_law(a: Around) -> bool:
    """ "Directive 95/46/EC", "Regulation (EC) No 44/2001", read as a date or a docket; not "the 2004 Act. On 3 May"."""
    return not a.value.isdigit() and not any(c.islower() for c in a.value) and statute_number(a)


def pages(a: Around) -> bool:
    """ "Id. at 1234-1235", read as a date; not "1998-1999"."""
    return not a.value.isdigit() and not _YEARS.fullmatch(a.value) and page_range(a)


def figures(a: Around) -> bool:
    """ "345,678 1,234,567" in a table, read as a docket; not one of a list of dockets."""
    return re.search(r"\d,\d", a.value) is not None and table_of_figures(a)


_OWN_WORD = {
    "UK_NHS": re.compile(r"\bnhs\b|national\shealth", re.I),
    "US_SSN": re.compile(r"social\ssec|\bssn?\b|\bss\s?#|taxpayer|\btin\b|\bs\.s\.n", re.I),
    "US_PASSPORT": re.compile(r"passport|travel\sdocument", re.I),
    "US_DRIVER_LICENSE": re.compile(
        r"driver|driving|licen[cs]e\s?(?:no|num|#|id|:)|\bd\.?l\.?\b|operator'?s?\slicen", re.I
    ),
    "US_BANK_NUMBER": re.compile(r"\baccounts?\b(?!ing)|\bacct|\ba/c|\bbank\b|checking|savings|deposit", re.I),
    "US_ITIN": re.compile(r"\bitin\b|taxpayer|\btin\b|tax\s", re.I),
    "MEDICAL_LICENSE": re.compile(r"\bdea\b|medical|prescri|physician|doctor|registr", re.I),
}  # fmt: skip
_SSN_FORM = re.compile(r"\d{3}-\d{2}-\d{4}")


def without_its_word(a: Around) -> bool:
    """A number by length or check digit alone: 10 digits are no NHS number, 9 no passport, where nothing names one."""
    word = _OWN_WORD.get(a.span.entity)
    if word is None or (a.span.entity == "US_SSN" and _SSN_FORM.fullmatch(a.value)):
        return False
    return not word.search(a.before[-70:]) and not word.search(a.after[:25])


def within_a_word(a: Around) -> bool:
    """Cut out of a longer run of letters and digits, as "ab1234567" in a hash."""
    return a.before[-1:].isalnum() or a.after[:1].isalnum()
