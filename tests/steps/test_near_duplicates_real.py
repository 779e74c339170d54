"""Near-duplicates on real text: against brute force on law, and on sets whose duplicates people have marked."""

from __future__ import annotations

import gzip
import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from curate.kernels.minhash import shingle_sets
from curate.steps.near_duplicates import near_duplicates


def exact_pairs(frame: pl.DataFrame) -> dict[frozenset[str], float]:
    """All pairs that share a 5-gram, by the product of the matrix of documents and shingles with itself."""
    values, offsets = shingle_sets(frame["text"])
    _, columns = np.unique(values, return_inverse=True)
    matrix = csr_matrix((np.ones(len(values), np.int32), columns, offsets))
    sizes, ids = np.diff(offsets), frame["id"].to_list()
    common = (matrix @ matrix.T).tocoo()
    likeness = common.data / (sizes[common.row] + sizes[common.col] - common.data)
    return {
        frozenset((ids[i], ids[j])): float(s)
        for i, j, s in zip(common.row, common.col, likeness)
        if i < j and s >= 0.5
    }


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [0.7, 0.8])
def test_real_law_against_brute_force(real: Any, threshold: float) -> None:
    with gzip.open(real("legal/contracts_edgar.jsonl.gz")) as lines:
        records = [json.loads(line) for line in lines][:500]
    frame = pl.DataFrame({"id": [r["id"] for r in records], "text": [r["text"] for r in records]})
    pairs = exact_pairs(frame)
    outcome = near_duplicates(frame, threshold=threshold)
    kept = set(outcome.kept["id"])
    clear = [pair for pair, s in pairs.items() if s >= threshold + 0.05]
    assert len(clear) >= 40 and sum(not pair <= kept for pair in clear) >= 0.99 * len(clear)
    for gone, stays, likeness in outcome.dropped.select("id", "duplicate_of", "similarity").iter_rows():
        assert stays in kept and pairs[frozenset((gone, stays))] >= threshold
        assert abs(pairs[frozenset((gone, stays))] - likeness) < 1e-6


def test_planted_copies_of_news_are_found_and_nothing_else(real: Any) -> None:
    folder = real("dedup")
    with gzip.open(folder / "minhash_articles_1000.train.gz", "rt") as lines:
        rows = [line.rstrip("\n").partition(" ")[::2] for line in lines]
    truth = {
        frozenset(line.split()) for line in (folder / "minhash_articles_1000.truth").read_text().splitlines()
    }
    outcome = near_duplicates(pl.DataFrame(rows, schema=["id", "text"], orient="row"))
    assert {frozenset(pair) for pair in outcome.dropped.select("id", "duplicate_of").rows()} == truth


def test_paraphrases_are_not_taken(real: Any) -> None:
    with gzip.open(real("dedup/msr_paraphrase_train.txt.gz"), "rt", encoding="utf-8-sig") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines][1:]
    ids: dict[str, str] = {}
    pairs = {tuple(ids.setdefault(t, str(len(ids))) for t in row[3:5]) for row in rows if row[0] == "1"}
    outcome = near_duplicates(pl.DataFrame({"id": list(ids.values()), "text": list(ids)}))
    stays = {i: i for i in ids.values()} | dict(outcome.dropped.select("id", "duplicate_of").iter_rows())
    taken = sum(stays[a] == stays[b] and a != b for a, b in pairs)
    assert 0 < taken < 0.02 * len(pairs)
