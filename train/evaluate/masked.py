"""Bits per byte of models that fill masks: each token guessed from its neighbours on both sides.

In turns every seventh token is masked (a share near the 15% of training), so that each is guessed once, with six of
seven others to see. The sum is a pseudo-log-likelihood (Salazar et al. 2020, arXiv:1910.14659, who mask one token at a
time, at a pass for each); it is no probability of the text, and stands beside no causal model's bits.
"""

from __future__ import annotations

import math
from typing import Any

from train.evaluate import likelihood

#: Tokens are masked in so many turns.
TURNS = 7


def of_texts(model: Any, tokenizer: Any, texts: list[str], window: int) -> list[tuple[float, int]]:
    """(bits, tokens guessed) of each text, read in pieces of `window` tokens at most."""
    size = min(window, likelihood.longest(model) or window)
    before, after = _ends(tokenizer)
    room = size - len(before) - len(after)
    rows: list[tuple[int, list[int], int]] = []  # text, tokens of a piece, first token that is masked
    for at, text in enumerate(texts):
        ids = likelihood.encode(tokenizer, text)
        for start in range(0, len(ids), room):
            piece = ids[start : start + room]
            rows += [(at, piece, turn) for turn in range(min(TURNS, len(piece)))]
    bits, counts = [0.0] * len(texts), [0] * len(texts)
    for batch in likelihood.batches([len(piece) + len(before) + len(after) for _, piece, _ in rows], model):
        found = _guessed(model, tokenizer.mask_token_id, before, after, [rows[i][1:] for i in batch])
        for i, (logs, tokens) in zip(batch, found, strict=True):
            bits[rows[i][0]] -= logs / math.log(2)
            counts[rows[i][0]] += tokens
    return list(zip(bits, counts, strict=True))


def _ends(tokenizer: Any) -> tuple[list[int], list[int]]:
    """What a tokenizer puts around every text, such as [CLS] and [SEP]."""
    whole = tokenizer("a")["input_ids"]
    own = tokenizer("a", add_special_tokens=False)["input_ids"]
    start = next(i for i in range(len(whole)) if whole[i : i + len(own)] == own)
    return whole[:start], whole[start + len(own) :]


def _guessed(
    model: Any, mask: int, before: list[int], after: list[int], rows: list[tuple[list[int], int]]
) -> list[tuple[float, int]]:
    """(natural log-probability of the masked tokens, how many) of each piece."""
    import torch

    width = max(len(piece) for piece, _ in rows) + len(before) + len(after)
    ids = torch.zeros((len(rows), width), dtype=torch.long)
    seen, hidden = torch.zeros_like(ids), torch.zeros((len(rows), width), dtype=torch.bool)
    for at, (piece, turn) in enumerate(rows):
        whole = [*before, *piece, *after]
        ids[at, : len(whole)] = torch.tensor(whole)
        seen[at, : len(whole)] = 1
        hidden[at, len(before) + turn : len(before) + len(piece) : TURNS] = True
    with torch.inference_mode():
        asked = ids.masked_fill(hidden, mask).to(model.device)
        logits = model(input_ids=asked, attention_mask=seen.to(model.device)).logits[hidden.to(model.device)]
        logs = logits.float().log_softmax(-1).gather(-1, ids[hidden].to(model.device)[:, None])[:, 0].cpu()
    counts = hidden.sum(1).tolist()
    return [(float(part.double().sum()), len(part)) for part in logs.split(counts)]
