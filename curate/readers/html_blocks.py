"""An HTML tree as the list of its text blocks, as a browser would lay them out, nothing judged yet.

Headings, paragraphs, list items (with the marks a browser would show), table rows, `<pre>`; each with the
evidence by which `html_main` tells main text from the furniture around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from curate.readers.html_marks import first_number, numeral

#: Elements that begin and end a block; every other element is inline.
BLOCK = frozenset(
    (
        "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
        "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre "
        "section summary table tbody td tfoot th thead tr ul listing plaintext xmp"
    ).split()
)
#: Elements whose text a reader of the page never sees, or that are controls.
SKIP = frozenset(
    (
        "script style head template noscript iframe svg object embed canvas audio video map select option "
        "button input textarea datalist applet frameset noframes progress meter"
    ).split()
)
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_VERBATIM = frozenset(("pre", "listing", "xmp", "plaintext"))

# Signs inside a block that is being written; `decode` leaves no control characters in a page.
_BREAK, _SUP, _END_SUP = "\x00", "\x01", "\x02"
_SIGNS = re.compile("[\x00-\x02]")
#: A raised number after a word or a stop is a footnote's; after a unit ("m2") or a number it is a power.
_NOTE = re.compile(r"(\w{4}|[^\w\s])\x01\s*\[?(\d{1,3})\]?\s*\x02")

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_MARK = re.compile(r"\(?[0-9a-zA-Z]{1,5}[.)]|[•·▪■◦–—*§-]|\*{1,3}|\d{1,3}|\[\d{1,3}\]")
_GLUE_AFTER = frozenset("$€£¥(")
_GLUE_BEFORE = re.compile(r"[)%]+\*?")


@dataclass(slots=True, eq=False)
class Block:
    """One block of text. `group` names the list, table or other element within which neighbours stand on
    adjoining lines; `linked` counts characters in links that lead away; `within` are the block elements
    around it, outermost first; `furniture` says why the mark-up itself calls it furniture ("" if not)."""

    text: str
    kind: str  # "heading", "paragraph", "item", "row", "pre"
    group: Any
    linked: int
    within: tuple[Any, ...]
    furniture: str = ""


@dataclass(slots=True)
class _Row:
    first: int
    cells: list[int] = field(default_factory=list)


class Layout:
    """One walk over a tree; `blocks` is what it found."""

    def __init__(self, judge: Any):
        self.blocks: list[Block] = []
        self.judge = judge  # element -> why its mark-up calls it furniture, or ""
        self.path: list[Any] = []
        self.reasons: list[str] = [""]
        self.kinds: list[str] = ["paragraph"]
        self.groups: list[Any] = [None]
        self.parts: list[str] = []
        self.linked = 0
        self.links = 0  # depth of <a href>
        self.verbatim = 0  # depth of <pre>
        self.marks: list[str] = []
        self.numbers: list[int] = []
        self.rows: list[_Row] = []

    def text(self, text: str | None) -> None:
        if text:
            self.parts.append(text)
            if self.links:
                self.linked += len(text.strip())

    def flush(self) -> None:
        """End the block that is being written."""
        if not self.parts:
            return
        raw = "".join(self.parts)
        linked, self.linked = self.linked, 0
        self.parts.clear()
        text = _verbatim(raw) if self.verbatim else _collapsed(raw)
        if not text:
            return
        kind = "pre" if self.verbatim else self.kinds[-1]
        if self.marks and self.marks[-1] and not self.verbatim:
            text = f"{self.marks[-1]} {text}"
        if self.marks:
            self.marks[-1] = ""
        self.blocks.append(Block(text, kind, self.groups[-1], linked, tuple(self.path), self.reasons[-1]))

    def open(self, element: Any, tag: str) -> None:
        if tag == "br":
            self.parts.append("\n" if self.verbatim else _BREAK)
        elif tag == "a" and _leads_away(element):
            self.links += 1
        elif tag == "sup":
            self.parts.append(_SUP)
        elif tag in BLOCK:
            self._open_block(element, tag)

    def _open_block(self, element: Any, tag: str) -> None:
        self.flush()
        self.path.append(element)
        self.reasons.append(self.reasons[-1] or self.judge(element, tag))
        self.kinds.append(_kind(tag, self.kinds[-1]))
        outer = self.groups[-1]
        self.groups.append(element if tag in ("table", "ul", "ol", "dl", "menu") and outer is None else outer)
        if tag in _VERBATIM:
            self.verbatim += 1
        elif tag in ("ol", "ul", "menu", "dir"):
            self.numbers.append(first_number(element) if tag == "ol" else -1)
        elif tag == "li":
            self.marks.append(self._mark(element))
        elif tag == "tr":
            self.rows.append(_Row(len(self.blocks)))
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].cells.append(len(self.blocks))
        elif tag == "table":
            self.marks.append("")

    def close(self, element: Any, tag: str) -> None:
        if tag == "a" and _leads_away(element):
            self.links -= 1
        elif tag == "sup":
            self.parts.append(_END_SUP)
        elif tag in BLOCK:
            self._close_block(tag)

    def _close_block(self, tag: str) -> None:
        self.flush()
        if tag in _VERBATIM:
            self.verbatim -= 1
        elif tag in ("ol", "ul", "menu", "dir"):
            self.numbers.pop()
        elif tag in ("li", "table"):
            self.marks.pop()
        elif tag == "tr":
            self._end_row()
        self.groups.pop()
        self.kinds.pop()
        self.reasons.pop()
        self.path.pop()

    def _mark(self, item: Any) -> str:
        """What a browser shows before a list item: "-" for a bullet, "2." or "b." for a number."""
        if not self.numbers or self.numbers[-1] < 0:
            return "-"
        value = item.get("value") or ""
        number = int(value) if value.isdecimal() else self.numbers[-1]
        self.numbers[-1] = number + 1
        style = item.getparent().get("type") or "1"
        return f"{numeral(number, style)}."

    def _end_row(self) -> None:
        """Put a row's cells on one line if each is one block at most (else it is layout, and they stay)."""
        row = self.rows.pop()
        ends = [*row.cells[1:], len(self.blocks)]
        spans = [end - start for start, end in zip(row.cells, ends)]
        found = self.blocks[row.first :]
        if len(found) < 2 or any(n > 1 for n in spans) or any(b.kind in ("row", "pre") for b in found):
            return
        first = found[0]
        line = _line([" ".join(block.text.split()) for block in found])
        linked = sum(block.linked for block in found)
        self.blocks[row.first :] = [
            Block(line, "row", first.group, linked, first.within[: len(self.path)], first.furniture)
        ]


def blocks(root: Any, judge: Any) -> list[Block]:
    """The blocks of an lxml HTML tree in document order; `judge(element, tag)` gives a block element's
    `furniture`, which its descendants inherit."""
    from lxml import etree

    layout = Layout(judge)
    walk = etree.iterwalk(root, events=("start", "end"))
    hidden: Any = None
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if not isinstance(tag, str) or tag in SKIP or _hidden(element):
                hidden = element
                walk.skip_subtree()
                continue
            layout.open(element, tag)
            layout.text(element.text)
        else:
            if element is hidden:
                hidden = None
            elif isinstance(tag, str):
                layout.close(element, tag)
            if element is not root:
                layout.text(element.tail)
    layout.flush()
    return layout.blocks


def joined(chosen: list[Block]) -> str:
    """The text of blocks: a blank line between them, none within one list or table."""
    parts: list[str] = []
    before: Block | None = None
    for block in chosen:
        if before is not None:
            together = block.group is not None and block.group is before.group
            together = together and {block.kind, before.kind} <= {"item", "row"}
            parts.append("\n" if together else "\n\n")
        parts.append(block.text)
        before = block
    return "".join(parts)


def _leads_away(link: Any) -> bool:
    """A link within the page (a table of contents, a footnote) says nothing against its text."""
    href = link.get("href")
    return bool(href) and not href.startswith("#")


def _hidden(element: Any) -> bool:
    style = element.get("style")
    return element.get("hidden") is not None or bool(style and _HIDDEN.search(style))


def _kind(tag: str, outer: str) -> str:
    if tag in HEADINGS:
        return "heading"
    if tag in ("li", "dd", "dt"):
        return "item"
    return "paragraph" if tag in ("td", "th", "table") or outer == "heading" else outer


def _collapsed(raw: str) -> str:
    """White space as HTML collapses it; a line break stays one, a footnote's number is set in brackets."""
    if _SUP in raw:
        raw = _NOTE.sub(r"\1[\2]", raw).replace(_SUP, "").replace(_END_SUP, "")
    lines = (" ".join(line.split()) for line in raw.split(_BREAK))
    return "\n".join(line for line in lines if line)


def _verbatim(raw: str) -> str:
    lines = [line.rstrip() for line in _SIGNS.sub("", raw).replace("\r\n", "\n").split("\n")]
    return "\n".join(lines).strip("\n") if any(lines) else ""


def _line(cells: list[str]) -> str:
    """A row's cells on one line: a mark or a currency sign stands at its text, " | " between the rest."""
    line = cells[0]
    last = cells[0]
    for cell in cells[1:]:
        if last in _GLUE_AFTER or _GLUE_BEFORE.fullmatch(cell):
            line += cell
        elif line == last and len(cells) == 2 and _MARK.fullmatch(last):
            line += " " + cell
        else:
            line += " | " + cell
        last = cell
    return line
