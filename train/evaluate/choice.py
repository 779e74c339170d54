"""Multiple choice, pairs and last words by log-likelihood: no answer has to be written, so tiny models can be asked.

A choice's score is the log-probability of its text after the prompt, divided by its UTF-8 bytes (long choices are
less likely by their length alone; `acc_norm` of lm-evaluation-harness divides by characters); undivided it is
reported beside that, as the part `raw`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from curate.errors import ConfigError
from train.evaluate import likelihood, rows
from train.evaluate.intervals import Group, Measured, measured
from train.evaluate.parts import by_category
from train.evaluate.settings import Choice, LastWord, Pairs
from train.evaluate.templates import filled

Told = tuple[str, float, float, str]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: Characters of a prompt's end, and of an answer, in `detail`.
SHOWN = 60


def measure(model: Any, tokenizer: Any, settings: Choice, *, name: str, group: Group) -> list[Measured]:
    """Accuracy with choices divided by their bytes, then the part `raw` without, and parts by category.

    Raises:
        ConfigError: a row's choices or its answer cannot be made out.
    """
    asked = rows.read(settings)
    posed = [question(row, settings) for row in asked]
    most = likelihood.longest(model)
    groups = [
        [likelihood.row(tokenizer, prompt, settings.joint + choice, longest=most) for choice in choices]
        for prompt, choices, _ in posed
    ]
    told: list[Told] = []
    raw: list[Told] = []
    for row, (prompt, choices, right), scored in zip(asked, posed, likelihood.score_groups(model, groups)):
        totals = [s.total for s in scored]
        shares = [total / max(1, len(choice.encode())) for total, choice in zip(totals, choices)]
        picked, plain = (max(range(len(choices)), key=by.__getitem__) for by in (shares, totals))
        for out, at in ((told, picked), (raw, plain)):
            detail = f"{_end(prompt)} → {choices[at][:SHOWN]!r}, right is {choices[right][:SHOWN]!r}"
            out.append((row["_item"], float(at == right), 1.0, detail))
    whole = measured(name, group, "accuracy", "higher", told)
    undivided = measured(f"{name}/raw", group, "accuracy, not divided by length", "higher", raw)
    return [whole, undivided, *by_category(whole, asked, settings.category)]


def question(row: Mapping[str, Any], settings: Choice) -> tuple[str, list[str], int]:
    """A row's prompt, its choices and the index of the right one.

    Raises:
        ConfigError: naming the row and what is wrong.
    """
    choices = _choices(row, settings)
    right = _right(row[settings.answer], choices, settings.first)
    if right is None:
        told = ", ".join(repr(choice[:20]) for choice in choices)
        raise ConfigError(
            f"{row.get('_item', 'a row')}: the column {settings.answer!r} holds {row[settings.answer]!r}, which is "
            f"neither an index from {settings.first}, a letter, nor one of {told}"
        )
    return (
        filled(settings.prompt, row).rstrip() if settings.joint == " " else filled(settings.prompt, row),
        choices,
        right,
    )


def _choices(row: Mapping[str, Any], settings: Choice) -> list[str]:
    given = settings.choices
    if isinstance(given, list):
        return [rows.text_of(row[c]) for c in given] if all(c in row for c in given) else given
    held = row[given]
    if isinstance(held, str) and held.lstrip().startswith("["):
        held = json.loads(held)
    if not isinstance(held, list) or len(held) < 2:
        raise ConfigError(
            f"{row.get('_item', 'a row')}: the column {given!r} holds no list of choices: {held!r:.60}"
        )
    return [rows.text_of(choice) for choice in held]


def _right(answer: Any, choices: list[str], first: int) -> int | None:
    if isinstance(answer, str):
        said = answer.strip()
        same = [at for at, choice in enumerate(choices) if choice.strip().casefold() == said.casefold()]
        if same:
            return same[0]
        letter = said.strip("().").upper()
        if len(letter) == 1 and letter in LETTERS[: len(choices)]:
            return LETTERS.index(letter)
        answer = int(said) if said.lstrip("-").isdigit() else None
    if isinstance(answer, int | float) and int(answer) == answer and 0 <= int(answer) - first < len(choices):
        return int(answer) - first
    return None


def pairs(model: Any, tokenizer: Any, settings: Pairs, *, name: str, group: Group) -> list[Measured]:
    """Share of pairs whose good text is the likelier (BLiMP: whole sentences, not divided by length)."""
    asked = rows.read(settings)
    texts = [(filled(settings.good, row), filled(settings.bad, row)) for row in asked]
    likely = preferred(model, tokenizer, texts)
    told = [
        (row["_item"], float(gap > 0), 1.0, f"{gap:+.2f} nats for {good[:SHOWN]!r} over {bad[:SHOWN]!r}")
        for row, (good, bad), gap in zip(asked, texts, likely)
    ]
    whole = measured(name, group, "accuracy", "higher", told)
    return [whole, *by_category(whole, asked, settings.category)]


def preferred(model: Any, tokenizer: Any, texts: list[tuple[str, str]]) -> list[float]:
    """By how many nats the first text of each pair is likelier than the second."""
    most = likelihood.longest(model)
    made = [likelihood.row(tokenizer, "", text, longest=most) for pair in texts for text in pair]
    totals = [scored.total for scored in likelihood.score(model, made)]
    return [one - other for one, other in zip(totals[::2], totals[1::2])]


def last_word(model: Any, tokenizer: Any, settings: LastWord, *, name: str, group: Group) -> list[Measured]:
    """Share of rows whose continuation is just what greedy decoding would write (LAMBADA's accuracy)."""
    asked = rows.read(settings)
    most = likelihood.longest(model)
    contexts = [filled(settings.context, row) for row in asked]
    words = [filled(settings.word, row) for row in asked]
    made = [
        likelihood.row(
            tokenizer,
            context.rstrip() if settings.joint == " " else context,
            settings.joint + word,
            longest=most,
        )
        for context, word in zip(contexts, words)
    ]
    told = []
    for row, context, word, scored in zip(asked, contexts, words, likelihood.score(model, made)):
        detail = f"{_end(context)} → {word!r} at {scored.total:.2f} nats"
        told.append((row["_item"], float(scored.best.all()), 1.0, detail))
    return [measured(name, group, "accuracy", "higher", told)]


def _end(prompt: str) -> str:
    told = " ".join(prompt.split())
    return told if len(told) <= SHOWN else f"…{told[-SHOWN:]}"
