"""Lines of a PDF page put together to paragraphs, where the page shows that they are one.

The surest sign is what the typesetter did: a line was broken because the next word no longer fitted. Where it
would have fitted, the break was meant.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from curate.readers.pdf_lines import Line

#: In a document whose printer breaks words, more than this share of its lines end in a hyphen.
BREAKING_SHARE = 0.015
#: On a page in columns, the middling line takes less than this part of the width of the text.
COLUMN_WIDTH = 0.6

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HALF = re.compile(r"([^\W\d_]+)[-\u00ad\u2010]$")
_LEADERS = re.compile(r"(\.\s?){4,}\s*\S{0,8}$")
_MARK = re.compile(r"(\(?(\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d{1,3}(\.\d{1,3})+\.?|§|[•·▪■◦●–—*])\s+\S")
_ORDINAL = re.compile(r"\(?(\d{1,3}|[a-z])[.)]?\s+\S")
_SPEAKER = re.compile(r"[A-Z][A-Z.' ]{3,}:")
_GLUED = re.compile(r"\w[–—]$|—$|/$|\w@$")
_BULLET = re.compile(r"[•·▪■◦●]\s")
_NO_LETTER = re.compile(r"[\W_]+$")
_END = re.compile(r"[.:;?!][\"”’')\]]*$")


@dataclass(slots=True)
class Words:
    """The words of the whole document, by which a word broken at a line's end is put together; and whether
    its printer breaks words at all (else a hyphen at a line's end is the word's own)."""

    seen: Counter[str]
    breaks: bool

    @classmethod
    def of(cls, pages: list[list[Line]]) -> Words:
        seen: Counter[str] = Counter()
        lines = halves = 0
        for page in pages:
            for line in page:
                found = _WORD.findall(line.text.lower())
                half = bool(_HALF.search(line.text))
                seen.update(found[:-1] if half else found)
                lines, halves = lines + 1, halves + half
        return cls(seen, halves > BREAKING_SHARE * lines)

    def joined(self, before: str, after: str) -> str:
        """A line and the next, between them a space, nothing, or nothing instead of the first one's hyphen."""
        half, rest = _HALF.search(before), _WORD.match(after)
        if half is None:
            return before + after if _GLUED.search(before) else f"{before} {after}"
        if rest is None or not rest.group()[0].islower():
            return before + after
        first, second = half.group(1).lower(), rest.group().lower()
        hyphened, whole = self.seen[f"{first}-{second}"], self.seen[first + second]
        own = not self.breaks or (self.seen[first] and self.seen[second])
        keeps = hyphened > whole or (hyphened == whole and own)
        return before + after if keeps else before[:-1] + after


def text(page: list[Line], words: Words) -> str:
    """The page's text: a blank line between paragraphs, a line end where a line was ended on purpose."""
    out: list[str] = []
    current, first = "", 0
    share = 0.9 if _in_columns(page) else 1.0
    for i, line in enumerate(page):
        between = _between(page, i, share) if i else ""
        if between == " " and not _counts_on(page[first], line):
            current = words.joined(current, line.text)
        else:
            out += [current, "\n" if between == " " else between]
            current, first = line.text, i
    return "".join([*out, current])


def _in_columns(page: list[Line]) -> bool:
    """Whether the page is read in columns: its lines are narrow, and reading goes up again somewhere."""
    upright = [line for line in page if line.upright]
    if not any(line.bottom > before.top + 3 * line.size for before, line in pairwise(upright)):
        return False
    width = max(line.right for line in upright) - min(line.left for line in upright)
    return median(line.right - line.left for line in upright) < COLUMN_WIDTH * width


def _counts_on(first: Line, line: Line) -> bool:
    """Whether a line carries the number after that of the paragraph's first line, right below it."""
    marks = _ORDINAL.match(first.text), _ORDINAL.match(line.text)
    if not all(marks) or abs(first.left - line.left) > 0.7 * line.size:
        return False
    one, two = (mark.group(1) for mark in marks if mark)
    if one.isdecimal() and two.isdecimal():
        return int(two) == int(one) + 1
    return len(one) == len(two) == 1 and ord(two) == ord(one) + 1


def _between(page: list[Line], i: int, share: float) -> str:
    """What stands between line i - 1 and line i: " " (they are one), "\\n" (a line's end) or a blank line."""
    before, line = page[i - 1], page[i]
    if (
        not before.upright
        or not line.upright
        or abs(before.size - line.size) > 0.12 * max(before.size, line.size)
    ):
        return "\n\n"
    if line.bottom >= before.bottom:  # the next column
        goes_on = line.text[0].islower() and not _END.search(before.text)
        return " " if goes_on or _HALF.search(before.text) else "\n\n"
    if _is_gap(page, i) or _BULLET.match(line.text):
        return "\n\n"
    ended = bool(_END.search(before.text))
    if ended and _MARK.match(line.text):
        return "\n\n"
    fitted = _would_have_fitted(page, i, share)
    indent = line.left - before.left
    if (
        indent > 0.7 * line.size
        and not _hangs(before, line)
        and (ended or fitted or _SPEAKER.match(line.text))
    ):
        return "\n\n"
    if _LEADERS.search(before.text) or _NO_LETTER.match(before.text) or _NO_LETTER.match(line.text):
        return "\n"
    if fitted:
        return "\n"
    if indent < -0.7 * line.size and _MARK.match(line.text):
        return "\n\n"
    return " "


def _is_gap(page: list[Line], i: int) -> bool:
    """Whether the space above line i is wider than that around it."""
    own = page[i - 1].bottom - page[i].bottom
    above = page[i - 2].bottom - page[i - 1].bottom if i >= 2 else own
    below = page[i].bottom - page[i + 1].bottom if i + 1 < len(page) else own
    usual = min([gap for gap in (above, below, own) if gap > 0.5 * page[i].size], default=own)
    return own > 1.3 * usual and own > 1.3 * page[i].size


def _hangs(before: Line, line: Line) -> bool:
    """Whether a line is set in under the mark ("1.1", "(a)") of the line before."""
    return bool(_MARK.match(before.text)) and not _MARK.match(line.text)


def _would_have_fitted(page: list[Line], i: int, share: float) -> bool:
    """Whether the first word of line i would have had room at the end of line i - 1."""
    before, line = page[i - 1], page[i]
    letter = (line.right - line.left) / max(len(line.text), 1)
    word = len(line.text.split(maxsplit=1)[0])
    margin = _margin(page, i - 1, share)
    # Names that must not be torn ("K LLC") leave a little more room than their first word needs.
    slack = letter if _END.search(before.text) else max(2 * letter, 0.06 * (margin - before.left))
    return before.right + word * letter + slack < margin


def _margin(page: list[Line], i: int, share: float) -> float:
    """The right margin of the column in which line i stands: where the longest of its lines end (all but a
    tenth on a page in columns, where some line may go across them)."""
    line = page[i]
    ends = sorted(
        other.right
        for other in page[max(0, i - 40) : i + 41]
        if other.upright
        and min(other.right, line.right) - max(other.left, line.left) > 0.5 * (line.right - line.left)
    )
    return ends[int(share * (len(ends) - 1))] if ends else line.right
