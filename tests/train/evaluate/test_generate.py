"""Answers that are written: the same in batches and alone, and matched as the page says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import evaluating
import pytest

from train.evaluate import generate
from train.evaluate.settings import Generate


@pytest.fixture(scope="module")
def clerk() -> tuple[Any, Any]:
    """A model that was taught four answers."""
    import torch

    torch.set_num_threads(1)
    tokenizer = evaluating.tokenizer()
    model = evaluating.model(tokenizer, width=64, seed=1)
    texts = [
        "Q: capital of France? A: Paris",
        "Q: two and two? A: 4 of course",
        "Q: who pays? A: the Buyer",
        "Q: x? A: y\nQ: z",
    ]
    return evaluating.taught(model, tokenizer, texts, steps=100), tokenizer


def test_batches_and_padding_change_nothing(tiny: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiny[0].generation_config, "do_sample", True)  # as some models ask for
    prompts = ["The", "The Supplier shall deliver the goods to the Buyer", "Sure, here", "x" * 30, ""]
    together = generate.texts(*tiny, prompts, most=12)
    monkeypatch.setitem(generate.ROWS, "cpu", 1)
    assert generate.texts(*tiny, prompts, most=12) == together
    assert len(set(together)) > 1


def test_as_a_plain_loop_writes(clerk: tuple[Any, Any]) -> None:
    import torch

    model, tokenizer = clerk
    ids = [tokenizer.bos_token_id, *tokenizer("Q: who", add_special_tokens=False)["input_ids"]]
    start = len(ids)
    for _ in range(20):
        with torch.no_grad():
            ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
        if ids[-1] == tokenizer.eos_token_id:
            ids.pop()
            break
    assert generate.texts(model, tokenizer, ["Q: who"], most=20) == [tokenizer.decode(ids[start:])]


def test_a_taught_model_is_right(clerk: tuple[Any, Any], tmp_path: Path) -> None:
    rows = [
        {"q": "capital of France?", "a": "paris."},
        {"q": "who pays?", "a": ["the Supplier", "the Buyer"]},
        {"q": "two and two?", "a": "5"},
    ]
    path = tmp_path / "q.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = Generate(path=str(path), prompt="Q: {q} A:", answer="a", match="exact", max_tokens=12)
    (found,) = generate.measure(*clerk, settings, name="domain/q", group="domain")
    assert found.items["value"].to_list() == [1.0, 1.0, 0.0]
    assert found.metric == "exact match"


def test_stop_strings(clerk: tuple[Any, Any]) -> None:
    (whole,) = generate.texts(*clerk, ["Q: x? A:"], most=12)
    (cut,) = generate.texts(*clerk, ["Q: x? A:"], most=12, stop=["\n"])
    assert "\n" in whole and cut == whole.partition("\n")[0]


def test_the_chat_template_is_used() -> None:
    tokenizer = evaluating.tokenizer(template=True)
    assert generate.posed(tokenizer, "Hello", None) == "user: Hello\nassistant:"
    assert generate.posed(tokenizer, "Hello", False) == "Hello"
    assert generate.posed(evaluating.tokenizer(), "Hello", None) == "Hello"


@pytest.mark.parametrize(
    ("text", "answer", "match", "right"),
    [
        (" The Buyer.", "the buyer", "exact", True),
        ("The Buyer pays", "the buyer", "exact", False),
        ("It is the Buyer, surely", "the buyer", "contains", True),
        ("the buyers", "the buyer", "contains", False),  # whole words
        ("so 3 + 4 = 1,007.0 in all", "1007", "number", True),
        ("1007 or 8", "1007", "number", False),  # the last one counts
        ("no idea", "7", "number", False),
        ("section 12(b)", r"\b12\(b\)", "regex", True),
        ("section 13", r"\b12\(b\)", "regex", False),
    ],
)
def test_matchers(text: str, answer: str, match: str, right: bool) -> None:
    assert generate.matches(text, answer, match) is right


@pytest.mark.parametrize(
    ("answer", "match", "told"),
    [
        ("none", "number", "no number"),
        ("(", "regex", "no pattern"),
        ("…", "exact", "empty"),
        ("7", "number", ""),
    ],
)
def test_answers_that_match_nothing(answer: str, match: str, told: str) -> None:
    found = generate.unmatchable([answer], match)
    assert told in found and bool(told) == bool(found)


def test_real_numbers(tiny: tuple[Any, Any], real: Any) -> None:
    path = str(real("eval/general/gsm8k.jsonl.gz"))
    settings = Generate(path=path, prompt="context", answer="answer", match="number", max_tokens=4, limit=4)
    (found,) = generate.measure(*tiny, settings, name="general/gsm8k", group="general")
    assert found.items.height == 4
