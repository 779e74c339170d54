"""Bits per byte of held-out documents: -log2 of their probability, by the bytes of their UTF-8 text.

Unlike perplexity it does not depend on the tokenizer, so models with different vocabularies compare (Gao et al. 2020,
"The Pile", section 3.1). Each token is scored once, but for the first of a document whose tokenizer has no BOS: nothing
predicts that one. A document that is longer than the window is scored in steps of half a window: beyond the first
window, every token has at least half a window of its own document before it, and never another document.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from curate.errors import ConfigError
from train.evaluate import likelihood, masked, rows
from train.evaluate.intervals import Group, Measured, measured
from train.evaluate.likelihood import Row
from train.evaluate.settings import Bits

#: Characters of a document in `detail`.
SHOWN = 80


def measure(model: Any, tokenizer: Any, settings: Bits, *, name: str, group: Group) -> Measured:
    """An item per document: bits per byte, weighted by bytes, so that the score is all bits by all bytes. Models that
    fill masks are measured by these (`train.evaluate.masked`).

    Raises:
        ConfigError: no document has text.
    """
    found = [(row["_item"], rows.text_of(row[settings.text])) for row in rows.read(settings)]
    found = [(item, text) for item, text in found if text]
    if not found:
        raise ConfigError(f"{rows.address(settings)}: no row has text in its column {settings.text!r}")
    filling = type(model).__name__.endswith("ForMaskedLM")
    bits = (masked.of_texts if filling else of_texts)(
        model, tokenizer, [text for _, text in found], settings.window
    )
    told = []
    for (item, text), (total, tokens) in zip(found, bits):
        size = len(text.encode())
        told.append((item, total / size, float(size), f"{tokens} tokens: {' '.join(text[:SHOWN].split())}"))
    return measured(name, group, "bits per byte, masked" if filling else "bits per byte", "lower", told)


def of_texts(model: Any, tokenizer: Any, texts: list[str], window: int) -> list[tuple[float, int]]:
    """(bits, tokens scored) of each text; `window` is cut to what the model can look at."""
    size = min(window, likelihood.longest(model) or window)
    start = likelihood.beginning(tokenizer)
    pieces: list[Row] = []
    owner: list[int] = []
    for at, text in enumerate(texts):
        for piece in windows(start + likelihood.encode(tokenizer, text), size):
            pieces.append(piece)
            owner.append(at)
    logs = np.zeros(len(texts))
    tokens = np.zeros(len(texts), dtype=np.int64)
    for at, scored in zip(owner, likelihood.score(model, pieces)):
        logs[at] += scored.total
        tokens[at] += len(scored.logs)
    return [(float(-total / math.log(2)), int(n)) for total, n in zip(logs, tokens)]


def windows(ids: list[int], size: int) -> list[Row]:
    """`ids` in rows of at most `size` tokens; together they score every token but the first, each once."""
    if len(ids) < 2:
        return []
    found = [Row(ids[:size], 1)]
    done = min(size, len(ids))
    while done < len(ids):
        end = min(done + size // 2, len(ids))
        found.append(Row(ids[end - size : end], size - (end - done)))
        done = end
    return found
