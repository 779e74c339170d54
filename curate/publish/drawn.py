"""Sections of a kind (`curate.sections`) as Markdown for a card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curate.publish.markdown import plain
from curate.report import drawn


def markdown(sections: Sequence[dict[str, Any]], level: int = 2) -> str:
    """Sections under headings of `level`; whatever stands in them shows as text, on the Hub too."""
    return drawn.markdown(sections, level=level, plain=lambda words: plain(words, 2000))
