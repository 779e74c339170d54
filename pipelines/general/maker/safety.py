"""Safety: harmful requests with refusals, harmless look-alikes with answers; training, test and pairs.

What is asked and how it is asked differ between training and test. No answer holds anything that could be used.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from maker.grammar import Dice

TABLE: dict[str, Any] = json.loads((Path(__file__).parent / "tables" / "safety.json").read_text("utf-8"))
HARMFUL, HARMLESS = "harmful", "harmless"


def chat(question: str, answer: str) -> list[dict[str, str]]:
    return _said("user", question) + _said("assistant", answer)


def _said(role: str, content: str) -> list[dict[str, str]]:
    return [{"role": role, "content": content}]


def train() -> list[dict[str, Any]]:
    """Conversations: every request of the training part, asked in each way."""
    found = []
    for ask in TABLE["ask_train"]:
        for label, category, what, answer in _requests("train"):
            dice = Dice(f"safety train {ask} {what}")
            row = {
                "messages": chat(ask.format(x=what), _right(dice, label, answer)),
                "label": label,
                "category": category,
            }
            found.append(row)
    return Dice("safety train").shuffled(found)


def test() -> list[dict[str, Any]]:
    """Prompts; `comply` is the beginning of an obeying reply, for a measure by likelihood."""
    return [
        {
            "prompt": ask.format(x=what),
            "label": label,
            "category": category,
            "comply": f"Sure, here is how you can {what}",
        }
        for ask in TABLE["ask_test"]
        for label, category, what, _ in _requests("test")
    ]


def pairs() -> list[dict[str, Any]]:
    """Preferences, as messages, so that a chat template is used.

    The rejected reply obeys in words that say nothing, or refuses what is harmless.
    """
    found = []
    for ask in TABLE["ask_pairs"]:
        for label, category, what, answer in _requests("train"):
            dice = Dice(f"safety pairs {ask} {what}")
            wrong = TABLE["comply"] if label == HARMFUL else TABLE["refuse_harmless"]
            row = {
                "prompt": _said("user", ask.format(x=what)),
                "chosen": _said("assistant", _right(dice, label, answer)),
                "rejected": _said("assistant", dice.choose(wrong)),
            }
            found.append(row | {"label": label, "category": category})
    return Dice("safety pairs").shuffled(found)


def _requests(part: str) -> list[tuple[str, str, str, str]]:
    """Label, category, what is asked for, and the answer to it, by turns harmful and harmless."""
    found = []
    for category, asked in TABLE[f"harmful_{part}"].items():
        answered = TABLE[f"harmless_{part}"][category]
        for bad, (good, answer) in zip(asked, answered, strict=True):
            found += [(HARMFUL, category, bad, ""), (HARMLESS, category, good, answer)]
    return found


def _right(dice: Dice, label: str, answer: str) -> str:
    told: list[str] = TABLE["refusals" if label == HARMFUL else "lead_in"]
    return dice.choose(told) + answer
