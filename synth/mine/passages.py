"""Passages: a document cut along its own structure, each under a budget of tokens.

Sections are kept whole where they fit, short ones share a passage; a section that does not fit is parted between
paragraphs, a paragraph between sentences, and only a sentence that alone is too long between words. Tokens are those of
`curate.kernels.tokens` (words and symbols), counted for all pieces of a document in one call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from synth.mine.layout import blocks
from synth.mine.sentences import sentences
from synth.samples import Passage


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    opens: bool  # a heading stands at its beginning


def passages(
    document: str,
    text: str,
    *,
    source: str = "",
    title: str | None = None,
    budget: int = 400,
    least: int = 60,
) -> Iterator[Passage]:
    """`text` in passages of at most `budget` tokens; one closes before a heading if it has `least` tokens.

    Each `text[start:end]` is the passage's text; between passages lies only space or what furnishes a page.

    Raises:
        ValueError: `budget` is below 1.
    """
    if budget < 1:
        raise ValueError(f"budget must be 1 token or more, not {budget}")
    pieces = [_Piece(b.start, b.end, b.heading is not None) for b in blocks(text)]
    pieces = list(_parted(text, pieces, budget))
    counts = _tokens([text[piece.start : piece.end] for piece in pieces])
    # What furnishes a page between two pieces stands in the passage that has both.
    gaps = _tokens([text[a.end : b.start] for a, b in pairwise([_Piece(0, 0, False), *pieces])])
    start = end = size = 0
    for piece, count, gap in zip(pieces, counts, gaps, strict=True):
        if size and (size + gap + count > budget or (piece.opens and size >= least)):
            yield Passage(document, start, end, text[start:end], source, title)
            size = 0
        start = piece.start if not size else start
        end, size = piece.end, size + max(count, 1) + (gap if size else 0)
    if size:
        yield Passage(document, start, end, text[start:end], source, title)


def _parted(text: str, pieces: list[_Piece], budget: int) -> Iterator[_Piece]:
    """Pieces that fit: what is too long parted at sentences, then at words."""
    counts = _tokens([text[piece.start : piece.end] for piece in pieces])
    for piece, count in zip(pieces, counts, strict=True):
        if count <= budget:
            yield piece
            continue
        starts = [start for start, _ in sentences(text, piece.start, piece.end)]
        ends = [*starts[1:], piece.end]  # a footnote's number behind a sentence goes with it
        parts = [_Piece(a, a + len(text[a:b].rstrip()), False) for a, b in zip(starts, ends, strict=True)]
        parts[0] = _Piece(parts[0].start, parts[0].end, piece.opens)
        for part, size in zip(parts, _tokens([text[p.start : p.end] for p in parts]), strict=True):
            yield from [part] if size <= budget else _by_words(text, part, budget)


def _by_words(text: str, piece: _Piece, budget: int) -> Iterator[_Piece]:
    """A sentence in pieces of `budget` tokens at most, parted at spaces where there are any."""
    at = piece.start
    while at < piece.end:
        end = min(piece.end, _after_words(text, at, piece.end, budget))
        yield _Piece(at, end, piece.opens and at == piece.start)
        at = end
        while at < piece.end and text[at].isspace():
            at += 1


def _after_words(text: str, at: int, end: int, budget: int) -> int:
    """The end of what begins at `at` and has no more than `budget` tokens: found by halving."""
    low, high = at + 1, end
    while low < high:
        middle = (low + high + 1) // 2
        if _tokens([text[at:middle]])[0] <= budget:
            low = middle
        else:
            high = middle - 1
    space = max(text.rfind(" ", at, low), text.rfind("\n", at, low))
    return low if low == end or space <= at else space


def _tokens(texts: list[str]) -> list[int]:
    import polars as pl

    from curate.kernels.tokens import COUNTS, tokens

    if not texts:
        return []
    found: list[int] = tokens(pl.Series(texts, dtype=pl.String)).counts[:, COUNTS.index("tokens")].tolist()
    return found
