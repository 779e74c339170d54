"""Conversations: several questions on one passage, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from synth.mine.document import Document
from synth.mine.wording import shuffled
from synth.samples import Message, Sample

#: Questions of a conversation, at least and at most.
LEAST, MOST = 2, 4

#: Questions that can follow others on the same passage, none of which gives another's answer away.
FROM = frozenset(
    "definitions holdings conditions consequences duties figures dates cloze_figure section_heading citations".split()
)


def conversations(document: Document, samples: Sequence[Sample]) -> Iterator[Sample]:
    """Two to four questions of different kinds on one passage as turns; the passage stands in the first."""
    by_passage: dict[tuple[int, int], list[Sample]] = {}
    for sample in samples:
        if sample.kind in FROM and "passage" in sample.meta:
            start, end = sample.meta["passage"]
            by_passage.setdefault((start, end), []).append(sample)
    for passage, group in by_passage.items():
        chosen = _different(shuffled(group, document.id, *passage, seed=document.seed))
        if len(chosen) >= LEAST:
            yield _joined(chosen)


def _different(group: Sequence[Sample]) -> list[Sample]:
    """One sample of each kind and of each piece of evidence."""
    chosen: list[Sample] = []
    for sample in group:
        spans = {span for other in chosen for span in other.evidence}
        if (
            len(chosen) < MOST
            and sample.kind not in {o.kind for o in chosen}
            and not spans & set(sample.evidence)
        ):
            chosen.append(sample)
    return chosen


def _joined(chosen: Sequence[Sample]) -> Sample:
    first, last = chosen[0], chosen[-1]
    turns = list(first.prompt)
    for before, sample in pairwise(chosen):
        turns += [Message("assistant", before.completion or ""), Message("user", sample.meta["question"])]
    evidence = tuple(span for sample in chosen for span in sample.evidence)
    shown = {name: first.meta[name] for name in ("passage", "shown")}
    meta = {"context": True, **shown, "of": [sample.kind for sample in chosen]}
    return replace(last, kind="conversations", prompt=tuple(turns), evidence=evidence, meta=meta)
