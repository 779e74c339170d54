"""Scores of detectors of private data: by entity, by token, and the measures of the Text Anonymization Benchmark.

Those of the benchmark (Pilán et al. 2022): an entity counts as masked only if every mention of it is, a mention only
if every word of it is, save articles, prepositions and conjunctions; precision is of words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from curate.pii.spans import Span

_WORD = re.compile(r"\w+")
_SMALL = frozenset("the a an of in at on by for to and or with from".split())
_ORDER = ("NO_MASK", "QUASI", "DIRECT")
Gold = tuple[int, int, str]


def masked(cases: Sequence[dict[str, Any]], found: Sequence[Sequence[Span]]) -> dict[str, Any]:
    """Entity-level recall by identifier type (and kind), and the precision of masked words, two ways."""
    hit: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    words = {"masked": 0, "in DIRECT or QUASI": 0, "in any annotation": 0}
    for case, spans in zip(cases, found):
        text = case["text"]
        covered, private, marked = (np.zeros(len(text) + 1, bool) for _ in range(3))
        for span in spans:
            covered[span.start : span.end] = True
        kinds, whole = {}, {}
        for entity in case["entities"]:
            start, end, key = entity["start_offset"], entity["end_offset"], entity["entity_id"]
            marked[start:end] = True
            private[start:end] |= entity["identifier_type"] != "NO_MASK"
            known = kinds.get(key, ("NO_MASK", ""))
            kinds[key] = max(
                known, (entity["identifier_type"], entity["entity_type"]), key=lambda k: _ORDER.index(k[0])
            )
            whole[key] = whole.get(key, True) and all(
                covered[a:b].all() for a, b in _weighty(text, start, end)
            )
        for key, (identifier, kind) in kinds.items():
            for cell in ((identifier, "all"), (identifier, kind)):
                hit[cell][0] += whole[key]
                hit[cell][1] += 1
        for word in _WORD.finditer(text):
            if covered[word.start() : word.end()].any():
                words["masked"] += 1
                words["in DIRECT or QUASI"] += bool(private[word.start() : word.end()].any())
                words["in any annotation"] += bool(marked[word.start() : word.end()].any())
    recall = {
        f"{a} {b}": {"recall": round(n / m, 4), "entities": m} for (a, b), (n, m) in sorted(hit.items())
    }
    share = {key: round(words[key] / max(1, words["masked"]), 4) for key in words if key != "masked"}
    return {"recall": recall, "precision": share, "words masked": words["masked"]}


def _weighty(text: str, start: int, end: int) -> list[tuple[int, int]]:
    words = [(m.start(), m.end()) for m in _WORD.finditer(text, start, end)]
    return [(a, b) for a, b in words if text[a:b].lower() not in _SMALL] or words


def by_entity(
    gold: Sequence[Sequence[Gold]], found: Sequence[Sequence[Span]], kinds: Sequence[str]
) -> dict[str, Any]:
    """Precision, recall and F1 of each kind, for spans that are equal and for spans that overlap."""
    return {kind: _pair(gold, found, kind) for kind in kinds}


def _pair(gold: Sequence[Sequence[Gold]], found: Sequence[Sequence[Span]], kind: str) -> dict[str, Any]:
    exact = touched = answered = known = told = 0
    for real, spans in zip(gold, found):
        a = [(start, end) for start, end, k in real if k == kind]
        b = [(span.start, span.end) for span in spans if span.entity == kind]
        exact += len(set(a) & set(b))
        touched += sum(any(s < y and x < e for x, y in b) for s, e in a)
        answered += sum(any(s < y and x < e for x, y in a) for s, e in b)
        known, told = known + len(a), told + len(b)
    return {
        "spans": known,
        "exact": _f1(exact, exact, told, known),
        "overlap": _f1(answered, touched, told, known),
    }


def _f1(right: int, hit: int, told: int, known: int) -> dict[str, float]:
    precision, recall = right / max(1, told), hit / max(1, known)
    both = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(both, 3)}


def by_token(
    texts: Sequence[str], gold: Sequence[Sequence[Gold]], found: Sequence[Sequence[Span]], typed: bool
) -> dict[str, float]:
    """Precision, recall and F2 of words and marks that are private data; `typed`: only under the right name."""
    right = told = known = 0
    for text, real, spans in zip(texts, gold, found):
        mine = dict(_tokens(text, [(s.start, s.end, s.entity) for s in spans]))
        true = dict(_tokens(text, real))
        told, known = told + len(mine), known + len(true)
        right += sum(1 for at, kind in mine.items() if at in true and (not typed or true[at] == kind))
    precision, recall = right / max(1, told), right / max(1, known)
    f2 = 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f2": round(f2, 3)}


def _tokens(text: str, spans: Sequence[Gold]) -> Iterator[tuple[int, str]]:
    for start, end, kind in spans:
        for token in re.finditer(r"\w+|[^\w\s]", text[start:end]):
            yield start + token.start(), kind
