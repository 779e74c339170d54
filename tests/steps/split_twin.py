"""Documents that belong together, and what does by plain search."""

from __future__ import annotations

import itertools
import random
from typing import Any

import polars as pl

from curate.similar import groups as grouping
from curate.step import Corpus, Outcome, corpus_step
from curate.steps.split import split

HALVES = {"train": 0.5, "test": 0.5}
WORDS = [f"word{i}" for i in range(5000)]


def words(seed: int, n: int = 120) -> list[str]:
    """`n` words, others for every seed."""
    return random.Random(seed).choices(WORDS, k=n)


def edited(text: list[str], edits: int, seed: int) -> str:
    """`text` with `edits` words replaced, evenly spread."""
    out = list(text)
    for at in range(edits):
        out[(2 * at + 1) * len(out) // (2 * edits)] = f"edit{seed}x{at}"
    return " ".join(out)


def chains(families: int = 60, length: int = 6) -> pl.DataFrame:
    """Documents of which each is the one before with some words changed, in mixed order."""
    records = []
    for number in range(families):
        text, chance = words(number), random.Random(number)
        for at in range(length):
            records.append({"id": f"{number}-{at}", "text": " ".join(text)})
            text = edited(text, chance.randint(1, 6), number * 100 + at).split()
    random.Random(5).shuffle(records)
    return pl.DataFrame(records)


def true_pairs(frame: pl.DataFrame, least: float) -> dict[tuple[str, str], float]:
    """All pairs of documents at least so similar, by brute force over sets of 5 words."""
    sets = {}
    for name, text in frame.select("id", "text").iter_rows():
        found = text.split()
        sets[name] = {tuple(found[i : i + 5]) for i in range(max(1, len(found) - 4))} if found else set()
    return {
        (a, b): likeness
        for a, b in itertools.combinations(sets, 2)
        if sets[a] and sets[b] and (likeness := len(sets[a] & sets[b]) / len(sets[a] | sets[b])) >= least
    }


def sides(outcome: Outcome) -> dict[str, str]:
    """The split of every document."""
    return dict(outcome.kept.select("id", "split").iter_rows())


def groups(ids: list[str], edges: Any) -> int:
    """How many groups there are, by plain search."""
    label = {name: name for name in ids}
    for a, b in edges:
        old, new = label[b], label[a]
        label = {name: new if group == old else group for name, group in label.items()}
    return len(set(label.values()))


@corpus_step(adds={"split": pl.String})
def leaky() -> Corpus:
    """`split`, but for groups that miss most of what belongs together."""
    recall = grouping.RECALL
    try:
        grouping.RECALL = 0.3
        return split.func(fractions=HALVES, threshold=0.8)
    finally:
        grouping.RECALL = recall
