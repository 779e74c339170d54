"""Short greedy answers, in batches padded on the left, and what counts as right.

The chat template is used where the model has one, with the prompt as a user's turn; else the prompt stands as it is,
after BOS. Answers end at the model's own end tokens, at `max_tokens`, or before a string of `stop`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from curate.errors import ConfigError
from train.evaluate import likelihood, rows
from train.evaluate.intervals import Group, Measured, measured
from train.evaluate.parts import by_category
from train.evaluate.settings import Generate
from train.evaluate.templates import filled

#: Prompts at a time, by device.
ROWS = {"cpu": 16, "cuda": 64}
#: Characters of an answer in `detail`.
SHOWN = 80
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?|-?\.\d+")


def measure(model: Any, tokenizer: Any, settings: Generate, *, name: str, group: Group) -> list[Measured]:
    """Share of right answers, then parts by category.

    Raises:
        ConfigError: an answer cannot be matched (a faulty pattern, no number).
    """
    asked = rows.read(settings)
    good = [answers_of(row[settings.answer]) for row in asked]
    for row, answers in zip(asked, good):
        if problem := unmatchable(answers, settings.match):
            raise ConfigError(f"{rows.address(settings)}, {row['_item']}: {problem}")
    prompts = [filled(settings.prompt, row) for row in asked]
    written = texts(
        model, tokenizer, prompts, most=settings.max_tokens, chat=settings.chat, stop=settings.stop
    )
    told = [
        (
            row["_item"],
            float(any(matches(text, answer, settings.match) for answer in answers)),
            1.0,
            f"wrote {' '.join(text.split())[:SHOWN]!r}, right is {answers[0][:SHOWN]!r}",
        )
        for row, answers, text in zip(asked, good, written)
    ]
    metric = {
        "exact": "exact match",
        "contains": "contains the answer",
        "regex": "matches",
        "number": "right number",
    }
    whole = measured(name, group, metric[settings.match], "higher", told)
    return [whole, *by_category(whole, asked, settings.category)]


def texts(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[str],
    *,
    most: int,
    chat: bool | None = None,
    stop: Sequence[str] = (),
) -> list[str]:
    """What the model writes after each prompt, greedily, `most` tokens at the utmost. Of prompts that are too long
    for the model the beginning is cut off."""
    room = (likelihood.longest(model) or 1 << 30) - most
    asked = [likelihood.encode(tokenizer, posed(tokenizer, prompt, chat)) for prompt in prompts]
    if not chats(tokenizer, chat):
        asked = [likelihood.beginning(tokenizer) + ids for ids in asked]
    asked = [(ids or [tokenizer.eos_token_id or 0])[-room:] for ids in asked]
    order = sorted(range(len(asked)), key=lambda at: -len(asked[at]))
    out = [""] * len(asked)
    size = ROWS["cuda" if "cuda" in str(model.device) else "cpu"]
    for start in range(0, len(order), size):
        batch = order[start : start + size]
        for at, ids in zip(batch, _written(model, tokenizer, [asked[at] for at in batch], most)):
            text = tokenizer.decode(ids, skip_special_tokens=True)
            ends = [text.find(mark) for mark in stop if mark in text]
            out[at] = text[: min(ends)] if ends else text
    return out


def chats(tokenizer: Any, chat: bool | None) -> bool:
    """Whether prompts are turns of a chat: as asked, else if the model came with a template of its own."""
    own = getattr(tokenizer, "chat_template", None) and not getattr(tokenizer, "lent", False)
    return bool(own) if chat is None else chat


def posed(tokenizer: Any, prompt: str, chat: bool | None) -> str:
    """A prompt as the model is given it."""
    if not chats(tokenizer, chat):
        return prompt
    turns = [{"role": "user", "content": prompt}]
    told: str = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return told


def _written(model: Any, tokenizer: Any, asked: list[list[int]], most: int) -> list[list[int]]:
    import torch
    from transformers import GenerationConfig

    ends = model.generation_config.eos_token_id
    ends = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id} - {None}
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else next(iter(ends), 0)
    width = max(map(len, asked))
    ids = torch.full((len(asked), width), pad, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for at, tokens in enumerate(asked):
        ids[at, width - len(tokens) :] = torch.tensor(tokens, dtype=torch.long)
        mask[at, width - len(tokens) :] = 1
    # All that could sample or punish is set, or the model's own settings would fill it in.
    plain = GenerationConfig(
        max_new_tokens=most,
        do_sample=False,
        num_beams=1,
        temperature=1.0,
        top_p=1.0,
        top_k=50,
        repetition_penalty=1.0,
        no_repeat_ngram_size=0,
        eos_token_id=sorted(ends) or None,
        pad_token_id=pad,
    )
    with torch.inference_mode():
        out = model.generate(
            input_ids=ids.to(model.device), attention_mask=mask.to(model.device), generation_config=plain
        )
    found = out[:, width:].tolist()
    for at, tokens in enumerate(found):
        end = next((i for i, token in enumerate(tokens) if token in ends), len(tokens))
        found[at] = tokens[:end]
    return found


def answers_of(value: Any) -> list[str]:
    """The good answers that a column holds: one, or a list of them (in JSON, where a column can hold text alone)."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return [value]
    return (
        [rows.text_of(one) for one in value] if isinstance(value, list) and value else [rows.text_of(value)]
    )


def unmatchable(answers: Sequence[str], match: str) -> str:
    """Why answers can match nothing, or ""."""
    for answer in answers:
        if match == "number" and _number(answer) is None:
            return f"the answer {answer[:SHOWN]!r} holds no number"
        if match in ("exact", "contains") and not _plain(answer):
            return f"the answer {answer!r} is empty, once case and punctuation are gone"
        if match == "regex":
            try:
                re.compile(answer)
            except re.error as error:
                return f"the answer {answer[:SHOWN]!r} is no pattern: {error}"
    return ""


def matches(text: str, answer: str, match: str) -> bool:
    """Whether `text` is right. `exact` and `contains` look at words alone; `number` at the last number in the text."""
    if match == "regex":
        return re.search(answer, text) is not None
    if match == "number":
        return _number(text) is not None and _number(text) == _number(answer)
    said, wanted = _plain(text), _plain(answer)
    return said == wanted if match == "exact" else f" {wanted} " in f" {said} "


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _number(text: str) -> float | None:
    found = _NUMBER.findall(text)
    return float(found[-1].replace(",", "")) if found else None
