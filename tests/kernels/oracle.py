"""datatrove's four filters beside the twin that is given datatrove's own tokens and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import twin

from curate.steps.quality import limits

REPETITION = ("max_duplicate_", "max_top_")


def rules() -> dict[str, list[tuple[str, float]]]:
    """The rules of each of datatrove's filters, as names and thresholds."""
    gopher = [(rule.name, limit) for rule, limit in limits("gopher", {})]
    return {
        "Gopher quality": [r for r in gopher if not r[0].startswith(REPETITION)],
        "Gopher repetition": [r for r in gopher if r[0].startswith(REPETITION)],
        "C4": [(rule.name, limit) for rule, limit in limits("c4", {})],
        "FineWeb": [(rule.name, limit) for rule, limit in limits("fineweb", {})],
    }


@lru_cache(maxsize=1)
def filters() -> dict[str, Any]:
    from datatrove.pipeline import filters as block

    return {
        "Gopher quality": block.GopherQualityFilter(),
        "Gopher repetition": block.GopherRepetitionFilter(),
        "C4": block.C4QualityFilter(),
        "FineWeb": block.FineWebQualityFilter(),
    }


def datatrove_words(text: str) -> list[str]:
    from datatrove.utils.text import split_into_words

    return split_into_words(text)


def datatrove_sentences(line: str) -> list[str]:
    from datatrove.utils.text import split_into_sentences

    return split_into_sentences(line)


def datatrove_keeps(text: str) -> dict[str, bool]:
    """Whether each filter keeps the text; each sees it whole (C4's changes it for those behind)."""
    from datatrove.data import Document

    return {name: keep.filter(Document(text=text, id="0")) is True for name, keep in filters().items()}


def twin_keeps(text: str, **tokenisers: Any) -> dict[str, bool]:
    signals = twin.measure(text, **tokenisers)
    return {name: not twin.broken(signals, chosen) for name, chosen in rules().items()}


def verdicts(texts: Iterable[str]) -> Iterator[tuple[dict[str, bool], dict[str, bool]]]:
    """Per text what datatrove keeps, and what the twin keeps with datatrove's tokens."""
    for text in texts:
        yield (
            datatrove_keeps(text),
            twin_keeps(text, words=datatrove_words, sentences=datatrove_sentences),
        )
