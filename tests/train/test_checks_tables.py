"""Rows for TRL's trainers: each turn of a conversation stands there once."""

from __future__ import annotations

from typing import Any

import pytest

from train.tables import alike

SAYS = ({"role": "user", "content": "Deliver?"},)
YES = {"role": "assistant", "content": "Yes."}
NO = {"role": "assistant", "content": "No."}
COLUMNS = ("prompt", "chosen", "rejected")


def made(**row: Any) -> dict[str, Any]:
    datasets = pytest.importorskip("datasets")
    found = alike(datasets.Dataset.from_list([row]), COLUMNS)[0]
    return {name: found[name] for name in COLUMNS}


@pytest.mark.parametrize("prompt", ["Deliver?", [*SAYS]])
@pytest.mark.parametrize("whole", [True, False])
def test_an_answer_that_tells_its_prompt_too_is_the_answer_alone(prompt: Any, whole: bool) -> None:
    start = [*SAYS] if whole else []  # UltraFeedback tells all of the conversation twice
    found = made(prompt=prompt, chosen=[*start, YES], rejected=[*start, NO])
    assert found == {"prompt": [*SAYS], "chosen": [YES], "rejected": [NO]}


def test_an_answer_that_begins_otherwise_stays_whole() -> None:
    again = [{"role": "user", "content": "When?"}, YES]
    assert made(prompt="Deliver?", chosen=again, rejected="No.") == {
        "prompt": [*SAYS],
        "chosen": again,
        "rejected": [NO],
    }


def test_texts_stay_texts() -> None:
    row = {"prompt": "Deliver?", "chosen": "Deliver? Yes.", "rejected": " No."}
    assert made(**row) == row
