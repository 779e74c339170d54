"""Headings: of Markdown, of contracts and statutes by number, of opinions in capitals; alone or run into their text.

All patterns run on the first 240 characters of a block at most, so what they cost is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Words of a heading at most.
WORDS = 14

_KEYWORD = r"(?:ARTICLE|Article|SECTION|Section|Sec\.|PART|Part|CHAPTER|Chapter|§|Clause|CLAUSE)"
_NUMBER = r"(?:\d{1,4}[A-Z]?(?:[.\-]\d{1,4}[A-Z]?){0,4}|[IVXL]{1,6}|[A-Z](?=[.)]))"
_LABEL = re.compile(
    rf"(?P<keyword>{_KEYWORD})?\s{{0,4}}(?P<number>{_NUMBER})(?P<mark>[.):]|\s?[-–—]|,)?(?=\s|$)"
)
_MARKDOWN = re.compile(r"#{1,6}\s+")
_BOLD = re.compile(r"(?:\d{1,3}\.\s+)?(?:\*\*|__)(?P<title>[^*_\n]{3,90}?)(?:\*\*|__)[.:]?")
_TITLE = re.compile(
    r"\s*[-–—]*\s*(?P<title>[A-Z“\"][^.:;\n\t?!]{2,90}?)(?P<stop>[.:]|\s?[-–—]|\s{3,}|\t)\s*(?=[A-Z(“\"\[]|$)"
)
_CAPTION = re.compile(r"(?:FOR|OF) THE\b|UNITED STATES\b|ON (?:APPEAL|PETITION)|APPEALS? FROM|No\.")
_SMALL = frozenset(
    "a an and as at by for from in into nor of on or per the to under upon v vs with without not no".split()
)
_WORD = re.compile(r"[^\W\d_][\w'’]*")
_SENTENCE = re.compile(r"\b(?:shall|is|are|was|were|has|have|had|will|may|must|hereby)\b")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading's words and number; `length` characters of its block belong to it."""

    title: str
    number: str | None
    length: int


def is_heading(line: str) -> bool:
    """Whether a line is a heading and nothing else."""
    return heading_of(line) is not None


def heading_of(line: str) -> Heading | None:
    """The heading that a whole line is."""
    bare = _MARKDOWN.sub("", line).strip("*_ ")
    marked = bare != line.strip("*_ ")
    label = _LABEL.match(bare)
    if label and (
        marked or label["keyword"] or label["mark"] or "." in label["number"] or _plain_number(label, bare)
    ):
        title, number = bare[label.end() :].strip(" .-–—:*"), label["number"]
        if not title and label["keyword"]:
            return Heading("", number, len(line))
        if number.isalpha() and "," in title:  # a person's initial
            return None
    elif marked or (
        _capitals(bare) and not bare.endswith((",", ";")) and ": " not in bare and not _CAPTION.match(bare)
    ):
        title, number = bare.rstrip(" .:"), None
    else:
        return None
    words = title.split()
    if len(title) < 3 or not 0 < len(words) <= WORDS or ". " in title or words[-1].lower() in _SMALL:
        return None
    phrase = label is not None and label["keyword"] == "§" and not _SENTENCE.search(title)
    return Heading(title, number, len(line)) if marked or phrase or _titled(title) else None


def _plain_number(label: re.Match[str], line: str) -> bool:
    """Whether "3  Compensation" is meant, and neither a street's number nor a footnote's."""
    rest = line[label.end() :].strip()
    return len(label["number"]) < 3 and not re.search(r"[,.\d]", rest) and _titled(rest)


def run_in(text: str) -> Heading | None:
    """The heading that a paragraph begins with: "5.2 Insurance. The Borrower shall …"."""
    bold = _BOLD.match(text)
    if bold and len(text) > bold.end() and len(bold["title"].split()) <= WORDS and bold["title"][0].isupper():
        title = bold["title"].strip(" .:")
        return Heading(title, None, _past_spaces(text, bold.end())) if len(title) > 2 else None
    label = _LABEL.match(text)
    if not label or not (label["keyword"] or label["mark"] or "." in label["number"]):
        return None
    title_ = _TITLE.match(text, label.end())
    if (
        not title_
        or not _titled(title_["title"])
        or len(title_["title"].split()) > 9
        or title_.end() >= len(text)
    ):
        return None
    return Heading(title_["title"].strip(" ,"), label["number"], title_.end())


def _past_spaces(text: str, at: int) -> int:
    return at + len(text[at:]) - len(text[at:].lstrip(" \t\n—–-"))


def _titled(title: str) -> bool:
    """Whether words are set as a title: each but small ones with a capital, and no verb of a sentence."""
    words = _WORD.findall(title)
    if not words or (not title[0].isupper() and title[0] not in '“"'):
        return False
    if _SENTENCE.search(title):
        return False
    large = [word for word in words if word.lower() not in _SMALL]
    return bool(large) and all(word[0].isupper() for word in large)


def _capitals(title: str) -> bool:
    letters = [c for c in title if c.isalpha()]
    return len(letters) >= 4 and len(title) <= 80 and sum(c.isupper() for c in letters) > 0.9 * len(letters)
