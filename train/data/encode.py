"""Rows of each form to token ids and what counts in the loss; what is wrong with a row is said with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.errors import ConfigError
from train.data.chat import Chat, backend, bos, eos
from train.data.rows import Batch, listed

Form = Literal["text", "messages", "prompt_completion", "ids"]
Encoded = tuple[NDArray[Any], NDArray[np.uint8] | None, int]  # ids, mask of what counts (None: all), bytes


def encoder(
    tokenizer: Any, form: Form, template: str | None, vocabulary: int
) -> Callable[[Batch], list[Encoded]]:
    """What turns a batch of rows of `form` into tokens.

    Raises (when called):
        ConfigError: a row is empty or of a wrong type, naming its file and number.
    """
    if form == "text":
        plain, first, last = backend(tokenizer, plain=True), bos(tokenizer), eos(tokenizer)
        return lambda batch: _texts(batch, plain, [first] if first is not None else [], last)
    if form == "ids":
        return lambda batch: _ready(batch, tokenizer, vocabulary)
    chat = Chat(tokenizer, template)
    return lambda batch: _chats(batch, chat, form)


def _texts(batch: Batch, plain: Any, first: list[int], last: int) -> list[Encoded]:
    texts = listed(batch.columns["text"])
    for row, text in enumerate(texts):
        _text(text, batch, row)
    found = plain.encode_batch_fast(texts, add_special_tokens=False)
    out: list[Encoded] = []
    for row, (one, text) in enumerate(zip(found, texts, strict=True)):
        if not one.ids:
            raise ConfigError(_empty(batch, row))
        out.append((np.array([*first, *one.ids, last], np.int64), None, len(text.encode())))
    return out


def _text(text: Any, batch: Batch, row: int) -> str:
    if text is None or text == "":
        raise ConfigError(_empty(batch, row))
    if not isinstance(text, str):
        raise ConfigError(
            f"{batch.place(row)}: text is to be a string, not {type(text).__name__} ({text!r:.40}): name the right "
            "column under `columns`"
        )
    return text


def _empty(batch: Batch, row: int) -> str:
    return (
        f"{batch.place(row)}: a document of no tokens: filter such rows out (any step `quality` does), so that they "
        "are counted"
    )


def _chats(batch: Batch, chat: Chat, form: Form) -> list[Encoded]:
    if form == "messages":
        chats, prompts = (
            [value or [] for value in listed(batch.columns["messages"])],
            [0] * len(batch.numbers),
        )
    else:
        left, right = listed(batch.columns["prompt"]), listed(batch.columns["completion"])
        if all(isinstance(part, str) for part in [*left, *right]):
            for row, (prompt, answer) in enumerate(zip(left, right, strict=True)):
                _text(prompt + answer, batch, row)
            return list(chat.completions(left, right))
        for row, parts in enumerate(zip(left, right, strict=True)):
            if not all(isinstance(part, list) for part in parts):
                told = " and ".join(type(part).__name__ for part in parts)
                raise ConfigError(
                    f"{batch.place(row)}: prompt and completion are {told}: both are texts, or both lists of messages, "
                    "in all rows"
                )
        chats, prompts = [a + b for a, b in zip(left, right, strict=True)], [len(a) for a in left]
    for row, messages in enumerate(chats):
        if not isinstance(messages, list):
            raise ConfigError(
                f"{batch.place(row)}: messages is to be a list of role and content, not {type(messages).__name__}"
            )
        if not messages:
            raise ConfigError(_empty(batch, row))
    return list(chat.conversations(chats, prompts, batch.place))


def _ready(batch: Batch, tokenizer: Any, vocabulary: int) -> list[Encoded]:
    """Rows that are tokens already; `labels` of -100, or `loss` of 0, are what does not count."""
    ids, labels, loss = (_arrays(batch, name) for name in ("input_ids", "labels", "loss"))
    assert ids is not None
    out: list[Encoded] = []
    for row, one in enumerate(ids):
        if not len(one):
            raise ConfigError(_empty(batch, row))
        if one.min() < 0 or one.max() >= vocabulary:
            raise ConfigError(
                f"{batch.place(row)}: token {int(one.max() if one.max() >= vocabulary else one.min())} is not in the "
                f"tokenizer's vocabulary of {vocabulary}: it was tokenised with another one"
            )
        mask = None
        for name, given in (("labels", labels), ("loss", loss)):
            if given is None:
                continue
            if len(given[row]) != len(one):
                raise ConfigError(
                    f"{batch.place(row)}: {name} has {len(given[row])} values for {len(one)} tokens"
                )
            marks = given[row] != (-100 if name == "labels" else 0)
            if name == "labels" and not np.array_equal(given[row][marks], one[marks]):
                raise ConfigError(
                    f"{batch.place(row)}: labels differ from input_ids: they are to be the tokens themselves, or -100"
                )
            mask = marks.astype(np.uint8) if mask is None else mask & marks
        out.append((one, mask, 0))
    texts = tokenizer.batch_decode([one.tolist() for one, _, _ in out], skip_special_tokens=True)
    return [(one, mask, len(text.encode())) for (one, mask, _), text in zip(out, texts, strict=True)]


def _arrays(batch: Batch, name: str) -> list[NDArray[Any]] | None:
    values = batch.columns.get(name)
    if values is None:
        return None
    try:
        if isinstance(values, pa.Array):
            return [
                row.values.to_numpy(zero_copy_only=False).astype(np.int64, casting="safe") for row in values
            ]
        return [np.array(row, np.int64) if row else np.zeros(0, np.int64) for row in values]
    except (AttributeError, TypeError, ValueError, pa.ArrowInvalid):
        raise ConfigError(f"{batch.file}: {name} is to be a list of whole numbers in each row") from None
