"""The masked-token objective: the same tokens are hidden for the same seed and row, in the shares of BERT."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from train.data.dataset import IGNORED, PackedDataset, Part, packed
from train.data.masking import MaskedDataset

torch = pytest.importorskip("torch")


def text(of_ids: Any, tmp_path: Any, epochs: int) -> PackedDataset:
    """Rows of 32 tokens, padded with 2; each document begins with token 0."""
    random = np.random.default_rng(0)
    rows = [[0, *random.integers(10, 250, random.integers(1, 80)).tolist()] for _ in range(60)]
    part = Part("a", of_ids("a", rows), max_epochs=epochs)
    return packed([part], {"a": 1.0}, epochs=epochs, sequence_length=32, folder=tmp_path / "plans", pad=2)


@pytest.mark.parametrize("seed", [0, 7])
def test_masked_tokens_depend_on_seed_and_row_alone(seed: int, of_ids: Any, tmp_path: Any) -> None:
    plain = text(of_ids, tmp_path, 1)
    how: dict[str, Any] = {"mask": 3, "vocabulary": 256, "special": (0, 1, 2, 3)}
    dataset = MaskedDataset(plain, seed=seed, **how)
    second, other = MaskedDataset(plain, seed=seed, **how), MaskedDataset(plain, seed=seed + 1, **how)
    differs = False
    for i in range(0, len(dataset), 7):
        row, original, filled = dataset[i], plain[i]["input_ids"], plain.filled(i)
        assert all(torch.equal(row[key], second[i][key]) for key in row)
        differs |= not torch.equal(row["labels"], other[i]["labels"])
        asked = row["labels"] != IGNORED
        assert asked.any() and not asked[filled:].any()
        assert torch.equal(row["labels"][asked], original[asked])
        assert torch.equal(row["input_ids"][~asked], original[~asked])
        assert not torch.isin(original[asked], torch.tensor(how["special"])).any()
    assert differs


def test_masks_have_the_shares_of_bert(of_ids: Any, tmp_path: Any) -> None:
    plain = text(of_ids, tmp_path, 10)
    dataset = MaskedDataset(plain, mask=3, vocabulary=256, special=(0, 1, 2, 3))
    pairs = [(dataset[i], plain[i]["input_ids"]) for i in range(len(plain))]
    asked = sum(int((row["labels"] != IGNORED).sum()) for row, _ in pairs)
    candidates = sum(int((original >= 10).sum()) for _, original in pairs)
    masks = sum(int((row["input_ids"] == 3).sum()) for row, _ in pairs)
    stay = sum(
        int(((row["labels"] != IGNORED) & (row["input_ids"] == original)).sum()) for row, original in pairs
    )
    assert asked / candidates == pytest.approx(0.15, abs=0.01)
    assert masks / asked == pytest.approx(0.8, abs=0.03)
    assert stay / asked == pytest.approx(0.1, abs=0.03)
