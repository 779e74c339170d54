"""A reward model orders pairs that it never saw, and rewards answers in reinforcement learning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from jobs import trained
from tiny_model import needs, tiny

pytestmark = pytest.mark.slow

GOOD, BAD = " yes, the goods", " no, the fee is"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    needs("torch", "transformers", "trl", "peft")
    return str(tiny(tmp_path_factory.mktemp("model") / "tiny"))


def pairs(first: int, last: int) -> list[dict[str, Any]]:
    """The good one is now the longer, now the shorter."""
    return [
        {"prompt": f"Order {i}?", "chosen": GOOD + " of" * (i % 3), "rejected": BAD + " of" * ((i + 1) % 3)}
        for i in range(first, last)
    ]


@pytest.mark.parametrize("adapter", ["full", "lora"])
def test_pairs_held_out_are_ordered(adapter: str, model: str, tmp_path: Path) -> None:
    from train.models import load

    trained("reward", model, tmp_path, pairs(0, 64), adapter=adapter, epochs=2, learning_rate=1e-2)
    found, tokenizer = load(str(tmp_path), kind="reward")

    def score(text: str) -> float:
        ids = tokenizer(text + tokenizer.eos_token, return_tensors="pt")
        with torch.no_grad():
            return float(found(**ids).logits)

    held = pairs(200, 230)
    right = [score(row["prompt"] + row["chosen"]) > score(row["prompt"] + row["rejected"]) for row in held]
    assert sum(right) >= 29


def test_a_reward_model_scores_as_it_was_trained(model: str, tmp_path: Path) -> None:
    """The scorer of reinforcement learning gives a pair the scores that the saved model gives to its whole texts."""
    from train.models import load
    from train.objectives.rl import _by_model

    trained("reward", model, tmp_path, pairs(0, 64), epochs=2, learning_rate=1e-2)
    score = _by_model(str(tmp_path), most=8)
    found, tokenizer = load(str(tmp_path), kind="reward")
    with torch.no_grad():
        ended = float(found(**tokenizer("Order?" + GOOD + tokenizer.eos_token, return_tensors="pt")).logits)
        cut = float(found(**tokenizer("Order?" + BAD, return_tensors="pt")).logits)
    assert score(["Order?"] * 2, [GOOD, BAD], [[1] * 4, [1] * 8]) == pytest.approx([ended, cut], abs=1e-4)


def test_what_is_no_reward_model_is_refused(model: str) -> None:
    from curate.errors import ConfigError
    from train.objectives.rl import _by_model

    with pytest.raises(ConfigError, match="is no reward model"):
        _by_model(model, most=8)
