"""A schedule that is given in part is the objective's in the rest."""

from __future__ import annotations

from typing import Any

import pytest

from train.config import TrainConfig
from train.objective import load_objective
from train.settings import resolve


def schedule(objective: str, given: Any) -> tuple[Any, ...]:
    made = load_objective(objective)
    assert made is not None
    config = TrainConfig.model_validate(
        {"objective": objective, "model": "x", "evaluate": {"skip": "none"}, "schedule": given}
    )
    found = resolve(config, made, 10**6, "cpu").schedule
    return found.name, found.warmup, found.floor, found.decay


@pytest.mark.parametrize(
    ("objective", "given", "wanted"),
    [
        ("sft", None, ("linear", 0.03, 0.0, 0.2)),
        ("sft", {"warmup": 0.1}, ("linear", 0.1, 0.0, 0.2)),
        ("sft", {"floor": 0.3}, ("linear", 0.03, 0.3, 0.2)),
        ("sft", {"name": "linear", "warmup": 0.0}, ("linear", 0.0, 0.0, 0.2)),
        ("sft", "cosine", ("cosine", 0.03, 0.1, 0.2)),
        ("sft", {"name": "cosine", "floor": 0.0}, ("cosine", 0.03, 0.0, 0.2)),
        ("dpo", "wsd", ("wsd", 0.1, 0.1, 0.2)),
        ("pretrain", {"name": "wsd", "decay": 0.5}, ("wsd", 0.01, 0.1, 0.5)),
        ("pretrain", "linear", ("linear", 0.01, 0.0, 0.2)),
        ("rl", None, ("linear", 0.0, 0.0, 0.2)),
    ],
)
def test_what_is_not_given_is_the_objectives(objective: str, given: Any, wanted: tuple[Any, ...]) -> None:
    assert schedule(objective, given) == wanted


def test_a_constant_rate_keeps_the_objectives_warm_up() -> None:
    assert schedule("sft", "constant")[:2] == ("constant", 0.03)
