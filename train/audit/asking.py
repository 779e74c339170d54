"""What is asked of a causal model: log-likelihoods of continuations of one prefix, and greedy continuations.

Every forward pass is batched by its logits in memory. What comes out depends on model and texts alone: nothing of the
model's own generation settings (a chat model's temperature or repetition penalty) has a say.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Logits held at once (0.5 GB as 32-bit floats), and sequences of a batch at most.
_LOGITS, _ROWS = 1 << 27, 512

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

    Text is tokenised as a whole, as in training; what all have in common goes through the model once, and its keys
    and values serve all continuations.
    """
    ids = _all_tokens(tokenizer, [prefix + text for text in ("", *continuations)], opens)
    shared = _shared(ids)
    if not shared:
        raise ValueError("the prefix holds no token of its own")
    return _scored(model, ids[0][:shared], [row[shared:] for row in ids[1:]])


def _shared(rows: Sequence[Tokens]) -> int:
    """How many tokens all rows begin with."""
    first, last = min(rows), max(rows)
    same = (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return next(same, min(len(first), len(last)))


def _scored(model: Any, prefix: Tokens, rest: Sequence[Tokens]) -> NDArray[np.float64]:
    import torch

    out = np.zeros(len(rest))
    order = sorted(range(len(rest)), key=lambda i: len(rest[i]))  # batches of even length
    with torch.inference_mode():
        head = model(torch.tensor([prefix], device=model.device), use_cache=True)
        first = head.logits[0, -1].float().log_softmax(-1)
        size = _size(max(map(len, rest)), first.shape[-1])
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            width = max(len(rest[i]) for i in rows)
            ids = torch.zeros(len(rows), width, dtype=torch.long)
            for at, i in enumerate(rows):
                ids[at, : len(rest[i])] = torch.tensor(rest[i])
            ids = ids.to(model.device)
            counts = torch.tensor([len(rest[i]) for i in rows], device=model.device)
            own = torch.arange(width, device=model.device) < counts[:, None]
            found = first[ids[:, :1]]
            if width > 1:  # rows are padded behind: what is before never sees it
                cache = copy.deepcopy(head.past_key_values)
                cache.reorder_cache(
                    torch.zeros(len(rows), dtype=torch.long, device=model.device)
                )  # repeats it
                logits = model(ids[:, :-1], past_key_values=cache, use_cache=True).logits.float()
                more = logits.log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)
                found = torch.cat([found, more], 1)
            out[rows] = (found.double() * own).sum(1).cpu().numpy()
    return out


def _size(length: int, vocabulary: int) -> int:
    """Rows of a batch."""
    return max(1, min(_ROWS, _LOGITS // max(1, length * vocabulary)))


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
            size = _size(own, model.config.get_text_config().vocab_size)
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
