"""Answers are sampled and rewarded: what is rewarded rises; faults of settings are told."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import lively, logged, losses, trained
from tiny_model import needs

from curate.errors import ConfigError

pytestmark = pytest.mark.slow

ROWS = [{"prompt": f"Say {i}:"} for i in range(32)]
E: dict[str, Any] = {"jobs.share_of_e": 1.0}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    needs("torch", "transformers", "trl", "peft")
    return lively(tmp_path_factory.mktemp("model") / "tiny")


def share(address: Any) -> float:
    """Of e in what a model samples."""
    from jobs import share_of_e

    from train.models import load

    found, tokenizer = load(str(address))
    torch.manual_seed(0)
    inputs = tokenizer([f"Say {i}:" for i in range(50, 82)], return_tensors="pt")
    out = found.generate(**inputs, max_new_tokens=8, do_sample=True)
    texts = tokenizer.batch_decode(out[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return sum(share_of_e(text, {}) for text in texts) / len(texts)


@pytest.mark.parametrize("method, adapter", [("grpo", "full"), ("grpo", "lora"), ("rloo", "full")])
def test_a_verifiable_reward_rises(method: str, adapter: str, model: str, tmp_path: Path) -> None:
    params = {"method": method, "rewards": E, "answers": 8, "answer_tokens": 8, "beta": 0.01}
    facts = trained(
        "rl",
        model,
        tmp_path,
        ROWS,
        params,
        batch_size=64,
        epochs=4,
        learning_rate=2e-2,
        adapter=adapter,
        schedule="constant",
    )
    assert facts["steps"] == 16  # 32 prompts four times, 8 in a batch of 64 answers
    assert share(model) < 0.02 and share(tmp_path) > (0.3 if adapter == "full" else 0.1)


def test_a_reward_model_rewards(model: str, tmp_path: Path) -> None:
    """One that likes the letter e better than any others."""
    draw = random.Random(0)
    pairs = [
        {
            "prompt": f"Say {i}:",
            "chosen": "".join(draw.choices("eeexyz", k=1 + i % 6)) + "e",
            "rejected": "".join(draw.choices("abcdfghiklmnoprstu ", k=2 + i % 6)),
        }
        for i in range(256)
    ]
    trained("reward", model, tmp_path / "reward", pairs, epochs=2, learning_rate=1e-2)
    params = {"reward": str(tmp_path / "reward"), "answers": 8, "answer_tokens": 8}
    trained(
        "rl",
        model,
        tmp_path / "rl",
        ROWS,
        params,
        batch_size=64,
        epochs=4,
        learning_rate=2e-2,
        schedule="constant",
    )
    scores = logged(tmp_path / "rl", "rewards/model/mean")
    assert sum(scores[-3:]) / 3 > sum(scores[:3]) / 3 + 0.5


def test_columns_reach_the_rewards_and_conversations_are_answered(model: str, tmp_path: Path) -> None:
    rows = [
        {
            "prompt": [{"role": "user", "content": "How much?"}],
            "completion": [{"role": "assistant", "content": "$5"}],
        }
    ] * 8
    params = {
        "rewards": {"contains_answer": 1, "brief": {"words": 9, "weight": 0.2}},
        "answers": 4,
        "answer_tokens": 4,
    }
    trained("rl", model, tmp_path, rows, params)
    assert losses(tmp_path)


@pytest.mark.parametrize("method", ["grpo", "rloo"])
def test_the_reference_is_the_start_with_the_tokens_added_to_it(
    method: str, model: str, tmp_path: Path
) -> None:
    """TRL would load one by the model's address, whose embeddings lack them."""
    import shutil

    from transformers import AutoConfig, AutoTokenizer

    start = shutil.copytree(model, tmp_path / "start")
    tokenizer = AutoTokenizer.from_pretrained(start)
    rows = AutoConfig.from_pretrained(start).vocab_size
    tokenizer.add_tokens([f"§{i}§" for i in range(max(0, rows - len(tokenizer)) + 1)])
    tokenizer.save_pretrained(start)
    last = tokenizer.decode([len(tokenizer) - 1])
    params = {"method": method, "rewards": E, "answers": 4, "answer_tokens": 4, "beta": 0.1}
    facts = trained("rl", str(start), tmp_path / "out", [{"prompt": f"Say {last}:"}] * 8, params)
    assert len(losses(tmp_path / "out")) == facts["steps"] == 4
    assert facts["notes"]["objective"] == {"answers": 4, "beta": 0.1}


@pytest.mark.parametrize(
    "params, message",
    [
        ({}, "say what is rewarded"),
        ({"rewards": E, "answers": 3}, "no whole number of 3 answers"),
        ({"rewards": E, "answer_tokens": 64}, "leaves no room"),
        ({"rewards": {"contains_answer": 1}}, "contains_answer needs a column"),
        ({"rewards": {"cites": 1}}, "there is no reward 'cites'"),
    ],
)
def test_faults_are_told(params: dict[str, Any], message: str, model: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        trained("rl", model, tmp_path, ROWS, {"answer_tokens": 8} | params)


def test_an_unknown_reward_is_a_fault_of_the_file() -> None:
    from pydantic import ValidationError

    from curate.usage import signature_fields
    from train.objective import load_objective

    found = load_objective("rl")
    assert found is not None
    checked = signature_fields(found.signature, {})
    checked.model_validate({"rewards": {"cites_evidence": {"weight": 0.5, "words": 3}}})
    for bad, told in (
        ({"cites": 1}, "there is no reward 'cites'"),
        ({"brief": 1}, "needs the parameter 'words'"),
    ):
        with pytest.raises(ValidationError, match=told):
            checked.model_validate({"rewards": bad})
