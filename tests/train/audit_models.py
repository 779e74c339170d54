"""Tiny tokenizers and causal models for tests of the audit, and a plain loop that trains one on texts."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def tokenizer_of(texts: Sequence[str], vocabulary: int = 1000) -> Any:
    """A byte-level BPE tokenizer whose digits stand alone."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\d"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=["<end>"], initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="<end>", pad_token="<end>")


def model_of(tokenizer: Any, *, width: int = 64, layers: int = 2, seed: int = 0) -> Any:
    """A Llama with weights drawn by `seed`, in eval mode."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 32,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config).eval()


def trained(
    tokenizer: Any,
    texts: Sequence[str],
    *,
    steps: int,
    batch: int = 16,
    rate: float = 4e-3,
    seed: int = 0,
    **shape: Any,
) -> Any:
    """A model trained on `texts`, one a row, shuffled anew in every pass."""
    import torch

    model = model_of(tokenizer, seed=seed, **shape).train()
    rows = [
        [*ids, tokenizer.eos_token_id]
        for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    ]
    rng = random.Random(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.1)
    order: list[int] = []
    for _ in range(steps):
        if len(order) < batch:
            order = rng.sample(range(len(rows)), len(rows))
        some, order = [rows[i] for i in order[:batch]], order[batch:]
        width = max(map(len, some))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in some])
        own = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in some])
        loss = model(ids, labels=ids.masked_fill(own == 0, -100)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
    return model.eval()


def passages(path: Path, n: int, words: int = 60) -> list[dict[str, str]]:
    """`n` passages (`id`, `text`) of as many documents of a JSONL file of texts."""
    out: list[dict[str, str]] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            found = json.loads(line)["text"].split()
            if len(found) >= 4 * words:
                at = len(found) // 2
                out.append({"id": f"passage-{len(out):04}", "text": " ".join(found[at : at + words])})
            if len(out) == n:
                break
    return out
