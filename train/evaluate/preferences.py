"""Which of two answers a model holds for the better one (RewardBench, arXiv:2403.13787).

A reward model says so by its scores; any other by the log-probability of the answer, divided by its tokens (as SimPO's
reward, arXiv:2405.14734), so the two can be compared: what a reward model knows beyond the model it began from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.errors import ConfigError
from train.evaluate import likelihood, rows
from train.evaluate.intervals import Group, Measured, measured
from train.evaluate.parts import by_category
from train.evaluate.settings import Preferences
from train.evaluate.templates import filled
from train.tables import without

#: Characters of a prompt's end in `detail`.
SHOWN = 60


def measure(model: Any, tokenizer: Any, settings: Preferences, *, name: str, group: Group) -> list[Measured]:
    """Share of pairs whose chosen answer is held for the better one, then parts by category.

    Raises:
        ConfigError: a prompt or an answer is neither a text nor turns of a conversation.
    """
    asked = rows.read(settings)
    posed = [pair(tokenizer, row, settings) for row in asked]
    rewarding = type(model).__name__.endswith("ForSequenceClassification")
    values = (_rewards if rewarding else _likely)(model, tokenizer, posed)
    told = []
    for row, one, good, bad in zip(asked, posed, values[::2], values[1::2], strict=True):
        unit = "" if rewarding else " nats a token"
        detail = f"…{' '.join(one.prompt.split())[-SHOWN:]}: {good - bad:+.3f}{unit}"
        told.append((row["_item"], float(good > bad), 1.0, detail))
    whole = measured(name, group, "share of pairs in order", "higher", told)
    return [whole, *by_category(whole, asked, settings.category)]


@dataclass(frozen=True)
class Pair:
    """A prompt with two answers, as texts that a model is given; `plain` ones are no conversation."""

    prompt: str
    answers: tuple[str, str]
    plain: bool


def pair(tokenizer: Any, row: Mapping[str, Any], settings: Preferences) -> Pair:
    """Prompt, chosen and rejected answer as a trainer would show them: conversations in the template; plain texts as
    they are, each answer with its end, or as turns with `chat`."""
    prompt: Any = row.get(settings.prompt)
    if prompt is None or isinstance(prompt, str):
        prompt = filled(settings.prompt, row)
    answers = (row[settings.chosen], row[settings.rejected])
    if all(isinstance(told, str) for told in (prompt, *answers)) and not settings.chat:
        end = tokenizer.eos_token or ""
        return Pair(prompt, (answers[0] + end, answers[1] + end), plain=True)
    turns = _turns(prompt, "user", row)
    context = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    chosen, rejected = (
        tokenizer.apply_chat_template(turns + without(turns, told), tokenize=False)
        for told in (_turns(answer, "assistant", row) for answer in answers)
    )
    start = min(_alike(context, chosen), _alike(context, rejected))
    return Pair(context[:start], (chosen[start:], rejected[start:]), plain=False)


def _alike(one: str, other: str) -> int:
    """Characters that both begin with."""
    return next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _turns(value: Any, role: str, row: Mapping[str, Any]) -> list[dict[str, str]]:
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    if isinstance(value, list) and value and all(isinstance(v, dict) and "role" in v for v in value):
        return list(value)
    raise ConfigError(
        f"{row.get('_item', 'a row')}: a prompt and its answers are texts, or lists of turns, not {value!r:.60}"
    )


def _likely(model: Any, tokenizer: Any, posed: Sequence[Pair]) -> list[float]:
    most = likelihood.longest(model)
    made = [
        likelihood.row(tokenizer, one.prompt, answer, longest=most, opens=one.plain)
        for one in posed
        for answer in one.answers
    ]
    return [s.total / max(1, len(s.logs)) for s in likelihood.score(model, made)]


def _rewards(model: Any, tokenizer: Any, posed: Sequence[Pair]) -> list[float]:
    texts = [(one.prompt + answer, one.plain) for one in posed for answer in one.answers]
    return rewards(model, tokenizer, texts)


def rewards(model: Any, tokenizer: Any, texts: Sequence[tuple[str, bool]]) -> list[float]:
    """A reward model's score of each (text, whether it is plain): plain ones get the tokenizer's special tokens, as in
    training, others have theirs. Of a text that is too long the beginning is cut off."""
    import torch

    most, side = likelihood.longest(model), tokenizer.truncation_side
    tokenizer.truncation_side = "left"  # of the text alone: what encoders begin with stays
    how = {"truncation": True, "max_length": most} if most else {}
    ids = [tokenizer(text, add_special_tokens=plain, **how)["input_ids"] for text, plain in texts]
    tokenizer.truncation_side = side
    out = [0.0] * len(texts)
    for batch in likelihood.batches([len(tokens) for tokens in ids], model):
        told = tokenizer.pad(
            {"input_ids": [ids[i] for i in batch]}, padding=True, padding_side="right", return_tensors="pt"
        )
        with torch.inference_mode():
            found = model(
                input_ids=told["input_ids"].to(model.device),
                attention_mask=told["attention_mask"].to(model.device),
            ).logits[:, 0]
        for i, value in zip(batch, found.float().tolist(), strict=True):
            out[i] = value
    return out
