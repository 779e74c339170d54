"""From the labels of tokens to spans of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from curate.kernels.name_tokens import END, START, Tokens
from curate.pii.names.model import Tagger
from curate.pii.spans import Span, united

Tagged = tuple[Tagger, NDArray[np.int8], NDArray[np.float32], Mapping[str, str]]


def runs(tags: NDArray[np.int8]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """First token, end and entity number of each run of labels."""
    first = np.flatnonzero(tags % 2 == 1)
    inside = (tags % 2 == 0) & (tags > 0)
    breaks = np.flatnonzero(~inside)
    after = np.searchsorted(breaks, first, side="right")
    ends = np.append(breaks, len(tags))[after]
    return first, ends, (tags[first].astype(np.int64) - 1) // 2


def overruled(
    names: Tagger,
    tags: NDArray[np.int8],
    masks: Tagger,
    others: NDArray[np.int8],
    kind: str,
    keep: str = "PERSON",
) -> None:
    """Take out of `tags` the runs, but those of `keep`, that touch a run of `kind` in `others`."""
    number = masks.entities.index(kind)
    struck = (others == 2 * number + 1) | (others == 2 * number + 2)
    before = np.concatenate(([0], np.cumsum(struck)))
    for first, end, entity in zip(*runs(tags)):
        if names.entities[entity] != keep and before[end] > before[first]:
            tags[first:end] = 0


def found(tokens: Tokens, layers: Sequence[Tagged], demonyms: NDArray[np.bool_]) -> list[list[Span]]:
    """The spans of each text, those that overlap made one.

    What a layer calls MISC and is to be NRP is so only where `demonyms` is true of its tokens.
    """
    out: list[list[Span]] = [[] for _ in range(len(tokens.texts) - 1)]
    for tagger, tags, sure, keep in layers:
        firsts, ends, entities = runs(tags)
        texts = np.searchsorted(tokens.texts, firsts, side="right") - 1
        starts, stops = tokens.rows[firsts, START].tolist(), tokens.rows[ends - 1, END].tolist()
        scores = _least(sure, firsts, ends).tolist()
        spans = zip(firsts.tolist(), ends.tolist(), entities.tolist(), texts.tolist(), starts, stops, scores)
        for first, end, entity, text, start, stop, score in spans:
            kind = keep.get(tagger.entities[entity])
            if kind is None or (kind == "NRP" and not demonyms[first:end].all()):
                continue
            out[text].append(Span(start, stop, kind, round(score, 3), "names"))
    return [united(spans) for spans in out]


def _least(
    sure: NDArray[np.float32], firsts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The least posterior of each run."""
    if not len(firsts):
        return np.zeros(0, np.float32)
    borders = np.column_stack((firsts, ends)).ravel()
    return np.asarray(np.minimum.reduceat(np.append(sure, np.float32(1)), borders)[::2])
