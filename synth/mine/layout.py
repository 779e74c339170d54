"""A text as blocks: paragraphs and headings, with their exact offsets, whatever the text was printed like.

Court opinions put a blank line between any two lines and a page number between two halves of a sentence; contracts
wrap at 80 columns, with headings that run into their text; statutes are Markdown; regulations have a paragraph a line.
How lines belong together is judged once for a document (`_Manner`), then line by line. What only furnishes a page
(its number, rules, `<PAGE>`) belongs to no block, and the block behind it is `torn` where it cuts a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from synth.mine.headings import Heading, heading_of, is_heading, run_in

#: Longer lines are paragraphs of their own in documents that have many of them.
WRAPPED = 130
#: Blank lines that may stand within a paragraph of double-spaced print.
SPACED = 2

_FURNITURE = re.compile(
    r"[-–—*\s\[(]*(?:page\s+)?(?:\d{1,4}|[ivxl]{1,6})(?:\s+(?:of|/)\s+\d{1,4})?[-–—*\s\])]*"
    r"|</?[A-Z]{1,10}>|[-_=*~.·•\s|+]+|Source: .{1,120}",
    re.IGNORECASE,
)
_MARKER = re.compile(r"(?:\*\*)?[(\[]?(?:[a-zA-Z]|\d{1,3}|[ivxIVX]{1,5})[)\].](?:\*\*)?")
_NEW = re.compile(
    r"(?:[(\[](?:[a-zA-Z]|\d{1,3}|[ivxIVX]{1,5})[)\]]|\d{1,3}(?:\.\d{1,3}){0,4}[.)]?\s|[-*•·]\s|§|[QA][.:]\s"
    r"|[A-Z][A-Z .]{3,40}:\s)"
)
_ENDS = re.compile(r"[.?!:;][\"”’')\]*]{0,4}\d{0,2}$")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a heading at the characters [start, end); `body` is where the text behind a heading begins."""

    start: int
    end: int
    torn: bool = False
    heading: Heading | None = None

    @property
    def body(self) -> int:
        return self.start if self.heading is None else self.start + self.heading.length


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    indent: int
    blanks: int  # blank lines before it
    broken: bool  # page furniture before it


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a document is set: its paragraphs wrapped over lines, its lines double-spaced, its usual indent."""

    wrapped: bool
    double: bool
    indent: int


def blocks(text: str) -> list[Block]:
    """The blocks of `text` in order, not overlapping; what is on no block is space or furniture."""
    lines = list(_lines(text))
    if not lines:
        return []
    manner = _manner(text, lines)
    found: list[Block] = []
    first = last = lines[0]
    whole = _stands_alone(text, lines[0])
    for line in lines[1:]:
        alone = _stands_alone(text, line)
        if not alone and not whole and _continues(text, last, line, manner):
            last = line
            continue
        found.append(_block(text, first, last, found, manner))
        first, last, whole = line, line, alone
    found.append(_block(text, first, last, found, manner))
    return found


def _lines(text: str) -> Iterator[_Line]:
    """The lines that hold text."""
    blanks, broken, at = 0, False, 0
    for raw in text.split("\n"):
        start, at = at, at + len(raw) + 1
        stripped = raw.strip()
        if not stripped:
            blanks += 1
        elif len(stripped) <= 140 and _FURNITURE.fullmatch(stripped):
            broken = True
        else:
            indent = len(raw) - len(raw.lstrip())
            yield _Line(start + indent, start + indent + len(stripped), indent, blanks, broken)
            blanks, broken = 0, False


def _manner(text: str, lines: list[_Line]) -> _Manner:
    close = apart = 0
    for before, line in pairwise(lines):
        if before.end - before.start >= 40 and text[line.start].islower() and not _ends(text, before):
            close += line.blanks == 0
            apart += 0 < line.blanks <= SPACED
    lengths = sorted(line.end - line.start for line in lines)
    indents = sorted(line.indent for line in lines if line.end - line.start >= 40) or [0]
    wrapped = lengths[len(lengths) * 9 // 10] <= WRAPPED
    return _Manner(wrapped, apart > close and apart >= 5, indents[len(indents) // 3])


def _ends(text: str, line: _Line) -> bool:
    return _ENDS.search(text, max(line.start, line.end - 8), line.end) is not None


def _stands_alone(text: str, line: _Line) -> bool:
    return line.end - line.start <= 120 and is_heading(text[line.start : line.end])


def _continues(text: str, before: _Line, line: _Line, manner: _Manner) -> bool:
    """Whether `line` goes on with the paragraph of `before`, neither being a heading."""
    if line.broken:
        return False
    if _MARKER.fullmatch(text, before.start, before.end) and line.blanks <= SPACED + 2:
        return True
    lower, ends = text[line.start].islower(), _ends(text, before)
    if line.blanks:
        if line.blanks > SPACED:
            return False
        if manner.double:
            return not (line.indent > manner.indent + 3 or (ends and _NEW.match(text, line.start, line.end)))
        return lower and not ends
    if not manner.wrapped:
        return (
            not ends and (lower or before.end - before.start < WRAPPED) and not _NEW.match(text, line.start)
        )
    fresh = line.indent > before.indent + 2 or _NEW.match(text, line.start, line.end)
    return not (ends and fresh)


def _block(text: str, first: _Line, last: _Line, before: list[Block], manner: _Manner) -> Block:
    start, end = first.start, last.end
    torn = bool(first.broken and before) and (
        not _ENDS.search(text, max(0, before[-1].end - 8), before[-1].end)
        # In double-spaced print a footnote may stand between the halves; what begins a paragraph is set in.
        or (manner.double and first.indent <= manner.indent + 2)
    )
    line = text[start : min(end, start + 240)]
    found = heading_of(line) if first is last and end - start <= 120 else None
    return Block(start, end, torn and not found, found or run_in(line))
