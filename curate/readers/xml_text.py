"""The text of an XML tree in blocks, whatever its vocabulary.

Which elements are inline is learned from the document: an element that mostly stands among text is. Numbers
stand before what they number, a row's cells on one line, like leaves (sentences, items) on adjoining lines.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

#: Names whose nature is known, whatever their place in one document.
_INLINE = frozenset(
    (
        "a abbr acronym b big bold em emph emphasis hi i ins italic mark ref small smallcaps span strike strong sub "
        "sup tt u underline underscore xref"
    ).split()
)
_BLOCK = frozenset(
    (
        "p para paragraph section subsection chapter part article title heading head header list item li table row "
        "tr td th cell entry div body text content sentence num number label caption note block blockquote"
    ).split()
)
_NUMBERS = frozenset(("num", "number", "no", "enum", "label", "marker", "designator", "sectionnum", "secnum"))
_ROWS = frozenset(("row", "tr", "columnheaderrow"))
#: Leaves of the same name that are no paragraphs: they stand on adjoining lines.
_LINES = re.compile(
    r"sentence|s|item|li|row|tr|entry|line|l|catchphrase|keyword|toc\w*|columnheaderrow", re.I
)
_FOOTNOTES = frozenset(("footnote", "fn", "note"))
_BREAKS = frozenset(("br", "lb", "break"))

_BLANK_LINE = re.compile(r"[^\S\n]*\n\s*\n\s*")


@dataclass(slots=True)
class Piece:
    """A block of text and the local name of the element that holds it."""

    text: str
    name: str


def local(element: Any) -> str:
    """An element's name without its namespace, as written."""
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def inline_names(root: Any) -> frozenset[str]:
    """Lower-case names of the elements that are inline in this document."""
    among, alone = Counter[str](), Counter[str]()
    for element in root.iter():
        children = [child for child in element if isinstance(child.tag, str)]
        if not children:
            continue
        mixed = bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)
        (among if mixed else alone).update(local(child).lower() for child in children)
    learned = {name for name, n in among.items() if n > alone[name] and name not in _BLOCK}
    return frozenset(learned | _INLINE | _FOOTNOTES & set(among) | _BREAKS)


def text(root: Any, without: set[Any] | None = None) -> str:
    """The text below `root`, the elements in `without` left out."""
    layout = _Layout(inline_names(root), without or set())
    layout.element(root)
    layout.flush("")
    if layout.number:
        layout.pieces.append(Piece(layout.number, "num"))
    return _joined(layout.pieces)


class _Layout:
    def __init__(self, inline: frozenset[str], without: set[Any]):
        self.inline = inline
        self.without = without
        self.pieces: list[Piece] = []
        self.parts: list[str] = []
        self.number = ""

    def element(self, element: Any) -> None:
        """Take an element, without its tail."""
        if element in self.without or not isinstance(element.tag, str):
            return
        name = local(element).lower()
        if name in _BREAKS:
            self.parts.append("\n\n")
            self._content(element)  # an unclosed one holds the text that follows it
        elif name in self.inline:
            self._inline(element, name)
        elif name in _ROWS:
            self.flush("")
            self._row(element, name)
        else:
            self._block(element, name)

    def _inline(self, element: Any, name: str) -> None:
        footnote = name in _FOOTNOTES
        if footnote:
            self.parts.append(f" [{element.get('ref')}: " if element.get("ref") else " [")
        self._content(element)
        if footnote:
            self.parts.append("] ")

    def _block(self, element: Any, name: str) -> None:
        self.flush("")
        if name in _NUMBERS and not len(element):
            self._hold(" ".join((element.text or "").split()))
            return
        self._hold(" ".join((element.get("marker") or "").split()))
        first = len(self.pieces)
        self._content(element)
        self.flush(name)
        if len(self.pieces) == first + 1:
            self.pieces[first].name = name

    def _content(self, element: Any) -> None:
        self.parts.append(element.text or "")
        for child in element:
            self.element(child)
            self.parts.append(child.tail or "")

    def _hold(self, number: str) -> None:
        """Keep a number for the text that follows."""
        self.number = f"{self.number} {number}".strip()

    def _row(self, row: Any, name: str) -> None:
        cells = []
        for cell in row:
            inner = _Layout(self.inline, self.without)
            inner.element(cell)
            inner.flush("")
            cells.append(" ".join(" ".join(piece.text.split()) for piece in inner.pieces))
        if any(cells):
            self.pieces.append(Piece(" | ".join(cells), name))

    def flush(self, name: str) -> None:
        """End the block that is being written."""
        raw, self.parts = "".join(self.parts), []
        paragraphs = [" ".join(part.split()) for part in _BLANK_LINE.split(raw)]
        found = [part for part in paragraphs if part]
        if found and self.number:
            found[0], self.number = f"{self.number} {found[0]}", ""
        if found:
            self.pieces.append(Piece("\n".join(found), name))


def _joined(pieces: list[Piece]) -> str:
    parts: list[str] = []
    before = None
    for piece in pieces:
        if before is not None:
            together = piece.name == before.name and bool(_LINES.fullmatch(piece.name))
            parts.append("\n" if together else "\n\n")
        parts.append(piece.text)
        before = piece
    return "".join(parts)
