"""Legal and general text as it is: nothing lost, rows full, shares held."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from train.data.dataset import Part, packed
from train.data.documents import documents
from train.data.tokens import Tokens, tokenised

OPINIONS = "legal/us_federal_appellate_opinions.jsonl.gz"


@pytest.fixture(scope="module")
def tokens(
    real: Callable[[str], Path], trained: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Tokens]:
    """150 opinions and general text (opinions that are empty are left out), with a tokenizer of 2,048."""
    folder = tmp_path_factory.mktemp("real")
    with gzip.open(real(OPINIONS)) as lines:
        rows = [row for line in lines if (row := json.loads(line))["text"]][:150]
    (folder / "law.jsonl").write_text("".join(json.dumps({"text": row["text"]}) + "\n" for row in rows))
    tokenizer = trained([row["text"] for row in rows[:20]], 2048)
    sources = {"law": str(folder / "law.jsonl"), "general": str(real("general/c4_demo.jsonl"))}
    return {name: tokenised(documents(path), tokenizer, folder / "t") for name, path in sources.items()}


@pytest.mark.parametrize("length", [512, 1024, 2048])
def test_rows_are_full_and_nothing_is_lost(length: int, tokens: dict[str, Tokens], tmp_path: Path) -> None:
    for name, one in tokens.items():
        dataset = packed([Part(name, one)], {name: 1.0}, epochs=1, sequence_length=length, folder=tmp_path)
        rows = [dataset.row(i)["input_ids"][: dataset.filled(i)] for i in range(len(dataset))]
        seen = np.bincount(np.concatenate(rows), minlength=5000)
        assert np.array_equal(seen, np.bincount(one.ids, minlength=5000))
        assert one.meta["tokens"] / (len(dataset) * length) >= 0.99
        assert dataset.documents_seen()[name].tolist() == [1] * len(one)


def test_shares_are_exact(tokens: dict[str, Tokens], tmp_path: Path) -> None:
    shares = {"law": 0.75, "general": 0.25}
    dataset = packed(
        [Part(name, one) for name, one in tokens.items()],
        shares,
        tokens=800_000,
        sequence_length=1024,
        folder=tmp_path,
    )
    for i in range(0, len(dataset), 5):
        given = dataset.shares(i)
        assert all(abs(given[name] - share * sum(given.values())) <= 1024 for name, share in shares.items())
