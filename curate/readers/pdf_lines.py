"""The lines of a PDF page as they stand on the paper: text, place and size, in pdfium's reading order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

#: pdfium's sign for a hyphen at the end of a line whose other half follows.
_BROKEN_WORD = "\ufffe"
_NUMBERED = re.compile(r"\d{1,2}\s+(?=\S)")
_LINE = re.compile(f"[^\r\n{_BROKEN_WORD}]*{_BROKEN_WORD}?")


@dataclass(slots=True)
class Line:
    """One line: its text without outer spaces, its left, bottom, right and top in points from the page's lower
    left corner; `inner` is where its second word begins if the first is a number (a court transcript's lines
    are numbered), else `left`."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    inner: float = 0.0

    @property
    def size(self) -> float:
        return max(self.top - self.bottom, 1.0)

    @property
    def upright(self) -> bool:
        """False for text that runs up or down the page's edge."""
        return len(self.text) < 4 or self.right - self.left > self.top - self.bottom


def lines(textpage: Any) -> list[Line]:
    """The non-blank lines of a pypdfium2 text page; pieces that stand on one line are put together."""
    text = _characters(textpage).replace("\xa0", " ")
    found: list[Line] = []
    for match in _LINE.finditer(text):
        raw = match.group().rstrip()
        if not raw.strip(" " + _BROKEN_WORD):
            continue
        line = _line(textpage, raw, match.start())
        if found and (joint := _joint(found[-1], line, raw)) is not None:
            found[-1] = _together(found[-1], line, joint)
        else:
            found.append(line)
    return found


def _characters(textpage: Any) -> str:
    """The page's text, one Python character for each of pdfium's (its boxes are asked for by that index)."""
    text = textpage.get_text_range()
    count = textpage.count_chars()
    if len(text) == count:
        return text
    import pypdfium2.raw as pdfium

    return "".join(chr(pdfium.FPDFText_GetUnicode(textpage, i) or 32) for i in range(count))


def _line(textpage: Any, raw: str, start: int) -> Line:
    first = start + len(raw) - len(raw.lstrip())
    last = start + len(raw) - 1
    begin, middle, end = (textpage.get_charbox(i, loose=True) for i in (first, (first + last) // 2, last))
    left, right = min(begin[0], end[0]), max(begin[2], end[2])
    if last - first > 3 and abs(end[1] - begin[1]) > 2 * (right - left):  # it runs up or down
        bottom, top = min(begin[1], end[1]), max(begin[3], end[3])
    else:  # the tallest of three letters tells the size; a raised number or small capital does not
        _, bottom, _, top = max(begin, middle, end, key=lambda box: box[3] - box[1])
    text = raw.strip().replace(_BROKEN_WORD, "-")
    numbered = _NUMBERED.match(text)
    inner = textpage.get_charbox(first + numbered.end(), loose=True)[0] if numbered else left
    return Line(text, left, bottom, right, top, inner)


def _joint(before: Line, line: Line, raw: str) -> str | None:
    """What stands between two pieces of one line of print ("" or a space); None if they are two lines."""
    height = min(before.size, line.size)
    overlap = min(before.top, line.top) - max(before.bottom, line.bottom)
    gap = line.left - before.right
    if overlap < 0.5 * height or not -0.3 * height < gap < 3 * height:
        return None
    return " " if raw[0].isspace() or gap > 0.15 * height else ""


def _together(before: Line, line: Line, joint: str) -> Line:
    big = before if before.size >= line.size else line
    inner = line.left if before.text.isdecimal() else before.inner
    return Line(before.text + joint + line.text, before.left, big.bottom, line.right, big.top, inner)
