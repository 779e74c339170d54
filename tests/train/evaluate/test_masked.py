"""Models that fill masks: each token is guessed once, from both sides; what a plain loop finds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from evaluating import tokenizer as made_tokenizer

from train.evaluate import bits, masked
from train.evaluate.settings import Bits

TEXTS = [
    "The Supplier shall deliver the goods.",
    "a",
    "Notice is given in writing, within thirty days of delivery. " * 6,
]


@pytest.fixture(scope="module", params=[False, True], ids=["bare", "with ends"])
def filler(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """A random BERT with a tokenizer that puts nothing around texts, or [CLS] and [SEP] as BERT's."""
    from tokenizers.processors import TemplateProcessing

    from train import models

    tokenizer = made_tokenizer()
    tokenizer.add_special_tokens({"mask_token": "<mask>"})
    if request.param:
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
        )
    model = models.from_preset("tiny", tokenizer, 64, 1, masked=True).eval()
    with torch.no_grad():  # louder, so that tokens are not all as likely
        model.get_input_embeddings().weight.mul_(20)
    return model, tokenizer


def naive(model: Any, tokenizer: Any, text: str, window: int) -> tuple[float, int]:
    """One pass by itself for each piece and turn."""
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    empty = tokenizer("")["input_ids"]
    before, after = empty[:1], empty[1:]
    total, n, room = 0.0, 0, window - len(empty)
    for piece in (ids[i : i + room] for i in range(0, len(ids), room)):
        for turn in range(masked.TURNS):
            hidden = list(range(turn, len(piece), masked.TURNS))
            if not hidden:
                continue
            given = [tokenizer.mask_token_id if i in hidden else token for i, token in enumerate(piece)]
            with torch.no_grad():
                logits = model(torch.tensor([[*before, *given, *after]])).logits[0, len(before) :]
            logs = logits.double().log_softmax(-1)
            total -= sum(float(logs[i, piece[i]]) for i in hidden) / math.log(2)
            n += len(hidden)
    return total, n


def test_bits_are_those_of_a_plain_loop(filler: tuple[Any, Any]) -> None:
    found = masked.of_texts(*filler, TEXTS, 64)
    for text, (total, n) in zip(TEXTS, found, strict=True):
        wanted, tokens = naive(*filler, text, 64)
        assert n == tokens == len(filler[1](text, add_special_tokens=False)["input_ids"])
        assert total == pytest.approx(wanted, rel=1e-4)
    assert len({round(total / n, 3) for total, n in found}) == 3


def test_they_are_called_what_they_are(filler: tuple[Any, Any], tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    found = bits.measure(*filler, Bits(path=str(path), window=64), name="general/texts", group="general")
    assert found.metric == "bits per byte, masked"
    sizes = [len(text.encode()) for text in TEXTS]
    wanted = [total / size for (total, _), size in zip(masked.of_texts(*filler, TEXTS, 64), sizes)]
    assert found.items["value"].to_list() == pytest.approx(wanted)
