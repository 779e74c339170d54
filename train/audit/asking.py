"""What is asked of a causal model: log-likelihoods of continuations of one prefix, and greedy continuations.

Every forward pass is batched by its logits in memory. What comes out depends on model and texts alone: nothing of the
model's own generation settings (a chat model's temperature or repetition penalty) has a say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.evaluate.likelihood import Row, at_once, score_groups

Tokens = list[int]


def tokens(tokenizer: Any, text: str, *, opens: bool = False) -> Tokens:
    """The ids of `text`; `opens` puts what begins a document in training (`train.data`) in front: the tokenizer's bos
    where that is not its eos too, else nothing."""
    return _all_tokens(tokenizer, [text], opens)[0]


def _all_tokens(tokenizer: Any, texts: Sequence[str], opens: bool) -> list[Tokens]:
    own = tokenizer.bos_token_id
    start = [own] if opens and own is not None and own != tokenizer.eos_token_id else []
    found = tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
    return [[*start, *ids] for ids in found]


def likelihoods(
    model: Any, tokenizer: Any, prefix: str, continuations: Sequence[str], *, opens: bool = True
) -> NDArray[np.float64]:
    """Natural log-likelihood of each continuation behind `prefix`, which opens a document or not: shape (n,).

    Text is tokenised as a whole, as in training; what all have in common goes through the model once for each batch.
    """
    ids = _all_tokens(tokenizer, [prefix + text for text in ("", *continuations)], opens)
    shared = _shared(ids)
    if not shared:
        raise ValueError("the prefix holds no token of its own")
    order = sorted(range(len(continuations)), key=lambda i: len(ids[i + 1]))  # batches of even length
    size = at_once(model, max(map(len, ids)) - shared)
    groups = [order[start : start + size] for start in range(0, len(order), size)]
    scored = score_groups(model, [[Row(ids[i + 1], shared) for i in group] for group in groups])
    out = np.zeros(len(continuations))
    for group, rows in zip(groups, scored, strict=True):
        out[group] = [row.total for row in rows]
    return out


def _shared(rows: Sequence[Tokens]) -> int:
    """How many tokens all rows begin with."""
    first, last = min(rows), max(rows)
    same = (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return next(same, min(len(first), len(last)))


def greedy(model: Any, prompts: Sequence[Tokens], length: int) -> list[Tokens]:
    """The `length` likeliest tokens, one after the other, behind each prompt; ends of text are tokens as any other.

    Prompts of one length go through the model together, so that nothing is padded.
    """
    import torch

    out: list[Tokens] = [[] for _ in prompts]
    by_length: dict[int, list[int]] = {}
    for i, prompt in enumerate(prompts):
        by_length.setdefault(len(prompt), []).append(i)
    with torch.inference_mode():
        for own, group in sorted(by_length.items()):
            size = at_once(model, own)
            for start in range(0, len(group), size):
                rows = group[start : start + size]
                ids = torch.tensor([prompts[i] for i in rows], device=model.device)
                for at, made in zip(rows, _continued(model, ids, length), strict=True):
                    out[at] = made
    return out


def _continued(model: Any, ids: Any, length: int) -> list[Tokens]:
    import torch

    made, cache = [], None
    for _ in range(length):
        step = model(ids, past_key_values=cache, use_cache=True)
        cache = step.past_key_values
        ids = step.logits[:, -1:].float().argmax(-1)
        made.append(ids)
    found: list[Tokens] = torch.cat(made, 1).tolist()
    return found
