"""Stages trained at tiny size through the worker, as a run does it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from tiny_model import tiny

from train import worker
from train.config import TrainConfig
from train.objective import load_objective

DEFAULTS = {"evaluate": {"skip": "a test"}, "sequence_length": 64, "batch_size": 8, "learning_rate": 3e-3}


def lively(folder: Path) -> str:
    """The tiny model with a louder head: of its random one, which adapters leave as it is, no token gets likely."""
    from transformers import AutoModelForCausalLM

    tiny(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        model.lm_head.weight.mul_(10)
    model.save_pretrained(folder)
    return str(folder)


def stage(
    objective: str, model: Any, folder: Path, rows: list[dict[str, Any]], params: Any = None, **keys: Any
) -> SimpleNamespace:
    """What the worker takes for a plan, its data written below `folder`."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    given = (
        DEFAULTS
        | {
            "objective": objective,
            "model": model,
            "data": [{"from": str(data), "max_epochs": 50}] if rows else [],
        }
        | keys
    )
    found = load_objective(objective)
    assert found is not None
    config = TrainConfig.model_validate(given)
    made = SimpleNamespace(name="s", config=config, objective=found, params=params or {}, seed=1)
    return SimpleNamespace(stage=made, address=str, limit=None, folders={})


def trained(
    objective: str, model: Any, folder: Path, rows: list[dict[str, Any]], params: Any = None, **keys: Any
) -> dict[str, Any]:
    """Train; the facts. The model is in `folder`/model."""
    return worker.trained(stage(objective, model, folder, rows, params, **keys), folder, quiet=True)


def logged(folder: Path, name: str) -> list[float]:
    """A value of each step."""
    return [json.loads(line)[name] for line in (folder / "log.jsonl").read_text().splitlines()]


def losses(folder: Path) -> list[float]:
    """The loss of each step."""
    return logged(folder, "loss")


def likelihood(model: Any, tokenizer: Any, prompt: str, answer: str) -> float:
    """log p(answer | prompt), of plain texts."""
    before, whole = tokenizer(prompt)["input_ids"], tokenizer(prompt + answer)["input_ids"]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([whole]), attention_mask=torch.ones(1, len(whole))).logits[0]
    logp = logits[:-1].log_softmax(-1)[range(len(whole) - 1), whole[1:]]
    return float(logp[len(before) - 1 :].sum())


def share_of_e(answer: str, row: Any) -> float:
    """A reward that is easy to learn: the letter e."""
    return answer.count("e") / max(1, len(answer))
