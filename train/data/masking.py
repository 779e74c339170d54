"""The masked-token objective: which tokens of a row are hidden, the same for the same seed and row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.data.dataset import IGNORED, PackedDataset

#: Of the tokens to predict, what becomes the mask and what a random token; the rest stays (Devlin et al. 2019,
#: "BERT", arXiv 1810.04805, section 3.1).
MASKED, RANDOM = 0.8, 0.1


@dataclass(frozen=True)
class MaskedDataset:
    """Rows of `dataset` for the masked-token objective: `labels` are the original tokens where one is to be predicted,
    elsewhere -100. What is masked depends on (seed, number of the row) alone. Attention to both sides, and within
    documents, is the model's business."""

    dataset: PackedDataset
    mask: int
    vocabulary: int
    special: tuple[int, ...]
    seed: int = 0
    probability: float = 0.15

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> dict[str, Any]:
        import torch

        row = self.dataset.row(int(index))
        tokens, labels = masked(
            row["input_ids"],
            int(index),
            filled=self.dataset.filled(index),
            mask=self.mask,
            vocabulary=self.vocabulary,
            special=self.special,
            seed=self.seed,
            probability=self.probability,
        )
        row |= {"input_ids": tokens, "labels": labels}
        return {name: torch.from_numpy(values) for name, values in row.items()}


def masked(
    tokens: NDArray[np.int64],
    index: int,
    *,
    filled: int,
    mask: int,
    vocabulary: int,
    special: Collection[int],
    seed: int = 0,
    probability: float = 0.15,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(input ids, labels) of row `index`, of which the first `filled` tokens are no padding.

    Each token that is not `special` is to be predicted with `probability` (one of them at least, so that every row has
    a loss): 80% of these become `mask`, 10% a random token, 10% stay.
    """
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, index])))
    candidates = np.flatnonzero(~np.isin(tokens[:filled], list(special)))
    draws, fates = random.random(len(candidates)), random.random(len(candidates))
    others = random.integers(0, vocabulary, len(candidates))
    chosen = draws < max(probability, draws.min(initial=0.0) + 1e-12)
    places, fate = candidates[chosen], fates[chosen]
    labels = np.full_like(tokens, IGNORED)
    labels[places] = tokens[places]
    out = tokens.copy()
    out[places[fate < MASKED]] = mask
    swapped = (fate >= MASKED) & (fate < MASKED + RANDOM)
    out[places[swapped]] = others[chosen][swapped]
    return out, labels
