"""What stands on PDF pages beside their text: running heads and feet, page numbers, stamps, line numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable

from curate.readers.pdf_lines import Line

#: A line is furniture if its like stands at the edge of this share of the pages, and on two at least.
EDGE_SHARE = 0.3
#: A stamp up the margin must stand at the same place on more of them.
PLACE_SHARE = 0.6
#: What differs by no more than this many points stands at the same height on its page.
SAME_HEIGHT = 6.0
#: Heads and feet stand in this outermost part of the paper's height, above and below.
EDGE_HEIGHT = 0.2
#: How many lines deep a head or foot may be.
EDGE_LINES = 8
#: A page whose lines carry at least this many consecutive numbers has numbered lines.
NUMBERED_LINES = 10

_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b(?=\W*$)", re.I)
_PAGE_NUMBER = re.compile(r"[-–—(\[ ]*(page\s*)?(\d{1,4}|[ivxl]{1,6})(\s*(of|/)\s*\d{1,4})?[-–—)\] ]*", re.I)
_LEADING = re.compile(r"(\d{1,2})(?:\s+(?=\S)|$)")

Pages = list[list[Line]]


def without_line_numbers(pages: Pages) -> tuple[Pages, int]:
    """The pages without the numbers before their lines (1 to 25 in a transcript), and how many there were."""
    numbered = [_numbered(page) for page in pages]
    busy = [i for i, page in enumerate(pages) if len(page) >= NUMBERED_LINES]
    if not busy or 2 * sum(bool(numbered[i]) for i in busy) < len(busy):
        return pages, 0
    return [_unnumbered(page, found) for page, found in zip(pages, numbered)], sum(map(len, numbered))


def _numbered(page: list[Line]) -> set[int]:
    """Indices of the lines that begin with 1, 2, 3 … down a page; empty if too few do."""
    found: list[int] = []
    for i, line in enumerate(page):
        match = _LEADING.match(line.text)
        if match and int(match.group(1)) == len(found) + 1:
            found.append(i)
    enough = len(found) >= NUMBERED_LINES and len(found) >= 0.6 * (found[-1] - found[0] + 1)
    return set(found) if enough else set()


def _unnumbered(page: list[Line], numbered: set[int]) -> list[Line]:
    kept = []
    for i, line in enumerate(page):
        if i not in numbered:
            kept.append(line)
        elif text := _LEADING.sub("", line.text, count=1):
            kept.append(Line(text, line.inner, line.bottom, line.right, line.top, line.inner))
    return kept


def without_furniture(pages: Pages, heights: list[float]) -> tuple[Pages, dict[str, int]]:
    """The pages without furniture, and what it was: a line, its numbers as "#", and how often it was removed.
    `heights` are those of the sheets, in points."""
    edges = [_edges(page, height) for page, height in zip(pages, heights)]
    stand: dict[str, list[float]] = defaultdict(list)
    for page, edge in zip(pages, edges):
        for i in (*edge[0], *edge[1]):
            stand[_key(page[i])].append(page[i].bottom)
    placed = Counter(key for page in pages for key in {_place(line) for line in page})
    enough = max(2, EDGE_SHARE * len(pages))
    everywhere = max(3, PLACE_SHARE * len(pages))
    removed: Counter[str] = Counter()
    kept_pages = []
    for number, (page, edge) in enumerate(zip(pages, edges), 1):

        def alike(line: Line, number: int = number) -> bool:
            near = sum(abs(height - line.bottom) <= SAME_HEIGHT for height in stand[_key(line)])
            return near >= enough or _PAGE_NUMBER.sub(r"\2", line.text) == str(number)

        gone = _at_edges(page, edge, alike)
        gone |= {i for i, x in enumerate(page) if not x.upright and placed[_place(x)] >= everywhere}
        removed.update(_key(page[i]) for i in gone)
        kept_pages.append([line for i, line in enumerate(page) if i not in gone])
    return kept_pages, dict(removed)


def _edges(page: list[Line], height: float) -> tuple[list[int], list[int]]:
    """Indices of the lines near the top of the paper and near its bottom, from the outermost inwards."""
    order = sorted((i for i in range(len(page)) if page[i].upright), key=lambda i: -page[i].bottom)
    head = [i for i in order if page[i].bottom > (1 - EDGE_HEIGHT) * height]
    foot = [i for i in reversed(order) if page[i].bottom < EDGE_HEIGHT * height]
    return head[:EDGE_LINES], foot[:EDGE_LINES]


def _at_edges(page: list[Line], edges: tuple[list[int], ...], alike: Callable[[Line], bool]) -> set[int]:
    """From each edge inwards, the lines whose like is at other pages' edges, up to the first that is not."""
    gone: set[int] = set()
    for edge in edges:
        for i in edge:
            if not alike(page[i]):
                break
            gone.add(i)
    return gone


def _key(line: Line) -> str:
    if _PAGE_NUMBER.fullmatch(line.text):
        return "#"
    return _DIGITS.sub("#", line.text)


def _place(line: Line) -> tuple[str, int, int]:
    return _key(line), round(line.left / 6), round(line.bottom / 6)
