"""Log-probabilities of tokens given those before them, in batches, and of continuations that share a beginning.

Rows are sorted by length and padded on the right: under a causal model what comes after a token cannot change it, so
a batch scores as its rows alone do. Where several rows begin alike (the choices of one question) the beginning is
computed once and its keys and values are used for each.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Tokens of a batch, and logits (tokens * vocabulary) that are held at a time, by device.
TOKENS = {"cpu": 4_096, "cuda": 65_536}
LOGITS = {"cpu": 1 << 25, "cuda": 1 << 29}
#: A shared beginning is computed once from this many tokens on; below, one plain batch is quicker.
SHARED = 24


@dataclass(frozen=True)
class Row:
    """Tokens; those from `start` (1 at least) on are scored, each by those before it."""

    ids: list[int]
    start: int


@dataclass(frozen=True)
class Scored:
    """Natural log-probabilities of a row's scored tokens, and whether each was the likeliest."""

    logs: NDArray[np.float64]
    best: NDArray[np.bool_]

    @property
    def total(self) -> float:
        """Log-probability of them all."""
        return float(self.logs.sum())


def beginning(tokenizer: Any) -> list[int]:
    """What every text begins with: BOS, where the tokenizer has one. Without one nothing stands there, as in training
    (`train.data.tokens`), and a text's first token is not scored, since nothing predicts it."""
    return [] if tokenizer.bos_token_id is None else [int(tokenizer.bos_token_id)]


def encode(tokenizer: Any, text: str) -> list[int]:
    """A text's tokens, no special ones added."""
    return list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


def row(tokenizer: Any, context: str, continuation: str, *, longest: int | None, opens: bool = True) -> Row:
    """`continuation` after `context`, tokenised as one text: a token across the border counts as continuation.

    Of rows above `longest` tokens the beginning is cut off. Without `opens` the context brings its own beginning, as
    chat templates do.
    """
    start_token = beginning(tokenizer) if opens else []
    if tokenizer.is_fast:
        told = tokenizer(
            context + continuation, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )
        ids = list(told["input_ids"])
        ends = [end for _, end in told["offset_mapping"]]
        start = next((at for at, end in enumerate(ends) if end > len(context)), max(len(ids) - 1, 0))
    else:
        before = encode(tokenizer, context)
        ids = before + encode(tokenizer, continuation)
        start = len(before)
    ids, start = start_token + ids, max(start + len(start_token), 1)
    cut = max(0, len(ids) - longest) if longest else 0
    return Row(ids[cut:], max(start - cut, 1))


def longest(model: Any) -> int | None:
    """Tokens that a model can look at, or None where it does not say."""
    found = getattr(model.config, "max_position_embeddings", None) or getattr(
        model.config, "n_positions", None
    )
    if not found:
        return None
    # RoBERTa and its kin count positions from behind the token of padding.
    names = ("position_embeddings", "embed_positions")
    places = [m for name, m in getattr(model, "named_modules", list)() if name.rpartition(".")[2] in names]
    offset = next((m.padding_idx + 1 for m in places if getattr(m, "padding_idx", None) is not None), 0)
    return int(found) - offset


def score(model: Any, rows: Sequence[Row]) -> list[Scored]:
    """Each row scored, in the order given."""
    out: list[Scored | None] = [None] * len(rows)
    for batch in batches([len(r.ids) for r in rows], model):
        for at, found in zip(batch, _plain(model, [rows[at] for at in batch])):
            out[at] = found
    return out  # type: ignore[return-value]


def score_groups(model: Any, groups: Sequence[Sequence[Row]]) -> list[list[Scored]]:
    """Rows that belong together, such as the choices of a question: what they begin with alike is computed once."""
    out: list[list[Scored]] = [[] for _ in groups]
    shared = [_common(group) for group in groups]
    together = [at for at, n in enumerate(shared) if n >= SHARED and _caches(model)]
    apart = [at for at in range(len(groups)) if at not in set(together)]
    flat = iter(score(model, [r for at in apart for r in groups[at]]))
    for at in apart:
        out[at] = [next(flat) for _ in groups[at]]
    sizes = [max(len(r.ids) for r in groups[at]) * len(groups[at]) for at in together]
    for batch in batches(sizes, model):
        chosen = [together[i] for i in batch]
        found = _sharing(model, [groups[at] for at in chosen], [shared[at] for at in chosen])
        for at, scored in zip(chosen, found):
            out[at] = scored
    return out


def _common(group: Sequence[Row]) -> int:
    """Tokens that all rows begin with and none is scored of; 0 for a single row."""
    if len(group) < 2:
        return 0
    most = min(r.start for r in group)
    heads = zip(*(r.ids[:most] for r in group))
    return next((at for at, tokens in enumerate(heads) if len(set(tokens)) > 1), most)


def at_once(model: Any, length: int) -> int:
    """Rows of `length` tokens whose logits fit into memory together."""
    return max(1, _room(model) // max(1, length))


def _room(model: Any) -> int:
    """Tokens of a batch."""
    kind = "cuda" if "cuda" in str(model.device) else "cpu"
    vocabulary = int(getattr(model.config, "vocab_size", 0) or 32_000)
    return max(1, min(TOKENS[kind], LOGITS[kind] // vocabulary))


def batches(lengths: Sequence[int], model: Any) -> Iterator[list[int]]:
    """Indices by falling length, as many at a time as fit into memory with their logits."""
    most = _room(model)
    batch: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and lengths[batch[0]] * (len(batch) + 1) > most:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def _plain(model: Any, rows: Sequence[Row]) -> list[Scored]:
    import torch

    length = max(len(r.ids) for r in rows) - 1  # the last token predicts nothing that is asked for
    ids = torch.zeros((len(rows), max(length, 1)), dtype=torch.long)
    for at, r in enumerate(rows):
        ids[at, : max(len(r.ids) - 1, 0)] = torch.tensor(r.ids[:-1], dtype=torch.long)
    first = min(r.start for r in rows) - 1
    with torch.inference_mode():
        told = {"use_cache": False} if _takes(model, "use_cache") else {}
        if first and _takes(model, "logits_to_keep"):
            logits = model(input_ids=ids.to(model.device), logits_to_keep=length - first, **told).logits
        else:
            logits = model(input_ids=ids.to(model.device), **told).logits[:, first:]
    return _gathered(logits, [r.ids[first + 1 :] for r in rows], [r.start - 1 - first for r in rows])


def _gathered(logits: Any, targets: list[list[int]], starts: list[int]) -> list[Scored]:
    """`logits` (rows, tokens, vocabulary) as they predict `targets`; of each row those from its start on."""
    import torch

    wanted = torch.zeros(logits.shape[:2], dtype=torch.long, device=logits.device)
    for at, tokens in enumerate(targets):
        wanted[at, : len(tokens)] = torch.tensor(tokens, dtype=torch.long, device=logits.device)
    logits = logits.float()
    logs = (logits.gather(-1, wanted[..., None])[..., 0] - logits.logsumexp(-1)).double().cpu().numpy()
    best = (logits.argmax(-1) == wanted).cpu().numpy()
    return [
        Scored(logs[at, start : len(tokens)], best[at, start : len(tokens)])
        for at, (tokens, start) in enumerate(zip(targets, starts))
    ]


def _sharing(model: Any, groups: Sequence[Sequence[Row]], shared: Sequence[int]) -> list[list[Scored]]:
    """Groups whose beginnings, `shared` tokens long, are padded on the left and computed once."""
    import torch

    device = model.device
    width = max(shared)
    ids = torch.zeros((len(groups), width), dtype=torch.long)
    mask = torch.zeros((len(groups), width), dtype=torch.long)
    for at, (group, n) in enumerate(zip(groups, shared)):
        ids[at, width - n :] = torch.tensor(group[0].ids[:n], dtype=torch.long)
        mask[at, width - n :] = 1
    rests = [r.ids[n:] for group, n in zip(groups, shared) for r in group]
    owner = torch.tensor([at for at, group in enumerate(groups) for _ in group])
    length = max(map(len, rests)) - 1
    rest = torch.zeros((len(rests), length), dtype=torch.long)
    for at, tokens in enumerate(rests):
        rest[at, : len(tokens) - 1] = torch.tensor(tokens[:-1], dtype=torch.long)
    keep = {"logits_to_keep": 1} if _takes(model, "logits_to_keep") else {}
    with torch.inference_mode():
        head = model(
            input_ids=ids.to(device),
            attention_mask=mask.to(device),
            position_ids=(mask.cumsum(-1) - 1).clamp(min=0).to(device),
            use_cache=True,
            **keep,
        )
        logits = head.logits[:, -1:][owner.to(device)]
        if length:
            cache = head.past_key_values
            cache.batch_select_indices(owner.to(device))
            places = mask.sum(-1)[owner][:, None] + torch.arange(length)
            seen = torch.cat([mask[owner], torch.ones_like(rest)], -1)
            tail = model(
                input_ids=rest.to(device),
                attention_mask=seen.to(device),
                position_ids=places.to(device),
                past_key_values=cache,
                use_cache=True,
            )
            logits = torch.cat([logits, tail.logits], 1)
    starts = [r.start - n for group, n in zip(groups, shared) for r in group]
    flat = iter(_gathered(logits, rests, starts))
    return [[next(flat) for _ in group] for group in groups]


def _caches(model: Any) -> bool:
    """Whether a model keeps keys and values in a cache whose rows can be repeated: those with full attention do."""
    config = model.config
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    windowed = getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True)
    takes = all(
        _takes(model, name) for name in ("past_key_values", "position_ids", "attention_mask", "use_cache")
    )
    return takes and kinds == {"full_attention"} and not windowed


def _takes(model: Any, name: str) -> bool:
    inner = (
        model.get_base_model() if hasattr(model, "get_base_model") else model
    )  # an adapter around it takes all
    return name in inspect.signature(inner.forward if hasattr(inner, "forward") else inner).parameters
