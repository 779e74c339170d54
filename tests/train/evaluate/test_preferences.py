"""Pairs of answers in order: by likelihood per token, and by a reward model's scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import evaluating
import pytest
import torch

from curate.errors import ConfigError
from train.evaluate import preferences
from train.evaluate.settings import Preferences

ROWS = [
    {"prompt": "Deliver?", "chosen": " The goods shall be delivered.", "rejected": " No.", "kind": "a"},
    {
        "prompt": "Pay?",
        "chosen": " Yes.",
        "rejected": " The Buyer shall pay within thirty days.",
        "kind": "b",
    },
    {"prompt": "Notice?", "chosen": " In writing.", "rejected": " By telephone, by fax.", "kind": "a"},
]
TURNS = [
    {
        "prompt": [{"role": "user", "content": row["prompt"]}],
        "chosen": [{"role": "assistant", "content": row["chosen"]}],
        "rejected": [{"role": "assistant", "content": row["rejected"]}],
    }
    for row in ROWS
]


def measured(model: Any, tokenizer: Any, tmp_path: Path, rows: list[dict[str, Any]], **more: Any) -> Any:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = Preferences(path=str(path), **more)
    return preferences.measure(model, tokenizer, settings, name="domain/pairs", group="domain")


@pytest.fixture(scope="module")
def causal() -> tuple[Any, Any]:
    tokenizer = evaluating.tokenizer(template=True)
    return evaluating.model(tokenizer), tokenizer


def per_token(model: Any, ids: list[int], start: int) -> float:
    with torch.no_grad():
        logs = model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
    return sum(float(logs[i - 1, ids[i]]) for i in range(start, len(ids))) / (len(ids) - start)


@pytest.mark.parametrize("chat", [False, True])
def test_a_causal_model_is_asked_for_its_likelihoods(
    chat: bool, causal: tuple[Any, Any], tmp_path: Path
) -> None:
    model, tokenizer = causal
    wanted = []
    for row in ROWS:
        both = []
        for key in ("chosen", "rejected"):
            if chat:  # the template of these tests brings no <s> of its own
                prompt, answer = f"user: {row['prompt']}\nassistant:", f" {row[key]}\n"
                first = []
            else:
                prompt, answer, first = row["prompt"], row[key] + "</s>", [tokenizer.bos_token_id]
            whole = tokenizer(prompt + answer, add_special_tokens=False, return_offsets_mapping=True)
            start = next(i for i, (_, end) in enumerate(whole["offset_mapping"]) if end > len(prompt))
            both.append(per_token(model, first + whole["input_ids"], len(first) + start))
        wanted.append(float(both[0] > both[1]))
    whole, *parts = measured(model, tokenizer, tmp_path, ROWS, chat=chat, category="kind")
    assert whole.items["value"].to_list() == wanted
    assert [part.name for part in parts] == ["domain/pairs/a", "domain/pairs/b"]
    assert measured(model, tokenizer, tmp_path, TURNS)[0].items["value"].to_list() == (
        wanted if chat else measured(model, tokenizer, tmp_path, ROWS, chat=True)[0].items["value"].to_list()
    )


@pytest.mark.parametrize("plain", [True, False])
def test_a_reward_model_is_asked_for_its_scores(plain: bool, causal: tuple[Any, Any], tmp_path: Path) -> None:
    from train import models

    causal[0].save_pretrained(tmp_path / "model")
    causal[1].save_pretrained(tmp_path / "model")
    model, tokenizer = models.load(str(tmp_path / "model"), kind="reward")
    with torch.no_grad():
        model.score.weight.copy_(
            torch.randn(model.score.weight.shape, generator=torch.Generator().manual_seed(5))
        )

    def score(row: dict[str, str], key: str) -> float:
        turns = f"user: {row['prompt']}\nassistant: {row[key]}\n"
        text = row["prompt"] + row[key] + "</s>" if plain else turns
        ids = torch.tensor([tokenizer(text, add_special_tokens=plain)["input_ids"]])
        with torch.no_grad():
            return float(model(ids).logits)

    gaps = [score(row, "chosen") - score(row, "rejected") for row in ROWS]
    found = measured(model, tokenizer, tmp_path, ROWS if plain else TURNS)[0].items
    assert found["value"].to_list() == [float(gap > 0) for gap in gaps]
    assert [float(told.rpartition(": ")[2]) for told in found["detail"]] == pytest.approx(gaps, abs=2e-3)


def test_what_is_no_answer_is_told(causal: tuple[Any, Any], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="texts, or lists of turns, not 7"):
        measured(*causal, tmp_path, [{"prompt": "a", "chosen": 7, "rejected": "b"}])


def test_whole_conversations_do_not_say_the_prompt_twice(causal: tuple[Any, Any], tmp_path: Path) -> None:
    whole = [
        {"prompt": row["prompt"]}
        | {
            key: [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row[key]}]
            for key in ("chosen", "rejected")
        }
        for row in ROWS
    ]
    found, wanted = (measured(*causal, tmp_path, rows)[0].items for rows in (whole, TURNS))
    assert found["detail"].to_list() == wanted["detail"].to_list()


def test_what_is_too_long_loses_its_beginning_and_keeps_its_ends() -> None:
    """A tiny RoBERTa, whose positions begin behind padding: 66 of them hold 64 tokens."""
    from tokenizers.processors import TemplateProcessing
    from transformers import RobertaConfig, RobertaForSequenceClassification

    from train.evaluate import likelihood

    tokenizer = evaluating.tokenizer()
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    config = RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=66, pad_token_id=2, num_labels=1,
    )  # fmt: skip
    torch.manual_seed(0)
    model = RobertaForSequenceClassification(config).eval()
    assert likelihood.longest(model) == 63
    long = "The goods are late. " * 40
    ids = tokenizer(long)["input_ids"]
    kept = torch.tensor([[ids[0], *ids[-62:]]])
    with torch.no_grad():
        wanted = float(model(kept).logits)
    assert preferences.rewards(model, tokenizer, [(long, True)]) == pytest.approx([wanted], abs=1e-5)
